"""The nouns of reading: `FileProblem` for what could not be read, `CaptureSource` for what a reader has to know, and
`FilePart` for a piece of a file that is read by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from leadproof.captures.remote import CapturePath
from leadproof.core.exchange import Exchange

if TYPE_CHECKING:
    from leadproof.captures.mapping import Mapping
    from leadproof.captures.streams import Stream


@dataclass(frozen=True, slots=True)
class FileProblem:
    """What could not be read of a file. `kind` is a `file.*` key of `findings.KINDS`."""

    kind: str
    message: str
    hint: str = ""
    #: Number of the entry that it is about, the first number in the message; 0 if it is about none.
    at: int = field(default=0, compare=False)
    #: Problems with the same text here are said once a file; "" for what is said every time.
    once: str = field(default="", compare=False)

    def moved(self, entries: int) -> FileProblem:
        """The same problem, of a part before which the file has so many entries."""
        if not (entries and self.at):
            return self
        number = self.at + entries
        return replace(self, message=self.message.replace(str(self.at), str(number), 1), at=number)


@dataclass(frozen=True, slots=True)
class Preface:
    """What a file says before its entries, for those who begin to read behind that."""

    #: What wrote the file.
    creator: str = ""
    #: Members that its entries begin with, as regular expressions.
    beginnings: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class FilePart:
    """Entries of a file that follow each other: plain data, which can be sent anywhere where the file is."""

    path: CapturePath
    #: The format, a key of `READERS`; "" where nobody has looked: then it is the whole file.
    format: str = ""
    #: Bytes of the unpacked file before it, and up to its end; None for the end of the file.
    start: int = 0
    end: int | None = None
    #: None where the part begins with the file.
    preface: Preface | None = None
    #: Its bytes, where the file is packed; None where they are to be read from the file.
    data: bytes | None = field(default=None, repr=False)
    #: Bytes of the file, packed as it is, that are done with this part; 0 where that is told while it is read.
    weight: int = 0
    #: Name of the file for origins.
    name: str = ""
    #: Is `data` the whole file, packed as it may be, and is there no folder that it stands in?
    pasted: bool = False

    def rest(self) -> FilePart:
        """All of the file from its start on."""
        return FilePart(self.path, self.format, self.start, None, self.preface, name=self.name)


class MisfitError(Exception):
    """A part does not end between two entries: it has to be read together with what follows (`FilePart.rest`)."""


@dataclass(frozen=True, slots=True)
class CaptureSource:
    """Where exchanges come from, and what the user said about them."""

    #: The file's name, for origins such as `capture.har#3`.
    name: str
    #: What its exchanges are, where the sender's word is known.
    operation: str | None = None
    #: Which member of a log's line is what.
    mapping: Mapping | None = None
    #: The content of a file that a capture names beside itself; None if there is none.
    attached: Callable[[str], bytes | None] = lambda name: None
    #: Of a part that does not begin with its file; None of all others.
    preface: Preface | None = None
    #: Does the file go on behind the stream?
    goes_on: bool = False


#: A stream from its beginning in, exchanges and problems out, one at a time and in order.
Reader = Callable[["Stream", CaptureSource], Iterator[Exchange | FileProblem]]

#: The same of a format that is cut into parts: returns how many entries it has numbered, and raises `MisfitError`.
PartReader = Callable[["Stream", CaptureSource], Generator[Exchange | FileProblem, None, int]]
