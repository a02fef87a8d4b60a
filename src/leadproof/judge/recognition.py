"""Which operation is an exchange? Told by method, path and what the bodies show.

What stays open is said, not guessed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from leadproof.exchange import Exchange
from leadproof.operations import OPERATIONS


@dataclass(frozen=True, slots=True)
class Recognition:
    """The operations that an exchange may be; the first is the one it is judged as."""

    candidates: tuple[str, ...]
    #: Why there are several, or none; "" if it is certain.
    reason: str = ""


#: A path template as a pattern for the end of a path: base paths of white-label hosts may stand before it.
_PATTERNS = {
    row.id: re.compile(
        r"(?:^|/)" + re.sub(r"\\\{\w+\\\}", r"[^/]+", re.escape(row.path.lstrip("/"))) + r"/?$", re.IGNORECASE
    )
    for row in OPERATIONS.values()
}

_OFFER_IDS = re.compile(rb"\"offerIds\"|\bofferids\s*=", re.IGNORECASE)
_ORDER_ID = re.compile(rb"\"orderId\"\s*:\s*\"[^\"]|\borderID\s*=\s*[\"'][^\"']")
_SENDS = re.compile(rb"\"sends\"|<(?:\w+:)?SendsReceiverResult\b")


@lru_cache(1024)
def _at(method: str, path: str) -> list[str]:
    """The operations at an address."""
    return [row.id for row in OPERATIONS.values() if row.method == method and _PATTERNS[row.id].search(path)]


def recognise(exchange: Exchange) -> Recognition:
    """The operation of an exchange; the sender's own word counts where there is one."""
    if exchange.operation:
        known = exchange.operation in OPERATIONS
        return Recognition(
            (exchange.operation,) if known else (), "" if known else f"no operation {exchange.operation!r}"
        )
    request = exchange.request
    found = _at(request.method.upper(), request.path)
    if len(found) == 1:
        return Recognition((found[0],))
    if not found:
        return Recognition((), f"{request.method} {request.path} is no documented operation")
    answer = exchange.response.body if exchange.response else b""
    if _SENDS.search(answer):
        return Recognition(("create_lead_sends",))
    if _OFFER_IDS.search(request.body):
        return Recognition(("inbound_post",))
    if _ORDER_ID.search(request.body):
        return Recognition(
            ("inbound_post", "create_lead_sends"), "a post, or a create with send information that was refused"
        )
    return Recognition(("create_lead", "inbound_post"), "a create, or a post without an order")
