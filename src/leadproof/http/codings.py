"""Content codings undone, under a cap (RFC 9110, section 8.4.1). Pure."""

from __future__ import annotations

import zlib

from leadproof.bodies import MAX_BODY

#: Codings that are undone here, and further ones that a service may have sent to another client.
KNOWN = ("gzip", "x-gzip", "deflate")
FOREIGN = ("br", "zstd", "compress", "x-compress")


class TooLarge(Exception):
    """A body is larger than the cap, before or after decompression."""


def decoded(body: bytes, encoding: str | None) -> bytes:
    """A body without its content codings, under the cap at every step.

    httpx would take what is cut off for whole, and make of one chunk as much as there is in it.

    Raises:
        TooLarge: There is more in it than the cap.
        EOFError: It ends too early.
        zlib.error: It is not what it says.
    """
    codings = [name.strip().lower() for name in (encoding or "").split(",")]
    if len(codings) > 3:
        raise zlib.error("more codings on top of each other than anybody needs")
    for coding in reversed(codings):
        if coding in ("gzip", "x-gzip"):
            body = _inflated(body, zlib.MAX_WBITS | 16)
        elif coding == "deflate":  # in zlib's format by the book, a bare stream in the wild
            body = _inflated(body, zlib.MAX_WBITS if _has_zlib_head(body) else -zlib.MAX_WBITS)
        elif coding in FOREIGN:
            raise zlib.error("a coding that was not offered")
    return body


def _has_zlib_head(body: bytes) -> bool:
    """Does it begin as RFC 1950, section 2.2 says?"""
    return len(body) > 1 and body[0] & 0x0F == 8 and int.from_bytes(body[:2]) % 31 == 0


def _inflated(body: bytes, window: int) -> bytes:
    found = b""
    while body:  # gzip streams may follow one another (RFC 1952, section 2.2)
        stream = zlib.decompressobj(window)
        found += stream.decompress(body, MAX_BODY + 1 - len(found))
        if len(found) > MAX_BODY:
            raise TooLarge
        if not stream.eof:
            raise EOFError
        body = stream.unused_data
    return found
