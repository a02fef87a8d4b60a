"""What is pasted, judged by the functions of `leadproof validate`, in a process that can be ended.

Whatever was pasted, the pages go on: the process is given so many seconds, and what it sends back is redacted.
"""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from leadproof import captures
from leadproof.captures.judging import ValidationPlan
from leadproof.captures.validating import judge_parts
from leadproof.contract import specs
from leadproof.contract.profile import Profile
from leadproof.core.errors import LeadproofError, ServerError
from leadproof.core.exchange import Exchange
from leadproof.judge import Judgement
from leadproof.redact import Redactor
from leadproof.runs.evidence import Run
from leadproof.runs.formats.view import arrange
from leadproof.web.showing import ShownExchange, shown

#: Bytes that may be pasted.
MOST = 20 * 1024 * 1024

#: Exchanges that a page shows: so many from the beginning, and as many again of those with findings.
SHOWN = 50

#: Seconds that judging may take, and how many at once.
SECONDS, AT_ONCE = 60.0, 2


@dataclass(frozen=True, slots=True)
class JudgingRules:
    """What pasted exchanges are judged by, and where runs of them are written."""

    profile: Profile
    choices: Mapping[str, str] = field(default_factory=dict)
    #: What the configuration says of every run.
    facts: Mapping[str, Any] = field(default_factory=dict)
    #: None where nothing may be written.
    out: Path | None = None

    def plan(self, operation: str | None = None, *, as_documented: bool = False) -> ValidationPlan:
        """How exchanges are judged, as by `leadproof validate`."""
        spec = specs.load(dict(self.choices), as_documented=as_documented)
        return ValidationPlan(spec.choices, self.profile, Redactor.of(self.profile), operation=operation, several=False)


@dataclass(frozen=True, slots=True)
class Pasted:
    """What somebody pasted, and what is asked of it."""

    data: bytes
    #: Of the file; "" for a text.
    name: str = ""
    operation: str | None = None
    #: Do the placeholders of the documentation's own samples pass?
    as_documented: bool = False
    #: Is a run directory asked for?
    save: bool = False


@dataclass(frozen=True, slots=True)
class PasteResult:
    """What came of it, redacted."""

    report: dict[str, Any]
    headline: str
    remedy: str
    exchanges: tuple[ShownExchange, ...]
    #: Exchanges that are judged and not shown.
    left_out: int = 0
    #: The run directory; None where none was asked for.
    run: Path | None = None


def judge(pasted: Pasted, rules: JudgingRules) -> PasteResult:
    """Judges what was pasted, in this process.

    Raises:
        EvidenceError: The run cannot be written.
    """
    plan = rules.plan(pasted.operation, as_documented=pasted.as_documented)
    part = captures.pasted(pasted.data, pasted.name)
    facts = {
        "profile": rules.profile.name, "fail_on": plan.fail_on, "choices": dict(plan.choices), **rules.facts,
    }  # fmt: skip
    if not pasted.save or rules.out is None:
        return _judged(part, plan, facts, None)
    with Run.open(rules.out, "validate", redactor=plan.redactor, arguments=[part.name], facts=facts) as run:
        result = _judged(part, plan, facts, run)
        run.write_reports(result.report)
        return replace(result, run=run.path)


def _judged(part: captures.FilePart, plan: ValidationPlan, facts: dict[str, Any], run: Run | None) -> PasteResult:
    spec, exchanges, left_out = plan.judge().spec, list[ShownExchange](), 0

    def seen(exchange: Exchange, judgement: Judgement) -> None:
        nonlocal left_out
        number = len(exchanges)
        if number < SHOWN or (number < 2 * SHOWN and judgement.findings):
            exchanges.append(shown(exchange, judgement, plan.redactor, spec, plan.fail_on))
        else:
            left_out += 1

    ledger = judge_parts([part], plan, run, seen=seen)
    report = ledger.report("validate", run.end() if run is not None else facts)
    view = arrange(report)
    return PasteResult(report, view.headline, view.remedy, tuple(exchanges), left_out)


# ---- in a process that can be ended ----------------------------------------------------------------------------------

_SLOTS = threading.BoundedSemaphore(AT_ONCE)


def judge_apart(pasted: Pasted, rules: JudgingRules, seconds: float = SECONDS) -> PasteResult:
    """Judges what was pasted, in a process of its own.

    Raises:
        ServerError: It took too long, or the process was ended from outside.
        LeadproofError: What `judge` raises.
    """
    if not _SLOTS.acquire(timeout=seconds):
        raise ServerError("others are being judged at present", hint="try again in a minute")
    try:
        return _apart(pasted, rules, seconds)
    finally:
        _SLOTS.release()


def _apart(pasted: Pasted, rules: JudgingRules, seconds: float) -> PasteResult:
    ours, theirs = _context().Pipe(duplex=False)
    process = _context().Process(target=_work, args=(theirs, pasted, rules), daemon=True)
    process.start()
    theirs.close()
    try:
        if not ours.poll(seconds):
            raise ServerError(
                f"it was not judged in {seconds:g} s", hint="save it as a file and use leadproof validate FILE"
            )
        came = ours.recv()
    except EOFError:
        raise ServerError(
            "the process that judged was ended", hint="save it as a file and use leadproof validate FILE"
        ) from None
    finally:
        ours.close()
        process.kill()
        process.join(5)
    if isinstance(came, PasteResult):
        return came
    raise LeadproofError(*came)


def _context() -> Any:
    """How processes begin: from one that has only this module loaded, where the system knows that."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    return context


def _work(pipe: Connection, pasted: Pasted, rules: JudgingRules) -> None:
    try:
        pipe.send(judge(pasted, rules))
    except LeadproofError as error:
        pipe.send((error.message, error.hint))
