"""JUnit XML for CI: one test case per clause, operation and representation; the clause id is its name and a property.
Of a client, one per situation that was played, in a suite per group.

Only what decides the verdict is a failure: a *should* that is broken passes and says so in its output, so that a CI
server and the exit code agree. What is waived, or known from a baseline, is skipped and says why.

A suite takes the seconds that the exchanges of its cell took. One exchange decides many clauses at once, so each case
that was decided gets an equal share, and one that was not gets none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from leadproof.core.text import count, figure, one_line, visible
from leadproof.runs.formats import situations
from leadproof.runs.formats.outcome import unlisted
from leadproof.runs.formats.parts import CURL, Row, cells_of, mapping, media_of, number, rows
from leadproof.runs.formats.view import View, arrange

_LONGEST_MESSAGE = 500

#: What is said of a situation of a client -> its member.
_TOLD = {"the receiver": "happens", "a right client": "right", "advice": "advice", "more": "more"}


@dataclass(slots=True)
class _Case:
    """A test case: the attributes that name it and what is in it, both written already; its result is the element."""

    named: str
    inside: str = ""
    #: failure, error, skipped; "" where it passed.
    result: str = ""


def render(report: Mapping[str, Any]) -> str:
    """The report as JUnit XML; valid whatever strings are in it."""
    view = arrange(report)
    suites: dict[str, list[_Case]] = {}
    pending: dict[tuple[str, str, str], list[Row]] = {}
    for row in rows(report, "findings"):
        key = (str(row.get("clause", "")), str(row.get("operation", "")), media_of(row))
        pending.setdefault(key, []).append(row)
    for one in view.situations.values():
        group = str(one.told.get("group", ""))
        about = _about({**one.clause, "text": one.told.get("happens", "")})
        found = [row for key in list(pending) if key[0] == one.id for row in pending.pop(key)]
        suites.setdefault(group, []).append(_case(one.clause, about, group, "", found, view))
    for name, clause in view.clauses.items() if not situations.of_client(report) else ():
        about = _about(clause)
        for operation, media in cells_of(clause) or [("", "")]:
            # A finding that names no representation belongs to the first one.
            found = [row for key in _keys(name, operation, media) for row in pending.pop(key, ())]
            case = _case(clause, about, operation, media, found, view)
            suites.setdefault(_suite(operation, media), []).append(case)
    for (name, operation, media), found in pending.items():  # nothing found is lost
        clause = view.clauses.get(name, {"id": name or str(found[0].get("kind", "finding"))})
        suites.setdefault(_suite(operation, media), []).append(
            _case(clause, _about(clause), operation, media, found, view)
        )
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


def _about(clause: Row) -> tuple[str, str]:
    """What all cases of a clause share: the attribute with their name, and the element with their properties."""
    name, text = str(clause.get("id", "")), str(clause.get("text", ""))
    facts = {"clause": name, **{key: str(clause.get(key, "")) for key in ("level", "basis", "place")}}
    rows = [_element(4, "property", _attributes(name=key, value=value)) for key, value in facts.items() if value]
    named = _attributes(name=f"{name}: {text}" if text else name)
    return named, _element(3, "properties", "", inside="".join(rows))


def _case(clause: Row, about: tuple[str, str], operation: str, media: str, findings: list[Row], view: View) -> _Case:
    named, properties = about
    case = _Case(_attributes(classname=f"leadproof.{_suite(operation, media)}") + named, properties)
    excused = [row for row in findings if row.get("waived") or row.get("known")]
    failures = [row for row in findings if id(row) in view.decisive and not (row.get("waived") or row.get("known"))]
    if failures:
        case.result = "failure"
        for row in failures:
            words = _attributes(type=str(row.get("kind", "")), message=str(row.get("message", "")))
            case.inside += _element(3, "failure", words, _details(row, view))
    elif reason := _excuse(excused, view) or _skipped(clause, operation, media, findings, view):
        case.result = "skipped"
        case.inside += _element(3, "skipped", _attributes(message=reason))
    shown = set(map(id, failures))
    advice = [row for row in findings if id(row) not in shown]
    if advice:
        words = "\n\n".join(f"warning ({row.get('level', 'should')}): {_details(row, view)}" for row in advice)
        case.inside += _element(3, "system-out", "", words)
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
    if view.situations:
        return ""
    per_cell = mapping(clause, "cells")
    if per_cell:
        seen = per_cell.get(f"{operation}/{media}")
        return "" if isinstance(seen, list | tuple) and any(seen) else "untested: not exercised in this representation"
    covered = mapping(mapping(view.report, "coverage"), "operations")
    if covered and operation and not number(mapping(mapping(covered, operation), media), "exchanges"):
        return "untested: no exchange of this operation in this representation"
    return ""


def _objective(row: Row, *, decides: bool) -> _Case:
    """An objective of a load: missed, or skipped where nothing could be said."""
    name = str(row.get("name", ""))
    samples = count(number(row, "samples"), "sample")
    words = f"{figure(name, row.get('actual'))}, at most {figure(name, row.get('most'))}, {samples}"
    named = _attributes(classname="leadproof.load", name=name)
    if row.get("verdict") == "INCONCLUSIVE":
        reason = f"inconclusive: {row.get('reason') or words}"
        return _Case(named, _element(3, "skipped", _attributes(message=reason)), "skipped")
    if row.get("verdict") == "FAIL" and decides:
        return _Case(named, _element(3, "failure", _attributes(type="load.objective", message=words)), "failure")
    return _Case(
        named, _element(3, "system-out", "", words if decides else f"{row.get('verdict')}, informational: {words}")
    )


def _details(row: Row, view: View) -> str:
    shown = [visible(str(row.get("message", "")))]
    if one := view.situations.get(str(row.get("clause", ""))):
        told = {**one.told, "more": one.more}
        shown += [f"{label}: {visible(str(told[key]))}" for label, key in _TOLD.items() if told.get(key)]
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
    if row.get("curl"):
        shown.append(CURL)
    return "\n".join(shown)


def _file(file: Row) -> _Case:
    named = _attributes(classname="leadproof.files", name=str(file.get("path", "")))
    problem = mapping(file, "problem")
    if problem.get("kind") == "file.deviation":  # the rest of the file was judged: it decides nothing
        words = visible(f"{problem.get('message', '')}\n{problem.get('hint', '')}")
        return _Case(named, _element(3, "system-out", "", words))
    if problem:
        about = _attributes(type=str(problem.get("kind", "")), message=str(problem.get("message", "")))
        return _Case(named, _element(3, "error", about, visible(str(problem.get("hint", "")))), "error")
    return _Case(named)


def _inconclusive(view: View) -> _Case:
    """A run that decided too little fails: a CI server takes nothing but skipped cases for a success."""
    words = visible("\n".join([view.remedy, *map(str, mapping(view.report, "coverage").get("gaps") or ())]))
    about = _attributes(type="inconclusive", message=view.headline)
    named = _attributes(classname="leadproof.verdict", name="enough was decided for a verdict")
    return _Case(named, _element(3, "failure", about, words), "failure")


def _unlisted(words: str) -> _Case:
    """What the other cases do not show one by one: each clause that is broken has one at least."""
    named = _attributes(classname="leadproof.verdict", name="findings and files that are not listed")
    return _Case(named, _element(3, "system-out", "", visible(words)))


#: Attribute of a suite -> result of the cases that it counts.
_COUNTED = {"failures": "failure", "errors": "error", "skipped": "skipped"}


def _document(view: View, suites: Mapping[str, list[_Case]]) -> str:
    totals = {"tests": 0, **dict.fromkeys(_COUNTED, 0)}
    took, whole, written = _microseconds(view.report), 0, []
    started = {"timestamp": str(at).removesuffix("Z")} if (at := view.run.get("started")) else {}
    for name, cases in suites.items():
        results = [case.result for case in cases]
        counts = {"tests": len(cases), **{key: results.count(result) for key, result in _COUNTED.items()}}
        about = _attributes(name=f"leadproof.{name}", **counts, **started, time=_time(took.get(name, 0)))
        rows = [
            _element(2, "testcase", f'{case.named} time="{time}"', inside=case.inside)
            for case, time in zip(cases, _shares(took.get(name, 0), cases), strict=True)
        ]
        written.append(_element(1, "testsuite", about, inside="".join(rows)))
        whole += took.get(name, 0)
        totals = {key: totals[key] + counts[key] for key in totals}
    totalled = _attributes(name="leadproof", **totals, time=_time(whole))
    root = _element(0, "testsuites", totalled, inside="".join(written))
    return f'<?xml version="1.0" encoding="UTF-8"?>{root}\n'


def _microseconds(report: Row) -> dict[str, int]:
    """What the exchanges behind each suite took; whole numbers, so that the shares of its cases add up to it."""
    operations = mapping(mapping(report, "coverage"), "operations")
    return {
        _suite(str(operation), str(media)): round(seconds * 1e6)
        for operation, cells in operations.items()
        for media, row in (cells.items() if isinstance(cells, Mapping) else ())
        if isinstance(row, Mapping) and isinstance(seconds := row.get("seconds"), int | float) and 0 < seconds < 1e9
    }


def _shares(microseconds: int, cases: Sequence[_Case]) -> list[str]:
    """The time of each case: an equal share of the whole for each that was decided."""
    decided = sum(case.result != "skipped" for case in cases)
    shares, place = [], 0
    for case in cases:
        if case.result == "skipped":
            shares.append("0")
            continue
        shares.append(_time((place + 1) * microseconds // decided - place * microseconds // decided))
        place += 1
    return shares


def _time(microseconds: int) -> str:
    return f"{microseconds / 1e6:.6f}" if microseconds else "0"


# ---- XML: written as text, for a report has thousands of elements, and most of them are alike ------------------------


def _element(level: int, tag: str, attributes: str, text: str = "", inside: str = "") -> str:
    """An element on a line of its own, indented by its level; `text` is plain, `inside` are elements."""
    line = f"\n{' ' * level}"
    if inside:
        return f"{line}<{tag}{attributes}>{inside}{line}</{tag}>"
    return f"{line}<{tag}{attributes}>{_escaped(text)}</{tag}>" if text else f"{line}<{tag}{attributes} />"


def _attributes(**values: Any) -> str:
    return "".join([_attribute(name, str(value)) for name, value in values.items()])


@lru_cache(512)  # levels, reasons and names of cells stand in many cases
def _attribute(name: str, value: str) -> str:
    line = _escaped(one_line(value, _LONGEST_MESSAGE)).replace('"', "&quot;")
    return f' {name}="{line}"'


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
