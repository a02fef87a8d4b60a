"""Where the body of a response ends, and what comes behind it (RFC 9112, sections 6 and 7)."""

from __future__ import annotations

from leadproof.bodies import MAX_BODY
from leadproof.core import lazy
from leadproof.core.exchange import Headers
from leadproof.core.text import count
from leadproof.http.octets.heads import HEADER, QUOTED, TOKEN, Broken, announced, listed, printable, values_of

#: Statuses whose messages end with their head (RFC 9112, section 6.3), and those that have nothing in them at all (RFC
#: 9110, section 15.3.6).
BODILESS = (204, 304)
EMPTY = (*BODILESS, 205)

_CHUNK = lazy.pattern(rf"([0-9A-Fa-f]{{1,16}})(?:[ \t]*;[ \t]*{TOKEN}(?:[ \t]*=[ \t]*(?:{TOKEN}|{QUOTED}))?)*")
_SIZE = lazy.pattern(rb"[0-9A-Fa-f]+[ \t]*(?:;[^\n]*)?\r?\n")
_LINE_END = lazy.pattern(rb"\r?\n")

#: Headers that frame a message or say what is in it: behind the body they come too late (RFC 9110, section 6.5.1).
_NO_TRAILERS = ("content-encoding", "content-length", "content-type", "host", "trailer", "transfer-encoding")


def framed(status: int, pairs: Headers, data: bytes, found: list[Broken]) -> bytes:
    """The body of a response. Where it is not what was announced, it is what came.

    Args:
        status: The response's status.
        pairs: Its headers.
        data: What came behind its head until the connection ended.
        found: Takes what is wrong.
    """
    if len(data) > MAX_BODY:  # there the reading ended, so nothing can be said about lengths
        found.append(("too-large", f"more than {count(MAX_BODY, 'byte')}"))
        return b""
    codings, length = values_of(pairs, "transfer-encoding"), announced(pairs)
    if status in BODILESS and _surplus(data, found):
        return b""
    body = data if status in BODILESS else _body(codings, length, data, found)
    if body and status in EMPTY:
        found.append(("body-forbidden", f"status {status} and {count(len(data), 'byte')}"))
    return b"" if status in EMPTY else body


def _body(codings: list[str], length: int | None, data: bytes, found: list[Broken]) -> bytes:
    if codings:
        # With a length beside it, a body may be said to be chunked and be none.
        plain = length is not None and not _SIZE.match(data)
        return data if plain or listed(codings)[-1] != "chunked" else _unchunked(data, found)
    if length is None or length == len(data):
        return data
    if length < len(data) and _surplus(data[length:], found):
        return data[:length]
    found.append(("length", f"{count(length, 'byte')} announced, {count(len(data), 'byte')} came"))
    return data


def _surplus(data: bytes, found: list[Broken]) -> bool:
    """Is it the beginning of another response?"""
    another = data.lstrip(b"\r\n").startswith(b"HTTP/")
    if another:
        found.append(("surplus", "another response"))
    return another


def _unchunked(data: bytes, found: list[Broken]) -> bytes:
    """The chunks put together."""
    body, at = bytearray(), 0
    while (end := data.find(b"\n", at)) >= 0:
        line, at = data[at:end], end + 1
        if not line.endswith(b"\r"):
            found.append(("line-end", "a lone LF behind the size of a chunk"))
        size = _CHUNK.fullmatch(line.removesuffix(b"\r").decode("latin-1"))
        if size is None:
            found.append(("chunk", f"the size {printable(line[:40])}"))
            return bytes(body)
        length = int(size[1], 16)
        if not length:
            _behind(data[at:], found)
            return bytes(body)
        body += data[at : at + length]
        at += length
        if at >= len(data):
            break
        line_end = _LINE_END.match(data, at)
        if line_end is None:
            found.append(("chunk", "no line end behind its data"))
            return bytes(body)
        at = line_end.end()
    found.append(("chunks-unfinished", "the end of the connection"))
    return bytes(body)


def _behind(data: bytes, found: list[Broken]) -> None:
    """Trailers, and what follows the empty line below them."""
    at = 0
    while (end := data.find(b"\n", at)) >= 0:
        line, at = data[at:end].removesuffix(b"\r").decode("latin-1"), end + 1
        if not line:
            if data[at:] and not _surplus(data[at:], found):
                found.append(("surplus", count(len(data) - at, "byte")))
            return
        trailer = HEADER.fullmatch(line)
        if trailer is None or trailer[1].lower() in _NO_TRAILERS:
            found.append(("trailer", printable(line.partition(":")[0].encode("latin-1"))))
    found.append(("chunks-unfinished", "the end of the connection"))
