"""What several processes have found, put together as if one had: `snapshot` takes a summary apart, `merge` adds it.

Pure. Reports of runs that are over are merged elsewhere; here the run is still going on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from leadproof.runs.summary import NAMED, SHOWN, Summary

_COLLECTED = ("exchanges", "files", "interrupted", "_tested", "_meant", "_accepted", "_seen", "_found", "_observed")


def snapshot(summary: Summary) -> dict[str, Any]:
    """What a summary has collected, as data that another process can read."""
    return {name: getattr(summary, name) for name in _COLLECTED}


def merge(summary: Summary, found: Mapping[str, Any]) -> None:
    """Adds what another summary has collected, as if it had come after what is here.

    Args:
        summary: Where it goes.
        found: `snapshot` of the other, which has the same readings, and a redactor with the same salt.
    """
    summary.exchanges += found["exchanges"]
    summary.files += found["files"]
    summary.interrupted = summary.interrupted or found["interrupted"]
    summary._tested += found["_tested"]
    summary._meant += found["_meant"]
    summary._accepted += found["_accepted"]
    for clause, seen in found["_seen"].items():
        for name, numbers in seen.items():
            mine = summary._seen.setdefault(clause, {}).setdefault(name, [])
            mine += numbers[: NAMED - len(mine)]
    for key, one in found["_found"].items():
        known = summary._found.get(key)
        if known is None:
            summary._found[key] = replace(one, evidence=one.evidence if len(summary._found) < SHOWN else {})
            continue
        known.count += one.count
        if one.outcome == "judged":
            known.outcome = "judged"
        if known.evidence and one.evidence and one.size < known.size:
            known.finding, known.exchange, known.size = one.finding, one.exchange, one.size
            known.evidence = {**known.evidence, **one.evidence}
    for observation, number in found["_observed"].values():
        key = summary.add_redacted_observation(observation)
        first, before = summary._observed[key]
        summary._observed[key] = (first, before + number - 1)
