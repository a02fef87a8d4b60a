"""Bytes of a capture, one piece at a time: from a file or standard input, unpacked, in UTF-8.

What is wrong with the packing is noted in the stream and ends it, so that a reader gives what came before.
"""

from __future__ import annotations

import bz2
import codecs
import gzip
import lzma
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

#: Standard input as a path.
STANDARD_INPUT = Path("-")

#: Bytes of a stream's beginning by which its format is told.
HEAD = 4096

#: Bytes that a packed file may become: at first, and beyond that for each byte it has. Captures repeat themselves and
#: shrink to a fiftieth; what shrinks to a five-hundredth was made to fill a disk.
UNPACKED, RATIO = 256 * 1024 * 1024, 500

_PACKED: dict[bytes, tuple[str, Callable[..., Any] | None]] = {
    b"\x1f\x8b": ("gzip", gzip.open),
    b"BZh": ("bzip2", bz2.open),
    b"\xfd7zXZ\x00": ("xz", lzma.open),
    b"\x28\xb5\x2f\xfd": ("zstd", None),
    b"PK\x03\x04": ("zip", None),
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
        except _Bomb as error:
            self.broken = str(error), "is it really a capture? unpack it and name what comes out of it"
        except (EOFError, zlib.error, lzma.LZMAError, gzip.BadGzipFile) as error:
            reason = " ".join(str(error).split())[:120]
            self.broken = f"the packed file is broken: {reason}", "what could be unpacked was judged; fetch it again"
        return b""


class _Bomb(Exception):
    """A packed file becomes larger than any capture."""


@contextmanager
def opened(path: Path) -> Iterator[Stream]:
    """The bytes of a file, unpacked where it is packed.

    Raises:
        OSError: It cannot be opened.
    """
    if path == STANDARD_INPUT:
        yield _standard_input()
        return
    with path.open("rb") as file:
        yield _unpacked(file, path.name)


_piped: list[Stream] = []


def _standard_input() -> Stream:
    """Standard input, which can be looked at and read only once, whoever opens it."""
    if not _piped:
        _piped.append(_unpacked(sys.stdin.buffer, "standard input"))
    return _piped[0]


def _unpacked(file: BinaryIO, name: str) -> Stream:
    plain = Stream(file.read, name)
    kind, unpack = next((row for magic, row in _PACKED.items() if plain.head.startswith(magic)), ("", None))
    if not kind:
        return plain
    if kind == "zstd":
        unpack = _zstd()
    if unpack is None:
        stream = Stream(lambda _: b"", name)
        stream.broken = f"the file is packed with {kind}, which is not unpacked here", "unpack it, and name the folder"
        return stream
    packed = _Counted(plain)
    try:
        inner = unpack(cast(BinaryIO, packed))
    except (OSError, EOFError, lzma.LZMAError) as error:
        stream = Stream(lambda _: b"", name)
        stream.broken = f"the packed file is broken: {error}", "fetch it again"
        return stream
    made = 0

    def read(size: int) -> bytes:
        nonlocal made
        piece: bytes = inner.read(size)
        made += len(piece)
        if made > UNPACKED and made > RATIO * packed.taken:
            raise _Bomb(f"the file becomes more than {RATIO} times as large when it is unpacked")
        return piece

    stem = name[: -len(Path(name).suffix)] if name.lower().endswith(SUFFIXES) else name
    return Stream(read, stem)


def _zstd() -> Callable[..., Any] | None:
    """The standard library's reader, which Python 3.14 has."""
    try:
        from compression import zstd  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        return None
    return cast(Callable[..., Any], zstd.open)


class _Counted:
    """A file that knows how much was taken from it."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self.taken = 0

    def read(self, size: int = -1) -> bytes:
        if size < 0:
            size = 1 << 16
        piece = self._stream.read(size)
        self.taken += len(piece)
        return piece

    def seekable(self) -> bool:
        return False

    def readable(self) -> bool:
        return True

    closed = False

    def tell(self) -> int:
        return self.taken


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
            yield None if passing else line.removesuffix(b"\r")
            passing = False
        if len(rest) > LINE:
            rest, passing = b"", True
    if rest or passing:
        yield None if passing else rest.removesuffix(b"\r")
