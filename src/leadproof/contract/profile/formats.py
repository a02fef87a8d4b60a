"""What the value of a field may look like: one row for each format that a profile may name.

All values are text, as on the wire. Nothing here knows profiles or leads. Patterns match the whole value and
ASCII digits only, because the trade's systems do.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from ipaddress import ip_address
from typing import NamedTuple

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
    "ip": Format(_parses(ip_address, r"[0-9A-Fa-f:.]{2,45}"), "an IP address"),
    "url": Format(_pattern(r"(?i:https?)://[^\s/?#]+\S*"), "an absolute http or https URL"),
}
