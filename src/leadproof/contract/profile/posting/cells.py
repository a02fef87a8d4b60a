"""What a cell of a posting document says: whether a field is required and when, its length, its bounds.

Each function takes the text of one cell and gives what it understood, with what it could not make anything of. Nothing
here knows other cells.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_YES = frozenset(
    [
        "y",
        "yes",
        "x",
        "true",
        "t",
        "1",
        "required",
        "mandatory",
        "req",
        "r",
        "m",
        "must",
        "always",
        "✓",
        "✔",
        "☑",
        "●",
        "•",
        "yes*",
        "required*",
    ]
)
_NO = frozenset(
    ("", "n", "no", "false", "f", "0", "optional", "opt", "o", "-", "–", "—", "n/a", "na", "not required", "none",
     "not used", "not sent", "do not send", "omit", "✗", "✘", "☐", "blank", "not applicable", "never")
)  # fmt: skip
_WISHED = frozenset(
    ("recommended", "preferred", "desired", "requested", "nice to have", "suggested", "strongly recommended")
)
_CONDITIONAL = frozenset(
    ("c", "conditional", "cond", "depends", "sometimes", "if applicable", "situational", "conditionally required",
     "conditionally", "when applicable", "if available", "if known", "*")
)  # fmt: skip


class Requirement(NamedTuple):
    """Is a field required?"""

    #: yes, no, wished, conditional, or "" where the cell says something else.
    kind: str
    #: The words of the condition, if the cell has them.
    condition: str = ""


def requirement(text: str) -> Requirement:
    """What a cell under *Required* says."""
    word = " ".join(text.lower().split()).strip(" .:")
    mark = word.rstrip("*†‡¹² ")
    if word in _YES or (mark and mark in _YES):
        return Requirement("yes")
    if word in _NO:
        return Requirement("no")
    if word in _WISHED:
        return Requirement("wished")
    if word in _CONDITIONAL:
        return Requirement("conditional")
    if re.match(r"(?:conditional\w*|c|yes|required|mandatory|only|y)?\W*\b(?:if|when|where|unless|for)\b", word):
        return Requirement("conditional", text)
    if word.startswith("conditional"):
        return Requirement("conditional", text)
    first = re.match(r"(yes|no|required|optional|mandatory|y|n)\b", word)
    if first is None:
        return Requirement("")
    return Requirement("no" if first[1] in ("no", "n", "optional") else "yes")


_CONDITION = re.compile(
    r"(?:if|when|where|for)\s+(?P<field>[\"'`]?[\w .\[\]#/-]+?[\"'`]?)\s*"
    r"(?:(?P<given>\s(?:is|are|was)\s+(?:provided|present|given|sent|filled|set|not\s+(?:empty|blank|null))"
    r"|\s(?:provided|present|exists))"
    r"|(?P<sign>>=|≥|<=|≤)\s*(?P<bound>-?\d+(?:\.\d+)?)"
    r"|\s*(?:==?|:|\s(?:is|equals?|in|contains)(?:\s+(?:one\s+of|any\s+of|equal\s+to|either))?)\s*(?P<values>[^.;\n]+))"
    r"\s*\.?\s*$",
    re.IGNORECASE,
)


class When(NamedTuple):
    """A condition, as far as its words tell: the field as it is called there."""

    field: str
    one_of: tuple[str, ...] = ()
    min: float | None = None
    max: float | None = None


def condition(text: str) -> When | None:
    """The condition that words such as "Required if HomeOwner = Yes" state; None if they cannot be read."""
    found = _CONDITION.search(" ".join(text.split()))
    if found is None:
        bare = re.fullmatch(r"(?P<field>[\w.\[\]-]+)\s*={1,2}\s*(?P<values>[^=]+)", text.strip())
        return When(bare["field"], _alternatives(bare["values"])) if bare else None
    name = found["field"].strip(" \"'`")
    if found["given"]:
        return When(name)
    if found["sign"]:
        bound = float(found["bound"])
        return When(name, (), bound, None) if found["sign"] in (">=", "≥") else When(name, (), None, bound)
    values = _alternatives(found["values"])
    return When(name, values) if values else None


def _alternatives(text: str) -> tuple[str, ...]:
    parts = re.split(r"\s*(?:,|\||/|\bor\b)\s*", text.strip().strip("[](){}"))
    return tuple(dict.fromkeys(part.strip(" \"'`“”") for part in parts if part.strip(" \"'`“”")))


_COUNT = re.compile(
    r"(?:max\.?\s*|up to\s*|<=?\s*|\d+\s*(?:-|–|to)\s*)?(\d{1,6})(?:\s*(?:chars?|characters?|digits?|bytes))?\.?"
)


def length(text: str) -> int | None:
    """The characters that a cell under *Max length* names; None if it names none."""
    found = _COUNT.fullmatch(" ".join(text.lower().split()))
    return int(found[1]) if found and 0 < int(found[1]) <= 100_000 else None


def bound(text: str) -> float | None:
    """The number of a cell under *Min* or *Max*; None if it is none."""
    found = re.fullmatch(r"[$€£]?\s*(-?\d[\d,]*(?:\.\d+)?)", text.strip())
    return float(found[1].replace(",", "")) if found else None
