"""What a run of the suite will send, before it sends anything: by topic, and within its budget. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from leadproof.core.operations import OPERATIONS
from leadproof.suite.case import Case

#: Topic -> requests that its cases send, all of them together and with three generated examples of each cell, and leads
#: that a willing service creates for them. Counted on the mock with the shipped profile; a test counts again.
SENDS: dict[str, tuple[int, int]] = {
    "operations": (285, 110),
    "sequences": (130, 57),
    "twins": (33, 11),
    "rare": (64, 84),
    "negotiation": (20, 10),
    "authentication": (28, 3),
    "negatives": (402, 18),
    "callbacks": (22, 12),
    "transport": (30, 21),
    "lives": (80, 26),
    "generated": (539, 533),
}


@dataclass(frozen=True, slots=True)
class Phase:
    """One topic of a run."""

    topic: str
    cases: int
    #: Requests, about; 0 where the budget is spent before it begins.
    requests: float
    #: Does the budget end within it, or before it?
    cut: bool


@dataclass(frozen=True, slots=True)
class SuitePlan:
    """One run of the suite that has not begun."""

    phases: tuple[Phase, ...]
    #: Documented operations, and combinations of operation and representation, that the cases within the budget are
    #: about.
    operations: int
    cells: int
    #: Requests, about.
    requests: float
    #: Leads that are created, about.
    leads: float
    #: Requests at most; 0 for any number.
    budget: int
    #: Seconds that the requests take at the rate at most; 0 where nobody holds them back.
    seconds: float

    def data(self) -> dict[str, Any]:
        """The plan as data that JSON can carry."""
        return asdict(self) | {
            "phases": [asdict(one) | {"requests": round(one.requests)} for one in self.phases],
            "requests": round(self.requests), "leads": round(self.leads), "seconds": round(self.seconds),
        }  # fmt: skip


def plan(
    chosen: Iterable[tuple[str, Case]], whole: Iterable[tuple[str, Case]], *, budget: int = 0, per_second: float = 0.0
) -> SuitePlan:
    """The plan of a run.

    Args:
        chosen: Topics and cases, in the order in which they run.
        whole: All that there are.
        budget: Requests at most; 0 for any number.
        per_second: Requests per second at most; 0 for any number.
    """
    rows = list(chosen)
    all_of, some_of = Counter(topic for topic, _ in whole), Counter(topic for topic, _ in rows)
    sends = {topic: tuple(each / all_of[topic] for each in SENDS[topic]) for topic in some_of}
    reached, leads = list[Case](), 0.0
    sent: defaultdict[str, float] = defaultdict(float)
    for topic, case in rows:
        requests, created = sends[topic]
        room = min(requests, budget - sum(sent.values())) if budget else requests
        if room <= 0:
            break
        reached.append(case)
        sent[topic] += room
        leads += created * room / requests
    phases = [
        Phase(topic, number, sent[topic], cut=sent[topic] < (number - 0.5) * sends[topic][0])
        for topic, number in some_of.items()
    ]
    cells = {(case.operation, one) for case in reached for one in _media(case)}
    operations = {case.operation for case in reached}
    return SuitePlan(
        tuple(phases),
        len(operations),
        len(cells),
        sum(sent.values()),
        leads,
        budget,
        sum(sent.values()) / per_second if per_second else 0.0,
    )


def _media(case: Case) -> tuple[str, ...]:
    return (case.media,) if case.media else OPERATIONS[case.operation].media
