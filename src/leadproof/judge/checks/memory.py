"""What an exchange leaves in the history of a run. The one module of the checks that changes anything."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec

from leadproof.judge.checks.context import (
    CREATES,
    Context,
    History,
    LeadSeen,
    OrderSeen,
    Source,
    fields,
    instant,
    properties,
)
from leadproof.judge.checks.sequences import campaigns, duplicate_keys, shown_offers


def remember(context: Context) -> None:
    """Adds what an exchange established to the history. The one function here that changes anything."""
    history, operation = context.history, context.operation.id
    response_value = context.response_value if isinstance(context.response_value, dict) else {}
    found = response_value.get("requestId")
    request_id = found.lower() if isinstance(found, str) else ""
    if request_id and operation != "lead_status":
        history.request_ids[request_id] = operation
    if operation == "ping":
        for _, result in context.accepted:
            if isinstance(result.get("orderId"), str) and result["orderId"]:
                history.orders[result["orderId"]] = OrderSeen(
                    _source(context), _share(history, result.get("campaignId")), instant(result.get("orderExpiresOn")),
                    _share(history, result.get("estimatedPayout")), history.share(offer_ids(result)),
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


def _source(context: Context) -> Source:
    vid, lid = context.source.get("vid"), context.source.get("lid")
    if isinstance(vid, (dict, list)) or isinstance(lid, (dict, list)):
        return (vid, lid)
    return context.history.share((vid, lid))


def _share(history: History, value: Any) -> Any:
    return value if isinstance(value, (dict, list)) else history.share(value)


def duplicate_fields(context: Context, values: dict[str, Any]) -> dict[str, Any]:
    """The fields by which a campaign tells duplicates; of the rest of a lead nothing is kept."""
    names = {name for campaign in campaigns(context) for key in campaign.duplicate_keys for name in key}
    return {name: value for name, value in values.items() if name in names}


def _packed(values: dict[str, Any]) -> bytes:
    """Fields as JSON, by msgspec: orjson's bytes keep the four kilobytes that they were made in.

    What JSON cannot carry again is forgotten: no duplicate is told by it.
    """
    try:
        return msgspec.json.encode(values)
    except (TypeError, ValueError, OverflowError, RecursionError):
        return msgspec.json.encode(
            {name: one for name, one in values.items() if isinstance(one, str) and one.isascii()}
        )


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
        if result.get("isValid") is not True or seen is None:
            continue
        before = {"fields": msgspec.json.decode(seen.fields)}
        after = {"fields": {**before["fields"], **fields(lead)}}
        for campaign in campaigns(context):
            if campaign.aid == seen.campaign:
                for key in duplicate_keys(campaign, before):
                    history.keyed[key] = tuple(one for one in history.keyed.get(key, ()) if one != identifier)
                for key in duplicate_keys(campaign, after):
                    history.keyed[key] = (*history.keyed.get(key, ()), identifier)
        history.leads[identifier] = replace(seen, fields=_packed(duplicate_fields(context, after["fields"])))


def _remember_leads(context: Context, request_id: str) -> None:
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
        kept = _packed(duplicate_fields(context, fields(lead)))
        history.leads[result["leadId"]] = LeadSeen(
            context.operation.id, _source(context), kept, _share(history, result.get("campaignId")),
            result.get("isPendingReview"), history.share((*offer_ids(result), *order_offers)), context.now,
        )  # fmt: skip
    asynchronous = bool(context.source.get("returnURL")) and not context.results
    if request_id and not asynchronous:
        history.created[request_id] = tuple(
            (result.get("leadId"), result.get("isPendingReview")) if result.get("isValid") is True else None
            for _, result in context.results
        )
