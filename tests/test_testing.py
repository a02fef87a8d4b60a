"""For users' tests: a running mock with its controls, and `assert_contract` for requests, httpx and bytes."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import httpx
import pytest
import requests

from leadproof import bodies
from leadproof.contract.profile import load
from leadproof.core.errors import UsageError
from leadproof.core.exchange import Exchange, Request, Response
from leadproof.generate.leads import LeadMaker
from leadproof.judge import Judge
from leadproof.testing import ContractViolation, RunningMock, Undecided, assert_contract, running_mock

NUMBERS = iter(range(1, 10_000))


@pytest.fixture(scope="module")
def mock():
    with running_mock(seed=3) as running:
        yield running


def body(operation: str, fmt: str = "json") -> bytes:
    value, _ = LeadMaker(load()).request(operation, (next(NUMBERS),))
    return bodies.encode_request(operation, fmt, value)


def sent(
    mock: RunningMock, operation: str = "ping", path: str = "/v2/insert/ping", fmt: str = "json"
) -> httpx.Response:
    media = {"content-type": f"application/{fmt}", "accept": f"application/{fmt}"}
    return httpx.post(mock.url + path, content=body(operation, fmt), headers={**mock.headers, **media})


# ---- the mock --------------------------------------------------------------------------------------------------------


def test_time_moves_with_the_clock(mock: RunningMock) -> None:
    before = mock.clock.now()

    mock.clock.advance(3600)

    assert 3600 <= mock.clock.now() - before < 3700


def test_time_stands_still(mock: RunningMock) -> None:
    mock.clock.stop(1_700_000_000)

    assert mock.clock.now() == 1_700_000_000
    mock.reset()


def test_a_lead_can_be_sent_back(mock: RunningMock) -> None:
    lead = sent(mock, "create_lead", "/v2/insert/general").json()["results"][0]["leadId"]

    mock.send_back(lead, "Wrong number")

    assert mock.lead(lead)["state"] == "returned"


def test_a_control_that_is_refused_says_why(mock: RunningMock) -> None:
    with pytest.raises(UsageError, match="no lead"):
        mock.review(99)


def test_a_reset_forgets(mock: RunningMock) -> None:
    sent(mock)

    mock.reset()

    assert mock.state()["orders"]["opened"] == 0


# ---- one response ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fmt", ["json", "xml"])
def test_a_good_response_of_httpx_passes(mock: RunningMock, fmt: str) -> None:
    assert_contract(sent(mock, fmt=fmt))
    assert_contract(sent(mock, "create_lead", "/v2/insert/general", fmt), operation="create_lead")


def test_a_good_response_of_requests_passes(mock: RunningMock) -> None:
    headers = {**mock.headers, "content-type": "application/json", "accept": "application/json"}
    response = requests.post(f"{mock.url}/v2/insert/ping", data=body("ping"), headers=headers, timeout=10)

    assert_contract(response)


def test_a_compressed_response_is_judged_as_it_was_meant(mock: RunningMock) -> None:
    headers = {
        **mock.headers,
        "content-type": "application/json",
        "accept": "application/json",
        "accept-encoding": "gzip",
    }
    response = requests.post(f"{mock.url}/v2/insert/ping", data=body("ping"), headers=headers, timeout=10)

    assert_contract(response)


def broken(mock: RunningMock) -> bytes:
    value = sent(mock).json()
    value["results"][0]["estimatedPayout"] = "12.50"
    return json.dumps(value).encode()


def test_a_bad_body_fails_with_clause_place_and_types(mock: RunningMock) -> None:
    with pytest.raises(AssertionError) as caught:
        assert_contract(broken(mock), operation="ping")

    message = str(caught.value)
    assert isinstance(caught.value, ContractViolation)
    assert "/results/0/estimatedPayout" in message
    assert 'string "12.50"' in message
    assert "number" in message
    assert "Create Inbound PING" in message
    assert caught.value.findings[0]["clause"].startswith("LE2-PING")


def test_an_xml_body_is_told_by_its_first_character(mock: RunningMock) -> None:
    data = sent(mock, fmt="xml").content.replace(b"<WillAccept>true", b"<WillAccept>True")

    with pytest.raises(AssertionError, match="WillAccept"):
        assert_contract(data, operation="ping")


def test_an_exchange_is_taken_as_well() -> None:
    exchange = Exchange(Request("GET", "/v2/status/1"), Response(500, (), b""), "lead_status")

    with pytest.raises(AssertionError, match="status 500"):
        assert_contract(exchange)


def test_a_judge_remembers_earlier_responses(mock: RunningMock) -> None:
    judge, response = Judge(profile=load()), sent(mock)

    assert_contract(response, judge=judge, fail_on="assumed")
    assert_contract(response, judge=judge)  # nobody promised that a requestId is given once
    with pytest.raises(AssertionError, match="already given"):
        assert_contract(response, judge=judge, fail_on="assumed")


def test_no_personal_value_is_in_the_message(mock: RunningMock) -> None:
    exchange = Exchange(
        Request("POST", "/v2/insert/general", (("api-key", "canary-key-1234"),), body("create_lead")),
        Response(500, (), b""),
        "create_lead",
    )

    with pytest.raises(AssertionError) as caught:
        assert_contract(exchange)

    assert "canary-key-1234" not in str(caught.value)
    assert "@leads.example" not in str(caught.value)


@pytest.mark.parametrize(
    ("response", "options", "words"),
    [
        (b"{}", {}, "which operation"),
        (b"{}", {"operation": "pong"}, "no operation 'pong'"),
        ("text", {"operation": "ping"}, "knows no builtins.str"),
        (b"{}", {"operation": "ping", "media": "yaml"}, "no representation 'yaml'"),
        (Exchange(Request("GET", "/elsewhere"), Response(200)), {}, "no documented operation"),
    ],
)
def test_what_cannot_be_judged_is_a_usage_error(response, options, words) -> None:
    with pytest.raises(UsageError, match=words):
        assert_contract(response, **options)


# ---- clauses that a response has to decide ---------------------------------------------------------------------------

EXPIRY = "LE2-PING-RULE-04"


def undated(mock: RunningMock) -> httpx.Response:
    response = sent(mock)
    del response.headers["date"]
    return response


def test_a_clause_that_could_not_be_decided_fails_with_the_reason(mock: RunningMock) -> None:
    with pytest.raises(Undecided, match=f"{EXPIRY} was not decided: the response has no Date header; say with now="):
        assert_contract(undated(mock), clauses=[EXPIRY])


def test_with_the_time_of_the_response_it_is_decided(mock: RunningMock) -> None:
    now = datetime.fromtimestamp(mock.clock.now(), UTC)

    judgement = assert_contract(undated(mock), clauses=[EXPIRY], now=now)

    assert (EXPIRY, "json") in judgement.passed
    with pytest.raises(ContractViolation, match=EXPIRY):
        assert_contract(sent(mock), now=now + timedelta(days=1))  # the caller's word wins over the Date header


@pytest.mark.parametrize(
    ("clause", "words"),
    [
        ("LE2-CREATE-RES-20", "it is about create_lead.*, and the responses were of ping"),
    ],
)
def test_why_a_clause_was_not_decided_is_said(mock: RunningMock, clause: str, words: str) -> None:
    with pytest.raises(Undecided, match=words):
        assert_contract(sent(mock), clauses=[clause])


def test_a_clause_that_does_not_exist_and_a_time_without_zone_are_usage_errors(mock: RunningMock) -> None:
    with pytest.raises(UsageError, match="no clause 'LE2-PING-RULE-4'"):
        assert_contract(sent(mock), clauses=["LE2-PING-RULE-4"])
    with pytest.raises(UsageError, match="no time zone"):
        assert_contract(sent(mock), now=datetime(2027, 1, 1))  # noqa: DTZ001 - that is what is refused


def test_a_response_without_results_is_undecided_where_its_request_is_not_known() -> None:
    body = b'{"requestId": "0b2f6d6e-6a3c-4b0e-8f7e-3d9c51a0e101", "results": []}'

    with pytest.raises(Undecided, match="the response has no result, and without its request"):
        assert_contract(body, operation="create_lead")
