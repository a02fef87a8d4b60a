"""Reports with as many failures as a test asks for, made of the findings of the example: the same each time."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

SOURCE = json.loads(
    (Path(__file__).resolve().parent.parent / "reports" / "examples" / "report.json").read_text("utf-8")
)


def failing(number: int) -> dict[str, Any]:
    """A report in which so many clauses failed, each with a finding and its evidence; beyond the number of clauses
    that a check decides, some have several.
    """
    report = copy.deepcopy(SOURCE)
    samples = [row for row in SOURCE["findings"] if row["decides"]]
    testable = [row for row in report["clauses"] if row["check"]]
    stride = max(1, len(testable) // max(number, 1))
    chosen = (testable[::stride] or testable)[:number]
    report["findings"] = [_finding(chosen[at % len(chosen)], samples[at % len(samples)], at) for at in range(number)]
    failed = {row["clause"] for row in report["findings"]}
    for row in testable:
        row |= {"result": "failed", "failed": 1} if row["id"] in failed else {"result": "passed", "failed": 0}
        row["passed"] = row["passed"] or 1
    report |= {"verdict": "failed", "exit_code": 1, "codes": [1]} if number else {"verdict": "passed", "exit_code": 0}
    report["codes"] = [1] if number else []
    return report


def _finding(clause: dict[str, Any], sample: dict[str, Any], at: int) -> dict[str, Any]:
    """What a sample shows, as a breach of another clause."""
    operation = clause["operations"][at % len(clause["operations"])]
    told = {name: clause[name] for name in ("text", "place")}
    return sample | told | {"clause": clause["id"], "level": "must", "basis": "documented", "operation": operation}
