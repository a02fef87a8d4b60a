"""What a load will do: the table of expected steps against what journeys send, and whether samples are enough."""

from __future__ import annotations

import json
import random
from collections import Counter
from itertools import count
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadproof.contract import profile, specs
from leadproof.core.errors import UsageError
from leadproof.generate.leads import LeadMaker
from leadproof.load import objectives, plan, scenarios
from leadproof.load.expecting import CALLBACK, EXPECTED, expected
from leadproof.load.journeys import JOURNEYS, JourneyCall, JourneyContext, Step, chooser
from leadproof.load.objectives import Objective
from leadproof.load.replies import Reply, ReplyOffer, ResponseBody, Result
from leadproof.load.scenario import Scenario
from leadproof.load.traffic import Traffic

#: Journeys of one simulation.
MANY = 250

STANDARD = objectives.PRESETS["standard"]

TRAFFIC = Traffic(LeadMaker(profile.load(), 0, 0), specs.load(), host="h")


class Willing:
    """A service that accepts everything but what is ruled out, and sells a lead once."""

    def __init__(self) -> None:
        self._ids = count(1)
        self.sold: set[bytes] = set()

    def respond(self, step: Step | JourneyCall) -> Reply:
        if isinstance(step, JourneyCall):
            return Reply("", "", ResponseBody("r", [self._result()]))
        if step.operation == "accept_offer":
            return Reply("", "", ResponseBody(success=True))
        again = step.operation.startswith(("create", "inbound")) and step.data in self.sold
        good = step.intent != "refused" and not again
        if good:
            self.sold.add(step.data)
        return Reply(
            "", "", ResponseBody("r", [self._result() if good else Result(isValid=False) for _ in range(step.leads)])
        )

    def _result(self) -> Result:
        number = next(self._ids)
        return Result(
            isValid=True, willAccept=True, success=True, responseType="No_Error", leadId=number, orderId=f"o{number}",
            orderExpiresOn="2099-01-01T00:00:00Z", offers=[ReplyOffer("f")],
        )  # fmt: skip


def sent(one: Scenario, number: int = MANY) -> tuple[Counter[str], int]:
    """Steps and created leads of so many journeys of a scenario."""
    context = JourneyContext(one, TRAFFIC, random.Random(7), lambda: 1_790_000_000.0, callback_url="http://127.0.0.1:9")
    pick, service, steps = chooser(one, context.chance), Willing(), Counter[str]()
    for _ in range(number):
        journey = pick()(context)
        step = next(journey)
        while True:
            steps[CALLBACK if isinstance(step, JourneyCall) else step.operation] += 1
            try:
                step = journey.send(service.respond(step))
            except StopIteration:
                break
    return steps, len(context.ledger)


def close(found: float, wanted: float, number: int = MANY) -> bool:
    """Is a count what chance allows around an expectation? Few steps come oftener than five times a journey."""
    return abs(found - wanted) <= 5 * max(wanted / number, 1) * max(wanted, 1) ** 0.5 + 1


def test_every_journey_has_a_row() -> None:
    assert list(EXPECTED) == list(JOURNEYS)


@pytest.mark.parametrize("name", JOURNEYS)
@settings(max_examples=5, deadline=None, derandomize=True, database=None)
@given(data=st.data())
def test_the_table_says_what_journeys_really_send(name: str, data: st.DataObject) -> None:
    share = st.sampled_from((0.0, 0.1, 0.35, 0.8, 1.0))
    one = Scenario(
        "drawn", journeys={name: 1}, post_share=data.draw(share), duplicate_share=data.draw(share),
        refused_share=data.draw(share), batch=data.draw(st.integers(1, 3)), polls=data.draw(st.integers(1, 4)),
    )  # fmt: skip
    steps, leads = sent(one)
    wanted = expected(one)

    assert {key for key, times in wanted.steps.items() if times} >= set(steps)
    for step, times in wanted.steps.items():
        assert close(steps[step], times * MANY), (step, steps[step], times * MANY)
    # A storm of duplicates begins with leads that are new, and forgets old ones.
    assert close(leads, wanted.leads * MANY) or name == "duplicates"


@pytest.mark.parametrize("name", scenarios.names())
def test_a_shipped_scenario_sends_what_its_plan_says(name: str) -> None:
    one = scenarios.load(name)
    steps, leads = sent(one)
    wanted = expected(one)

    for step, times in wanted.steps.items():
        assert close(steps[step], times * MANY), (step, steps[step], times * MANY)
    assert close(leads, wanted.leads * MANY)


def test_without_the_permission_nobody_asks_for_duplicates() -> None:
    assert set(expected(scenarios.load("duplicates"), checks=False).steps) == {"create_lead"}


# ---- enough samples --------------------------------------------------------------------------------------------------


def planned(name: str = "ping_only", *goals: Objective, **changes: Any) -> plan.LoadPlan:
    return plan.plan(scenarios.load(name).with_(**changes), goals or STANDARD)


def test_a_plan_counts_journeys_requests_and_leads() -> None:
    found = planned("ping_post", rate=100.0, duration=20.0)

    assert found.journeys == 2000
    assert found.requests == {"ping": 2000, "inbound_post": pytest.approx(600)}
    assert found.leads == pytest.approx(600)
    assert found.judged == pytest.approx(130)
    assert not found.refused
    assert not found.warning
    assert json.loads(json.dumps(found.data()))["requests"] == {"ping": 2000, "inbound_post": 600}


def test_steps_that_are_too_short_are_refused_with_the_duration_that_is_enough() -> None:
    short = planned(shape="step", rate=600.0, duration=20.0)

    assert short.refused == "each step of --shape step gives about 480 samples of all; all.p99 needs 1,000"
    with pytest.raises(UsageError) as error:
        plan.require(short)
    assert error.value.hint == ("--duration 50s would be enough; a higher --rate or other --objectives do as well")
    assert not planned(shape="step", rate=600.0, duration=50.0).refused


def test_what_is_barely_enough_is_too_few_because_arrivals_are_random() -> None:
    assert planned(shape="step", rate=500.0, duration=51.0).refused.endswith("all.p99 needs 1,000 and some to spare")


def test_a_step_has_to_last_two_seconds_however_many_samples_it_gives() -> None:
    short = planned(shape="step", rate=20_000.0, duration=5.0)

    assert short.refused == "each step of --shape step would last 1 s only"
    assert short.duration == 10


def test_responses_that_come_after_their_step_do_not_count_for_it() -> None:
    patient = planned("status", shape="step", rate=20.0, duration=240.0)
    hasty = planned("status", shape="step", rate=20.0, duration=240.0, think=(0.0, 0.0))

    assert patient.samples[0].expected < hasty.samples[0].expected


def test_other_shapes_are_warned_in_one_line() -> None:
    assert planned(rate=10.0, duration=20.0).warning == (
        "about 200 samples of all expected, all.p99 needs 1,000: --duration 110s would be enough"
    )
    assert not planned(rate=10.0, duration=110.0).warning
    assert not plan.plan(scenarios.load("ping_only").with_(shape="smoke"), objectives.PRESETS["smoke"]).warning


def test_an_objective_that_no_run_can_meet_says_so() -> None:
    found = planned("ping_only", Objective("post.p99", 1.0))

    assert found.samples[0].duration is None
    assert found.warning.endswith("no --duration of this scenario and shape would be enough")
    assert not planned("ping_only", *objectives.PRESETS["auction"]).warning  # there it is optional


def test_the_longest_duration_is_the_one_that_is_named() -> None:
    goals = (Objective("all.p99", 1.0), Objective("all.p999", 2.0), Objective("errors.ratio", 0.0))

    assert "all.p999 needs 10,000" in planned("ping_only", *goals, rate=10.0, duration=20.0).warning


def test_how_much_a_closed_model_sends_nobody_knows() -> None:
    found = plan.plan(scenarios.load("ping_post"), STANDARD, model="closed")

    assert (found.journeys, found.samples, found.warning, found.refused) == (None, (), "", "")
    assert found.requests["ping"] == 1
