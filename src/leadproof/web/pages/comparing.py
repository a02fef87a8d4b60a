"""Two runs side by side: what was mended, what is new, what stands; results of clauses, latency, objectives."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from leadproof.runs.comparison import compare
from leadproof.runs.formats import chart, situations
from leadproof.runs.formats.cards import Card, group_by_clause
from leadproof.runs.formats.changes import CHANGES, unlisted_in
from leadproof.runs.formats.html import card_of_clause, numbered
from leadproof.runs.formats.parts import Row, mapping, rows
from leadproof.runs.formats.results import SHOWN
from leadproof.runs.formats.view import LEVELS, View, arrange
from leadproof.runs.verdicts import fails
from leadproof.web import charts, contents, latencies
from leadproof.web.rendering import page
from leadproof.web.runs import ListedRun
from leadproof.web.site import Site

#: Kinds of change whose findings are those of the earlier run.
_GONE = ("fixed", "unseen")

#: Verdict on an objective -> what it was.
_OBJECTIVES = {"FAIL": "missed", "PASS": "met"}

#: Clauses of a kind of change that are shown.
MOST = 200


def show(request: Request) -> Response:
    """The comparison, the run that began earlier first; or how two runs are chosen."""
    chosen = _chosen(request)
    if len(chosen) != 2:
        return page(request, "compare", chosen=False, marked=chosen)
    earlier, later = sorted(chosen, key=lambda run: (run.started, run.key))
    if request.query_params.get("a") == later.key and not (earlier.started and later.started):
        earlier, later = later, earlier
    base, report = contents.known_of(earlier), contents.known_of(later)
    with contents.naming_odd_values(later):
        views = arrange(base), arrange(report)  # before what is known from the other is marked
        cards = [card_of_clause([card for part in numbered(view) for card in part]) for view in views]
        sides = tuple(zip((earlier, later), (base, report), cards, strict=True))
        compare(base, report)
        found = mapping(report, "comparison")
        changes = []
        for name in CHANGES:
            run, whose, numbers = sides[name not in _GONE]
            changes.append((name, run.key, _cards(rows(found, name), whose, views, numbers)))
        return page(
            request, "compare", chosen=True, earlier=earlier, later=later, base=base, report=report, view=views[1],
            changes=changes, most=MOST, summary=_summary({name: found for name, _, found in changes}),
            differs=found.get("differs") or [], uncompared=unlisted_in(found),
            results=_results(*views), clauses=_clauses(*views), objectives=(goals := _objectives(base, report)),
            turned=_turned(goals),
            chart=charts.two_curves(mapping(base, "latency"), mapping(report, "latency")), figure=chart.figure,
            client=all(map(situations.of_client, (base, report))), change=latencies.changed(earlier, later),
        )  # fmt: skip


def _cards(found: Iterable[Row], whose: Row, views: tuple[View, View], numbers: Mapping[str, int]) -> list[Card]:
    """A card a clause, what fails a run first. A finding counts by its clause alone: that it stood before, or is known
    from a baseline, is no excuse here.

    Args:
        found: Findings of one kind of change.
        whose: The report that they are of.
        views: Of both reports.
        numbers: Clause -> number of its card in the report that they are of.
    """
    fail_on = str(mapping(whose, "run").get("fail_on") or "must")
    clauses = views[0].clauses | views[1].clauses
    counted = [{**row, "known": False, "decides": _decides(row, clauses, fail_on)} for row in found]
    cards = group_by_clause(sorted(counted, key=lambda row: (not row["decides"], _level(row, clauses))), clauses)
    for card in cards:
        card.number = numbers[card.clause]
    return cards


def _summary(changes: Mapping[str, Iterable[Card]]) -> tuple[str, dict[str, int]]:
    """What became of the requirements that fail a run: the name of a text, and how many came to what.

    One that fails in some places still, or in others anew, is not mended.
    """
    counts, counted = {}, set[str]()
    for name in ("still", "new", "fixed", "unseen"):
        clauses = {card.clause for card in changes[name] if card.first["decides"]} - counted
        counted |= clauses
        counts[name] = len(clauses)
    return next((name for name in ("still", "new", "unseen", "fixed") if counts[name]), "none"), counts


def _decides(row: Row, clauses: Mapping[str, Row], fail_on: str) -> bool:
    known = clauses.get(str(row.get("clause", "")), {})
    level, basis = (str(row.get(name) or known.get(name) or "") for name in ("level", "basis"))
    return not row.get("waived") and fails(level or "must", basis or "documented", fail_on)


def _level(row: Row, clauses: Mapping[str, Row]) -> int:
    level = row.get("level") or clauses.get(str(row.get("clause", "")), {}).get("level") or "must"
    return LEVELS.index(level) if level in LEVELS else len(LEVELS)


def _chosen(request: Request) -> list[ListedRun]:
    """The runs that an address names, once each.

    Raises:
        HTTPException: There is no such run.
    """
    site: Site = request.app.state.site
    asked = request.query_params
    keys = [one for one in (asked.get("a"), asked.get("b"), *asked.getlist("run")) if one]
    found = [site.index.run(key) for key in dict.fromkeys(keys)]
    if None in found:
        raise HTTPException(404)
    return [run for run in found if run is not None]


def _results(before: View, now: View) -> list[tuple[str, int, int]]:
    """Result -> clauses with it in both runs, counted as in their reports."""
    return [(name, before.results.get(name, 0), now.results.get(name, 0)) for name in SHOWN]


def _clauses(before: View, now: View) -> list[tuple[str, str, str, str]]:
    """Clauses that came to something else: id, text, result before, result now. "" where a run does not know it."""
    return [
        (name, str((now.clauses.get(name) or before.clauses[name]).get("text", "")), old, new)
        for name in dict.fromkeys([*now.shown, *before.shown])
        if (old := before.shown.get(name, "")) != (new := now.shown.get(name, ""))
    ]


def _objectives(base: Row, report: Row) -> list[tuple[str, Row, Row]]:
    before, now = (_by_id(rows(mapping(one, "latency"), "objectives"), "name") for one in (base, report))
    return [(name, before.get(name, {}), now.get(name, {})) for name in dict.fromkeys([*before, *now])]


def _turned(objectives: Iterable[tuple[str, Row, Row]]) -> dict[str, list[str]]:
    """What became of objectives that came to something else -> their names."""
    found: dict[str, list[str]] = {"missed": [], "met": []}
    for name, before, now in objectives:
        if before and before.get("verdict") != now.get("verdict") in _OBJECTIVES:
            found[_OBJECTIVES[now["verdict"]]].append(name)
    return found


def _by_id(found: Iterable[Row], name: str) -> dict[str, Any]:
    return {str(row.get(name, "")): row for row in found}


ROUTES = (Route("/compare", show),)
