"""Do a JSON and an XML response say the same: nothing is found where they do, and the one member where they do not."""

from __future__ import annotations

import copy
import os
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leadproof import bodies
from leadproof.contract.specs import load
from leadproof.core.operations import OPERATIONS
from leadproof.generate import strategies
from leadproof.judge.equivalence import Difference, compare, left_out

#: Multiplies the examples of every property here, for a long hunt on a quiet machine.
FACTOR = int(os.environ.get("LEADPROOF_EXAMPLES", "1"))

SPEC = load()
BOTH = [row.id for row in OPERATIONS.values() if len(row.media) == 2]
GUID = "929f4d31-5576-49b5-ae9b-606d94a475e2"


def few(examples: int) -> settings:
    return settings(max_examples=examples * FACTOR, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def via(operation: str, media: str, value: Any) -> Any:
    return bodies.decode_response(operation, media, bodies.encode_response(operation, media, value))


def ping(**members: Any) -> dict[str, Any]:
    return {"requestId": GUID, "results": [{"willAccept": True, **members}]}


def differences(left: Any, right: Any, operation: str = "ping", **more: Any) -> list[Difference]:
    return list(compare(operation, left, right, SPEC, **more))


# ---- properties ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("operation", BOTH)
@few(15)
@given(data=st.data())
def test_one_response_in_both_representations_is_equivalent(operation: str, data: st.DataObject) -> None:
    value = data.draw(strategies.responses(operation))

    assert differences(via(operation, "json", value), via(operation, "xml", value), operation, volatile=True) == []


@pytest.mark.parametrize("operation", BOTH)
@few(12)
@given(data=st.data())
def test_a_change_is_found_at_its_member_and_nowhere_else(operation: str, data: st.DataObject) -> None:
    schema = SPEC.schema(operation, "response", "xml")
    value = data.draw(strategies.values(schema))
    plain = via(operation, "xml", value)
    json_side = via(operation, "json", value)
    mutations = list(strategies.mutations(schema, value, ("presence", "null", "enum", "range")))
    for mutation in data.draw(st.lists(st.sampled_from(mutations), min_size=1, max_size=8)):
        try:
            changed = bodies.read_response(
                operation, "xml", bodies.encode_response(operation, "xml", mutation.value)
            ).value
        except bodies.BodyError:
            continue
        one_sided = "/client/" in mutation.pointer and mutation.pointer.rpartition("/")[2] in (
            "redirectURL",
            "valid",
            "price",
        )

        found = differences(json_side, changed, operation, volatile=True)

        if one_sided or (changed == plain and not any(_distinct(plain, changed))):
            assert found == []
        else:
            assert {one.pointer for one in found} == {mutation.pointer}
            assert all(one.xpath.startswith("/") for one in found)


def _distinct(left: Any, right: Any) -> Any:
    """Places where Python's equality is too kind: true is 1 to it."""
    if isinstance(left, dict):
        for key in left:
            yield from _distinct(left[key], right[key])
    elif isinstance(left, list):
        for one, other in zip(left, right, strict=True):
            yield from _distinct(one, other)
    elif isinstance(left, bool) != isinstance(right, bool):
        yield left, right


@few(40)
@given(value=strategies.responses("ping", "xml"), junk=st.recursive(st.none() | st.text() | st.integers(), st.lists))
def test_responses_of_any_shape_can_be_compared(value: Any, junk: Any) -> None:
    for left, right in (
        (value, junk),
        (junk, value),
        (junk, junk),
        (value, {"results": junk}),
        ({"results": {"²": 1}}, value),
    ):
        assert isinstance(differences(left, right), list)


# ---- the rules, one by one -------------------------------------------------------------------------------------------

SAME: list[tuple[str, Any, Any]] = [
    ("estimatedPayout", 12, 12.0),
    ("estimatedPayout", 0.1, 0.10),
    ("estimatedPayout", 0, -0.0),
    ("orderExpiresOn", "2026-03-02T15:09:05Z", "2026-03-02T16:09:05+01:00"),
    ("orderExpiresOn", "2026-03-02T15:09:05.5Z", "2026-03-02T15:09:05.5000000+00:00"),
    ("orderExpiresOn", "2026-03-02T15:09:05Z", "2026-03-02T15:09:05.000Z"),
    ("orderExpiresOn", "2026-03-01T00:09:05+01:00", "2026-02-28T23:09:05Z"),
    ("response", "two\r\nlines\rmore", "two\nlines\nmore"),
    ("offers", [], []),
    ("orderId", None, None),
]
DIFFERENT: list[tuple[str, Any, Any, str]] = [
    ("estimatedPayout", 12.5, 12.51, "equivalence.value"),
    ("estimatedPayout", 12, "12", "equivalence.value"),
    ("estimatedPayout", 1, True, "equivalence.value"),
    ("estimatedPayout", 10**5000, 10**5000 + 1, "equivalence.value"),
    ("willAccept", True, "true", "equivalence.value"),
    ("orderExpiresOn", "2026-03-02T15:09:05Z", "2026-03-02T15:09:05+01:00", "equivalence.value"),
    ("orderExpiresOn", "2026-03-02T15:09:05.1234567Z", "2026-03-02T15:09:05.1234568Z", "equivalence.value"),
    ("orderExpiresOn", "soon", "later", "equivalence.value"),
    ("response", "a", "a ", "equivalence.value"),
    ("response", "2026-03-02T15:09:05Z", "2026-03-02T16:09:05+01:00", "equivalence.value"),
    ("response", "a\nb", "a\r\nb", "equivalence.value"),
    ("orderId", None, "", "equivalence.value"),
    ("orderId", None, 0, "equivalence.value"),
    ("orderId", "", 0, "equivalence.value"),
    ("offers", None, [], "equivalence.value"),
]


@pytest.mark.parametrize(("name", "left", "right"), SAME, ids=range(len(SAME)))
def test_the_same_in_two_forms(name: str, left: Any, right: Any) -> None:
    assert differences(ping(**{name: left}), ping(**{name: right}), volatile=True) == []


@pytest.mark.parametrize(("name", "left", "right", "kind"), DIFFERENT, ids=range(len(DIFFERENT)))
def test_not_the_same(name: str, left: Any, right: Any, kind: str) -> None:
    (found,) = differences(ping(**{name: left}), ping(**{name: right}), volatile=True)

    assert (found.pointer, found.kind) == (f"/results/0/{name}", kind)
    assert found.json != found.xml or name == "estimatedPayout"


@pytest.mark.parametrize("value", [None, "", 0, [], False])
def test_absent_is_neither_null_nor_empty(value: Any) -> None:
    for left, right in ((ping(), ping(response=value)), (ping(response=value), ping())):
        (found,) = differences(left, right)
        assert (found.pointer, found.kind) == ("/results/0/response", "equivalence.missing")
        assert "absent" in (found.json, found.xml)


def test_lists_are_compared_in_order_and_length() -> None:
    first, second = {"offerId": "a"}, {"offerId": "b"}

    assert [one.pointer for one in differences(ping(offers=[first, second]), ping(offers=[second, first]))] == [
        "/results/0/offers/0/offerId",
        "/results/0/offers/1/offerId",
    ]
    (found,) = differences(ping(offers=[first]), ping(offers=[first, second]))
    assert (found.pointer, found.kind) == ("/results/0/offers/1", "equivalence.missing")


def test_ids_and_clocks_are_left_out_unless_asked_for() -> None:
    other = ping(orderId="Q-2", orderExpiresOn="2026-03-02T15:09:06Z")
    other["requestId"] = "0b2f6d6e-6a3c-4b0e-8f7e-3d9c51a0e101"
    value = ping(orderId="Q-1", orderExpiresOn="2026-03-02T15:09:05Z")

    assert differences(value, other) == []
    assert [one.pointer for one in differences(value, other, volatile=True)] == [
        "/requestId",
        "/results/0/orderId",
        "/results/0/orderExpiresOn",
    ]


def test_what_is_left_out_is_said() -> None:
    assert left_out("ping", SPEC) == [
        "/requestId (volatile)",
        "/results/*/orderId (volatile)",
        "/results/*/orderExpiresOn (volatile)",
    ]
    assert left_out("create_call_transfer", SPEC) == [
        "/requestId (volatile)",
        "/results/*/leadId (volatile)",
        "/results/*/client/*/agentName (JSON only)",
        "/results/*/client/*/agentPhone (JSON only)",
        "/results/*/client/*/redirectURL (XML only)",
        "/results/*/client/*/valid (XML only)",
        "/results/*/client/*/price (XML only)",
    ]


def test_one_client_and_a_list_of_one_are_the_same_where_the_reading_says_so() -> None:
    example = copy.deepcopy(SPEC.openapi["components"]["examples"]["create_call_transfer_response"]["value"])
    listed = via("create_call_transfer", "xml", {**example, "results": [_with_money(example["results"][0])]})
    single: Any = copy.deepcopy(example)
    single["results"][0]["client"] = example["results"][0]["client"][0]
    spec = load({"transfer-client": "object"})

    assert list(compare("create_call_transfer", single, listed, spec)) == []
    single["results"][0]["client"]["clientName"] = "Another"
    (found,) = compare("create_call_transfer", single, listed, spec)
    assert found.pointer == "/results/0/client/clientName"
    assert [one.pointer for one in compare("create_call_transfer", single, listed, SPEC)] == ["/results/0/client"]


def _with_money(result: Any) -> Any:
    return {**result, "client": [{**one, "redirectURL": None, "valid": True, "price": 1} for one in result["client"]]}


def test_a_number_for_a_response_type_is_the_same_in_both() -> None:
    spec = load({"response-type": "numbers"})
    value = {"requestId": GUID, "results": [{"isValid": False, "responseType": 6}]}
    in_xml: Any = {"requestId": GUID, "results": [{"isValid": False, "responseType": "6"}]}

    assert list(compare("create_lead", value, in_xml, spec)) == []
    in_xml["results"][0]["responseType"] = "7"
    assert [one.pointer for one in compare("create_lead", value, in_xml, spec)] == ["/results/0/responseType"]
