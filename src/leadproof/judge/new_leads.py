"""The short way of what stands between exchanges, for leads that are new in every respect: most of what is created.

Nothing in the history speaks about such a lead, so that no clause about sequences can be broken, and it is known which
of them had an occasion. Where anything of it was met before, or it comes with an order, `checks_passed` says None, and
each check is asked by itself (`following`). A test compares the two: what they decide, and what is remembered.
"""

from __future__ import annotations

from collections.abc import Collection

from leadproof.judge.checks.context import CREATES, Context, properties

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


def checks_passed(context: Context) -> tuple[str, ...] | None:
    """The checks that pass, one of `PASSED`, of an exchange in which nothing is wrong by itself, if all of its results
    are new leads; None where each check has to be asked.
    """
    history, value = context.history, context.response_value
    request_id = value.get("requestId") if isinstance(value, dict) else None
    if not isinstance(request_id, str) or not request_id or request_id.lower() in history.request_ids:
        return None
    identifiers = [result.get("leadId") for _, result in context.results]
    if not identifiers or len(context.accepted) != len(identifiers):
        return None
    for identifier in identifiers:
        if identifier.__class__ is not int or identifier <= 0 or identifier in history.leads:
            return None
    if len(identifiers) > 1 and len(set(identifiers)) != len(identifiers):
        return None
    for lead, keys in zip(context.leads, context.keys, strict=True):
        sent = properties(lead)
        if sent.get("orderId") or sent.get("offerIds"):
            return None
        for key in keys:
            if key.hashed in history.keyed:
                return None
    again = False
    for _, name, shown in context.offers:
        known = history.offers.get(name)
        if known is not None:
            if known != shown:
                return None
            again = True
    return _PASSED_AGAIN if again else _PASSED
