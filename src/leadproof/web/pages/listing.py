"""The list of runs: filtered, searched, a page at a time."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from leadproof.core.errors import LeadproofError
from leadproof.runs.attestation.folder import signature_files
from leadproof.web.index import Query
from leadproof.web.rendering import page
from leadproof.web.runs import STATES, ListedRun
from leadproof.web.site import Site

#: Runs on a page.
ROWS = 50

#: Digits of the number of a page that are read.
_DIGITS = 9

#: Runs that stay marked for a comparison, which takes two: an address has to hold them.
_MARKS = 20

#: What can be chosen, by the names of `Query`.
CHOICES = ("command", "verdict", "state", "subject")


def show(request: Request) -> Response:
    """The runs that are asked for, the newest first."""
    site: Site = request.app.state.site
    asked = request.query_params
    query = Query(**{name: asked.get(name, "") for name in (*CHOICES, "words")})
    number = site.index.count(query)
    last = max((number - 1) // ROWS, 0)
    wanted = asked.get("page", "")[:_DIGITS]
    at = min(max(int(wanted) - 1, 0) if wanted.isdecimal() else 0, last)
    kept = {name: value for name, value in asked.items() if value and name in (*CHOICES, "words")}

    marked = list(dict.fromkeys(asked.getlist("run")))[:_MARKS]

    def link(to: int) -> str:
        return f"/?{urlencode({**kept, 'page': to + 1, 'run': marked}, doseq=True)}"

    runs = site.index.runs(query, limit=ROWS, offset=at * ROWS)
    return page(
        request, "list", runs=runs, signed={run.key for run in runs if _is_signed(run)}, number=number, query=query,
        choices={name: _values(site, name) for name in CHOICES}, progress=site.index.progress,
        first=at * ROWS + 1, page_number=at + 1, pages=last + 1,
        marked=marked, elsewhere=_elsewhere(site, marked, runs),
        newer=link(at - 1) if at else "", older=link(at + 1) if at < last else "",
    )  # fmt: skip


def _elsewhere(site: Site, marked: Iterable[str], runs: Iterable[ListedRun]) -> list[ListedRun]:
    """Runs that are marked and not on this page."""
    shown = {run.key for run in runs}
    return [run for key in marked if key not in shown and (run := site.index.run(key)) is not None]


def _is_signed(run: ListedRun) -> bool:
    """Does a signature lie beside it? Looked up for the runs of a page alone; whether it holds, its own page says."""
    try:
        return bool(signature_files(Path(run.path)))
    except (LeadproofError, OSError, ValueError):  # ValueError: its name has characters that no file has
        return False


def _values(site: Site, name: str) -> list[str]:
    found = site.index.values(name)
    return [one for one in STATES if one in found] if name == "state" else sorted(list(found)[:100])


ROUTES = (Route("/", show),)
