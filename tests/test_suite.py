"""The cases of the suite: what they are called, what they decide, and that the faithful mock passes them."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from leadproof import suite
from leadproof.commands import defects
from leadproof.contract import specs
from leadproof.contract.profile import Profile, load
from leadproof.core.exchange import Request
from leadproof.core.operations import CELLS, OPERATIONS
from leadproof.http.client import InProcess
from leadproof.mock.defects import planted
from leadproof.suite import Case, CaseContext, CaseSkipped, plan
from leadproof.suite.running import CHANCE, FUTILE, TimeBudget
from leadproof.suite.session import BudgetSpent, Session

SPEC = specs.load()


@pytest.fixture(scope="module")
def profile() -> Profile:
    return load()


@pytest.fixture
def story(profile: Profile) -> CaseContext:
    return in_process(profile)


def in_process(profile: Profile, seed: int = 0, examples: int = 3) -> CaseContext:
    """The suite's story with a faithful mock in this process."""
    clock = defects._Time()
    mock = planted([], profile, clock=clock, seed=seed, token=defects._TOKEN)
    told = defects.story(mock, profile, clock, seed)
    told.seed, told.examples = seed, examples
    return told


def broken(story: CaseContext) -> list[str]:
    return [
        f"{one.finding.clause}: {one.finding.origin}: {one.finding.message}"
        for one in story.session.ledger.summary.kept()
    ]


# ---- the table -------------------------------------------------------------------------------------------------------


def test_a_case_has_a_name_of_its_own_within_its_topic() -> None:
    names = Counter((topic, case.name) for topic, case in suite.cases())

    assert [name for name, number in names.items() if number > 1] == []


def test_every_case_is_about_a_documented_operation_and_representation() -> None:
    strangers = [
        case.name
        for _, case in suite.cases()
        if case.operation not in OPERATIONS or (case.media and (case.operation, case.media) not in CELLS)
    ]

    assert strangers == []


def test_every_case_names_clauses_of_the_register() -> None:
    without = [f"{topic}: {case.name}" for topic, case in suite.cases() if not case.clauses(SPEC)]

    assert without == []


def test_every_clause_that_a_check_decides_has_a_case() -> None:
    rows = [case for _, case in suite.cases()]

    without = [
        clause.id for clause in SPEC.clauses.values() if clause.check and not any(case.decides(clause) for case in rows)
    ]

    assert without == []


@pytest.mark.parametrize(
    ("options", "fits"),
    [
        ({"operations": ["ping"]}, lambda case: case.operation == "ping"),
        ({"media": ["xml"]}, lambda case: case.media in ("", "xml")),
        ({"clauses": [SPEC.clauses["LE2-PING-RES-03"]]}, lambda case: case.operation == "ping"),
    ],
)
def test_cases_can_be_selected(options, fits) -> None:
    chosen = suite.select(**options)

    assert chosen
    assert all(fits(case) for _, case in chosen)


def test_topics_can_be_selected() -> None:
    assert {topic for topic, _ in suite.select(topics=["twins", "callbacks"])} == {"twins", "callbacks"}


# ---- the faithful mock -----------------------------------------------------------------------------------------------


def test_nothing_is_wrong_with_the_faithful_mock_and_the_plan_knows_what_is_sent(story: CaseContext) -> None:
    outcomes: list[suite.CaseResult] = []

    suite.run(story, suite.select(), done=outcomes.append)

    assert broken(story) == []
    assert {one.result for one in outcomes} == {"passed"}, [one for one in outcomes if one.result != "passed"]
    sent: Counter[str] = Counter()
    for one in outcomes:
        sent[one.topic] += one.exchanges
    # What chance makes differs a little from seed to seed, and from one version of its libraries to the next.
    assert sent == {topic: pytest.approx(requests, rel=0.1, abs=3) for topic, (requests, _) in plan.SENDS.items()}


@pytest.mark.parametrize("seed", range(1, 21))
def test_no_life_of_the_faithful_mock_is_wrong(seed: int, profile: Profile) -> None:
    told = in_process(profile, seed, examples=2)

    suite.run(told, suite.select(topics=["lives"]))

    assert broken(told) == []


def test_a_service_that_lets_everybody_in_is_noticed_in_every_cell(story: CaseContext, profile: Profile) -> None:
    client, key = story.session.client, ("api-key", profile.credentials.api_keys[0])
    assert isinstance(client, InProcess)
    respond = client._respond

    def let_in(request: Request) -> Any:
        known = {name.lower() for name, _ in request.headers} & {"api-key", "access_token", "authorization"}
        return respond(request if known else request._replace(headers=(*request.headers, key)))

    client._respond = let_in
    suite.run(story, suite.select(topics=["authentication"]))

    findings = [row.finding for row in story.session.ledger.summary.kept()]
    noticed = {(row.operation, row.media) for row in findings if row.clause == "LE2-ALL-AUTH-02"}
    assert noticed == set(CELLS)


# ---- the same requests, byte for byte --------------------------------------------------------------------------------


def requests_of(profile: Profile, rows, seed: int = 7) -> list[Request]:
    told, sent = in_process(profile, seed), []
    client = told.session.client
    assert isinstance(client, InProcess)
    response = client._respond
    client._respond = lambda request: (sent.append(request), response(request))[1]
    suite.run(told, rows)
    return sent


def test_the_same_seed_sends_the_same_bytes(profile: Profile) -> None:
    rows = suite.select(operations=["ping", "inbound_post", "create_call_lead"])

    first, second = requests_of(profile, rows), requests_of(profile, rows)

    assert first == second
    assert len(first) > 300


def test_another_seed_sends_other_bytes(profile: Profile) -> None:
    rows = suite.select(topics=["operations"], operations=["create_lead"])

    assert requests_of(profile, rows) != requests_of(profile, rows, seed=8)


def test_what_a_case_sends_does_not_depend_on_the_cases_before_it(profile: Profile) -> None:
    rows = suite.select(topics=["negatives"], operations=["create_lead"])

    alone = requests_of(profile, rows[-1:])
    after = requests_of(profile, rows)

    assert alone == after[-len(alone) :]


# ---- running ---------------------------------------------------------------------------------------------------------


def never(story: CaseContext) -> None:
    raise CaseSkipped("there is no such thing here")


def test_a_case_that_cannot_tell_says_why(story: CaseContext) -> None:
    case = Case("ping: never", "ping", never, ("order_when_accepted",))

    outcome = suite.run_case(story, "operations", case, 0)

    assert (outcome.result, outcome.reason) == ("untested", "there is no such thing here")
    assert "there is no such thing here" in story.session.ledger.summary.reasons.values()


def test_a_spent_budget_leaves_the_rest_out(story: CaseContext, profile: Profile) -> None:
    story.session = Session(story.session.client, story.session.ledger, budget=5)
    outcomes: list[suite.CaseResult] = []
    rows = suite.select(topics=["operations"])

    with pytest.raises(BudgetSpent):
        suite.run(story, rows, done=outcomes.append)

    assert len(outcomes) == len(rows)
    assert {one.reason for one in outcomes if one.result == "left out"} == {"the budget of requests was spent"}


def test_ctrl_c_leaves_the_rest_out(story: CaseContext) -> None:
    def interrupted(story: CaseContext) -> None:
        raise KeyboardInterrupt

    outcomes: list[suite.CaseResult] = []
    first, *rest = suite.select(topics=["twins"])
    rows = [(first[0], replace(first[1], run=interrupted)), *rest]

    with pytest.raises(KeyboardInterrupt):
        suite.run(story, rows, done=outcomes.append)

    assert {one.result for one in outcomes} == {"left out"}


def test_a_run_ends_early_where_nothing_gets_past_the_door(story: CaseContext) -> None:
    story.session.client.target = type(story.session.client.target)("http://127.0.0.1", "api-key", "wrong")
    outcomes: list[suite.CaseResult] = []

    suite.run(story, suite.select(topics=["operations", "negatives"]), done=outcomes.append)

    assert story.session.client.sent <= 2 * FUTILE
    assert {one.result for one in outcomes} == {"untested", "left out"}


def test_topics_share_the_time() -> None:
    now = [0.0]
    table = TimeBudget(["operations", "generated"], 16.0, lambda: now[0])

    table.enter("operations")
    now[0] = 3.9
    early = table.expired()
    now[0] = 4.1
    late = table.expired()
    table.enter("generated")

    assert (early, late, table.expired()) == (False, True, False)


def test_what_one_topic_leaves_the_next_may_use() -> None:
    now = [0.0]
    table = TimeBudget(["operations", "generated"], 16.0, lambda: now[0])
    table.enter("operations")
    now[0] = 1.0

    table.enter("generated")
    now[0] = 15.9

    assert not table.expired()


def test_without_a_limit_nothing_expires() -> None:
    now = [0.0]
    table = TimeBudget(["operations"], 0.0, lambda: now[0])
    table.enter("operations")
    now[0] = 1e9

    assert not table.expired()


def test_a_time_limit_leaves_cases_out(story: CaseContext) -> None:
    outcomes: list[suite.CaseResult] = []

    suite.run(story, suite.select(), done=outcomes.append, max_time=0.05)

    reasons = {one.reason for one in outcomes if one.result == "left out"}
    assert "the time for the topic generated was used up" in reasons


def test_few_cases_in_a_spread_order_reach_every_cell() -> None:
    rows = suite.spread(suite.select())

    reached = {(case.operation, case.media) for _, case in rows[:120] if case.media}

    assert reached >= {cell for cell in CELLS if len(OPERATIONS[cell[0]].media) == 2}
    assert sorted(case.name for _, case in rows) == sorted(case.name for _, case in suite.cases())


def test_the_brief_suite_has_a_case_of_each_kind_and_nothing_by_chance() -> None:
    every, brief = suite.select(), suite.brief(suite.select())

    def kinds(rows: list[tuple[str, Case]]) -> set[tuple[str, str, str, tuple[str, ...]]]:
        return {(topic, case.operation, case.media, case.checks) for topic, case in rows if topic not in CHANCE}

    def names(rows: list[tuple[str, Case]]) -> list[tuple[str, str]]:
        return [(topic, case.name) for topic, case in rows]

    assert kinds(brief) == kinds(every)
    assert {topic for topic, _ in brief}.isdisjoint(CHANCE)
    assert [name for name in names(every) if name in names(brief)] == names(brief)
    assert {name for name in names(every) if name[0] == "sequences"} <= set(names(brief))
    assert len(brief) < len(every) / 3


# ---- the plan --------------------------------------------------------------------------------------------------------


def test_a_plan_names_every_topic_and_all_that_it_covers() -> None:
    found = plan.plan(suite.select(), suite.select())

    assert [one.topic for one in found.phases] == list(suite.TOPICS) == list(plan.SENDS)
    assert (found.operations, found.cells) == (len(OPERATIONS), len(CELLS))
    assert round(found.requests) == sum(requests for requests, _ in plan.SENDS.values())
    assert round(found.leads) == sum(leads for _, leads in plan.SENDS.values())
    assert not any(one.cut for one in found.phases)


def test_a_plan_ends_where_its_budget_does() -> None:
    found = plan.plan(suite.spread(suite.select()), suite.select(), budget=200, per_second=5)

    assert (round(found.requests), round(found.seconds)) == (200, 40)
    assert (found.operations, found.cells) == (len(OPERATIONS), len(CELLS))
    assert {one.topic for one in found.phases if one.cut} >= {"operations", "negatives", "generated"}
    assert found.leads < plan.plan(suite.select(), suite.select()).leads / 5


def test_a_plan_of_some_cases_is_smaller() -> None:
    few = suite.select(operations=["ping"])

    assert 0 < plan.plan(few, suite.select()).requests < plan.plan(suite.select(), suite.select()).requests / 3
    assert plan.plan(few, suite.select()).operations == 1
