"""What the judge says of one exchange, as data, and how a breach becomes a finding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from leadproof.checks import Breach, Context
from leadproof.findings import Finding, Observation
from leadproof.judge.recognition import Recognition
from leadproof.specs import Clause


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the judge says of one exchange."""

    #: judged, unauthorised, absent (nothing at this address), unanswered or unrecognised. A request of which no answer
    #: was captured is judged by itself.
    outcome: str
    operation: str
    media: str
    findings: tuple[Finding, ...] = ()
    observations: tuple[Observation, ...] = ()
    context: Context | None = None

    @property
    def answer(self) -> Any:
        """The decoded answer; None if there is none."""
        return self.context.answer if self.context else None


def clean(context: Context, media: str, recognition: Recognition) -> Judgement:
    """What is said of an exchange with nothing wrong."""
    operation, origin = context.operation.id, context.exchange.origin
    said = (Observation("file.ambiguous", recognition.reason, "", "", operation, "", origin),)
    return Judgement("judged", operation, media, (), said if recognition.reason else (), context)


def finding_of(clause: Clause, breach: Breach, operation: str, media: str, origin: str) -> Finding:
    """The finding that a breach of a clause is."""
    return Finding(
        clause.id, breach.kind, breach.message, breach.pointer, breach.xpath, breach.expected, breach.actual, operation,
        media, origin,
    )  # fmt: skip


def origin_of(judgement: Judgement) -> str:
    """Where the exchange comes from."""
    return judgement.context.exchange.origin if judgement.context else ""
