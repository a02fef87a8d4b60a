"""Ways in which a response breaks the rules of the wire: `WIRE_FAULTS`, each as a change of a right response.

The mock sends them, the probe and the readers of captured text name the rule that each breaks, and the tests hold the
one against the other; what reads the bytes shares no code with what is here.
"""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Callable
from typing import Any, NamedTuple


def _same(data: bytes) -> bytes:
    return data


class WireFault(NamedTuple):
    """One way to break a rule, as a change of a right response."""

    words: str
    #: The rule that it breaks.
    rule: str
    #: Status line instead of its own.
    start: bytes = b""
    #: Header lines instead of those of the same names; {length} is that of the body, {type} its media type.
    lines: tuple[bytes, ...] = ()
    #: Names of headers that are left out.
    without: tuple[bytes, ...] = ()
    #: What becomes of the body; Content-Length follows unless a line frames the body.
    body: Callable[[bytes], bytes] = _same
    #: What becomes of the message in the end.
    whole: Callable[[bytes], bytes] = _same
    #: The only format in which it is seen; "" for both.
    media: str = ""


_FRAMING = (b"content-length", b"transfer-encoding")
_CHUNKED = (b"transfer-encoding: chunked",)


def broken(fault: WireFault, message: bytes) -> bytes:
    """The bytes of a response with a fault; what is no response (another fault was faster) stays as it is."""
    head, end, body = message.partition(b"\r\n\r\n")
    if not end:
        return message
    start, *lines = head.split(b"\r\n")
    changed = fault.body(body)
    names = {_name(line) for line in fault.lines} | set(fault.without)
    if names & set(_FRAMING):
        names |= set(_FRAMING)
    kind = next((line.partition(b":")[2] for line in lines if _name(line) == b"content-type"), b"").partition(b";")[0]
    own = [line.replace(b"{length}", b"%d" % len(body)).replace(b"{type}", kind.strip()) for line in fault.lines]
    lines = [line for line in lines if _name(line) not in names] + own
    if changed != body:
        lines = [b"content-length: %d" % len(changed) if _name(line) == b"content-length" and line not in own else line
                 for line in lines]  # fmt: skip
    return fault.whole(b"\r\n".join([fault.start or start, *lines]) + end + changed)


def _name(line: bytes) -> bytes:
    return line.partition(b":")[0].strip().lower()


def _chunks(
    size: bytes = b"%x", end: bytes = b"\r\n", last: bytes = b"0\r\n\r\n", more: int = 0
) -> Callable[[bytes], bytes]:
    """The body as one chunk, put together from these parts."""
    return lambda body: (size % (len(body) + more) if b"%" in size else size) + b"\r\n" + body + end + last


def _chunked(words: str, rule: str = "chunk", size: bytes = b"%x", **parts: Any) -> WireFault:
    return WireFault(words, rule, lines=_CHUNKED, body=_chunks(size, **parts))


def _labelled(words: str, rule: str, charset: bytes, body: Callable[[bytes], bytes] = _same) -> WireFault:
    media = "xml" if rule == "declaration" else ""
    return WireFault(words, rule, lines=(b"content-type: {type}; charset=" + charset,), body=body, media=media)


def _announcing(by: int) -> Callable[[bytes], bytes]:
    """The message with a Content-Length that is so much too long."""
    length = re.compile(rb"(?<=content-length: )\d+")
    return lambda message: length.sub(lambda found: b"%d" % max(0, int(found[0]) + by), message, count=1)


def _lines_end(end: bytes) -> Callable[[bytes], bytes]:
    def changed(message: bytes) -> bytes:
        head, _, body = message.partition(b"\r\n\r\n")
        return head.replace(b"\r\n", end) + end * 2 + body

    return changed


def _noted_as(text: bytes) -> Callable[[bytes], bytes]:
    """The body with these bytes in it, at a place that its format has for any text."""
    return lambda body: body + b"<!-- %b -->" % text if body.startswith(b"<") else body[:-1] + b',"note":"%b"}' % text


_noted = _noted_as("é".encode())


def _recoded(encoding: str) -> Callable[[bytes], bytes]:
    return lambda body: body.decode("utf-8", "replace").encode(encoding)


def _declared(encoding: bytes) -> Callable[[bytes], bytes]:
    def changed(body: bytes) -> bytes:
        return b'<?xml version="1.0" encoding="%b"?>' % encoding + re.sub(rb"^<\?xml[^>]*\?>", b"", body)

    return lambda body: changed(body) if body.startswith(b"<") else body


def _zipped(body: bytes) -> bytes:
    return gzip.compress(body, mtime=0)


def _flipped(body: bytes) -> bytes:
    """gzip with a checksum (its last eight bytes begin with it) that is wrong."""
    data = _zipped(body)
    return data[:-8] + bytes([data[-8] ^ 0xFF]) + data[-7:]


def _raw_deflate(body: bytes) -> bytes:
    stream = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return stream.compress(body) + stream.flush()


_GZIP = (b"content-encoding: gzip",)

WIRE_FAULTS: dict[str, WireFault] = {
    # the first line
    "no-http": WireFault("What comes is no HTTP.", "not-http", whole=lambda _: b"220 mail.example ESMTP\r\n\r\n"),
    "http-0.9": WireFault(
        "The body comes without status line and headers.", "version", whole=lambda m: m.partition(b"\r\n\r\n")[2]
    ),
    "http-2": WireFault("The status line says HTTP/2.0.", "version", b"HTTP/2.0 200 OK"),
    "http-1": WireFault("The version has no second number.", "version", b"HTTP/1 200 OK"),
    "http-1.2": WireFault("The version is one that there is not.", "version", b"HTTP/1.2 200 OK"),
    "http-lower-case": WireFault("The version is in lower case.", "version", b"http/1.1 200 OK"),
    "status-glued": WireFault("No space is before the status.", "version", b"HTTP/1.1200 OK"),
    "status-two-spaces": WireFault("Two spaces are before the status.", "status-line", b"HTTP/1.1  200 OK"),
    "status-tab": WireFault("A tab is before the status.", "status-line", b"HTTP/1.1\t200 OK"),
    "status-no-space": WireFault("The status line ends after its number.", "status-line", b"HTTP/1.1 200"),
    "status-indented": WireFault("A space is before the status line.", "status-line", b" HTTP/1.1 200 OK"),
    "status-after-line": WireFault(
        "An empty line is before the status line.", "status-line", whole=lambda m: b"\r\n" + m
    ),
    "reason-control": WireFault("The reason has a control character.", "status-line", b"HTTP/1.1 200 O\x07K"),
    "status-short": WireFault("The status has two digits.", "status-code", b"HTTP/1.1 20 OK"),
    "status-long": WireFault("The status has four digits.", "status-code", b"HTTP/1.1 2000 OK"),
    "status-zero": WireFault("The status is 000.", "status-code", b"HTTP/1.1 000 OK"),
    "status-600": WireFault("The status is 600.", "status-code", b"HTTP/1.1 600 OK"),
    "status-text": WireFault("The status is a word.", "status-code", b"HTTP/1.1 OK OK"),
    "status-negative": WireFault("The status is negative.", "status-code", b"HTTP/1.1 -200 OK"),
    # headers
    "head-truncated": WireFault(
        "The connection is closed within the headers.", "head-unfinished",
        whole=lambda m: m[: m.find(b"\r\n\r\n") - 3],
    ),
    "line-feeds": WireFault("Lines of the head end in LF.", "line-end", whole=_lines_end(b"\n")),
    "line-feed-once": WireFault(
        "One line of the head ends in LF.", "line-end", whole=lambda m: m.replace(b"\r\n", b"\n", 1)
    ),
    "line-feed-last": WireFault(
        "The empty line below the head is a lone LF.", "line-end",
        whole=lambda m: m.replace(b"\r\n\r\n", b"\r\n\n", 1),
    ),
    "carriage-return": WireFault("A header has a lone CR.", "line-end", lines=(b"x-note: a\rb: c",)),
    "header-without-colon": WireFault("A header has no colon.", "header-name", lines=(b"x-note",)),
    "header-without-name": WireFault("A header has no name.", "header-name", lines=(b": note",)),
    "header-space-behind": WireFault("A space is before a header's colon.", "header-name", lines=(b"x-note : a",)),
    "header-space-inside": WireFault("A header's name has a space.", "header-name", lines=(b"x note: a",)),
    "header-slash": WireFault("A header's name has a slash.", "header-name", lines=(b"x/note: a",)),
    "header-latin": WireFault("A header's name is not ASCII.", "header-name", lines=(b"x-n\xf6te: a",)),
    "header-indented": WireFault(
        "White space is before the first header.", "header-name", whole=lambda m: m.replace(b"\r\n", b"\r\n ", 1)
    ),
    "header-nul": WireFault("A header has a NUL.", "header-value", lines=(b"x-note: a\0b",)),
    "header-control": WireFault("A header has a control character.", "header-value", lines=(b"x-note: a\x01b",)),
    "header-delete": WireFault("A header has the character DEL.", "header-value", lines=(b"x-note: a\x7fb",)),
    "header-folded": WireFault("A header goes on in an indented line.", "header-folded", lines=(b"x-note: a\r\n  b",)),
    "header-folded-tab": WireFault(
        "A header goes on in a line behind a tab.", "header-folded", lines=(b"x-note: a\r\n\tb",)
    ),
    "type-folded": WireFault(
        "Content-Type goes on in the next line.", "header-folded", lines=(b"content-type: {type};\r\n charset=utf-8",)
    ),
    "headers-many": WireFault(
        "There are 2,000 headers.", "headers-large", lines=tuple(b"x-note-%d: a" % number for number in range(2000))
    ),
    "header-long": WireFault("One header has 60 kB.", "headers-large", lines=(b"x-note: " + b"a" * 60_000,)),
    "headers-long": WireFault(
        "The headers have 200 kB.", "headers-large",
        lines=tuple(b"x-note-%d: " % number + b"a" * 2_000 for number in range(100)),
    ),
    "type-twice": WireFault(
        "There are two Content-Types.", "header-repeated", lines=(b"content-type: {type}", b"content-type: text/html")
    ),
    "type-again": WireFault(
        "The same Content-Type comes twice.", "header-repeated",
        lines=(b"content-type: {type}", b"content-type: {type}"),
    ),
    "date-twice": WireFault(
        "There are two Dates.", "header-repeated",
        lines=(b"date: Sun, 06 Nov 1994 08:49:37 GMT", b"date: Mon, 07 Nov 1994 08:49:37 GMT"),
    ),
    "type-list": WireFault(
        "Content-Type names two media types.", "content-type", lines=(b"content-type: {type}, text/html",)
    ),
    "type-word": WireFault("Content-Type is one word.", "content-type", lines=(b"content-type: json",)),
    "type-half": WireFault("Content-Type has no subtype.", "content-type", lines=(b"content-type: application/",)),
    "type-parameter": WireFault(
        "A parameter of Content-Type has no value.", "content-type", lines=(b"content-type: {type}; charset",)
    ),
    "charset-empty": WireFault(
        "The charset of Content-Type is empty.", "content-type", lines=(b"content-type: {type}; charset=",)
    ),
    "date-words": WireFault("Date is no date.", "date", lines=(b"date: yesterday",)),
    "date-zone": WireFault("Date is not in GMT.", "date", lines=(b"date: Sun, 06 Nov 1994 08:49:37 +0100",)),
    "date-iso": WireFault("Date is in ISO 8601.", "date", lines=(b"date: 1994-11-06T08:49:37Z",)),
    # lengths
    "length-negative": WireFault(
        "Content-Length is negative.", "length-invalid", lines=(b"content-length: -{length}",)
    ),
    "length-text": WireFault("Content-Length is a word.", "length-invalid", lines=(b"content-length: many",)),
    "length-plus": WireFault("Content-Length has a sign.", "length-invalid", lines=(b"content-length: +{length}",)),
    "length-hex": WireFault("Content-Length is hexadecimal.", "length-invalid", lines=(b"content-length: 0x{length}",)),
    "length-fraction": WireFault(
        "Content-Length has a fraction.", "length-invalid", lines=(b"content-length: {length}.0",)
    ),
    "length-empty": WireFault("Content-Length is empty.", "length-invalid", lines=(b"content-length:",)),
    "length-spaced": WireFault(
        "Content-Length has a space inside.", "length-invalid", lines=(b"content-length: {length} {length}",)
    ),
    "length-superscript": WireFault(
        "Content-Length is a superscript digit.", "length-invalid", lines=(b"content-length: \xb2",)
    ),
    "length-twice": WireFault(
        "Two different lengths are announced.", "length-conflict",
        lines=(b"content-length: {length}", b"content-length: 7"),
    ),
    "length-list": WireFault(
        "Content-Length is a list of different lengths.", "length-conflict", lines=(b"content-length: {length}, 7",)
    ),
    "length-again": WireFault(
        "The same length is announced twice.", "header-repeated",
        lines=(b"content-length: {length}", b"content-length: {length}"),
    ),
    "length-list-again": WireFault(
        "Content-Length is a list of equal lengths.", "header-repeated", lines=(b"content-length: {length}, {length}",)
    ),
    "length-huge": WireFault(
        "More than 64 bits of length are announced.", "length-beyond", lines=(b"content-length: " + b"9" * 30,)
    ),
    "length-204": WireFault(
        "Status 204 comes with Content-Length.", "length-forbidden", b"HTTP/1.1 204 No Content", body=lambda _: b""
    ),
    "length-too-long": WireFault("More is announced than comes.", "length", whole=_announcing(10)),
    "length-too-short": WireFault("Less is announced than comes.", "length", whole=_announcing(-10)),
    "truncated": WireFault(
        "The body ends before its announced length.", "length",
        whole=lambda m: m[: (len(m) + m.find(b"\r\n\r\n") + 4) // 2],
    ),
    # transfer codings
    "both-framings": WireFault(
        "The body is chunked and has a length as well.", "both-framings", body=_chunks(),
        lines=(b"content-length: {length}", *_CHUNKED),
    ),
    "both-framings-plain": WireFault(
        "The body has a length and is said to be chunked.", "both-framings",
        lines=(b"content-length: {length}", *_CHUNKED),
    ),
    "transfer-unknown": WireFault(
        "The transfer coding is one that there is not.", "transfer-coding", lines=(b"transfer-encoding: squash",)
    ),
    "transfer-identity": WireFault(
        "The transfer coding is identity, which is no more.", "transfer-coding", lines=(b"transfer-encoding: identity",)
    ),
    "transfer-misspelt": WireFault(
        "The transfer coding is misspelt.", "transfer-coding", body=_chunks(), lines=(b"transfer-encoding: chunkd",)
    ),
    "transfer-gzip": WireFault(
        "The message is gzip on its way, which nobody asked for.", "transfer-coding",
        body=lambda b: _chunks()(_zipped(b)), lines=(b"transfer-encoding: gzip, chunked",),
    ),
    "transfer-empty": WireFault("Transfer-Encoding is empty.", "transfer-coding", lines=(b"transfer-encoding:",)),
    "transfer-twice": WireFault(
        "The body is said to be chunked twice.", "transfer-repeated", body=_chunks(),
        lines=(b"transfer-encoding: chunked, chunked",),
    ),
    "transfer-204": WireFault(
        "Status 204 comes with Transfer-Encoding.", "transfer-forbidden", b"HTTP/1.1 204 No Content",
        lines=_CHUNKED, body=lambda _: b"",
    ),
    "transfer-1.0": WireFault(
        "HTTP/1.0 comes with Transfer-Encoding.", "transfer-forbidden", b"HTTP/1.0 200 OK", lines=_CHUNKED,
        body=_chunks(),
    ),
    # chunks
    "chunk-wrong": _chunked("A chunk has a size that is no number.", "chunk", b"zz"),
    "chunk-negative": _chunked("A chunk has a negative size.", "chunk", b"-%x"),
    "chunk-plus": _chunked("The size of a chunk has a sign.", "chunk", b"+%x"),
    "chunk-prefix": _chunked("The size of a chunk begins with 0x.", "chunk", b"0x%x"),
    "chunk-empty": _chunked("A chunk has no size.", "chunk", b""),
    "chunk-huge": _chunked("A chunk has a size of 80 bits.", "chunk", b"F" * 20),
    "chunk-extension": _chunked("The extension of a chunk is malformed.", "chunk", b'%x;a="'),
    "chunk-too-short": _chunked("A chunk is longer than its size.", "chunk", more=-5),
    "chunk-glued": _chunked("No line end is behind a chunk.", "chunk", end=b""),
    "chunk-line-feeds": WireFault(
        "The lines around a chunk end in LF.", "line-end", lines=_CHUNKED,
        body=lambda b: _chunks()(b).replace(b"\r\n", b"\n"),
    ),
    "chunk-too-long": _chunked("A chunk is shorter than its size.", "chunks-unfinished", more=5000),
    "chunk-unfinished": _chunked("The last chunk is missing.", "chunks-unfinished", last=b""),
    "chunk-no-end": _chunked("The empty line below the last chunk is missing.", "chunks-unfinished", last=b"0\r\n"),
    "trailer-wrong": _chunked("A trailer has no colon.", "trailer", last=b"0\r\nnote\r\n\r\n"),
    "trailer-length": _chunked("A trailer announces a length.", "trailer", last=b"0\r\ncontent-length: 7\r\n\r\n"),
    # what should not be there
    "body-204": WireFault("Responses have status 204 and a body.", "body-forbidden", b"HTTP/1.1 204 No Content"),
    "body-205": WireFault("Responses have status 205 and a body.", "body-forbidden", b"HTTP/1.1 205 Reset Content"),
    "body-304": WireFault("Responses have status 304 and a body.", "body-forbidden", b"HTTP/1.1 304 Not Modified"),
    "second-response": WireFault("A second response follows.", "surplus", whole=lambda m: m + m),
    "second-after-chunks": WireFault(
        "A second response follows the last chunk.", "surplus", lines=_CHUNKED, body=_chunks(), whole=lambda m: m + m
    ),
    "second-after-204": WireFault(
        "A response follows one with status 204.", "surplus", b"HTTP/1.1 204 No Content", without=(b"content-length",),
        body=lambda _: b"", whole=lambda m: m + b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
    ),
    "bytes-after-chunks": WireFault(
        "Bytes follow the last chunk.", "surplus", lines=_CHUNKED, body=lambda b: _chunks()(b) + b"note"
    ),
    # content codings
    "gzip-none": WireFault("Responses say that they are gzip, and are not.", "coding", lines=_GZIP),
    "gzip-truncated": WireFault(
        "Responses are gzip that is cut off.", "coding", lines=_GZIP, body=lambda b: _zipped(b)[:-12]
    ),
    "gzip-checksum": WireFault("Responses are gzip with a wrong checksum.", "coding", lines=_GZIP, body=_flipped),
    "gzip-followed": WireFault(
        "Other bytes follow the gzip of responses.", "coding", lines=_GZIP, body=lambda b: _zipped(b) + b"note"
    ),
    "gzip-as-deflate": WireFault(
        "Responses are gzip and say deflate.", "coding", lines=(b"content-encoding: deflate",), body=_zipped
    ),
    "deflate-bare": WireFault(
        "Responses are deflate without the head of zlib.", "coding", lines=(b"content-encoding: deflate",),
        body=_raw_deflate,
    ),
    "coding-unknown": WireFault(
        "The content coding is one that there is not.", "coding-unknown", lines=(b"content-encoding: squash",)
    ),
    "coding-charset": WireFault(
        "Content-Encoding names a charset.", "coding-unknown", lines=(b"content-encoding: utf-8",)
    ),
    "gzip-twice": WireFault(
        "Responses are gzip twice and say so once.", "coding-hidden", lines=_GZIP, body=lambda b: _zipped(_zipped(b))
    ),
    "gzip-hidden": WireFault("Responses are gzip and do not say so.", "coding-hidden", body=_zipped),
    # text
    "type-missing": WireFault("Responses have no Content-Type.", "type-missing", without=(b"content-type",)),
    "charset-wrong": _labelled("Responses say that they are in UTF-16.", "charset", b"utf-16"),
    "charset-unknown": _labelled("The charset is one that there is not.", "charset", b"klingon"),
    "utf-8-as-ascii": _labelled("UTF-8 says that it is ASCII.", "charset", b"us-ascii", _noted),
    "latin-1-as-utf-8": _labelled("Latin-1 says that it is UTF-8.", "charset", b"utf-8", _noted_as(b"\xe9")),
    "utf-8-overlong": _labelled(
        "A character is longer in UTF-8 than it may be.", "charset", b"utf-8", _noted_as(b"\xc0\xaf")
    ),
    "utf-8-surrogate": _labelled(
        "Half a pair of UTF-16 stands in UTF-8.", "charset", b"utf-8", _noted_as(b"\xed\xa0\x80")
    ),
    "mark": WireFault("JSON begins with a byte order mark.", "mark", body=lambda b: b"\xef\xbb\xbf" + b, media="json"),
    "mark-xml": WireFault(
        "XML begins with a byte order mark.", "mark-xml", body=lambda b: b"\xef\xbb\xbf" + b, media="xml"
    ),
    "utf-8-as-latin-1": _labelled("UTF-8 says that it is Latin-1.", "charset-mislabelled", b"iso-8859-1", _noted),
    "utf-16-as-utf-8": _labelled(
        "UTF-16 says that it is UTF-8.", "charset-mislabelled", b"utf-8", _recoded("utf-16")
    ),
    "utf-16-bare": _labelled(
        "UTF-16 without a byte order mark says that it is UTF-8.", "charset-mislabelled", b"utf-8",
        _recoded("utf-16-le"),
    ),
    "declaration-latin-1": _labelled(
        "The XML declaration says Latin-1 and Content-Type UTF-8.", "declaration", b"utf-8", _declared(b"iso-8859-1")
    ),
    "declaration-utf-16": _labelled(
        "The XML declaration says UTF-16 and Content-Type UTF-8.", "declaration", b"utf-8", _declared(b"utf-16")
    ),
    "declaration-utf-8": _labelled(
        "The XML declaration says UTF-8 and Content-Type Latin-1.", "declaration", b"iso-8859-1", _declared(b"utf-8")
    ),
}  # fmt: skip
