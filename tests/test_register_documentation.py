"""The register claims no more than the documentation says: places that exist, types, requirements and samples.

The documentation's side is data in tests/data/documentation: its headings and what its request samples show
(headings.yaml), the rows of its tables (rows.yaml), its response samples (responses/), and what it says of the clauses
that no row or sample can be compared with (statements.yaml).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from leadproof import bodies
from leadproof.contract import specs
from leadproof.contract.specs import Clause, load
from leadproof.core.operations import CELLS, OPERATIONS
from leadproof.judge.checks.bodies import shapes

DATA = Path(__file__).parent / "data" / "documentation"
HEADINGS: dict[str, list[str]] = yaml.safe_load((DATA / "headings.yaml").read_text("utf-8"))["headings"]
SENT: dict[str, Any] = yaml.safe_load((DATA / "headings.yaml").read_text("utf-8"))["requests"]
ROWS: dict[str, Any] = yaml.safe_load((DATA / "rows.yaml").read_text("utf-8"))["operations"]
STATEMENTS: dict[str, Any] = yaml.safe_load((DATA / "statements.yaml").read_text("utf-8"))["statements"]

SPEC = load()
CLAUSES = tuple(specs.clauses().values())
BY_HEADING = {row.heading: operation for operation, row in OPERATIONS.items()}

#: What a reading may quote beside the documentation.
ELSEWHERE = {
    "A help page of the vendor",
    "An older version of the service",
    "Another page of the vendor",
    "RFC 8259",
    "The vendor's client samples",
}

#: Type of the documentation's tables -> the types of JSON Schema that it can be read as.
TYPES = {
    "string": {"string"},
    "number": {"number"},
    "bool": {"boolean"},
    "array": {"array"},
    "Array<Offer>": {"array"},
    "array of sends": {"array"},
    "array of result": {"array"},
    "lead_fields": {"object"},
    "TCPA Details": {"object"},
    "Quality Control Info": {"object"},
    "Return Info": {"object"},
}
#: Types whose name alone does not say what a value is: a reading has to.
OPEN_TYPES = {"date", "response_type", "transfer result"}

#: Keywords of JSON Schema that ask for more than a type.
DEMANDS = {"enum", "const", "pattern", "format", "minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems"}

MEMBER_CHECKS = ("member", "client_member")


def documented(clause: Clause) -> bool:
    """Does a clause claim that the documentation itself requires what it asks?"""
    return (clause.level, clause.basis) == ("must", "documented")


# ---- places ----------------------------------------------------------------------------------------------------------


def _either(names: str) -> list[str]:
    return re.split(" or | and ", names)


def _names(operation: str, part: str) -> set[str]:
    """The rows of a table of an operation, or the members that a sample of it shows."""
    if part.endswith("table"):
        return {row["row"] for row in ROWS[operation][part.split()[0].lower()]}
    fmt = part.split()[0].lower()
    if fmt not in OPERATIONS[operation].media:
        return set()
    shown = {one.removeprefix("Leads/").removeprefix("Lead/") for one in SENT[operation][fmt]["members"]}
    if fmt == "json":
        return shown | {member.replace("/*", "")[1:].replace("/", ".") for member in _shown(operation, "json")}
    return shown | _elements(operation)


def _elements(operation: str) -> set[str]:
    """The paths of the elements of an XML response sample, from the members of a result on."""
    tree = bodies.xml.parse((DATA / "responses" / f"{operation}.xml").read_bytes())
    found = set()
    for element in tree.iter("{*}*"):
        parents = [element, *element.iterancestors()][:-3]
        found.add("/".join(bodies.xml.local(one.tag) for one in reversed(parents)))
    return found


def _shown(operation: str, fmt: str) -> frozenset[str]:
    """The members that a response sample shows, as shapes of JSON Pointers."""
    body = (DATA / "responses" / f"{operation}.{fmt}").read_bytes()
    return shapes(bodies.read_response(operation, fmt, body, SPEC).value)


def missing(place: str, operations: tuple[str, ...]) -> Iterator[str]:
    """What is wrong with a place: what it names and the documentation does not have, for the operations named."""
    heading, _, rest = place.partition(" / ")
    if heading in ELSEWHERE and not rest:
        return
    several = heading == "All operations"
    if not several and heading not in HEADINGS:
        yield f"there is no heading {heading!r}"
        return
    of = operations if several else tuple(filter(None, [BY_HEADING.get(heading)]))
    parts, _, names = rest.partition(" / ")
    named = [re.sub("(table|sample)s$", r"\1", part) if several else part for part in _either(parts)] if parts else []
    headings = [OPERATIONS[operation].heading for operation in of] if several else [heading]
    for one in headings:
        if named and not any(part in HEADINGS[one] for part in named):
            yield f"{one} has no {parts}"
    for part in named:
        if not any(part in HEADINGS[one] for one in headings):
            yield f"no operation has a {part}"
    if not names:
        return
    wanted = [name.removesuffix(" (second row)") for name in _either(names)]
    for operation in of:
        known = {name for part in named if part in HEADINGS[OPERATIONS[operation].heading]
                 for name in _names(operation, part)}  # fmt: skip
        if not any(name in known for name in wanted):
            yield f"{OPERATIONS[operation].heading} has no {names} in its {parts}"
    for name in wanted:
        if not any(name in _names(operation, part) for operation in of for part in named):
            yield f"no operation has {name} in its {parts}"


def test_the_headings_are_those_of_the_operations() -> None:
    assert [name for name in HEADINGS if name in BY_HEADING] == list(BY_HEADING)
    assert list(SENT) == list(OPERATIONS)
    for operation, row in OPERATIONS.items():
        assert [fmt for fmt in ("json", "xml") if f"{fmt.upper()} sample" in HEADINGS[row.heading]] == list(row.media)
        assert list(SENT[operation]) == list(row.media)


@pytest.mark.parametrize("clause", CLAUSES, ids=lambda clause: clause.id)
def test_the_place_of_a_clause_exists_for_each_of_its_operations(clause: Clause) -> None:
    assert list(missing(clause.place, clause.operations)) == []


@pytest.mark.parametrize("reading", specs.readings().values(), ids=lambda reading: reading.id)
def test_the_places_of_a_reading_exist(reading: specs.Reading) -> None:
    in_xml = tuple(operation for operation, fmt in CELLS if fmt == "xml")
    bound = [(at, in_xml if "XML" in at else tuple(OPERATIONS)) for at, _ in reading.places]
    assert [wrong for at, operations in bound for wrong in missing(at, operations)] == []


@pytest.mark.parametrize(
    ("place", "operations", "wrong"),
    [
        ("Create Leads / Request table", ("create_lead",), "there is no heading 'Create Leads'"),
        ("Update Lead / XML sample", ("update_lead",), "Update Lead has no XML sample"),
        ("Create Lead / Request table / source.tid", (), "Create Lead has no source.tid in its Request table"),
        ("All operations / Request tables / source.aid", ("ping", "update_lead"),
         "Update Lead has no source.aid in its Request tables"),
        ("All operations / Response tables / results.price or results.payout", ("create_lead",),
         "no operation has results.payout in its Response tables"),
        ("Create Lead / XML sample / @orderID", ("create_lead",), "Create Lead has no @orderID in its XML sample"),
    ],
)  # fmt: skip
def test_a_place_that_is_not_there_is_noticed(place: str, operations: tuple[str, ...], wrong: str) -> None:
    assert wrong in list(missing(place, operations))


# ---- levels and bases ------------------------------------------------------------------------------------------------


def test_what_is_documented_needs_no_reading_and_what_is_resolved_has_one() -> None:
    assert [one.id for one in CLAUSES if one.basis == "documented" and one.readings] == []
    assert [one.id for one in CLAUSES if one.basis == "resolved" and not one.readings] == []


def test_every_reading_is_cited_by_a_clause() -> None:
    cited = {name for clause in (*CLAUSES, *specs.client_clauses().values()) for name in clause.readings}
    assert [name for name in specs.readings() if name not in cited] == []


def _schema(clause: Clause, operation: str, fmt: str) -> tuple[dict[str, Any], bool]:
    """What the schema asks of the member of a clause, and whether the member is required there."""
    schema = SPEC.schema(operation, "response" if clause.subject == "response" else "request", fmt)
    required = False
    for part in clause.member.split("/")[1:]:
        required = part in schema.get("required", ())
        schema = schema["items"] if part == "*" else schema["properties"][part]
    return schema, required


def _values(operation: str, fmt: str) -> dict[str, Clause]:
    """The clauses of their own about the values of members of requests."""
    return {one.member: one for one in CLAUSES if one.check == "client_value" and (operation, fmt) in one.cells()}


def excess(clause: Clause, operation: str, fmt: str) -> Iterator[str]:
    """What the schema asks of the member of a documented clause in one representation and no row or sample says."""
    part = "response" if clause.subject == "response" else "request"
    row = next((row for row in ROWS[operation][part] if row["member"] == clause.member), None)
    schema, required = _schema(clause, operation, fmt)
    types = {schema["type"]} if isinstance(schema["type"], str) else set(schema["type"])
    if row is not None and row["type"] in OPEN_TYPES:
        yield f"the type {row['type']} does not say what a value is"
    elif row is not None and not types - {"null"} <= TYPES[row["type"]]:
        yield f"the type is {', '.join(sorted(types))}, documented is {row['type']}"
    if part == "request" and required != (row is None or row["required"]):
        yield f"it is {'required' if required else 'optional'}, which the table does not say"
    if not _is_shown(clause.member, operation, part, fmt, table=row is not None and fmt == "json"):
        yield f"no {fmt.upper()} sample shows it"
    for where in (schema, schema.get("items", {}) if "properties" not in schema.get("items", {}) else {}):
        demands = DEMANDS & set(where)
        if demands and clause.member not in _values(operation, fmt):
            yield f"it asks for more than a type: {', '.join(sorted(demands))}"


def _is_shown(member: str, operation: str, part: str, fmt: str, *, table: bool) -> bool:
    if table:
        return True
    if part == "response":
        return member in _shown(operation, fmt)
    if fmt == "json":
        return member in SENT[operation][fmt]["members"]
    # The document element and Lead carry what is hoisted in XML, and the fields are their elements.
    hoisted = {"/source", "/leads", "/leads/*/properties", "/leads/*/fields"}
    return member in hoisted or _xml_name(member, operation) in SENT[operation]["xml"]["members"]


def _xml_name(member: str, operation: str) -> str:
    """The attribute or element of a member in XML, as headings.yaml writes it."""
    schema = SPEC.schema(operation, "request", "xml")
    for part in member.split("/")[1:]:
        schema = schema["items"] if part == "*" else schema["properties"][part]
    owner = "Leads" if member.startswith("/source/") else "Lead"
    return f"{owner}/{'@' if schema['xml'].get('attribute') else ''}{schema['xml']['name']}"


OF_MEMBERS = [
    (clause, *cell)
    for clause in CLAUSES
    if documented(clause) and clause.check in MEMBER_CHECKS and clause.member.startswith("/")
    for cell in clause.cells()
]


@pytest.mark.parametrize(
    ("clause", "operation", "fmt"), OF_MEMBERS, ids=lambda one: one.id if isinstance(one, Clause) else one
)
def test_what_is_documented_of_a_member_can_be_read_in_its_row_or_sample(
    clause: Clause, operation: str, fmt: str
) -> None:
    assert list(excess(clause, operation, fmt)) == []


@pytest.mark.parametrize(
    ("clause", "cell", "claimed"),
    [
        ("LE2-ALL-REQ-02", ("ping", "json"), "the type is integer, documented is number"),
        ("LE2-ALL-REQ-13", ("create_lead", "xml"), "no XML sample shows it"),
        ("LE2-CREATE-RES-01", ("create_lead", "json"), "it asks for more than a type: pattern"),
        ("LE2-CREATE-RES-09", ("create_lead", "json"), "it asks for more than a type: minimum"),
        ("LE2-CREATE-RES-04", ("create_lead", "json"), "the type response_type does not say what a value is"),
        ("LE2-TRANSFER-RES-13", ("create_call_transfer", "json"), ""),
    ],
)
def test_a_claim_that_goes_further_would_be_noticed(clause: str, cell: tuple[str, str], claimed: str) -> None:
    assert (claimed in list(excess(specs.clauses()[clause], *cell))) == bool(claimed)


def test_every_other_must_that_is_documented_has_its_statement() -> None:
    others = [
        one for one in CLAUSES if documented(one) and one.check not in (*MEMBER_CHECKS, "xml_root")
    ]  # fmt: skip

    assert {one.id: one.place for one in others} == {name: row["at"] for name, row in STATEMENTS.items()}
    assert all(row["says"].strip() for row in STATEMENTS.values())


def test_every_request_sample_with_a_body_names_its_content_type() -> None:
    bound = set(specs.clauses()["LE2-ALL-HTTP-01"].cells())
    assert bound == {(operation, fmt) for operation, fmt in CELLS if SENT[operation][fmt]["members"]}
    assert all("content-type" in SENT[operation][fmt]["headers"] for operation, fmt in bound)


@pytest.mark.parametrize("operation", [operation for operation, fmt in CELLS if fmt == "xml"])
def test_the_roots_are_those_of_the_samples(operation: str) -> None:
    tree = bodies.xml.parse((DATA / "responses" / f"{operation}.xml").read_bytes())
    clause = next(one for one in CLAUSES if one.check == "xml_root" and operation in one.operations)

    assert f"is {bodies.xml.local(tree.tag)}, in the default namespace" in clause.text
    assert bodies.xml.namespace(tree.tag) == tree.nsmap[None]


def test_values_of_requests_are_no_documented_must() -> None:
    """The tables give types and no ranges, so a clause about values rests on a reading or on what users expect."""
    assert [one.id for one in CLAUSES if one.check == "client_value" and one.basis == "documented"] == []
