"""The register (specs/clauses.yaml) and the readings (specs/readings.yaml) against themselves and the documentation.

Reads the files directly, so that a slip in them is named here and not somewhere inside `specs`. The documentation's
side is tests/data/documentation: the rows of its tables, and its response samples as printed.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from lxml import etree

from leadproof.core import resources
from leadproof.core.operations import CELLS, OPERATIONS

DOCUMENTATION = Path(__file__).parent / "data" / "documentation"

PARTS = ("REQ", "RES", "XML", "RULE", "SEQ", "AUTH", "HTTP", "TWIN", "CALLBACK")
SUBJECTS = {"request", "response", "sequence", "callback", "transport"}
LEVELS = {"must", "should", "may"}
BASES = {"documented", "resolved", "assumed"}
#: A clause has these keys and no others; a mistyped one would silently do nothing.
REQUIRED_KEYS = {"id", "operations", "subject", "text", "place", "level", "basis"}
OPTIONAL_KEYS = {"member", "media", "reading", "check", "untestable", "look_at", "formerly"}

#: These two find their clause by member; so does `client_value`, for a member that has a clause about its values too.
#: Every other check has at most one clause per operation and representation.
BY_MEMBER = {"member", "client_member"}
OF_VALUES = "client_value"
#: Checks of headers, which have a row or a sample line of their own.
OF_HEADERS = {"client_credentials", "client_content_type", "client_accept"}

HEADINGS = {row.heading for row in OPERATIONS.values()} | {"Getting Started", "Authentication", "All operations"}

#: The readings that `--reading ID=CHOICE` offers, and their choices.
SELECTABLE = {
    "namespaces": ["as-printed", "serializer"],
    "element-order": ["as-printed", "any"],
    "unknown-members": ["observe", "refuse"],
    "transfer-client": ["array", "object"],
    "response-type": ["names", "numbers", "either"],
    "timestamps": ["offset-required", "offset-optional"],
    "call-date": ["timestamp", "either"],
    "placeholders": ["strict", "as-documented"],
}

#: Words that the text of a member clause uses for a type of the tables.
WORDS = {
    "string": ("string",),
    "number": ("number",),
    "bool": ("true or false",),
    "date": ("date",),
    "array": ("array",),
    "lead_fields": ("object",),
    "response_type": ("one of the ten documented names",),
    "Array<Offer>": ("array of offers",),
    "TCPA Details": ("object",),
    "array of sends": ("array",),
    "array of result": ("array",),
    "transfer result": ("array",),  # the reading transfer-client
    "Quality Control Info": ("object",),
    "Return Info": ("object",),
}

Data = dict[str, Any]


def _load(path: Path) -> Data:
    loaded: Data = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert loaded["version"] == 1
    return loaded


CLAUSES: list[Data] = _load(resources.path("specs", "clauses.yaml"))["clauses"]
READINGS: list[Data] = _load(resources.path("specs", "readings.yaml"))["readings"]
ROWS: dict[str, Data] = _load(DOCUMENTATION / "rows.yaml")["operations"]

operations = pytest.mark.parametrize("operation", OPERATIONS)


def operations_of(clause: Data) -> list[str]:
    """The ids of the operations that a clause holds for."""
    named = clause["operations"]
    return list(OPERATIONS) if named == "all" else list(named)


def media_of(clause: Data, operation: str) -> list[str]:
    """The representations of an operation that a clause holds for."""
    return [media for media in OPERATIONS[operation].media if media in clause.get("media", ("json", "xml"))]


def readings_of(clause: Data) -> list[str]:
    """The ids of the readings that a clause depends on."""
    named = clause.get("reading", [])
    return [named] if isinstance(named, str) else list(named)


def member_clauses(operation: str, subject: str, media: str = "json") -> list[Data]:
    """The clauses of one operation that say that a member is there and of which type, in one representation."""
    return [
        clause
        for clause in CLAUSES
        if operation in operations_of(clause)
        and clause["subject"] == subject
        and "member" in clause
        and clause.get("check") != OF_VALUES
        and media in media_of(clause, operation)
    ]


def test_the_register_has_a_plausible_size() -> None:
    assert 150 <= len(CLAUSES) <= 340


def test_ids_are_unique() -> None:
    assert [name for name, count in Counter(clause["id"] for clause in CLAUSES).items() if count > 1] == []
    assert [name for name, count in Counter(reading["id"] for reading in READINGS).items() if count > 1] == []


def test_a_clause_is_well_formed() -> None:
    for clause in CLAUSES:
        name = clause["id"]
        assert set(clause) >= REQUIRED_KEYS, name
        assert set(clause) <= REQUIRED_KEYS | OPTIONAL_KEYS, name
        assert clause["subject"] in SUBJECTS, name
        assert clause["level"] in LEVELS, name
        assert clause["basis"] in BASES, name
        assert ("check" in clause) != ("untestable" in clause), f"{name}: exactly one of check and untestable"
        assert all(clause.get(key, "x").strip() for key in ("text", "place", "check", "untestable")), name
        assert clause["text"].endswith("."), name


def test_an_id_says_operation_part_and_number() -> None:
    for clause in CLAUSES:
        match = re.fullmatch(r"LE2-([A-Z]+)-([A-Z]+)-(\d\d)", clause["id"])
        assert match, clause["id"]
        code, part, _ = match.groups()
        assert part in PARTS, clause["id"]
        named = operations_of(clause)
        assert set(named) <= set(OPERATIONS), clause["id"]
        assert len(named) == len(set(named)), clause["id"]
        if code == "ALL":
            assert len(named) > 1, f"{clause['id']}: a clause about one operation bears its code"
        else:
            assert [OPERATIONS[operation].code for operation in named] == [code], clause["id"]


def test_numbers_ascend_and_operations_keep_their_order() -> None:
    seen: dict[str, list[int]] = {}
    codes: list[str] = []
    for clause in CLAUSES:
        prefix, _, number = clause["id"].rpartition("-")
        seen.setdefault(prefix, []).append(int(number))
        code = prefix.split("-")[1]
        if code not in codes:
            codes.append(code)
        assert codes[-1] == code, f"{clause['id']} stands outside the section of its operation"
    assert codes == ["ALL", *(row.code for row in OPERATIONS.values())]
    for prefix, numbers in seen.items():
        assert numbers == sorted(set(numbers)), prefix


def test_a_clause_holds_for_representations_that_are_documented() -> None:
    for clause in CLAUSES:
        assert set(clause.get("media", ())) <= {"json", "xml"}, clause["id"]
        for operation in operations_of(clause):
            assert media_of(clause, operation), f"{clause['id']}: {operation} is not documented in {clause['media']}"


def test_the_place_of_a_clause_is_a_heading() -> None:
    for clause in CLAUSES:
        assert clause["place"].split(" / ")[0] in HEADINGS, clause["id"]


def test_the_member_of_a_clause_is_well_formed() -> None:
    for clause in CLAUSES:
        member = clause.get("member")
        if clause.get("check") in BY_MEMBER | OF_HEADERS | {OF_VALUES}:
            assert member, f"{clause['id']}: this check finds its clause by member"
        if member is not None:
            assert re.fullmatch(r"header:[a-z_-]+|path:[A-Za-z]+|(/(\*|[A-Za-z]+))+", member), clause["id"]


def test_member_clauses_are_musts_that_the_documentation_decides() -> None:
    for clause in CLAUSES:
        if clause.get("check") in BY_MEMBER:
            assert clause["level"] == "must", clause["id"]
            assert clause["basis"] != "assumed", clause["id"]
            assert clause["subject"] == ("response" if clause["check"] == "member" else "request"), clause["id"]


def test_a_clause_names_its_reading() -> None:
    known = {reading["id"] for reading in READINGS}
    for clause in CLAUSES:
        named = readings_of(clause)
        assert set(named) <= known, clause["id"]
        assert len(named) == len(set(named)), clause["id"]


def test_what_nobody_promised_is_no_must() -> None:
    for clause in CLAUSES:
        if clause["basis"] == "assumed":
            assert clause["level"] in {"should", "may"}, clause["id"]


def test_a_check_has_one_clause_per_operation_and_representation() -> None:
    counted = Counter(
        (clause["check"], operation, media)
        for clause in CLAUSES
        if "check" in clause and clause["check"] not in BY_MEMBER | {OF_VALUES}
        for operation in operations_of(clause)
        for media in media_of(clause, operation)
    )
    assert [key for key, count in counted.items() if count > 1] == []


#: Checks that every cell needs a clause for, then those of one representation.
OF_EVERY_CELL = {"member", "client_member", "client_accept", "presence", "http_status", "media_type", "body_limits"}
OF_A_REPRESENTATION = {
    "json": {"json_wellformed", "json_unique_members", "unknown_members"},
    "xml": {
        "xml_wellformed", "xml_root", "xml_structure", "xml_repeated", "xml_attributes", "xml_text", "xml_nil",
        "xml_namespaces", "xml_order", "client_xml_structure",
    },
}  # fmt: skip

#: Checks of an operation that takes leads and has a result for each; of one whose results have a responseType.
OF_RESULTS = {"one_result_per_lead", "refusal_message", "request_ids_unique"}
OF_OUTCOMES = {"valid_iff_no_error", "accepted_lead_id", "readable_refusal", "refusal_expected"}


def needed_checks(operation: str, media: str) -> set[str]:
    """The checks that follow from what the documentation shows of an operation; no row of a table asks for them."""
    row, response = OPERATIONS[operation], set(_documented(operation, "response", media))
    needed = OF_EVERY_CELL | OF_A_REPRESENTATION[media]
    if row.body:
        needed |= {"client_content_type"} | (OF_RESULTS if "/results" in response else set())
    if "/results/*/responseType" in response:
        needed |= OF_OUTCOMES
    return needed | ({"twins_equivalent"} if len(row.media) == 2 else set())


@pytest.mark.parametrize(("operation", "media"), CELLS)
def test_a_cell_has_a_clause_for_every_check_that_follows_from_what_it_is(operation: str, media: str) -> None:
    checks = {
        clause.get("check")
        for clause in CLAUSES
        if operation in operations_of(clause) and media in media_of(clause, operation)
    }

    assert needed_checks(operation, media) - checks == set()


def test_a_member_has_one_clause_about_its_values() -> None:
    counted = Counter(
        (clause["member"], operation, media)
        for clause in CLAUSES
        if clause.get("check") == OF_VALUES
        for operation in operations_of(clause)
        for media in media_of(clause, operation)
    )
    assert counted
    assert max(counted.values()) == 1


def test_a_part_of_a_clause_that_was_split_keeps_its_subject_and_operations() -> None:
    known = {clause["id"]: clause for clause in CLAUSES}
    for clause in CLAUSES:
        for name in clause.get("formerly", ()):
            code = name.split("-")[1]
            bound = {operation for operation in operations_of(clause) if code in ("ALL", OPERATIONS[operation].code)}
            assert bound, f"{clause['id']}: {name} was about none of its operations"
            assert name != clause["id"]
            assert known.get(name, clause)["subject"] == clause["subject"], clause["id"]


def test_a_reading_is_well_formed() -> None:
    for reading in READINGS:
        name = reading["id"]
        assert list(reading) == ["id", "title", "places", "choices", "taken", "why", "lenient", "selectable"], name
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", name)
        assert reading["title"].strip(), name
        assert reading["why"].strip(), name
        assert reading["places"], name
        for place in reading["places"]:
            assert set(place) == {"at", "says"}, name
            assert place["says"].strip(), name
        assert len(reading["choices"]) >= 2, f"{name}: a reading without an alternative decides nothing"
        # YAML reads an unquoted null or 200 as something else than a word.
        assert all(isinstance(choice, str) and meaning.strip() for choice, meaning in reading["choices"].items()), name
        assert reading["taken"] in reading["choices"], name


def test_the_lenient_checks_of_a_reading_exist() -> None:
    for reading in READINGS:
        known = {clause.get("check") for clause in CLAUSES} | {"situation"}  # of the client's register
        assert set(reading["lenient"]) <= known, reading["id"]


def test_the_selectable_readings_and_their_choices() -> None:
    assert {row["id"]: list(row["choices"]) for row in READINGS if row["selectable"]} == SELECTABLE


def test_every_selectable_reading_is_named_by_a_clause() -> None:
    assert set(SELECTABLE) <= {name for clause in CLAUSES for name in readings_of(clause)}


# ---- against the tables ----------------------------------------------------------------------------------------------


#: Rows of the response tables that the XML sample of the same operation contradicts (reading transfer-one-sided).
NOT_IN_XML = {"/results/*/client/*/agentName", "/results/*/client/*/agentPhone"}


def _documented(operation: str, part: str, media: str) -> list[str]:
    rows = [row["member"] for row in ROWS[operation][part] if media == "json" or row["member"] not in NOT_IN_XML]
    samples = [row for row in ROWS[operation]["samples"] if row["part"] == part and row.get("media", media) == media]
    return rows + [sample["member"] for sample in samples]


def test_rows_are_listed_for_every_operation() -> None:
    assert list(ROWS) == list(OPERATIONS)


@operations
@pytest.mark.parametrize("part", ["request", "response"])
def test_every_row_has_exactly_one_clause(operation: str, part: str) -> None:
    for media in OPERATIONS[operation].media:
        documented = _documented(operation, part, media)
        clauses = member_clauses(operation, part, media)
        assert Counter(documented) == Counter(clause["member"] for clause in clauses), media
        assert max(Counter(documented).values()) == 1, media


@operations
def test_request_clauses_repeat_what_the_table_requires(operation: str) -> None:
    for media in OPERATIONS[operation].media:
        by_member = {clause["member"]: clause for clause in member_clauses(operation, "request", media)}
        for row in ROWS[operation]["request"]:
            clause = by_member[row["member"]]
            if clause["check"] == "client_member":
                assert ("is required" if row["required"] else "is optional") in clause["text"], clause["id"]


@operations
def test_member_clauses_name_the_type_of_the_table(operation: str) -> None:
    for part in ("request", "response"):
        by_member = {clause["member"]: clause for clause in member_clauses(operation, part)}
        for row in ROWS[operation][part]:
            clause = by_member[row["member"]]
            if clause["check"] in BY_MEMBER:
                assert any(word in clause["text"] for word in WORDS[row["type"]]), clause["id"]


@operations
def test_the_samples_of_one_representation_say_so(operation: str) -> None:
    by_member = {clause["member"]: clause for clause in member_clauses(operation, "response", "xml")}
    for sample in ROWS[operation]["samples"]:
        if "media" in sample:
            assert by_member[sample["member"]]["media"] == [sample["media"]]


# ---- against the response samples ------------------------------------------------------------------------------------


def _members(value: Any, path: str = "") -> Iterator[str]:
    """The members of a decoded JSON value, indices as `*`."""
    if isinstance(value, dict):
        for name, child in value.items():
            yield f"{path}/{name}"
            yield from _members(child, f"{path}/{name}")
    elif isinstance(value, list):
        for child in value:
            yield from _members(child, f"{path}/*")


def _response_members(operation: str, media: str) -> set[str]:
    return {clause["member"] for clause in member_clauses(operation, "response", media)}


def test_there_is_a_response_sample_for_every_cell() -> None:
    files = {path.name for path in (DOCUMENTATION / "responses").iterdir()}
    assert files == {f"{operation}.{media}" for operation, media in CELLS}


@operations
def test_the_members_of_the_json_sample_are_those_of_the_clauses(operation: str) -> None:
    sample = json.loads((DOCUMENTATION / "responses" / f"{operation}.json").read_bytes())
    assert set(_members(sample)) == _response_members(operation, "json")


@pytest.mark.parametrize("operation", [operation for operation, media in CELLS if media == "xml"])
def test_the_elements_of_the_xml_sample_are_as_many_as_the_clauses_members(operation: str) -> None:
    root = etree.fromstring((DOCUMENTATION / "responses" / f"{operation}.xml").read_bytes())
    assert etree.QName(root).localname == OPERATIONS[operation].root
    paths = {
        "/".join(etree.QName(part).localname for part in (*reversed(list(element.iterancestors())), element))
        for element in root.iter("{*}*")
        if element is not root
    }
    # The items of a list are elements in XML and have no name in JSON: the results, offers and sends.
    items = {path for path in paths if path.count("/") == 2 or path.endswith(("/Offer", "/Send"))}
    assert len(paths - items) == len(_response_members(operation, "xml"))
