"""How the runs of one subject went over time, from the index alone: no report is read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from leadproof.core.text import seconds
from leadproof.web import charts
from leadproof.web.catalogue import Catalogue, catalogue
from leadproof.web.index import Query
from leadproof.web.rendering import page
from leadproof.web.runs import FINISHED, ListedRun
from leadproof.web.site import Site

#: Runs of a trend, and subjects of the choice.
RUNS, SUBJECTS = 200, 200


def show(request: Request) -> Response:
    """The trend of a subject, or the subjects to choose from."""
    site: Site = request.app.state.site
    asked = request.query_params
    command, subject, words = asked.get("command", ""), asked.get("subject", ""), asked.get("words", "")
    if not (command or subject):
        subjects = site.index.subjects(words, limit=SUBJECTS)
        return page(request, "trends", subjects=subjects, words=words, link=link, most=SUBJECTS)
    query = Query(command=command, subject=subject, state=FINISHED)
    runs = site.index.runs(query, limit=RUNS)[::-1]
    return page(
        request, "trend", command=command, subject=subject, runs=runs, total=site.index.count(query),
        charts=charts.trend(runs), seconds=seconds, changes=list(changes(runs, catalogue(site.language))),
        steps=list(dict.fromkeys(step for run in runs for step in run.latency)),
        objectives=list(dict.fromkeys(name for run in runs for name in run.objectives)),
    )  # fmt: skip


def changes(runs: Sequence[ListedRun], text: Catalogue) -> Iterator[tuple[str, str, str, str]]:
    """How p99 of each step changed: step, the first and the last that was measured, and the change in words.

    Args:
        runs: The oldest first.
        text: Has the words.
    """
    for step in dict.fromkeys(step for run in runs for step in run.latency):
        measured = [run.latency[step][1] for run in runs if step in run.latency]
        if len(measured) > 1 and measured[0] > 0:
            yield step, seconds(measured[0]), seconds(measured[-1]), _words(measured[-1] / measured[0], text)


def _words(ratio: float, text: Catalogue) -> str:
    if ratio >= 2:
        return text("trends.change_times", times=f"{ratio:,.0f}" if ratio >= 10 else f"{ratio:.1f}".removesuffix(".0"))
    if abs(ratio - 1) < 0.005:
        return text("trends.change_same")
    return text("trends.change_higher" if ratio > 1 else "trends.change_lower", share=f"{abs(ratio - 1):.0%}")


def link(command: str, subject: str) -> str:
    """The address of the trend of a subject."""
    return f"/trends?{urlencode({'command': command, 'subject': subject})}"


ROUTES = (Route("/trends", show),)
