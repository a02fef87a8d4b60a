"""What the page of a load shows beside its charts, as data for the template. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from leadproof.core.histogram import Histogram
from leadproof.core.text import count, figure, seconds
from leadproof.load import conclusion, verdicts
from leadproof.load.measures import JOURNEY, Measures
from leadproof.load.story import LoadRun
from leadproof.runs.formats import loads
from leadproof.web.live.reading import AFTER, KILLED, ON, OVER, LiveReader
from leadproof.web.runs import ListedRun

#: What is counted of the load, in the order of the page.
COUNTS = ("offered", "started", "completed", "failed")

#: Percentiles of the page.
SHOWN = (50.0, 95.0, 99.0)

#: Rows of a table at most: a run directory may hold anything.
_MOST = 20

#: Seconds without news after which the page says so.
_QUIET = 5.0

#: Stages in which no load is on any more.
_ENDED = (AFTER, OVER, KILLED)

#: Standing of an objective: it holds so far, or not; no rest of the run could save it; nobody can tell.
MET, MISSED, LOST, OPEN = "met", "missed", "lost", "open"


@dataclass(frozen=True, slots=True)
class Goal:
    """An objective as it stands."""

    name: str
    most: str
    actual: str
    samples: int
    standing: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class StepRow:
    """A step, or the whole journey, so far."""

    name: str
    responses: int
    failed: int | None
    percentiles: tuple[str, ...]


def figures(reader: LiveReader) -> dict[str, Any]:
    """What a reader has read, for the parts of the page."""
    run, listed = reader.run, reader.listed
    found: dict[str, Any] = {
        "stage": reader.stage, "listed": listed, "elapsed": reader.elapsed, "run": run,
        "quiet": reader.quiet if reader.quiet >= _QUIET and reader.stage == ON else 0.0,
    }  # fmt: skip
    if run is None:
        return found
    measures, scenario = run.measures, run.job.scenario
    standings = _goals(run, reader.elapsed, over=reader.stage == OVER)
    shown = _whole(measures, reader.elapsed) if reader.stage in _ENDED else _newest(measures)
    return found | {
        "title": title(run),
        "duration": scenario.duration,
        "counts": {name: measures.counts[name] for name in COUNTS},
        "ended": reader.stage in _ENDED,
        "end": _end(reader, run),
        "rates": shown.rates,
        "percentiles": list(zip((f"p{percent:g}" for percent in SHOWN), _percentiles(shown.latency), strict=True)),
        "lag": (seconds(measures.lag.percentile(99)), seconds(shown.lag.percentile(99)) if shown.lag.counts else "–"),
        "goals": standings,
        "lost": [one for one in standings if one.standing == LOST],
        "missed": [one for one in standings if one.standing == MISSED],
        "steps": list(_steps(measures)),
        "outcomes": measures.outcomes.most_common(_MOST),
        "errors": measures.errors.most_common(_MOST),
        "funnel": loads.stages(measures.funnel),
        "workers": [(one, measures.workers.get(one.name, {})) for one in list(run.workers.values())[:_MOST]],
        "refused": run.refused[:_MOST],
        "problems": run.problems[:_MOST],
        "judged": reader.judged,
        "findings": reader.violated.most_common(_MOST),
    }


@dataclass(frozen=True, slots=True)
class _Measured:
    """What the tiles show: of the newest second while the load is on, of all of it afterwards."""

    #: A second, of what `COUNTS` counts.
    rates: Mapping[str, float]
    latency: Histogram
    lag: Histogram


def _newest(measures: Measures) -> _Measured:
    newest, latency = measures.slices[max(measures.slices)] if measures.slices else None, Histogram(5)
    for name, histogram in newest.latency.items() if newest else ():
        if name != JOURNEY:
            latency.merge(histogram)
    rates = {name: newest.counts[name] / measures.width if newest else 0.0 for name in COUNTS}
    return _Measured(rates, latency, newest.lag if newest else Histogram(5))


def _whole(measures: Measures, elapsed: float) -> _Measured:
    rates = {name: measures.counts[name] / elapsed if elapsed else 0.0 for name in COUNTS}
    return _Measured(rates, measures.latency_of("all"), measures.lag)


def _end(reader: LiveReader, run: LoadRun) -> dict[str, str] | None:
    """How a load came to its end: the name of a text, and what stands in it; None before it has."""
    if reader.stage not in (OVER, KILLED):
        return None
    duration, elapsed = run.job.scenario.duration, min(reader.elapsed, run.job.scenario.duration)
    at = _ended(reader.listed) if reader.stage == OVER else datetime.fromtimestamp(reader.written, UTC)
    why = next(filter(None, (run.stopped, *run.problems, *conclusion.why_short(run))), "")
    how = "killed" if reader.stage == KILLED else "stopped" if why else "interrupted" if run.interrupted else "planned"
    return {
        "how": how, "why": why, "at": f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}" if at else "–",
        "elapsed": f"{elapsed:.0f}", "duration": f"{duration:g}",
    }  # fmt: skip


def _ended(listed: ListedRun) -> datetime | None:
    try:
        return datetime.fromisoformat(listed.started) + timedelta(seconds=listed.seconds or 0.0)
    except (ValueError, OverflowError):
        return None


def title(run: LoadRun) -> str:
    """What a run does, in a line: `ping_post, 300/s for 15 s`."""
    scenario = run.job.scenario
    rate = count(run.job.users, "user") if run.job.model == "closed" else f"{scenario.rate:,g}/s"
    shape = "" if run.job.model == "closed" or scenario.shape == "constant" else f", {scenario.shape}"
    return f"{scenario.name}, {rate} for {scenario.duration:g} s{shape}"


def _goals(run: LoadRun, elapsed: float, *, over: bool) -> list[Goal]:
    outcomes = conclusion.outcomes(run)
    # The costly question, and only of what does not hold.
    open_ = [one for one in outcomes if one.verdict != verdicts.PASS]
    lost: Mapping[str, str] = run.lost(elapsed) if open_ and not over else {}
    return [_goal(one, lost, over=over) for one in outcomes]


def _goal(one: verdicts.ObjectiveResult, lost: Mapping[str, str], *, over: bool) -> Goal:
    standing = {verdicts.PASS: MET, verdicts.FAIL: LOST if over else MISSED}.get(one.verdict, OPEN)
    if one.verdict != verdicts.PASS and one.name in lost:
        standing = LOST
    reason = lost.get(one.name, "") or one.reason
    return Goal(one.name, figure(one.name, one.most), figure(one.name, one.actual), one.samples, standing, reason)


def _steps(measures: Measures) -> Iterator[StepRow]:
    for name, step in sorted(measures.steps.items())[:_MOST]:
        yield StepRow(name, step.latency.total, step.failed, _percentiles(step.latency))
    yield StepRow(JOURNEY, measures.journeys.total, None, _percentiles(measures.journeys))


def _percentiles(histogram: Histogram) -> tuple[str, ...]:
    if not histogram.counts:
        return ("–",) * len(SHOWN)
    return tuple(map(seconds, histogram.percentiles(SHOWN)))
