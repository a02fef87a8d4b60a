"""The bytes of a response, read to the letter of RFC 9112: what they say, and which of `WIRE_RULES` they break.

What is broken is named, and read on as far as its meaning is clear, so that the body can be judged besides. `read` is
for everything that came over a connection; `shown` for a message of which a capture shows the text. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from leadproof.core import lazy
from leadproof.core.exchange import Headers, Response, WireProblem
from leadproof.core.text import count
from leadproof.core.wire_rules import WIRE_RULES
from leadproof.http.octets.framing import BODILESS, EMPTY, framed
from leadproof.http.octets.heads import Broken, announced, head_problems, headers_of, printable, status_of
from leadproof.http.octets.payload import contradiction, text_problems, uncoded

__all__ = ["BODILESS", "Octets", "announced", "read", "shown"]

#: How a response begins, as far as it can be taken for one: protocol and status.
_BEGIN = lazy.pattern(r"\s*(HTTP/?\S*)(?:[ \t]+(\S*))?", re.IGNORECASE)
_END_OF_HEAD = lazy.pattern(rb"\r?\n\r?\n")
_LONE = lazy.pattern(rb"\r(?!\n)|(?<!\r)\n")

#: Characters of what was there that a message shows.
_SHOWN = 80


class Octets(NamedTuple):
    """What the bytes of a connection say."""

    #: None where they cannot be read as a response.
    response: Response | None
    problems: tuple[WireProblem, ...]


def read(raw: bytes) -> Octets:
    """The final response among everything that came until the connection ended.

    Args:
        raw: All bytes; at least one.
    """
    found: list[Broken] = []
    response = _read(raw, found)
    return Octets(response, _problems(found))


def shown(start: str, pairs: Headers, body: bytes, *, folded: bool = False) -> tuple[WireProblem, ...]:
    """What is wrong with a response, as far as its text in a capture shows it.

    Args:
        start: Its status line; the second word is its status.
        pairs: Its headers.
        body: Its body as it is shown.
        folded: Did a header go on in the next line?
    """
    status = int(start.split()[1])
    found: list[Broken] = [("header-folded", "an indented line")] if folded else []
    found += head_problems(status, pairs, old=start.startswith("HTTP/1.0"))
    if status in EMPTY and body.strip():
        found.append(("body-forbidden", f"status {status} and {count(len(body), 'byte')}"))
    found += contradiction(pairs, body)
    return _problems(one for one in found if WIRE_RULES[one[0]].captured)


def _problems(found: Iterable[Broken]) -> tuple[WireProblem, ...]:
    """Rules that are broken, as the judge takes them: each once."""
    first = dict(reversed(list(found)))
    return tuple(
        WireProblem(row.kind, row.message, row.expected, first[rule][:_SHOWN], row.observed)
        for rule, row in WIRE_RULES.items()
        if rule in first
    )


def _read(raw: bytes, found: list[Broken]) -> Response | None:
    if raw[:2] == b"\r\n":
        found.append(("status-line", "an empty line before it"))
        raw = raw.lstrip(b"\r\n")
    begin = _BEGIN.match(raw[:200].decode("latin-1").partition("\n")[0].rstrip("\r"))
    if begin is None:
        bare = raw.lstrip()[:1] in (b"{", b"[", b"<")
        found.append(("version", "a body without status line") if bare else ("not-http", printable(raw[:40])))
        return None
    end = _END_OF_HEAD.search(raw)
    if end is None:
        found.append(("head-unfinished", count(len(raw), "byte")))
        return None
    if lone := _LONE.search(raw, 0, end.end()):
        found.append(("line-end", "a lone CR" if lone[0] == b"\r" else "a lone LF"))
    start, *lines = raw[: end.start()].replace(b"\r\n", b"\n").decode("latin-1").split("\n")
    status, after = status_of(start, begin, found), raw[end.end() :]
    if 100 <= status < 200 and status != 101:  # interim responses (RFC 9110, section 15.2)
        if after:
            return _read(after, found)
        found.append(("head-unfinished", "interim responses only"))
        return None
    pairs = tuple(headers_of(lines, found))
    found += head_problems(status, pairs, old=start.startswith("HTTP/1.0"))
    body = uncoded(framed(status, pairs, after, found), pairs, found)
    found += text_problems(pairs, body)
    return Response(status, pairs, body) if status else None
