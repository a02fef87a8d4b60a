"""The text of the body: encodings, escaping, numbers; and where JSON and XML say different things."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace

from leadproof.contract.profile import Profile
from leadproof.core.exchange import Response
from leadproof.mock.defects.written.messages import labelled
from leadproof.mock.defects.written.rows import (
    CREATES,
    D,
    InjectionOf,
    Table,
    each,
    edit,
    has,
    put,
    refuses,
    responses,
    result,
    texts,
    when,
)

#: A text of an offer and of a client with letters and signs that have to be written with care.
_ACCENTED = "Zürich & São Paulo <Versicherung>"


def _accented(profile: Profile) -> Profile:
    """The profile with such texts: what a service gets wrong only when there is something to get wrong."""
    return replace(
        profile,
        offers=tuple(replace(one, description=f"{one.description} {_ACCENTED}") for one in profile.offers),
        clients=tuple(replace(one, clientName=f"{one.clientName} {_ACCENTED}") for one in profile.clients),
    )


def _careful(injection: InjectionOf) -> InjectionOf:
    """An injection into a mock with such a profile."""
    return lambda operation: replace(injection(operation), profile=_accented)


def _replaced(was: bytes, becomes: bytes) -> Callable[[bytes], bytes]:
    return lambda body: body.replace(was, becomes)


def _latin(body: bytes) -> bytes:
    return body.decode().encode("latin-1", "replace")


def _twice(body: bytes) -> bytes:
    """UTF-8 taken for Latin-1 and written in UTF-8 again."""
    return body.decode("latin-1").encode()


def _ascii(body: bytes) -> bytes:
    return body.decode().encode("ascii", "replace")


def _misdeclared(response: Response) -> Response:
    # A charset in the label would count more than the declaration (RFC 7303, section 3).
    body = b'<?xml version="1.0" encoding="iso-8859-1"?>' + response.body
    return labelled("application/xml")(response._replace(body=body))


def _enveloped(body: bytes) -> bytes:
    space = b"http://schemas.xmlsoap.org/soap/envelope/"
    return b'<s:Envelope xmlns:s="%b"><s:Body>%b</s:Body></s:Envelope>' % (space, body)


_CHILDREN = re.compile(
    rb"<(/?)(IsValid|ResponseType|ResponseMessage|LeadIdentifier|CampaignIdentifier|IsPendingReview|Price)>"
)

TABLE: Table = {
    "unicode mangled": (
        D("latin-1-in-json", "create_lead", "charset", _careful(texts(_latin, fmt="json")),
          "JSON is written in Latin-1.", media="json"),
        D("latin-1-in-xml", "ping", "charset", _careful(texts(_latin, fmt="xml")),
          "XML is written in Latin-1 and says nothing of it.", media="xml"),
        D("utf-8-twice-in-xml", "create_lead", "twins_equivalent", _careful(texts(_twice, fmt="xml")),
          "In XML, letters with accents are encoded twice."),
        D("question-marks-in-json", "inbound_post", "twins_equivalent", _careful(texts(_ascii, fmt="json")),
          "In JSON, letters with accents become question marks."),
        D("entities-twice-in-xml", "create_call_transfer", "twins_equivalent",
          _careful(texts(_replaced(b"&amp;", b"&amp;amp;"), fmt="xml")),
          "In XML, ampersands are escaped twice."),
        D("declared-latin-1-in-xml", "ping", "twins_equivalent", _careful(responses(_misdeclared, fmt="xml")),
          "XML says that it is in Latin-1, and is in UTF-8."),
        D("mark-before-json", "accept_offer", "charset", texts(lambda body: b"\xef\xbb\xbf" + body),
          "JSON begins with a byte order mark."),
    ),
    "malformed text": (
        D("xml-not-escaped", "create_lead", "xml_wellformed",
          _careful(texts(lambda body: body.replace(b"&amp;", b"&").replace(b"&lt;", b"<"), fmt="xml")),
          "In XML, ampersands and brackets are not escaped.", media="xml"),
        D("json-not-escaped", "ping", "json_wellformed", texts(_replaced(b'"offerId":"', b'"offerId":"\n'), fmt="json"),
          "In JSON, a line break stands in a text as it is.", media="json"),
        D("json-nan", "create_lead", "json_wellformed",
          texts(lambda body: re.sub(rb'"price":[0-9.]+', b'"price":NaN', body, count=1), fmt="json"),
          "A price that is not known is written as NaN.", media="json"),
        D("json-in-json", "create_lead", "member",
          texts(lambda body: json.dumps(body.decode()).encode(), fmt="json"),
          "The JSON response is a text that holds JSON.", media="json"),
        D("json-in-a-list", "duplicate_check", "member", texts(lambda body: b"[" + body + b"]", fmt="json"),
          "The JSON response is in a list.", media="json"),
        D("json-price-twice", "create_call_lead", "json_unique_members",
          texts(_replaced(b'"price":', b'"price":0.0,"price":'), fmt="json"),
          "The price stands twice in a result.", media="json"),
        D("xml-in-soap", "create_lead", "xml_root", texts(_enveloped, fmt="xml"),
          "The XML response is in a SOAP envelope.", media="xml"),
        D("xml-children-in-the-other-namespace", "create_call_lead", "xml_namespaces",
          texts(lambda body: _CHILDREN.sub(rb"<\1d2p1:\2>", body), fmt="xml"),
          "The children of a result are in its namespace.", media="xml"),
        D("xml-stack-trace", "ping", "xml_wellformed",
          texts(lambda body: body + b"\n   at LeadReceiver.Ping()", fmt="xml", every=3),
          "Every third XML response has a stack trace behind it.", media="xml"),
    ),
    "JSON and XML disagree": (
        D("xml-price-rounded", "create_lead", "twins_equivalent",
          result(edit(lambda price: float(round(price)), "price"), *CREATES, fmt="xml"),
          "In XML the price is rounded."),
        D("xml-price-in-cents", "create_call_lead", "twins_equivalent",
          result(edit(lambda price: price * 100, "price"), fmt="xml"),
          "In XML the price is in cents."),
        D("xml-payout-a-cent-off", "ping", "twins_equivalent",
          result(edit(lambda price: round(price + 0.01, 2), "estimatedPayout"), fmt="xml"),
          "In XML the estimate is a cent off."),
        D("xml-offers-backwards", "ping", "twins_equivalent",
          result(edit(lambda offers: offers[::-1], "offers"), fmt="xml"),
          "In XML the offers stand in the reverse order."),
        D("xml-first-offer-only", "inbound_post", "twins_equivalent",
          result(edit(lambda offers: offers[:1], "offers"), fmt="xml"),
          "In XML there is only the first offer."),
        D("json-without-refused-sends", "create_lead_sends", "twins_equivalent",
          result(edit(lambda sends: [*filter(has("valid"), sends)], "sends"), fmt="json"),
          "In JSON, deliveries that a client refused are left out."),
        D("xml-other-client", "create_call_transfer", "twins_equivalent",
          result(each("client", edit(lambda number: number + 1, "clientId")), fmt="xml"),
          "In XML the transfer goes to another client."),
        D("xml-refuses-in-other-words", "create_lead", "twins_equivalent",
          result(when(refuses, put(responseMessage="Abgelehnt")), fmt="xml"),
          "In XML a refusal has another message."),
        D("xml-duplicate-missed", "duplicate_check", "twins_equivalent",
          result(when(has("isDuplicate"), put(isDuplicate=False, duplicateLeadId=0, receivedOn=None)), fmt="xml"),
          "The duplicate check in XML finds nothing."),
    ),
}  # fmt: skip
