"""Captured exchanges from files: one reader a format, lenient, streaming, naming what deviates.

A reader yields an `Exchange` for what it can read and a `FileProblem` for what it cannot, so that the good entries of a
broken file are still judged. Nothing here judges. `files` says which files are meant, `streams` and `archive` unpack
them, `values` reads what recorders write in many ways, `trees` and `documents` what keeps exchanges in a list of a JSON
or YAML document, `shapes` and `strangers` tell bodies from what is none, and every other module is one format.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path

from leadproof.captures.archive import Archive
from leadproof.captures.attached import beside, zipped
from leadproof.captures.body import read_body
from leadproof.captures.burp import read_burp
from leadproof.captures.files import files, format_of, format_of_file, recording
from leadproof.captures.flow import read_flow
from leadproof.captures.har import read_har
from leadproof.captures.log import read_log
from leadproof.captures.mapping import PARTS, Mapping
from leadproof.captures.mapping import load as load_mapping
from leadproof.captures.model import CaptureSource, FileProblem, Reader
from leadproof.captures.ndjson import read_ndjson
from leadproof.captures.newman import read_newman
from leadproof.captures.problems import Problems
from leadproof.captures.raw import read_raw, session
from leadproof.captures.streams import STANDARD_INPUT, Stream, opened, unpacked
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
    "FileProblem",
    "Mapping",
    "Problems",
    "Reader",
    "Stream",
    "files",
    "format_of_file",
    "load_mapping",
    "read",
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


#: Format -> reader. `report["files"][…]["format"]` says which was used.
READERS: dict[str, Reader] = {
    "har": read_har,
    "ndjson": read_ndjson,
    "flow": read_flow,
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


def read(
    path: Path,
    operation: str | None = None,
    mapping: Mapping | None = None,
    taken: Callable[[int], None] = lambda size: None,
) -> Iterator[Exchange | FileProblem]:
    """Every exchange of a file, in order, and what could not be read of it.

    Arguments and what is yielded can be sent to another process.

    Args:
        path: The file; `-` is standard input.
        operation: What its exchanges are, where the sender's word is known.
        mapping: Which member of a log's line is what.
        taken: Called with the bytes of each piece of the file, packed as they are.

    Raises:
        InputError: The file cannot be opened.
    """
    opening = True
    try:
        with zipped(path) as archive, nullcontext(archive[0]) if archive else opened(path, taken) as stream:
            opening = False
            if stream.head or not stream.broken[0]:
                reader = READERS[format_of(stream, mapped=mapping is not None)]
                attached = archive[1] if archive else beside(path)
                yield from reader(stream, CaptureSource(stream.name, operation, mapping, attached))
            if stream.broken[0]:
                yield FileProblem("file.unreadable", *stream.broken)
    except OSError as error:
        what = "opened" if opening else "read"
        raise InputError(f"{path}: cannot be {what}: {error.strerror}", hint="check that you may read it") from None
