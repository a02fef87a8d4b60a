"""Run directories read back: the report of a run, or what its lines still tell of it where it was killed.

`report.json` is canonical. Where a run was ended before it was written, the report is made again from the lines: the
decisions beside each exchange give the clause table, the findings are there as they were. What only the living run
knew (the cases of a suite, detailed coverage, latency) is lost, and the report says so.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from leadproof.contract import specs
from leadproof.core.errors import ConfigurationError, InputError
from leadproof.core.exchange import Exchange
from leadproof.core.findings import Finding, Observation
from leadproof.core.operations import OPERATIONS
from leadproof.judge import Decisions, Judgement, Tally
from leadproof.judge.checks import Context, History
from leadproof.redact import Redactor
from leadproof.runs.evidence.files import EXCHANGES, FINDINGS, REPORT, RUN
from leadproof.runs.evidence.rows import read_exchange
from leadproof.runs.evidence.shape import require_shape
from leadproof.runs.summary import Summary

#: Said in a report that was made again.
REBUILT = (
    "The run was ended before it could write its report. This one was made from the lines it left behind: exchanges, "
    "findings and clauses are as they were; detailed coverage, the cases of the suite, the list of files and latency "
    "are lost."
)


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
        raise InputError(f"{file}: cannot be opened: {error.strerror}", hint="check that you may read it") from None
    except (ValueError, RecursionError) as error:
        raise InputError(f"{file} is no JSON: {error}", hint="was it changed? leadproof verify tells") from None
    require_shape(report, str(file))
    found: dict[str, Any] = report
    return found


def rebuild(folder: Path) -> dict[str, Any]:
    """The report of a run that was killed, from its lines.

    Raises:
        InputError: A line but the last is broken, or the run was judged by another specification.
    """
    try:
        facts = json.loads((folder / RUN).read_bytes())
        spec = specs.load(facts.get("choices") or {})
    except (OSError, ValueError, AttributeError) as error:
        raise InputError(f"{folder / RUN} cannot be read: {error}", hint="was it changed?") from None
    except ConfigurationError as error:
        raise InputError(f"{folder / RUN}: {error.message}", hint="was it written by another version?") from None
    summary, tally = Summary(spec, _AsIs(), str(facts.get("fail_on") or "must")), Tally()
    with reporting_bad_rows(folder):
        _add_up(folder, spec, summary, tally)
    written_first = facts.get("command") == "record"  # an exchange is judged after it is written
    if summary.exchanges and not tally.outcomes and not written_first:
        raise InputError(f"{folder}: its lines do not say what was decided", hint="was it written by an older version?")
    summary.interrupted = True
    summary.general_reason = "the run was ended before its end"
    report = summary.report(str(facts.get("command", "")), tally, facts)
    report["rebuilt"] = REBUILT
    return report


def _add_up(folder: Path, spec: specs.Specification, summary: Summary, tally: Tally) -> None:
    judged: dict[int, Judgement] = {}
    # A recording writes an exchange before it is judged.
    later = {row["n"]: row["judged"] for row in lines(folder / FINDINGS) if row["what"] == "judged"}
    for row in lines(folder / EXCHANGES):
        exchange = read_exchange(row)
        known = row["judged"] if "judged" in row else later.get(row["n"])
        if known is None:
            summary.exchanges += 1
            continue
        decisions = Decisions.of(known)
        tally.add(decisions)
        tally.spent(decisions.operation, decisions.media, exchange.elapsed)
        summary.count(decisions, row["n"])
        judged[row["n"]] = _judgement(decisions, exchange, spec)
    for row in lines(folder / FINDINGS):
        _take(row, summary, tally, judged)


@contextmanager
def reporting_bad_rows(folder: Path) -> Iterator[None]:
    """Inside, a row that is not as leadproof writes it ends in a message."""
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(
            f"{folder}: a line is not what leadproof writes ({type(error).__name__}: {error})",
            hint="was a file changed? leadproof verify tells",
        ) from None


def lines(path: Path) -> Iterator[dict[str, Any]]:
    """The rows of a file of lines; a last one that is not whole is what a killed run leaves, and is left out.

    Raises:
        InputError: The file cannot be read, or another line than the last is broken.
    """
    broken = 0
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if broken:
                    raise InputError(
                        f"{path}, line {broken}: no JSON", hint="only the last line of a killed run may be"
                    )
                try:
                    row = json.loads(line)
                except (ValueError, RecursionError):
                    broken = number
                    continue
                if not isinstance(row, dict):
                    raise InputError(f"{path}, line {number}: no JSON object", hint="was the file changed?")
                yield row
    except FileNotFoundError:
        return
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}", hint="check that you may read it") from None


def _take(row: Mapping[str, Any], summary: Summary, tally: Tally, judged: Mapping[int, Judgement]) -> None:
    if row["what"] == "judged":  # counted with its exchange
        return
    if row["what"] == "beside":
        tally.add(Decisions.of(row["judged"]))
        return
    kind = Finding if row["what"] == "finding" else Observation
    said = kind(**{name: str(row.get(name, "")) for name in kind.__dataclass_fields__})
    if isinstance(said, Finding):
        summary.findings([said], judged.get(row["n"], Judgement("judged", said.operation, said.media)), row["n"])
    else:
        summary.add_observation(said)


def _judgement(decisions: Decisions, exchange: Exchange, spec: specs.Specification) -> Judgement:
    """As much of a judgement as a report needs to show an exchange."""
    operation = OPERATIONS.get(decisions.operation)
    context = Context(exchange, operation, spec, None, History()) if operation else None
    return Judgement(decisions.outcome, decisions.operation, decisions.media, context=context)


class _AsIs(Redactor):
    """For what was redacted before it was written: a second time would give stand-ins to stand-ins."""

    def exchange(self, exchange: Exchange) -> Exchange:
        return exchange

    def finding(self, finding: Finding) -> Finding:
        return finding

    def observation(self, observation: Observation) -> Observation:
        return observation
