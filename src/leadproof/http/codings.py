"""Content codings undone, under a cap (RFC 9110, section 8.4.1). Pure."""

from __future__ import annotations

import zlib
from collections.abc import Callable

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


def unbrotli(body: bytes) -> bytes:
    """A body without brotli (RFC 7932); raises as `decoded` does."""
    import brotli  # few recordings have it, or the other one

    stream = brotli.Decompressor()
    try:
        found = bytes(stream.process(body, output_buffer_limit=MAX_BODY + 1))
    except brotli.error as error:
        raise zlib.error(str(error)) from None
    if len(found) > MAX_BODY:
        raise TooLarge
    if not stream.is_finished():
        raise EOFError
    return found


#: Bytes that zstd may look back; a decoder of HTTP need not take more (RFC 9659).
_WINDOW = 8 * 1024 * 1024


def unzstd(body: bytes) -> bytes:
    """A body without zstd (RFC 8878), all its frames; raises as `decoded` does."""
    import zstandard

    found = b""
    while body:
        stream = zstandard.ZstdDecompressor(max_window_size=_WINDOW).decompressobj()
        try:
            for at in range(0, len(body), _PIECE):
                found += stream.decompress(body[at : at + _PIECE])
                if len(found) > MAX_BODY:
                    raise TooLarge
                if stream.eof:
                    body = stream.unused_data + body[at + _PIECE :]
                    break
            else:
                raise EOFError
        except zstandard.ZstdError as error:
            raise zlib.error(str(error)) from None
    return found


#: Bytes that zstd is given at a time: a block of its is 128 kB at most, whatever it is packed into.
_PIECE = 64

#: Codings that we do not offer, and that recordings of other clients have.
OTHERS: dict[str, Callable[[bytes], bytes]] = {"br": unbrotli, "zstd": unzstd}


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
