"""What an exchange leaves in the history of a run. The one module of the checks that changes anything."""

from __future__ import annotations

from typing import Any

import msgspec

from leadproof.judge.checks.context import (
    CREATES,
    Context,
    duplicate_keys,
    fields,
    instant,
    properties,
)
from leadproof.judge.checks.history import History, LeadSeen, OrderSeen, Source

#: Leads with the same key that are remembered.
_SAME_KEY = 16


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
    for _, identifier, shown in context.offers:
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
    return {
        name: values[name]
        for campaign in context.campaigns
        for key in campaign.duplicate_keys
        for name in key
        if name in values
    }


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
    for _, lead, result in context.pairs:
        identifier = properties(lead).get("leadUID")
        seen = history.leads.get(identifier) if isinstance(identifier, int) else None
        if result.get("isValid") is not True or seen is None:
            continue
        before = {"fields": msgspec.json.decode(seen.fields)}
        after = {"fields": {**before["fields"], **fields(lead)}}
        for campaign in context.campaigns:
            if campaign.aid == seen.campaign:
                for key in [one.hashed for one in duplicate_keys(campaign, before)]:
                    history.keyed[key] = tuple(one for one in history.keyed.get(key, ()) if one != identifier)
                for key in [one.hashed for one in duplicate_keys(campaign, after)]:
                    _add_key(history, key, identifier)
        history.leads[identifier] = seen._replace(fields=_packed(duplicate_fields(context, after["fields"])))


def _add_key(history: History, key: int, identifier: Any) -> None:
    """Of many leads with the same key the last ones are kept: two that count are enough to tell none apart."""
    earlier = history.keyed.get(key, ())
    history.keyed[key] = (*earlier[1 - _SAME_KEY :], identifier) if earlier else (identifier,)


def _remember_leads(context: Context, request_id: str) -> None:
    history = context.history
    for keys, (_, lead, result) in zip(context.keys, context.pairs, strict=False):
        identifier = result.get("leadId")
        if result.get("isValid") is not True or not isinstance(identifier, int) or isinstance(identifier, bool):
            continue
        shown, campaign = offer_ids(result), result.get("campaignId")
        order_id = str(properties(lead).get("orderId") or "")
        order = history.orders.get(order_id) if order_id else None
        if order is not None:
            history.orders[order_id] = order._replace(used=order.used + 1)
            shown = (*shown, *order.offers)
        assigned = next((key.campaign for key in keys if key.campaign.aid == campaign), None)
        for key in keys:
            if key.campaign is assigned:
                _add_key(history, key.hashed, identifier)
        history.leads[identifier] = LeadSeen(
            context.operation.id, _source(context), _packed(duplicate_fields(context, fields(lead))),
            _share(history, campaign), result.get("isPendingReview"), history.share(shown), context.now,
        )  # fmt: skip
    asynchronous = bool(context.source.get("returnURL")) and not context.results
    if request_id and not asynchronous:
        history.created[request_id] = tuple(
            (result.get("leadId"), result.get("isPendingReview")) if result.get("isValid") is True else None
            for _, result in context.results
        )
