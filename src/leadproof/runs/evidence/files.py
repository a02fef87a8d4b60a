"""Files of a run: whole or not there, or line by line. Every error of the disk ends in a message with a hint."""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from leadproof.core.errors import LeadproofError, UsageError

#: Names of files of lines up to the number or the dot (see `series`).
EXCHANGES = "exchanges"
FINDINGS = "findings"
MANIFEST = "manifest.json"
REPORT = "report.json"
RUN = "run.json"

_UNFINISHED = ".part"


class EvidenceError(LeadproofError):
    """The run directory cannot be written."""


def hashes(folder: Path) -> dict[str, str]:
    """SHA-256 of every file below a folder, by its path in it; a manifest and unfinished files left out."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and name != MANIFEST and not path.name.endswith(_UNFINISHED) and "__pycache__" not in name:
            found[name] = sha256(path)
    return found


def sha256(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal digits.

    Raises:
        OSError: It cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def open_plain(path: Path) -> BinaryIO:
    """A plain file right below a directory, neither of which is a link; nothing is waited for, as at a named pipe.

    Raises:
        ValueError: It is none.
        OSError: It cannot be opened.
    """
    follow_nothing = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
    folder = None
    try:
        if os.open in os.supports_dir_fd:
            folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | follow_nothing)
        name = path if folder is None else path.name
        descriptor = os.open(name, os.O_RDONLY | follow_nothing | getattr(os, "O_NONBLOCK", 0), dir_fd=folder)
    finally:
        if folder is not None:
            os.close(folder)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise ValueError(f"{path.name} is no plain file")
    return os.fdopen(descriptor, "rb")


class Lines:
    """A file of JSON lines, each handed to the system in one piece as soon as it is there."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._file = path.open("ab", buffering=0)
        except OSError as error:
            raise failed(path, error) from error

    def append(self, row: Mapping[str, Any]) -> int:
        """Appends a row; the bytes that it takes."""
        if self._file.closed:
            raise UsageError(f"{self._path.name} is closed", hint="Write what belongs to a run before it is closed.")
        # ASCII, so that no string from outside (half a surrogate pair, a bidi mark) can spoil a line.
        line = json.dumps(row, separators=(",", ":")).encode("ascii") + b"\n"
        left = memoryview(line)
        try:
            while left:
                left = left[self._file.write(left) or 0 :]
        except OSError as error:
            raise failed(self._path, error) from error
        return len(line)

    def close(self) -> None:
        self._file.close()


def write(path: Path, content: bytes | Iterable[bytes]) -> None:
    """A file that is there whole or not at all; in one piece, or piece by piece."""
    unfinished = path.with_name(path.name + _UNFINISHED)
    try:
        with unfinished.open("wb") as file:
            file.writelines([content] if isinstance(content, bytes) else content)
        os.replace(unfinished, path)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise failed(path, error) from error


def document(value: Mapping[str, Any]) -> bytes:
    """A JSON document in ASCII, for people too."""
    return (json.dumps(value, indent=2) + "\n").encode("ascii")


def overwrite(path: Path, data: bytes) -> None:
    """Writes a file where it stands, whole or not at all: a full disk has no room for a new file, but mostly for some
    more bytes in the last block of an old one.
    """
    try:
        with path.open("r+b", buffering=0) as file:
            before = file.read()
            file.seek(0)
            try:
                written = file.write(data)
            except OSError:
                written = 0
            if written < len(data):
                file.seek(0)
                file.write(before)
            file.truncate(len(data if written == len(data) else before))
    except OSError:
        return


def failed(path: Path, error: OSError) -> EvidenceError:
    """What to say when the disk does not take something."""
    return EvidenceError(
        f"{path}: {error.strerror or error}",
        hint="The run is kept in this directory: check its permissions and the space on its disk, or give --out DIR.",
    )
