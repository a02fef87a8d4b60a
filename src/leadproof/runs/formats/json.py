"""The canonical form: `leadproof.report/2` as JSON, the same bytes for the same report."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from leadproof.runs.formats.indented import indented

#: The order of members; others follow by name.
_REPORT = (
    "schema",
    "command",
    "verdict",
    "exit_code",
    "counts",
    "files",
    "findings",
    "observations",
    "clauses",
    "situations",
    "coverage",
    "latency",
    "run",
)
_FINDING = (
    "clause",
    "kind",
    "level",
    "operation",
    "media_type",
    "origin",
    "pointer",
    "xpath",
    "expected",
    "actual",
    "message",
    "count",
)
_CLAUSE = (
    "id",
    "result",
    "passed",
    "failed",
    "reason",
    "level",
    "basis",
    "operations",
    "media",
    "text",
    "place",
    "check",
)
_SORT = ("clause", "operation", "media_type", "pointer", "kind", "message", "origin")


def render(report: Mapping[str, Any]) -> str:
    """The report as indented JSON in ASCII, with a newline at its end; numbers that JSON lacks become null."""
    ordered = _ordered(report, _REPORT)
    for name in ("findings", "observations"):
        if name in ordered:
            found = [_ordered(row, _FINDING) for row in ordered[name]]
            ordered[name] = sorted(found, key=lambda row: [str(row.get(key, "")) for key in _SORT])
    if "clauses" in ordered:
        ordered["clauses"] = [_ordered(row, _CLAUSE) for row in ordered["clauses"]]
    return indented(ordered) + "\n"


def _ordered(row: Mapping[str, Any], first: Iterable[str]) -> dict[str, Any]:
    names = [name for name in first if name in row]
    return {name: row[name] for name in [*names, *sorted(set(row) - set(names))]}
