"""Texts that give nothing away by their form: member names, states, ids, prose about offers. The same ones come again
and again, and of them only known values and secrets are left to be looked for.

`InertTexts` remembers what there is to look for in a text. It says `None` to what is out of the ordinary: what may be
a document, is encoded in another way than base64, has a value in it that is replaced by its form, or is written without
blanks. `cleaner` then reads it as if this module were not here; `tests/test_redact_inert.py` compares the two ways.
It is worth 1.5 x on the whole of what redaction costs.
"""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from leadproof.core import lazy
from leadproof.core.names import Kind
from leadproof.redact import formats, layers, people
from leadproof.redact.known import UNSPACED, WORD, Known, normal

#: Of markup, JSON, entities, escapes, percent and form spelling.
_SPECIAL = lazy.pattern(r"[<{\[&\\%+]")
#: Characters of the longest text that is looked at, and of all that is remembered.
_LONGEST, _REMEMBERED = 1_000, 1_000_000
#: How many inert texts are kept in view.
_READ = 10_000


class Traces(NamedTuple):
    """What is to be looked for in a text that is harmless by its form."""

    #: Words in lower case, one of which every known value in the texts begins with.
    words: tuple[str, ...]
    #: The text, and the texts in it that are spelled in base64: a secret may stand in them.
    texts: tuple[str, ...]
    #: Characters of the longest of them.
    longest: int


_NEW = Traces((), (), 0)


class InertTexts:
    """The texts of one redactor, in memory only."""

    def __init__(self) -> None:
        self._traces: dict[str, Traces | None] = {}
        self._size = 0
        #: Of the last texts that were inert.
        self.read: deque[Traces] = deque(maxlen=_READ)

    def inert(self, text: str, known: Known) -> bool:
        """Would nothing in a text be replaced or remembered, whichever of the ways to read a text is taken?"""
        traces = self.traces(text)
        if traces is None or not known.misses(*traces):
            return False
        self.read.append(traces)
        return True

    def still_inert(self, known: Known) -> bool:
        """Are all texts in `read` inert, whatever was found since? False where there were too many to tell."""
        return len(self.read) < _READ and all(known.misses(*traces) for traces in self.read)

    def traces(self, text: str) -> Traces | None:
        """What is to be looked for in a text; None where it has to be read in full."""
        traces = self._traces.get(text, _NEW)
        if traces is not _NEW:
            return traces
        if len(text) > _LONGEST:
            return None
        self._size += len(text)
        if self._size > _REMEMBERED:
            self._traces.clear()
            self._size = len(text)
        traces = self._traces[text] = traces_of(text)
        return traces


def traces_of(text: str) -> Traces | None:
    """What is to be looked for in a text; None where something in it is replaced by its form or it is no plain text."""
    texts: list[str] = []
    words: set[str] = set()
    try:
        _read(text, texts, words)
    except _OutOfTheOrdinary:
        return None
    return Traces(tuple(words), tuple(texts), max(map(len, texts)))


class _OutOfTheOrdinary(Exception):
    """The text has to be read in full."""


def _read(text: str, texts: list[str], words: set[str]) -> None:
    if _SPECIAL.search(text) or not (text.isascii() or UNSPACED.search(text) is None):
        raise _OutOfTheOrdinary
    texts.append(text)
    words.update(WORD.findall(text.casefold()))
    if not text.isascii():  # to fold may part a word
        words.update(word.casefold() for word in WORD.findall(text))
    # Under other spellings the whole may be a number or an address that is known.
    if text[:1].isdigit() or text[-1:].isdigit():
        words.add(normal(Kind.PHONE, text))
    if ":" in text or text.count(".") == 3:
        words.update(WORD.findall(normal(Kind.IP, text)))

    def known(digits: str) -> bool:
        words.add(normal(Kind.PHONE, digits))
        return False

    if formats.SUSPECT.search(text):
        formats.scrub(text, _replace, known=known)
        if formats.SPELLED_PHONE.search(text):  # that there may be ids makes no other difference without a plus sign
            raise _OutOfTheOrdinary
    people.replaced(text, _name)
    for inner in layers.hidden(text):
        _read(inner, texts, words)


def _replace(kind: Kind, value: str) -> str:
    raise _OutOfTheOrdinary


def _name(name: str) -> str:
    raise _OutOfTheOrdinary
