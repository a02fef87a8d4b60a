"""What a report comes to: every code that applies is kept, the worst wins, and the verdict fits it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadproof.core.errors import ExitCode, worst
from leadproof.runs.verdicts import FAIL_ON, codes_of, fails, settle, settle_again, verdict

BROKEN = {"level": "must", "basis": "documented"}
ADVICE = {"level": "should", "basis": "documented"}


@given(st.sets(st.sampled_from(list(ExitCode))))
def test_the_worst_code_wins_and_all_are_kept(codes: set[ExitCode]) -> None:
    report: dict[str, Any] = {}

    settle(report, codes)

    assert report["exit_code"] == int(worst(*codes))
    assert report["verdict"] == verdict(codes)
    assert codes_of(report) == codes - {ExitCode.PASSED}
    assert report["codes"][:1] == [report["exit_code"]] * bool(report["codes"])


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        ([], "passed"),
        ([0], "passed"),
        ([1], "failed"),
        ([3], "failed"),
        ([2, 1], "failed"),
        ([130, 1], "failed"),
        ([5, 1], "failed"),
        ([4, 3], "failed"),
        ([1, 4], "failed"),
        ([2], "inconclusive"),
        ([4], "inconclusive"),
        ([2, 4], "inconclusive"),
        ([130], "inconclusive"),
    ],
)
def test_the_verdict_names_the_worst_that_was_found_whatever_else_happened(codes: list[int], expected: str) -> None:
    assert verdict([ExitCode(code) for code in codes]) == expected


@pytest.mark.parametrize(
    ("codes", "findings", "expected"),
    [
        ([1], [BROKEN], 1),
        ([1], [ADVICE], 0),
        ([1], [{**BROKEN, "waived": True}], 0),
        ([1], [{**BROKEN, "known": True}], 0),
        ([1], [{**BROKEN, "known": True}, BROKEN], 1),
        ([1, 4], [ADVICE], 4),
        ([], [BROKEN], 1),
        ([2, 1], [ADVICE], 2),
        ([130], [BROKEN], 130),
        ([3], [ADVICE], 3),
    ],
)
def test_only_the_violation_may_change(codes: list[int], findings: list[dict[str, Any]], expected: int) -> None:
    report = {"codes": codes, "findings": [dict(row) for row in findings]}

    settle_again(report)

    assert report["exit_code"] == expected
    assert (1 in report["codes"]) == any(row["decides"] for row in report["findings"])


@pytest.mark.parametrize("fail_on", FAIL_ON)
def test_what_a_run_was_told_to_fail_on_still_counts(fail_on: str) -> None:
    report = {"codes": [1], "findings": [dict(ADVICE)], "run": {"fail_on": fail_on}}

    settle_again(report)

    assert report["exit_code"] == fails("should", "documented", fail_on)


def test_leads_that_a_load_lost_stay_a_violation() -> None:
    report = {"codes": [1], "findings": [], "latency": {"conservation": {"decides": True, "lost": 3}}}

    settle_again(report)

    assert (report["exit_code"], report["verdict"]) == (1, "failed")


@pytest.mark.parametrize(("quick", "code", "said"), [(0, 0, "PASS"), (7, 3, "FAIL")])
def test_what_is_excused_in_a_load_misses_no_objective_either(quick: int, code: int, said: str) -> None:
    clauses = {"name": "clauses.ratio", "most": 0.0, "actual": 0.05, "samples": 100, "verdict": "FAIL"}
    latency = {"verdict": "FAIL", "objectives": [clauses], "judged": {"violations": 5, "cheap_checks_broken": quick}}
    report = {"command": "load", "codes": [1, 3], "findings": [{**BROKEN, "waived": True}], "latency": latency}

    settle_again(report)

    assert (report["exit_code"], latency["verdict"]) == (code, said)
    assert (clauses["verdict"], clauses["actual"]) == (said, quick / 100)


def test_a_report_of_an_older_version_has_the_code_that_won() -> None:
    assert codes_of({"exit_code": 1}) == {ExitCode.VIOLATED}
    assert codes_of({"exit_code": 0}) == set()
