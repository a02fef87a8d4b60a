"""Captured exchanges from files: one reader a format, lenient, streaming, naming what deviates.

A reader yields an `Exchange` for what it can read and a `FileProblem` for what it cannot, so that the good entries of a
broken file are still judged. Nothing here judges. `files` says which files are meant, `streams` unpacks
them, `values` reads what recorders write in many ways, and every other module is one format.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path

from leadproof.captures.attached import beside, zipped
from leadproof.captures.body import read_body
from leadproof.captures.files import files, format_of, format_of_file
from leadproof.captures.flow import read_flow
from leadproof.captures.har import read_har
from leadproof.captures.log import read_log
from leadproof.captures.mapping import PARTS, Mapping
from leadproof.captures.mapping import load as load_mapping
from leadproof.captures.model import CaptureSource, FileProblem, Reader
from leadproof.captures.ndjson import read_ndjson
from leadproof.captures.problems import Problems
from leadproof.captures.raw import read_raw
from leadproof.captures.streams import STANDARD_INPUT, Stream, opened
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
]  # fmt: skip

#: Format -> reader. `report["files"][…]["format"]` says which was used.
READERS: dict[str, Reader] = {
    "har": read_har,
    "ndjson": read_ndjson,
    "flow": read_flow,
    "http": read_raw,
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
