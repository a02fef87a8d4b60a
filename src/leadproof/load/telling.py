"""A load run in lines of text, for the terminal. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from leadproof.errors import ExitCode
from leadproof.load.objectives import INCONCLUSIVE, Outcome
from leadproof.load.story import Story
from leadproof.reports.text import count, figure, one_line, seconds

#: The verdict in a word or two, by exit code.
WORDS = {
    ExitCode.PASSED: "PASS",
    ExitCode.VIOLATED: "FAIL, the contract is violated",
    ExitCode.USAGE: "INCONCLUSIVE, the generator had a problem",
    ExitCode.OBJECTIVES_MISSED: "FAIL, objectives were missed",
    ExitCode.INCONCLUSIVE: "INCONCLUSIVE",
    ExitCode.UNREACHABLE: "INCONCLUSIVE, the target was never reached",
    ExitCode.INTERRUPTED: "INTERRUPTED, this is what was measured until then",
}

#: Errors and outcomes that are listed one by one.
_MOST = 12


def lines(story: Story, outcomes: Sequence[Outcome]) -> Iterator[str]:
    """The whole run, the verdict first."""
    measures, scenario = story.measures, story.job.scenario
    counts = measures.counts
    code = story.exit_code(outcomes)
    what = (
        f"{scenario.shape} {scenario.rate:g}/s"
        if story.job.model == "open"
        else f"closed, {count(story.job.users, 'user')}"
    )
    yield f"{WORDS[code]}  {scenario.name}, {what} for {scenario.duration:g} s"
    if why := story.nothing():
        yield f"  {why}"
    if story.stopped:
        yield f"  ended early: {one_line(story.stopped)}"
    for problem in story.problems:
        yield f"  problem: {one_line(problem)}"
    for worker in story.workers.values():
        if worker.lost:
            yield f"  worker {one_line(worker.name)}: {worker.lost}"
    if story.job.model == "closed":
        yield "  closed model: users wait for answers, so a slow target is asked less often and looks faster than it is"
    yield ""
    said = ""
    for one in outcomes:
        reason = f"  {one.reason if one.reason != said else '(the same)'}" if one.reason else ""
        said = one.reason or said
        yield (
            f"  {one.verdict:12} {one.name:18} {figure(one.name, one.actual):>12}  at most "
            f"{figure(one.name, one.most)}  ({count(one.samples, 'sample')}){reason}"
        )
    yield ""
    yield f"  {'step':26}{'answers':>9}{'failed':>8}{'p50':>12}{'p95':>12}{'p99':>12}{'p99.9':>12}{'max':>12}"
    for name, step in sorted(measures.steps.items()):
        figures = step.latency.percentiles((50, 95, 99, 99.9, 100)) if step.latency.total else [None] * 5
        values = "".join(f"{seconds(one):>12}" for one in figures)
        yield f"  {name:26}{step.latency.total:>9,}{step.failed:>8,}{values}"
    yield ""
    lag = measures.lag.percentiles((50, 99, 100))
    yield (
        f"  journeys   {counts['offered']:,} offered, {counts['started']:,} started, {counts['ended']:,} ended, "
        f"{counts['dropped']:,} dropped, {counts['late']:,} late"
    )
    yield f"  lag        p50 {seconds(lag[0])}, p99 {seconds(lag[1])}, max {seconds(lag[2])}"
    funnel = measures.funnel
    amounts = measures.amounts
    if funnel["pings"]:
        price = f"; paid {amounts['price']:.2f}, estimated {amounts['payout']:.2f}" if funnel["sold"] else ""
        yield (
            f"  funnel     {funnel['pings']:,} pings, {funnel['accepted']:,} accepted, {funnel['posted']:,} posted, "
            f"{funnel['in_time']:,} in time, {funnel['sold']:,} sold{price}"
        )
    if funnel["direct"]:
        yield (
            f"  direct     {funnel['direct']:,} posted without a ping, {funnel['direct_sold']:,} sold; paid "
            f"{amounts['direct_price']:.2f}"
        )
    kept = story.conservation
    if kept.accepted:
        yield (
            f"  conserved  {kept.checked:,} of {count(kept.accepted, 'lead')} looked up: {kept.lost:,} lost, "
            f"{kept.duplicated:,} duplicated, {kept.sold_twice:,} sold twice"
        )
    yield f"  judged     {count(measures.sampled, 'exchange')} by every clause" + (
        f", {measures.unsampled:,} more had no room" if measures.unsampled else ""
    )
    for (operation, kind), number in measures.outcomes.most_common(_MOST):
        yield f"  outcome    {operation} {one_line(kind)}: {number:,}"
    for (operation, kind, detail), number in measures.errors.most_common(_MOST):
        yield f"  error      {operation} {kind}{f': {one_line(detail)}' if detail else ''}: {number:,}"


def findings(rows: Sequence[Mapping[str, Any]], most: int = 10) -> Iterator[str]:
    """What the judge has found, the worst first."""
    for row in rows[:most]:
        what = f"{row['level']} {row['clause']} {row['operation']}: {one_line(row['message'])}"
        yield f"  finding    {what}  ×{row['count']}"
    if len(rows) > most:
        yield f"             and {len(rows) - most} more in the report"


def knee_of(rates: Mapping[str, Any]) -> str:
    """The knee of a run in steps in words, and what is in the way of a higher one."""
    found = f"{rates['knee']:g}/s met the objectives, with every rate below it"
    if not rates["knee"]:
        undecided = rates["rows"][0]["verdict"] == INCONCLUSIVE
        found = "not found" if undecided else "the lowest rate missed the objectives"
    return f"{found}; {rates['why']}" if rates["why"] else found


def knee(rates: Mapping[str, Any]) -> Iterator[str]:
    """What a run in steps has found."""
    if not rates:
        return
    yield f"  knee       {one_line(rates['words'])}"
    for row in rates["rows"]:
        yield f"  step       {row['rate']:g}/s: p95 {seconds(row['p95'])}, p99 {seconds(row['p99'])}  {row['verdict']}"


def against(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """A run against its baseline."""
    for row in rows:
        yield (
            f"  baseline   {row['step']} {row['figure']}: {row['verdict']}, {seconds(row['now'])} now, "
            f"{seconds(row['before'])} before"
        )
    if rows:
        yield f"             (a difference counts beyond {rows[0]['bound']}, and where the 95 % intervals do not meet)"
