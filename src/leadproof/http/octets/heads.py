"""Status line and headers: their form, and what headers say that they must not, or not together."""

from __future__ import annotations

import re
from collections.abc import Iterator

from leadproof.core import lazy
from leadproof.core.exchange import Headers
from leadproof.core.text import count

#: A rule of `WIRE_RULES` that is broken, and what is there instead.
Broken = tuple[str, str]

#: What common clients read of a head: headers (http.client of Python) and bytes (Node.js).
MOST_HEADERS, MOST_BYTES = 100, 16_384

#: Headers that have one value (RFC 9110).
_SINGLE = ("age", "content-type", "date", "etag", "expires", "last-modified", "location", "retry-after")

TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
QUOTED = r'"(?:[^"\\]|\\.)*"'
#: A header or trailer: its name and its value.
HEADER = lazy.pattern(rf"({TOKEN}):[ \t]*(.*?)[ \t]*", re.DOTALL)
_STATUS_LINE = lazy.pattern(r"HTTP/1\.[01] [1-5][0-9]{2} [\t\x20-\x7e\x80-\xff]*")
_STATUS = lazy.pattern(r"[1-5][0-9]{2}")
#: Control characters, without CR and LF, which end lines.
_CONTROL = lazy.pattern(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_MEDIA_TYPE = lazy.pattern(rf"{TOKEN}/{TOKEN}(?:[ \t]*;[ \t]*(?:{TOKEN}=(?:{TOKEN}|{QUOTED}))?)*")
_DATE = lazy.pattern(
    "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), [0-9]{2} (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [0-9]{4}"
    " [0-9]{2}:[0-9]{2}:[0-9]{2} GMT"
)

#: Digits of a length that 64 bits hold in any case.
_DIGITS = 18


def status_of(line: str, begin: re.Match[str], found: list[Broken]) -> int:
    """The status of a status line; 0 where it is none.

    Args:
        line: The line.
        begin: Protocol and status in it, as far as they can be told.
        found: Takes what is wrong.
    """
    protocol, code = begin[1], begin[2] or ""
    status = int(code) if _STATUS.fullmatch(code) else 0
    if protocol not in ("HTTP/1.1", "HTTP/1.0"):
        found.append(("version", printable(protocol.encode("latin-1"))))
    elif not status:
        found.append(("status-code", printable(code.encode("latin-1")) or "nothing"))
    elif not _STATUS_LINE.fullmatch(line):
        found.append(("status-line", printable(line.encode("latin-1"))))
    return status


def headers_of(lines: list[str], found: list[Broken]) -> Iterator[tuple[str, str]]:
    """Names and values. A line that goes on is put together, as RFC 9112, section 5.2, asks clients to."""
    together: list[str] = []
    for line in lines:
        if not line.startswith((" ", "\t")):
            together.append(line)
        elif together:
            found.append(("header-folded", "an indented line"))
            together[-1] = f"{together[-1]} {line.strip()}"
        else:
            found.append(("header-name", "white space before the first header"))
            together.append(line.strip())
    for line in together:
        name, colon, value = line.partition(":")
        if not HEADER.fullmatch(line):
            found.append(("header-name", printable(name[:40].encode("latin-1")) or "nothing before the colon"))
        if _CONTROL.search(value):
            found.append(("header-value", f"one in {name[:40].strip()}"))
        if colon and name.strip():
            yield name.strip(), value.strip()


def head_problems(status: int, pairs: Headers, *, old: bool = False) -> Iterator[Broken]:
    """What is wrong with the headers of a response.

    Args:
        status: Its status.
        pairs: Its headers.
        old: Is it of HTTP/1.0?
    """
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name.lower(), []).append(value.strip())
    size = sum(len(name) + len(value) + 4 for name, value in pairs)
    if len(pairs) > MOST_HEADERS or size > MOST_BYTES:
        yield "headers-large", f"{count(len(pairs), 'header')}, {count(size, 'byte')}"
    for name in _SINGLE:
        if len(values.get(name, ())) > 1:
            yield "header-repeated", f"{name}: {', '.join(values[name])}"
    for kind in values.get("content-type", []):
        if kind and not _MEDIA_TYPE.fullmatch(kind):
            yield "content-type", kind
    for date in values.get("date", []):
        if not _DATE.fullmatch(date):
            yield "date", date
    lengths = values.get("content-length", [])
    yield from _length_problems(lengths)
    if lengths and status == 204:
        yield "length-forbidden", f"Content-Length {lengths[0]}"
    if "transfer-encoding" not in values:
        return
    codings = listed(values["transfer-encoding"])
    if lengths:
        yield "both-framings", f"Content-Length {lengths[0]} and {', '.join(codings)}"
    if others := [coding for coding in codings if coding != "chunked"]:
        yield "transfer-coding", ", ".join(others) or "nothing"
    if codings.count("chunked") > 1:
        yield "transfer-repeated", ", ".join(codings)
    if status == 204 or old:
        yield "transfer-forbidden", f"{', '.join(codings)} with {'status 204' if status == 204 else 'HTTP/1.0'}"


def _length_problems(values: list[str]) -> Iterator[Broken]:
    lengths = listed(values) if values else []
    wrong = next((length for length in lengths if not re.fullmatch("[0-9]+", length)), None)
    if wrong is not None:
        yield "length-invalid", printable(wrong.encode("latin-1", "replace")) or "nothing"
        return
    if len({length.lstrip("0") for length in lengths}) > 1:
        yield "length-conflict", ", ".join(lengths)
    elif len(lengths) > 1:
        yield "header-repeated", f"content-length: {', '.join(lengths)}"
    if any(len(length.lstrip("0")) > _DIGITS for length in lengths):
        yield "length-beyond", ", ".join(lengths)


def announced(pairs: Headers) -> int | None:
    """The bytes that Content-Length announces; None where it says nothing, several things, or nonsense."""
    lengths = {length.lstrip("0") or length[:1] for length in listed(values_of(pairs, "content-length"))}
    length = lengths.pop() if len(lengths) == 1 else ""
    return int(length) if re.fullmatch("[0-9]+", length) and len(length) <= _DIGITS else None


def values_of(pairs: Headers, name: str) -> list[str]:
    """All values of a header, by its name in lower case."""
    return [value for key, value in pairs if key.lower() == name]


def listed(values: list[str]) -> list[str]:
    """The entries of a header that is a list (RFC 9110, section 5.6.1), in lower case."""
    return [entry.strip().lower() for entry in ",".join(values).split(",")]


def printable(data: bytes) -> str:
    """Bytes from outside in a message: what cannot be seen is escaped."""
    return data.strip(b"\r\n").decode("latin-1").encode("unicode_escape").decode("ascii")
