"""Ping, post, accept: the life of an order and of an offer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from leadproof.mock.engine import offers, orders
from leadproof.mock.engine.orders import OrderBook

FORMATS = ("json", "xml")


def post(caller: Any, order_id: str, **source: Any) -> dict[str, Any]:
    value: dict[str, Any] = caller.create(caller.lead(orderId=order_id, offerIds=["a001"]), **source)
    return value


@pytest.mark.parametrize("fmt", FORMATS)
def test_an_accepted_ping_opens_an_order(caller: Any, fmt: str) -> None:
    result = caller.result("ping", caller.ping(), fmt=fmt)

    assert result["willAccept"] is True
    assert result["orderExpiresOn"] == "2026-01-31T16:40:12Z"
    assert result["estimatedPayout"] == 12.5
    assert result["campaignId"] == 3001
    assert result["response"] == "Covered; send the order ID with the post"
    assert [one["offerId"] for one in result["offers"]] == ["a001", "a002"]
    assert len(result["orderId"]) == 36


@pytest.mark.parametrize("fmt", FORMATS)
@pytest.mark.parametrize("operation", ["inbound_post", "create_lead_sends", "create_call_transfer"])
def test_an_order_is_honoured_once(caller: Any, operation: str, fmt: str) -> None:
    vid = 1002 if operation == "create_lead_sends" else 1001
    order_id = caller.result("ping", caller.ping(vid=vid), fmt=fmt)["orderId"]
    offer_ids = {"offerIds": ["a001"]} if operation == "inbound_post" else {}

    first = caller.result(operation, caller.create(caller.lead(orderId=order_id, **offer_ids), vid=vid), fmt=fmt)
    second = caller.result(operation, caller.create(caller.lead(orderId=order_id, **offer_ids), vid=vid), fmt=fmt)

    assert (first["isValid"], first["price"]) == (True, 12.5)
    assert second["responseType"] == "Data_Errors"
    assert "posted" in second["responseMessage"]


def test_an_order_expires(caller: Any) -> None:
    early, late = (caller.result("ping", caller.ping())["orderId"] for _ in range(2))

    caller.tick(899.7)
    assert caller.result("inbound_post", post(caller, early))["isValid"] is True
    caller.tick(0.1)
    assert "expired" in caller.result("inbound_post", post(caller, late))["responseMessage"]


def test_a_refused_post_does_not_use_the_order_up(caller: Any) -> None:
    order_id = caller.result("ping", caller.ping())["orderId"]
    bad = caller.create(caller.lead(caller.fields(Zip="x"), orderId=order_id, offerIds=[]))

    assert caller.result("inbound_post", bad)["isValid"] is False
    assert caller.result("inbound_post", post(caller, order_id))["isValid"] is True


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ({"vid": 1002}, "names no order of this source"),
        ({"aid": 3002}, "names an order of another campaign"),
        ({"aid": 3002, "order": "0f067c3e-df66-48ea-a607-378054a4c2a5"}, "names no order of this source"),
        ({"order": "x"}, "names no order of this source"),
    ],
)
def test_an_order_serves_only_whom_it_was_given_to(caller: Any, source: dict[str, Any], said: str) -> None:
    order_id = source.pop("order", None) or caller.result("ping", caller.ping())["orderId"]

    result = caller.result("inbound_post", post(caller, order_id, **source))

    assert result["responseType"] == "Data_Errors"
    assert said in result["responseMessage"]


def test_an_order_of_another_lead_type_is_refused(caller: Any) -> None:
    order_id = caller.result("ping", caller.ping())["orderId"]
    fields = {**caller.fields(), "State": "TX", "ServiceType": "Solar", "HomeOwner": "yes"}

    result = caller.result("inbound_post", post_of(order_id, fields, lid=2002))

    assert "another campaign" in result["responseMessage"]


def post_of(order_id: str, fields: dict[str, str], **source: Any) -> dict[str, Any]:
    lead = {"properties": {"orderId": order_id, "offerIds": []}, "fields": fields}
    return {"source": {"vid": 1001, "sendDelay": 0, **source}, "leads": [lead]}


def test_an_order_fixes_the_campaign(caller: Any) -> None:
    order_id = caller.result("ping", caller.ping(aid=3005))["orderId"]

    assert caller.result("inbound_post", post_of(order_id, caller.fields(VehicleYear="2015"), lid=2001)) | {
        "offers": 0
    } == {
        "isValid": True,
        "responseType": "No_Error",
        "responseMessage": "Lead accepted",
        "leadId": 100_000_001,
        "campaignId": 3005,
        "isPendingReview": False,
        "price": 18.25,
        "offers": 0,
    }


def test_a_campaign_may_take_leads_with_an_order_only(caller: Any) -> None:
    result = caller.result("create_lead", caller.create(aid=3005))

    assert "orderId is missing" in result["responseMessage"]


def test_the_post_is_judged_by_its_own_data(caller: Any) -> None:
    order_id = caller.result("ping", caller.ping())["orderId"]
    moved = caller.create(caller.lead(caller.fields(State="AK"), orderId=order_id, offerIds=[]))

    assert caller.result("inbound_post", moved)["responseType"] == "Outside_Criteria"


def test_an_order_holds_its_place_under_the_cap(caller: Any) -> None:
    order_ids = [caller.result("ping", caller.ping(aid=3004))["orderId"] for _ in range(3)]
    posts = [caller.result("inbound_post", post_of(one, caller.fields(), lid=2001, aid=3004)) for one in order_ids]

    assert [one["isValid"] for one in posts] == [True, True, True]
    assert caller.result("ping", caller.ping(aid=3004))["willAccept"] is False
    assert caller.result("create_lead", caller.create(aid=3004))["responseType"] == "Post_Over_Max"


@pytest.mark.parametrize("fmt", FORMATS)
@pytest.mark.parametrize(
    ("source", "fields", "said"),
    [
        ({}, {"State": ""}, "State is missing"),
        ({}, {"Zip": "x"}, "Zip must be"),
        ({}, {"State": "AK"}, "outside the criteria"),
        ({"vid": 1003}, {}, "disabled"),
        ({"vid": 1004}, {}, "No more leads"),
        ({"vid": 5}, {}, "No account"),
    ],
)
def test_a_ping_is_refused_with_a_reason(caller: Any, source: Any, fields: Any, said: str, fmt: str) -> None:
    result = caller.result("ping", caller.ping(**source, **fields), fmt=fmt)

    assert result["willAccept"] is False
    assert said in result["response"]
    assert not result["orderId"]
    assert result["orderExpiresOn"] is None


def test_a_ping_with_duplicate_keys_is_checked_for_duplicates(caller: Any) -> None:
    caller.send("create_lead", caller.create(caller.lead(caller.fields(Email="one@leads.example"))))

    assert caller.result("ping", caller.ping(Email="ONE@leads.example"))["willAccept"] is False
    assert caller.result("ping", caller.ping(Email="two@leads.example"))["willAccept"] is True


def test_a_ping_of_several_leads_gets_an_order_for_each(caller: Any) -> None:
    value = caller.ping()
    value["leads"] *= 3

    results = caller.results("ping", value)

    assert len({one["orderId"] for one in results}) == 3


def test_criteria_on_fields_that_a_ping_lacks_are_left_to_the_post(caller: Any) -> None:
    order_id = caller.result("ping", caller.ping(aid=3005))["orderId"]

    assert caller.result("ping", caller.ping(aid=3005, VehicleYear="1950"))["willAccept"] is False
    assert (
        caller.result("inbound_post", post_of(order_id, caller.fields(), lid=2001))["responseType"]
        == "Outside_Criteria"
    )


# ---- offers --------------------------------------------------------------------------------------------------------


def test_an_offer_of_the_response_can_be_accepted_again_and_again(caller: Any) -> None:
    result = caller.result("create_lead", caller.create())
    offer_id = result["offers"][1]["offerId"]

    for _ in range(2):
        assert caller.accept(result["leadId"], offer_id) == {"success": True, "message": "Offer marked as accepted"}
    assert caller.control("GET", f"leads/{result['leadId']}")["acceptedOffers"] == [offer_id]


def test_offers_selected_in_the_post_are_accepted(caller: Any) -> None:
    order_id = caller.result("ping", caller.ping())["orderId"]
    lead_id = caller.result("inbound_post", caller.create(caller.lead(orderId=order_id, offerIds=["a002", "a001"])))[
        "leadId"
    ]

    assert caller.control("GET", f"leads/{lead_id}")["acceptedOffers"] == ["a001", "a002"]


def test_an_offer_that_was_never_made_is_refused(caller: Any) -> None:
    lead_id = caller.result("create_lead", caller.create())["leadId"]
    refused = {"success": False, "message": "This lead has no such offer"}

    assert caller.accept(lead_id, "h001") == refused
    assert caller.accept(lead_id + 1, "a001") == refused
    result = caller.result("inbound_post", caller.create(caller.lead(offerIds=["a001", "h001"])))
    assert "offerIds/1" in result["responseMessage"]


def test_offers_end_with_a_return(caller: Any) -> None:
    lead_id = caller.result("create_lead", caller.create())["leadId"]
    caller.control("POST", f"leads/{lead_id}/return", {"reason": "wrong number"})

    assert caller.accept(lead_id, "a001")["success"] is False


@pytest.mark.parametrize("lead_uid", ["abc", "-1", "1.5", "٣", "9" * 17])
def test_a_lead_uid_that_is_no_number_cannot_be_read(caller: Any, lead_uid: str) -> None:
    response = caller.raw("PUT", f"/v2/leads/{lead_uid}/offers/a001/accept")

    assert response.status == 400
    assert b"leadUID" in response.body


# ---- the machines --------------------------------------------------------------------------------------------------


def test_transitions_lead_to_states_that_exist() -> None:
    assert set(orders.TRANSITIONS.values()) <= set(orders._STATES)
    assert {state for state, _ in orders.TRANSITIONS} <= set(orders._STATES)
    assert set(offers.TRANSITIONS.values()) == {"accepted"}


def test_the_order_book_forgets_the_oldest() -> None:
    book = OrderBook(seed=1, most=10)
    order_ids = [book.guids.guid(book.open(number % 3, 0, 100.0 + number)) for number in range(25)]

    assert [book.find(one, 0.0) is not None for one in order_ids] == [False] * 15 + [True] * 10
    found = book.find(order_ids[-1].upper(), 0.0)
    assert found is not None
    assert (found.campaign, found.expires, found.state) == (0, 124.0, "open")


def test_an_order_that_is_not_open_cannot_be_posted() -> None:
    book = OrderBook(seed=1, most=10)
    order_id = book.guids.guid(book.open(0, 0, 100.0))
    expired = book.find(order_id, 100.0)
    assert expired is not None

    assert expired.state == "expired"
    with pytest.raises(KeyError):
        book.post(expired)


def test_orders_beyond_the_bound_are_forgotten(make_caller: Callable[..., Any], small_caller: Any) -> None:
    order_ids = [small_caller.result("ping", small_caller.ping())["orderId"] for _ in range(11)]

    assert "no order" in small_caller.result("inbound_post", post(small_caller, order_ids[0]))["responseMessage"]
    assert small_caller.result("inbound_post", post(small_caller, order_ids[1]))["isValid"] is True
