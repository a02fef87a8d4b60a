"""The rules about a client as pure functions over what was played: made-up plays, whatever is in them."""

from __future__ import annotations

import json
from collections.abc import Sequence

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leadproof.contract.profile import load
from leadproof.core.exchange import Exchange, Request, Response
from leadproof.judge import Judge
from leadproof.suite.client import bindings, rules
from leadproof.suite.client.deciding import decide, judgements
from leadproof.suite.client.played import Aim, CallbackMade, ClientCall, Ended, Played, step_of
from leadproof.suite.client.situations import every
from leadproof.suite.client.tasks import Task, TaskLead

PROFILE = load()
LEADS = tuple(
    TaskLead(f"leadproof-x-{number}", {"Email": f"a{number}@mail.example", "Zip": "75001"}, ("Zip",))
    for number in (1, 2)
)
TASK = Task("sell", "http://127.0.0.1:1", "test-api-key", {"vid": 1001, "lid": 2001, "aid": 3001}, LEADS[:1])

PATHS = {
    Aim.PING: "/v2/insert/ping", Aim.CREATE: "/v2/insert/general", Aim.DUPLICATE: "/v2/duplicate/check",
    Aim.STATUS: "/v2/status/b269030a-56ad-4a2d-ac4a-4bb855ddf597", Aim.UPDATE: "/v2/update",
    Aim.OTHER: "/favicon.ico",
}  # fmt: skip
METHODS = {Aim.STATUS: "GET", Aim.OTHER: "GET", Aim.UPDATE: "PUT"}

#: What other systems than the service may respond, and what is none at all.
GARBAGE = [
    b"",
    b"{",
    b"[]",
    b"null",
    b'{"results": {}}',
    b'{"results": [null, 7]}',
    b"<a",
    b"\xff\xfe",
    b'{"leads": 3}',
]


def call(step: Aim, at: float, body: bytes, response: bytes | None = b"{}", status: int = 200) -> ClientCall:
    """A request at a second, with a response a tenth later."""
    headers = (("content-type", "application/json"), ("accept", "application/json"))
    request = Request(METHODS.get(step, "POST"), PATHS[step], headers, body)
    replied = None if response is None else Response(status, headers[:1], response)
    exchange = Exchange(request, replied, origin=f"#{at}", started=1_796_000_000 + at, elapsed=0.1)
    context = Judge(profile=PROFILE, captured=True, twins=False).judge(exchange).context
    return ClientCall(step_of(request), exchange, context, at, at + 0.1)


def lead(number: int = 1, order: str = "") -> bytes:
    """A request with one lead."""
    one = LEADS[number - 1]
    properties = {"reference": one.reference, **({"orderId": order} if order else {})}
    return json.dumps({"source": TASK.source, "leads": [{"properties": properties, "fields": one.fields}]}).encode()


def played(calls: Sequence[ClientCall], **more: object) -> Played:
    return Played(TASK, tuple(calls), **more)  # type: ignore[arg-type] # any of its members, by name


steps = st.sampled_from(list(PATHS))
bodies = st.sampled_from([lead(), lead(2), lead(order="x"), *GARBAGE])
calls = st.builds(
    call, steps, st.floats(0, 100), bodies, st.none() | st.sampled_from(GARBAGE), st.sampled_from([200, 401, 429, 502])
)
plays = st.builds(
    lambda found, believed, ended, made: played(
        sorted(found, key=lambda one: one.at), believed=believed, ended=ended, callbacks=tuple(made)
    ),
    st.lists(calls, max_size=6), st.none() | st.booleans(), st.sampled_from(Ended),
    st.lists(st.builds(CallbackMade, st.floats(0, 9), st.sampled_from([0, 200, 500])), max_size=2),
)  # fmt: skip
relaxed = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@relaxed
@given(plays)
def test_whatever_was_played_comes_to_a_result(one: Played) -> None:
    for situation in every().values():
        result = decide(situation, one)

        assert result.result in ("passed", "failed", "untested")
        assert (result.result == "failed") == bool(result.wrongs)
        assert (result.result == "untested") == bool(result.reason)
        assert sum(len(judged.findings) for _, judged in judgements(result)) == (len(result.wrongs) if one.calls else 0)


def test_rules_take_nothing_and_a_hundred_calls() -> None:
    many = [call(Aim.CREATE, float(at), lead()) for at in range(100)]
    for situation in every().values():
        for rule in situation.rules:
            assert isinstance(list(rule(played(()))), list)
            assert isinstance(list(rule(played(many))), list)
    assert [wrong.kind for wrong in rules.at_most(25)(played(many))] == ["client.hammering"]


@relaxed
@given(
    st.integers(2, 6),
    st.lists(st.sampled_from([Aim.PING, Aim.STATUS, Aim.DUPLICATE, Aim.OTHER]), max_size=4),
)
def test_a_lead_that_is_repeated_is_noticed_whatever_stands_between(times: int, between: list[Aim]) -> None:
    middle = [call(step, 0.5 + 0.01 * at, lead()) for at, step in enumerate(between)]
    ones = [call(Aim.CREATE, float(at), lead()) for at in range(times)]
    sent = sorted([*ones, *middle], key=lambda one: one.at)

    looked = bool({Aim.DUPLICATE, Aim.STATUS} & set(between))

    assert [wrong.kind for wrong in rules.sent_once(played(sent))] == ["client.repeated"]
    assert [wrong.kind for wrong in rules.not_sent_again_blindly(played(sent[: 2 + len(middle)]))] == (
        [] if looked else ["client.repeated"]
    )


@relaxed
@given(st.permutations([Aim.PING, Aim.STATUS, Aim.DUPLICATE, Aim.OTHER]))
def test_the_order_of_calls_that_a_rule_is_not_about_never_matters(order: list[Aim]) -> None:
    others = [call(step, float(at), lead(2)) for at, step in enumerate(order)]
    create = call(Aim.CREATE, 9.0, lead())

    for rule in (rules.sent_once, rules.created, rules.arrives, rules.taken_not_sent_again, rules.no_create):
        assert [wrong[:2] for wrong in rule(played([*others, create]))] == [
            wrong[:2] for wrong in rule(played([create]))
        ]


@given(st.text())
def test_what_arrives_otherwise_is_noticed_with_its_type(value: str) -> None:
    body = json.loads(lead())
    body["leads"][0]["fields"]["Zip"] = value

    found = list(rules.arrives(played([call(Aim.CREATE, 1.0, json.dumps(body).encode())])))

    assert [wrong.pointer for wrong in found] == ([] if value == "75001" else ["/leads/0/fields/Zip"])


def test_an_order_serves_once_and_only_its_lead() -> None:
    told = json.dumps({"requestId": "r", "results": [{"willAccept": True, "orderId": "o1"}]}).encode()
    ping = call(Aim.PING, 1.0, lead(), told)

    def found(*orders: str) -> list[str]:
        posts = [call(Aim.CREATE, 2.0 + at, lead(order=order)) for at, order in enumerate(orders)]
        return [wrong.message for wrong in bindings.own_order(played([ping, *posts]))]

    assert found("o1") == []
    assert found("o1", "o1") == ["an order is used a second time"]
    assert found("o2") == ["a post carries an order that its ping was not given"]
    assert found("") == ["a post does not carry the order of its ping"]
