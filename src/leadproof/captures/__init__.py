"""Captured exchanges from files: one reader a format, lenient, streaming, naming what deviates.

A reader yields an `Exchange` for what it can read and a `FileProblem` for what it cannot, so that the good entries of a
broken file are still judged. `files` says which files are meant, `parts` where large ones are cut, `streams` and
`archive` unpack them, `values` reads what recorders write in many ways, `trees` and `documents` what keeps exchanges in
a list of a JSON or YAML document, `shapes` and `strangers` tell bodies from what is none. `validating`, `judging`,
`workers` and `selecting` judge what was read; every other module is one format.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from functools import partial
from io import BytesIO
from pathlib import Path

from leadproof.captures.archive import Archive
from leadproof.captures.attached import Attached, beside, zipped
from leadproof.captures.body import read_body
from leadproof.captures.burp import read_burp
from leadproof.captures.files import files, format_of, format_of_file, recording
from leadproof.captures.flow import read_flow
from leadproof.captures.har import read_har
from leadproof.captures.log import read_log
from leadproof.captures.mapping import PARTS, Mapping
from leadproof.captures.mapping import load as load_mapping
from leadproof.captures.model import CaptureSource, FilePart, FileProblem, MisfitError, PartReader, Reader
from leadproof.captures.ndjson import read_ndjson
from leadproof.captures.newman import read_newman
from leadproof.captures.parts import parts
from leadproof.captures.problems import Problems
from leadproof.captures.raw import read_raw, session
from leadproof.captures.streams import STANDARD_INPUT, Stream, opened, opened_at, unpacked
from leadproof.captures.stubs import read_hoverfly, read_wiremock
from leadproof.captures.suggesting import suggest
from leadproof.captures.tshark import read_tshark
from leadproof.captures.vcr import read_vcr
from leadproof.core.errors import InputError
from leadproof.core.exchange import Exchange

__all__ = [
    "PARTS",
    "READERS",
    "STANDARD_INPUT",
    "CaptureSource",
    "FilePart",
    "FileProblem",
    "Mapping",
    "MisfitError",
    "Problems",
    "Reader",
    "Stream",
    "files",
    "format_of_file",
    "load_mapping",
    "parts",
    "read",
    "read_part",
    "recording",
    "suggest",
]  # fmt: skip


def read_archive(stream: Stream, source: CaptureSource) -> Iterator[Exchange | FileProblem]:
    """The exchanges of what is in a zip archive; an archive within it is not opened."""
    archive = Archive(stream)
    if archive.broken[0]:
        yield FileProblem("file.unreadable", *archive.broken)
        return
    for member in archive.members():
        name = f"{source.name}/{member.name}"
        inner = replace(source, name=name, attached=partial(archive.attached, member.name))
        for one in _read_member(member.read, member.response, inner):
            yield replace(one, message=f"{member.name}: {one.message}") if isinstance(one, FileProblem) else one


def _read_member(
    read: Callable[[int], bytes], response: Callable[[int], bytes] | None, source: CaptureSource
) -> Iterator[Exchange | FileProblem]:
    if response is not None:
        yield from session(read, response, source, source.name)
        return
    stream = unpacked(read, source.name)
    kind = format_of(stream, mapped=source.mapping is not None)
    if kind == "zip":
        yield FileProblem("file.unreadable", "is an archive within an archive", "unpack it, and name the folder")
    elif stream.head or not stream.broken[0]:
        yield from READERS[kind](stream, source)
    if stream.broken[0]:
        yield FileProblem("file.unreadable", *stream.broken)


#: Readers of the formats that `parts` cuts.
PART_READERS: dict[str, PartReader] = {"har": read_har, "ndjson": read_ndjson, "flow": read_flow}

#: Format -> reader. `report["files"][…]["format"]` says which was used.
READERS: dict[str, Reader] = {
    **PART_READERS,
    "http": read_raw,
    "vcr": read_vcr,
    "newman": read_newman,
    "wiremock": read_wiremock,
    "hoverfly": read_hoverfly,
    "burp": read_burp,
    "tshark": read_tshark,
    "zip": read_archive,
    "log": read_log,
    "body": read_body,
}


def read(path: Path, operation: str | None = None, mapping: Mapping | None = None) -> Iterator[Exchange | FileProblem]:
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
) -> Generator[Exchange | FileProblem, None, int]:
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
                if kind in PART_READERS:
                    number = yield from PART_READERS[kind](stream, source)
                else:
                    yield from READERS[kind](stream, source)
            if stream.broken[0]:
                yield FileProblem("file.unreadable", *stream.broken)
    except OSError as error:
        what = "opened" if opening else "read"
        raise InputError(f"{path}: cannot be {what}: {error.strerror}", hint="check that you may read it") from None
    return number


@contextmanager
def _opened(part: FilePart, taken: Callable[[int], None]) -> Iterator[tuple[Stream, Attached]]:
    if part.data is not None:
        yield Stream(BytesIO(part.data).read, part.name), beside(part.path)
    elif part.format:
        with opened_at(part.path, part.start, part.end, taken) as stream:
            yield stream, beside(part.path)
    else:
        with zipped(part.path) as archive, nullcontext(archive[0]) if archive else opened(part.path, taken) as stream:
            yield stream, archive[1] if archive else beside(part.path)
