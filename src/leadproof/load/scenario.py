"""Scenarios: what virtual clients do, as data read from `loadtests/scenarios/*.toml` or a file of the user's.

Says which journeys begin in which proportion and how they vary; how a journey goes is in `journeys`, when it begins in
`schedule`.
"""

from __future__ import annotations

import difflib
import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from leadproof.core import resources
from leadproof.core.errors import ConfigurationError
from leadproof.load.schedule import PATTERNS, SHAPES, SMOKE_RATE, SMOKE_SECONDS, Schedule, schedule

#: Journeys per second, and seconds, that nobody exceeds by a slip of the finger; --max-rate, --max-duration raise them.
MOST_RATE, MOST_SECONDS = 20_000.0, 4 * 3600.0

#: The same for a target on another machine.
REMOTE_RATE, REMOTE_SECONDS = 50.0, 600.0


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
    #: Share of requests whose body and answer are XML; the rest is JSON.
    xml_share: float = 0.0
    #: Leads in one request.
    batch: int = 1
    #: Share of accepted pings that are followed by a post.
    post_share: float = 0.5
    #: Seconds between an answer and the next step of the same journey, at least and at most.
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
    #: Seconds until a request without a complete answer is given up.
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
        return _checked(changed, self.name)

    def data(self) -> dict[str, Any]:
        """The settings as data that JSON can carry."""
        return {one.name: getattr(self, one.name) for one in fields(self)} | {
            "journeys": dict(self.journeys), "think": list(self.think),
        }  # fmt: skip


def names() -> list[str]:
    """The shipped scenarios."""
    return sorted(path.stem for path in resources.path("loadtests", "scenarios").glob("*.toml"))


def load(name: str) -> Scenario:
    """The scenario of a shipped name or of a TOML file.

    Raises:
        ConfigurationError: There is none, or it has a key or a value that makes no sense.
    """
    known = names()
    path = Path(name)
    if name in known:
        path = resources.path("loadtests", "scenarios", f"{name}.toml")
    elif path.suffix != ".toml":
        near = difflib.get_close_matches(name, known, 1)
        raise ConfigurationError(
            f"there is no scenario {name!r}",
            hint=(f"did you mean {near[0]}? " if near else "")
            + f"shipped are: {', '.join(known)}; a file of yours ends in .toml",
        )
    try:
        document = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}", hint="check the path") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} is no TOML: {error}", hint="see https://toml.io for the syntax") from None
    return read(document, path.stem, str(path))


def read(document: Mapping[str, Any], name: str, place: str) -> Scenario:
    """The scenario of a TOML document.

    Args:
        document: The parsed document.
        name: The scenario's name where the document gives none.
        place: Where it stands, for messages.

    Raises:
        ConfigurationError: A key does not exist, or a value makes no sense.
    """
    known = {one.name: one for one in fields(Scenario)}
    for key in document:
        if key not in known:
            near = difflib.get_close_matches(key, known, 1)
            raise ConfigurationError(
                f"{place}: there is no key {key}",
                hint=f"did you mean {near[0]}?" if near else f"known are: {', '.join(known)}",
            )
    values = {"name": name, **document}
    try:
        if "think" in values:
            values["think"] = _pair(values["think"])
        for key in (
            "rate",
            "duration",
            "xml_share",
            "post_share",
            "duplicate_share",
            "refused_share",
            "judge_share",
            "timeout",
        ):
            if key in values:
                values[key] = _number(values[key])
        made = Scenario(**values)
    except (TypeError, ValueError) as error:
        raise ConfigurationError(f"{place}: {error}", hint="see the shipped scenarios for examples") from None
    return _checked(made, place)


def changed(one: Scenario, settings: Sequence[str]) -> Scenario:
    """The scenario with settings of the form `key=value`, the value as TOML writes it.

    Raises:
        ConfigurationError: A key does not exist, or a value makes no sense.
    """
    document = one.data()
    for setting in settings:
        key, sign, text = (part.strip() for part in setting.partition("="))
        if not sign:
            raise ConfigurationError(
                f"--set {setting} is not of the form key=value", hint="such as --set batch=5 or --set post_share=0.5"
            )
        try:
            document[key] = tomllib.loads(f"value = {text}")["value"]
        except tomllib.TOMLDecodeError:
            document[key] = text
    return read(document, one.name, "--set") if settings else one


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{value!r} is no number")
    return float(value)


def _pair(value: object) -> tuple[float, float]:
    if not isinstance(value, list | tuple):
        return (_number(value), _number(value))
    least, most = (_number(one) for one in value)
    return (least, most)


def _checked(one: Scenario, place: str) -> Scenario:
    from leadproof.load.journeys import JOURNEYS  # the table of journeys knows scenarios, not the other way round

    def wrong(words: str, hint: str) -> ConfigurationError:
        return ConfigurationError(f"{place}: {words}", hint=hint)

    for name, weight in one.journeys.items():
        if name not in JOURNEYS:
            raise wrong(f"there is no journey {name!r}", f"known are: {', '.join(JOURNEYS)}")
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
    if one.shape == "smoke":  # what is printed and waited for is what is sent
        one = replace(one, rate=min(one.rate, SMOKE_RATE), duration=min(one.duration, SMOKE_SECONDS))
    return one


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def capped(
    one: Scenario, *, loopback: bool, most_rate: float | None = None, most_seconds: float | None = None
) -> Scenario:
    """The scenario, if its rate and duration are within the caps.

    Raises:
        ConfigurationError: They are not.
    """
    rate = most_rate or (MOST_RATE if loopback else REMOTE_RATE)
    seconds = most_seconds or (MOST_SECONDS if loopback else REMOTE_SECONDS)
    where = "this machine" if loopback else "another machine"
    if one.rate > rate:
        raise ConfigurationError(
            f"{one.rate:g} journeys per second are more than the cap of {rate:g} for {where}",
            hint="lower --rate, or raise the cap with --max-rate if that is meant",
        )
    if one.duration > seconds:
        raise ConfigurationError(
            f"{one.duration:g} s are more than the cap of {seconds:g} s for {where}",
            hint="lower --duration, or raise the cap with --max-duration if that is meant",
        )
    return one
