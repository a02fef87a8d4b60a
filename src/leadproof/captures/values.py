"""Values as recorders write them, read leniently: headers in any form, numbers, times, bodies."""

from __future__ import annotations

import base64
import binascii
import math
import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import orjson

from leadproof.core import lazy
from leadproof.core.exchange import Headers, header

#: Seconds.
DAY = 86_400.0
_YEARS = 946_684_800.0, 7_258_118_400.0  # 2000 to 2200: no capture is older or younger

#: A number above this is no count of seconds, but of milliseconds (both of times in our century).
_MILLISECONDS = 1e11


def mapping(value: Any) -> dict[str, Any]:
    """The value if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def number(value: Any) -> float:
    """A number, whether it is written as one or as text; 0 for everything else, NaN and infinity included."""
    try:
        found = float(value)
    except (TypeError, ValueError, OverflowError):
        return 0.0
    return found if math.isfinite(found) and abs(found) < 1e15 else 0.0


def seconds(value: Any) -> float:
    """Seconds since the Unix epoch of a date or a number; 0 for what cannot be one. A time without a zone is UTC."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        timestamp = number(value) / (1000 if number(value) > _MILLISECONDS else 1)
    else:
        timestamp = moment_of(str(value))
    return timestamp if _YEARS[0] <= timestamp < _YEARS[1] else 0.0


def moment_of(text: str) -> float:
    """Seconds since the Unix epoch of an ISO 8601 date; 0 for what is none."""
    try:
        timestamp = datetime.fromisoformat(text)
        return (timestamp if timestamp.tzinfo else timestamp.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return 0.0


def duration(milliseconds: Any) -> float:
    """Seconds; 0 for what cannot be the time that an exchange took."""
    found = number(milliseconds) / 1000
    return found if 0 <= found < DAY else 0.0


def target(url: str) -> str:
    """Path and query of a URL, as in a request line."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def pairs(headers: Any) -> Headers:
    """Header pairs without HTTP/2 pseudo-headers, from a list of objects or of pairs, a mapping, or lines of text."""
    if isinstance(headers, dict):
        headers = [[name, one] for name, value in headers.items() for one in _several(value)]
    elif isinstance(headers, str):
        headers = [[one.strip() for one in line.split(":", 1)] for line in headers.splitlines() if ":" in line[1:]]
    if not isinstance(headers, list):
        return ()
    found = []
    for one in headers:
        if isinstance(one, dict):
            name = next((one[key] for key in ("name", "key", "Name") if key in one), "")
            value = next((one[key] for key in ("value", "Value") if key in one), "")
            found.append((str(name), str(value)))
        elif isinstance(one, (list, tuple)) and len(one) == 2:
            found.append((str(one[0]), str(one[1]).strip()))
    return tuple((name, value) for name, value in found if name and not name.startswith(":"))


def _several(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def from_base64(text: str) -> bytes | None:
    """The bytes that a text stands for in base64, also without its padding; None if it is no base64."""
    letters = "".join(text.split()).replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(letters + "=" * (-len(letters) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None


#: Where a body says in what it is encoded: the parameter of its Content-Type, or its XML declaration.
_CHARSET = lazy.pattern(r"charset\s*=\s*\"?([\w.:-]+)", re.IGNORECASE)
_DECLARED = lazy.pattern(r"\s*<\?xml[^>]*?encoding\s*=\s*[\"']([\w.:-]+)")


def encoded(text: str, headers: Headers) -> bytes:
    """The bytes of a body that a recorder decoded: encoded again in what the body says it is."""
    said = _CHARSET.search(header(headers, "content-type") or "") or _DECLARED.match(text[:200])
    try:
        return text.encode(said[1] if said else "utf-8")
    except (LookupError, UnicodeError):
        return text.encode("utf-8", "surrogatepass")


#: Tries at finding where the JSON of a line begins: what stands before it may have a brace, too.
_TRIES = 4


def json_in(text: str | bytes) -> Any:
    """The JSON value of a text: all of it, or what is left behind a prefix (`web_1 | {…}`, a date, a level).

    Raises:
        ValueError: There is none.
    """
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        raw = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    at = -1
    for _ in range(_TRIES):
        at = raw.find(b"{", at + 1)
        if at < 0:
            break
        try:
            return orjson.loads(raw[at:])
        except orjson.JSONDecodeError:
            continue
    raise ValueError("there is no JSON in it")


def labelled(found: Headers, body: bytes) -> Headers:
    """Headers; where a recording has none, the Content-Type that the body shows."""
    first = body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if found or first not in (b"{", b"[", b"<"):
        return found
    return (("content-type", "application/xml" if first == b"<" else "application/json"),)
