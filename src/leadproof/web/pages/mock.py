"""The last exchanges of a running mock, live: a list that renews itself, and each exchange by itself."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from leadproof.web.catalogue import catalogue
from leadproof.web.partner import message, remedy
from leadproof.web.rendering import page
from leadproof.web.site import Site

if TYPE_CHECKING:  # its HTTP client takes longer to load than all the rest, and few pages have a mock
    from leadproof.web.watching import MockWatch


#: Digits of the number of an exchange at most.
_DIGITS = 18


def watch(request: Request) -> MockWatch:
    """The mock that is watched.

    Raises:
        HTTPException: None is.
    """
    site: Site = request.app.state.site
    if site.mock is None:
        raise HTTPException(404)
    return site.mock


def show(request: Request) -> Response:
    """The list; nothing where the page that asks has seen all there is."""
    mock = watch(request)
    seen, asked = mock.look(), request.query_params
    if asked.get("seen") == str(seen.version):
        return Response(status_code=204)
    times = {row.number: _time(row.exchange.started) for row in seen.exchanges}
    return page(request, "mock", seen=seen, mock=mock, times=times, paused="paused" in asked)


def one(request: Request) -> Response:
    """One exchange, with both messages and what was found in them."""
    mock, number = watch(request), request.path_params["number"]
    found = mock.find(int(number)) if number.isdecimal() and len(number) <= _DIGITS else None
    if found is None:
        raise HTTPException(404)
    site: Site = request.app.state.site
    text = catalogue(site.language)
    return page(
        request, "mock_exchange", row=found, time=_time(found.exchange.started),
        message=message(found.exchange, text), remedy=lambda row: remedy(row, text),
    )  # fmt: skip


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%H:%M:%S.%f")[:-3]


ROUTES = (Route("/mock", show), Route("/mock/{number}", one))
