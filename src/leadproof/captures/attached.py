"""Bodies in files of their own: beside the HAR that names them. (`zips` has those that are with it in one zip.)

A name leads nowhere but to a file in the same folder or the one above.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from functools import partial

from leadproof.bodies import MAX_BODY
from leadproof.captures.remote import CapturePath, RemotePath
from leadproof.captures.streams import Stream
from leadproof.core import lazy
from leadproof.core.errors import InputError

#: The content of a file by its name; None if there is none that may be read.
Attached = Callable[[str], bytes | None]

_NAMED = lazy.pattern(rb"\"(?:_file|_sha1)\"\s*:\s*\"([^\"\\/]{1,255})\"")
_CHUNK, _LONGEST = 1 << 20, 300


def beside(capture: CapturePath) -> Attached:
    """The files that a capture may name, by their path from its folder or from the one above (WireMock).

    Whoever wrote the capture chose the names: nothing outside of these folders is read.
    """
    if isinstance(capture, RemotePath):
        return partial(_elsewhere, capture)

    def read(name: str) -> bytes | None:
        if "\\" in name or ":" in name:
            return None
        for folder in capture.resolve().parents[:2]:
            try:
                place = (folder / name).resolve()
                if place.is_relative_to(folder) and place.is_file() and place.stat().st_size <= MAX_BODY:
                    return place.read_bytes()
            except (OSError, ValueError):
                continue
        return None

    return read


def _elsewhere(capture: RemotePath, name: str) -> bytes | None:
    if "\\" in name or ":" in name:
        return None
    return next((data for place in capture.beside(name) if (data := place.read_capped(MAX_BODY)) is not None), None)


def names(har: CapturePath) -> Iterator[str]:
    """The files that a HAR names: they are no captures of their own."""
    try:
        with har.open("rb") as file:
            ahead = b""
            while piece := file.read(_CHUNK):
                ahead += piece
                yield from (found[1].decode("utf-8", "replace") for found in _NAMED.finditer(ahead))
                ahead = ahead[-_LONGEST:]
    except (OSError, InputError):
        return


#: What ends a zip, and how many bytes from the end of a file it begins at most (PKWARE APPNOTE, 4.3.16).
END_OF_ZIP, _LAST = b"PK\x05\x06", 22 + 65_535


def zipped(path: CapturePath) -> AbstractContextManager[tuple[Stream, Attached] | None]:
    """The HAR in a zip, and the files beside it there; None where the file is no zip with exactly one HAR.

    Raises:
        OSError: It cannot be opened.
    """
    if not _is_zip(path):
        return nullcontext()
    from leadproof.captures import zips  # what reads them takes longer than most files

    return zips.zipped(path, path.name)


def _is_zip(path: CapturePath) -> bool:
    """Elsewhere only the beginning of a file says so: to look at its end costs a request."""
    if isinstance(path, RemotePath):
        with path.open() as file:
            return file.read(4) == b"PK\x03\x04"
    try:
        with path.open("rb") as file:
            file.seek(max(file.seek(0, os.SEEK_END) - _LAST, 0))
            return END_OF_ZIP in file.read(_LAST)
    except OSError:
        return False
