"""One run: what it came to, what was found, what was not tested, its files, and its report as it would be written."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from leadproof.core.errors import LeadproofError
from leadproof.runs.attestation import folder
from leadproof.runs.evidence.files import EXCHANGES
from leadproof.runs.formats import RENDERERS, latency, sections
from leadproof.runs.formats.cards import OperationCards, by_operation
from leadproof.runs.formats.html import numbered, script_source
from leadproof.runs.formats.view import View, arrange
from leadproof.web import contents
from leadproof.web.access import REPORT_POLICY
from leadproof.web.rendering import page
from leadproof.web.runs import BROKEN, FINISHED, ListedRun
from leadproof.web.site import Site

#: Clauses that the page shows with their findings; the report has the others.
MOST = 300

_PIECE = 256 * 1024


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


def show(request: Request) -> Response:
    """What the run came to; of one without a report, what its rows come to so far."""
    run = listed(request)
    site: Site = request.app.state.site
    report, problem = None, None
    if run.state != BROKEN:
        try:
            report = contents.known_of(run)
        except LeadproofError as error:
            problem = error
    try:
        files, more_files = contents.files(run)
    except LeadproofError as error:
        files, more_files, problem = [], 0, error
    common: dict[str, Any] = {
        "run": run, "problem": problem, "files": files, "more_files": more_files, "before": site.index.before(run),
        "finished": run.state == FINISHED, "vouched": _vouched(run),
    }  # fmt: skip
    if report is None:
        return page(request, "run", view=None, **common)
    with contents.naming_odd_values(run):
        view = arrange(report)
        found, left_out = findings(view)
        return page(
            request, "run", view=view, report=report, found=found, left_out=left_out,
            repeat=sections.repeat(report), scope=sections.scope(report), load=latency, **common,
        )  # fmt: skip


def _vouched(run: ListedRun) -> dict[str, Any]:
    """Is there a sealed attestation, and how many signatures lie beside it? Whether they hold, its own page says."""
    try:
        return {"sealed": folder.is_sealed(Path(run.path)), "signatures": len(folder.signature_files(Path(run.path)))}
    except LeadproofError:  # its own page says why
        return {"sealed": False, "signatures": 0}


def findings(view: View) -> tuple[dict[str, list[OperationCards]], int]:
    """What fails the run, warnings, and what is waived, by operation, with the cards of the whole report; and how many
    of these are left out.
    """
    found, room, left_out = {}, MOST, 0
    for name, cards in zip(("findings", "warnings", "waived"), numbered(view), strict=True):
        found[name] = by_operation(cards[:room])
        left_out += len(cards[room:])
        room -= len(cards[:room])
    return found, left_out


def report(request: Request) -> Response:
    """The report, rendered anew: whatever a directory holds as report.html is not trusted."""
    run = listed(request)
    if run.state == BROKEN:
        raise HTTPException(404)
    with contents.naming_odd_values(run):
        html = RENDERERS["html"].render(contents.known_of(run))
    policy = f"{REPORT_POLICY}; script-src {script_source()}"
    return HTMLResponse(html, headers={"content-security-policy": policy})


def file(request: Request) -> Response:
    """A file of the directory, to be saved: a browser shows and runs nothing of it."""
    found = contents.open_file(listed(request), request.path_params["file"])
    if found is None:
        raise HTTPException(404)
    listed_file, source = found
    size = os.fstat(source.fileno()).st_size
    plain = "".join(one if one.isascii() and (one.isalnum() or one in "._-") else "_" for one in listed_file.name)
    name = quote(listed_file.name.encode("utf-8", "replace"), safe="")
    headers = {
        "content-disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{name}",
        "content-length": str(size),
    }
    return StreamingResponse(_pieces(source, size), media_type="application/octet-stream", headers=headers)


def exchanges(request: Request) -> Response:
    """What a report links to beside itself."""
    run = listed(request)
    return RedirectResponse(f"/runs/{run.key}/files/{contents.file_key(f'{EXCHANGES}.ndjson')}")


def _pieces(source: BinaryIO, size: int) -> Iterator[bytes]:
    """As much of a file as it had when it was opened: it may be growing."""
    with source:
        while size > 0 and (piece := source.read(min(size, _PIECE))):
            size -= len(piece)
            yield piece


ROUTES = (
    Route("/runs/{key}", show),
    Route("/runs/{key}/report", report),
    Route(f"/runs/{{key}}/{EXCHANGES}.ndjson", exchanges),
    Route("/runs/{key}/files/{file}", file),
)
