"""Charts of a load run: inline SVG with presentation attributes, no script, and the numbers of each chart as a table.

A chart is built from numbers and from labels that are escaped here; colours can be told from each other in print and by
people who see colours differently, and every line is named at its end.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup, escape

from leadproof.reports.text import figure as text_of
from leadproof.reports.text import one_line, seconds

Row = Mapping[str, Any]

_COLOURS = ("#0b6fa4", "#b5520a", "#1d7346", "#8a3fa0", "#a8323e", "#5d646d", "#8a6d00", "#2b4fb0")

_WIDTH, _HEIGHT = 760, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 130, 14, 34

#: Rows that a table shows; a longer series is thinned to this many.
_ROWS = 60


@dataclass(frozen=True)
class Chart:
    """A drawing and its numbers."""

    title: str
    words: str
    svg: Markup
    columns: tuple[str, ...]
    rows: Sequence[tuple[str, ...]] = ()


def charts(report: Row) -> list[Chart]:
    """The charts of a report with a load run; none for others."""
    latency = report.get("latency")
    if not isinstance(latency, Mapping) or not latency.get("steps"):
        return []
    made = [_curves(latency), _rates(latency), _percentiles(latency)]
    if latency.get("rates"):
        made.append(_knee(latency["rates"]))
    made += [_heat(name, one) for name, one in latency.get("heat", {}).items() if one.get("cells")]
    return made


def figure(row: Row, name: str) -> str:
    """The figure of an objective with its unit."""
    return text_of(str(row.get("name", "")), row.get(name))


def headline(report: Row) -> str:
    """One sentence: what came out of the load."""
    latency = report["latency"]
    rows = [row for row in latency.get("objectives", ()) if row.get("verdict") == "FAIL"]
    if rows:
        return "Objectives were missed: " + "; ".join(
            f"{row['name']} is {figure(row, 'actual')}, at most {figure(row, 'most')}" for row in rows
        )
    reasons = [str(row["reason"]) for row in latency.get("objectives", ()) if row.get("reason")]
    why = latency.get("nothing") or next(iter(reasons), "")
    return f"No verdict is possible: {why}." if why else "No verdict is possible."


# ---- scales and pieces -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Frame:
    """Where numbers lie in a drawing."""

    x_low: float
    x_high: float
    y_low: float
    y_high: float
    log: bool = False

    def x(self, value: float) -> float:
        span = (self.x_high - self.x_low) or 1.0
        return round(_LEFT + (value - self.x_low) / span * (_WIDTH - _LEFT - _RIGHT), 1)

    def y(self, value: float) -> float:
        low, high = self.y_low, self.y_high
        if self.log:
            value, low, high = math.log10(max(value, low)), math.log10(low), math.log10(high)
        share = (value - low) / ((high - low) or 1.0)
        return round(_HEIGHT - _BOTTOM - min(max(share, 0.0), 1.0) * (_HEIGHT - _TOP - _BOTTOM), 1)


def _log_frame(x_low: float, x_high: float, values: Iterable[float]) -> _Frame:
    positive = [one for one in values if one > 0] or [0.001]
    low, high = 10 ** math.floor(math.log10(min(positive))), 10 ** math.ceil(math.log10(max(positive)))
    return _Frame(x_low, x_high, low, high if high > low else low * 10, log=True)


def _text(x: float, y: float, words: str, *, anchor: str = "start", colour: str = "currentColor") -> str:
    return (
        f'<text x="{x}" y="{y}" font-size="11" font-family="sans-serif" text-anchor="{anchor}" '
        f'fill="{colour}">{escape(one_line(words, 60))}</text>'
    )


def _rule(x1: float, y1: float, x2: float, y2: float, *, colour: str = "#9aa0a6", dash: str = "") -> str:
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" stroke="{colour}" stroke-width="1" opacity="0.6"{dashed}/>'


def _line(points: Sequence[tuple[float, float]], colour: str, *, dash: str = "") -> str:
    path = " ".join(f"{x},{y}" for x, y in points)
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return (
        f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.8" stroke-linejoin="round"{dashed}/>'
    )


def _svg(label: str, parts: Iterable[str]) -> Markup:
    head = (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" height="{_HEIGHT}" role="img" '
        f'aria-label="{escape(one_line(label, 200))}">'
    )
    return Markup(head + "".join(parts) + "</svg>")


def _y_axis(frame: _Frame, words: Any) -> list[str]:
    parts = []
    if frame.log:
        decade = round(math.log10(frame.y_low))
        marks = [10.0**one for one in range(decade, round(math.log10(frame.y_high)) + 1)]
    else:
        marks = [frame.y_low + (frame.y_high - frame.y_low) * one / 4 for one in range(5)]
    for mark in marks:
        y = frame.y(mark)
        parts += [_rule(_LEFT, y, _WIDTH - _RIGHT, y), _text(_LEFT - 6, y + 4, words(mark), anchor="end")]
    return parts


def _x_axis(frame: _Frame, marks: Iterable[tuple[float, str]]) -> list[str]:
    parts = []
    for at, words in marks:
        x = frame.x(at)
        parts += [_rule(x, _TOP, x, _HEIGHT - _BOTTOM), _text(x, _HEIGHT - _BOTTOM + 16, words, anchor="middle")]
    return parts


def _named(frame: _Frame, lines: Sequence[tuple[str, Sequence[tuple[float, float]]]]) -> list[str]:
    """Lines with their names beside the plot, kept apart from each other."""
    parts, taken = [], -100.0
    ends = sorted((frame.y(points[-1][1]), number) for number, (_, points) in enumerate(lines) if points)
    for y, number in ends:
        name, points = lines[number]
        colour = _COLOURS[number % len(_COLOURS)]
        parts.append(
            _line([(frame.x(x), frame.y(value)) for x, value in points], colour, dash="" if number < 8 else "5 3")
        )
        taken = max(y, taken + 12)
        parts.append(_text(_WIDTH - _RIGHT + 6, min(taken, _HEIGHT - 4) + 4, name, colour=colour))
    return parts


def _time_marks(duration: float) -> list[tuple[float, str]]:
    return [(duration * one / 5, f"{duration * one / 5:.0f} s") for one in range(6)]


def _last(latency: Row) -> float:
    """Seconds at which the axis of time ends."""
    series = latency["series"]
    rows = series["rows"]
    return max(float(series["duration"]), float(rows[-1]["second"]) + float(series["width"]) if rows else 1.0)


def _thinned(rows: Sequence[Any]) -> list[Any]:
    stride = max(1, math.ceil(len(rows) / _ROWS))
    return list(rows[::stride])


# ---- the charts ------------------------------------------------------------------------------------------------------


def _nines(percent: float) -> float:
    """Place on the axis of percentiles: 0 for 0, 1 for 90, 2 for 99, 3 for 99.9."""
    return -math.log10(max(1 - percent / 100, 1e-6))


def _curves(latency: Row) -> Chart:
    curves = {name: points for name, points in latency.get("curves", {}).items() if points}
    furthest = max((_nines(points[-2][0] if len(points) > 1 else 0) for points in curves.values()), default=2.0)
    values = [value for points in curves.values() for _, value in points]
    limits = [row for row in latency.get("objectives", ()) if _percent(row) is not None]
    frame = _log_frame(0.0, max(furthest, 2.0), [*values, *(float(row["most"]) for row in limits)])
    marks = [(_nines(one), f"{one:g} %") for one in (0, 50, 90, 99, 99.9, 99.99, 99.999) if _nines(one) <= frame.x_high]
    parts = [*_y_axis(frame, seconds), *_x_axis(frame, marks)]
    lines = [
        (name, [(min(_nines(percent), frame.x_high), value) for percent, value in points])
        for name, points in curves.items()
    ]
    parts += _named(frame, lines)
    for row in limits:  # the corner that a curve has to stay below and to the right of
        at, limit = min(_nines(_percent(row) or 0.0), frame.x_high), float(row["most"])
        corner = [(frame.x(0), frame.y(limit)), (frame.x(at), frame.y(limit)), (frame.x(at), _TOP)]
        parts += [
            _line(corner, "#a8323e", dash="6 3"),
            _text(frame.x(at) - 4, frame.y(limit) - 5, str(row["name"]), anchor="end", colour="#a8323e"),
        ]
    shown = (0.0, 50.0, 90.0, 95.0, 99.0, 99.9, 99.99, 100.0)
    rows = [(name, *(seconds(_at(points, percent)) for percent in shown)) for name, points in curves.items()]
    words = "How many answers were there how long after their requests were due. Dashed: an objective."
    return Chart(
        "Percentiles", words, _svg("Latency by percentile", parts), ("Step", *(f"{one:g} %" for one in shown)), rows
    )


def _percent(row: Row) -> float | None:
    name = str(row.get("name", ""))
    figure_of = name.rpartition(".")[2]
    if name.startswith("lag") or figure_of[:1] != "p" or not figure_of[1:].isdigit():
        return None
    return float(f"{figure_of[1:3]}.{figure_of[3:] or '0'}")


def _at(points: Sequence[Sequence[float]], percent: float) -> float | None:
    """The value of a curve at the nearest point that is not below a percentile."""
    return next((value for at, value in points if at >= percent - 1e-9), None)


def _rates(latency: Row) -> Chart:
    rows = list(latency["series"]["rows"])
    names = ("offered", "started", "completed", "failed")
    high = max((float(row[name]) for row in rows for name in names), default=1.0) or 1.0
    frame = _Frame(0.0, _last(latency), 0.0, high * 1.05)
    middle = float(latency["series"]["width"]) / 2
    lines = [(name, [(float(row["second"]) + middle, float(row[name])) for row in rows]) for name in names]
    parts = [
        *_y_axis(frame, lambda mark: f"{mark:,.0f}/s"),
        *_x_axis(frame, _time_marks(frame.x_high)),
        *_named(frame, lines),
    ]
    table = [(f"{row['second']:g} s", *(f"{float(row[name]):,.1f}" for name in names)) for row in _thinned(rows)]
    words = (
        "Journeys that the schedule offered and that were started; requests that were completed or failed; per second."
    )
    return Chart("Rates over time", words, _svg("Rates over time", parts), ("Second", *names), table)


def _percentiles(latency: Row) -> Chart:
    rows = [row for row in latency["series"]["rows"] if row["p50"]]
    names = ("p50", "p95", "p99", "max")
    duration = _last(latency)
    frame = _log_frame(0.0, duration, [float(row[name]) for row in rows for name in names])
    middle = float(latency["series"]["width"]) / 2
    lines = [(name, [(float(row["second"]) + middle, float(row[name])) for row in rows]) for name in names]
    parts = [*_y_axis(frame, seconds), *_x_axis(frame, _time_marks(duration)), *_named(frame, lines)]
    table = [(f"{row['second']:g} s", *(seconds(row[name]) for name in names)) for row in _thinned(rows)]
    return Chart(
        "Latency over time", "All steps together.", _svg("Latency over time", parts), ("Second", *names), table
    )


def _knee(rates: Row) -> Chart:
    rows = list(rates["rows"])
    high = max((float(row["rate"]) for row in rows), default=1.0)
    limit = rates.get("limit")
    frame = _log_frame(
        0.0, high * 1.05, [*(float(row[name]) for row in rows for name in ("p95", "p99")), float(limit or 0)]
    )
    lines = [(name, [(float(row["rate"]), float(row[name])) for row in rows]) for name in ("p95", "p99")]
    marks = [(float(row["rate"]), f"{row['rate']:g}/s") for row in rows]
    parts = [*_y_axis(frame, seconds), *_x_axis(frame, marks), *_named(frame, lines)]
    if limit:
        parts.append(
            _line([(frame.x(0), frame.y(limit)), (frame.x(frame.x_high), frame.y(limit))], "#a8323e", dash="6 3")
        )
    knee = float(rates.get("knee") or 0)
    words = (
        f"The highest rate that met the objectives, with every rate below it: {knee:g}/s."
        if knee
        else "No rate met the objectives."
    )
    table = [
        (
            f"{row['rate']:g}/s",
            f"{row['started']:.1f}/s",
            seconds(row["p95"]),
            seconds(row["p99"]),
            "yes" if row["meets"] else "no",
        )
        for row in rows
    ]
    return Chart(
        "Rate and latency", words, _svg("Rate and latency", parts), ("Asked", "Started", "p95", "p99", "Meets"), table
    )


def _heat(name: str, heat: Row) -> Chart:
    bands, cells, width = heat["bands"], heat["cells"], float(heat["width"])
    columns = max(int(cell[0]) for cell in cells) + 1
    frame = _Frame(0.0, columns * width, float(bands[0]), float(bands[-1]), log=True)
    most = max(int(cell[2]) for cell in cells)
    parts: list[str] = []
    for place, band, number in cells:
        x, right = frame.x(place * width), frame.x((place + 1) * width)
        top, bottom = frame.y(bands[band + 1]), frame.y(bands[band])
        shade = round(0.15 + 0.85 * math.log1p(number) / math.log1p(most), 2)
        parts.append(
            f'<rect x="{x}" y="{top}" width="{max(right - x, 0.5):.1f}" height="{max(bottom - top, 0.5):.1f}" '
            f'fill="{_COLOURS[0]}" fill-opacity="{shade}"><title>{number:,} from {seconds(bands[band])} to '
            f"{seconds(bands[band + 1])}</title></rect>"
        )
    marked = bands[:: max(1, len(bands) // 6)]
    parts += [_text(_LEFT - 6, frame.y(bound) + 4, seconds(bound), anchor="end") for bound in marked]
    parts += [
        _text(frame.x(at), _HEIGHT - _BOTTOM + 16, words, anchor="middle") for at, words in _time_marks(frame.x_high)
    ]
    totals: dict[int, int] = {}
    for _, band, number in cells:
        totals[band] = totals.get(band, 0) + number
    table = [
        (f"{seconds(bands[band])} to {seconds(bands[band + 1])}", f"{number:,}")
        for band, number in sorted(totals.items())
    ]
    words = "Each cell is a stretch of time and of latency; the darker, the more answers."
    return Chart(
        f"Latency and time: {one_line(name, 60)}",
        words,
        _svg(f"Latency and time, {name}", parts),
        ("Latency", "Answers"),
        table,
    )
