"""The text of the body: encodings, escaping, numbers; and where JSON and XML say different things."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from leadproof.contract.profile import Profile
from leadproof.core.exchange import Response
from leadproof.mock.defects.model import (
    Defect,
    Injection,
    content_type,
    each_body,
    each_response,
    each_result,
    relabelled,
)
from leadproof.mock.defects.written.rows import CREATES, row
from leadproof.mock.engine.answers import Value
from leadproof.mock.engine.service import Finish


def rows() -> Iterator[Defect]:
    """The rows of this module."""
    yield from _encodings()
    yield from _syntax()
    yield from _disagreements()


#: A text of an offer and of a client with letters and signs that have to be written with care.
_ACCENTED = "Zürich & São Paulo <Versicherung>"


def _accented(profile: Profile) -> Profile:
    """The profile with such texts: what a service gets wrong only when there is something to get wrong."""
    return replace(
        profile,
        offers=tuple(replace(one, description=f"{one.description} {_ACCENTED}") for one in profile.offers),
        clients=tuple(replace(one, clientName=f"{one.clientName} {_ACCENTED}") for one in profile.clients),
    )


def _bytes(change: Callable[[bytes], bytes], *operations: str, fmt: str = "") -> Injection:
    return Injection(profile=_accented, finish=each_body(change, *operations, fmt=fmt).finish)


def _latin(body: bytes) -> bytes:
    return body.decode().encode("latin-1", "replace")


def _twice(body: bytes) -> bytes:
    """UTF-8 taken for Latin-1 and written in UTF-8 again."""
    return body.decode("latin-1").encode()


def _ascii(body: bytes) -> bytes:
    return body.decode().encode("ascii", "replace")


def _misdeclared(response: Response) -> Response:
    # A charset in the label would count more than the declaration (RFC 7303, section 3).
    if "xml" not in content_type(response):
        return response
    body = b'<?xml version="1.0" encoding="iso-8859-1"?>' + response.body
    return relabelled(response._replace(body=body), "application/xml")


def _encodings() -> Iterator[Defect]:
    kind = "unicode mangled"
    yield row(
        "latin-1-in-json",
        kind,
        "JSON is written in Latin-1.",
        "charset",
        "create_lead",
        _bytes(_latin, "create_lead", fmt="json"),
        fmt="json",
    )
    yield row(
        "latin-1-in-xml",
        kind,
        "XML is written in Latin-1 and says nothing of it.",
        "charset",
        "ping",
        _bytes(_latin, "ping", fmt="xml"),
        fmt="xml",
    )
    yield row(
        "utf-8-twice-in-xml",
        kind,
        "In XML, letters with accents are encoded twice.",
        "twins_equivalent",
        "create_lead",
        _bytes(_twice, "create_lead", fmt="xml"),
    )
    yield row(
        "question-marks-in-json",
        kind,
        "In JSON, letters with accents become question marks.",
        "twins_equivalent",
        "inbound_post",
        _bytes(_ascii, "inbound_post", fmt="json"),
    )
    yield row(
        "entities-twice-in-xml",
        kind,
        "In XML, ampersands are escaped twice.",
        "twins_equivalent",
        "create_call_transfer",
        _bytes(lambda body: body.replace(b"&amp;", b"&amp;amp;"), "create_call_transfer", fmt="xml"),
    )
    yield row(
        "declared-latin-1-in-xml",
        kind,
        "XML says that it is in Latin-1, and is in UTF-8.",
        "twins_equivalent",
        "ping",
        Injection(profile=_accented, finish=each_response(_misdeclared, "ping").finish),
    )
    yield row(
        "mark-before-json",
        kind,
        "JSON begins with a byte order mark.",
        "charset",
        "accept_offer",
        each_body(lambda body: b"\xef\xbb\xbf" + body, "accept_offer"),
    )


def _syntax() -> Iterator[Defect]:
    kind = "malformed text"
    yield row(
        "xml-not-escaped",
        kind,
        "In XML, ampersands and brackets are not escaped.",
        "xml_wellformed",
        "create_lead",
        _bytes(lambda body: body.replace(b"&amp;", b"&").replace(b"&lt;", b"<"), "create_lead", fmt="xml"),
        fmt="xml",
    )
    yield row(
        "json-not-escaped",
        kind,
        "In JSON, a line break stands in a text as it is.",
        "json_wellformed",
        "ping",
        each_body(lambda body: body.replace(b'"offerId":"', b'"offerId":"\n'), "ping", fmt="json"),
        fmt="json",
    )
    yield row(
        "json-nan",
        kind,
        "A price that is not known is written as NaN.",
        "json_wellformed",
        "create_lead",
        each_body(lambda body: re.sub(rb'"price":[0-9.]+', b'"price":NaN', body, count=1), "create_lead", fmt="json"),
        fmt="json",
    )
    yield row(
        "json-in-json",
        kind,
        "The JSON answer is a text that holds JSON.",
        "member",
        "create_lead",
        each_body(lambda body: json.dumps(body.decode()).encode(), "create_lead", fmt="json"),
        fmt="json",
    )
    yield row(
        "json-in-a-list",
        kind,
        "The JSON answer is in a list.",
        "member",
        "duplicate_check",
        each_body(lambda body: b"[" + body + b"]", "duplicate_check", fmt="json"),
        fmt="json",
    )
    yield row(
        "json-price-twice",
        kind,
        "The price stands twice in a result.",
        "json_unique_members",
        "create_call_lead",
        each_body(lambda body: body.replace(b'"price":', b'"price":0.0,"price":'), "create_call_lead", fmt="json"),
        fmt="json",
    )
    yield row(
        "xml-in-soap",
        kind,
        "The XML answer is in a SOAP envelope.",
        "xml_root",
        "create_lead",
        each_body(_enveloped, "create_lead", fmt="xml"),
        fmt="xml",
    )
    yield row(
        "xml-children-in-the-other-namespace",
        kind,
        "The children of a result are in its namespace.",
        "xml_namespaces",
        "create_call_lead",
        each_body(_serialised, "create_call_lead", fmt="xml"),
        fmt="xml",
    )
    yield row(
        "xml-stack-trace",
        kind,
        "Every third XML answer has a stack trace behind it.",
        "xml_wellformed",
        "ping",
        Injection(finish=_now_and_then),
        fmt="xml",
    )


def _enveloped(body: bytes) -> bytes:
    space = b"http://schemas.xmlsoap.org/soap/envelope/"
    return b'<s:Envelope xmlns:s="%b"><s:Body>%b</s:Body></s:Envelope>' % (space, body)


_CHILDREN = re.compile(
    rb"<(/?)(IsValid|ResponseType|ResponseMessage|LeadIdentifier|CampaignIdentifier|IsPendingReview|Price)>"
)


def _serialised(body: bytes) -> bytes:
    return _CHILDREN.sub(rb"<\1d2p1:\2>", body)


def _now_and_then() -> Finish:
    seen: list[int] = []

    def finish(operation: str, response: Response) -> Response:
        if operation != "ping" or response.status != 200 or not response.body.startswith(b"<"):
            return response
        seen.append(1)
        return response if len(seen) % 3 else response._replace(body=response.body + b"\n   at LeadReceiver.Ping()")

    return finish


def _disagreements() -> Iterator[Defect]:
    kind, check = "JSON and XML disagree", "twins_equivalent"
    yield row(
        "xml-price-rounded",
        kind,
        "In XML the price is rounded.",
        check,
        "create_lead",
        each_result(_number("price", round), *CREATES, fmt="xml"),
    )
    yield row(
        "xml-price-in-cents",
        kind,
        "In XML the price is in cents.",
        check,
        "create_call_lead",
        each_result(_number("price", lambda price: price * 100), "create_call_lead", fmt="xml"),
    )
    yield row(
        "xml-payout-a-cent-off",
        kind,
        "In XML the estimate is a cent off.",
        check,
        "ping",
        each_result(_number("estimatedPayout", lambda price: round(price + 0.01, 2)), "ping", fmt="xml"),
    )
    yield row(
        "xml-offers-backwards",
        kind,
        "In XML the offers stand in the reverse order.",
        check,
        "ping",
        each_result(lambda one: {**one, "offers": one["offers"][::-1]}, "ping", fmt="xml"),
    )
    yield row(
        "xml-first-offer-only",
        kind,
        "In XML there is only the first offer.",
        check,
        "inbound_post",
        each_result(lambda one: {**one, "offers": one["offers"][:1]}, "inbound_post", fmt="xml"),
    )
    yield row(
        "json-without-refused-sends",
        kind,
        "In JSON, deliveries that a client refused are left out.",
        check,
        "create_lead_sends",
        each_result(
            lambda one: {**one, "sends": [send for send in one["sends"] if send["valid"]]},
            "create_lead_sends",
            fmt="json",
        ),
    )
    yield row(
        "xml-other-client",
        kind,
        "In XML the transfer goes to another client.",
        check,
        "create_call_transfer",
        each_result(
            lambda one: {**one, "client": [{**client, "clientId": client["clientId"] + 1} for client in one["client"]]},
            "create_call_transfer",
            fmt="xml",
        ),
    )
    yield row(
        "xml-refuses-in-other-words",
        kind,
        "In XML a refusal has another message.",
        check,
        "create_lead",
        each_result(
            lambda one: one if one["isValid"] else {**one, "responseMessage": "Abgelehnt"}, "create_lead", fmt="xml"
        ),
    )
    yield row(
        "xml-duplicate-missed",
        kind,
        "The duplicate check in XML finds nothing.",
        check,
        "duplicate_check",
        each_result(
            lambda one: (
                {**one, "isDuplicate": False, "duplicateLeadId": 0, "receivedOn": None} if one["isDuplicate"] else one
            ),
            "duplicate_check",
            fmt="xml",
        ),
    )


def _number(name: str, change: Callable[[float], float]) -> Callable[[Value], Value]:
    return lambda one: {**one, name: float(change(one[name]))} if one.get(name) else one
