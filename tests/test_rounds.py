"""Rounds of generated requests: equal shares for the cells, the same by the same seed, whatever process makes them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from leadproof.cli import main
from leadproof.commands.defects import _TOKEN, _Time, story
from leadproof.commands.rounds import Rounds, RoundSetting, go_on_here, rounds
from leadproof.contract import specs
from leadproof.contract.profile import load
from leadproof.core.operations import CELLS
from leadproof.judge import Judge
from leadproof.mock.defects import planted, table
from leadproof.redact import Redactor
from leadproof.runs.evidence import Run
from leadproof.runs.ledger import Ledger
from leadproof.suite.rounds import ROUND, run_round
from leadproof.suite.story import CaseContext

PROFILE = load()
SETTING = RoundSetting(PROFILE, PROFILE, dict(specs.load().choices), "must", 7, 30.0)


def context(*defects: str, seed: int = 7, budget: int = 0) -> tuple[CaseContext, list[bytes]]:
    """A story with a mock in this process, and the bodies that are sent."""
    clock, bodies = _Time(), list[bytes]()
    rows = table(0)
    mock = planted([rows[one] for one in defects], PROFILE, clock=clock, seed=0, token=_TOKEN)
    made = story(mock, PROFILE, clock, seed)
    send = made.session.client.send

    def sent(request: Any, **about: Any) -> Any:
        bodies.append(request.body)
        return send(request, **about)

    made.session.client.send = sent  # type: ignore[method-assign]
    made.session._budget = budget
    return made, bodies


def test_each_cell_gets_the_same_share() -> None:
    made, _ = context(budget=340)

    run_round(made, 1, 340)

    sent = made.session.sent_in
    assert sum(sent.values()) == 340
    assert set(sent) == set(CELLS)
    assert max(sent.values()) - min(sent.values()) <= 4, sent


def test_a_round_finds_nothing_wrong_with_the_faithful_mock() -> None:
    made, _ = context(budget=300)

    run_round(made, 2, 300)

    assert made.session.ledger.finding_rows() == []


def test_a_round_depends_on_seed_and_number_alone() -> None:
    def bodies(seed: int, number: int, before: int = 0) -> list[bytes]:
        made, sent = context(seed=seed, budget=before + 60)
        if before:
            made.session._budget = before
            run_round(made, 9, before)
            made.session._budget = before + 60
        run_round(made, number, 60)
        return sent[before:]

    first = bodies(7, 1)
    assert bodies(7, 1) == first
    assert len({*first, *bodies(7, 2), *bodies(8, 1)}) > 2.2 * len(set(first))


def test_the_bodies_of_a_round_differ_from_one_another() -> None:
    made, bodies = context(budget=ROUND)

    run_round(made, 3, ROUND)

    written = [body for body in bodies if body]
    assert len(set(written)) > 0.9 * len(written)


@pytest.mark.parametrize(
    ("defect", "clause"),
    [
        ("result-too-many", "LE2-ALL-RULE-01"),
        ("json-not-escaped", "LE2-ALL-HTTP-05"),
        ("xml-stack-trace", "LE2-ALL-XML-01"),
    ],
)
def test_a_round_notices_a_defect(defect: str, clause: str) -> None:
    made, _ = context(defect, budget=200)

    run_round(made, 1, 200)

    assert clause in {row["clause"] for row in made.session.ledger.finding_rows()}


def test_rounds_against_a_target_go_on_to_what_was_asked_for() -> None:
    made, _ = context()
    made.session.call("ping", "json", made.request("ping")[0])

    go_on_here(made, 90)

    assert made.session.client.sent == 90


def test_rounds_end_where_nothing_can_be_sent() -> None:
    made, _ = context()
    profile = replace(PROFILE, sources=tuple(replace(one, disabled=True) for one in PROFILE.sources))
    made.maker = replace(made.maker, profile=profile)

    go_on_here(made, 90)

    assert made.session.client.sent == 0


# ---- in processes ----------------------------------------------------------------------------------------------------


def run(out: Path, total: int, jobs: int, meddle: Callable[[Rounds], None] = lambda more: None) -> dict[str, Any]:
    """The report of rounds alone, and the requests of its evidence."""
    redactor = Redactor.of(PROFILE)
    with (
        Run.open(out, "test", redactor=redactor) as kept,
        rounds(SETTING, total, jobs, lambda made: None) as more,
    ):
        ledger = Ledger(Judge(specs.load(), PROFILE), redactor, evidence=kept)
        meddle(more)
        more.go_on(ledger, kept, 0)
        report = ledger.report("test", {})
        lines = (kept.path / "exchanges.ndjson").read_text().splitlines()
    sent = [json.loads(line) for line in lines]
    assert [one["n"] for one in sent] == list(range(1, len(sent) + 1))
    for operations in report["coverage"]["operations"].values():
        for cell in operations.values():
            cell.pop("seconds", None)
    return {"report": report, "sent": [(one["origin"], one["intent"], one["request"]["body"]) for one in sent]}


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return run(tmp_path_factory.mktemp("alone"), 2 * ROUND + 40, 1)


def test_one_process_makes_as_many_as_were_asked_for(alone: dict[str, Any]) -> None:
    assert alone["report"]["counts"]["exchanges"] == 2 * ROUND + 40
    assert alone["report"]["findings"] == []


def test_the_report_is_the_same_whatever_the_number_of_processes(alone: dict[str, Any], tmp_path: Path) -> None:
    assert run(tmp_path, 2 * ROUND + 40, 3) == alone


def test_a_round_whose_process_is_lost_is_made_again(alone: dict[str, Any], tmp_path: Path) -> None:
    def lose(more: Rounds) -> None:
        while not sum(more._shared.made):
            more._workers[0].join(0.05)
        more._workers[0].kill()

    assert run(tmp_path, 2 * ROUND + 40, 2, lose) == alone


def test_what_was_made_before_an_interruption_is_kept(tmp_path: Path) -> None:
    redactor, told = Redactor.of(PROFILE), Counter[str]()

    def interrupt(made: int) -> None:
        told["times"] += 1
        if told["times"] == 70:
            raise KeyboardInterrupt

    with (
        Run.open(tmp_path, "test", redactor=redactor) as kept,
        rounds(SETTING, 4 * ROUND, 2, interrupt) as more,
    ):
        ledger = Ledger(Judge(specs.load(), PROFILE), redactor, evidence=kept)
        with pytest.raises(KeyboardInterrupt):
            more.go_on(ledger, kept, 0)
        more.settle(ledger, kept, 0)
        report = ledger.report("test", {})

    assert 70 <= report["counts"]["exchanges"] < 4 * ROUND


# ---- the command -----------------------------------------------------------------------------------------------------


def test_a_small_number_of_exchanges_is_kept_to(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["certify", "--max-exchanges", "60", "--no-load", "--json", "--out", str(tmp_path)])

    assert json.loads(capsys.readouterr().out)["counts"]["exchanges"] == 60


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--max-exchanges", "60", "--quick"), "--quick sends nothing generated"),
        (("--jobs", "2"), "--jobs is for --max-exchanges"),
        (("--max-exchanges", "60", "--jobs", "2", "--target", "http://127.0.0.1:9"), "--jobs is for --max-exchanges"),
    ],
)
def test_what_does_not_go_together_is_said(
    arguments: tuple[str, ...], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["certify", *arguments]) == 2
    assert words in capsys.readouterr().err
