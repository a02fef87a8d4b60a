"""What the contract means: the table of checks. Pure: an exchange and its context in, breaches out.

A clause of the register names the check that decides it. The rows below are the checks that look at one exchange in
its context; the form of bodies (`FORM`) is decided by the schemas and explained by `checks.bodies`; what needs two
exchanges side by side (`PAIRED`) is decided where the two are at hand, in `judge`.
"""

from __future__ import annotations

from leadproof.core.exchange import Part
from leadproof.judge.checks import bodies, messages, responses, sequences, status
from leadproof.judge.checks.context import Breach, Check, Context
from leadproof.judge.checks.history import History, LeadSeen, OrderSeen
from leadproof.judge.checks.memory import remember

__all__ = [
    "ABSENCE",
    "CHECKS",
    "FORM",
    "PAIRED",
    "TIMED",
    "Breach",
    "Check",
    "Context",
    "History",
    "LeadSeen",
    "OrderSeen",
    "remember",
]


def _has_value(context: Context) -> bool:
    return context.response_value is not None


def _accepted(context: Context) -> bool:
    return bool(context.accepted)


def _refused(context: Context) -> bool:
    return bool(context.refused)


def _intent(context: Context, *intents: str) -> bool:
    return context.exchange.intent.partition(":")[0] in intents


def _has_response(context: Context) -> bool:
    return context.exchange.response is not None


def _judged_status(context: Context) -> bool:
    response = context.exchange.response
    return (
        response is not None
        and response.status not in messages.UNAUTHORISED
        and not _intent(context, "unreadable", "unauthorised")
    )


def _asynchronous(context: Context) -> bool:
    return bool(context.source.get("returnURL")) and not context.results


def _offers(context: Context) -> bool:
    return any(result.get("offers") for _, result in context.results)


#: Check name -> when it has something to decide, and what it finds.
CHECKS: dict[str, Check] = {
    # the message
    "http_status": Check(_judged_status, messages.http_status, needs=(Part.STATUS,)),
    "media_type": Check(
        lambda c: _judged_status(c) and not _intent(c, "invalid", "unknown") and messages.media_can_be_told(c),
        messages.media,
        needs=(Part.RESPONSE_HEADERS, Part.RESPONSE_BODY),
    ),
    "unreadable_refusal": Check(
        lambda c: _has_response(c) and _intent(c, "unreadable"), messages.unreadable_refusal, needs=(Part.STATUS,)
    ),
    "no_lead_without_credentials": Check(
        lambda c: _has_response(c) and not messages.has_credentials(c),
        messages.no_lead_without_credentials,
        needs=(Part.CREDENTIALS, Part.RESPONSE_BODY),
    ),
    "client_credentials": Check(
        lambda c: not _intent(c, "unauthorised"), messages.client_credentials, needs=(Part.CREDENTIALS,)
    ),
    "client_content_type": Check(
        lambda c: bool(c.exchange.request.body) and not _intent(c, "unreadable"),
        messages.client_content_type,
        needs=(Part.REQUEST_HEADERS, Part.REQUEST_BODY),
    ),
    "client_accept": Check(
        lambda c: not _intent(c, "unreadable", "bare"), messages.client_accept, needs=(Part.REQUEST_HEADERS,)
    ),
    # the response by itself
    "presence": Check(_accepted, bodies.missing),
    "one_result_per_lead": Check(
        lambda c: _has_value(c) and bool(c.leads) and not _asynchronous(c), responses.one_result_per_lead
    ),
    "valid_iff_no_error": Check(lambda c: bool(c.results), responses.valid_iff_no_error),
    "refusal_message": Check(_refused, responses.refusal_message),
    "accepted_lead_id": Check(_accepted, responses.accepted_lead_id),
    "refused_without_price": Check(_refused, responses.refused_without_price),
    "lead_ids_unique": Check(_accepted, responses.lead_ids_unique, follows=True),
    "request_ids_unique": Check(_has_value, responses.request_ids_unique, follows=True),
    "order_when_accepted": Check(_accepted, responses.order_when_accepted),
    "order_when_refused": Check(_refused, responses.order_when_refused),
    "order_expiry_future": Check(lambda c: _accepted(c) and c.now is not None, responses.order_expiry_future),
    "order_expiry_utc": Check(lambda c: bool(c.results), responses.order_expiry_utc),
    "order_ids_unique": Check(_accepted, responses.order_ids_unique, follows=True),
    "campaign_assigned": Check(_accepted, responses.campaign_assigned),
    "offer_ids_unique": Check(_offers, responses.offer_ids_unique),
    "offer_urls": Check(_offers, responses.offer_urls),
    "offer_tcpa_text": Check(_offers, responses.offer_tcpa_text),
    "sends_on_accept": Check(_accepted, responses.sends_on_accept),
    "sends_withheld": Check(lambda c: _accepted(c) and bool(c.leads), responses.sends_withheld),
    "transfer_client": Check(_accepted, responses.transfer_client),
    "update_same_lead": Check(lambda c: _accepted(c) and bool(c.leads), responses.update_same_lead),
    "duplicate_original": Check(
        lambda c: any(result.get("isDuplicate") is True for _, result in c.results), responses.duplicate_original
    ),
    "duplicate_none": Check(
        lambda c: any(result.get("isDuplicate") is False for _, result in c.results), responses.duplicate_none
    ),
    "status_request_id": Check(lambda c: _has_value(c) and bool(c.exchange.request.target), status.status_request_id),
    "status_reason": Check(_refused, status.status_reason),
    "status_reason_qc": Check(
        lambda c: status.has_detail(c, "isQualityControlRejected", True), status.status_reason_qc
    ),
    "status_reason_return": Check(lambda c: status.has_detail(c, "isReturned", True), status.status_reason_return),
    "status_return_null": Check(lambda c: status.has_detail(c, "isReturned", False), status.status_return_null),
    "status_pending": Check(lambda c: status.has_detail(c, "isPendingReview", True), status.status_pending),
    "status_dates": Check(lambda c: bool(c.results), status.status_dates),
    "accept_message": Check(_has_value, responses.accept_message),
    "readable_refusal": Check(lambda c: _refused(c) and not _intent(c, "unreadable"), responses.readable_refusal),
    "refusal_expected": Check(
        lambda c: _intent(c, "refused", "invalid") and bool(c.results), responses.refusal_expected
    ),
    "valid_request_accepted": Check(
        lambda c: _intent(c, "accepted") and bool(c.results), responses.valid_request_accepted
    ),
    # the response against earlier ones
    "status_resolves": Check(
        sequences.status_known, sequences.status_resolves, follows=True, needs=(Part.RESPONSE_BODY,)
    ),
    "status_current": Check(lambda c: bool(sequences.decisions(c)), sequences.status_current),
    "offers_same": Check(lambda c: _has_value(c) and sequences.knows_offers(c), sequences.offers_same, follows=True),
    "status_agrees": Check(sequences.status_known, sequences.status_agrees, follows=True, needs=(Part.RESPONSE_BODY,)),
    "pending_review": Check(
        sequences.status_known, sequences.pending_review, follows=True, needs=(Part.RESPONSE_BODY,)
    ),
    "post_honours_order": Check(sequences.order_is_live, sequences.post_honours_order, follows=True),
    "post_order_once": Check(sequences.order_was_used, sequences.post_order_once, follows=True),
    "post_order_expired": Check(sequences.order_has_expired, sequences.post_order_expired, follows=True),
    "post_order_campaign": Check(sequences.order_of_other_campaign, sequences.post_order_campaign, follows=True),
    "payout_agrees": Check(lambda c: _accepted(c) and sequences.uses_order(c), sequences.payout_agrees, follows=True),
    "duplicate_agrees": Check(
        lambda c: sequences.repeats_lead(c) or (sequences.asks_new(c) and bool(c.results)),
        sequences.duplicate_agrees,
        follows=True,
        needs=(Part.RESPONSE_BODY,),
    ),
    "duplicate_refused": Check(
        sequences.repeats_lead, sequences.duplicate_refused, follows=True, needs=(Part.RESPONSE_BODY,)
    ),
    "offer_accepted": Check(
        lambda c: _has_value(c) and sequences.offer_is_known(c), sequences.offer_accepted, follows=True
    ),
    "offer_unknown": Check(
        lambda c: _has_value(c) and sequences.offer_is_unknown(c), sequences.offer_unknown, follows=True
    ),
}

#: Checks of a body's form, decided by schema and XSD; `checks.bodies.OWNER` sorts what is wrong to them.
FORM = frozenset(
    {
        "response_arrives",
        "body_limits",
        "charset",
        "client_member",
        "client_value",
        "client_xml_structure",
        "json_unique_members",
        "json_wellformed",
        "member",
        "unknown_members",
        "xml_attributes",
        "xml_namespaces",
        "xml_nil",
        "xml_order",
        "xml_repeated",
        "xml_root",
        "xml_structure",
        "xml_text",
        "xml_wellformed",
    }
)

#: Checks that conclude something from what no earlier exchange has shown.
ABSENCE = frozenset({"duplicate_agrees", "duplicate_refused", "offer_unknown", "post_honours_order"})

#: Checks that need to know when the response was given.
TIMED = frozenset({"duplicate_agrees", "duplicate_refused", "order_expiry_future", "post_order_expired"})

#: Checks that compare two exchanges.
PAIRED = frozenset({"callback_agrees", "callback_arrives", "callback_body", "callback_immediate", "twins_equivalent"})
