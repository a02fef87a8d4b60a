"""What the value of a field may look like: one row for each format that a profile may name.

All values are text, as on the wire. Nothing here knows profiles or leads. Patterns match the whole value and
ASCII digits only, because the trade's systems do.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from functools import lru_cache
from ipaddress import ip_address
from typing import NamedTuple

from leadproof.core import lazy

#: Postal abbreviations of the states, the District of Columbia and the inhabited territories.
_POSTAL = (
    "AL AK AZ AR CA CO CT DE DC FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK OR "
    "PA RI SC SD TN TX UT VT VA WA WV WI WY AS GU MP PR VI"
)
STATES = frozenset(_POSTAL.split())


class Format(NamedTuple):
    """One format: the test, and how the test is put into words ("must be …")."""

    accepts: Callable[[str], object]
    words: str


def _pattern(pattern: str) -> Callable[[str], object]:
    return re.compile(pattern, re.ASCII).fullmatch


def _parses(parse: Callable[[str], object], shape: str) -> Callable[[str], object]:
    """The shape by pattern, the calendar (or the address) by the standard library."""
    looks_right = _pattern(shape)

    def accepts(text: str) -> object:
        try:
            return looks_right(text) and parse(text)
        except ValueError:
            return None

    return accepts


def _date(text: str) -> date:
    if text[4:5] == "-":
        return date.fromisoformat(text)
    month, day, year = text.split("/")
    return date(int(year), int(month), int(day))


#: A number up to 255 without leading zeros, and four of them, which is what most addresses of consumers are.
_BYTE = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
_IPV4 = _pattern(rf"(?:{_BYTE}\.){{3}}{_BYTE}")
_ANY_IP = _parses(ip_address, r"[0-9A-Fa-f:.]{2,45}")


def _ip(text: str) -> object:
    return _IPV4(text) or _ANY_IP(text)


FORMATS: dict[str, Format] = {
    "text": Format(lambda text: True, "text"),
    "integer": Format(_pattern(r"-?\d{1,18}"), "a whole number"),
    "number": Format(_pattern(r"-?\d{1,15}(\.\d{1,6})?"), "a number with a point for decimals"),
    "boolean": Format(_pattern(r"(?i:true|false|yes|no|1|0)"), "true or false"),
    "date": Format(_parses(_date, r"\d{4}-\d\d-\d\d|\d\d/\d\d/\d{4}"), "a date, YYYY-MM-DD or MM/DD/YYYY"),
    "datetime": Format(
        _parses(datetime.fromisoformat, r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)?"),
        "a date and time such as 2026-01-31T16:25:12Z",
    ),
    "email": Format(
        _pattern(r"[A-Za-z0-9._%+'-]{1,64}@([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,24}"),
        "an e-mail address",
    ),
    "phone": Format(
        _pattern(r"(\+?1[-. ]?)?\(?[2-9]\d\d\)?[-. ]?[2-9]\d\d[-. ]?\d{4}"), "a US phone number of ten digits"
    ),
    "zip": Format(_pattern(r"\d{5}(-?\d{4})?"), "a ZIP code of five or nine digits"),
    "state": Format(STATES.__contains__, "a two-letter state such as TX"),
    "ip": Format(_ip, "an IP address"),
    "url": Format(_pattern(r"(?i:https?)://[^\s/?#]+\S*"), "an absolute http or https URL"),
    "trustedform": Format(
        _pattern(r"https://cert\.(staging\.)?trustedform\.com/[0-9A-Fa-f]{40}"),
        "a TrustedForm certificate: https://cert.trustedform.com/ and forty hexadecimal digits",
    ),
    "jornaya": Format(
        _pattern(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"),
        "a Jornaya LeadiD token: 32 hexadecimal digits in five groups",
    ),
}

#: Formats whose mask is of letters for the parts of a date; in every other mask `#` stands for a digit.
DATES = ("date", "datetime")

#: Letters of a mask -> what stands in their place.
_PARTS = {
    "YYYY": r"(?P<Y>\d{4})", "YY": r"(?P<y>\d\d)", "MM": r"(?P<m>\d\d)", "M": r"(?P<m>\d{1,2})", "DD": r"(?P<d>\d\d)",
    "D": r"(?P<d>\d{1,2})", "HH": r"(?P<H>[01]\d|2[0-3])", "hh": r"(?P<I>0\d|1[0-2])", "mm": r"(?P<M>[0-5]\d)",
    "ss": r"(?P<S>[0-5]\d)", "AM": r"(?i:AM|PM)",
}  # fmt: skip
_PART = lazy.pattern("|".join(_PARTS))


@lru_cache(maxsize=256)
def _mask(mask: str, dates: bool) -> re.Pattern[str]:
    if not dates:
        return re.compile("".join(r"\d" if sign == "#" else re.escape(sign) for sign in mask), re.ASCII)
    literal, parts = _PART.split(mask), _PART.findall(mask)
    pattern = re.escape(literal[0])
    for part, text in zip(parts, literal[1:], strict=True):
        pattern += _PARTS[part] + re.escape(text)
    return re.compile(pattern, re.ASCII)


def fault_of_mask(mask: str, format_name: str) -> str:
    """What is wrong with a mask itself; empty if nothing is."""
    if format_name not in DATES:
        return "" if "#" in mask else "has no # for a digit"
    parts = [part[0] if part[0] in "YMD" else part for part in _PART.findall(mask)]
    if len(set(parts)) < len(parts):
        return "names a part of the date twice"
    return "" if {"Y", "M", "D"} <= set(parts) else "needs a year, a month and a day: YYYY, MM, DD"


def fits(mask: str, format_name: str, text: str) -> bool:
    """Is a text written as the mask says (and, of a date, is there such a day)?"""
    if format_name in DATES:
        return day(text, mask) is not None
    return _mask(mask, False).fullmatch(text) is not None


def day(text: str, mask: str = "") -> date | None:
    """The day that a text names, written as the mask says, or without one as the formats `date` and `datetime` take it;
    None if it names none.
    """
    try:
        if not mask:
            return _date(text[:10]) if text[4:5] == "-" else _date(text)
        parts = _mask(mask, True).fullmatch(text)
        if parts is None:
            return None
        found = parts.groupdict()
        year = int(found["Y"]) if found.get("Y") else int(found["y"]) + (1900 if int(found["y"]) > 68 else 2000)
        return date(year, int(found["m"]), int(found["d"]))
    except (ValueError, OverflowError):  # OverflowError: a year that no machine word holds
        return None


def written(mask: str, when: datetime) -> str:
    """A date and time as a mask says."""
    values = {
        "YYYY": f"{when.year:04}", "YY": f"{when.year % 100:02}", "MM": f"{when.month:02}", "M": str(when.month),
        "DD": f"{when.day:02}", "D": str(when.day), "HH": f"{when.hour:02}", "hh": f"{when.hour % 12 or 12:02}",
        "mm": f"{when.minute:02}", "ss": f"{when.second:02}", "AM": "AM" if when.hour < 12 else "PM",
    }  # fmt: skip
    return _PART.sub(lambda match: values[match[0]], mask)
