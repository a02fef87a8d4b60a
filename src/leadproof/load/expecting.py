"""What journeys send on average, before any has begun. A table beside `journeys.JOURNEYS`, held against it by a test.

The service is taken at its best: it accepts what the posting profile lets pass, presents offers, and sells a lead once.
Pure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from leadproof.load.scenario import Scenario

#: The call to returnURL: measured like a step, and nothing that is sent.
CALLBACK = "callback"


@dataclass(frozen=True, slots=True)
class Expected:
    """What one journey comes to on average."""

    #: Operation, or `CALLBACK` -> how often.
    steps: Mapping[str, float]
    #: Leads that it creates.
    leads: float = 0.0


def _good(it: Scenario) -> float:
    """The share of requests that are accepted."""
    return 1 - it.refused_share


def _ping_only(it: Scenario) -> Expected:
    return Expected({"ping": 1})


def _ping_post(it: Scenario) -> Expected:
    posted = _good(it) * it.post_share
    return Expected({"ping": 1, "inbound_post": posted * (1 + it.duplicate_share)}, posted * it.batch)


def _ping_post_offers(it: Scenario) -> Expected:
    before = _ping_post(it)
    return Expected({**before.steps, "accept_offer": before.leads}, before.leads)


def _create(operation: str) -> Callable[[Scenario], Expected]:
    return lambda it: Expected({operation: 1 + _good(it) * it.duplicate_share}, _good(it) * it.batch)


def _duplicates(it: Scenario) -> Expected:
    return Expected({"create_lead": 1, "duplicate_check": 1}, 1 - it.duplicate_share)


def _update(it: Scenario) -> Expected:
    before = _create("create_lead")(it)
    return Expected({**before.steps, "update_lead": before.leads}, before.leads)


def _status(it: Scenario) -> Expected:
    before = _create("create_lead")(it)
    return Expected({**before.steps, "lead_status": _good(it) * it.polls}, before.leads)


def _callbacks(it: Scenario) -> Expected:
    return Expected({"create_lead": 1, CALLBACK: 1}, 1)


#: Journey -> what it comes to.
EXPECTED: dict[str, Callable[[Scenario], Expected]] = {
    "ping_only": _ping_only,
    "direct_post": _create("create_lead"),
    "ping_post": _ping_post,
    "ping_post_offers": _ping_post_offers,
    "call_transfer": _create("create_call_transfer"),
    "call_data": _create("create_call_lead"),
    "duplicates": _duplicates,
    "update": _update,
    "status": _status,
    "callbacks": _callbacks,
}


def expected(scenario: Scenario, *, checks: bool = True) -> Expected:
    """What one journey of a scenario comes to, its kinds by their weights.

    Args:
        scenario: What is sent.
        checks: May the account ask for duplicates? Without the permission, no journey does.
    """
    steps: Counter[str] = Counter()
    leads, total = 0.0, sum(scenario.journeys.values())
    for name, weight in scenario.journeys.items():
        one = EXPECTED[name](scenario)
        leads += one.leads * weight / total
        for step, times in one.steps.items():
            if times and weight and (checks or step != "duplicate_check"):
                steps[step] += times * weight / total  # type: ignore[assignment]  # a counter adds floats, too
    return Expected(dict(steps), leads)
