"""Which clauses of the register are about what changed: by operation, direction and member."""

from __future__ import annotations

import re
from functools import cache

from leadproof import bodies
from leadproof.commands.diff.model import Location
from leadproof.contract import specs
from leadproof.core.operations import OPERATIONS

#: Direction -> subjects of clauses that are about it.
_SUBJECTS = {"request": ("request",), "response": ("response",)}


def operations_of(where: str) -> tuple[str, ...]:
    """The documented operations that "POST /path" or an id names; none for what the documentation does not have."""
    if where in OPERATIONS:
        return (where,)
    method, _, path = where.partition(" ")
    return tuple(
        row.id for row in OPERATIONS.values() if (row.method, _template(row.path)) == (method, _template(path))
    )


def _template(path: str) -> str:
    return re.sub(r"\{[^}]*\}", "{}", path)


def clauses_of(document: str, places: list[Location]) -> tuple[str, ...]:
    """Ids of the clauses about some places, in the order of the register."""
    named = {clause for place in places for clause in _at(document, place)}
    return tuple(name for name in specs.clauses() if name in named)


def _at(document: str, place: Location) -> tuple[str, ...]:
    if document == "clauses":
        return (place.member,) if place.member in specs.clauses() else ()
    if document == "readings":
        return tuple(clause.id for clause in specs.clauses().values() if place.member in clause.readings)
    if document == "xsd":
        return tuple(clause for subject, xpath, clause in _by_xpath() if xpath == _plain(place.member)
                     and subject in _SUBJECTS.get(place.direction, ("request", "response")))  # fmt: skip
    member = place.member.removesuffix("/*")
    return tuple(
        clause.id
        for clause in specs.clauses().values()
        if clause.member
        and clause.member == member
        and clause.subject in _SUBJECTS.get(place.direction, ("request", "response"))
        and set(clause.operations) & set(operations_of(place.where))
        and (not place.media or set(clause.media) & set(place.media))
    )


@cache
def _by_xpath() -> tuple[tuple[str, str, str], ...]:
    """Subject, XPath and id of every clause about a member of an XML body."""
    rows = []
    for clause in specs.clauses().values():
        if not clause.member.startswith("/") or clause.subject not in ("request", "response"):
            continue
        for operation, media in clause.cells():
            if media == "xml":
                xpath = bodies.xpath_of(operation, clause.subject, clause.member.replace("*", "0"))
                rows.append((clause.subject, _plain(xpath), clause.id))
    return tuple(dict.fromkeys(rows))


def _plain(xpath: str) -> str:
    """An XPath without positions and prefixes: the two readings of namespaces differ in prefixes only."""
    return re.sub(r"\[\d+\]|(?<=/)d2p1:", "", xpath)
