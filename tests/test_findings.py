"""Findings as plain data: the kinds, and what makes two findings the same one."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from leadproof.core.findings import KINDS, Finding, shape, shape_of_type

FINDING = Finding(
    "LE2-PING-RES-06", "schema.type", "…", "/results/0/price", actual='string "12"', operation="ping", media="xml"
)


def test_kinds_are_dotted_and_told_in_a_sentence() -> None:
    for kind, meaning in KINDS.items():
        assert re.fullmatch(r"[a-z]+\.[a-z-]+", kind)
        assert meaning.endswith(".")


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (replace(FINDING, pointer="/results/17/price"), True),
        (replace(FINDING, actual='string "13"', message="another", origin="elsewhere", xpath="/x"), True),
        (replace(FINDING, actual="null"), False),
        (replace(FINDING, pointer="/results/0/leadId"), False),
        (replace(FINDING, clause="LE2-PING-RES-07"), False),
        (replace(FINDING, kind="schema.null"), False),
        (replace(FINDING, media="json"), False),
        (replace(FINDING, operation="create_lead"), False),
    ],
)
def test_two_findings_are_the_same_one_where_only_place_and_value_differ(other: Finding, same: bool) -> None:
    assert (FINDING.same_as() == other.same_as()) is same


@pytest.mark.parametrize(
    ("pointer", "member"),
    [("", ""), ("/results/0/price", "/results/*/price"), ("/a/1/b/22/c3", "/a/*/b/*/c3"), ("/a~1b/0", "/a~1b/*")],
)
def test_the_shape_of_a_pointer_has_no_indices(pointer: str, member: str) -> None:
    assert shape(pointer) == member


def test_the_type_of_an_actual_value_stands_before_it() -> None:
    assert shape_of_type('string "a b"') == "string"
    assert shape_of_type("null") == "null"
    assert shape_of_type("") == ""
