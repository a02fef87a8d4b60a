"""Markdown: a summary that a person can act on, in a pull request, a job summary or a mail.

What comes from outside stands in code spans; words of ours around it are escaped too, so nothing in a message becomes a
heading, a link, an image, a mention or HTML.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from leadproof.operations import OPERATIONS
from leadproof.reports.text import count, figure, one_line, seconds
from leadproof.reports.view import DISCLAIMER, RESULTS, Cell, Row, View, arrange, mapping, media_of, number, rows

#: Rows that are shown of a long list.
_MOST = 25
_LONGEST = 400
_SPECIAL = re.compile(r"([\\`*_\[\]<>#!|~$^])|^(\s*)([-+=]|\d+[.)])")


def render(report: Mapping[str, Any]) -> str:
    """The report as GitHub-flavoured Markdown, at most some tens of kilobytes."""
    view = arrange(report)
    parts = [
        f"# {view.verdict}: LeadExec lead receiver API v2",
        _escape(view.headline),
        _escape(view.basis),
        _facts(view),
    ]
    parts += _findings("What is broken", view.failures, view)
    parts += _load(mapping(report, "latency"))
    parts += _problems(report)
    parts += _tables(view)
    parts += _findings("Reported, does not decide", view.advice, view)
    parts += _observations(report)
    parts += _untested(view)
    parts += _readings(view)
    parts += ["## What this report is not", "\n".join(f"- {_escape(line)}" for line in DISCLAIMER)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _facts(view: View) -> str:
    run = view.run
    named = (
        ("Target", run.get("target")),
        ("Command", view.report.get("command")),
        ("Run", run.get("id")),
        ("Started", run.get("started")),
        ("Tool", run.get("tool")),
        ("Seed", run.get("seed")),
    )
    return "\n".join(f"- {name}: {_code(str(value))}" for name, value in named if value not in (None, ""))


def _load(latency: Row) -> list[str]:
    """What a load has shown: its objectives, its steps, and whether every lead is still there."""
    if latency.get("skipped"):
        return ["## Load", f"Not probed: {_escape(one_line(str(latency['skipped'])))}"]
    steps = mapping(latency, "steps")
    if not steps:
        return []
    parts = [f"## Load: {_code(str(latency.get('verdict', '')))}"]
    if latency.get("probe"):
        parts.append(_escape(str(latency["probe"])))
    lines = ["| objective | at most | measured | samples | verdict |", "| --- | --- | --- | --- | --- |"]
    for row in rows(latency, "objectives"):
        name, verdict = str(row.get("name", "")), f"{row.get('verdict', '')} {row.get('reason') or ''}"
        figures = " | ".join(figure(name, row.get(key)) for key in ("most", "actual"))
        samples = number(row, "samples")
        lines.append(f"| {_code(name)} | {figures} | {samples:,} | {_escape(one_line(verdict.strip()))} |")
    parts.append("\n".join(lines))
    lines = ["| step | answers | failed | p50 | p95 | p99 | highest |", "| --- | --- | --- | --- | --- | --- | --- |"]
    for name, step in steps.items():
        latencies = mapping(step, "latency")
        figures = " | ".join(seconds(latencies.get(key)) for key in ("p50", "p95", "p99", "max"))
        answers, failed = number(latencies, "samples"), number(step, "failed")
        lines.append(f"| {_code(str(name))} | {answers:,} | {failed:,} | {figures} |")
    parts.append("\n".join(lines))
    kept = mapping(latency, "conservation")
    if number(kept, "accepted"):
        kinds = ("lost", "duplicated", "sold_twice")
        broken = ", ".join(f"{number(kept, key):,} {key.replace('_', ' ')}" for key in kinds)
        checked = f"{number(kept, 'checked'):,} of {number(kept, 'accepted'):,}"
        parts.append(f"{checked} accepted leads were looked up: {broken}.")
    return parts


def _findings(title: str, findings: list[Row], view: View) -> list[str]:
    if not findings:
        return []
    parts = [f"## {title}"]
    for row in findings[:_MOST]:
        clause = view.clauses.get(str(row.get("clause", "")), {})
        where = " · ".join(_code(one) for one in (str(row.get("operation") or ""), media_of(row)) if one)
        lines = [
            f"### {_code(str(row.get('clause') or row.get('kind', '')))} {where}".rstrip(),
            "",
            _escape(str(row.get("message", ""))),
        ]
        lines.append("")
        for label, value in (
            ("The contract", row.get("text") or clause.get("text")),
            ("In the documentation", row.get("place") or clause.get("place")),
            ("JSON Pointer", row.get("pointer")),
            ("XPath", row.get("xpath")),
            ("Expected", row.get("expected")),
            ("Actual", row.get("actual")),
            ("First seen in", row.get("origin")),
        ):
            if value:
                shown = _escape(str(value)) if label in ("The contract", "In the documentation") else _code(str(value))
                lines.append(f"- {label}: {shown}")
        if isinstance(row.get("count"), int) and row["count"] > 1:
            lines.append(f"- Seen {row['count']:,} times")
        parts.append("\n".join(lines))
    return [*parts, _more(len(findings), "finding")]


def _problems(report: Row) -> list[str]:
    found = [(row, mapping(row, "problem")) for row in rows(report, "files") if row.get("problem")]
    if not found:
        return []
    lines = [
        " ".join(
            (
                f"- {_code(str(row.get('path', '')))}:",
                _escape(str(problem.get("message", ""))),
                _escape(str(problem.get("hint", ""))),
            )
        ).rstrip()
        for row, problem in found[:_MOST]
    ]
    return ["## Files that could not be read", "\n".join(lines), _more(len(found), "file")]


def _tables(view: View) -> list[str]:
    parts = []
    if view.clauses:
        lines = ["| Clauses | " + " | ".join(RESULTS) + " |", "| --- |" + " ---: |" * len(RESULTS)]
        for level, counts in view.levels.items():
            lines.append(f"| {_escape(level)} | " + " | ".join(f"{counts.get(name, 0):,}" for name in RESULTS) + " |")
        parts += ["## Clauses by level and result", "\n".join(lines)]
    if any(cell.exchanges for cells in view.cells.values() for cell in cells.values()):
        lines = ["| Operation | JSON | XML |", "| --- | --- | --- |"]
        for name, cells in view.cells.items():
            lines.append(f"| {OPERATIONS[name].heading} | {_cell(cells['json'])} | {_cell(cells['xml'])} |")
        parts += ["## Operations and representations", "\n".join(lines)]
    return parts


def _cell(cell: Cell) -> str:
    if not cell.exchanges:
        return "not exercised" if cell.documented else "not documented"
    broken = f", **{count(cell.failures, 'finding')}**" if cell.failures else ""
    return f"{cell.accepted} accepted, {cell.refused} refused{broken}"


def _observations(report: Row) -> list[str]:
    found = rows(report, "observations")
    if not found:
        return []
    lines = [f"- {_escape(str(row.get('message', '')))}" for row in found[:_MOST]]
    return ["## Observations", "No clause decides these.", "\n".join(lines), _more(len(found), "observation")]


def _untested(view: View) -> list[str]:
    if not view.untested:
        return []
    lines = []
    for result, reason, clauses in view.untested[:_MOST]:
        ids = ", ".join(_code(str(row.get("id", ""))) for row in clauses[:6])
        more = f" and {len(clauses) - 6} more" if len(clauses) > 6 else ""
        lines.append(f"- {_escape(result)}, {count(len(clauses), 'clause')}: {_escape(reason)} ({ids}{more})")
    return ["## Not tested", "\n".join(lines), _more(len(view.untested), "reason")]


def _readings(view: View) -> list[str]:
    found = rows(view.run, "readings")
    if not found:
        return []
    lines = [
        f"- {_code(str(row.get('id', '')))} = {_code(str(row.get('taken', '')))}: {_escape(str(row.get('title', '')))}"
        for row in found[:100]
    ]
    return ["## Readings applied", "Where the documentation contradicts itself or is silent.", "\n".join(lines)]


def _more(total: int, noun: str) -> str:
    return f"… and {count(total - _MOST, f'more {noun}')}; all are in report.json." if total > _MOST else ""


def _escape(text: str) -> str:
    """Text as text: no markup, link, mention or reference comes of it."""
    escaped = _SPECIAL.sub(_escaped, one_line(text, _LONGEST).replace("&", "&amp;"))
    escaped = escaped.replace("://", ":<!-- -->//")
    escaped = re.sub(r"\bwww\.", "www<!-- -->.", escaped, flags=re.IGNORECASE)
    return re.sub(r"@(?=\w)", "@<!-- -->", escaped)


def _escaped(match: re.Match[str]) -> str:
    if match[1] is None:  # what would begin a list or underline a heading
        return f"{match[2]}{match[3][:-1]}\\{match[3][-1]}"
    return {"<": "&lt;", ">": "&gt;"}.get(match[1], "\\" + match[1])


def _code(text: str) -> str:
    """A code span, with a fence longer than any in it; a pipe would end the cell of a table and is spelled out."""
    shown = one_line(text, _LONGEST).replace("|", "¦")
    fence = "`" * (max((len(run) for run in re.findall("`+", shown)), default=0) + 1)
    blank = " " if shown.startswith(("`", " ")) or shown.endswith(("`", " ")) or not shown else ""
    return f"{fence}{blank}{shown}{blank}{fence}"
