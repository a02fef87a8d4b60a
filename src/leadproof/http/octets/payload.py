"""What is in the body of a response: content codings, and text in the encoding that it is said to be in."""

from __future__ import annotations

import codecs
import re
import zlib
from collections.abc import Iterator

from leadproof.bodies import MAX_BODY
from leadproof.core import lazy
from leadproof.core.exchange import Headers, format_of, header, media_type
from leadproof.http.octets.heads import Broken, listed, values_of

_CHARSET = lazy.pattern(r";\s*charset\s*=\s*\"?([^\s;\"]+)", re.IGNORECASE)
_DECLARED = lazy.pattern(rb"\s*<\?xml[^>]*?encoding\s*=\s*[\"']([^\"']*)[\"']")
#: Encodings in which any bytes are text, so that decoding them says nothing.
_ANY = ("iso8859-1", "iso8859-15", "cp1252")


def uncoded(body: bytes, pairs: Headers, found: list[Broken]) -> bytes:
    """The body without its content codings, under the cap; nothing where it is not what they say."""
    for coding in reversed(listed(values_of(pairs, "content-encoding"))):
        if not body or coding in ("", "identity"):
            continue
        if coding not in ("gzip", "x-gzip", "deflate"):
            found.append(("coding-unknown", coding))
            return body if body.startswith((b"{", b"[", b"<")) else b""  # a label, and nothing coded
        body, wrong = _inflated(body, zlib.MAX_WBITS | 16 if "gzip" in coding else zlib.MAX_WBITS)
        if wrong:
            found.append(("too-large" if wrong == _LARGER else "coding", f"{coding}: {wrong}"))
            return b""
    if body[:2] == b"\x1f\x8b":
        if "gzip" not in listed(values_of(pairs, "transfer-encoding")):
            found.append(("coding-hidden", "gzip"))
        body = _inflated(body, zlib.MAX_WBITS | 16)[0]
    return body


_LARGER = "larger than the cap"


def _inflated(body: bytes, window: int) -> tuple[bytes, str]:
    """What is in a compressed body, and what is wrong with it."""
    plain = bytearray()
    while body:  # gzip streams may follow one another (RFC 1952, section 2.2)
        stream = zlib.decompressobj(window)
        try:
            plain += stream.decompress(body, MAX_BODY + 1 - len(plain))
        except zlib.error as error:
            return bytes(plain), str(error).rpartition(": ")[2]
        if len(plain) > MAX_BODY:
            return b"", _LARGER
        if not stream.eof:
            return bytes(plain), "cut off"
        body = stream.unused_data
    return bytes(plain), ""


def text_problems(pairs: Headers, body: bytes) -> Iterator[Broken]:
    """What is wrong with the text of a body, and with what it is said to be."""
    content_type = header(pairs, "content-type")
    if not body:
        return
    if not media_type(content_type):
        yield "type-missing", "none"
        return
    yield from contradiction(pairs, body)
    fmt, charset = format_of(content_type), _charset(pairs)
    if body.startswith(codecs.BOM_UTF8) and fmt is not None:
        yield "mark" if fmt == "json" else "mark-xml", "bytes EF BB BF"
    if _is_utf16(body):
        if charset and not _name(charset).startswith("utf-16"):
            yield "charset-mislabelled", f"UTF-16 said to be {charset}"
        elif not charset and fmt == "json":
            yield "charset", "UTF-16"
        return
    declared = _DECLARED.match(body)
    said = charset or (declared[1].decode("latin-1") if declared else "utf-8")
    try:
        wrong = _name(said).startswith("utf-16") or not body.decode(said)
    except (LookupError, UnicodeError):
        wrong = True
    if wrong:
        yield "charset", f"other bytes than {said}"
        return
    if _name(said) in _ANY and not body.isascii() and _is_utf8(body):
        yield "charset-mislabelled", f"UTF-8 said to be {said}"


def contradiction(pairs: Headers, body: bytes) -> Iterator[Broken]:
    """Do Content-Type and the XML declaration name different encodings?"""
    charset, declared = _charset(pairs), _DECLARED.match(body[:200])
    named = declared[1].decode("latin-1") if declared else ""
    if charset and named and _name(charset) != _name(named):
        yield "declaration", f"{named} in the document, {charset} in Content-Type"


def _charset(pairs: Headers) -> str:
    found = _CHARSET.search(header(pairs, "content-type") or "")
    return found[1] if found else ""


def _name(encoding: str) -> str:
    """One name for each encoding."""
    try:
        return codecs.lookup(encoding).name
    except LookupError:
        return encoding.lower()


def _is_utf16(body: bytes) -> bool:
    return body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\0" in body[:2]


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
