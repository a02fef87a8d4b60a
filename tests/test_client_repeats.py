"""Leads that are sent again are told in captures where that is wrong for certain, and nowhere else."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from leadproof.bodies import encode_request
from leadproof.contract.profile import load
from leadproof.core.exchange import Exchange, Part, Request, Response, gaps
from leadproof.core.operations import OPERATIONS
from leadproof.generate.leads import LeadMaker
from leadproof.judge import Judge
from leadproof.mock import Mock
from leadproof.runs.facts import Facts, Unpacking, judgement_of, packed

PROFILE = load()
NOW = 1_769_876_712.0
PAGE = b"<!doctype html><html><body>Welcome</body></html>"


class Sender:
    """Sends leads to the mock, one second after another, and changes what came of it."""

    def __init__(self) -> None:
        self.now = NOW
        self.mock = Mock(PROFILE, clock=lambda: self.now)
        self.maker = LeadMaker(PROFILE)
        self.sent: list[Exchange] = []

    def lead(self, operation: str = "create_lead", *numbers: int, **properties: Any) -> dict[str, Any]:
        value: dict[str, Any] = copy.deepcopy(self.maker.request(operation, numbers or (1,))[0])
        if operation == "ping":  # of the lead that is created afterwards
            whole = self.maker.request("create_lead", numbers)[0]["leads"]
            for lead, other in zip(value["leads"], whole, strict=True):
                lead["fields"] = {name: other["fields"][name] for name in lead["fields"]}
        for lead in value["leads"]:
            lead.setdefault("properties", {}).update(properties)
        return value

    def send(
        self,
        value: Any,
        operation: str = "create_lead",
        *,
        fmt: str = "json",
        path: str = "",
        after: float = 1.0,
        **changes: Any,
    ) -> Any:
        """Sends a request; `changes` are of the exchange, `change` of the response's value."""
        self.now += after
        change: Callable[[Any], None] = changes.pop("change", lambda value: None)
        kind, row = f"application/{fmt}", OPERATIONS[operation]
        headers = (("content-type", kind), ("accept", kind), ("api-key", PROFILE.credentials.api_keys[0]))
        body = encode_request(operation, fmt, value) if value is not None else b""
        request = Request(row.method, path or row.path, headers, body)
        response = Response(*self.mock.handle(request))
        found = json.loads(response.body) if fmt == "json" and response.body else None
        if found is not None:
            change(found)
            response = response._replace(body=json.dumps(found).encode())
        origin = f"x#{len(self.sent) + 1}"
        self.sent.append(replace(Exchange(request, response, None, origin, "", self.now, 0.25), **changes))
        return found

    def lost(self, value: Any, **changes: Any) -> None:
        self.send(value, response=None, failure=changes.pop("failure", "transport.reset"), **changes)

    def status(self, code: int, value: Any, body: bytes = b"", **changes: Any) -> None:
        self.send(value, response=Response(code, (("content-type", "text/html"),), body), **changes)


def refused(value: Any) -> None:
    for result in value["results"]:
        result |= {"isValid": False, "responseType": "Outside_Criteria", "leadId": 0, "campaignId": 0, "offers": []}


def declined(value: Any) -> None:
    for result in value["results"]:
        result |= {"willAccept": False, "orderId": "", "orderExpiresOn": "", "estimatedPayout": 0, "campaignId": 0}


def first_accepted(value: Any) -> None:
    value["results"][0] |= {"isValid": True, "responseType": "No_Error"}
    refused({"results": value["results"][1:]})


def situations(exchanges: Sequence[Exchange], *, partial: bool = False) -> list[str]:
    """What is observed of a lead that is sent again, by one process; another that takes in facts says the same."""
    one = Judge(profile=PROFILE, captured=True, partial=partial)
    other, facts = (
        Judge(profile=PROFILE, captured=True, partial=partial),
        Facts(Judge(profile=PROFILE, captured=True), lambda _: False),
    )
    seen = [one.judge(exchange).observations for exchange in exchanges]
    block = packed([facts.of(place, exchange) for place, exchange in enumerate(exchanges)])
    assert [other.follow(judgement_of(fact, other)).observations for fact in Unpacking()(block)] == seen
    return [
        f"{found.situation} {found.pointer}"
        for found in (found for row in seen for found in row)
        if found.kind == "client.repeated" or (found.kind == "client.refusal" and "orderId" not in found.message)
    ]


# ---- what is wrong ---------------------------------------------------------------------------------------------------


def accepted(sender: Sender) -> None:
    for _ in range(2):
        sender.send(sender.lead(reference="r1"))


def accepted_with_other_words(sender: Sender) -> None:
    for city in ("Akron", "Boston"):
        value = sender.lead(reference="r1")
        value["leads"][0]["fields"]["City"] = city
        sender.send(value)


def a_whole_batch(sender: Sender) -> None:
    for _ in range(2):
        sender.send(sender.lead("create_lead", 1, 2), change=first_accepted)


def reset(sender: Sender) -> None:
    sender.lost(sender.lead())
    sender.send(sender.lead())


def reset_and_another_lead_looked_up(sender: Sender) -> None:
    sender.lost(sender.lead())
    sender.send(sender.lead("duplicate_check", 7), "duplicate_check")
    sender.send(sender.lead())


def a_gateway_then_busy(sender: Sender) -> None:
    sender.status(502, sender.lead(), PAGE)
    sender.status(503, sender.lead())
    sender.send(sender.lead())


def a_page(sender: Sender) -> None:
    sender.status(200, sender.lead(), PAGE)
    sender.send(sender.lead())


def empty(sender: Sender) -> None:
    sender.status(200, sender.lead())
    sender.send(sender.lead())


def refused_three_times(sender: Sender) -> None:
    for _ in range(3):
        sender.send(sender.lead(), change=refused)


def posted_with_an_empty_order(sender: Sender) -> None:
    sender.send(sender.lead("ping", 1), "ping", change=declined)
    sender.send(sender.lead("ping", 2), "ping")
    sender.send(sender.lead("inbound_post", 1, orderId=""))


def created_after_a_declined_ping(sender: Sender) -> None:
    sender.send(sender.lead("ping", 1), "ping", change=declined)
    sender.send(sender.lead("create_lead", 1))


WRONG = {
    accepted: ["lead-accepted /leads/0"],
    accepted_with_other_words: ["lead-accepted /leads/0"],
    a_whole_batch: ["lead-accepted /leads/0"],
    reset: ["reset-after-taken /leads/0"],
    reset_and_another_lead_looked_up: ["reset-after-taken /leads/0"],
    a_gateway_then_busy: ["gateway-after-taken /leads/0"] * 2,
    a_page: ["html-instead /leads/0"],
    empty: ["empty-instead /leads/0"],
    refused_three_times: ["refused-outside-criteria /leads/0"],
    posted_with_an_empty_order: ["ping-declined /leads/0/properties"],
    created_after_a_declined_ping: ["ping-declined /leads/0/properties"],
}


@pytest.mark.parametrize("play", WRONG, ids=lambda play: play.__name__)
def test_a_lead_that_is_sent_again_is_named_by_its_situation(play: Callable[[Sender], None]) -> None:
    sender = Sender()
    play(sender)
    assert situations(sender.sent) == WRONG[play]


# ---- what is right, or not certain -----------------------------------------------------------------------------------


def to_another_campaign(sender: Sender) -> None:
    for aid in (3001, 3002):
        value = sender.lead()
        value["source"]["aid"] = aid
        sender.send(value)


def under_another_reference(sender: Sender) -> None:
    for reference in ("r1", "r2"):
        sender.send(sender.lead(reference=reference))


def in_another_representation(sender: Sender) -> None:
    for fmt in ("json", "xml"):
        sender.send(sender.lead(), fmt=fmt)


def not_to_be_sold(sender: Sender) -> None:
    for _ in range(3):
        sender.send(sender.lead(noSell=True))


def to_a_campaign_that_tells_no_duplicates(sender: Sender) -> None:
    for _ in range(2):
        value = sender.lead()
        value["source"]["aid"] = 3003
        sender.send(value)


def with_other_data_and_no_reference(sender: Sender) -> None:
    for city in ("Akron", "Boston"):
        value = sender.lead()
        value["leads"][0]["properties"].pop("reference", None)
        value["leads"][0]["fields"]["City"] = city
        sender.send(value)


def once_more_after_a_refusal(sender: Sender) -> None:
    sender.send(sender.lead(), change=refused)
    sender.send(sender.lead())


def corrected_after_each_refusal(sender: Sender) -> None:
    for city in ("Akron", "Boston", "Canton", "Dover"):
        value = sender.lead()
        value["leads"][0]["fields"]["City"] = city
        sender.send(value, change=refused)


def refused_once_an_hour(sender: Sender) -> None:
    for _ in range(4):
        sender.send(sender.lead(), change=refused, after=3600)


def the_refused_one_of_a_batch(sender: Sender) -> None:
    sender.send(sender.lead("create_lead", 1, 2), change=first_accepted)
    sender.send(sender.lead("create_lead", 2))


def looked_up(sender: Sender) -> None:
    sender.lost(sender.lead())
    sender.send(sender.lead("duplicate_check", 1), "duplicate_check")
    sender.send(sender.lead())


def a_status_asked_for(sender: Sender) -> None:
    sender.lost(sender.lead())
    sender.send(None, "lead_status", path="/v2/status/00000000-0000-0000-0000-000000000001")
    sender.send(sender.lead())


def looked_up_for_something_not_recorded(sender: Sender) -> None:
    sender.lost(sender.lead())
    sender.send(sender.lead("duplicate_check", 7), "duplicate_check")
    asked = sender.sent[-1]
    lost = asked.request._replace(body=b"")
    sender.sent[-1] = replace(asked, request=lost, unknown=gaps(Part.REQUEST_BODY))
    sender.send(sender.lead())


def never_taken(sender: Sender) -> None:
    for code in (401, 403, 429, 503, 307):
        sender.status(code, sender.lead())
    sender.lost(sender.lead(), failure="transport.refused")
    sender.lost(sender.lead(), failure="transport.timeout")  # it may be that of the connection
    sender.lost(sender.lead(), failure="")
    sender.send(sender.lead())


def a_day_later(sender: Sender) -> None:
    sender.send(sender.lead())
    sender.send(sender.lead(), after=90_000)


def an_hour_after_a_reset(sender: Sender) -> None:
    sender.lost(sender.lead())
    sender.send(sender.lead(), after=3600)


def responded_to_by_a_callback(sender: Sender) -> None:
    for _ in range(2):
        value = sender.lead()
        value["source"]["returnURL"] = "https://crm.example/back"
        sender.send(value)


def exported_twice(sender: Sender) -> None:
    sender.send(sender.lead())
    sender.sent.append(replace(sender.sent[0], started=sender.now + 5))


def seen_on_both_sides_of_a_gateway(sender: Sender) -> None:
    sender.lost(sender.lead(), elapsed=2.0)
    sender.status(502, sender.lead(), PAGE, after=0.0, elapsed=3.0)


def newest_first(sender: Sender) -> None:
    sender.send(sender.lead(), change=refused)
    sender.send(sender.lead())
    sender.sent.reverse()


def without_times(sender: Sender) -> None:
    for _ in range(2):
        sender.send(sender.lead(), started=0.0, elapsed=0.0, unknown=gaps(Part.TIMES))


def with_a_status_that_is_not_known(sender: Sender) -> None:
    sender.send(sender.lead(), unknown=gaps(Part.STATUS))
    sender.status(200, sender.lead(), unknown=gaps(Part.RESPONSE_BODY))
    sender.status(200, sender.lead(), b"not a page", unknown=gaps(Part.RESPONSE_HEADERS))
    sender.send(sender.lead())


def pinged_again_and_accepted(sender: Sender) -> None:
    sender.send(sender.lead("ping", 1), "ping", change=declined)
    sender.send(sender.lead("ping", 1), "ping")
    sender.send(sender.lead("inbound_post", 1, orderId=""))


def declined_by_another_campaign(sender: Sender) -> None:
    value = sender.lead("ping", 1)
    value["source"]["aid"] = 3002
    sender.send(value, "ping", change=declined)
    sender.send(sender.lead("create_lead", 1))


def another_lead_after_a_declined_ping(sender: Sender) -> None:
    value = sender.lead("ping", 1)
    value["leads"][0]["fields"]["Zip"] = "99999"
    sender.send(value, "ping", change=declined)
    sender.send(sender.lead("create_lead", 1))
    sender.send(sender.lead("inbound_post", 2, orderId=""))


def created_long_after_a_declined_ping(sender: Sender) -> None:
    sender.send(sender.lead("ping", 1), "ping", change=declined)
    sender.send(sender.lead("create_lead", 1), after=120)


def created_after_pings_of_others(sender: Sender) -> None:
    sender.send(sender.lead("ping", 1), "ping", change=declined)
    value = sender.lead("ping", 2)
    value["leads"][0]["fields"]["Zip"] = "99999"
    sender.send(value, "ping")
    sender.send(sender.lead("create_lead", 1))


RIGHT = [
    to_another_campaign, under_another_reference, in_another_representation, not_to_be_sold,
    to_a_campaign_that_tells_no_duplicates, with_other_data_and_no_reference, once_more_after_a_refusal,
    corrected_after_each_refusal, refused_once_an_hour, the_refused_one_of_a_batch, looked_up, a_status_asked_for,
    looked_up_for_something_not_recorded, never_taken, a_day_later, an_hour_after_a_reset, responded_to_by_a_callback,
    exported_twice, seen_on_both_sides_of_a_gateway, newest_first, without_times, with_a_status_that_is_not_known,
    pinged_again_and_accepted, declined_by_another_campaign, another_lead_after_a_declined_ping,
    created_long_after_a_declined_ping, created_after_pings_of_others,
]  # fmt: skip


@pytest.mark.parametrize("play", RIGHT, ids=lambda play: play.__name__)
def test_what_may_be_right_is_not_named(play: Callable[[Sender], None]) -> None:
    sender = Sender()
    play(sender)
    assert situations(sender.sent) == []


def test_of_a_sample_only_what_was_accepted_is_said_to_be_sent_again() -> None:
    sender, twice = Sender(), Sender()
    reset(sender)
    accepted(twice)
    assert situations(sender.sent, partial=True) == []
    assert situations(twice.sent, partial=True) == ["lead-accepted /leads/0"]


def test_what_is_remembered_of_leads_has_an_end() -> None:
    sender = Sender()
    sender.send(sender.lead("create_lead", 1))
    for number in range(2, 40):
        sender.send(sender.lead("create_lead", number))
    sender.send(sender.lead("create_lead", 1))
    judge = Judge(profile=PROFILE, captured=True)
    judge.history.shorten(8)

    seen = [found.situation for exchange in sender.sent for found in judge.judge(exchange).observations]

    assert "lead-accepted" not in seen
    assert len(judge.history.senders.sent) <= 8
    assert judge.history.forgotten > 30
