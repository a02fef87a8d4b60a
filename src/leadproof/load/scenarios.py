"""Scenarios from files: `loadtests/scenarios/*.toml` or one of the user's, and changes by the command line."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from leadproof.core import resources
from leadproof.core.errors import ConfigurationError
from leadproof.load.documents import toml_document
from leadproof.load.journeys import JOURNEYS
from leadproof.load.scenario import Scenario, checked

#: Journeys per second, and seconds, that nobody exceeds by a slip of the finger; --max-rate, --max-duration raise them.
MOST_RATE, MOST_SECONDS = 20_000.0, 4 * 3600.0

#: The same for a target on another machine.
REMOTE_RATE, REMOTE_SECONDS = 50.0, 600.0


def names() -> list[str]:
    """The shipped scenarios."""
    return sorted(path.stem for path in resources.path("loadtests", "scenarios").glob("*.toml"))


def load(name: str) -> Scenario:
    """The scenario of a shipped name or of a TOML file.

    Raises:
        ConfigurationError: There is none, or it has a key or a value that makes no sense.
    """
    known = names()
    path = resources.path("loadtests", "scenarios", f"{name}.toml") if name in known else Path(name)
    shipped = f"shipped are: {', '.join(known)}; a file of yours ends in .toml"
    found = toml_document(path, name, known, f"there is no scenario {name!r}", shipped)
    return read(found, path.stem, str(path))


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
    for journey in made.journeys:
        if journey not in JOURNEYS:
            raise ConfigurationError(
                f"{place}: there is no journey {journey!r}", hint=f"known are: {', '.join(JOURNEYS)}"
            )
    return checked(made, place)


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
