"""What the receiver does to one request of a client: `Move`, and what moves are made of.

A move may give another response in the mock's place, change the value of the mock's response, its bytes or headers,
or the way in which they are sent. Nothing here knows what a client should make of it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from leadproof.bodies import decode_response, encode_response
from leadproof.core.exchange import Headers, Request, Response, format_of_body
from leadproof.core.operations import RESPONSE_TYPES
from leadproof.mock.server.plays import Script

#: Changes the value of a response: what the request was, the value, and the moment.
ValueChange = Callable[[Any, datetime], None]

#: Changes a response as a whole, in view of the request.
Change = Callable[[Request, Response], Response]


class Move(NamedTuple):
    """What happens to one request; with nothing set, the mock responds as documented."""

    #: Given instead of the mock's response: the mock does not see the request.
    instead: Callable[[str], Response] | None = None
    value: ValueChange | None = None
    #: Another response in its place, after `value`.
    change: Change | None = None
    #: The same value in other bytes, after `change`.
    form: Change | None = None
    #: How it is sent.
    wire: Script | None = None
    #: Does the response reach the client whole, sooner or later?
    whole: bool = True


PLAIN = Move()


# ---- in place of the mock's response ---------------------------------------------------------------------------------


def status(code: int, words: str, *headers: tuple[str, str]) -> Move:
    """A problem document; the request is not looked at."""
    body = json.dumps({"type": "about:blank", "status": code, "title": words}).encode()
    response = Response(code, (("content-type", "application/problem+json"), *headers), body)
    return Move(instead=lambda other: response)


def redirect(code: int) -> Move:
    """Names another origin."""

    def respond(other: str) -> Response:
        return Response(code, (("location", f"{other}/v2/insert/general"), ("content-type", "text/html")), b"")

    return Move(instead=respond)


def page(code: int, words: str) -> Change:
    """A page in HTML in place of a response, after the mock has taken the request."""
    body = f"<!doctype html><html><head><title>{words}</title></head><body><h1>{words}</h1></body></html>".encode()
    return lambda request, response: Response(code, (("content-type", "text/html; charset=utf-8"),), body)


def empty(request: Request, response: Response) -> Response:
    """No body, after the mock has taken the request."""
    return response._replace(body=b"")


def labelled(label: str) -> Change:
    """Another Content-Type."""

    def change(request: Request, response: Response) -> Response:
        return response._replace(headers=(*without(response, "content-type"), ("content-type", label)))

    return change


def without(response: Response, name: str) -> Headers:
    """Its headers but for one."""
    return tuple(pair for pair in response.headers if pair[0].lower() != name)


# ---- other values ----------------------------------------------------------------------------------------------------


def refused(kind: str, only: int | None = None) -> ValueChange:
    """Results are refusals.

    Args:
        kind: Their responseType.
        only: The position of the one that is; all if left out.
    """
    assert kind in RESPONSE_TYPES

    def change(value: Any, now: datetime) -> None:
        for position, result in enumerate(value.get("results", ())):
            if only is None or position == only:
                words = f"The lead was refused: {kind.replace('_', ' ')}"
                result |= {"isValid": False, "responseType": kind, "responseMessage": words, "leadId": 0, "price": 0}
                result |= {"campaignId": 0, "isPendingReview": False}
                result["offers"] = []

    return change


def declined(value: Any, now: datetime) -> None:
    """A ping's results are refusals."""
    for result in value["results"]:
        result |= {"willAccept": False, "orderId": "", "orderExpiresOn": "", "estimatedPayout": 0, "offers": []}
        result |= {"campaignId": 0, "response": "No campaign takes this lead"}


def expiring(seconds: float) -> ValueChange:
    """Orders end so many seconds from now; before now, where negative."""

    def change(value: Any, now: datetime) -> None:
        for result in value["results"]:
            result["orderExpiresOn"] = f"{now + timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%SZ}"

    return change


def in_results(**members: Any) -> ValueChange:
    """Members of every result have other values."""

    def change(value: Any, now: datetime) -> None:
        for result in value.get("results", ()):
            result |= {name: members[name] for name in members if name in result}

    return change


def other_campaign(value: Any, now: datetime) -> None:
    """The order is of the next campaign."""
    for result in value["results"]:
        if isinstance(result.get("campaignId"), int):
            result["campaignId"] += 1


def no_results(value: Any, now: datetime) -> None:
    """The list of results is empty."""
    value["results"] = []


def lower_price(value: Any, now: datetime) -> None:
    """The price is a tenth of what it was."""
    for result in value["results"]:
        result["price"] = round(float(result["price"]) / 10, 2)


def duplicate(known: bool) -> ValueChange:
    """The duplicate check succeeded, and says whether the lead is known."""
    return in_results(success=True, isDuplicate=known, duplicateLeadId=100000042 if known else 0)


def of_response(operation: str, response: Response, change: ValueChange, now: datetime) -> Response:
    """The response with another value, in its own representation."""
    fmt = format_of_body(response.headers, response.body)
    if response.status != 200 or fmt is None or not response.body:
        return response
    value = decode_response(operation, fmt, response.body)
    change(value, now)
    return response._replace(body=encode_response(operation, fmt, value))


def utc(seconds: float) -> datetime:
    """Seconds from the Unix epoch as a moment."""
    return datetime.fromtimestamp(seconds, UTC)
