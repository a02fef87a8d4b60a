"""`leadproof test`: the contract suite alone."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import click

from leadproof import suite
from leadproof.cli import completing, ending, options
from leadproof.cli.engage import REMOTE_BUDGET, REMOTE_RATE, Engagement, Wish, engage
from leadproof.contract import specs
from leadproof.contract.specs import Clause, meaning
from leadproof.core.errors import InputError, UsageError, reading_hint
from leadproof.core.operations import BOTH
from leadproof.core.text import count, one_line
from leadproof.judge.coverage import gaps
from leadproof.suite.replay import Replay, read
from leadproof.suite.session import BudgetSpent

#: Generated examples of each cell, unless told otherwise.
EXAMPLES = 10

#: Replay files that one run writes, and cases that are named as not run.
REPLAYS, NAMED = 50, 5


@click.command("test")
@click.option(
    "--target",
    metavar="URL|NAME",
    shell_complete=completing.targets,
    help="What to test: a URL or a named target (default: the built-in mock).",
)
@click.option(
    "--operation",
    "operations",
    multiple=True,
    metavar="ID",
    shell_complete=completing.operations,
    help="Only this operation; may be repeated.",
)
@click.option(
    "--clause",
    "clauses",
    multiple=True,
    metavar="ID",
    shell_complete=completing.clauses,
    help="Only cases that decide this clause; may be repeated.",
)
@click.option("--media", metavar="json,xml", help="Only these representations.")
@click.option(
    "--topic",
    "topics",
    multiple=True,
    type=click.Choice(list(suite.TOPICS)),
    metavar="TOPIC",
    help=f"Only this topic; may be repeated: {', '.join(suite.TOPICS)}.",
)
@click.option("--max-examples", type=click.IntRange(1), help=f"Generated examples of each cell (default: {EXAMPLES}).")
@click.option(
    "--max-time",
    type=click.FloatRange(0, min_open=True),
    help="Seconds for the whole run, shared out among the topics.",
)
@click.option("--replay", metavar="FILE", type=click.Path(path_type=Path), help="Make one failing example again.")
@ending.judging(options.seed)
@click.option("--timeout", type=float, help="Seconds for one exchange (default: 30).")
@click.option(
    "--max-requests", type=click.IntRange(1),
    help=f"Requests at most (default: {REMOTE_BUDGET} on another machine, else no limit).",
)  # fmt: skip
@click.option("--rate", type=float, help=f"Requests per second at most (default: {REMOTE_RATE:g} on another machine).")
def command(
    given: ending.Given,
    target: str | None,
    operations: tuple[str, ...],
    clauses: tuple[str, ...],
    media: str | None,
    topics: tuple[str, ...],
    max_examples: int | None,
    max_time: float | None,
    replay: Path | None,
    seed: int | None,
    timeout: float | None,
    max_requests: int | None,
    rate: float | None,
) -> int:
    """Run the contract suite: every operation, negatives, twins, sequences, generated requests.

    Without --target the built-in mock is started on a free port of this machine. Credentials come from
    LEADPROOF_API_KEY or LEADPROOF_BEARER_TOKEN, never from the command line; guard rails for targets on other machines
    are those of certify. Each distinct failure leaves a replay file in the run directory.

    A run ends with 4 if an operation that was selected got no accepted request in one of its media types.

    \b
    Examples:
      leadproof test
      leadproof test --operation ping --media xml --max-examples 100
      leadproof test --clause LE2-PING-RES-05 --target http://127.0.0.1:8080
      leadproof test --max-time 30 --json > report.json
      leadproof test --replay reports/out/RUN/replay-01.json
    """
    for name in operations:
        options.known_operation(name)
    if replay is not None:
        chosen = ("operations", "clauses", "media", "topics")
        options.refuse_idle(chosen, "with --replay, which makes one case again", "leave out one of the two")
    again = _replay(replay)
    named = [clause for name in clauses for clause in _clauses(name)]
    rows = _rows(again, operations, _media(media), topics, named)
    if not suite.GENERATING & {topic for topic, _ in rows}:
        options.refuse_idle(
            ("max_examples",), "on cases of which none is generated", "leave it out, or add --topic generated"
        )
    wish = Wish(
        "test", given.spec, given.profile, given.configured, target=target,
        seed=again.seed if again and seed is None else seed, nonce=again.nonce if again else None, out=given.out,
        fail_on=given.fail_on, timeout=timeout, max_requests=max_requests, rate=rate,
        examples=max_examples or (again.examples if again else EXAMPLES), quiet=given.as_json,
    )  # fmt: skip
    with engage(wish) as engagement:
        outcomes = _run(engagement, rows, max_time or 0.0)
        engagement.watch.display.stop()
        ledger, exercised = engagement.ledger, engagement.ledger.summary.exercised
        assert exercised is not None
        for gap in (*gaps(exercised), *_undecided(named, engagement)):
            ledger.note("gap", gap)
        ledger.note("suite", _story(outcomes))
        _keep_replays(engagement, outcomes, wish)
        report = ledger.report("test", engagement.run.end())
        code = given.end.conclude(report, engagement.run)
    if given.as_json:
        return code
    _details(report["coverage"])
    if again:
        found = again.clause in {row["clause"] for row in report["findings"]}
        click.echo(f"replay: {again.clause} is {'broken again' if found else 'not broken this time'}")
    return code


# ---- what is run -----------------------------------------------------------------------------------------------------


def _replay(path: Path | None) -> Replay | None:
    if path is None:
        return None
    try:
        return read(path.read_bytes(), str(path))
    except OSError as error:
        raise InputError(f"{path}: cannot be opened: {error.strerror}", hint=reading_hint(error)) from None


def _media(text: str | None) -> tuple[str, ...]:
    names = tuple(one.strip().lower() for one in (text or "").split(",") if one.strip())
    for name in names:
        if name not in BOTH:
            raise UsageError(f"there is no representation {name!r}", hint="json, xml, or both with a comma between")
    return names


def _clauses(name: str) -> list[Clause]:
    """The clauses that an id means today, as far as a check decides them."""
    current = meaning(name)
    if not current:
        import difflib

        near = difflib.get_close_matches(name, specs.clauses(), 1)
        hint = f"did you mean {near[0]}?" if near else "leadproof explain shows what there is"
        raise UsageError(f"there is no clause {name!r}", hint=hint)
    tested = [clause for clause in current if clause.check]
    if not tested:
        raise UsageError(f"{name} cannot be tested: {current[0].untestable}", hint="name a clause that a check decides")
    return tested


def _rows(
    again: Replay | None,
    operations: tuple[str, ...],
    media: tuple[str, ...],
    topics: tuple[str, ...],
    clauses: list[Clause],
) -> list[tuple[str, suite.Case]]:
    if again is not None:
        known = again.topic in suite.TOPICS
        rows = [row for row in suite.cases([again.topic]) if row[1].name == again.case] if known else []
        if not rows:
            raise InputError(
                f"the suite has no case {again.topic}: {again.case}", hint="was the file written by another version?"
            )
        return rows
    rows = suite.select(operations, media, topics, clauses)
    if not rows:
        raise UsageError("no case fits what was asked for", hint="leave out --operation, --media, --topic or --clause")
    return rows


def _run(engagement: Engagement, rows: list[tuple[str, suite.Case]], max_time: float) -> list[suite.CaseResult]:
    ledger, outcomes = engagement.ledger, list[suite.CaseResult]()
    ledger.note("exercising")
    order = suite.spread(rows) if engagement.budget else rows
    watch = engagement.watch
    watch.begin(order)

    def done(outcome: suite.CaseResult) -> None:
        outcomes.append(outcome)
        watch.done(outcome)

    try:
        suite.run(engagement.story, order, watch.told, done, max_time=max_time)
    except BudgetSpent as error:
        spent = f"the run ended after {count(engagement.budget, 'request')}; --max-requests allows more"
        ledger.note("general_reason", str(error) or spent)
    except KeyboardInterrupt as error:
        ledger.interrupt(error)
    return outcomes


def _undecided(clauses: list[Clause], engagement: Engagement) -> list[str]:
    """Clauses that were asked for by name and that nothing gave occasion to decide."""
    tally, reasons = engagement.ledger.tally, engagement.ledger.summary.reasons
    return [
        f"{clause.id} was not decided: {reasons.get(clause.id) or tally.result(clause)[1]}"
        for clause in clauses
        if tally.result(clause)[0] == "untested"
    ]


# ---- what came of it -------------------------------------------------------------------------------------------------


def _story(outcomes: list[suite.CaseResult]) -> dict[str, Any]:
    """Cases, time and exchanges by topic, and what was not run and why."""
    topics: dict[str, dict[str, Any]] = {}
    for one in outcomes:
        row = topics.setdefault(one.topic, {"cases": 0, "exchanges": 0, "seconds": 0.0})
        row["cases"] += 1
        row["exchanges"] += one.exchanges
        row["seconds"] = round(row["seconds"] + one.seconds, 3)
    return {
        "cases": dict(Counter(one.result for one in outcomes)),
        "topics": topics,
        "failed": [f"{one.topic}: {one.case.name}" for one in outcomes if one.result == "failed"],
        "not_run": [
            {"case": f"{one.topic}: {one.case.name}", "reason": one.reason}
            for one in outcomes
            if one.result in ("untested", "left out")
        ],
    }


def _keep_replays(engagement: Engagement, outcomes: list[suite.CaseResult], wish: Wish) -> None:
    """A replay file for each distinct finding, of the case that saw it first."""
    kept: set[tuple[str, ...]] = set()
    spec, maker = wish.spec, engagement.story.maker
    for one in outcomes:
        for key in one.keys:
            row = next(iter(engagement.ledger.finding_rows([key])), None)
            if key in kept or len(kept) >= REPLAYS or row is None:
                continue
            kept.add(key)
            readings = {name: choice for name, choice in spec.choices.items() if choice != spec.readings[name].taken}
            replay = Replay(
                one.topic, one.case.name, row["clause"], maker.seed, maker.nonce, engagement.story.examples,
                row["exchange"] or 0, maker.profile.name, readings,
            )  # fmt: skip
            path = engagement.run.add_file(f"replay-{len(kept):02}.json", replay.text())
            evidence = {"replay": f"leadproof test --replay {path}"}
            engagement.ledger.note("attach", {"key": list(key), "evidence": evidence})


def _details(coverage: dict[str, Any]) -> None:
    """Where the time went, what was covered, what was not run."""
    story, exercised = coverage["suite"], coverage["exercised"]
    cases = ", ".join(f"{number} {name}" for name, number in story["cases"].items())
    click.echo(f"cases: {cases}")
    for topic, row in story["topics"].items():
        tried, sent = count(row["cases"], "case"), count(row["exchanges"], "exchange")
        click.echo(f"  {topic:<15}{tried:>11} {sent:>16} {row['seconds']:>8.1f} s")
    click.echo("coverage of what can be had:")
    for name, row in exercised.items():
        click.echo(f"  {name:<15}{row['covered']:>5} of {row['total']}")
    for gap in coverage["gaps"]:
        click.echo(f"not tested: {one_line(gap)}")
    for reason, number in Counter(row["reason"] for row in story["not_run"]).most_common(NAMED):
        click.echo(f"not run: {count(number, 'case')}: {one_line(reason)}")
