"""A body as text and back: content encoding, charset, length. What the text means is decided elsewhere.

A body is written back in the encoding and charset that it came in; bytes that are no text in any of them stay.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterator

from leadproof.core import lazy
from leadproof.core.exchange import Headers, header, media_type

#: Cleans a text; the second argument is the media type that the sender declares.
Clean = Callable[[str, str], str]

_CHARSETS = ("utf-8", "iso-8859-1", "latin1", "windows-1252", "us-ascii", "utf-16", "utf-16le", "utf-16be", "utf-32")
_DECLARED = lazy.pattern(rb"<\?xml[^>]{0,100}encoding\s*=\s*[\"']([\w.-]{1,40})[\"']")
_PARAMETER = lazy.pattern(r"charset\s*=\s*[\"']?([\w.-]{1,40})", re.IGNORECASE)
_BOMS = ((b"\xff\xfe\0\0", "utf-32"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
#: zlib's window sizes: gzip, zlib, raw deflate. Senders mix up the last two.
_WINDOWS = {"gzip": (31, 15, -15), "x-gzip": (31, 15, -15), "deflate": (15, -15, 31)}


def rewrite(body: bytes, headers: Headers, clean: Clean, limit: int, *, decoded: bool) -> bytes:
    """The body with `clean` applied to its text.

    Args:
        body: The bytes as they were sent.
        headers: Those of the message.
        clean: What is done to the text.
        limit: Bytes that are looked at, after decompression too; the rest is dropped.
        decoded: The content encoding was removed already, whatever the headers say.
    """
    coding = "" if decoded else (header(headers, "content-encoding") or "").strip().lower()
    content_type = header(headers, "content-type")
    if coding in _WINDOWS:
        for window in _WINDOWS[coding]:
            try:
                content = zlib.decompressobj(window).decompress(body, limit)
            except zlib.error:
                continue
            packer = zlib.compressobj(6, zlib.DEFLATED, window)
            return packer.compress(_text(content, content_type, clean)) + packer.flush()
    elif coding not in ("", "identity"):
        return b"redacted: a body in a content encoding that leadproof does not read"
    return _text(body[:limit], content_type, clean)


def _text(body: bytes, content_type: str | None, clean: Clean) -> bytes:
    for charset, errors in _charsets(body, content_type):
        try:
            text = body.decode(charset, errors)
        except UnicodeDecodeError:
            continue
        cleaned = clean(text, media_type(content_type))
        return body if cleaned == text else cleaned.encode(charset, "replace" if errors == "strict" else errors)
    raise AssertionError("the last of the charsets decodes everything")


def _charsets(body: bytes, content_type: str | None) -> Iterator[tuple[str, str]]:
    """How to read a body as text, best guess first; the last one reads everything and writes the same bytes back."""
    for mark, charset in _BOMS:
        if body.startswith(mark):
            yield charset, "strict"
    if body[1:2] == b"\0":
        yield "utf-16-le", "strict"
    elif body[:1] == b"\0":
        yield "utf-16-be", "strict"
    yield "utf-8", "strict"
    declared = _PARAMETER.search(content_type or "")
    in_document = _DECLARED.match(body)
    for found in (declared[1] if declared else "", in_document[1].decode() if in_document else ""):
        if found.lower() in _CHARSETS:
            yield found, "strict"
    yield "utf-8", "surrogateescape"


def with_length(headers: Headers, before: bytes, after: bytes) -> Headers:
    """Headers whose Content-Length, where it was right, is right again."""
    if len(before) == len(after):
        return headers
    old, new = str(len(before)), str(len(after))
    return tuple(
        (name, new if name.lower() == "content-length" and value.strip() == old else value) for name, value in headers
    )
