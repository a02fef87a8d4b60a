"""Bytes of a capture, one piece at a time: from a file or standard input, unpacked, in UTF-8.

What is wrong with the packing is noted in the stream and ends it, so that a reader gives what came before.
"""

from __future__ import annotations

import bz2
import codecs
import lzma
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from io import BytesIO
from pathlib import Path
from typing import Any, cast

from leadproof.bodies import MAX_BODY
from leadproof.captures.remote import CapturePath, RemotePath
from leadproof.core import lazy

#: Standard input as a path.
STANDARD_INPUT = Path("-")

#: Bytes of a stream's beginning by which its format is told.
HEAD = 4096

#: Bytes that a packed file may become: at first, and beyond that for each byte it has. Captures repeat themselves and
#: shrink to a fiftieth; what shrinks to a five-hundredth was made to fill a disk.
UNPACKED, RATIO = 256 * 1024 * 1024, 500

#: Bytes of memory that unpacking xz may take; its strongest setting takes 65 MB, the usual one 9.
XZ = 80 * 1024 * 1024

#: How a packed file begins -> what it is packed with, and what unpacks one stream of it.
_PACKED: dict[bytes, tuple[str, Callable[[], Any] | None]] = {
    b"\x1f\x8b": ("gzip", lambda: zlib.decompressobj(zlib.MAX_WBITS | 16)),
    b"BZh": ("bzip2", bz2.BZ2Decompressor),
    b"\xfd7zXZ\x00": ("xz", lambda: lzma.LZMADecompressor(memlimit=XZ)),
    b"\x28\xb5\x2f\xfd": ("zstd", None),
}

#: Endings of packed files that say nothing about what is inside.
SUFFIXES = (".gz", ".bz2", ".xz", ".zst")

_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


class Stream:
    """Bytes to be read once, with a look at the first of them before that."""

    def __init__(self, read: Callable[[int], bytes], name: str = "") -> None:
        self._read = read
        self.name = name
        #: What is wrong with the packing, and a hint; "" if nothing is.
        self.broken = ("", "")
        self._ahead = b""
        while len(self._ahead) < HEAD and (more := self._next(HEAD)):
            self._ahead += more

    @property
    def head(self) -> bytes:
        """The first bytes, as long as none was read."""
        return self._ahead[:HEAD]

    def read(self, size: int) -> bytes:
        """Up to so many bytes; none at the end."""
        if not self._ahead:
            return self._next(size)
        piece, self._ahead = self._ahead[:size], self._ahead[size:]
        return piece

    def _next(self, size: int) -> bytes:
        if self.broken[0]:
            return b""
        try:
            return self._read(size)
        except BombError as error:
            self.broken = str(error), "is it really a capture? unpack it and name what comes out of it"
        except (EOFError, zlib.error, lzma.LZMAError, BadPackingError) as error:
            reason = " ".join(str(error).split())[:120]
            self.broken = f"the packed file is broken: {reason}", "what could be unpacked was judged; fetch it again"
        return b""


def is_packed(head: bytes) -> bool:
    """Does a file that begins so have to be unpacked?"""
    return head.startswith(tuple(_PACKED))


class BombError(Exception):
    """A packed file becomes larger than any capture."""


class BadPackingError(Exception):
    """A file is not packed as it says."""


@contextmanager
def opened(path: CapturePath, taken: Callable[[int], None] = lambda size: None) -> Iterator[Stream]:
    """The bytes of a file, unpacked where it is packed.

    Args:
        path: The file, or `-`.
        taken: Called with the bytes of each piece that is read, before it is unpacked.

    Raises:
        OSError: It cannot be opened.
    """
    if path == STANDARD_INPUT:
        yield _standard_input()
        return
    with path.open("rb") as file, _response_beside(path) as response:

        def read(size: int) -> bytes:
            piece = file.read(size)
            taken(len(piece))
            return piece

        yield unpacked(chained(read, response.read) if response else read, path.name)


@contextmanager
def opened_at(
    path: CapturePath, start: int, end: int | None, taken: Callable[[int], None] = lambda size: None
) -> Iterator[Stream]:
    """The bytes of a file from a place on, unpacked where it is packed.

    Args:
        path: The file.
        start: Bytes before the place, unpacked.
        end: Bytes up to the end; None for the end of the file, as always where it is packed.
        taken: Called with the bytes of each piece that is read, before it is unpacked.

    Raises:
        OSError: It cannot be opened.
    """
    left = None if end is None else end - start
    with path.open("rb") as file:

        def read(size: int) -> bytes:
            piece = file.read(size)
            taken(len(piece))
            return piece

        def limited(size: int) -> bytes:
            nonlocal left
            if left is None:
                return read(size)
            piece = read(min(size, left))
            left -= len(piece)
            return piece

        if not is_packed(file.read(HEAD)):
            file.seek(start)
            yield Stream(limited, path.name)
            return
        file.seek(0)
        stream = unpacked(read, path.name)
        while start > 0 and (passed := stream.read(min(start, _PIECE))):
            start -= len(passed)
        yield stream


#: A file of a session of Fiddler: `N_c.txt` the request, `N_s.txt` the response, and what else there is of it.
SESSION = lazy.pattern(r"(?:.*/)?(\d+)_([csmw])\.(?:txt|xml)")


def _response_beside(path: CapturePath) -> AbstractContextManager[Any]:
    """The response of a session of Fiddler, which is in a file of its own."""
    found = SESSION.fullmatch(path.name)
    other = path.with_name(f"{found[1]}_s.txt") if found and found[2] == "c" else None
    if isinstance(other, RemotePath):
        data = other.read_capped(MAX_BODY)
        return nullcontext(BytesIO(data) if data is not None else None)
    return other.open("rb") if other and other.is_file() else nullcontext()


def chained(*reads: Callable[[int], bytes]) -> Callable[[int], bytes]:
    """Reads one message of HTTP after the other, each from a line of its own."""
    left = list(reads)

    def read(size: int) -> bytes:
        while left:
            if piece := left[0](size):
                return piece
            left.pop(0)
            if left:
                return b"\r\n"
        return b""

    return read


_piped: list[Stream] = []


def _standard_input() -> Stream:
    """Standard input, which can be looked at and read only once, whoever opens it."""
    if not _piped:
        _piped.append(unpacked(sys.stdin.buffer.read, "standard input"))
    return _piped[0]


def unpacked(read: Callable[[int], bytes], name: str) -> Stream:
    """A stream of what is packed in another, if it is."""
    plain = Stream(read, name)
    kind, begin = next((row for magic, row in _PACKED.items() if plain.head.startswith(magic)), ("", None))
    if not kind:
        return plain
    if kind == "zstd":
        begin = _zstd()
    if begin is None:
        stream = Stream(lambda _: b"", name)
        stream.broken = f"the file is packed with {kind}, which is not unpacked here", "unpack it, and name the folder"
        return stream
    stem = name[: -len(Path(name).suffix)] if name.lower().endswith(SUFFIXES) else name
    return Stream(_Unpacker(plain, begin).read, stem)


def _zstd() -> Callable[[], Any] | None:
    """The standard library's decompressor, which Python 3.14 has."""
    try:
        # Unknown to the type checker before Python 3.14, and known to it from then on.
        from compression import zstd  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        return None
    return cast(Callable[[], Any], zstd.ZstdDecompressor)


class _Unpacker:
    """Unpacks a file piece by piece, one packed stream after the other."""

    def __init__(self, packed: Stream, begin: Callable[[], Any]) -> None:
        self._packed, self._begin = packed, begin
        self._decompressor = begin()
        self._waiting = b""
        self._taken = self._made = 0

    def read(self, size: int) -> bytes:
        """Up to so many unpacked bytes; none at the end.

        Raises:
            EOFError: The file ends before a packed stream does.
            BombError: It becomes too large.
            zlib.error, lzma.LZMAError, BadPackingError: It is not packed as it says.
        """
        while True:
            if self._decompressor.eof:
                self._waiting = self._decompressor.unused_data or self._more()
                if not self._waiting.strip(b"\0"):  # some tools fill up the last block
                    return b""
                self._decompressor = self._begin()
            elif not self._waiting and getattr(self._decompressor, "needs_input", True):
                self._waiting = self._more()
                if not self._waiting:
                    raise EOFError("it ends early")
            try:
                piece: bytes = self._decompressor.decompress(self._waiting, size)
            except OSError as error:  # how bzip2 says that it is none
                raise BadPackingError(*error.args) from None
            self._waiting = getattr(self._decompressor, "unconsumed_tail", b"")
            if piece:
                self._made += len(piece)
                if self._made > UNPACKED and self._made > RATIO * self._taken:
                    raise BombError(f"the file becomes more than {RATIO} times as large when it is unpacked")
                return piece

    def _more(self) -> bytes:
        piece = self._packed.read(1 << 16)
        self._taken += len(piece)
        return piece


def utf8(stream: Stream) -> tuple[Stream, str]:
    """The same stream in UTF-8 without a byte order mark, and the encoding that it was in ("" for UTF-8)."""
    head = stream.head
    encoding = next((name for mark, name in _MARKS.items() if head.startswith(mark)), "")
    if encoding == "utf-8-sig":
        stream.read(len(codecs.BOM_UTF8))
        return stream, ""
    if not encoding and head[1:2] == b"\0" and head[:1] in (b"{", b"[", b"<"):
        encoding = "utf-16-le"
    if not encoding:
        return stream, ""
    decoder = codecs.getincrementaldecoder(encoding)("replace")

    def read(size: int) -> bytes:
        while piece := stream.read(size):
            if text := decoder.decode(piece):
                return text.encode("utf-8", "surrogatepass")
        return decoder.decode(b"", True).encode("utf-8", "surrogatepass")

    plain = Stream(read, stream.name)
    return plain, encoding.removesuffix("-le").upper()


#: Bytes of one line; a longer one is passed over.
LINE = 8 * 1024 * 1024
_PIECE = 1 << 18


def lines(stream: Stream) -> Iterator[bytes | None]:
    """The lines of a stream without their ends; None for one that is longer than `LINE`."""
    rest, passing = b"", False
    while piece := stream.read(_PIECE):
        *whole, rest = (rest + piece).split(b"\n")
        for line in whole:
            yield None if passing or len(line) > LINE else line.removesuffix(b"\r")
            passing = False
        if len(rest) > LINE:
            rest, passing = b"", True
    if rest or passing:
        yield None if passing else rest.removesuffix(b"\r")
