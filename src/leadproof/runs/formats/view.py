"""What several formats show, arranged once: the verdict in words, what decides it, groups, tables. No markup here.

Everything is read leniently: a report without a part (an older one, a thinner command) is shown without it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from leadproof.core.errors import ExitCode
from leadproof.core.operations import OPERATIONS, RESPONSE_TYPES
from leadproof.core.text import count, figure
from leadproof.judge.stand_ins import HINTS
from leadproof.runs.verdicts import codes_of

Row = Mapping[str, Any]

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
        basis=f"{_basis(report, results)} {unlisted(report)}".rstrip(),
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
        decisive=decisive,
    )


def rows(report: Row, name: str) -> list[Row]:
    """A list of rows in a report; empty if it is not there."""
    found = report.get(name) or []
    return [row for row in found if isinstance(row, Mapping)] if isinstance(found, list | tuple) else []


def mapping(report: Row, name: str) -> Row:
    """A mapping in a report; empty if it is not there."""
    found = report.get(name)
    return found if isinstance(found, Mapping) else {}


def decides(finding: Row, clauses: Mapping[str, Row]) -> bool:
    """Does a finding make the run fail? The report may say so itself (`decides`); the rule is: a *must* that is
    documented or resolved does, a *should*, a *may* and what is merely assumed do not.
    """
    if isinstance(said := finding.get("decides"), bool):
        return said
    clause = clauses.get(str(finding.get("clause", "")), {})
    level = finding.get("level") or clause.get("level") or "must"
    basis = finding.get("basis") or clause.get("basis") or "documented"
    return level == "must" and basis != "assumed"


def media_of(row: Row) -> str:
    """ "json", "xml" or "" of a finding, whether it says `json` or `application/json`."""
    return str(row.get("media_type") or "").rpartition("/")[2].rpartition("+")[2]


def operations_of(clause: Row) -> list[str]:
    """The operations of a clause, `all` spelled out, in the order of the table."""
    named = clause.get("operations") or []
    named = [named] if isinstance(named, str) else list(named)
    return list(OPERATIONS) if "all" in named else [name for name in OPERATIONS if name in named]


def cells_of(clause: Row) -> list[tuple[str, str]]:
    """The operations and representations that a clause holds for."""
    media = clause.get("media") or ["json", "xml"]
    return [(name, fmt) for name in operations_of(clause) for fmt in OPERATIONS[name].media if fmt in media]


def broken(findings: Iterable[Row]) -> list[str]:
    """The clauses that findings are about, once each."""
    return list(dict.fromkeys(str(row.get("clause", "")) for row in findings))


def outcome(report: Row) -> list[str]:
    """What a run came to, in phrases: the worst that was found first, then what kept it from finding more."""
    codes = codes_of(report)
    clauses = {str(row.get("id", "")): row for row in rows(report, "clauses")}
    failed = [row for row in rows(report, "findings") if decides(row, clauses)]
    said = {
        ExitCode.VIOLATED: _violated(failed, report),
        ExitCode.OBJECTIVES_MISSED: _objectives(report),
        ExitCode.UNREACHABLE: "the target never responded",
        ExitCode.USAGE: _unread(report),
        ExitCode.INCONCLUSIVE: _undecided(report),
        ExitCode.INTERRUPTED: "interrupted, so this is what was found until then",
    }
    warnings = len(broken(row for row in rows(report, "findings") if not (decides(row, clauses) or _excused(row))))
    beside = [count(warnings, "warning")] if warnings else []
    if ExitCode.INTERRUPTED in codes:
        del said[ExitCode.INCONCLUSIVE]  # of course not everything was tested then
    found = [words for code, words in said.items() if code in codes]
    return [*(found or [_passed(report)]), *beside]


def _violated(failed: list[Row], report: Row) -> str:
    clauses = broken(failed)
    if not clauses:
        return "leads were lost, duplicated or sold twice"
    return f"{count(len(clauses), 'requirement')} {'newly ' if report.get('comparison') else ''}failed"


def _objectives(report: Row) -> str:
    missed = [row for row in rows(mapping(report, "latency"), "objectives") if row.get("verdict") == "FAIL"]
    figures = (
        f"{row.get('name')} is {figure(str(row.get('name')), row.get('actual'))}, "
        f"at most {figure(str(row.get('name')), row.get('most'))} allowed"
        for row in missed
    )
    knee = mapping(mapping(report, "latency"), "rates").get("words")
    why = "; ".join(figures) or (f"the knee was not found: {knee}" if knee else "")
    return f"objectives were missed: {why}" if why else "objectives were missed"


def _unread(report: Row) -> str:
    unread = sum(mapping(row, "problem").get("kind") == "file.unreadable" for row in rows(report, "files"))
    unread += number(mapping(report, "unlisted"), "unreadable")
    if unread:
        return f"{count(unread, 'file')} could not be read"
    return "the load generator had a problem" if report.get("latency") else "some input could not be read"


def _undecided(report: Row) -> str:
    latency = mapping(report, "latency")
    reasons = [str(row["reason"]) for row in rows(latency, "objectives") if row.get("reason")]
    if report.get("command") == "load" and (why := latency.get("nothing") or next(iter(reasons), "")):
        return f"no verdict on the load: {why}"
    evidence = mapping(report, "evidence")
    if number(evidence, "decided"):
        return "not everything could be tested"
    if number(evidence, "unread"):
        return "nothing was decided about the body of any response"
    return "nothing could be tested"


def remedy(report: Row) -> str:
    """What to do about a run that is inconclusive; "" about any other."""
    codes = codes_of(report) & {ExitCode.INCONCLUSIVE, ExitCode.INTERRUPTED}
    counts, seen = mapping(report, "counts"), rows(report, "observations")
    evidence, coverage = mapping(report, "evidence"), mapping(report, "coverage")
    if codes != {ExitCode.INCONCLUSIVE}:
        return ""
    if stopped := [str(row.get("kind")) for row in seen if row.get("kind") in HINTS]:
        return HINTS[stopped[0]]
    if number(counts, "unauthorised"):
        return (
            "the credentials were rejected: set LEADPROOF_API_KEY or LEADPROOF_BEARER_TOKEN, and LEADPROOF_AUTH_SCHEME"
        )
    if number(counts, "absent"):
        return "there is nothing at the documented addresses: is the URL the one that stands before /v2?"
    if any(row.get("kind") == "file.ambiguous" for row in seen):
        return "what was captured fits several operations: name the one that it is with --operation"
    if number(evidence, "unread") and not number(evidence, "decided"):
        return "too little of the responses was recorded: record them whole, status, headers and body"
    if number(counts, "unrecognised"):
        return "no exchange is a documented operation: was the traffic of the lead receiver recorded?"
    if number(counts, "judged") and not number(mapping(coverage, "cells"), "covered"):
        return "no response is one that a lead receiver gives: is the URL the one that stands before /v2?"
    if any(row.get("kind") == "schema.cardinality" for row in seen):
        return (
            "no response has a result: capture the requests, too, which say how many there are to be (a HAR has both)"
        )
    if gaps := coverage.get("gaps"):
        return str(gaps[0]) if len(gaps) == 1 else "what was to be tested and was not is named below"
    if number(counts, "judged"):
        return "nothing was accepted: does the posting profile fit the account? Name yours with --profile"
    return "nothing that was exchanged could be judged" if number(counts, "exchanges") else "no exchange was found"


def _passed(report: Row) -> str:
    excused = [
        f"{count(found, 'requirement')} {words}"
        for words, found in (
            ("waived", len(broken(row for row in rows(report, "findings") if row.get("waived")))),
            ("known from the baseline", len(broken(row for row in rows(report, "findings") if _known(row)))),
        )
        if found
    ]
    if excused:
        return f"no other requirement failed: {' and '.join(excused)}"
    return "all tested requirements passed"


def _excused(row: Row) -> bool:
    return bool(row.get("waived") or row.get("known"))


def _known(row: Row) -> bool:
    return bool(row.get("known") and not row.get("waived"))


def sentence(phrases: Sequence[str]) -> str:
    """Phrases as one sentence."""
    text = "; ".join(phrases)
    return f"{text[:1].upper()}{text[1:]}."


def _basis(report: Row, results: Mapping[str, int]) -> str:
    counts = mapping(report, "counts")
    cells = mapping(mapping(report, "coverage"), "cells")
    parts = [count(number(counts, "exchanges"), "exchange")]
    if cells:
        parts.append(
            f"{number(cells, 'covered')} of {number(cells, 'total')} combinations of operation and representation"
        )
    parts.append(f"{count(sum(results.values()) - results['untested'] - results['inapplicable'], 'clause')} tested")
    # What was sent or read and still tells nothing about the contract.
    names = ("undecided", "unrecognised", "unauthorised", "absent", "stopped", "unanswered")
    parts += [f"{times:,} {name}" for name in names if (times := number(counts, name))]
    return "Based on " + ", ".join(parts) + "."


def unlisted(report: Row) -> str:
    """What a report counts and does not list, in sentences; "" where it lists all."""
    left, said = mapping(report, "unlisted"), []
    if times := number(left, "findings"):
        more = count(number(left, "distinct"), "more", "more")
        about = "" if left.get("exact") else "about "
        listed = count(len(rows(report, "findings")), "distinct finding is", "distinct findings are")
        said.append(f"{listed} listed; {about}{more}, seen {count(times, 'time')}, are counted and not listed.")
    if files := number(left, "files"):
        shown = len(rows(report, "files"))
        said.append(f"{shown:,} of {count(shown + files, 'file')} are listed.")
    return " ".join(said)


def _left_out(run: Row) -> str:
    """What a quick run has left out, in words; "" of a whole one."""
    found = run.get("left_out")
    return ", ".join(map(str, found)) if isinstance(found, list) else ""


def number(row: Row, name: str) -> int:
    """A count in a report; 0 if it is none."""
    value = row.get(name)
    return int(value) if isinstance(value, int | float) else 0


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
