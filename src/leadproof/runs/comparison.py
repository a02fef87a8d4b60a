"""Two runs side by side: which findings are fixed, which are new, which still stand. Pure, over reports as data.

A finding is the same one in both if clause, kind, operation, representation, place (indices apart) and the type of what
was there are the same: see `findings.Finding.same_as`. An id of a clause that was split since stands for its parts.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from leadproof.contract import specs
from leadproof.core.errors import ExitCode
from leadproof.core.findings import identity
from leadproof.core.text import count
from leadproof.runs.verdicts import codes_of, fails, settle, settle_again

Row = Mapping[str, Any]


def compare(base: Row, report: dict[str, Any]) -> None:
    """Sets a run against an earlier one: only what is new in it decides from now on.

    The report gains `comparison`: `base`; in what else the two were judged by (`differs`); and the findings that are
    `fixed`, `new`, `still` there, and `unseen`: those of the base for which this run gave no occasion, so nobody knows.
    A finding that stood before and would decide gets `known`: a warning stays one. Findings that are counted and not
    listed cannot be compared (`uncompared`): where they might decide, the run is inconclusive unless something that is
    listed has failed it.
    """
    before = {name: row for row in base.get("findings", ()) for name in _names(row)}
    fail_on = str((report.get("run") or {}).get("fail_on") or "must")
    decided = _decided(report)
    new, still = list[Row](), list[Row]()
    for row in report["findings"]:
        row.pop("known", None)
        if identity(row) not in before:
            new.append(row)
            continue
        still.append(row)
        if fails(row["level"], row["basis"], fail_on):
            row["known"] = True
    now = {identity(row) for row in report["findings"]}
    gone = [row for row in base.get("findings", ()) if now.isdisjoint(_names(row))]
    run = base.get("run") or {}
    unlisted = int((base.get("unlisted") or {}).get("findings", 0))
    named = {name: run.get(name, "") for name in ("id", "started", "target")}
    report["comparison"] = {
        "base": named | ({"unlisted": unlisted} if unlisted else {}),
        "differs": _differs(run, report.get("run") or {}),
        "fixed": [dict(row) for row in gone if _cells(row) & decided],
        "new": new,
        "still": still,
        "unseen": [dict(row) for row in gone if not _cells(row) & decided],
    }
    settle_again(report)
    if times := _uncompared(report):
        report["comparison"]["uncompared"] = times
        words = f"{count(times, 'finding')} not listed, so not compared with the baseline"
        report["coverage"].setdefault("gaps", []).append(words)
        settle(report, codes_of(report) | {ExitCode.INCONCLUSIVE})


def _uncompared(report: Row) -> int:
    """How many findings might decide and are not listed."""
    left = (report.get("unlisted") or {}).get("clauses")
    if not left:
        return 0
    fail_on = str((report.get("run") or {}).get("fail_on") or "must")
    may = (row for row in report["clauses"] if row["result"] != "waived" and fails(row["level"], row["basis"], fail_on))
    return sum(int(left.get(row["id"], 0)) for row in may)


def _differs(base: Row, run: Row) -> list[str]:
    """By what else than the service two runs may come to different findings."""
    facts = {"tool": "version", "specs": "specification", "readings": "readings", "profile": "posting profile"}
    found = [words for name, words in facts.items() if name in base and name in run and base[name] != run[name]]
    return [*(["subject"] if base.get("certified") != run.get("certified") else []), *found]


def _decided(report: Row) -> set[tuple[str, str, str]]:
    """Clauses that a run decided, by operation and representation; "" stands for any."""
    found = set()
    for row in report.get("clauses", ()):
        for cell in row.get("cells", ()):
            operation, _, media = str(cell).partition("/")
            found |= {(row["id"], operation, media), (row["id"], operation, "")}
    return found


def _ids(row: Row) -> tuple[str, ...]:
    """The clause of an earlier finding, and those into which it was split since."""
    return specs.ids_today(str(row.get("clause", "")), str(row.get("operation", "")))


def _names(row: Row) -> list[tuple[str, ...]]:
    return [identity({**row, "clause": name}) for name in _ids(row)]


def _cells(row: Row) -> set[tuple[str, str, str]]:
    operation, media = str(row.get("operation", "")), str(row.get("media_type") or "").removeprefix("application/")
    return {(name, operation, media) for name in _ids(row)}
