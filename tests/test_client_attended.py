"""A client that runs already: situations in turn, chosen by a lead's reference, over when it is quiet."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import closing

import httpx
import pytest

from leadproof.contract.profile import load
from leadproof.core.errors import ServerError
from leadproof.suite.client import attended
from leadproof.suite.client.attended import Attendance
from leadproof.suite.client.deciding import SituationResult, decide
from leadproof.suite.client.played import Played
from leadproof.suite.client.situations import Situation, every

PROFILE = load()
CHOSEN = [every()[name] for name in ("refused-no-error", "pending-review", "lead-accepted")]


def send(url: str, reference: str = "mine") -> int:
    """A lead of a client's own."""
    lead = {"properties": {"reference": reference}, "fields": {"Email": "a@mail.example"}}
    body = {"source": {"vid": 1001, "lid": 2001}, "leads": [lead]}
    key = PROFILE.credentials.api_keys[0]
    headers = {"api-key": key, "accept": "application/json"}
    return httpx.post(f"{url}/v2/insert/general", json=body, headers=headers, trust_env=False, timeout=30).status_code


def played(references: Iterator[str], number: int = 1) -> tuple[list[str], list[str]]:
    """Sends leads as each situation is announced; the situations as announced, and as they ended."""
    announced: list[str] = []
    threads: list[threading.Thread] = []

    def announce(situation: Situation, position: int, total: int, url: str) -> None:
        announced.append(situation.id)
        assert total == len(CHOSEN)
        reference = next(references, "")
        for _ in range(number if reference else 0):
            threads.append(threading.Thread(target=send, args=(url, reference), daemon=True))
            threads[-1].start()

    attendance = Attendance(CHOSEN, PROFILE, announce, lambda words: None, quiet=0.5, patience=5.0)
    with attendance.open("127.0.0.1", 0) as door:
        results = [result.situation.id for result in attendance.results(door)]
    for thread in threads:
        thread.join(60)
    return announced, results


def test_situations_are_played_in_turn() -> None:
    announced, results = played(iter(["mine"] * 3))

    assert announced == results == [one.id for one in CHOSEN]


def test_a_reference_chooses_a_situation() -> None:
    announced, results = played(iter(["leadproof-lead-accepted-1"]))

    assert announced[:2] == ["refused-no-error", "lead-accepted"]
    assert results[0] == "lead-accepted"
    assert sorted(results) == sorted(one.id for one in CHOSEN)


def test_several_requests_at_once_are_all_of_the_same_situation() -> None:
    _, results = played(iter(["mine"] * 3), number=5)

    assert results == [one.id for one in CHOSEN]


def test_a_lead_that_comes_while_a_situation_is_decided_is_of_the_next_one(monkeypatch: pytest.MonkeyPatch) -> None:
    later = list[threading.Thread]()
    results: list[SituationResult] = []

    def slowly(situation: Situation, played: Played) -> SituationResult:
        if not later:
            later.append(threading.Thread(target=send, args=(door.url,), daemon=True))
            later[0].start()
            later[0].join(0.5)
        return decide(situation, played)

    monkeypatch.setattr(attended, "decide", slowly)
    attendance = Attendance(CHOSEN[:2], PROFILE, lambda *_: None, lambda words: None, quiet=0.5, patience=1.0)
    with attendance.open("127.0.0.1", 0) as door:
        first = threading.Thread(target=send, args=(door.url,), daemon=True)
        first.start()
        results += attendance.results(door)
    first.join(60)
    later[0].join(60)

    assert [len(result.played.calls) for result in results] == [1, 1]


def test_a_port_that_is_taken_is_told() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        attendance = Attendance(CHOSEN, PROFILE, lambda *_: None, lambda words: None)
        with pytest.raises(ServerError), attendance.open("127.0.0.1", taken.getsockname()[1]):
            pass


def test_going_on_leaves_a_situation_untested() -> None:
    attendance = Attendance(CHOSEN[:1], PROFILE, lambda *_: attendance.skip.set(), lambda words: None)
    with attendance.open("127.0.0.1", 0) as door:
        (result,) = attendance.results(door)

    assert result.result == "untested"


def test_a_lead_that_the_mock_refuses_leaves_untested_what_wants_it_accepted() -> None:
    """The lead of `send` lacks what the posting profile asks for."""
    threads: list[threading.Thread] = []

    def announce(situation: Situation, position: int, total: int, url: str) -> None:
        threads.append(threading.Thread(target=send, args=(url,), daemon=True))
        threads[-1].start()

    attendance = Attendance(CHOSEN, PROFILE, announce, lambda words: None, quiet=0.5, patience=5.0)
    with attendance.open("127.0.0.1", 0) as door:
        results = {result.situation.id: (result.result, result.reason) for result in attendance.results(door)}
    for thread in threads:
        thread.join(60)

    assert results["refused-no-error"] == ("passed", "")
    assert results["lead-accepted"] == (
        "untested", "the receiver refused the client's lead: it breaks the posting profile"
    )  # fmt: skip
