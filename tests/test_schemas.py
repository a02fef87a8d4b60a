"""Schemas made from the OpenAPI document: references, representations, the explaining validator."""

from __future__ import annotations

from typing import Any

import pytest

from leadproof.contract.explaining import FORMATS, Explainer
from leadproof.contract.schemas import ANY_OFFSET, is_moment, resolve, view


def test_a_reference_is_replaced_and_what_stands_beside_it_wins() -> None:
    document = {"parts": {"A": {"type": "string", "minLength": 1}, "B": {"$ref": "#/parts/A", "minLength": 2}}}

    assert resolve({"x": [{"$ref": "#/parts/B"}]}, document) == {"x": [{"type": "string", "minLength": 2}]}


def test_the_parts_of_a_schema_are_one_schema() -> None:
    base = {"description": "a base", "type": "object", "required": ["a"], "properties": {"a": {"type": "string"}}}
    document = {"parts": {"Base": base}}
    schema = {"allOf": [{"$ref": "#/parts/Base"}], "description": "both", "properties": {"b": {"type": "null"}}}

    assert resolve(schema, document) == {
        "description": "both", "type": "object", "required": ["a"],
        "properties": {"a": {"type": "string"}, "b": {"type": "null"}},
    }  # fmt: skip


def test_a_media_type_has_its_own_members() -> None:
    schema: dict[str, Any] = {
        "type": "array",
        "items": {
            "type": "object",
            "required": ["both", "place"],
            "properties": {"both": {"type": "string"}, "place": {"type": "string"}},
            "x-leadproof-in-xml": {"required": ["both"], "properties": {"both": {"type": "string"}, "there": {}}},
        },
    }

    in_json, in_xml = view(schema, "json")["items"], view(schema, "xml")["items"]
    assert (list(in_json["properties"]), in_json["required"]) == (["both", "place"], ["both", "place"])
    assert (list(in_xml["properties"]), in_xml["required"]) == (["both", "there"], ["both"])


def test_what_is_for_readers_decides_nothing_and_what_is_published_may_be_wider() -> None:
    schema = {
        "type": "object", "description": "for people", "required": ["id"], "x-leadproof-required": ["when"],
        "examples": [{}],
        "properties": {
            "id": {"type": "string", "format": "uuid", "x-leadproof-pattern": "^[0-9]$"},
            "when": {"type": "string", "format": "date-time"},
            "description": {"type": "integer", "format": "int64", "x-leadproof-volatile": True},
        },
    }  # fmt: skip

    assert view(schema, "json") == {
        "type": "object", "additionalProperties": False, "required": ["id", "when"],
        "properties": {
            "id": {"type": "string", "pattern": "^[0-9]$"},
            "when": {"type": "string", "format": "date-time"},
            "description": {"type": "integer", "x-leadproof-volatile": True},
        },
    }  # fmt: skip


@pytest.mark.parametrize(
    ("value", "right"),
    [
        ("2024-02-29T00:00:00Z", True),
        ("2023-02-29T00:00:00Z", False),
        ("2024-02-30T00:00:00", False),
        ("2024-13-01T00:00:00Z", False),
        ("2024-00-01T00:00:00Z", False),
        ("0000-01-01T00:00:00Z", False),
        ("٢024-02-29T00:00:00Z", False),
        ("yesterday", False),
        (7, True),
        (None, True),
    ],
)
def test_a_moment_has_a_day_of_the_calendar(value: Any, right: bool) -> None:
    assert is_moment(value) is right
    for name in ("date-time", ANY_OFFSET):
        assert Explainer({"format": name}, format_checker=FORMATS).is_valid(value) is right


def test_the_end_of_a_pattern_is_the_end_of_the_text() -> None:
    explainer = Explainer({"pattern": "^[a-z]+$"})

    assert explainer.is_valid("ab")
    assert explainer.is_valid(7)
    assert not explainer.is_valid("ab\n")
    assert not Explainer({"pattern": "b"}).is_valid("a")
