"""A first mapping for a log, of a sample of it: which member looks like which part of an exchange.

What a value is tells more than what it is called: a body that the API documents, a documented path, a date. Names
decide between members of the same kind, and which side headers are of.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import orjson

from leadproof.captures import values
from leadproof.captures.log import records
from leadproof.captures.mapping import PARTS, Keys, inside
from leadproof.captures.model import FileProblem
from leadproof.captures.shapes import is_documented, is_request, top_names
from leadproof.captures.streams import opened
from leadproof.core import lazy
from leadproof.core.errors import InputError, reading_hint
from leadproof.core.operations import OPERATIONS
from leadproof.core.text import count

#: Records that are looked at, and levels of each.
SAMPLE, _DEEPEST = 200, 8

_PATH = lazy.pattern(r"/v2/(?:insert/\w+|update|duplicate/check|status/[^/?]+|leads/[^/]+/offers/)")
_REQUEST = lazy.pattern(r"req|sent|inbound|client", re.IGNORECASE)
_RESPONSE = lazy.pattern(r"res|reply|came|outbound|upstream", re.IGNORECASE)
_OF_REQUESTS = {"accept", "user-agent", "host", "api-key", "authorization", "accept-encoding"}
_OF_RESPONSES = {"server", "date", "set-cookie", "content-encoding", "vary", "etag"}
_EITHER = {"content-type", "content-length"}
_METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"}


def _named(keys: Keys, pattern: str) -> bool:
    return re.fullmatch(pattern, keys[-1].lstrip("@_").replace("-", "_"), re.IGNORECASE) is not None


def _url(keys: Keys, value: Any) -> int:
    if not isinstance(value, str) or not value.startswith(("/", "http")):
        return 0
    return 3 if _PATH.search(value) else int(_named(keys, r".*(?:ur[il]|path|target)"))


def _body(keys: Keys, value: Any, *, request: bool) -> int:
    if isinstance(value, dict):
        text = orjson.dumps(value, default=str)
    else:
        text = value.encode("utf-8", "replace") if isinstance(value, str) else b""
        text = text if text.lstrip()[:1] in (b"{", b"[", b"<") else values.from_base64(text.decode()) or b""
    return 3 if text.strip() and is_documented(text) and is_request(text) is request else 0


def _headers(keys: Keys, value: Any, *, request: bool) -> int:
    names = {name.lower() for name, _ in values.pairs(value)} if isinstance(value, (dict, list, str)) else set()
    ours, theirs = (_OF_REQUESTS, _OF_RESPONSES) if request else (_OF_RESPONSES, _OF_REQUESTS)
    side, other = (_REQUEST, _RESPONSE) if request else (_RESPONSE, _REQUEST)
    if not names & (ours | _EITHER) and not (names and _named(keys, r".*head(?:er)?s?")):
        return 0
    way = ".".join(keys)
    return max(
        1 + 2 * bool(side.search(way)) - 2 * bool(other.search(way)) + len(names & ours) - len(names & theirs), 0
    )


def _encoding(keys: Keys, value: Any, *, request: bool) -> int:
    if not (isinstance(value, bool) or value == "base64") or not _named(keys, r".*(?:base_?64|encod).*"):
        return 0
    side, other = (_REQUEST, _RESPONSE) if request else (_RESPONSE, _REQUEST)
    way = ".".join(keys)
    return max(1 + 2 * bool(side.search(way)) - 2 * bool(other.search(way)), 0)


def _status(keys: Keys, value: Any) -> int:
    plain = isinstance(value, (int, str)) and not isinstance(value, bool) and 100 <= values.number(value) <= 599
    return 2 * (plain and _named(keys, r".*status(?:_?code)?|.*code|st"))


def _time(keys: Keys, value: Any) -> int:
    name = r"ts|.*time(?:_?stamp)?|.*date(?:_?time)?|started.*|timestamp.*"
    return 2 * (isinstance(value, (int, float, str)) and values.seconds(value) > 0 and _named(keys, name))


def _elapsed(keys: Keys, value: Any) -> int:
    name = r"(?:.*_)?(?:took|elapsed|duration|latency|response_?time)(?:_?(?:ms|millis.*))?"
    return 2 * (isinstance(value, (int, float)) and not isinstance(value, bool) and _named(keys, name))


#: Part -> how much a member looks like it: 0 is not at all.
SIGNS: dict[str, Callable[[Keys, Any], int]] = {
    "method": lambda keys, value: 2 * (isinstance(value, str) and value.upper() in _METHODS),
    "url": _url,
    "request_headers": lambda keys, value: _headers(keys, value, request=True),
    "request_body": lambda keys, value: _body(keys, value, request=True),
    "request_encoding": lambda keys, value: _encoding(keys, value, request=True),
    "status": _status,
    "response_headers": lambda keys, value: _headers(keys, value, request=False),
    "response_body": lambda keys, value: _body(keys, value, request=False),
    "response_encoding": lambda keys, value: _encoding(keys, value, request=False),
    "time": _time,
    "elapsed": _elapsed,
    "operation": lambda keys, value: 3 * (isinstance(value, str) and value in OPERATIONS),
}


def suggest(path: Path) -> str:
    """A mapping file, commented, for a log.

    Raises:
        InputError: The file cannot be read, or no member of a record looks like a URL or a documented body.
    """
    place, sample = _sample(path)
    found, counts = _chosen(sample)
    if "url" not in found:
        if not sample:
            raise InputError(f"{path}: there is no JSON in it", hint="a mapping is for logs in JSON")
        members = ", ".join(map(str, sample[0])) if isinstance(sample[0], dict) else "none"
        raise InputError(
            f"{path}: no member of {count(len(sample), 'record')} looks like the URL of a request",
            hint=f"the first record has: {members[:200]}",
        )
    lines = [f"# A first mapping for {path.name}, by leadproof mapping suggest: compare it with a record of the log."]
    if place is not None and place != ():
        lines += ["# The list of records.", f"records = {_quoted(place)}"]
    for part in PARTS:
        if part in found:
            lines.append(f"{part} = {_quoted(found[part])}  # in {counts[part]} of {count(len(sample), 'record')}")
        elif part in SIGNS and part not in ("operation", "request_encoding", "response_encoding"):
            lines.append(f'# {part} = "…"  ({PARTS[part]})')
    return "\n".join(lines) + "\n"


def _sample(path: Path) -> tuple[Keys | None, list[Any]]:
    """Where the records stand, and the first of them."""
    try:
        with opened(path) as stream:
            sample = [row for _, row in islice(records(stream), SAMPLE) if not isinstance(row, FileProblem)]
        lists = [name for name, value in sample[0].items() if _is_list(value)] if _is_one(sample) else []
        for name in lists:
            with opened(path) as stream:
                below = [row for _, row in islice(records(stream, (name,)), SAMPLE) if isinstance(row, dict)]
            if below:
                return (name,), below
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}", hint=reading_hint(error)) from None
    return None, sample


def _is_one(sample: list[Any]) -> bool:
    return len(sample) == 1 and isinstance(sample[0], dict)


def _is_list(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict)


def _chosen(sample: list[Any]) -> tuple[dict[str, Keys], Counter[str]]:
    """Part -> the keys of the member that looks most like it, and in how many records it does."""
    scores: dict[str, Counter[Keys]] = {part: Counter() for part in SIGNS}
    times: dict[str, Counter[Keys]] = {part: Counter() for part in SIGNS}
    for row in sample:
        for keys, value in _members(row):
            for part, sign in SIGNS.items():
                if score := sign(keys, value):
                    scores[part][keys] += score
                    times[part][keys] += 1
    found: dict[str, Keys] = {}
    counts = Counter[str]()
    near: Keys = ()
    for part in ("url", *(part for part in SIGNS if part != "url")):
        if scores[part]:
            # Of equals, what stands nearest to the URL, then what has the shortest way.
            found[part] = max(scores[part], key=lambda keys: (scores[part][keys], _common(keys, near), -len(keys)))
            counts[part] = times[part][found[part]]
            near = near or found[part]
    return found, counts


def _common(left: Keys, right: Keys) -> int:
    return next((at for at, (a, b) in enumerate(zip(left, right, strict=False)) if a != b), min(len(left), len(right)))


def _members(row: Any, keys: Keys = ()) -> Iterator[tuple[Keys, Any]]:
    """Every member of a record with its keys, in texts that are JSON too; what a documented body has is left out."""
    value = inside(row)
    if not isinstance(value, dict) or len(keys) >= _DEEPEST:
        return
    for name, below in value.items():
        yield (*keys, str(name)), below
        inner = inside(below)
        if isinstance(inner, dict) and not (top_names(orjson.dumps(inner)) and is_documented(orjson.dumps(inner))):
            yield from _members(inner, (*keys, str(name)))


def _quoted(keys: Keys) -> str:
    """The keys in TOML: dotted, or a list where a key has a dot in it. JSON's texts are TOML's."""
    if any("." in key or not key for key in keys):
        return orjson.dumps(list(keys)).decode()
    return orjson.dumps(".".join(keys)).decode()
