"""Results as values: what the responses to accepted and to refused leads hold, by operation.

Only the shape; what was decided comes in.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from leadproof.mock.engine.clock import precise_timestamp, timestamp
from leadproof.mock.engine.leads import StoredLead

Value = dict[str, Any]

#: The member of a create result that tells the operations apart, by operation id; None where there is none.
EXTRA: dict[str, str | None] = {
    "create_lead": "offers",
    "inbound_post": "offers",
    "create_lead_sends": "sends",
    "create_call_transfer": "client",
    "create_call_lead": None,
    "update_lead": None,
}

#: What a refused result carries besides the reason where a profile says "zero", by operation id.
_ZERO: dict[str, Value] = {
    operation: {
        "leadId": 0,
        "campaignId": 0,
        "isPendingReview": False,
        "price": 0.0,
        **({extra: []} if extra else {}),
    }
    for operation, extra in EXTRA.items()
}
# There is no zero of a time, so a timestamp is null. Nor has a ping's refusal an order to name.
_ZERO["ping"] = {
    "orderId": "",
    "orderExpiresOn": None,
    "estimatedPayout": 0.0,
    "campaignId": 0,
}
_ZERO["duplicate_check"] = {"isDuplicate": False, "duplicateLeadId": 0, "receivedOn": None}

#: What a refused result carries, by the profile's word for it.
_REST: dict[str, Callable[[str], Value]] = {
    "zero": lambda operation: dict(_ZERO[operation]),
    "null": lambda operation: dict.fromkeys(_ZERO[operation]),
    "absent": lambda operation: {},
}


def rest_of_refusal(operation: str, members: str) -> Value:
    """What a refused result carries besides the reason; `members` is the profile's "zero", "null" or "absent"."""
    return _REST[members](operation)


def accepted(operation: str, message: str, lead_id: int, aid: int, pending: bool, price: float, extra: Any) -> Value:
    """The result of an accepted create, post or update; `extra` is the value of the operation's own member."""
    result: Value = {
        "isValid": True,
        "responseType": "No_Error",
        "responseMessage": message,
        "leadId": lead_id,
        "campaignId": aid,
        "isPendingReview": pending,
        "price": price,
    }
    member = EXTRA[operation]
    return result if member is None else {**result, member: extra}


def refused(operation: str, response_type: str, message: str, members: str) -> Value:
    """The result of a refused create, post or update."""
    reason = {"isValid": False, "responseType": response_type, "responseMessage": message}
    return {**reason, **rest_of_refusal(operation, members)}


def ping_accepted(order_id: str, expires: str, payout: float, aid: int, response: str, offers: Any) -> Value:
    """The result of a ping that opened an order; `expires` is a timestamp."""
    return {
        "willAccept": True,
        "orderId": order_id,
        "orderExpiresOn": expires,
        "estimatedPayout": payout,
        "campaignId": aid,
        "response": response,
        "offers": offers,
    }


def ping_refused(message: str, members: str) -> Value:
    """The result of a ping that opened none."""
    rest = rest_of_refusal("ping", members)
    offers: Value = {} if members == "absent" else {"offers": [] if members == "zero" else None}
    return {"willAccept": False, **rest, "response": message, **offers}


def duplicate(lead_id: int, received: float, message: str) -> Value:
    """The result of a duplicate check that found a lead."""
    return {
        "success": True,
        "isDuplicate": True,
        "duplicateLeadId": lead_id,
        "receivedOn": timestamp(received),
        "response": message,
    }


def no_duplicate(message: str) -> Value:
    """The result of a duplicate check that found none."""
    return {"success": True, "isDuplicate": False, "duplicateLeadId": 0, "receivedOn": None, "response": message}


def duplicate_refused(message: str, members: str) -> Value:
    """The result of a duplicate check that was not made."""
    return {"success": False, **rest_of_refusal("duplicate_check", members), "response": message}


def status_of_refusal(aid: int, reason: str, received: float) -> Value:
    """The status of a lead that was never accepted."""
    return _status(0, False, reason, aid, received, _NEVER_REVIEWED, _NEVER_RETURNED)


def status(lead_id: int, aid: int, lead: StoredLead) -> Value:
    """The status of a lead that was accepted. A rejection in review has its own members (reading `status-verdicts`)."""
    rejected = lead.state == "rejected"
    review = {
        "isPendingReview": lead.state == "pending_review",
        "dateOfReview": None if lead.reviewed_at is None else precise_timestamp(lead.reviewed_at),
        "isQualityControlRejected": rejected,
        "rejectionReason": lead.review_reason if rejected else "",
    }
    returned = {
        "isReturned": lead.state == "returned",
        "dateOfReturn": None if lead.returned_at is None else precise_timestamp(lead.returned_at),
        "returnReason": lead.return_reason,
    }
    return _status(lead_id, True, "", aid, lead.received, review, returned)


_NEVER_REVIEWED: Value = {
    "isPendingReview": False,
    "dateOfReview": None,
    "isQualityControlRejected": False,
    "rejectionReason": "",
}
_NEVER_RETURNED: Value = {"isReturned": False, "dateOfReturn": None, "returnReason": ""}


def _status(lead_id: int, valid: bool, reason: str, aid: int, received: float, review: Value, returned: Value) -> Value:
    return {
        "leadId": lead_id,
        "isValid": valid,
        "rejectionReason": reason,
        "campaignId": aid,
        "dateReceived": precise_timestamp(received),
        "qualityControlDetails": dict(review),
        "returnDetails": dict(returned),
    }
