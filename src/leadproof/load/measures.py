"""What a run measures: `Window` on the hot path of one process, `Measures` for the whole run. Merging is adding. Pure.

A window collects until it is folded, about once a second; the fold is data that travels (through locust's own messages,
and from locust to the command), and measures take it in. Time is kept in at most `SLICES` slices that grow as the run
does, and distinct texts are capped, so that memory does not depend on how long a run is or how it fails.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from leadproof.core.histogram import Histogram

#: Slices of time at most; beyond that two become one.
SLICES = 240

#: Precision of a slice's histograms: 1.6 % is a fifth of a pixel in any chart of them.
SLICE_BITS = 5

#: Distinct errors, and distinct outcomes, that are told apart; the rest is counted in one row.
DISTINCT = 100

#: Row of what is not told apart any more.
OTHER = "other"

#: Seconds by which a start may be behind its schedule before it counts as late.
LATE = 0.01

#: What is counted in each slice.
COUNTS = ("offered", "started", "dropped", "late", "completed", "failed", "ended", "abandoned", "resent")

#: The whole journey, beside its steps.
JOURNEY = "journey"


class StepWindow:
    """One step since the last fold."""

    __slots__ = ("content", "failed", "latency", "service")

    def __init__(self) -> None:
        self.latency, self.service = Histogram(), Histogram()
        self.failed = 0
        #: Bytes of the bodies of responses. For locust's tables; the report has no use for it.
        self.content = 0


class Window:
    """What one process saw since the last fold."""

    __slots__ = ("checks", "counts", "errors", "journeys", "lag", "outcomes", "sampled", "steps")

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Begins anew."""
        self.steps: dict[tuple[str, str], StepWindow] = {}
        self.journeys, self.lag = Histogram(), Histogram()
        self.counts: dict[str, int] = dict.fromkeys(COUNTS, 0)
        self.errors: Counter[tuple[str, str, str]] = Counter()
        self.outcomes: Counter[tuple[str, str]] = Counter()
        #: Responses that broke a cheap check.
        self.checks = 0
        #: Exchanges that were given to the judge, and those that were chosen for it and had no room.
        self.sampled = [0, 0]

    def step(self, operation: str, fmt: str) -> StepWindow:
        """The window of a step."""
        found = self.steps.get((operation, fmt))
        if found is None:
            found = self.steps[(operation, fmt)] = StepWindow()
        return found

    def error(self, operation: str, kind: str, detail: str) -> None:
        """Counts an error; beyond `DISTINCT` different ones without its detail."""
        key = (operation, kind, detail)
        if len(self.errors) >= DISTINCT and key not in self.errors:
            key = (operation, kind, OTHER)
        self.errors[key] += 1

    def outcome(self, operation: str, kind: str) -> None:
        """Counts a business outcome."""
        key = (operation, kind)
        if len(self.outcomes) >= DISTINCT and key not in self.outcomes:
            key = (operation, OTHER)
        self.outcomes[key] += 1

    def fold(self, second: float, funnel: Counter[str], amounts: dict[str, float], **more: Any) -> dict[str, Any]:
        """The window as data, and a fresh window.

        Args:
            second: Seconds from the start of the run to the middle of the window.
            funnel: Counts of the funnel; emptied.
            amounts: Sums of money; emptied.
            more: What else belongs to the process and the moment (cpu, connections …).
        """
        data = {
            "second": second,
            "steps": {
                f"{operation} {fmt}": {
                    "latency": one.latency.data(),
                    "service": one.service.data(),
                    "failed": one.failed,
                }
                for (operation, fmt), one in self.steps.items()
            },
            "journeys": self.journeys.data(),
            "lag": self.lag.data(),
            "counts": dict(self.counts),
            "errors": [[*key, number] for key, number in self.errors.items()],
            "outcomes": [[*key, number] for key, number in self.outcomes.items()],
            "checks": self.checks,
            "sampled": list(self.sampled),
            "funnel": dict(funnel),
            "amounts": dict(amounts),
            **more,
        }
        funnel.clear()
        amounts.update(dict.fromkeys(amounts, 0.0))
        self.clear()
        return data


@dataclass(slots=True)
class StepMeasures:
    """One step over the whole run."""

    latency: Histogram = field(default_factory=Histogram)
    #: From the moment the request really left: what a closed client would report.
    service: Histogram = field(default_factory=Histogram)
    failed: int = 0


@dataclass(slots=True)
class Slice:
    """A stretch of time."""

    counts: Counter[str] = field(default_factory=Counter)
    #: Step, or `JOURNEY` -> latencies.
    latency: dict[str, Histogram] = field(default_factory=dict)
    lag: Histogram = field(default_factory=lambda: Histogram(SLICE_BITS))
    #: Responses that broke a cheap check, and those in which only the judge found what fails a run.
    checks: int = 0
    violations: int = 0
    #: The highest share of a processor of any process, and the most memory in MiB.
    cpu: float = 0.0
    memory: float = 0.0

    def merge(self, other: Slice) -> None:
        """Adds another slice."""
        self.counts.update(other.counts)
        self.lag.merge(other.lag)
        self.checks += other.checks
        self.violations += other.violations
        self.cpu, self.memory = max(self.cpu, other.cpu), max(self.memory, other.memory)
        for name, histogram in other.latency.items():
            self.latency.setdefault(name, Histogram(SLICE_BITS)).merge(histogram)


@dataclass(slots=True)
class Measures:
    """The whole run, all workers together."""

    steps: dict[str, StepMeasures] = field(default_factory=dict)
    journeys: Histogram = field(default_factory=Histogram)
    lag: Histogram = field(default_factory=Histogram)
    counts: Counter[str] = field(default_factory=Counter)
    errors: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)
    funnel: Counter[str] = field(default_factory=Counter)
    amounts: Counter[str] = field(default_factory=Counter)
    checks: int = 0
    violations: int = 0
    sampled: int = 0
    unsampled: int = 0
    #: Seconds of one slice.
    width: float = 1.0
    slices: dict[int, Slice] = field(default_factory=dict)
    #: Worker -> its highest share of a processor, and what it started.
    workers: dict[str, dict[str, float]] = field(default_factory=dict)

    @classmethod
    def coarse(cls) -> Measures:
        """For a look in passing, at a third of the work: all histograms as precise as slices, and no service time."""
        return cls(journeys=Histogram(SLICE_BITS), lag=Histogram(SLICE_BITS))

    def take(self, fold: Mapping[str, Any], worker: str = "local") -> None:
        """Adds the fold of a worker."""
        bits = self.journeys.bits
        lag = Histogram.read(fold["lag"], bits)
        now = Slice(
            Counter(fold["counts"]), lag=_coarse(lag), checks=fold["checks"],
            violations=int(fold.get("violations", 0)), cpu=fold.get("cpu", 0.0), memory=fold.get("memory", 0.0),
        )  # fmt: skip
        for name, row in fold["steps"].items():
            latency = Histogram.read(row["latency"], bits)
            step = self.steps.setdefault(name, StepMeasures(Histogram(bits), Histogram(bits)))
            step.latency.merge(latency)
            if bits > SLICE_BITS:
                step.service.merge(Histogram.read(row["service"]))
            step.failed += row["failed"]
            now.latency[name] = _coarse(latency)
        journeys = Histogram.read(fold["journeys"], bits)
        self.journeys.merge(journeys)
        now.latency[JOURNEY] = _coarse(journeys)
        self.lag.merge(lag)
        self.counts.update(fold["counts"])
        _add(self.errors, ((tuple(row[:-1]), row[-1]) for row in fold["errors"]))
        _add(self.outcomes, ((tuple(row[:-1]), row[-1]) for row in fold["outcomes"]))
        self.funnel.update(fold["funnel"])
        self.amounts.update(fold["amounts"])
        self.checks += now.checks
        self.violations += now.violations
        self.sampled += fold["sampled"][0]
        self.unsampled += fold["sampled"][1]
        self._slice(fold["second"]).merge(now)
        mine = self.workers.setdefault(worker, {"cpu": 0.0, "started": 0.0, "memory": 0.0})
        mine["cpu"], mine["memory"] = max(mine["cpu"], now.cpu), max(mine["memory"], now.memory)
        mine["started"] += fold["counts"]["started"]

    def _slice(self, second: float) -> Slice:
        place = int(max(second, 0.0) / self.width)
        while place >= SLICES:
            self.width *= 2
            pairs, self.slices = self.slices, {}
            for old, one in sorted(pairs.items()):
                self.slices.setdefault(old // 2, Slice()).merge(one)
            place = int(second / self.width)
        return self.slices.setdefault(place, Slice())

    def between(self, begin: float, end: float) -> Measures:
        """A stretch of time, seconds from the start, at the precision of slices: its slices' middles lie within."""
        part = Slice()
        for place, one in self.slices.items():
            if begin <= (place + 0.5) * self.width < end:
                part.merge(one)
        journeys = part.latency.pop(JOURNEY, Histogram(SLICE_BITS))
        steps = {name: StepMeasures(histogram, Histogram(SLICE_BITS)) for name, histogram in part.latency.items()}
        return Measures(steps, journeys, part.lag, part.counts, checks=part.checks, violations=part.violations)

    def operation(self, name: str) -> StepMeasures:
        """An operation in both formats, or all steps under the name "all"."""
        bits = self.journeys.bits
        whole = StepMeasures(Histogram(bits), Histogram(bits))
        for step, one in self.steps.items():
            if name in ("all", step, step.partition(" ")[0]):
                whole.latency.merge(one.latency)
                whole.service.merge(one.service)
                whole.failed += one.failed
        return whole

    def latency_of(self, name: str) -> Histogram:
        """The latencies of `operation`, to be read only."""
        found = [one.latency for step, one in self.steps.items() if name in ("all", step, step.partition(" ")[0])]
        if len(found) == 1:
            return found[0]
        whole = Histogram(self.journeys.bits)
        for one in found:
            whole.merge(one)
        return whole

    @property
    def responses(self) -> int:
        """Requests that came to an end, with a response or without."""
        return self.counts["completed"] + self.counts["failed"]


def _coarse(histogram: Histogram) -> Histogram:
    return histogram if histogram.bits == SLICE_BITS else histogram.coarser(SLICE_BITS)


def _add(counter: Counter[Any], rows: Iterable[tuple[tuple[str, ...], int]]) -> None:
    """Adds counts; distinct ones up to `DISTINCT`, the rest by kind only."""
    for key, number in rows:
        known = key in counter or len(counter) < DISTINCT
        counter[key if known else (*key[:-1], OTHER)] += number
