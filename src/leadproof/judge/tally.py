"""What a run has decided: how often each clause held and was broken, cell by cell."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from leadproof.operations import CELLS
from leadproof.specs import Clause

#: Outcomes that are told apart; what a service makes up anew in every answer is counted in one row.
DISTINCT, OTHER = 500, "other"

#: Clause id, operation, representation.
Cell = tuple[str, str, str]


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

    def outcome(self, operation: str, kind: str) -> None:
        """Counts an outcome; what a service makes up anew in every answer is told apart up to a limit."""
        key = (operation, kind[:200])
        known = key in self.response_types or len(self.response_types) < DISTINCT
        self.response_types[key if known else (operation, OTHER)] += 1

    def merge(self, other: Tally) -> None:
        """Adds the counts of another run."""
        for name in ("passed", "failed", "exchanges", "outcomes", "response_types"):
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
        if not any(self.exchanges[(*cell, "judged")] for cell in clause.cells()):
            return "untested", "no exchange of this run belongs to its operations"
        return "untested", "no exchange of this run gave occasion to decide it"

    def covered(self) -> list[tuple[str, str]]:
        """The cells of the contract with at least one judged exchange."""
        return [cell for cell in CELLS if self.exchanges[(*cell, "judged")]]
