"""A zip with one HAR in it, and the bodies that the HAR names beside it (Playwright's `attach`).

A name leads nowhere but to a file in the same zip. Nothing is unpacked to disk.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import IO

from leadproof.bodies import MAX_BODY
from leadproof.captures.remote import CapturePath
from leadproof.captures.streams import RATIO, UNPACKED, Stream

#: What a zip raises that is damaged, locked, or packed in a way that Python does not know (`NotImplementedError`).
BROKEN_ZIP = (
    zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, ValueError, OverflowError,
)  # fmt: skip


@contextmanager
def zipped(path: CapturePath | BytesIO, name: str) -> Iterator[tuple[Stream, Callable[[str], bytes | None]] | None]:
    """The HAR in a zip, and the files beside it there; None where the file is no zip with exactly one HAR.

    Args:
        path: Where the zip is, or the zip itself.
        name: What it is called.

    Raises:
        OSError: It cannot be opened.
    """
    with ExitStack() as stack:
        try:
            archive = _archive(path, stack)
            hars = [one for one in archive.infolist() if one.filename.lower().endswith(".har")] if archive else []
        except BROKEN_ZIP:
            hars = []
        if archive is None or len(hars) != 1:
            yield None
            return
        yield _har_in(archive, hars[0], name, stack), partial(_member, archive, hars[0].filename)


def _archive(path: CapturePath | BytesIO, stack: ExitStack) -> zipfile.ZipFile | None:
    if isinstance(path, Path | BytesIO):
        return stack.enter_context(zipfile.ZipFile(path)) if zipfile.is_zipfile(path) else None
    return stack.enter_context(zipfile.ZipFile(stack.enter_context(path.open())))


def _har_in(archive: zipfile.ZipFile, har: zipfile.ZipInfo, name: str, stack: ExitStack) -> Stream:
    what, hint = "", "unpack it, and name the folder"
    try:
        if har.file_size <= max(UNPACKED, RATIO * har.compress_size):
            return Stream(_careful(stack.enter_context(archive.open(har))), name)
        what = f"becomes more than {RATIO} times as large when it is unpacked"
    except BROKEN_ZIP as error:
        what = f"cannot be unpacked: {error}"
    stream = Stream(lambda _: b"", name)
    stream.broken = f"the HAR in it {what}", hint
    return stream


def _member(archive: zipfile.ZipFile, har: str, name: str) -> bytes | None:
    """A file that stands beside a HAR in a zip."""
    try:
        member = archive.getinfo(har[: har.rindex("/") + 1] + name if "/" in har else name)
        return archive.read(member) if _is_plain(name) and member.file_size <= MAX_BODY else None
    except (KeyError, *BROKEN_ZIP):
        return None


def _careful(file: IO[bytes]) -> Callable[[int], bytes]:
    """Reads a member; what is wrong with its packing ends it, as that of any packed file."""

    def read(size: int) -> bytes:
        try:
            return file.read(size)
        except BROKEN_ZIP as error:
            raise EOFError(str(error)) from None

    return read


def _is_plain(name: str) -> bool:
    return bool(name) and Path(name).name == name and "\\" not in name and name not in (".", "..")
