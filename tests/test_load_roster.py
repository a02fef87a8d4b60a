"""A master and its workers without a network: frames that get lost, words that come late, workers that fall silent."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leadproof.load.outbox import AGAIN, Outbox
from leadproof.load.roster import BEHIND, LEAVING, PREPARING, SILENCE, Roster

#: What a network does to each message: how often it arrives.
FATES = st.text("012", max_size=40)


def fold(started: int) -> dict[str, Any]:
    return {"counts": Counter(started=started)}


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # other tests have the processor, too
@given(FATES, FATES, st.integers(1, 12))
def test_every_frame_is_taken_once_and_in_order_whatever_gets_lost(there: str, back: str, many: int) -> None:
    now = 0.0
    roster = Roster("run", ["w"], now)
    on_the_way: list[dict[str, Any]] = []
    outbox = Outbox("run", on_the_way.append, lambda: now)
    outbox.put({"ready": True})
    taken: list[int] = []

    ways = [iter(there), iter(back)]

    def arrivals(way: int) -> int:
        return int(next(ways[way], "1"))

    for number in range(many + 300):
        if number < many:
            outbox.put({"fold": fold(number), "elapsed": 0.0})
        for message in on_the_way:
            for _ in range(arrivals(0)):
                frame = roster.take("w", message, now)
                if frame is not None:
                    taken.append(frame["fold"]["counts"]["started"])
                for _ in range(arrivals(1)):
                    outbox.taken(roster.members["w"].taken)
        on_the_way.clear()
        now += AGAIN / 3
        outbox.repeat()

    assert taken == list(range(many))
    assert outbox.empty
    assert outbox.untold == 0


def test_what_the_master_has_not_taken_is_counted_as_untold_and_sent_again_after_a_while_only() -> None:
    now = 0.0
    sent: list[dict[str, Any]] = []
    outbox = Outbox("run", sent.append, lambda: now)
    for number in (5, 7, 11):
        outbox.put({"fold": fold(number)})
    outbox.taken(1)
    outbox.repeat()

    assert outbox.untold == 18
    assert len(sent) == 3

    now = AGAIN
    outbox.repeat()

    assert [frame["number"] for frame in sent] == [1, 2, 3, 2, 3]


def begun(*names: str) -> Roster:
    """A run whose schedule begins at 0.5 s."""
    roster = Roster("run", names, 0.0)
    for name in names:
        assert roster.take(name, {"run": "run", "number": 1, "ready": True}, 0.0) is None
    assert roster.begins(0.0, 0.5) == list(names)
    assert roster.begins(0.0, 0.5) == []
    return roster


def test_the_word_to_begin_is_given_when_all_that_are_left_are_ready() -> None:
    roster = Roster("run", ["a", "b", "c"], 0.0)
    for name in ("a", "b"):
        roster.take(name, {"run": "run", "number": 1, "ready": True}, 0.0)

    assert roster.begins(1.0, 0.5) == []
    assert list(roster.missed(["a", "b"], 3.0)) == ["c"]
    assert roster.begins(3.0, 0.5) == ["a", "b"]


@pytest.mark.parametrize("message", [{"run": "another", "number": 2}, {"number": 2}, {"run": "run", "number": 9}])
def test_what_is_of_another_run_or_has_a_gap_before_it_is_not_counted(message: dict[str, Any]) -> None:
    roster = begun("a")

    assert roster.take("a", {**message, "fold": fold(1)}, 1.0) is None
    assert roster.take("stranger", {"run": "run", "number": 1, "fold": fold(1)}, 1.0) is None
    assert roster.members["a"].taken == 1
    assert list(roster.members) == ["a"]


def test_a_silent_worker_is_lost_and_what_comes_of_it_later_is_not_counted() -> None:
    roster = begun("a", "b")
    frame = {"run": "run", "fold": fold(1), "elapsed": 0.5}
    assert roster.take("a", {**frame, "number": 2}, 1.0) is not None

    assert roster.missed(["a", "b"], 0.5 + SILENCE) == {}
    assert roster.missed(["a", "b"], 0.6 + SILENCE) == {"b": "it was not heard of for 9 s and did not finish"}
    assert roster.missed(["a", "b"], 0.6 + SILENCE) == {}
    assert roster.take("b", {**frame, "number": 2}, 0.7 + SILENCE) is None
    assert roster.left == ["a"]


def test_who_left_is_lost_at_once_and_who_makes_requests_ahead_may_be_silent() -> None:
    roster = Roster("run", ["a", "b"], 0.0)

    assert roster.missed(["a"], LEAVING) == {}  # its last frames may be on their way
    assert roster.missed(["a"], LEAVING + 0.1) == {"b": "it left before its part was done"}
    assert roster.missed(["a"], PREPARING) == {}


@pytest.mark.parametrize(("late", "named"), [(0.0, False), (BEHIND - 0.1, False), (BEHIND + 0.4, True)])
def test_who_begins_late_is_named_though_frames_are_held_up(late: float, named: bool) -> None:
    roster = begun("a")
    for number, held_up in enumerate([5.0, 0.0, 3.0]):
        elapsed = 1.0 + number
        now = 0.5 + late + elapsed + held_up
        roster.take("a", {"run": "run", "number": number + 2, "fold": fold(1), "elapsed": elapsed}, now)
    done = roster.take("a", {"run": "run", "number": 5, "done": True, "stopped": ""}, 9.0)

    assert done is not None
    assert done.get("behind", 0.0) == (pytest.approx(late, abs=0.06) if named else 0.0)


@pytest.mark.parametrize(("told", "lost"), [(False, True), (True, False)])
def test_a_worker_that_was_ended_by_others_has_not_done_its_part(told: bool, lost: bool) -> None:
    roster = begun("a")
    frame = roster.take("a", {"run": "run", "number": 2, "done": True, "stopped": "stopped"}, 1.0, told=told)

    assert frame is not None
    assert ("lost" in frame) is lost
    assert roster.left == []
