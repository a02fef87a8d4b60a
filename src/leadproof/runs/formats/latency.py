"""Charts of a load run, with the numbers of each chart as a table; how they are drawn is in `svg`."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from leadproof.core.text import figure as text_of
from leadproof.core.text import one_line, seconds
from leadproof.runs.formats import loads, svg
from leadproof.runs.formats.parts import mapping

Row = Mapping[str, Any]

#: Rows that a table shows; a longer series is thinned to this many.
_ROWS = 60

#: Of drawings that show one line.
_LOW = 190

_TIME = "Time since the start, s"

#: Figure of a step -> the heading of its column. They are those of the report: its curve has but a point for many
#: responses.
_COLUMNS = {
    "min": "0 %", "p50": "50 %", "p90": "90 %", "p95": "95 %", "p99": "99 %", "p99.9": "99.9 %", "p99.99": "99.99 %",
    "max": "100 %",
}  # fmt: skip

#: Shades of a heat map, the fullest first: the share of the fullest field, on a logarithmic scale, where each begins.
_SHADES = (0.85, 0.68, 0.5, 0.32, 0.0)

#: Verdict on a rate -> its sign, and a colour that stands out from a light and from a dark page.
_SIGNS = {"PASS": ("✓", svg.COLOURS[2]), "FAIL": ("✗", svg.LIMIT)}
_OPEN_SIGN = ("○", svg.COLOURS[5])


@dataclass(frozen=True)
class Chart:
    """A drawing and its numbers."""

    title: str
    words: str
    svg: Markup
    columns: tuple[str, ...]
    rows: Sequence[tuple[str, ...]] = ()


def charts(report: Row) -> list[Chart]:
    """The charts of a report with a load run; none for others. Those of a short probe are the few that say something
    after seconds.
    """
    latency = report.get("latency")
    if not isinstance(latency, Mapping) or not latency.get("steps"):
        return []
    extent = _extent(latency)
    made = [_curves(latency, extent)]
    if latency.get("rates"):
        made.append(_knee(latency["rates"]))
    if latency.get("probe"):
        return made
    made += [_percentiles(latency, extent), _rates(latency)]
    heats = {name: one for name, one in latency.get("heat", {}).items() if one.get("cells")}
    most = max((int(cell[2]) for one in heats.values() for cell in one["cells"]), default=1)
    made += [_heat(name, one, extent, most, _last(latency)) for name, one in heats.items()]
    if latency["funnel"].get("pings"):
        made.append(_funnel(latency))
    return [*made, _lag(latency), _processor(latency)]


def figure(row: Row, name: str) -> str:
    """The figure of an objective with its unit."""
    return text_of(str(row.get("name", "")), row.get(name))


def _extent(latency: Row) -> tuple[float, float]:
    """The shortest and the longest latency of all charts, so that they can be compared."""
    curves = [value for points in latency.get("curves", {}).values() for _, value in points]
    over_time = [float(row[name]) for row in latency["series"]["rows"] for name in ("p50", "max")]
    bands = [bound for one in latency.get("heat", {}).values() if one.get("cells") for bound in one["bands"]]
    positive = [value for value in (*curves, *over_time, *bands) if value > 0]
    return min(positive, default=0.001), max(positive, default=0.001)


def _tick(value: float) -> str:
    """A duration at an axis."""
    return f"{value * 1e3:g} ms" if value < 1 else f"{value:g} s"


# ---- latency ---------------------------------------------------------------------------------------------------------


def _nines(percent: float) -> float:
    """Place on the axis of percentiles: 0 for 0, 1 for 90, 2 for 99, 3 for 99.9."""
    return -math.log10(max(1 - percent / 100, 1e-6))


def _curves(latency: Row, extent: tuple[float, float]) -> Chart:
    curves = {name: points for name, points in latency.get("curves", {}).items() if points}
    furthest = max((_nines(points[-2][0] if len(points) > 1 else 0) for points in curves.values()), default=2.0)
    limits = [row for row in latency.get("objectives", ()) if _percent(row) is not None]
    frame = svg.Frame.logarithmic(max(furthest, 2.0), [*extent, *(float(row["most"]) * 1.2 for row in limits)])
    marks = [(_nines(one), f"{one:g} %") for one in (50, 90, 99, 99.9, 99.99, 99.999) if _nines(one) <= frame.x_high]
    lines = [
        (name, [(min(_nines(percent), frame.x_high), value) for percent, value in points])
        for name, points in curves.items()
    ]
    parts = [
        *svg.titles(frame, "Share of the responses, %", "Latency, logarithmic"), *svg.y_axis(frame, _tick),
        *svg.x_axis(frame, marks), *svg.lines(frame, lines),
    ]  # fmt: skip
    for place, row in enumerate(limits):
        at = min(_nines(_percent(row) or 0.0), frame.x_high)
        parts += svg.corner(frame, at, float(row["most"]), f"{row['name']} ≤ {figure(row, 'most')}", place)
    rows = [(name, *(seconds(_measured(latency, name).get(key)) for key in _COLUMNS)) for name in curves]
    words = (
        "Which share of the responses was there how long after their requests were due. "
        "Dashed: an objective, a corner that its curve has to pass below."
    )
    return Chart("Percentiles", words, svg.drawing("Latency by percentile", parts), ("Step", *_COLUMNS.values()), rows)


def _percent(row: Row) -> float | None:
    name = str(row.get("name", ""))
    figure_of = name.rpartition(".")[2]
    if name.startswith("lag") or figure_of[:1] != "p" or not figure_of[1:].isdigit():
        return None
    return float(f"{figure_of[1:3]}.{figure_of[3:] or '0'}")


def _measured(latency: Row, name: str) -> Row:
    """The figures of a step, or of the whole journeys."""
    return mapping(latency, "journeys") if name == "journey" else mapping(mapping(latency["steps"], name), "latency")


def _percentiles(latency: Row, extent: tuple[float, float]) -> Chart:
    rows = [row for row in latency["series"]["rows"] if row["p50"]]
    names = ("p50", "p95", "p99", "max")
    frame = svg.Frame.logarithmic(_last(latency), extent)
    parts = [
        *svg.titles(frame, _TIME, "Latency, logarithmic"), *svg.y_axis(frame, _tick), *svg.time_axis(frame),
        *svg.lines(frame, _over_time(latency, rows, names)),
    ]  # fmt: skip
    table = [(f"{row['second']:g} s", *(seconds(row[name]) for name in names)) for row in _thinned(rows)]
    words = "All steps together, by the moment of the response."
    return Chart("Latency over time", words, svg.drawing("Latency over time", parts), ("From", *names), table)


def _heat(name: str, heat: Row, extent: tuple[float, float], most: int, last: float) -> Chart:
    """A map of time and latency; all maps of a run have the same axes and the same shades."""
    bands, cells, width = heat["bands"], heat["cells"], float(heat["width"])
    frame = svg.Frame.logarithmic(max(last, (max(int(cell[0]) for cell in cells) + 1) * width), extent)
    boxes: dict[float, list[tuple[float, float, float, float]]] = {}
    totals: dict[int, int] = {}
    for place, band, number in cells:
        x, top = frame.x(place * width), frame.y(bands[band + 1])
        shade = next(one for one in _SHADES if math.log1p(number) / math.log1p(most) >= one)
        size = (frame.x((place + 1) * width) - x, frame.y(bands[band]) - top)
        boxes.setdefault(shade, []).append((x, top, *size))
        totals[band] = totals.get(band, 0) + number
    parts = [svg.patches(found, _opacity(shade)) for shade, found in sorted(boxes.items())]
    parts += [*svg.titles(frame, _TIME, "Latency, logarithmic"), *svg.y_axis(frame, _tick), *svg.time_axis(frame)]
    parts += svg.scale(frame, _legend(most))
    table = [
        (f"{seconds(bands[band])} to {seconds(bands[band + 1])}", f"{number:,}")
        for band, number in sorted(totals.items())
    ]
    shown = "whole journey" if name == "journey" else one_line(name, 60)
    return Chart(
        f"Latency and time: {shown}", "Each field is a stretch of time and of latency; the fuller, the more responses.",
        svg.drawing(f"Latency and time, {shown}", parts), ("Latency", "Responses"), table,
    )  # fmt: skip


def _opacity(shade: float) -> float:
    return round(0.18 + 0.82 * shade / _SHADES[0], 2)


def _legend(most: int) -> list[tuple[float, str]]:
    """Opacity and words of each shade that a map with so many in its fullest field may have."""
    found, above = [], most
    for shade in _SHADES:
        least = max(1, math.ceil(math.expm1(shade * math.log1p(most))))
        if least <= above:
            found.append((_opacity(shade), f"{least:,}" if least == above else f"{least:,} to {above:,}"))
            above = least - 1
    return found


# ---- rates -----------------------------------------------------------------------------------------------------------


def _rates(latency: Row) -> Chart:
    rows = list(latency["series"]["rows"])
    names = ("offered", "started", "completed", "failed")
    high = max((float(row[name]) for row in rows for name in names), default=1.0) or 1.0
    frame = svg.Frame(0.0, _last(latency), 0.0, high * 1.05)
    parts = [
        *svg.titles(frame, _TIME, "Per second"), *svg.y_axis(frame, lambda mark: f"{mark:,g}/s"), *svg.time_axis(frame),
        *svg.lines(frame, _over_time(latency, _scheduled(latency), names)),
    ]  # fmt: skip
    table = [(f"{row['second']:g} s", *(f"{float(row[name]):,.1f}" for name in names)) for row in _thinned(rows)]
    words = (
        "Journeys that the schedule offered and that were started; requests that were completed or failed; per second."
    )
    return Chart("Rates over time", words, svg.drawing("Rates over time", parts), ("From", *names), table)


def _knee(rates: Row) -> Chart:
    rows = list(rates["rows"])
    high = max((float(row["rate"]) for row in rows), default=1.0)
    bound = rates.get("limit")
    values = [float(row[name]) for row in rows for name in ("p95", "p99")]
    frame = svg.Frame.logarithmic(high * 1.05, [*values, float(bound or 0)])
    lines = [(name, [(float(row["rate"]), float(row[name])) for row in rows if row[name]]) for name in ("p95", "p99")]
    marks = [(float(row["rate"]), f"{row['rate']:g}/s") for row in rows]
    parts = [
        *svg.titles(frame, "Journeys asked for per second", "Latency, logarithmic"), *svg.y_axis(frame, _tick),
        *svg.x_axis(frame, marks), *svg.lines(frame, lines),
    ]  # fmt: skip
    for row in rows:
        sign, colour = _SIGNS.get(str(row["verdict"]), _OPEN_SIGN)
        parts.append(svg.mark(frame.x(float(row["rate"])), frame.y(float(row["p99"] or 0)), sign, colour))
    if bound:
        parts += svg.limit(frame, float(bound), f"objective {seconds(bound)}")
    knee = float(rates.get("knee") or 0)
    if knee:
        x = frame.x(knee)
        parts += [
            svg.line([(x, frame.top), (x, frame.bottom)], svg.COLOURS[2], dash="2 3"),
            svg.text(x - 4, frame.top + 12, f"knee {'≥ ' if rates.get('at_least') else ''}{knee:g}/s", anchor="end"),
        ]
    found = one_line(str(rates.get("words", "")), 300)
    words = f"Each rate judged by the objectives: ✓ met, ✗ missed, ○ undecided. Knee: {found}."
    table = [
        (
            f"{row['rate']:g}/s",
            f"{row['started']:.1f}/s",
            seconds(row["p95"]),
            seconds(row["p99"]),
            f"{row['verdict']}{': ' + one_line(str(row['reason']), 200) if row['reason'] else ''}",
        )
        for row in rows
    ]
    return Chart(
        "Rate and latency", words, svg.drawing("Rate and latency", parts),
        ("Asked", "Started", "p95", "p99", "Verdict"), table,
    )  # fmt: skip


# ---- the funnel ------------------------------------------------------------------------------------------------------

#: Stage of the funnel -> how people call it.
_STAGES = {
    "pings": "pinged", "accepted": "ping accepted", "posted": "posted", "in_time": "before expiry", "sold": "sold",
    "offers": "offer accepted",
}  # fmt: skip


def _funnel(latency: Row) -> Chart:
    funnel = latency["funnel"]
    stages = [(key, _STAGES[key], number) for key, number in loads.stages(funnel) if key in _STAGES]
    most, row = max(number for *_, number in stages), 26
    height, left = 16 + row * len(stages), 110
    parts, table, before = [], [], 0
    for place, (_, words, number) in enumerate(stages):
        width, y = (svg.WIDTH - left - 150) * number / most, 6 + row * place
        share = f"{number / before:.1%}" if before else ""
        parts += [
            svg.text(left - 8, y + 15, words, anchor="end"),
            svg.field(left, y, width, row - 6, f"{number:,} {words}", opacity=0.8),
            svg.text(left + width + 6, y + 15, f"{number:,}{f'  ({share})' if share else ''}"),
        ]
        table.append((words, f"{number:,}", share))
        before = number
    amounts = latency["amounts"]
    words = (
        "Leads, and their share of the stage before. "
        f"Paid {amounts['price']:,.2f}; the pings had estimated {amounts['payout']:,.2f} for the same leads."
    )
    return Chart(
        "Funnel", words, svg.drawing("Funnel", parts, height), ("Stage", "Leads", "Of the stage before"), table
    )


# ---- the generator ---------------------------------------------------------------------------------------------------


def _lag(latency: Row) -> Chart:
    rows = [row for row in latency["series"]["rows"] if row.get("lag")]
    bound = next((row for row in latency.get("objectives", ()) if row["name"] == "lag.p99"), None)
    limits = [float(bound["most"])] if bound else []
    frame = svg.Frame.logarithmic(_last(latency), [*(float(row["lag"]) for row in rows), *limits], _LOW)
    parts = [
        *svg.titles(frame, _TIME, "Lag, logarithmic"), *svg.y_axis(frame, _tick), *svg.time_axis(frame),
        *svg.lines(frame, _over_time(latency, rows, ("lag",))),
    ]  # fmt: skip
    if bound:
        parts += svg.limit(frame, limits[0], f"lag.p99 ≤ {figure(bound, 'most')}")
    table = [(f"{row['second']:g} s", seconds(row["lag"])) for row in _thinned(rows)]
    words = (
        "How far the generator was behind its own schedule, p99 of each stretch: beyond the limit the run says nothing."
    )
    return Chart(
        "Lag of the generator", words, svg.drawing("Lag of the generator", parts, _LOW), ("From", "p99"), table
    )


def _processor(latency: Row) -> Chart:
    rows = [row for row in latency["series"]["rows"] if row.get("memory")]
    frame = svg.Frame(0.0, _last(latency), 0.0, max([1.0, *(float(row["cpu"]) for row in rows)]), height=_LOW)
    parts = [
        *svg.titles(frame, _TIME, "Share of one processor"), *svg.y_axis(frame, lambda mark: f"{mark:.0%}"),
        *svg.time_axis(frame),
        *svg.lines(frame, _over_time(latency, rows, ("cpu",))),
    ]  # fmt: skip
    table = [(f"{row['second']:g} s", f"{row['cpu']:.0%}", f"{row['memory']:.0f} MiB") for row in _thinned(rows)]
    words = "Share of one processor that the busiest process of the generator used; its memory is in the table."
    title = "Processor of the generator"
    return Chart(title, words, svg.drawing(title, parts, _LOW), ("From", "Processor", "Memory"), table)


# ---- over time -------------------------------------------------------------------------------------------------------


def _over_time(latency: Row, rows: Sequence[Row], names: Sequence[str]) -> list[tuple[str, list[svg.Point]]]:
    """A line for each name, its points in the middle of their stretches."""
    middle = float(latency["series"]["width"]) / 2
    return [(name, [(float(row["second"]) + middle, float(row[name])) for row in rows]) for name in names]


def _scheduled(latency: Row) -> list[Row]:
    """The stretches of the schedule, and those after it in which more than stragglers came."""
    series = latency["series"]
    most = max((float(row["completed"]) + float(row["failed"]) for row in series["rows"]), default=0.0)
    return [
        row
        for row in series["rows"]
        if row["second"] + series["width"] / 2 < series["duration"] or row["completed"] + row["failed"] > 0.1 * most
    ]


def _last(latency: Row) -> float:
    """Seconds at which the axis of time ends."""
    series = latency["series"]
    rows = series["rows"]
    return max(float(series["duration"]), float(rows[-1]["second"]) + float(series["width"]) if rows else 1.0)


def _thinned(rows: Sequence[Any]) -> list[Any]:
    stride = max(1, math.ceil(len(rows) / _ROWS))
    return list(rows[::stride])
