"""The parts of a load test that are pure: scenarios, bodies, replies, objectives, conservation."""

from __future__ import annotations

import json
import random
import re
import xml.etree.ElementTree as ET
from array import array
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadproof import bodies
from leadproof.contract import profile, specs
from leadproof.core.errors import ConfigurationError, ExitCode, worst
from leadproof.core.histogram import Histogram
from leadproof.core.target import UNREACHED_HINTS, Target
from leadproof.generate.leads import LeadMaker
from leadproof.judge import Judge
from leadproof.load import conclusion, console, job, latency, objectives, reconciliation, replies, scenarios, verdicts
from leadproof.load.job import Job
from leadproof.load.journeys import JOURNEYS, OPERATIONS_OF, JourneyCall, JourneyContext, Step, chooser
from leadproof.load.measures import DISTINCT, SLICES, Measures, Window
from leadproof.load.objectives import Objective
from leadproof.load.reconciliation import AcceptedLeads, Reconciliation
from leadproof.load.replies import Reply, read
from leadproof.load.scenario import Scenario
from leadproof.load.story import LoadRun, exchange_of
from leadproof.load.traffic import PreparedLead, Traffic
from leadproof.load.verdicts import FAIL, INCONCLUSIVE, PASS
from leadproof.mock import Mock
from leadproof.redact import Redactor
from leadproof.runs.formats import RENDERERS
from leadproof.runs.ledger import Ledger

NOW = 1_790_000_000.0
URL = "http://127.0.0.1:8080"


def job_of(name: str = "ping_post", **changes: Any) -> Job:
    return Job(scenarios.load(name).with_(**changes), URL, mock=True)


def context_of(one: Job, **more: Any) -> JourneyContext:
    return job.journey_context(one, one.target({}), lambda: NOW, **more)


class Service:
    """The mock, without a socket: bytes of a request in, the engine's reading of the response out."""

    def __init__(self) -> None:
        self.mock = Mock(profile.load(), clock=lambda: NOW, token="t")
        self.samples: list[list[Any]] = []

    def respond(self, step: Step) -> Reply:
        sample = [step.operation, step.fmt, step.intent, step.data, 0, [], b"", NOW, 0.001, "", False]
        response = self.mock.handle(exchange_of(sample).request)
        sample[4:7] = [response.status, [(k.encode(), v.encode()) for k, v in response.headers], response.body]
        self.samples.append(sample)
        media = next(value for name, value in response.headers if name == "content-type")
        return read(step.operation, step.fmt, step.leads, response.status, media, response.body)

    def travel(self, journey: Any) -> list[Step]:
        steps, step = [], next(journey, None)
        while step is not None:
            if isinstance(step, JourneyCall):
                break
            steps.append(step)
            try:
                step = journey.send(self.respond(step))
            except StopIteration:
                break
        return steps


# ---- scenarios -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", scenarios.names())
def test_a_shipped_scenario_says_what_it_is_about(name: str) -> None:
    one = scenarios.load(name)

    assert one.about
    assert one.name == name
    assert scenarios.read(one.data(), name, "here") == one


def test_every_journey_is_in_a_shipped_scenario_and_says_what_it_sends() -> None:
    shipped = {journey for name in scenarios.names() for journey in scenarios.load(name).journeys}

    assert shipped == set(JOURNEYS) == set(OPERATIONS_OF)


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({"journeys": {"ping_pots": 1}}, "no journey 'ping_pots'"),
        ({"journeys": {}}, "no journey has a weight"),
        ({"journeys": {"ping_post": -1}}, "the weight of ping_post is -1"),
        ({"journeys": {"ping_post": 1}, "rat": 5}, "no key rat"),
        ({"journeys": {"ping_post": 1}, "rate": "fast"}, "rate is no number: 'fast'"),
        ({"journeys": {"ping_post": 1}, "xml_share": 1.5}, "xml_share is 1.5"),
        ({"journeys": {"ping_post": 1}, "shape": "wave"}, "no shape of load called 'wave'"),
        ({"journeys": {"ping_post": 1}, "think": [2, 1]}, "think is from 2 to 1"),
        ({"journeys": {"ping_post": 1}, "batch": 0}, "batch is 0"),
    ],
)
def test_what_makes_no_sense_in_a_scenario_is_named(document: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words) as caught:
        scenarios.read(document, "mine", "mine.toml")

    assert caught.value.message.startswith("mine.toml")
    assert caught.value.hint


def test_an_unknown_scenario_names_the_nearest() -> None:
    with pytest.raises(ConfigurationError) as caught:
        scenarios.load("ping_pst")

    assert "did you mean ping_post?" in caught.value.hint


def test_a_smoke_test_is_small_whatever_is_asked_and_has_objectives_of_its_own() -> None:
    one = scenarios.load("ping_post").with_(shape="smoke", rate=500.0, duration=60.0)

    assert (one.rate, one.duration, one.goals) == (5.0, 10.0, "smoke")
    assert one.with_(objectives="auction").goals == "auction"
    assert scenarios.load("ping_post").goals == "standard"


def test_settings_are_changed_by_name() -> None:
    one = scenarios.changed(scenarios.load("ping_post"), ["batch=3", "think=[0, 0.5]", "arrivals=constant"])

    assert (one.batch, one.think, one.arrivals) == (3, (0.0, 0.5), "constant")
    assert scenarios.changed(one, []) is one


@pytest.mark.parametrize(("loopback", "rate"), [(False, scenarios.REMOTE_RATE), (True, scenarios.MOST_RATE)])
def test_rate_and_duration_have_caps_that_can_be_raised(loopback: bool, rate: float) -> None:
    fast, long = (scenarios.load("ping_only").with_(**one) for one in ({"rate": rate + 1}, {"duration": 5 * 3600.0}))

    for one in (fast, long.with_(rate=1.0)):
        with pytest.raises(ConfigurationError, match="more than the cap"):
            scenarios.capped(one, loopback=loopback)
    assert scenarios.capped(fast, loopback=loopback, most_rate=rate + 1, most_seconds=1e6) == fast


# ---- requests made ahead ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fmt", ["json", "xml"])
@pytest.mark.parametrize(
    "operation", ["ping", "create_lead", "inbound_post", "create_call_transfer", "create_call_lead"]
)
def test_a_filled_request_decodes_to_what_the_codec_says(operation: str, fmt: str) -> None:
    context = context_of(job_of())
    leads = [PreparedLead(70), PreparedLead(71)]

    head, _, body = context.traffic.request(operation, fmt, leads).partition(b"\r\n\r\n")

    value = bodies.decode_request(operation, fmt, body)
    wanted, _ = context.traffic.maker.request(operation, (70 % 64, 71 % 64))
    assert f"content-length: {len(body)}".encode() in head
    assert len(value["leads"]) == 2
    for got, made, number in zip(value["leads"], wanted["leads"], (70, 71), strict=True):
        assert set(got["fields"]) == set(made["fields"])
        if operation != "ping":
            assert got["properties"]["reference"] == f"leadproof-0-{number}"
            assert got["fields"]["Email"] == context.traffic.maker.fields(number)["Email"]


def test_leads_are_unique_by_construction_and_those_of_two_workers_too() -> None:
    contexts = [context_of(job_of(), share=share, of=2) for share in range(2)]
    numbers = [context.number() for context in contexts for _ in range(3000)]

    emails = set()
    for number in numbers:
        body = contexts[0].traffic.request("create_lead", "json", [PreparedLead(number)]).partition(b"\r\n\r\n")[2]
        emails.add(json.loads(body)["leads"][0]["fields"]["Email"])

    assert len(set(numbers)) == len(emails) == 6000


def test_the_ping_of_a_lead_says_what_its_post_says() -> None:
    traffic = context_of(job_of()).traffic
    ping, post = (
        bodies.decode_request(
            operation, "json", traffic.request(operation, "json", [PreparedLead(5)]).partition(b"\r\n\r\n")[2]
        )
        for operation in ("ping", "inbound_post")
    )

    fields = post["leads"][0]["fields"]
    assert {name: fields[name] for name in ping["leads"][0]["fields"]} == ping["leads"][0]["fields"]


def test_orders_and_offers_are_escaped() -> None:
    traffic = context_of(job_of()).traffic
    lead = PreparedLead(1, order='a"<&b', offers=("x<", "y&"))

    for fmt in ("json", "xml"):
        body = traffic.request("inbound_post", fmt, [lead]).partition(b"\r\n\r\n")[2]
        properties = bodies.decode_request("inbound_post", fmt, body)["leads"][0]["properties"]
        assert (properties["orderId"], properties["offerIds"]) == ('a"<&b', ["x<", "y&"])


def test_only_a_target_that_is_not_this_machine_is_sent_no_sell() -> None:
    remote = Job(scenarios.load("direct_post"), "http://sandbox.example")
    local, far = (
        context_of(one).traffic.request("create_lead", "json", [PreparedLead(1)]) for one in (job_of(), remote)
    )

    assert b'"noSell":false' in local
    assert b'"noSell":true' in far
    assert b"leadproof-" in far


# ---- journeys --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [one for one in JOURNEYS if one != "callbacks"])
@pytest.mark.parametrize("fmt", ["json", "xml"])
def test_a_journey_goes_through_on_the_mock_and_the_judge_finds_nothing(name: str, fmt: str) -> None:
    one = Job(Scenario("mine", journeys={name: 1}, xml_share=float(fmt == "xml"), post_share=1.0), URL, mock=True)
    context, service = context_of(one), Service()

    for _ in range(5):
        service.travel(JOURNEYS[name](context))

    judge = Judge(specs.load(), profile.load())
    findings = [found for sample in service.samples for found in judge.judge(exchange_of(sample)).findings]
    assert findings == []
    assert {sample[0] for sample in service.samples} >= set(OPERATIONS_OF[name])


def test_the_funnel_counts_leads_and_money() -> None:
    context, service = context_of(job_of(post_share=1.0, batch=3)), Service()

    steps = service.travel(JOURNEYS["ping_post"](context))

    assert [step.operation for step in steps] == ["ping", "inbound_post"]
    assert dict(context.funnel) == {"pings": 3, "accepted": 3, "posted": 3, "in_time": 3, "sold": 3}
    assert context.amounts["price"] == context.amounts["payout"] == 37.5
    assert len(context.ledger) == 3


def test_a_lead_that_is_accepted_again_is_sold_twice() -> None:
    context = context_of(job_of("direct_post"))
    accepted = Reply(
        "", "", replies.ResponseBody("r", [replies.Result(isValid=True, responseType="No_Error", leadId=9)])
    )

    context.created([1], accepted)
    context.created([1], accepted)

    assert context.ledger.sold_twice == 1
    assert context.ledger.repeated() == 1


def test_weights_decide_how_often_a_journey_begins() -> None:
    pick = chooser(Scenario("m", journeys={"ping_only": 3, "direct_post": 1}), random.Random(1))

    found = [pick() for _ in range(4000)]

    assert found.count(JOURNEYS["ping_only"]) == pytest.approx(3000, rel=0.05)


# ---- the first reading of responses ----------------------------------------------------------------------------------

PING = b'{"requestId":"r","results":[{"willAccept":true,"orderId":"o","orderExpiresOn":"2026-01-01T00:00:00Z"}]}'


@pytest.mark.parametrize(
    ("operation", "status", "media", "body", "error", "detail"),
    [
        ("ping", 200, "application/json", PING, "", ""),
        ("ping", 200, "text/html", PING, "clause", "media_type"),
        ("ping", 302, "application/json", PING, "http.3xx", "302"),
        ("ping", 503, "", b"", "http.5xx", "503"),
        ("ping", 204, "", b"", "http.other", "204"),
        ("ping", 200, "application/json", b"{", "not parseable", "json"),
        ("ping", 200, "application/json", b"\xff", "not parseable", "json"),
        ("ping", 200, "application/json", b'{"requestId":"r","results":[]}', "clause", "one_result_per_lead"),
        (
            "ping",
            200,
            "application/json",
            b'{"requestId":"r","results":[{"willAccept":true}]}',
            "clause",
            "order_when_accepted",
        ),
        ("ping", 200, "application/json", b'{"results":[{"willAccept":false}]}', "clause", "requestId"),
        (
            "ping",
            200,
            "application/json",
            b'{"requestId":1,"results":[]}',
            "clause",
            "shape: Expected `str | null`, got `int`",
        ),
        (
            "create_lead",
            200,
            "application/json",
            b'{"requestId":"r","results":[{"isValid":true,"responseType":"Data_Errors"}]}',
            "clause",
            "valid_iff_no_error",
        ),
        (
            "create_lead",
            200,
            "application/json",
            b'{"requestId":"r","results":[{"isValid":true,"responseType":"No_Error"}]}',
            "clause",
            "accepted_lead_id",
        ),
        (
            "create_lead",
            200,
            "application/json",
            b'{"requestId":"r","results":[{"isValid":false,"responseType":"Duplicate_Lead","leadId":0}]}',
            "",
            "",
        ),
    ],
)
def test_cheap_checks(operation: str, status: int, media: str, body: bytes, error: str, detail: str) -> None:
    found = read(operation, "json", 1, status, media, body)

    assert (found.error, found.detail) == (error, detail)
    assert not error or error in replies.ERRORS


@pytest.mark.parametrize(
    ("number", "error"),
    [("12.0", ""), ("1.2e1", ""), ("12", ""), ("12.5", "clause"), ('"12"', "clause"), ("0.0", "clause")],
)
def test_an_identifier_is_one_however_it_is_spelt(number: str, error: str) -> None:
    result = '{"isValid":true,"responseType":"No_Error","leadId":%s,"price":12.0}' % number  # noqa: UP031 - braces
    body = f'{{"requestId":"r","results":[{result}]}}'.encode()

    reply = read("create_lead", "json", 1, 200, "application/json", body)

    assert reply.error == error
    assert [accepted.leadId for accepted in reply.accepted] == [12] * (not error)


@pytest.mark.parametrize("operation", ["ping", "create_lead", "create_call_transfer", "duplicate_check"])
def test_both_formats_read_the_same(operation: str) -> None:
    context, service, found = context_of(job_of()), Service(), []
    for fmt, number in (("json", 1), ("xml", 2)):
        found.append(service.respond(context.step(operation, fmt, [PreparedLead(number)])))

    shapes = []
    for reply in found:
        assert reply.error == ""
        assert reply.response is not None
        result = reply.response.results[0]
        shapes.append(
            (len(reply.accepted), result.price, result.estimatedPayout, result.offer_ids(), result.responseType)
        )
    assert shapes[0] == shapes[1]


def test_an_expiry_is_a_moment_and_nonsense_is_never() -> None:
    assert replies.expiry("2026-01-01T00:00:00Z") == 1767225600
    assert replies.expiry("soon") == replies.expiry(None) == replies.expiry("2026-01-01T00:00:00") == float("inf")


# ---- measures --------------------------------------------------------------------------------------------------------


def fold(second: float = 0.5, latency_of: float = 0.01, number: int = 10, **counts: int) -> dict[str, Any]:
    window = Window()
    window.step("ping", "json").latency.record(latency_of, number)
    window.step("ping", "json").service.record(latency_of, number)
    window.journeys.record(latency_of, number)
    window.lag.record(0.0005, number)
    window.counts |= {"offered": number, "started": number, "completed": number, "ended": number} | counts
    window.outcomes["ping", "accepted"] = number
    context = context_of(job_of())
    return window.fold(second, context.funnel, context.amounts)


def test_folds_of_two_workers_are_the_fold_of_one() -> None:
    chance = random.Random(4)
    samples = [chance.expovariate(50) for _ in range(2000)]
    measures = Measures()
    for share in range(2):
        window = Window()
        for sample in samples[share::2]:
            window.step("ping", "json").latency.record(sample)
        row = json.loads(json.dumps(window.fold(0.5, context_of(job_of()).funnel, {})))
        measures.take(row, f"worker {share}")

    assert measures.steps["ping json"].latency == Histogram.of(samples)


def test_memory_does_not_grow_with_the_length_of_a_run() -> None:
    measures = Measures()
    row = fold()
    for second in range(5000):
        measures.take(row | {"second": second + 0.5})

    assert len(measures.slices) <= SLICES
    assert sum(one.counts["completed"] for one in measures.slices.values()) == 50_000


def test_a_million_distinct_messages_are_kept_as_a_few() -> None:
    window, measures = Window(), Measures()
    for number in range(3 * DISTINCT):
        window.error("ping", "http.5xx", f"message {number}")
        window.outcome("ping", f"kind {number}")
    row = window.fold(0.5, context_of(job_of()).funnel, {})
    for worker in range(5):
        changed = [[*key, f"{worker} {detail}", number] for *key, detail, number in row["errors"]]
        measures.take(row | {"errors": changed})

    assert len(measures.errors) <= DISTINCT + 2
    assert sum(measures.errors.values()) == 5 * 3 * DISTINCT


# ---- objectives ------------------------------------------------------------------------------------------------------


def measured(latency_of: float = 0.01, number: int = 2000, **counts: int) -> Measures:
    measures = Measures()
    measures.take(fold(0.5, latency_of, number, **counts))
    return measures


def judged(measures: Measures, *goals: Objective) -> list[str]:
    return [one.verdict for one in verdicts.judge(measures, goals)]


def test_objectives_pass_and_fail() -> None:
    goals = (Objective("ping.p99", 0.02), Objective("journey.max", 0.005), Objective("errors.ratio", 0.0))

    assert judged(measured(), *goals) == [PASS, FAIL, PASS]


def test_too_few_samples_decide_nothing_unless_they_are_overwhelming() -> None:
    assert judged(measured(number=50), Objective("ping.p99", 0.02)) == [INCONCLUSIVE]
    assert judged(measured(number=50), Objective("ping.p99", 0.001)) == [FAIL]
    assert judged(measured(number=3), Objective("ping.p99", 0.001)) == [INCONCLUSIVE]


def test_a_generator_that_cannot_keep_up_decides_nothing() -> None:
    slow = measured()
    slow.lag.record(0.5, 100)

    outcomes = verdicts.judge(slow, objectives.PRESETS["standard"])

    assert [one.verdict for one in outcomes if "ratio" not in one.name] == [INCONCLUSIVE, INCONCLUSIVE]
    assert "generator saturated" in outcomes[0].reason
    assert verdicts.verdict(outcomes) == INCONCLUSIVE
    dropped = measured(offered=3000)
    assert (
        "66.67% of the offered journeys were started"
        in verdicts.judge(dropped, objectives.PRESETS["standard"])[0].reason
    )


def test_a_miss_that_no_lag_can_explain_is_a_miss() -> None:
    slow = measured(3.0)
    slow.lag = Histogram.of([0.001] * 1900 + [0.15] * 100)  # 5 % of the starts were late
    near = measured(2.1)
    near.lag = Histogram.of([0.2] * 2000)

    rows = {one.name: one.verdict for one in verdicts.judge(slow, objectives.PRESETS["standard"])}
    doubtful = {one.name: one.verdict for one in verdicts.judge(near, objectives.PRESETS["standard"])}

    assert (rows["all.p99"], rows["lag.p99"]) == (verdicts.FAIL, verdicts.INCONCLUSIVE)
    assert verdicts.verdict(verdicts.judge(slow, objectives.PRESETS["standard"])) == verdicts.FAIL
    assert doubtful["all.p99"] == verdicts.INCONCLUSIVE  # late by 0.2 s, seen late by 0.2 s: it may have been 1.7


def test_what_waited_for_a_generator_that_is_behind_fails_no_service() -> None:
    goals = objectives.PRESETS["standard"]
    quick = measured(5.6, failed=100, completed=1900)  # from the schedule; the service has responded within 0.1 s
    quick.steps["ping json"].service = Histogram.of([0.1] * 2000)
    quick.errors["ping", "timeout", replies.UNSENT] = 100
    slow = measured(5.6, failed=100, completed=1900)
    slow.errors["ping", "timeout", ""] = 100
    for one in (quick, slow):
        one.lag = Histogram.of([0.2] * 2000)

    assert judged(quick, *goals) == [INCONCLUSIVE, INCONCLUSIVE, PASS, INCONCLUSIVE]
    assert judged(slow, *goals) == [FAIL, FAIL, PASS, INCONCLUSIVE]
    assert [bool(dict(verdicts.lost(one, goals, 0.9))) for one in (quick, slow)] == [False, True]
    quick.lag = Histogram.of([0.001] * 2000)
    assert judged(quick, *goals)[:2] == [FAIL, FAIL]  # whoever keeps up waits for the service alone


def test_an_objective_of_a_preset_on_a_step_that_was_not_sent_is_left_out() -> None:
    names = [one.name for one in verdicts.judge(measured(), objectives.PRESETS["auction"])]

    assert "post.p99" not in names
    assert judged(measured(), Objective("post.p99", 1)) == [INCONCLUSIVE]


@pytest.mark.parametrize("name", ["pin.p99", "ping.p9", "ping.99", "errors.rate", "lag", "ping.p99.max", ""])
def test_an_objective_on_a_name_that_does_not_exist_is_an_error(name: str) -> None:
    with pytest.raises(ConfigurationError, match="there is no objective"):
        objectives.read({"objectives": {name: 1}}, "mine.toml")


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ('"ping.p9x" = 1', "there is no objective 'ping.p9x'"),
        ("ping.p9x = 1", "there is no objective 'ping.p9x'"),
        ('"ping.p99" = -1', "the limit of ping.p99 is -1"),
    ],
)
def test_what_is_wrong_with_an_objective_is_named_with_its_line(tmp_path: Path, row: str, words: str) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(f'# figures\n[objectives]\n"all.p99" = 2\n{row}\n')

    with pytest.raises(ConfigurationError) as caught:
        objectives.load(str(file))

    assert caught.value.message.startswith(f"{file}:4: {words}")
    assert "lag" in caught.value.hint or "limit" in words


def test_a_file_of_objectives_builds_on_a_preset() -> None:
    found = objectives.read({"preset": "auction", "objectives": {"ping": {"p99": 0.3}, "journey.max": 5}}, "mine.toml")

    assert {one.name: one.most for one in found}["ping.p99"] == 0.3
    assert "lag.p99" in {one.name for one in found}
    with pytest.raises(ConfigurationError, match=r"did you mean auction|no objectives called"):
        objectives.load("auctoin")


def test_a_run_ends_early_only_when_nothing_can_save_it() -> None:
    goals = (Objective("ping.p99", 0.1),)
    bad = measured(0.5, 500)

    assert "cannot come down" in dict(verdicts.lost(bad, goals, 0.3))["ping.p99"]
    assert not dict(verdicts.lost(bad, goals, 0.01))
    assert not dict(verdicts.lost(measured(), goals, 0.3))
    mixed = measured(0.01, 10_000)
    mixed.take(fold(0.6, 0.5, 50))
    assert not dict(verdicts.lost(mixed, goals, 0.3))


# ---- conservation ----------------------------------------------------------------------------------------------------


def status_of(*leads: int) -> Reply:
    return Reply("", "", replies.ResponseBody("r", [replies.Result(leadId=lead, isValid=True) for lead in leads]))


def test_leads_that_a_status_does_not_know_are_lost_and_those_that_it_names_twice_duplicated() -> None:
    found = Reconciliation(accepted=4)

    found.take("a", [1], status_of(1))
    found.take("b", [2], status_of())
    found.take("c", [3], status_of(3, 3))
    found.take("d", [4], Reply("timeout"))

    assert (found.checked, found.lost, found.duplicated, found.unanswered) == (3, 1, 1, 1)
    assert found.broken
    assert found.examples[0] == "lead 2 of request b: lost"


def test_a_ledger_gives_back_what_it_was_given() -> None:
    ledger = AcceptedLeads()
    guid = "0f067c3e-df66-48ea-a607-378054a4c2a5"
    for request_id, lead in ((guid, 7), (guid, 8), ("no guid", 9)):
        ledger.add(request_id, lead)

    assert list(ledger.requests()) == [(guid, [7, 8]), ("no guid", [9])]
    assert ledger.repeated() == 0
    assert len(list(ledger.requests(1))) == 1


@given(st.lists(st.integers(0, 30), max_size=40), st.lists(st.integers(0, 30), max_size=40), st.sampled_from([2, 99]))
def test_ids_that_are_held_against_each_other_in_parts_are_all_found(
    known: list[int], new: list[int], at_once: int
) -> None:
    ledger = AcceptedLeads()
    for lead in known:
        ledger.add("", lead)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reconciliation, "AT_ONCE", at_once)
        shared = reconciliation.shared(array("Q", known), array("Q", new))
        repeated = ledger.repeated()

    assert shared == len(set(known) & set(new))
    assert repeated == len(known) - len(set(known))


def test_a_sample_is_small_slow_and_no_longer_than_the_run() -> None:
    assert reconciliation.sample(500.0, 600.0) == (1000, 50.0)
    assert reconciliation.sample(20.0, 60.0) == (120, 2.0)
    assert reconciliation.sample(1.0, 10.0) == (5, 0.5)


def test_a_sample_gives_a_bound() -> None:
    assert reconciliation.bound(0, 1000, 100_000) == pytest.approx(3 / 1000, rel=0.01)
    assert reconciliation.bound(2, 100, 100) == 0.02
    assert 0.02 < reconciliation.bound(2, 100, 1000) < 0.08


# ---- the story -------------------------------------------------------------------------------------------------------


def story_of(**changes: Any) -> LoadRun:
    spec, posting = specs.load(), profile.load()
    redactor = Redactor(posting.personal_fields)
    return LoadRun(job_of(**changes), objectives.PRESETS["standard"], Ledger(Judge(spec, posting), redactor))


def of_the_mock(story: LoadRun) -> None:
    story.job = replace(story.job, mock=True)


def elsewhere(story: LoadRun) -> None:
    story.job = replace(story.job, mock=False)


def shown(story: LoadRun) -> str:
    return "\n".join(console.lines(story, conclusion.outcomes(story)))


def described(story: LoadRun) -> dict[str, Any]:
    return latency.described(story, conclusion.outcomes(story))


def exit_code(story: LoadRun) -> ExitCode:
    return worst(*conclusion.exit_codes(story, conclusion.outcomes(story)))


def told(change: Callable[[LoadRun], None] = lambda story: None, **counts: int) -> tuple[LoadRun, ExitCode]:
    story = story_of()
    context, service = context_of(story.job), Service()
    for _ in range(20):
        service.travel(JOURNEYS["direct_post"](context))
    story.take("local", {"fold": fold(number=2000, **counts), "samples": service.samples})
    story.take("local", {"done": True, "conservation": {"accepted": 1, "checked": 1}})
    change(story)
    return story, exit_code(story)


def test_a_good_run_passes() -> None:
    story, code = told()

    assert code == ExitCode.PASSED
    assert story.ended
    assert next(console.lines(story, conclusion.outcomes(story))).startswith("PASS  ping_post")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda story: story.measures.lag.record(3.0, 500), ExitCode.INCONCLUSIVE),
        (lambda story: story.measures.steps["ping json"].latency.record(9.0, 500), ExitCode.OBJECTIVES_MISSED),
        (lambda story: story.take("w2", {"lost": "not heard of"}), ExitCode.INCONCLUSIVE),
        (lambda story: story.take("local", {"problem": "a bug"}), ExitCode.USAGE),
        (lambda story: setattr(story, "interrupted", True), ExitCode.INTERRUPTED),
        (lambda story: (of_the_mock(story), story.reconciliation.merge({"lost": 1})), ExitCode.VIOLATED),
        (lambda story: (elsewhere(story), story.reconciliation.merge({"lost": 1})), ExitCode.PASSED),
        (lambda story: story.measures.outcomes.clear(), ExitCode.INCONCLUSIVE),
    ],
)
def test_exit_codes(change: Callable[[LoadRun], None], code: ExitCode) -> None:
    assert told(change)[1] == code


@pytest.mark.parametrize(
    ("conserve", "stopped", "said"),
    [
        (True, "somebody pressed Ctrl-C", "accepted leads were not looked up, because the load was ended early"),
        (False, "", "accepted leads were not looked up, as --no-conservation says"),
        (True, "", ""),
    ],
)
def test_leads_that_nobody_looked_up_are_told(conserve: bool, stopped: str, said: str) -> None:
    story = story_of()
    story.job, story.stopped = replace(story.job, conserve=conserve), stopped
    story.take("local", {"fold": fold() | {"funnel": {"sold": 3}}})
    text = " ".join(" ".join(console.lines(story, conclusion.outcomes(story))).split())

    assert conclusion.unlooked(story) == described(story)["conservation"]["left_out"] == said
    assert (f"conserved {said}" in text) == bool(said)
    story.reconciliation.merge({"accepted": 3, "checked": 3})
    assert conclusion.unlooked(story) == ""


def expired(sample: list[Any]) -> list[Any]:
    """The ping of a sample, with an order that had expired when it was given."""
    return [*sample[:6], re.sub(rb'("orderExpiresOn": ?")[^"]*', rb"\g<1>2001-01-01T00:00:00Z", sample[6]), *sample[7:]]


def test_what_only_the_judge_finds_counts_for_the_clauses_and_each_exchange_once() -> None:
    story, service = story_of(), Service()
    for _ in range(20):
        service.travel(JOURNEYS["ping_post"](context_of(story.job)))
    samples = [expired(one) for one in service.samples if one[0] == "ping"]
    story.take("local", {"samples": samples[:3]})
    story.take("local", {"samples": [[*one[:-1], True] for one in samples[3:5]]})  # a quick check has counted them
    story.take("local", {"fold": fold(number=2000) | {"checks": 2}})
    clauses = next(one for one in conclusion.outcomes(story) if one.name == "clauses.ratio")

    assert (clauses.verdict, clauses.actual, clauses.samples) == (FAIL, 5 / 2000, 2000)
    assert exit_code(story) == ExitCode.VIOLATED
    assert story.measures.between(0, 1).violations == 3
    assert "clauses.ratio" not in story.lost(story.job.scenario.duration)  # the rest is worth measuring
    assert described(story)["verdict"] == FAIL


def test_a_load_has_not_passed_where_leads_were_lost_or_it_was_stopped() -> None:
    lost, _ = told(lambda story: (of_the_mock(story), story.reconciliation.merge({"lost": 1})))
    stopped, _ = told(lambda story: setattr(story, "interrupted", True))

    assert {one.reason for one in conclusion.outcomes(stopped)} == {"met so far: the load ran 1 s of 20 s"}
    assert "constant 100/s for 1 s of 20 s" in shown(stopped)
    assert [one.verdict for one in conclusion.outcomes(lost)] == [PASS] * 4
    assert {one.reason for one in conclusion.outcomes(lost)} == {""}
    assert described(lost)["verdict"] == FAIL
    assert described(stopped)["verdict"] == INCONCLUSIVE


def only(*errors: tuple[str, str]) -> list[ExitCode]:
    """The codes of a load of which every request failed, by kinds and details."""
    story, service = story_of(), Service()
    service.travel(JOURNEYS["direct_post"](context_of(story.job)))
    lost = [[*service.samples[0][:4], 0, [], b"", NOW, 0.001, "framing.invalid", False]]
    rows = [["ping", kind, detail, 10] for kind, detail in errors]
    counts = {**fold(completed=0, failed=10 * len(rows)), "errors": rows, "outcomes": []}
    broken = any(kind == "framing" for kind, _ in errors)
    story.take("local", {"fold": counts, "samples": lost if broken else []})
    return conclusion.exit_codes(story, conclusion.outcomes(story))


@pytest.mark.parametrize("kind", sorted(replies.UNREACHED.values()))
def test_a_load_of_which_nothing_came_back_did_not_reach_its_target(kind: str) -> None:
    assert ExitCode.UNREACHABLE in only((kind, ""))
    assert ExitCode.UNREACHABLE in only((kind, ""), ("connect", ""))
    assert ExitCode.UNREACHABLE not in only((kind, ""), ("http.5xx", "503"))
    assert ExitCode.UNREACHABLE not in only((kind, ""), ("timeout", replies.PARTIAL))


@pytest.mark.parametrize("kind", replies.UNREACHED)
def test_of_a_target_of_which_nothing_came_no_objective_is_decided(kind: str) -> None:
    story = story_of()
    errors = [["ping", replies.UNREACHED[kind], "", 200]]
    story.take("local", {"fold": {**fold(number=0, failed=200), "errors": errors, "outcomes": []}})
    story.measures.lag.record(0.5, 200)  # whatever the generator did meanwhile
    outcomes = conclusion.outcomes(story)
    text = " ".join(" ".join(console.lines(story, outcomes)).split())

    assert {(one.verdict, one.reason) for one in outcomes} == {(INCONCLUSIVE, "nothing responded")}
    assert f"nothing responded at {URL}: {UNREACHED_HINTS[kind]}" in text
    assert not re.search(r"PASS|FAIL|saturated", text)
    assert story.hopeless(story.job.scenario.duration) == "nothing responded"


def test_a_target_that_only_sends_errors_has_responded() -> None:
    story = story_of()
    errors = [["ping", "http.5xx", "503", 200]]
    story.take("local", {"fold": {**fold(number=0, failed=200), "errors": errors, "outcomes": []}})

    assert conclusion.why_nothing(story) == "every request failed"
    assert [one.verdict for one in conclusion.outcomes(story) if one.name == "errors.ratio"] == [FAIL]


def test_what_came_broken_under_load_is_a_violation() -> None:
    codes = only(("framing", ""), ("connect", ""))

    assert ExitCode.VIOLATED in codes
    assert ExitCode.UNREACHABLE not in codes


def test_a_lost_worker_is_named() -> None:
    story, _ = told(lambda one: one.take("far-7", {"lost": "it was not heard of for 9 s"}))

    assert "worker far-7: it was not heard of for 9 s" in shown(story)


def test_with_half_the_load_nothing_passes_and_how_much_it_was_is_said() -> None:
    story, code = told(lambda one: one.take("far-7", {"lost": "it was not heard of for 9 s"}))
    offered = story.measures.counts["offered"]

    assert code == ExitCode.INCONCLUSIVE
    assert {one.verdict for one in conclusion.outcomes(story)} == {"INCONCLUSIVE"}
    assert all(f"{offered:,} of about " in one.reason for one in conclusion.outcomes(story))
    assert f"{offered:,} of about " in " ".join(console.lines(story, conclusion.outcomes(story)))


def test_a_worker_that_began_late_leaves_nothing_certain() -> None:
    story, code = told(lambda one: one.take("far-7", {"done": True, "behind": 3.1}))

    assert code == ExitCode.INCONCLUSIVE
    assert "worker far-7: it began 3.1 s after the others" in shown(story)
    assert described(story)["generator"]["far-7"]["lost"] == "it began 3.1 s after the others"


def test_a_refused_worker_is_named_and_changes_nothing() -> None:
    story, code = told(lambda one: one.take("late-1", {"refused": "late-1"}))

    assert code == ExitCode.PASSED
    assert "late-1" not in story.workers
    assert "worker late-1: it came when the run had begun" in shown(story)


def test_a_master_that_waited_in_vain_says_for_how_many() -> None:
    story = story_of()
    story.take("local", {"gave_up": "1 of 2 workers came within 600 s"})

    assert exit_code(story) == ExitCode.INCONCLUSIVE
    assert "ended early: 1 of 2 workers came within 600 s" in shown(story)


def test_leads_that_two_workers_got_under_one_id_are_found() -> None:
    story = story_of()
    for worker in ("a", "b"):
        ledger = AcceptedLeads()
        ledger.add("r", 5)
        story.take(worker, {"done": True, "conservation": {"accepted": 1}, "leads": ledger.leads.tobytes()})

    assert story.reconciliation.duplicated == 1


def test_the_report_is_rendered_in_every_format_and_nothing_of_it_is_a_script() -> None:
    story, _ = told()
    hostile = "<script>alert(1)</script>"
    story.measures.errors["ping", "http.5xx", hostile] = 3
    report = conclusion.report(story, {"id": "x"}, latency.described)
    report["latency"]["baseline"] = latency.compared(
        story.measures, json.loads(json.dumps(latency.raw(story.measures)))
    )

    pages = {name: renderer.render(report) for name, renderer in RENDERERS.items()}

    assert hostile not in pages["html"]
    assert pages["html"].count("<script") == 1  # its own, by its hash
    assert pages["html"].count("<svg") >= 4
    assert json.loads(pages["json"])["latency"]["conservation"].keys() >= {
        "checked",
        "lost",
        "duplicated",
        "sold_twice",
    }
    assert {row["verdict"] for row in report["latency"]["baseline"]} == {"same"}
    assert "| `all.p99` | 2.00 s | 10.00 ms |" in pages["md"]
    cases = {case.get("name"): case for case in ET.fromstring(pages["junit"]).iter("testcase")}
    assert {"all.p99", "errors.ratio", "clauses.ratio", "lag.p99"} <= set(cases)


@pytest.mark.parametrize(("decides", "shown"), [(True, "failure"), (False, "system-out")])
def test_an_objective_that_was_missed_fails_in_junit_where_it_decides(decides: bool, shown: str) -> None:
    story, _ = told(lambda one: one.measures.steps["ping json"].latency.record(9.0, 500))
    report = conclusion.report(story, {"id": "x"}, latency.described)
    report["latency"]["decides"] = decides

    cases = ET.fromstring(RENDERERS["junit"].render(report)).iter("testcase")

    assert [child.tag for case in cases if case.get("name") == "all.p99" for child in case] == [shown]


def test_a_baseline_tells_better_from_worse() -> None:
    slow, fast = measured(0.2), measured(0.1)

    assert {row["verdict"] for row in latency.compared(slow, latency.raw(fast))} == {"worse"}
    assert {row["verdict"] for row in latency.compared(fast, latency.raw(slow))} == {"better"}
    with pytest.raises(ValueError, match="schema"):
        latency.baseline({})


HISTOGRAM = {"bits": 9, "buckets": [1], "counts": [1], "lowest": 0.1, "highest": 0.1}


@pytest.mark.parametrize(
    "changed",
    [
        {"bits": 10**9}, {"bits": -1}, {"bits": "many"}, {"buckets": [10**400]}, {"buckets": 1}, {"counts": [-1]},
        {"counts": [float("inf")]}, {"counts": []}, {"lowest": float("nan")}, {"lowest": 1}, {"highest": [1]},
    ],
)  # fmt: skip
def test_a_hostile_baseline_is_refused_before_the_load(changed: dict[str, Any]) -> None:
    good = {"schema": latency.RAW, "steps": {"ping json": {"latency": HISTOGRAM}}}
    assert latency.baseline(good) == good

    for steps in ({"ping json": {"latency": HISTOGRAM | changed}}, {"ping json": {}}, {"ping json": 1}, [1], None):
        with pytest.raises(ValueError, match=r"."):
            latency.baseline({"schema": latency.RAW, "steps": steps})


@pytest.mark.parametrize("field", [field.name for field in fields(Scenario)])
def test_a_hostile_scenario_is_refused_or_can_be_written_down(field: str, tmp_path: Path) -> None:
    values = [
        "1", "-1", "1.5", "nan", "inf", "true", '"x"', '""', "[]", "[1]", "[[1]]", "[1, 2, 3]", "{}", "{ a = 1 }",
        "1979-05-27", "07:32:00", "1" + "0" * 400, r'"\u0000"', "{ ping_only = nan }", "{ ping_only = 'x' }",
    ]  # fmt: skip
    for value in values:
        path = tmp_path / "own.toml"
        path.write_text(f"{field} = {value}\n" + ("" if field == "journeys" else "[journeys]\nping_only = 1\n"))
        try:
            made = scenarios.load(str(path))
        except ConfigurationError:
            continue
        assert Scenario(**json.loads(json.dumps(made.data())) | {"think": made.think}) == made, value


def test_a_step_run_finds_the_knee() -> None:
    story = story_of(shape="step", duration=5.0, rate=100.0)
    for second in range(5):
        story.take("local", {"fold": fold(second + 0.5, 0.01 if second < 3 else 9.0, number=2000)})

    assert described(story)["rates"]["knee"] == 60


def test_a_knee_without_samples_is_not_claimed() -> None:
    story = story_of(shape="step", duration=5.0, rate=100.0)
    for second in range(5):
        story.take("local", {"fold": fold(second + 0.5, number=100)})

    rates = described(story)["rates"]

    assert rates["knee"] == 0
    assert rates["words"] == "not found; at 20/s too few samples: p99 needs 1,000"
    assert {row["verdict"] for row in rates["rows"]} == {verdicts.INCONCLUSIVE}


def test_what_had_no_room_for_the_judge_is_not_called_judged() -> None:
    story, _ = told()
    before = story.measures.sampled
    story.take("local", {"unjudged": 3})

    assert (story.measures.sampled, story.measures.unsampled) == (before - 3, 3)


def test_a_stage_is_told_until_the_load_begins() -> None:
    story = story_of()
    stages = [story.stage]
    for frame in ({"workers": 1, "of": 2}, {"fold": fold()}, {"looking": 1200, "of": 5000}):
        story.take("local", frame)
        stages.append(story.stage)

    assert [one and (one.words, one.count, one.share) for one in stages] == [
        ("starting", "", None),
        ("waiting for workers", "1/2", 0.5),
        None,
        ("looking up accepted leads", "1,200/5,000", 0.24),
    ]


def test_a_job_travels_without_a_secret() -> None:
    one = Job(scenarios.load("mixed"), URL, readings={"namespaces": "serializer"}, mock=True, only=("ping_post",))

    assert Job.read(json.loads(json.dumps(one.data()))) == one
    target = Target(URL, secret="hush", proxy="http://me:psst@127.0.0.1:1", headers=(("X-Gate", "shh"),), cert="c.pem")
    sent = replace(one, **job.files_of(target))
    found = sent.target({job.SECRET: job.private(target)})
    assert (found.secret, found.proxy, found.headers) == (target.secret, target.proxy, target.headers)
    assert (found.cert, found.ca, found.key, found.verify) == (str(Path("c.pem").absolute()), "", "", True)
    assert not any(word in json.dumps(sent.data()) for word in ("hush", "psst", "shh"))
    assert job.private(Target(URL)) == ""
    assert one.target({}).secret == profile.load().credentials.api_keys[0]
    assert Job(scenarios.load("mixed"), "http://sandbox.example").target({}).secret == ""


def test_traffic_can_be_made_for_any_maker() -> None:
    traffic = Traffic(LeadMaker(profile.load(), 3, 99), specs.load(), host="h")

    assert b"GET /v2/status/abc HTTP/1.1\r\nhost: h\r\n" in traffic.bare("lead_status", id="abc")
