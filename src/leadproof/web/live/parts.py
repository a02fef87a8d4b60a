"""The parts of a load's page that change while somebody looks at it, each as HTML by its name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from markupsafe import Markup

from leadproof.runs.formats.templates import template
from leadproof.web.catalogue import Catalogue
from leadproof.web.live.charts import CHARTS, charts
from leadproof.web.live.figures import figures
from leadproof.web.live.reading import LiveReader

#: Of `page/live_parts.html.j2`: each is a macro there, and the content of an element of the page.
PARTS = (
    "heading", "status", "progress", "stop", "counted", "counts", "goals", "steps", "funnel", "outcomes", "errors",
    "workers", "findings", "notes",
)  # fmt: skip

#: Seconds after which charts are drawn anew, in the first seconds of a load and later, and the share of the time that
#: they show: a sixtieth is some pixels.
_OFTEN, _LATER, _NEW = 5.0, 10.0, 60
_FIRST = 20.0


class Rendering:
    """Renders what a reader has read.

    Args:
        t: The texts.
        stopping: What may be done about the load: "" for nothing but to look, "ask", or "asked".
        command: What shows the report later; "" where this server does.
    """

    def __init__(self, t: Catalogue, stopping: Callable[[], str], command: str = "") -> None:
        self._t, self._stopping, self._command = t, stopping, command
        self._drawn = -1.0
        self._charts: dict[str, Markup] = {}
        self._stage = ""

    def empty(self) -> dict[str, Markup]:
        """The parts before anything was read."""
        names = [*PARTS, *CHARTS, *(f"{name}-rows" for name in CHARTS)]
        return dict.fromkeys(names, Markup()) | {"status": self._macro("reading", {})}

    def parts(self, reader: LiveReader) -> dict[str, Markup]:
        """All parts, as they are now."""
        values = figures(reader) | {"command": self._command, "stopping": self._stopping()}
        found = {name: self._macro(name, values) for name in PARTS}
        self._draw(reader)
        return found | self._charts

    def problem(self, message: str, hint: str) -> dict[str, Markup]:
        """What takes the place of all parts where a run cannot be read."""
        return {"status": self._macro("problem", {"message": message, "hint": hint}), "stop": Markup()}

    def stop(self, values: Mapping[str, Any]) -> Markup:
        """The part that says how the load is stopped, at this moment."""
        return self._macro("stop", {**values, "stopping": self._stopping()})

    def _draw(self, reader: LiveReader) -> None:
        run = reader.run
        every = _OFTEN if reader.elapsed <= _FIRST else _LATER
        due = reader.elapsed - self._drawn >= max(reader.elapsed / _NEW, every - 0.5)
        if run is None or not (due or reader.stage != self._stage):
            return
        self._drawn, self._stage = reader.elapsed, reader.stage
        for chart in charts(run.measures, run.objectives, run.job.scenario.duration, self._t):
            self._charts[chart.name] = chart.drawing
            self._charts[f"{chart.name}-rows"] = self._macro("rows", {"rows": chart.rows})

    def _macro(self, name: str, values: Mapping[str, Any]) -> Markup:
        found: Markup = getattr(template("page/live_parts.html.j2").module, name)(values, self._t)
        return found
