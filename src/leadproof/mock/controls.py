"""The controls under /__mock__/: time, reset, permissions, review and returns, the state and the last exchanges.

`CONTROLS` is the table. They are the mock's own and no part of the contract, so they need a token. Like all requests,
they need a Host that the mock responds for (`http.hosts`): a web page that a browser has open cannot use them.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import asdict
from typing import Annotated, Any, NamedTuple

import msgspec

from leadproof.core.exchange import Request, Response, header
from leadproof.mock.engine.clock import precise_timestamp
from leadproof.mock.engine.leads import IllegalTransition, StoredLead
from leadproof.mock.engine.problems import Refused
from leadproof.mock.engine.recipes import recipes_for
from leadproof.mock.engine.service import Engine
from leadproof.mock.exchanges import RememberingEngine

PREFIX = "/__mock__/"
TOKEN_HEADER = "x-mock-token"

#: Seconds: 100 years; more would leave the years that a timestamp can print.
_Forward = Annotated[float, msgspec.Meta(ge=0, le=3_200_000_000)]
_Instant = Annotated[float, msgspec.Meta(ge=0, le=32_000_000_000)]


class Nothing(msgspec.Struct, forbid_unknown_fields=True):
    """No body, or an empty object."""


class Advance(msgspec.Struct, forbid_unknown_fields=True):
    """Move time forward."""

    seconds: _Forward


class Stop(msgspec.Struct, forbid_unknown_fields=True):
    """Let time stand still at an instant, seconds from the Unix epoch."""

    at: _Instant


class Permissions(msgspec.Struct, forbid_unknown_fields=True):
    """What a source may do from now on."""

    vid: int
    permissions: list[str]


class Review(msgspec.Struct, forbid_unknown_fields=True):
    """The verdict of quality review: "approve", or "reject" with a reason."""

    verdict: str
    reason: str = ""


class Return(msgspec.Struct, forbid_unknown_fields=True):
    """Why a lead is returned."""

    reason: str


def handle(mock: Engine, token: str, request: Request) -> Response:
    """The response to a control request; a problem document where it is not allowed, unknown or not possible now."""
    try:
        return _respond(mock, token, request)
    except Refused as refused:
        return refused.response


def _respond(mock: Engine, token: str, request: Request) -> Response:
    if len(request.body) > mock.max_body:
        raise Refused(413, f"the body has {len(request.body)} bytes, the cap is {mock.max_body}")
    _allow(token, request)
    parts = request.path[len(PREFIX) :].split("/")
    shape = ["{id}" if part.isascii() and part.isdigit() and len(part) <= 16 else part for part in parts]
    control = CONTROLS.get("/".join(shape))
    if control is None:
        raise Refused(
            404, f"there is no control {request.path[:100]}; there are {', '.join(PREFIX + name for name in CONTROLS)}"
        )
    if request.method != control.method:
        raise Refused(405, f"{request.path} takes {control.method}", (("allow", control.method),))
    try:
        argument = msgspec.json.decode(request.body or b"{}", type=control.argument)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Refused(400, f"{error}; expected {_shape(control.argument)}") from None
    lead_id = next((int(part) for part, name in zip(parts, shape, strict=True) if name == "{id}"), 0)
    return Response(
        200, (("content-type", "application/json"),), msgspec.json.encode(control.run(mock, argument, lead_id))
    )


def _allow(token: str, request: Request) -> None:
    given = header(request.headers, TOKEN_HEADER) or ""
    if not token or not hmac.compare_digest(given.encode(), token.encode()):
        raise Refused(403, f"controls need the header {TOKEN_HEADER} with the token that was given at the start")


def _shape(argument: type) -> str:
    names = msgspec.structs.fields(argument)
    return "a JSON object with " + ", ".join(one.name for one in names) if names else "no body"


# ---- what they do --------------------------------------------------------------------------------------------------


def _clock(mock: Engine) -> dict[str, Any]:
    now = mock.world.clock.now()
    return {"now": now, "clock": precise_timestamp(now)}


def _advance(mock: Engine, argument: Advance, lead_id: int) -> dict[str, Any]:
    if mock.world.clock.now() + argument.seconds > 32_000_000_000:
        raise Refused(400, "that is more time than timestamps can print")
    mock.world.clock.advance(argument.seconds)
    return _clock(mock)


def _stop(mock: Engine, argument: Stop, lead_id: int) -> dict[str, Any]:
    mock.world.clock.stop(argument.at)
    return _clock(mock)


def _reset(mock: Engine, argument: Nothing, lead_id: int) -> dict[str, Any]:
    mock.reset()
    return state(mock)


def _permissions(mock: Engine, argument: Permissions, lead_id: int) -> dict[str, Any]:
    if argument.vid not in mock.world.permissions:
        raise Refused(404, f"the profile has no source {argument.vid}")
    unknown = set(argument.permissions) - {"return_sends", "duplicate_check"}
    if unknown:
        raise Refused(400, "permissions are return_sends and duplicate_check")
    mock.world.permissions[argument.vid] = frozenset(argument.permissions)
    return {"vid": argument.vid, "permissions": sorted(set(argument.permissions))}


def _found(mock: Engine, lead_id: int) -> StoredLead:
    lead = mock.world.leads.find(lead_id)
    if lead is None:
        raise Refused(404, f"there is no lead {lead_id}")
    return lead


def _move(mock: Engine, lead_id: int, lead: StoredLead, event: str) -> dict[str, Any]:
    try:
        mock.world.leads.move(lead_id, lead, event)
    except IllegalTransition as error:
        raise Refused(409, str(error)) from None
    return _lead(mock, Nothing(), lead_id)


def _review(mock: Engine, argument: Review, lead_id: int) -> dict[str, Any]:
    if argument.verdict not in ("approve", "reject"):
        raise Refused(400, "verdict is approve or reject")
    if argument.verdict == "reject" and not argument.reason:
        raise Refused(400, "a rejection needs a reason, because the status response names it")
    lead = _found(mock, lead_id)
    lead.reviewed_at, lead.review_reason = mock.world.clock.now(), argument.reason
    return _move(mock, lead_id, lead, argument.verdict)


def _return(mock: Engine, argument: Return, lead_id: int) -> dict[str, Any]:
    if not argument.reason:
        raise Refused(400, "a return needs a reason, because the status response names it")
    lead = _found(mock, lead_id)
    lead.returned_at, lead.return_reason = mock.world.clock.now(), argument.reason
    return _move(mock, lead_id, lead, "return")


def _lead(mock: Engine, argument: Nothing, lead_id: int) -> dict[str, Any]:
    """Everything but the fields, which may be somebody's data."""
    lead = _found(mock, lead_id)
    profile = mock.profile
    offer_ids = profile.campaigns[lead.campaign].offers
    return {
        "leadId": lead_id,
        "state": lead.state,
        "delivery": lead.delivery(mock.world.clock.now()),
        "vid": profile.sources[lead.source].vid,
        "aid": profile.campaigns[lead.campaign].aid,
        "reference": lead.reference,
        "acceptedOffers": [offer_ids[position] for position in lead.accepted_offers],
    }


def state(mock: Engine) -> dict[str, Any]:
    """What the mock remembers, in numbers."""
    world, queue = mock.world, mock.callbacks
    return {
        **_clock(mock),
        "seed": world.seed,
        "profile": mock.profile.name,
        "requests": dict(sorted(world.requests.items())),
        "results": dict(sorted(world.results.items())),
        "leads": {"remembered": len(world.leads), "received": world.leads.received},
        "orders": {"remembered": len(world.orders), "opened": world.orders.next},
        "callbacks": {"waiting": len(queue.waiting), "queued": queue.queued, "givenUp": queue.given_up},
        "permissions": {str(vid): sorted(names) for vid, names in world.permissions.items()},
    }


def _recipes(mock: Engine, argument: Nothing, lead_id: int) -> list[dict[str, Any]]:
    return [asdict(one) for one in recipes_for(mock.profile)]


def _exchanges(mock: RememberingEngine, argument: Nothing, after: int) -> dict[str, Any]:
    return mock.remember().har(after)


class ControlRoute(NamedTuple):
    """One control: method, what its body is, what it does."""

    method: str
    argument: type[msgspec.Struct]
    run: Callable[[Any, Any, int], Any]


#: By path below /__mock__/.
CONTROLS: dict[str, ControlRoute] = {
    "state": ControlRoute("GET", Nothing, lambda mock, argument, lead_id: state(mock)),
    "recipes": ControlRoute("GET", Nothing, _recipes),
    "exchanges": ControlRoute("GET", Nothing, _exchanges),
    "exchanges/{id}": ControlRoute("GET", Nothing, _exchanges),
    "reset": ControlRoute("POST", Nothing, _reset),
    "clock/advance": ControlRoute("POST", Advance, _advance),
    "clock/stop": ControlRoute("POST", Stop, _stop),
    "permissions": ControlRoute("POST", Permissions, _permissions),
    "leads/{id}": ControlRoute("GET", Nothing, _lead),
    "leads/{id}/review": ControlRoute("POST", Review, _review),
    "leads/{id}/return": ControlRoute("POST", Return, _return),
}
