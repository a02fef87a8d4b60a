"""What becomes of objectives: PASS, FAIL, or INCONCLUSIVE where too few samples, or a generator that could not keep up,
allow neither. Pure.

A generator that is behind its schedule makes requests wait: what may be its doing is held against no service.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from leadproof.core.histogram import Histogram
from leadproof.load.measures import JOURNEY, Measures
from leadproof.load.objectives import ALIASES, BEYOND, RATIOS, Objective, is_latency, percent_of, samples_needed
from leadproof.load.replies import UNSENT

PASS, FAIL, INCONCLUSIVE = "PASS", "FAIL", "INCONCLUSIVE"

#: Share of the offered starts that must have been started for a figure to speak of the asked rate.
STARTED = 0.999


@dataclass(frozen=True, slots=True)
class ObjectiveResult:
    """What became of an objective."""

    name: str
    most: float
    verdict: str
    #: None where there is nothing to measure.
    actual: float | None
    samples: int
    reason: str = ""

    def data(self) -> dict[str, Any]:
        """The outcome as data."""
        return {
            "name": self.name, "most": self.most, "actual": self.actual, "samples": self.samples,
            "verdict": self.verdict, "reason": self.reason,
        }  # fmt: skip


def saturated(measures: Measures, objectives: tuple[Objective, ...]) -> str:
    """Why the generator could not keep up with its schedule; "" if it could."""
    offered, started = measures.counts["offered"], measures.counts["started"]
    if why := behind(measures, objectives):
        return why
    if offered and started / offered < STARTED:
        return f"only {started / offered:.2%} of the offered journeys were started"
    return ""


def behind(measures: Measures, objectives: tuple[Objective, ...]) -> str:
    """How far the generator was behind its schedule, where that is too far; "" where it is not."""
    bound = next((one.most for one in objectives if one.name == "lag.p99"), 0.02)
    lag = measures.lag.percentile(99)
    if measures.counts["offered"] and lag > bound:
        return (
            f"generator saturated: it was {lag * 1e3:.1f} ms behind its schedule at p99, {bound * 1e3:g} ms are allowed"
        )
    return ""


def judge(measures: Measures, objectives: tuple[Objective, ...]) -> list[ObjectiveResult]:
    """The outcome of every objective."""
    why, late = saturated(measures, objectives), bool(behind(measures, objectives))
    found = []
    for one in objectives:
        outcome = _decide(measures, one)
        if outcome is None:
            continue
        if why and _uncertain(measures, one, outcome, late=late):
            outcome = replace(outcome, verdict=INCONCLUSIVE, reason=why)
        found.append(outcome)
    return found


def _uncertain(measures: Measures, one: Objective, outcome: ObjectiveResult, *, late: bool) -> bool:
    """Might a generator that had kept up have found otherwise?

    Args:
        measures: What was measured.
        one: The objective.
        outcome: What it came to.
        late: Was the generator behind its schedule? Then requests waited for it, too, and not for the service alone.
    """
    if one.name == "errors.ratio":
        return late and outcome.verdict == FAIL and _errors(measures, late=late) <= one.most * measures.responses
    if one.name == "clauses.ratio":
        return False
    if one.name == "lag.p99":
        return outcome.verdict == FAIL
    if outcome.verdict == FAIL and is_latency(one.name):
        histogram = _histogram(measures, one.name, service=late)
        share = 1 - percent_of(one.name.rpartition(".")[2]) / 100
        return not _surely_above(certainly_above(measures, histogram, one.most), histogram.total, share)
    return True


def certainly_above(measures: Measures, histogram: Histogram, limit: float) -> float:
    """How many samples are above a limit, whatever the generator's own lag has added to them.

    A process that stalls sends late and sees a response late. Of either, only a share 1-q can be off by more than the
    q-quantile of the lag; so what is above limit and twice that quantile, less twice that share, is certain, for any q.
    """
    quantiles = (0.5, 0.75, 0.9, 0.95, 0.99, 0.999)
    lags = measures.lag.percentiles([one * 100 for one in quantiles])
    total = histogram.total
    return max(
        (histogram.above(limit + 2 * lag) - 2 * (1 - one) * total for one, lag in zip(quantiles, lags, strict=True)),
        default=0.0,
    )


def _histogram(measures: Measures, name: str, *, service: bool = False) -> Histogram:
    """The durations that an objective is about.

    Args:
        measures: What was measured.
        name: Of the objective.
        service: Leave out what requests waited for a connection, which a generator that is behind prolongs without end?
            Of a whole journey nobody knows it.
    """
    step = name.rpartition(".")[0]
    if step == "lag":
        return measures.lag
    if step == JOURNEY:
        return Histogram() if service else measures.journeys
    operation = ALIASES.get(step, step)
    return measures.operation(operation).service if service else measures.latency_of(operation)


def _errors(measures: Measures, *, late: bool) -> int:
    """Requests that failed; without those that were never sent in time, where the generator was behind its schedule."""
    unsent = sum(number for (*_, detail), number in measures.errors.items() if detail == UNSENT)
    return measures.counts["failed"] - unsent * late


def _decide(measures: Measures, one: Objective) -> ObjectiveResult | None:
    if one.name in RATIOS:
        actual, samples = RATIOS[one.name](measures)
        if not samples:
            return ObjectiveResult(one.name, one.most, INCONCLUSIVE, None, 0, "no response came")
        return ObjectiveResult(one.name, one.most, PASS if actual <= one.most else FAIL, actual, samples)
    figure = one.name.rpartition(".")[2]
    histogram = _histogram(measures, one.name)
    samples = histogram.total
    if not samples:
        # Users of the closed model begin by no schedule, so there is nothing to be behind.
        left_out = one.optional or one.name.startswith("lag.")
        return None if left_out else ObjectiveResult(one.name, one.most, INCONCLUSIVE, None, 0, "no samples")
    if figure == "max":
        actual = histogram.highest
    elif figure == "mean":
        actual = histogram.mean()
    else:
        actual = histogram.percentile(percent_of(figure))
    needed = samples_needed(one.name)
    if samples < needed:
        if figure not in ("max", "mean") and _surely_above(
            histogram.above(one.most), samples, 1 - percent_of(figure) / 100
        ):
            return ObjectiveResult(one.name, one.most, FAIL, actual, samples)
        reason = f"too few samples: {figure} needs {needed:,}"
        return ObjectiveResult(one.name, one.most, INCONCLUSIVE, actual, samples, reason)
    return ObjectiveResult(one.name, one.most, PASS if actual <= one.most else FAIL, actual, samples)


def _surely_above(above: float, samples: int, share: float) -> bool:
    """Are more samples above the limit than chance puts there if `share` of all were? With a Poisson number's mean
    of samples·share, four standard deviations and four more are met less than once in ten thousand runs.
    """
    mean = samples * share
    return above > mean + 4 * math.sqrt(mean) + 4


def lost(measures: Measures, objectives: tuple[Objective, ...], done: float) -> Iterator[tuple[str, str]]:
    """The objectives that no rest of the run, however good, could still meet: name, and why.

    Args:
        measures: What was measured so far.
        objectives: What must hold.
        done: Share of the run that is over, from 0 to 1.
    """
    if done < 0.05:
        return
    doubtful, late = bool(saturated(measures, objectives)), bool(behind(measures, objectives))
    for one in objectives:
        if one.name in ("errors.ratio", "clauses.ratio"):
            # What only the judge finds fails a run, and is no reason not to measure the rest of it.
            number = _errors(measures, late=late) if one.name == "errors.ratio" else measures.checks
            samples = measures.responses
            # A tenth more responses than the rate promises may still come.
            if samples >= 100 and number > one.most * samples / done * 1.1 + BEYOND:
                yield one.name, f"{one.name} is {number / samples:.2%} and cannot come down to {one.most:.2%} any more"
        elif is_latency(one.name):
            histogram = _histogram(measures, one.name, service=late)
            samples = histogram.total
            allowed = (1 - percent_of(one.name.rpartition(".")[2]) / 100) * samples / done * 1.1 + BEYOND
            above = certainly_above(measures, histogram, one.most) if doubtful else histogram.above(one.most)
            if samples >= 100 and above > allowed:
                yield one.name, f"{one.name} cannot come down to {one.most:g} s any more"


def verdict(outcomes: list[ObjectiveResult]) -> str:
    """The verdict over all of them."""
    verdicts = {one.verdict for one in outcomes}
    if not outcomes or INCONCLUSIVE in verdicts:
        return FAIL if FAIL in verdicts else INCONCLUSIVE
    return FAIL if FAIL in verdicts else PASS
