"""The controls under /__mock__/, and the calls to returnURL."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from leadproof import bodies
from leadproof.core.exchange import Request
from leadproof.mock.controls import CONTROLS
from leadproof.mock.engine.callbacks import fault_of_url

URL = "http://127.0.0.1:9/done"


# ---- who may use them ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("token", ["", "wrong", "test-token ", "Test-Token", "\u00e9"])
def test_controls_need_the_token(caller: Any, token: str) -> None:
    headers = (("host", "localhost"), ("x-mock-token", token))

    assert caller.mock.handle(Request("POST", "/__mock__/reset", headers)).status == 403


def test_without_a_token_controls_respond_to_nobody(make_caller: Callable[..., Any]) -> None:
    caller = make_caller(token="")

    assert (
        caller.mock.handle(Request("GET", "/__mock__/state", (("host", "localhost"), ("x-mock-token", "")))).status
        == 403
    )


# ---- what they do --------------------------------------------------------------------------------------------------


def test_unknown_controls_and_methods_are_named(caller: Any) -> None:
    assert "/__mock__/state" in caller.control("GET", "nothing", status=404)["detail"]
    for name, control in CONTROLS.items():
        other = "POST" if control.method == "GET" else "GET"
        caller.control(other, name.replace("{id}", "1"), status=405)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("clock/advance", {}),
        ("clock/advance", {"seconds": -1}),
        ("clock/advance", {"seconds": "1"}),
        ("clock/advance", {"seconds": 1e300}),
        ("clock/advance", {"second": 1}),
        ("clock/stop", {"at": -1}),
        ("permissions", {"vid": 1001, "permissions": ["everything"]}),
        ("permissions", []),
        ("reset", {"x": 1}),
        ("leads/100000001/review", {"verdict": "maybe"}),
        ("leads/100000001/review", {"verdict": "reject"}),
        ("leads/100000001/return", {"reason": ""}),
        ("leads/100000001/return", {}),
    ],
)
def test_arguments_that_make_no_sense_are_refused(caller: Any, name: str, value: Any) -> None:
    caller.send("create_lead", caller.create(aid=3002))
    before = caller.control("GET", "state")

    assert caller.control("POST", name, value, status=400)["detail"]
    assert caller.control("GET", "state") == before


@pytest.mark.parametrize("name", ["leads/5", "leads/5/review", "leads/5/return"])
def test_a_lead_that_does_not_exist_is_not_found(caller: Any, name: str) -> None:
    bodies_by_name = {"leads/5/review": {"verdict": "approve"}, "leads/5/return": {"reason": "x"}}
    value = bodies_by_name.get(name)

    caller.control("POST" if value else "GET", name, value, status=404)


def test_time_can_be_moved_and_stopped(caller: Any) -> None:
    assert caller.control("POST", "clock/advance", {"seconds": 10})["clock"] == "2026-01-31T16:25:22.250Z"
    caller.tick(5)
    assert caller.control("GET", "state")["clock"] == "2026-01-31T16:25:27.250Z"

    assert caller.control("POST", "clock/stop", {"at": 1_700_000_000})["clock"] == "2023-11-14T22:13:20.000Z"
    caller.tick(5)
    caller.control("POST", "clock/advance", {"seconds": 1})
    assert caller.control("GET", "state")["now"] == 1_700_000_001


def test_time_cannot_be_moved_out_of_the_years_that_print(caller: Any) -> None:
    for _ in range(9):
        caller.control("POST", "clock/advance", {"seconds": 3_200_000_000})

    caller.control("POST", "clock/advance", {"seconds": 3_200_000_000}, status=400)
    assert caller.result("ping", caller.ping())["orderExpiresOn"].startswith("29")


def test_permissions_change_the_operation(caller: Any) -> None:
    assert "offers" in caller.result("create_lead", caller.create())

    caller.control("POST", "permissions", {"vid": 1001, "permissions": ["return_sends"]})

    assert "sends" in caller.result("create_lead_sends", caller.create())
    assert "offers" in caller.result("inbound_post", caller.create(caller.lead(offerIds=[])))
    value = {"source": {"vid": 1001, "lid": 2001, "aid": 3001}, "leads": [{"fields": {"Email": "a@b.example"}}]}
    assert caller.result("duplicate_check", value)["success"] is False
    caller.control("POST", "permissions", {"vid": 77, "permissions": []}, status=404)


def test_a_reset_makes_it_a_new_mock(caller: Any) -> None:
    lead = caller.lead()
    first = [caller.send("create_lead", caller.create(lead)), caller.send("ping", caller.ping())]
    caller.control("POST", "clock/advance", {"seconds": 500})
    caller.control("POST", "permissions", {"vid": 1001, "permissions": ["return_sends"]})

    caller.control("POST", "reset")

    assert [caller.send("create_lead", caller.create(lead)), caller.send("ping", caller.ping())] == first


def test_the_state_counts(caller: Any) -> None:
    caller.send("create_lead", caller.create())
    caller.send("create_lead", caller.create(vid=1003))
    for _ in range(3):
        caller.send("ping", caller.ping())

    state = caller.control("GET", "state")

    assert {name: count for name, count in state["requests"].items() if count} == {"create_lead": 2, "ping": 3}
    assert {name: count for name, count in state["results"].items() if count} == {"No_Error": 4, "Account_Disabled": 1}
    assert (state["seed"], state["profile"]) == (0, "default")


def test_a_lead_is_shown_without_its_fields(caller: Any) -> None:
    lead_id = caller.result("create_lead", caller.create(caller.lead(reference="ref-1")))["leadId"]

    assert caller.control("GET", f"leads/{lead_id}") == {
        "leadId": lead_id,
        "state": "received",
        "delivery": "delivered",
        "vid": 1001,
        "aid": 3001,
        "reference": "ref-1",
        "acceptedOffers": [],
    }


# ---- returnURL -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fmt", ["json", "xml"])
def test_with_a_return_url_the_response_comes_later(caller: Any, fmt: str) -> None:
    response_format = caller.send(
        "create_lead", caller.create(caller.lead(), caller.lead(caller.fields(Zip="x")), returnURL=URL), fmt=fmt
    )
    (callback,) = caller.mock.due_callbacks()
    later = bodies.decode_response("create_lead", fmt, callback.body)

    assert response_format == {"requestId": later["requestId"], "results": []}
    assert callback.url == URL
    assert dict(callback.headers)["content-type"] == f"application/{fmt}; charset=utf-8"
    assert [one["isValid"] for one in later["results"]] == [True, False]
    assert len(caller.status(response_format["requestId"])["results"]) == 2
    assert caller.mock.due_callbacks() == []


def test_an_empty_return_url_means_now(caller: Any) -> None:
    assert len(caller.results("create_lead", caller.create(returnURL=""))) == 1


@pytest.mark.parametrize("url", ["http://example.com/x", "https://10.0.0.1/", "http://127.0.0.1.example.com/"])
def test_other_hosts_are_not_called(caller: Any, url: str) -> None:
    result = caller.result("create_lead", caller.create(returnURL=url))

    assert result["responseType"] == "Data_Errors"
    assert "returnURL must be on this machine" in result["responseMessage"]
    assert caller.mock.due_callbacks() == []


@pytest.mark.parametrize(
    "url", ["done", "/done", "ftp://localhost/", "http://", "http://localhost:99999/", "http://[x/", "http://a b/"]
)
def test_what_is_no_url_is_refused(caller: Any, url: str) -> None:
    assert "absolute http or https URL" in caller.result("create_lead", caller.create(returnURL=url))["responseMessage"]


def test_hosts_can_be_allowed(make_caller: Callable[..., Any]) -> None:
    caller = make_caller(callback_hosts=["Hooks.Example"])

    assert caller.results("create_lead", caller.create(returnURL="https://hooks.example/x")) == []
    assert fault_of_url("https://hooks.example/x", {"hooks.example"}) == ""


def test_the_queue_is_bounded(small_caller: Any) -> None:
    for number in range(5):
        small_caller.send("create_lead", small_caller.create(returnURL=f"{URL}/{number}"))

    assert small_caller.control("GET", "state")["callbacks"] == {"waiting": 3, "queued": 5, "givenUp": 2}
    assert [one.url[-1] for one in small_caller.mock.due_callbacks()] == ["2", "3", "4"]


@pytest.mark.parametrize(
    ("host", "expected"), [("127.1.2.3", True), ("[::1]", True), ("0.0.0.0", False), ("localhostx", False)]
)
def test_loopback_is_this_machine_only(host: str, expected: bool) -> None:
    assert (fault_of_url(f"http://{host}/called", ()) == "") is expected


def test_controls_say_what_they_expect(caller: Any) -> None:
    response = caller.raw("POST", "/__mock__/clock/advance", b"{", x_mock_token=caller.mock.token)

    assert "a JSON object with seconds" in json.loads(response.body)["detail"]
