"""A chart of a load run: a drawing and its numbers; what several of them say alike. How one is drawn is in `svg`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from leadproof.core.text import figure as text_of
from leadproof.runs.formats import svg
from leadproof.runs.formats.parts import Row

#: Rows that a table shows; a longer series is thinned to this many.
_ROWS = 60

#: The height of drawings that show one line.
LOW = 190

#: What stands at the axis of time.
TIME = "Time since the start, s"


@dataclass(frozen=True)
class Chart:
    """A drawing and its numbers."""

    title: str
    words: str
    svg: Markup
    columns: tuple[str, ...]
    rows: Sequence[tuple[str, ...]] = ()


def figure(row: Row, name: str) -> str:
    """The figure of an objective with its unit."""
    return text_of(str(row.get("name", "")), row.get(name))


def tick(value: float) -> str:
    """A duration at an axis."""
    return f"{value * 1e3:g} ms" if value < 1 else f"{value:g} s"


def over_time(latency: Row, rows: Sequence[Row], names: Sequence[str]) -> list[tuple[str, list[svg.Point]]]:
    """A line for each name, its points in the middle of their stretches."""
    middle = float(latency["series"]["width"]) / 2
    return [(name, [(float(row["second"]) + middle, float(row[name])) for row in rows]) for name in names]


def last(latency: Row) -> float:
    """Seconds at which the axis of time ends."""
    series = latency["series"]
    rows = series["rows"]
    return max(float(series["duration"]), float(rows[-1]["second"]) + float(series["width"]) if rows else 1.0)


def thinned(rows: Sequence[Any], most: int = _ROWS) -> list[Any]:
    """Rows for a table, from the whole of a series."""
    stride = max(1, math.ceil(len(rows) / most))
    return list(rows[::stride])
