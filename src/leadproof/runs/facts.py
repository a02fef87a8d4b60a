"""Facts: what one process says of an exchange that it has judged by itself, for the one that holds it against others.

A fact is small, plain and picklable. It carries what was decided already, and of the exchange what the clauses over
sequences, the habits of senders and twins ask for (see `judge.following`): ids, orders, prices, moments, the response
as a value, of a lead the fields that tell duplicates. It is raw, so it lives in memory and goes to no disk.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from hashlib import blake2b
from typing import Any, NamedTuple

from leadproof.core.exchange import Exchange, Gaps, Request, Response
from leadproof.core.findings import Finding, Observation
from leadproof.core.operations import OPERATIONS
from leadproof.judge import Decisions, Judge, Judgement
from leadproof.judge.checks import Context
from leadproof.judge.checks.context import fields
from leadproof.judge.checks.memory import duplicate_fields
from leadproof.judge.pairs import twin_key
from leadproof.judge.sendings import Sent, sent_by
from leadproof.runs.breaches import SHOWN

#: Decisions that are told apart, before those that were met are forgotten.
_TOLD_APART = 10_000


class Sequel(NamedTuple):
    """What is left of an exchange that was recognised."""

    method: str
    target: str
    #: None if no response arrived.
    status: int | None
    intent: str
    #: Of `Context`; of the leads only the fields that tell duplicates.
    request: dict[str, Any] | None
    request_format: str
    response_value: Any
    response_format: str
    now: datetime | None
    unknown: Gaps = ()
    #: What became of the leads that were sent.
    sent: Sent | None = None


class ExchangeFact(NamedTuple):
    """An exchange that was judged by itself."""

    #: Its place among the exchanges of its part of a file.
    place: int
    origin: str
    digest: bytes
    decisions: Decisions
    findings: tuple[Finding, ...]
    observations: tuple[Observation, ...]
    twin_key: bytes
    sequel: Sequel | None
    #: Seconds.
    elapsed: float
    #: Bytes of the request's body.
    size: int
    #: The exchange as it was, where it will probably be kept or shown.
    whole: Exchange | None = None


class Facts:
    """Judges exchanges by themselves, for another process to follow.

    Args:
        judge: Judges; its history stays empty.
        has_room: Will an exchange with this judgement be kept?
        digests: Is it asked whether an exchange stands in several files? Without, digests are empty.
    """

    def __init__(self, judge: Judge, has_room: Callable[[Judgement], bool], *, digests: bool = True) -> None:
        self._judge, self._has_room, self._digests = judge, has_room, digests
        #: The finding -> bytes of the shortest request that showed it, so far.
        self._shown: dict[tuple[str, ...], int] = {}

    def of(self, place: int, exchange: Exchange) -> ExchangeFact:
        """The fact about an exchange.

        Args:
            place: Among the exchanges of its part of a file.
            exchange: Raw.
        """
        alone = self._judge.alone(exchange)
        request, response, context = exchange.request, exchange.response, alone.context
        sequel, key = None, alone.twin_key
        if context is not None:
            key = twin_key(context) if key is None else key
            sequel = Sequel(
                request.method, request.target, response.status if response else None, exchange.intent,
                _reduced(context), context.request_format, context.response_value, context.response_format, context.now,
                exchange.unknown, sent_by(context),
            )  # fmt: skip
        return ExchangeFact(
            place, exchange.origin, digest(exchange) if self._digests else b"", alone.decisions(),
            alone.findings, alone.observations,
            key or b"", sequel, exchange.elapsed, len(request.body),
            exchange if self._has_room(alone) or self._shows_better(alone, len(request.body)) else None,
        )  # fmt: skip

    def _shows_better(self, alone: Judgement, size: int) -> bool:
        better = False
        for finding in alone.findings:
            key = finding.same_as()
            known = self._shown.get(key)
            if known is None and len(self._shown) >= SHOWN:
                continue
            if known is None or size < known:
                self._shown[key], better = size, True
        return better


def digest(exchange: Exchange) -> bytes:
    """What is the same for the same exchange, whoever exported it; when it was is not."""
    request, response = exchange.request, exchange.response
    came = (response.status, response.body) if response else exchange.failure
    parts = (request.method, request.target, request.body, came)
    return blake2b(repr(parts).encode("utf-8", "backslashreplace"), digest_size=12).digest()


def _reduced(context: Context) -> dict[str, Any] | None:
    request = context.request
    if request is None or not context.leads:
        return request
    leads = [
        {**lead, "fields": duplicate_fields(context, fields(lead))} if isinstance(lead, dict) else lead
        for lead in request["leads"]
    ]
    return {**request, "leads": leads}


def outline(fact: ExchangeFact) -> Exchange:
    """As much of the exchange as a fact tells: neither headers nor bodies."""
    sequel = fact.sequel
    if sequel is None:
        return Exchange(Request("", ""), None, None, fact.origin)
    response = None if sequel.status is None else Response(sequel.status)
    request = Request(sequel.method, sequel.target)
    return Exchange(request, response, None, fact.origin, sequel.intent, elapsed=fact.elapsed, unknown=sequel.unknown)


def judgement_of(fact: ExchangeFact, judge: Judge) -> Judgement:
    """The judgement of `Judge.alone` that a fact was made of, for `judge` to follow."""
    sequel, decisions = fact.sequel, fact.decisions
    context = None
    if sequel is not None:
        context = Context(
            outline(fact), OPERATIONS[decisions.operation], judge.spec, judge.profile, judge.history, sequel.request,
            sequel.request_format, sequel.response_value, sequel.response_format, (), sequel.now,
        )  # fmt: skip
    return Judgement(
        decisions.outcome, decisions.operation, decisions.media, fact.findings, fact.observations, context,
        decisions.passed, decisions.failed, decisions.compared, None, decisions, fact.twin_key,
        sequel.sent if sequel is not None else None,
    )  # fmt: skip


# ---- from process to process -----------------------------------------------------------------------------------------


def packed(facts: Sequence[ExchangeFact]) -> bytes:
    """Facts for another process: what they have in common is written once, and all of it as plain tuples, which takes
    half the time of packing and unpacking classes.
    """
    import pickle  # where one process judges, nothing is sent

    decisions: dict[int, tuple[int, Decisions]] = {}
    observations: dict[_Unplaced, int] = {}
    rows = []
    for fact in facts:
        place, origin, digested, decided, findings, seen, key, sequel, elapsed, size, whole = fact
        number, _ = decisions.setdefault(id(decided), (len(decisions), decided))
        rows.append((
            place, origin, digested, number, findings,
            [observations.setdefault(_unplaced(one), len(observations)) for one in seen] if seen else (), key,
            _flat(sequel) if sequel is not None else None, elapsed, size, whole,
        ))  # fmt: skip
    table = [decided for _, decided in decisions.values()]
    return pickle.dumps((table, list(observations), rows), pickle.HIGHEST_PROTOCOL)


def _flat(sequel: Sequel) -> tuple[Any, ...]:
    *rest, sent = sequel
    return (*rest, tuple(sent) if sent is not None else None)


def _sequel(flat: tuple[Any, ...]) -> Sequel:
    *rest, sent = flat
    return Sequel._make((*rest, Sent._make(sent) if sent is not None else None))


#: Members of `Observation` but for its origin.
_Unplaced = tuple[str, str, str, str, str, str, str]


def _unplaced(seen: Observation) -> _Unplaced:
    """An observation without its origin, which is that of its fact."""
    return seen.kind, seen.message, seen.pointer, seen.xpath, seen.operation, seen.media, seen.situation


def _placed(seen: _Unplaced, origin: str) -> Observation:
    kind, message, pointer, xpath, operation, media, situation = seen
    return Observation(kind, message, pointer, xpath, operation, media, origin, situation)


class Unpacking:
    """Reads what `packed` made; decisions that are equal become the same object, as they are in one process."""

    def __init__(self) -> None:
        self._known: dict[Decisions, Decisions] = {}

    def __call__(self, block: bytes, entries: int = 0) -> Iterator[ExchangeFact]:
        """The facts of a block, which comes from a process of this run.

        Args:
            block: Of a part of a file.
            entries: How many entries the file has before the part: its own are numbered from 1.
        """
        import pickle

        table: list[Decisions]
        observations: list[_Unplaced]
        table, observations, rows = pickle.loads(block)
        if len(self._known) > _TOLD_APART:
            self._known.clear()
        table = [self._known.setdefault(decided, decided) for decided in table]
        for place, origin, digested, number, findings, seen, key, sequel, elapsed, size, whole in rows:
            if entries:
                name, _, entry = origin.rpartition("#")
                origin = f"{name}#{int(entry) + entries}"
                findings = tuple([replace(one, origin=origin) for one in findings])
                whole = replace(whole, origin=origin) if whole is not None else None
            yield ExchangeFact(
                place, origin, digested, table[number], findings,
                tuple([_placed(observations[one], origin) for one in seen]), key,
                _sequel(sequel) if sequel is not None else None, elapsed, size, whole,
            )  # fmt: skip
