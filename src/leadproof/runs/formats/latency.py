"""Charts of a load run: which there are, and those of its latency, with the numbers of each as a table."""

from __future__ import annotations

import math
from collections.abc import Mapping

from leadproof.core.text import one_line, seconds
from leadproof.runs.formats import generator, rates, svg
from leadproof.runs.formats.chart import TIME, Chart, figure, last, over_time, thinned, tick
from leadproof.runs.formats.parts import Row, mapping

#: Figure of a step -> the heading of its column. They are those of the report: its curve has but a point for many
#: responses.
_COLUMNS = {
    "min": "0 %", "p50": "50 %", "p90": "90 %", "p95": "95 %", "p99": "99 %", "p99.9": "99.9 %", "p99.99": "99.99 %",
    "max": "100 %",
}  # fmt: skip

#: Shades of a heat map, the fullest first: the share of the fullest field, on a logarithmic scale, where each begins.
_SHADES = (0.85, 0.68, 0.5, 0.32, 0.0)


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
        made.append(rates.knee_chart(latency["rates"]))
    if latency.get("probe"):
        return made
    made += [_percentiles(latency, extent), rates.rates_chart(latency)]
    heats = {name: one for name, one in latency.get("heat", {}).items() if one.get("cells")}
    most = max((int(cell[2]) for one in heats.values() for cell in one["cells"]), default=1)
    made += [_heat(name, one, extent, most, last(latency)) for name, one in heats.items()]
    if latency["funnel"].get("pings"):
        made.append(rates.funnel_chart(latency))
    return [*made, generator.lag_chart(latency), generator.processor_chart(latency)]


def _extent(latency: Row) -> tuple[float, float]:
    """The shortest and the longest latency of all charts, so that they can be compared."""
    curves = [value for points in latency.get("curves", {}).values() for _, value in points]
    stretches = [float(row[name]) for row in latency["series"]["rows"] for name in ("p50", "max")]
    bands = [bound for one in latency.get("heat", {}).values() if one.get("cells") for bound in one["bands"]]
    positive = [value for value in (*curves, *stretches, *bands) if value > 0]
    return min(positive, default=0.001), max(positive, default=0.001)


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
        *svg.titles(frame, "Share of the responses, %", "Latency, logarithmic"), *svg.y_axis(frame, tick),
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
    frame = svg.Frame.logarithmic(last(latency), extent)
    parts = [
        *svg.titles(frame, TIME, "Latency, logarithmic"), *svg.y_axis(frame, tick), *svg.time_axis(frame),
        *svg.lines(frame, over_time(latency, rows, names)),
    ]  # fmt: skip
    table = [(f"{row['second']:g} s", *(seconds(row[name]) for name in names)) for row in thinned(rows)]
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
    parts += [*svg.titles(frame, TIME, "Latency, logarithmic"), *svg.y_axis(frame, tick), *svg.time_axis(frame)]
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
