"""What a run has decided: how often each clause held and was broken, cell by cell."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from leadproof.contract.specs import Clause
from leadproof.core.operations import CELLS
from leadproof.judge.judgement import Decisions

#: Clause id, operation, representation.
Cell = tuple[str, str, str]

#: Why a clause was not tested whose operations nobody called: the reason that says least.
ELSEWHERE = "no exchange of this run belongs to its operations"

#: Why a clause was not tested whose operations got no response that a lead receiver gives.
FOREIGN = "no response of its operations is one that a lead receiver gives"

#: Why a clause was not tested of whose operations no response was recorded, or none with its body.
UNREAD = "no response of its operations was recorded with its body"

#: Why a clause was not tested whose operations were called.
NO_OCCASION = "no exchange of this run gave occasion to decide it"

#: Seconds of an exchange that are believed: a capture may say anything.
LONGEST = 86_400.0

#: Outcomes of what is no exchange of its own: messages laid side by side.
BESIDE = ("twins", "callback")


@dataclass(slots=True)
class Tally:
    """Counts of a run; two runs merge by adding."""

    passed: Counter[Cell] = field(default_factory=Counter)
    failed: Counter[Cell] = field(default_factory=Counter)
    #: Exchanges by operation, representation and outcome: judged, accepted, refused, unauthorised, …
    exchanges: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    #: responseType values met, by operation.
    response_types: Counter[tuple[str, str]] = field(default_factory=Counter)
    #: How often a member was compared in a pair of twins, and how often it differed, by operation and member.
    compared: Counter[tuple[str, str]] = field(default_factory=Counter)
    different: Counter[tuple[str, str]] = field(default_factory=Counter)
    #: Microseconds that the exchanges of an operation and representation took: whole numbers, so that their sum is the
    #: same in whatever order they come.
    took: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, decisions: Decisions, times: int = 1) -> None:
        """Takes in what one look decided, or so many that decided the same."""
        operation = decisions.operation
        for clause, media in decisions.passed:
            self.passed[(clause, operation, media)] += times
        for clause, media in decisions.failed:
            self.failed[(clause, operation, media)] += times
        for member, number, different in decisions.compared:
            self.compared[(operation, member)] += number * times
            self.different[(operation, member)] += different * times
        if decisions.outcome in BESIDE:
            return
        self.outcomes[decisions.outcome] += times
        if not operation:
            return
        cell = (operation, decisions.media)
        outcome = "unread" if decisions.unread else "foreign" if decisions.foreign else decisions.outcome
        self.exchanges[(*cell, outcome)] += times
        self.exchanges[(*cell, "accepted")] += decisions.accepted * times
        self.exchanges[(*cell, "refused")] += decisions.refused * times
        for kind in decisions.types:
            self.response_types[(operation, kind)] += times

    def merge(self, other: Tally) -> None:
        """Adds the counts of another run."""
        for name in ("passed", "failed", "exchanges", "outcomes", "response_types", "compared", "different", "took"):
            getattr(self, name).update(getattr(other, name))

    def counts(self, clause: Clause) -> tuple[int, int]:
        """How often a clause held and was broken, over its cells."""
        cells = [(clause.id, *cell) for cell in clause.cells()]
        return sum(self.passed[cell] for cell in cells), sum(self.failed[cell] for cell in cells)

    def result(self, clause: Clause) -> tuple[str, str]:
        """The result of a clause, and the reason where it is not passed or failed."""
        passed, failed = self.counts(clause)
        if failed:
            return "failed", ""
        if passed:
            return "passed", ""
        if clause.untestable:
            return "untested", clause.untestable
        if not self._met(clause, "judged"):
            why = {"foreign": FOREIGN, "unread": UNREAD}
            return "untested", next((why[one] for one in why if self._met(clause, one)), ELSEWHERE)
        return "untested", NO_OCCASION

    def _met(self, clause: Clause, outcome: str) -> bool:
        return any(self.exchanges[(*cell, outcome)] for cell in clause.cells())

    def covered(self) -> list[tuple[str, str]]:
        """The cells of the contract with at least one exchange that was judged, and whose response was recognised."""
        return [cell for cell in CELLS if self.exchanges[(*cell, "judged")]]
