"""What stands between exchanges: each is held against those before it, in their order.

By itself an exchange is judged first, by whatever process and in whatever order (`Judge.alone`). Here, in one place
and one after the other, the clauses over sequences are decided, and what there is to say about senders that are not
ours: habits that only earlier responses show, and twins among their requests.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import islice

from leadproof.contract.specs import Clause, Specification
from leadproof.core.findings import Observation
from leadproof.judge.breaches import Yielded, clauses_of, settle
from leadproof.judge.checks import Check, remember
from leadproof.judge.checks.bodies import MOST
from leadproof.judge.checks.messages import UNAUTHORISED
from leadproof.judge.client_mistakes import sequence_mistakes
from leadproof.judge.judgement import Compared, Decided, Decisions, Judgement
from leadproof.judge.pairs import Pairs
from leadproof.judge.register import Register
from leadproof.judge.sendings import remember_sent, sent_by

#: Decisions of which it is remembered what they are together with others.
SHARED = 2_000

#: Clauses that held, that were broken, and members that were compared, beyond what was decided before.
_More = tuple[tuple[Decided, ...], tuple[Decided, ...], tuple[Compared, ...]]


class Following:
    """Holds the exchanges of a run against each other.

    Args:
        spec: The contract's readings.
        register: Its clauses by operation and representation.
        compare: Are the two responses of twins equivalent? None where twins are not looked for.
    """

    def __init__(
        self, spec: Specification, register: Register, compare: Callable[[Judgement, Judgement], Judgement] | None
    ) -> None:
        self._spec, self._register, self._compare = spec, register, compare
        self._pairs = Pairs()
        #: Operation and representation -> check and clause, and what is decided where it holds.
        self._plans: dict[tuple[str, str], list[tuple[Check, Clause, Decided]]] = {
            (operation, media): [(check, clause, (clause.id, media)) for clause, check in plan]
            for (operation, media), plan in register.sequences.items()
        }
        #: Identity of decisions, and what came to them -> the decisions (which keeps their identity), and all of it.
        self._combined: dict[tuple[int, _More], tuple[Decisions, Decisions]] = {}

    def __call__(self, alone: Judgement) -> Judgement:
        """The judgement of an exchange in view of those before it, which is remembered for those after it."""
        context = alone.context
        if context is None:
            return alone
        exchange = context.exchange
        passed: list[Decided] = []
        yielded: dict[tuple[str, str, str], Yielded] = {}
        if exchange.response is not None and exchange.response.status not in UNAUTHORISED:
            for check, clause, decided in self._plans.get((alone.operation, alone.media), ()):
                if check.has_occasion(context):
                    breaches = [*islice(check.find(context), MOST)]
                    for breach in breaches:
                        about = (clause.check, breach, "response", alone.media)
                        yielded.setdefault((clause.check, breach.kind, breach.pointer), about)
                    if not breaches:
                        passed.append(decided)
        findings, observations = alone.findings, alone.observations
        failed: tuple[Decided, ...] = ()
        compared: tuple[Compared, ...] = ()
        if yielded:
            broken, seen = settle(
                yielded.values(), alone.operation, alone.media, exchange.origin, self._register, self._spec
            )
            findings, observations = findings + broken, observations + seen
            failed = clauses_of(broken, alone.media)
        if self._compare is not None and not exchange.intent:
            sent = alone.sent if alone.sent is not None else sent_by(context)
            mistakes = [*islice(sequence_mistakes(context, sent), MOST)]
            if mistakes:
                cell = (alone.operation, alone.media, exchange.origin)
                observations += tuple(
                    Observation(one.kind, one.message, one.pointer, "", *cell, one.rule) for one in mistakes
                )
            remember_sent(context, sent)
            twins = self._pairs.twin(alone)
            if twins is not None:
                beside = self._compare(*twins)
                findings, compared = findings + beside.findings, beside.compared
                passed += beside.passed
                failed += beside.failed
        if context.response_value is not None:
            remember(context)
        if not passed and not failed and not compared and observations is alone.observations:
            return alone
        more = tuple(passed), failed, compared
        plain = self._with(alone.plain, more) if alone.plain is not None else None
        return Judgement(
            alone.outcome, alone.operation, alone.media, findings, observations, context,
            plain.passed if plain is not None else alone.passed + more[0], alone.failed + failed, compared,
            alone.number, plain, alone.twin_key,
        )  # fmt: skip

    def _with(self, plain: Decisions, more: _More) -> Decisions:
        """Decisions with more of them: the same object for the same, which counts them sooner."""
        known = self._combined.get((id(plain), more))
        if known is not None:
            return known[1]
        if len(self._combined) >= SHARED:
            self._combined.clear()
        passed, failed, compared = more
        whole = replace(plain, passed=plain.passed + passed, failed=plain.failed + failed, compared=compared)
        self._combined[(id(plain), more)] = plain, whole
        return whole
