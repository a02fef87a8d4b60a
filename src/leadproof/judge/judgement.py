"""What the judge says: `Judgement`, of one exchange or of several laid side by side, and `Decisions`, its plain part.

The decisions are what the evidence keeps beside each exchange. A run's clause table is nothing but their sum, so that
anybody can add them up again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from leadproof.contract.specs import Specification
from leadproof.core.exchange import Part
from leadproof.core.findings import Finding, Observation
from leadproof.core.operations import RESPONSE_TYPES
from leadproof.judge.checks import Context
from leadproof.judge.checks.context import outcome as outcome_of
from leadproof.judge.sendings import Sent

#: Stands for every responseType that the documentation does not know: what a target writes there is nobody's business.
UNDOCUMENTED = "undocumented"

#: A clause in one representation.
Decided = tuple[str, str]


class Compared(NamedTuple):
    """A member of a pair of responses that were compared."""

    #: The shape of its JSON Pointer.
    member: str
    times: int
    different: int


@dataclass(frozen=True, slots=True)
class Decisions:
    """What one look at the evidence decided: plain data."""

    #: judged, undecided (not a single clause was), unauthorised, absent (nothing at this address), stopped (on the way,
    #: see `stand_ins`), unanswered or unrecognised for an exchange; twins or callback for what was decided by laying
    #: messages side by side.
    outcome: str
    operation: str = ""
    media: str = ""
    #: HTTP status of the response; 0 if there is none.
    status: int = 0
    intent: str = ""
    accepted: bool = False
    refused: bool = False
    #: responseType of each result.
    types: tuple[str, ...] = ()
    passed: tuple[Decided, ...] = ()
    failed: tuple[Decided, ...] = ()
    compared: tuple[Compared, ...] = ()
    #: Is the response one that no lead receiver gives? It is judged, and covers nothing.
    foreign: bool = False
    #: Is the list of results empty, and not known how many there should be? It is judged, and tests nothing.
    without_results: bool = False
    #: Was the body of the response not recorded? What is known beside it is judged, and covers nothing.
    unread: bool = False

    def row(self) -> dict[str, Any]:
        """As it stands in the evidence; `passed` and `failed` are clause ids by representation."""
        plain = {
            "outcome": self.outcome, "operation": self.operation, "media": self.media, "status": self.status,
            "intent": self.intent, "accepted": self.accepted, "refused": self.refused, "types": list(self.types),
            "passed": _by_media(self.passed), "failed": _by_media(self.failed),
            "compared": [list(one) for one in self.compared], "foreign": self.foreign,
            "without_results": self.without_results, "unread": self.unread,
        }  # fmt: skip
        return {name: value for name, value in plain.items() if value}

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Decisions:
        """The decisions of a row.

        Raises:
            KeyError, TypeError, ValueError, AttributeError: It is no such row.
        """
        return cls(
            str(row["outcome"]), str(row.get("operation", "")), str(row.get("media", "")), int(row.get("status", 0)),
            str(row.get("intent", "")), bool(row.get("accepted")), bool(row.get("refused")),
            tuple(str(one) for one in row.get("types", ())), _flat(row.get("passed", {})), _flat(row.get("failed", {})),
            tuple(Compared(str(member), int(times), int(unlike)) for member, times, unlike in row.get("compared", ())),
            bool(row.get("foreign")), bool(row.get("without_results")), bool(row.get("unread")),
        )  # fmt: skip


class Judgement(NamedTuple):
    """What the judge says of one exchange, or of several that belong together.

    A named tuple, because two are made of every exchange: it costs a third of a frozen dataclass.
    """

    #: See `Decisions.outcome`. A request of which no response was captured is judged by itself.
    outcome: str
    operation: str
    media: str
    findings: tuple[Finding, ...] = ()
    observations: tuple[Observation, ...] = ()
    context: Context | None = None
    #: Clauses that held; a clause that was decided several times stands there as often.
    passed: tuple[Decided, ...] = ()
    #: Clauses that were broken, once each.
    failed: tuple[Decided, ...] = ()
    compared: tuple[Compared, ...] = ()
    #: Number of the exchange in the evidence of the run; None where none is kept.
    number: int | None = None
    #: The plain part, where it is known already.
    plain: Decisions | None = None
    #: `pairs.twin_key`, where it is known already.
    twin_key: bytes | None = None
    #: `sendings.sent_by`, where it is known already.
    sent: Sent | None = None

    @property
    def response_value(self) -> Any:
        """The decoded response; None if there is none."""
        return self.context.response_value if self.context else None

    def decisions(self) -> Decisions:
        """The plain part."""
        if self.plain is not None:
            return self.plain
        context = self.context
        response = context.exchange.response if context else None
        has_response = context is not None and context.response_value is not None
        unread = context is not None and not (
            context.knows(Part.RESPONSE_BODY) if response else context.exchange.failure
        )
        return Decisions(
            self.outcome,
            self.operation,
            self.media,
            response.status if response else 0,
            context.exchange.intent if context else "",
            bool(context and context.accepted),
            bool(context and has_response and context.refused),
            tuple(
                kind if kind in RESPONSE_TYPES else UNDOCUMENTED
                for _, result in (context.results if context and has_response else ())
                if isinstance(kind := outcome_of(result), str)
            ),
            self.passed,
            self.failed,
            self.compared,
            context is not None
            and response is not None
            and not unread
            and not is_documented(context.response_value, context.operation.id, context.spec),
            context is not None and context.without_results,
            unread,
        )


def is_documented(response_value: Any, operation: str, spec: Specification) -> bool:
    """Has a response a member that the operation documents? A message is what every service sends."""
    documented = spec.schema(operation, "response", "json")["properties"].keys() - {"message"}
    return isinstance(response_value, dict) and not response_value.keys().isdisjoint(documented)


def _by_media(decided: tuple[Decided, ...]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for clause, media in decided:
        found.setdefault(media, []).append(clause)
    return found


def _flat(found: Mapping[str, Any]) -> tuple[Decided, ...]:
    return tuple((str(clause), str(media)) for media, clauses in found.items() for clause in clauses)
