"""Checks of a response against what earlier exchanges of the same run established."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

import msgspec

from leadproof.bodies import typed
from leadproof.judge.checks.context import (
    Breach,
    Context,
    DuplicateKey,
    key_values,
    properties,
)
from leadproof.judge.checks.history import LeadSeen, OrderSeen


def status_resolves(context: Context) -> Iterator[Breach]:
    created = context.history.created.get(_asked_status(context))
    if created is None:
        return
    if len(created) != len(context.results):
        yield Breach(
            "sequence.broken",
            "the status lists another number of leads than the request created",
            "/results",
            "",
            f"{len(created)} results",
            f"{len(context.results)} results",
        )
        return
    for lead, (at, result) in zip(created, context.results, strict=True):
        if lead is not None and result.get("leadId") != lead[0]:
            yield Breach(
                "sequence.broken",
                "the status names another lead than the response to the request",
                f"{at}/leadId",
                "",
                typed(lead[0]),
                typed(result.get("leadId")),
            )


def status_known(context: Context) -> bool:
    """Was the request whose status is asked for created in this run?"""
    return context.operation.id == "lead_status" and _asked_status(context) in context.history.created


def _asked_status(context: Context) -> str:
    return unquote(context.exchange.request.path.rstrip("/").rpartition("/")[2]).lower()


def status_agrees(context: Context) -> Iterator[Breach]:
    created = context.history.created.get(_asked_status(context), ())
    for lead, (at, result) in zip(created, context.results, strict=False):
        details = result.get("qualityControlDetails")
        if isinstance(details, dict) and details.get("isQualityControlRejected") is True:
            continue  # review may have taken the acceptance back since
        if not isinstance(result.get("isValid"), bool):
            continue  # the schema's business
        if result.get("isValid") is not (lead is not None):
            yield Breach(
                "sequence.broken",
                "the status disagrees with the create response about acceptance",
                f"{at}/isValid",
                "",
                typed(lead is not None),
                typed(result.get("isValid")),
            )
        seen = context.history.leads.get(lead[0]) if lead and isinstance(lead[0], int) else None
        if seen is not None and result.get("campaignId") != seen.campaign:
            yield Breach(
                "sequence.broken",
                "the status names another campaign than the create response",
                f"{at}/campaignId",
                "",
                typed(seen.campaign),
                typed(result.get("campaignId")),
            )


def payout_agrees(context: Context) -> Iterator[Breach]:
    for at, _, result, order in context.orders:
        price = result.get("price")
        if result.get("isValid") is True and order.payout is not None and price != order.payout:
            yield Breach(
                "business.contradiction",
                "the price is not the estimate of the ping, which guarantees nothing",
                f"{at}/price",
                "",
                typed(order.payout),
                typed(price),
            )


def pending_review(context: Context) -> Iterator[Breach]:
    created = context.history.created.get(_asked_status(context), ())
    for lead, (at, result) in zip(created, context.results, strict=False):
        details = result.get("qualityControlDetails")
        if lead is None or not isinstance(details, dict):
            continue
        reviewed = details.get("dateOfReview") is not None
        now_pending = details.get("isPendingReview")
        if now_pending is True and lead[1] is False:
            yield Breach("sequence.broken", "under review, though the create response said it is not",
                         f"{at}/qualityControlDetails/isPendingReview", "", "false", "true")  # fmt: skip
        elif now_pending is False and lead[1] is True and not reviewed:
            yield Breach(
                "sequence.broken",
                "no longer under review, and no date of review",
                f"{at}/qualityControlDetails/isPendingReview",
                "",
                "true, or a dateOfReview",
                "false",
            )


def uses_order(context: Context) -> bool:
    """Does the request use an order that a ping of this run promised?"""
    return bool(context.orders)


def _expired(context: Context, order: OrderSeen) -> bool:
    return order.expires is not None and context.now is not None and context.now > order.expires


def _other_campaign(context: Context, order: OrderSeen) -> bool:
    asked = context.source.get("aid")
    other = (context.source.get("vid"), context.source.get("lid")) != order.source
    return other or (asked is not None and order.campaign is not None and asked != order.campaign)


def post_honours_order(context: Context) -> Iterator[Breach]:
    for at, _, result, order in context.orders:
        if order.used or _expired(context, order) or _other_campaign(context, order):
            continue
        if result.get("isValid") is False:
            yield Breach("sequence.broken", "a post with a live order was refused", f"{at}/isValid", "", "true",
                         f"false: {result.get('responseType')}")  # fmt: skip


def post_order_once(context: Context) -> Iterator[Breach]:
    for at, _, result, order in context.orders:
        if order.used and result.get("isValid") is True:
            yield Breach("sequence.broken", "an order was accepted a second time", f"{at}/isValid", "", "false", "true")


def post_order_expired(context: Context) -> Iterator[Breach]:
    for at, _, result, order in context.orders:
        if _expired(context, order) and result.get("isValid") is True:
            yield Breach("sequence.broken", "an expired order was accepted", f"{at}/isValid", "", "false", "true")


def post_order_campaign(context: Context) -> Iterator[Breach]:
    for at, _, result, order in context.orders:
        if _other_campaign(context, order) and result.get("isValid") is True:
            yield Breach(
                "sequence.broken", "an order was accepted for another campaign", f"{at}/isValid", "", "false", "true"
            )


def order_was_used(context: Context) -> bool:
    return any(order.used for *_, order in context.orders)


def order_has_expired(context: Context) -> bool:
    return any(_expired(context, order) for *_, order in context.orders)


def order_of_other_campaign(context: Context) -> bool:
    return any(_other_campaign(context, order) for *_, order in context.orders)


def order_is_live(context: Context) -> bool:
    return context.exchange.intent == "accepted" and any(
        not order.used and not _expired(context, order) and not _other_campaign(context, order)
        for *_, order in context.orders
    )


def known_leads(context: Context) -> list[tuple[Any, LeadSeen] | None]:
    """Of each lead of a request, the one lead of this run that it would duplicate, told by the profile's keys; None if
    there is none.

    The campaign is the one asked for; where none was named, any campaign of the same source counts.
    """
    history = context.history
    return [_known_lead(context, keys) for keys in context.keys] if history.keyed else [None] * len(context.leads)


def _known_lead(context: Context, keys: list[DuplicateKey]) -> tuple[Any, LeadSeen] | None:
    found: dict[Any, LeadSeen] = {}
    for key in keys:
        for identifier in context.history.keyed.get(key.hashed, ()):
            seen = context.history.leads.get(identifier)
            if (
                seen is not None
                and _within(key.campaign.duplicate_window, seen, context)
                and key_values(key.names, msgspec.json.decode(seen.fields)) == key.values
            ):
                found[identifier] = seen
    return next(iter(found.items())) if len(found) == 1 else None


def _within(window: int, seen: LeadSeen, context: Context) -> bool:
    if seen.received is None or context.now is None:
        return False  # nobody knows
    return (context.now - seen.received).total_seconds() < window


def asks_new(context: Context) -> bool:
    """Is the check about leads that nobody can have sent before?"""
    return context.exchange.intent == "accepted:new"


def duplicate_agrees(context: Context) -> Iterator[Breach]:
    for known, (at, _, result) in zip(known_leads(context), context.pairs, strict=False):
        if known is None and asks_new(context) and result.get("isDuplicate") is True:
            yield Breach("sequence.broken", "a lead that nobody sent before is found", f"{at}/isDuplicate", "",
                         "false: the lead is made up", typed(result.get("isDuplicate")))  # fmt: skip
        if known is None or result.get("success") is not True:
            continue
        if result.get("isDuplicate") is not True:
            yield Breach("sequence.broken", "a lead that was accepted before is not found", f"{at}/isDuplicate", "",
                         f"true: lead {known[0]}", typed(result.get("isDuplicate")))  # fmt: skip
        elif result.get("duplicateLeadId") != known[0]:
            yield Breach("sequence.broken", "another lead is named as the original", f"{at}/duplicateLeadId", "",
                         typed(known[0]), typed(result.get("duplicateLeadId")))  # fmt: skip


def repeats_lead(context: Context) -> bool:
    return context.profile is not None and any(known_leads(context))


def duplicate_refused(context: Context) -> Iterator[Breach]:
    for known, (at, _, result) in zip(known_leads(context), context.pairs, strict=False):
        if known is not None and result.get("isValid") is True:
            yield Breach("sequence.broken", "a lead with the same keys was accepted again", f"{at}/isValid", "",
                         "false: Duplicate_Lead", "true")  # fmt: skip


def _offer(context: Context) -> tuple[LeadSeen | None, str]:
    parts = context.exchange.request.path.rstrip("/").split("/")
    lead, offer = (unquote(parts[-4]), unquote(parts[-2])) if len(parts) >= 5 else ("", "")
    digits = lead.isascii() and lead.isdigit() and len(lead) < 20
    return context.history.leads.get(int(lead) if digits else lead), offer


def offer_is_known(context: Context) -> bool:
    lead, offer = _offer(context)
    return lead is not None and offer in lead.offers


def offer_is_unknown(context: Context) -> bool:
    lead, offer = _offer(context)
    return offer not in lead.offers if lead is not None else context.exchange.intent == "unknown"


def offer_accepted(context: Context) -> Iterator[Breach]:
    if isinstance(context.response_value, dict) and context.response_value.get("success") is False:
        yield Breach(
            "sequence.broken", "an offer that was presented cannot be accepted", "/success", "", "true", "false"
        )


def offer_unknown(context: Context) -> Iterator[Breach]:
    if isinstance(context.response_value, dict) and context.response_value.get("success") is True:
        yield Breach(
            "sequence.broken", "an offer that was never presented was accepted", "/success", "", "false", "true"
        )


def knows_offers(context: Context) -> bool:
    """Is there an offer that earlier responses have shown, in the response or among those that a post selected?"""
    seen = context.history.offers
    return any(one in seen for _, one, _ in context.offers) or any(_selected(context))


def _selected(context: Context) -> Iterator[tuple[str, str]]:
    """Pointer of an accepted result that shows offers, and an offer that its post selected of those known."""
    for at, lead, result in context.pairs:
        wanted = properties(lead).get("offerIds")
        if result.get("isValid") is True and isinstance(wanted, list) and isinstance(result.get("offers"), list):
            yield from ((at, one) for one in wanted if isinstance(one, str) and one in context.history.offers)


def offers_same(context: Context) -> Iterator[Breach]:
    for at, identifier, shown in context.offers:
        known = context.history.offers.get(identifier, shown)
        if known == shown:
            continue
        for name, was, now in zip(("companyName", "name"), known, shown, strict=True):
            if was != now:
                yield Breach("sequence.broken", "the offerId stood for another offer before", f"{at}/{name}", "",
                             typed(was), typed(now))  # fmt: skip
    selected = [*_selected(context)]
    ids = {(at.rpartition("/offers/")[0], identifier) for at, identifier, _ in context.offers} if selected else set()
    for at, wanted in selected:
        if (at, wanted) not in ids:
            yield Breach("sequence.broken", "an offer that the post selected is not among the offers of its response",
                         f"{at}/offers", "", typed(wanted), "no such offer")  # fmt: skip


#: What a status shows of a decision: part of the intent `status:…` -> whether the lead awaits review, was rejected by
#: it, was returned; None where the decision says nothing about it.
_DECISIONS: dict[str, tuple[bool | None, bool | None, bool | None]] = {
    "pending": (True, False, None),
    "approve": (False, False, None),
    "reject": (False, True, None),
    "kept": (None, None, False),
    "return": (None, None, True),
}
_FLAGS = (
    ("qualityControlDetails", "isPendingReview"),
    ("qualityControlDetails", "isQualityControlRejected"),
    ("returnDetails", "isReturned"),
)


def decisions(context: Context) -> list[str]:
    """The decision that was made about each lead before its status was asked for, where the sender knows."""
    kind, _, what = context.exchange.intent.partition(":")
    found = [one for one in what.split(",") if one in _DECISIONS] if kind == "status" else []
    return found if len(found) == len(context.results) else []


def status_current(context: Context) -> Iterator[Breach]:
    for decision, (at, result) in zip(decisions(context), context.results, strict=True):
        for (parent, name), expected in zip(_FLAGS, _DECISIONS[decision], strict=True):
            details = result.get(parent)
            got = details.get(name) if isinstance(details, dict) else None
            if expected is not None and isinstance(got, bool) and got is not expected:
                yield Breach("sequence.broken", "the status is not the latest one", f"{at}/{parent}/{name}", "",
                             typed(expected), typed(got))  # fmt: skip
