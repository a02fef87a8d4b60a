"""Tests of a client: ping, post, an order that expires, a stored response."""

from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest

from leadproof.testing import ContractViolation, RunningMock, assert_contract

SOURCE = {"vid": 1001, "lid": 2001, "sendDelay": 0}
CONTACT = {
    "FirstName": "Avery",
    "LastName": "Fields",
    "Email": "avery@leads.example",
    "Phone": "2125550101",
    "Address": "1 Main Street",
    "City": "Dallas",
}
VEHICLE = {
    "State": "TX",
    "Zip": "75001",
    "VehicleYear": "2015",
    "CurrentlyInsured": "true",
}


@pytest.fixture
def client(leadproof_mock: RunningMock) -> Iterator[httpx.Client]:
    headers = {"accept": "application/json", **leadproof_mock.headers}
    with httpx.Client(base_url=leadproof_mock.url, headers=headers) as client:
        yield client


def ping(client: httpx.Client) -> httpx.Response:
    lead = {"properties": {}, "fields": VEHICLE}
    return client.post("/v2/insert/ping", json={"source": SOURCE, "leads": [lead]})


def post(client: httpx.Client, order: str) -> httpx.Response:
    properties = {"orderId": order, "noSell": True}
    lead = {"properties": properties, "fields": VEHICLE | CONTACT}
    return client.post("/v2/insert/general", json={"source": SOURCE, "leads": [lead]})


def test_a_ping_opens_an_order(client: httpx.Client) -> None:
    response = ping(client)

    assert response.json()["results"][0]["willAccept"] is True
    # The order is still alive. The test fails if this clause was not decided.
    assert_contract(response, clauses=["LE2-PING-RULE-04"])


def test_a_post_with_its_order_is_accepted(client: httpx.Client) -> None:
    order = ping(client).json()["results"][0]["orderId"]
    response = post(client, order)

    assert_contract(response, operation="inbound_post")
    assert response.json()["results"][0]["responseType"] == "No_Error"


def test_an_order_expires(client: httpx.Client, leadproof_mock: RunningMock) -> None:
    order = ping(client).json()["results"][0]["orderId"]
    leadproof_mock.clock.advance(901)  # seconds; the profile's orders live for 900
    response = post(client, order)

    assert_contract(response, operation="inbound_post")
    assert response.json()["results"][0]["isValid"] is False


STORED = b"""{"requestId": "0b2f6d6e-6a3c-4b0e-8f7e-3d9c51a0e106", "results": [{
    "willAccept": true, "orderId": "Q-77120931", "campaignId": 4417,
    "orderExpiresOn": "2026-03-02T15:09:05Z", "estimatedPayout": 12.5,
    "response": "Would be accepted", "offers": []}]}"""


def test_a_stored_response_is_judged_at_its_own_time() -> None:
    # Bare bytes do not say which operation they belong to, nor when.
    given = datetime(2026, 3, 2, 15, 4, 5, tzinfo=UTC)
    clauses = ["LE2-PING-RULE-04"]
    assert_contract(STORED, operation="ping", now=given, clauses=clauses)


def test_a_broken_response_names_the_clause() -> None:
    with pytest.raises(ContractViolation, match="LE2-PING-RES-03"):
        assert_contract(STORED.replace(b"true", b'"True"'), operation="ping")
