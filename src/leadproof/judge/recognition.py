"""Which operation is an exchange? Told by method, path and what the bodies show.

What stays open is said, not guessed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from leadproof.core import lazy
from leadproof.core.exchange import Exchange
from leadproof.core.operations import OPERATIONS


@dataclass(frozen=True, slots=True)
class Recognition:
    """The operations that an exchange may be; the first is the one it is judged as."""

    candidates: tuple[str, ...]
    #: Why there are several, or none; "" if it is certain.
    reason: str = ""
    #: What that is called, a key of `findings.KINDS`.
    kind: str = "file.unrecognised"


#: A path template as a pattern for the end of a path: base paths of white-label hosts may stand before it.
_PATTERNS = {
    row.id: lazy.pattern(
        r"(?:^|/)" + re.sub(r"\\\{\w+\\\}", r"[^/]+", re.escape(row.path.lstrip("/"))) + r"/?$", re.IGNORECASE
    )
    for row in OPERATIONS.values()
}

#: Paths of version 1 of the service, which took other bodies.
_VERSION_1 = lazy.pattern(
    r"(?:^|/)(?:processor/\w+/\w+|v1/(?:insert|update|duplicate|status|leads)\b.*)/?$", re.IGNORECASE
)

#: What marks a body as one of version 2.
_BODY_2 = lazy.pattern(rb"\"leads\"\s*:\s*\[|<Leads\b")

_OFFER_IDS = lazy.pattern(rb"\"offerIds\"|\bofferids\s*=", re.IGNORECASE)
_ORDER_ID = lazy.pattern(rb"\"orderId\"\s*:\s*\"[^\"]|\borderID\s*=\s*[\"'][^\"']")
_SENDS = lazy.pattern(rb"\"sends\"|<(?:\w+:)?SendsReceiverResult\b")


@lru_cache(1024)
def _at(method: str, path: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The operations at a path that have the method, and the methods that its operations have.

    A recording may have the path without the method.
    """
    rows = [row for row in OPERATIONS.values() if _PATTERNS[row.id].search(path)]
    found = tuple(row.id for row in rows if not method or row.method == method.upper())
    return found, tuple(sorted({row.method for row in rows}))


#: What a request to the address that three operations share turns out to be.
_SENDS_OF_IT = Recognition(("create_lead_sends",))
_POST = Recognition(("inbound_post",))
_POST_OR_SENDS = Recognition(
    ("inbound_post", "create_lead_sends"), "a post, or a create with send information that was refused"
)
_CREATE_OR_ORDERLESS = Recognition(("create_lead", "inbound_post"), "a create, or a post without an order")
_SURE = {name: Recognition((name,)) for name in OPERATIONS}


def recognise(exchange: Exchange) -> Recognition:
    """The operation of an exchange; the sender's own word counts where there is one."""
    if exchange.operation:
        known = _SURE.get(exchange.operation)
        return known or Recognition((), f"no operation {exchange.operation!r}")
    request = exchange.request
    if not request.method and not request.target:
        return _by_shape(exchange)
    found, methods = _at(request.method, request.path)
    if len(found) == 1:
        return _SURE[found[0]]
    if not found:
        return _unknown(exchange, methods)
    response_body = exchange.response.body if exchange.response else b""
    # To look for a few bytes first costs a tenth of a pattern.
    if b"ends" in response_body and _SENDS.search(response_body):
        return _SENDS_OF_IT
    lower = request.body.lower()
    if b"offerids" in lower and _OFFER_IDS.search(request.body):
        return _POST
    if b"orderid" in lower and _ORDER_ID.search(request.body):
        return _POST_OR_SENDS
    return _CREATE_OR_ORDERLESS


def _unknown(exchange: Exchange, methods: Sequence[str]) -> Recognition:
    """Why an exchange is no documented operation, as exactly as it can be said."""
    request = exchange.request
    called = f"{request.method} {request.path}"
    if methods:
        wanted = " or ".join(methods)
        return Recognition((), f"{called} is no documented operation: the method at this path is {wanted}")
    if _VERSION_1.search(request.path):
        body = "a body of version 2 was sent to it" if _BODY_2.search(request.body) else "version 2 has /v2/…"
        return Recognition((), f"{called} is a path of version 1 of the service: {body}", "client.path")
    return Recognition((), f"{called} is no documented operation")


# ---- bare bodies -----------------------------------------------------------------------------------------------------

#: Bytes of a body in which its shape shows.
_SHAPE = 64 * 1024


def _has(*names: bytes) -> Callable[[bytes], bool]:
    """Is one of the names a member, an element or an attribute of the body?"""
    found = b"|".join(names)
    pattern = re.compile(rb"\"(?:%b)\"\s*:|<(?:\w+:)?(?:%b)[\s/>]|\s(?:%b)=[\"']" % ((found,) * 3), re.IGNORECASE)
    return lambda body: pattern.search(body) is not None


_CREATE_OR_POST = ("create_lead", "inbound_post", "create_call_lead")

#: What a response shows -> the operations that it may be of, the more telling signs first.
_RESPONSES: tuple[tuple[Callable[[bytes], bool], tuple[str, ...]], ...] = (
    (_has(rb"PingReceiverResult", rb"willAccept", rb"orderExpiresOn", rb"PingResponse"), ("ping",)),
    (_has(rb"DuplicateCheckResult", rb"isDuplicate", rb"duplicateLeadId", rb"DupResponse"), ("duplicate_check",)),
    (_has(rb"qualityControlDetails", rb"returnDetails"), ("lead_status",)),
    (_has(rb"SendsReceiverResult"), ("create_lead_sends",)),
    (_has(rb"TransferReceiverResult", rb"PostTransferResponse"), ("create_call_transfer",)),
    (_has(rb"sends"), ("create_lead_sends",)),
    (_has(rb"client"), ("create_call_transfer",)),
    (_has(rb"offers"), ("create_lead", "inbound_post")),
    (_has(rb"LeadReceiverResult"), _CREATE_OR_POST),
    (_has(rb"results", rb"requestId"), (*_CREATE_OR_POST, "update_lead")),
    (_has(rb"success"), ("accept_offer",)),
)

#: The same of a request. A ping, a duplicate check and a create may be the same text.
_REQUESTS: tuple[tuple[Callable[[bytes], bool], tuple[str, ...]], ...] = (
    (_has(rb"offerIds"), ("inbound_post",)),
    (_has(rb"leadUID", rb"processDelivery"), ("update_lead",)),
    (_has(rb"ivrNumber", rb"callDuration", rb"callResult"), ("create_call_lead",)),
    (_has(rb"orderId"), ("inbound_post", "create_lead_sends", "create_call_transfer")),
    (_has(rb"sendDelay"), ("create_lead", "inbound_post", "create_lead_sends", "create_call_transfer")),
)


def _by_shape(exchange: Exchange) -> Recognition:
    """The operation of a bare body. One that fits several is not judged: another operation has other clauses."""
    rows, body = (
        (_REQUESTS, exchange.request.body) if exchange.response is None else (_RESPONSES, exchange.response.body)
    )
    found = next((operations for sign, operations in rows if sign(body[:_SHAPE])), ())
    if len(found) == 1:
        return Recognition(found)
    if found:
        return Recognition((), f"its shape fits several operations: {', '.join(found)}", "file.ambiguous")
    return Recognition((), "its shape is that of no documented operation")
