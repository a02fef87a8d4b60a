"""The status of requests: stale, of somebody else, incomplete, at odds with what was answered before."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from leadproof.core.exchange import Request, Response
from leadproof.mock.app import Mock
from leadproof.mock.defects.model import Defect, Injection, each_result, each_value
from leadproof.mock.defects.written.rows import CREATES, operation_of, row
from leadproof.mock.engine.answers import Value
from leadproof.mock.engine.ring import Ring
from leadproof.mock.engine.service import Transform


def rows() -> Iterator[Defect]:
    """The rows of this module."""
    yield from _resolving()
    yield from _current()
    yield from _reasons()


def _resolving() -> Iterator[Defect]:
    kind = "status of the wrong thing"
    yield row(
        "status-of-another-request",
        kind,
        "The status repeats another id than it was asked for.",
        "status_request_id",
        "lead_status",
        each_value(lambda value: {**value, "requestId": _other(value["requestId"])}, "lead_status"),
    )
    yield row(
        "status-of-the-request-before",
        kind,
        "The status is that of the request asked for before.",
        "status_request_id",
        "lead_status",
        Injection(around=_one_behind),
    )
    yield row(
        "status-of-another-lead",
        kind,
        "The status lists other leads than the request created.",
        "status_resolves",
        "lead_status",
        each_result(lambda one: {**one, "leadId": one["leadId"] + 1} if one["leadId"] else one, "lead_status"),
    )
    yield row(
        "status-loses-the-last-lead",
        kind,
        "The status of a batch lacks its last lead.",
        "status_resolves",
        "lead_status",
        each_value(lambda value: {**value, "results": value["results"][:-1] or value["results"]}, "lead_status"),
    )
    yield row(
        "status-loses-refusals",
        kind,
        "The status of a batch lists its accepted leads only.",
        "status_resolves",
        "lead_status",
        each_value(
            lambda value: {**value, "results": [one for one in value["results"] if one["isValid"]]}, "lead_status"
        ),
    )
    yield row(
        "status-empty",
        kind,
        "The status lists nothing.",
        "status_resolves",
        "lead_status",
        each_value(lambda value: {**value, "results": []}, "lead_status"),
    )
    yield row(
        "status-forgotten",
        kind,
        "Only the last request has a status.",
        "status_resolves",
        "update_lead",
        Injection(rig=_one_receipt),
        of="lead_status",
    )
    yield row(
        "status-of-another-campaign",
        kind,
        "The status names another campaign than the create answer.",
        "status_agrees",
        "lead_status",
        each_result(lambda one: {**one, "campaignId": 3101} if one["campaignId"] else one, "lead_status"),
    )


def _other(identifier: str) -> str:
    return identifier[:-1] + ("0" if identifier[-1] != "0" else "1")


def _one_behind() -> Callable[[Mock, Request, Callable[[Request], Response]], Response]:
    asked: list[str] = []

    def around(mock: Mock, request: Request, proceed: Callable[[Request], Response]) -> Response:
        if operation_of(request) != "lead_status":
            return proceed(request)
        asked.append(request.target)
        return proceed(request._replace(target=asked[-2] if len(asked) > 1 else request.target))

    return around


def _one_receipt(mock: Mock) -> None:
    mock.world._receipts = Ring(1)


def _current() -> Iterator[Defect]:
    kind = "stale status"
    yield row(
        "status-stale",
        kind,
        "A status stays what it was when it was first asked for.",
        "status_current",
        "lead_status",
        Injection(around=lambda: _cached({})),
    )
    yield row(
        "rejection-hidden",
        kind,
        "A lead that review rejected shows as approved.",
        "status_current",
        "lead_status",
        each_result(
            _details("qualityControlDetails", isQualityControlRejected=False, rejectionReason=""), "lead_status"
        ),
    )
    yield row(
        "return-hidden",
        kind,
        "A returned lead shows as kept.",
        "status_current",
        "lead_status",
        each_result(_details("returnDetails", isReturned=False, dateOfReturn=None, returnReason=""), "lead_status"),
    )
    yield row(
        "review-never-ends",
        kind,
        "A lead shows as pending after its review.",
        "status_current",
        "lead_status",
        each_result(_details("qualityControlDetails", isPendingReview=True), "lead_status"),
    )
    yield row(
        "review-not-announced",
        kind,
        "A create never says that its lead awaits review.",
        "pending_review",
        "lead_status",
        each_result(lambda one: {**one, "isPendingReview": False}, *CREATES),
    )
    yield row(
        "review-announced-and-not-held",
        kind,
        "A lead whose review was announced is not under review.",
        "pending_review",
        "lead_status",
        each_result(_details("qualityControlDetails", isPendingReview=False), "lead_status"),
    )


def _cached(kept: dict[str, Response]) -> Callable[[Mock, Request, Callable[[Request], Response]], Response]:
    def around(mock: Mock, request: Request, proceed: Callable[[Request], Response]) -> Response:
        if operation_of(request) != "lead_status":
            return proceed(request)
        return kept.setdefault(request.target, proceed(request))

    return around


def _details(parent: str, **members: object) -> Callable[[Value], Value]:
    def change(one: Value) -> Value:
        return {**one, parent: {**one[parent], **members}}

    return change


def _reasons() -> Iterator[Defect]:
    kind = "reasons in the status"
    yield row(
        "refusal-without-reason",
        kind,
        "A lead that is not valid has no reason in its status.",
        "status_reason",
        "lead_status",
        each_result(lambda one: {**one, "rejectionReason": ""}, "lead_status"),
    )
    yield row(
        "rejection-without-reason",
        kind,
        "A lead that review rejected has no reason there.",
        "status_reason_qc",
        "lead_status",
        each_result(_details("qualityControlDetails", rejectionReason=""), "lead_status"),
    )
    yield row(
        "return-without-reason",
        kind,
        "A returned lead has no reason.",
        "status_reason_return",
        "lead_status",
        each_result(_details("returnDetails", returnReason=None), "lead_status"),
    )
    yield row(
        "return-date-without-return",
        kind,
        "A lead that was not returned has a date of return.",
        "status_return_null",
        "lead_status",
        each_result(
            lambda one: (
                one
                if one["returnDetails"]["isReturned"]
                else _details("returnDetails", dateOfReturn=one["dateReceived"])(one)
            ),
            "lead_status",
        ),
    )
    yield row(
        "reviewed-and-pending",
        kind,
        "A lead awaits review and has a date of review.",
        "status_pending",
        "lead_status",
        each_result(
            lambda one: (
                _details("qualityControlDetails", dateOfReview=one["dateReceived"])(one)
                if one["qualityControlDetails"]["isPendingReview"]
                else one
            ),
            "lead_status",
        ),
    )
    yield row(
        "status-denies-acceptance",
        kind,
        "Every fourth status says that an accepted lead is not valid.",
        "status_agrees",
        "lead_status",
        Injection(transform=_denied),
    )
    yield row(
        "status-hides-refusal",
        kind,
        "A refused lead is valid in its status.",
        "status_agrees",
        "lead_status",
        each_result(lambda one: {**one, "isValid": True, "rejectionReason": ""}, "lead_status"),
    )


def _denied() -> Transform:
    seen: list[str] = []

    def transform(operation: str, fmt: str, value: Value) -> Value:
        if operation != "lead_status":
            return value
        seen.append(value["requestId"])
        if len(seen) % 4:
            return value
        return {
            **value,
            "results": [{**one, "isValid": False, "rejectionReason": "Not sold"} for one in value["results"]],
        }

    return transform
