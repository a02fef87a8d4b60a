"""The register of situations (specs/situations.yaml) against itself, the documentation and how each is played."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml
from test_register import HEADINGS

from leadproof.contract.situations import EXITS, GROUPS, TASKS, situations
from leadproof.core import resources
from leadproof.core.findings import KINDS
from leadproof.core.operations import OPERATIONS, RESPONSE_TYPES
from leadproof.suite.client import bindings, rules
from leadproof.suite.client.mutants import MUTANTS
from leadproof.suite.client.situations import every
from leadproof.suite.client.table import PARTS

SPECS = resources.path("specs")
ROWS: list[dict[str, Any]] = yaml.safe_load((SPECS / "situations.yaml").read_text("utf-8"))["situations"]
READINGS = {row["id"]: row for row in yaml.safe_load((SPECS / "readings.yaml").read_text("utf-8"))["readings"]}

REQUIRED = {"id", "group", "happens", "text", "place", "level", "basis", "operations", "exit", "advice"}
OPTIONAL = {"reading", "media", "task", "slow"}

#: Situations that no client with one mistake fails by itself, and why.
WITHOUT_MUTANT = {
    **{
        f"refused-{kind.lower().replace('_', '-')}": "as refused-outside-criteria, with another responseType"
        for kind in RESPONSE_TYPES
        if kind not in ("No_Error", "Outside_Criteria", "Duplicate_Lead", "Data_Errors")
    }
}

situation = pytest.mark.parametrize("row", ROWS, ids=[row["id"] for row in ROWS])


def test_ids_are_unique() -> None:
    assert [name for name, count in Counter(row["id"] for row in ROWS).items() if count > 1] == []
    assert len(ROWS) >= 60


def test_every_situation_is_played_and_nothing_else_is() -> None:
    names = [row["id"] for row in ROWS]

    assert list(situations()) == names
    assert list(every()) == names
    assert set(PARTS) == set(names)


@situation
def test_a_situation_is_well_formed(row: dict[str, Any]) -> None:
    assert set(row) >= REQUIRED
    assert set(row) <= REQUIRED | OPTIONAL
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", row["id"])
    assert row["group"] in GROUPS
    assert row["exit"] in EXITS
    assert row.get("task", "sell") in TASKS
    assert row["level"] in {"must", "should"}
    assert row["basis"] in {"documented", "resolved"}
    assert set(row["operations"]) <= set(OPERATIONS)
    assert set(row.get("media", ["json"])) <= {"json", "xml"}
    assert row.get("slow", 5) >= 5


@situation
def test_a_situation_rests_on_a_reading_where_the_documentation_does_not_decide(row: dict[str, Any]) -> None:
    assert ("reading" in row) == (row["basis"] == "resolved")
    if "reading" in row:
        assert row["reading"].startswith("client-")
        assert "situation" in READINGS[row["reading"]]["lenient"]


def test_every_reading_about_clients_is_used() -> None:
    assert {row["reading"] for row in ROWS if "reading" in row} == {
        name for name in READINGS if "situation" in READINGS[name]["lenient"]
    }


@situation
def test_the_texts_are_sentences(row: dict[str, Any]) -> None:
    for key in ("happens", "text", "advice"):
        words = row[key].strip()
        assert words[0].isupper() or words[0].isdigit() or words.split()[0] in ("orderId", "leadUID"), key
        assert words.endswith("."), key
        assert "  " not in words, key
        assert "\n" not in words, key
    bare = re.sub(r"\([^)]*\)|\d\.\d|\[\]\.|\w\.\w", "", row["advice"].strip())
    assert len(re.findall(r"[.!?](?:\s|$)", bare)) == 2, "two sentences say what to do"


@situation
def test_the_place_is_a_heading_or_there_is_none(row: dict[str, Any]) -> None:
    assert row["place"] == "not documented" or row["place"].split(" / ")[0] in HEADINGS


def test_each_mutant_has_an_owner_and_words_of_its_own() -> None:
    assert {one.owner for one in MUTANTS.values()} <= set(every())
    assert [words for words, count in Counter(one.words for one in MUTANTS.values()).items() if count > 1] == []
    assert all(one.words.endswith(".") for one in MUTANTS.values())
    assert len(MUTANTS) >= 40


def test_the_owner_of_a_mutant_holds_for_its_representation() -> None:
    assert [name for name, one in MUTANTS.items() if one.media not in every()[one.owner].clause.media] == [
        name for name, one in MUTANTS.items() if one.owner in ("never",)
    ]


def test_a_situation_has_a_mutant_or_a_reason() -> None:
    owners = {one.owner for one in MUTANTS.values()}

    assert set(every()) - owners == set(WITHOUT_MUTANT)


def test_every_rule_decides_in_a_situation() -> None:
    used = {name for one in every().values() for rule in one.rules for name in [rule.__qualname__.partition(".")[0]]}
    public = {
        name
        for module in (rules, bindings)
        for name, found in vars(module).items()
        if callable(found) and getattr(found, "__module__", "") == module.__name__ and not name.startswith("_")
    }

    assert public - used == {"Mistake", "last_of", "typed"} & public


def test_the_kinds_that_rules_give_are_known() -> None:
    folder = Path(rules.__file__).parent
    text = "".join((folder / f"{name}.py").read_text() for name in ("rules", "bindings"))

    assert set(re.findall(r'"(client\.[a-z]+)"', text)) <= set(KINDS)
