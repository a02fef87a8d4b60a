"""What becomes of a lead afterwards: status, review, return, duplicate check; and what is forgotten."""

from __future__ import annotations

from typing import Any

import pytest

from leadproof.mock.engine import leads
from leadproof.mock.engine.ring import Ring

FORMATS = ("json", "xml")
NEVER_REVIEWED = {
    "isPendingReview": False,
    "dateOfReview": None,
    "isQualityControlRejected": False,
    "rejectionReason": "",
}
NEVER_RETURNED = {"isReturned": False, "dateOfReturn": None, "returnReason": ""}


@pytest.mark.parametrize("operation", ["create_lead", "create_call_transfer", "create_lead_sends"])
def test_a_create_response_resolves_in_status(caller: Any, operation: str) -> None:
    vid = 1002 if operation == "create_lead_sends" else 1001
    bad = caller.lead(caller.fields(Zip="x"))
    response_format = caller.send(operation, caller.create(caller.lead(), bad, caller.lead(), vid=vid))

    status = caller.status(response_format["requestId"])

    assert status["requestId"] == response_format["requestId"]
    assert [one["leadId"] for one in status["results"]] == [one["leadId"] for one in response_format["results"]]
    assert [one["isValid"] for one in status["results"]] == [True, False, True]
    assert status["results"][0] == {
        "leadId": 100_000_001,
        "isValid": True,
        "rejectionReason": "",
        "campaignId": 3001,
        "dateReceived": "2026-01-31T16:25:12.250Z",
        "qualityControlDetails": NEVER_REVIEWED,
        "returnDetails": NEVER_RETURNED,
    }
    assert status["results"][1]["rejectionReason"] == response_format["results"][1]["responseMessage"]


def test_upper_case_ids_resolve_too(caller: Any) -> None:
    request_id = caller.send("create_lead", caller.create())["requestId"].upper()

    assert caller.status(request_id)["requestId"] == request_id
    assert len(caller.status(request_id)["results"]) == 1


def test_an_id_that_no_create_call_got_has_no_results(caller: Any) -> None:
    ping_id = caller.send("ping", caller.ping())["requestId"]

    for request_id in (ping_id, "929f4d31-5576-49b5-ae9b-606d94a475e2"):
        assert caller.status(request_id) == {"requestId": request_id, "results": []}


@pytest.mark.parametrize("request_id", ["1", "not-a-guid", "929f4d31557649b5ae9b606d94a475e2", "%00"])
def test_an_id_that_is_no_guid_cannot_be_read(caller: Any, request_id: str) -> None:
    assert caller.raw("GET", f"/v2/status/{request_id}").status == 400


def test_review_ends_in_approval(caller: Any) -> None:
    response_format = caller.send("create_lead", caller.create(aid=3002))
    lead_id = response_format["results"][0]["leadId"]
    assert caller.status(response_format["requestId"])["results"][0]["qualityControlDetails"]["isPendingReview"] is True

    caller.tick(2.5)
    assert caller.control("POST", f"leads/{lead_id}/review", {"verdict": "approve"})["delivery"] == "delivered"

    (result,) = caller.status(response_format["requestId"])["results"]
    assert result["isValid"] is True
    assert result["qualityControlDetails"] == {**NEVER_REVIEWED, "dateOfReview": "2026-01-31T16:25:14.750Z"}


def test_review_ends_in_rejection(caller: Any) -> None:
    response_format = caller.send("create_lead", caller.create(aid=3002))
    lead_id = response_format["results"][0]["leadId"]

    caller.control("POST", f"leads/{lead_id}/review", {"verdict": "reject", "reason": "no consent"})

    (result,) = caller.status(response_format["requestId"])["results"]
    assert (result["isValid"], result["rejectionReason"]) == (True, "")
    assert result["qualityControlDetails"]["isQualityControlRejected"] is True
    assert result["qualityControlDetails"]["rejectionReason"] == "no consent"


def test_a_lead_is_returned(caller: Any) -> None:
    response_format = caller.send("create_lead", caller.create())
    caller.tick(60)
    caller.control("POST", f"leads/{response_format['results'][0]['leadId']}/return", {"reason": "wrong number"})

    (result,) = caller.status(response_format["requestId"])["results"]
    assert result["isValid"] is True
    assert result["returnDetails"] == {
        "isReturned": True,
        "dateOfReturn": "2026-01-31T16:26:12.250Z",
        "returnReason": "wrong number",
    }


@pytest.mark.parametrize(
    ("aid", "steps"),
    [
        (3001, ["review"]),
        (3001, ["return", "return"]),
        (3002, ["return"]),
        (3002, ["review", "review"]),
        (3002, ["reject", "return"]),
    ],
)
def test_what_the_state_does_not_allow_is_refused(caller: Any, aid: int, steps: list[str]) -> None:
    lead_id = caller.result("create_lead", caller.create(aid=aid))["leadId"]
    bodies = {
        "review": {"verdict": "approve"},
        "reject": {"verdict": "reject", "reason": "x"},
        "return": {"reason": "x"},
    }
    paths = {"reject": "review"}

    for number, step in enumerate(steps):
        last = number == len(steps) - 1
        before = caller.mock.world.leads.find(lead_id)
        problem = caller.control(
            "POST", f"leads/{lead_id}/{paths.get(step, step)}", bodies[step], status=409 if last else 200
        )
    assert "what can be done to it" in problem["detail"]
    assert caller.mock.world.leads.find(lead_id) == before


@pytest.mark.parametrize("fmt", FORMATS)
def test_the_duplicate_check_finds_what_was_stored(caller: Any, fmt: str) -> None:
    lead_id = caller.result("create_lead", caller.create(caller.lead(caller.fields(Email="one@leads.example"))))[
        "leadId"
    ]
    caller.tick(10)

    found = caller.result("duplicate_check", check("One@Leads.example"), fmt=fmt)
    none = caller.result("duplicate_check", check("two@leads.example"), fmt=fmt)

    assert found == {
        "success": True,
        "isDuplicate": True,
        "duplicateLeadId": lead_id,
        "receivedOn": "2026-01-31T16:25:12Z",
        "response": "A lead with the same data was received before",
    }
    assert none == {
        "success": True,
        "isDuplicate": False,
        "duplicateLeadId": 0,
        "receivedOn": None,
        "response": "No lead with the same data",
    }


def check(email: str, **source: Any) -> dict[str, Any]:
    given = {"vid": 1001, "lid": 2001, "aid": 3001, **source}
    fields = {"Email": email} if email else {"City": "Springfield"}
    return {
        "source": {name: value for name, value in given.items() if value is not None},
        "leads": [{"fields": fields}],
    }


@pytest.mark.parametrize("fmt", FORMATS)
@pytest.mark.parametrize(
    ("value", "said"),
    [
        (check("one@leads.example", aid=None), "aid is missing"),
        (check(""), "Email or Phone and LastName is missing"),
        (check("nobody"), "Email must be"),
        (check("one@leads.example", vid=1004), "may not check"),
        (check("one@leads.example", vid=1003), "disabled"),
        (check("one@leads.example", aid=9), "no such campaign"),
    ],
)
def test_a_duplicate_check_that_cannot_be_made_says_why(caller: Any, value: Any, said: str, fmt: str) -> None:
    result = caller.result("duplicate_check", value, fmt=fmt)

    assert (result["success"], result["isDuplicate"], result["duplicateLeadId"]) == (False, False, 0)
    assert said in result["response"]


# ---- what is remembered --------------------------------------------------------------------------------------------


def test_leads_beyond_the_bound_are_forgotten_with_their_marks(small_caller: Any) -> None:
    first = small_caller.lead()
    response_format = small_caller.send("create_lead", small_caller.create(first))
    for _ in range(10):
        small_caller.send("create_lead", small_caller.create())

    assert small_caller.status(response_format["requestId"])["results"] == []
    assert small_caller.result("create_lead", small_caller.create(first))["isValid"] is True
    assert len(small_caller.mock.world.leads._by_mark) == 20


def test_state_does_not_grow_beyond_the_bound(small_caller: Any) -> None:
    for _ in range(200):
        small_caller.send("create_lead", small_caller.create(), fmt="json")
        small_caller.send("ping", small_caller.ping())

    state = small_caller.control("GET", "state")
    assert state["leads"] == {"remembered": 10, "received": 200}
    assert state["orders"] == {"remembered": 10, "opened": 200}


def test_a_few_huge_leads_take_no_more_room_than_many(small_caller: Any) -> None:
    for _ in range(10):
        small_caller.send(
            "create_lead", small_caller.create(small_caller.lead({**small_caller.fields(), "Extra": "x" * 9000}))
        )

    assert small_caller.control("GET", "state")["leads"]["remembered"] == 1


def test_the_ring_keeps_rows_by_number() -> None:
    ring = Ring(most=3, row_bytes=10)
    for text in (b"a", b"b", b"c", b"d"):
        ring.append(text)

    assert [ring.get(number) for number in range(-1, 5)] == [None, None, b"b", b"c", b"d", None]
    ring.replace(2, b"cc")
    assert ring.get(2) == b"cc"
    ring.append(b"x" * 30)
    assert (len(ring), ring.first) == (1, 4)


def test_transitions_of_a_lead_begin_and_end_in_states_that_exist() -> None:
    states = {"received", *leads.TRANSITIONS.values()}

    assert {state for state, _ in leads.TRANSITIONS} <= states
