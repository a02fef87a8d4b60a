"""Several runs as one: the shards of a capture, the jobs of a matrix. Pure.

The rows of all come to one summary, which is reported like any other; a report of which the rows are gone (a file from
a build server) is taken for what its rows came to. Each run keeps the history that it was judged with. What only one
run can say (latency, the cases of a suite) is left to that run's own report.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from leadproof.contract import specs
from leadproof.contract.situations import LEFT_OUT
from leadproof.core.errors import ExitCode, UsageError
from leadproof.core.findings import Finding, Observation, identity
from leadproof.judge.tally import ELSEWHERE, FOREIGN, NO_OCCASION
from leadproof.runs.breaches import Shown
from leadproof.runs.report import report as report_of
from leadproof.runs.results import Note, ResultRow
from leadproof.runs.summary import Summary
from leadproof.runs.verdicts import codes_of, settle_again

Row = Mapping[str, Any]

#: Reasons that a summary finds by itself.
_GENERAL = (ELSEWHERE, FOREIGN, NO_OCCASION)

#: Notes that say something of one run alone.
_OF_ONE = ("exercising", "suite", "latency", "job", "frame")

#: Members of a finding's row that are its evidence.
_EVIDENCE = ("request", "curl", "response", "twin", "replay")


def merge(reports: Sequence[Row], summaries: Sequence[Summary]) -> dict[str, Any]:
    """One report of several runs.

    Args:
        reports: At least one, all of the same register.
        summaries: What the rows of each come to, or `summary_of` its report; they are not used any more.

    Raises:
        UsageError: The runs were judged by different specifications or readings.
    """
    _require_alike(reports)
    whole = summaries[0]
    for summary in summaries[1:]:
        whole.merge(summary)
    merged = report_of(whole, "report", _run(reports))
    if waivers := _waivers(reports):
        merged["waivers"] = waivers
    _carry_waived(reports, merged)
    settle_again(merged)
    return merged


def carried(row: ResultRow | Note, offset: int) -> Iterator[ResultRow | Note]:
    """A row of one of several runs, as it counts for all of them.

    Args:
        row: Of one run.
        offset: What is to be added to the numbers of its exchanges.
    """
    if isinstance(row, ResultRow):
        exchange, other = (None if number is None else number + offset for number in (row.exchange, row.other))
        yield replace(row, exchange=exchange, other=other, exercised=())
    elif row.name == "codes":  # what a load says of itself is true of all of them together, too
        yield from (Note("code", code) for code in row.value)
    elif row.name not in _OF_ONE:
        yield row


def summary_of(report: Row, offset: int = 0) -> Summary:
    """The summary that a report was made of, as far as it tells.

    Args:
        report: As `evidence.read_report` gives it.
        offset: What is to be added to the numbers of its exchanges.
    """
    run = report.get("run") or {}
    taken = _choices(report)
    spec = specs.load(
        {name: taken[name] for name in specs.load().choices if name in taken}, subject=str(run.get("certified", ""))
    )
    made = Summary(spec, str(run.get("fail_on") or "must"))
    for row in report["files"]:
        made.files.add(row)
    made.gaps = list(report["coverage"].get("gaps", ()))
    evidence = report.get("evidence") or {}
    made.tested, made.intended, made.accepted = (
        int(evidence.get(name, 0)) for name in ("tested", "intended", "accepted")
    )
    made.decided, made.unread = int(evidence.get("decided", made.tested)), int(evidence.get("unread", 0))
    made.forgotten = int(evidence.get("forgotten", 0))
    made.interrupted = ExitCode.INTERRUPTED in codes_of(report)
    found_again = set() if report.get("latency") else {ExitCode.INCONCLUSIVE, ExitCode.VIOLATED, ExitCode.INTERRUPTED}
    made.further_codes = codes_of(report) - found_again
    _tally(report, made, offset)
    for row in report["findings"]:
        finding = _made(Finding, row)
        evidence = {name: str(row[name]) for name in _EVIDENCE if row.get(name)}
        number = None if row.get("exchange") is None else row["exchange"] + offset
        made.findings.count(finding, number, int(row["count"]), int(row["count"]))
        if evidence:
            made.findings.show(Shown(finding, number, evidence, 0))
    for row in report["observations"]:
        made.observations.add(_made(Observation, row), int(row["count"]))
    _unlisted(report.get("unlisted") or {}, made)
    return made


def _unlisted(left: Row, made: Summary) -> None:
    """What a report has counted and does not list."""
    for clause, times in (left.get("clauses") or {}).items():
        made.findings.count_clause(clause, int(times), int(times))
    made.findings.distinct.beside += int(left.get("distinct", 0))
    made.files.beside(int(left.get("files", 0)), int(left.get("unreadable", 0)))


def _made(kind: type[Any], row: Row) -> Any:
    """A finding or an observation as a report has it."""
    media = str(row.get("media_type") or "").removeprefix("application/")
    return kind(**{name: media if name == "media" else str(row.get(name) or "") for name in kind.__dataclass_fields__})


def _tally(report: Row, made: Summary, offset: int) -> None:
    tally, counts = made.tally, report["counts"]
    for name in ("judged", "undecided", "unrecognised", "unauthorised", "absent", "stopped", "unanswered"):
        if counts.get(name):
            tally.outcomes[name] = counts[name]
    made.unjudged = counts["exchanges"] - sum(tally.outcomes.values())
    for operation, media in report["coverage"]["operations"].items():
        for name, row in media.items():
            tally.exchanges[(operation, name, "judged")] = row["exchanges"]
            tally.exchanges[(operation, name, "accepted")] = row["accepted"]
            tally.exchanges[(operation, name, "refused")] = row["refused"]
            if row.get("seconds"):
                tally.took[(operation, name)] = round(row["seconds"] * 1e6)
    for operation, met in report["coverage"].get("response_types", {}).items():
        for name, number in met.items():
            tally.response_types[(operation, name)] = number
    for row in report.get("equivalence", ()):
        if row["compared"]:
            tally.compared[(row["operation"], row["pointer"])] = row["compared"]
            tally.different[(row["operation"], row["pointer"])] = row["different"]
    passed_over = {row["id"] for row in report.get("situations", ()) if not row["played"]}
    for row in report["clauses"]:
        for cell, (passed, failed) in row.get("cells", {}).items():
            operation, _, name = cell.partition("/")
            tally.passed[(row["id"], operation, name)] = passed
            tally.failed[(row["id"], operation, name)] = failed
        if row.get("exchanges"):
            moved = {name: [number + offset for number in numbers] for name, numbers in row["exchanges"].items()}
            made.exchanges_of[row["id"]] = moved
        if row["result"] == "untested" and row["reason"] not in _GENERAL and row["check"]:
            if row["id"] in passed_over and row["reason"] != LEFT_OUT:
                made.general_reason = made.general_reason or row["reason"]
            else:
                made.reasons[row["id"]] = row["reason"]


def _carry_waived(reports: Sequence[Row], merged: dict[str, Any]) -> None:
    """A finding that was waived wherever it was seen stays so, and so does its clause."""
    seen: dict[tuple[str, ...], list[Any]] = {}
    for report in reports:
        for row in report["findings"]:
            seen.setdefault(identity(row), []).append(row.get("waived"))
    for row in merged["findings"]:
        waived = seen.get(identity(row), [None])
        if all(waived):
            row["waived"] = waived[0]
    failing = {row["clause"] for row in merged["findings"] if not row.get("waived")}
    reasons = {row["id"]: row["reason"] for one in reports for row in one["clauses"] if row["result"] == "waived"}
    for row in merged["clauses"]:
        if row["result"] == "failed" and row["id"] in reasons and row["id"] not in failing:
            row["result"], row["reason"] = "waived", reasons[row["id"]]


def _require_alike(reports: Sequence[Row]) -> None:
    first = reports[0]
    for one in reports[1:]:
        run, other = first.get("run", {}), one.get("run", {})
        if run.get("certified") != other.get("certified"):
            client, service = (run, other) if run.get("certified") else (other, run)
            raise UsageError(
                f"run {client.get('id')} is about a client, run {service.get('id')} about the service",
                hint="merge runs of certify-client with runs of certify-client only",
            )
        names = [row["id"] for row in first["clauses"]] == [row["id"] for row in one["clauses"]]
        if not names or (run.get("specs") and other.get("specs") and run["specs"] != other["specs"]):
            raise UsageError(
                f"runs {run.get('id')} and {other.get('id')} were judged by different specifications",
                hint="merge runs of one version; compare others with --baseline",
            )
        if _choices(first) != _choices(one):
            raise UsageError(
                f"runs {run.get('id')} and {other.get('id')} were judged under different readings",
                hint="judge both with the same --reading options, or compare them with --baseline",
            )


def _choices(report: Row) -> dict[str, str]:
    return {row["id"]: row["taken"] for row in report.get("run", {}).get("readings", ())}


def _waivers(reports: Sequence[Row]) -> list[dict[str, Any]]:
    """Each waiver once; unused is one that no run had a use for, though some decided its clause."""
    states = ("active", "expired", "unused", "untested")
    found: dict[tuple[str, ...], dict[str, Any]] = {}
    for report in reports:
        for row in report.get("waivers", ()):
            key = tuple(str(row[name]) for name in ("clause", "operation", "reason", "owner", "expires"))
            known = found.setdefault(key, {**row, "findings": 0})
            known["findings"] += row["findings"]
            known["state"] = min(known["state"], row["state"], key=states.index)
    return list(found.values())


def _run(reports: Sequence[Row]) -> dict[str, Any]:
    """The facts that all runs share but for how each was made, and what the runs were."""
    runs = [one.get("run", {}) for one in reports]
    shared = {name: value for name, value in runs[0].items() if all(run.get(name) == value for run in runs[1:])}
    names = ("id", "command", "target", "started", "ended", "seed")
    for name in ("repeat", "arguments"):
        shared.pop(name, None)
    return {**shared, "merged": [{name: run.get(name) for name in names if name in run} for run in runs]}
