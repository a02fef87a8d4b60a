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

#: Evidence of a place, in the order in which it is worth its room; what stands together shares it.
EVIDENCE = (("response", "request"), ("twin",), ("curl",))

#: Characters of what is shown besides an exchange.
_OTHERS = {"twin": 2048, "curl": 1800}

#: Bytes of markup around a piece of evidence (of curl's, with what it says below), bytes of a note that there is more,
#: and the least that is worth showing.
_MARKUP, _OF_CURL, _NOTE, _LEAST = 150, 260, 130, 240


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
    #: Is there a request or a response that found no room, or not enough?
    left_out: bool = False
    #: The card and the clause under which the same exchange is shown; none where it is shown here.
    shown_at: tuple[int, str] | None = None


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


def in_page_order(cards: Sequence[Card]) -> list[Card]:
    """Cards in the order in which the page shows them, numbered in it: what comes first is shown and printed first."""
    ordered = [card for group in by_operation(cards) for card in group.cards]
    for number, card in enumerate(ordered, min((card.number for card in cards), default=1)):
        card.number = number
    return ordered


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
    return [place for _, place in _ranked(cards)]


def _ranked(cards: Iterable[Card]) -> list[tuple[Card, Place]]:
    ranked = [(at, card.number, card, place) for card in cards for at, place in enumerate(card.places)]
    return [(card, place) for _, _, card, place in sorted(ranked, key=lambda one: one[:2])]


def share_exchanges(cards: Iterable[Card]) -> None:
    """Lets the first card with an exchange show it; others whose clauses it breaks, too, name that card."""
    seen: dict[tuple[str, ...], tuple[int, str]] = {}
    for card, place in _ranked(cards):
        messages = tuple(str(place.row.get(name) or "") for name in ("request", "response", "twin"))
        if place.full and any(messages):
            first = seen.setdefault(messages, (card.number, card.clause))
            place.shown_at = first if first[0] != card.number else None


def size_of_firsts(cards: Sequence[Card]) -> int:
    """Bytes that the exchanges of all first places take, whole, and notes that those of the others are elsewhere."""
    size = _size_of_notes(cards)
    for place in (card.places[0] for card in cards if card.places[0].full):
        for name in EVIDENCE[0]:
            if place.row.get(name) and not place.shown_at:
                size += _size(visible(str(place.row[name]), _most(place.row, name)), name)
    return size


def attach_evidence(cards: Sequence[Card], room: int, failing: int | None = None) -> None:
    """Gives requests and responses to the places that are shown in full, until the room is used up.

    The first places come before all second ones, and their exchanges before curl commands; of those, what fails the run
    comes first. Where the room does not suffice, the shortest stay whole and the longest are cut.

    Args:
        cards: The cards of a page.
        room: Bytes of the page that are left for evidence.
        failing: How many of the cards, from the first on, fail the run; all by default.
    """
    failing = len(cards) if failing is None else failing
    room -= _size_of_notes(cards)
    for at in range(max((len(card.places) for card in cards), default=0)):
        shown = [
            [card.places[at] for card in dealt if at < len(card.places) and card.places[at].full]
            for dealt in (cards[:failing], cards[failing:])
        ]
        for names in EVIDENCE:
            for places in shown:
                room -= _attach(places, names, room)


def _attach(places: Iterable[Place], names: Sequence[str], room: int) -> int:
    """Gives pieces of evidence with these names to places, as far as the room goes; the bytes that they take."""
    wanted: list[tuple[int, int, str, Place, str]] = []
    for place in places:
        for name in names:
            if place.row.get(name) and not place.shown_at:
                whole = visible(str(place.row[name]), _most(place.row, name))
                wanted.append((_size(whole, name), len(wanted), name, place, whole))
    left = room
    for number, (size, _, name, place, whole) in enumerate(sorted(wanted)):  # what the shortest leave is for the others
        share = left // (len(wanted) - number)
        shown = whole
        if size > share:
            if name != "curl":  # which says what the request says
                place.left_out, left = True, left - _NOTE
            if share < _LEAST + _markup(name):
                continue
            shown = visible(str(place.row[name]), len(whole) * (share - _markup(name)) // size)
        left -= _size(shown, name)
        place.evidence[name] = shown
    return room - left


def _size_of_notes(cards: Iterable[Card]) -> int:
    return _NOTE * sum(place.full for card in cards for place in card.places[1:])


def _markup(name: str) -> int:
    return _OF_CURL if name == "curl" else _MARKUP


def _size(shown: str, name: str) -> int:
    return len(shown.encode()) + 4 * sum(shown.count(sign) for sign in "&<>") + _markup(name)


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
