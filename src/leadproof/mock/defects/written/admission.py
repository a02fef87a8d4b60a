"""Who and what gets in: credentials, requests that cannot be read, requests that are against the documentation."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from leadproof.core.exchange import Request, Response, header
from leadproof.mock.app import Mock
from leadproof.mock.defects.model import Around, Defect, Injection
from leadproof.mock.defects.written.rows import each_request, leads, operation_of, rewriting, row
from leadproof.mock.engine.answers import Value

Proceed = Callable[[Request], Response]


def rows() -> Iterator[Defect]:
    """The rows of this module."""
    yield from _credentials()
    yield from _unreadable()
    yield from _invalid()


def _credentials() -> Iterator[Defect]:
    kind, check = "credentials", "no_lead_without_credentials"
    yield row(
        "open-to-leads", kind, "A lead is accepted without credentials.", check, "create_lead", _open("inbound_post")
    )
    yield row("open-to-pings", kind, "A ping is accepted without credentials.", check, "ping", _open("ping"))
    yield row(
        "open-to-updates", kind, "A lead is updated without credentials.", check, "update_lead", _open("update_lead")
    )
    yield row(
        "open-to-questions", kind, "A status is shown without credentials.", check, "lead_status", _open("lead_status")
    )
    yield row(
        "open-to-offers",
        kind,
        "An offer is accepted without credentials.",
        check,
        "accept_offer",
        _open("accept_offer"),
    )
    yield row(
        "open-in-xml",
        kind,
        "An XML lead is accepted without credentials.",
        check,
        "create_call_transfer",
        _open("create_call_transfer", fmt="xml"),
        fmt="xml",
    )


def _open(operation: str, fmt: str = "") -> Injection:
    def around(mock: Mock, request: Request, proceed: Proceed) -> Response:
        if operation_of(request) != operation or fmt not in (header(request.headers, "content-type") or ""):
            return proceed(request)
        key = ("api-key", mock.profile.credentials.api_keys[0])
        return proceed(request._replace(headers=(*request.headers, key)))

    return Injection(around=lambda: around)


def _unreadable() -> Iterator[Defect]:
    kind, check = "unreadable requests", "unreadable_refusal"
    yield row(
        "malformed-json-accepted",
        kind,
        "What is no JSON is answered like the lead before it.",
        check,
        "create_lead",
        Injection(around=_as_before),
        fmt="json",
    )
    yield row(
        "malformed-xml-accepted",
        kind,
        "What is no XML is answered like the ping before it.",
        check,
        "ping",
        Injection(around=_as_before),
        fmt="xml",
    )
    yield row(
        "malformed-answered-200",
        kind,
        "What cannot be read is answered with status 200 and an explanation.",
        check,
        "create_call_lead",
        _status(400, 200),
    )
    yield row(
        "malformed-breaks-it",
        kind,
        "What cannot be read breaks the service.",
        check,
        "duplicate_check",
        _status(400, 500),
    )
    yield row(
        "label-not-looked-at",
        kind,
        "JSON is read whatever its Content-Type says.",
        check,
        "ping",
        Injection(around=lambda: _relabelling),
        fmt="json",
    )


def _as_before() -> Around:
    """A service that reads leniently: what it cannot read, it takes for the request before."""
    last: dict[tuple[str, str], Request] = {}

    def around(mock: Mock, request: Request, proceed: Proceed) -> Response:
        response, key = proceed(request), (request.path, header(request.headers, "content-type") or "")
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

    return Injection(around=lambda: around)


def _relabelling(mock: Mock, request: Request, proceed: Proceed) -> Response:
    if not request.body.lstrip().startswith(b"{"):
        return proceed(request)
    others = tuple(pair for pair in request.headers if pair[0].lower() != "content-type")
    return proceed(request._replace(headers=(*others, ("content-type", "application/json"))))


def _invalid() -> Iterator[Defect]:
    kind, check = "invalid requests", "refusal_expected"
    yield row(
        "missing-vid-accepted",
        kind,
        "A lead without vid is taken for the first source's.",
        check,
        "create_lead",
        each_request(lambda value: _with_source(value, vid=1001)),
    )
    yield row(
        "missing-lid-accepted",
        kind,
        "A ping without lid is taken for the first lead type's.",
        check,
        "ping",
        each_request(lambda value: _with_source(value, lid=2001)),
    )
    yield row(
        "negative-vid-accepted",
        kind,
        "The sign of vid is ignored.",
        check,
        "create_call_lead",
        each_request(_unsigned),
    )
    yield row(
        "missing-fields-accepted",
        kind,
        "A lead without fields is given those of the one before it.",
        check,
        "create_call_transfer",
        Injection(around=_fields_as_before),
    )
    yield row(
        "invalid-breaks-it",
        kind,
        "A request against the documentation breaks the service.",
        "http_status",
        "create_lead",
        _status(422, 500),
    )


def _with_source(value: Value, **members: int) -> None:
    source = value.get("source")
    if isinstance(source, dict):
        for name, number in members.items():
            if source.get(name) in (None, ""):
                source[name] = number


def _unsigned(value: Value) -> None:
    source = value.get("source")
    vid = source.get("vid") if isinstance(source, dict) else None
    if isinstance(source, dict) and isinstance(vid, int) and vid < 0:
        source["vid"] = 1000 - vid


def _fields_as_before() -> Around:
    last: list[Value] = []

    def change(value: Value) -> None:
        for lead in leads(value):
            sent = lead.get("fields")
            if isinstance(sent, dict) and sent:
                last[:] = [sent]
            elif last and sent is None:
                lead["fields"] = {**last[0], "Email": "again@leads.example", "LastName": "Again"}

    return rewriting(change).around()
