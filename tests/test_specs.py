"""The specification as it is loaded: readings, clauses, schemas, XSDs, and the examples of the OpenAPI document."""

from __future__ import annotations

import copy
import hashlib
import re
from collections.abc import Iterator
from typing import Any

import pytest

from leadproof import bodies
from leadproof.contract import documents
from leadproof.contract.specs import clauses, digests, former, load, meaning, readings
from leadproof.core import resources
from leadproof.core.errors import ConfigurationError
from leadproof.core.operations import CELLS, OPERATIONS
from leadproof.judge.checks.bodies import explain

SPEC = load()
DOCUMENT = SPEC.openapi
EXAMPLES: dict[str, Any] = DOCUMENT["components"]["examples"]

#: Operation, direction and format of every body.
FORMS = [
    (operation, direction, fmt)
    for operation, fmt in CELLS
    for direction in ("request", "response")
    if SPEC.schema_name(operation, direction)
]

#: Reading and choice, for every choice that is not the taken one.
OTHERS = [
    (reading.id, choice)
    for reading in readings().values()
    if reading.selectable
    for choice in reading.choices
    if choice != reading.taken
]


# ---- readings --------------------------------------------------------------------------------------------------------


def test_the_same_choice_gives_the_same_object() -> None:
    assert load() is load({})
    assert load({"placeholders": "as-documented"}) is load(as_documented=True)
    assert load({"element-order": "as-printed"}) is load()
    assert load({"element-order": "any"}) is not load()


def test_what_is_not_said_is_as_taken() -> None:
    assert load().choices == {reading.id: reading.taken for reading in readings().values() if reading.selectable}
    assert load(as_documented=True).as_documented
    assert not load({"placeholders": "strict"}, as_documented=True).as_documented


@pytest.mark.parametrize(
    ("choices", "message", "hint"),
    [
        ({"colour": "blue"}, "there is no selectable reading 'colour'", "selectable are: namespaces, "),
        ({"json-only": "demand"}, "there is no selectable reading 'json-only'", "selectable are: "),
        (
            {"namespaces": "none"},
            "the reading 'namespaces' has no choice 'none'",
            "its choices are: as-printed, serializer",
        ),
    ],
)
def test_a_wrong_choice_names_what_there_is(choices: dict[str, str], message: str, hint: str) -> None:
    with pytest.raises(ConfigurationError) as refusal:
        load(choices)

    assert refusal.value.message == message
    assert refusal.value.hint.startswith(hint)


@pytest.mark.parametrize(("reading", "choice"), OTHERS)
def test_every_choice_compiles_for_every_body(reading: str, choice: str) -> None:
    spec = load({reading: choice})

    for operation, direction, fmt in FORMS:
        assert spec.schema(operation, direction, fmt)["type"] == "object"
        spec.verdict(operation, direction, fmt)
        spec.explainer(operation, direction, fmt).check_schema(spec.schema(operation, direction, fmt))
        if fmt == "xml":
            spec.xsd(operation, direction)
            spec.xsd_explainer(operation, direction)


def found(operation: str, value: Any, fmt: str = "json", **choices: str) -> list[tuple[str, str]]:
    """Kind and pointer of every breach of a response under a choice of readings."""
    spec = load({name.replace("_", "-"): choice for name, choice in choices.items()})
    body = value if isinstance(value, bytes) else bodies.encode_response(operation, fmt, value, spec)
    decoded = bodies.read_response(operation, fmt, body, spec)
    return [(breach.kind, breach.pointer) for breach in explain(spec, operation, "response", fmt, decoded)]


GUID = "929f4d31-5576-49b5-ae9b-606d94a475e2"


def refusal(**members: Any) -> dict[str, Any]:
    return {"requestId": GUID, "results": [{"isValid": False, "responseType": "Data_Errors", **members}]}


def test_a_response_type_may_be_a_number_where_chosen() -> None:
    by_name, by_number = refusal(), refusal(responseType=9)
    place = [("schema.enum", "/results/0/responseType")]

    for fmt in ("json", "xml"):
        assert found("create_lead", by_name, fmt) == []
        assert found("create_lead", by_name, fmt, response_type="either") == []
        assert found("create_lead", by_name, fmt, response_type="numbers") == place
        assert found("create_lead", by_number, fmt) == place if fmt == "xml" else [*place, ("schema.type", place[0][1])]
        assert found("create_lead", by_number, fmt, response_type="either") == []
        assert found("create_lead", by_number, fmt, response_type="numbers") == []
        assert found("create_lead", refusal(responseType=10), fmt, response_type="either") == place
        placeholder = found(
            "create_lead", refusal(responseType=""), fmt, response_type="numbers", placeholders="as-documented"
        )
        assert placeholder == []
        assert found("create_lead", by_number, fmt, response_type="numbers", placeholders="as-documented") == []


def test_an_offset_may_be_missing_where_chosen() -> None:
    for fmt in ("json", "xml"):
        for timestamp, as_taken, optional in (
            ("2026-03-02T15:09:05", False, True),
            ("2026-03-02T15:09:05.123", False, True),
            ("2026-03-02T15:09:05Z", True, True),
            ("2026-02-30T15:09:05", False, False),
            ("2026-02-30T15:09:05Z", False, False),
            (" 2026-03-02T15:09:05Z ", fmt == "xml", fmt == "xml"),
        ):
            value = {"requestId": GUID, "results": [{"willAccept": False, "orderExpiresOn": timestamp}]}
            place = [("schema.format", "/results/0/orderExpiresOn")]
            assert found("ping", value, fmt) == ([] if as_taken else place), timestamp
            assert found("ping", value, fmt, timestamps="offset-optional") == ([] if optional else place), timestamp


def test_a_transfer_may_name_one_client_where_chosen() -> None:
    client = {"clientId": 1, "clientName": "A", "agentName": "B", "agentPhone": "C"}

    assert found("create_call_transfer", refusal(client=[client])) == []
    assert found("create_call_transfer", refusal(client=client)) == [("schema.type", "/results/0/client")]
    assert found("create_call_transfer", refusal(client=client), transfer_client="object") == []
    assert found("create_call_transfer", refusal(client=None), transfer_client="object") == []
    assert found("create_call_transfer", refusal(client=[client]), transfer_client="object") == [
        ("schema.type", "/results/0/client")
    ]


def test_elements_may_stand_in_any_order_where_chosen() -> None:
    body = bodies.encode_response(
        "ping", "xml", {"requestId": GUID, "results": [{"willAccept": False, "campaignId": 1, "response": "no"}]}
    )
    swapped = re.sub(rb"(<CampaignID>.*</CampaignID>)(<Response>.*</Response>)", rb"\2\1", body)

    assert swapped != body
    assert found("ping", swapped, "xml") == [("xml.order", "/results/0/campaignId")]
    assert found("ping", swapped, "xml", element_order="any") == []


def asked(value: Any, fmt: str, **choices: str) -> list[tuple[str, str]]:
    """Kind and pointer of every breach of a call lead with a callDate, under a choice of readings."""
    spec = load({name.replace("_", "-"): choice for name, choice in choices.items()})
    lead = copy.deepcopy(EXAMPLES["create_call_lead_request"]["value"])
    lead["leads"][0]["properties"]["callDate"] = value
    decoded = bodies.read_request("create_call_lead", fmt, bodies.encode_request("create_call_lead", fmt, lead), spec)
    return [(one.kind, one.pointer) for one in explain(spec, "create_call_lead", "request", fmt, decoded)]


@pytest.mark.parametrize("fmt", ["json", "xml"])
@pytest.mark.parametrize(
    ("date", "as_taken", "either"),
    [
        ("2024-08-29T16:25:12Z", True, True),
        ("2024-08-29T16:25:12.5+02:00", True, True),
        ("2024-08-29", False, True),
        ("2024-02-30", False, False),
        ("2024-08-29T", False, False),
        ("2024-08-29T16:25:12", False, False),
        ("29/08/2024", False, False),
    ],
)
def test_the_date_of_a_call_may_be_a_day_where_chosen(date: str, as_taken: bool, either: bool, fmt: str) -> None:
    place = [("schema.format", "/leads/0/properties/callDate")]

    assert asked(date, fmt) == ([] if as_taken else place)
    assert asked(date, fmt, call_date="either") == ([] if either else place)


# ---- clauses ---------------------------------------------------------------------------------------------------------


def test_a_clause_binds_the_cells_of_its_operations_and_representations() -> None:
    everything, ping = clauses()["LE2-ALL-HTTP-05"], clauses()["LE2-PING-XML-01"]

    assert everything.operations == tuple(OPERATIONS)
    assert everything.cells() == tuple(cell for cell in CELLS if cell[1] == "json")
    assert ping.cells() == (("ping", "xml"),)


def test_the_id_of_a_clause_means_the_clause_and_what_was_split_off() -> None:
    whole = {clause.id: clause.operations for clause in meaning("LE2-PING-XML-02")}

    assert whole == dict.fromkeys(
        ("LE2-PING-XML-02", "LE2-ALL-XML-06", "LE2-ALL-XML-07", "LE2-ALL-XML-08", "LE2-ALL-XML-09"), ("ping",)
    )
    assert [clause.id for clause in meaning("LE2-ALL-REQ-09")] == [
        "LE2-ALL-REQ-09", "LE2-ALL-REQ-15", "LE2-POST-REQ-02",
    ]  # fmt: skip
    assert meaning("LE2-PING-RES-05") == (clauses()["LE2-PING-RES-05"],)
    assert meaning("LE2-PING-RES-99") == ()
    assert former().keys() == {name for clause in clauses().values() for name in clause.formerly}


def test_digests_name_every_file_of_the_specification() -> None:
    root = resources.path("specs")
    files = {path.relative_to(root).as_posix(): path for path in root.rglob("*") if path.is_file()}

    assert digests().keys() == files.keys()
    assert digests()["readings.yaml"] == hashlib.sha256(files["readings.yaml"].read_bytes()).hexdigest()


# ---- the OpenAPI document --------------------------------------------------------------------------------------------


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for sub in node.values():
            yield from references(sub)
    elif isinstance(node, list):
        for sub in node:
            yield from references(sub)


def test_every_reference_leads_somewhere_and_every_component_is_used() -> None:
    named = {f"#/components/{kind}/{name}" for kind, parts in DOCUMENT["components"].items() for name in parts}
    used = set(references(DOCUMENT))

    assert used <= named
    # Security schemes are named, not referenced; request schemas of operations that share a path stand in x-leadproof.
    rows = [row for item in DOCUMENT["paths"].values() for row in item["x-leadproof-operations"]]
    ours = {f"#/components/schemas/{row[part]}" for row in rows for part in ("request", "response") if part in row}
    assert {name for name in named - used - ours if "/securitySchemes/" not in name} == set()


def test_the_examples_are_the_last_part_of_the_document() -> None:
    parts = {**DOCUMENT["components"]}
    del parts["examples"]

    assert documents.contract() == {**DOCUMENT, "components": parts}


def test_the_document_speaks_of_the_ten_operations() -> None:
    rows = {
        row["id"]: (path, method)
        for path, item in DOCUMENT["paths"].items()
        for row in item["x-leadproof-operations"]
        for method in item
        if method in ("get", "put", "post")
    }
    assert rows == {row.id: (row.path, row.method.lower()) for row in OPERATIONS.values()}


def test_there_is_no_address_of_a_real_service() -> None:
    assert [server["url"] for server in DOCUMENT["servers"]] == ["{base}"]
    assert DOCUMENT["servers"][0]["variables"]["base"]["default"].startswith("http://127.0.0.1")


@pytest.mark.parametrize(("operation", "direction", "fmt"), FORMS)
def test_the_example_of_every_body_is_valid(operation: str, direction: str, fmt: str) -> None:
    example = EXAMPLES[f"{operation}_{direction}{'_xml' if fmt == 'xml' else ''}"]
    data = example["value"].encode() if fmt == "xml" else bodies.json.encode(example["value"])
    read = bodies.read_response if direction == "response" else bodies.read_request

    assert set(example) == {"summary", "value"}
    assert list(explain(SPEC, operation, direction, fmt, read(operation, fmt, data))) == []


def without_agents(response: dict[str, Any]) -> dict[str, Any]:
    """A transfer response with those members of its clients that both representations show."""
    found = copy.deepcopy(response)
    for result in found["results"]:
        result["client"] = [{name: one[name] for name in ("clientId", "clientName")} for one in result["client"]]
    return found


@pytest.mark.parametrize(("operation", "direction"), [form[:2] for form in FORMS if form[2] == "xml"])
def test_both_forms_of_an_example_say_the_same(operation: str, direction: str) -> None:
    encode, decode = (
        (bodies.encode_response, bodies.decode_response)
        if direction == "response"
        else (bodies.encode_request, bodies.decode_request)
    )
    in_json = EXAMPLES[f"{operation}_{direction}"]["value"]
    in_xml = decode(operation, "xml", EXAMPLES[f"{operation}_{direction}_xml"]["value"].encode())

    if operation == "create_call_transfer" and direction == "response":  # members that one representation alone shows
        assert without_agents(in_json) == without_agents(in_xml)
    else:
        assert in_json == in_xml
        assert decode(operation, "xml", encode(operation, "xml", in_json)) == in_xml


def test_there_is_an_example_for_every_body_and_no_other() -> None:
    assert set(EXAMPLES) == {
        f"{operation}_{direction}{'_xml' if fmt == 'xml' else ''}" for operation, direction, fmt in FORMS
    }


def test_the_examples_are_obviously_made_up() -> None:
    text = str(EXAMPLES)

    assert set(re.findall(r"\b\d{3}-?(\d{3})-?01\d\d\b", text)) == {"555"}
    assert set(re.findall(r"\b\d{3}-\d{3}-\d{4}\b", text)) <= set(re.findall(r"\b\d{3}-555-01\d\d\b", text))
    hosts = set(re.findall(r"(?:https?://|@)([\w.-]+)", text)) - {"www.w3.org", "schemas.datacontract.org"}
    assert all(host.endswith(".example") for host in hosts)
