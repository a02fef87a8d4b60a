"""Responses of something that stands in front of a service, or of a service that takes no requests at present. Pure.

They say nothing about the contract until the service itself has been heard; `checks.messages` decides about their
status where it was.
"""

from __future__ import annotations

from math import inf
from typing import NamedTuple
from urllib.parse import urlsplit

from leadproof.core.exchange import Response, header, media_type
from leadproof.judge.checks.messages import UNAUTHORISED


class StandIn(NamedTuple):
    """What such a response is."""

    #: A key of `HINTS`.
    kind: str
    words: str


#: Kind of observation -> what to do about it.
HINTS: dict[str, str] = {
    "status.blocked": "a firewall or gateway refused the requests: its operator can let this machine in, and headers "
    "that it asks for stand under [targets.NAME.headers]",
    "status.redirect": "the target redirects, and nothing is followed: name as --target where the note below says",
    "status.throttled": "the target asks for fewer requests: --rate sends slower",
    "status.unavailable": "the target takes no requests at present, or a gateway does not reach it: try again later",
}

#: Statuses of a service, or a gateway, that takes no requests at present.
_UNAVAILABLE = (502, 503, 504)


def stand_in(response: Response) -> StandIn | None:
    """What a response is that no lead receiver gave; None for every other."""
    status, pairs = response.status, response.headers
    html = media_type(header(pairs, "content-type")) in ("text/html", "application/xhtml+xml")
    wait = header(pairs, "retry-after")
    asks = f" and asks to wait ({wait[:40]})" if wait else ""
    if status in UNAUTHORISED and html:
        return StandIn("status.blocked", f"status {status} with a page in HTML, as firewalls and gateways send it")
    if 300 <= status < 400 and (location := header(pairs, "location")):
        return StandIn("status.redirect", f"status {status} sends to {_origin(location)}")
    if status == 429:
        return StandIn("status.throttled", f"status 429 says that there are too many requests{asks}")
    if status in _UNAVAILABLE and (wait or html):
        return StandIn("status.unavailable", f"status {status}{asks or ' with a page in HTML'}")
    return None


def wait_asked(response: Response | None) -> float | None:
    """Seconds that a service which gets too many requests (429) asks to wait, a second where it does not say; None for
    every other response.
    """
    if response is None or response.status != 429:
        return None
    said = (header(response.headers, "retry-after") or "1").strip()
    return float(said) if said.isascii() and said.isdigit() else inf  # a date is another day's business


def _origin(location: str) -> str:
    """Scheme and host of a redirect: its path and query may hold what nobody should read."""
    try:
        parts = urlsplit(location)
        return f"{parts.scheme}://{parts.hostname}" if parts.hostname else "another path of the same host"
    except ValueError:
        return "what is no URL"
