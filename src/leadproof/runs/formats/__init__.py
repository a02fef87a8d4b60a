"""Report formats: each is one module with a function that turns a `leadproof.report/2` dict into text.

A report is a view: nothing here judges, counts evidence or reads files but its own template. One caller writes them
(`evidence.Run.write_reports`), and `FORMATS` is what the command line offers. A new format is one module and its row
here. `text` makes strings from outside safe to show, `view` arranges what several formats show.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from leadproof.core.lazy import member


class Renderer(NamedTuple):
    """One format: the name of its file, and the module that makes its text; loaded when it is rendered."""

    file: str
    module: str

    def render(self, report: Mapping[str, Any]) -> str:
        """The text of a report in this format, which encodes to UTF-8 in any case."""
        text: str = member(__name__, f"{self.module}:render")(report)
        return text


RENDERERS: dict[str, Renderer] = {
    "json": Renderer("report.json", "json"),
    "html": Renderer("report.html", "html"),
    "md": Renderer("report.md", "markdown"),
    "junit": Renderer("junit.xml", "junit"),
    "sarif": Renderer("report.sarif", "sarif"),
    "csv": Renderer("clauses.csv", "csv"),
}


class Export(NamedTuple):
    """A view of the evidence instead of the report: the name of its file, and the module that makes its text."""

    file: str
    module: str

    def render(self, rows: Iterable[Mapping[str, Any]], base: str) -> Iterator[str]:
        """The text in pieces, of rows of `exchanges.ndjson` and the target's base URL."""
        pieces: Iterator[str] = member(__name__, f"{self.module}:render")(rows, base)
        return pieces


#: Made only where they are asked for: they are as large as the evidence.
EXPORTS: dict[str, Export] = {
    "har": Export("exchanges.har", "har"),
}


#: What a browser prints of the page, and the names of the files (`evidence.printing`). Made only where they are asked
#: for: not every machine has a browser.
PRINTS: dict[str, str] = {
    "pdf": "report.pdf",
}

#: Everything that --format takes.
FORMATS = (*RENDERERS, *PRINTS, *EXPORTS)
