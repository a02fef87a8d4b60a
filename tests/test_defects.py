"""The runner of the kill matrix: `leadproof.defects` and `leadproof defects`."""

from __future__ import annotations

import json
import multiprocessing
from dataclasses import replace
from typing import Any

import pytest
from click.testing import CliRunner

from leadproof.cli.defects import command
from leadproof.commands import defects
from leadproof.commands.explaining import SHELVES, Fact
from leadproof.contract.profile import load
from leadproof.core.errors import LeadproofError
from leadproof.core.operations import OPERATIONS
from leadproof.mock.defects import NEEDS, Injection, table
from leadproof.mock.defects.written.rows import put, values
from leadproof.suite import CaseContext

PROFILE = load()
STORY = defects.story
WRITTEN = [row for row in table().values() if not row.generated]

#: Of the generated ones those of the operation that shows what became of a lead later; no other has a member that only
#: the controls of the mock fill.
GENERATED = [row for row in table().values() if row.generated and row.operations == ("lead_status",)]


def without_controls(*arguments: Any) -> CaseContext:
    """What the suite has of a mock that it did not start."""
    return replace(STORY(*arguments), controls=None)


@pytest.mark.parametrize("seed", [0, 1, 7])
def test_nothing_is_found_in_the_faithful_mock(seed: int) -> None:
    defects.require_faithful(PROFILE, seed)


@pytest.mark.parametrize("row", WRITTEN, ids=lambda row: row.id)
def test_every_written_defect_is_noticed_by_its_owner(row: defects.Defect) -> None:
    outcome = defects.run_one(row, PROFILE, 0)
    assert outcome.verdict == "owner", outcome
    assert not outcome.crash


@pytest.mark.parametrize("row", [*WRITTEN, *GENERATED], ids=lambda row: row.id)
def test_a_defect_says_what_it_needs_besides_requests_and_only_then(
    row: defects.Defect, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = defects.run_one(row, PROFILE, 0)
    monkeypatch.setattr(defects, "story", without_controls)
    outcome = defects.run_one(row, PROFILE, 0)
    told = [one.text for one in SHELVES["defects"].explain(row.id, row) if isinstance(one, Fact)]

    assert (outcome.verdict != whole.verdict) is bool(row.needs), outcome
    assert (f"leadproof defects --defect {row.id}; certify --target has no controls" in told) is bool(row.needs)
    assert {one for one in told if one in NEEDS.values()} == ({NEEDS[row.needs]} if row.needs else set())


def test_a_sample_of_the_generated_ones_is_noticed() -> None:
    rows = [row for row in defects.chosen(5, 60) if row.generated]
    outcomes = [defects.run_one(row, PROFILE, 5) for row in rows]
    assert [one.id for one in outcomes if one.verdict == "survived"] == []
    assert sum(one.verdict == "owner" for one in outcomes) >= 0.9 * len(outcomes)


def test_what_nobody_can_notice_survives() -> None:
    harmless = replace(WRITTEN[0], id="harmless", injection=Injection())
    assert defects.run_one(harmless, PROFILE, 0).verdict == "survived"


def test_a_defect_that_another_clause_notices() -> None:
    row = replace(WRITTEN[0], id="other", expected_clause="LE2-ALL-HTTP-05")
    assert defects.run_one(row, PROFILE, 0).verdict == "other"


def test_the_same_run_twice_is_the_same() -> None:
    row = table()["fails-every-tenth-time"]
    assert defects.run_one(row, PROFILE, 3) == defects.run_one(row, PROFILE, 3)


def test_an_unfaithful_mock_ends_the_measuring(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(rows: object, profile: object, **options: object) -> object:
        injection = values(put(requestId=""), *OPERATIONS)("")
        return original([replace(WRITTEN[0], injection=injection)], profile, **options)

    original = defects.planted
    monkeypatch.setattr(defects, "planted", broken)
    with pytest.raises(LeadproofError, match="faithful mock"):
        defects.require_faithful(PROFILE, 0)


def test_cases_are_chosen_by_operation_and_representation_only() -> None:
    chosen = defects.cases(("ping",), ("xml",))
    assert {case.operation for _, case in chosen} == {"ping"}
    assert {case.media for _, case in chosen} <= {"xml", ""}
    assert not {topic for topic, _ in chosen} & set(defects.LEFT_OUT)


def test_a_sample_is_drawn_by_the_seed() -> None:
    assert defects.chosen(1, 20) == defects.chosen(1, 20)
    assert [row.id for row in defects.chosen(1, 20)] != [row.id for row in defects.chosen(2, 20)]
    assert len(defects.chosen(0)) == len(table())


def matrix(*verdicts: str, generated: bool = True) -> defects.KillMatrix:
    rows = [replace(WRITTEN[0], id=str(number), generated=generated) for number in range(len(verdicts))]
    outcomes = [defects.DefectResult(row.id, verdict, (), 1) for row, verdict in zip(rows, verdicts, strict=True)]
    return defects.KillMatrix(tuple(outcomes), tuple(rows))


def test_the_figures() -> None:
    found = matrix("owner", "other", "survived")
    assert found.of() == {"total": 3, "killed": 2, "by_owner": 1, "survived": ["2"]}
    assert found.as_json()["hand_written"] == {"total": 0, "killed": 0, "by_owner": 0, "survived": []}
    assert found.kinds() == {WRITTEN[0].kind: {"owner": 1, "other": 1, "survived": 1}}


@pytest.mark.parametrize(
    ("found", "holds"),
    [
        (matrix(*["owner"] * 95, *["survived"] * 5), True),
        (matrix(*["owner"] * 94, *["survived"] * 6), False),
        (matrix(*["owner"] * 90, *["other"] * 10), True),
        (matrix(*["owner"] * 89, *["other"] * 11), False),
        (matrix("owner", "owner", generated=False), True),
        (matrix("owner", "survived", generated=False), False),
    ],
)  # fmt: skip
def test_the_thresholds(found: defects.KillMatrix, holds: bool) -> None:
    assert found.holds() is holds


def test_a_matrix_that_was_cut_short_does_not_hold() -> None:
    found = matrix("owner", "owner")
    assert not replace(found, outcomes=found.outcomes[:1]).holds()


# ---- the command -----------------------------------------------------------------------------------------------------


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(command, arguments, standalone_mode=False)
    if result.exception is not None:
        raise result.exception
    return result.return_value, result.stdout


def test_json_is_nothing_but_the_figures() -> None:
    code, text = run("--sample", "6", "--seed", "2", "--jobs", "1", "--json")
    figures = json.loads(text)
    assert set(figures) == {"total", "killed", "by_owner", "survived", "hand_written", "generated"}
    assert figures["total"] == 6
    assert code == (0 if not figures["survived"] else 1)


def test_the_matrix_is_printed_by_kind() -> None:
    code, text = run("--defect", "expiry-ignored", "--defect", "no-results", "--jobs", "1")
    assert code == 0
    assert "expiry" in text
    assert "cardinality" in text
    assert "written by hand      2 of     2 killed (100.0 %)" in text


def test_survivors_are_listed_and_fail_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    def survived(rows: list[defects.Defect], **options: object) -> list[defects.DefectResult]:
        return [defects.DefectResult(row.id, "survived", (), 1) for row in rows]

    monkeypatch.setattr(defects, "run", survived)
    code, text = run("--defect", "expiry-ignored")
    assert code == 1
    assert "An order can be used after it has expired. (LE2-POST-SEQ-03)" in text


def test_ctrl_c_prints_what_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(rows: list[defects.Defect], **options: object) -> object:
        yield defects.DefectResult(rows[0].id, "owner", (rows[0].expected_clause,), 1)
        raise KeyboardInterrupt

    monkeypatch.setattr(defects, "run", interrupted)
    code, text = run("--defect", "expiry-ignored", "--defect", "no-results")
    assert code == 130
    assert "interrupted after 1 of 2 defects" in text
    assert "1 of     1 killed" in text


def test_ctrl_c_in_the_middle_ends_the_pool() -> None:
    rows = defects.chosen(0, 64)
    outcomes = defects.run(rows, jobs=2)
    next(outcomes)
    with pytest.raises(KeyboardInterrupt):
        outcomes.throw(KeyboardInterrupt)  # type: ignore[attr-defined]  # it is a generator
    assert not multiprocessing.active_children()
