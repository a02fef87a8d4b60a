"""The knee of a run in steps, and what becomes of a run that has found none."""

from __future__ import annotations

import dataclasses
from collections import Counter

import pytest

from leadproof.contract import profile, specs
from leadproof.core.errors import ExitCode, worst
from leadproof.judge import Judge
from leadproof.load import conclusion, console, latency, objectives, scenarios, verdicts
from leadproof.load.job import Job
from leadproof.load.measures import Measures, Window
from leadproof.load.story import LoadRun
from leadproof.redact import Redactor
from leadproof.runs.formats import RENDERERS
from leadproof.runs.ledger import Ledger


def story_of(*steps: tuple[float, int]) -> LoadRun:
    """A run in five steps of a second: latency and number of the responses in each."""
    spec, posting = specs.load(), profile.load()
    one = Job(scenarios.load("ping_only").with_(shape="step", rate=600.0, duration=5.0), "http://127.0.0.1:8080")
    story = LoadRun(
        one, objectives.PRESETS["standard"], Ledger(Judge(spec, posting), Redactor(posting.personal_fields))
    )
    for second, (duration, number) in enumerate(steps):
        window = Window()
        for histogram in (window.step("ping", "json").latency, window.step("ping", "json").service, window.journeys):
            histogram.record(duration, number)
        window.lag.record(0.0001, number)
        window.counts.update(offered=number, started=number, completed=number, ended=number)
        window.outcomes["ping", "accepted"] = number
        story.take("local", {"fold": window.fold(second + 0.5, Counter(), {})})
    story.take("local", {"done": True})
    return story


GOOD, SLOW, FEW = (0.01, 2000), (9.0, 2000), (0.01, 100)


def test_a_knee_that_was_not_reached_is_at_least_the_highest_rate() -> None:
    rates = conclusion.rates(story_of(*[GOOD] * 5))

    assert (rates["knee"], rates["at_least"]) == (600, True)
    assert rates["words"] == "≥ 600/s: every rate met the objectives, and a higher one was not tried"


def test_a_knee_that_was_found_is_the_highest_rate_below_the_first_that_fails() -> None:
    rates = conclusion.rates(story_of(GOOD, GOOD, GOOD, SLOW, GOOD))

    assert (rates["knee"], rates["at_least"]) == (360, False)
    assert rates["words"] == "360/s met the objectives, with every rate below it; at 480/s all.p99 is 9.00 s"


def test_a_run_in_steps_whose_lowest_rate_is_undecided_is_inconclusive_and_says_why() -> None:
    story = story_of(FEW, GOOD, GOOD, GOOD, GOOD)
    outcomes = conclusion.outcomes(story)

    assert verdicts.verdict(outcomes) == verdicts.PASS  # all of it taken together
    assert worst(*conclusion.exit_codes(story, outcomes)) == ExitCode.INCONCLUSIVE
    report = conclusion.report(story, {"id": "x"}, latency.described)
    assert (report["exit_code"], report["verdict"]) == (4, "inconclusive")
    assert report["latency"]["verdict"] == verdicts.INCONCLUSIVE
    said = list(console.lines(story, outcomes))
    assert said[0].startswith("INCONCLUSIVE  ping_only")
    why = "the knee was not found: at 120/s too few samples: p99 needs 1,000"
    assert f"  {why}" in said
    assert why in RENDERERS["html"].render(report)


def test_a_run_in_steps_whose_lowest_rate_fails_has_missed_its_objectives() -> None:
    story = story_of(SLOW, *[(0.01, 900_000)] * 4)

    assert verdicts.verdict(conclusion.outcomes(story)) == verdicts.PASS
    assert worst(*conclusion.exit_codes(story, conclusion.outcomes(story))) == ExitCode.OBJECTIVES_MISSED


@pytest.mark.parametrize(("last", "words"), [(GOOD, "≥ 600/s"), (SLOW, "480/s")])
def test_every_format_for_people_names_the_knee(last: tuple[float, int], words: str) -> None:
    report = conclusion.report(story_of(*[GOOD] * 4, last), {"id": "x"}, latency.described)
    markdown = RENDERERS["md"].render(report)

    assert f"Knee: {words}" in markdown
    assert "| 120/s | 2000.0/s | 10.00 ms | 10.00 ms | PASS |" in markdown
    assert f"knee {words}" in RENDERERS["html"].render(report)
    assert any(words in line for line in console.knee(report["latency"]["rates"]))


def test_the_closed_model_has_no_steps() -> None:
    story = story_of(*[FEW] * 5)
    story.job = dataclasses.replace(story.job, model="closed", users=3)

    assert conclusion.rates(story) == {}


def test_users_of_the_closed_model_have_no_schedule_to_be_behind() -> None:
    found = verdicts.judge(Measures(), objectives.PRESETS["standard"])

    assert "lag.p99" not in [one.name for one in found]
