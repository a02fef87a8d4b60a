"""The status of requests: stale, of somebody else, incomplete, at odds with earlier responses."""

from __future__ import annotations

from typing import Any

from leadproof.core.exchange import Request, Response
from leadproof.mock.app import Mock
from leadproof.mock.defects.model import Around, Injection
from leadproof.mock.defects.written.inbound import Proceed, operation_of
from leadproof.mock.defects.written.rows import (
    CREATES,
    Change,
    D,
    InjectionOf,
    Table,
    edit,
    has,
    put,
    result,
    results,
    values,
    when,
    with_results,
)
from leadproof.mock.engine.responses import Value
from leadproof.mock.engine.ring import Ring


def _other(identifier: str) -> str:
    return identifier[:-1] + ("0" if identifier[-1] != "0" else "1")


def _one_behind() -> Around:
    asked: list[str] = []

    def around(mock: Mock, request: Request, proceed: Proceed) -> Response:
        if operation_of(request) != "lead_status":
            return proceed(request)
        asked.append(request.target)
        return proceed(request._replace(target=asked[-2] if len(asked) > 1 else request.target))

    return around


def _cached() -> Around:
    kept: dict[str, Response] = {}

    def around(mock: Mock, request: Request, proceed: Proceed) -> Response:
        if operation_of(request) != "lead_status":
            return proceed(request)
        return kept.setdefault(request.target, proceed(request))

    return around


def _one_receipt(mock: Mock) -> None:
    mock.world._receipts = Ring(1)


def _review(**members: Any) -> Change:
    return edit(put(**members), "qualityControlDetails")


def _return(**members: Any) -> Change:
    return edit(put(**members), "returnDetails")


def _dated_return(one: Value) -> Value:
    return one if one["returnDetails"]["isReturned"] else _return(dateOfReturn=one["dateReceived"])(one)


def _dated_review(one: Value) -> Value:
    pending = one["qualityControlDetails"]["isPendingReview"]
    return _review(dateOfReview=one["dateReceived"])(one) if pending else one


def _denied(every: int) -> InjectionOf:
    denial = put(isValid=False, rejectionReason="Not sold")
    return values(lambda value: with_results(value, lambda found: [*map(denial, found)]), every=every)


TABLE: Table = {
    "status of the wrong thing": (
        D("status-of-another-request", "lead_status", "status_request_id", values(edit(_other, "requestId")),
          "The status repeats another id than it was asked for."),
        D("status-of-the-request-before", "lead_status", "status_request_id", Injection(around=_one_behind),
          "The status is that of the request asked for before."),
        D("status-of-another-lead", "lead_status", "status_resolves",
          result(edit(lambda number: number + 1, "leadId")),
          "The status lists other leads than the request created."),
        D("status-loses-the-last-lead", "lead_status", "status_resolves", results(lambda every: every[:-1] or every),
          "The status of a batch lacks its last lead."),
        D("status-loses-refusals", "lead_status", "status_resolves",
          results(lambda every: [*filter(has("isValid"), every)]),
          "The status of a batch lists its accepted leads only."),
        D("status-empty", "lead_status", "status_resolves", results(lambda every: []),
          "The status lists nothing."),
        D("status-forgotten", "update_lead", "status_resolves", Injection(patch=_one_receipt),
          "Only the last request has a status.", of="lead_status"),
        D("status-of-another-campaign", "lead_status", "status_agrees",
          result(when(has("campaignId"), put(campaignId=3101))),
          "The status names another campaign than the create response."),
    ),
    "stale status": (
        D("status-stale", "lead_status", "status_current", Injection(around=_cached),
          "A status stays what it was when it was first asked for.", needs="review"),
        D("rejection-hidden", "lead_status", "status_current",
          result(_review(isQualityControlRejected=False, rejectionReason="")),
          "A lead that review rejected shows as approved.", needs="review"),
        D("return-hidden", "lead_status", "status_current",
          result(_return(isReturned=False, dateOfReturn=None, returnReason="")),
          "A returned lead shows as kept.", needs="return"),
        D("review-never-ends", "lead_status", "status_current", result(_review(isPendingReview=True)),
          "A lead shows as pending after its review.", needs="review"),
        D("review-not-announced", "lead_status", "pending_review", result(put(isPendingReview=False), *CREATES),
          "A create never says that its lead awaits review.", needs="review"),
        D("review-announced-and-not-held", "lead_status", "pending_review", result(_review(isPendingReview=False)),
          "A lead whose review was announced is not under review.", needs="review"),
    ),
    "reasons in the status": (
        D("refusal-without-reason", "lead_status", "status_reason", result(put(rejectionReason="")),
          "A lead that is not valid has no reason in its status."),
        D("rejection-without-reason", "lead_status", "status_reason_qc", result(_review(rejectionReason="")),
          "A lead that review rejected has no reason there.", needs="review"),
        D("return-without-reason", "lead_status", "status_reason_return", result(_return(returnReason=None)),
          "A returned lead has no reason.", needs="return"),
        D("return-date-without-return", "lead_status", "status_return_null", result(_dated_return),
          "A lead that was not returned has a date of return."),
        D("reviewed-and-pending", "lead_status", "status_pending", result(_dated_review),
          "A lead awaits review and has a date of review.", needs="review"),
        D("status-denies-acceptance", "lead_status", "status_agrees", _denied(every=4),
          "Every fourth status says that an accepted lead is not valid."),
        D("status-hides-refusal", "lead_status", "status_agrees", result(put(isValid=True, rejectionReason="")),
          "A refused lead is valid in its status."),
    ),
}  # fmt: skip
