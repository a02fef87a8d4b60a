"""One run: what it came to, and its report as it would be written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from leadproof.runs.evidence.reading import read_report
from leadproof.runs.formats import RENDERERS
from leadproof.runs.formats.view import arrange
from leadproof.web.access import REPORT_POLICY
from leadproof.web.rendering import page
from leadproof.web.runs import BROKEN, FINISHED, ListedRun
from leadproof.web.site import Site


def listed(request: Request) -> ListedRun:
    """The run that the address names.

    Raises:
        HTTPException: There is none.
    """
    site: Site = request.app.state.site
    found = site.index.run(request.path_params["key"])
    if found is None:
        raise HTTPException(404)
    return found


def report_of(run: ListedRun) -> dict[str, Any]:
    """The report of a run, as its directory has it.

    Raises:
        InputError: It cannot be read.
        HTTPException: The run has none.
    """
    if run.state != FINISHED:
        raise HTTPException(404)
    return read_report(Path(run.path))


def show(request: Request) -> Response:
    """What the run came to."""
    run = listed(request)
    if run.state != FINISHED:
        return page(request, "run", run=run, view=None, broken=run.state == BROKEN)
    return page(request, "run", run=run, view=arrange(report_of(run)), broken=False)


def report(request: Request) -> Response:
    """The report, rendered anew: whatever a directory holds as report.html is not trusted."""
    html = RENDERERS["html"].render(report_of(listed(request)))
    return HTMLResponse(html, headers={"content-security-policy": REPORT_POLICY})


ROUTES = (Route("/runs/{key}", show), Route("/runs/{key}/report", report))
