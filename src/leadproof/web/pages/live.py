"""A load while it runs: its figures and charts growing, and the button that stops it."""

from __future__ import annotations

import shlex
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from leadproof.web.catalogue import catalogue
from leadproof.web.live.charts import CHARTS
from leadproof.web.live.parts import Rendering
from leadproof.web.live.streaming import EventStream
from leadproof.web.live.watching import BROWSERS, Watcher
from leadproof.web.pages.run import listed
from leadproof.web.rendering import page
from leadproof.web.runs import FINISHED
from leadproof.web.site import Site

#: Seconds that the first page of a run waits for what is written already.
_FIRST = 5.0


def show(request: Request) -> Response:
    """The page; the report's where the run is over."""
    site: Site = request.app.state.site
    key = request.path_params["key"]
    own = site.own if site.own is not None and site.own.key == key else None
    if own is None and listed(request).state == FINISHED:
        return RedirectResponse(f"/runs/{key}", 303)
    watcher = _watcher(request)
    if watcher is None:
        return _busy()
    watcher.first.wait(_FIRST)
    snapshot = watcher.look()
    parts = {name: html for name, (_, html) in snapshot.parts.items()}
    if own is not None and own.asked.is_set():  # it was just pressed, and is not rendered yet
        parts["stop"] = watcher.rendering.stop({"stage": ""})
    return page(request, "live", key=key, parts=parts, charts=CHARTS, over=snapshot.over)


async def events(request: Request) -> Response:
    """What is new, as it comes."""
    site: Site = request.app.state.site
    watcher = await run_in_threadpool(_watcher, request)
    if watcher is None or site.watchers.browsers >= BROWSERS:
        return _busy()
    return EventStream(watcher, site.watchers)


def stop(request: Request) -> Response:
    """Asks the load that started this server to end, as Ctrl-C does."""
    site: Site = request.app.state.site
    key = request.path_params["key"]
    if site.own is None or site.own.key != key:
        raise HTTPException(403, "this server was not started by that load, which runs on: end it where it was started")
    site.own.ask()
    return RedirectResponse(f"/runs/{key}/live", 303)


def _watcher(request: Request) -> Watcher | None:
    """The watcher of the run that the address names; None where too many runs are watched.

    Raises:
        HTTPException: There is no such run, or it is no load.
    """
    site: Site = request.app.state.site
    key = request.path_params["key"]
    if site.own is not None and site.own.key == key:
        return own_watcher(site)
    run = listed(request)
    if run.command != "load":
        raise HTTPException(404)
    return site.watchers.watch(key, Path(run.path), lambda: Rendering(catalogue(site.language), lambda: ""))


def own_watcher(site: Site) -> Watcher:
    """The watcher of the load that started this server."""
    own = site.own
    assert own is not None
    words = f"leadproof serve {shlex.quote(str(own.out))}"
    found = site.watchers.watch(
        own.key, own.path, lambda: Rendering(catalogue(site.language), lambda: own.standing(site.read_only), words)
    )
    assert found is not None  # such a server has no other load to watch
    return found


def _busy() -> Response:
    return PlainTextResponse("too many look at loads here; try again later\n", 503, headers={"retry-after": "10"})


ROUTES = (
    Route("/runs/{key}/live", show),
    Route("/runs/{key}/live/events", events),
    Route("/runs/{key}/stop", stop, methods=["POST"]),
)
