"""Charts of the generator that puts a load on: was it fast enough for what the load says of the target to count?"""

from __future__ import annotations

from leadproof.core.text import seconds
from leadproof.runs.formats import svg
from leadproof.runs.formats.chart import LOW, TIME, Chart, figure, last, over_time, thinned, tick
from leadproof.runs.formats.parts import Row


def lag_chart(latency: Row) -> Chart:
    """How far it was behind its schedule."""
    rows = [row for row in latency["series"]["rows"] if row.get("lag")]
    bound = next((row for row in latency.get("objectives", ()) if row["name"] == "lag.p99"), None)
    limits = [float(bound["most"])] if bound else []
    frame = svg.Frame.logarithmic(last(latency), [*(float(row["lag"]) for row in rows), *limits], LOW)
    parts = [
        *svg.titles(frame, TIME, "Lag, logarithmic"), *svg.y_axis(frame, tick), *svg.time_axis(frame),
        *svg.lines(frame, over_time(latency, rows, ("lag",))),
    ]  # fmt: skip
    if bound:
        parts += svg.limit(frame, limits[0], f"lag.p99 ≤ {figure(bound, 'most')}")
    table = [(f"{row['second']:g} s", seconds(row["lag"])) for row in thinned(rows)]
    words = (
        "How far the generator was behind its own schedule, p99 of each stretch: beyond the limit the run says nothing."
    )
    return Chart("Lag of the generator", words, svg.drawing("Lag of the generator", parts, LOW), ("From", "p99"), table)


def processor_chart(latency: Row) -> Chart:
    """How busy its busiest process was."""
    rows = [row for row in latency["series"]["rows"] if row.get("memory")]
    frame = svg.Frame(0.0, last(latency), 0.0, max([1.0, *(float(row["cpu"]) for row in rows)]), height=LOW)
    parts = [
        *svg.titles(frame, TIME, "Share of one processor"), *svg.y_axis(frame, lambda mark: f"{mark:.0%}"),
        *svg.time_axis(frame),
        *svg.lines(frame, over_time(latency, rows, ("cpu",))),
    ]  # fmt: skip
    table = [(f"{row['second']:g} s", f"{row['cpu']:.0%}", f"{row['memory']:.0f} MiB") for row in thinned(rows)]
    words = "Share of one processor that the busiest process of the generator used; its memory is in the table."
    title = "Processor of the generator"
    return Chart(title, words, svg.drawing(title, parts, LOW), ("From", "Processor", "Memory"), table)
