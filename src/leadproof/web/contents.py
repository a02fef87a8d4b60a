"""What a page reads of one run directory: its report, or what its rows come to so far, and its files.

A directory may have been put there by anybody: no link is followed, only plain files are opened, and what is not as
leadproof writes it is an error with a name.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any, BinaryIO

import jinja2

from leadproof.core.errors import InputError, LeadproofError
from leadproof.load import rebuilding
from leadproof.runs.evidence.files import EXCHANGES, REPORT, RUN, open_plain
from leadproof.runs.evidence.reading import is_unfinished, rebuild
from leadproof.runs.evidence.shape import checked
from leadproof.runs.evidence.tailing import parsed
from leadproof.web.runs import FINISHED, ListedRun, plain_file

#: Bytes of the files of lines of a run without a report, up to which its rows are read for a page.
MOST_REBUILT = 24 * 1024 * 1024

#: Files of a directory that are listed.
MOST_FILES = 500

#: What the rows of a run are read from.
_READ = ("rows", EXCHANGES, "findings")

#: What Python and Jinja raise of a value that is not what a report has in its place.
_ODD = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, RecursionError, jinja2.TemplateError)


@dataclass(frozen=True, slots=True)
class RunFile:
    """A file of a run directory."""

    #: Stands for it in addresses, so that no name comes from outside.
    key: str
    name: str
    size: int
    #: Can it be had? Only plain files can.
    plain: bool


@contextmanager
def naming_odd_values(run: ListedRun) -> Iterator[None]:
    """Inside, a value that is not what a report has in its place ends in a message."""
    try:
        yield
    except LeadproofError:
        raise
    except _ODD as error:
        raise InputError(
            f"{run.path}: something in it is not what leadproof writes ({type(error).__name__})",
            hint="was a file changed? leadproof verify tells",
        ) from None


def report_of(run: ListedRun) -> dict[str, Any]:
    """The report of a finished run, as its directory has it.

    Raises:
        InputError: It cannot be read, or is none.
    """
    try:
        report = parsed(plain_file(Path(run.path) / REPORT))
    except (OSError, ValueError, RecursionError) as error:
        words = error.strerror if isinstance(error, OSError) else error
        raise InputError(f"{run.path}: {REPORT}: {words}", hint="was it changed? leadproof verify tells") from None
    with naming_odd_values(run):
        return checked(report, REPORT)


def known_of(run: ListedRun) -> dict[str, Any]:
    """The report of a run: its own, or what its rows come to so far, made in memory.

    Raises:
        InputError: Neither can be had.
    """
    if run.state == FINISHED:
        return report_of(run)
    folder = Path(run.path)
    if why := not_rebuilt(folder):
        raise InputError(f"{run.path}: {why}", hint="leadproof report DIRECTORY reads it whole")
    with naming_odd_values(run):
        # As `leadproof report` makes it: what a load measured stands in other rows than what was judged of it.
        made = rebuilding.rebuild(folder) if is_unfinished(folder, "load") else rebuild(folder)
        return checked(made, run.name)


def not_rebuilt(folder: Path) -> str:
    """Why the rows of a directory are not read for a page; "" where they are."""
    try:
        with os.scandir(folder) as entries:
            found = [one for one in entries if one.name == RUN or one.name.startswith(_READ)]
        status = [one.stat(follow_symlinks=False) for one in found]
    except OSError as error:
        return error.strerror or str(error)
    if not all(stat.S_ISREG(one.st_mode) for one in status):
        return "what its rows are read from are no plain files"
    if any(one.name.endswith(".gz") for one in found) or sum(one.st_size for one in status) > MOST_REBUILT:
        return "it has too many rows to be read for a page"
    return ""


def files(run: ListedRun) -> tuple[list[RunFile], int]:
    """The files of a run by name, and how many more there are.

    Raises:
        InputError: The directory cannot be read.
    """
    try:
        with os.scandir(run.path) as entries:
            found = [_file(entry) for entry in entries]
    except OSError as error:
        raise InputError(f"{run.path}: {error.strerror}", hint="was it moved or deleted?") from None
    found.sort(key=lambda file: file.name)
    return found[:MOST_FILES], max(len(found) - MOST_FILES, 0)


def _file(entry: os.DirEntry[str]) -> RunFile:
    try:
        status = entry.stat(follow_symlinks=False)
    except OSError:
        return RunFile(file_key(entry.name), entry.name, 0, False)
    return RunFile(file_key(entry.name), entry.name, status.st_size, stat.S_ISREG(status.st_mode))


def file_key(name: str) -> str:
    """What stands for a file of a run in addresses."""
    return blake2b(os.fsencode(name), digest_size=9).hexdigest()


def open_file(run: ListedRun, key: str) -> tuple[RunFile, BinaryIO] | None:
    """A plain file of a run, opened, by what stands for it in addresses; None where there is none.

    Raises:
        InputError: It cannot be read.
    """
    try:
        with os.scandir(run.path) as entries:
            file = next((_file(entry) for entry in entries if file_key(entry.name) == key), None)
        return (file, open_plain(Path(run.path) / file.name)) if file is not None and file.plain else None
    except (OSError, ValueError) as error:
        raise InputError(f"{run.path}: {error}", hint="was it changed while it was read?") from None
