"""What a table of written defects puts around the mock: requests that are changed on their way in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from leadproof import bodies
from leadproof.core.exchange import Request, Response, format_of, header
from leadproof.mock.app import Mock
from leadproof.mock.defects.model import Around, Injection
from leadproof.mock.engine import routing
from leadproof.mock.engine.problems import Refused

Value = dict[str, Any]

#: How a request goes on to the mock.
Proceed = Callable[[Request], Response]


def operation_of(request: Request) -> str:
    """The operation that a request means by its path; of those that share one, `inbound_post`; "" for none."""
    try:
        return routing.route(request.method, request.path).operation.id
    except Refused:
        return ""


def media_of(request: Request) -> str:
    """The Content-Type of a request; "" without one."""
    return header(request.headers, "content-type") or ""


def value_of(request: Request) -> Value | None:
    """The value of a request's body; None where it cannot be read."""
    operation, fmt = operation_of(request), format_of(media_of(request))
    if not operation or fmt is None or not request.body:
        return None
    try:
        value = bodies.decode_request(operation, fmt, request.body)
    except (bodies.BodyError, ValueError):
        return None
    return value if isinstance(value, dict) else None


def instead(around: Around) -> Injection:
    """Something around the mock that has no memory; one that has is an `Injection(around=…)` that makes it anew."""
    return Injection(around=lambda: around)


def sent(change: Callable[[Mock, Request], Request]) -> Injection:
    """Another request than the one that was sent reaches the mock."""
    return instead(lambda mock, request, proceed: proceed(change(mock, request)))


def relabelled(request: Request, name: str, value: str) -> Request:
    """The request with another value of a header."""
    others = tuple(pair for pair in request.headers if pair[0].lower() != name)
    return request._replace(headers=(*others, (name, value)))


def rewriting(change: Callable[[Value], None], *operations: str, fmt: str = "") -> Around:
    """Another body than the one that was sent reaches the mock; `change` works in place.

    Of the operations that share a path, `inbound_post` stands for all.
    """

    def around(mock: Mock, request: Request, proceed: Proceed) -> Response:
        operation, written = operation_of(request), format_of(media_of(request)) or ""
        if (operations and operation not in operations) or fmt not in ("", written):
            return proceed(request)
        value = value_of(request)
        if value is None:
            return proceed(request)
        change(value)
        return proceed(request._replace(body=bodies.encode_request(operation, written, value)))

    return around


def rewritten(change: Callable[[Value], None], *operations: str, fmt: str = "") -> Injection:
    """`rewriting` by a change without a memory."""
    return instead(rewriting(change, *operations, fmt=fmt))


def each_lead(change: Callable[[Value], None]) -> Callable[[Value], None]:
    """A change of each lead of a request."""

    def changed(value: Value) -> None:
        for lead in leads(value):
            change(lead)

    return changed


def leads(value: Value) -> list[Value]:
    """The leads of a request that are objects."""
    found = value.get("leads")
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def source(value: Value) -> Value:
    """The source of a request, to change it in place."""
    found = value.get("source")
    return found if isinstance(found, dict) else {}


def fields(lead: Value) -> Value:
    """The fields of a lead, to change them in place."""
    found = lead.setdefault("fields", {})
    return found if isinstance(found, dict) else {}


def properties(lead: Value) -> Value:
    """The properties of a lead, to change them in place."""
    found = lead.setdefault("properties", {})
    return found if isinstance(found, dict) else {}
