"""Markdown: a summary that a person can act on, in a pull request, a job summary or a mail.

What comes from outside stands in code spans; words of ours around it are escaped too, so nothing in a message becomes a
heading, a link, an image, a mention or HTML.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from leadproof.core.operations import OPERATIONS
from leadproof.core.text import count, figure, one_line, seconds
from leadproof.runs.formats import changes, client, loads, results, situations
from leadproof.runs.formats.outcome import sentence
from leadproof.runs.formats.parts import CURL, Row, mapping, media_of, number, rows
from leadproof.runs.formats.sections import repeat
from leadproof.runs.formats.spans import block, code, escape
from leadproof.runs.formats.view import Cell, View, arrange

#: Rows that are shown of a long list.
_MOST = 25

#: Characters of a request as `curl` that is shown.
_LONGEST_CURL = 1_000


def render(report: Mapping[str, Any]) -> str:
    """The report as GitHub-flavoured Markdown, at most some tens of kilobytes."""
    view = arrange(report)
    loads_first = report.get("command") == "load"
    load = _load(view.load)
    parts = [
        f"# {view.verdict}: {_subject(view)}",
        escape(f"{view.headline} {view.remedy}".rstrip()),
        escape(view.basis),
        _facts(view),
    ]
    parts += load if loads_first else []
    parts += changes.comparison(report)
    parts += client.groups(report)
    parts += _findings(f"Failed {situations.noun(report)}s", _standing(view.failures), view)
    parts += _problems(report)
    parts += _tables(view) if not view.situations else []
    parts += _findings("Warnings (do not fail the run)", _standing(view.advice), view)
    parts += changes.waivers(report)
    parts += _equivalence(report)
    parts += _observations(report)
    parts += client.untested(report) if situations.of_client(report) else _untested(view)
    parts += _attestations(report)
    parts += _readings(view)
    parts += load if not loads_first else []
    parts += ["## To repeat this run", "Credentials come from the environment.", block(repeat(report))]
    parts += ["## What this report is not", "\n".join(f"- {escape(line)}" for line in view.disclaimer)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _subject(view: View) -> str:
    """Who was tested, and as what, without a line of its own in the outline."""
    known = "LeadExec lead receiver API v2"
    return escape(one_line(view.subject, 160)) + ("" if known in view.subject else f" ({known})")


def _facts(view: View) -> str:
    run = view.run
    named = (
        ("Client", situations.subject(view.report) if situations.of_client(view.report) else ""),
        ("Target", run.get("target")),
        ("Command", view.report.get("command")),
        ("Run", run.get("id")),
        ("Started", run.get("started")),
        ("Tool", run.get("tool")),
        ("Seed", run.get("seed")),
        ("Left out by --quick", view.left_out),
    )
    return "\n".join(f"- {name}: {code(str(value))}" for name, value in named if value not in (None, ""))


def _load(latency: Row) -> list[str]:
    """What a load has shown: its objectives, its steps, and whether every lead is still there."""
    if latency.get("skipped"):
        return ["## Load", f"Not probed: {escape(one_line(str(latency['skipped'])))}"]
    steps = mapping(latency, "steps")
    if not steps:
        return []
    title = "Load probe" if latency.get("probe") else f"Load: {code(str(latency.get('verdict', '')))}"
    parts = [f"## {title}", f"{escape(loads.told(latency))}."]
    if latency.get("probe"):
        parts.append(escape(str(latency["probe"])))
    lines = ["| objective | at most | measured | samples | verdict |", "| --- | --- | --- | --- | --- |"]
    for row in rows(latency, "objectives"):
        name, verdict = str(row.get("name", "")), f"{row.get('verdict', '')} {row.get('reason') or ''}"
        figures = " | ".join(figure(name, row.get(key)) for key in ("most", "actual"))
        samples = number(row, "samples")
        lines.append(f"| {code(name)} | {figures} | {samples:,} | {escape(one_line(verdict.strip()))} |")
    parts.append("\n".join(lines))
    parts += _knee(mapping(latency, "rates"))
    lines = ["| step | responses | failed | p50 | p95 | p99 | highest |", "| --- | --- | --- | --- | --- | --- | --- |"]
    for name, step in steps.items():
        latencies = mapping(step, "latency")
        figures = " | ".join(seconds(latencies.get(key)) for key in ("p50", "p95", "p99", "max"))
        responses, failed = number(latencies, "samples"), number(step, "failed")
        lines.append(f"| {code(str(name))} | {responses:,} | {failed:,} | {figures} |")
    parts.append("\n".join(lines))
    kept = mapping(latency, "conservation")
    if number(kept, "accepted"):
        kinds = ("lost", "duplicated", "sold_twice")
        broken = ", ".join(f"{number(kept, key):,} {key.replace('_', ' ')}" for key in kinds)
        checked = f"{number(kept, 'checked'):,} of {number(kept, 'accepted'):,}"
        parts.append(f"{checked} accepted leads were looked up: {broken}.")
    elif kept.get("left_out"):
        parts.append(escape(sentence([str(kept["left_out"])])))
    return parts


def _knee(rates: Row) -> list[str]:
    """What a run in steps has found."""
    if not rates.get("words"):
        return []
    lines = ["| rate | started | p95 | p99 | verdict |", "| --- | --- | --- | --- | --- |"]
    for row in rows(rates, "rows"):
        verdict = f"{row.get('verdict', '')} {row.get('reason') or ''}"
        figures = " | ".join(seconds(row.get(key)) for key in ("p95", "p99"))
        asked, started = (f"{float(row.get(key) or 0):.{digits}f}" for key, digits in (("rate", 0), ("started", 1)))
        lines.append(f"| {asked}/s | {started}/s | {figures} | {escape(one_line(verdict.strip()))} |")
    return [f"Knee: {escape(one_line(str(rates['words'])))}.", "\n".join(lines)]


def _findings(title: str, findings: list[Row], view: View) -> list[str]:
    if not findings:
        return []
    parts = [f"## {title}"]
    if view.situations:
        return [*parts, *client.findings(findings, view.situations, _MOST), _more(len(findings), "finding")]
    if any(row.get("curl") for row in findings[:_MOST]):
        parts.append(escape(f"Of the requests as curl: {CURL}"))
    for row in findings[:_MOST]:
        clause = view.clauses.get(str(row.get("clause", "")), {})
        where = " · ".join(code(one) for one in (str(row.get("operation") or ""), media_of(row)) if one)
        lines = [
            f"### {code(str(row.get('clause') or row.get('kind', '')))} {where}".rstrip(),
            "",
            escape(str(row.get("message", ""))),
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
                shown = escape(str(value)) if label in ("The contract", "In the documentation") else code(str(value))
                lines.append(f"- {label}: {shown}")
        if isinstance(row.get("count"), int) and row["count"] > 1:
            lines.append(f"- Seen {count(row['count'], 'time')}")
        parts.append("\n".join(lines))
        if len(request := str(row.get("curl") or "")) > _LONGEST_CURL:
            parts.append("The request as `curl` is in report.html.")
        elif request:
            parts += ["To repeat it:", block(request)]
    return [*parts, _more(len(findings), "listed finding" if mapping(view.report, "unlisted") else "finding")]


def _standing(findings: list[Row]) -> list[Row]:
    """Findings that nobody knows of yet; the others stand in the comparison and among the waivers."""
    return [row for row in findings if not row.get("waived") and not row.get("known")]


def _equivalence(report: Row) -> list[str]:
    found = rows(report, "equivalence")
    if not any(number(row, "compared") for row in found):
        return []
    lines = ["| Operation | members equal | different | one-sided | volatile | never compared |"]
    lines.append("| --- | ---: | ---: | ---: | ---: | ---: |")
    for name in OPERATIONS:
        states = Counter(str(row.get("state")) for row in found if row.get("operation") == name)
        if states:
            counts = (states[one] for one in ("equal", "different", "one-sided", "volatile", "never compared"))
            lines.append(f"| {OPERATIONS[name].heading} | " + " | ".join(str(one) for one in counts) + " |")
    return ["## Do JSON and XML say the same?", "\n".join(lines)]


def _attestations(report: Row) -> list[str]:
    found = rows(report, "attestations")
    if not found:
        return []
    lines = []
    for row in found[:_MOST]:
        said = _said(row)
        words = f"{code(str(row.get('clause', '')))} {escape(str(row.get('text', '')))}"
        lines.append(f"- [x] {words} **{escape(said)}**" if said else f"- [ ] {words}")
    about = "These clauses cannot be tested from outside."
    return ["## For a person to confirm", about, "\n".join(lines), _more(len(found), "clause")]


def _said(row: Row) -> str:
    """What a person has said of an item, as long as it holds."""
    if not row.get("answer") or row.get("expired"):
        return ""
    return ", ".join(str(row[name]) for name in ("answer", "name", "date", "remark") if row.get(name))


def _problems(report: Row) -> list[str]:
    found = [(row, mapping(row, "problem")) for row in rows(report, "files") if row.get("problem")]
    if not found:
        return []
    lines = [
        " ".join(
            (
                f"- {code(str(row.get('path', '')))}:",
                escape(str(problem.get("message", ""))),
                escape(str(problem.get("hint", ""))),
            )
        ).rstrip()
        for row, problem in found[:_MOST]
    ]
    return ["## Files that could not be read", "\n".join(lines), _more(len(found), "file")]


def _tables(view: View) -> list[str]:
    parts = []
    if view.clauses:
        names = [name for name in results.SHOWN if view.results[name] or name in ("passed", "failed")]
        lines = [
            "| Clauses | " + " | ".join(results.CALLED.get(name, name) for name in names) + " |",
            "| --- |" + " ---: |" * len(names),
        ]
        for level, counts in view.levels.items():
            lines.append(f"| {escape(level)} | " + " | ".join(f"{counts.get(name, 0):,}" for name in names) + " |")
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
    lines = [f"- {escape(str(row.get('message', '')))}{_in_situation(row)}" for row in found[:_MOST]]
    about = "Worth knowing; none of them fails the run."
    return ["## Notes", about, "\n".join(lines), _more(len(found), "note")]


def _in_situation(row: Row) -> str:
    return f" In {escape(situations.situation_words(str(row['situation'])))}." if row.get("situation") else ""


def _untested(view: View) -> list[str]:
    parts = []
    if view.untested:
        lines = []
        for result, reason, clauses in view.untested[:_MOST]:
            called = results.CALLED.get(result, result)
            lines.append(f"- {escape(called)}, {count(len(clauses), 'clause')}: {escape(reason)} ({_ids(clauses)})")
        parts += ["## Not tested by this run", "\n".join(lines), _more(len(view.untested), "reason")]
    if view.untestable:
        about = f"{count(len(view.untestable), 'clause')}, which no message shows, whatever a run does"
        parts += ["## Never testable from outside", f"{about}: {_ids(view.untestable)}."]
    return parts


def _ids(clauses: list[Row]) -> str:
    ids = ", ".join(code(str(row.get("id", ""))) for row in clauses[:6])
    return ids + (f" and {len(clauses) - 6} more" if len(clauses) > 6 else "")


def _readings(view: View) -> list[str]:
    found = rows(view.run, "readings")
    if not found:
        return []
    lines = [
        f"- {code(str(row.get('id', '')))} = {code(str(row.get('taken', '')))}: {escape(str(row.get('title', '')))}"
        for row in found[:100]
    ]
    return ["## Readings applied", "Where the documentation contradicts itself or is silent.", "\n".join(lines)]


def _more(total: int, noun: str) -> str:
    return f"… and {count(total - _MOST, f'more {noun}')}; all are in report.json." if total > _MOST else ""
