"""A remote file or folder: as much of a path as reading captures needs, and its bytes under caps.

Bytes come in pieces, small ones first and larger ones as a file goes on, so that a look at a head costs little and a
large file few requests. Nothing is copied to the disk; in memory is one piece at a time.
"""

from __future__ import annotations

import io
import re
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import IO, Any, TypeAlias
from urllib.parse import unquote

from leadproof.captures.remote.calls import Calls, Caps
from leadproof.captures.remote.library import UNPACKED, file_system, load, require
from leadproof.captures.remote.urls import SCHEMES, or_service, scheme_of, service, shown
from leadproof.core.errors import InputError
from leadproof.core.text import count

#: Bytes of the first piece and of the largest.
_FIRST, _LARGEST = 1 << 16, 4 << 20

_MAGIC = re.compile(r"[*?\[]")


@dataclass(frozen=True, slots=True)
class RemotePath:
    """A file or folder by its URL. Its text is the URL as it may be shown; it can be sent to another process."""

    #: What leads to its library: the URL that was named. It may prove who asks, so it is never shown.
    url: str = field(repr=False)
    #: Its path, as the library writes it.
    path: str = field(repr=False)
    caps: Caps = field(default=Caps(), compare=False)
    #: Bytes, where it is known to be a file; None where nobody has looked, or the server does not say.
    size: int | None = field(default=None, compare=False)
    #: Has somebody looked, and was it a file?
    known: bool = field(default=False, compare=False)
    #: What names this version of an https file, for as long as it stays the same.
    version: str = field(default="", compare=False, repr=False)
    #: Are its bytes given from any place on?
    ranges: bool = field(default=True, compare=False, repr=False)

    @classmethod
    def of(cls, url: str, caps: Caps) -> RemotePath:
        """The place of a URL; nobody has looked there yet.

        Raises:
            MissingExtraError: Its library is not installed.
            UsageError: It is no possible URL.
        """
        require(url)
        return cls(url, url, caps)

    # ---- what it is called -------------------------------------------------------------------------------------------

    @property
    def scheme(self) -> str:
        """A key of `SCHEMES`."""
        return scheme_of(self.url)

    def __str__(self) -> str:
        if "://" in self.path:
            return shown(self.path)
        if SCHEMES[self.scheme].bucket:
            return f"{self.scheme}://{self.path}"
        return f"{service(self.url)}/{self.path.lstrip('/')}"

    @property
    def name(self) -> str:
        """The last part of its path."""
        path = self.path if self.scheme != "https" else unquote(str(self).partition("?")[0])
        return path.rstrip("/").rpartition("/")[2] or str(self)

    @property
    def suffix(self) -> str:
        """The ending of its name, with its dot."""
        return PurePosixPath(self.name).suffix

    @property
    def parent(self) -> RemotePath:
        """The folder that it is in."""
        return self._at(self.path.rstrip("/").rpartition("/")[0])

    def with_name(self, name: str) -> RemotePath:
        """Another file of the same folder."""
        return self._at(f"{self.path.rstrip('/').rpartition('/')[0]}/{name}")

    def with_suffix(self, suffix: str) -> RemotePath:
        """The same with another ending."""
        return self._at(f"{self.path.removesuffix(self.suffix)}{suffix}")

    def beside(self, name: str) -> Iterator[RemotePath]:
        """Where a file may be that this one names: in its folder, and in the one above. None of what is on the web."""
        if SCHEMES[self.scheme].folders and not any(part in ("", ".", "..") for part in name.split("/")):
            yield self.with_name(name)
            if self.parent.path.count("/") > (0 if SCHEMES[self.scheme].bucket else 1):
                yield self.parent.with_name(name)

    def relative_to(self, folder: RemotePath) -> PurePosixPath:
        """Its path from a folder that it is in, or from the one in which a pattern begins."""
        root = folder.path
        if not self.path.startswith(root):
            root = _MAGIC.split(root)[0].rpartition("/")[0]
        return PurePosixPath(self.path.removeprefix(root).lstrip("/"))

    def _at(self, path: str) -> RemotePath:
        return replace(self, path=path, size=None, known=False)

    def resolve(self) -> RemotePath:
        """The same place with its path as its library writes it.

        Raises:
            InputError: The library cannot be reached.
        """
        load(self.url)
        calls = Calls(str(self), self.scheme, self.caps.seconds)
        try:
            return self._at(calls(file_system, self.url)[1])
        finally:
            calls.end()

    # ---- what is there -----------------------------------------------------------------------------------------------

    def found(self) -> list[RemotePath]:
        """The file itself, the files of the folder, or those that fit the pattern; sorted, and none if there are none.

        Raises:
            InputError: There is no such thing, or it cannot be told.
        """
        row = SCHEMES[self.scheme]
        load(self.url)
        calls = Calls(str(self), self.scheme, self.caps.seconds)
        try:
            library, path = calls(file_system, self.url)
            try:
                info = calls(library.info, path)
            except InputError as error:
                if not row.folders:
                    raise InputError(error.message, hint=or_service(error.hint, self.url)) from None
                if not _MAGIC.search(path) or calls.over:
                    raise
                hits = calls(library.glob, path, detail=True)
                if not hits:
                    raise InputError(f"{self}: no file has such a name", hint="check the pattern") from None
                return self._files(calls, library, hits)
            if info.get("type") != "directory" and not (row.folders and self.url.endswith("/")):
                return [self._at(path)._known(info)]
            return self._files(calls, library, {path: {"type": "directory"}})
        finally:
            calls.end()

    def _files(self, calls: Calls, library: Any, hits: dict[str, dict[str, Any]]) -> list[RemotePath]:
        """The files of what was found, those of its folders included; hidden ones are left out."""
        files = {}
        for path, info in hits.items():
            if info.get("type") != "directory":
                files[path] = info
                continue
            inside = calls(library.find, path, detail=True)
            root = path.rstrip("/") + "/"
            files |= {one: row for one, row in inside.items() if not _hidden(one.removeprefix(root))}
        # Some stores keep an empty object to stand for a folder.
        return [self._at(path)._known(info) for path, info in sorted(files.items()) if not path.endswith("/")]

    def _known(self, info: dict[str, Any]) -> RemotePath:
        tag = str(info.get("ETag") or "") if self.scheme == "https" else ""
        version = "" if tag.startswith("W/") else tag
        size = info.get("size")
        ranges = bool(info.get("partial", True))
        return replace(
            self, size=int(size) if size is not None else None, known=True, version=version, ranges=ranges
        )  # fmt: skip

    def is_file(self) -> bool:
        """Has somebody looked, and was it a file?"""
        return self.known

    # ---- what is in it -----------------------------------------------------------------------------------------------

    def open(self, mode: str = "rb") -> IO[bytes]:
        """Its bytes.

        Args:
            mode: `rb`: nothing is written there.

        Raises:
            InputError: It cannot be opened, or is larger than it may be. Reading raises the same.
        """
        assert mode == "rb"
        if self.size is not None and self.size > self.caps.size:
            raise _too_large(self)
        return io.BufferedReader(_Raw(self), _LARGEST)

    def read_capped(self, most: int) -> bytes | None:
        """The whole of a small file; None if it is not there, or larger."""
        try:
            with self.open() as file:
                data = file.read(most + 1)
        except InputError:
            return None
        return data if len(data) <= most else None


#: A file or folder, on this machine or elsewhere.
CapturePath: TypeAlias = Path | RemotePath


def _hidden(path: str) -> bool:
    return any(part.startswith(".") for part in path.split("/"))


def _too_large(place: RemotePath) -> InputError:
    return InputError(
        f"{place}: is larger than {count(place.caps.size, 'byte')}",
        hint="--fetch-size lets more be read; is it a capture?",
    )


#: The first pieces of the files that were opened last: a format is told by them, and then the file is read.
_heads: OrderedDict[tuple[str, str], bytes] = OrderedDict()
_HEADS = 4


class _Raw(io.RawIOBase):
    """The bytes of a remote file, each read one call of its library, which opens it as late as it can."""

    def __init__(self, place: RemotePath) -> None:
        self._place = place
        self._calls = Calls(str(place), place.scheme, place.caps.seconds)
        self._piece, self._taken = _FIRST, 0
        #: Where the next byte is read, and where the library's file is.
        self._at = self._library_at = 0
        self._file: Any = None

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        place = self._place
        data = _heads.get((place.url, place.path), b"")[: len(buffer)] if self._at == 0 else b""
        if not data:
            file = self._reached(self._at)
            data = self._calls(file.read, min(len(buffer), self._piece))
            self._library_at += len(data)
            if self._at == 0:
                _heads[place.url, place.path] = data
                while len(_heads) > _HEADS:
                    _heads.popitem(last=False)
        self._piece = min(4 * self._piece, _LARGEST)
        self._taken += len(data)
        if self._taken > place.caps.size:
            raise _too_large(place)
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)

    def readall(self) -> bytes:
        buffer = bytearray(_LARGEST)
        return b"".join(bytes(buffer[:size]) for size in iter(lambda: self.readinto(buffer), 0))

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Goes to a place.

        Raises:
            InputError: The end is meant, and nobody knows where it is.
        """
        if whence == io.SEEK_END:
            if self._place.size is None:
                raise InputError(f"{self._place}: the server does not say how large it is", hint="download it")
            offset += self._place.size
        self._at = max(0, offset + (self._at if whence == io.SEEK_CUR else 0))
        return self._at

    def tell(self) -> int:
        return self._at

    def close(self) -> None:
        if not self.closed:
            self._close()
            self._calls.end()
        super().close()

    def _close(self) -> None:
        if self._file is not None and not self._calls.over:
            with suppress(InputError):  # it was read, or why not was said
                self._calls(self._file.close)

    def _reached(self, place: int) -> Any:
        """The library's file, at a place of it; where bytes come only in order, those before are passed."""
        ranges = self._place.scheme != "https" or bool(self._place.size and self._place.ranges)
        if self._file is None or (place < self._library_at and not ranges):
            self._close()
            self._file, self._library_at = self._opened(ranges), 0
        if place != self._library_at and ranges:
            self._library_at = int(self._calls(self._file.seek, place))
        while self._library_at < place and (
            passed := self._calls(self._file.read, min(_LARGEST, place - self._library_at))
        ):
            self._library_at += len(passed)
        return self._file

    def _opened(self, ranges: bool) -> Any:
        place = self._place
        load(place.url)
        library, _ = self._calls(file_system, place.url)
        options: dict[str, Any] = {} if place.scheme == "sftp" else {"cache_type": "none"}
        if place.scheme == "https" and ranges:
            options |= {
                "size": place.size,
                "headers": UNPACKED | ({"If-Match": place.version} if place.version else {}),
            }
        elif place.scheme == "https":
            options["block_size"] = 0  # one response, in pieces
        return self._calls(library.open, place.path, "rb", **options)
