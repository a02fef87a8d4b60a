"""The entries of a HAR, one at a time, as JSON texts: where each begins and ends in a stream of any size.

A JSON object ends at exactly one place: a piece that begins with its brace and is one whole object *is* that object.
So the end of an entry is guessed by what stood between the entries before, and decoding the piece proves the guess.
What cannot be proved that way is read by a slower scanner, and what is no JSON is passed over to the next entry.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, Generic, NamedTuple, TypeVar

import msgspec

from leadproof.captures.streams import Stream

T = TypeVar("T")

#: Bytes of one entry. More is a film or a program, no lead; and a HAR made of one endless text fills no memory.
ENTRY = 4 * 1024 * 1024

#: Bytes before the entries: pages come first in some HARs.
_PREFACE = 4 * 1024 * 1024
_CHUNK = 1 << 18

#: Shapes of separators that are remembered; an ordinary HAR has one to five.
_SHAPES = 40

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

_ENTRIES = re.compile(rb"\"entries\"\s*:\s*\[")
_SHAPE = re.compile(rb"\}\s*,\s*\{\s*\"[^\"\\]{1,60}\"")
_SPACE = re.compile(rb"\s*")


class Entry(NamedTuple, Generic[T]):
    """A whole entry."""

    #: Decoded, where it has the regular form.
    value: T | None
    text: memoryview


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
        decode: Decodes an entry of the regular form; raises msgspec.DecodeError for everything else.
    """

    def __init__(self, stream: Stream, decode: Callable[[memoryview], T]) -> None:
        self._stream = stream
        self._decode = decode
        self._buffer = b""
        self._at = 0
        self._ended = False
        self._shapes: list[bytes] = []
        self._guess: re.Pattern[bytes] | None = None
        self._anything = re.compile(_NEXT % b"|".join(_FIRST))

    def __iter__(self) -> Iterator[Entry[T] | Flaw]:
        if flaw := self._open():
            yield flaw
            if flaw.what != "form":
                return
        while True:
            follows = self._ahead()
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
            found = self._fast() or self._slow()
            yield found
            if isinstance(found, Flaw) and found.what != "passed" and not self._skip():
                return

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
            return Flaw("the file is empty", "end")
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

    @staticmethod
    def _of_log(preface: bytes) -> bool:
        """Does the text before the entries lead to /log/entries?"""
        try:
            found = msgspec.json.decode(preface + b"]}}")
        except _NO_JSON:
            return False
        log = found.get("log") if isinstance(found, dict) and len(found) else None
        return isinstance(log, dict) and log.get("entries") == []

    # ---- one entry ---------------------------------------------------------------------------------------------------

    def _fast(self) -> Entry[T] | None:
        """The entry here, if a separator that is known already stands behind it."""
        while self._guess is not None:
            place = self._guess.search(self._buffer, self._at)
            if place is None:
                if self._ended or len(self._buffer) - self._at > ENTRY or not self._more():
                    return None
                continue
            piece = memoryview(self._buffer)[self._at : place.start() + 1]
            try:
                value = self._decode(piece)
            except _NO_JSON:
                return None
            self._at = place.start() + 1
            return Entry(value, piece)
        return None

    def _slow(self) -> Entry[T] | Flaw:
        """The entry here, by a scanner that takes what JavaScript and Python write and JSON does not know (NaN)."""
        size = 1 << 13
        while True:
            while len(self._buffer) - self._at < size and self._more():
                pass
            raw = self._buffer[self._at : self._at + size]
            text = raw.decode("utf-8", "surrogateescape")
            try:
                _, end = SCANNER.raw_decode(text)
            except json.JSONDecodeError as error:
                if error.pos < len(text) - 16 and not error.msg.startswith("Unterminated string"):
                    return Flaw(f"is no JSON: {error.msg}")
                if self._ended and len(raw) < size:
                    return Flaw("breaks off")
                if size >= ENTRY:
                    return Flaw(f"has more than {ENTRY // 1024 // 1024} MB", "large")
                size *= 4
            except RecursionError:
                return Flaw("is nested too deeply")
            except ValueError as error:
                return Flaw(f"is no JSON: {str(error)[:80]}")
            else:
                text = text[:end]
                length = len(text.encode("utf-8", "surrogateescape"))
                piece = memoryview(raw)[:length]
                self._at += length
                if not text.startswith("{"):
                    return Flaw("is no object", "passed")
                self._learn()
                if not text.isascii() and any("\udc80" <= one <= "\udcff" for one in text):
                    return Flaw("has a byte sequence that is not UTF-8", "passed")
                return Entry(None, piece)

    def _learn(self) -> None:
        """Remembers what stands between this entry and the next."""
        self._at -= 1
        while len(self._buffer) - self._at < 512 and self._more():
            pass
        shape = _SHAPE.match(self._buffer, self._at)
        self._at += 1
        if shape and shape[0] not in self._shapes and len(self._shapes) < _SHAPES:
            self._shapes.append(shape[0])
            self._guess = re.compile(b"|".join(map(re.escape, self._shapes)))

    # ---- over what is no entry ---------------------------------------------------------------------------------------

    def _skip(self) -> bool:
        """Goes to what looks like the beginning of the next entry; False if there is none."""
        while True:
            patterns = (self._anything, self._guess) if self._guess else (self._anything,)
            places = [place.start() for one in patterns if (place := one.search(self._buffer, self._at))]
            if places:
                self._at = self._buffer.index(b"{", min(places) + 1)
                return True
            self._at = max(self._at, len(self._buffer) - 4096)
            if not self._more():
                return False


def _digits(text: str) -> float:
    """A number of any length: only its size matters, and Python refuses to convert thousands of digits."""
    return int(text) if len(text) < 300 else float(text)


#: Reads what exporters write, strict JSON or not.
SCANNER: Any = json.JSONDecoder(strict=False, parse_int=_digits)


def _whole(text: bytes) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
