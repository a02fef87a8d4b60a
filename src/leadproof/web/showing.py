"""One exchange as a page shows it: what was said of it, and both messages, redacted. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from leadproof.contract.specs import Clause, Specification
from leadproof.core.excerpts import curl
from leadproof.core.exchange import Exchange, Part
from leadproof.core.findings import Finding, Observation
from leadproof.judge import Judgement
from leadproof.redact import Redactor
from leadproof.runs.formats.cards import heading
from leadproof.runs.summary import counts
from leadproof.web.marking import Mark, MessageText, ShownMessage

#: Findings and observations of one exchange that are shown.
FINDINGS = 50


@dataclass(frozen=True, slots=True)
class ShownFinding:
    """A finding with its clause, redacted."""

    number: int
    row: dict[str, Any]
    #: request or response.
    side: str
    #: The line of the body that it is marked in; 0 where it is about none.
    line: int = 0
    #: Is the marked line that of the nearest parent, because what is missing has none?
    nearby: bool = False


@dataclass(frozen=True, slots=True)
class ShownExchange:
    """An exchange and what was said of it, redacted."""

    origin: str
    #: failed, warnings, passed, or what the judge calls an exchange that it decided nothing of.
    result: str
    operation: str
    #: The name of the operation in the documentation; "" where it was not recognised.
    heading: str
    media: str
    #: 0 where there is no response, or none was recorded.
    status: int
    started: float = 0.0
    #: What the service said of the leads: accepted, refused, or "".
    said: str = ""
    held: int = 0
    findings: tuple[ShownFinding, ...] = ()
    #: Findings that are not shown.
    more: int = 0
    observations: tuple[Observation, ...] = ()
    request: ShownMessage | None = None
    response: ShownMessage | None = None
    #: Sends the request again; "" where it was not recorded.
    curl: str = ""


@dataclass(slots=True)
class _Side:
    """A message of the exchange, and the marks in it so far."""

    text: MessageText
    head: list[Mark]
    body: list[Mark]


def shown(
    exchange: Exchange, judgement: Judgement, redactor: Redactor, spec: Specification, fail_on: str = "must"
) -> ShownExchange:
    """An exchange for a page.

    Args:
        exchange: Raw.
        judgement: What was said of it.
        redactor: What everything passes through.
        spec: The contract that was judged by.
        fail_on: What fails a run.
    """
    safe = redactor.exchange(exchange)  # first, for what the lead's fields hold may stand in a finding
    sides = _sides(exchange, safe, judgement.findings)
    findings = tuple(
        _finding(number, finding, sides, redactor, spec, fail_on)
        for number, finding in enumerate(judgement.findings[:FINDINGS], 1)
    )
    request, plain = safe.request, judgement.decisions()
    messages = {side: it.text.message(it.head, it.body) for side, it in sides.items()}
    return ShownExchange(
        origin=redactor.text(exchange.origin),
        result=_result(judgement, spec, fail_on),
        operation=judgement.operation,
        heading=heading(judgement.operation) if judgement.operation else "",
        media=judgement.media,
        status=safe.response.status if safe.response is not None and exchange.knows(Part.STATUS) else 0,
        started=exchange.started,
        said="accepted" if plain.accepted else "refused" if plain.refused else "",
        held=len(judgement.passed),
        findings=findings,
        more=max(len(judgement.findings) - FINDINGS, 0),
        observations=tuple(redactor.observation(seen) for seen in judgement.observations[:FINDINGS]),
        request=messages.get("request"),
        response=messages.get("response"),
        curl=curl(request.method, request.target, request.headers, request.body) if request.method else "",
    )


def _sides(raw: Exchange, safe: Exchange, findings: Iterable[Finding]) -> dict[str, _Side]:
    """The messages that were recorded."""
    found: dict[str, _Side] = {}
    request, response = safe.request, safe.response
    if request.method or request.body:
        first = f"{request.method} {request.target}" if request.method else ""
        text = MessageText.of(first, request.headers, request.body, raw.request.body, findings)
        found["request"] = _Side(text, [], [])
    if response is not None and raw.response is not None:
        first = f"HTTP {response.status}" if raw.knows(Part.STATUS) else ""
        text = MessageText.of(first, response.headers, response.body, raw.response.body, findings)
        found["response"] = _Side(text, [], [])
    return found


def _finding(
    number: int, finding: Finding, sides: dict[str, _Side], redactor: Redactor, spec: Specification, fail_on: str
) -> ShownFinding:
    clause = spec.clauses[finding.clause]
    side = "request" if clause.subject == "request" else "response"
    row, it = _row(redactor.finding(finding), clause, fail_on), sides.get(side)
    place = it.text.place(finding, clause.member) if it is not None else None
    if it is None or place is None:
        return ShownFinding(number, row, side)
    (it.head if place.in_head else it.body).append(Mark(place.span.start, place.span.end, number))
    return ShownFinding(number, row, side, 0 if place.in_head else it.text.line_of(place.span.start), place.nearby)


def _result(judgement: Judgement, spec: Specification, fail_on: str) -> str:
    if any(counts(spec.clauses[found.clause], fail_on) for found in judgement.findings):
        return "failed"
    if judgement.findings:
        return "warnings"
    return "passed" if judgement.outcome == "judged" else judgement.outcome


def _row(finding: Finding, clause: Clause, fail_on: str) -> dict[str, Any]:
    return {
        "clause": clause.id, "level": clause.level, "basis": clause.basis, "text": clause.text, "place": clause.place,
        "kind": finding.kind, "message": finding.message, "pointer": finding.pointer, "xpath": finding.xpath,
        "expected": finding.expected, "actual": finding.actual, "decides": counts(clause, fail_on),
    }  # fmt: skip
