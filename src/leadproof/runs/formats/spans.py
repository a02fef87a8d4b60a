"""Strings from outside as spans of Markdown: text that stays text, code that stays code."""

from __future__ import annotations

import re

from leadproof.core import lazy
from leadproof.core.text import one_line, visible

_LONGEST, _LONGEST_BLOCK = 400, 5_000
_SPECIAL = lazy.pattern(r"([\\`*_\[\]<>#!|~$^])|^(\s*)([-+=]|\d+[.)])")


def escape(text: str) -> str:
    """Text as text: no markup, link, mention or reference comes of it."""
    escaped = _SPECIAL.sub(_escaped, one_line(text, _LONGEST).replace("&", "&amp;"))
    escaped = escaped.replace("://", ":<!-- -->//")
    escaped = re.sub(r"\bwww\.", "www<!-- -->.", escaped, flags=re.IGNORECASE)
    return re.sub(r"@(?=\w)", "@<!-- -->", escaped)


def _escaped(match: re.Match[str]) -> str:
    if match[1] is None:  # what would begin a list or underline a heading
        return f"{match[2]}{match[3][:-1]}\\{match[3][-1]}"
    return {"<": "&lt;", ">": "&gt;"}.get(match[1], "\\" + match[1])


def block(text: str) -> str:
    """Lines of code, with a fence longer than any in them."""
    shown = visible(text, _LONGEST_BLOCK)
    fence = "`" * max(3, *(len(run) + 1 for run in re.findall("`+", shown)), 0)
    return f"{fence}\n{shown}\n{fence}"


def code(text: str) -> str:
    """A code span, with a fence longer than any in it; a pipe would end the cell of a table and is spelled out."""
    shown = one_line(text, _LONGEST).replace("|", "¦")
    fence = "`" * (max((len(run) for run in re.findall("`+", shown)), default=0) + 1)
    blank = " " if shown.startswith(("`", " ")) or shown.endswith(("`", " ")) or not shown else ""
    return f"{fence}{blank}{shown}{blank}{fence}"
