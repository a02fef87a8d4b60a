"""Values of single fields: what a field takes, what a campaign's criteria take of it, and what they rule out.

Plain candidates in an order of preference, no chance. Everything is tried against the rules of the profile before it is
given, so that what comes out of here is taken, or is "" where nothing is known that would be.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime

from leadproof.contract.profile import Campaign, Criterion, Field, LeadType
from leadproof.contract.profile.breaches import passes
from leadproof.contract.profile.formats import DATES, written
from leadproof.generate.identities import Identity, made

#: The day from which ages count, unless a maker is given another: made-up leads are old enough for years to come.
TODAY = date(2026, 7, 1)

#: Values for required fields of which the profile shows none, by format.
_PLAIN = {
    "text": ("Sample", "Yes", "Y", "1", "0"),
    "integer": ("7", "1", "0"),
    "number": ("7.5", "7", "1", "0"),
    "boolean": ("true",),
    "date": ("1985-04-12",),
    "datetime": ("2026-01-31T16:25:12Z",),
    "zip": ("75001",),
    "state": ("TX",),
    "ip": ("192.0.2.17",),
    "url": ("https://leads.example/",),
}

#: Values that no criterion of a sensible profile takes, by format, in the order of preference.
_OUTSIDE = {
    "state": ("AK", "HI", "VT", "WY"),
    "zip": ("99501", "96801"),
    "integer": ("0",),
    "number": ("0",),
    "boolean": ("false", "true", "no", "yes", "0", "1"),
    "text": ("Nowhere",),
}


def plain(field: Field, today: date = TODAY) -> str:
    """A value that follows a field's rules, where the profile shows none; "" if none is known."""
    return next((one for one in _plain(field, today) if one and not field.fault(one, today)), "")


def _plain(field: Field, today: date) -> Iterator[str]:
    yield field.constant
    yield from (*field.allowed, *field.examples)
    yield made(field, Identity(1))
    if field.format in DATES:
        yield from _days(field, today)
    if field.mask:
        yield _filled(field.mask)
    yield from _between(field.min, field.max)
    for text in _PLAIN.get(field.format, ()):
        yield text[: field.max_length]


def _days(field: Field, today: date) -> Iterator[str]:
    years = [41] if not field.ages else _ages(field.min_age, field.max_age)
    for age in years:
        when = _january(today.year - age)
        yield written(field.mask, when) if field.mask else f"{when:%Y-%m-%d}"
        yield f"{when:%Y-%m-%dT%H:%M:%SZ}"


def _january(year: int) -> datetime:
    """A moment in January, so that an age holds for the rest of the year."""
    return datetime(year, 1, 15, 16, 25, 12, tzinfo=UTC)


def _ages(least: int | None, most: int | None) -> Iterator[int]:
    """Ages within bounds, the one farthest from both first: a birthday soon should not matter."""
    low, high = least or 0, 99 if most is None else most
    yield (low + min(high, low + 40)) // 2 if least is not None else max(0, high - 20)
    yield from (low, high)


def _filled(mask: str) -> str:
    digits = iter("2125550101" * 4)
    return "".join(next(digits, "0") if sign == "#" else sign for sign in mask)


def _between(least: float | None, most: float | None) -> Iterator[str]:
    bounds = [one for one in (least, most) if one is not None]
    if len(bounds) == 2:
        yield number((bounds[0] + bounds[1]) // 2)
    yield from (number(one) for one in bounds)
    yield from (f"{one:.15g}" for one in bounds)


def number(value: float) -> str:
    """A number as people write it."""
    return str(int(value)) if value == int(value) else str(value)


def candidates(field: Field, kind: LeadType, today: date = TODAY) -> list[str]:
    """Values that a lead may have in a field: those that the profile names, but for the ones that make it a test."""
    tests = {one.value for one in kind.test_triggers if one.field == field.name}
    known = (field.constant,) if field.constant else field.allowed or field.examples
    return [one for one in known if one not in tests and not field.fault(one, today)]


def fitting(field: Field, campaign: Campaign, kind: LeadType, today: date = TODAY) -> list[str]:
    """Values of a field that a campaign takes, of those that the profile names, else of those that are known."""
    criteria = [one for one in campaign.criteria if one.field == field.name]
    tests = {one.value for one in kind.test_triggers if one.field == field.name}
    bounds = [number(one) for one in _bounds(criteria)]
    choices: tuple[Iterable[str], ...] = (
        (field.constant,) if field.constant else (*field.allowed, *field.examples),
        [one for criterion in criteria if not criterion.exclude for one in criterion.one_of],
        bounds,
        _of_ages(field, criteria, today),
        _plain(field, today)
        if criteria or field.required_in_ping or field.required_in_post or field.required_if
        else (),
    )
    for values in choices:
        found = [
            one for one in values if one and one not in tests and not field.fault(one, today)
            and all(passes(criterion, field, one, today) for criterion in criteria)
        ]  # fmt: skip
        if found:
            return list(dict.fromkeys(found))
    return []


def _of_ages(field: Field, criteria: list[Criterion], today: date) -> Iterator[str]:
    for criterion in criteria:
        if criterion.exclude or (criterion.min_age is None and criterion.max_age is None):
            continue
        for age in _ages(criterion.min_age, criterion.max_age):
            yield written(field.mask or "YYYY-MM-DD", _january(today.year - age))


def _bounds(criteria: list[Criterion]) -> Iterator[float]:
    for criterion in criteria:
        yield from (one for one in (criterion.min, criterion.max) if one is not None)


def ruled_out(criterion: Criterion, field: Field, today: date = TODAY) -> Iterator[str]:
    """Values that are right for the field and wrong for the criterion."""
    beyond = [f"{int(bound) + step}" for bound in _bounds([criterion]) for step in (-1, 1)]
    ages = (2, 110) if criterion.min_age or criterion.max_age else ()
    births = [written(field.mask or "YYYY-MM-DD", _january(today.year - age)) for age in ages]
    excluded = criterion.one_of if criterion.exclude else ()
    listed = (*excluded, *field.allowed, *field.examples, *_OUTSIDE.get(field.format, ()), *beyond, *births)
    yield from (one for one in listed if not field.fault(one, today) and not passes(criterion, field, one, today))
