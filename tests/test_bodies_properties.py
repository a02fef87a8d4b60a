"""The codec and the two hand-written specifications, held against each other on values from the schemas.

Known gaps are named data below, with a reason; nothing is skipped.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from leadproof import bodies
from leadproof.bodies import xml
from leadproof.bodies.lexical import exact, lexical
from leadproof.contract.specs import Specification, load
from leadproof.core.errors import EncodeError
from leadproof.core.findings import shape
from leadproof.core.operations import CELLS, OPERATIONS
from leadproof.generate import strategies

#: Operation, direction and format of every body: the 17 cells, both directions, where there is a body.
FORMS = [
    (operation, direction, fmt)
    for operation, fmt in CELLS
    for direction in ("request", "response")
    if direction == "response" or OPERATIONS[operation].body
]
XML_FORMS = [(operation, direction) for operation, direction, fmt in FORMS if fmt == "xml"]

#: The readings under which the two specifications must agree.
READINGS: dict[str, Specification] = {
    "strict": load(),
    "as-documented": load(as_documented=True),
    "serializer": load({"namespaces": "serializer"}),
    "serializer, as-documented": load({"namespaces": "serializer"}, as_documented=True),
    "offset-optional": load({"timestamps": "offset-optional"}),
    "numbers": load({"response-type": "numbers"}),
    "either, as-documented": load({"response-type": "either"}, as_documented=True),
}

#: Multiplies the examples of every property here, for a long hunt on a quiet machine.
FACTOR = int(os.environ.get("LEADPROOF_EXAMPLES", "1"))


def few(examples: int) -> settings:
    """So many examples; no deadline, because the first of them compiles schemas."""
    return settings(max_examples=examples * FACTOR, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def ids(form: tuple[str, ...]) -> str:
    return "-".join(form)


def encode(operation: str, direction: str, fmt: str, value: Any, spec: Specification | None = None) -> bytes:
    return (bodies.encode_response if direction == "response" else bodies.encode_request)(operation, fmt, value, spec)


def decode(operation: str, direction: str, fmt: str, data: bytes, spec: Specification | None = None) -> Any:
    return (bodies.decode_response if direction == "response" else bodies.decode_request)(operation, fmt, data, spec)


def values(operation: str, direction: str, fmt: str | None, spec: Specification | None = None) -> Any:
    return (strategies.responses if direction == "response" else strategies.requests)(operation, fmt, spec)


def differences(left: Any, right: Any, at: str = "") -> Iterator[str]:
    """Where two values differ: true is not 1, but 12 is 12.0, and 1e23 is what it is written as."""
    numbers = [isinstance(number, (int, float, Decimal)) and not isinstance(number, bool) for number in (left, right)]
    if isinstance(left, dict) and isinstance(right, dict):
        if list(left) != list(right) and set(left) != set(right):
            yield f"{at}: members {sorted(left)} and {sorted(right)}"
        for key in left.keys() & right.keys():
            yield from differences(left[key], right[key], f"{at}/{key}")
    elif isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
        for index, (one, other) in enumerate(zip(left, right, strict=True)):
            yield from differences(one, other, f"{at}/{index}")
    elif all(numbers):
        if exact(lexical(left)) != exact(lexical(right)):
            yield f"{at}: {left!r} and {right!r}"
    elif left != right or type(left) is not type(right):
        yield f"{at}: {left!r} and {right!r}"


# ---- round trips -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", FORMS, ids=ids)
@few(30)
@given(data=st.data())
def test_decoding_gives_back_what_was_encoded(form: tuple[str, str, str], data: st.DataObject) -> None:
    value = data.draw(values(*form))

    decoded = decode(*form, encode(*form, value))

    assert list(differences(decoded, value)) == []


@pytest.mark.parametrize("operation", [row.id for row in OPERATIONS.values() if row.media == ("json", "xml")])
@few(15)
@given(data=st.data())
def test_one_value_goes_into_both_representations_without_the_members_of_the_other(
    operation: str, data: st.DataObject
) -> None:
    value = data.draw(strategies.responses(operation))

    for fmt in OPERATIONS[operation].media:
        decoded = decode(operation, "response", fmt, encode(operation, "response", fmt, value))
        assert load().verdict(operation, "response", fmt).is_valid(decoded)
        again = decode(operation, "response", fmt, encode(operation, "response", fmt, decoded))
        assert again == decoded


@pytest.mark.parametrize("reading", [name for name in READINGS if name != "strict"])
@pytest.mark.parametrize("operation", ["ping", "create_lead", "create_call_transfer"])
@few(10)
@given(data=st.data())
def test_round_trip_under_other_readings(operation: str, reading: str, data: st.DataObject) -> None:
    spec = READINGS[reading]
    value = data.draw(strategies.responses(operation, "xml", spec))

    decoded = decode(operation, "response", "xml", encode(operation, "response", "xml", value, spec), spec)

    assert list(differences(decoded, value)) == []


@pytest.mark.parametrize("operation", [operation for operation, direction in XML_FORMS if direction == "response"])
@few(15)
@given(data=st.data())
def test_the_fast_reader_and_the_lenient_one_agree_on_valid_responses(operation: str, data: st.DataObject) -> None:
    value = data.draw(strategies.responses(operation, "xml"))
    tree = xml.parse(encode(operation, "response", "xml", value))
    node = bodies._node(operation, load())

    lenient, problems = bodies.responses.read(node, tree)

    assert problems == []
    assert list(differences(bodies.responses.fast(node, tree), lenient)) == []


# ---- JSON Schema against XSD -----------------------------------------------------------------------------------------

#: What XML has no types for: a wrong JSON type may be the right text. Not part of the property below.
TYPELESS = "a value of another JSON type may have the same form in XML, where all is text"

#: (direction, change, member shape) -> why the JSON Schema and the XSD do not agree there. "*" is any.
WILDCARD = "the call data stand among the fields, behind the wildcard of the XSD: they are judged after decoding"
BLANKS = "white space around a timestamp"
GAPS: dict[tuple[str, str, str], str] = {
    **{
        ("request", change, f"/leads/*/properties/{name}"): WILDCARD
        for change, names in {
            "presence": ("ivrNumber", "callDuration", "callResult"),
            "range": ("ivrNumber", "callDuration"),
            "format": ("callDate", "recordingUrl"),
        }.items()
        for name in names
    },
    ("request", "presence", "/leads/*/properties"): WILDCARD,
    ("request", "presence", "/leads/*/fields"): "no field elements and no fields are the same thing in XML",
    ("response", "format", BLANKS): "xs:dateTime ignores white space around it; JSON does not",
}


def gap(direction: str, mutation: strategies.Mutation, value: Any) -> str:
    """Why the two specifications need not agree on a mutation; "" if they must."""
    blank = direction == "response" and isinstance(value, str) and value.strip() != value
    return GAPS.get((direction, mutation.change, BLANKS if blank else shape(mutation.pointer)), "")


def at(value: Any, pointer: str) -> Any:
    for part in pointer.split("/")[1:]:
        value = value[int(part)] if isinstance(value, list) else value.get(part)
    return value


CARRIED_CHANGES = tuple(change for change in strategies.CHANGES if change != "type")


def names_a_place(refusal: EncodeError, mutation: strategies.Mutation) -> None:
    assert refusal.pointer or mutation.pointer.count("/") <= 1


def check_agreement(operation: str, direction: str, mutation: strategies.Mutation, spec: Specification) -> None:
    accepted = spec.verdict(operation, direction, "xml").is_valid(mutation.value)
    try:
        data = encode(operation, direction, "xml", mutation.value, spec)
    except EncodeError as refusal:
        names_a_place(refusal, mutation)
        return
    accepted_in_xml = spec.xsd(operation, direction).validate(xml.parse(data))
    if accepted != accepted_in_xml:
        why = gap(direction, mutation, at(mutation.value, mutation.pointer))
        assert why, (
            f"JSON Schema: {accepted}, XSD: {accepted_in_xml}: {mutation.pointer} {mutation.change} {data.decode()}"
        )


#: Readings change responses only; requests need the taken ones alone.
AGREEMENTS = [
    (*form, reading) for form in XML_FORMS for reading in READINGS if form[1] == "response" or reading == "strict"
]


@pytest.mark.parametrize("form", AGREEMENTS, ids=ids)
@few(12)
@given(data=st.data())
def test_the_json_schema_accepts_a_value_exactly_when_the_xsd_accepts_its_xml(
    form: tuple[str, str, str], data: st.DataObject
) -> None:
    operation, direction, reading = form
    spec = READINGS[reading]
    value = data.draw(values(operation, direction, "xml", spec))
    schema = spec.schema(operation, direction, "xml")

    assert spec.verdict(operation, direction, "xml").is_valid(value)
    check_agreement(operation, direction, strategies.Mutation(value, "", "", "unchanged"), spec)
    # All of one value's mutations would take a second; a drawn share of them finds the same in a few runs.
    every = list(strategies.mutations(schema, value, CARRIED_CHANGES))
    start = data.draw(st.integers(0, 6))
    for mutation in itertools.islice(every, start, None, 7):
        check_agreement(operation, direction, mutation, spec)


CALL: dict[str, Any] = {
    "source": {"vid": 7, "lid": 1, "sendDelay": 0},
    "leads": [
        {
            "properties": {
                "ivrNumber": 2125550123, "callDuration": 61, "callResult": "Qualified",
                "callDate": "2024-08-29T16:25:12Z", "recordingUrl": "https://calls.example/1",
            },
            "fields": {"Phone": "212-555-0123"},
        }
    ],
}  # fmt: skip
PING: dict[str, Any] = {
    "requestId": "929f4d31-5576-49b5-ae9b-606d94a475e2",
    "results": [{"willAccept": True, "orderExpiresOn": "2024-08-29T16:25:12Z"}],
}


def test_every_known_gap_is_one() -> None:
    """A gap that has closed must leave the list."""
    met = set()
    for operation, direction, value in (("create_call_lead", "request", CALL), ("ping", "response", PING)):
        spec = load()
        for mutation in strategies.mutations(spec.schema(operation, direction, "xml"), value, CARRIED_CHANGES):
            accepted = spec.verdict(operation, direction, "xml").is_valid(mutation.value)
            try:
                tree = xml.parse(encode(operation, direction, "xml", mutation.value))
            except EncodeError:
                continue
            if accepted != spec.xsd(operation, direction).validate(tree):
                met.add((direction, mutation.change, BLANKS if direction == "response" else shape(mutation.pointer)))

    assert met == set(GAPS)


# ---- what cannot be carried ------------------------------------------------------------------------------------------

#: Characters that XML 1.0 has no form for, lone surrogates among them.
UNCARRIED = st.characters(max_codepoint=0x1F, exclude_characters="\t\n\r") | st.sampled_from(
    ["\ud800", "\udfff", "\ufffe", "\uffff"]
)


@few(60)
@given(character=UNCARRIED, before=strategies.texts(), after=strategies.texts())
def test_text_that_xml_cannot_carry_is_refused_at_its_place(character: str, before: str, after: str) -> None:
    text = before + character + after
    response = {**PING, "results": [{"willAccept": True, "offers": [{"name": text}]}]}
    with pytest.raises(EncodeError) as refusal:
        bodies.encode_response("ping", "xml", response)
    assert refusal.value.pointer == "/results/0/offers/0/name"

    lead = CALL["leads"][0]
    for pointer, changed in {
        "/leads/0/fields/Phone": {**lead, "fields": {"Phone": text}},
        "/leads/0/properties/callResult": {**lead, "properties": {**lead["properties"], "callResult": text}},
        "/leads/0/properties/reference": {**lead, "properties": {**lead["properties"], "reference": text}},
    }.items():
        with pytest.raises(EncodeError) as refusal:
            bodies.encode_request("create_call_lead", "xml", {**CALL, "leads": [changed]})
        assert refusal.value.pointer == pointer


@few(60)
@given(name=st.text(min_size=0, max_size=6))
@example("")
@example("a b")
@example("a:b")
@example("1st")
@example("a\n")
@example("xmlns")
@example("É")
@example("\u0301")
@example("~/")
def test_a_field_name_is_carried_exactly_or_refused(name: str) -> None:
    request = {"source": {"vid": 1, "lid": 1}, "leads": [{"properties": {}, "fields": {name: "x"}}]}
    refused, data = "", b""
    try:
        data = bodies.encode_request("create_lead", "xml", request)
    except EncodeError as refusal:
        refused = refusal.pointer

    assert refused in ("", f"/leads/0/fields/{bodies.escape(name)}")
    assert bool(refused) != bool(data)
    assert not data or bodies.decode_request("create_lead", "xml", data) == request


@few(60)
@given(name=strategies.field_names())
def test_a_field_name_that_is_an_xml_name_is_carried(name: str) -> None:
    request = {"source": {"vid": 1, "lid": 1}, "leads": [{"properties": {}, "fields": {name: "x"}}]}

    assert bodies.decode_request("create_lead", "xml", bodies.encode_request("create_lead", "xml", request)) == request
