"""Strings from outside made safe to show: nothing invisible, nothing endless. Escaping for a format is the format's."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from leadproof.core import lazy

#: Columns of a terminal that everybody has.
COLUMNS = 80

#: Characters of a value that are shown; the evidence holds the rest.
LONGEST = 4000

#: Control characters but newline and tab, marks that turn or hide text (bidi, zero width, tags), lone surrogates, what
#: is no character at all: a reader must see that they are there.
_HIDDEN = lazy.pattern(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\ud800-\udfff\U000e0000-\U000e0fff]"
)


def visible(text: str, longest: int = LONGEST) -> str:
    """The text with hidden characters spelled out (`⟨U+202E⟩`, `␛`) and its end cut, saying so."""
    if len(text) <= longest and text.isascii() and text.isprintable():
        return text  # most of them, in a quarter of the time
    cut = ""
    if len(text) > longest:
        cut = f" … ({count(len(text) - longest, 'more character')})"
        text = text[:longest]
    # A letter with a tower of marks on it runs over its neighbours.
    return _TOWER.sub(r"\1…", _HIDDEN.sub(_spelled, text)) + cut


def one_line(text: str, longest: int = LONGEST) -> str:
    """`visible`, and line ends and tabs spelled out too."""
    return visible(text, longest).replace("\n", "␊").replace("\t", "␉")


_MARKS = "".join(chr(code) for code in range(0x300, 0x370) if unicodedata.combining(chr(code)))
_TOWER = lazy.pattern(f"([{_MARKS}]{{4}})[{_MARKS}]+")


def _spelled(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x20:
        return chr(0x2400 + code)
    return "␡" if code == 0x7F else f"⟨U+{code:04X}⟩"


def wrapped(first: str, text: str, indent: int | None = None, *, whole_words: bool = False) -> list[str]:
    """A text in lines of a terminal.

    Args:
        first: What the first line begins with.
        text: The text.
        indent: Of all lines but the first; that of the text if left out.
        whole_words: May a line be longer than the terminal rather than cut a word, since it may be copied?
    """
    import textwrap  # most of what is loaded prints nothing

    following = " " * (len(first) if indent is None else indent)
    return textwrap.wrap(
        text, COLUMNS, initial_indent=first, subsequent_indent=following, break_on_hyphens=False,
        break_long_words=not whole_words,
    )  # fmt: skip


def seconds(value: Any) -> str:
    """A duration in seconds as people read it; a dash where there is none."""
    if not isinstance(value, int | float):
        return "–"
    if value < 1:
        return f"{value * 1e3:.2f} ms" if value < 0.1 else f"{value * 1e3:.0f} ms"
    return f"{value:.2f} s" if value < 10 else f"{value:.1f} s"


def figure(name: str, value: Any) -> str:
    """The figure of a load objective with its unit: a ratio or a duration, as its name says."""
    if not isinstance(value, int | float):
        return "–"
    return f"{value:.3%}" if name.endswith(".ratio") else seconds(value)


def count(number: int, one: str, many: str = "") -> str:
    """ "1 clause", "2 clauses"."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
