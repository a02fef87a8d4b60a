"""Report formats: each is one module with a function that turns a `leadproof.report/2` dict into text.

A report is a view: nothing here judges, counts evidence or reads files but its own template. One caller writes them
(`evidence.Run.write_reports`), and `RENDERERS` is also what the command line offers. A new format is one module and
its row here. `text` makes strings from outside safe to show, `view` arranges what several formats show.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from leadproof.runs.formats import csv, har, html, json, junit, markdown, sarif


class Renderer(NamedTuple):
    """One format: the name of its file, and the function that makes its text (which encodes to UTF-8 in any case)."""

    file: str
    render: Callable[[Mapping[str, Any]], str]


RENDERERS: dict[str, Renderer] = {
    "json": Renderer("report.json", json.render),
    "html": Renderer("report.html", html.render),
    "md": Renderer("report.md", markdown.render),
    "junit": Renderer("junit.xml", junit.render),
    "sarif": Renderer("report.sarif", sarif.render),
    "csv": Renderer("clauses.csv", csv.render),
}


class Export(NamedTuple):
    """A view of the evidence instead of the report: rows of `exchanges.ndjson` and the target's base URL to text."""

    file: str
    render: Callable[[Iterable[Mapping[str, Any]], str], Iterator[str]]


#: Made only where they are asked for: they are as large as the evidence.
EXPORTS: dict[str, Export] = {
    "har": Export("exchanges.har", har.render),
}

#: Everything that --format takes.
FORMATS = (*RENDERERS, *EXPORTS)
