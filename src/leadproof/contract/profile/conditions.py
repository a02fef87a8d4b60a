"""What a rule of a profile asks of a value: criteria of campaigns, and conditions under which a field is required.

Both are the same question ("is this value one of these, like this, within these bounds?"); a criterion asks for ages
besides and may be turned round, a condition may ask only whether there is a value at all.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Criterion:
    """One condition on one field. Exactly one of one_of, pattern, min/max and min_age/max_age is used."""

    field: str
    one_of: tuple[str, ...] = ()
    pattern: str = ""
    #: Inclusive bounds for a field that holds a number.
    min: float | None = None
    max: float | None = None
    #: Whole years, inclusive, for a field that holds a date of birth.
    min_age: int | None = None
    max_age: int | None = None
    #: Turned round: leads that meet it are not taken.
    exclude: bool = False


@dataclass(frozen=True, slots=True)
class Condition:
    """When a field is required: another field has one of these values, or any value where none are named."""

    field: str
    one_of: tuple[str, ...] = ()
    pattern: str = ""
    #: Inclusive bounds for a field that holds a number.
    min: float | None = None
    max: float | None = None
    #: Does it count in a ping, too?
    in_ping: bool = False


def within(text: str, least: float | None, most: float | None) -> bool:
    """Is the text a number within inclusive bounds?"""
    try:
        number = float(text)
    except ValueError:
        return False
    return (least is None or number >= least) and (most is None or number <= most)


def meets(rule: Criterion | Condition, text: str) -> bool:
    """Is the rule met by one value? Ages, and whether the rule is turned round, are the caller's."""
    if rule.one_of:
        return text in rule.one_of
    if rule.pattern:
        return re.fullmatch(rule.pattern, text) is not None
    if rule.min is None and rule.max is None:
        return bool(text)
    return within(text, rule.min, rule.max)


def years(born: date, today: date) -> int:
    """The age on a day, in whole years."""
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def words(rule: Criterion | Condition) -> str:
    """The rule as the end of a sentence: "State is one of TX, FL"."""
    if rule.one_of:
        listed = ", ".join(rule.one_of[:12]) + (" …" if len(rule.one_of) > 12 else "")
        return f"{rule.field} is {'one of ' * (len(rule.one_of) > 1)}{listed}"
    if rule.pattern:
        return f"{rule.field} matches {rule.pattern}"
    if isinstance(rule, Criterion) and (rule.min_age is not None or rule.max_age is not None):
        return f"the age by {rule.field} is {bounds(rule.min_age, rule.max_age)}"
    if rule.min is None and rule.max is None:
        return f"{rule.field} is given"
    return f"{rule.field} is {bounds(rule.min, rule.max)}"


def bounds(least: float | None, most: float | None) -> str:
    """Inclusive bounds in words: "18 to 75", "at least 18"."""
    if least is None or most is None:
        return f"at least {least:.15g}" if least is not None else f"at most {most:.15g}"
    return f"{least:.15g} to {most:.15g}"
