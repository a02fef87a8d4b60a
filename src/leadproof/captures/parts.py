"""Where a large file is cut, so that several processes can share it: found without decoding it.

An entry of a HAR begins behind `},` with `{` and one of the members that its first entries begin with; in a text, the
quotation marks of a member would have backslashes. A line of ours ends with its line, and a flow says its length. So
little of a file is looked at. Where it was not cut between two entries after all, whoever reads the part notices
(`MisfitError`), and the rest of the file is read in one piece.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from leadproof.captures.attached import zipped
from leadproof.captures.entries import Entries
from leadproof.captures.files import format_of
from leadproof.captures.flow import FLOW
from leadproof.captures.model import FilePart, Preface
from leadproof.captures.remote import CapturePath, RemotePath
from leadproof.captures.streams import HEAD, SESSION, STANDARD_INPUT, is_packed, opened, unpacked, utf8
from leadproof.core import lazy

#: Bytes of a part, unpacked: some milliseconds of work, and a thousand of them in a gigabyte.
PART = 1 << 20

#: Bytes behind a part's size in which its end is looked for.
_FAR = 16 * 1024 * 1024
_PIECE = 1 << 16

#: Digits of a length, and the colon behind it.
_LENGTH = 13


def parts(path: CapturePath, *, mapped: bool = False, size: int = PART) -> Iterator[FilePart]:
    """The parts of a file, in order; one for all of it where it is small, elsewhere, or of a format that is not cut.

    Only the last one has no `end`. Those of packed files have their bytes with them.

    Args:
        path: The file, or `-`.
        mapped: Was it said how the lines of logs are to be read?
        size: Bytes of a part, unpacked, at least.
    """
    if isinstance(path, RemotePath):  # to look for ends of parts there would fetch much of it twice
        yield FilePart(path)
        return
    try:
        found = _opening(path, mapped, size)
    except OSError:
        found = None  # whoever reads it says so
    if found is None:
        yield FilePart(path)
        return
    kind, preface, name, find = found
    with path.open("rb") as file:
        view = _View(file, path.name)
        start, last, seen = 0, False, 0
        while not last:
            end = find(view, start, start + size)
            last = end is None or (view.size is not None and end >= view.size)
            end = None if last else end
            data = view.bytes(start, end) if view.packed else None
            weight = 0 if end is None and data is None else view.read - seen if view.packed else (end or 0) - start
            seen = view.read
            yield FilePart(path, kind, start, end, preface if start else None, data, weight, name)
            if end is not None:
                view.move(end)
                start = end


class PartsOfFiles:
    """The parts of files, one after the other, for those who share them.

    Args:
        files: The parts of each file.
    """

    def __init__(self, files: Iterable[Iterator[FilePart]]) -> None:
        self._files = enumerate(files)
        self._file = -1
        self._parts: Iterator[FilePart] = iter(())

    def next(self) -> tuple[int, FilePart] | None:
        """The number of a file, and the next part of it; None at the end of all."""
        while (part := next(self._parts, None)) is None:
            following = next(self._files, None)
            if following is None:
                return None
            self._file, self._parts = following
        return self._file, part

    def drop(self, file: int) -> None:
        """Nobody wants more of a file."""
        if file == self._file:
            self._parts = iter(())


Find = Callable[["_View", int, int], "int | None"]


def _opening(path: Path, mapped: bool, size: int) -> tuple[str, Preface, str, Find] | None:
    """Format, preface and name of a file, and what finds ends of its parts; None where it is not cut."""
    if path == STANDARD_INPUT or SESSION.fullmatch(path.name) or not path.is_file():
        return None
    with path.open("rb") as file:
        packed = is_packed(file.read(HEAD))
    if not packed and path.stat().st_size < 2 * size:
        return None
    with zipped(path) as archive, opened(path) as stream:
        kind = format_of(stream, mapped=mapped)
        if archive or stream.broken[0] or kind not in ("har", "ndjson", "flow"):
            return None
        if kind == "flow":
            return kind, Preface(), stream.name, _after_flow
        plain, encoding = utf8(stream)
        if encoding:
            return None
        if kind == "ndjson":
            return kind, Preface(), stream.name, _searched(_LINE)
        entries: Entries[None] = Entries(plain)
        preface = entries.preface()
        if preface is None or not entries.met():
            return None
        beginning = re.compile(_ENTRY % b"|".join(entries.met()))
        return kind, preface, stream.name, _searched(beginning)


_LINE = lazy.pattern(rb"\n")
_ENTRY = rb"\}\s*,\s*(?=\{\s*\"(?:%s)\"\s*:)"


class _View:
    """A look at a file that moves on in it: of a packed one, at all of the part that is looked for.

    Args:
        file: From its beginning.
        name: Its name.
    """

    def __init__(self, file: BinaryIO, name: str) -> None:
        self._file = file
        self.packed = is_packed(file.read(HEAD))
        file.seek(0)
        #: Bytes of the file; None where it is packed.
        self.size = None if self.packed else Path(file.name).stat().st_size
        #: Bytes of the file that were read.
        self.read = 0
        self._stream = unpacked(self._read, name) if self.packed else None
        self._ended = False
        #: What is looked at, and its place.
        self.buffer, self.at = b"", 0

    def _read(self, size: int) -> bytes:
        piece = self._file.read(size)
        self.read += len(piece)
        return piece

    @property
    def end(self) -> int:
        """The place behind what is looked at."""
        return self.at + len(self.buffer)

    def more(self) -> bool:
        """Looks further, as far again as it looks, so that little is copied; False at the end of the file."""
        size = min(max(_PIECE, len(self.buffer)), PART)
        piece = self._stream.read(size) if self._stream is not None else self._read(size)
        self.buffer += piece
        self._ended = not piece
        return not self._ended

    def move(self, place: int) -> None:
        """Looks at what follows from a place on."""
        if place <= self.end:
            self.buffer = self.buffer[place - self.at :]
        elif self._stream is None:
            self._file.seek(place)
            self.buffer = b""
        else:
            raise AssertionError("nothing of a packed file is passed over")
        self.at = place

    def bytes(self, start: int, end: int | None) -> bytes | None:
        """What is between two places; None where not all up to the end of the file is looked at."""
        if end is None and (not self._ended or (self._stream is not None and self._stream.broken[0])):
            return None
        return self.buffer[start - self.at : None if end is None else end - self.at]


def _searched(pattern: re.Pattern[bytes]) -> Find:
    """Finds the end of the first match behind a place."""

    def find(view: _View, start: int, target: int) -> int | None:
        if not view.packed:
            view.move(target)
        tried = target
        while True:
            if view.end > tried and (place := pattern.search(view.buffer, tried - view.at)):
                return view.at + place.end()
            tried = max(target, view.end - _PIECE)
            if view.end - target > _FAR or not view.more():
                return None

    return find


def _after_flow(view: _View, start: int, target: int) -> int | None:
    """The end of the first flow that ends behind a place, from the beginning of a flow on."""
    at = start
    while at < target:
        while view.end < at + _LENGTH and view.more():
            pass
        digits, colon, _ = view.buffer[at - view.at : at - view.at + _LENGTH].partition(b":")
        if not colon or not digits.isdigit() or int(digits) > FLOW:
            return None
        at += len(digits) + 1 + int(digits) + 1
        if not view.packed and at > view.end:
            view.move(at)
        while view.end < at and view.more():
            pass
    return at
