"""A page as a response: its template of `reports/templates/page/`, with what every page has."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse

from leadproof import __version__
from leadproof.runs.formats.templates import template
from leadproof.web.catalogue import catalogue
from leadproof.web.site import Site

#: Of htmx: a request for a part of a page instead of the whole.
PART = "hx-request"


def page(request: Request, name: str, status: int = 200, **values: Any) -> HTMLResponse:
    """A page.

    Args:
        request: Asks for it.
        name: Of its template, such as "list".
        status: Of the response.
        values: What the template shows. All of it is escaped there.
    """
    site: Site = request.app.state.site
    text = catalogue(site.language)
    rendered = template(f"page/{name}.html.j2").render(
        **values, t=text, site=site, here=request.url.path, version=__version__, part=PART in request.headers,
    )  # fmt: skip
    return HTMLResponse(rendered, status)
