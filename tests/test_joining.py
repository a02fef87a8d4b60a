"""Summaries of several processes put together: what one summary of all would have."""

from __future__ import annotations

from itertools import pairwise

import pytest

from leadproof.contract import specs
from leadproof.core.findings import Finding, Observation
from leadproof.judge import Judgement, Tally
from leadproof.redact import Redactor
from leadproof.runs import joining
from leadproof.runs.summary import OBSERVED, Summary

SPEC = specs.load()
CLAUSES = list(SPEC.clauses)[:3]


def judgement(number: int) -> Judgement:
    clause = SPEC.clauses[CLAUSES[number % 3]]
    findings = (
        Finding(clause.id, "schema.type", f"wrong {number % 2}", f"/results/{number}/price", "", "number",
                "string", clause.operations[0], "json", f"n{number}"),
    )  # fmt: skip
    seen = (Observation("status.unexpected", f"seen {number % 5}", origin=f"n{number}"),)
    return Judgement("judged", clause.operations[0], "json", findings if number % 4 else (), seen)


def summary(numbers: range) -> Summary:
    made = Summary(SPEC, Redactor())
    for number in numbers:
        made.add(judgement(number), number)
    return made


@pytest.mark.parametrize("cuts", [(0, 40), (0, 1, 40), (0, 13, 13, 29, 40)])
def test_parts_are_together_what_the_whole_is(cuts: tuple[int, ...]) -> None:
    together = Summary(SPEC, Redactor())
    for start, end in pairwise(cuts):
        joining.merge(together, joining.snapshot(summary(range(start, end))))

    assert together.report("validate", Tally(), {}) == summary(range(40)).report("validate", Tally(), {})


def test_observations_beyond_the_limit_are_one_row() -> None:
    def many(start: int) -> Summary:
        made = Summary(SPEC, Redactor())
        for number in range(start, start + OBSERVED - 10):
            made.add_observation(Observation("media.unexpected", "x" * (number + 1)))
        return made

    together = many(0)
    joining.merge(together, joining.snapshot(many(1000)))

    rows = together.report("validate", Tally(), {})["observations"]
    assert len(rows) == OBSERVED + 1
    assert sum(row["count"] for row in rows) == 2 * (OBSERVED - 10)
