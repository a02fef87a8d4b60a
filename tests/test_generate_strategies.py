"""The strategies: values are valid by construction and reach every corner; a mutation changes one thing."""

from __future__ import annotations

import os
import re
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from lxml import etree

from leadproof.bodies import escape
from leadproof.contract.specs import load
from leadproof.core.operations import CELLS, OPERATIONS
from leadproof.generate import strategies
from leadproof.generate.strategies import CHANGES, UNKNOWN, Mutation

#: Multiplies the examples of every property here, for a long hunt on a quiet machine.
FACTOR = int(os.environ.get("LEADPROOF_EXAMPLES", "1"))
SPEC = load()


def few(examples: int) -> settings:
    return settings(max_examples=examples * FACTOR, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.mark.parametrize(("operation", "fmt"), CELLS)
@few(20)
@given(data=st.data())
def test_values_are_valid_by_construction(operation: str, fmt: str, data: st.DataObject) -> None:
    assert SPEC.verdict(operation, "response", fmt).is_valid(data.draw(strategies.responses(operation, fmt)))
    if OPERATIONS[operation].body:
        request = data.draw(strategies.requests(operation, fmt))
        assert SPEC.verdict(operation, "request", fmt).is_valid(request)
        for lead in request["leads"]:
            assert "properties" in lead, "canonical"
            assert all(isinstance(value, str) for value in lead["fields"].values())


def test_an_operation_without_a_body_has_no_requests() -> None:
    with pytest.raises(KeyError):
        strategies.requests("lead_status")


CORNERS: dict[str, Any] = {
    "no result": lambda response: response["results"] == [],
    "two results": lambda response: len(response["results"]) == 2,
    "two offers": lambda response: any(len(one.get("offers") or ()) == 2 for one in response["results"]),
    "offers that are null": lambda response: any(
        "offers" in one and one["offers"] is None for one in response["results"]
    ),
    "no offers member": lambda response: any("offers" not in one for one in response["results"]),
    "an identifier of 0": lambda response: any(one.get("campaignId") == 0 for one in response["results"]),
    "the largest identifier": lambda response: any(one.get("campaignId") == 2**53 - 1 for one in response["results"]),
    "a fraction": lambda response: any((one.get("estimatedPayout") or 0) % 1 for one in response["results"]),
    "text beyond ASCII": lambda response: any(not (one.get("response") or "").isascii() for one in response["results"]),
    "text that needs escapes": lambda response: any("<" in (one.get("response") or "") for one in response["results"]),
    "white space at an end": lambda response: any(
        (one.get("response") or "") != (one.get("response") or "").strip() for one in response["results"]
    ),
    "an expiry with a fraction": lambda response: any(
        "." in (one.get("orderExpiresOn") or "") for one in response["results"]
    ),
    "an expiry with an offset": lambda response: any(
        "+05:30" in (one.get("orderExpiresOn") or "") for one in response["results"]
    ),
    "a GUID in capitals": lambda response: response["requestId"] != response["requestId"].lower(),
}


def test_the_corners_are_reached() -> None:
    drawn: list[Any] = []

    @settings(max_examples=400, deadline=None, database=None, derandomize=True, phases=[Phase.generate])
    @given(strategies.responses("ping", "json"))
    def draw(response: Any) -> None:
        drawn.append(response)

    draw()

    assert [corner for corner, reached in CORNERS.items() if not any(map(reached, drawn))] == []


def test_without_a_format_the_members_of_both_are_there() -> None:
    schema = strategies.view("create_call_transfer", "response")
    client = schema["properties"]["results"]["items"]["properties"]["client"]["items"]

    assert list(client["properties"]) == [
        "clientId",
        "clientName",
        "redirectURL",
        "valid",
        "price",
        "agentName",
        "agentPhone",
    ]
    assert set(client["required"]) == set(client["properties"])
    assert strategies.view("ping", "response") == SPEC.schema("ping", "response", "json")


@few(60)
@given(name=strategies.field_names())
def test_field_names_are_xml_names(name: str) -> None:
    assert etree.fromstring(f"<{name}/>".encode()).tag == name
    assert not name.lower().startswith("xml")


@few(60)
@given(
    timestamp=strategies.timestamps(), url=strategies.urls(), guid=strategies.guids(), text=strategies.texts(min_size=1)
)
def test_scalars_have_their_form(timestamp: str, url: str, guid: str, text: str) -> None:
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,7})?(Z|[+-]\d\d:\d\d)", timestamp)
    assert url == "" or re.fullmatch(r"(?i)https?://[!-~]+", url)
    assert re.fullmatch(r"[0-9a-f-]{36}", guid.lower())
    assert text
    assert etree.fromstring(f"<a><![CDATA[{text.replace(']]>', '')}]]></a>".encode()) is not None


# ---- mutations -------------------------------------------------------------------------------------------------------


def places(value: Any, at: str = "") -> dict[str, Any]:
    """Every member and entry of a value by its pointer."""
    found: dict[str, Any] = {}
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, sub in items:
        below = f"{at}/{escape(str(key))}"
        found |= {below: sub, **places(sub, below)}
    return found


def at(value: Any, pointer: str) -> Any:
    return value if not pointer else places(value).get(pointer, "gone")


@pytest.mark.parametrize("operation", OPERATIONS)
@few(8)
@given(data=st.data())
def test_a_mutation_changes_one_thing_at_its_place(operation: str, data: st.DataObject) -> None:
    schema = SPEC.schema(operation, "response", "json")
    value = data.draw(strategies.values(schema))
    before = places(value)

    mutations = list(strategies.mutations(schema, value))

    assert places(value) == before, "the value itself is not touched"
    assert {mutation.change for mutation in mutations} <= set(CHANGES)
    # Every member and entry is changed in some way.
    assert set(before) <= {mutation.pointer for mutation in mutations} | {
        f"{one.rpartition('/')[0]}/{UNKNOWN}" for one in before
    }
    for mutation in mutations:
        after = places(mutation.value)
        way = f"{mutation.pointer}/"
        elsewhere = [one for one in before if not f"{one}/".startswith(way) and not way.startswith(f"{one}/")]
        assert all(after[pointer] == before[pointer] for pointer in elsewhere)
        if mutation.change == "presence":
            assert at(mutation.value, mutation.pointer) == "gone"
        elif mutation.change == "null":
            assert at(mutation.value, mutation.pointer) is None


def test_mutations_can_be_chosen() -> None:
    schema = SPEC.schema("accept_offer", "response", "json")
    value = {"success": True, "message": "yes"}

    assert [tuple(one) for one in strategies.mutations(schema, value, ("presence", "null"))] == [
        ({"message": "yes"}, "/success", "presence", "taken away"),
        ({"success": None, "message": "yes"}, "/success", "null", "null"),
        ({"success": True}, "/message", "presence", "taken away"),
        ({"success": True, "message": None}, "/message", "null", "null"),
    ]
    assert {one.change for one in strategies.mutations(schema, value)} == {"presence", "null", "type", "unknown"}


@few(30)
@given(mutation=strategies.mutated(SPEC.schema("ping", "response", "json"), ("enum",)))
def test_a_mutation_can_be_drawn(mutation: Mutation) -> None:
    assert mutation.change in ("enum", "")
    assert (mutation.change == "") == SPEC.verdict("ping", "response", "json").is_valid(mutation.value)
