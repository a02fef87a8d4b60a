"""Result rows: what each exchange of a run came to, kept or not, as plain data. A report is a fold over them.

A `ResultRow` is one exchange, several equal ones, or messages laid side by side; a `Note` is something about the run
itself (a file that was read, why a clause could not be tested, what a load has measured). Everything here is redacted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from leadproof.core.findings import Finding, Observation
from leadproof.judge import Decisions


class SeenFinding(NamedTuple):
    """A finding in one exchange."""

    finding: Finding
    #: Excerpts of request and response; empty where an earlier row shows the same finding as well or better.
    evidence: Mapping[str, str] = {}
    #: Bytes that a reader of the evidence has to read: of two that show the same, the shorter one is shown.
    size: int = 0


@dataclass(frozen=True, slots=True)
class ResultRow:
    """What an exchange came to, or `times` exchanges of which nothing else has to be said."""

    decisions: Decisions
    times: int = 1
    #: How long they took, all together. Whole numbers, so that sums are the same in any order.
    microseconds: int = 0
    #: Its number in `exchanges.ndjson`; None where it was not kept.
    exchange: int | None = None
    #: Number of the exchange that it was compared with, where two were laid side by side.
    other: int | None = None
    findings: tuple[SeenFinding, ...] = ()
    observations: tuple[Observation, ...] = ()
    #: Dimension and item of the detailed coverage that no earlier exchange had shown.
    exercised: tuple[tuple[str, str], ...] = ()

    @property
    def remarkable(self) -> bool:
        """Is there more to say of it than that it was there?"""
        return bool(self.findings or self.observations or self.exercised or self.exchange is not None)


@dataclass(frozen=True, slots=True)
class Note:
    """Something about the run: `name` is a key of `summary.NOTES`, `value` is JSON."""

    name: str
    value: Any = True


Row = ResultRow | Note
