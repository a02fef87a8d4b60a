"""Telephone and card numbers in running text, in any spelling.

A run of digits with the usual separators is a candidate. Numbering plans (`phonenumbers`) and check digits decide, so
that dates, versions and ids stay.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache

from leadproof.core import lazy

#: Separators within a number: blanks of all kinds, points, slashes, brackets, hyphens and dashes.
BETWEEN = r"[\s.()/\u2010-\u2015\u2212-]"
_CANDIDATE = lazy.pattern(rf"(?<![\w.-])[+(\uff0b]{{0,2}}\d(?:{BETWEEN}{{0,3}}\d){{6,18}}(?!\w|-\d)")
_DATE = lazy.pattern(r"(?:19|20)\d\d([-/. ])[01]?\d\1[0-3]?\d(?!\d)|[0-3]?\d([-/. ])[0-3]?\d\2(?:19|20)\d\d(?!\d)")
#: Before the seconds of a time of day, whose fraction and offset look like a number.
_CLOCK = lazy.pattern(r"\d\d:\d\d:(?:\d\d,)?$")
#: Four numbers of an address; a social security number that is never issued.
_OTHER = lazy.pattern(r"\d{1,3}(?:\.\d{1,3}){3}|9\d\d([- .])\d\d\1\d{4}")
#: Prefixes of the card networks, and how many digits they have (ISO/IEC 7812-1).
_CARD = lazy.pattern(r"4\d{12}(?:\d{3}){0,2}|5[1-5]\d{14}|2[2-7]\d{14}|3[47]\d{13}|3[0689]\d{12}|6(?:011|5\d\d)\d{12}")
#: A word before a number that says what it is.
_CUE = lazy.pattern(
    r"\b(?:tel|t[eé]l[eé]phone|t[eé]l|phone|mobile|cell|fax|whatsapp|telef[oó]no?|handy|m[oó]vil|celular|telefone"
    r"|телефон|тел|电话|電話)[\s.:=#]{0,4}(?:number|no|nr)?[\s.:=#]{0,3}$",
    re.IGNORECASE,
)
#: Plans that a number without country code is tried in; a telephone number of anywhere is known by its plus sign.
_REGIONS = ("US", "GB", "DE", "FR", "ES", "IT", "NL", "PL", "MX", "BR", "IN", "AU", "RU", "JP", "CN")

Found = Callable[[str], str]


def digits(text: str) -> str:
    """The digits of a text, as ASCII."""
    if text.isascii():
        return "".join(filter(str.isdecimal, text))
    return "".join(str(unicodedata.decimal(char)) for char in text if char.isdecimal())


def replaced(text: str, phone: Found, card: Found, *, known: Callable[[str], bool], ids: bool = False) -> str:
    """The text with telephone and card numbers replaced.

    Args:
        text: Running text.
        phone: Gives what stands in for a telephone number.
        card: Gives what stands in for a card number.
        known: Are these digits of a number that was found before?
        ids: The text may hold ids: only a number with a plus sign is then one beyond doubt.
    """

    def decide(match: re.Match[str]) -> str:
        found = match[0]
        bare = digits(found)
        if bare.startswith("111") or _DATE.match(found) or _OTHER.fullmatch(found):  # a placeholder, or no number
            return found
        if _CLOCK.search(text, max(0, match.start() - 9), match.start()):
            return found
        if known(bare):
            return phone(found)
        if ids:
            return phone(found) if found[0] in "+\uff0b" and is_phone(found) else found
        if _CARD.fullmatch(bare) and _luhn(bare):
            return card(found)
        cued = len(bare) <= 15 and _CUE.search(text, max(0, match.start() - 24), match.start())
        return phone(found) if cued or is_phone(found) else found

    return _CANDIDATE.sub(decide, text)


@lru_cache(4096)
def is_phone(text: str) -> bool:
    """Is a run of digits and separators a telephone number: with a plus sign, or as the people of a region write it?"""
    bare = digits(text)
    groups = re.findall(r"\d+", text)
    if not 7 <= len(bare) <= 15 or ("." in text and min(map(len, groups)) < 2):
        return False
    if text[0] in "+\uff0b":
        return _in_plan(text, None)
    spelled = len(groups) > 2 or "(" in text or [*map(len, groups)] == [5, 5]
    if len(bare) < 8 or not (spelled or (bare[0] == "0" and len(bare) >= 12 - len(groups) * 2)):
        return False
    return any(_in_plan(text, region) for region in _REGIONS)


@lru_cache(4096)
def national(text: str) -> tuple[str, ...]:
    """The digits of an international number as they are dialled within its country, with a trunk zero and without."""
    import phonenumbers  # takes longer than most commands would need it for

    try:
        number = phonenumbers.parse(text, None)
    except phonenumbers.NumberParseException:
        return ()
    bare = phonenumbers.national_significant_number(number)
    return (bare, f"0{bare}")


def _in_plan(text: str, region: str | None) -> bool:
    import phonenumbers

    try:
        return bool(phonenumbers.is_valid_number(phonenumbers.parse(text, region)))
    except phonenumbers.NumberParseException:
        return False


def _luhn(bare: str) -> bool:
    """Is the check digit right (ISO/IEC 7812-1, annex B)?"""
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in bare[-2::-2])
    return (sum(doubled) + sum(map(int, bare[-1::-2]))) % 10 == 0
