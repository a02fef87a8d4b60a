"""Charts that only the pages have: two runs on one axis, and a subject over time. How they are drawn is in `svg`."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from markupsafe import Markup, escape

from leadproof.core.text import one_line, seconds
from leadproof.load.measures import JOURNEY
from leadproof.runs.formats import svg
from leadproof.runs.formats.chart import tick
from leadproof.runs.formats.parts import Row, mapping
from leadproof.web.runs import ListedRun

#: Figures of the table beside the curves: those of a step, as a run and its trend show them, and not read off a curve,
#: which has but a point for many responses.
SHOWN = ("p50", "p90", "p95", "p99", "p99.9", "max")

#: How the whole journey is called beside its curve.
_WHOLE = "whole journey"

#: Lines of a chart: more cannot be told apart.
_MOST = 10

#: Seconds between two marks of an axis of time, and how a mark is written.
_MARKS = (
    *((one, "%H:%M:%S") for one in (1, 5, 15)), *((60 * one, "%H:%M") for one in (1, 5, 15, 30, 60, 180, 360)),
    *((86_400 * one, "%d %b") for one in (1, 2, 7, 14)),
)  # fmt: skip

#: Seconds from the first run to the last, up to which the two are written so.
_ENDS = ((300.0, "%d %b %H:%M:%S"), (2 * 86_400.0, "%d %b %H:%M"), (60 * 86_400.0, "%d %b"))

#: Width that a mark with a day and a time needs.
_APART = 90.0

#: Months between two marks of a longer one.
_MONTHS = (1, 2, 3, 6, 12, 24, 60, 120, 600)
_MONTH = 30.44 * 86_400


@dataclass(frozen=True, slots=True)
class ChartLine:
    """A line with its name."""

    name: str
    points: Sequence[svg.Point]
    colour: str
    dash: str = ""


@dataclass(frozen=True, slots=True)
class Curves:
    """The latency of two runs: the drawing, and its numbers."""

    svg: Markup
    #: Step -> which of the two runs -> figures of `SHOWN`, in words.
    rows: Sequence[tuple[str, int, tuple[str, ...]]]
    shown: tuple[str, ...] = SHOWN


@dataclass(frozen=True, slots=True)
class Trend:
    """One drawing of a trend."""

    #: Name of its texts in the catalogue.
    name: str
    svg: Markup


# ---- two runs --------------------------------------------------------------------------------------------------------


def two_curves(earlier: Row, later: Row) -> Curves | None:
    """Latency by percentile of two runs: one colour a step, the earlier run dashed. None where neither has any.

    Args:
        earlier: `latency` of its report.
        later: Likewise.
    """
    curves = [_curves(one) for one in (earlier, later)]
    steps = list(dict.fromkeys([*curves[1], *curves[0]]))[:_MOST]
    drawn = [
        (step, run, curves[run][step]) for step in steps for run in (0, 1) if step in curves[run]
    ]  # fmt: skip
    if not drawn:
        return None
    furthest = max(2.0, *(_nines(points[-2][0]) for _, _, points in drawn if len(points) > 1))
    frame = svg.Frame.logarithmic(furthest, [value for _, _, points in drawn for _, value in points], 340)
    marks = [(_nines(one), f"{one:g} %") for one in (0, 50, 90, 99, 99.9, 99.99, 99.999) if _nines(one) <= furthest]
    lines = [
        ChartLine(
            f"{('before', 'after')[run]}: {_WHOLE if step == JOURNEY else step}",
            [(min(_nines(at), furthest), value) for at, value in points],
            svg.COLOURS[steps.index(step) % len(svg.COLOURS)], ("6 3", "")[run],
        )
        for step, run, points in drawn
    ]  # fmt: skip
    parts = [
        *svg.y_axis(frame, tick), *svg.x_axis(frame, marks), *_named(frame, lines),
        *svg.titles(frame, "share of the responses", "latency"),
    ]  # fmt: skip
    measured = [_measured(one) for one in (earlier, later)]
    table = [
        (step, run, tuple(seconds(mapping(measured[run], step).get(name)) for name in SHOWN)) for step, run, _ in drawn
    ]
    return Curves(svg.drawing("Latency by percentile of both runs", parts, 340), table)


def _curves(latency: Row) -> dict[str, list[svg.Point]]:
    """Step -> its curve, where it is one."""
    found = {}
    for step, points in mapping(latency, "curves").items():
        made = [(float(one[0]), float(one[1])) for one in points]
        if made:
            found[str(step)] = made
    return found


def _measured(latency: Row) -> dict[str, Row]:
    """Step, or the whole journey -> its figures."""
    found = {step: mapping(row, "latency") for step, row in mapping(latency, "steps").items()}
    return {**found, JOURNEY: mapping(latency, "journeys")}


def _nines(percent: float) -> float:
    """Place on an axis of percentiles: 0 for 0, 1 for 90, 2 for 99."""
    return -math.log10(min(max(1 - percent / 100, 1e-6), 1.0))


# ---- over time -------------------------------------------------------------------------------------------------------


def trend(runs: Sequence[ListedRun]) -> list[Trend]:
    """The drawings of a trend; each point leads to its run.

    Args:
        runs: The oldest first.
    """
    timed = [(at, run) for run in runs if (at := _moment(run.started)) is not None]
    if not timed:
        return []
    made = []
    if any(run.latency for _, run in timed):
        made.append(Trend("latency", _latency(timed)))
    if any(run.objectives for _, run in timed):
        made.append(Trend("objectives", _objectives(timed)))
    failures = Trend("failed", _failures(timed))
    nothing = not any(run.failed or run.warnings for _, run in timed)
    return [*made, failures] if nothing else [failures, *made]


Timed = Sequence[tuple[float, ListedRun]]


def _failures(timed: Timed) -> Markup:
    high = max(1, *(max(run.failed, run.warnings) for _, run in timed))
    frame = svg.Frame(*_ends(timed), 0.0, high * 1.1)
    kinds: tuple[tuple[str, str, Callable[[ListedRun], int]], ...] = (
        ("warnings", svg.COLOURS[5], lambda run: run.warnings), ("failed", svg.LIMIT, lambda run: run.failed),
    )  # fmt: skip
    lines = [ChartLine(name, [(at, float(of(run))) for at, run in timed], colour) for name, colour, of in kinds]
    whole = [f"{mark:g}" if mark == int(mark) else "" for mark in svg.steps(frame.y_high, 4)]
    dots = [
        _dot(frame, at, float(of(run)), colour, run, f"{of(run)} {name}") for name, colour, of in kinds
        for at, run in timed
    ]  # fmt: skip
    words = dict(zip(svg.steps(frame.y_high, 4), whole, strict=True))
    return _over_time(
        frame, timed, "Requirements by run", "requirements", [*svg.y_axis(frame, words.__getitem__),
        *_named(frame, lines), *dots],
    )  # fmt: skip


def _latency(timed: Timed) -> Markup:
    steps = list(dict.fromkeys(step for _, run in timed for step in run.latency))[: _MOST // 2]
    values = [value for _, run in timed for step in steps for value in run.latency.get(step, ())]
    frame = svg.Frame.logarithmic(0.0, values, 340)
    low, high = _ends(timed)
    frame = svg.Frame(low, high, frame.y_low, frame.y_high, log=True, height=340)
    lines, dots = [], []
    for number, step in enumerate(steps):
        colour = svg.COLOURS[number % len(svg.COLOURS)]
        measured = [(at, run, run.latency[step]) for at, run in timed if step in run.latency]
        for place, name in enumerate(("p50", "p99")):
            points = [(at, pair[place]) for at, _, pair in measured]
            lines.append(ChartLine(f"{name} {step}", points, colour, ("4 3", "")[place]))
            dots += [
                _dot(frame, at, pair[place], colour, run, f"{name} {seconds(pair[place])} {step}")
                for at, run, pair in measured
            ]
    return _over_time(
        frame, timed, "Latency by run", "latency", [*svg.y_axis(frame, tick), *_named(frame, lines), *dots]
    )


#: Verdict of an objective -> sign and colour.
_VERDICTS = {"PASS": ("✓", svg.COLOURS[2]), "FAIL": ("✗", svg.LIMIT)}


def _objectives(timed: Timed) -> Markup:
    names = list(dict.fromkeys(name for _, run in timed for name in run.objectives))[:_MOST]
    height = 60 + 22 * len(names)
    frame = svg.Frame(*_ends(timed), 0.0, float(len(names)), height=height)
    parts = [svg.text(frame.x(frame.x_high) + 22, frame.y(row + 0.5) + 4, name) for row, name in enumerate(names)]
    for row, name in enumerate(names):
        for at, run in timed:
            if verdict := run.objectives.get(name):
                sign, colour = _VERDICTS.get(verdict, ("○", svg.COLOURS[4]))
                x, y = frame.x(at), frame.y(row + 0.5)
                mark = f'<text x="{x:g}" y="{y + 4:g}" text-anchor="middle" fill="{colour}">{sign}</text>'
                parts.append(_link(run, mark, f"{name}: {verdict}"))
    return _over_time(frame, timed, "Objectives by run", "", parts)


def _over_time(frame: svg.Frame, timed: Timed, label: str, unit: str, parts: Sequence[str]) -> Markup:
    """The drawing with its axis of time. A group, not a picture: what is in a picture cannot be reached by keyboard."""
    axes = [*svg.x_axis(frame, _times(frame, timed)), *svg.titles(frame, "time of the run, UTC", unit)]
    drawn = svg.drawing(label, [*axes, *parts], frame.height)
    return Markup(str(drawn).replace('role="img"', 'role="group"', 1))


def _ends(timed: Timed) -> tuple[float, float]:
    """The ends of the axis of time: at least a minute apart, with a little room."""
    low, high = timed[0][0], timed[-1][0]
    room = max((high - low) * 0.02, 30.0)
    return low - room, high + room


def _times(frame: svg.Frame, timed: Timed) -> list[tuple[float, str]]:
    """Marks of an axis of time: the first and the last run with their day, and the round times that have room."""
    first, last = timed[0][0], timed[-1][0]
    form = next((form for longest, form in _ENDS if last - first <= longest), "%d %b %Y")
    ends = [first, last] if frame.x(last) - frame.x(first) > _APART else [first]
    told = [(at, datetime.fromtimestamp(at, UTC).strftime(form)) for at in ends]
    rounded = _round_times(frame.x_low, frame.x_high)
    return sorted(
        [*told, *(one for one in rounded if all(abs(frame.x(one[0]) - frame.x(end)) > _APART for end in ends))]
    )


def _round_times(low: float, high: float) -> Iterator[tuple[float, str]]:
    """Round times of an axis, and how they are written."""
    step, form = next((one for one in _MARKS if (high - low) / one[0] <= 6), (0, ""))
    if not step:
        yield from _months(low, high)
        return
    at = math.ceil(low / step) * step
    while at <= high:
        yield at, (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=at)).strftime(form)
        at += step


def _months(low: float, high: float) -> Iterator[tuple[float, str]]:
    step = next((one for one in _MONTHS if (high - low) / (one * _MONTH) <= 6), _MONTHS[-1])
    first = datetime.fromtimestamp(low, UTC)
    number = (first.year * 12 + first.month - 1) // step * step
    while (at := (mark := datetime(number // 12, number % 12 + 1, 1, tzinfo=UTC)).timestamp()) <= high:
        if at >= low:
            yield at, mark.strftime("%b %Y")
        number += step


def _moment(started: str) -> float | None:
    """Seconds since the epoch of a timestamp; None where it is none."""
    try:
        found = datetime.fromisoformat(started)
        at = (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
    return at if 0 <= at < 2**33 else None


def _dot(frame: svg.Frame, at: float, value: float, colour: str, run: ListedRun, words: str) -> str:
    mark = f'<circle cx="{frame.x(at):g}" cy="{frame.y(value):g}" r="3.5" fill="{colour}"/>'
    return _link(run, mark, words)


def _link(run: ListedRun, mark: str, words: str) -> str:
    """A mark that leads to a run; those of the table are reached by keyboard, so these are not, a second time."""
    title = escape(one_line(f"{run.started}: {words}", 160))
    return f'<a href="/runs/{run.key}" tabindex="-1"><title>{title}</title>{mark}</a>'


def _named(frame: svg.Frame, lines: Sequence[ChartLine]) -> Iterator[str]:
    """Lines with their names beside the plot, kept apart from each other."""
    taken, height = -math.inf, 14.0
    ends = sorted(((frame.y(line.points[-1][1]), line) for line in lines if line.points), key=lambda pair: pair[0])
    x = frame.x(frame.x_high)
    for place, (y, line) in enumerate(ends):
        taken = min(max(y, taken + height), frame.bottom - height * (len(ends) - 1 - place))
        yield svg.line([(frame.x(at), frame.y(value)) for at, value in line.points], line.colour, dash=line.dash)
        yield svg.line([(x + 6, taken), (x + 18, taken)], line.colour, dash=line.dash)
        yield svg.text(x + 22, taken + 4, line.name)
