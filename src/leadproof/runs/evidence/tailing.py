"""`Tail`: the lines of a series while somebody else writes it, each of them once, whenever they are asked for.

The writer compresses what is full and begins a new file (see `series`). Nothing is locked and nothing is written here:
the writer never notices. Links are not followed, and what is no plain file is not opened.
"""

from __future__ import annotations

import gzip
import json
import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, cast

import orjson

from leadproof.core.errors import InputError
from leadproof.runs.evidence.files import open_plain

#: Bytes that are read at once.
_PIECE = 256 * 1024

#: Bytes of a line at most: hundreds of times what is written.
_LINE = 16 * 1024 * 1024


class Tail:
    """Reads a series of a run directory from its beginning, and goes on where it was.

    Args:
        folder: The run directory.
        stem: The name of its files up to the first number or dot.
    """

    def __init__(self, folder: Path, stem: str) -> None:
        self._folder, self._stem = folder, stem
        #: The number that the file at hand has, or will have once it is full.
        self._number = 1
        self._file: IO[bytes] | None = None
        #: Beneath `_file` where that unpacks.
        self._packed: IO[bytes] | None = None
        #: What is there of a line that is not whole.
        self._rest = b""

    def lines(self, most: int) -> Iterator[dict[str, Any]]:
        """The rows that were added since, until about so many bytes were read; fewer where there are no more yet.

        Raises:
            InputError: A file cannot be read, or a line is no JSON object.
        """
        taken = 0
        try:
            while taken < most:
                # Asked before the file is read: what is full by then has all of its lines.
                full = self._packed is not None or self._is_full(self._number)
                if self._file is None and not self._open(full):
                    return
                piece = b"" if self._file is None else self._file.read(_PIECE)
                taken += len(piece)
                if piece:
                    yield from self._whole(piece)
                elif full:
                    self._next()
                else:
                    return
        except InputError:
            self.close()
            raise
        except (OSError, EOFError, zlib.error) as error:
            self.close()
            raise InputError(f"{self._folder}: {getattr(error, 'strerror', None) or error}") from None

    def close(self) -> None:
        """Closes the file at hand."""
        for file in filter(None, (self._file, self._packed)):
            file.close()
        self._file = self._packed = None

    def _whole(self, piece: bytes) -> Iterator[dict[str, Any]]:
        *lines, self._rest = (self._rest + piece).split(b"\n")
        if len(self._rest) > _LINE:
            raise InputError(f"{self._folder}: a line of {self._stem} has no end", hint="was the file changed?")
        for line in lines:
            try:
                row = parsed(line)
            except (ValueError, RecursionError):
                row = None
            if not isinstance(row, dict):
                raise InputError(f"{self._folder}: a line of {self._stem} is no JSON object", hint="was it changed?")
            yield row

    def _is_full(self, number: int) -> bool:
        return any(os.path.lexists(path) for path in self._full(number))

    def _full(self, number: int) -> tuple[Path, Path]:
        """What a full file is called before and after it is compressed."""
        path = self._folder / f"{self._stem}-{number:04}.ndjson"
        return path.with_name(path.name + ".gz"), path

    def _open(self, full: bool) -> bool:
        """Opens the file of the number; False where there is none yet."""
        if not full:
            self._file = _plain(self._folder / f"{self._stem}.ndjson")
            if self._file is None or not self._is_full(self._number):
                return self._file is not None
            self.close()  # it became full meanwhile, so this may be the next one
        for path in self._full(self._number):
            if (file := _plain(path)) is not None:
                self._packed = file if path.suffix == ".gz" else None
                self._file = cast(IO[bytes], gzip.GzipFile(fileobj=file)) if self._packed else file
                return True
        return False

    def _next(self) -> None:
        self.close()
        self._number, self._rest = self._number + 1, b""


def parsed(data: bytes) -> Any:
    """JSON as leadproof writes it.

    Raises:
        ValueError: It is none; RecursionError where it is too deep.
    """
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:  # more than JSON has: an infinity, half a surrogate pair, a number of any length
        return json.loads(data)


def _plain(path: Path) -> IO[bytes] | None:
    """A plain file, opened; None where there is none.

    Raises:
        InputError: It is no plain file.
        OSError: It cannot be opened.
    """
    try:
        return open_plain(path)
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise InputError(str(error)) from None
