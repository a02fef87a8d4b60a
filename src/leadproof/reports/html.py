"""The compliance report: one HTML file without script, network or fonts, readable where every style is blocked.

The template stands in `reports/templates/report.html.j2`. It escapes everything; before that, everything that it
shows passes through `text.visible`, so no hidden character and no endless value reaches the page.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import jinja2
from markupsafe import Markup

from leadproof import resources
from leadproof.operations import OPERATIONS, RESPONSE_TYPES
from leadproof.reports import latency
from leadproof.reports.text import count, visible
from leadproof.reports.view import DISCLAIMER, RESULTS, View, arrange, media_of

#: Findings that get a place of their own; a longer list follows as lines.
_MOST_CARDS = 40
_MOST_LINES = 200
_BAR_WIDTH = 1000

#: A colour for each result that can be told from white and from black.
_COLOURS = {
    "passed": "#2a8c5a",
    "failed": "#cf3f3f",
    "untested": "#b8892b",
    "inapplicable": "#8b919a",
    "waived": "#7a68c9",
}
SYMBOLS = {"passed": "✓", "failed": "✗", "untested": "○", "inapplicable": "·", "waived": "~"}


def render(report: Mapping[str, Any]) -> str:
    """The report as one HTML document."""
    view = arrange(report)
    return _template().render(
        view=view,
        report=report,
        run=view.run,
        operations=OPERATIONS,
        results=RESULTS,
        symbols=SYMBOLS,
        bar=_bar(view),
        most_cards=_MOST_CARDS,
        most_lines=_MOST_LINES,
        disclaimer=DISCLAIMER,
        response_types=RESPONSE_TYPES,
        load=latency,
        charts=latency.charts(report),
    )


def _bar(view: View) -> list[dict[str, Any]]:
    """The pieces of the bar of results: x and width in its own units; a piece that exists can be seen."""
    shown = [(name, number) for name, number in view.results.items() if number]
    total = sum(number for _, number in shown)
    pieces, at = [], 0.0
    least = 8.0
    room = _BAR_WIDTH - least * len(shown)
    for name, number in shown:
        width = least + room * number / total
        pieces.append(
            {
                "name": name,
                "number": number,
                "x": round(at, 1),
                "width": round(max(width - 2, 1), 1),
                "colour": _COLOURS.get(name, "#8b919a"),
            }
        )
        at += width
    return pieces


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(resources.path("reports/templates")),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=_shown,
        undefined=jinja2.ChainableUndefined,
    )
    environment.filters["clip"] = lambda value, longest: visible(str(value), longest)
    environment.filters["counted"] = count
    environment.filters["media"] = lambda row: media_of(row).upper()
    environment.filters["moment"] = lambda value: str(value).replace("T", " ", 1).split(".")[0].removesuffix("Z")
    return environment.get_template("report.html.j2")


def _shown(value: Any) -> Any:
    if isinstance(value, Markup) or not isinstance(value, str):
        return value
    return visible(value)
