"""The entries of a HAR, one at a time, as values: where each begins and ends in a stream of any size.

Where the next entry begins as this one does, its end is known at once, and whoever reads the entries gets the bytes to
try. Else the standard library's scanner decodes an entry and says where it ends, in one pass, and takes what exporters
write that is no strict JSON. What it cannot read is passed over to what looks like the beginning of the next entry.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, Generic, NamedTuple, TypeVar

import msgspec

from leadproof.captures.model import MisfitError, Preface
from leadproof.captures.streams import Stream
from leadproof.core import lazy

#: Bytes of one entry. More is a film or a program, no lead; and a HAR made of one endless text fills no memory.
ENTRY = 4 * 1024 * 1024

#: Bytes before the entries: pages come first in some HARs.
_PREFACE = 4 * 1024 * 1024
_CHUNK = 1 << 18

#: Bytes that are tried first for an entry.
_PIECE = 8192

#: Bytes from the beginning of an entry in which its first member begins, however it is indented.
_NEAR = 64

#: Entries of which it is remembered what they begin with; an ordinary HAR has one to five such members.
LEARNT = 40

#: Members that an entry begins with in the HARs of the exporters known to us.
_FIRST = (
    b"startedDateTime", b"_initiator", b"_connectionId", b"_fromCache", b"_priority", b"_resourceType", b"pageref",
    b"connection", b"_id", b"_requestId", b"_monotonicTime", b"request", b"time", b"cache", b"_securityDetails",
    b"serverIPAddress", b"_name", b"_clientAddress", b"comment", b"_frameref", b"_fetchType",
)  # fmt: skip
#: The beginning of an entry, even where what stands before it is broken. In a text, the quotation marks of a key would
#: have backslashes; the value of a member would stand behind a colon.
_NEXT = rb"[^:\[\s]\s*\{\s*\"(?:%s)\"\s*:"
#: What msgspec raises: its own error, a UnicodeDecodeError, and that of its depth limit.
_NO_JSON = (msgspec.DecodeError, ValueError, RecursionError)

_ENTRIES = lazy.pattern(rb"\"entries\"\s*:\s*\[")
_SPACE = lazy.pattern(rb"\s*")
#: What "surrogateescape" makes of bytes that are not UTF-8.
_NOT_UTF8 = lazy.pattern("[\udc80-\udcff]")


T = TypeVar("T")


class Flaw(NamedTuple):
    """Something that is no entry."""

    message: str
    #: What becomes of it:
    #: "lost"    an entry cannot be read, and the next one has to be looked for
    #: "passed"  an entry cannot be read, and the next one follows
    #: "large"   an entry is left out for its size
    #: "form"    the HAR is not as it should be, and nothing is lost
    #: "end"     nothing more can be read
    #: "none"    there are no entries
    what: str = "lost"


_AGAIN = Flaw("another list of entries follows the first", "form")


class Entries(Generic[T]):
    """Reads the entries of one HAR.

    Args:
        stream: The HAR in UTF-8, from its beginning.
        preface: What it says before, where the stream begins with an entry instead.
        goes_on: Does the HAR go on behind the stream, with another entry?
        regular: Makes something of the bytes of an entry, or None if they are none, or not of the regular form. Such
            an entry is decoded.

    Raises:
        MisfitError: It goes on otherwise, or what is wrong at its end cannot be told without what follows.
    """

    def __init__(
        self,
        stream: Stream,
        preface: Preface | None = None,
        *,
        goes_on: bool = False,
        regular: Callable[[bytes], T | None] = lambda raw: None,
    ) -> None:
        self._stream, self._preface, self._goes_on, self._regular = stream, preface, goes_on, regular
        self._buffer = b""
        self._at = 0
        self._ended = False
        #: Bytes that are likely to hold the next entry.
        self._likely = _PIECE
        #: What wrote the HAR, as far as it says so before the entries.
        self.creator = preface.creator if preface else ""
        #: Members that entries begin with, and those of them that were met in this one.
        self._beginnings = dict.fromkeys(preface.beginnings if preface else _FIRST)
        self._met = dict.fromkeys(preface.beginnings if preface else ())
        self._learnt = LEARNT if preface else 0
        #: The member that the last entry began with, in its quotation marks; empty while none is known.
        self._mark = b""

    def __iter__(self) -> Iterator[T | dict[str, Any] | Flaw]:
        if self._preface is None and (flaw := self._open()):
            if self._goes_on:
                raise MisfitError
            yield flaw
            if flaw.what != "form":
                return
        while True:
            follows = self._ahead()
            if self._goes_on and follows in (b"]", b""):
                if follows:
                    raise MisfitError
                return
            if follows == b"]":
                self._at += 1
                flaw = self._after()
                if flaw is not None:
                    yield flaw
                if flaw is not _AGAIN:
                    return
                continue
            if not follows:
                yield Flaw("it breaks off between two entries", "end")
                return
            if (plain := self._bounded()) is not None:
                yield plain
                continue
            read = self._entry()
            if not isinstance(read, Flaw) or read.what == "passed":
                yield read
                continue
            # A part shows less of what follows than the whole file does.
            found = not (self._goes_on and self._ended) and self._skip()
            if self._goes_on and self._ended:
                raise MisfitError
            yield read
            if not found:
                return

    def preface(self) -> Preface | None:
        """What whoever reads on behind the first entries has to know; None where they are not of the regular form."""
        first = list(islice(self, LEARNT))
        if not first or any(isinstance(entry, Flaw) for entry in first):
            return None
        return Preface(self.creator, tuple(self._beginnings))

    def met(self) -> tuple[bytes, ...]:
        """Members that the first entries began with, as regular expressions."""
        return tuple(self._met)

    # ---- the buffer --------------------------------------------------------------------------------------------------

    def _more(self) -> bool:
        """Reads on, as much again as is kept, so that a long entry is not copied at every step."""
        kept = self._buffer[self._at :]
        piece = self._stream.read(max(_CHUNK, len(kept)))
        self._buffer, self._at = kept + piece, 0
        self._ended = not piece
        return not self._ended

    def _ahead(self) -> bytes:
        """The next byte that is neither white space nor a comma; b"" at the end."""
        while True:
            place = _SPACE.match(self._buffer, self._at)
            self._at = place.end() if place else self._at
            follows = self._buffer[self._at : self._at + 1]
            if follows == b",":
                self._at += 1
            elif follows or not self._more():
                return follows

    # ---- where the entries begin -------------------------------------------------------------------------------------

    def _open(self) -> Flaw | None:
        tried = 0
        while True:
            for place in _ENTRIES.finditer(self._buffer, tried):
                if self._of_log(self._buffer[: place.end()]):
                    self._at = place.end()
                    return None
                tried = place.end()
            if len(self._buffer) > _PREFACE or not self._more():
                break
        # Nothing at the documented place: the first list of that name will have to do.
        if first := _ENTRIES.search(self._buffer):
            self._at = first.end()
            return Flaw("its entries are not where HAR 1.2 has them, or what stands before them is no JSON", "form")
        if not self._buffer.strip():
            return Flaw("the file is empty", "none")
        if self._ended and _whole(self._buffer):
            return Flaw("the HAR has no entries", "none")
        return Flaw("it breaks off before its entries", "end")

    def _after(self) -> Flaw | None:
        """What stands behind the entries: the end, or more of them, as where files were put together."""
        tail = b""
        while True:
            if place := _ENTRIES.search(self._buffer, self._at):
                self._at = place.end()
                return _AGAIN
            tail = self._buffer[max(self._at, len(self._buffer) - 256) :].strip() or tail
            self._at = max(self._at, len(self._buffer) - 64)
            if not self._more():
                return None if tail.endswith(b"}") else Flaw("it breaks off behind its entries", "form")

    def _of_log(self, preface: bytes) -> bool:
        """Does the text before the entries lead to /log/entries?"""
        try:
            found = msgspec.json.decode(preface + b"]}}")
        except _NO_JSON:
            return False
        log = found.get("log") if isinstance(found, dict) and len(found) else None
        if not isinstance(log, dict) or log.get("entries") != []:
            return False
        creator = log.get("creator")
        self.creator = str(creator.get("name") or "") if isinstance(creator, dict) else ""
        return True

    # ---- one entry ---------------------------------------------------------------------------------------------------

    def _bounded(self) -> T | None:
        """What was made of the entry here, which ends before one that begins with the same member; goes to its end."""
        mark, start = self._mark, self._at
        own = self._buffer.find(mark, start, start + _NEAR) if mark else -1
        follows = self._buffer.find(mark, own + len(mark)) if own > 0 else -1
        if follows < 0:
            return None
        end = self._buffer.rfind(b"{", own, follows)
        entry = self._buffer[start:end].rstrip()
        if end < 0 or not entry.endswith(b","):
            return None
        found = self._regular(entry[:-1])
        if found is not None:
            self._at = end
        return found

    def _entry(self) -> dict[str, Any] | Flaw:
        """The entry here."""
        size = self._likely
        while True:
            while len(self._buffer) - self._at < size and self._more():
                pass
            raw = self._buffer[self._at : self._at + size]
            text = raw.decode("utf-8", "surrogateescape")
            try:
                value, end = _SCANNER.raw_decode(text)
            except json.JSONDecodeError as error:
                if error.pos < len(text) - 16 and not error.msg.startswith("Unterminated string"):
                    return Flaw(f"is no JSON: {error.msg}")
                if self._ended and len(raw) < size:
                    return Flaw("breaks off")
                if size >= ENTRY:
                    return Flaw(f"has more than {ENTRY // 1024 // 1024} MB", "large")
                size = min(size * 4, ENTRY)
            except RecursionError:
                return Flaw("is nested too deeply")
            except ValueError as error:
                return Flaw(f"is no JSON: {str(error)[:80]}")
            else:
                return self._checked(value, text[:end])

    def _checked(self, value: Any, text: str) -> dict[str, Any] | Flaw:
        """What was read of the text here; goes to its end."""
        length = len(text) if text.isascii() else len(text.encode("utf-8", "surrogateescape"))
        self._at += length
        # As much again, so that entries of about one size are decoded at the first try.
        self._likely = min(max(2 * length, _PIECE), ENTRY)
        if not isinstance(value, dict):
            return Flaw("is no object", "passed")
        if value:
            first = next(iter(value)).encode("utf-8", "surrogateescape")
            self._mark = b'"%b"' % first
            if self._learnt < LEARNT:
                self._learnt += 1
                self._beginnings[re.escape(first)] = self._met[re.escape(first)] = None
        if not text.isascii() and _NOT_UTF8.search(text):
            return Flaw("has a byte sequence that is not UTF-8", "passed")
        entry: dict[str, Any] = value
        return entry

    # ---- over what is no entry ---------------------------------------------------------------------------------------

    def _skip(self) -> bool:
        """Goes to what looks like the beginning of the next entry; False if there is none."""
        beginning = re.compile(_NEXT % b"|".join(self._beginnings))
        while True:
            if place := beginning.search(self._buffer, self._at):
                self._at = self._buffer.index(b"{", place.start() + 1)
                return True
            self._at = max(self._at, len(self._buffer) - 4096)
            if not self._more():
                return False


def _digits(text: str) -> float:
    """A number of any length: only its size matters, and Python refuses to convert thousands of digits."""
    return int(text) if len(text) < 300 else float(text)


#: Reads what exporters write, strict JSON or not.
_SCANNER: Any = json.JSONDecoder(strict=False, parse_int=_digits)


def _whole(text: bytes) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
