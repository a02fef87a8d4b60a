"""What a report comes to, in sentences: the verdict and what decides it, what to do about it, what it rests on."""

from __future__ import annotations

from collections.abc import Sequence

from leadproof.core.errors import ExitCode
from leadproof.core.findings import ON_PURPOSE
from leadproof.core.text import count, figure
from leadproof.judge.stand_ins import HINTS
from leadproof.runs.formats import situations
from leadproof.runs.formats.parts import Row, broken, decides, mapping, number, rows
from leadproof.runs.verdicts import codes_of


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
        ExitCode.INTERRUPTED: f"interrupted{_by(report)}, so this is what was found until then",
    }
    warnings = len(broken(row for row in rows(report, "findings") if not (decides(row, clauses) or _excused(row))))
    beside = [count(warnings, "warning")] if warnings else []
    if ExitCode.INTERRUPTED in codes:
        del said[ExitCode.INCONCLUSIVE]  # of course not everything was tested then
    found = [words for code, words in said.items() if code in codes]
    return [*(found or [_passed(report)]), *beside]


def _by(report: Row) -> str:
    """Who or what ended a load early, in brackets; "" where nobody knows."""
    why = mapping(report, "latency").get("stopped")
    return f" ({why})" if why else ""


def _violated(failed: list[Row], report: Row) -> str:
    clauses = broken(failed)
    if not clauses:
        return "leads were lost, duplicated or sold twice"
    return f"{count(len(clauses), situations.noun(report))} {'newly ' if report.get('comparison') else ''}failed"


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
    if mapping(report, "run").get("failed"):
        return "what was found could not be written to its end, so this is what was written until then"
    unread = sum(mapping(row, "problem").get("kind") == "file.unreadable" for row in rows(report, "files"))
    unread += number(mapping(report, "unlisted"), "unreadable")
    if unread:
        return f"{count(unread, 'file')} could not be read"
    return "the load generator had a problem" if report.get("latency") else "some input could not be read"


def _undecided(report: Row) -> str:
    if why := _load_undecided(report):
        return f"no verdict on the load: {why}"
    evidence = mapping(report, "evidence")
    if number(evidence, "decided"):
        return "not everything could be tested"
    if number(evidence, "unread"):
        return "nothing was decided about the body of any response"
    return "nothing could be tested"


def _load_undecided(report: Row) -> str:
    """Why a load run has no verdict on the load; "" where it has one, and of other commands."""
    latency = mapping(report, "latency")
    reasons = [str(row["reason"]) for row in rows(latency, "objectives") if row.get("reason")]
    return str(latency.get("nothing") or next(iter(reasons), "")) if report.get("command") == "load" else ""


def remedy(report: Row) -> str:
    """What to do about a run that is inconclusive; "" about any other."""
    codes = codes_of(report) & {ExitCode.INCONCLUSIVE, ExitCode.INTERRUPTED}
    counts, seen = mapping(report, "counts"), rows(report, "observations")
    evidence, coverage = mapping(report, "evidence"), mapping(report, "coverage")
    if codes != {ExitCode.INCONCLUSIVE}:
        return ""
    if situations.of_client(report):
        return situations.remedy(report)
    if _load_undecided(report):
        return ""  # why there is no verdict on a load says what to change
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
        f"{count(found, situations.noun(report))} {words}"
        for words, found in (
            ("waived", len(broken(row for row in rows(report, "findings") if row.get("waived")))),
            ("known from the baseline", len(broken(row for row in rows(report, "findings") if _known(row)))),
        )
        if found
    ]
    if excused:
        return f"no other {situations.noun(report)} failed: {' and '.join(excused)}"
    return (
        "all situations that were decided passed" if situations.of_client(report) else "all tested requirements passed"
    )


def _excused(row: Row) -> bool:
    return bool(row.get("waived") or row.get("known"))


def _known(row: Row) -> bool:
    return bool(row.get("known") and not row.get("waived"))


def sentence(phrases: Sequence[str]) -> str:
    """Phrases as one sentence; one that asks has its end already."""
    text = "; ".join(phrases)
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith('?') else '.'}"


#: Exchanges that tell nothing about the contract, as the counts of a report name them -> words.
_UNTOLD = {
    "undecided": "of which nothing could be decided",
    "unrecognised": "not recognised",
    "unauthorised": "with rejected credentials",
    "absent": "with nothing at the address",
    "stopped": "stopped on the way",
    "unanswered": "without a response",
}


def basis(report: Row, tested: tuple[int, int]) -> str:
    """What the verdict rests on, in a sentence.

    Args:
        report: The report.
        tested: How many clauses were decided, and how many could be.
    """
    if situations.of_client(report):
        return situations.basis(report)
    counts = mapping(report, "counts")
    cells = mapping(mapping(report, "coverage"), "cells")
    parts = [count(number(counts, "exchanges"), "exchange")]
    if cells:
        parts.append(
            f"{number(cells, 'covered')} of {number(cells, 'total')} combinations of operation and representation"
        )
    parts.append(f"{tested[0]:,} of {count(tested[1], 'testable clause')} tested")
    on_purpose = min(_on_purpose(report), number(counts, "unauthorised"))
    untold = {name: number(counts, name) - (on_purpose if name == "unauthorised" else 0) for name in _UNTOLD}
    parts += [f"{times:,} {_UNTOLD[name]}" for name, times in untold.items() if times > 0]
    more = f" {count(on_purpose, 'request')} carried wrong credentials on purpose." if on_purpose else ""
    return "Based on " + ", ".join(parts) + "." + more


def _on_purpose(report: Row) -> int:
    """How many requests were sent with wrong credentials to see what comes of it."""
    found = (row for row in rows(report, "observations") if str(row.get("message", "")).startswith(ON_PURPOSE))
    return sum(max(number(row, "count"), 1) for row in found)


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
