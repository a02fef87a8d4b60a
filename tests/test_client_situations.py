"""Every situation played to the right client, and to clients with one mistake.

A sample of the mistakes, without those that wait. `make test-clients` takes all of them, and twenty seeds.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from leadproof.commands import client_defects
from leadproof.contract.profile import load
from leadproof.core.errors import UsageError
from leadproof.suite.client.example import TaskRefused
from leadproof.suite.client.inside import example, play
from leadproof.suite.client.mutants import MUTANTS
from leadproof.suite.client.situations import every

WHOLE = os.environ.get("LEADPROOF_CLIENTS") == "whole"
whole_only = pytest.mark.skipif(not WHOLE, reason="takes minutes: make test-clients")

#: Most of the time is waited.
JOBS = 8
#: Of the mistakes, where not all are tried: one in so many.
EVERY = 6

PROFILE = load()


def played(media: str, seed: int, names: list[str]) -> dict[str, tuple[str, str]]:
    """What each situation comes to with the right client: its result, and why."""

    def one(name: str) -> tuple[str, str]:
        result = play(every()[name], PROFILE, example(media), seed=seed)
        return result.result, result.reason or "; ".join(wrong.message for wrong in result.wrongs)

    with ThreadPoolExecutor(JOBS) as pool:
        return dict(zip(names, pool.map(one, names), strict=True))


def expected(media: str, names: list[str]) -> dict[str, tuple[str, str]]:
    """Passed, or untested for the representation that it is about."""
    other = {"json": "xml", "xml": "json"}[media]
    apart = {
        name
        for name in names
        if every()[name].clause.media == (other,)
        and every()[name].clause.operations[0] not in ("update_lead", "lead_status")
    }
    return {
        name: ("untested", f"the client speaks {media.upper()}") if name in apart else ("passed", "") for name in names
    }


@pytest.mark.parametrize("media", ["json", "xml"])
def test_the_right_client_passes_what_does_not_wait(media: str) -> None:
    names = [name for name, one in every().items() if not one.text.slow]

    assert played(media, 0, names) == expected(media, names)


@whole_only
@pytest.mark.parametrize("media", ["json", "xml"])
def test_the_right_client_passes_what_waits(media: str) -> None:
    names = [name for name, one in every().items() if one.text.slow]

    assert played(media, 0, names) == expected(media, names)


@whole_only
@pytest.mark.parametrize("seed", range(1, 21))
def test_the_right_client_passes_with_other_leads(seed: int) -> None:
    names = [name for name, one in every().items() if not one.text.slow]
    media = "xml" if seed % 2 else "json"

    assert played(media, seed, names) == expected(media, names)


def test_the_situation_that_owns_a_mistake_notices_it() -> None:
    names = (
        list(MUTANTS) if WHOLE else [name for name in MUTANTS if not every()[MUTANTS[name].owner].text.slow][::EVERY]
    )

    outcomes = list(client_defects.run(names, PROFILE, jobs=JOBS))

    assert {outcome.id for outcome in outcomes} == set(names)
    assert [f"{outcome.id}: {outcome.noticed}" for outcome in outcomes if not outcome.killed] == []
    assert [outcome.id for outcome in outcomes if not outcome.noticed] == []


def test_mistakes_are_chosen_by_name_and_drawn_by_seed() -> None:
    assert client_defects.chosen(["key-in-url"]) == ["key-in-url"]
    assert client_defects.chosen([], 5, 1) == client_defects.chosen([], 5, 1)
    assert len(client_defects.chosen([], 5, 1)) == 5
    with pytest.raises(UsageError, match="key-in-ur") as raised:
        client_defects.chosen(["key-in-ur"])
    assert "key-in-url" in raised.value.hint


def test_a_client_that_cannot_do_a_task_leaves_it_untested() -> None:
    def unable(task: object) -> bool:
        raise TaskRefused

    result = play(every()["duplicate-known"], PROFILE, unable)

    assert (result.result, result.reason) == (
        "untested",
        "the client says that it cannot do the task sell-unless-duplicate",
    )


def test_a_client_that_sends_nothing_leaves_it_untested() -> None:
    result = play(every()["lead-accepted"], PROFILE, lambda task: True)

    assert result.result == "untested"
    assert result.reason.startswith("the client sent no request")
