"""The client of the mock's controls gives what they say, and why they refuse."""

from __future__ import annotations

import json
from typing import Any

import pytest

from leadproof import captures
from leadproof.contract.profile import load
from leadproof.core.errors import UsageError
from leadproof.core.exchange import Exchange, Request
from leadproof.http.mock_controls import MockControls
from leadproof.mock import Mock
from leadproof.mock.exchanges import BYTES, MOST
from leadproof.mock.server import running


def test_controls_are_called_by_their_paths_and_say_why_they_refuse() -> None:
    with running(Mock(load(), clock=lambda: 1_700_000_000.0, token="t")) as server:
        controls = MockControls(server.url, "t")
        stranger = MockControls(server.url, "guessed")

        assert controls.post("clock/advance", seconds=60)["now"] == 1_700_000_060
        assert controls.get("state")["now"] == 1_700_000_060
        with pytest.raises(UsageError, match="no lead"):
            controls.post("leads/99/review", verdict="approve", reason="")
        with pytest.raises(UsageError, match="token"):
            stranger.get("state")

        controls.close()
        stranger.close()


# ---- the last exchanges ----------------------------------------------------------------------------------------------

_CONTROL = (("x-mock-token", "token"),)
_PING = Request(
    "POST", "/v2/insert/ping", (("host", "a.example"), ("content-type", "application/json")), b'{"leads": [{}]}'
)


def exchanges(mock: Mock, after: str = "") -> Any:
    return json.loads(mock.handle(Request("GET", f"/__mock__/exchanges{after}", _CONTROL)).body)["log"]


def test_exchanges_are_kept_from_the_first_question_on() -> None:
    mock = Mock(load(), clock=lambda: 1_772_464_000.0, token="token")
    mock.handle(_PING)
    assert exchanges(mock)["entries"] == []

    response = mock.handle(_PING)
    mock.handle(Request("GET", "/v2/status/1", (("api-key", "é"),)))

    log = exchanges(mock)
    assert [(row["_number"], row["request"]["method"]) for row in log["entries"]] == [(1, "POST"), (2, "GET")]
    assert log["_last"] == 2
    assert [row["_number"] for row in exchanges(mock, "/1")["entries"]] == [2]
    first = log["entries"][0]
    assert first["startedDateTime"] == "2026-03-02T15:06:40.000000+00:00"
    assert first["request"]["postData"]["text"] == '{"leads": [{}]}'
    assert first["response"]["content"]["text"].encode() == response.body


def test_validate_reads_the_exchanges_as_they_were() -> None:
    mock = Mock(load(), clock=lambda: 1_772_464_000.0, token="token")
    exchanges(mock)
    binary = _PING._replace(body=b"\xff\xfe\x00")
    responses = [mock.handle(_PING), mock.handle(binary)]

    har = mock.handle(Request("GET", "/__mock__/exchanges", _CONTROL)).body
    found = [one for one in captures.read_part(captures.pasted(har, "mock.har")) if isinstance(one, Exchange)]

    assert [one.request.body for one in found] == [_PING.body, binary.body]
    assert [one.response and one.response.body for one in found] == [one.body for one in responses]
    assert found[0].request.target == "/v2/insert/ping"


def test_so_many_exchanges_are_kept_and_so_many_bytes() -> None:
    mock = Mock(load(), clock=lambda: 0.0, token="token")
    exchanges(mock)
    for _ in range(MOST + 5):
        mock.handle(_PING)
    assert [row["_number"] for row in exchanges(mock)["entries"]] == list(range(6, MOST + 6))

    for _ in range(6):
        mock.handle(_PING._replace(body=b" " * 1_000_000))
    assert [row["_number"] for row in exchanges(mock)["entries"]] == [MOST + 8, MOST + 9, MOST + 10, MOST + 11]
    assert sum(len(row["request"]["postData"]["text"]) for row in exchanges(mock)["entries"]) <= BYTES

    mock.handle(Request("POST", "/__mock__/reset", _CONTROL))
    assert (exchanges(mock)["entries"], exchanges(mock)["_last"]) == ([], MOST + 11)
