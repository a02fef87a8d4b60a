"""What a load run comes to: its objectives, exit codes and verdict, its report; and why it says less than was asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from leadproof.core.errors import ExitCode
from leadproof.core.target import UNREACHED_HINTS
from leadproof.core.text import count
from leadproof.load import knee, verdicts
from leadproof.load.replies import UNREACHED
from leadproof.load.story import NOBODY, LoadRun
from leadproof.load.verdicts import ObjectiveResult
from leadproof.runs.formats.loads import lasting
from leadproof.runs.verdicts import verdict


def outcomes(load: LoadRun) -> list[ObjectiveResult]:
    """The outcome of every objective; a worker that did not do its part leaves none of them certain."""
    found = verdicts.judge(load.measures, load.objectives)
    if load.unreached:  # of a service that is not there, an objective is neither met nor missed
        return [replace(one, verdict=verdicts.INCONCLUSIVE, actual=None, reason=NOBODY) for one in found]
    if round(load.ran) < load.job.scenario.duration:
        so_far = f"so far: the load ran {lasting(load.ran, load.job.scenario.duration)}"
        found = [replace(one, reason=one.reason or f"met {so_far}") if one.verdict == verdicts.PASS else one
                 for one in found]  # fmt: skip
    short = why_short(load)
    if not short:
        return found
    reason = "; ".join(short)
    return [
        one
        if one.verdict == verdicts.FAIL
        else ObjectiveResult(one.name, one.most, verdicts.INCONCLUSIVE, one.actual, one.samples, reason)
        for one in found
    ]


def why_short(load: LoadRun) -> list[str]:
    """Why the load was not the one that was asked for: whose part was not done, and how much is known of it."""
    found = [f"worker {one.name}: {one.short}" for one in load.workers.values() if one.short]
    return [*found, *filter(None, [unoffered(load)])]


def unoffered(load: LoadRun) -> str:
    """How much of the load is known to have been offered where a worker was lost; "" where none was."""
    if load.job.model == "closed" or not any(one.lost for one in load.workers.values()):
        return ""
    asked = count(round(load.job.scenario.schedule().expected), "journey")
    return f"{load.measures.counts['offered']:,} of about {asked} are known to have been offered"


def unlooked(load: LoadRun) -> str:
    """Why no accepted lead was looked up; "" where some were, and where there are none."""
    funnel = load.measures.funnel
    if load.reconciliation.accepted or not (funnel["sold"] or funnel["direct_sold"]):
        return ""
    early = "because the load was ended early" if load.interrupted or load.stopped else ""
    why = early if load.job.conserve else "as --no-conservation says"
    return f"accepted leads were not looked up, {why}" if why else ""


def exit_codes(load: LoadRun, results: Sequence[ObjectiveResult]) -> list[ExitCode]:
    """All exit codes that apply."""
    summary = load.ledger.summary
    codes = [ExitCode.PASSED, *summary.further_codes]
    if load.interrupted:
        codes.append(ExitCode.INTERRUPTED)
    if load.problems:
        codes.append(ExitCode.USAGE)
    if load.unreached:
        codes.append(ExitCode.UNREACHABLE)
    if ExitCode.VIOLATED in summary.codes() or (load.decides and load.reconciliation.broken):
        codes.append(ExitCode.VIOLATED)
    found = _verdict(load, results)
    if found == verdicts.INCONCLUSIVE or why_short(load):
        codes.append(ExitCode.INCONCLUSIVE)
    if found == verdicts.FAIL and ExitCode.UNREACHABLE not in codes:
        codes.append(ExitCode.OBJECTIVES_MISSED)
    if why_nothing(load):
        codes.append(ExitCode.INCONCLUSIVE)
    return codes


def _verdict(load: LoadRun, results: Sequence[ObjectiveResult]) -> str:
    """PASS, FAIL or INCONCLUSIVE. Steps that all together pass have not, where the lowest rate alone does not."""
    found = verdicts.verdict(list(results))
    return knee.lowest(rates(load)) or found if found == verdicts.PASS else found


def overall(codes: Collection[ExitCode]) -> str:
    """PASS, FAIL or INCONCLUSIVE over all of the load: it has not passed where leads were lost or a clause failed,
    whatever its objectives say, nor where it was stopped.
    """
    return {"passed": verdicts.PASS, "failed": verdicts.FAIL}.get(verdict(codes), verdicts.INCONCLUSIVE)


def rates(load: LoadRun) -> dict[str, Any]:
    """Each rate of a run in steps judged alone, and the knee; empty for other runs."""
    scenario = load.job.scenario
    if scenario.shape != "step" or load.job.model != "open":
        return {}
    return knee.rates(load.measures, load.objectives, scenario.rate, scenario.duration)


def knee_not_found(load: LoadRun) -> str:
    """Why a run in steps has found no knee; "" if it has, or if it is no such run."""
    found = rates(load)
    return f"the knee was not found: {found['why']}" if knee.lowest(found) == verdicts.INCONCLUSIVE else ""


def why_nothing(load: LoadRun) -> str:
    """Why this run has tested nothing; "" if it has."""
    if not load.measures.responses:
        return "nothing was sent"
    accepted = sum(
        number for (operation, kind), number in load.measures.outcomes.items()
        if kind in ("accepted", "No_Error", "no duplicate", "duplicate", "valid")
    )  # fmt: skip
    if load.unreached:
        numbers: Counter[str] = Counter()
        for (_, error, _), number in load.measures.errors.items():
            numbers[error] += number
        kind = max(UNREACHED, key=lambda kind: numbers[UNREACHED[kind]])
        return f"nothing responded at {load.ledger.redactor.url(load.job.url)}: {UNREACHED_HINTS[kind]}"
    if not accepted and not load.measures.counts["completed"]:
        return "every request failed"
    return "" if accepted else "nothing was accepted: does the posting profile fit the account?"


def report(
    load: LoadRun, run: Mapping[str, Any], latency: Callable[[LoadRun, list[ObjectiveResult]], dict[str, Any]]
) -> dict[str, Any]:
    """The report as `leadproof.report/2`."""
    found = outcomes(load)
    codes = exit_codes(load, found)
    if load.interrupted:
        load.ledger.note("interrupted")
    if resent := load.measures.counts["resent"]:
        load.ledger.observe(
            "transport.closed-on-reuse",
            f"{count(resent, 'request')} sent once more: a connection closed as it was used again",
        )
    load.ledger.note("latency", latency(load, found))
    load.ledger.note("codes", sorted({int(code) for code in codes}))
    return load.ledger.report("load", run)
