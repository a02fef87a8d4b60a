"""What a report comes to: every code that applies is kept, the worst wins, and the verdict fits it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadproof.errors import ExitCode, worst
from leadproof.verdicts import codes_of, settle, settle_again, verdict

BROKEN = {"clause": "LE2-PING-RES-03", "decides": True}
ADVICE = {"clause": "LE2-PING-RES-03", "decides": False}


@given(st.sets(st.sampled_from(list(ExitCode))))
def test_the_worst_code_wins_and_all_are_kept(codes: set[ExitCode]) -> None:
    report: dict[str, Any] = {}

    settle(report, codes)

    assert report["exit_code"] == int(worst(*codes))
    assert report["verdict"] == verdict(worst(*codes))
    assert codes_of(report) == codes - {ExitCode.PASSED}
    assert report["codes"][:1] == [report["exit_code"]] * bool(report["codes"])


@pytest.mark.parametrize(
    ("codes", "findings", "expected"),
    [
        ([1], [BROKEN], 1),
        ([1], [ADVICE], 0),
        ([1, 4], [ADVICE], 4),
        ([], [BROKEN], 1),
        ([2, 1], [ADVICE], 2),
        ([130], [BROKEN], 130),
        ([3], [ADVICE], 3),
    ],
)
def test_only_the_violation_may_change(codes: list[int], findings: list[dict[str, Any]], expected: int) -> None:
    report = {"codes": codes, "findings": findings}

    settle_again(report)

    assert report["exit_code"] == expected


def test_leads_that_a_load_lost_stay_a_violation() -> None:
    report = {"codes": [1], "findings": [], "latency": {"conservation": {"decides": True, "lost": 3}}}

    settle_again(report)

    assert (report["exit_code"], report["verdict"]) == (1, "failed")


def test_a_report_of_an_older_version_has_the_code_that_won() -> None:
    assert codes_of({"exit_code": 1}) == {ExitCode.VIOLATED}
    assert codes_of({"exit_code": 0}) == set()
