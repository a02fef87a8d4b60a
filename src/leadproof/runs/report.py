"""The report of a run as data: `leadproof.report/2` (`specs/report.schema.json`), of which every report format is a
view. Pure: a summary in, a dict out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from leadproof.contract.situations import LEFT_OUT
from leadproof.contract.specs import CLIENT, versions
from leadproof.core.findings import Observation
from leadproof.core.operations import OPERATIONS
from leadproof.runs.breaches import Found
from leadproof.runs.listing import Key
from leadproof.runs.summary import Summary, counts
from leadproof.runs.tables import (
    attestations,
    clause_row,
    coverage,
    equivalence,
    no_coverage,
    readings,
    situation_rows,
)
from leadproof.runs.verdicts import settle

SCHEMA = "leadproof.report/2"

_LEVELS = ("must", "should", "may")


def report(summary: Summary, command: str, run: Mapping[str, Any]) -> dict[str, Any]:
    """The report of a run.

    Args:
        summary: What its rows come to.
        command: The name of the command, such as `certify`.
        run: The facts of its `run.json`.
    """
    tally, spec = summary.tally, summary.spec
    kept = sorted(summary.kept(), key=lambda found: _rank(summary, found))
    standing = summary.standing()
    dropped = summary.findings.breaches.keys() - standing.keys()
    of_client = spec.subject == CLIENT
    clauses = []
    for clause in spec.clauses.values():
        reason = summary.reasons.get(clause.id) or ("" if clause.untestable else summary.general_reason)
        seen = summary.exchanges_of.get(clause.id, {})
        clauses.append(clause_row(clause, tally, dropped=dropped, reason=reason, seen=seen))
    made = {
        "schema": SCHEMA,
        "command": command,
        "verdict": "",
        "exit_code": 0,
        "counts": {
            "exchanges": summary.exchanges,
            "judged": tally.outcomes["judged"],
            "unrecognised": tally.outcomes["unrecognised"],
            "unauthorised": tally.outcomes["unauthorised"],
            "absent": tally.outcomes["absent"],
            "stopped": tally.outcomes["stopped"],
            "unanswered": tally.outcomes["unanswered"],
            "undecided": tally.outcomes["undecided"],
            "findings": sum(standing.values()),
        },
        "files": summary.files.rows,
        "findings": [_finding(summary, found) for found in kept],
        "observations": [_observation(seen, number) for seen, number in summary.observed.values()],
        "clauses": clauses,
        "coverage": {**(no_coverage() if of_client else coverage(tally)), **_exercised(summary, clauses)},
        "latency": dict(summary.latency),
        "run": {**run, "fail_on": summary.fail_on, "versions": versions(spec.subject), "readings": readings(spec)},
        "equivalence": [] if of_client else equivalence(spec, tally),
        "attestations": [] if of_client else attestations(spec),
        "evidence": {
            "tested": summary.tested,
            "decided": summary.decided,
            "unread": summary.unread,
            "intended": summary.intended,
            "accepted": summary.accepted,
            **({"forgotten": summary.forgotten} if summary.forgotten else {}),
        },
    }
    if of_client:
        made["situations"] = situation_rows(_played(summary, clauses))
    unlisted = {**summary.findings.unlisted(tested=bool(summary.tested)), **summary.files.unlisted}
    if unlisted:
        made["unlisted"] = unlisted
    settle(made, summary.codes())
    return made


def _played(summary: Summary, clauses: list[dict[str, Any]]) -> set[str]:
    """The situations that were played: those that were decided, and those with a reason of their own why not."""
    own = {name for name, reason in summary.reasons.items() if reason != LEFT_OUT}
    return own | {row["id"] for row in clauses if row["result"] != "untested"}


def finding_rows(summary: Summary, keys: Iterable[Key] | None = None) -> list[dict[str, Any]]:
    """Findings as a report shows them, the worst first; all that stand, or those of `keys` among them."""
    wanted = None if keys is None else set(keys)
    found = [one for one in summary.kept() if wanted is None or one.finding.same_as() in wanted]
    return [_finding(summary, one) for one in sorted(found, key=lambda one: _rank(summary, one))]


def _exercised(summary: Summary, clauses: list[dict[str, Any]]) -> dict[str, Any]:
    """What was exercised in detail, and what was to be and was not."""
    if summary.exercised is None:
        return {"gaps": list(summary.gaps)} if summary.gaps else {}
    results = {row["id"]: row["result"] for row in clauses if row["check"]}
    details = summary.exercised.report(summary.spec, results)
    return {"exercised": details, "gaps": list(summary.gaps), "suite": summary.exercised.suite}


def _rank(summary: Summary, found: Found) -> tuple[bool, int, int, str]:
    clause = summary.spec.clauses[found.finding.clause]
    return (
        not counts(clause, summary.fail_on),
        _LEVELS.index(clause.level),
        list(OPERATIONS).index(found.finding.operation),
        clause.id,
    )


def _finding(summary: Summary, found: Found) -> dict[str, Any]:
    shown = summary.findings.evidence(found)
    finding, exchange = (found.finding, found.exchange) if shown is None else (shown.finding, shown.exchange)
    evidence = dict(shown.evidence) if shown is not None else {}
    if summary.spec.subject == CLIENT:
        evidence.pop("curl", None)  # nobody is to repeat what a client sent to a receiver that is gone
    clause = summary.spec.clauses[finding.clause]
    return {
        "clause": finding.clause,
        "kind": finding.kind,
        "level": clause.level,
        "basis": clause.basis,
        "operation": finding.operation,
        "media_type": f"application/{finding.media}" if finding.media else "",
        "origin": finding.origin,
        "exchange": exchange,
        "pointer": finding.pointer,
        "xpath": finding.xpath,
        "expected": finding.expected,
        "actual": finding.actual,
        "message": finding.message,
        "text": clause.text,
        "place": clause.place,
        "count": summary.times(found),
        "decides": counts(clause, summary.fail_on),
        **evidence,
    }


def _observation(seen: Observation, number: int) -> dict[str, Any]:
    return {
        "kind": seen.kind,
        "operation": seen.operation,
        "media_type": f"application/{seen.media}" if seen.media else "",
        "origin": seen.origin,
        "pointer": seen.pointer,
        "xpath": seen.xpath,
        "message": seen.message,
        "count": number,
        **({"situation": seen.situation} if seen.situation else {}),
    }
