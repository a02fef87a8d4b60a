"""The compliance report: one HTML file without network or fonts, readable where every style and script is blocked.

Its one script narrows what is shown; the page names it by its hash and lets no other run. `templates` has the templates
and what they may do; `cards` and `sections` arrange what only this format shows.
"""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from markupsafe import Markup

from leadproof.core.operations import OPERATIONS
from leadproof.runs.formats import cards, latency, loads, results, sections, situations, times
from leadproof.runs.formats.outcome import sentence
from leadproof.runs.formats.templates import template
from leadproof.runs.formats.view import View, arrange

#: Bytes that a page should not be larger than: requests and responses get what the rest leaves.
MOST = 300_000

#: Where the evidence of the failures finds no room, a page leaves out what stands elsewhere too: from 1 on what the
#: places behind the readings say, the drawings of a load probe, and in the table of clauses the words of those with a
#: card; from 2 on the words of clauses that passed.
_LEANEST = 2

_MOST_LINES = 200
#: Files with a problem that are shown.
_MOST_FILES = 50
#: Broken clauses that the cover names.
_INDEXED = 8
_BAR_WIDTH = 1000

#: A colour for each result that can be told from white and from black.
_COLOURS = {
    "passed": "#2a8c5a",
    "failed": "#cf3f3f",
    "warning": "#b8892b",
    "untested": "#4a86b8",
    "untestable": "#a3a8ae",
    "inapplicable": "#8b919a",
    "waived": "#7a68c9",
    "known": "#9a5fa8",
}

#: What is called how in the report of a service, and in that of a client.
SERVICE = {
    "kicker": "Compliance report · LeadExec lead receiver API, version 2", "title": "LeadExec lead receiver API v2",
    "bar": "Clauses by result", "one": "clause", "index": "Clauses that are broken", "failures": "Failed requirements",
    "fine": "All tested requirements passed.",
}  # fmt: skip
CLIENT = {
    "kicker": "Certification of a client · LeadExec lead receiver API, version 2",
    "title": "a client of the LeadExec lead receiver API v2", "bar": "Situations by result", "one": "situation",
    "index": "Situations that failed",
    "failures": "Failed situations", "fine": "All situations that were decided passed.",
}  # fmt: skip
SYMBOLS = {
    "passed": "✓", "failed": "✗", "warning": "!", "untested": "○", "untestable": "–", "inapplicable": "·",
    "waived": "~", "known": "=",
}  # fmt: skip


@cache
def _script() -> str:
    return template("narrow.js.j2").render()


def script_source() -> str:
    """The one script of the page as a source of a Content-Security-Policy (CSP level 3, section 2.3.1)."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(_script().encode()).digest()).decode()}'"


def numbered(view: View) -> tuple[list[cards.Card], list[cards.Card], list[cards.Card]]:
    """The cards of what fails the run, of warnings, and of what is waived, with the numbers of their anchors."""
    waived = [row for row in view.advice if row.get("waived")]
    advised = [row for row in view.advice if not row.get("waived")]
    failures = cards.in_page_order(cards.group_by_clause(view.failures, view.clauses))
    left = cards.FULL - sum(place.full for card in failures for place in card.places)
    rest = max(left, len(advised) and 4)
    advice = cards.in_page_order(cards.group_by_clause(advised, view.clauses, len(failures) + 1, rest))
    taken_on = cards.in_page_order(cards.group_by_clause(waived, view.clauses, len(failures) + len(advice) + 1, 4))
    return failures, advice, taken_on


def card_of_clause(dealt: Sequence[cards.Card]) -> dict[str, int]:
    """Clause -> the number of its first card."""
    return {card.clause: card.number for card in reversed(dealt)}


def render(report: Mapping[str, Any]) -> str:
    """The report as one HTML document."""
    view = arrange(report)
    failures, advice, taken_on = numbered(view)
    dealt = [*failures, *advice, *taken_on]
    given = {
        "view": view,
        "report": report,
        "run": view.run,
        "failures": failures,
        "advice": advice,
        "waived": taken_on,
        "card_of_clause": card_of_clause(dealt),
        "operations": OPERATIONS,
        "results": [name for name in view.results if view.results[name] or name in ("passed", "failed")],
        "symbols": SYMBOLS,
        "called": {} if view.situations else results.CALLED,
        "bar": _bar(view),
        "most_lines": _MOST_LINES,
        "most_files": _MOST_FILES,
        "most_indexed": _INDEXED,
        "disclaimer": view.disclaimer,
        "sections": sections,
        "situations": situations,
        "groups": situations.groups(report),
        "words": CLIENT if situations.of_client(report) else SERVICE,
        "meaning": cards.meaning,
        "heading": cards.heading,
        "cards": cards,
        "times": times,
        "load": latency,
        "charts": latency.charts(report),
        "load_told": loads.told(view.load),
        "sentence": sentence,
        "script": Markup(_script()),
        "script_source": Markup(script_source()),
    }
    cards.share_exchanges(dealt)
    whole = cards.size_of_firsts(dealt)
    for lean in range(_LEANEST + 1):
        places: list[cards.Place] = []
        page = template("report.html.j2").render({**given, "lean": lean, "evidence_of": _marking(places)})
        parts = page.split("\0")
        bare = _size(parts, places)
        if not dealt or bare + whole <= MOST:
            break
    cards.attach_evidence(dealt, MOST - bare, len(failures))
    return "".join(_filled(parts, places))


def _marking(places: list[cards.Place]) -> Callable[[cards.Place], Markup]:
    """What a template calls where the evidence of a place belongs: it leaves a mark, and takes the place down.

    The mark is its number in `places` between two NULs, which no page has, for they are spelled out.
    """

    def evidence_of(place: cards.Place) -> Markup:
        places.append(place)
        return Markup(f"\0{len(places) - 1}\0")

    return evidence_of


def _filled(parts: list[str], places: list[cards.Place]) -> list[str]:
    """The parts of a page, split at its marks, with what there is to see of the places that are marked."""
    evidence = template("evidence.html.j2")
    return [evidence.render(place=places[int(part)]) if at % 2 else part for at, part in enumerate(parts)]


def _size(parts: list[str], places: list[cards.Place]) -> int:
    """Bytes of a page with what its places show so far."""
    return sum(len(part.encode()) for part in _filled(parts, places))


def _bar(view: View) -> list[dict[str, Any]]:
    """The pieces of the bar of results: x and width in its own units; a piece that exists can be seen."""
    numbers = Counter(one.result for one in view.situations.values()) if view.situations else view.results
    shown = [(name, numbers[name]) for name in view.results if numbers[name]]
    total = sum(number for _, number in shown)
    pieces, at = [], 0.0
    least = 5.0
    room = _BAR_WIDTH - least * len(shown)
    for name, number in shown:
        width = least + room * number / total
        pieces.append(
            {
                "name": name,
                "number": number,
                "x": round(at, 1),
                "width": round(max(width - 2, 1), 1),
                "colour": _COLOURS.get(name, "#8b919a"),
            }
        )
        at += width
    return pieces
