"""A load run in lines of text, for a terminal of 80 columns. Pure.

What is long is wrapped; only what quotes the target is cut, with a …, and stands whole in the report.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from leadproof.core.errors import ExitCode
from leadproof.core.text import COLUMNS, count, figure, one_line, seconds, wrapped
from leadproof.load import conclusion
from leadproof.load.measures import Measures
from leadproof.load.metrics import NOT_EXPORTED
from leadproof.load.story import LoadRun
from leadproof.load.verdicts import ObjectiveResult
from leadproof.runs.formats.loads import lasting

#: What a run came to, by exit code, the worst that was found first: a word, and what to say beside it.
WORDS = {
    ExitCode.VIOLATED: ("FAIL", "requirements failed"),
    ExitCode.OBJECTIVES_MISSED: ("FAIL", "objectives were missed"),
    ExitCode.INTERRUPTED: ("INTERRUPTED", "this is what was measured until then"),
    ExitCode.USAGE: ("INCONCLUSIVE", "the generator had a problem"),
    ExitCode.UNREACHABLE: ("INCONCLUSIVE", "the target was never reached"),
    ExitCode.INCONCLUSIVE: ("INCONCLUSIVE", ""),
}

#: Errors and outcomes that are listed one by one.
_MOST = 12

#: Column in which what a label is about begins.
_TEXT = 13


def everything(story: LoadRun, report: Mapping[str, Any]) -> Iterator[str]:
    """The whole run, with what its report adds: metrics that did not arrive, the knee, the baseline, the findings."""
    yield from lines(story, conclusion.outcomes(story))
    for row in report["observations"]:
        if row["kind"] == NOT_EXPORTED:
            yield from _row("metrics", row["message"])
    yield from knee(report["latency"]["rates"])
    yield from against(report["latency"].get("baseline", ()))
    yield from findings(report["findings"])


def lines(story: LoadRun, outcomes: Sequence[ObjectiveResult]) -> Iterator[str]:
    """What was measured, the verdict first."""
    yield from _head(story, outcomes)
    yield ""
    yield from _objectives(outcomes)
    yield ""
    yield from _steps(story.measures)
    yield ""
    yield from _counts(story)


def _head(story: LoadRun, outcomes: Sequence[ObjectiveResult]) -> Iterator[str]:
    scenario = story.job.scenario
    what = (
        f"{scenario.shape} {scenario.rate:g}/s"
        if story.job.model == "open"
        else f"closed, {count(story.job.users, 'user')}"
    )
    what = f"{_cut(scenario.name, 30)}, {what} for {lasting(story.ran, scenario.duration)}"
    words = _verdict(conclusion.exit_codes(story, outcomes))
    if len(words) + len(what) + 2 <= COLUMNS:
        yield f"{words}  {what}"
    else:
        yield from (words, f"  {what}")
    if why := conclusion.why_nothing(story) or conclusion.knee_not_found(story):
        yield from wrapped("  ", why)
    if story.stopped:
        yield from wrapped("  ended early: ", one_line(story.stopped), 4)
    for problem in story.problems:
        yield from wrapped("  problem: ", one_line(problem), 4)
    for worker in story.workers.values():
        if worker.short:
            yield from wrapped(f"  worker {_cut(worker.name, 50)}: ", worker.short, 4)
    if why := conclusion.unoffered(story):
        yield from wrapped("  ", why)
    for name in story.refused:
        yield from wrapped(f"  worker {_cut(name, 50)}: ", "it came when the run had begun, and took no part", 4)
    if story.job.model == "closed":
        yield from wrapped(
            "  closed model: ",
            "users wait for responses, so a slow target is asked less often and looks faster than it is", 4,
        )  # fmt: skip


def _verdict(codes: Collection[ExitCode]) -> str:
    """The worst that was found in a word, and what else there is to say."""
    said = [WORDS[code] for code in WORDS if code in codes]
    if not said:
        return "PASS"
    beside = ["interrupted" if word == "INTERRUPTED" != said[0][0] else words for word, words in said]
    return ", ".join([said[0][0], *("; ".join(words for words in beside if words),) * any(beside)])


def _objectives(outcomes: Sequence[ObjectiveResult]) -> Iterator[str]:
    said = ""
    for one in outcomes:
        yield (
            f"  {one.verdict:12} {one.name:27}{figure(one.name, one.actual):>9}  ≤ {figure(one.name, one.most):<8}  "
            f"{_compact(one.samples)} {'sample' if one.samples == 1 else 'samples'}"
        )
        if one.reason:
            yield from wrapped(" " * 15, one.reason if one.reason != said else "(for the same reason)")
        said = one.reason or said


def _steps(measures: Measures) -> Iterator[str]:
    yield f"  {'step':25}{'responses':>10}{'failed':>8}{'p50':>7}{'p95':>7}{'p99':>7}{'p99.9':>7}{'max':>7}"
    for name, step in sorted(measures.steps.items()):
        figures = step.latency.percentiles((50, 95, 99, 99.9, 100)) if step.latency.total else [None] * 5
        values = "".join(f"{_short(one):>7}" for one in figures)
        yield f"  {name:25}{_compact(step.latency.total, 9):>10}{_compact(step.failed):>8}{values}"


def _counts(story: LoadRun) -> Iterator[str]:
    measures, counts = story.measures, story.measures.counts
    lag = measures.lag.percentiles((50, 99, 100))
    yield from _row(
        "journeys",
        f"{counts['offered']:,} offered, {counts['started']:,} started, {counts['ended']:,} ended, "
        f"{counts['dropped']:,} dropped, {counts['late']:,} late",
    )
    if counts["resent"]:
        yield from _row("resent", f"{count(counts['resent'], 'request')}: a connection closed as it was used again")
    yield from _row("lag", f"p50 {seconds(lag[0])}, p99 {seconds(lag[1])}, max {seconds(lag[2])}")
    funnel = measures.funnel
    amounts = measures.amounts
    if funnel["pings"]:
        price = f"; paid {amounts['price']:.2f}, estimated {amounts['payout']:.2f}" if funnel["sold"] else ""
        yield from _row(
            "funnel",
            f"{funnel['pings']:,} pings, {funnel['accepted']:,} accepted, {funnel['posted']:,} posted, "
            f"{funnel['in_time']:,} in time, {funnel['sold']:,} sold{price}",
        )
    if funnel["direct"]:
        yield from _row(
            "direct",
            f"{funnel['direct']:,} posted without a ping, {funnel['direct_sold']:,} sold; paid "
            f"{amounts['direct_price']:.2f}",
        )
    kept = story.reconciliation
    if kept.accepted:
        yield from _row(
            "conserved",
            f"{kept.checked:,} of {count(kept.accepted, 'lead')} looked up: {kept.lost:,} lost, "
            f"{kept.duplicated:,} duplicated, {kept.sold_twice:,} sold twice",
        )
    elif why := conclusion.unlooked(story):
        yield from _row("conserved", why)
    no_room = f", {measures.unsampled:,} more had no room" if measures.unsampled else ""
    broken = f"; {measures.violations:,} broke one that fails the run" if measures.violations else ""
    yield from _row("judged", f"{count(measures.sampled, 'exchange')} by every clause{no_room}{broken}")
    for (operation, kind), number in measures.outcomes.most_common(_MOST):
        yield _quoted("outcome", f"{operation} {kind}", f": {number:,}")
    for (operation, kind, detail), number in measures.errors.most_common(_MOST):
        yield _quoted("error", f"{operation} {kind}{f': {detail}' if detail else ''}", f": {number:,}")


def findings(rows: Sequence[Mapping[str, Any]], most: int = 10) -> Iterator[str]:
    """What the judge has found, the worst first."""
    for row in rows[:most]:
        yield _quoted("finding", f"{row['level']} {row['clause']} {row['operation']}", f"  ×{row['count']:,}")
        yield _quoted("", row["message"])
    if len(rows) > most:
        yield from _row("", f"and {len(rows) - most} more in the report")


def knee(rates: Mapping[str, Any]) -> Iterator[str]:
    """What a run in steps has found."""
    if not rates:
        return
    yield from _row("knee", one_line(rates["words"]))
    for row in rates["rows"]:
        yield f"  step       {row['rate']:g}/s: p95 {seconds(row['p95'])}, p99 {seconds(row['p99'])}  {row['verdict']}"


def against(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """A run against its baseline."""
    for row in rows:
        yield from _row(
            "baseline",
            f"{row['step']} {row['figure']}: {row['verdict']}, {seconds(row['now'])} now, "
            f"{seconds(row['before'])} before",
        )
    if rows:
        yield from _row(
            "", f"(a difference counts beyond {rows[0]['bound']}, and where the 95 % intervals do not meet)"
        )


# ---- within the width ------------------------------------------------------------------------------------------------


def _row(label: str, text: str) -> list[str]:
    """A label and what belongs to it, in as many lines as it takes."""
    return wrapped(f"  {label:11}", text, _TEXT)


def _quoted(label: str, text: str, end: str = "") -> str:
    """A label and words of the target, cut to one line."""
    return f"  {label:11}{_cut(text, COLUMNS - _TEXT - len(end))}{end}"


def _cut(text: str, most: int) -> str:
    text = one_line(text)
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _short(value: float | None) -> str:
    """A duration in six columns: three digits and a unit."""
    if value is None:
        return "–"
    number, unit = (value * 1e3, "ms") if value < 0.9995 else (value, "s")
    digits = 2 if number < 9.995 else 1 if number < 99.95 else 0
    return f"{number:.{digits}f}{unit}"


def _compact(number: int, room: int = 7) -> str:
    """A whole number in so many columns; with fewer digits where it is too long."""
    whole = f"{number:,}"
    return whole if len(whole) <= room else f"{number / 1e6:,.1f}M" if number < 1e9 else f"{number / 1e9:,.1f}G"
