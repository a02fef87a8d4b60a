"""The table of defects, and how they get into the mock: `leadproof.mock.defects`."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from leadproof.contract import specs
from leadproof.contract.profile import load
from leadproof.core.errors import UsageError
from leadproof.core.exchange import Request, Response
from leadproof.core.operations import CELLS, OPERATIONS
from leadproof.judge.register import Register
from leadproof.mock import Mock
from leadproof.mock.defects import Defect, pick, planted, table
from leadproof.mock.defects.places import owner, places

PROFILE = load()
WRITTEN = [row for row in table().values() if not row.generated]
GENERATED = [row for row in table().values() if row.generated]


def mock(*ids: str) -> Mock:
    return planted(pick(ids), PROFILE, clock=lambda: 1_796_000_000.0, token="t")


def ping(target: Mock, fmt: str = "json", *, number: int = 1) -> Response:
    bodies = {
        "json": b'{"source":{"vid":1001,"lid":2001,"aid":3001},"leads":['
        + b",".join([b'{"fields":{"State":"TX","Zip":"75001"}}'] * number)
        + b"]}",
        "xml": b'<Leads vid="1001" lid="2001" aid="3001">'
        + b"<Lead><State>TX</State><Zip>75001</Zip></Lead>" * number
        + b"</Leads>",
    }
    headers = (("content-type", f"application/{fmt}"), ("accept", f"application/{fmt}"),
               ("api-key", PROFILE.credentials.api_keys[0]))  # fmt: skip
    return target.handle(Request("POST", "/v2/insert/ping", headers, bodies[fmt]))


def results(response: Response) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(response.body)["results"]
    return found


# ---- the table -------------------------------------------------------------------------------------------------------


def test_enough_were_written_by_hand_of_enough_kinds() -> None:
    assert len(WRITTEN) >= 60
    assert len({row.kind for row in WRITTEN}) >= 12


def test_several_hundred_are_generated_for_every_cell_and_member() -> None:
    assert len(GENERATED) >= 500
    assert {(row.operations[0], *row.media) for row in GENERATED if row.media} == set(CELLS)
    hit = {row.id.rpartition(".")[0] for row in GENERATED}
    assert {place.id for place in places()} <= hit


@pytest.mark.parametrize("row", WRITTEN, ids=lambda row: row.id)
def test_a_written_row_says_what_it_must(row: Defect) -> None:
    assert row.description.endswith(".")
    assert row.description[0].isupper()
    assert set(row.operations) <= OPERATIONS.keys()
    assert set(row.media) <= {"json", "xml"}


def test_every_owner_is_a_clause_that_is_tested() -> None:
    clauses = specs.clauses()
    assert {row.expected_clause for row in table().values()} <= clauses.keys()
    assert all(clauses[row.expected_clause].check for row in table().values())


def test_the_owner_is_whom_the_judge_would_name() -> None:
    register = Register(specs.load())
    for place in places():
        pointer = place.member.replace("*", "0")
        assert owner(place, "member") == register.owner(place.operation, place.fmt, "member", pointer).id
        clause = register.clause(place.operation, place.fmt, "presence")
        assert clause is not None
        assert owner(place, "presence") == clause.id


def test_the_same_seed_gives_the_same_table_and_another_other_operators() -> None:
    assert [row.description for row in table(3).values()] == [row.description for row in table(3).values()]
    assert table(3).keys() != table(4).keys()
    assert len(table(3)) == len(table(4))


def test_kinds_are_not_dominated_by_one() -> None:
    assert max(Counter(row.kind for row in WRITTEN).values()) <= len(WRITTEN) / 6


def test_an_unknown_id_gets_the_nearest() -> None:
    with pytest.raises(UsageError) as caught:
        pick(["expiry-ignore"])
    assert "expiry-ignored" in caught.value.hint


# ---- planting --------------------------------------------------------------------------------------------------------


def test_without_a_defect_it_is_the_faithful_mock() -> None:
    assert type(planted([], PROFILE, clock=lambda: 0.0)) is Mock


@pytest.mark.parametrize("row", WRITTEN, ids=lambda row: row.id)
def test_a_mock_with_a_written_defect_responds_to_a_ping(row: Defect) -> None:
    target = mock(row.id)
    for fmt in ("json", "xml"):
        for _ in range(3):
            assert ping(target, fmt, number=2).status in (200, 204, 500)


def test_a_change_of_the_profile() -> None:
    assert results(ping(mock("expiry-at-once")))[0]["orderExpiresOn"] == "2026-11-30T00:53:20Z"


def test_a_change_of_the_value() -> None:
    assert len(results(ping(mock("result-too-many")))) == 2


def test_a_change_of_the_bytes_in_one_format_only() -> None:
    target = mock("xml-not-escaped")
    faithful = ping(target, "json")
    assert faithful.status == 200
    json.loads(faithful.body)


def test_a_part_of_the_world_is_planted_again_after_a_reset() -> None:
    target = mock("order-refused")
    target.reset()
    assert target.world.orders.find(str(results(ping(target))[0]["orderId"]), 0.0) is None


def test_what_is_counted_begins_again_after_a_reset() -> None:
    target = mock("request-id-repeated")

    def ids() -> list[object]:
        return [json.loads(ping(target).body)["requestId"] for _ in range(6)]

    first = ids()
    assert len(set(first)) == 4
    target.reset()
    assert ids() == first


def test_several_defects_at_once() -> None:
    target = mock("result-too-many", "expiry-in-local-time", "label-missing")
    response = ping(target)
    assert response.headers == ()
    assert len(results(response)) == 2
    assert str(results(response)[0]["orderExpiresOn"]).endswith("-05:00")


def test_the_controls_are_never_broken() -> None:
    headers = (("host", "127.0.0.1"), ("x-mock-token", "t"))
    response = mock("always-xml", "fails-every-tenth-time").handle(Request("GET", "/__mock__/state", headers))
    assert response.status == 200
    assert json.loads(response.body)["requests"]["ping"] == 0


def test_a_generated_defect_is_the_same_behaviour_every_time() -> None:
    target = mock("ping.json.results.orderExpiresOn.moment")
    assert len({str(results(ping(target))[0]["orderExpiresOn"]) for _ in range(5)}) == 1


def test_now_and_then_is_every_third_response() -> None:
    row = next(
        one for one in GENERATED if one.id.startswith("ping.json.results.offers.type.") and "now-and-then" in one.id
    )
    target, faithful = mock(row.id), mock()
    kinds = [results(ping(target))[0]["offers"] == results(ping(faithful))[0]["offers"] for _ in range(6)]
    assert kinds == [True, True, False, True, True, False]


def test_in_batches_is_the_last_result_of_several() -> None:
    row = next(one for one in GENERATED if one.id.startswith("ping.xml.results.response.") and "in-batches" in one.id)
    target, faithful = mock(row.id), mock()
    assert ping(target, "xml").body == ping(faithful, "xml").body
    assert ping(target, "xml", number=2).body != ping(faithful, "xml", number=2).body


def test_shared_values_of_the_mock_are_not_changed_by_a_defect() -> None:
    target = mock("ping.json.results.offers.price.text")
    ping(target)
    assert all(isinstance(one["price"], float) for terms in target.world.book.terms for one in terms.offers)
