"""What a clause came to, as people are shown it: what fails the run apart from a warning, and what no test from outside
can decide apart from what this run left out. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from leadproof.core.text import count
from leadproof.runs.formats.parts import Row, decides

#: In the order in which they are told.
SHOWN = ("passed", "failed", "warning", "untested", "untestable", "inapplicable", "waived", "known")

#: What a result is called where its name alone would not tell the two apart.
CALLED = {"untested": "left open by this run", "untestable": "never testable from outside"}

#: Those that say nothing of what was tested.
UNDECIDED = ("untested", "untestable", "inapplicable")


def failures(verdict: str, findings: Sequence[Row], clauses: Mapping[str, Row]) -> list[Row]:
    """The findings that fail a run.

    Args:
        verdict: Of the report.
        findings: All of it.
        clauses: The rows of it, by id.
    """
    found = [row for row in findings if decides(row, clauses)]
    told = any(isinstance(row.get("decides"), bool) for row in findings)
    if verdict == "failed" and not (found or told):
        return list(findings)  # the run was told to fail on less than a must; one that tells may have missed a load
    return found


def shown(clauses: Mapping[str, Row], findings: Iterable[Row], failures: Iterable[Row]) -> dict[str, str]:
    """What each clause came to, by its id.

    Args:
        clauses: The rows of a report, by id.
        findings: All findings of it.
        failures: Those that fail the run.
    """
    failed = {str(row.get("clause", "")) for row in failures}
    excused = {str(row.get("clause", "")): "known" for row in findings if row.get("known")}
    listed = {str(row.get("clause", "")) for row in findings}
    return {name: _shown(name, row, failed, excused, listed) for name, row in clauses.items()}


def _shown(name: str, row: Row, failed: set[str], excused: Mapping[str, str], listed: set[str]) -> str:
    result = str(row.get("result", "untested"))
    if result == "untested":
        return "untestable" if row.get("check") == "" else "untested"
    if result != "failed" or name in failed:
        return result
    if name in excused:
        return excused[name]
    return "warning" if name in listed or not decides({**row, "clause": name}, {}) else "failed"


def of_testable(shown: Iterable[str]) -> tuple[int, int]:
    """How many clauses were decided, of how many that could be."""
    found = [result for result in shown if result not in ("untestable", "inapplicable")]
    return sum(result != "untested" for result in found), len(found)


def counted(numbers: Mapping[str, int]) -> str:
    """How many clauses came to what, in words; results that none came to are left out."""
    words = {name: count(numbers[name], name) if name == "warning" else f"{numbers[name]:,} {CALLED.get(name, name)}"
             for name in SHOWN if numbers.get(name)}  # fmt: skip
    return ", ".join(words.values())
