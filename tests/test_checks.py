"""Every check with an exchange that breaches it and one that passes it; the cases are data.

A case starts from the examples of the OpenAPI document, which are valid, and changes what it needs to.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import Any

import pytest
from ledgers import CountingJudge

from leadproof import bodies
from leadproof.contract.profile import load as load_profile
from leadproof.contract.specs import load
from leadproof.core.errors import EncodeError
from leadproof.core.exchange import MEDIA_TYPES, Exchange, Request, Response
from leadproof.core.findings import KINDS, Finding, Observation
from leadproof.core.operations import OPERATIONS
from leadproof.judge import Judge
from leadproof.judge.checks import CHECKS, FORM, PAIRED

SPEC = load()
EXAMPLES: dict[str, Any] = SPEC.openapi["components"]["examples"]
PROFILE = load_profile(None)

#: Monday, 2 March 2026, 15:04:06 UTC: the Date header of the responses, five minutes before the example's order
#: expires.
DATE = "Mon, 02 Mar 2026 15:04:06 GMT"
LATER = "Mon, 02 Mar 2026 15:30:00 GMT"
NOW = 1772463846.0

GONE = object()


@dataclass(frozen=True)
class Case:
    """One exchange, told by what differs from the example of its operation."""

    operation: str
    #: Pointer -> new value in the response; GONE takes it away. Bytes replace the body.
    response: dict[str, Any] | bytes = field(default_factory=dict)
    request: dict[str, Any] | bytes = field(default_factory=dict)
    intent: str = ""
    status: int = 200
    media: str = "json"
    #: Header -> value; None leaves it out.
    response_headers: dict[str, str | None] = field(default_factory=dict)
    request_headers: dict[str, str | None] = field(default_factory=dict)
    target: str = ""
    #: What was exchanged before.
    before: tuple[Case, ...] = ()
    #: Where the breach is, and its kind; not looked at in a case that passes.
    pointer: str = ""
    kind: str = "business.contradiction"
    failure: str = ""


TARGETS = {
    "lead_status": "/v2/status/0b2f6d6e-6a3c-4b0e-8f7e-3d9c51a0e101",
    "accept_offer": "/v2/leads/204811973/offers/a001/accept",
}


def change(value: Any, changes: dict[str, Any]) -> Any:
    value = copy.deepcopy(value)
    for pointer, new in changes.items():
        *way, last = pointer.split("/")[1:]
        place = value
        for part in way:
            place = place[int(part)] if isinstance(place, list) else place[part]
        if new is GONE:
            del place[last]
        elif isinstance(place, list):
            place[int(last) :] = [new]
        else:
            place[last] = new
    return value


def merged(base: dict[str, str], changes: dict[str, str | None]) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in {**base, **changes}.items() if value is not None)


def example(operation: str, direction: str, media: str) -> Any:
    """The value of an example; some members stand in one representation only."""
    if media == "json":
        return copy.deepcopy(EXAMPLES[f"{operation}_{direction}"]["value"])
    decode = bodies.decode_response if direction == "response" else bodies.decode_request
    return decode(operation, "xml", EXAMPLES[f"{operation}_{direction}_xml"]["value"].encode())


def exchange(case: Case) -> Exchange:
    row = OPERATIONS[case.operation]
    body = b""
    if row.body:
        body = (
            case.request
            if isinstance(case.request, bytes)
            else bodies.encode_request(row.id, case.media, change(example(row.id, "request", case.media), case.request))
        )
    response_body = (
        case.response
        if isinstance(case.response, bytes)
        else bodies.encode_response(row.id, case.media, change(example(row.id, "response", case.media), case.response))
    )
    media_type = MEDIA_TYPES[case.media][0]
    sent = {"api-key": "not-a-secret", "Accept": media_type} | ({"Content-Type": media_type} if body else {})
    target = case.target or TARGETS.get(row.id, row.path)
    request = Request(row.method, target, merged(sent, case.request_headers), body)
    got = merged({"Content-Type": media_type, "Date": DATE}, case.response_headers)
    response = None if case.failure else Response(case.status, got, response_body)
    return Exchange(request, response, row.id, "", case.intent, started=NOW, failure=case.failure)


def judge(
    case: Case, judge: Judge | None = None
) -> tuple[Judge, list[Finding | Observation], dict[str, int], dict[str, int]]:
    """The judge, what it says of the last exchange, and how often each clause passed and failed in it."""
    judge = judge or CountingJudge(SPEC, PROFILE)
    for earlier in case.before:
        judge.judge(exchange(earlier))
    passed, failed = judge.tally.passed.copy(), judge.tally.failed.copy()
    judgement = judge.judge(exchange(case))
    gained = [
        {cell[0]: count for cell, count in (after - before).items()}
        for after, before in ((judge.tally.passed, passed), (judge.tally.failed, failed))
    ]
    return judge, [*judgement.findings, *judgement.observations], gained[0], gained[1]


REFUSED = {"/results/0/isValid": False, "/results/0/responseType": "Data_Errors", "/results/0/price": 0}
NO_PING = {"/results/0/willAccept": False, "/results/0/orderId": None, "/results/0/estimatedPayout": 0}
#: A refused ping whose order ID is marked as nil and has a text all the same.
NIL_WITH_TEXT = bodies.encode_response(
    "ping",
    "xml",
    {"requestId": "929f4d31-5576-49b5-ae9b-606d94a475e2", "results": [{"willAccept": False, "orderId": None}]},
).replace(b'<OrderID i:nil="true"/>', b'<OrderID i:nil="true">A-1</OrderID>')
PERSON = {"Email": "avery@mail.example", "Phone": "212-555-0147", "LastName": "Example"}
#: A lead of the shipped profile, whose duplicate keys are known.
SOLD = {"/source/lid": 2001, "/source/aid": 3001}
SOLD_RESPONSE = {"/results/0/campaignId": 3001}
CREATED = Case("create_lead", SOLD_RESPONSE, SOLD)
PINGED = Case("ping")
ORDER = {"/leads/0/properties/orderId": "Q-77120931"}
QC = "/results/0/qualityControlDetails"
BACK = "/results/0/returnDetails"
SELECTED = {**ORDER, "/leads/0/properties/offerIds": ["a001"]}
OFFER = EXAMPLES["create_lead_response"]["value"]["results"][0]["offers"][0]
ANOTHER = {"/requestId": "0b2f6d6e-6a3c-4b0e-8f7e-3d9c51a0e1ff", "/results/0/leadId": 204811999}

#: Check -> exchanges that breach it.
BREACHES: dict[str, list[Case]] = {
    "http_status": [
        Case("ping", status=202, kind="status.unexpected"),
        Case("ping", status=500, kind="status.unexpected"),
        Case("ping", b"", status=404, kind="status.unexpected"),
        Case("ping", b"", status=500, intent="invalid", kind="status.unexpected"),
    ],
    "media_type": [
        Case("ping", response_headers={"Content-Type": None}, kind="media.missing"),
        Case("ping", b"<html/>", response_headers={"Content-Type": "text/html"}, kind="media.unexpected"),
        Case("ping", request_headers={"Accept": "application/xml"}, kind="media.unexpected"),
        Case(
            "ping",
            b"hm",
            response_headers={"Content-Type": "text/plain"},
            request_headers={"Accept": "*/*"},
            kind="media.unexpected",
        ),
    ],
    "unreadable_refusal": [
        Case("ping", intent="unreadable", kind="business.unexpected", pointer="/results/0/willAccept"),
        Case("ping", NO_PING, intent="unreadable", kind="status.unexpected"),
        Case("ping", b"", status=500, intent="unreadable", kind="status.unexpected"),
    ],
    "no_lead_without_credentials": [
        Case(
            "ping",
            intent="unauthorised",
            request_headers={"api-key": None},
            kind="business.unexpected",
            pointer="/results/0/willAccept",
        ),
        Case("accept_offer", request_headers={"api-key": " "}, kind="business.unexpected", pointer="/success"),
    ],
    "client_credentials": [
        Case("ping", request_headers={"api-key": None}, kind="client.credentials"),
        Case("duplicate_check", request_headers={"api-key": None}, kind="client.credentials"),
    ],
    "client_content_type": [
        Case("ping", request_headers={"Content-Type": None}, kind="media.missing"),
        Case("ping", request_headers={"Content-Type": "application/x-www-form-urlencoded"}, kind="header.invalid"),
    ],
    "client_accept": [
        Case("lead_status", request_headers={"Accept": None}, kind="header.missing"),
        Case("ping", request_headers={"Accept": "text/html, image/*"}, kind="header.invalid"),
    ],
    "presence": [
        Case("create_lead", {"/results/0/price": GONE}, kind="schema.missing", pointer="/results/0/price"),
        Case("ping", {"/results/0/orderId": None}, kind="schema.null", pointer="/results/0/orderId"),
        Case(
            "duplicate_check", {"/results/0/isDuplicate": GONE}, kind="schema.missing", pointer="/results/0/isDuplicate"
        ),
        Case("accept_offer", {"/message": GONE}, kind="schema.missing", pointer="/message"),
        Case(
            "lead_status", {"/results/0/returnDetails": GONE}, kind="schema.missing", pointer="/results/0/returnDetails"
        ),
        Case(
            "create_call_transfer",
            {"/results/0/client": GONE},
            media="xml",
            kind="schema.missing",
            pointer="/results/0/client",
        ),
    ],
    "one_result_per_lead": [
        Case("create_lead", {"/results": []}, kind="schema.cardinality", pointer="/results"),
        Case(
            "duplicate_check",
            request={"/leads/1": {"fields": {}}, "/leads/0": {"fields": {}}},
            kind="schema.cardinality",
            pointer="/results",
        ),
        Case(
            "create_lead_sends",
            intent="mixed:refused,accepted",
            kind="schema.cardinality",
            pointer="/results/0/isValid",
        ),
    ],
    "valid_iff_no_error": [
        Case("create_lead", {"/results/0/responseType": "Data_Errors"}, pointer="/results/0/responseType"),
        Case("update_lead", {"/results/0/isValid": False}, pointer="/results/0/responseType"),
    ],
    "refusal_message": [
        Case("create_lead", {**REFUSED, "/results/0/responseMessage": " "}, pointer="/results/0/responseMessage"),
        Case("ping", {**NO_PING, "/results/0/response": GONE}, pointer="/results/0/response"),
    ],
    "accepted_lead_id": [Case("create_lead", {"/results/0/leadId": 0}, pointer="/results/0/leadId")],
    "refused_without_price": [
        Case("create_lead", {**REFUSED, "/results/0/price": 0.01}, pointer="/results/0/price"),
        Case("ping", {**NO_PING, "/results/0/estimatedPayout": 4}, pointer="/results/0/estimatedPayout"),
    ],
    "lead_ids_unique": [
        Case("create_lead", {"/requestId": ANOTHER["/requestId"]}, before=(CREATED,), pointer="/results/0/leadId"),
        Case(
            "create_lead_sends",
            {"/results/1": EXAMPLES["create_lead_sends_response"]["value"]["results"][0]},
            pointer="/results/1/leadId",
        ),
    ],
    "request_ids_unique": [
        Case("create_lead", {"/results/0/leadId": 9}, before=(CREATED,), pointer="/requestId"),
        Case("ping", {"/results/0/orderId": "other"}, before=(PINGED,), pointer="/requestId"),
    ],
    "order_when_accepted": [Case("ping", {"/results/0/orderId": ""}, pointer="/results/0/orderId")],
    "order_when_refused": [Case("ping", {**NO_PING, "/results/0/orderId": "Q"}, pointer="/results/0/orderId")],
    "order_expiry_future": [
        Case("ping", {"/results/0/orderExpiresOn": "2026-03-02T15:04:06Z"}, pointer="/results/0/orderExpiresOn"),
        Case("ping", response_headers={"Date": "Fri, 31 Dec 9999 23:59:59 GMT"}, pointer="/results/0/orderExpiresOn"),
    ],
    "order_expiry_utc": [
        Case(
            "ping",
            {"/results/0/orderExpiresOn": "2026-03-02T17:09:05+02:00"},
            kind="schema.format",
            pointer="/results/0/orderExpiresOn",
        ),
        Case(
            "lead_status",
            {f"{BACK}/dateOfReturn": "2026-03-05T09:12:00-05:00"},
            kind="schema.format",
            pointer=f"{BACK}/dateOfReturn",
        ),
        Case(
            "duplicate_check",
            {"/results/0/receivedOn": "2026-03-02T16:04:06+01:00"},
            kind="schema.format",
            pointer="/results/0/receivedOn",
        ),
    ],
    "order_ids_unique": [
        Case("ping", {"/requestId": ANOTHER["/requestId"]}, before=(PINGED,), pointer="/results/0/orderId"),
        Case("ping", {"/results/1": EXAMPLES["ping_response"]["value"]["results"][0]}, pointer="/results/1/orderId"),
    ],
    "campaign_assigned": [
        Case("create_lead", {"/results/0/campaignId": 0}, pointer="/results/0/campaignId"),
        Case("ping", {"/results/0/campaignId": 4418}, pointer="/results/0/campaignId"),
    ],
    "offer_ids_unique": [
        Case("create_lead", {"/results/0/offers/1": OFFER}, pointer="/results/0/offers/1/offerId"),
        Case("ping", {"/results/0/offers/0/offerId": ""}, pointer="/results/0/offers/0/offerId"),
    ],
    "offer_urls": [
        Case(
            "ping",
            {"/results/0/offers/0/url": "harbor.example"},
            kind="schema.format",
            pointer="/results/0/offers/0/url",
        ),
        Case(
            "create_lead",
            {"/results/0/offers/0/tcpaInformation/termsURL": "javascript:alert(1)"},
            kind="schema.format",
            pointer="/results/0/offers/0/tcpaInformation/termsURL",
        ),
    ],
    "offer_tcpa_text": [
        Case(
            "ping",
            {"/results/0/offers/0/tcpaInformation/tcpaText": "  "},
            pointer="/results/0/offers/0/tcpaInformation/tcpaText",
        ),
    ],
    "sends_on_accept": [
        Case("create_lead_sends", {"/results/0/sends/0/clientId": 0}, pointer="/results/0/sends/0/clientId"),
    ],
    "sends_withheld": [
        Case("create_lead_sends", request={"/source/sendDelay": 0.5}, pointer="/results/0/sends/0/valid"),
        Case("create_lead_sends", request={"/leads/0/properties/noSell": True}, pointer="/results/0/sends/0/valid"),
    ],
    "transfer_client": [
        Case("create_call_transfer", {"/results/0/client": []}, pointer="/results/0/client"),
        Case("create_call_transfer", {"/results/0/client/0/agentPhone": ""}, pointer="/results/0/client/0/agentPhone"),
        Case("create_call_transfer", {"/results/0/client": []}, media="xml", pointer="/results/0/client"),
    ],
    "update_same_lead": [Case("update_lead", {"/results/0/leadId": 7}, pointer="/results/0/leadId")],
    "duplicate_original": [
        Case("duplicate_check", {"/results/0/duplicateLeadId": 0}, pointer="/results/0/duplicateLeadId"),
        Case("duplicate_check", {"/results/0/duplicateLeadId": None}, pointer="/results/0/duplicateLeadId"),
        Case("duplicate_check", {"/results/0/receivedOn": None}, pointer="/results/0/receivedOn"),
        Case("duplicate_check", {"/results/0/receivedOn": "2026-03-03T15:04:06Z"}, pointer="/results/0/receivedOn"),
    ],
    "duplicate_none": [
        Case("duplicate_check", {"/results/1/duplicateLeadId": 5}, pointer="/results/1/duplicateLeadId")
    ],
    "status_request_id": [
        Case(
            "lead_status",
            target="/v2/status/0b2f6d6e-6a3c-4b0e-8f7e-3d9c51a0e102",
            kind="sequence.broken",
            pointer="/requestId",
        ),
    ],
    "status_reason": [
        Case(
            "lead_status",
            {"/results/0/isValid": False, "/results/0/rejectionReason": None},
            pointer="/results/0/rejectionReason",
        ),
    ],
    "status_reason_qc": [
        Case("lead_status", {f"{QC}/isQualityControlRejected": True}, pointer=f"{QC}/rejectionReason")
    ],
    "status_reason_return": [Case("lead_status", {f"{BACK}/returnReason": ""}, pointer=f"{BACK}/returnReason")],
    "status_return_null": [Case("lead_status", {f"{BACK}/isReturned": False}, pointer=f"{BACK}/dateOfReturn")],
    "status_pending": [
        Case("lead_status", {f"{QC}/isPendingReview": True}, pointer=f"{QC}/dateOfReview"),
        Case(
            "lead_status",
            {f"{QC}/isPendingReview": True, f"{QC}/isQualityControlRejected": True, f"{QC}/dateOfReview": None},
            pointer=f"{QC}/isQualityControlRejected",
        ),
    ],
    "status_dates": [
        Case("lead_status", {"/results/0/dateReceived": "2026-03-06T00:00:00Z"}, pointer="/results/0/dateReceived"),
        Case("lead_status", {f"{QC}/dateOfReview": "2026-03-01T00:00:00Z"}, pointer=f"{QC}/dateOfReview"),
        Case("lead_status", {f"{BACK}/dateOfReturn": "2026-03-01T00:00:00Z"}, pointer=f"{BACK}/dateOfReturn"),
    ],
    "accept_message": [Case("accept_offer", {"/message": ""}, pointer="/message")],
    "readable_refusal": [
        Case("create_lead", {**REFUSED, "/results/0/responseType": "No_Error"}, pointer="/results/0/responseType"),
        Case("create_lead", {**REFUSED, "/results/0/responseType": None}, pointer="/results/0/responseType"),
    ],
    "refusal_expected": [
        Case("create_lead", intent="refused:Data_Errors", kind="business.unexpected", pointer="/results/0/isValid"),
        Case(
            "create_lead",
            REFUSED,
            intent="refused:Post_Over_Max",
            kind="business.unexpected",
            pointer="/results/0/responseType",
        ),
    ],
    "valid_request_accepted": [
        Case("create_lead", REFUSED, intent="accepted", kind="business.unexpected", pointer="/results/0/isValid"),
        Case("ping", NO_PING, intent="accepted", kind="business.unexpected", pointer="/results/0/willAccept"),
    ],
    "status_resolves": [
        Case(
            "lead_status",
            {"/results/0/leadId": 1},
            before=(CREATED,),
            kind="sequence.broken",
            pointer="/results/0/leadId",
        ),
        Case("lead_status", {"/results": []}, before=(CREATED,), kind="sequence.broken", pointer="/results"),
    ],
    "status_agrees": [
        Case(
            "lead_status",
            {"/results/0/isValid": False, "/results/0/rejectionReason": "?"},
            before=(CREATED,),
            kind="sequence.broken",
            pointer="/results/0/isValid",
        ),
        Case("lead_status", before=(CREATED,), kind="sequence.broken", pointer="/results/0/campaignId"),
    ],
    "status_current": [
        Case("lead_status", intent="status:pending", kind="sequence.broken", pointer=f"{QC}/isPendingReview"),
        Case("lead_status", intent="status:reject", kind="sequence.broken", pointer=f"{QC}/isQualityControlRejected"),
        Case("lead_status", intent="status:kept", kind="sequence.broken", pointer=f"{BACK}/isReturned"),
    ],
    "pending_review": [
        Case(
            "lead_status",
            {f"{QC}/isPendingReview": True, f"{QC}/dateOfReview": None},
            before=(CREATED,),
            kind="sequence.broken",
            pointer=f"{QC}/isPendingReview",
        ),
        Case(
            "lead_status",
            {f"{QC}/dateOfReview": None},
            kind="sequence.broken",
            pointer=f"{QC}/isPendingReview",
            before=(Case("create_lead", {**SOLD_RESPONSE, "/results/0/isPendingReview": True}, SOLD),),
        ),
    ],
    "post_honours_order": [
        Case(
            "inbound_post",
            REFUSED,
            ORDER,
            intent="accepted",
            before=(PINGED,),
            kind="sequence.broken",
            pointer="/results/0/isValid",
        ),
    ],
    "post_order_once": [
        Case(
            "inbound_post",
            ANOTHER,
            ORDER,
            before=(PINGED, Case("inbound_post")),
            kind="sequence.broken",
            pointer="/results/0/isValid",
        ),
    ],
    "post_order_expired": [
        Case(
            "inbound_post",
            request=ORDER,
            before=(PINGED,),
            response_headers={"Date": LATER},
            kind="sequence.broken",
            pointer="/results/0/isValid",
        ),
    ],
    "post_order_campaign": [
        Case(
            "inbound_post",
            {"/results/0/campaignId": 5},
            {**ORDER, "/source/aid": 5},
            before=(PINGED,),
            kind="sequence.broken",
            pointer="/results/0/isValid",
        ),
        Case(
            "inbound_post",
            request={**ORDER, "/source/vid": 5},
            before=(PINGED,),
            kind="sequence.broken",
            pointer="/results/0/isValid",
        ),
    ],
    "payout_agrees": [
        Case("inbound_post", {"/results/0/price": 11}, ORDER, before=(PINGED,), pointer="/results/0/price")
    ],
    "offers_same": [
        Case(
            "ping",
            {"/results/0/offers/0/name": "Another"},
            before=(CREATED,),
            kind="sequence.broken",
            pointer="/results/0/offers/0/name",
        ),
        Case(
            "inbound_post",
            {"/results/0/offers": []},
            SELECTED,
            before=(PINGED,),
            kind="sequence.broken",
            pointer="/results/0/offers",
        ),
    ],
    "duplicate_agrees": [
        Case(
            "duplicate_check",
            {"/results/0/isDuplicate": False, "/results/0/duplicateLeadId": None, "/results/0/receivedOn": None},
            SOLD,
            before=(CREATED,),
            kind="sequence.broken",
            pointer="/results/0/isDuplicate",
        ),
        Case(
            "duplicate_check",
            {"/results/0/duplicateLeadId": 3},
            SOLD,
            before=(CREATED,),
            kind="sequence.broken",
            pointer="/results/0/duplicateLeadId",
        ),
        Case("duplicate_check", intent="accepted:new", kind="sequence.broken", pointer="/results/0/isDuplicate"),
    ],
    "duplicate_refused": [
        Case(
            "create_call_lead",
            SOLD_RESPONSE,
            SOLD,
            before=(CREATED,),
            kind="sequence.broken",
            pointer="/results/0/isValid",
        ),
    ],
    "offer_accepted": [
        Case("accept_offer", {"/success": False}, before=(CREATED,), kind="sequence.broken", pointer="/success"),
        Case(
            "accept_offer",
            {"/success": False},
            before=(PINGED, Case("inbound_post", {"/results/0/leadId": 204811973})),
            kind="sequence.broken",
            pointer="/success",
        ),
    ],
    "offer_unknown": [
        Case(
            "accept_offer",
            before=(CREATED,),
            target="/v2/leads/204811973/offers/zzz/accept",
            kind="sequence.broken",
            pointer="/success",
        ),
        Case("accept_offer", intent="unknown", kind="sequence.broken", pointer="/success"),
    ],
    # ---- form: decided by schema and XSD
    "response_arrives": [Case("ping", failure="transport.timeout", kind="transport.timeout")],
    "charset": [
        Case("ping", b'{"requestId": "\xff"}', kind="charset.invalid"),
        Case("ping", b"<a>\xff</a>", media="xml", kind="charset.invalid"),
    ],
    "json_wellformed": [
        Case("ping", b"{", kind="body.malformed"),
        Case("ping", b"", response_headers={"Content-Type": None}, kind="body.empty"),
        Case("ping", b" ", kind="body.empty"),
    ],
    "body_limits": [
        Case("ping", b"[" * 999 + b"]" * 999, kind="body.unsafe"),
        Case("ping", b"<!DOCTYPE a><a/>", media="xml", kind="body.unsafe"),
    ],
    "json_unique_members": [
        Case("ping", b'{"requestId": "a", "requestId": "b"}', kind="body.duplicate-member", pointer="/requestId")
    ],
    "unknown_members": [Case("ping", {"/results/0/bid": 1}, kind="schema.unknown", pointer="/results/0/bid")],
    "member": [
        Case("ping", {"/results/0/estimatedPayout": "12.50"}, kind="schema.type", pointer="/results/0/estimatedPayout"),
        Case("ping", {"/results/0/campaignId": -1}, kind="schema.range", pointer="/results/0/campaignId"),
        Case("ping", {"/requestId": None}, kind="schema.null", pointer="/requestId"),
        Case("ping", {"/results/0/offers/0/type": "Weekly"}, kind="schema.enum", pointer="/results/0/offers/0/type"),
        Case(
            "ping",
            {"/results/0/orderExpiresOn": "2026-02-30T00:00:00Z"},
            kind="schema.format",
            pointer="/results/0/orderExpiresOn",
        ),
        Case(
            "ping",
            {"/results/0/orderExpiresOn": "2026-02-30T00:00:00Z"},
            media="xml",
            kind="schema.format",
            pointer="/results/0/orderExpiresOn",
        ),
        Case("create_lead", {"/results/0/offers": {}}, kind="schema.type", pointer="/results/0/offers"),
        Case("ping", b"[]", kind="schema.type"),
    ],
    "client_member": [
        Case("ping", request={"/source/vid": "7001"}, kind="schema.type", pointer="/source/vid"),
        Case("ping", request={"/source/vid": GONE}, kind="schema.missing", pointer="/source/vid"),
        Case("create_lead", request={"/source/sendDelay": GONE}, kind="schema.missing", pointer="/source/sendDelay"),
        Case("create_lead", request={"/source/returnURL": 7}, kind="schema.type", pointer="/source/returnURL"),
        Case("ping", request={"/source/vid": -1}, kind="schema.range", pointer="/source/vid"),
        Case(
            "create_call_lead",
            request={"/leads/0/properties/callDate": "2026-01-31"},
            kind="schema.format",
            pointer="/leads/0/properties/callDate",
        ),
        Case(
            "create_call_lead",
            request={"/leads/0/properties/ivrNumber": GONE},
            media="xml",
            kind="schema.missing",
            pointer="/leads/0/properties/ivrNumber",
        ),
        Case("ping", request=b"{", kind="body.malformed"),
        Case("ping", request=b"[]", kind="schema.type"),
    ],
    "client_value": [
        Case(
            "create_lead",
            request={"/source/returnURL": "localhost"},
            media=media,
            kind="schema.format",
            pointer="/source/returnURL",
        )
        for media in ("json", "xml")
    ]
    + [
        Case(
            "create_call_lead",
            request={f"/leads/0/properties/{name}": value},
            media=media,
            kind=kind,
            pointer=f"/leads/0/properties/{name}",
        )
        for name, value, kind in (
            ("recordingUrl", "s3://calls/1.wav", "schema.format"),
            ("callDuration", -1, "schema.range"),
        )
        for media in ("json", "xml")
    ]
    + [
        Case("create_lead", request={"/source/sendDelay": -0.5}, kind="schema.range", pointer="/source/sendDelay"),
        Case("ping", request={"/leads": []}, kind="schema.cardinality", pointer="/leads"),
        Case("ping", request=b"<Leads vid='1' lid='1'/>", media="xml", kind="schema.cardinality", pointer="/leads"),
        Case(
            "inbound_post",
            request={"/leads/0/properties/offerIds": ["a", "b|c"]},
            kind="schema.format",
            pointer="/leads/0/properties/offerIds/1",
        ),
    ],
    "client_xml_structure": [
        Case("ping", request=b"<Leads vid='1' lid='1'>", media="xml", kind="body.malformed"),
        Case("ping", request=b"<Lead/>", media="xml", kind="xml.root"),
        Case(
            "ping",
            request=b"<Leads vid='1' lid='1' x='1'><Lead/></Leads>",
            media="xml",
            kind="schema.unknown",
            pointer="/source/x",
        ),
        Case(
            "ping",
            request=b"<Leads vid='1' lid='1'><Lead><A/><A/></Lead></Leads>",
            media="xml",
            kind="xml.structure",
            pointer="/leads/0/fields/A",
        ),
    ],
    "xml_wellformed": [Case("ping", b"<a>", media="xml", kind="body.malformed")],
    "xml_nil": [Case("ping", NIL_WITH_TEXT, media="xml", kind="xml.structure", pointer="/results/0/orderId")],
    "xml_root": [Case("ping", b"<a/>", media="xml", kind="xml.root")],
}

#: In XML: check -> a piece of the example's response, what stands in its place, kind and pointer.
XML_BREACHES = {
    "xml_namespaces": (b"<Results xmlns:d2p1", b"<Results xmlns='urn:x' xmlns:d2p1", "xml.namespace", "/results"),
    "xml_order": (
        b"<WillAccept>true</WillAccept><OrderID>Q-77120931</OrderID>",
        b"<OrderID>Q-77120931</OrderID><WillAccept>true</WillAccept>",
        "xml.order",
        "/results/0/willAccept",
    ),
    "xml_structure": (
        b"<WillAccept>true</WillAccept>",
        b"<WillAccept>true<b/></WillAccept>",
        "xml.structure",
        "/results/0/willAccept",
    ),
    "xml_attributes": (b"<WillAccept>", b"<WillAccept unit='x'>", "xml.structure", "/results/0/willAccept"),
    "xml_repeated": (
        b"<WillAccept>true</WillAccept>",
        b"<WillAccept>true</WillAccept>" * 2,
        "xml.structure",
        "/results/0/willAccept",
    ),
    "xml_text": (b"<Results xmlns", b"none<Results xmlns", "xml.structure", ""),
}

#: Check -> an exchange that gives it occasion and passes, where the plain example of the operation does not.
PASSES: dict[str, Case] = {
    "unreadable_refusal": Case("ping", b"", status=400, intent="unreadable", response_headers={"Content-Type": None}),
    "no_lead_without_credentials": Case("ping", NO_PING, request_headers={"api-key": None}, intent="unauthorised"),
    "refusal_message": Case("ping", NO_PING),
    "refused_without_price": Case("create_lead", {**REFUSED, "/results/0/price": None}),
    "order_when_refused": Case("ping", {**NO_PING, "/results/0/orderId": ""}),
    "sends_withheld": Case("create_lead_sends", {"/results/0/sends": []}, {"/source/sendDelay": 2}),
    "status_reason": Case("lead_status", {"/results/0/isValid": False, "/results/0/rejectionReason": "No consent"}),
    "status_reason_qc": Case(
        "lead_status", {f"{QC}/isQualityControlRejected": True, f"{QC}/rejectionReason": "No consent"}
    ),
    "status_return_null": Case("lead_status", {f"{BACK}/isReturned": False, f"{BACK}/dateOfReturn": None}),
    "status_pending": Case("lead_status", {f"{QC}/isPendingReview": True, f"{QC}/dateOfReview": None}),
    "status_request_id": Case("lead_status", target="/v2/status/0B2F6D6E-6A3C-4B0E-8F7E%2D3D9C51A0E101/"),
    "status_dates": Case("lead_status", response_headers={"Date": "Fri, 31 Dec 9999 23:59:59 GMT"}),
    "readable_refusal": Case("create_lead", REFUSED),
    "refusal_expected": Case("create_lead", REFUSED, intent="refused:Data_Errors"),
    "valid_request_accepted": Case("create_lead", intent="accepted"),
    "status_resolves": Case("lead_status", before=(CREATED,)),
    "status_agrees": Case("lead_status", SOLD_RESPONSE, before=(CREATED,)),
    "status_current": Case("lead_status", intent="status:return"),
    "pending_review": Case("lead_status", before=(CREATED,)),
    "post_honours_order": Case("inbound_post", request=ORDER, intent="accepted", before=(PINGED,)),
    "post_order_once": Case("inbound_post", {**REFUSED, **ANOTHER}, ORDER, before=(PINGED, Case("inbound_post"))),
    "post_order_expired": Case("inbound_post", REFUSED, ORDER, before=(PINGED,), response_headers={"Date": LATER}),
    "post_order_campaign": Case("inbound_post", REFUSED, {**ORDER, "/source/aid": 5}, before=(PINGED,)),
    "payout_agrees": Case("inbound_post", request=ORDER, before=(PINGED,)),
    "offers_same": Case("ping", before=(CREATED,)),
    "duplicate_agrees": Case("duplicate_check", request=SOLD, before=(CREATED,)),
    "duplicate_refused": Case("create_call_lead", REFUSED, SOLD, before=(CREATED,)),
    "offer_accepted": Case("accept_offer", before=(CREATED,)),
    "offer_unknown": Case(
        "accept_offer",
        {"/success": False},
        before=(CREATED,),
        target="/v2/leads/%C2%B2/offers/a%2F1/accept",
        intent="unknown",
    ),
    "transfer_client": Case("create_call_transfer", {"/results/0/client": []}, {"/source/sendDelay": 1}),
    "client_credentials": Case("ping", request_headers={"api-key": None, "Authorization": "Bearer x"}),
    "media_type": Case("ping", response_headers={"Content-Type": "Application/JSON; charset=utf-8"}),
    "charset": Case("ping", media="xml", response_headers={"Content-Type": "text/xml; charset=UTF-8"}),
}


#: Requests with members that no value can break: in XML every text is a string.
UNBREAKABLE = (
    Case("create_lead", request={"/source/returnURL": "https://partner.example/done"}, media="xml"),
    Case("create_lead_sends", request={"/leads/0/properties/orderId": "A-1"}, media="xml"),
)


def occasion(check: str) -> Case:
    """The case that passes a check: its own, or the example of the first operation that a clause of it binds."""
    if check in PASSES:
        return PASSES[check]
    clause = next(clause for clause in SPEC.clauses.values() if clause.check == check)
    return Case(clause.cells()[0][0], media=clause.cells()[0][1])


def test_every_check_has_a_clause_and_every_clause_a_check() -> None:
    named = {clause.check for clause in SPEC.clauses.values() if clause.check}

    assert named == set(CHECKS) | FORM | PAIRED
    assert len(CHECKS) + len(FORM) + len(PAIRED) == len(named)


def test_every_check_has_its_cases() -> None:
    assert set(BREACHES) | set(XML_BREACHES) == set(CHECKS) | FORM


@pytest.mark.parametrize(
    ("check", "case"),
    [
        pytest.param(check, case, id=f"{check}-{number}")
        for check, cases in BREACHES.items()
        for number, case in enumerate(cases)
    ],
)
def test_a_breach_is_found_and_owned_by_the_right_clause(check: str, case: Case) -> None:
    judge_, said, passed, failed = judge(case)
    register = judge_.register

    if check in ("member", "client_member", "client_value"):
        owned = [one for one in said if one.pointer == case.pointer and one.kind == case.kind]
        clause = register.owner(case.operation, case.media, check, case.pointer)
        assert clause.member == register.owner(case.operation, case.media, check, case.pointer).member
    else:
        found = register.clause(case.operation, case.media, check)
        assert found is not None, "the case is about a cell that no clause of this check binds"
        clause = found
        owned = [one for one in said if one.pointer == case.pointer and one.kind == case.kind]
    assert owned, f"{case.kind} at {case.pointer!r}; found: {[(one.kind, one.pointer) for one in said]}"
    assert case.kind in KINDS
    reported = [one.clause for one in owned if isinstance(one, Finding)]
    observed = clause.level == "may" or check == "unknown_members"
    assert (reported == []) if observed else (clause.id in reported)
    assert clause.id not in passed, "a clause that was broken did not hold as well"
    assert observed or failed[clause.id] == 1
    assert all(one.kind in KINDS for one in said)


@pytest.mark.parametrize("check", XML_BREACHES)
def test_a_breach_of_the_form_of_xml_is_found(check: str) -> None:
    piece, instead, kind, pointer = XML_BREACHES[check]
    valid = bodies.encode_response("ping", "xml", EXAMPLES["ping_response"]["value"])
    assert piece in valid

    judge_, said, passed, failed = judge(Case("ping", valid.replace(piece, instead), media="xml"))

    clause = judge_.register.clause("ping", "xml", check)
    assert clause is not None
    assert [(one.clause, one.kind, one.pointer) for one in said if isinstance(one, Finding)] == [
        (clause.id, kind, pointer)
    ]
    assert failed == {clause.id: 1}
    assert clause.id not in passed


@pytest.mark.parametrize("check", sorted(set(CHECKS) | FORM))
def test_a_check_with_occasion_passes(check: str) -> None:
    case = occasion(check)

    _, said, passed, failed = judge(case)

    owners = {
        clause.id for clause in SPEC.clauses.values() if clause.check == check and case.operation in clause.operations
    }
    assert owners & set(passed), f"no occasion: {said}"
    assert not owners & set(failed), said


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("media", ["json", "xml"])
def test_the_examples_of_the_openapi_document_break_nothing(operation: str, media: str) -> None:
    if media not in OPERATIONS[operation].media:
        media = "json"
    _, said, passed, failed = judge(Case(operation, media=media))

    assert said == []
    assert failed == {}
    assert len(passed) > 10


def test_every_testable_clause_was_decided_by_some_case() -> None:
    """Held and broken: a clause that no exchange can decide is a promise of the register that nobody keeps."""
    cases = [case for cases in BREACHES.values() for case in cases] + [
        *(occasion(check) for check in sorted(set(CHECKS) | FORM)),
        *UNBREAKABLE,
    ]
    decided: set[str] = set()
    for case in cases:
        for fmt in OPERATIONS[case.operation].media if not isinstance(case.response, bytes) else (case.media,):
            try:
                judge_, *_ = judge(Case(**{**vars(case), "media": fmt}))
            except (EncodeError, KeyError):  # the case is about what this format does not carry
                continue
            decided |= {cell[0] for cell in (judge_.tally.passed + judge_.tally.failed)}
    for row in OPERATIONS.values():
        for media in row.media:
            judge_, *_ = judge(Case(row.id, media=media, intent="accepted"))
            judge_.judge(exchange(Case(row.id, {}, media=media)))
            decided |= {cell[0] for cell in (judge_.tally.passed + judge_.tally.failed)}

    testable = {clause.id for clause in SPEC.clauses.values() if clause.check and clause.check not in PAIRED}
    assert sorted(testable - decided) == []
