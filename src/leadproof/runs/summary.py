"""What a run comes to: findings counted, clauses with their results, verdict, exit code, and the report as data.

Pure. The dict that `Summary.report` gives is `leadproof.report/1`, of which every report format is a view.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from leadproof.contract.specs import Clause, Specification, versions
from leadproof.core.errors import ExitCode, worst
from leadproof.core.excerpts import curl, excerpt
from leadproof.core.exchange import Response
from leadproof.core.findings import Finding, Observation, shape
from leadproof.core.operations import OPERATIONS
from leadproof.judge import ABSENT, Decisions, Judgement, Tally
from leadproof.judge.checks.messages import UNAUTHORISED
from leadproof.judge.coverage import Coverage
from leadproof.redact import Redactor
from leadproof.runs.tables import attestations, clause_row, coverage, equivalence, readings
from leadproof.runs.verdicts import FAIL_ON, fails, settle, verdict

__all__ = ["FAIL_ON", "OBSERVED", "SCHEMA", "SHOWN", "Summary", "counts", "coverage", "verdict"]

SCHEMA = "leadproof.report/1"

#: Distinct findings that a report shows with the exchange they were seen in; the rest comes without.
SHOWN = 500

#: Distinct observations of one kind; the rest is counted in one row. A browser's capture is full of other traffic.
OBSERVED = 100

#: Exchanges that are named in which a clause held, and in which it was broken.
NAMED = 3

_MORE = "more of this kind, not listed one by one"


def counts(clause: Clause, fail_on: str = "must") -> bool:
    """Does a breach of the clause fail the run?"""
    return fails(clause.level, clause.basis, fail_on)


@dataclass(slots=True)
class _Found:
    finding: Finding
    outcome: str
    #: Number of the first exchange it was seen in; None where no run directory is kept.
    exchange: int | None
    evidence: dict[str, str]
    count: int = 1
    #: Bytes of the request that the evidence shows: a smaller one that shows the same takes its place.
    size: int = 0


@dataclass(slots=True)
class Summary:
    """Collects the judgements of a run; everything is redacted as it comes in."""

    spec: Specification
    redactor: Redactor
    fail_on: str = "must"
    exchanges: int = 0
    files: list[dict[str, Any]] = field(default_factory=list)
    interrupted: bool = False
    #: Clauses that this run could not decide, and why, where the reason is better than the general one.
    reasons: dict[str, str] = field(default_factory=dict)
    #: Why the rest of the clauses was not tested, where the run was cut short.
    general_reason: str = ""
    #: What was exercised, in detail; None where nobody asks.
    exercised: Coverage | None = None
    #: What was to be tested and was not, in words: a run with gaps is inconclusive.
    gaps: list[str] = field(default_factory=list)
    #: Exchanges that got past the door: judged, and neither their credentials nor their address refused.
    _tested: int = 0
    #: Requests that were built to be accepted, and those of which at least a lead was.
    _meant: int = 0
    _accepted: int = 0
    _kinds: Counter[str] = field(default_factory=Counter)
    _found: dict[tuple[str, ...], _Found] = field(default_factory=dict)
    #: Clause -> "passed" and "failed" -> numbers of the first exchanges.
    _seen: dict[str, dict[str, list[int]]] = field(default_factory=dict)
    _observed: dict[tuple[str, ...], tuple[Observation, int]] = field(default_factory=dict)
    #: What makes a finding or an observation the same one -> the same after redaction: most are made again and again.
    _raw: dict[tuple[str, ...], tuple[str, ...]] = field(default_factory=dict, repr=False)

    def add(self, judgement: Judgement, exchange: int | None = None) -> None:
        """Takes in what the judge said of one exchange."""
        self.count(judgement.decisions(), exchange)
        if judgement.context is not None and self.exercised is not None:
            self.exercised.add(judgement.context, judgement.media)
        self.findings(judgement.findings, judgement, exchange)
        for observation in judgement.observations:
            self.add_observation(observation)

    def count(self, decisions: Decisions, exchange: int | None = None) -> None:
        """Takes in what was decided about one exchange, findings and observations apart."""
        self.exchanges += 1
        self._tested += decisions.outcome == "judged" and decisions.status not in (*UNAUTHORISED, *ABSENT)
        self._meant += decisions.intent == "accepted" and decisions.outcome != "unrecognised"
        self._accepted += decisions.accepted
        if exchange is None:
            return
        for name, decided in (("passed", decisions.passed), ("failed", decisions.failed)):
            for clause, _ in decided:
                seen = self._seen.setdefault(clause, {}).setdefault(name, [])
                if len(seen) < NAMED and exchange not in seen:
                    seen.append(exchange)

    def observe(self, kind: str, message: str, judgement: Judgement) -> None:
        """Takes in something that a caller saw and no clause decides."""
        origin = judgement.context.exchange.origin if judgement.context else ""
        self.add_observation(Observation(kind, message, "", "", judgement.operation, judgement.media, origin))

    def add_observation(self, observation: Observation) -> None:
        """Takes in an observation."""
        raw = (observation.kind, observation.operation, shape(observation.pointer), observation.message)
        if raw in self._raw:
            first, number = self._observed[self._raw[raw]]
            self._observed[self._raw[raw]] = (first, number + 1)
            return
        key = self.add_redacted_observation(self.redactor.observation(observation))
        if len(self._raw) < 20 * OBSERVED:
            self._raw[raw] = key

    def add_redacted_observation(self, seen: Observation) -> tuple[str, ...]:
        """Takes in an observation that was redacted; what makes it the same one."""
        key = (seen.kind, seen.operation, shape(seen.pointer), seen.message)
        if key not in self._observed:
            if self._kinds[seen.kind] >= OBSERVED:
                seen = replace(seen, operation="", media="", pointer="", xpath="", message=_MORE)
                key = (seen.kind, "", "", _MORE)
            self._kinds[seen.kind] += 1
        first, number = self._observed.get(key, (seen, 0))
        self._observed[key] = (first, number + 1)
        return key

    def findings(
        self,
        findings: Iterable[Finding],
        judgement: Judgement,
        exchange: int | None = None,
        twin: Judgement | None = None,
    ) -> None:
        """Takes in findings that belong to an exchange, or to that and the one that it was compared with."""
        size = _size(judgement)
        for finding in findings:
            raw = finding.same_as()
            key = self._raw.get(raw) or self.redactor.finding(finding).same_as()
            if key in self._found:
                known = self._found[key]
                known.count += 1
                if judgement.outcome == "judged":
                    known.outcome = "judged"
                if known.evidence and size < known.size:
                    known.finding, known.exchange, known.size = self.redactor.finding(finding), exchange, size
                    known.evidence |= self._evidence(judgement, twin)
            else:
                redacted = self.redactor.finding(finding)
                evidence = self._evidence(judgement, twin) if len(self._found) < SHOWN else {}
                self._found[key] = _Found(redacted, judgement.outcome, exchange, evidence, size=size)
            if len(self._raw) < 20 * OBSERVED:
                self._raw[raw] = key

    @property
    def tested(self) -> int:
        """Exchanges that got past the door: neither their credentials nor their address was refused."""
        return self._tested

    def seen(self) -> dict[tuple[str, ...], int]:
        """The distinct findings so far, by what makes them the same one, and how often each was seen."""
        return {key: one.count for key, one in self._found.items()}

    def rows(self, keys: Iterable[tuple[str, ...]]) -> list[dict[str, Any]]:
        """Findings as a report shows them, the worst first.

        Args:
            keys: Keys of `seen`.
        """
        standing = {id(one) for one in self.kept()}
        found = [self._found[key] for key in keys if id(self._found[key]) in standing]
        return [self._finding(one) for one in sorted(found, key=self._rank)]

    def attach(self, key: tuple[str, ...], **evidence: str) -> None:
        """Adds to the evidence of a finding, such as the file that makes it again.

        Args:
            key: A key of `seen`.
            evidence: Names and texts, redacted already.
        """
        self._found[key].evidence |= evidence

    def _evidence(self, judgement: Judgement, twin: Judgement | None = None) -> dict[str, str]:
        """Request, answer, the answer that it was compared with, and a command to repeat the request; redacted, short
        enough for a report.
        """
        if judgement.context is None:
            return {}
        exchange = self.redactor.exchange(judgement.context.exchange)
        request, response = exchange.request, exchange.response
        evidence = {}
        if request.method:
            head = "".join(f"{name}: {value}\n" for name, value in request.headers)
            evidence["request"] = f"{request.method} {request.target}\n{head}\n{excerpt(request.body)}"
            evidence["curl"] = curl(request.method, request.target, request.headers, request.body)
        if response is not None:
            evidence["response"] = _answer(response)
        if twin is not None and twin.context is not None:
            other = self.redactor.exchange(twin.context.exchange).response
            if other is not None:
                evidence["twin"] = _answer(other)
        return evidence

    # ---- the end of it -----------------------------------------------------------------------------------------------

    def kept(self) -> list[_Found]:
        """The findings that stand. Where nothing was tested, a missing address is no breach but no test at all."""
        if self._tested:
            return list(self._found.values())
        return [one for one in self._found.values() if one.outcome != "absent"]

    def exit_code(self, tally: Tally) -> ExitCode:
        """The exit code of the run (see `errors.ExitCode`)."""
        return worst(*self.codes(tally))

    def codes(self, tally: Tally) -> list[ExitCode]:
        """All exit codes that apply."""
        codes = [ExitCode.PASSED]
        if self.interrupted:
            codes.append(ExitCode.INTERRUPTED)
        if any(row["problem"] and row["problem"]["kind"] == "file.unreadable" for row in self.files):
            codes.append(ExitCode.USAGE)
        unanswered = tally.outcomes["unanswered"]
        if unanswered and unanswered == sum(tally.outcomes.values()) and not self.files:
            codes.append(ExitCode.UNREACHABLE)
        if any(counts(self.spec.clauses[one.finding.clause], self.fail_on) for one in self.kept()):
            codes.append(ExitCode.VIOLATED)
        if not self._tested or (self._meant and not self._accepted) or self.gaps:
            codes.append(ExitCode.INCONCLUSIVE)
        return codes

    def report(self, command: str, tally: Tally, run: Mapping[str, Any]) -> dict[str, Any]:
        """The report of the run as `leadproof.report/1`."""
        kept = sorted(self.kept(), key=self._rank)
        dropped = {one.finding.clause for one in self._found.values()} - {one.finding.clause for one in kept}
        clauses = [self._clause(clause, tally, dropped) for clause in self.spec.clauses.values()]
        report = {
            "schema": SCHEMA,
            "command": command,
            "verdict": "",
            "exit_code": 0,
            "counts": {
                "exchanges": self.exchanges,
                "judged": tally.outcomes["judged"],
                "unrecognised": tally.outcomes["unrecognised"],
                "unauthorised": tally.outcomes["unauthorised"],
                "absent": tally.outcomes["absent"],
                "unanswered": tally.outcomes["unanswered"],
                "findings": sum(one.count for one in kept),
            },
            "files": self.files,
            "findings": [self._finding(one) for one in kept],
            "observations": [self._observation(one, number) for one, number in self._observed.values()],
            "clauses": clauses,
            "coverage": {**coverage(tally), **self._exercised(clauses)},
            "latency": {},
            "run": {**run, "fail_on": self.fail_on, "versions": versions(), "readings": readings(self.spec)},
            "equivalence": equivalence(self.spec, tally),
            "attestations": attestations(self.spec),
            "rests_on": {"tested": self._tested, "meant": self._meant, "accepted": self._accepted},
        }
        settle(report, self.codes(tally))
        return report

    def _exercised(self, clauses: list[dict[str, Any]]) -> dict[str, Any]:
        """What was exercised in detail, and what was to be and was not."""
        if self.exercised is None:
            return {}
        results = {row["id"]: row["result"] for row in clauses if row["check"]}
        details = self.exercised.report(self.spec, results)
        return {"exercised": details, "gaps": self.gaps, "suite": self.exercised.suite}

    def _rank(self, one: _Found) -> tuple[bool, int, int, str]:
        clause = self.spec.clauses[one.finding.clause]
        levels = ("must", "should", "may")
        return (
            not counts(clause, self.fail_on),
            levels.index(clause.level),
            list(OPERATIONS).index(one.finding.operation),
            clause.id,
        )

    def _finding(self, one: _Found) -> dict[str, Any]:
        finding, clause = one.finding, self.spec.clauses[one.finding.clause]
        return {
            "clause": finding.clause,
            "kind": finding.kind,
            "level": clause.level,
            "basis": clause.basis,
            "operation": finding.operation,
            "media_type": f"application/{finding.media}" if finding.media else "",
            "origin": finding.origin,
            "exchange": one.exchange,
            "pointer": finding.pointer,
            "xpath": finding.xpath,
            "expected": finding.expected,
            "actual": finding.actual,
            "message": finding.message,
            "text": clause.text,
            "place": clause.place,
            "count": one.count,
            "decides": counts(clause, self.fail_on),
            **one.evidence,
        }

    @staticmethod
    def _observation(one: Observation, number: int) -> dict[str, Any]:
        return {
            "kind": one.kind,
            "operation": one.operation,
            "media_type": f"application/{one.media}" if one.media else "",
            "origin": one.origin,
            "pointer": one.pointer,
            "xpath": one.xpath,
            "message": one.message,
            "count": number,
        }

    def _clause(self, clause: Clause, tally: Tally, dropped: set[str]) -> dict[str, Any]:
        reason = self.reasons.get(clause.id) or ("" if clause.untestable else self.general_reason)
        return clause_row(clause, tally, dropped=dropped, reason=reason, seen=self._seen.get(clause.id, {}))


def _answer(response: Response) -> str:
    head = "".join(f"{name}: {value}\n" for name, value in response.headers)
    return f"{response.status}\n{head}\n{excerpt(response.body)}"


def _size(judgement: Judgement) -> int:
    """How much there is to read: the body, and the steps that led to it."""
    if judgement.context is None:
        return 0
    exchange = judgement.context.exchange
    return len(exchange.request.body) + 100 * exchange.origin.count(" > ")
