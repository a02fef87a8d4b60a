"""The contract suite: cases by topic, and how to run them against a target.

`contracts/` shows the cases as tests, `leadproof test` and `certify` run them, `leadproof defects` turns them against
each defect: the same cases, so the same result.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cache

from leadproof.contract.specs import Clause
from leadproof.suite import (
    authentication,
    callbacks,
    generated,
    machine,
    negatives,
    negotiation,
    operations,
    rare,
    sequences,
    transport,
    twins,
)
from leadproof.suite.case import Case
from leadproof.suite.running import REJECTION_REASONS, CaseResult, brief, run_all, run_case, spread
from leadproof.suite.story import CaseContext, CaseSkipped, Controls

__all__ = [
    "GENERATING",
    "REJECTION_REASONS",
    "TOPICS",
    "Case",
    "CaseContext",
    "CaseResult",
    "CaseSkipped",
    "Controls",
    "brief",
    "cases",
    "positions",
    "run",
    "run_case",
    "select",
    "spread",
]

#: Topic -> its table of cases, in the order in which a reader wants to see them.
TOPICS: dict[str, Callable[[], Iterator[Case]]] = {
    "operations": operations.cases,
    "sequences": sequences.cases,
    "twins": twins.cases,
    "rare": rare.cases,
    "negotiation": negotiation.cases,
    "authentication": authentication.cases,
    "negatives": negatives.cases,
    "callbacks": callbacks.cases,
    "transport": transport.cases,
    "lives": machine.cases,
    "generated": generated.cases,
}

#: Topics whose cases make their requests up, so many as are asked for.
GENERATING = frozenset(("lives", "generated"))


def cases(topics: Iterable[str] = ()) -> Iterator[tuple[str, Case]]:
    """Topic and case, for the topics named or for all."""
    for topic in topics or TOPICS:
        for case in TOPICS[topic]():
            yield topic, case


def positions() -> dict[tuple[str, str], int]:
    """Topic and name of every case -> its place in the table of all."""
    return _positions(tuple(TOPICS))


@cache
def _positions(topics: tuple[str, ...]) -> dict[tuple[str, str], int]:
    return {(topic, case.name): number for number, (topic, case) in enumerate(cases(topics))}


def select(
    operations: Iterable[str] = (),
    media: Iterable[str] = (),
    topics: Iterable[str] = (),
    clauses: Iterable[Clause] = (),
) -> list[tuple[str, Case]]:
    """The cases that are about certain operations, representations and clauses; all of them where nothing is named."""
    wanted, formats, decided = set(operations), set(media), list(clauses)
    return [
        (topic, case)
        for topic, case in cases(topics)
        if (not wanted or case.operation in wanted)
        and (not formats or not case.media or case.media in formats)
        and (not decided or any(case.decides(clause) for clause in decided))
    ]


def run(
    story: CaseContext,
    chosen: Iterable[tuple[str, Case]],
    told: Callable[[str, Case], None] = lambda topic, case: None,
    done: Callable[[CaseResult], None] = lambda outcome: None,
    *,
    max_time: float = 0.0,
) -> None:
    """Runs cases one after the other; one that cannot tell here leaves its clauses untested, with the reason.

    Args:
        story: The run.
        chosen: Topics and cases, topic by topic.
        told: Called before each case.
        done: Called after each case, with what came of it, and for each that was left out.
        max_time: Seconds for all of them, shared out among the topics; 0 for no limit.

    Raises:
        BudgetSpent: No more requests may be sent.
        TargetError: The very first request could not reach the target.
    """
    run_all(story, chosen, lambda topic, case: positions()[(topic, case.name)], told, done, max_time=max_time)
