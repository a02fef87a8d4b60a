"""What integrators get wrong is named where their traffic shows it, and nowhere else; twins are found and compared."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from ledgers import CountingJudge

from leadproof.bodies import encode_request
from leadproof.contract.profile import load
from leadproof.contract.specs import load as load_specs
from leadproof.core.exchange import Exchange, Request, Response
from leadproof.core.operations import OPERATIONS
from leadproof.generate.leads import LeadMaker
from leadproof.judge import Judgement, recognise
from leadproof.judge.client_mistakes import suggest_member
from leadproof.mock import Mock
from leadproof.mock.defects import pick, planted

PROFILE = load()
NOW = 1_769_876_712.0


class Traffic:
    """A client and the mock; every exchange is judged as captured."""

    def __init__(self, *defects: str) -> None:
        self.now = NOW
        self._mock: Any = planted(pick(defects), PROFILE, clock=lambda: self.now) if defects else None
        self._mock = self._mock or Mock(PROFILE, clock=lambda: self.now)
        self.maker = LeadMaker(PROFILE)
        self.judge = CountingJudge(profile=PROFILE, captured=True)
        self.number = 0

    def value(self, operation: str, *, refused: bool = False, number: int | None = None) -> dict[str, Any]:
        self.number += 1
        return self.maker.request(operation, (number or self.number,), refused=refused)[0]

    def send(
        self, operation: str, value: Any = None, *, fmt: str = "json", path: str = "", intent: str = ""
    ) -> tuple[Judgement, Any]:
        kind, row = f"application/{fmt}", OPERATIONS[operation]
        body = b"" if value is None else encode_request(operation, fmt, value)
        headers = (("content-type", kind), ("accept", kind), ("api-key", PROFILE.credentials.api_keys[0]))
        request = Request(row.method, path or row.path, headers, body)
        response = Response(*self._mock.handle(request))
        judgement = self.judge.judge(Exchange(request, response, None, "x", intent, self.now, 0.1))
        return judgement, json.loads(response.body) if fmt == "json" and response.body else None

    def ordered(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """A post for an order, and the ping's result."""
        number = self.number + 1
        _, response = self.send("ping", self.value("ping"))
        post = self.value("inbound_post", number=number)
        post["leads"][0]["properties"] |= {"orderId": response["results"][0]["orderId"], "offerIds": ["a001"]}
        return post, response["results"][0]


def said(judgement: Judgement, kind: str = "client") -> list[tuple[str, str, str]]:
    return [(one.kind, one.message, one.pointer) for one in judgement.observations if one.kind.startswith(kind)]


def test_ordinary_traffic_has_no_bad_habits() -> None:
    traffic = Traffic()
    post, _ = traffic.ordered()
    judgements = [traffic.send("inbound_post", post)]
    judgements.append(traffic.send("lead_status", path=f"/v2/status/{judgements[0][1]['requestId']}"))
    lead = judgements[0][1]["results"][0]["leadId"]
    judgements.append(traffic.send("accept_offer", path=f"/v2/leads/{lead}/offers/a001/accept"))

    assert [said(one) for one, _ in judgements] == [[], [], []]


def test_an_order_used_twice_and_an_expired_one_are_named() -> None:
    traffic = Traffic()
    post, _ = traffic.ordered()
    first, _ = traffic.send("inbound_post", post)
    second, _ = traffic.send("inbound_post", post)
    late, _ = traffic.ordered()
    traffic.now += 901
    third, _ = traffic.send("inbound_post", late)

    at = "/leads/0/properties/orderId"
    assert said(first) == []
    assert said(second) == [("client.sequence", "an order is used that an earlier post has used", at)]
    assert said(third) == [("client.sequence", "a post is sent after its order has expired", at)]


def test_offers_that_were_never_shown_are_named() -> None:
    traffic = Traffic()
    post, _ = traffic.ordered()
    post["leads"][0]["properties"]["offerIds"] = ["z999"]
    chosen, _ = traffic.send("inbound_post", post)
    good, _ = traffic.ordered()
    _, created = traffic.send("inbound_post", good)
    lead = created["results"][0]["leadId"]
    accepted, _ = traffic.send("accept_offer", path=f"/v2/leads/{lead}/offers/z999/accept")
    stranger, _ = traffic.send("accept_offer", path="/v2/leads/777/offers/z999/accept")

    assert [kind for kind, _, _ in said(chosen)] == ["client.sequence"]
    assert [message for _, message, _ in said(accepted)] == [
        "an offer is accepted that no response showed for this lead"
    ]
    assert said(stranger) == []  # the capture may have begun after its create


def test_a_refusal_taken_for_success_is_named_by_what_follows_it() -> None:
    traffic = Traffic()
    _, refused = traffic.send("create_lead", traffic.value("create_lead", refused=True))
    assert refused["results"][0]["isValid"] is False
    status, _ = traffic.send("lead_status", path=f"/v2/status/{refused['requestId']}")
    nothing, _ = traffic.send("lead_status", path="/v2/status/undefined")
    offer, _ = traffic.send("accept_offer", path="/v2/leads/0/offers/a001/accept")
    update = traffic.value("update_lead")
    update["leads"][0]["properties"]["leadUID"] = 0
    updated, _ = traffic.send("update_lead", update)
    post = traffic.value("inbound_post")
    post["leads"][0]["properties"]["orderId"] = "null"
    posted, _ = traffic.send("inbound_post", post)

    for judgement in (status, nothing, offer, updated, posted):
        assert [kind for kind, _, _ in said(judgement)] == ["client.refusal"], judgement.operation
        assert "isValid" in said(judgement)[0][1]


def test_a_refused_lead_that_has_an_id_is_remembered_as_refused() -> None:
    traffic = Traffic()
    value = traffic.value("create_lead", refused=True)
    judgement, response = traffic.send("create_lead", value)
    response["results"][0]["leadId"] = 4711
    context = judgement.context
    assert context is not None
    traffic.judge.judge(
        replace(context.exchange, response=context.exchange.response._replace(body=json.dumps(response).encode()))
    )

    offer, _ = traffic.send("accept_offer", path="/v2/leads/4711/offers/a001/accept")

    assert [kind for kind, _, _ in said(offer)] == ["client.refusal"]


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"State": "TX", "Zip": "90001"}, ""),
        ({"State": "TX", "Zip": "90001", "FirstName": "Avery"}, "FirstName"),
        ({"State": "TX", "Zip": "90001", "E-Mail": "x", "home_phone": "1"}, "E-Mail, home_phone"),
        ({"State": "TX", "Zip": "90001", "Comment": "avery@leads.example"}, "Comment"),
        ({"State": "TX", "Zip": "90001", "FirstName": ""}, ""),
        ({"State": "TX", "Zip": "90001", "CompanyName": "Bluebird", "UserName": "a"}, ""),
    ],
)
def test_personal_data_in_a_ping_is_named(fields: dict[str, str], named: str) -> None:
    traffic = Traffic()
    value = traffic.value("ping")
    value["leads"][0]["fields"] = fields

    judgement, _ = traffic.send("ping", value)

    expected = [("client.privacy", f"the ping carries personal data: {named}", "/leads/0/fields")] if named else []
    assert said(judgement) == expected


def broken_rules(judgement: Judgement) -> dict[str, str]:
    return {one.pointer: one.message for one in judgement.observations if one.kind == "client.profile"}


def test_the_rule_of_the_profile_that_a_request_breaks_is_named_and_no_value_is() -> None:
    traffic = Traffic()
    value = traffic.value("create_lead")
    fields = value["leads"][0]["fields"]
    fields |= {"State": "AK", "Zip": "s3cret", "VehicleYear": 1889}
    del fields["LastName"]

    judgement, _ = traffic.send("create_lead", value)

    assert broken_rules(judgement) == {
        "/leads/0/fields/LastName": "posting profile: LastName is missing: it is required in a post",
        "/leads/0/fields/State": "posting profile: State is outside the criteria of campaign 3001: "
        "State is one of TX, FL, CA, NY, GA, AZ, CO, IL, OH, PA, NC, WA",
        "/leads/0/fields/VehicleYear": "posting profile: VehicleYear must match (19|20)[0-9][0-9]",
        "/leads/0/fields/Zip": "posting profile: Zip must be a ZIP code of five or nine digits",
    }
    assert "s3cret" not in repr(judgement.observations)


def test_of_a_redacted_lead_what_is_personal_is_not_known_and_the_rest_is() -> None:
    traffic = Traffic()
    value = traffic.value("create_lead")
    fields = value["leads"][0]["fields"]
    fields |= {"State": "AK", "Zip": "s3cret", "FirstName": "Casey", "VehicleYear": 1889}
    del fields["LastName"]

    whole, _ = traffic.send("create_lead", value)
    fields["FirstName"] = "Redactedgmztl"
    redacted, _ = traffic.send("create_lead", value)

    public = {f"/leads/0/fields/{name}" for name in ("LastName", "VehicleYear", "State")}
    assert set(broken_rules(whole)) == public | {"/leads/0/fields/Zip"}
    assert set(broken_rules(redacted)) == public


def test_a_ping_and_a_duplicate_check_are_held_to_what_they_must_hold() -> None:
    traffic = Traffic()
    ping, check = traffic.value("ping"), traffic.value("duplicate_check")
    del ping["leads"][0]["fields"]["State"]
    check["leads"][0]["fields"] = {"Email": "no address"}

    assert list(broken_rules(traffic.send("ping", ping)[0]).values()) == [
        "posting profile: State is missing: it is required in a ping"
    ]
    assert list(broken_rules(traffic.send("duplicate_check", check)[0]).values()) == [
        "posting profile: Email must be an e-mail address"
    ]


def test_a_lead_type_that_the_profile_does_not_have_breaks_none_of_its_rules() -> None:
    traffic = Traffic()
    value = traffic.value("create_lead")
    value["source"]["lid"] = 77
    value["leads"][0]["fields"] = {"Zip": "x"}

    assert broken_rules(traffic.send("create_lead", value)[0]) == {}


def test_credentials_in_the_url_are_named() -> None:
    traffic = Traffic()

    judgement, _ = traffic.send("ping", traffic.value("ping"), path="/v2/insert/ping?api-key=secret")

    assert [kind for kind, _, _ in said(judgement)] == ["client.credentials"]
    assert "secret" not in said(judgement)[0][1]


def test_what_a_suite_does_on_purpose_is_no_habit() -> None:
    traffic = Traffic()
    post, _ = traffic.ordered()
    traffic.send("inbound_post", post)

    judgement, _ = traffic.send("inbound_post", post, intent="refused")

    assert said(judgement) == []


def test_a_request_without_credentials_is_named_even_if_it_was_turned_away() -> None:
    request = Request("POST", "/v2/insert/ping", (("accept", "application/json"),), b"")

    judgement = CountingJudge(captured=True).judge(Exchange(request, Response(401)))

    assert judgement.outcome == "unauthorised"
    assert [one.kind for one in judgement.findings] == ["client.credentials"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("returnUrl", "returnURL"), ("sendelay", "sendDelay"), ("OrderID", "orderId"), ("offerIDs", "offerIds"),
        ("returnURL", ""), ("tags", ""), ("utm_source", ""),
    ],
)  # fmt: skip
def test_an_unknown_member_is_compared_with_the_documented_ones(name: str, expected: str) -> None:
    assert suggest_member(name, "inbound_post", load_specs()) == expected


def test_a_misspelt_member_is_observed_with_what_is_meant() -> None:
    traffic = Traffic()
    value = traffic.value("create_lead")
    value["source"]["returnUrl"] = "https://partner.example/done"

    judgement, _ = traffic.send("create_lead", value)

    assert said(judgement, "schema") == [
        ("schema.unknown", "request: returnUrl is not documented here: is returnURL meant?", "/source/returnUrl")
    ]


# ---- which operation is it? ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "target", "body", "kind", "words"),
    [
        ("POST", "/processor/insert/general", b'{"leads": []}', "client.path", "a body of version 2 was sent to it"),
        ("POST", "/shop/processor/insert/ping", b"a=b", "client.path", "version 1 of the service"),
        ("POST", "/v1/insert/ping", b"<Leads/>", "client.path", "a body of version 2"),
        ("GET", "/v2/insert/ping", b"", "file.unrecognised", "the method at this path is POST"),
        ("PATCH", "/v2/insert/general", b"", "file.unrecognised", "the method at this path is POST"),
        ("GET", "/favicon.ico", b"", "file.unrecognised", "is no documented operation"),
    ],
)
def test_what_is_no_operation_is_named_as_exactly_as_it_can_be(
    method: str, target: str, body: bytes, kind: str, words: str
) -> None:
    exchange = Exchange(Request(method, target, (), body), Response(200))

    [observation] = CountingJudge().judge(exchange).observations

    assert observation.kind == kind
    assert words in observation.message


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("/v2/insert/ping", ("ping",)),
        ("/x/v2/status/1", ("lead_status",)),
        ("/v2/insert/general", ("create_lead", "inbound_post")),
    ],
)
def test_a_path_without_a_method_is_recognised(target: str, expected: tuple[str, ...]) -> None:
    assert recognise(Exchange(Request("", target), Response(200))).candidates == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'{"source": {}, "leads": [{"properties": {"offerIds": ["a"]}}]}', ("inbound_post",)),
        (b'{"leads": [{"properties": {"leadUID": 7}}]}', ("update_lead",)),
        (b'<Leads vid="1"><Lead><IVRNumber>1</IVRNumber></Lead></Leads>', ("create_call_lead",)),
        (b'<Leads vid="1"><Lead offerids="a|b"/></Leads>', ("inbound_post",)),
        (b'{"source": {}, "leads": []}', ()),
    ],
)
def test_a_bare_request_is_recognised_by_its_shape(body: bytes, expected: tuple[str, ...]) -> None:
    assert recognise(Exchange(Request("", "", (), body), None)).candidates == expected


EXAMPLES = load_specs().openapi["components"]["examples"]


@pytest.mark.parametrize("name", EXAMPLES)
def test_no_example_of_an_operation_is_taken_for_another_one(name: str) -> None:
    operation, _, rest = name.rpartition("_re")
    direction = "request" if rest.startswith("quest") else "response"
    value = EXAMPLES[name]["value"]
    body = value.encode() if isinstance(value, str) else json.dumps(value).encode()
    bare = Exchange(Request("", "", (), body if direction == "request" else b""),
                    None if direction == "request" else Response(200, (), body))  # fmt: skip

    recognition = recognise(bare)

    named = recognition.candidates or re.findall(r"\w+", recognition.reason.partition("several operations: ")[2])
    assert operation in named or not named


# ---- twins -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("operation", ["ping", "duplicate_check"])
@pytest.mark.parametrize("first", ["json", "xml"])
def test_the_same_request_in_both_representations_is_a_pair(operation: str, first: str) -> None:
    traffic = Traffic()
    value, other = traffic.value(operation), "xml" if first == "json" else "json"

    alone, _ = traffic.send(operation, value, fmt=first)
    pair, _ = traffic.send(operation, value, fmt=other)

    clauses = [one for one in traffic.judge.spec.clauses.values() if one.check == "twins_equivalent"]
    assert alone.findings == pair.findings == ()
    held = {
        (one.id, fmt)
        for one in clauses
        for fmt in ("json", "xml")
        if traffic.judge.tally.passed[(one.id, operation, fmt)]
    }
    assert {fmt for _, fmt in held} == {"json", "xml"}


def test_twins_that_disagree_are_a_finding() -> None:
    traffic = Traffic()
    value = traffic.value("ping")
    judgement, response = traffic.send("ping", value)
    response["results"][0]["estimatedPayout"] = 99.0
    context = judgement.context
    assert context is not None
    changed = context.exchange.response._replace(body=json.dumps(response).encode())
    traffic.judge = CountingJudge(profile=PROFILE, captured=True)
    traffic.judge.judge(replace(context.exchange, response=changed, origin="first"))

    pair, _ = traffic.send("ping", value, fmt="xml")

    [finding] = [one for one in pair.findings if one.kind.startswith("equivalence")]
    assert (finding.pointer, finding.origin) == ("/results/0/estimatedPayout", "first and x")


def test_requests_that_differ_are_no_twins() -> None:
    traffic = Traffic()

    traffic.send("ping", traffic.value("ping"))
    pair, _ = traffic.send("ping", traffic.value("ping"), fmt="xml")

    assert pair.findings == ()
    assert not any(traffic.judge.tally.passed[(one, "ping", "xml")] for one in ("LE2-ALL-TWIN-01",))


def test_a_second_lead_that_is_refused_for_the_first_is_no_disagreement() -> None:
    traffic = Traffic()
    value = traffic.value("create_lead")

    _, response = traffic.send("create_lead", value)
    second, _ = traffic.send("create_lead", value, fmt="xml")

    assert response["results"][0]["isValid"] is True
    assert second.context is not None
    assert second.context.refused
    assert [one for one in second.findings if one.kind.startswith("equivalence")] == []


def test_a_response_without_its_request_says_nothing_of_what_was_asked() -> None:
    body = b'{"requestId": "929f4d31-5576-49b5-ae9b-606d94a475e2", "results": []}'
    response = Response(200, (("content-type", "application/json"),), body)

    judgement = CountingJudge(captured=True).judge(Exchange(Request("", ""), response, "lead_status"))

    assert [one.message for one in judgement.observations if one.kind.startswith("client.")] == []
