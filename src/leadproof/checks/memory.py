"""What an exchange leaves in the history of a run. The one module of the checks that changes anything."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from leadproof.checks.context import (
    CREATES,
    Context,
    LeadSeen,
    OrderSeen,
    fields,
    instant,
    properties,
)
from leadproof.checks.sequences import campaigns, duplicate_keys, shown_offers


def remember(context: Context) -> None:
    """Adds what an exchange established to the history. The one function here that changes anything."""
    history, operation = context.history, context.operation.id
    answer = context.answer if isinstance(context.answer, dict) else {}
    request_id = answer.get("requestId")
    if isinstance(request_id, str) and request_id and operation != "lead_status":
        history.request_ids[request_id.lower()] = operation
    if operation == "ping":
        for _, result in context.accepted:
            if isinstance(result.get("orderId"), str) and result["orderId"]:
                history.orders[result["orderId"]] = OrderSeen(
                    context.source, result.get("campaignId"), instant(result.get("orderExpiresOn")),
                    result.get("estimatedPayout"), offer_ids(result),
                )  # fmt: skip
    if operation in CREATES or operation == "ping":
        kind, name = ("order", "orderId") if operation == "ping" else ("lead", "leadId")
        for _, result in context.refused:
            if identifier := result.get(name):
                history.refused[(kind, str(identifier))] = True
    for _, identifier, shown in shown_offers(context):
        history.offers.setdefault(identifier, shown)
    if operation == "update_lead":
        _remember_updates(context)
    if operation in CREATES:
        _remember_leads(context, request_id)


def offer_ids(result: dict[str, Any]) -> tuple[str, ...]:
    """The ids of the offers in a result."""
    offers = result.get("offers")
    return tuple(str(one.get("offerId")) for one in offers if isinstance(one, dict)) if isinstance(offers, list) else ()


def _remember_updates(context: Context) -> None:
    """A lead is known by the data of its last update, and no longer by what that replaced."""
    history = context.history
    for _, lead, result in context.pairs():
        identifier = properties(lead).get("leadUID")
        seen = history.leads.get(identifier) if isinstance(identifier, int) else None
        if result.get("isValid") is not True or seen is None or not isinstance(seen.fields, dict):
            continue
        after = {"fields": {**seen.fields, **fields(lead)}}
        for campaign in campaigns(context):
            if campaign.aid == seen.campaign:
                for key in duplicate_keys(campaign, {"fields": seen.fields}):
                    history.keyed[key] = tuple(one for one in history.keyed.get(key, ()) if one != identifier)
                for key in duplicate_keys(campaign, after):
                    history.keyed[key] = (*history.keyed.get(key, ()), identifier)
        history.leads[identifier] = replace(seen, fields=after["fields"])


def _remember_leads(context: Context, request_id: Any) -> None:
    history = context.history
    for _, lead, result in context.pairs():
        order_id = str(properties(lead).get("orderId") or "")
        identifier = result.get("leadId")
        if result.get("isValid") is not True or not isinstance(identifier, int) or isinstance(identifier, bool):
            continue
        if order_id in history.orders:
            order = history.orders[order_id]
            history.orders[order_id] = replace(order, used=order.used + 1)
        order_offers = history.orders[order_id].offers if order_id in history.orders else ()
        assigned = next((one for one in campaigns(context) if one.aid == result.get("campaignId")), None)
        for key in duplicate_keys(assigned, lead) if assigned else ():
            history.keyed[key] = (*history.keyed.get(key, ()), result["leadId"])
        history.leads[result["leadId"]] = LeadSeen(
            context.operation.id, context.source, fields(lead), result.get("campaignId"), result.get("isPendingReview"),
            (*offer_ids(result), *order_offers), context.now,
        )  # fmt: skip
    asynchronous = bool(context.source.get("returnURL")) and not context.results
    if isinstance(request_id, str) and request_id and not asynchronous:
        history.created[request_id.lower()] = tuple(
            (result.get("leadId"), result.get("isPendingReview")) if result.get("isValid") is True else None
            for _, result in context.results
        )
