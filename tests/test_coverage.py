"""Coverage: what there is, what was seen, what is exempt, and the gaps that make a run inconclusive."""

from __future__ import annotations

import pytest

from leadproof.contract import specs
from leadproof.core.exchange import Exchange, Request, Response
from leadproof.core.operations import CELLS, OPERATIONS
from leadproof.judge import Judge, coverage
from leadproof.judge.coverage import DIMENSIONS, EXEMPT, Coverage, exemption, gaps, universe

SPEC = specs.load()
JSON = (("content-type", "application/json"), ("accept", "application/json"))
REQUEST = b'{"source": {"vid": 1, "lid": 2}, "leads": [{"fields": {"Zip": "75001"}}]}'
ACCEPTED = b'{"requestId": "929f4d31-5576-49b5-ae9b-606d94a475e2", "results": [{"willAccept": true, "orderId": null}]}'


def covered(status: int = 200, body: bytes = ACCEPTED, intent: str = "accepted") -> Coverage:
    found = Coverage()
    response = Response(status, JSON, body)
    exchange = Exchange(Request("POST", "/v2/insert/ping", JSON, REQUEST), response, "ping", intent=intent)
    judgement = Judge(SPEC).judge(exchange)
    assert judgement.context is not None
    context = judgement.context
    found.add(found.unseen(context))
    if intent == "accepted":
        cell = (judgement.operation, judgement.media)
        found.intended[cell] += 1
        found.accepted[cell] += bool(context.accepted)
    return found


def test_there_is_something_in_every_dimension() -> None:
    found = universe(SPEC)

    assert list(found) == list(DIMENSIONS)
    assert all(found.values())


def test_every_cell_is_in_both_directions() -> None:
    expected = {
        f"{operation} {fmt} {direction}"
        for operation, fmt in CELLS
        for direction in ("request", "response")
        if direction == "response" or OPERATIONS[operation].body
    }

    assert set(universe(SPEC)["directions"]) == expected


@pytest.mark.parametrize(
    ("dimension", "item"),
    [
        ("members", "ping json request /leads/*/fields"),
        ("members", "create_lead xml response /results/*/offers/*/tcpaInformation/termsURL"),
        ("values", "ping json response /results/*/offers/*/type: Yearly"),
        ("values", "ping xml response /results/*/willAccept: false"),
        ("outcomes", "create_lead json 200 Duplicate_Lead"),
        ("outcomes", "ping json 4xx unreadable"),
        ("edges", "create_lead json request /source/sendDelay: the minimum"),
        ("edges", "ping json request /leads: several"),
        ("edges", "ping json request /source/aid: left out"),
        ("links", "ping -> post"),
        ("links", "create_lead -> accept"),
    ],
)
def test_an_item_that_must_be_there(dimension: str, item: str) -> None:
    assert item in universe(SPEC)[dimension]


def test_what_was_seen_is_named() -> None:
    seen = covered().seen

    assert seen["directions"] == {"ping json request", "ping json response"}
    assert seen["outcomes"] == {"ping json 200 accepted"}
    assert "ping json request /source/vid" in seen["members"]
    assert "ping json response /results/*/orderId" not in seen["members"]
    assert "ping json response /results/*/orderId: null" in seen["edges"]
    assert "ping json response /results/*/willAccept: true" in seen["values"]


def test_a_refusal_by_status_is_an_outcome() -> None:
    assert covered(400, b"{}", "unreadable").seen["outcomes"] == {"ping json 4xx unreadable"}


def test_the_report_says_what_is_missing_and_what_is_exempt() -> None:
    report = covered().report(SPEC, {"A": "passed", "B": "untested"})

    members = report["members"]
    assert members["covered"] + len(members["missing"]) == members["total"]
    assert "ping json response /results/*/orderId: null" not in report["edges"]["missing"]
    assert report["edges"]["exempt"]
    assert report["clauses"] == {"covered": 1, "total": 2, "missing": ["B"], "exempt": {}}


@pytest.mark.parametrize("pattern", EXEMPT)
def test_an_exemption_is_of_something(pattern: str) -> None:
    items = [item for rows in universe(SPEC).values() for item in rows]

    assert any(coverage.fnmatchcase(item, pattern) for item in items)
    assert EXEMPT[pattern]


def test_what_is_not_exempt_has_no_reason() -> None:
    assert exemption("ping json request /source/vid") == ""


def test_a_cell_of_which_nothing_was_accepted_is_a_gap() -> None:
    refused = ACCEPTED.replace(b"true", b"false")

    assert gaps(covered()) == []
    assert gaps(covered(body=refused)) == ["ping in json: of 1 built to be accepted, no request was"]


def test_nothing_is_asked_of_cells_that_were_not_meant_to_be_accepted() -> None:
    assert gaps(covered(400, b"{}", "unreadable")) == []
