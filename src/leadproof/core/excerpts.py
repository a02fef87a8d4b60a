"""A message as a report shows it: its beginning, and a command to send it again. Of redacted exchanges only."""

from __future__ import annotations

from collections.abc import Iterable

#: Bytes of a body that a report shows.
EXCERPT = 4000


def excerpt(body: bytes) -> str:
    """The beginning of a body as text, saying how much more there is."""
    text = body[:EXCERPT].decode("utf-8", "backslashreplace")
    more = len(body) - EXCERPT
    return text if more <= 0 else f"{text}\n… {more:,} more {'byte' if more == 1 else 'bytes'}"


#: Headers that curl sets by itself, or that would be wrong in a command to copy.
_CURL_SETS = {"host", "content-length", "user-agent", "accept-encoding", "connection", "transfer-encoding"}


def curl(method: str, target: str, headers: Iterable[tuple[str, str]], body: bytes) -> str:
    """A command that sends the request again; `$TARGET` is the base URL."""
    parts = [f"curl -sS -X {method}"]
    for name, value in headers:
        if name.lower() not in _CURL_SETS:
            parts.append(f"  -H {_quoted(f'{name}: {value}')}")
    if body:
        parts.append(f"  --data-binary {_quoted(excerpt(body)) if len(body) <= EXCERPT else '@FILE'}")
    parts.append(f'  "$TARGET"{_quoted(target)}')
    return " \\\n".join(parts)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
