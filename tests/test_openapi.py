"""openapi.yaml as other people's tools read it: a plain validator, which knows none of our words, comes to what the
readings leave open; and who reads it rendered learns what every member means.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from leadproof import bodies
from leadproof.contract.schemas import is_moment
from leadproof.contract.specs import load
from leadproof.core.operations import CELLS, OPERATIONS, RESPONSE_TYPES
from leadproof.generate import strategies

SPEC = load()
DOCUMENT = SPEC.openapi
SCHEMAS: dict[str, Any] = DOCUMENT["components"]["schemas"]
EXAMPLES: dict[str, Any] = DOCUMENT["components"]["examples"]
MEDIA = {"json": "application/json", "xml": "application/xml"}

#: Formats as the words of the specifications have them: uuid is in jsonschema, date-time needs a package that need not
#: be there.
FORMATS = jsonschema.FormatChecker(formats=("uuid",))
FORMATS.checks("date-time")(is_moment)

#: Operation, direction and media type of every body.
FORMS = [
    (operation, direction, fmt)
    for operation, fmt in CELLS
    for direction in ("request", "response")
    if SPEC.schema_name(operation, direction)
]


def plain(schema: dict[str, Any]) -> jsonschema.Draft202012Validator:
    """A validator as any tool has it: our words mean nothing to it."""
    return jsonschema.Draft202012Validator({**schema, "components": DOCUMENT["components"]}, format_checker=FORMATS)


def published(operation: str, direction: str, fmt: str) -> dict[str, Any]:
    """The schema that stands at the path of an operation."""
    row = OPERATIONS[operation]
    call = DOCUMENT["paths"][row.path][row.method.lower()]
    body = call["requestBody"] if direction == "request" else call["responses"]["200"]
    schema: dict[str, Any] = body["content"][MEDIA[fmt]]["schema"]
    return schema


def component(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


def errors(schema: dict[str, Any], value: Any) -> list[str]:
    return [f"{error.json_path}: {error.message}" for error in plain(schema).iter_errors(value)]


# ---- what a plain validator decides ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("operation", "direction"), [form[:2] for form in FORMS if form[2] == "json"])
def test_an_example_is_valid_at_its_path_and_as_its_operation_has_it(operation: str, direction: str) -> None:
    value = EXAMPLES[f"{operation}_{direction}"]["value"]

    assert errors(published(operation, direction, "json"), value) == []
    assert errors(component(str(SPEC.schema_name(operation, direction))), value) == []


@pytest.mark.parametrize(("operation", "direction"), [form[:2] for form in FORMS if form[2] == "xml"])
def test_an_xml_example_is_valid_as_its_schema_describes_it(operation: str, direction: str) -> None:
    root = etree.fromstring(EXAMPLES[f"{operation}_{direction}_xml"]["value"].encode())
    schema = published(operation, direction, "xml")
    choices = schema.get("anyOf", [schema])
    names = [expanded(one)["xml"]["name"] for one in choices]

    assert etree.QName(root).localname in names
    read = [described(one, root) for one in choices if expanded(one)["xml"]["name"] == etree.QName(root).localname]
    assert [errors(schema, value) for value in read] == [[]]


@pytest.mark.parametrize(("operation", "direction", "fmt"), FORMS)
@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_what_leadproof_accepts_a_plain_validator_accepts(
    operation: str, direction: str, fmt: str, data: st.DataObject
) -> None:
    if fmt == "json":
        made = strategies.responses if direction == "response" else strategies.requests
        value = data.draw(made(operation, "json"))
        assert errors(published(operation, direction, "json"), value) == []
        assert errors(component(str(SPEC.schema_name(operation, direction))), value) == []
    elif direction == "response":
        value = data.draw(strategies.responses(operation, "xml"))
        row = next(one for one in DOCUMENT["paths"][OPERATIONS[operation].path]["x-leadproof-operations"]
                   if one["id"] == operation)  # fmt: skip
        assert errors(component(row.get("response_xml", row["response"])), value) == []
    else:
        value, schema = data.draw(strategies.requests(operation, "xml")), published(operation, "request", "xml")
        root = etree.fromstring(bodies.encode_request(operation, "xml", value))
        assert errors(schema, described(schema, root)) == []


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_member_that_is_not_documented_is_for_the_reading_to_judge(operation: str) -> None:
    value = copy.deepcopy(EXAMPLES[f"{operation}_response"]["value"])
    for place in (value, *value.get("results", ())):
        place["x"] = 1

    assert errors(published(operation, "response", "json"), value) == []


@pytest.mark.parametrize("operation", ["create_lead", "create_lead_sends", "create_call_transfer", "create_call_lead"])
def test_the_immediate_response_to_an_asynchronous_request_may_hold_its_id_alone(operation: str) -> None:
    value = {"requestId": EXAMPLES[f"{operation}_response"]["value"]["requestId"]}

    assert errors(published(operation, "response", "json"), value) == []
    assert errors(component(str(SPEC.schema_name(operation, "response"))), value) == []
    assert not SPEC.verdict(operation, "response", "json").is_valid(value), "a complete one is asked for"


WRONG: dict[str, tuple[str, str, dict[str, Any]]] = {
    "an id that is text": ("create_lead", "/results/0/leadId", {"leadId": "7"}),
    "a response type of another service": ("create_lead", "/results/0/responseType", {"responseType": "Fine"}),
    "a transfer without an agent": (
        "create_call_transfer", "/results/0/client/0", {"client": [{"clientId": 1, "clientName": "A"}]},
    ),
    "a day that no calendar has": ("ping", "/results/0/orderExpiresOn", {"orderExpiresOn": "2026-02-30T00:00:00Z"}),
    "a duplicate that is neither": ("duplicate_check", "/results/0/isDuplicate", {"isDuplicate": "yes"}),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_a_plain_validator_refuses_what_is_wrong(name: str) -> None:
    operation, place, members = WRONG[name]
    value = copy.deepcopy(EXAMPLES[f"{operation}_response"]["value"])
    value["results"][0].update(members)

    found = {
        "".join(f"/{part}" for part in error.absolute_path)
        for error in plain(published(operation, "response", "json")).iter_errors(value)
    }
    assert found == {place}


@pytest.mark.parametrize("sample", sorted((Path(__file__).parent / "data/documentation/responses").glob("*.json")),
                         ids=lambda path: path.stem)  # fmt: skip
def test_a_sample_of_the_documentation_is_valid_but_for_its_placeholders(sample: Path) -> None:
    value = json.loads(sample.read_text("utf-8"))
    schema = published(sample.stem, "response", "json")

    wrong = list(plain(schema).iter_errors(value))
    assert {str(error.instance) for error in wrong} <= {""}
    assert {str(error.absolute_path[-1]) for error in wrong} <= {"requestId", "responseType"}


# ---- XML as the keyword `xml` describes it ---------------------------------------------------------------------------


def expanded(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema with its reference and the parts of `allOf` in one."""
    if "$ref" in schema:
        rest = {key: value for key, value in schema.items() if key != "$ref"}
        schema = {**expanded(SCHEMAS[schema["$ref"].rpartition("/")[2]]), **rest}
    for part in schema.get("allOf", ()):
        base = expanded(part)
        schema = {**base, **schema, "properties": {**base.get("properties", {}), **schema.get("properties", {})}}
    return schema


def described(schema: dict[str, Any], element: Any) -> Any:
    """The value of an element, by nothing but the keyword `xml` (OpenAPI 3.1, 4.8.26)."""
    schema = expanded(schema)
    if element.get("{http://www.w3.org/2001/XMLSchema-instance}nil") == "true":
        return None
    types = schema.get("type", "string")
    kind = next(one for one in ([types] if isinstance(types, str) else types) if one != "null")
    if kind == "array":
        return [described(schema["items"], child) for child in element]
    if kind != "object":
        return scalar(kind, element.text or "")
    value: dict[str, Any] = {}
    children = {etree.QName(child).localname: child for child in element}
    for name, member in schema["properties"].items():
        member = expanded(member)
        tag = member.get("xml", {}).get("name", name)
        if member.get("xml", {}).get("attribute"):
            if tag in element.attrib:
                value[name] = scalar(member["type"], element.get(tag))
        elif member.get("type") == "array" and not member.get("xml", {}).get("wrapped"):
            if tag in children:
                value[name] = [described(member["items"], child) for child in element]
        elif tag in children:
            value[name] = described(member, children.pop(tag))
    if "additionalProperties" in schema:
        named = {sub.get("xml", {}).get("name", name) for name, sub in schema["properties"].items()}
        value |= {name: child.text or "" for name, child in children.items() if name not in named}
        value |= {name: text for name, text in element.attrib.items() if name not in named}
    return value


def scalar(kind: str | list[str], text: str) -> Any:
    kinds = [kind] if isinstance(kind, str) else kind
    if "boolean" in kinds:
        return {"true": True, "false": False}.get(text, text)
    if "integer" in kinds:
        return int(text) if text.isdigit() else text
    return float(text) if "number" in kinds else text


@pytest.mark.parametrize("operation", [name for name, fmt in CELLS if fmt == "xml"])
def test_the_schema_of_an_xml_request_has_the_names_of_the_codec(operation: str) -> None:
    form = bodies._form(operation, SPEC)
    root = expanded(published(operation, "request", "xml"))
    lead = expanded(root["properties"]["Lead"]["items"])

    def names(schema: dict[str, Any], *, attribute: bool) -> set[str]:
        return {
            name for name, sub in schema["properties"].items()
            if bool(sub.get("xml", {}).get("attribute")) is attribute
        }  # fmt: skip

    shared = operation == "create_lead", operation == "create_lead_sends"  # they share the schema of the post
    extra = {"orderID", "offerids"} if shared[0] else {"offerids"} if shared[1] else set()
    assert names(root, attribute=True) == set(form.by_source)
    assert names(root, attribute=False) == {"Lead"}
    assert names(lead, attribute=True) == set(form.by_attribute) | extra
    assert names(lead, attribute=False) == set(form.by_element)


# ---- what a reader learns --------------------------------------------------------------------------------------------


def members(schema: dict[str, Any], at: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, sub in schema.get("properties", {}).items():
        yield f"{at}/{name}", sub
        yield from members(sub, f"{at}/{name}")
    if isinstance(schema.get("items"), dict):
        yield from members(schema["items"], f"{at}/*")


MEMBERS = [pair for name, schema in SCHEMAS.items() for pair in members(schema, name)]


def test_every_schema_and_every_member_is_described() -> None:
    assert [name for name, schema in SCHEMAS.items() if not schema.get("description")] == []
    assert [at for at, member in MEMBERS if not expanded(member).get("description")] == []


def test_every_member_with_a_value_of_its_own_has_an_example_and_it_is_valid() -> None:
    scalars = [(at, member) for at, member in MEMBERS if not {"properties", "items"} & expanded(member).keys()]

    assert [at for at, member in scalars if not expanded(member).get("examples")] == []
    schemas = [*MEMBERS, *SCHEMAS.items()]
    assert [
        (at, wrong)
        for at, member in schemas
        for example in member.get("examples", ())
        for wrong in errors(expanded(member), example)
    ] == []


def test_a_description_gives_the_name_in_xml_where_it_differs() -> None:
    silent = [
        at
        for at, member in MEMBERS
        if (name := expanded(member).get("xml", {}).get("name"))
        and name not in (at.rpartition("/")[2], at.rpartition("/")[2][:1].upper() + at.rpartition("/")[2][1:])
        and name not in expanded(member)["description"]
    ]
    assert silent == []


def test_every_response_type_has_its_meaning() -> None:
    described_types = re.findall(r"^- `(\w+)`: \S", SCHEMAS["ResponseType"]["description"], re.MULTILINE)

    assert described_types == SCHEMAS["ResponseType"]["enum"] == list(RESPONSE_TYPES)


def calls() -> Iterator[tuple[str, dict[str, Any], list[str]]]:
    for path, item in DOCUMENT["paths"].items():
        ids = [row["id"] for row in item["x-leadproof-operations"]]
        yield from ((path, item[method], ids) for method in ("get", "put", "post") if method in item)


@pytest.mark.parametrize(
    ("path", "call", "ids"), list(calls()), ids=lambda value: value if isinstance(value, str) else ""
)
def test_an_operation_says_who_may_call_it_and_when_it_responds(
    path: str, call: dict[str, Any], ids: list[str]
) -> None:
    text = call["description"]

    assert call["tags"]
    assert [OPERATIONS[name].heading for name in ids] == call["summary"].split("; ")
    assert all(OPERATIONS[name].heading in text for name in ids if len(ids) > 1)
    assert all(word in text for word in ("**Credentials:**", "ermission", "**Asynchronous:**", "**XML:**"))
    assert ("xsd/requests/" in text) == any("xml" in OPERATIONS[name].media and OPERATIONS[name].body for name in ids)
    assert {OPERATIONS[name].root for name in ids if OPERATIONS[name].root} <= set(re.findall(r"`(\w+)`", text))
    for name in re.findall(r"xsd/[\w/.-]+\.xsd", text):
        assert name in {str(file) for file in SPECS_FILES}, name


SPECS_FILES = {
    path.relative_to(root).as_posix()
    for root in [Path(__file__).resolve().parent.parent / "specs"]
    for path in root.rglob("*.xsd")
}


def test_an_asynchronous_operation_shows_its_callback_with_examples() -> None:
    with_url = {"create_lead", "create_lead_sends", "inbound_post", "create_call_transfer", "create_call_lead"}

    for _, call, ids in calls():
        callbacks = call.get("callbacks", {})
        assert bool(callbacks) == bool(with_url & set(ids))
        for callback in callbacks.values():
            ((expression, item),) = callback.items()
            assert expression == "{$request.body#/source/returnURL}"
            contents = item["post"]["requestBody"]["content"]
            assert {media: set(content["examples"]) for media, content in contents.items()} == {
                media: set(ids) for media in MEDIA.values()
            }


def test_no_keyword_is_a_slip_of_the_pen() -> None:
    known = {
        "$ref", "additionalProperties", "allOf", "description", "enum", "examples", "format", "items", "maximum",
        "minItems", "minLength", "minimum", "pattern", "properties", "propertyNames", "required", "type", "xml",
        "x-leadproof-in-xml", "x-leadproof-only", "x-leadproof-pattern", "x-leadproof-required", "x-leadproof-volatile",
    }  # fmt: skip

    assert {key for _, schema in [*MEMBERS, *SCHEMAS.items()] for key in schema} <= known


def test_no_schema_stands_inline_that_a_generator_would_have_to_name() -> None:
    assert [at for at, member in MEMBERS if "properties" in member] == []


# ---- other people's tools --------------------------------------------------------------------------------------------

OUTSIDE = Path(__file__).resolve().parent / "outside"


def test_a_known_limit_says_whose_it_is_and_what_to_do_instead() -> None:
    rows = yaml.safe_load((OUTSIDE / "limits.yaml").read_text("utf-8"))["limits"]

    assert {tuple(row) for row in rows} == {("tool", "versions", "what", "why", "instead", "issue")}
    assert [row["tool"] for row in rows if not all(row[name] for name in ("versions", "what", "why", "instead"))] == []
    assert [
        row["issue"] for row in rows if row["issue"] and not re.fullmatch(r"[\w.-]+/[\w.-]+#\d+", row["issue"])
    ] == []


@pytest.mark.parametrize("name", ["redocly.yaml", "spectral.yaml"])
def test_a_rule_that_is_off_has_its_reason_and_the_linter_s_own_issue(name: str) -> None:
    text = (OUTSIDE.parent.parent / "specs" / name).read_text("utf-8")

    assert len(yaml.safe_load(text)["rules"]) == len(re.findall(r"issue \d+", text)) == text.count(": off")
