"""Scenarios from files: `loadtests/scenarios/*.toml` or one of the user's, and changes by the command line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import Field, fields
from pathlib import Path
from typing import Any

from leadproof.core import resources
from leadproof.core.errors import ConfigurationError
from leadproof.core.text import count
from leadproof.core.toml import parse as parse_toml
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
            import difflib

            near = difflib.get_close_matches(key, known, 1)
            raise ConfigurationError(
                f"{place}: there is no key {key}",
                hint=f"did you mean {near[0]}?" if near else f"known are: {', '.join(known)}",
            )
    try:
        made = Scenario(**{"name": name} | {key: _value(known[key], value) for key, value in document.items()})
    except ValueError as error:
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
            document[key] = parse_toml(f"value = {text}")["value"]
        except ValueError:
            document[key] = text
    return read(document, one.name, "--set") if settings else one


def _value(setting: Field[Any], value: object) -> Any:
    """A value of the type that a setting has."""
    if setting.name == "think":
        return _pair(value)
    fits, words = next(row for kind, *row in _TYPES if isinstance(setting.default, kind))
    if setting.name == "journeys":
        fits, words = Mapping, "a table"
    if isinstance(value, bool) or not isinstance(value, fits):
        raise ValueError(f"{setting.name} is no {words.partition(' ')[2]}: {_short(value)}")
    return _number(value) if isinstance(setting.default, float) else value


#: Type of a setting's default -> what its values may be, and what that is called; a name has no default.
_TYPES: tuple[tuple[type, Any, str], ...] = (
    (float, int | float, "a number"), (int, int, "a whole number"), (object, str, "a text"),
)  # fmt: skip


def _number(value: object) -> float:
    try:
        if not isinstance(value, bool) and isinstance(value, int | float):
            return float(value)
    except OverflowError:
        pass
    raise ValueError(f"{_short(value)} is no number")


def _short(value: object) -> str:
    return repr(value)[:40] if not isinstance(value, int) or abs(value) < 10**40 else "so large a value"


def _pair(value: object) -> tuple[float, float]:
    if not isinstance(value, list | tuple):
        return (_number(value), _number(value))
    if len(value) != 2:
        raise ValueError(f"think has {count(len(value), 'value')}, where it takes the least and the most")
    return (_number(value[0]), _number(value[1]))


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
