"""What a report comes to: the exit codes that apply, the one that wins, and the verdict in a word.

Pure, over a report as data, so that a report that was merged, waived or compared is settled by the same rules.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from leadproof.core.errors import PRECEDENCE, ExitCode, worst
from leadproof.core.text import count

#: What `--fail-on` may add to the violations that count: name -> meaning.
FAIL_ON: dict[str, str] = {
    "must": "must clauses that are documented or resolved (the default)",
    "should": "should clauses that are documented or resolved, too",
    "assumed": "assumed clauses too, whatever their level",
    "any": "every finding",
}


def fails(level: str, basis: str, fail_on: str = "must") -> bool:
    """Does a breach of a clause of that level and basis fail the run?"""
    if fail_on == "any":
        return True
    if basis == "assumed":
        return fail_on == "assumed"
    return level == "must" or (level == "should" and fail_on in ("should", "assumed"))


def verdict(codes: Collection[ExitCode]) -> str:
    """The verdict in a word: the worst that was found, whatever kept the run from finding more."""
    if {ExitCode.VIOLATED, ExitCode.OBJECTIVES_MISSED} & set(codes):
        return "failed"
    return "inconclusive" if set(codes) - {ExitCode.PASSED} else "passed"


def settle(report: dict[str, Any], codes: Iterable[ExitCode]) -> None:
    """Writes exit code and verdict into a report, and all codes that apply, the one that wins first."""
    found = set(codes) - {ExitCode.PASSED}
    report["verdict"], report["exit_code"] = verdict(found), int(worst(*found))
    report["codes"] = [int(one) for one in PRECEDENCE if one in found]


def codes_of(report: Mapping[str, Any]) -> set[ExitCode]:
    """The exit codes that apply to a report, PASSED left out."""
    found = report.get("codes")
    if found is None:  # a report of an older version names the winner only
        found = [report.get("exit_code", ExitCode.INCONCLUSIVE)]
    return {ExitCode(one) for one in found} - {ExitCode.PASSED}


def settle_again(report: dict[str, Any]) -> None:
    """Decides the findings of a report anew and settles it: one that is waived, or known from a baseline, does not
    decide. Only whether the contract is violated may change by it.
    """
    fail_on = str((report.get("run") or {}).get("fail_on") or "must")
    for row in report["findings"]:
        excused = bool(row.get("waived") or row.get("known"))
        row["decides"] = not excused and fails(row["level"], row["basis"], fail_on)
    report["findings"].sort(key=lambda row: not row["decides"])  # what decides stays first
    codes = codes_of(report) - {ExitCode.VIOLATED}
    if any(row.get("decides") for row in report["findings"]) or _leads_lost(report):
        codes.add(ExitCode.VIOLATED)
    elif ExitCode.VIOLATED in codes_of(report):
        codes = _without_violations(report, codes)
    settle(report, codes)


def _without_violations(report: dict[str, Any], codes: set[ExitCode]) -> set[ExitCode]:
    """The codes of a load where all that the judge found is excused: it does not miss an objective then, either."""
    latency = report.get("latency") or {}
    judged, objectives = latency.get("judged") or {}, latency.get("objectives") or ()
    for row in objectives:
        if row["name"] == "clauses.ratio" and row["verdict"] == "FAIL" and judged.get("violations"):
            row["actual"] = judged["cheap_checks_broken"] / row["samples"]
            row["verdict"] = "PASS" if row["actual"] <= row["most"] else "FAIL"
            if all(one["verdict"] != "FAIL" for one in objectives):
                codes = codes - {ExitCode.OBJECTIVES_MISSED}
    if report.get("command") == "load" and latency and verdict(codes) != "failed":
        latency["verdict"] = "PASS" if verdict(codes) == "passed" else "INCONCLUSIVE"
    return codes


def require_judged(report: dict[str, Any], share: float) -> None:
    """Makes a report inconclusive where less than a share of its exchanges was recorded with what there is to judge.

    Exchanges that are no documented operation do not count.

    Args:
        report: Is settled again.
        share: From 0 to 1.
    """
    counts = report["counts"]
    exchanges = counts["exchanges"] - counts["unrecognised"]
    judged = exchanges - int(report["evidence"].get("unread", 0))
    if exchanges and judged < share * exchanges:
        words = f"only {judged} of {count(exchanges, 'exchange')} could be judged, --min-judged asks for {share:.0%}"
        report["coverage"].setdefault("gaps", []).append(words)
        settle(report, codes_of(report) | {ExitCode.INCONCLUSIVE})


def _leads_lost(report: Mapping[str, Any]) -> bool:
    """Did a load lose leads, where that fails a run? No finding says so."""
    found = (report.get("latency") or {}).get("conservation") or {}
    return bool(found.get("decides") and (found.get("lost") or found.get("duplicated") or found.get("sold_twice")))
