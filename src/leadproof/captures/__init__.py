"""Captured exchanges from files: one reader a format, lenient, streaming, naming what deviates.

A reader yields an `Exchange` for what it can read and a `FileProblem` for what it cannot, so that the good entries of a
broken file are still judged. `files` says which files are meant, `parts` where large ones are cut, `streams`, `archive`
and `zips` unpack them, `pasting` reads what is in no file, `readers` is the table of formats, `values` reads what
recorders write in many ways, `trees` and `documents` what keeps exchanges in a list of a JSON or YAML document,
`shapes` and `strangers` tell bodies from what is none. `validating`, `judging`, `workers`, `cluster`, `tasks` and
`selecting` judge what was read; every other module is one format.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from io import BytesIO
from pathlib import Path

from leadproof.captures import pasting
from leadproof.captures.attached import Attached, beside, zipped
from leadproof.captures.files import files, format_of, format_of_file, recording
from leadproof.captures.mapping import PARTS, Mapping
from leadproof.captures.mapping import load as load_mapping
from leadproof.captures.model import CaptureSource, FilePart, FileProblem, MisfitError, Reader
from leadproof.captures.parts import parts
from leadproof.captures.pasting import pasted
from leadproof.captures.problems import Problems
from leadproof.captures.readers import PART_READERS, READERS
from leadproof.captures.remote import SCHEMES, Caps, CapturePath, RemotePath, is_remote, scheme_of, shown
from leadproof.captures.remote.urls import or_service
from leadproof.captures.streams import STANDARD_INPUT, Stream, opened, opened_at
from leadproof.core.errors import InputError, reading_hint
from leadproof.core.exchange import Exchange

__all__ = [
    "PARTS",
    "READERS",
    "SCHEMES",
    "STANDARD_INPUT",
    "Caps",
    "CapturePath",
    "CaptureSource",
    "FilePart",
    "FileProblem",
    "Mapping",
    "MisfitError",
    "Problems",
    "Reader",
    "RemotePath",
    "Stream",
    "files",
    "format_of_file",
    "format_of_part",
    "is_remote",
    "load_mapping",
    "parts",
    "pasted",
    "read",
    "read_part",
    "recording",
    "scheme_of",
    "shown",
    "size_of",
]  # fmt: skip


#: What a reader gives, and how many entries it has numbered.
Entries = Generator[Exchange | FileProblem, None, int]


def read(
    path: CapturePath, operation: str | None = None, mapping: Mapping | None = None
) -> Iterator[Exchange | FileProblem]:
    """Every exchange of a file, in order, and what could not be read of it.

    Args:
        path: The file; `-` is standard input.
        operation: What its exchanges are, where the sender's word is known.
        mapping: Which member of a log's line is what.

    Raises:
        InputError: The file cannot be opened.
    """
    return read_part(FilePart(path), operation, mapping)


def read_part(
    part: FilePart,
    operation: str | None = None,
    mapping: Mapping | None = None,
    taken: Callable[[int], None] = lambda size: None,
) -> Entries:
    """Every exchange of a part of a file, in order, what could not be read of it, and how many entries were numbered.

    Arguments and what is yielded can be sent to another process.

    Args:
        part: Of `parts`. Its entries are numbered from 1.
        operation: What its exchanges are, where the sender's word is known.
        mapping: Which member of a log's line is what.
        taken: Called with the bytes of each piece of the file, packed as they are.

    Raises:
        InputError: The file cannot be opened.
        MisfitError: The part has to be read together with what follows.
    """
    path, opening, number = part.path, True, 0
    try:
        with _opened(part, taken) as (stream, attached):
            opening = False
            if stream.head or not stream.broken[0]:
                kind = part.format or format_of(stream, mapped=mapping is not None)
                goes_on = part.end is not None
                source = CaptureSource(stream.name, operation, mapping, attached, part.preface, goes_on)
                found = _entries(kind, stream, source)
                number = yield from found if isinstance(path, Path) else _from_afar(path, found)
            if stream.broken[0]:
                yield FileProblem("file.unreadable", *stream.broken)
    except OSError as error:
        what = "opened" if opening else "read"
        raise InputError(f"{path}: cannot be {what}: {error.strerror}", hint=reading_hint(error)) from None
    return number


def _entries(kind: str, stream: Stream, source: CaptureSource) -> Entries:
    if kind in PART_READERS:
        return (yield from PART_READERS[kind](stream, source))
    yield from READERS[kind](stream, source)
    return 0


def _from_afar(path: RemotePath, entries: Entries) -> Entries:
    """What a reader gives; what is no capture and comes from the web may be a service that was to be tested."""
    while True:
        try:
            entry = next(entries)
        except StopIteration as end:
            return int(end.value)
        if isinstance(entry, FileProblem) and entry.kind == "file.unrecognised" and path.scheme == "https":
            entry = replace(entry, hint=or_service(entry.hint, path.url))
        yield entry


@contextmanager
def _opened(part: FilePart, taken: Callable[[int], None]) -> Iterator[tuple[Stream, Attached]]:
    if part.pasted:
        with pasting.opened(part) as found:
            yield found
    elif part.data is not None:
        yield Stream(BytesIO(part.data).read, part.name), beside(part.path)
    elif part.format:
        with opened_at(part.path, part.start, part.end, taken) as stream:
            yield stream, beside(part.path)
    else:
        with zipped(part.path) as archive, nullcontext(archive[0]) if archive else opened(part.path, taken) as stream:
            yield stream, archive[1] if archive else beside(part.path)


def format_of_part(part: FilePart, *, mapped: bool = False) -> str:
    """The format of a part, a key of `READERS`; where nobody has looked, told by its beginning.

    Raises:
        InputError: The file cannot be opened.
    """
    if part.format:
        return part.format
    if not part.pasted:
        return format_of_file(part.path, mapped=mapped)
    with pasting.opened(part) as (stream, _):
        return format_of(stream, mapped=mapped)


def size_of(path: CapturePath) -> int | None:
    """Bytes of a file, as far as anybody says; of what is no file any more none, which its row says."""
    if isinstance(path, RemotePath):
        return path.size
    try:
        return path.stat().st_size
    except OSError:
        return 0
