"""Two runs side by side: what was mended, what is new, what stands; results of clauses, latency, objectives."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from leadproof.runs.comparison import compare
from leadproof.runs.formats import latency
from leadproof.runs.formats.cards import group_by_clause
from leadproof.runs.formats.changes import CHANGES, unlisted_in
from leadproof.runs.formats.parts import Row, mapping, rows
from leadproof.runs.formats.results import SHOWN
from leadproof.runs.formats.view import View, arrange
from leadproof.web import charts, contents
from leadproof.web.rendering import page
from leadproof.web.runs import ListedRun
from leadproof.web.site import Site

#: Clauses of a kind of change that are shown.
MOST = 200


def show(request: Request) -> Response:
    """The comparison, the run that began earlier first; or how two runs are chosen."""
    chosen = _chosen(request)
    if len(chosen) != 2:
        return page(request, "compare", chosen=False)
    earlier, later = sorted(chosen, key=lambda run: (run.started, run.key))
    if request.query_params.get("a") == later.key and not (earlier.started and later.started):
        earlier, later = later, earlier
    base, report = contents.known_of(earlier), contents.known_of(later)
    with contents.naming_odd_values(later):
        views = arrange(base), arrange(report)  # before what is known from the other is marked
        compare(base, report)
        found = mapping(report, "comparison")
        changes = [(name, group_by_clause(rows(found, name), views[1].clauses)) for name in CHANGES]
        return page(
            request, "compare", chosen=True, earlier=earlier, later=later, base=base, report=report, view=views[1],
            changes=changes, most=MOST, differs=found.get("differs") or [], uncompared=unlisted_in(found),
            results=_results(*views), clauses=_clauses(*views), objectives=_objectives(base, report),
            chart=charts.two_curves(mapping(base, "latency"), mapping(report, "latency")), figure=latency.figure,
        )  # fmt: skip


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


def _by_id(found: Iterable[Row], name: str) -> dict[str, Any]:
    return {str(row.get(name, "")): row for row in found}


ROUTES = (Route("/compare", show),)
