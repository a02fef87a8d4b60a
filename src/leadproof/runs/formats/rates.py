"""Charts of how much a load was: its rates over time, how much the target carries, and what became of the leads."""

from __future__ import annotations

from leadproof.core.text import one_line, seconds
from leadproof.runs.formats import loads, svg
from leadproof.runs.formats.chart import TIME, Chart, last, over_time, thinned, tick
from leadproof.runs.formats.parts import Row

#: Verdict on a rate -> its sign, and a colour that stands out from a light and from a dark page.
_SIGNS = {"PASS": ("✓", svg.COLOURS[2]), "FAIL": ("✗", svg.LIMIT)}
_OPEN_SIGN = ("○", svg.COLOURS[5])

#: Stage of the funnel -> how people call it.
_STAGES = {
    "pings": "pinged", "accepted": "ping accepted", "posted": "posted", "in_time": "before expiry", "sold": "sold",
    "offers": "offer accepted",
}  # fmt: skip


def rates_chart(latency: Row) -> Chart:
    """What was offered, started and completed in each second."""
    rows = list(latency["series"]["rows"])
    names = ("offered", "started", "completed", "failed")
    high = max((float(row[name]) for row in rows for name in names), default=1.0) or 1.0
    frame = svg.Frame(0.0, last(latency), 0.0, high * 1.05)
    parts = [
        *svg.titles(frame, TIME, "Per second"), *svg.y_axis(frame, lambda mark: f"{mark:,g}/s"), *svg.time_axis(frame),
        *svg.lines(frame, over_time(latency, _scheduled(latency), names)),
    ]  # fmt: skip
    table = [(f"{row['second']:g} s", *(f"{float(row[name]):,.1f}" for name in names)) for row in thinned(rows)]
    words = (
        "Journeys that the schedule offered and that were started; requests that were completed or failed; per second."
    )
    return Chart("Rates over time", words, svg.drawing("Rates over time", parts), ("From", *names), table)


def knee_chart(rates: Row) -> Chart:
    """The latency at each rate of a run in steps, and how it was judged."""
    rows = list(rates["rows"])
    high = max((float(row["rate"]) for row in rows), default=1.0)
    bound = rates.get("limit")
    values = [float(row[name]) for row in rows for name in ("p95", "p99")]
    frame = svg.Frame.logarithmic(high * 1.05, [*values, float(bound or 0)])
    lines = [(name, [(float(row["rate"]), float(row[name])) for row in rows if row[name]]) for name in ("p95", "p99")]
    marks = [(float(row["rate"]), f"{row['rate']:g}/s") for row in rows]
    parts = [
        *svg.titles(frame, "Journeys asked for per second", "Latency, logarithmic"), *svg.y_axis(frame, tick),
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


def _scheduled(latency: Row) -> list[Row]:
    """The stretches of the schedule, and those after it in which more than stragglers came."""
    series = latency["series"]
    most = max((float(row["completed"]) + float(row["failed"]) for row in series["rows"]), default=0.0)
    return [
        row
        for row in series["rows"]
        if row["second"] + series["width"] / 2 < series["duration"] or row["completed"] + row["failed"] > 0.1 * most
    ]


def funnel_chart(latency: Row) -> Chart:
    """How many leads came to each stage."""
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
