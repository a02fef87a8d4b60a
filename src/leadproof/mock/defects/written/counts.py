"""Cardinality, order of results, and ids that are given twice."""

from __future__ import annotations

from collections.abc import Callable

from leadproof.mock.defects.model import Injection
from leadproof.mock.defects.written.rows import (
    CREATES,
    D,
    Table,
    accepts,
    edit,
    has,
    put,
    refuses,
    result,
    results,
    values,
    when,
    with_results,
)
from leadproof.mock.engine.responses import Value
from leadproof.mock.engine.service import Transform


def _all_but_the_last(every: list[Value]) -> list[Value]:
    return every[:-1] or every


def _backwards(every: list[Value]) -> list[Value]:
    return every[::-1]


def _sorted(key: Callable[[Value], bool]) -> Callable[[list[Value]], list[Value]]:
    return lambda every: sorted(every, key=key)


def _swapped(every: list[Value]) -> list[Value]:
    """The first two accepted leads with each other's leadId."""
    both = [one for one in every if accepts(one)][:2]
    if len(both) < 2:
        return every
    ids = {both[0]["leadId"]: both[1]["leadId"], both[1]["leadId"]: both[0]["leadId"]}
    return [{**one, "leadId": ids.get(one.get("leadId"), one.get("leadId"))} for one in every]


def _one_id(name: str) -> Callable[[list[Value]], list[Value]]:
    """All that have such an id have the first of them."""

    def change(every: list[Value]) -> list[Value]:
        first = next((one[name] for one in every if one.get(name)), None)
        return [when(has(name), put(**{name: first}))(one) for one in every]

    return change


def _first_order() -> Transform:
    first: list[str] = []

    def known(order: str) -> str:
        first.append(order)
        return first[0]

    def transform(operation: str, fmt: str, value: Value) -> Value:
        if operation != "ping":
            return value
        return with_results(value, lambda every: [edit(known, "orderId")(one) for one in every])

    return transform


def _previous_request(number: int, *operations: str) -> Injection:
    """Every so-manyth response has the requestId of the one before it."""

    def begin() -> Transform:
        seen: list[str] = []

        def transform(operation: str, fmt: str, value: Value) -> Value:
            if operation not in operations:
                return value
            seen.append(value["requestId"])
            return value if len(seen) % number else {**value, "requestId": seen[-2]}

        return transform

    return Injection(transform=begin)


_ONE_EACH = "one_result_per_lead"

TABLE: Table = {
    "cardinality": (
        D("last-result-missing", "create_lead", _ONE_EACH, results(_all_but_the_last),
          "The last result of a batch is left out."),
        D("result-too-many", "ping", _ONE_EACH, results(lambda every: every + every[-1:]),
          "The last result comes once more."),
        D("first-result-only", "create_call_lead", _ONE_EACH, results(lambda every: every[:1]),
          "The response to a batch has only the first result."),
        D("no-results", "duplicate_check", _ONE_EACH, results(lambda every: []),
          "The list of results is empty."),
        D("refusals-left-out", "create_call_transfer", _ONE_EACH, results(lambda every: [*filter(accepts, every)]),
          "Only accepted leads have a result."),
        D("update-first-result-only", "update_lead", _ONE_EACH, results(lambda every: every[:1]),
          "Of several updates only the first gets a result."),
        D("batch-cut-at-ten", "ping", _ONE_EACH, results(lambda every: every[:10]),
          "Of a batch of more than ten leads only the first ten get results."),
        D("xml-last-result-missing", "create_lead_sends", _ONE_EACH, results(_all_but_the_last, fmt="xml"),
          "In XML the last result of a batch is left out.", media="xml"),
    ),
    "order of results": (
        D("results-backwards", "create_lead", _ONE_EACH, results(_backwards),
          "Results stand in the reverse order of the leads."),
        D("accepted-first", "ping", _ONE_EACH, results(_sorted(refuses)),
          "Accepted leads come first in a batch."),
        D("refused-first", "create_call_lead", _ONE_EACH, results(_sorted(accepts)),
          "Refused leads come first in a batch."),
        D("results-rotated", "create_lead_sends", _ONE_EACH, results(lambda every: every[1:] + every[:1]),
          "The first result of a batch comes last."),
        D("batch-ids-swapped", "create_lead", "status_resolves", results(_swapped),
          "Two accepted leads of a batch are given each other's leadId.", of="lead_status"),
        D("status-backwards", "lead_status", "status_resolves", results(_backwards),
          "The status lists the leads of a batch in reverse order."),
    ),
    "ids not unique": (
        D("lead-id-constant", "create_lead", "lead_ids_unique", result(when(accepts, put(leadId=100_000_001))),
          "Every lead gets the same leadId."),
        D("lead-id-of-the-batch", "create_call_lead", "lead_ids_unique", results(_one_id("leadId")),
          "All leads of a batch get the leadId of the first."),
        D("lead-id-recycled", "create_call_transfer", "lead_ids_unique",
          result(when(accepts, edit(lambda number: 100_000_001 + number % 5, "leadId"))),
          "A leadId is given again after a while."),
        D("order-id-reused", "ping", "order_ids_unique", Injection(transform=_first_order),
          "Every ping gets the orderId of the first."),
        D("order-id-of-the-batch", "ping", "order_ids_unique", results(_one_id("orderId")),
          "All pings of a batch get the orderId of the first."),
        D("request-id-repeated", "ping", "request_ids_unique", _previous_request(3, "ping"),
          "Every third response has the requestId of the one before it."),
        D("request-id-constant", "duplicate_check", "request_ids_unique",
          values(put(requestId="3f2b8a10-5c1d-4e7a-9b60-0d2f6c4e8a11")),
          "Every response has the same requestId."),
        D("request-id-of-creates-repeated", "create_call_lead", "request_ids_unique", _previous_request(4, *CREATES),
          "Every fourth create has the requestId of the one before it."),
        D("offer-ids-the-same", "ping", "offer_ids_unique", result(edit(_one_id("offerId"), "offers")),
          "All offers of a result have the same offerId."),
    ),
}  # fmt: skip
