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
from leadproof.core.findings import Finding, Observation
from leadproof.judge.breaches import Yielded, clauses_of, settle
from leadproof.judge.checks import Check, Context, remember
from leadproof.judge.checks.bodies import MOST
from leadproof.judge.checks.messages import UNAUTHORISED
from leadproof.judge.client_mistakes import sequence_mistakes
from leadproof.judge.judgement import Compared, Decided, Decisions, Judgement
from leadproof.judge.new_leads import PASSED, checks_passed, covers
from leadproof.judge.pairs import Pairs
from leadproof.judge.register import Register

#: Decisions of which it is remembered what they are together with others.
SHARED = 2_000

#: Clauses that held, that were broken, and members that were compared, beyond what was decided before.
_More = tuple[tuple[Decided, ...], tuple[Decided, ...], tuple[Compared, ...]]


#: What checks over sequences are asked in a cell: check and clause, and what is decided where it holds.
_Plan = list[tuple[Check, Clause, Decided]]


def _named(plan: _Plan) -> list[tuple[str, Decided]]:
    return [(clause.check, decided) for _, clause, decided in plan]


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
        #: Operation and representation -> check and clause, when there is an occasion, and what is decided.
        self._plans: dict[tuple[str, str], _Plan] = {
            (operation, media): [(check, clause, (clause.id, media)) for clause, check in plan]
            for (operation, media), plan in register.sequences.items()
        }
        #: The same of operations whose new leads go the short way: checks that passed -> what is decided.
        self._new = {
            cell: {
                checks: tuple(decided for check in checks for name, decided in _named(plan) if name == check)
                for checks in PASSED
            }
            for cell, plan in self._plans.items()
            if covers(cell[0], [name for name, _ in _named(plan)])
        }
        #: Identity of decisions, and what came to them -> the decisions (which keeps their identity), and all of it.
        self._combined: dict[tuple[int, _More], tuple[Decisions, Decisions]] = {}

    def __call__(self, alone: Judgement) -> Judgement:
        """The judgement of an exchange in view of those before it, which is remembered for those after it."""
        context = alone.context
        if context is None:
            return alone
        if alone.plain is not None and (short := self._new_leads(alone, alone.plain, context)) is not None:
            return short
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
            mistakes = [*islice(sequence_mistakes(context), MOST)]
            if mistakes:
                cell = (alone.operation, alone.media, exchange.origin)
                observations += tuple(Observation(one.kind, one.message, one.pointer, "", *cell) for one in mistakes)
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
        return self._joined(alone, findings, observations, (tuple(passed), failed, compared))

    def _joined(
        self, alone: Judgement, findings: tuple[Finding, ...], observations: tuple[Observation, ...], more: _More
    ) -> Judgement:
        plain = self._with(alone.plain, more) if alone.plain is not None else None
        return Judgement(
            alone.outcome, alone.operation, alone.media, findings, observations, alone.context,
            plain.passed if plain is not None else alone.passed + more[0], alone.failed + more[1], more[2],
            alone.number, plain, alone.twin_key,
        )  # fmt: skip

    def _new_leads(self, alone: Judgement, plain: Decisions, context: Context) -> Judgement | None:
        """The same for leads that are new in every respect; None for all others."""
        cell = (alone.operation, alone.media)
        decided = self._new.get(cell)
        if decided is None or plain.outcome != "judged" or plain.failed:
            return None
        checks = checks_passed(context)
        if checks is None:
            return None
        remember(context)
        if self._compare is not None and not context.exchange.intent and (twins := self._pairs.twin(alone)) is not None:
            beside = self._compare(*twins)
            more = decided[checks] + beside.passed, beside.failed, beside.compared
            return self._joined(alone, alone.findings + beside.findings, alone.observations, more)
        return self._joined(alone, alone.findings, alone.observations, (decided[checks], (), ()))

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
