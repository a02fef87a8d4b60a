"""The knee of a run in steps: each rate judged alone, and the highest that meets the objectives. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from leadproof.core.text import figure
from leadproof.load import verdicts
from leadproof.load.measures import Measures
from leadproof.load.objectives import Objective, is_latency
from leadproof.load.schedule import STEPS
from leadproof.load.verdicts import ObjectiveResult


def rates(measures: Measures, goals: tuple[Objective, ...], highest: float, seconds: float) -> dict[str, Any]:
    """Rate against p95 and p99, each step judged by the objectives, and the knee: the highest rate that meets them,
    with every rate below it; and why the next one does not.

    Args:
        measures: The whole run.
        goals: What must hold at each rate.
        highest: The rate of the last step, journeys per second.
        seconds: How long all steps took.
    """
    length = seconds / STEPS
    rows: list[dict[str, Any]] = []
    for step in range(STEPS):
        part = measures.between(step * length, (step + 1) * length)
        found = verdicts.judge(part, goals)
        verdict = verdicts.verdict(found)
        p95, p99 = part.operation("all").latency.percentiles((95, 99))
        rows.append(
            {
                "rate": highest * (step + 1) / STEPS,
                "started": part.counts["started"] / length,
                "p95": p95,
                "p99": p99,
                "verdict": verdict,
                "reason": next((_why(one) for one in found if one.verdict == verdict), "no response came")
                if verdict != verdicts.PASS
                else "",
            }
        )
    passed = [row["verdict"] == verdicts.PASS for row in rows]
    first = passed.index(False) if False in passed else STEPS
    limits = [one.most for one in goals if is_latency(one.name)]
    data: dict[str, Any] = {
        "limit": min(limits, default=None),
        "knee": rows[first - 1]["rate"] if first else 0.0,
        # No rate was too high: where the knee is, this run does not say.
        "at_least": first == STEPS,
        "why": f"at {rows[first]['rate']:g}/s {rows[first]['reason']}" if first < STEPS else "",
        "rows": rows,
    }
    return {**data, "words": words(data)}


def words(rates: Mapping[str, Any]) -> str:
    """The knee in words, and what is in the way of a higher one."""
    if rates["at_least"]:
        return f"≥ {rates['knee']:g}/s: every rate met the objectives, and a higher one was not tried"
    found = f"{rates['knee']:g}/s met the objectives, with every rate below it"
    if not rates["knee"]:
        undecided = rates["rows"][0]["verdict"] == verdicts.INCONCLUSIVE
        found = "not found" if undecided else "the lowest rate missed the objectives"
    return f"{found}; {rates['why']}"


def lowest(rates: Mapping[str, Any]) -> str:
    """FAIL or INCONCLUSIVE where the lowest rate already is, so that there is no knee; "" elsewhere."""
    return "" if not rates or rates["knee"] else str(rates["rows"][0]["verdict"])


def _why(one: ObjectiveResult) -> str:
    return one.reason or f"{one.name} is {figure(one.name, one.actual)}"
