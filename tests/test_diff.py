"""`leadproof diff`: a table of changes, each classified; what holds for any two documents; and the command.

The tables are in tests/data/diff: a base document, and rows that replace a part of its text and say what has to be said.
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
from leadproof.commands.diff.kinds import EFFECTS, REASONS
from leadproof.core import resources
from leadproof.core.errors import InputError

DATA = Path(__file__).parent / "data" / "diff"

#: Type of document -> its base, and how it is read.
BASES = {
    "openapi": "base.openapi.yaml", "xsd": "base.xsd", "clauses": "base.clauses.yaml",
    "readings": "base.readings.yaml", "profile": "base.profile.toml",
}  # fmt: skip

ROWS = [
    pytest.param(kind, row, id=f"{kind}: {row['change']}")
    for kind in BASES
    for row in yaml.safe_load((DATA / f"{kind}.yaml").read_text("utf-8"))["rows"]
]


def document(kind: str, text: str) -> Document:
    if kind == "xsd":
        return Document(kind, "x", "", {"x.xsd": xml.parse(text.encode())})
    if kind == "profile":
        import tomllib

        return Document(kind, "x", "", tomllib.loads(text))
    return Document(kind, "x", "", yaml.safe_load(text))


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
    written = yaml.safe_load(path.read_text("utf-8"))
    flat = {**written, "paths": inlined(written["paths"], written, lambda: True)}

    assert changes(Document("openapi", "a", "", written), Document("openapi", "b", "", flat)) == []
    assert changes(Document("openapi", "b", "", flat), Document("openapi", "a", "", written)) == []


@settings(max_examples=20, deadline=None)
@given(st.data())
def test_any_references_may_be_replaced(data: st.DataObject) -> None:
    written = yaml.safe_load((DATA / "base.openapi.yaml").read_text("utf-8"))
    flat = inlined(written, written, lambda: data.draw(st.booleans()))

    assert changes(Document("openapi", "a", "", written), Document("openapi", "b", "", flat)) == []


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
            "xml": st.fixed_dictionaries({}, optional={"attribute": st.booleans(), "name": st.sampled_from(["a", "B"])})}),
        st.fixed_dictionaries({"type": st.just("boolean")}, optional={"const": st.booleans(), "deprecated": st.booleans()}),
    )  # fmt: skip

    def deeper(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        names = st.sampled_from(["a", "b", "c"])
        return st.one_of(
            st.fixed_dictionaries({"type": st.just("object"), "properties": st.dictionaries(names, inner, max_size=3)},
                                  optional={"required": st.lists(names, unique=True),
                                            "additionalProperties": st.one_of(st.booleans(), inner)}),
            st.fixed_dictionaries({"type": st.just("array"), "items": inner}, optional={
                "xml": st.fixed_dictionaries({}, optional={"wrapped": st.booleans(), "name": st.sampled_from(["L", "M"])}),
                "minItems": numbers}),
            st.fixed_dictionaries({"anyOf": st.lists(inner, min_size=1, max_size=3)}),
            st.fixed_dictionaries({"oneOf": st.lists(inner, min_size=1, max_size=3)}),
            st.fixed_dictionaries({"allOf": st.lists(inner, min_size=1, max_size=2)}),
        )  # fmt: skip

    return st.recursive(scalars, deeper, max_leaves=6)


def holding(schema: Any) -> Document:
    content = {"application/json": {"schema": schema}, "application/xml": {"schema": schema}}
    call = {"requestBody": {"content": content}, "responses": {"200": {"description": "", "content": content}}}
    return Document("openapi", "x", "", {"openapi": "3.1.0", "paths": {"/p": {"post": call}}})


@settings(max_examples=200, deadline=None)
@given(schemas())
def test_a_schema_against_itself_has_no_change(schema: Any) -> None:
    assert changes(holding(schema), holding(copy.deepcopy(schema))) == []


@settings(max_examples=300, deadline=None)
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
JUNK = st.sampled_from([None, True, 0, -1, 1.5, "", "x", "#/components/schemas/PingRequest", [], [None], {}, {"$ref": "#"},
                        {"type": 5}, {"type": ["string", 7]}, [{}], {"": {}}])  # fmt: skip


def nodes(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from nodes(inner, (*path, key))


@pytest.mark.parametrize("kind", ["openapi", "clauses", "readings", "profile"])
@settings(max_examples=150, deadline=None)
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
