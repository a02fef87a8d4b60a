"""Cardinality, order of results, and ids that are given twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from leadproof.mock.defects.model import Defect, Injection, each_result, each_value, with_members
from leadproof.mock.defects.written.rows import CREATES, row
from leadproof.mock.engine.answers import Value
from leadproof.mock.engine.service import Transform


def rows() -> Iterator[Defect]:
    """The rows of this module."""
    yield from _cardinality()
    yield from _order()
    yield from _ids()


def _results(value: Value) -> list[Value]:
    found = value.get("results")
    return found if isinstance(found, list) else []


def _with(value: Value, results: list[Value]) -> Value:
    return {**value, "results": results} if "results" in value else value


def _cardinality() -> Iterator[Defect]:
    kind, check = "cardinality", "one_result_per_lead"
    yield row(
        "last-result-missing",
        kind,
        "The last result of a batch is left out.",
        check,
        "create_lead",
        each_value(lambda value: _with(value, _results(value)[:-1] or _results(value)), "create_lead"),
    )
    yield row(
        "result-too-many",
        kind,
        "The last result comes once more.",
        check,
        "ping",
        each_value(lambda value: _with(value, _results(value) + _results(value)[-1:]), "ping"),
    )
    yield row(
        "first-result-only",
        kind,
        "Of a batch only the first result is answered.",
        check,
        "create_call_lead",
        each_value(lambda value: _with(value, _results(value)[:1]), "create_call_lead"),
    )
    yield row(
        "no-results",
        kind,
        "The list of results is empty.",
        check,
        "duplicate_check",
        each_value(lambda value: _with(value, []), "duplicate_check"),
    )
    yield row(
        "refusals-left-out",
        kind,
        "Only accepted leads have a result.",
        check,
        "create_call_transfer",
        each_value(
            lambda value: _with(value, [one for one in _results(value) if one.get("isValid")]), "create_call_transfer"
        ),
    )
    yield row(
        "update-first-result-only",
        kind,
        "Of several updates only the first is answered.",
        check,
        "update_lead",
        each_value(lambda value: _with(value, _results(value)[:1]), "update_lead"),
    )
    yield row(
        "batch-cut-at-ten",
        kind,
        "A batch of more than ten leads is answered for the first ten.",
        check,
        "ping",
        each_value(lambda value: _with(value, _results(value)[:10]), "ping"),
    )
    yield row(
        "xml-last-result-missing",
        kind,
        "In XML the last result of a batch is left out.",
        check,
        "create_lead_sends",
        each_value(lambda value: _with(value, _results(value)[:-1] or _results(value)), "create_lead_sends", fmt="xml"),
        fmt="xml",
    )


def _order() -> Iterator[Defect]:
    kind, check = "order of results", "one_result_per_lead"
    yield row(
        "results-backwards",
        kind,
        "Results stand in the reverse order of the leads.",
        check,
        "create_lead",
        each_value(lambda value: _with(value, _results(value)[::-1]), "create_lead"),
    )
    yield row(
        "accepted-first",
        kind,
        "Accepted leads come first in a batch.",
        check,
        "ping",
        each_value(
            lambda value: _with(value, sorted(_results(value), key=lambda one: not one.get("willAccept"))), "ping"
        ),
    )
    yield row(
        "refused-first",
        kind,
        "Refused leads come first in a batch.",
        check,
        "create_call_lead",
        each_value(
            lambda value: _with(value, sorted(_results(value), key=lambda one: one["isValid"])), "create_call_lead"
        ),
    )
    yield row(
        "results-rotated",
        kind,
        "The first result of a batch comes last.",
        check,
        "create_lead_sends",
        each_value(lambda value: _with(value, _results(value)[1:] + _results(value)[:1]), "create_lead_sends"),
    )
    yield row(
        "batch-ids-swapped",
        kind,
        "Two accepted leads of a batch are given each other's leadId.",
        "status_resolves",
        "create_lead",
        each_value(_swapped, "create_lead"),
        of="lead_status",
    )
    yield row(
        "status-backwards",
        kind,
        "The status lists the leads of a batch in reverse order.",
        "status_resolves",
        "lead_status",
        each_value(lambda value: _with(value, _results(value)[::-1]), "lead_status"),
    )


def _swapped(value: Value) -> Value:
    results = _results(value)
    places = [index for index, one in enumerate(results) if one.get("isValid")][:2]
    if len(places) < 2:
        return value
    left, right = places
    ids = {left: results[right]["leadId"], right: results[left]["leadId"]}
    return _with(value, [{**one, "leadId": ids.get(index, one.get("leadId"))} for index, one in enumerate(results)])


def _ids() -> Iterator[Defect]:
    kind = "ids not unique"
    yield row(
        "lead-id-constant",
        kind,
        "Every lead gets the same leadId.",
        "lead_ids_unique",
        "create_lead",
        each_result(lambda one: with_members(one, leadId=100_000_001) if one.get("isValid") else one, "create_lead"),
    )
    yield row(
        "lead-id-of-the-batch",
        kind,
        "All leads of a batch get the leadId of the first.",
        "lead_ids_unique",
        "create_call_lead",
        each_value(_one_id("leadId"), "create_call_lead"),
    )
    yield row(
        "lead-id-recycled",
        kind,
        "A leadId is given again after a while.",
        "lead_ids_unique",
        "create_call_transfer",
        each_result(
            lambda one: {**one, "leadId": 100_000_001 + one["leadId"] % 5} if one.get("isValid") else one,
            "create_call_transfer",
        ),
    )
    yield row(
        "order-id-reused",
        kind,
        "Every ping gets the orderId of the first.",
        "order_ids_unique",
        "ping",
        Injection(transform=_first_order),
    )
    yield row(
        "order-id-of-the-batch",
        kind,
        "All pings of a batch get the orderId of the first.",
        "order_ids_unique",
        "ping",
        each_value(_one_id("orderId"), "ping"),
    )
    yield row(
        "request-id-repeated",
        kind,
        "Every third answer has the requestId of the one before it.",
        "request_ids_unique",
        "ping",
        Injection(transform=_previous_request(3, ("ping",))),
    )
    yield row(
        "request-id-constant",
        kind,
        "Every answer has the same requestId.",
        "request_ids_unique",
        "duplicate_check",
        each_value(lambda value: {**value, "requestId": "3f2b8a10-5c1d-4e7a-9b60-0d2f6c4e8a11"}, "duplicate_check"),
    )
    yield row(
        "request-id-of-creates-repeated",
        kind,
        "Every fourth create has the requestId of the one before it.",
        "request_ids_unique",
        "create_call_lead",
        Injection(transform=_previous_request(4, CREATES)),
    )
    yield row(
        "offer-ids-the-same",
        kind,
        "All offers of a result have the same offerId.",
        "offer_ids_unique",
        "ping",
        each_result(_one_offer_id, "ping"),
    )


def _one_id(name: str) -> Callable[[Value], Value]:
    def change(value: Value) -> Value:
        first = next((one[name] for one in _results(value) if one.get(name)), None)
        return _with(value, [{**one, name: first} if one.get(name) else one for one in _results(value)])

    return change


def _first_order() -> Transform:
    first: list[str] = []

    def transform(operation: str, fmt: str, value: Value) -> Value:
        if operation != "ping":
            return value
        ids = [one["orderId"] for one in _results(value) if one.get("orderId")]
        first.extend(ids[:1] if not first else ())
        return _with(value, [{**one, "orderId": first[0]} if one.get("orderId") else one for one in _results(value)])

    return transform


def _previous_request(number: int, operations: tuple[str, ...]) -> Callable[[], Transform]:
    def begin() -> Transform:
        seen: list[str] = []

        def transform(operation: str, fmt: str, value: Value) -> Value:
            if operation not in operations:
                return value
            seen.append(value["requestId"])
            return {**value, "requestId": seen[-2]} if len(seen) % number == 0 else value

        return transform

    return begin


def _one_offer_id(one: Value) -> Value:
    offers = one.get("offers")
    if not isinstance(offers, list) or not offers:
        return one
    return {**one, "offers": [{**offer, "offerId": offers[0]["offerId"]} for offer in offers]}
