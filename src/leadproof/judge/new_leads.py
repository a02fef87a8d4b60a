"""The short way of what stands between exchanges, for leads that are new in every respect: most of what is created.

Nothing in the history speaks about such a lead: no clause about sequences can be broken, and what is to be remembered
is said at once. Where anything of it was met before, or it comes with an order, `remember_new` says None, and each
check is asked by itself (`following`). A test compares the two: what they decide, and what is remembered.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from leadproof.judge.checks.context import CREATES, Context, History, LeadSeen, key_values
from leadproof.judge.checks.memory import add_key, packed

#: Checks that have an occasion and find nothing: of every new lead, and of those whose offers were shown before.
_PASSED = ("lead_ids_unique", "request_ids_unique")
_PASSED_AGAIN = (*_PASSED, "offers_same")
PASSED: tuple[tuple[str, ...], ...] = (_PASSED, _PASSED_AGAIN)
#: Checks that have no occasion where the history says nothing of a lead.
_NO_OCCASION = (
    "duplicate_refused", "payout_agrees", "pending_review", "post_honours_order", "post_order_campaign",
    "post_order_expired", "post_order_once",
)  # fmt: skip


def covers(operation: str, checks: Collection[str]) -> bool:
    """Does this module know of all checks over sequences of an operation what they decide?"""
    return operation in CREATES and set(checks) <= {*_PASSED_AGAIN, *_NO_OCCASION}


def remember_new(context: Context) -> tuple[str, ...] | None:
    """Remembers the leads of an exchange in which nothing is wrong, if they are new and accepted.

    Returns:
        The checks that passed, one of `PASSED`; None where each has to be asked, and nothing was remembered.
    """
    history = context.history
    try:
        request_id, results, shown, again = _response(context.response_value, history)
        leads = _leads(context, results)
    except (_Met, AttributeError, KeyError, TypeError):  # of another shape than documented, which is not our business
        return None
    history.request_ids[request_id] = context.operation.id
    for name, offer in shown:
        history.offers.setdefault(name, offer)
    for identifier, seen, keys in leads:
        for key in keys:
            add_key(history, key, identifier)
        history.leads[identifier] = seen
    history.created[request_id] = tuple([(result["leadId"], result.get("isPendingReview")) for result in results])
    return _PASSED_AGAIN if again else _PASSED


class _Met(Exception):
    """Something of an exchange was met before, or is none of our business."""


#: The id of an offer, and company and name of it.
_Offer = tuple[str, tuple[Any, Any]]


def _response(value: Any, history: History) -> tuple[str, list[dict[str, Any]], list[_Offer], bool]:
    """The requestId, the results, the offers in them, and whether one of these was shown before."""
    request_id, results = value["requestId"].lower(), value["results"]
    if not request_id or not results or request_id in history.request_ids:
        raise _Met
    identifiers = set()
    shown: list[_Offer] = []
    again = False
    for result in results:
        identifier = result["leadId"]
        if result["isValid"] is not True or identifier.__class__ is not int or identifier <= 0:
            raise _Met
        if identifier in history.leads or identifier in identifiers:
            raise _Met
        identifiers.add(identifier)
        for offer in result.get("offers") or ():
            name, about = offer["offerId"], (offer.get("companyName"), offer.get("name"))
            known = history.offers.get(name, about)
            if name.__class__ is not str or known != about:
                raise _Met
            again = again or name in history.offers
            shown.append((name, about))
    return request_id, results, shown, again


def _leads(context: Context, results: list[dict[str, Any]]) -> list[tuple[int, LeadSeen, list[int]]]:
    """Identifier, what is remembered, and duplicate keys of each lead that was accepted."""
    request, profile, history = context.request, context.profile, context.history
    if request is None:
        return []
    source, leads = request.get("source") or {}, request["leads"]
    if len(leads) != len(results):
        return []
    campaigns = profile.campaigns_of(source.get("lid"), source.get("aid")) if profile is not None else ()
    sender = history.share((source.get("vid"), source.get("lid")))
    found = []
    for lead, result in zip(leads, results, strict=True):
        properties, fields = lead.get("properties") or {}, lead.get("fields") or {}
        if properties.get("orderId") or properties.get("offerIds"):
            raise _Met
        kept, keys, assigned = {}, [], result.get("campaignId")
        for campaign in campaigns:
            for names in campaign.duplicate_keys:
                for name in names:
                    if name in fields:
                        kept[name] = fields[name]
                values = key_values(names, fields)
                if values is None:
                    continue
                key = hash((campaign.aid, names, values))
                if key in history.keyed:
                    raise _Met
                if campaign.aid == assigned:
                    keys.append(key)
        offers = history.share(tuple([str(offer["offerId"]) for offer in result.get("offers") or ()]))
        seen = LeadSeen(
            context.operation.id, sender, packed(kept), assigned, result.get("isPendingReview"), offers, context.now
        )
        found.append((result["leadId"], seen, keys))
    return found
