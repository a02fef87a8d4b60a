"""Waivers: what is malformed is named with its line and a remedy; what is waived does not decide, and nothing else."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from leadproof.core.errors import ConfigurationError
from leadproof.runs.waivers import Waiver, apply, load, read

DATA = Path(__file__).parent / "data" / "waivers"
BAD = sorted((DATA / "bad").glob("*.toml"))

TODAY = date(2027, 1, 31)
PING = "LE2-PING-RES-05"


def waiver(clause: str = PING, operation: str = "", expires: date = date(2027, 3, 31)) -> Waiver:
    return Waiver(clause, "their release mends it", "owner@partner.example", expires, operation)


def finding(clause: str = PING, operation: str = "ping", **more: Any) -> dict[str, Any]:
    return {"clause": clause, "operation": operation, "level": "must", "basis": "documented", "decides": True, **more}


def report(*findings: dict[str, Any]) -> dict[str, Any]:
    names = dict.fromkeys([PING, "LE2-ALL-XML-03", *(row["clause"] for row in findings)])
    broken = {row["clause"] for row in findings}
    clauses = [{"id": name, "result": "failed" if name in broken else "passed", "reason": ""} for name in names]
    return {"codes": [1] * bool(findings), "findings": list(findings), "clauses": clauses, "run": {"fail_on": "must"}}


def results(found: dict[str, Any]) -> dict[str, str]:
    return {row["id"]: row["result"] for row in found["clauses"]}


def test_a_file_of_waivers() -> None:
    first, second = load(DATA / "good" / "two.toml")

    assert first == Waiver(
        PING, "their release of March mends it", "integrations@partner.example", date(2027, 3, 31), "ping"
    )
    assert (second.clause, second.operation, second.expires) == ("LE2-ALL-XML-03", "", date(2027, 1, 31))
    assert load(DATA / "good" / "empty.toml") == ()


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_what_is_malformed_is_named_with_line_key_and_remedy(path: Path) -> None:
    text = path.read_text("utf-8")
    expected, remedy = (line.partition(": ")[2] for line in text.splitlines()[:2])

    with pytest.raises(ConfigurationError) as caught:
        load(path)

    assert caught.value.message.startswith(f"{path}:{expected}")
    assert caught.value.hint.startswith(remedy)
    assert caught.value.exit_code == 2


def test_all_that_is_wrong_is_named_at_once() -> None:
    with pytest.raises(ConfigurationError) as caught:
        read('[[waivers]]\nclause = "LE2-PING-RES-05"\nexpires = 7\n' * 4, "w.toml")

    lines = caught.value.message.splitlines()
    assert lines[:3] == [
        "w.toml:3: expires has to be a date",
        "w.toml:1: reason is missing",
        "w.toml:1: owner is missing",
    ]
    assert lines[-1] == "… and 2 more"


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "latin.toml").write_bytes(b"# \xe9")

    with pytest.raises(ConfigurationError, match="cannot be read"):
        load(tmp_path / "none.toml")
    with pytest.raises(ConfigurationError, match="byte 2 is not UTF-8"):
        load(tmp_path / "latin.toml")


# ---- against a report ------------------------------------------------------------------------------------------------


def test_what_is_waived_does_not_decide() -> None:
    found = report(finding())

    apply(found, [waiver()], TODAY)

    assert (found["exit_code"], found["verdict"]) == (0, "passed")
    assert (found["findings"][0]["waived"], found["findings"][0]["decides"]) == (True, False)
    assert results(found)[PING] == "waived"
    assert found["clauses"][0]["reason"] == "their release mends it (owner@partner.example, until 2027-03-31)"
    assert found["waivers"] == [
        {
            "clause": PING,
            "operation": "",
            "reason": "their release mends it",
            "owner": "owner@partner.example",
            "expires": "2027-03-31",
            "state": "active",
            "findings": 1,
        }
    ]


def test_a_waiver_holds_through_its_last_day_and_not_longer() -> None:
    held, over = report(finding()), report(finding())

    apply(held, [waiver(expires=TODAY)], TODAY)
    apply(over, [waiver(expires=date(2027, 1, 30))], TODAY)

    assert held["exit_code"] == 0
    assert (over["exit_code"], results(over)[PING]) == (1, "failed")
    assert (over["waivers"][0]["state"], over["waivers"][0]["findings"]) == ("expired", 1)
    assert "waived" not in over["findings"][0]


def test_a_waiver_that_covers_nothing_is_named() -> None:
    found = report(finding())

    next(row for row in found["clauses"] if row["id"] == "LE2-ALL-XML-03")["cells"] = {"ping/xml": [3, 0]}

    apply(found, [waiver("LE2-ALL-XML-03"), waiver("LE2-ALL-XML-03", "ping")], TODAY)

    assert [(row["state"], row["findings"]) for row in found["waivers"]] == [("unused", 0), ("unused", 0)]
    assert found["exit_code"] == 1


def test_a_waiver_is_not_called_useless_where_the_run_did_not_decide_its_clause() -> None:
    found = report(finding())
    next(row for row in found["clauses"] if row["id"] == "LE2-ALL-XML-03")["cells"] = {"ping/xml": [3, 0]}

    apply(found, [waiver("LE2-ALL-XML-03", "create_lead"), waiver("LE2-ALL-RES-02")], TODAY)

    assert [row["state"] for row in found["waivers"]] == ["untested", "untested"]


def test_a_waiver_of_one_operation_leaves_the_others() -> None:
    found = report(finding("LE2-ALL-RES-02", "ping"), finding("LE2-ALL-RES-02", "create_lead"))

    apply(found, [waiver("LE2-ALL-RES-02", "ping")], TODAY)

    assert {row["operation"]: row["decides"] for row in found["findings"]} == {"ping": False, "create_lead": True}
    assert results(found)["LE2-ALL-RES-02"] == "failed"
    assert found["exit_code"] == 1


def test_what_else_applied_to_a_run_still_does() -> None:
    found = report(finding())
    found["codes"] = [1, 4]

    apply(found, [waiver()], TODAY)

    assert (found["exit_code"], found["verdict"]) == (4, "inconclusive")  # nothing that was found decides any more


def test_waivers_are_set_anew_each_time() -> None:
    found = report(finding())
    apply(found, [waiver()], TODAY)

    apply(found, [], TODAY)

    assert (found["exit_code"], results(found)[PING], found["waivers"]) == (1, "failed", [])


# ---- clauses that were split -----------------------------------------------------------------------------------------


def test_a_waiver_of_a_clause_that_was_split_covers_its_parts_in_the_operations_that_it_was_about() -> None:
    parts = ("LE2-CREATE-XML-02", "LE2-ALL-XML-06", "LE2-ALL-XML-07")
    found = report(*(finding(name, "create_lead") for name in parts), finding("LE2-ALL-XML-06", "inbound_post"))

    apply(found, [waiver("LE2-CREATE-XML-02")], TODAY)

    assert [(row["clause"], row["operation"]) for row in found["findings"] if row["decides"]] == [
        ("LE2-ALL-XML-06", "inbound_post")
    ]
    assert results(found) == {
        PING: "passed",
        "LE2-ALL-XML-03": "passed",
        "LE2-CREATE-XML-02": "waived",
        "LE2-ALL-XML-06": "failed",
        "LE2-ALL-XML-07": "waived",
    }
    assert next(row for row in found["clauses"] if row["id"] == "LE2-ALL-XML-07")["reason"].startswith("their release")
    assert found["waivers"][0]["findings"] == 3


def test_a_waiver_of_a_part_leaves_the_rest_of_the_clause() -> None:
    found = report(finding("LE2-CREATE-XML-02", "create_lead"), finding("LE2-ALL-XML-06", "create_lead"))

    apply(found, [waiver("LE2-ALL-XML-06")], TODAY)

    assert [row["clause"] for row in found["findings"] if row["decides"]] == ["LE2-CREATE-XML-02"]


def test_a_waiver_is_used_where_the_run_decided_a_part_of_its_clause() -> None:
    found = report(finding(), finding("LE2-ALL-XML-06", "inbound_post"))
    next(row for row in found["clauses"] if row["id"] == "LE2-ALL-XML-06")["cells"] = {"create_lead/xml": [1, 0]}

    apply(found, [waiver("LE2-CREATE-XML-02"), waiver("LE2-DUP-XML-02")], TODAY)

    assert [row["state"] for row in found["waivers"]] == ["unused", "untested"]


def test_the_operation_of_a_waiver_may_be_one_of_a_part() -> None:
    text = '[[waivers]]\nclause = "LE2-ALL-REQ-09"\noperation = "inbound_post"\nreason = "r"\nowner = "o"\n'
    assert read(text + "expires = 2027-03-31\n", "w.toml")[0].operation == "inbound_post"
