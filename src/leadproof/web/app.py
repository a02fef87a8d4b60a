"""The application: every page's routes, the static files, and who may come in."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import cache
from importlib import resources

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from leadproof.core.errors import LeadproofError
from leadproof.runs.formats.templates import template
from leadproof.runs.formats.view import RESULTS
from leadproof.web.access import Access, Guarded
from leadproof.web.pages import attest, comparing, listing, live, mock, paste, reference, run, trends
from leadproof.web.rendering import page
from leadproof.web.site import Site

#: Each has `ROUTES`. A new page is one module and its row here.
PAGES = (listing, run, attest, comparing, trends, reference, live, paste, mock)

#: File below /static/ -> its type.
_STATIC = {"htmx.min.js": "text/javascript", "page.js": "text/javascript"}


def application(site: Site, access: Access) -> ASGIApp:
    """The pages as an ASGI application."""
    app = Starlette(
        routes=list(_routes()),
        exception_handlers={HTTPException: _refused, LeadproofError: _failed, Exception: _broken},
    )
    app.state.site = site
    return Guarded(app, access)


def _routes() -> Iterator[BaseRoute]:
    for module in PAGES:
        yield from module.ROUTES
    yield Route("/static/{name}", _static)


def _static(request: Request) -> Response:
    name = request.path_params["name"]
    if name == "style.css":
        content, kind = _style(), "text/css"
    elif name in _STATIC:
        content, kind = (resources.files(__package__) / "static" / name).read_bytes(), _STATIC[name]
    else:
        raise HTTPException(404)
    tag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
    headers = {"etag": tag, "cache-control": "no-cache"}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    return Response(content, media_type=kind, headers=headers)


@cache
def _style() -> bytes:
    """The styles of the report, and what the pages have besides."""
    report: str = template("style.css.j2").render(symbols=RESULTS)
    return (report + template("page/page.css.j2").render()).encode()


def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    message = "" if error.status_code == 404 else error.detail
    response = page(request, "problem", error.status_code, message=message, hint="")
    response.headers.update(error.headers or {})
    return response


def _failed(request: Request, error: Exception) -> Response:
    assert isinstance(error, LeadproofError)
    return page(request, "problem", 422, message=error.message, hint=error.hint)


def _broken(request: Request, error: Exception) -> Response:
    """What leadproof itself did wrong: its kind and place, as on the command line, and nothing of what was read."""
    return PlainTextResponse(f"leadproof itself failed: {type(error).__name__}; please report it\n", 500)
