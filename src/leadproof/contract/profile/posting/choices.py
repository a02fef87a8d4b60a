"""What a cell under *Allowed values* says: a list, a range, codes with their meaning, a mask, a link to a list."""

from __future__ import annotations

import re
from typing import NamedTuple

from leadproof.contract.profile.formats import STATES
from leadproof.contract.profile.posting.forms import mask_of


class Values(NamedTuple):
    """What a cell says of the values that a field takes."""

    allowed: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()
    min: float | None = None
    max: float | None = None
    mask: str = ""
    #: Where the values are listed: a URL, or the name of a sheet or anchor.
    link: str = ""
    #: "1 = Excellent; 2 = Good": what the codes mean.
    meaning: str = ""
    #: Are these all states?
    states: bool = False
    #: Words that are no values.
    prose: str = ""


_NUMBER = r"[$€£]?\s*(-?\d[\d,]*(?:\.\d+)?)\s*[%+]?(?:\s*(?:years?|yrs?|usd|dollars?|days?|months?|sq\.? ?ft))?"
_RANGE = re.compile(
    rf"(?:between\s+|from\s+|range:?\s*)?{_NUMBER}\s*(?:-|–|—|to|and|\.\.\.?|…|through|thru)\s*{_NUMBER}", re.I
)
_LEAST = re.compile(
    rf"(?:>=|≥|min(?:imum)?\.?:?|at least|from)\s*{_NUMBER}|(\d[\d,]*)\s*(?:\+|or more|and up|and older)", re.I
)
_MOST = re.compile(rf"(?:<=|≤|max(?:imum)?\.?:?|at most|up to)\s*{_NUMBER}", re.I)
_SEE = re.compile(
    r"^\(?(?:please )?(?:see|refer to|listed in|per|as in|cf\.?|list:|from)\s+(?:the\s+)?"
    r"(?:list\s+(?:of|on|in)\s+)?[\"'“]?(?P<name>[^\"'”\n]{2,80}?)[\"'”]?"
    r"(?:\s+(?:tab|sheet|list|table|appendix|below|above))*\)?\.?$",
    re.IGNORECASE,
)
_STATES = re.compile(
    r"(?:all |any |valid |us |u\.s\. |50 )*(?:2[- ]|two[- ])?(?:letter |character )?(?:us )?states?"
    r"(?: codes?| abbreviations?)?",
    re.IGNORECASE,
)
_URL = re.compile(r"https?://\S+", re.I)
_ANY = frozenset(
    [
        "any",
        "n/a",
        "na",
        "-",
        "–",
        "—",
        "none",
        "free text",
        "freetext",
        "any text",
        "text",
        "string",
        "open",
        "free form",
        "open text",
        "alphanumeric",
        "any value",
    ]
)


def values(text: str, link: str = "") -> Values:
    """What a cell under *Allowed values* says.

    Args:
        text: The text of the cell.
        link: The target of a link in it.
    """
    bare = " ".join(text.split())
    if not bare or bare.lower().strip(".") in _ANY:
        return Values()
    if _STATES.fullmatch(bare):
        return Values(states=True)
    if url := _URL.search(bare):
        return Values(link=url[0].rstrip(").,"))
    if link:
        return Values(link=link)
    if see := _SEE.match(bare):
        return Values(link=see["name"].strip())
    if found := _RANGE.fullmatch(bare):
        return Values(min=_number(found[1]), max=_number(found[2]))
    if found := _LEAST.fullmatch(bare):
        return Values(min=_number(found[1] or found[2]))
    if found := _MOST.fullmatch(bare):
        return Values(max=_number(found[1]))
    if (mask := mask_of(bare)) and len(bare) <= len(mask) + 12:
        return Values(mask=mask)
    return _list(text)


def _number(text: str) -> float:
    return float(text.replace(",", ""))


def _list(text: str) -> Values:
    body = re.sub(
        r"^\s*(?:one|any|either)\s+of(?:\s+the\s+following)?\s*:?\s*|^\s*(?:options|values|allowed)\s*:\s*",
        "",
        text,
        flags=re.I,
    )
    sample = re.match(r"\s*(?:e\.?g\.?,?|for example:?|examples?:?|such as|like)\s+", body, re.I)
    body = body[sample.end() :] if sample else body
    parts = _parts(body.strip().strip("[]{}"))
    open_end = [part for part in parts if re.fullmatch(r"(?i)etc\.?|\.\.\.|…|and so on", part)]
    parts = [part for part in parts if part not in open_end]
    if not parts or any(len(part.split()) > 8 or len(part) > 80 for part in parts) or (
        len(parts) == 1 and (len(parts[0].split()) > 4 or parts[0].endswith("."))
    ):  # fmt: skip
        return Values(prose=text)
    coded = [re.fullmatch(r"[\"']?([\w.+-]{1,30})[\"']?\s*(?:=>?|:|\s[-–—])\s*(.+)", part) for part in parts]
    if len(parts) > 1 and all(coded):
        meaning = "; ".join(f"{found[1]} = {found[2]}" for found in coded if found)
        return Values(tuple(found[1] for found in coded if found), meaning=meaning)
    unique = tuple(dict.fromkeys(parts))
    if sample or open_end:
        return Values(examples=unique)
    if len(unique) >= 45 and set(unique) <= STATES:
        return Values(states=True)
    return Values(unique)


def _parts(text: str) -> list[str]:
    if "\n" in text:
        raw = text.split("\n")
    elif ";" in text or "|" in text:
        raw = re.split(r"[;|]", text)
    elif "," in text:
        raw = re.split(r",(?!\d{3}\b)", text)
    elif re.fullmatch(r"[^/\n]{1,24}(?:\s*/\s*[^/\n]{1,24})+", text) and not re.search(r"\d\s*/\s*\d", text):
        raw = text.split("/")
    else:
        raw = re.split(r"\s+or\s+", text)
    if len(raw) > 1:
        raw[-1] = re.sub(r"^\s*(?:or|and)\s+", "", raw[-1])
        if pair := re.fullmatch(r"\s*(\S+)\s+or\s+(\S+)\s*", raw[-1]):
            raw[-1:] = pair.groups()
    return [
        stripped for part in raw if (stripped := part.strip().strip("•*·").strip().strip("\"'`“”").strip().rstrip(","))
    ]
