"""What has to be in a `leadproof.report/1` that is handed in, so that nothing behind has to ask twice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from leadproof.core.errors import ExitCode, InputError
from leadproof.runs.formats.view import LEVELS, VERDICTS
from leadproof.runs.report import SCHEMA

#: Lists of a report -> what each row must have, and of which type.
_ROWS: dict[str, dict[str, Any]] = {
    "files": {"path": str, "exchanges": int, "problem": (dict, type(None))},
    "findings": dict.fromkeys(
        ("clause", "kind", "level", "basis", "operation", "media_type", "origin", "pointer", "xpath", "expected",
         "actual", "message", "text", "place"), str,
    ) | {"count": int, "decides": bool},
    "observations": dict.fromkeys(("kind", "operation", "media_type", "pointer", "xpath", "message"), str)
    | {"count": int},
    "clauses": dict.fromkeys(("id", "result", "reason"), str) | {"passed": int, "failed": int},
}  # fmt: skip

_COUNTS = ("exchanges", "judged", "unrecognised", "unauthorised", "absent")
_PROBLEM = ("kind", "message", "hint")


def require_shape(report: Any, name: str) -> None:
    """Ends where a report is none, and says what is missing.

    Args:
        report: What the file holds.
        name: The file, for the message.

    Raises:
        InputError: It is no report, or something in it is missing or of the wrong type.
    """
    if not isinstance(report, dict) or report.get("schema") != SCHEMA:
        raise InputError(f"{name} is no {SCHEMA}", hint="name a run directory of leadproof, or its report.json")
    wrong = _wrong(report)
    if wrong:
        raise InputError(
            f"{name}: {wrong} is missing or of the wrong type", hint="was it changed, or is it from elsewhere?"
        )


def _wrong(report: Mapping[str, Any]) -> str:
    """The first place that is not as it should be; "" if there is none."""
    if report.get("exit_code") not in set(ExitCode):
        return "exit_code"
    if report.get("verdict") not in VERDICTS:
        return "verdict"
    if not all(isinstance(report.get(key), dict) for key in ("counts", "coverage", "run")):
        return "counts, coverage or run"
    numbers = report["counts"]
    if not all(isinstance(numbers.get(key), int) for key in (*_COUNTS, *numbers)):
        return "counts"
    for key in ("cells", "operations"):
        if not isinstance(report["coverage"].get(key), dict):
            return f"coverage.{key}"
    for key, members in _ROWS.items():
        if not isinstance(report.get(key), list):
            return key
        for index, row in enumerate(report[key]):
            for member, kind in members.items():
                if not isinstance(row, dict) or member not in row or not isinstance(row[member], kind):
                    return f"{key}[{index}].{member}"
    for index, row in enumerate(report["findings"]):
        if row["level"] not in LEVELS:
            return f"findings[{index}].level"
    for index, row in enumerate(report["files"]):
        if row["problem"] and not all(isinstance(row["problem"].get(member), str) for member in _PROBLEM):
            return f"files[{index}].problem"
    return ""
