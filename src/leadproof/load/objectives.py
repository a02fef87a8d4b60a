"""Objectives: what must hold of a run, by presets and files. What becomes of them is decided in `verdicts`. Pure.

An objective is a name and a limit. Names are built from a step and a figure, such as `ping.p99` (seconds) or
`errors.ratio`; a name that does not exist is an error and never a silent pass.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from leadproof.core.errors import ConfigurationError
from leadproof.core.operations import OPERATIONS
from leadproof.core.toml import place_of
from leadproof.load.documents import toml_document
from leadproof.load.measures import JOURNEY, Measures

#: Words of people for operations.
ALIASES = {"post": "inbound_post", "create": "create_lead", "transfer": "create_call_transfer", "status": "lead_status"}

#: Samples beyond a percentile that it must be able to rest on: with fewer it is one accident.
BEYOND = 10

_PERCENTILE = re.compile(r"p(\d{2,5})")


@dataclass(frozen=True, slots=True)
class Objective:
    """One thing that must hold."""

    #: `<step>.<figure>`: a step is an operation, `post`, `all` or `journey`; a figure p50 … p9999, max, mean (seconds).
    name: str
    #: Seconds, or a ratio from 0 to 1.
    most: float
    #: Is it left out where the run has no such step?
    optional: bool = False


def _bounded(errors: float, clauses: float, lag: float) -> tuple[Objective, ...]:
    return (Objective("errors.ratio", errors), Objective("clauses.ratio", clauses), Objective("lag.p99", lag))


#: Name -> objectives. No service level is documented for the interface: these are what the trade asks for.
PRESETS: dict[str, tuple[Objective, ...]] = {
    "auction": (
        Objective("ping.p99", 0.75, optional=True), Objective("post.p99", 1.0, optional=True),
        *_bounded(0.001, 0.0, 0.01),
    ),
    "standard": (Objective("all.p99", 2.0), *_bounded(0.01, 0.0, 0.02)),
    "leadexec-delivery": (Objective("all.max", 30.0), *_bounded(0.01, 0.0, 0.1)),
    # For a handful of requests, which carry no percentile.
    "smoke": (Objective("all.max", 2.0), *_bounded(0.0, 0.0, 0.1)),
}  # fmt: skip


def _ratio_errors(measures: Measures) -> tuple[float, int]:
    total = measures.responses
    return (measures.counts["failed"] / total if total else 0.0), total


def _ratio_clauses(measures: Measures) -> tuple[float, int]:
    total = measures.responses
    return (min((measures.checks + measures.violations) / total, 1.0) if total else 0.0), total


def _ratio_dropped(measures: Measures) -> tuple[float, int]:
    offered = measures.counts["offered"]
    return (measures.counts["dropped"] / offered if offered else 0.0), offered


def _ratio_late(measures: Measures) -> tuple[float, int]:
    offered = measures.counts["offered"]
    return (measures.counts["late"] / offered if offered else 0.0), offered


#: Figures that are no latency of a step.
RATIOS: dict[str, Callable[[Measures], tuple[float, int]]] = {
    "errors.ratio": _ratio_errors,
    "clauses.ratio": _ratio_clauses,
    "dropped.ratio": _ratio_dropped,
    "late.ratio": _ratio_late,
}


def load(name: str) -> tuple[Objective, ...]:
    """The objectives of a preset or of a TOML file with a table [objectives].

    Raises:
        ConfigurationError: There is none, or one of its names or limits makes no sense.
    """
    if name in PRESETS:
        return PRESETS[name]
    path = Path(name)
    shipped = f"presets are: {', '.join(PRESETS)}; a file ends in .toml"
    found = toml_document(path, name, PRESETS, f"there are no objectives called {name!r}", shipped)
    return read(found, str(path))


def read(document: Mapping[str, Any], place: str) -> tuple[Objective, ...]:
    """The objectives of a document: a table [objectives] of names and limits, and `preset` to build on.

    Raises:
        ConfigurationError: A name does not exist, or a limit is none.
    """
    for key in document:
        if key not in ("objectives", "preset"):
            raise ConfigurationError(
                f"{place_of(Path(place), key)}: there is no key {key}",
                hint="keys are preset and the table [objectives]",
            )
    found = {one.name: one for one in (load(str(document["preset"])) if "preset" in document else ())}
    table = document.get("objectives", {})
    if not isinstance(table, Mapping):
        raise ConfigurationError(
            f"{place_of(Path(place), 'objectives')}: objectives is no table",
            hint='write [objectives] and "ping.p99" = 0.75',
        )
    for path, limit in _flat(table):
        name = ".".join(path)
        if isinstance(limit, bool) or not isinstance(limit, int | float) or limit < 0:
            raise ConfigurationError(
                f"{place_of(Path(place), 'objectives', *path)}: the limit of {name} is {limit!r}",
                hint="seconds or a ratio, from 0",
            )
        if not _exists(name):
            raise _unknown(name, place_of(Path(place), "objectives", *path))
        found[name] = Objective(name, float(limit))
    if not found:
        raise ConfigurationError(
            f"{place}: there are no objectives in it", hint='write [objectives] and "ping.p99" = 0.75'
        )
    return tuple(found.values())


def _flat(table: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Rows of a table in which `ping.p99 = 1` is written with quotation marks or without, by their keys."""
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from (((key, *path), limit) for path, limit in _flat(value))
        else:
            yield (key,), value


def _exists(name: str) -> bool:
    step, _, figure = name.rpartition(".")
    return name in RATIOS or (step in (*_steps(), "lag") and _is_figure(figure))


def _unknown(name: str, place: str) -> ConfigurationError:
    import difflib

    near = difflib.get_close_matches(name, [*RATIOS, *(f"{one}.p99" for one in (*_steps(), "lag"))], 1)
    return ConfigurationError(
        f"{place}: there is no objective {name!r}",
        hint=(f"did you mean {near[0]}? " if near else "")
        + f"a step ({', '.join(_steps())}) or lag, a dot and p50 … p9999, max or mean; or {', '.join(RATIOS)}",
    )


def _steps() -> list[str]:
    return ["all", JOURNEY, *ALIASES, *OPERATIONS]


def _is_figure(figure: str) -> bool:
    return figure in ("max", "mean") or bool(_PERCENTILE.fullmatch(figure))


def is_latency(name: str) -> bool:
    """Does an objective bound a percentile of a step's latency?"""
    step, _, figure = name.rpartition(".")
    return step != "lag" and bool(_PERCENTILE.fullmatch(figure))


def percent_of(figure: str) -> float:
    """The percentile that a figure means: p50 is 50, p999 is 99.9."""
    digits = figure[1:]
    return float(f"{digits[:2]}.{digits[2:] or '0'}")


def samples_needed(name: str) -> int:
    """The samples with which an objective can be decided; 0 where their number does not matter."""
    step, _, figure = name.rpartition(".")
    if name in RATIOS or step == "lag":  # the schedule's own lag is known for every start, however few there are
        return 0
    if figure == "max":
        return 1
    percent = percent_of(figure) if figure != "mean" else 100.0
    return round(BEYOND / (1 - percent / 100)) if percent < 100 else BEYOND
