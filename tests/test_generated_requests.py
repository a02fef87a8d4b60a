"""What is generated: valid by construction, wrong on purpose, and held against readers that share no code with ours."""

from __future__ import annotations

import pytest

from leadproof import bodies
from leadproof.contract import specs
from leadproof.contract.profile import load
from leadproof.core.operations import CELLS, OPERATIONS
from leadproof.generate import boundaries, examples, wrong
from leadproof.generate.leads import LeadMaker
from leadproof.generate.oracle import wrong as fault_of
from leadproof.suite import negatives

SPEC = specs.load()
MAKER = LeadMaker(load())
WITH_BODY = [cell for cell in CELLS if OPERATIONS[cell[0]].body]
XML = [operation for operation, fmt in WITH_BODY if fmt == "xml"]
JSON = [operation for operation, fmt in WITH_BODY if fmt == "json"]


def filled(operation: str, value):
    """The value with what only an earlier response can give."""
    if operation == "update_lead":
        leads = [{**lead, "properties": {**lead.get("properties", {}), "leadUID": 7}} for lead in value["leads"]]
        return {**value, "leads": leads}
    return value


def encoded(operation: str, fmt: str, value) -> bytes:
    return bodies.encode_request(operation, fmt, filled(operation, value))


# ---- valid -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("operation", "fmt"), WITH_BODY)
def test_the_values_at_the_edges_are_valid(operation: str, fmt: str) -> None:
    faults = [
        str(fault)
        for value in boundaries.rows(operation, fmt, MAKER)
        if (fault := fault_of(SPEC, operation, fmt, encoded(operation, fmt, value)))
    ]

    assert faults == []


@pytest.mark.parametrize(("operation", "fmt"), WITH_BODY)
def test_every_value_at_the_edges_is_in_one_of_the_rows(operation: str, fmt: str) -> None:
    rows = list(boundaries.rows(operation, fmt, MAKER))
    found = [{**value["source"], **lead.get("properties", {})} for value in rows for lead in value["leads"]]

    missing = [
        (name, value)
        for name, values in boundaries.members(operation, fmt).items()
        for value in values
        if not any((row.get(name) == value if value is not None else name not in row) for row in found)
    ]

    assert missing == []


@pytest.mark.parametrize(("operation", "fmt"), WITH_BODY)
def test_generated_requests_are_valid(operation: str, fmt: str) -> None:
    made = []

    examples.explore(
        examples.strategy(SPEC, operation, fmt, MAKER), lambda value: made.append(value) is None, seed=1, examples=15
    )

    assert len(made) == 15
    assert [fault_of(SPEC, operation, fmt, encoded(operation, fmt, one)) for one in made] == [""] * 15


def test_the_same_seed_generates_the_same() -> None:
    def run(seed: int) -> list:
        made = []
        strategy = examples.strategy(SPEC, "ping", "json", MAKER)
        examples.explore(strategy, lambda value: made.append(value) is None, seed=seed, examples=10)
        return made

    assert run(3) == run(3)
    assert run(3) != run(4)


# ---- exploring -------------------------------------------------------------------------------------------------------


def test_what_fails_is_made_small() -> None:
    strategy = examples.strategy(SPEC, "create_lead", "json", MAKER)

    found = examples.explore(strategy, lambda value: len(value["leads"]) < 2, seed=0, examples=50)

    assert found is not None
    assert len(found["leads"]) == 2


def test_a_service_that_changes_its_mind_is_found_as_well() -> None:
    responses = iter([True, False, True, True, False] + [True] * 500)

    found = examples.explore(
        examples.strategy(SPEC, "ping", "json", MAKER), lambda _: next(responses), seed=0, examples=10
    )

    assert found is not None


def test_what_ends_a_run_ends_it_at_once() -> None:
    calls = []

    def test(value) -> bool:
        calls.append(value)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        examples.explore(examples.strategy(SPEC, "ping", "json", MAKER), test, seed=0, examples=10)
    assert len(calls) == 1


def test_nothing_is_tried_when_the_time_is_over() -> None:
    tried = []
    strategy = examples.strategy(SPEC, "ping", "json", MAKER)

    examples.explore(strategy, lambda value: tried.append(value) is None, seed=0, examples=10, expired=lambda: True)

    assert tried == []


# ---- wrong -----------------------------------------------------------------------------------------------------------


def valid(operation: str, number: int = 1):
    return MAKER.request(operation, (number,))[0]


@pytest.mark.parametrize("operation", XML)
@pytest.mark.parametrize("words", negatives.CHANGES_XML)
def test_a_changed_document_is_wrong(operation: str, words: str) -> None:
    before = bodies.encode_request(operation, "xml", valid(operation))
    after = negatives.CHANGES_XML[words](before)

    assert fault_of(SPEC, operation, "xml", before) == ""
    assert fault_of(SPEC, operation, "xml", after) != ""


@pytest.mark.parametrize("words", negatives.MALFORMED_XML)
def test_what_is_called_unreadable_is_no_document_or_another(words: str) -> None:
    body = negatives.MALFORMED_XML[words](bodies.encode_request("ping", "xml", valid("ping")))

    fault = fault_of(SPEC, "ping", "xml", body)

    assert not fault.readable or "No matching global declaration" in fault


@pytest.mark.parametrize("operation", JSON)
@pytest.mark.parametrize("words", negatives.MALFORMED_JSON)
def test_a_malformed_text_is_no_json(operation: str, words: str) -> None:
    body = negatives.MALFORMED_JSON[words](bodies.encode_request(operation, "json", valid(operation)))

    assert not fault_of(SPEC, operation, "json", body).readable


@pytest.mark.parametrize("operation", JSON)
@pytest.mark.parametrize("words", negatives.INVALID)
def test_an_invalid_value_is_readable_and_wrong(operation: str, words: str) -> None:
    value = negatives.INVALID[words](valid(operation))

    for fmt in ("json", *(["xml"] if words in negatives.IN_XML and operation in XML else [])):
        fault = fault_of(SPEC, operation, fmt, bodies.encode_request(operation, fmt, value))
        assert fault.readable
        assert fault


@pytest.mark.parametrize("words", negatives.ENCODED)
def test_a_request_in_other_bytes_says_the_same(words: str) -> None:
    fmt, change, intent = negatives.ENCODED[words]
    body = change(bodies.encode_request("create_lead", fmt, valid("create_lead")))

    if intent == "accepted":
        assert fault_of(SPEC, "create_lead", fmt, body) == ""


@pytest.mark.parametrize("operation", JSON)
def test_generated_negatives_are_wrong_and_say_what_was_changed(operation: str) -> None:
    made, numbers = [], iter(range(1, 1000))

    def collect(raw: wrong.Raw) -> bool:
        made.append(wrong.repaired(SPEC, operation, raw, valid(operation, next(numbers))))
        return True

    examples.explore(wrong.json_negatives(SPEC, operation), collect, seed=1, examples=25)

    kept = [one for one in made if one is not None]
    assert len(kept) > 10
    assert all(fault_of(SPEC, operation, "json", one.body) == one.fault != "" for one in kept)
    assert all(one.changed for one in kept)
    assert {one.weight for one in kept} <= {"unreadable", "invalid", "open"}


def test_generated_documents_are_wrong() -> None:
    made = []
    values = examples.strategy(SPEC, "create_lead", "xml", MAKER)

    examples.explore(
        wrong.xml_negatives(SPEC, "create_lead", values, negatives.CHANGES_XML),
        lambda one: made.append(one) is None,
        seed=1,
        examples=25,
    )

    assert len(made) == 25
    assert all(fault_of(SPEC, "create_lead", "xml", one.body) for one in made)


def test_a_change_that_changes_nothing_is_no_negative() -> None:
    raw = wrong.Raw(valid("ping"), "nothing")

    assert wrong.repaired(SPEC, "ping", raw, valid("ping", 2)) is None


@pytest.mark.parametrize(
    ("faults", "readable", "expected"),
    [
        ((), False, "unreadable"),
        (("type /source/vid",), True, "invalid"),
        (("required /leads/0/fields",), True, "invalid"),
        (("minItems /leads",), True, "invalid"),
        (("type /leads/0/properties/reference",), True, "open"),
        (("additionalProperties /source",), True, "open"),
    ],
)
def test_the_weight_of_a_fault(faults, readable, expected) -> None:
    assert wrong.weight(faults, readable) == expected
