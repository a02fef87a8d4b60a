"""Two runs side by side: one fixed, one new, one still failing, and one of which nobody knows."""

from __future__ import annotations

from typing import Any

import pytest

from leadproof.runs.comparison import compare

CELLS = {"ping/json": [3, 1]}


def finding(clause: str, **changes: Any) -> dict[str, Any]:
    row = {
        "clause": clause, "kind": "schema.type", "level": "must", "basis": "documented", "operation": "ping",
        "media_type": "application/json", "pointer": "/results/0/price", "actual": 'string "x"', "message": "wrong",
        "decides": True, "count": 1,
    }  # fmt: skip
    return row | changes


def report(*findings: dict[str, Any], untested: str = "") -> dict[str, Any]:
    names = ("LE2-A", "LE2-B", "LE2-C", "LE2-D")
    clauses = [{"id": name, "cells": {} if name == untested else CELLS} for name in names]
    run = {"id": "r", "started": "2027-01-31T09:00:00.000Z", "target": "http://127.0.0.1", "fail_on": "must"}
    codes = [1] * any(row["decides"] for row in findings)
    return {"codes": codes, "findings": [dict(row) for row in findings], "clauses": clauses, "run": run}


def names(rows: list[dict[str, Any]]) -> list[str]:
    return [row["clause"] for row in rows]


def test_one_fixed_one_new_one_still_failing_one_not_tested() -> None:
    base = report(finding("LE2-A"), finding("LE2-B"), finding("LE2-D"))
    found = report(finding("LE2-B"), finding("LE2-C"), untested="LE2-D")

    compare(base, found)

    comparison = found["comparison"]
    assert comparison["base"] == {"id": "r", "started": "2027-01-31T09:00:00.000Z", "target": "http://127.0.0.1"}
    assert {name: names(comparison[name]) for name in ("fixed", "new", "still", "unseen")} == {
        "fixed": ["LE2-A"], "new": ["LE2-C"], "still": ["LE2-B"], "unseen": ["LE2-D"],
    }  # fmt: skip
    assert [(row["clause"], row["decides"]) for row in found["findings"]] == [("LE2-C", True), ("LE2-B", False)]
    assert (found["exit_code"], found["verdict"]) == (1, "failed")


@pytest.mark.parametrize(("fail_on", "known"), [("must", ["LE2-B"]), ("should", ["LE2-A", "LE2-B"])])
def test_what_stood_before_excuses_what_would_fail_and_a_warning_stays_one(fail_on: str, known: list[str]) -> None:
    both = (finding("LE2-A", level="should"), finding("LE2-B"), finding("LE2-C", level="may"))
    found = report(*both)
    found["run"]["fail_on"] = fail_on

    compare(report(*both), found)

    assert names(found["comparison"]["still"]) == ["LE2-A", "LE2-B", "LE2-C"]
    assert sorted(names([row for row in found["findings"] if row.get("known")])) == known
    assert found["verdict"] == "passed"


def test_nothing_new_fails_nothing() -> None:
    found = report(finding("LE2-A"))

    compare(report(finding("LE2-A"), finding("LE2-B")), found)

    assert (found["exit_code"], found["verdict"]) == (0, "passed")


@pytest.mark.parametrize(
    ("changes", "same"),
    [
        ({"pointer": "/results/7/price"}, True),
        ({"actual": 'string "y"', "message": "in other words", "count": 9}, True),
        ({"actual": "null"}, False),
        ({"pointer": "/results/0/leadId"}, False),
        ({"media_type": "application/xml"}, False),
        ({"operation": "inbound_post"}, False),
        ({"kind": "schema.null"}, False),
    ],
)
def test_what_makes_a_finding_the_same_one(changes: dict[str, Any], same: bool) -> None:
    found = report(finding("LE2-A", **changes))

    compare(report(finding("LE2-A")), found)

    assert names(found["comparison"]["still"]) == ["LE2-A"] * same
    assert names(found["comparison"]["new"]) == ["LE2-A"] * (not same)


def test_advice_that_is_new_is_told_and_does_not_decide() -> None:
    found = report(finding("LE2-A", level="should", decides=False))

    compare(report(), found)

    assert names(found["comparison"]["new"]) == ["LE2-A"]
    assert found["exit_code"] == 0


def test_a_run_can_be_compared_again_with_another() -> None:
    found = report(finding("LE2-A"))
    compare(report(finding("LE2-A")), found)

    compare(report(), found)

    assert (names(found["comparison"]["new"]), found["exit_code"]) == (["LE2-A"], 1)


def test_a_run_compared_with_itself_has_changed_nothing() -> None:
    base = report(finding("LE2-A"), finding("LE2-B"))
    found = report(finding("LE2-A"), finding("LE2-B"))

    compare(base, found)

    comparison = found["comparison"]
    assert (comparison["fixed"], comparison["new"], comparison["unseen"]) == ([], [], [])
    assert names(comparison["still"]) == ["LE2-A", "LE2-B"]


def test_what_else_may_have_made_the_difference_is_named() -> None:
    base, found = report(), report()
    base["run"] |= {"tool": "leadproof 1", "specs": {"a": "b"}, "readings": [], "profile": "p"}
    found["run"] |= {"tool": "leadproof 1", "specs": {"a": "c"}, "readings": [1]}

    compare(base, found)

    assert found["comparison"]["differs"] == ["specification", "readings"]


def test_a_finding_of_a_clause_that_was_split_is_known_under_its_part() -> None:
    old = finding("LE2-CREATE-XML-02", kind="xml.structure", operation="create_lead", media_type="application/xml")
    again, other = dict(old, clause="LE2-ALL-XML-06"), dict(old, clause="LE2-ALL-XML-06", operation="inbound_post")
    found = report(again, other)

    compare(report(old), found)

    comparison = found["comparison"]
    assert {name: names(comparison[name]) for name in ("fixed", "new", "still", "unseen")} == {
        "fixed": [], "new": ["LE2-ALL-XML-06"], "still": ["LE2-ALL-XML-06"], "unseen": [],
    }  # fmt: skip
    assert [row["operation"] for row in comparison["new"]] == ["inbound_post"]


def test_a_finding_of_a_clause_that_was_split_is_fixed_where_a_part_was_decided() -> None:
    old = finding("LE2-CREATE-XML-02", kind="xml.structure", operation="create_lead", media_type="application/xml")
    gone, nobody_knows = report(), report()
    gone["clauses"].append({"id": "LE2-ALL-XML-06", "cells": {"create_lead/xml": [3, 0]}})

    compare(report(old), gone)
    compare(report(old), nobody_knows)

    assert names(gone["comparison"]["fixed"]) == names(nobody_knows["comparison"]["unseen"]) == ["LE2-CREATE-XML-02"]
