"""Pieces of charts: inline SVG with presentation attributes, so that it is right without script and without styles.

Labels are escaped here. Text has the colour of the page's text; lines and fields have colours that stand out from a
light and from a dark page, can be told apart in print and by people who see colours differently, and every line is
named at its end.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from leadproof.core.text import one_line

COLOURS = ("#1f83c4", "#c8621b", "#2e8f5b", "#a458c0", "#7a828b", "#a07f10", "#5b74d8", "#3a9aa0")

#: Of limits, and of what is beyond them.
LIMIT = "#d04a58"

WIDTH = 720
_LEFT, _RIGHT, _TOP, _BOTTOM = 66, 188, 28, 44  # at the right stand names such as "create_call_transfer json"

#: A name at the end of a line takes so much height.
_NAME = 14.0

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Frame:
    """Where numbers lie in a drawing."""

    x_low: float
    x_high: float
    y_low: float
    y_high: float
    log: bool = False
    height: int = 300

    @classmethod
    def logarithmic(cls, x_high: float, values: Iterable[float], height: int = 300) -> Frame:
        """The frame of positive values on a logarithmic axis, in whole decades."""
        positive = [one for one in values if one > 0] or [0.001]
        low, high = math.floor(math.log10(min(positive))), math.ceil(math.log10(max(positive)))
        return cls(0.0, x_high, 10.0**low, 10.0 ** max(high, low + 1), log=True, height=height)

    def x(self, value: float) -> float:
        """Place from the left."""
        span = (self.x_high - self.x_low) or 1.0
        return round(_LEFT + (value - self.x_low) / span * (WIDTH - _LEFT - _RIGHT), 1)

    def y(self, value: float) -> float:
        """Place from the top."""
        low, high = self.y_low, self.y_high
        if self.log:
            value, low, high = math.log10(max(value, low)), math.log10(low), math.log10(high)
        share = (value - low) / ((high - low) or 1.0)
        return round(self.bottom - min(max(share, 0.0), 1.0) * (self.bottom - _TOP), 1)

    @property
    def top(self) -> float:
        """The upper edge of the plot."""
        return _TOP

    @property
    def bottom(self) -> float:
        """The lower edge of the plot."""
        return self.height - _BOTTOM


def text(x: float, y: float, words: str, *, anchor: str = "start") -> str:
    """Words at a place."""
    aside = f' text-anchor="{anchor}"' if anchor != "start" else ""
    return f'<text x="{x:g}" y="{y:g}"{aside}>{escape(one_line(words, 60))}</text>'


def rules(ends: Iterable[tuple[float, float, float, float]]) -> str:
    """The lines of a grid, each from x, y to x, y."""
    path = "".join(f"M{x1:g},{y1:g}L{x2:g},{y2:g}" for x1, y1, x2, y2 in ends)
    return f'<path d="{path}" stroke="#8b929a" stroke-opacity="0.35"/>'


def line(points: Sequence[Point], colour: str, *, dash: str = "") -> str:
    """Points, joined; a single one as a dot."""
    if len(points) == 1:
        return f'<circle cx="{points[0][0]:g}" cy="{points[0][1]:g}" r="2.5" fill="{colour}"/>'
    path = " ".join(f"{x:g},{y:g}" for x, y in points)
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2" stroke-linejoin="round"{dashed}/>'


def field(x: float, y: float, width: float, height: float, words: str, *, opacity: float = 1.0) -> str:
    """A filled rectangle that says what it is when it is pointed at."""
    return (
        f'<rect x="{x:g}" y="{y:g}" width="{max(width, 0.5):.1f}" height="{max(height, 0.5):.1f}" '
        f'fill="{COLOURS[0]}" fill-opacity="{opacity:g}"><title>{escape(one_line(words, 120))}</title></rect>'
    )


def drawing(label: str, parts: Iterable[str], height: int = 300) -> Markup:
    """The whole drawing. What most words have in common stands once, at the top: a page holds many of them."""
    head = (
        f'<svg viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        f'font-size="12" font-family="sans-serif" fill="currentColor" role="img" '
        f'aria-label="{escape(one_line(label, 200))}">'
    )
    return Markup(head + "".join(parts) + "</svg>")


def y_axis(frame: Frame, words: Callable[[float], str]) -> list[str]:
    """Rules and numbers: decades, or round steps."""
    if frame.log:
        low, high = round(math.log10(frame.y_low)), round(math.log10(frame.y_high))
        marks = [10.0**one for one in range(low, high + 1)]
        if len(marks) < 4:  # a decade or two: 2 and 5 are round, too
            marks = sorted({*marks, *(factor * mark for mark in marks[:-1] for factor in (2.0, 5.0))})
    else:
        marks = steps(frame.y_high, 4)
    places = [(mark, frame.y(mark)) for mark in marks]
    return [
        rules((_LEFT, y, WIDTH - _RIGHT, y) for _, y in places),
        *(text(_LEFT - 6, y + 4, words(mark), anchor="end") for mark, y in places),
    ]


def titles(frame: Frame, x: str, y: str) -> list[str]:
    """What is along the two axes, with its unit."""
    return [
        text(4, frame.top - 13, y),
        text(frame.x(frame.x_high), frame.bottom + 36, x, anchor="end"),
    ]


def x_axis(frame: Frame, marks: Iterable[tuple[float, str]]) -> list[str]:
    """Rules and words at places."""
    places = [(frame.x(at), words) for at, words in marks]
    return [
        rules((x, frame.top, x, frame.bottom) for x, _ in places),
        *(text(x, frame.bottom + 18, words, anchor="middle") for x, words in places),
    ]


def time_axis(frame: Frame) -> list[str]:
    """Round numbers of seconds."""
    return x_axis(frame, [(one, f"{one:g} s") for one in steps(frame.x_high, 6)])


def steps(high: float, wanted: int) -> list[float]:
    """Round numbers from 0 to at most `high`, about so many."""
    raw = max(high, 1e-9) / wanted
    scale = 10.0 ** math.floor(math.log10(raw))
    step = next((scale * one for one in (1, 2, 5, 10) if scale * one >= raw), scale * 10)
    return [round(step * one, 9) for one in range(int(high / step + 1e-9) + 1)]


def lines(frame: Frame, named: Sequence[tuple[str, Sequence[Point]]]) -> list[str]:
    """Lines with their names beside the plot, kept apart from each other; one that lies on another is dashed, so that
    both are seen.
    """
    there = [(number, name, points) for number, (name, points) in enumerate(named) if points]
    ends = sorted((frame.y(points[-1][1]), number, name, points) for number, name, points in there)
    highest = frame.bottom - _NAME * (len(ends) - 1)
    parts, taken = [], -_NAME
    drawn: list[list[Point]] = []
    for place, (y, number, name, points) in enumerate(ends):
        colour, x = COLOURS[number % len(COLOURS)], WIDTH - _RIGHT
        placed = [(frame.x(at), frame.y(value)) for at, value in points]
        on_others = sum(_overlap(placed, other) for other in drawn)
        dash = ("", "7 5", "2 5", "1 7")[min(on_others, 3)] if number < len(COLOURS) else "5 3"
        drawn.append(placed)
        taken = min(max(y, taken + _NAME), highest + place * _NAME)
        parts += [
            line(placed, colour, dash=dash),
            line([(x + 6, taken), (x + 18, taken)], colour, dash=dash),
            text(x + 22, taken + 4, name),
        ]
    return parts


def _overlap(one: Sequence[Point], other: Sequence[Point]) -> bool:
    """Do half of the points of two lines lie on each other?"""
    places = dict(other)
    close = sum(abs(y - places[x]) < 2.5 for x, y in one if x in places)
    return 2 * close > len(one)


def scale(frame: Frame, shades: Sequence[tuple[float, str]]) -> list[str]:
    """What the shades of fields mean, beside the plot: opacity and words, the fullest first."""
    x, size = WIDTH - _RIGHT + 18, 18
    parts = [text(x, frame.top + 4, "Responses in a field")]
    for place, (opacity, words) in enumerate(shades):
        y = frame.top + 14 + size * place
        parts += [patches([(x, y, 22, size)], opacity), text(x + 30, y + 13, words)]
    return parts


def patches(boxes: Iterable[tuple[float, float, float, float]], opacity: float) -> str:
    """Filled rectangles of one shade: x, y, width, height each. One path, for there may be thousands."""
    path = "".join(f"M{x:g},{y:g}h{width:.5g}v{height:.5g}h-{width:.5g}z" for x, y, width, height in boxes)
    return f'<path d="{path}" fill="{COLOURS[0]}" fill-opacity="{opacity:g}"/>'


def mark(x: float, y: float, sign: str, colour: str) -> str:
    """A sign with its middle at a place."""
    return (
        f'<text x="{x:g}" y="{y + 6:g}" text-anchor="middle" font-size="17" font-weight="700" fill="{colour}">'
        f"{escape(sign)}</text>"
    )


def limit(frame: Frame, value: float, words: str) -> list[str]:
    """A limit on the values, over the whole width."""
    y, right = frame.y(value), WIDTH - _RIGHT
    return [line([(_LEFT, y), (right, y)], LIMIT, dash="6 3"), text(right - 4, y - 5, words, anchor="end")]


def corner(frame: Frame, at: float, value: float, words: str, place: int = 0) -> list[str]:
    """A limit on the values up to a place: the corner that a curve has to pass below. The words stand beside it, those
    of several below each other.
    """
    x, y = frame.x(at), frame.y(value)
    return [
        line([(frame.x(frame.x_low), y), (x, y), (x, frame.top)], LIMIT, dash="6 3"),
        text(x + 6, frame.top + 12 + 15 * place, words),
    ]
