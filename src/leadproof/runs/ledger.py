"""The ledger of a run: the one pipeline that every door uses, and with `facts` the one that judges for a report.

An exchange comes in raw. It is judged, or only counted; what it came to becomes a redacted result row, which is added
to the summary and appended to the run directory; the exchange itself is kept if the policy says so. The report is made
of the rows alone: `evidence.rebuild` makes the same one of the run directory. What another process has judged comes in
as facts, and comes to the same rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from leadproof.contract.profile import Profile
from leadproof.contract.specs import Specification
from leadproof.core import signals
from leadproof.core.exchange import Exchange, Request
from leadproof.core.findings import Finding, Observation
from leadproof.judge import Decisions, Judge, Judgement
from leadproof.judge.tally import LONGEST, Tally
from leadproof.redact import Redactor
from leadproof.runs.evidence.run import Run
from leadproof.runs.excerpts import excerpts
from leadproof.runs.facts import ExchangeFact, judgement_of
from leadproof.runs.listing import Key
from leadproof.runs.report import finding_rows, report
from leadproof.runs.results import Note, ResultRow, Row, SeenFinding
from leadproof.runs.summary import UNJUDGED, Summary

#: Called after each exchange with its origin and its judgement.
OnJudged = Callable[[str, Judgement], None]

#: Findings and observations of which it is remembered what they are after redaction: most are made again and again.
_REMEMBERED = 2_000

_UNJUDGED = Decisions(UNJUDGED)


class KeepPolicy:
    """Which exchanges are kept: all, the first ones and as many again of those with findings, or none.

    Args:
        most: How many from the beginning, and how many more with findings; None for all.
        shared: Where the number is kept for other processes to see (a `multiprocessing.RawValue`), of which one counts;
            None for one process.
        kept: How many were kept before.
    """

    def __init__(self, most: int | None = None, shared: Any = None, kept: int = 0) -> None:
        self._most = most
        self._shared = shared
        self._own = kept

    @property
    def count(self) -> int:
        """Exchanges kept so far."""
        return int(self._shared.value) if self._shared is not None else self._own

    def has_room(self, judgement: Judgement) -> bool:
        """Is this exchange to be kept?"""
        if self._most is None:
            return True
        number = self.count
        return number < self._most or (number < 2 * self._most and bool(judgement.findings))

    def next(self) -> int:
        """The number of the next exchange, from 1."""
        if self._shared is None:
            self._own += 1
            return self._own
        self._shared.value += 1
        return int(self._shared.value)


class Ledger:
    """Judges, counts and keeps the exchanges of a run."""

    def __init__(
        self,
        judge: Judge,
        redactor: Redactor,
        fail_on: str = "must",
        *,
        evidence: Run | None = None,
        keep: KeepPolicy | None = None,
        progress: OnJudged | None = None,
    ) -> None:
        """Opens an empty ledger.

        Args:
            judge: Judges, in order.
            redactor: What everything passes through before it is counted, printed or written.
            fail_on: What fails the run, of `verdicts.FAIL_ON`.
            evidence: Writes into the run directory; None to keep nothing.
            keep: Which exchanges are kept; all if left out.
            progress: Told of every exchange.
        """
        self.summary = Summary(judge.spec, fail_on)
        self.redactor = redactor
        self.progress = progress
        self._judge = judge
        self._evidence = evidence
        self._keep = keep or KeepPolicy()
        self._redacted: dict[Key, Finding] = {}
        self._observed: dict[Key, Observation] = {}
        #: Entries that the history has forgotten, as far as it is noted.
        self._told = 0
        self.flush()

    @property
    def spec(self) -> Specification:
        """The contract that is judged by."""
        return self._judge.spec

    @property
    def profile(self) -> Profile | None:
        """The posting profile that is judged by."""
        return self._judge.profile

    @property
    def tally(self) -> Tally:
        """What was decided so far."""
        return self.summary.tally

    @property
    def kept(self) -> int:
        """Exchanges kept so far."""
        return self._keep.count

    def apart(self) -> Ledger:
        """A ledger of the same run whose exchanges have nothing to do with those before: a history of its own."""
        other = Ledger(
            Judge(self.spec, self.profile), self.redactor, self.summary.fail_on, evidence=self._evidence,
            keep=self._keep, progress=self.progress,
        )  # fmt: skip
        other.summary = self.summary
        return other

    def shorten(self, most: int) -> None:
        """Remember at most so many leads, orders and the like from now on."""
        self._judge.history.shorten(most)

    def stop_keeping(self) -> None:
        """Write nothing more: the disk takes no more, and what was measured is told all the same."""
        self._evidence = None

    # ---- taking in ---------------------------------------------------------------------------------------------------

    def add(
        self,
        exchange: Exchange,
        *,
        observations: Sequence[Observation] = (),
        number: int | None = None,
        judge: bool = True,
    ) -> Judgement:
        """Judge an exchange, count it, and keep it by the policy.

        Args:
            exchange: Raw, as it was sent and received.
            observations: What the caller saw and no clause decides.
            number: Of the exchange in the evidence, where it was written before.
            judge: False to count it only.

        Raises:
            EvidenceError: The disk does not take it.
        """
        if not judge:
            self.append(ResultRow(_UNJUDGED, exchange=number))
            return Judgement(UNJUDGED, "", "", number=number)
        judgement = self._judge.judge(exchange)
        if observations:
            judgement = judgement._replace(observations=(*judgement.observations, *observations))
        judgement = self._take(judgement, exchange.elapsed, len(exchange.request.body), lambda: exchange, number)
        if self.progress is not None:
            self.progress(exchange.origin, judgement)
        return judgement

    def add_judged(self, exchange: Exchange, judgement: Judgement) -> Judgement:
        """Take in an exchange with what somebody else has decided by it: a situation of a client.

        Raises:
            EvidenceError: The disk does not take it.
        """
        return self._take(judgement, exchange.elapsed, len(exchange.request.body), lambda: exchange)

    def add_fact(self, fact: ExchangeFact, whole: Callable[[], Exchange]) -> Judgement:
        """Take in an exchange that another process has judged by itself; it comes to what `add` comes to.

        Args:
            fact: Of the exchange that comes next.
            whole: Gives the exchange as it was, where it is kept or shown.

        Raises:
            EvidenceError: The disk does not take it.
        """
        judgement = self._judge.follow(judgement_of(fact, self._judge))
        kept_or_shown = cache(whole) if fact.findings or fact.observations else whole
        return self._take(judgement, fact.elapsed, fact.size, kept_or_shown)

    def _take(
        self, judgement: Judgement, elapsed: float, size: int, whole: Callable[[], Exchange], number: int | None = None
    ) -> Judgement:
        evidence, findings, seen = self._evidence, judgement.findings, judgement.observations
        took = round(elapsed * 1e6) if 0 < elapsed < LONGEST else 0
        exercised, context = self.summary.exercised, judgement.context
        keep = number is None and evidence is not None and self._keep.has_room(judgement)
        if not (keep or findings or seen or number is not None or exercised is not None):
            self.append(ResultRow(judgement.decisions(), 1, took))  # most of a long run: nothing else to say
            return judgement
        if evidence is not None:
            if keep:
                number = evidence.exchange(whole(), self._keep.next())
            if number is not None:
                for finding in findings:
                    evidence.finding(finding, number)
                for observation in seen:
                    evidence.finding(observation, number)
        if number is not None:
            judgement = judgement._replace(number=number)
        read = size + (_steps(context.exchange.origin) if context is not None else 0)
        row = ResultRow(
            judgement.decisions(),
            1,
            took,
            number,
            None,
            self._findings(findings, read, lambda: excerpts(self.redactor, whole())) if findings else (),
            tuple([self._observation(one, whole) for one in seen]),
            exercised.unseen(context) if exercised is not None and context is not None else (),
        )
        self.append(row)
        return judgement

    def add_twins(self, left: Judgement, right: Judgement) -> Judgement:
        """Compare the JSON response `left` and the XML response `right` to the same request.

        Raises:
            EvidenceError: The disk does not take what came of it.
        """
        return self._beside(self._judge.twins(left, right), left, right)

    def add_callback(self, created: Judgement, call: Request | None, calls: Sequence[Request] = ()) -> Judgement:
        """Judge the callback after the create that asked for it.

        Args:
            created: The create and its immediate response.
            call: The first call to returnURL; None if none came in time.
            calls: All calls that came, where somebody waited for more.

        Raises:
            EvidenceError: The disk does not take what came of it.
        """
        return self._beside(self._judge.callback(created, call, calls), created)

    def _beside(self, compared: Judgement, about: Judgement, other: Judgement | None = None) -> Judgement:
        """Takes in what came from laying exchanges side by side; it is shown with the first of them."""
        if self._evidence is not None:
            for finding in compared.findings:
                self._evidence.finding(finding, about.number)
        findings: tuple[SeenFinding, ...] = ()
        if compared.findings:
            first, second = _exchange(about), _exchange(other)
            size = _size(first) if first is not None else 0
            findings = self._findings(compared.findings, size, lambda: excerpts(self.redactor, first, second))
        number = other.number if other is not None else None
        self.append(ResultRow(compared.decisions(), exchange=about.number, other=number, findings=findings))
        return compared

    def append(self, row: Row) -> None:
        """Add a row to the summary and to the run directory.

        Args:
            row: Redacted.

        Raises:
            EvidenceError: The disk does not take it.
        """
        self.summary.add(row)
        if self._evidence is not None:
            self._evidence.row(row)

    def note(self, name: str, value: Any = True) -> None:
        """Note something about the run itself.

        Args:
            name: A key of `summary.NOTES`.
            value: JSON; redacted.
        """
        self.append(Note(name, value))

    def interrupt(self, error: BaseException | None) -> None:
        """Note that the run was interrupted, and by what.

        Args:
            error: The exception that ended it.
        """
        self.note("interrupted")
        self.note("general_reason", signals.reason(error))

    def observe(self, kind: str, message: str, judgement: Judgement | None = None, origin: str = "") -> None:
        """Note something that was seen and no clause decides."""
        if judgement is not None and judgement.context is not None:
            origin = judgement.context.exchange.origin
        about = (judgement.operation, judgement.media) if judgement is not None else ("", "")
        seen = self.redactor.observation(Observation(kind, message, "", "", *about, origin))
        self.note("observation", {name: getattr(seen, name) for name in seen.__dataclass_fields__})

    # ---- what it comes to --------------------------------------------------------------------------------------------

    def report(self, command: str, run: Mapping[str, Any]) -> dict[str, Any]:
        """The report of the run, from its rows.

        Args:
            command: The name of the command.
            run: The facts of its `run.json`.

        Raises:
            EvidenceError: The disk does not take the last rows.
        """
        self._forgotten()
        self.flush()
        return report(self.summary, command, run)

    def _forgotten(self) -> None:
        forgotten = self._judge.history.forgotten
        if forgotten > self._told:
            self.note("forgotten", forgotten - self._told)
            self._told = forgotten

    def finding_rows(self, keys: Iterable[Key] | None = None) -> list[dict[str, Any]]:
        """Findings as a report shows them, the worst first; those of `keys`, or all."""
        return finding_rows(self.summary, keys)

    def flush(self) -> None:
        """Write what waits to be written: equal rows are counted in one.

        Raises:
            EvidenceError: The disk does not take it.
        """
        if self._evidence is not None:
            self._evidence.flush()

    # ---- redaction ---------------------------------------------------------------------------------------------------

    def _findings(
        self, findings: Iterable[Finding], size: int, excerpts: Callable[[], dict[str, str]]
    ) -> tuple[SeenFinding, ...]:
        rows = []
        evidence: dict[str, str] | None = None  # the same for all of them
        for finding in findings:
            raw = finding.same_as()
            known = self._redacted.get(raw)
            if known is None and evidence is None:
                evidence = excerpts()  # first, for what the lead's fields hold may stand in the message
            redacted = known or self.redactor.finding(finding)
            if known is None and len(self._redacted) < _REMEMBERED:
                self._redacted[raw] = redacted
            if not self.summary.findings.wants(redacted, size):
                rows.append(SeenFinding(redacted))
                continue
            if evidence is None:
                evidence = excerpts()
            rows.append(SeenFinding(redacted if known is None else self.redactor.finding(finding), evidence, size))
        return tuple(rows)

    def _observation(self, seen: Observation, whole: Callable[[], Exchange]) -> Observation:
        raw = seen.same_as()
        known = self._observed.get(raw)
        if known is None:
            self.redactor.exchange(whole())  # as above
            known = self.redactor.observation(seen)
            if len(self._observed) < _REMEMBERED:
                self._observed[raw] = known
        return known


def _exchange(judgement: Judgement | None) -> Exchange | None:
    return judgement.context.exchange if judgement is not None and judgement.context is not None else None


def _size(exchange: Exchange) -> int:
    """How much there is to read: the body, and the steps that led to it."""
    return len(exchange.request.body) + _steps(exchange.origin)


def _steps(origin: str) -> int:
    return 100 * origin.count(" > ")
