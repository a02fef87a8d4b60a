"""Files of JSON lines that grow for days: `Series` appends, `parts` and `lines` read them back.

A full file `x.ndjson` becomes `x-0001.ndjson.gz` (RFC 1952), and the next one begins. What was written stays readable
whenever the process dies: at most its last line, and what it had not flushed, is lost.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from leadproof.core import lazy
from leadproof.core.errors import InputError, reading_hint
from leadproof.runs.evidence.files import Lines, failed, write

#: Bytes of a file before it is compressed and the next one begins: a fifth of a second for whoever waits meanwhile.
ROTATE = 16 * 1024 * 1024

#: Bytes that are compressed at once.
_PIECE = 256 * 1024

#: Of zlib: a gzip header, which says nothing of the time.
_GZIP = 31

_NAME = lazy.pattern(r"(?:-(\d{4,}))?\.ndjson(?:\.gz)?")


class Series:
    """Appends lines to a run directory.

    Args:
        folder: The run directory.
        stem: The name of its files up to the first number or dot.
        rotate: Bytes of a file.
    """

    def __init__(self, folder: Path, stem: str, rotate: int = ROTATE) -> None:
        self._folder, self._stem, self._rotate = folder, stem, rotate
        self._size = self._full = 0
        self._lines: Lines | None = None

    def open(self) -> None:
        """Make the file if it is not there.

        Raises:
            EvidenceError: The disk does not take it.
        """
        if self._lines is None:
            self._lines = Lines(self._folder / f"{self._stem}.ndjson")

    def append(self, row: Mapping[str, Any]) -> None:
        """Append a row.

        Raises:
            EvidenceError: The disk does not take it.
        """
        self.open()
        assert self._lines is not None
        self._size += self._lines.append(row)
        if self._size >= self._rotate:
            self._next_file()

    def close(self) -> None:
        """Nothing more comes."""
        if self._lines is not None:
            self._lines.close()

    def _next_file(self) -> None:
        self.close()
        self._full += 1
        path, full = self._folder / f"{self._stem}.ndjson", self._folder / f"{self._stem}-{self._full:04}.ndjson"
        try:
            path.rename(full)  # so that no line stands in two files that are read, whenever the process dies
            write(full.with_name(full.name + ".gz"), _packed(full))
            full.unlink()
        except OSError as error:
            raise failed(full, error) from error
        self._lines, self._size = None, 0
        self.open()


def _packed(path: Path) -> Iterator[bytes]:
    packing = zlib.compressobj(6, wbits=_GZIP)
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            yield packing.compress(piece)
    yield packing.flush()


def parts(folder: Path, stem: str) -> list[Path]:
    """The files of a series in the order written."""
    files: dict[int, Path] = {}
    for path in sorted(folder.glob(f"{stem}*")):
        if name := _NAME.fullmatch(path.name.removeprefix(stem)):
            number = int(name[1] or 10**9)  # the one that is being written is the last
            if number not in files or path.suffix == ".gz":
                files[number] = path
    return [files[number] for number in sorted(files)]


def is_full(path: Path) -> bool:
    """Is it the name of a file that was full and compressed?"""
    stem, mark, rest = path.name.partition("-")
    return bool(stem and mark and path.suffix == ".gz" and _NAME.fullmatch(f"-{rest}"))


def lines(path: Path) -> Iterator[dict[str, Any]]:
    """The rows of a file of lines; a last one that is not whole is what a killed run leaves, and is left out.

    Raises:
        InputError: The file cannot be read, or another line than the last is broken.
    """
    broken = 0
    try:
        with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if broken:
                    raise InputError(
                        f"{path}, line {broken}: no JSON", hint="only the last line of a killed run may be"
                    )
                try:
                    row = json.loads(line)
                except (ValueError, RecursionError):
                    if not line.endswith(b"\n"):
                        return  # what is written at this moment may grow while it is read
                    broken = number
                    continue
                if not isinstance(row, dict):
                    raise InputError(f"{path}, line {number}: no JSON object", hint="was the file changed?")
                yield row
    except FileNotFoundError:
        return
    except (OSError, EOFError, zlib.error) as error:
        words = getattr(error, "strerror", None) or error
        raise InputError(f"{path}: {words}", hint=reading_hint(error)) from None


def all_lines(folder: Path, stem: str) -> Iterator[dict[str, Any]]:
    """The rows of a series. Raises what `lines` raises."""
    for path in parts(folder, stem):
        yield from lines(path)
