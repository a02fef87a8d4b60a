"""Bytes that somebody handed over instead of naming a file: read as a file that stands alone, in memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

from leadproof.captures.attached import END_OF_ZIP, Attached
from leadproof.captures.model import FilePart
from leadproof.captures.streams import Stream, unpacked

#: What is called so has no name of its own: its format is told by its content alone.
UNNAMED = "pasted"


def pasted(data: bytes, name: str = "") -> FilePart:
    """Bytes as a part of a file, to be read and judged as one.

    Args:
        data: As they are, packed or not.
        name: Of the file that they were in; its ending may tell the format, and no such file is looked for.
    """
    plain = Path(name.replace("\\", "/")).name.replace("\0", "")[:200] or UNNAMED
    return FilePart(Path(plain), data=data, name=plain, pasted=True)


@contextmanager
def opened(part: FilePart) -> Iterator[tuple[Stream, Attached]]:
    """What was pasted, unpacked where it is packed. A capture in it finds no files but those packed with it."""
    data = part.data or b""
    if END_OF_ZIP in data:
        from leadproof.captures import zips  # what reads them takes longer than most files

        with zips.zipped(BytesIO(data), part.name) as archive:
            if archive is not None:
                yield archive
                return
    yield unpacked(BytesIO(data).read, part.name), lambda name: None
