"""Several runs as one: the shards of a capture, the jobs of a matrix. Pure, over reports as data.

Counts are added, findings and observations that are the same one become one row, a clause that failed anywhere has
failed. What only one run can say (latency, the cases of a suite) is left to that run's own report.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from leadproof.core.errors import ExitCode, UsageError
from leadproof.core.findings import identity
from leadproof.core.operations import CELLS
from leadproof.judge.tally import ELSEWHERE
from leadproof.runs.verdicts import codes_of, settle, settle_again

Row = Mapping[str, Any]

#: The worst first: what a clause is where several runs say different things of it.
_RESULTS = ("failed", "waived", "passed", "untested", "inapplicable")


def merge(reports: Sequence[Row], offsets: Sequence[int] = ()) -> dict[str, Any]:
    """One report of several runs.

    Args:
        reports: At least one `leadproof.report/1`, all of the same register.
        offsets: What is to be added to the exchange numbers of each, where their evidence is put together.

    Raises:
        UsageError: The runs were judged by different specifications or readings.
    """
    _require_alike(reports)
    offsets = offsets or [0] * len(reports)
    first = reports[0]
    merged: dict[str, Any] = {
        "schema": first["schema"],
        "command": "report",
        "verdict": "",
        "exit_code": 0,
        "counts": _added(one["counts"] for one in reports),
        "files": [dict(row) for one in reports for row in one["files"]],
        "findings": _findings(reports, offsets),
        "observations": _observations(reports),
        "clauses": _clauses(reports, offsets),
        "coverage": _coverage(reports),
        "latency": {},
        "run": _run(reports),
        "equivalence": _equivalence(reports),
        "attestations": [dict(row) for row in first.get("attestations", ())],
        "rests_on": _added(one.get("rests_on", {}) for one in reports),
    }
    if waivers := _waivers(reports):
        merged["waivers"] = waivers
    settle(merged, _codes(reports, merged))
    settle_again(merged)
    return merged


def _require_alike(reports: Sequence[Row]) -> None:
    first = reports[0]
    for one in reports[1:]:
        run, other = first.get("run", {}), one.get("run", {})
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


def _added(counts: Iterable[Row]) -> dict[str, Any]:
    total: dict[str, Any] = {}
    for one in counts:
        for name, number in one.items():
            # Seconds are kept to the microsecond: shards come to what the whole would.
            total[name] = round(total.get(name, 0) + number, 6)
    return total


def _findings(reports: Sequence[Row], offsets: Sequence[int]) -> list[dict[str, Any]]:
    found: dict[tuple[str, ...], dict[str, Any]] = {}
    for report, offset in zip(reports, offsets, strict=True):
        for row in report["findings"]:
            known = found.get(identity(row))
            if known is not None:
                known["count"] += row["count"]
                if not row.get("waived"):
                    known.pop("waived", None)
                continue
            mine = {name: value for name, value in row.items() if name != "known"}
            if mine.get("exchange") is not None:
                mine["exchange"] += offset
            found[identity(row)] = mine
    levels = ("must", "should", "may")
    return sorted(found.values(), key=lambda row: (not row["decides"], levels.index(row["level"])))


def _observations(reports: Sequence[Row]) -> list[dict[str, Any]]:
    found: dict[tuple[str, ...], dict[str, Any]] = {}
    for report in reports:
        for row in report["observations"]:
            key = tuple(str(row.get(name, "")) for name in ("kind", "operation", "media_type", "pointer", "message"))
            if key in found:
                found[key]["count"] += row["count"]
            else:
                found[key] = dict(row)
    return list(found.values())


def _clauses(reports: Sequence[Row], offsets: Sequence[int]) -> list[dict[str, Any]]:
    rows = []
    for same in zip(*(one["clauses"] for one in reports), strict=True):
        cells: dict[str, list[int]] = {}
        seen: dict[str, list[int]] = {}
        for row, offset in zip(same, offsets, strict=True):
            for cell, numbers in row.get("cells", {}).items():
                cells[cell] = [a + b for a, b in zip(cells.get(cell, (0, 0)), numbers, strict=True)]
            for name, exchanges in row.get("exchanges", {}).items():
                seen.setdefault(name, []).extend(number + offset for number in exchanges)
        results = [row["result"] for row in same]
        result = min(results, key=_RESULTS.index)
        says = [row for row, one in zip(same, results, strict=True) if one == result]
        said = min(says, key=lambda row: row["reason"] == ELSEWHERE)
        rows.append(
            {
                **said,
                "result": result,
                "reason": "" if result == "failed" else said["reason"],
                "passed": sum(row["passed"] for row in same),
                "failed": sum(row["failed"] for row in same),
                "cells": cells,
                "exchanges": {name: numbers[:3] for name, numbers in seen.items()},
            }
        )
    return rows


def _coverage(reports: Sequence[Row]) -> dict[str, Any]:
    operations: dict[str, dict[str, dict[str, int]]] = {}
    types: dict[str, dict[str, int]] = {}
    for report in reports:
        for operation, media in report["coverage"]["operations"].items():
            for name, counts in media.items():
                mine = operations.setdefault(operation, {})
                mine[name] = _added((mine.get(name, {}), counts))
        for operation, met in report["coverage"].get("response_types", {}).items():
            types[operation] = _added((types.get(operation, {}), met))
    covered = sum(bool(operations.get(operation, {}).get(media, {}).get("exchanges")) for operation, media in CELLS)
    gaps = list(dict.fromkeys(gap for report in reports for gap in report["coverage"].get("gaps", ())))
    found: dict[str, Any] = {
        "operations": operations,
        "cells": {"covered": covered, "total": len(CELLS)},
        "response_types": types,
    }
    return found | ({"gaps": gaps} if gaps else {})


def _equivalence(reports: Sequence[Row]) -> list[dict[str, Any]]:
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for report in reports:
        for row in report.get("equivalence", ()):
            key = (row["operation"], row["pointer"])
            known = found.setdefault(key, {**row, "compared": 0, "different": 0})
            known["compared"] += row["compared"]
            known["different"] += row["different"]
            if known["state"] not in ("one-sided", "volatile") and known["compared"]:
                known["state"], known["why"] = "different" if known["different"] else "equal", ""
    return list(found.values())


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
    """The facts that all runs share, and what the runs were."""
    runs = [one.get("run", {}) for one in reports]
    shared = {name: value for name, value in runs[0].items() if all(run.get(name) == value for run in runs[1:])}
    names = ("id", "command", "target", "started", "ended", "seed")
    return {**shared, "merged": [{name: run.get(name) for name in names if name in run} for run in runs]}


def _codes(reports: Sequence[Row], merged: Row) -> set[ExitCode]:
    """What applied to any run applies to all of them together, unless they tested together what one alone did not."""
    codes = set[ExitCode]().union(*(codes_of(one) for one in reports))
    rests = merged["rests_on"]
    tested = rests.get("tested") and (rests.get("accepted") or not rests.get("meant"))
    # A load is inconclusive for reasons of its own: too few samples, a worker lost.
    of_load = any(one.get("latency") and ExitCode.INCONCLUSIVE in codes_of(one) for one in reports)
    if tested and not merged["coverage"].get("gaps") and not of_load:
        codes.discard(ExitCode.INCONCLUSIVE)
    return codes
