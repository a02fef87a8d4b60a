"""`Summary`: the fold over the result rows of a run, with the exit codes that they come to. Pure.

A live run, one that is read back and one that is merged take in the same rows, and so come to the same. How it is
written down as a report is decided in `report`. Its memory does not grow with the run: what may come without end is
counted, and listed as far as `listing` keeps it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from leadproof.contract.situations import LEFT_OUT
from leadproof.contract.specs import CLIENT, Clause, Specification
from leadproof.core.errors import ExitCode, worst
from leadproof.core.findings import Observation
from leadproof.judge import Decisions, Tally
from leadproof.judge.checks.messages import ABSENT, UNAUTHORISED
from leadproof.judge.coverage import Coverage
from leadproof.judge.tally import BESIDE
from leadproof.runs.breaches import Findings, Found, Observations
from leadproof.runs.listing import FileRows, Key
from leadproof.runs.results import Note, Row
from leadproof.runs.verdicts import fails

#: Exchanges that are named in which a clause held, and in which it was broken.
NAMED = 3

#: Kinds of finding about a response that came, and came broken.
BROKEN = ("framing.", "encoding.")

#: Outcome of an exchange that was recorded and not judged.
UNJUDGED = "unjudged"

#: Statuses that end a request before anything of it is tested.
_REFUSED_AT_ONCE = (*UNAUTHORISED, *ABSENT)

#: Decisions that wait to be counted.
_WAITING = 4_000


def counts(clause: Clause, fail_on: str = "must") -> bool:
    """Does a breach of the clause fail the run?"""
    return fails(clause.level, clause.basis, fail_on)


class _Worth(NamedTuple):
    """What one exchange with certain decisions adds to the counts of a summary."""

    tested: bool
    decided: bool
    unread: bool
    intended: bool
    #: Was it built to be accepted, be it one of several leads?
    built: bool


@dataclass(slots=True)
class _Waiting:
    """Decisions that are not in the tally yet."""

    decisions: Decisions
    #: None for what is no exchange of its own.
    worth: _Worth | None
    times: int = 0


@dataclass(slots=True)
class Summary:
    """The fold over the rows of a run: `add` takes one in, `merge` another summary.

    To merge the summaries of two parts is to add the rows of both, in their order.
    """

    spec: Specification
    fail_on: str = "must"
    files: FileRows = field(default_factory=FileRows)
    interrupted: bool = False
    #: Was any byte of a response received, broken as it may be?
    reached: bool = False
    #: Clauses that this run could not decide, and why, where the reason is better than the general one.
    reasons: dict[str, str] = field(default_factory=dict)
    #: Why the rest of the clauses was not tested, where the run was cut short.
    general_reason: str = ""
    #: What was exercised, in detail; None where nobody asks.
    exercised: Coverage | None = None
    #: What was to be tested and was not, in words: a run with gaps is inconclusive.
    gaps: list[str] = field(default_factory=list)
    #: What a load has measured.
    latency: dict[str, Any] = field(default_factory=dict)
    #: Exit codes that apply for reasons which are not in the rows of exchanges.
    further_codes: set[ExitCode] = field(default_factory=set)
    #: Said of the whole run by a load, which has rules of its own; None where these rows decide.
    own_codes: set[ExitCode] | None = None
    #: Ids, orders and the like that the history of the run no longer held.
    forgotten: int = 0
    #: Exchanges that were recorded and not judged.
    unjudged: int = 0
    #: Exchanges that tested something: judged, neither their credentials nor their address refused, and with a result
    #: where there should be one.
    tested: int = 0
    #: Exchanges of which at least one must about the body of the response was decided: without one, nothing passed.
    decided: int = 0
    #: Exchanges of which the body of the response was not recorded, or nothing could be decided at all.
    unread: int = 0
    #: Requests that were built to be accepted, and those of which at least a lead was.
    intended: int = 0
    accepted: int = 0
    #: Clauses about the body of a response that may fail a run.
    _about_bodies: frozenset[str] = field(default_factory=frozenset, repr=False)
    _tally: Tally = field(default_factory=Tally)
    #: Decisions that are not in the tally yet, by their identity, and how often each was made: most are shared.
    _counts: dict[int, _Waiting] = field(default_factory=dict, repr=False)
    findings: Findings = field(default_factory=Findings)
    observations: Observations = field(default_factory=Observations)
    #: Clause -> "passed" and "failed" -> numbers of the first exchanges.
    exchanges_of: dict[str, dict[str, list[int]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        clauses = self.spec.clauses.values()
        self._about_bodies = frozenset(one.id for one in clauses if one.subject in ("response", CLIENT) and counts(one))

    def add(self, row: Row) -> None:
        """Takes in one row."""
        if isinstance(row, Note):
            NOTES[row.name](self, row.value)
            return
        decisions, times = row.decisions, row.times
        if decisions.outcome == UNJUDGED:
            self.unjudged += times
            return
        self._count(decisions, times)
        if row.microseconds and decisions.operation and decisions.outcome not in BESIDE:
            self._tally.took[(decisions.operation, decisions.media)] += row.microseconds
        if not row.remarkable:
            return
        if row.exercised and self.exercised is not None and decisions.outcome not in BESIDE:
            self.exercised.add(row.exercised)
        if row.exchange is not None and decisions.outcome not in BESIDE:
            self._name(decisions, row.exchange)
        for seen in row.findings:
            self.reached = self.reached or seen.finding.kind.startswith(BROKEN)
            self.findings.add(seen, decisions.outcome, row.exchange)
        for observation in row.observations:
            self.observations.add(observation)

    def _count(self, decisions: Decisions, times: int) -> None:
        waiting = self._counts.get(id(decisions))
        if waiting is None:
            if len(self._counts) >= _WAITING:
                self.count_waiting()
            waiting = self._counts[id(decisions)] = _Waiting(decisions, self._worth(decisions))
        waiting.times += times
        worth = waiting.worth
        if worth is None:
            return
        self.tested += times * worth.tested
        self.decided += times * worth.decided
        self.unread += times * worth.unread
        self.intended += times * worth.intended
        self.accepted += times * decisions.accepted
        if self.exercised is not None and worth.built:
            cell = (decisions.operation, decisions.media)
            self.exercised.intended[cell] += times
            self.exercised.accepted[cell] += times * decisions.accepted

    def _worth(self, decisions: Decisions) -> _Worth | None:
        outcome = decisions.outcome
        if outcome in BESIDE:
            return None
        tested = outcome == "judged" and decisions.status not in _REFUSED_AT_ONCE and not decisions.without_results
        decided = any(one in self._about_bodies for one, _ in decisions.passed + decisions.failed)
        built = decisions.intent.partition(":")[0] == "accepted" and outcome != "unrecognised"
        return _Worth(
            tested, tested and decided, decisions.unread or outcome == "undecided",
            built and decisions.intent == "accepted", built,
        )  # fmt: skip

    def count_waiting(self) -> None:
        """Counts in the tally what waits to be counted."""
        for waiting in self._counts.values():
            self._tally.add(waiting.decisions, waiting.times)
        self._counts.clear()

    @property
    def tally(self) -> Tally:
        """What was decided so far."""
        self.count_waiting()
        return self._tally

    def _name(self, decisions: Decisions, number: int) -> None:
        """Names an exchange that is kept with its clauses."""
        for name, decided in (("passed", decisions.passed), ("failed", decisions.failed)):
            for clause, _ in decided:
                seen = self.exchanges_of.setdefault(clause, {}).setdefault(name, [])
                if len(seen) < NAMED and number not in seen:
                    seen.append(number)

    def merge(self, other: Summary) -> None:
        """Adds the summary of a later part of the run; the other one is not used any more."""
        self.files.merge(other.files)
        self.gaps += other.gaps
        self.interrupted = self.interrupted or other.interrupted
        self.reached = self.reached or other.reached
        self.general_reason = self.general_reason or other.general_reason
        self.reasons = _better(self.reasons, other.reasons)
        self.latency = self.latency or other.latency
        self.further_codes |= other.further_codes | (self.own_codes or set()) | (other.own_codes or set())
        self.own_codes = None
        for name in ("forgotten", "unjudged", "tested", "decided", "unread", "intended", "accepted"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        if other.exercised is not None:
            self.exercised = self.exercised or Coverage()
            self.exercised.merge(other.exercised)
        self.count_waiting()
        self._tally.merge(other.tally)
        for clause, seen in other.exchanges_of.items():
            for name, numbers in seen.items():
                mine = self.exchanges_of.setdefault(clause, {}).setdefault(name, [])
                mine += [number for number in numbers if number not in mine][: NAMED - len(mine)]
        self.findings.merge(other.findings)
        self.observations.merge(other.observations)

    def seen(self) -> dict[Key, int]:
        """The distinct findings that are listed so far, by `Finding.same_as`, and how often each was seen."""
        return {key: found.count for key, found in self.findings.listed.items().items()}

    @property
    def observed(self) -> dict[Key, tuple[Observation, int]]:
        """The distinct observations that are listed, and how often each was seen."""
        return self.observations.rows()

    # ---- the end of it -----------------------------------------------------------------------------------------------

    def kept(self) -> list[Found]:
        """The findings that are listed and stand. Where nothing was tested, a missing address is no breach but no test
        at all, and neither is what something in front of the service sent.
        """
        return [found for found in self.findings.listed.items().values() if self.times(found)]

    def times(self, found: Found) -> int:
        """How often a finding was seen where it stands."""
        return self.findings.times(found, tested=bool(self.tested))

    def standing(self) -> dict[str, int]:
        """The clauses that were broken, and how often, listed or not, as far as it stands."""
        return self.findings.standing(tested=bool(self.tested))

    def exit_code(self) -> ExitCode:
        """The exit code of the run (see `errors.ExitCode`)."""
        return worst(*self.codes())

    def codes(self) -> list[ExitCode]:
        """All exit codes that apply."""
        if self.own_codes is not None:
            return [ExitCode.PASSED, *self.own_codes, *self.further_codes]
        tally, codes = self.tally, [ExitCode.PASSED]
        if self.interrupted:
            codes.append(ExitCode.INTERRUPTED)
        if self.files.unreadable:
            codes.append(ExitCode.USAGE)
        unanswered = tally.outcomes["unanswered"]
        if unanswered and unanswered == sum(tally.outcomes.values()) and not self.files.total and not self.reached:
            codes.append(ExitCode.UNREACHABLE)
        if any(counts(self.spec.clauses[clause], self.fail_on) for clause in self.standing()):
            codes.append(ExitCode.VIOLATED)
        if not self.decided or (self.intended and not self.accepted) or self.gaps:
            codes.append(ExitCode.INCONCLUSIVE)
        return [*codes, *self.further_codes]

    @property
    def exchanges(self) -> int:
        """Exchanges so far, judged or not."""
        return sum(self.tally.outcomes.values()) + self.unjudged


# ---- what is noted about a run ---------------------------------------------------------------------------------------


def _interrupt(summary: Summary, value: Any) -> None:
    summary.interrupted = bool(value)


def _reach(summary: Summary, value: Any) -> None:
    summary.reached = bool(value)


def _general_reason(summary: Summary, value: Any) -> None:
    summary.general_reason = summary.general_reason or str(value)


def _reasons(summary: Summary, value: Any) -> None:
    summary.reasons = _better(summary.reasons, value)


def _better(reasons: Mapping[str, str], more: Mapping[str, str]) -> dict[str, str]:
    """The reasons that came first, but for what was only left out: another run may have tried it."""
    return {**more, **{name: why for name, why in reasons.items() if why != LEFT_OUT or name not in more}}


def _exercising(summary: Summary, value: Any) -> None:
    summary.exercised = summary.exercised or Coverage()


def _suite(summary: Summary, value: Any) -> None:
    summary.exercised = summary.exercised or Coverage()
    summary.exercised.suite |= value


def _latency(summary: Summary, value: Any) -> None:
    summary.latency = dict(value)


def _own_codes(summary: Summary, value: Any) -> None:
    summary.own_codes = {ExitCode(code) for code in value}


def _forgotten(summary: Summary, value: Any) -> None:
    summary.forgotten += int(value)


#: What may be noted -> what it does.
NOTES: dict[str, Callable[[Summary, Any], None]] = {
    "file": lambda summary, value: summary.files.add(value),
    "gap": lambda summary, value: summary.gaps.append(str(value)),
    "reasons": _reasons,
    "general_reason": _general_reason,
    "interrupted": _interrupt,
    "reached": _reach,
    "observation": lambda summary, value: summary.observations.add(Observation(**value)),
    "exercising": _exercising,
    "suite": _suite,
    "attach": lambda summary, value: summary.findings.attach(tuple(value["key"]), value["evidence"]),
    "latency": _latency,
    "code": lambda summary, value: summary.further_codes.add(ExitCode(value)),
    "codes": _own_codes,
    "forgotten": _forgotten,
    # What a load is and measures is folded by `load.story` and concluded by `load.conclusion`.
    "job": lambda summary, value: None,
    "frame": lambda summary, value: None,
    "stage": lambda summary, value: None,
}
