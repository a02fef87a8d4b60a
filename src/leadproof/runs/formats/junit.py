"""JUnit XML for CI: one test case per clause, operation and representation; the clause id is its name and a property.

Only what decides the verdict is a failure: a *should* that is broken passes and says so in its output, so that a CI
server and the exit code agree. What is waived, or known from a baseline, is skipped and says why.

A suite takes the seconds that the exchanges of its cell took. One exchange decides many clauses at once, so each case
that was decided gets an equal share, and one that was not gets none.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from leadproof.core.text import count, figure, one_line, visible
from leadproof.runs.formats.view import Row, View, arrange, cells_of, mapping, media_of, number, rows, unlisted

_LONGEST_MESSAGE = 500


def render(report: Mapping[str, Any]) -> str:
    """The report as JUnit XML; valid whatever strings are in it."""
    view = arrange(report)
    suites: dict[str, list[ET.Element]] = {}
    pending: dict[tuple[str, str, str], list[Row]] = {}
    for row in rows(report, "findings"):
        key = (str(row.get("clause", "")), str(row.get("operation", "")), media_of(row))
        pending.setdefault(key, []).append(row)
    for name, clause in view.clauses.items():
        for operation, media in cells_of(clause) or [("", "")]:
            # A finding that names no representation belongs to the first one.
            found = [row for key in _keys(name, operation, media) for row in pending.pop(key, ())]
            case = _case(clause, operation, media, found, view)
            suites.setdefault(_suite(operation, media), []).append(case)
    for (name, operation, media), found in pending.items():  # nothing found is lost
        clause = view.clauses.get(name, {"id": name or str(found[0].get("kind", "finding"))})
        suites.setdefault(_suite(operation, media), []).append(_case(clause, operation, media, found, view))
    latency = mapping(report, "latency")
    for row in rows(latency, "objectives"):
        suites.setdefault("load", []).append(_objective(row, decides=bool(latency.get("decides", True))))
    for file in rows(report, "files"):
        suites.setdefault("files", []).append(_file(file))
    if view.remedy:
        suites["verdict"] = [_inconclusive(view)]
    if words := unlisted(report):
        suites.setdefault("verdict", []).append(_unlisted(words))
    return _document(view, suites)


def _keys(clause: str, operation: str, media: str) -> Iterable[tuple[str, str, str]]:
    return ((clause, operation, media), (clause, operation, ""), (clause, "", media), (clause, "", ""))


def _suite(operation: str, media: str) -> str:
    return ".".join(part for part in (operation, media) if part) or "general"


def _case(clause: Row, operation: str, media: str, findings: list[Row], view: View) -> ET.Element:
    name = str(clause.get("id", ""))
    text = str(clause.get("text", ""))
    case = _element(
        "testcase", classname=f"leadproof.{_suite(operation, media)}", name=f"{name}: {text}" if text else name
    )
    properties = ET.SubElement(case, "properties")
    for key in ("clause", "level", "basis", "place"):
        value = name if key == "clause" else str(clause.get(key, ""))
        if value:
            properties.append(_element("property", name=key, value=value))
    excused = [row for row in findings if row.get("waived") or row.get("known")]
    failures = [row for row in findings if id(row) in view.decisive and not (row.get("waived") or row.get("known"))]
    if failures:
        for row in failures:
            failure = _element("failure", type=str(row.get("kind", "")), message=str(row.get("message", "")))
            failure.text = _details(row)
            case.append(failure)
    elif reason := _excuse(excused, view) or _skipped(clause, operation, media, findings, view):
        case.append(_element("skipped", message=reason))
    shown = set(map(id, failures))
    advice = [row for row in findings if id(row) not in shown]
    if advice:
        output = ET.SubElement(case, "system-out")
        output.text = "\n\n".join(f"warning ({row.get('level', 'should')}): {_details(row)}" for row in advice)
    return case


def _excuse(excused: list[Row], view: View) -> str:
    """Why a case that is broken does not fail; "" if nothing excuses it."""
    if any(row.get("waived") for row in excused):
        mine = [row for row in rows(view.report, "waivers") if row.get("clause") == excused[0].get("clause")]
        words = [f"{row.get('reason', '')} ({row.get('owner', '')}, until {row.get('expires', '')})" for row in mine]
        return f"waived: {'; '.join(words)}"
    if excused:
        base = mapping(mapping(view.report, "comparison"), "base")
        return f"known: it failed in the baseline, too (run {base.get('id', '')})"
    return ""


def _skipped(clause: Row, operation: str, media: str, findings: list[Row], view: View) -> str:
    """Why a case says nothing; "" if it was decided."""
    result = str(clause.get("result", ""))
    if findings:
        return ""
    if result in ("untested", "inapplicable", "waived"):
        return f"{result}: {clause.get('reason') or 'no reason recorded'}"
    per_cell = mapping(clause, "cells")
    if per_cell:
        seen = per_cell.get(f"{operation}/{media}")
        return "" if isinstance(seen, list | tuple) and any(seen) else "untested: not exercised in this representation"
    covered = mapping(mapping(view.report, "coverage"), "operations")
    if covered and operation and not number(mapping(mapping(covered, operation), media), "exchanges"):
        return "untested: no exchange of this operation in this representation"
    return ""


def _objective(row: Row, *, decides: bool) -> ET.Element:
    """An objective of a load: missed, or skipped where nothing could be said."""
    name = str(row.get("name", ""))
    samples = count(number(row, "samples"), "sample")
    words = f"{figure(name, row.get('actual'))}, at most {figure(name, row.get('most'))}, {samples}"
    case = _element("testcase", classname="leadproof.load", name=name)
    if row.get("verdict") == "INCONCLUSIVE":
        case.append(_element("skipped", message=f"inconclusive: {row.get('reason') or words}"))
    elif row.get("verdict") == "FAIL" and decides:
        case.append(_element("failure", type="load.objective", message=words))
    else:
        ET.SubElement(case, "system-out").text = words if decides else f"{row.get('verdict')}, informational: {words}"
    return case


def _details(row: Row) -> str:
    shown = [visible(str(row.get("message", "")))]
    for label, key in (
        ("place", "place"),
        ("pointer", "pointer"),
        ("xpath", "xpath"),
        ("expected", "expected"),
        ("actual", "actual"),
        ("seen", "count"),
        ("first in", "origin"),
        ("repeat", "curl"),
    ):
        if row.get(key):
            value = count(number(row, key), "time") if key == "count" else visible(str(row[key]))
            shown.append(f"{label}: {value}")
    return "\n".join(shown)


def _file(file: Row) -> ET.Element:
    case = _element("testcase", classname="leadproof.files", name=str(file.get("path", "")))
    problem = mapping(file, "problem")
    if problem.get("kind") == "file.deviation":  # the rest of the file was judged: it decides nothing
        ET.SubElement(case, "system-out").text = visible(f"{problem.get('message', '')}\n{problem.get('hint', '')}")
    elif problem:
        error = _element("error", type=str(problem.get("kind", "")), message=str(problem.get("message", "")))
        error.text = visible(str(problem.get("hint", "")))
        case.append(error)
    return case


def _inconclusive(view: View) -> ET.Element:
    """A run that decided too little fails: a CI server takes nothing but skipped cases for a success."""
    case = _element("testcase", classname="leadproof.verdict", name="enough was decided for a verdict")
    failure = _element("failure", type="inconclusive", message=view.headline)
    failure.text = visible("\n".join([view.remedy, *map(str, mapping(view.report, "coverage").get("gaps") or ())]))
    case.append(failure)
    return case


def _unlisted(words: str) -> ET.Element:
    """What the other cases do not show one by one: each clause that is broken has one at least."""
    case = _element("testcase", classname="leadproof.verdict", name="findings and files that are not listed")
    ET.SubElement(case, "system-out").text = visible(words)
    return case


def _document(view: View, suites: Mapping[str, list[ET.Element]]) -> str:
    root = _element("testsuites", name="leadproof")
    totals = {"tests": 0, "failures": 0, "errors": 0, "skipped": 0}
    took, whole = _microseconds(view.report), 0
    for name, cases in suites.items():
        counts = {
            "tests": len(cases),
            "failures": sum(case.find("failure") is not None for case in cases),
            "errors": sum(case.find("error") is not None for case in cases),
            "skipped": sum(case.find("skipped") is not None for case in cases),
        }
        suite = _element("testsuite", name=f"leadproof.{name}", **{key: str(value) for key, value in counts.items()})
        if started := view.run.get("started"):
            suite.set("timestamp", one_line(str(started)).removesuffix("Z"))
        _share(took.get(name, 0), cases)
        suite.set("time", _time(took.get(name, 0)))
        whole += took.get(name, 0)
        suite.extend(cases)
        root.append(suite)
        totals = {key: totals[key] + counts[key] for key in totals}
    for key, value in totals.items():
        root.set(key, str(value))
    root.set("time", _time(whole))
    ET.indent(root, " ")
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _microseconds(report: Row) -> dict[str, int]:
    """What the exchanges behind each suite took; whole numbers, so that the shares of its cases add up to it."""
    operations = mapping(mapping(report, "coverage"), "operations")
    return {
        _suite(str(operation), str(media)): round(seconds * 1e6)
        for operation, cells in operations.items()
        for media, row in (cells.items() if isinstance(cells, Mapping) else ())
        if isinstance(row, Mapping) and isinstance(seconds := row.get("seconds"), int | float) and 0 < seconds < 1e9
    }


def _share(microseconds: int, cases: Sequence[ET.Element]) -> None:
    decided = [case for case in cases if case.find("skipped") is None]
    for case in cases:
        case.set("time", "0")
    for place, case in enumerate(decided):
        case.set("time", _time((place + 1) * microseconds // len(decided) - place * microseconds // len(decided)))


def _time(microseconds: int) -> str:
    return f"{microseconds / 1e6:.6f}" if microseconds else "0"


def _element(tag: str, **attributes: str) -> ET.Element:
    return ET.Element(tag, {name: one_line(value, _LONGEST_MESSAGE) for name, value in attributes.items()})
