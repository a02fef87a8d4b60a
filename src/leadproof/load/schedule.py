"""When journeys begin: shapes of load as segments, and the arrivals of a schedule. Pure, seeded, no clock.

An arrival is a number of seconds from the start of the run; who sends decides nothing about it, and responses decide
nothing about it (that is what makes the model *open*). Several workers share a schedule by taking every n-th arrival,
so together they send exactly the arrivals of one.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

from leadproof.core.errors import ConfigurationError

#: Steps of the shape `step`, from a fifth of the rate to the whole of it.
STEPS = 5

#: Journeys per second, and seconds, of the shape `smoke` at most.
SMOKE_RATE, SMOKE_SECONDS = 5.0, 10.0


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of time in which the rate goes in a straight line from one value to another."""

    #: Seconds.
    length: float
    #: Journeys per second at its beginning and at its end.
    begin: float
    end: float

    @property
    def arrivals(self) -> float:
        """Journeys that begin in it: the area under the line."""
        return (self.begin + self.end) / 2 * self.length

    def when(self, area: float) -> float:
        """Seconds from the segment's beginning until the area under the line is `area`."""
        slope = (self.end - self.begin) / self.length
        if abs(slope) < 1e-12:
            return area / self.begin
        # area = begin·t + slope·t²/2, solved in the form that keeps its digits where begin is large
        root = math.sqrt(max(self.begin * self.begin + 2 * slope * area, 0.0))
        return 2 * area / (self.begin + root)


def constant(rate: float, seconds: float) -> tuple[Segment, ...]:
    """The same rate all the time."""
    return (Segment(seconds, rate, rate),)


def smoke(rate: float, seconds: float) -> tuple[Segment, ...]:
    """Does it work at all: at most five journeys a second for at most ten seconds."""
    return constant(min(rate, SMOKE_RATE), min(seconds, SMOKE_SECONDS))


def ramp(rate: float, seconds: float) -> tuple[Segment, ...]:
    """From a tenth of the rate to the rate in a straight line."""
    return (Segment(seconds, rate / 10, rate),)


def step(rate: float, seconds: float) -> tuple[Segment, ...]:
    """Equal stretches, each at a higher rate than the last: where is the knee?"""
    return tuple(constant(rate * (number + 1) / STEPS, seconds / STEPS)[0] for number in range(STEPS))


def spike(rate: float, seconds: float) -> tuple[Segment, ...]:
    """A tenth of the rate, the rate at once for a fifth of the time, and a tenth again."""
    calm = Segment(seconds * 0.4, rate / 10, rate / 10)
    return (calm, Segment(seconds * 0.2, rate, rate), calm)


def soak(rate: float, seconds: float) -> tuple[Segment, ...]:
    """A ramp over a twentieth of the time, then the rate, for long runs."""
    return (Segment(seconds * 0.05, rate / 10, rate), Segment(seconds * 0.95, rate, rate))


#: Name -> segments of a rate (journeys per second) and a duration (seconds).
SHAPES: dict[str, Callable[[float, float], tuple[Segment, ...]]] = {
    "smoke": smoke,
    "constant": constant,
    "ramp": ramp,
    "step": step,
    "spike": spike,
    "soak": soak,
}

#: How arrivals stand within the rate: in equal gaps, or as a Poisson process (independent customers).
PATTERNS = ("constant", "poisson")


@dataclass(frozen=True, slots=True)
class Schedule:
    """The arrivals of a run."""

    segments: tuple[Segment, ...]
    #: One of `PATTERNS`.
    pattern: str = "constant"
    seed: int = 0

    @property
    def duration(self) -> float:
        """Seconds from the start to the end of the last segment."""
        return sum(one.length for one in self.segments)

    @property
    def peak(self) -> float:
        """The highest rate, journeys per second."""
        return max(max(one.begin, one.end) for one in self.segments)

    @property
    def expected(self) -> float:
        """How many arrivals there are; on average, where they are random."""
        return sum(one.arrivals for one in self.segments)

    def arrivals(self, share: int = 0, of: int = 1) -> Iterator[float]:
        """Seconds from the start of each arrival, ascending.

        Args:
            share: Which worker's arrivals, from 0.
            of: How many workers there are.
        """
        return islice(self._all(), share, None, of)

    def rate_at(self, seconds: float) -> float:
        """The asked rate at a moment, journeys per second; 0 after the end."""
        for one in self.segments:
            if seconds < one.length:
                return one.begin + (one.end - one.begin) * seconds / one.length
            seconds -= one.length
        return 0.0

    def _all(self) -> Iterator[float]:
        areas = self._poisson() if self.pattern == "poisson" else self._regular()
        area, begun = next(areas), 0.0
        passed = 0.0
        for one in self.segments:
            # The last arrival of a whole number must not fall to rounding at a boundary.
            until = passed + one.arrivals - 1e-9
            while area < until:
                yield begun + one.when(area - passed)
                area = next(areas)
            passed += one.arrivals
            begun += one.length

    @staticmethod
    def _regular() -> Iterator[float]:
        number = 0
        while True:
            yield float(number)
            number += 1

    def _poisson(self) -> Iterator[float]:
        """Arrivals of a Poisson process of rate one; the segments stretch it."""
        chance, area = random.Random(f"arrivals/{self.seed}").expovariate, 0.0
        while True:
            area += chance(1.0)
            yield area


def schedule(shape: str, rate: float, seconds: float, pattern: str = "constant", seed: int = 0) -> Schedule:
    """The schedule of a shape.

    Args:
        shape: A key of `SHAPES`.
        rate: Journeys per second at its highest.
        seconds: How long.
        pattern: One of `PATTERNS`.
        seed: Of random arrivals.

    Raises:
        ConfigurationError: No such shape or pattern, or numbers that are none.
    """
    if shape not in SHAPES:
        raise ConfigurationError(f"there is no shape of load called {shape!r}", hint=f"known are: {', '.join(SHAPES)}")
    if pattern not in PATTERNS:
        raise ConfigurationError(
            f"there is no pattern of arrivals called {pattern!r}", hint=f"known are: {', '.join(PATTERNS)}"
        )
    if not (0 < rate < math.inf and 0 < seconds < math.inf):
        raise ConfigurationError(f"a rate of {rate:g} for {seconds:g} s is no load", hint="both are numbers above zero")
    return Schedule(SHAPES[shape](float(rate), float(seconds)), pattern, seed)
