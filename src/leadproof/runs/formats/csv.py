"""The traceability matrix: one line a clause, for a spreadsheet and for an auditor's own questions. What each came to
is said in the words of the other formats, so that whoever counts the lines comes to their numbers.

A cell that a spreadsheet would take for a formula begins with an apostrophe; everything stands in quotes, on one line.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any

from leadproof.core.text import count, one_line
from leadproof.runs.formats import results, situations
from leadproof.runs.formats.parts import Row, mapping, number, rows

COLUMNS = (
    "clause", "place", "level", "basis", "operations", "media", "result", "passed", "failed", "reason", "evidence",
    "text",
)  # fmt: skip

#: Of a client, what each situation is beyond the clause of its id.
SITUATION_COLUMNS = ("group", "played", "happens", "advice")

#: What a spreadsheet begins a formula with, in ASCII and in full width, and what it skips before one.
_FORMULA = ("=", "+", "-", "@", "|", "%", "\uff1d", "\uff0b", "\uff0d", "\uff20", "\t", "\r", "\n")

#: Characters of a cell; spreadsheets take 32,767.
_LONGEST = 8000

#: Places at which a clause was broken that are named in its line.
_NAMED = 5


def render(report: Mapping[str, Any]) -> str:
    """The clauses of the report as CSV (RFC 4180, with \\n for the end of a line)."""
    places: dict[str, list[Row]] = {}
    for row in rows(report, "findings"):
        places.setdefault(str(row.get("clause", "")), []).append(row)
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n")
    told = {str(row.get("id")): row for row in rows(report, "situations")}
    more = SITUATION_COLUMNS if told else ()
    writer.writerow(COLUMNS + more)
    left = mapping(mapping(report, "unlisted"), "clauses")
    clauses = {str(row.get("id", "")): row for row in rows(report, "clauses")}
    failures = results.failures(str(report.get("verdict", "")), rows(report, "findings"), clauses)
    beside = {name: {"result": _excuse(found)} for name, found in places.items() if name not in clauses}
    shown = results.shown({**clauses, **beside}, rows(report, "findings"), failures)
    called = {} if situations.of_client(report) else results.CALLED
    for row in clauses.values():
        evidence = _evidence(row, places.pop(str(row.get("id", "")), []))
        if times := number(left, str(row.get("id", ""))):
            evidence += f"; {count(times, 'finding')} not listed"
        came_to = called.get(result := shown[str(row.get("id", ""))], result)
        known = told.get(str(row.get("id", "")), {})
        writer.writerow(
            [
                _cell(value)
                for value in (*_values(row, came_to, evidence), *(_plain(known.get(name, "")) for name in more))
            ]
        )
    for name, found in places.items():  # of no clause of the register: not lost
        level = str(found[0].get("level") or "")
        row = {"id": name or found[0].get("kind"), "level": level, "failed": len(found)}
        values = _values(row, shown[name], _evidence(row, found))
        writer.writerow([_cell(value) for value in (*values, *("" for _ in more))])
    return out.getvalue()


def _excuse(found: list[Row]) -> str:
    """What a clause of no register came to, as a row of one would say it."""
    return "waived" if all(row.get("waived") for row in found) else "failed"


def _values(row: Row, came_to: str, evidence: str) -> list[Any]:
    return [
        row.get("id", ""),
        row.get("place", ""),
        row.get("level", ""),
        row.get("basis", ""),
        " ".join(str(one) for one in row.get("operations") or ()),
        " ".join(str(one) for one in row.get("media") or ()),
        came_to,
        row.get("passed", 0),
        row.get("failed", 0),
        row.get("reason", ""),
        evidence,
        row.get("text", ""),
    ]


def _plain(value: Any) -> Any:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else value


def _evidence(row: Row, findings: list[Row]) -> str:
    """Where to look: numbers of lines in exchanges.ndjson, and the places of what was found."""
    seen = row.get("exchanges")
    seen = seen if isinstance(seen, Mapping) else {}
    parts = [
        f"{name} in exchanges {', '.join(str(one) for one in seen[name])}"
        for name in ("failed", "passed")
        if seen.get(name)
    ]
    named = [
        f"{finding.get('operation') or ''} {finding.get('pointer') or '/'}: {finding.get('message') or ''}"
        for finding in findings[:_NAMED]
    ]
    more = [f"and {len(findings) - _NAMED} more"] if len(findings) > _NAMED else []
    return "; ".join([*parts, *named, *more])


def _cell(value: Any) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    text = one_line(str(value), _LONGEST)
    return f"'{text}" if text.lstrip().startswith(_FORMULA) else text
