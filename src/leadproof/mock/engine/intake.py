"""What comes in: may this lead, or this ping, be accepted, and for which campaign?

Judges one lead against the rulebook and the world, in the order of `rulebook.ORDER_OF_REFUSALS`. Changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from leadproof.contract.profile import FORMATS
from leadproof.mock.engine.orders import TRANSITIONS, OpenOrder
from leadproof.mock.engine.rulebook import Account, Refusal, Terms
from leadproof.mock.engine.world import World


class Placement(NamedTuple):
    """What a lead was accepted for."""

    terms: Terms
    marks: tuple[int, ...]
    #: The order that it uses, if it names one.
    order: OpenOrder | None = None
    #: Positions of the offers that the consumer selected.
    offers: tuple[int, ...] = ()


def place_ping(world: World, account: Account, fields: Mapping[str, str], now: float) -> Placement | Refusal:
    """Would a lead with these fields be accepted?"""
    test = account.kind.test_outcome(fields)
    if test not in ("", "No_Error"):
        return Refusal(test, _TEST)
    if fault := account.kind.fault(fields, now, ping=True):
        return Refusal("Data_Errors", fault)
    if test:
        return Placement(account.campaigns[0], account.campaigns[0].marks(fields))
    terms = _covering(account.campaigns, fields, now, ping=True, promised=False)
    if isinstance(terms, Refusal):
        return terms
    marks = terms.marks(fields)
    if marks and world.duplicate(terms, marks, now):
        return Refusal("Duplicate_Lead")
    return world.over_max(account.position, terms, now) or Placement(terms, marks)


#: What a refusal of a test lead says besides.
_TEST = "the lead is a test"


def _covering(
    candidates: tuple[Terms, ...], fields: Mapping[str, str], now: float, *, ping: bool, promised: bool
) -> Terms | Refusal:
    """The first campaign that takes a lead now; one that has promised to takes it at any hour."""
    detail = ""
    for terms in candidates:
        if terms.covers(fields, now, ping=ping):
            if promised or terms.is_open(now):
                return terms
            detail = "no leads are taken at this hour"
    return Refusal("Outside_Criteria", detail)


def place_lead(
    world: World, account: Account, properties: Mapping[str, Any], fields: Mapping[str, str], now: float
) -> Placement | Refusal:
    """Is the lead accepted?"""
    test = account.kind.test_outcome(fields)
    if test not in ("", "No_Error"):
        return Refusal(test, _TEST)
    if fault := account.kind.fault(fields, now, ping=False):
        return Refusal("Data_Errors", fault)
    order = None
    candidates = account.campaigns
    if order_id := properties.get("orderId"):
        order = world.orders.find(order_id, now)
        if fault := _order_fault(world, account, order):
            return Refusal("Data_Errors", f"orderId {fault}")
        assert order is not None
        candidates = (world.book.terms[order.campaign],)
    elif not account.named:
        candidates = tuple(one for one in candidates if not one.campaign.order_required)
    elif candidates[0].campaign.order_required:
        return Refusal("Data_Errors", "orderId is missing: this campaign takes leads with an order from a ping only")
    terms = candidates[0] if test and candidates else _covering(
        candidates, fields, now, ping=False, promised=order is not None
    )  # fmt: skip
    if isinstance(terms, Refusal):
        return terms
    selected: list[int] = []
    for number, offer_id in enumerate(properties.get("offerIds") or ()):
        position = terms.offer_at.get(offer_id)
        if position is None:
            return Refusal("Data_Errors", f"offerIds/{number} names no offer that was presented")
        selected.append(position)
    if fault := terms.fault_of_consent(account.kind, fields, selected):
        return Refusal("Data_Errors", fault)
    marks = terms.marks(fields)
    if test:
        return Placement(terms, marks, order, tuple(selected))
    if world.duplicate(terms, marks, now):
        return Refusal("Duplicate_Lead")
    # An order is a promise: whoever has one does not wait in line again.
    if order is None and (refusal := world.over_max(account.position, terms, now)):
        return refusal
    return Placement(terms, marks, order, tuple(selected))


def _order_fault(world: World, account: Account, order: OpenOrder | None) -> str:
    if order is None or order.source != account.position:
        return "names no order of this source"
    if (order.state, "post") not in TRANSITIONS:
        return f"names an order that is {order.state}"
    terms = world.book.terms[order.campaign]
    if terms.campaign.lid != account.kind.lead_type.lid or (account.named and terms is not account.campaigns[0]):
        return "names an order of another campaign"
    return ""


def fault_of_source(source: Mapping[str, Any], fmt: str, required: bool) -> str:
    """What is wrong with `sendDelay`, which has no place in XML and is demanded in JSON only."""
    delay = source.get("sendDelay")
    if delay is None:
        return "sendDelay is missing" if required and fmt == "json" else ""
    return "" if delay >= 0 else "sendDelay must not be negative"


#: Members of a call lead's properties that must be there, and what each must be (Create Call Lead, request table).
_CALL_REQUIRED = ("ivrNumber", "callDuration", "callResult")


def fault_of_call(properties: Mapping[str, Any]) -> str:
    """What is wrong with the call data of a call lead."""
    for name in _CALL_REQUIRED:
        if properties.get(name) in (None, ""):
            return f"{name} is missing"
    if properties["ivrNumber"] <= 0:
        return "ivrNumber must be a phone number"
    if properties["callDuration"] < 0:
        return "callDuration must not be negative"
    date, url = properties.get("callDate"), properties.get("recordingUrl")
    if date and not (FORMATS["datetime"].accepts(date) or FORMATS["date"].accepts(date)):
        return f"callDate must be {FORMATS['datetime'].words}"
    if url and not FORMATS["url"].accepts(url):
        return f"recordingUrl must be {FORMATS['url'].words}"
    return ""
