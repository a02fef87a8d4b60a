"""What the rows of the written defects are made with: the row itself, and requests that are changed on their way in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from leadproof import bodies
from leadproof.core.exchange import Request, Response, format_of, header
from leadproof.mock.app import Mock
from leadproof.mock.defects.model import Around, Defect, Injection
from leadproof.mock.defects.places import clause
from leadproof.mock.engine import routing
from leadproof.mock.engine.problems import Refused

CREATES = ("create_lead", "create_lead_sends", "create_call_transfer", "create_call_lead", "inbound_post")

Value = dict[str, Any]


def row(
    identifier: str,
    kind: str,
    words: str,
    check: str,
    operations: str,
    plant: Injection,
    *,
    fmt: str = "",
    of: str = "",
) -> Defect:
    """One row.

    Args:
        identifier: Its id.
        kind: Which kind of mistake it is.
        words: What is wrong, as a sentence about the service.
        check: The check that must notice; its clause is looked up in the register.
        operations: Operation ids, the subject first.
        plant: How it gets in.
        fmt: The one representation that it is about; "" for both.
        of: The operation whose clause must notice, where that is not the subject.
    """
    names = tuple(operations.split())
    owner = clause(of or names[0], fmt or "json", check)
    return Defect(identifier, kind, words, owner, names, plant, (fmt,) if fmt else ())


def operation_of(request: Request) -> str:
    """The operation that a request means by its path; of those that share one, `inbound_post`; "" for none."""
    try:
        return routing.route(request.method, request.path).operation.id
    except Refused:
        return ""


def value_of(request: Request) -> Value | None:
    """The value of a request's body; None where it cannot be read."""
    operation, fmt = operation_of(request), format_of(header(request.headers, "content-type"))
    if not operation or fmt is None or not request.body:
        return None
    try:
        value = bodies.decode_request(operation, fmt, request.body)
    except (bodies.BodyError, ValueError):
        return None
    return value if isinstance(value, dict) else None


class Rewriting(NamedTuple):
    """Requests that are changed on their way in."""

    #: For `Injection.around`.
    around: Callable[[], Around]

    @property
    def plant(self) -> Injection:
        """The plant that does nothing else."""
        return Injection(around=self.around)


def rewriting(change: Callable[[Value], None], *operations: str, fmt: str = "") -> Rewriting:
    """Another request than the one that was sent reaches the mock; `change` works in place.

    Of the operations that share a path, `inbound_post` stands for all.
    """

    def around(mock: Mock, request: Request, proceed: Callable[[Request], Response]) -> Response:
        operation = operation_of(request)
        written = format_of(header(request.headers, "content-type")) or ""
        if (operations and operation not in operations) or fmt not in ("", written):
            return proceed(request)
        value = value_of(request)
        if value is None:
            return proceed(request)
        change(value)
        return proceed(request._replace(body=bodies.encode_request(operation, written, value)))

    return Rewriting(lambda: around)


def each_request(change: Callable[[Value], None], *operations: str, fmt: str = "") -> Injection:
    """The plant of `rewriting`, for a change without a memory."""
    return rewriting(change, *operations, fmt=fmt).plant


def instead(answer: Callable[[Mock, Request, Callable[[Request], Response]], Response]) -> Injection:
    """Something around the mock that has no memory."""
    return Injection(around=lambda: answer)


def remembering(begin: Callable[[], Around]) -> Injection:
    """Something around the mock that has a memory."""
    return Injection(around=begin)


def leads(value: Value) -> list[Value]:
    """The leads of a request that are objects."""
    found = value.get("leads")
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def fields(lead: Value) -> Value:
    """The fields of a lead, to change them in place."""
    found = lead.setdefault("fields", {})
    return found if isinstance(found, dict) else {}


def properties(lead: Value) -> Value:
    """The properties of a lead, to change them in place."""
    found = lead.setdefault("properties", {})
    return found if isinstance(found, dict) else {}
