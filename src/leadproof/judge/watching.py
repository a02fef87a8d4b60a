"""What there is to say about senders that are not ours: their habits, and the twins among their requests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from leadproof.core.findings import Observation
from leadproof.judge.client_mistakes import client_mistakes
from leadproof.judge.judgement import Judgement
from leadproof.judge.pairs import Pairs


class ClientAnalysis:
    """Looks at each judgement of a run before it is remembered.

    Args:
        compare: Are the two responses of twins equivalent?
    """

    def __init__(self, compare: Callable[[Judgement, Judgement], Judgement]) -> None:
        self._compare = compare
        self._pairs = Pairs()

    def __call__(self, judgement: Judgement) -> Judgement:
        """The judgement with what was seen besides; nothing where it is known what the sender aimed at."""
        context = judgement.context
        if context is None or context.exchange.intent:
            return judgement
        cell, origin = (judgement.operation, judgement.media), context.exchange.origin
        seen = [Observation(one.kind, one.message, one.pointer, "", *cell, origin) for one in client_mistakes(context)]
        judgement = replace(judgement, observations=(*judgement.observations, *seen)) if seen else judgement
        twins = self._pairs.twin(judgement)
        if twins is None:
            return judgement
        beside = self._compare(*twins)
        return replace(
            judgement,
            findings=(*judgement.findings, *beside.findings),
            passed=(*judgement.passed, *beside.passed),
            failed=(*judgement.failed, *beside.failed),
            compared=(*judgement.compared, *beside.compared),
            plain=None,
        )
