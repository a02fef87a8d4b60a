"""What several formats show, arranged once: the verdict in words, what decides it, groups, tables. No markup here.

Everything is read leniently: a report without a part (an older one, a thinner command) is shown without it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from leadproof.core.operations import OPERATIONS, RESPONSE_TYPES
from leadproof.runs.formats import situations
from leadproof.runs.formats.outcome import basis, outcome, remedy, sentence, unlisted
from leadproof.runs.formats.parts import Row, decides, mapping, media_of, number, operations_of, rows

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
    #: One sentence: what came out.
    headline: str
    #: What to do about it where it is inconclusive.
    remedy: str
    #: One sentence: what it rests on.
    basis: str
    #: Findings that decide the verdict, and those that are reported only.
    failures: list[Row]
    advice: list[Row]
    clauses: dict[str, Row]
    results: dict[str, int]
    #: level -> result -> number of clauses
    levels: dict[str, dict[str, int]]
    groups: list[Group]
    cells: dict[str, dict[str, Cell]]
    #: (result, reason) -> clauses, the largest first
    untested: list[tuple[str, str, list[Row]]]
    #: operation -> response type -> how often it was met
    outcomes: dict[str, dict[str, int]]
    run: Row = field(default_factory=dict)
    #: What a quick run has left out, in words; "" of a whole one.
    left_out: str = ""
    #: What the report is not, in sentences.
    disclaimer: tuple[str, ...] = ()
    #: Situation -> what was played, of a report of a client.
    situations: dict[str, situations.SituationTold] = field(default_factory=dict)
    #: Identities of the failures: there may be thousands to look a row up among.
    decisive: frozenset[int] = frozenset()


def arrange(report: Row) -> View:
    """The view of a report."""
    clauses = {str(row.get("id", "")): row for row in rows(report, "clauses")}
    findings = rows(report, "findings")
    verdict = str(report.get("verdict", "inconclusive"))
    failures = [row for row in findings if decides(row, clauses)]
    if verdict == "failed" and not failures:
        failures = findings  # the run was told to fail on less than a must
    decisive = frozenset(map(id, failures))
    advice = [row for row in findings if id(row) not in decisive]
    results = Counter(str(row.get("result", "untested")) for row in clauses.values())
    return View(
        report=report,
        verdict=VERDICTS.get(verdict, verdict.capitalize()),
        headline=sentence(outcome(report)),
        remedy=sentence([words]) if (words := remedy(report)) else "",
        basis=f"{basis(report, results)} {unlisted(report)}".rstrip(),
        failures=failures,
        advice=advice,
        clauses=clauses,
        results={name: results[name] for name in (*RESULTS, *sorted(set(results) - set(RESULTS)))},
        levels=_levels(clauses.values()),
        groups=_groups(clauses.values()),
        cells=_cells(report, failures, advice),
        untested=_untested(clauses.values()),
        outcomes=_outcomes(report),
        run=mapping(report, "run"),
        left_out=_left_out(mapping(report, "run")),
        disclaimer=situations.DISCLAIMER if situations.of_client(report) else DISCLAIMER,
        situations=situations.played(report),
        decisive=decisive,
    )


def _left_out(run: Row) -> str:
    """What a quick run has left out, in words; "" of a whole one."""
    found = run.get("left_out")
    return ", ".join(map(str, found)) if isinstance(found, list) else ""


def _levels(clauses: Iterable[Row]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for row in clauses:
        level = found.setdefault(str(row.get("level", "must")), dict.fromkeys(RESULTS, 0))
        result = str(row.get("result", "untested"))
        level[result] = level.get(result, 0) + 1
    order = {level: at for at, level in enumerate(LEVELS)}
    return dict(sorted(found.items(), key=lambda pair: order.get(pair[0], len(order))))


def _groups(clauses: Iterable[Row]) -> list[Group]:
    by_operation: dict[str, list[Row]] = {}
    for row in clauses:
        names = operations_of(row)
        by_operation.setdefault(names[0] if len(names) == 1 else "", []).append(row)
    groups = []
    for name in ("", *OPERATIONS):
        found = by_operation.get(name, [])
        if found:
            counts = Counter(str(row.get("result", "untested")) for row in found)
            title = OPERATIONS[name].heading if name else "Several operations"
            groups.append(Group(title, name or "several", found, {key: counts[key] for key in RESULTS if counts[key]}))
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


def _untested(clauses: Iterable[Row]) -> list[tuple[str, str, list[Row]]]:
    found: dict[tuple[str, str], list[Row]] = {}
    for row in clauses:
        result = str(row.get("result", "untested"))
        if result in ("untested", "inapplicable", "waived"):
            found.setdefault((result, str(row.get("reason") or "no reason recorded")), []).append(row)
    order = {result: at for at, result in enumerate(RESULTS)}
    ordered = sorted(found.items(), key=lambda pair: (order.get(pair[0][0], 9), -len(pair[1])))
    return [(result, reason, group) for (result, reason), group in ordered]
