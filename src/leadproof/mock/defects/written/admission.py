"""Who and what gets in: credentials, requests that cannot be read, requests that are against the documentation."""

from __future__ import annotations

from leadproof.core.exchange import Request, Response
from leadproof.mock.app import Mock
from leadproof.mock.defects.model import Around, Injection
from leadproof.mock.defects.written.inbound import (
    Proceed,
    each_lead,
    instead,
    media_of,
    operation_of,
    relabelled,
    rewriting,
    rewritten,
    sent,
    source,
)
from leadproof.mock.defects.written.rows import D, Table
from leadproof.mock.engine.responses import Value


def _open(operation: str, fmt: str = "") -> Injection:
    """Whoever calls an operation is let in."""

    def change(mock: Mock, request: Request) -> Request:
        if operation_of(request) != operation or fmt not in media_of(request):
            return request
        return request._replace(headers=(*request.headers, ("api-key", mock.profile.credentials.api_keys[0])))

    return sent(change)


def _as_before() -> Around:
    """A service that reads leniently: what it cannot read, it takes for the request before."""
    last: dict[tuple[str, str], Request] = {}

    def around(mock: Mock, request: Request, proceed: Proceed) -> Response:
        response, key = proceed(request), (request.path, media_of(request))
        if response.status == 200:
            last[key] = request
        elif response.status == 400 and key in last:
            return proceed(last[key])
        return response

    return around


def _status(was: int, becomes: int) -> Injection:
    def around(mock: Mock, request: Request, proceed: Proceed) -> Response:
        response = proceed(request)
        return response._replace(status=becomes) if response.status == was else response

    return instead(around)


def _as_json(mock: Mock, request: Request) -> Request:
    is_json = request.body.lstrip().startswith(b"{")
    return relabelled(request, "content-type", "application/json") if is_json else request


def _source(name: str, number: int) -> Injection:
    """A source without a member is given this one."""

    def change(value: Value) -> None:
        if source(value).get(name) in (None, ""):
            source(value)[name] = number

    return rewritten(change)


def _unsigned(value: Value) -> None:
    vid = source(value).get("vid")
    if isinstance(vid, int) and vid < 0:
        source(value)["vid"] = 1000 - vid


def _fields_as_before() -> Around:
    last: list[Value] = []

    def change(lead: Value) -> None:
        sent = lead.get("fields")
        if isinstance(sent, dict) and sent:
            last[:] = [sent]
        elif last and sent is None:
            lead["fields"] = {**last[0], "Email": "again@leads.example", "LastName": "Again"}

    return rewriting(each_lead(change))


_NO_CREDENTIALS = "no_lead_without_credentials"

TABLE: Table = {
    "credentials": (
        D("open-to-leads", "create_lead", _NO_CREDENTIALS, _open("inbound_post"),
          "A lead is accepted without credentials."),
        D("open-to-pings", "ping", _NO_CREDENTIALS, _open("ping"),
          "A ping is accepted without credentials."),
        D("open-to-updates", "update_lead", _NO_CREDENTIALS, _open("update_lead"),
          "A lead is updated without credentials."),
        D("open-to-questions", "lead_status", _NO_CREDENTIALS, _open("lead_status"),
          "A status is shown without credentials."),
        D("open-to-offers", "accept_offer", _NO_CREDENTIALS, _open("accept_offer"),
          "An offer is accepted without credentials."),
        D("open-in-xml", "create_call_transfer", _NO_CREDENTIALS, _open("create_call_transfer", fmt="xml"),
          "An XML lead is accepted without credentials.", media="xml"),
    ),
    "unreadable requests": (
        D("malformed-json-accepted", "create_lead", "unreadable_refusal", Injection(around=_as_before),
          "What is no JSON gets the response of the lead before it.", media="json"),
        D("malformed-xml-accepted", "ping", "unreadable_refusal", Injection(around=_as_before),
          "What is no XML gets the response of the ping before it.", media="xml"),
        D("malformed-answered-200", "create_call_lead", "unreadable_refusal", _status(400, 200),
          "What cannot be read gets status 200 and an explanation."),
        D("malformed-breaks-it", "duplicate_check", "unreadable_refusal", _status(400, 500),
          "What cannot be read breaks the service."),
        D("label-not-looked-at", "ping", "unreadable_refusal", sent(_as_json),
          "JSON is read whatever its Content-Type says.", media="json"),
    ),
    "invalid requests": (
        D("missing-vid-accepted", "create_lead", "refusal_expected", _source("vid", 1001),
          "A lead without vid is taken for the first source's."),
        D("missing-lid-accepted", "ping", "refusal_expected", _source("lid", 2001),
          "A ping without lid is taken for the first lead type's."),
        D("negative-vid-accepted", "create_call_lead", "refusal_expected", rewritten(_unsigned),
          "The sign of vid is ignored."),
        D("missing-fields-accepted", "create_call_transfer", "refusal_expected", Injection(around=_fields_as_before),
          "A lead without fields is given those of the one before it."),
        D("invalid-breaks-it", "create_lead", "http_status", _status(422, 500),
          "A request against the documentation breaks the service."),
    ),
}  # fmt: skip
