"""Findings as the page shows them: one card a clause, the places where it is broken below it, and as much of the
requests and responses as there is room for.

What was found a hundred times for one reason is one thing to repair, so it is one card. Pure; no markup here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from leadproof.core.findings import KINDS, shape
from leadproof.core.operations import OPERATIONS
from leadproof.core.text import visible
from leadproof.runs.formats.parts import media_of

Row = Mapping[str, Any]

#: Places that are shown with everything that is known of them, over all cards; those after them get a line each.
FULL = 30
LINES = 140

#: Evidence of a place, in the order in which it is worth its room: the characters that are shown at most, and the part
#: of the room that is left at its turn which it may take.
EVIDENCE = {"response": (2400, 0.6), "twin": (2400, 0.4), "request": (1600, 0.5), "curl": (1800, 0.9)}

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
        order = {name: at for at, name in enumerate(OPERATIONS)}
        named = sorted(seen, key=lambda name: order.get(name, len(order)))
        return [" ".join(part for part in (heading(name), " and ".join(seen[name])) if part) for name in named]


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


def attach_evidence(cards: Sequence[Card], room: int) -> None:
    """Gives requests and responses to the places that are shown in full, until the room is used up.

    The first places of all cards share the room before the second places do: a shorter excerpt of everything is worth
    more than all of one thing.

    Args:
        cards: The cards of a page.
        room: Bytes of the page that are left for evidence.
    """
    room -= _NOTE * sum(place.full for card in cards for place in card.places)
    for at in range(max((len(card.places) for card in cards), default=0)):
        places = [card.places[at] for card in cards if at < len(card.places) and card.places[at].full]
        for name, (longest, part) in EVIDENCE.items():
            wanted = [place for place in places if place.row.get(name)]
            budget = int(room * part)
            for number, place in enumerate(wanted):
                share = budget // (len(wanted) - number) - _MARKUP
                if share < _LEAST:
                    place.left_out = True
                    continue
                shown = visible(str(place.row[name]), min(longest, share))
                size = len(shown.encode()) + 4 * sum(shown.count(sign) for sign in "&<>") + _MARKUP
                budget, room = budget - size, room - size
                place.evidence[name] = shown


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
