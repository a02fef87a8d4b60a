"""Checks of a status response by itself: review, return, dates and reasons."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from leadproof.bodies import typed
from leadproof.judge.checks.context import Breach, Context, instant, later_by
from leadproof.judge.checks.responses import CLOCK_SKEW, blank


def status_request_id(context: Context) -> Iterator[Breach]:
    asked = unquote(context.exchange.request.path.rstrip("/").rpartition("/")[2])
    got = context.response_value.get("requestId") if isinstance(context.response_value, dict) else None
    if isinstance(got, str) and got.lower() != asked.lower():
        yield Breach(
            "sequence.broken", "the status is that of another request", "/requestId", "", typed(asked), typed(got)
        )


def status_reason(context: Context) -> Iterator[Breach]:
    for at, result in context.refused:
        if blank(result.get("rejectionReason")):
            yield Breach("business.contradiction", "a rejected lead has no reason", f"{at}/rejectionReason", "",
                         "a reason", typed(result.get("rejectionReason")))  # fmt: skip


def _details(context: Context, name: str) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    for at, result in context.results:
        details = result.get(name)
        if isinstance(details, dict):
            yield f"{at}/{name}", result, details


def has_detail(context: Context, flag: str, value: bool) -> bool:
    """Has any result a detail (of review or return) with this flag?"""
    details = (entry for name in _DETAILS for *_, entry in _details(context, name))
    return any(entry.get(flag) is value for entry in details)


_DETAILS = ("qualityControlDetails", "returnDetails")


def status_reason_qc(context: Context) -> Iterator[Breach]:
    for at, _, details in _details(context, "qualityControlDetails"):
        if details.get("isQualityControlRejected") is True and blank(details.get("rejectionReason")):
            yield Breach("business.contradiction", "rejected by quality control without a reason",
                         f"{at}/rejectionReason", "", "a reason", typed(details.get("rejectionReason")))  # fmt: skip


def status_reason_return(context: Context) -> Iterator[Breach]:
    for at, _, details in _details(context, "returnDetails"):
        if details.get("isReturned") is True and blank(details.get("returnReason")):
            yield Breach("business.contradiction", "returned without a reason", f"{at}/returnReason", "",
                         "a reason", typed(details.get("returnReason")))  # fmt: skip


def status_dates(context: Context) -> Iterator[Breach]:
    for at, result in context.results:
        received = instant(result.get("dateReceived"))
        if received is None:
            continue
        if context.now is not None and later_by(received, context.now) > CLOCK_SKEW:
            yield Breach("business.contradiction", "the lead was received in the future", f"{at}/dateReceived", "",
                         f"not after {context.now.isoformat()}", typed(result["dateReceived"]))  # fmt: skip
        for parent, name in (("qualityControlDetails", "dateOfReview"), ("returnDetails", "dateOfReturn")):
            details = result.get(parent)
            later = instant(details.get(name)) if isinstance(details, dict) else None
            if isinstance(details, dict) and later is not None and later < received:
                yield Breach(
                    "business.contradiction",
                    "earlier than the lead was received",
                    f"{at}/{parent}/{name}",
                    "",
                    f"not before {result['dateReceived']}",
                    typed(details[name]),
                )


def status_return_null(context: Context) -> Iterator[Breach]:
    for at, _, details in _details(context, "returnDetails"):
        if details.get("isReturned") is False and not blank(details.get("dateOfReturn")):
            yield Breach("business.contradiction", "not returned, and yet a date of return", f"{at}/dateOfReturn", "",
                         "null", typed(details["dateOfReturn"]))  # fmt: skip


def status_pending(context: Context) -> Iterator[Breach]:
    for at, _, details in _details(context, "qualityControlDetails"):
        if details.get("isPendingReview") is not True:
            continue
        if details.get("isQualityControlRejected") is True:
            yield Breach("business.contradiction", "awaits review and is already rejected by it",
                         f"{at}/isQualityControlRejected", "", "false", "true")  # fmt: skip
        if not blank(details.get("dateOfReview")):
            yield Breach("business.contradiction", "awaits review and has a date of review", f"{at}/dateOfReview", "",
                         "null", typed(details["dateOfReview"]))  # fmt: skip
