"""The charts of a running load: latency by second, its heat map, rates and lag. The axis of time is that of the whole
run, so that a chart fills as the run goes on.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from leadproof.core.text import seconds
from leadproof.load import latency
from leadproof.load.measures import Measures
from leadproof.load.objectives import Objective
from leadproof.runs.formats import svg
from leadproof.runs.formats.chart import thinned, tick
from leadproof.runs.formats.parts import Row
from leadproof.web.catalogue import Catalogue

#: Rows of a chart's table at most, and columns of a heat map.
_ROWS, _COLUMNS = 30, 120

#: Shades of a heat map.
_SHADES = 8

_LOW = 170


@dataclass(frozen=True, slots=True)
class LiveChart:
    """A drawing, and its numbers as rows of a table."""

    name: str
    drawing: Markup
    columns: tuple[str, ...]
    rows: Sequence[tuple[str, ...]] = ()


#: Chart -> columns of its table; the texts of each are in the catalogue.
CHARTS = {
    "latency": ("from", "p50", "p95", "p99", "max"),
    "heat": ("band", "responses"),
    "rates": ("from", "offered", "started", "completed", "failed"),
    "lag": ("from", "lag"),
}


def charts(measures: Measures, objectives: Iterable[Objective], duration: float, t: Catalogue) -> list[LiveChart]:
    """The charts of what was measured so far.

    Args:
        measures: Of the run.
        objectives: What must hold; that on the lag is drawn.
        duration: Seconds of the schedule.
        t: The texts.
    """
    series = latency.series(measures, duration)
    heat = _merged(latency.heat(measures, *measures.steps))
    bound = next((one.most for one in objectives if one.name == "lag.p99"), None)
    rows, width = list(series["rows"]), float(series["width"])
    end = max(duration, float(rows[-1]["second"]) + width if rows else 1.0)
    drawings = {
        "latency": _latency(rows, width, end, t), "heat": _heat(heat, end, t), "rates": _rates(rows, width, end, t),
        "lag": _lag(rows, width, end, bound, t),
    }  # fmt: skip
    shown = thinned(rows, _ROWS)
    tables: dict[str, list[tuple[str, ...]]] = {
        "latency": [_timed(row, (seconds(row[name]) for name in CHARTS["latency"][1:])) for row in shown],
        "heat": _bands(heat),
        "rates": [_timed(row, (f"{row[name]:,.1f}" for name in CHARTS["rates"][1:])) for row in shown],
        "lag": [_timed(row, (seconds(row["lag"]),)) for row in shown],
    }
    return [LiveChart(name, drawings[name], columns, tables[name]) for name, columns in CHARTS.items()]


def _latency(rows: Sequence[Row], width: float, end: float, t: Catalogue) -> Markup:
    names = CHARTS["latency"][1:4]
    shown = [row for row in rows if row["p50"]]
    frame = svg.Frame.logarithmic(end, [float(row[name]) for row in shown for name in names])
    lines = [(name, _points(shown, name, width)) for name in names]
    last = t("live.last_is", figure="p99", value=seconds(shown[-1]["p99"])) if shown else ""
    return svg.drawing(
        f"{t('live.latency')}. {last}",
        [*svg.y_axis(frame, tick), *svg.time_axis(frame), *svg.lines(frame, lines)],
    )


def _rates(rows: Sequence[Row], width: float, end: float, t: Catalogue) -> Markup:
    names = CHARTS["rates"][1:]
    high = max((float(row[name]) for row in rows for name in names), default=1.0) or 1.0
    frame = svg.Frame(0.0, end, 0.0, high * 1.05)
    lines = [(t(f"live.{name}").lower(), _points(rows, name, width)) for name in names]
    last = t("live.last_is", figure=t("live.completed"), value=f"{rows[-1]['completed']:,.0f}/s") if rows else ""
    return svg.drawing(
        f"{t('live.rates')}. {last}",
        [*svg.y_axis(frame, lambda mark: f"{mark:,g}/s"), *svg.time_axis(frame), *svg.lines(frame, lines)],
    )


def _lag(rows: Sequence[Row], width: float, end: float, bound: float | None, t: Catalogue) -> Markup:
    shown = [row for row in rows if row["lag"]]
    values = [*(float(row["lag"]) for row in shown), *([bound] if bound else [])]
    frame = svg.Frame.logarithmic(end, values, _LOW)
    parts = [*svg.y_axis(frame, tick), *svg.time_axis(frame)]
    parts += svg.lines(frame, [("p99", _points(shown, "lag", width))])
    if bound:
        parts += svg.limit(frame, bound, f"lag.p99 ≤ {seconds(bound)}")
    last = t("live.last_is", figure="p99", value=seconds(shown[-1]["lag"])) if shown else ""
    return svg.drawing(f"{t('live.lag')}. {last}", parts, _LOW)


# ---- the heat map ----------------------------------------------------------------------------------------------------


def _merged(heat: Row) -> Row:
    """A heat map of at most `_COLUMNS` columns."""
    many = 1 + max((cell[0] for cell in heat["cells"]), default=0) // _COLUMNS
    cells: dict[tuple[int, int], int] = defaultdict(int)
    for place, band, number in heat["cells"]:
        cells[(place // many, band)] += number
    return {**heat, "width": heat["width"] * many, "cells": [(*at, number) for at, number in sorted(cells.items())]}


def _heat(heat: Row, end: float, t: Catalogue) -> Markup:
    bands, cells, width = heat["bands"], heat["cells"], float(heat["width"])
    if not cells:
        return svg.drawing(t("live.heat"), [])
    frame = svg.Frame(0.0, end, float(bands[0]), float(bands[-1]), log=True)
    most = max(number for *_, number in cells)
    # One path a shade, not one field a cell: the browser may be on the machine that puts the load on.
    paths: dict[int, list[str]] = defaultdict(list)
    across = [frame.x(place * width) for place in range(cells[-1][0] + 2)]
    up = [frame.y(bound) for bound in bands]
    for place, band, number in cells:
        x, top = across[place], up[band + 1]
        wide, high = across[place + 1] - x, up[band] - top
        shade = max(math.ceil(_SHADES * math.log1p(number) / math.log1p(most)), 1)
        paths[shade].append(f"M{x:g},{top:g}h{wide:.1f}v{high:.1f}h-{wide:.1f}z")
    fields = [
        f'<path d="{"".join(path)}" fill="{svg.COLOURS[0]}" fill-opacity="{0.12 + 0.88 * shade / _SHADES:.2f}"/>'
        for shade, path in sorted(paths.items())
    ]
    marks = [(bound, frame.y(bound)) for bound in bands[:: max(1, len(bands) // 6)]]
    words = [svg.text(frame.x(0.0) - 6, y + 4, f"{bound * 1e3:.3g} ms", anchor="end") for bound, y in marks]
    return svg.drawing(t("live.heat"), [*svg.time_axis(frame), *fields, *words])


def _bands(heat: Row) -> list[tuple[str, ...]]:
    totals: dict[int, int] = defaultdict(int)
    for _, band, number in heat["cells"]:
        totals[band] += number
    return [
        (f"{seconds(heat['bands'][band])} – {seconds(heat['bands'][band + 1])}", f"{number:,}")
        for band, number in sorted(totals.items())
    ]


# ---- over time -------------------------------------------------------------------------------------------------------


def _points(rows: Sequence[Row], name: str, width: float) -> list[svg.Point]:
    return [(float(row["second"]) + width / 2, float(row[name])) for row in rows]


def _timed(row: Row, values: Iterable[str]) -> tuple[str, ...]:
    return (f"{row['second']:g} s", *values)
