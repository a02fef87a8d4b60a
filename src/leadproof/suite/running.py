"""Running cases: one after the other, each with numbers of its own, within a time, and what came of each.

Used alike by `contracts/`, `leadproof test` and `certify`, so that they come to the same result. What a case finds goes
into the summary of the run; an `CaseResult` says which of it was new.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from leadproof.core import signals
from leadproof.core.errors import EncodeError
from leadproof.suite.case import Case
from leadproof.suite.session import BudgetSpent, GaveUp
from leadproof.suite.story import CaseContext, CaseSkipped

#: Topic -> its share of the time of a run, where there is a limit. What one does not need goes to those after it.
SHARES: dict[str, float] = {
    "operations": 4, "sequences": 3, "twins": 1, "rare": 1, "negotiation": 1, "authentication": 1, "negatives": 3,
    "callbacks": 2, "transport": 1, "lives": 4, "generated": 12,
}  # fmt: skip

#: Requests without one response of a lead receiver after which an operation is tried once more only if it was not yet.
FUTILE = 20
#: Topics in which chance makes the requests, as many as there is time for.
CHANCE = ("lives", "generated")

#: Topics of which every case tells a story of its own, whatever it checks.
STORIES = ("sequences",)


#: How an exchange may end before anything was tested.
REJECTION_REASONS = {
    "unauthorised": "the credentials were rejected",
    "absent": "there is nothing at the documented address",
    "stopped": "the request did not reach the service",
    "unanswered": "no response came",
}


@dataclass(frozen=True, slots=True)
class CaseResult:
    """What came of one case."""

    topic: str
    case: Case
    #: passed, failed, untested (it cannot tell here, or nothing got past the door) or left out (no time, no budget).
    result: str
    reason: str = ""
    #: The findings that it saw, as rows of a report; those that do not fail the run are among them.
    findings: tuple[dict[str, Any], ...] = ()
    #: Keys of those findings in the summary.
    keys: tuple[tuple[str, ...], ...] = ()
    #: Requests that it sent.
    exchanges: int = 0
    #: Seconds that it took.
    seconds: float = 0.0


def run_case(
    story: CaseContext, topic: str, case: Case, position: int, clock: Callable[[], float] = time.monotonic
) -> CaseResult:
    """Runs one case; what it finds is in the summary, and in the outcome.

    Args:
        story: The run.
        topic: The topic of the case.
        case: The case.
        position: Of the case in the table of all cases: the numbers of its leads come from it.
        clock: Seconds.

    Raises:
        BudgetSpent: No more requests may be sent.
        TargetError: The very first request could not reach the target.
    """
    ledger, spec = story.session.ledger, story.session.spec
    known, before = ledger.summary.seen(), Counter(ledger.tally.outcomes)
    sent, started = story.session.client.sent, clock()
    story.begin(position)
    reason, concerned = "", None
    try:
        case.run(story)
    except CaseSkipped as error:
        reason, concerned = str(error), error.checks
    except EncodeError as error:
        if "/fields/" not in error.pointer:
            raise
        reason = f"a field of the profile cannot be sent: {error.message}"  # in XML, a name with a blank
    if reason:
        about = [name for name in case.clauses(spec) if concerned is None or spec.clauses[name].check in concerned]
        ledger.note("reasons", dict.fromkeys(about, reason))
    keys = tuple(key for key, count in ledger.summary.seen().items() if count > known.get(key, 0))
    rows = tuple(ledger.finding_rows(keys))
    ended = Counter(ledger.tally.outcomes) - before
    result = "failed" if any(row["decides"] for row in rows) else "untested" if reason else "passed"
    if result != "failed" and not case.door and ended and not ended["judged"]:
        door = ended.most_common(1)[0][0]
        result, reason = "untested", REJECTION_REASONS.get(door, "nothing could be judged")
    return CaseResult(topic, case, result, reason, rows, keys, story.session.client.sent - sent, clock() - started)


class TimeBudget:
    """Who may run until when."""

    def __init__(self, topics: Sequence[str], most: float, clock: Callable[[], float]) -> None:
        """Starts the clock.

        Args:
            topics: In the order in which they run.
            most: Seconds for all of it; 0 for no limit.
            clock: Seconds.
        """
        self._topics, self._most, self._clock = list(dict.fromkeys(topics)), most, clock
        self._end = self._deadline = clock() + most
        self._topic = ""
        self._deadlines: dict[str, float] = {}

    def enter(self, topic: str) -> None:
        """A topic begins: it gets its share of what is left."""
        if topic == self._topic:
            return
        self._topic = topic
        if topic not in self._deadlines:
            rest = [name for name in self._topics if name == topic or name not in self._deadlines]
            share = SHARES.get(topic, 1) / sum(SHARES.get(name, 1) for name in rest)
            now = self._clock()
            self._deadlines[topic] = now + (self._end - now) * share
        self._deadline = self._deadlines[topic]

    def expired(self) -> bool:
        """Is the time of the topic over?"""
        return bool(self._most) and self._clock() >= self._deadline


def run_all(
    story: CaseContext,
    chosen: Iterable[tuple[str, Case]],
    positions: Callable[[str, Case], int],
    told: Callable[[str, Case], None],
    done: Callable[[CaseResult], None],
    *,
    max_time: float = 0.0,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Runs cases one after the other; see `suite.run`."""
    rows = list(chosen)
    time_budget = TimeBudget([topic for topic, _ in rows], max_time, clock)
    story.expired = time_budget.expired
    tried: set[str] = set()
    for number, (topic, case) in enumerate(rows):
        time_budget.enter(topic)
        if time_budget.expired():
            done(_left_out(story, topic, case, f"the time for the topic {topic} was used up"))
            continue
        if case.operation in tried and futile(story):  # another operation may still work
            done(
                _left_out(story, topic, case, f"the first {FUTILE} requests got no response that a lead receiver gives")
            )
            continue
        told(topic, case)
        tried.add(case.operation)
        try:
            done(run_case(story, topic, case, positions(topic, case), clock))
        except (BudgetSpent, KeyboardInterrupt) as error:
            spent = str(error) or "the budget of requests was spent"  # or nobody responds any more, which it says
            reason = spent if isinstance(error, BudgetSpent) else signals.reason(error)
            if isinstance(error, GaveUp):
                reason = str(error)
            for rest in rows[number:]:
                done(_left_out(story, *rest, reason))
            raise


def futile(story: CaseContext) -> bool:
    """Did a run try enough, and get no response that a lead receiver gives?"""
    return story.session.client.sent >= FUTILE and not story.session.ledger.tally.covered()


def _left_out(story: CaseContext, topic: str, case: Case, reason: str) -> CaseResult:
    story.session.ledger.note("reasons", dict.fromkeys(case.clauses(story.session.spec), reason))
    return CaseResult(topic, case, "left out", reason)


def brief(chosen: Iterable[tuple[str, Case]]) -> list[tuple[str, Case]]:
    """Of the cases those that say something new: the first of each topic, operation, representation and set of checks.

    Every clause that the whole suite decides on the mock is decided by them, too.
    """
    kept: set[tuple[str, str, str, tuple[str, ...]]] = set()
    rows = []
    for topic, case in chosen:
        kind = (topic, case.operation, case.media, case.checks)
        if topic not in CHANCE and (topic in STORIES or kind not in kept):
            rows.append((topic, case))
        kept.add(kind)
    return rows


def spread(chosen: Iterable[tuple[str, Case]]) -> list[tuple[str, Case]]:
    """The cases in an order in which few of them say most: one for each topic, operation and representation, then the
    next of each. For runs that may not send enough for all.
    """
    turns: Counter[tuple[str, str, str]] = Counter()
    rows = []
    for number, (topic, case) in enumerate(chosen):
        group = (topic, case.operation, case.media)
        rows.append((turns[group], number, topic, case))
        turns[group] += 1
    return [(topic, case) for _, _, topic, case in sorted(rows, key=lambda row: row[:2])]
