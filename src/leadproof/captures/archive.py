"""Zip archives: Fiddler's sessions (`.saz`), and captures that were packed together.

They are read under caps, in memory; nothing is unpacked to the disk, so that no name in them matters.

A session of Fiddler is a pair of files, `raw/N_c.txt` and `raw/N_s.txt`, each a message as it went over the wire.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from io import BytesIO
from typing import NamedTuple

from leadproof.bodies import MAX_BODY
from leadproof.captures.files import format_of
from leadproof.captures.model import CaptureSource, FileProblem
from leadproof.captures.raw import session
from leadproof.captures.readers import READERS
from leadproof.captures.streams import RATIO, SESSION, UNPACKED, BadPackingError, BombError, Stream, unpacked
from leadproof.captures.zips import BROKEN_ZIP
from leadproof.core.exchange import Exchange

#: Bytes of an archive, and files in it.
ARCHIVE, MEMBERS = 32 * 1024 * 1024, 20_000

_DOS = "unpack it, and name the folder"


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


class Member(NamedTuple):
    """A file of an archive; of a session of Fiddler both sides."""

    name: str
    read: Callable[[int], bytes]
    #: What reads the response of a session.
    response: Callable[[int], bytes] | None = None


class Archive:
    """A zip archive in memory.

    Args:
        stream: Its bytes.
    """

    def __init__(self, stream: Stream) -> None:
        data = b""
        while len(data) <= ARCHIVE and (piece := stream.read(1 << 20)):
            data += piece
        #: Why it cannot be read, and a hint; "" if it can.
        self.broken = ("", "")
        self._infos: dict[str, zipfile.ZipInfo] = {}
        self._size = len(data)
        self._made = 0
        if len(data) > ARCHIVE:
            self.broken = f"the archive has more than {ARCHIVE // 1024 // 1024} MB", _DOS
            return
        try:
            self._zip = zipfile.ZipFile(BytesIO(data))
            infos = [info for info in self._zip.infolist() if not info.is_dir()]
        except BROKEN_ZIP as error:
            self.broken = f"the archive is damaged: {error}", "fetch it again"
            return
        if len(infos) > MEMBERS:
            self.broken = f"the archive has more than {MEMBERS} files", _DOS
        elif any(info.flag_bits & 1 for info in infos):
            self.broken = "the archive is locked with a password", "save it without one"
        else:
            self._infos = {info.filename: info for info in infos}
            if not infos:
                self.broken = "the archive is empty", "was anything saved in it?"

    def members(self) -> Iterator[Member]:
        """What is to be read of it: the sessions, or else each file. Files that others name are no captures."""
        names = sorted(self._infos, key=_by_number)
        sessions = {(found[1], found[2]): name for name in names if (found := SESSION.fullmatch(name))}
        if any(side == "c" for _, side in sessions):
            for (number, side), name in sessions.items():
                if side == "c":
                    other = sessions.get((number, "s"))
                    yield Member(name, self._reader(name), self._reader(other) if other else lambda size: b"")
            return
        hars = [name for name in names if name.lower().endswith(".har")]
        for name in hars or [name for name in names if "__files/" not in name and not _hidden(name)]:
            yield Member(name, self._reader(name))

    def attached(self, member: str, name: str) -> bytes | None:
        """A file that a member names, from its folder or the one above."""
        folder = member.rpartition("/")[0]
        for place in (folder, folder.rpartition("/")[0]):
            if (path := f"{place}/{name}".lstrip("/")) in self._infos:
                try:
                    data = self._reader(path)(MAX_BODY + 1)
                except (BadPackingError, BombError):
                    return None
                return data if len(data) <= MAX_BODY else None
        return None

    def _reader(self, name: str) -> Callable[[int], bytes]:
        file = None

        def read(size: int) -> bytes:
            nonlocal file
            try:
                file = file or self._zip.open(self._infos[name])
                piece = file.read(size)
            except BROKEN_ZIP as error:
                raise BadPackingError(str(error)) from None
            self._made += len(piece)
            if self._made > UNPACKED and self._made > RATIO * self._size:
                raise BombError(f"the archive becomes more than {RATIO} times as large when it is unpacked")
            return piece

        return read


def _by_number(name: str) -> tuple[int, str]:
    found = SESSION.fullmatch(name)
    return (int(found[1][:12]) if found else 0, name)


def _hidden(name: str) -> bool:
    return any(part.startswith((".", "__MACOSX")) for part in name.split("/"))
