"""The four create calls, the inbound post and the update: what comes of a lead."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from leadproof.core.operations import OPERATIONS

FORMATS = ("json", "xml")
CREATES = ("create_lead", "create_lead_sends", "create_call_transfer", "create_call_lead", "inbound_post")
CALL = {"ivrNumber": 8005550100, "callDuration": 95, "callResult": "Connected"}


def of(operation: str, caller: Any, **properties: Any) -> dict[str, Any]:
    """A request that an operation accepts."""
    own = {"create_call_lead": CALL, "inbound_post": {"offerIds": ["a001"]}}.get(operation, {})
    vid = 1002 if operation == "create_lead_sends" else 1001
    return caller.create(caller.lead(**own, **properties), vid=vid)


@pytest.mark.parametrize("fmt", FORMATS)
@pytest.mark.parametrize("operation", CREATES)
def test_an_acceptable_lead_is_accepted(caller: Any, operation: str, fmt: str) -> None:
    result = caller.result(operation, of(operation, caller), fmt=fmt)

    assert result["isValid"] is True
    assert result["responseType"] == "No_Error"
    assert result["responseMessage"] == "Lead accepted"
    assert result["leadId"] == 100_000_001
    assert result["campaignId"] == 3001
    assert result["isPendingReview"] is False
    assert result["price"] == 12.5


@pytest.mark.parametrize("fmt", FORMATS)
def test_the_operations_differ_in_one_member(caller: Any, fmt: str) -> None:
    extra = {
        operation: set(caller.result(operation, of(operation, caller), fmt=fmt)) - {
            "isValid", "responseType", "responseMessage", "leadId", "campaignId", "isPendingReview", "price",
        }
        for operation in CREATES
    }  # fmt: skip

    assert extra == {
        "create_lead": {"offers"},
        "create_lead_sends": {"sends"},
        "create_call_transfer": {"client"},
        "create_call_lead": set(),
        "inbound_post": {"offers"},
    }


def test_offers_are_those_of_the_campaign(caller: Any, default_profile: Any) -> None:
    (first, second) = caller.result("create_lead", caller.create())["offers"]

    assert (first["offerId"], second["offerId"]) == default_profile.campaign_by_aid[3001].offers
    assert first["tcpaInformation"]["customTCPATextRequired"] is True
    assert first["type"] == "Monthly"


@pytest.mark.parametrize("fmt", FORMATS)
def test_sends_say_what_every_client_did(caller: Any, fmt: str) -> None:
    (taken, refused) = caller.result("create_lead_sends", caller.create(vid=1002), fmt=fmt)["sends"]

    assert taken == {
        "clientId": 5001,
        "clientName": "Bluebird Insurance Example",
        "redirectURL": "https://bluebird.example/welcome",
        "valid": True,
        "price": 15,
    }
    assert (refused["clientId"], refused["valid"], refused["price"]) == (5002, False, 0)


def test_a_transfer_names_one_client_with_one_agent(caller: Any) -> None:
    agents = []
    for _ in range(3):
        (client,) = caller.result("create_call_transfer", caller.create())["client"]
        agents.append(client["agentName"])
        assert client["agentPhone"].startswith("800555")
        assert set(client) == {"clientId", "clientName", "agentName", "agentPhone"}

    assert agents[0] != agents[1]
    assert agents[0] == agents[2]


def test_in_xml_a_transfer_has_the_members_of_a_send(caller: Any) -> None:
    (client,) = caller.result("create_call_transfer", caller.create(), fmt="xml")["client"]

    assert set(client) == {"clientId", "clientName", "redirectURL", "valid", "price"}


@pytest.mark.parametrize("fmt", FORMATS)
def test_one_result_per_lead_in_order(caller: Any, fmt: str) -> None:
    good, bad = caller.lead(), caller.lead(caller.fields(Zip="ABC"))
    results = caller.results("create_lead", caller.create(good, bad, caller.lead()), fmt=fmt)

    assert [one["isValid"] for one in results] == [True, False, True]
    assert [one["leadId"] for one in results] == [100_000_001, 0, 100_000_002]


def test_a_duplicate_within_a_batch_is_found(caller: Any) -> None:
    lead = caller.lead()
    results = caller.results("create_lead", caller.create(lead, lead))

    assert [one["responseType"] for one in results] == ["No_Error", "Duplicate_Lead"]


def test_duplicates_ignore_case_and_punctuation_and_forget_after_the_window(caller: Any) -> None:
    window = 2_592_000
    caller.send("create_lead", caller.create(caller.lead(caller.fields(Email="one@leads.example"))))
    again = caller.lead(caller.fields(Email=" ONE@Leads.example ".strip()))

    caller.tick(window)
    assert caller.result("create_lead", caller.create(again))["responseType"] == "Duplicate_Lead"
    caller.tick(1)
    assert caller.result("create_lead", caller.create(again))["responseType"] == "No_Error"


def test_a_set_of_duplicate_keys_needs_all_of_them(caller: Any) -> None:
    first = caller.fields(Phone="(212) 555-0199", LastName="Marsh")
    caller.send("create_lead", caller.create(caller.lead(first)))

    other_name = caller.lead(caller.fields(Phone="2125550199", LastName="Tran"))
    same_name = caller.lead(caller.fields(Phone="1-212-555-0199", LastName="marsh"))
    assert caller.result("create_lead", caller.create(other_name))["isValid"] is True
    assert caller.result("create_lead", caller.create(same_name))["responseType"] == "Duplicate_Lead"


def test_without_aid_the_first_campaign_that_covers_the_lead_is_taken(caller: Any) -> None:
    assert caller.result("create_lead", caller.create(aid=None))["campaignId"] == 3001
    assert caller.result("create_lead", caller.create(aid=0))["campaignId"] == 3001


@pytest.mark.parametrize(
    ("properties", "source"),
    [({"noSell": True}, {}), ({}, {"sendDelay": 2})],
    ids=["noSell", "sendDelay"],
)
def test_a_lead_that_is_held_back_is_sent_to_nobody_yet(caller: Any, properties: Any, source: Any) -> None:
    lead = caller.lead(**properties)
    result = caller.result("create_lead_sends", caller.create(lead, vid=1002, **source))

    assert result["isValid"] is True
    assert result["sends"] == []


def test_a_delayed_lead_is_delivered_when_its_time_comes(caller: Any) -> None:
    lead_id = caller.result("create_lead", caller.create(sendDelay=1.5))["leadId"]

    assert caller.control("GET", f"leads/{lead_id}")["delivery"] == "sendDelay"
    caller.control("POST", "clock/advance", {"seconds": 5400})
    assert caller.control("GET", f"leads/{lead_id}")["delivery"] == "delivered"


def test_no_sell_holds_until_an_update_asks_for_delivery(caller: Any) -> None:
    lead_id = caller.result("create_lead", caller.create(caller.lead(noSell=True)))["leadId"]
    assert caller.control("GET", f"leads/{lead_id}")["delivery"] == "noSell"

    result = caller.result("update_lead", update(lead_id, {}, processDelivery=True))

    assert result["isValid"] is True
    assert caller.control("GET", f"leads/{lead_id}")["delivery"] == "delivered"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"ivrNumber": None}, "ivrNumber is missing"),
        ({"ivrNumber": 0}, "ivrNumber must"),
        ({"callDuration": None}, "callDuration is missing"),
        ({"callDuration": -1}, "callDuration must"),
        ({"callResult": ""}, "callResult is missing"),
        ({"callDate": "yesterday"}, "callDate must"),
        ({"recordingUrl": "ftp://x"}, "recordingUrl must"),
    ],
)
def test_call_data_is_checked(caller: Any, change: dict[str, Any], said: str) -> None:
    result = caller.result("create_call_lead", caller.create(caller.lead(**{**CALL, **change})))

    assert result["responseType"] == "Data_Errors"
    assert said in result["responseMessage"]


@pytest.mark.parametrize("date", ["2026-01-31", "2026-01-31T16:25:12Z", ""])
def test_call_dates_may_be_dates_or_times(caller: Any, date: str) -> None:
    assert caller.result("create_call_lead", caller.create(caller.lead(**CALL, callDate=date)))["isValid"] is True


def test_send_delay_is_demanded_in_json_only(caller: Any) -> None:
    assert "sendDelay is missing" in caller.result("create_lead", caller.create(sendDelay=None))["responseMessage"]
    assert caller.result("create_lead", caller.create(sendDelay=None), fmt="xml")["isValid"] is True
    assert caller.result("create_lead", caller.create(sendDelay=-1))["responseType"] == "Data_Errors"


def test_numbers_and_booleans_in_fields_are_read_as_text(caller: Any) -> None:
    fields = {**caller.fields(), "Zip": 75001, "CurrentlyInsured": True, "VehicleYear": 2015, "Gender": None}

    assert caller.result("create_lead", caller.create({"fields": fields}))["isValid"] is True


def test_an_empty_value_counts_as_missing(caller: Any) -> None:
    result = caller.result("create_lead", caller.create(caller.lead(caller.fields(City=""))))

    assert "City is missing" in result["responseMessage"]


def test_values_are_never_repeated_in_messages(caller: Any) -> None:
    result = caller.result("create_lead", caller.create(caller.lead(caller.fields(Email="not-an-address"))))

    assert "Email must be" in result["responseMessage"]
    assert "not-an-address" not in result["responseMessage"]


@pytest.mark.parametrize(
    "value", [{}, {"leads": []}, {"leads": None}, {"leads": [None]}, {"leads": [{"fields": None}]}]
)
def test_without_a_lead_there_is_one_result_that_says_so(caller: Any, value: dict[str, Any]) -> None:
    result = caller.result("create_lead", {"source": {"vid": 1001, "lid": 2001, "sendDelay": 0}, **value})

    assert result["responseType"] == "Data_Errors"


def test_review_is_pending_where_the_campaign_reviews(caller: Any) -> None:
    result = caller.result("create_lead_sends", caller.create(vid=1002, aid=3002))

    assert result["isPendingReview"] is True
    assert result["responseMessage"] == "Lead accepted, quality review pending"
    assert result["sends"] == []


# ---- update --------------------------------------------------------------------------------------------------------


def update(lead_id: Any, fields: Any, vid: int = 1001, lid: int = 2001, **properties: Any) -> dict[str, Any]:
    return {
        "source": {"vid": vid, "lid": lid},
        "leads": [{"properties": {"leadUID": lead_id, **properties}, "fields": fields}],
    }


def test_an_update_changes_fields_and_responds_with_the_lead(caller: Any) -> None:
    lead_id = caller.result("create_lead", caller.create())["leadId"]

    result = caller.result("update_lead", update(lead_id, {"City": "Riverton"}))

    assert result == {
        "isValid": True,
        "responseType": "No_Error",
        "responseMessage": "Lead updated",
        "leadId": lead_id,
        "campaignId": 3001,
        "isPendingReview": False,
        "price": 12.5,
    }
    assert caller.mock.world.leads.find(lead_id).fields["City"] == "Riverton"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"lead_id": None}, "Data_Errors"),
        ({"lead_id": 0}, "Data_Errors"),
        ({"lead_id": 999}, "Data_Errors"),
        ({"vid": 1002}, "Data_Errors"),
        ({"lid": 2002}, "Data_Errors"),
        ({"fields": None}, "Data_Errors"),
        ({"fields": {"Zip": "x"}}, "Data_Errors"),
        ({"fields": {"FirstName": ""}}, "Data_Errors"),
        ({"fields": {"State": "AK"}}, "Outside_Criteria"),
        ({"vid": 0}, "Vendor_ID_Missing"),
        ({"lid": 0}, "LeadType_ID_Missing"),
        ({"vid": 31337}, "No_Account_Found"),
        ({"vid": 1003}, "Account_Disabled"),
        ({"fields": {"Email": "taken@leads.example"}}, "Duplicate_Lead"),
    ],
)
def test_an_update_is_refused_and_changes_nothing(caller: Any, change: dict[str, Any], expected: str) -> None:
    caller.send("create_lead", caller.create(caller.lead(caller.fields(Email="taken@leads.example"))))
    lead_id = caller.result("create_lead", caller.create())["leadId"]
    before = caller.mock.world.leads.find(lead_id)

    result = caller.result("update_lead", update(**{"lead_id": lead_id, "fields": {"City": "X"}, **change}))

    assert (result["isValid"], result["responseType"]) == (False, expected)
    assert caller.mock.world.leads.find(lead_id) == before


def test_an_update_moves_the_duplicate_marks(caller: Any) -> None:
    lead_id = caller.result("create_lead", caller.create(caller.lead(caller.fields(Email="old@leads.example"))))[
        "leadId"
    ]
    caller.send("update_lead", update(lead_id, {"Email": "new@leads.example"}))

    old = caller.result("create_lead", caller.create(caller.lead(caller.fields(Email="old@leads.example"))))
    new = caller.result("create_lead", caller.create(caller.lead(caller.fields(Email="new@leads.example"))))

    assert (old["responseType"], new["responseType"]) == ("No_Error", "Duplicate_Lead")


def test_lead_ids_and_request_ids_are_never_given_twice(caller: Any) -> None:
    responses = [caller.send(one, of(one, caller)) for one in CREATES for _ in range(20)]
    pings = [caller.send("ping", caller.ping()) for _ in range(50)]
    lead_ids = [result["leadId"] for response_format in responses for result in response_format["results"]]
    request_ids = [response_format["requestId"] for response_format in (*responses, *pings)]

    assert len(set(lead_ids)) == len(lead_ids) == 100
    assert len(set(request_ids)) == len(request_ids) == 150


def test_every_operation_with_a_body_responds_with_one_result_for_a_refused_source(caller: Any) -> None:
    for operation, row in OPERATIONS.items():
        for fmt in row.media if row.body else ():
            shared = "create_lead" if operation == "create_lead_sends" else operation
            results = caller.results(shared, {"source": {}, "leads": [{"fields": {}}, {"fields": {}}]}, fmt=fmt)
            assert len(results) == 2
            assert not any(one.get("isValid") or one.get("willAccept") or one.get("success") for one in results)


@pytest.mark.parametrize("members", ["zero", "null", "absent"])
def test_what_a_refused_result_carries_is_the_profiles_choice(
    make_caller: Callable[..., Any], default_profile: Any, members: str
) -> None:
    from dataclasses import replace

    caller = make_caller(
        profile=replace(default_profile, rules=replace(default_profile.rules, refused_members=members))
    )

    result = caller.result("create_lead", caller.create(vid=1003))
    ping = caller.result("ping", caller.ping(vid=1003))

    rest = {"zero": {"leadId": 0, "campaignId": 0, "isPendingReview": False, "price": 0, "offers": []}}
    rest["null"] = dict.fromkeys(rest["zero"])
    rest["absent"] = {}
    assert {name: value for name, value in result.items() if not name.startswith(("isValid", "response"))} == rest[
        members
    ]
    for fmt in FORMATS:
        assert caller.result("ping", caller.ping(vid=1003), fmt=fmt)["willAccept"] is False
    assert ("orderId" in ping) is (members != "absent")
