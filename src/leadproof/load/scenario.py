"""`Scenario`: what virtual clients do, as data: which journeys begin in which proportion, and how they vary.

How a journey goes is in `journeys`, when it begins in `schedule`; files are read in `scenarios`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from leadproof.core.errors import ConfigurationError
from leadproof.load.schedule import PATTERNS, SHAPES, SMOKE_RATE, SMOKE_SECONDS, Schedule, schedule


@dataclass(frozen=True, slots=True)
class Scenario:
    """One scenario."""

    name: str
    about: str = ""
    #: Journey -> weight; keys of `journeys.JOURNEYS`.
    journeys: Mapping[str, float] = field(default_factory=dict)
    #: Journeys per second at the shape's highest.
    rate: float = 50.0
    #: Seconds.
    duration: float = 20.0
    #: A key of `schedule.SHAPES`.
    shape: str = "constant"
    #: One of `schedule.PATTERNS`.
    arrivals: str = "poisson"
    #: Share of requests whose body and response are XML; the rest is JSON.
    xml_share: float = 0.0
    #: Leads in one request.
    batch: int = 1
    #: Share of accepted pings that are followed by a post.
    post_share: float = 0.5
    #: Seconds between a response and the next step of the same journey, at least and at most.
    think: tuple[float, float] = (0.05, 0.2)
    #: Share of leads that are sent a second time after they were accepted.
    duplicate_share: float = 0.0
    #: Share of leads that the posting profile rules out.
    refused_share: float = 0.0
    #: Share of journeys whose exchanges are judged by every clause.
    judge_share: float = 0.05
    #: Preset or file of objectives; "" for the shape's own.
    objectives: str = ""
    #: Connections at most; a request beyond them waits, and its waiting counts.
    connections: int = 1000
    #: Seconds until a request without a complete response is given up.
    timeout: float = 30.0
    #: Statuses asked for each lead in a polling journey.
    polls: int = 3

    @property
    def goals(self) -> str:
        """Preset or file of objectives: a smoke test is too short for the percentiles of the standard."""
        return self.objectives or ("smoke" if self.shape == "smoke" else "standard")

    def schedule(self, seed: int = 0) -> Schedule:
        """The schedule of its arrivals."""
        return schedule(self.shape, self.rate, self.duration, self.arrivals, seed)

    def with_(self, **changes: Any) -> Scenario:
        """The same scenario with other settings, checked; None means no change.

        Raises:
            ConfigurationError: A setting is out of its range.
        """
        changed = replace(self, **{name: value for name, value in changes.items() if value is not None})
        return checked(changed, self.name)

    def data(self) -> dict[str, Any]:
        """The settings as data that JSON can carry."""
        return {one.name: getattr(self, one.name) for one in fields(self)} | {
            "journeys": dict(self.journeys), "think": list(self.think),
        }  # fmt: skip


def checked(one: Scenario, place: str) -> Scenario:
    """The scenario, if its settings make sense.

    Args:
        one: The scenario.
        place: Where it stands, for messages.

    Raises:
        ConfigurationError: One does not.
    """

    def wrong(words: str, hint: str) -> ConfigurationError:
        return ConfigurationError(f"{place}: {words}", hint=hint)

    for name, weight in one.journeys.items():
        if not _is_number(weight) or not 0 <= weight < math.inf:
            raise wrong(f"the weight of {name} is {weight!r}", "weights are numbers from 0")
    if not any(one.journeys.values()):
        raise wrong("no journey has a weight", "add a table [journeys] with name = weight")
    for share in ("xml_share", "post_share", "duplicate_share", "refused_share", "judge_share"):
        if not 0 <= getattr(one, share) <= 1:
            raise wrong(f"{share} is {getattr(one, share):g}", "shares are from 0 to 1")
    for name in ("rate", "duration", "timeout"):
        if not 0 < getattr(one, name) < math.inf:
            raise wrong(f"{name} is {getattr(one, name):g}", "a number above 0")
    for name in ("batch", "connections", "polls"):
        if not isinstance(getattr(one, name), int) or not 1 <= getattr(one, name) <= 100_000:
            raise wrong(f"{name} is {getattr(one, name)!r}", "a whole number above 0")
    if one.shape not in SHAPES:
        raise wrong(f"there is no shape of load called {one.shape!r}", f"known are: {', '.join(SHAPES)}")
    if one.arrivals not in PATTERNS:
        raise wrong(f"there is no pattern of arrivals called {one.arrivals!r}", f"known are: {', '.join(PATTERNS)}")
    if not 0 <= one.think[0] <= one.think[1] < math.inf:
        raise wrong(f"think is from {one.think[0]:g} to {one.think[1]:g} s", "the least first, none below 0")
    if one.shape == "smoke":  # what is printed and waited for is what is sent; all of it is judged, for it is little
        one = replace(one, rate=min(one.rate, SMOKE_RATE), duration=min(one.duration, SMOKE_SECONDS), judge_share=1.0)
    return one


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
