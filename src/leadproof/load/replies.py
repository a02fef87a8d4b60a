"""Every response's first reading: what the journey needs to go on, and the checks that are cheap enough for all of
them.

Quick and narrow on purpose: a typed decoder for JSON, one walk over the tree for XML. The contract is judged elsewhere,
on a share of the responses; what is odd here is always in that share, so that the judge says which clause it breaks.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec

from leadproof.bodies import BodyError, json, xml

#: What went wrong, in the report's words: kind -> meaning. A transport failure is never an outcome.
ERRORS: dict[str, str] = {
    "connect": "No connection could be made.",
    "tls": "The TLS handshake failed.",
    "timeout": "No complete response arrived in time.",
    "reset": "The connection was closed before any byte of the response came.",
    "framing": "What came is no valid HTTP message, or ends in the middle of one.",
    "http.3xx": "A redirect; it was not followed.",
    "http.4xx": "A status from 400 to 499.",
    "http.5xx": "A status from 500 to 599.",
    "http.other": "A status that no response to these requests has.",
    "not parseable": "The body could not be read as the format that was asked for.",
    "clause": "The response is readable and breaks a rule that every response is checked for.",
}


#: Kinds of error after which nothing has come from the target, by what other commands call them (`findings.KINDS`);
#: and what is added to them where something has.
UNREACHED = {
    "transport.refused": "connect", "transport.tls": "tls", "transport.timeout": "timeout", "transport.reset": "reset",
}  # fmt: skip
PARTIAL = "in the middle of a response"

#: Added to a timeout of a request that never left: it waited for a connection.
UNSENT = "while it waited for a connection"


class ReplyOffer(msgspec.Struct, gc=False):
    """An offer of a result: all that is needed to accept it."""

    offerId: str | None = None  # noqa: N815 - the documentation's name


class Result(msgspec.Struct, gc=False):
    """The result of one lead, as far as a load test reads it. Names are the documentation's."""

    isValid: bool | None = None  # noqa: N815
    willAccept: bool | None = None  # noqa: N815
    success: bool | None = None
    isDuplicate: bool | None = None  # noqa: N815
    responseType: str | None = None  # noqa: N815
    leadId: int | None = None  # noqa: N815
    orderId: str | None = None  # noqa: N815
    orderExpiresOn: str | None = None  # noqa: N815
    price: float | None = None
    estimatedPayout: float | None = None  # noqa: N815
    offers: list[ReplyOffer] | None = None

    def offer_ids(self) -> list[str]:
        """The ids of its offers."""
        return [one.offerId for one in self.offers or () if one.offerId]


class ResponseBody(msgspec.Struct, gc=False):
    """The body of a response."""

    requestId: str | None = None  # noqa: N815
    results: list[Result] = []
    #: Of an accepted offer only, which has no results.
    success: bool | None = None


class Reply(msgspec.Struct, frozen=True, gc=False):
    """What came of one request."""

    #: A key of `ERRORS`, or "" for a response that can be read and breaks none of the cheap rules.
    error: str
    #: More about the error: a status, a rule; of our own words, or short.
    detail: str = ""
    response: ResponseBody | None = None
    #: The results that are acceptances.
    accepted: tuple[Result, ...] = ()

    @property
    def request_id(self) -> str:
        """The response's request id, or ""."""
        return (self.response.requestId or "") if self.response else ""


#: Operation -> the member of a result that says whether it is an acceptance; isValid for all others.
_ACCEPTANCE = {"ping": "willAccept", "duplicate_check": "success"}

_CREATES = frozenset(("create_lead", "create_lead_sends", "create_call_transfer", "create_call_lead", "inbound_post"))

_decode = msgspec.json.Decoder(ResponseBody).decode


def _json(body: bytes) -> ResponseBody:
    try:
        return _decode(body)
    except msgspec.ValidationError:  # an integer may be spelt 12.0
        return msgspec.convert(json.decode(body), ResponseBody)


def read(operation: str, fmt: str, leads: int, status: int, media: str, body: bytes) -> Reply:
    """Reads a response and applies the cheap checks.

    Args:
        operation: What was asked.
        fmt: The format that was asked for.
        leads: How many leads were sent; 0 where that says nothing about the number of results.
        status: The HTTP status.
        media: The Content-Type of the response.
        body: Its body.
    """
    if status != 200:
        return _status(status)
    try:
        response = _json(body) if fmt == "json" else _xml(body)
    except msgspec.ValidationError as error:  # JSON, and of another shape than documented
        return Reply("clause", f"shape: {str(error).partition(' - ')[0][:80]}")
    except (msgspec.DecodeError, UnicodeDecodeError, BodyError, ValueError):
        return Reply("not parseable", fmt)
    if fmt not in media:
        return Reply("clause", "media_type", response)
    if operation == "accept_offer":
        return Reply(
            "" if response.success is not None else "clause",
            "" if response.success is not None else "success",
            response,
        )
    results = response.results
    if leads and len(results) != leads:
        return Reply("clause", "one_result_per_lead", response)
    if not response.requestId:
        return Reply("clause", "requestId", response)
    if operation == "ping" and len(results) == 1:  # the ordinary case, in short
        one = results[0]
        if one.willAccept:
            right = bool(one.orderId)
            return Reply("" if right else "clause", "" if right else "order_when_accepted", response, (one,))
        return Reply("", "", response) if one.willAccept is False else Reply("clause", "order_when_accepted", response)
    if operation == "ping":
        accepted = tuple([one for one in results if one.willAccept])
        wrong = next((True for one in results if one.willAccept is None or (one.willAccept and not one.orderId)), False)
        return (
            Reply("clause", "order_when_accepted", response, accepted) if wrong else Reply("", "", response, accepted)
        )
    if operation in _CREATES:
        return _created(response)
    member = _ACCEPTANCE.get(operation, "isValid")
    accepted = tuple([one for one in results if getattr(one, member)])
    if any(getattr(one, member) is None for one in results):
        return Reply("clause", member, response, accepted)
    return Reply("", "", response, accepted)


def _created(response: ResponseBody) -> Reply:
    accepted = []
    for one in response.results:
        valid = one.isValid
        if valid is None or valid != (one.responseType == "No_Error"):
            return Reply("clause", "valid_iff_no_error", response)
        if valid:
            if not one.leadId or one.leadId < 0:
                return Reply("clause", "accepted_lead_id", response)
            accepted.append(one)
    return Reply("", "", response, tuple(accepted))


def _status(status: int) -> Reply:
    family = f"http.{status // 100}xx"
    return Reply(family if family in ERRORS else "http.other", str(status))


def expiry(text: str | None) -> float:
    """Seconds from the Unix epoch of an order's expiry; infinity where the text is none."""
    if text:
        try:
            timestamp = datetime.fromisoformat(text)
            return timestamp.timestamp() if timestamp.tzinfo else float("inf")
        except (ValueError, OverflowError):
            pass
    return float("inf")


# ---- XML -------------------------------------------------------------------------------------------------------------


def _truth(text: str) -> bool | None:
    return {"true": True, "1": True, "false": False, "0": False}.get(text)


def _number(text: str) -> float | None:
    return float(text) if text else None


def _whole(text: str) -> int | None:
    return int(text) if text else None


def _text(text: str) -> str | None:
    return text


#: Element of a result -> member, and how its text is read.
_ELEMENTS: dict[str, tuple[str, Callable[[str], Any]]] = {
    "IsValid": ("isValid", _truth),
    "WillAccept": ("willAccept", _truth),
    "Success": ("success", _truth),
    "IsDuplicate": ("isDuplicate", _truth),
    "ResponseType": ("responseType", _text),
    "LeadIdentifier": ("leadId", _whole),
    "OrderID": ("orderId", _text),
    "OrderExpiresOn": ("orderExpiresOn", _text),
    "Price": ("price", _number),
    "EstimatedPayout": ("estimatedPayout", _number),
}


def _xml(body: bytes) -> ResponseBody:
    """The response of an XML document, namespaces aside: which one an element is in is for the judge."""
    response = ResponseBody(results=[])
    for child in xml.parse(body):
        name = _local(child.tag)
        if name == "RequestId":
            response.requestId = child.text
        elif name == "Results":
            response.results.extend(_result(item) for item in child)
    return response


def _result(item: Any) -> Result:
    result = Result()
    for child in item:
        name = _local(child.tag)
        if name in _ELEMENTS:
            member, reader = _ELEMENTS[name]
            setattr(result, member, reader((child.text or "").strip()))
        elif name == "Offers":
            result.offers = [ReplyOffer(_text_of(offer, "Id")) for offer in child]
    return result


def _text_of(element: Any, name: str) -> str | None:
    return next((child.text for child in element if _local(child.tag) == name), None)


def _local(tag: Any) -> str:
    return str(tag).rpartition("}")[2]
