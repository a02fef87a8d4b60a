"""What several formats show, arranged once: the verdict in words, what decides it, groups, tables. No markup here.

Everything is read leniently: a report without a part (an older one, a thinner command) is shown without it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from leadproof.core.operations import OPERATIONS, RESPONSE_TYPES
from leadproof.runs.formats import loads, results, situations
from leadproof.runs.formats.outcome import basis, outcome, remedy, sentence, unlisted
from leadproof.runs.formats.parts import Row, mapping, media_of, number, operations_of, rows

RESULTS = ("passed", "failed", "untested", "inapplicable", "waived")
LEVELS = ("must", "should", "may")

VERDICTS = {"passed": "Passed", "failed": "Failed", "inconclusive": "Inconclusive"}

#: What the report is not; every format that a person reads says so.
DISCLAIMER = (
    "This report compares messages with the vendor's documentation of the interface, as the readings understand it.",
    "It is no legal advice and says nothing about consent, privacy or telemarketing law.",
    "It is no statement by the vendor, and no promise about messages that were not sent in this run.",
)


@dataclass(frozen=True)
class Group:
    """The clauses of one operation, or those that several share."""

    title: str
    id: str
    clauses: list[Row]
    counts: dict[str, int]


@dataclass(frozen=True)
class Cell:
    """One operation in one representation."""

    documented: bool
    exchanges: int = 0
    accepted: int = 0
    refused: int = 0
    #: Findings that decide the verdict, and those that do not.
    failures: int = 0
    advice: int = 0


@dataclass(frozen=True)
class View:
    """A report, arranged for people."""

    report: Row
    verdict: str
    #: Who was tested, in a line.
    subject: str
    #: What came out, in sentences: of a load run first what the load came to.
    headline: str
    #: What to do about it where it is inconclusive.
    remedy: str
    #: One sentence: what it rests on.
    basis: str
    #: Findings that decide the verdict, and those that are reported only.
    failures: list[Row]
    advice: list[Row]
    clauses: dict[str, Row]
    #: Id of a clause -> one of `results.SHOWN`.
    shown: dict[str, str]
    #: One of `results.SHOWN` -> number of clauses
    results: dict[str, int]
    #: level -> result -> number of clauses
    levels: dict[str, dict[str, int]]
    groups: list[Group]
    cells: dict[str, dict[str, Cell]]
    #: (result, reason) -> clauses, the largest first: what this run left open
    untested: list[tuple[str, str, list[Row]]]
    #: Clauses that no test from outside decides.
    untestable: list[Row]
    #: operation -> response type -> how often it was met
    outcomes: dict[str, dict[str, int]]
    run: Row = field(default_factory=dict)
    #: What a quick run has left out, in words; "" of a whole one.
    left_out: str = ""
    #: What the report is not, in sentences.
    disclaimer: tuple[str, ...] = ()
    #: Situation -> what was played, of a report of a client.
    situations: dict[str, situations.SituationTold] = field(default_factory=dict)
    #: What a load measured; empty where there was none.
    load: Row = field(default_factory=dict)
    #: Identities of the failures: there may be thousands to look a row up among.
    decisive: frozenset[int] = frozenset()


def arrange(report: Row) -> View:
    """The view of a report."""
    clauses = {str(row.get("id", "")): row for row in rows(report, "clauses")}
    findings = rows(report, "findings")
    verdict = str(report.get("verdict", "inconclusive"))
    failures = results.failures(verdict, findings, clauses)
    decisive = frozenset(map(id, failures))
    advice = [row for row in findings if id(row) not in decisive]
    shown = results.shown(clauses, findings, failures)
    numbers = Counter(shown.values())
    load = mapping(report, "latency")
    loaded = loads.told(load) if report.get("command") == "load" else ""
    return View(
        report=report,
        verdict=VERDICTS.get(verdict, verdict.capitalize()),
        subject=_subject(report),
        headline=" ".join(sentence([words]) for words in (loaded, "; ".join(outcome(report))) if words),
        remedy=sentence([words]) if (words := remedy(report)) else "",
        basis=f"{basis(report, results.of_testable(shown.values()))} {unlisted(report)}".rstrip(),
        failures=failures,
        advice=advice,
        clauses=clauses,
        shown=shown,
        results={name: numbers[name] for name in (*results.SHOWN, *sorted(set(numbers) - set(results.SHOWN)))},
        levels=_levels(clauses, shown),
        groups=_groups(clauses, shown),
        cells=_cells(report, failures, advice),
        untested=_untested(clauses, shown),
        untestable=[clauses[name] for name, result in shown.items() if result == "untestable"],
        outcomes=_outcomes(report),
        run=mapping(report, "run"),
        left_out=_left_out(mapping(report, "run")),
        disclaimer=situations.DISCLAIMER if situations.of_client(report) else DISCLAIMER,
        situations=situations.played(report),
        load=load,
        decisive=decisive,
    )


def _left_out(run: Row) -> str:
    """What a quick run has left out, in words; "" of a whole one."""
    found = run.get("left_out")
    return ", ".join(map(str, found)) if isinstance(found, list) else ""


def _subject(report: Row) -> str:
    run = mapping(report, "run")
    if situations.of_client(report):
        return str(run.get("subject") or "") or "a client of the LeadExec lead receiver API v2"
    mock = "the built-in mock" if run.get("mock") else ""
    named = [str(one) for one in (run.get("subject"), mock or run.get("target")) if one]
    return ", ".join(named) or ("recorded exchanges" if report.get("command") == "validate" else "a lead receiver")


def _levels(clauses: dict[str, Row], shown: dict[str, str]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for name, row in clauses.items():
        level = found.setdefault(str(row.get("level", "must")), dict.fromkeys(results.SHOWN, 0))
        level[shown[name]] = level.get(shown[name], 0) + 1
    order = {level: at for at, level in enumerate(LEVELS)}
    return dict(sorted(found.items(), key=lambda pair: order.get(pair[0], len(order))))


def _groups(clauses: dict[str, Row], shown: dict[str, str]) -> list[Group]:
    by_operation: dict[str, list[Row]] = {}
    for row in clauses.values():
        names = operations_of(row)
        by_operation.setdefault(names[0] if len(names) == 1 else "", []).append(row)
    groups = []
    for name in ("", *OPERATIONS):
        found = by_operation.get(name, [])
        if found:
            counts = Counter(shown[str(row.get("id", ""))] for row in found)
            title = OPERATIONS[name].heading if name else "Several operations"
            told = {key: counts[key] for key in results.SHOWN if counts[key]}
            groups.append(Group(title, name or "several", found, told))
    return groups


def _cells(report: Row, failures: list[Row], advice: list[Row]) -> dict[str, dict[str, Cell]]:
    covered = mapping(mapping(report, "coverage"), "operations")
    failed = Counter((row.get("operation"), media_of(row)) for row in failures)
    advised = Counter((row.get("operation"), media_of(row)) for row in advice)
    table: dict[str, dict[str, Cell]] = {}
    for name, operation in OPERATIONS.items():
        table[name] = {}
        for media in ("json", "xml"):
            seen = mapping(mapping(covered, name), media)
            table[name][media] = Cell(
                media in operation.media,
                number(seen, "exchanges"),
                number(seen, "accepted"),
                number(seen, "refused"),
                failed[name, media],
                advised[name, media],
            )
    return table


def _outcomes(report: Row) -> dict[str, dict[str, int]]:
    met = mapping(mapping(report, "coverage"), "response_types")
    return {
        name: {kind: number(mapping(met, name), kind) for kind in RESPONSE_TYPES} for name in OPERATIONS if name in met
    }


def _untested(clauses: dict[str, Row], shown: dict[str, str]) -> list[tuple[str, str, list[Row]]]:
    found: dict[tuple[str, str], list[Row]] = {}
    for name, row in clauses.items():
        if (result := shown[name]) in ("untested", "inapplicable", "waived"):
            found.setdefault((result, str(row.get("reason") or "no reason recorded")), []).append(row)
    order = {result: at for at, result in enumerate(results.SHOWN)}
    ordered = sorted(found.items(), key=lambda pair: (order.get(pair[0][0], 9), -len(pair[1])))
    return [(result, reason, group) for (result, reason), group in ordered]
