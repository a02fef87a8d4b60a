"""Run directories read back: the report of a run, or the one that its rows come to where it wrote none.

`report.json` is canonical. Where a run was ended before it was written, the report is made again from the result rows,
as the living run would have made it: see `results`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from leadproof.contract import specs
from leadproof.core.errors import ConfigurationError, ExitCode, InputError, reading_hint
from leadproof.runs.evidence.files import EXCHANGES, REPORT, RUN
from leadproof.runs.evidence.results import has_rows, read_rows, reporting_bad_rows
from leadproof.runs.evidence.series import all_lines
from leadproof.runs.evidence.shape import checked
from leadproof.runs.report import report
from leadproof.runs.results import ResultRow, Row
from leadproof.runs.summary import Summary


def read_report(path: Path) -> dict[str, Any]:
    """The report of a run directory, or of a report.json.

    Raises:
        InputError: There is neither a report nor a run.
    """
    file = path / REPORT if path.is_dir() else path
    if not file.is_file():
        if path.is_dir() and (path / RUN).is_file():
            return rebuild(path)
        raise InputError(f"{path} is no run", hint="name a run directory such as reports/out/20261123T090000Z-5c1e")
    try:
        report = json.loads(file.read_bytes())
    except OSError as error:
        raise InputError(f"{file}: cannot be opened: {error.strerror}", hint=reading_hint(error)) from None
    except (ValueError, RecursionError) as error:
        raise InputError(f"{file} is no JSON: {error}", hint="was it changed? leadproof verify tells") from None
    return checked(report, str(file))


def is_unfinished(path: Path, command: str) -> bool:
    """Is it the directory of a run of that command which was killed, or could write no more, before its report?"""
    if not path.is_dir() or (path / REPORT).exists() or not (path / RUN).is_file():
        return False
    facts = read_facts(path)
    return facts.get("command") == command and bool(why_unfinished(facts))


def rebuild(folder: Path) -> dict[str, Any]:
    """The report of a run, made again from its rows.

    Raises:
        InputError: It has no rows, a line but the last is broken, or the run was judged by another specification.
    """
    facts = read_facts(folder)
    summary = read_summary(folder, facts)
    if reason := why_unfinished(facts):
        summary.general_reason = reason
        if facts.get("failed"):
            summary.further_codes.add(ExitCode.USAGE)
        else:
            summary.interrupted = True
        # A recording writes an exchange before it is judged.
        written = sum(1 for _ in all_lines(folder, EXCHANGES))
        numbered = sum(isinstance(row, ResultRow) and row.exchange is not None for row in read_rows(folder))
        summary.unjudged += max(0, written - numbered)
    return report(summary, str(facts.get("command", "")), facts)


def why_unfinished(facts: Mapping[str, Any]) -> str:
    """Why a run without a report has none, as far as its `run.json` knows; "" where it had come to its end."""
    if failure := facts.get("failed"):
        return f"the run could not go on: {failure}"
    return "" if facts.get("ended") else "the run was ended before its end"


def read_facts(folder: Path) -> dict[str, Any]:
    """The facts of a run, from its `run.json`.

    Raises:
        InputError: It cannot be read.
    """
    try:
        facts = json.loads((folder / RUN).read_bytes())
        facts.get("command")
    except (OSError, ValueError, AttributeError) as error:
        raise InputError(f"{folder / RUN} cannot be read: {error}", hint="was it changed?") from None
    found: dict[str, Any] = facts
    return found


def read_summary(folder: Path, facts: Mapping[str, Any], rows: Iterable[Row] | None = None) -> Summary:
    """The summary of a run, from its rows.

    Args:
        folder: The run directory.
        facts: Of `read_facts`.
        rows: What to take of its rows; all of them if left out.

    Raises:
        InputError: It has no rows, a line but the last is broken, or the run was judged by another specification.
    """
    if not has_rows(folder):
        raise InputError(f"{folder} has no result rows", hint="was it written by an older version?")
    try:
        spec = specs.load(facts.get("choices") or {}, subject=str(facts.get("certified", "")))
    except (ConfigurationError, AttributeError) as error:
        words = getattr(error, "message", error)
        raise InputError(f"{folder / RUN}: {words}", hint="was it written by another version?") from None
    summary = Summary(spec, str(facts.get("fail_on") or "must"))
    with reporting_bad_rows(folder):
        for row in read_rows(folder) if rows is None else rows:
            summary.add(row)
    return summary
