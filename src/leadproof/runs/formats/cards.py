"""Findings as the page shows them: one card a clause, the places where it is broken below it, and as much of the
requests and responses as there is room for.

What was found a hundred times for one reason is one thing to repair, so it is one card. Pure; no markup here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from leadproof.core.findings import KINDS, shape
from leadproof.core.operations import OPERATIONS
from leadproof.core.text import visible
from leadproof.runs.formats.parts import media_of

Row = Mapping[str, Any]

#: Places that are shown with everything that is known of them, over all cards; those after them get a line each.
FULL = 60
LINES = 140

#: Characters of an exchange, request and response together, that are shown at most.
EXCHANGE = 4096

#: Evidence of a place, in the order in which it is worth its room: the part of the room that is left at its turn which
#: it may take.
EVIDENCE = {"response": 0.7, "request": 0.9, "twin": 0.9, "curl": 0.9}

#: Characters of what is shown besides an exchange.
_OTHERS = {"twin": 2048, "curl": 1800}

#: Bytes of markup around a piece of evidence, bytes of a note that there is more, and the least that is worth showing.
_MARKUP, _NOTE, _LEAST = 150, 130, 240


@dataclass(slots=True)
class Place:
    """One finding of a card."""

    row: Row
    #: "Create Lead, JSON"
    where: str
    #: XPath of the member, if the same member is broken in XML too; "" where nothing says so.
    xpath: str = ""
    #: Is there room for all that is known of it, or for a line only?
    full: bool = False
    #: request, response, twin, curl: what there was room for, cut.
    evidence: dict[str, str] = field(default_factory=dict)
    #: Is there evidence that found no room?
    left_out: bool = False


@dataclass(slots=True)
class Card:
    """A clause that is broken, and where."""

    #: Number on the page; the card's anchor is made of it.
    number: int
    clause: str
    #: The clause as the register has it; empty where the report holds no register.
    known: Row
    #: What went wrong, in the words of the first place.
    message: str
    places: list[Place]
    #: Places for which there is not even room for a line.
    dropped: Sequence[Row] = ()

    @property
    def first(self) -> Row:
        """The finding that stands for the card."""
        return self.places[0].row

    @property
    def times(self) -> int:
        """How often it was seen, over all its places."""
        return sum(map(_times, (*(place.row for place in self.places), *self.dropped)))

    @property
    def total(self) -> int:
        """All of its places, shown or not."""
        return len(self.places) + len(self.dropped)

    @property
    def operations(self) -> list[str]:
        """Headings of the operations it is broken in, with their representations, in the order of the table."""
        seen: dict[str, list[str]] = {}
        for place in self.places:
            media = seen.setdefault(str(place.row.get("operation") or ""), [])
            if (fmt := media_of(place.row).upper()) and fmt not in media:
                media.append(fmt)
        return [" ".join(part for part in (heading(name), " and ".join(seen[name])) if part) for name in _sorted(seen)]

    @property
    def touched(self) -> list[str]:
        """Ids of the operations it is broken in, in the order of the table."""
        return _sorted({str(row.get("operation") or "") for row in (*(one.row for one in self.places), *self.dropped)})


@dataclass(frozen=True, slots=True)
class OperationCards:
    """The cards of one operation, or those of clauses that are broken in several."""

    title: str
    cards: list[Card]


def by_operation(cards: Iterable[Card]) -> list[OperationCards]:
    """Cards under their operations, in the order of the table; those of several operations come first."""
    groups: dict[str, list[Card]] = {}
    for card in cards:
        groups.setdefault(card.touched[0] if len(card.touched) == 1 else "several", []).append(card)
    names = [name for name in ("several", *_sorted(groups.keys() - {"several"})) if name in groups]
    titles = {"several": "Several operations", "": "No single operation"}
    return [OperationCards(titles.get(name) or heading(name), groups[name]) for name in names]


def operations_in(cards: Sequence[Card]) -> list[tuple[str, str, int]]:
    """What cards may be narrowed down to: id and heading of each operation, and how many cards touch it."""
    touched = Counter(name for card in cards for name in card.touched if name in OPERATIONS)
    return [(name, heading(name), touched[name]) for name in OPERATIONS if name in touched]


def group_by_clause(
    findings: Iterable[Row], clauses: Mapping[str, Row], first: int = 1, full: int = FULL
) -> list[Card]:
    """Findings dealt to cards by clause, in the order in which they come.

    Args:
        findings: Rows of a report.
        clauses: The register of the report, by id.
        first: The number of the first card.
        full: Places that may be shown with everything; the first of each card comes before all others.
    """
    groups: dict[str, list[Row]] = {}
    for row in findings:
        groups.setdefault(str(row.get("clause") or row.get("kind") or ""), []).append(row)
    cards = []
    for number, (name, rows) in enumerate(groups.items(), first):
        shown = rows[: max(1, LINES // len(groups))]
        message = str(rows[0].get("message") or "")
        paths = {_member(row): str(row["xpath"]) for row in reversed(rows) if row.get("xpath")}
        places = [Place(row, _where(row), str(row.get("xpath") or "") or paths.get(_member(row), "")) for row in shown]
        cards.append(Card(number, name, clauses.get(name, {}), message, places, rows[len(shown) :]))
    for place in round_robin(cards)[:full]:
        place.full = True
    return cards


def round_robin(cards: Iterable[Card]) -> list[Place]:
    """The places of cards: the first of each, then the second of each, …"""
    ranked = [(at, card.number, place) for card in cards for at, place in enumerate(card.places)]
    return [place for _, _, place in sorted(ranked, key=lambda one: one[:2])]


def size_of_firsts(cards: Iterable[Card]) -> int:
    """Bytes that the exchanges of all first places take, whole."""
    size = 0
    for row in (card.first for card in cards if card.places[0].full):
        for name in ("request", "response"):
            if row.get(name):
                size += _size(visible(str(row[name]), _most(row, name))) + _NOTE
    return size


def attach_evidence(cards: Sequence[Card], room: int, failing: int | None = None) -> None:
    """Gives requests and responses to the places that are shown in full, until the room is used up.

    The first places of what fails the run come first, whole where they fit, then the first places of the others, then
    all second places: a shorter excerpt of everything is worth more than all of one thing.

    Args:
        cards: The cards of a page.
        room: Bytes of the page that are left for evidence.
        failing: How many of the cards, from the first on, fail the run; all by default.
    """
    room -= _NOTE * sum(place.full for card in cards for place in card.places)
    failing = len(cards) if failing is None else failing
    most = max((len(card.places) for card in cards), default=0)
    rounds = [(0, cards[:failing]), (0, cards[failing:]), *((at, cards) for at in range(1, most))]
    for at, dealt in rounds:
        places = [card.places[at] for card in dealt if at < len(card.places) and card.places[at].full]
        fits = at == 0 and size_of_firsts(dealt) <= room
        for name, usual in EVIDENCE.items():
            part = 1.0 if fits and name in ("response", "request") else usual
            wanted = sorted(
                ((min(len(str(place.row[name])), _most(place.row, name)), place) for place in places
                 if place.row.get(name)), key=lambda pair: pair[0],
            )  # fmt: skip
            budget = int(room * part)
            for number, (longest, place) in enumerate(wanted):  # the shortest first: what they leave is for the others
                share = budget // (len(wanted) - number) - _MARKUP
                if share < min(_LEAST, longest):
                    place.left_out = True
                    continue
                shown = visible(str(place.row[name]), min(longest, share))
                size = _size(shown)
                budget, room = budget - size, room - size
                place.evidence[name] = shown


def _size(shown: str) -> int:
    return len(shown.encode()) + 4 * sum(shown.count(sign) for sign in "&<>") + _MARKUP


def _most(row: Row, name: str) -> int:
    """How much of a piece of evidence is shown: of request and response each half of an exchange, and what the other
    leaves.
    """
    if name in _OTHERS:
        return _OTHERS[name]
    other = len(str(row.get({"request": "response", "response": "request"}[name]) or ""))
    return EXCHANGE - min(other, EXCHANGE // 2)


def _sorted(operations: Iterable[str]) -> list[str]:
    order = {name: at for at, name in enumerate(OPERATIONS)}
    return sorted(operations, key=lambda name: (order.get(name, len(order)), name))


def heading(operation: str) -> str:
    """The documented name of an operation."""
    return OPERATIONS[operation].heading if operation in OPERATIONS else operation


def meaning(kind: str) -> str:
    """A kind of finding in plain words: what `leadproof explain` says of it."""
    return KINDS.get(kind, "")


def _member(row: Row) -> tuple[str, str]:
    return str(row.get("operation") or ""), shape(str(row.get("pointer") or ""))


def _where(row: Row) -> str:
    return ", ".join(part for part in (heading(str(row.get("operation") or "")), media_of(row).upper()) if part)


def _times(row: Row) -> int:
    value = row.get("count")
    return value if isinstance(value, int) and value > 0 else 1
