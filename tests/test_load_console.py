"""A load run as a terminal shows it: everything within eighty columns, and nothing important lost."""

from __future__ import annotations

from dataclasses import replace

import pytest

from leadproof.contract import profile, specs
from leadproof.core.operations import OPERATIONS
from leadproof.judge import Judge
from leadproof.load import conclusion, console, scenarios, verdicts
from leadproof.load.job import Job
from leadproof.load.objectives import Objective
from leadproof.load.story import LoadRun
from leadproof.redact import Redactor
from leadproof.runs.ledger import Ledger

#: What a target may write where it likes.
ENDLESS = "No agent is free between 8 and 9 o'clock, and nobody knows why; " * 20


def wide(**changes: object) -> LoadRun:
    """A run with long names, many digits and many words."""
    spec, posting = specs.load(), profile.load()
    one = scenarios.load("ping_post_offers").with_(shape="step", rate=19_999.5, duration=14_400.0, name="n" * 90)
    goals = (Objective("create_call_transfer.p9999", 0.09999), Objective("clauses.ratio", 0.123456))
    story = LoadRun(
        Job(replace(one, **changes), "http://127.0.0.1:8080"), goals,
        Ledger(Judge(spec, posting), Redactor(posting.personal_fields)),
    )  # fmt: skip
    measures = story.measures
    for number, name in enumerate((*OPERATIONS, "callback")):
        for fmt in ("json", "xml"):
            step = measures.operation("")
            step.latency.record(0.0999, 28_000_000)
            step.latency.record(999.9 / (number + 1), 5_000_000)
            step.failed = 123_456_789
            measures.steps[f"{name} {fmt}"] = step
    measures.counts.update(
        offered=287_992_800, started=287_992_800, ended=287_992_800, dropped=1_000_000, late=10_000_000,
        completed=287_992_800,
    )  # fmt: skip
    measures.funnel.update(
        pings=287_992_800, accepted=287_992_800, posted=287_992_800, in_time=287_992_800, sold=287_992_800,
        direct=287_992_800, direct_sold=287_992_800,
    )  # fmt: skip
    measures.amounts.update(price=1.5e10, payout=1.5e10, direct_price=1.5e10)
    measures.sampled, measures.unsampled = 14_399_640, 14_399_640
    measures.outcomes["create_call_transfer", ENDLESS] = 1_234_567
    measures.errors["create_call_transfer", "http.5xx", ENDLESS] = 1_234_567
    story.reconciliation.merge(dict.fromkeys(("accepted", "checked", "lost", "duplicated", "sold_twice"), 123_456_789))
    story.take(f"{'machine.partner.example_' * 3}", {"lost": "it was not heard of for 12345 s and did not finish"})
    story.problems.append(ENDLESS)
    story.stopped = ENDLESS
    return story


def said(story: LoadRun) -> list[str]:
    rates = {**conclusion.rates(wide()), "words": f"not found; {ENDLESS}"}
    before = [
        {"step": "create_call_transfer json", "figure": "p99", "verdict": "too few samples", "now": 0.09999,
         "before": 0.09999, "bound": "5% and 1 ms"},
    ]  # fmt: skip
    rows = [
        {"level": "should", "clause": "LE2-TRANSFER-RES-03", "operation": "create_call_transfer", "count": 1_234_567,
         "message": ENDLESS}
    ] * 12  # fmt: skip
    outcomes = conclusion.outcomes(story)
    return [
        *console.lines(story, outcomes), *console.knee(rates), *console.against(before), *console.findings(rows),
    ]  # fmt: skip


@pytest.mark.parametrize("model", ["open", "closed"])
def test_every_line_of_a_run_fits_eighty_columns(model: str) -> None:
    story = wide()
    story.job = replace(story.job, model=model, users=10_000)
    story.interrupted = model == "open"

    lines = said(story)

    assert [line for line in lines if len(line) > 80] == []
    assert not any(character in line for line in lines for character in "\n\t")


def test_what_is_ours_is_wrapped_and_only_what_a_target_says_is_cut() -> None:
    lines = said(wide())
    text = " ".join(" ".join(lines).split())

    assert {line[:11].strip() for line in lines if line.endswith("…")} == {""}  # the message below a finding
    assert [line for line in lines if line.startswith("  outcome") and line.endswith("…: 1,234,567")]
    for words in (
        "it was not heard of for 12345 s and did not finish",
        "287,992,800 offered, 287,992,800 started, 287,992,800 ended, 1,000,000 dropped, 10,000,000 late",
        "123,456,789 of 123,456,789 leads looked up",
        "where the 95 % intervals do not meet",
        "should LE2-TRANSFER-RES-03 create_call_transfer ×1,234,567",
        "and 2 more in the report",
    ):
        assert words in text


def test_a_reason_that_is_repeated_is_said_once() -> None:
    story = wide()
    found = [
        replace(one, reason="generator saturated", verdict=verdicts.INCONCLUSIVE)
        for one in conclusion.outcomes(story) * 2
    ]
    text = "\n".join(console.lines(story, found))

    assert text.count("generator saturated") == 1
    assert text.count("(for the same reason)") == len(found) - 1


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "–"), (0.0, "0.00ms"), (0.000123, "0.12ms"), (0.009994, "9.99ms"), (0.0099999, "10.0ms"),
        (0.09994, "99.9ms"), (0.0999999, "100ms"), (0.9994, "999ms"), (0.9999, "1.00s"), (9.999, "10.0s"),
        (100.0, "100s"),
    ],
)  # fmt: skip
def test_a_duration_has_three_digits_in_a_table(value: float | None, words: str) -> None:
    assert console._short(value) == words
