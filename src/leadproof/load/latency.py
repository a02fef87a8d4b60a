"""The `latency` member of a report: a load run as data, from which every format draws. Pure."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from typing import Any

from leadproof.core.errors import ExitCode
from leadproof.core.histogram import Histogram
from leadproof.load import conclusion
from leadproof.load.journeys import AMOUNTS
from leadproof.load.measures import JOURNEY, LATE, Measures, StepMeasures
from leadproof.load.story import LoadRun
from leadproof.load.verdicts import ObjectiveResult
from leadproof.runs.formats.loads import FUNNEL

#: Percentiles that tables show.
SHOWN = (50.0, 90.0, 95.0, 99.0, 99.9, 99.99)

#: Rows of a heat map: a factor of about 1.6 each.
_HEAT_PER_DECADE = 5

RAW = "leadproof.latency/1"


def described(
    story: LoadRun, outcomes: list[ObjectiveResult], codes: Collection[ExitCode] | None = None
) -> dict[str, Any]:
    """The run as data.

    Args:
        story: The run.
        outcomes: Of its objectives.
        codes: Exit codes that apply, where they are not its own.
    """
    measures, job = story.measures, story.job
    return {
        "verdict": conclusion.overall(conclusion.exit_codes(story, outcomes) if codes is None else codes),
        "nothing": conclusion.why_nothing(story) or conclusion.knee_not_found(story),
        "stopped": story.stopped,
        "ran": round(story.ran, 1),
        "problems": list(story.problems),
        "model": job.model,
        "users": job.users,
        "scenario": job.scenario.data(),
        "repeat": story.repeat,
        "facts": _facts(story),
        "objectives": [one.data() for one in outcomes],
        "counts": dict(measures.counts),
        "steps": {name: _step(step) for name, step in sorted(measures.steps.items())},
        "journeys": _percentiles(measures.journeys),
        "lag": _percentiles(measures.lag),
        "late": {"seconds": LATE, "journeys": measures.counts["late"]},
        "curves": {name: curve(one) for name, one in _histograms(measures)},
        "series": series(measures, job.scenario.duration),
        "heat": {name: heat(measures, name) for name, _ in _histograms(measures)},
        "rates": conclusion.rates(story),
        "errors": [
            {"operation": key[0], "kind": key[1], "detail": key[2], "count": number}
            for key, number in measures.errors.most_common()
        ],
        "outcomes": [
            {"operation": key[0], "outcome": key[1], "count": number}
            for key, number in measures.outcomes.most_common()
        ],
        "funnel": {name: measures.funnel[name] for name in FUNNEL},
        "amounts": {name: round(measures.amounts[name], 2) for name in AMOUNTS},
        "conservation": {
            **story.reconciliation.data(), "decides": story.decides, "left_out": conclusion.unlooked(story),
        },
        "judged": {
            "exchanges": measures.sampled, "without_room": measures.unsampled, "cheap_checks_broken": measures.checks,
            "violations": measures.violations,
        },
        "generator": {
            name: {**measures.workers.get(name, {}), "lost": one.short} for name, one in story.workers.items()
        },
        "refused": list(story.refused),
    }  # fmt: skip


def _facts(story: LoadRun) -> dict[str, str]:
    """What has to be the same for a run to be the same."""
    job, scenario = story.job, story.job.scenario
    settings = {name: f"{value:g}" for name, value in scenario.data().items() if isinstance(value, int | float)}
    weights = ", ".join(f"{name} {weight:g}" for name, weight in scenario.journeys.items() if weight)
    if job.model == "closed":
        settings["users"] = str(job.users)
    else:
        settings["shape"] = f"{scenario.shape}, {scenario.arrivals} arrivals"
    return {
        "journeys by weight": weights,
        **settings,
        "think": f"{scenario.think[0]:g} to {scenario.think[1]:g} s",
        "objectives": scenario.goals,
        "seed": str(job.seed),
        "nonce of the identities": str(job.nonce),
        "processes": str(len(story.workers)),
        "readings": ", ".join(f"{name}={choice}" for name, choice in job.readings.items()) or "as shipped",
    }


def raw(measures: Measures) -> dict[str, Any]:
    """The histograms themselves, for later comparison and merging."""
    return {
        "schema": RAW,
        "steps": {
            name: {"latency": step.latency.data(), "service": step.service.data(), "failed": step.failed}
            for name, step in sorted(measures.steps.items())
        },
        "journeys": measures.journeys.data(),
        "lag": measures.lag.data(),
        "counts": dict(measures.counts),
    }


def _histograms(measures: Measures) -> list[tuple[str, Histogram]]:
    rows = [(name, step.latency) for name, step in sorted(measures.steps.items())]
    return [*rows, (JOURNEY, measures.journeys)]


def _percentiles(histogram: Histogram) -> dict[str, Any]:
    if not histogram.counts:
        return {"samples": 0}
    values = dict(zip((f"p{one:g}" for one in SHOWN), histogram.percentiles(SHOWN), strict=True))
    return {
        "samples": histogram.total,
        "mean": histogram.mean(),
        "min": histogram.lowest,
        **values,
        "max": histogram.highest,
    }


def _step(step: StepMeasures) -> dict[str, Any]:
    return {"failed": step.failed, "latency": _percentiles(step.latency), "service": _percentiles(step.service)}


def curve(histogram: Histogram) -> list[tuple[float, float]]:
    """Points (percentile, seconds) of the percentile curve, closer together towards 100, as far as samples carry it.

    Those that tables show are among them: the curve and a table say the same of a percentile.
    """
    total = histogram.total
    if not total:
        return []
    towards, nines = [50.0], 1
    while 10 ** (nines / 8) <= total:
        towards.append(100 - 50 / 10 ** (nines / 8))
        nines += 1
    shown = [one for one in SHOWN if one <= towards[-1]]
    percents = [0.0, 10.0, 20.0, 30.0, 40.0, *sorted({*towards, *shown}), 100.0]
    return list(zip(percents, histogram.percentiles(percents), strict=True))


def series(measures: Measures, duration: float) -> dict[str, Any]:
    """Rates and percentiles over time: one row for each slice of the schedule's time."""
    width, rows = measures.width, []
    for place in range(max(measures.slices, default=-1) + 1):
        one = measures.slices.get(place)
        counts: Mapping[str, int] = one.counts if one else {}
        whole = Histogram(5)
        for name, histogram in (one.latency if one else {}).items():
            if name != JOURNEY:
                whole.merge(histogram)
        p50, p95, p99 = whole.percentiles((50, 95, 99))
        rows.append(
            {
                "second": round(place * width, 3),
                **{name: counts.get(name, 0) / width for name in ("offered", "started", "completed", "failed")},
                "p50": p50,
                "p95": p95,
                "p99": p99,
                "max": whole.highest if whole.counts else 0.0,
                "lag": one.lag.percentile(99) if one else 0.0,
                "cpu": one.cpu if one else 0.0,
                "memory": one.memory if one else 0.0,
            }
        )
    return {"width": width, "duration": duration, "rows": rows}


def heat(measures: Measures, *names: str) -> dict[str, Any]:
    """A map of latency over time: for each slice, how many samples of some steps lie in each band of latency."""
    whole: dict[int, dict[int, int]] = {}
    for place, one in sorted(measures.slices.items()):
        bands: dict[int, int] = defaultdict(int)
        for histogram in (one.latency[name] for name in names if name in one.latency):
            for index, number in histogram.counts.items():
                bands[_band(histogram.bits, index)] += number
        if bands:
            whole[place] = bands
    if not whole:
        return {"width": measures.width, "bands": [], "cells": []}
    low, high = min(map(min, whole.values())), max(map(max, whole.values()))
    bounds = [10 ** (band / _HEAT_PER_DECADE) for band in range(low, high + 2)]
    cells = [[place, band - low, bands[band]] for place, bands in whole.items() for band in sorted(bands)]
    return {"width": measures.width, "bands": bounds, "cells": cells}


@lru_cache(10_000)
def _band(bits: int, index: int) -> int:
    """The band of a bucket."""
    return math.floor(math.log10(Histogram(bits).middle(index)) * _HEAT_PER_DECADE)


# ---- against another run ---------------------------------------------------------------------------------------------

#: How much a percentile may differ and still count as the same: a twentieth, or a millisecond.
SAME_SHARE, SAME_SECONDS = 0.05, 0.001


def baseline(data: object) -> Mapping[str, Any]:
    """What `raw` gave, if it is that.

    Raises:
        ValueError: It is not.
    """
    if not isinstance(data, Mapping) or data.get("schema") != RAW or not isinstance(data.get("steps"), Mapping):
        raise ValueError(f"its schema is not {RAW}")
    for step in data["steps"].values():
        Histogram.read(step["latency"] if isinstance(step, Mapping) and "latency" in step else {})
    return data


def compared(
    now: Measures, before: Mapping[str, Any], percents: Sequence[float] = (50, 95, 99)
) -> list[dict[str, Any]]:
    """Better, same or worse than a baseline, for each step and percentile: see `steps_compared`."""
    return steps_compared({name: step.latency for name, step in now.steps.items()}, before, percents)


def steps_compared(
    now: Mapping[str, Histogram], before: Mapping[str, Any], percents: Sequence[float] = (50, 95, 99)
) -> list[dict[str, Any]]:
    """Better, same or worse than a baseline, for each step and percentile.

    A difference counts where the 95 % intervals of both percentiles (from the binomial distribution of their ranks) do
    not meet, and where it is more than `SAME_SHARE` and `SAME_SECONDS`; that bound is said with each row.

    Args:
        now: The latency of each step of this run.
        before: The `baseline`.
        percents: Which percentiles.
    """
    rows = []
    for name, histogram in sorted(now.items()):
        if name not in before["steps"]:
            continue
        other = Histogram.read(before["steps"][name]["latency"])
        for percent in percents:
            mine, theirs = interval(histogram, percent), interval(other, percent)
            if mine is None or theirs is None:
                verdict = "too few samples"
            elif mine[0] > theirs[2] and _differs(mine[1], theirs[1]):
                verdict = "worse"
            elif mine[2] < theirs[0] and _differs(mine[1], theirs[1]):
                verdict = "better"
            else:
                verdict = "same"
            rows.append(
                {
                    "step": name,
                    "figure": f"p{percent:g}",
                    "now": mine and mine[1],
                    "before": theirs and theirs[1],
                    "interval": mine and [mine[0], mine[2]],
                    "before_interval": theirs and [theirs[0], theirs[2]],
                    "verdict": verdict,
                    "bound": f"{SAME_SHARE:.0%} and {SAME_SECONDS * 1e3:g} ms",
                }
            )
    return rows


def interval(histogram: Histogram, percent: float) -> tuple[float, float, float] | None:
    """The 95 % interval of a percentile with the percentile in its middle; None with too few samples for one."""
    total, share = histogram.total, percent / 100
    spread = 1.96 * math.sqrt(total * share * (1 - share))
    low, high = total * share - spread, total * share + spread
    if total < 20 or low < 1 or high > total:
        return None
    found = histogram.percentiles((low / total * 100, percent, high / total * 100))
    return found[0], found[1], found[2]


def _differs(one: float, other: float) -> bool:
    return abs(one - other) > max(SAME_SECONDS, SAME_SHARE * other)
