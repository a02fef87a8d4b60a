"""Answers against a report: what a person confirms or denies. Pure.

A yes decides nothing: no message has shown it, so the clause stays untested, and the report says who confirmed it. A no
is evidence as good as a finding: a requirement that is denied has failed, and so has the report that shows it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from leadproof.core.errors import ExitCode
from leadproof.runs.attestation.answers import NO, Answer
from leadproof.runs.verdicts import codes_of, fails, settle

#: States of an item.
OPEN, ANSWERED, CARRIED, EXPIRED = "open", "answered", "carried", "expired"


def items(report: dict[str, Any], answers: Iterable[Answer], today: date, days: int) -> list[dict[str, str]]:
    """What a person is asked, and what was said: `attestations` of a report with answers.

    Args:
        report: Of the run.
        answers: Of its attestation.
        today: The day on which answers have to hold.
        days: For which an answer holds.
    """
    known = {one.clause: one for one in answers}
    found = []
    for row in report["attestations"]:
        given = known.get(row["clause"], Answer(row["clause"], row["text"]))
        why = given.expired(row["text"], today, days)
        state = EXPIRED if why else OPEN if not given.answer else CARRIED if given.carried else ANSWERED
        found.append({
            **{name: row[name] for name in ("clause", "text", "place", "why", "look_at") if name in row},
            "state": state, "answer": given.answer, "name": given.name,
            "date": given.date.isoformat() if given.date else "", "evidence": given.evidence, "sha256": given.sha256,
            "remark": given.remark, "carried": given.carried, "expired": why,
        })  # fmt: skip
    return found


def apply(report: dict[str, Any], found: list[dict[str, str]]) -> None:
    """Writes answers into a report, and settles it anew where a requirement is denied.

    Args:
        report: Is changed.
        found: Of `items`.
    """
    report["attestations"] = found
    denied = {row["clause"]: row for row in found if row["answer"] == NO and row["state"] != EXPIRED}
    fail_on = str((report.get("run") or {}).get("fail_on") or "must")
    codes = codes_of(report)
    for clause in report["clauses"]:
        if row := denied.get(clause["id"]):
            clause["result"] = "failed"
            clause["reason"] = f"denied by {row['name']} on {row['date']}" + (
                f": {row['remark']}" if row["remark"] else ""
            )
            if fails(clause["level"], clause["basis"], fail_on):
                codes.add(ExitCode.VIOLATED)
    settle(report, codes)
