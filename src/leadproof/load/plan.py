"""What a load will do, before it does anything: journeys, requests, leads, and whether the samples will be enough.

Pure. `leadproof load --plan` shows it; a load in steps that could find no knee is refused by it, and others are warned.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from leadproof.core.errors import UsageError
from leadproof.core.text import count
from leadproof.load import objectives, reconciliation
from leadproof.load.expecting import CALLBACK, expected
from leadproof.load.measures import JOURNEY
from leadproof.load.objectives import ALIASES, Objective
from leadproof.load.scenario import Scenario
from leadproof.load.schedule import SMOKE_SECONDS, STEPS

#: Standard deviations by which the number of samples may fall short of what is expected: met in one of 700 runs.
_SPARE = 3.0

#: Seconds of one step at least: a run is kept in slices of a second, and a step has to be told from its neighbours.
LEAST_STEP = 2.0


@dataclass(frozen=True, slots=True)
class Samples:
    """What one objective will have to rest on; in a run in steps, in its lowest step."""

    objective: str
    #: Whose responses are counted: an operation, `post`, `all` or `journey`.
    step: str
    #: How many there will be, about.
    expected: float
    #: How many it needs.
    needed: int
    enough: bool
    #: Seconds of the whole run that would be enough; None where no run would be.
    duration: float | None


@dataclass(frozen=True, slots=True)
class LoadPlan:
    """One load that has not begun."""

    scenario: Scenario
    #: Journeys that begin, about; None in the closed model, where responses decide.
    journeys: float | None
    #: Operation -> requests, about; of one journey in the closed model.
    requests: Mapping[str, float]
    #: Calls to returnURL that are waited for.
    callbacks: float
    #: Leads that are created, about.
    leads: float
    samples: tuple[Samples, ...]
    #: Seconds of one step; 0 for another shape.
    step: float
    #: Exchanges that every clause judges, about.
    judged: float
    #: Accepted leads that are looked up on a target that is not the mock, at most, and how many in a second.
    lookups: tuple[int, float]

    @property
    def refused(self) -> str:
        """Why this load is not begun; "" if it is."""
        if not self.step:
            return ""
        short = _longest(self.samples)
        if short is None:
            return "" if self.step >= LEAST_STEP else f"each step of --shape step would last {self.step:g} s only"
        spare = " and some to spare" if short.expected >= short.needed else ""
        return (
            f"each step of --shape step gives about {count(round(short.expected), 'sample')} of {short.step}; "
            f"{short.objective} needs {short.needed:,}{spare}"
        )

    @property
    def duration(self) -> float | None:
        """Seconds that would be enough for everything; None where no run would be."""
        short = _longest(self.samples)
        least = LEAST_STEP * STEPS if self.step else 0.0
        return max(least, self.scenario.duration) if short is None else short.duration

    @property
    def warning(self) -> str:
        """What this load will leave open, in one line; "" for nothing."""
        short = _longest(self.samples)
        if short is None or self.step:
            return ""
        found = f"about {count(round(short.expected), 'sample')} of {short.step} expected, {short.objective} needs "
        return f"{found}{short.needed:,}: {_remedy(short.duration)}"

    def data(self) -> dict[str, Any]:
        """The plan as data that JSON can carry."""
        scenario = self.scenario
        return {
            "scenario": scenario.data(), "journeys": _rounded(self.journeys),
            "requests": {name: _rounded(number) for name, number in self.requests.items()},
            "callbacks": _rounded(self.callbacks), "leads": _rounded(self.leads),
            "samples": [{**asdict(one), "expected": _rounded(one.expected)} for one in self.samples],
            "connections": scenario.connections, "judged": _rounded(self.judged),
            "lookups": {"most": self.lookups[0], "per_second": self.lookups[1]},
            "refused": self.refused, "warning": self.warning, "duration_enough": self.duration,
        }  # fmt: skip


def plan(
    scenario: Scenario, goals: Sequence[Objective], *, model: str = "open", conserve: bool = True, checks: bool = True
) -> LoadPlan:
    """The plan of a load.

    Args:
        scenario: What is sent, and when.
        goals: What must hold.
        model: open or closed.
        conserve: Are accepted leads looked up afterwards?
        checks: May the account ask for duplicates?
    """
    one, schedule = expected(scenario, checks=checks), scenario.schedule()
    journeys = schedule.expected if model == "open" else None
    times = journeys if journeys is not None else 1.0
    requests = {name: number * times for name, number in one.steps.items() if name != CALLBACK}
    in_steps = journeys is not None and scenario.shape == "step"
    found = [_samples(goal, one.steps, scenario, in_steps=in_steps) for goal in goals] if journeys else []
    return LoadPlan(
        scenario, journeys, requests, one.steps.get(CALLBACK, 0.0) * times, one.leads * times,
        tuple(row for row in found if row is not None), schedule.segments[0].length if in_steps else 0.0,
        sum(requests.values()) * scenario.judge_share,
        reconciliation.sample(scenario.rate, scenario.duration) if conserve else (0, 0.0),
    )  # fmt: skip


def require(it: LoadPlan) -> None:
    """Ends before anything is sent, where steps are too short to say anything.

    Raises:
        UsageError: They are.
    """
    if it.refused:
        raise UsageError(it.refused, hint=f"{_remedy(it.duration)}; a higher --rate or other --objectives do as well")


def _samples(goal: Objective, steps: Mapping[str, float], scenario: Scenario, *, in_steps: bool) -> Samples | None:
    """What a percentile or a mean has to rest on; None for an objective that rests on anything, or is left out."""
    needed, step = objectives.samples_needed(goal.name), goal.name.rpartition(".")[0]
    each, schedule = _of(step, steps), scenario.schedule()
    if not needed or (goal.optional and not each):
        return None
    wanted = needed + _SPARE * math.sqrt(needed) if needed > 1 else 1.0
    if not in_steps:
        number = each * schedule.expected
        seconds = math.ceil(scenario.duration * wanted / number) if number else None
        possible = seconds is not None and (scenario.shape != "smoke" or seconds <= SMOKE_SECONDS)
        return Samples(goal.name, step, number, needed, number >= wanted, float(seconds or 0) if possible else None)
    # The lowest step has the fewest journeys, and the last of them get responses in the time of the next.
    lowest = schedule.segments[0]
    late = scenario.think[1] * max(sum(steps.values()) - 1, 0.0)
    number = each * lowest.begin * max(lowest.length - late, 0.0)
    # Steps of whole seconds, as slices are.
    length = math.ceil(max(wanted / (each * lowest.begin) + late, LEAST_STEP)) if each else None
    return Samples(goal.name, step, number, needed, number >= wanted, length and float(length * STEPS))


def _of(step: str, steps: Mapping[str, float]) -> float:
    """How many responses of a step one journey has."""
    if step == JOURNEY:
        return 1.0
    name = ALIASES.get(step, step)
    return sum(number for one, number in steps.items() if name in ("all", one))


def _longest(samples: Iterable[Samples]) -> Samples | None:
    """Of the objectives with too few samples the one that needs the longest run."""
    return max(
        (one for one in samples if not one.enough),
        key=lambda one: math.inf if one.duration is None else one.duration,
        default=None,
    )


def _remedy(duration: float | None) -> str:
    if duration is None:
        return "no --duration of this scenario and shape would be enough"
    return f"--duration {duration:g}s would be enough"


def _rounded(number: float | None) -> float | None:
    return None if number is None else round(number, 1)
