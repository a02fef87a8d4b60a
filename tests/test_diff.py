"""`leadproof diff`: a table of changes, each classified; what holds for any two documents; and the command.

The tables are in tests/data/diff: a base document, and rows that replace a part of its text and say what is to be said.
"""

from __future__ import annotations

import copy
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from leadproof.bodies import xml
from leadproof.cli import main
from leadproof.commands.diff import DOCUMENTS, KINDS, Change, Document, changes, compare
from leadproof.commands.diff.kinds import REASONS
from leadproof.contract import specs
from leadproof.core import resources
from leadproof.core.errors import InputError

DATA = Path(__file__).parent / "data" / "diff"


def load(text: str) -> Any:
    return yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))


#: Type of document -> its base, and how it is read.
BASES = {
    "openapi": "base.openapi.yaml", "xsd": "base.xsd", "clauses": "base.clauses.yaml",
    "readings": "base.readings.yaml", "profile": "base.profile.toml",
}  # fmt: skip

ROWS = [
    pytest.param(kind, row, id=f"{kind}: {row['change']}")
    for kind in BASES
    for row in load((DATA / f"{kind}.yaml").read_text("utf-8"))["rows"]
]


def document(kind: str, text: str) -> Document:
    if kind == "xsd":
        return Document(kind, "x", "", {"x.xsd": xml.parse(text.encode())})
    if kind == "profile":
        import tomllib

        return Document(kind, "x", "", tomllib.loads(text))
    return Document(kind, "x", "", load(text))


def replaced(text: str, pairs: dict[str, str]) -> str:
    for old, new in pairs.items():
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in the base"
        text = text.replace(old, new)
    return text


def pair(kind: str, row: dict[str, Any]) -> tuple[Document, Document]:
    """The base and what a row makes of it; `from` changes the old version first."""
    text = (DATA / BASES[kind]).read_text("utf-8")
    return document(kind, replaced(text, row.get("from", {}))), document(kind, replaced(text, row["replace"]))


def said(found: list[Change]) -> list[str]:
    """Impact, kind, direction, members and media of every change, as the tables have them."""
    return sorted(
        " ".join(
            (change.impact, change.kind, change.direction, "|".join(change.members), ",".join(change.media))
        ).rstrip()
        for change in found
    )


# ---- the tables ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "row"), ROWS)
def test_a_change_is_classified(kind: str, row: dict[str, Any]) -> None:
    assert said(changes(*pair(kind, row))) == sorted(row["say"])


@pytest.mark.parametrize(("kind", "row"), ROWS)
def test_the_other_way_round_it_is_the_inverse(kind: str, row: dict[str, Any]) -> None:
    old, new = pair(kind, row)

    there, back = (sorted((one.kind, one.old, one.new) for one in changes(*both)) for both in ((old, new), (new, old)))

    assert sorted((KINDS[name].inverse, after, before) for name, before, after in there) == back


@pytest.mark.parametrize("kind", BASES)
def test_a_document_against_itself_has_no_change(kind: str) -> None:
    base = document(kind, (DATA / BASES[kind]).read_text("utf-8"))
    packaged = {"openapi": "openapi.yaml", "clauses": "clauses.yaml", "readings": "readings.yaml"}

    assert changes(base, document(kind, (DATA / BASES[kind]).read_text("utf-8"))) == []
    if kind in packaged:
        text = resources.path("specs", packaged[kind]).read_text("utf-8")
        assert changes(document(kind, text), document(kind, text)) == []


# ---- what holds for any two documents --------------------------------------------------------------------------------


def inlined(node: Any, whole: Any, choose: Callable[[], bool]) -> Any:
    """A document with references replaced by what they mean, where `choose` says so."""
    if isinstance(node, list):
        return [inlined(item, whole, choose) for item in node]
    if not isinstance(node, dict):
        return node
    if isinstance(node.get("$ref"), str) and choose():
        found = whole
        for part in node["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        beside = {key: value for key, value in node.items() if key != "$ref"}
        return inlined({**copy.deepcopy(found), **beside}, whole, choose)
    return {key: inlined(value, whole, choose) for key, value in node.items()}


@pytest.mark.parametrize(
    "path", [DATA / "base.openapi.yaml", resources.path("specs", "openapi.yaml")], ids=["base", "ours"]
)
def test_a_reference_and_what_it_means_are_the_same(path: Path) -> None:
    written = load(path.read_text("utf-8"))
    flat = {**written, "paths": inlined(written["paths"], written, lambda: True)}

    assert changes(Document("openapi", "a", "", written), Document("openapi", "b", "", flat)) == []
    assert changes(Document("openapi", "b", "", flat), Document("openapi", "a", "", written)) == []


@settings(max_examples=20, deadline=None)
@given(st.data())
def test_any_references_may_be_replaced(data: st.DataObject) -> None:
    written = load((DATA / "base.openapi.yaml").read_text("utf-8"))
    flat = inlined(written, written, lambda: data.draw(st.booleans()))

    assert changes(Document("openapi", "a", "", written), Document("openapi", "b", "", flat)) == []


def keyword(switch: str) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries({}, optional={switch: st.booleans(), "name": st.sampled_from(["a", "B"])})


def schemas() -> st.SearchStrategy[Any]:
    """Schemas of all the keywords that are compared, nested a few levels."""
    numbers = st.integers(0, 5)
    scalars = st.one_of(
        st.fixed_dictionaries({"type": st.just("string")}, optional={
            "enum": st.lists(st.sampled_from(["a", "b", "c"]), min_size=1, unique=True), "maxLength": numbers,
            "minLength": numbers, "pattern": st.sampled_from(["^a", "^b"]), "default": st.sampled_from(["a", "b"]),
            "format": st.sampled_from(["date", "uri", "uri-reference"])}),
        st.fixed_dictionaries({"type": st.sampled_from(["integer", "number", ["number", "null"]])}, optional={
            "minimum": numbers, "maximum": numbers, "multipleOf": st.sampled_from([1, 2, 3, 4]),
            "xml": keyword("attribute")}),
        st.fixed_dictionaries({"type": st.just("boolean")}, optional={"const": st.booleans(),
                                                                      "deprecated": st.booleans()}),
    )  # fmt: skip

    def deeper(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        names = st.sampled_from(["a", "b", "c"])
        return st.one_of(
            st.fixed_dictionaries({"type": st.just("object"), "properties": st.dictionaries(names, inner, max_size=3)},
                                  optional={"required": st.lists(names, unique=True),
                                            "additionalProperties": st.one_of(st.booleans(), inner)}),
            st.fixed_dictionaries({"type": st.just("array"), "items": inner}, optional={
                "xml": keyword("wrapped"), "minItems": numbers}),
            st.fixed_dictionaries({"anyOf": st.lists(inner, min_size=1, max_size=3)}),
            st.fixed_dictionaries({"oneOf": st.lists(inner, min_size=1, max_size=3)}),
            st.fixed_dictionaries({"allOf": st.lists(inner, min_size=1, max_size=2)}),
        )  # fmt: skip

    return st.recursive(scalars, deeper, max_leaves=6)


def holding(schema: Any) -> Document:
    content = {"application/json": {"schema": schema}, "application/xml": {"schema": schema}}
    call = {"requestBody": {"content": content}, "responses": {"200": {"description": "", "content": content}}}
    return Document("openapi", "x", "", {"openapi": "3.1.0", "paths": {"/p": {"post": call}}})


@settings(max_examples=50, deadline=None)
@given(schemas())
def test_a_schema_against_itself_has_no_change(schema: Any) -> None:
    assert changes(holding(schema), holding(copy.deepcopy(schema))) == []


@settings(max_examples=100, deadline=None)
@given(schemas(), schemas())
def test_what_one_direction_breaks_is_compatible_in_the_other_way_round(first: Any, second: Any) -> None:
    there = changes(holding(first), holding(second))
    back = changes(holding(second), holding(first))

    def counted(found: list[Change], turned: bool) -> list[tuple[str, str, str]]:
        return sorted({(KINDS[one.kind].inverse if turned else one.kind, one.direction, member)
                       for one in found for member in one.members})  # fmt: skip

    assert counted(there, True) == counted(back, False)
    assert {(one.kind, one.members) for one in there if one.direction == "request"} == {
        (one.kind, one.members) for one in there if one.direction == "response"
    }


#: What may stand where something else is expected.
JUNK = st.sampled_from([None, True, 0, -1, 1.5, "", "x", "#/components/schemas/PingRequest", [], [None], {},
                        {"$ref": "#"},
                        {"type": 5}, {"type": ["string", 7]}, [{}], {"": {}}])  # fmt: skip


def nodes(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from nodes(inner, (*path, key))


@pytest.mark.parametrize("kind", ["openapi", "clauses", "readings", "profile"])
@settings(max_examples=50, deadline=None)
@given(data=st.data())
def test_no_document_is_too_odd_to_be_compared(kind: str, data: st.DataObject) -> None:
    base = document(kind, (DATA / BASES[kind]).read_text("utf-8"))
    odd = copy.deepcopy(base.content)
    path = data.draw(st.sampled_from([path for path in nodes(odd) if path]))
    parent = odd
    for key in path[:-1]:
        parent = parent[key]
    parent[path[-1]] = data.draw(JUNK)

    there = changes(base, Document(kind, "odd", "", odd))

    assert len(changes(Document(kind, "odd", "", odd), base)) == len(there)


# ---- the tables themselves -------------------------------------------------------------------------------------------


def test_there_is_a_row_for_every_kind_of_document_and_sixty_in_all() -> None:
    counted = {kind: len(load((DATA / f"{kind}.yaml").read_text("utf-8"))["rows"]) for kind in BASES}

    assert counted.keys() == DOCUMENTS.keys()
    assert min(counted.values()) >= 5
    assert len(ROWS) >= 60


#: Level of oasdiff -> our impacts that say the same.
LEVELS = {"ERR": {"breaking"}, "WARN": {"breaking", "unclear"}, "INFO": {"compatible", "note"}}


@pytest.mark.parametrize(
    "row", [param.values[1] for param in ROWS if param.values[0] == "openapi"], ids=lambda row: row["change"]
)
def test_a_verdict_that_differs_from_oasdiff_says_why(row: dict[str, Any]) -> None:
    impacts = {line.split()[0] for line in row["say"]}
    worst = next((impact for impact in ("breaking", "unclear", "compatible", "note") if impact in impacts), "note")
    _, _, level = row["oasdiff"].partition(" ")

    assert bool(level and worst not in LEVELS[level]) == ("because" in row)


def test_every_kind_of_change_has_a_reason_in_each_direction_and_an_advice_where_it_breaks() -> None:
    directions: tuple[Any, ...] = ("request", "response", "both")
    for kind in KINDS.values():
        assert KINDS[kind.inverse].inverse == kind.id
        assert {direction for direction in directions if (kind.effect, direction) in REASONS} == set(directions)
        if kind.effect in ("removes", "differs", "unclear"):
            assert kind.advice


# ---- reading ---------------------------------------------------------------------------------------------------------


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        path = folder / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return folder


@pytest.fixture
def exported(tmp_path: Path) -> Path:
    folder = tmp_path / "contract"
    shutil.copytree(resources.path("specs"), folder)
    return folder


def test_a_folder_is_compared_file_by_file_and_xsds_together(exported: Path) -> None:
    comparison = compare("packaged", str(exported))

    assert comparison.changes == ()
    assert [row[0] for row in comparison.compared] == ["openapi", "xsd", "clauses", "readings", "profile"]
    assert {Path(name).name for name in comparison.skipped} == {"report.schema.json", "profile.schema.json"}


@pytest.mark.parametrize("name", ["openapi.yaml", "clauses.yaml", "readings.yaml", "profiles/default.toml",
                                  "xsd/roots.xsd",
                                  "xsd/requests/PingRequest.xsd", "xsd/simple-strict.xsd"])  # fmt: skip
def test_a_file_is_compared_with_its_like_in_a_folder(name: str, exported: Path) -> None:
    assert compare("packaged", str(exported / name)).changes == ()
    assert compare(str(exported / name), str(exported)).changes == ()


def test_a_document_that_is_in_one_folder_only_is_named(exported: Path) -> None:
    (exported / "clauses.yaml").unlink()

    comparison = compare("packaged", str(exported))

    assert comparison.changes == ()
    assert comparison.skipped["packaged/clauses.yaml"] == f"there is no such document in {exported}"


def test_a_change_of_a_shared_type_is_told_once_with_all_its_elements_and_clauses(exported: Path) -> None:
    file = exported / "xsd" / "simple-strict.xsd"
    file.write_text(file.read_text("utf-8").replace('<xs:enumeration value="Yearly"/>', ""), "utf-8")

    [change] = compare("packaged", str(exported)).changes

    assert (change.impact, change.kind, change.old, change.direction) == (
        "compatible",
        "values-removed",
        "Yearly",
        "response",
    )
    assert "/PingReceiverResult/Results/d2p1:PingResponse/Offers/Offer/Type" in change.members
    members = {(specs.clauses()[name].subject, specs.clauses()[name].member) for name in change.clauses}
    assert members == {("response", "/results/*/offers/*/type")}


def test_types_that_no_element_of_the_file_uses_are_compared_by_their_names(exported: Path) -> None:
    file = exported / "xsd" / "simple-strict.xsd"
    file.write_text(file.read_text("utf-8").replace('<xs:enumeration value="Yearly"/>', ""), "utf-8")

    [change] = compare("packaged", str(file)).changes

    assert (change.kind, change.members) == ("values-removed", ("/OfferType",))


def test_an_operation_that_shares_its_path_is_compared_by_its_id() -> None:
    old = load((DATA / "base.openapi.yaml").read_text("utf-8"))
    item = old["paths"]["/v2/insert/ping"]
    item["x-leadproof-operations"] = [{"id": "ping", "request": "PingRequest", "response": "Other"}]
    old["components"]["schemas"]["Other"] = {"type": "object", "properties": {"a": {"type": "string"}}}
    new = copy.deepcopy(old)
    new["components"]["schemas"]["Other"]["properties"]["a"]["type"] = "boolean"
    new["paths"]["/v2/insert/ping"]["x-leadproof-operations"].append({"id": "ask", "request": "PingRequest"})

    found = changes(Document("openapi", "a", "", old), Document("openapi", "b", "", new))

    assert [(one.kind, one.where, one.media) for one in found] == [
        ("type-changed", ("ping",), ("json",)),
        ("type-narrowed", ("ping",), ("xml",)),
        ("operation-added", ("ask",), ()),
    ]


def test_a_schema_that_holds_itself_ends() -> None:
    def tree(kind: str) -> Document:
        node = {
            "type": "object",
            "properties": {"name": {"type": kind}, "below": {"type": "array", "items": {"$ref": "#/n"}}},
        }
        made = holding({"$ref": "#/n"})
        return Document("openapi", "x", "", {**made.content, "n": node})

    found = changes(tree("string"), tree("boolean"))

    assert {(one.kind, one.members, one.media) for one in found} == {
        ("type-changed", ("/name",), ("json",)),
        ("type-narrowed", ("/name",), ("xml",)),
    }


def test_a_file_that_multiplies_itself_is_refused(tmp_path: Path) -> None:
    lines = ["openapi: 3.1.0", "a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join(f'*a{n - 1}' for _ in range(10))}]" for n in range(1, 9)]
    write(tmp_path, **{"bomb.yaml": "\n".join(lines)})

    with pytest.raises(InputError, match="has more than 5000000 values"):
        compare(str(tmp_path / "bomb.yaml"), str(tmp_path / "bomb.yaml"))


def test_a_file_that_is_too_large_or_nested_too_deeply_is_refused(tmp_path: Path) -> None:
    write(
        tmp_path,
        **{"deep.json": '{"openapi": "3.1.0", "a": ' + "[" * 300 + "]" * 300 + "}", "large.yaml": "#" * 10_000_001},
    )

    for name, words in (("deep.json", "nested"), ("large.yaml", "larger than")):
        with pytest.raises(InputError, match=words):
            compare(str(tmp_path / name), str(tmp_path / name))


# ---- the command -----------------------------------------------------------------------------------------------------


def test_the_secrets_of_a_profile_are_never_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    base = (DATA / "base.profile.toml").read_text("utf-8")
    write(tmp_path, **{"a.toml": base, "b.toml": base.replace("a-key-that-opens-nothing", "s3cret-canary")})

    for name in ("text", "markdown", "json"):
        assert main(["diff", str(tmp_path / "a.toml"), str(tmp_path / "b.toml"), "--format", name]) == 1
        printed = capsys.readouterr().out
        assert "s3cret" not in printed
        assert "a-key-that" not in printed
        assert "credentials.api" in printed


@pytest.mark.parametrize(("fail_on", "code"), [("breaking", 0), ("unclear", 1), ("any", 1), ("none", 0)])
def test_what_fails_can_be_chosen(fail_on: str, code: int, tmp_path: Path) -> None:
    base = (DATA / "base.profile.toml").read_text("utf-8")
    write(tmp_path, **{"a.toml": base, "b.toml": base.replace("price = 12.5", "price = 12")})

    assert main(["diff", str(tmp_path / "a.toml"), str(tmp_path / "b.toml"), "--fail-on", fail_on]) == code


def test_the_json_says_all_that_the_text_says(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["diff", str(DATA / "base.openapi.yaml"), str(DATA / "new.openapi.yaml")]

    assert main([*arguments, "--json"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert main([*arguments, "--all"]) == 1
    printed = capsys.readouterr().out

    assert report["schema"] == "leadproof.diff/1"
    assert report["counts"] == {"breaking": 4, "unclear": 0, "compatible": 1, "note": 2}
    for change in report["changes"]:
        assert change["message"] in printed
        assert change["why"] in printed
        assert all(member in printed for member in change["members"])


def test_hostile_names_are_made_safe(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    base = (DATA / "base.openapi.yaml").read_text("utf-8")
    hostile = "<script>|`\\u001b[31m\\u202e\\n# x"
    new = base.replace(
        "            vid: {type: integer,",
        f'            "{hostile}": {{type: string}}\n            vid: {{type: integer,',
    )
    write(tmp_path, **{"a.yaml": base, "b.yaml": new})

    for name in ("text", "markdown"):
        assert main(["diff", str(tmp_path / "a.yaml"), str(tmp_path / "b.yaml"), "--format", name]) == 0
        printed = capsys.readouterr().out
        assert "\x1b" not in printed
        assert "\u202e" not in printed
        assert "\n# x" not in printed
