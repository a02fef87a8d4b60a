"""Exchanges of a time, and samples: the same whoever chooses, counted, and no reason for a finding."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_facts import conversation, plan, written

from leadproof.captures.selecting import EVERYTHING, LeftOut, Selection, group, time_of
from leadproof.captures.validating import validate
from leadproof.cli import main
from leadproof.core.errors import UsageError
from leadproof.core.exchange import Exchange, Request, Response

TALK = conversation(11, 120)
BEGUN = sorted(one.started for one in TALK if one.started)
MIDDLE = BEGUN[len(BEGUN) // 2]


def at(seconds: float) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(seconds, UTC).isoformat()


@pytest.mark.parametrize(
    ("words", "seconds", "daily"),
    [
        ("2026-01-31T16:25:00Z", 1_769_876_700, False),
        ("2026-01-31t16:25:00.5z", 1_769_876_700.5, False),
        ("2026-01-31T18:25:00+02:00", 1_769_876_700, False),
        ("2026-01-31", 1_769_817_600, False),
        ("16:25", 59_100, True),
        ("16:25:00Z", 59_100, True),
        ("01:00:00+02:00", 82_800, True),
        ("00:00:00.25", 0.25, True),
    ],
)
def test_times_are_read_as_in_rfc_3339(words: str, seconds: float, daily: bool) -> None:
    found = time_of(words)

    assert (found.seconds, found.daily, found.words) == (seconds, daily, words)


@pytest.mark.parametrize(
    "words", ["", "yesterday", "16", "1625", "25:00", "2026-13-01", "2026-01-31T16:25:00Zulu", "-1"]
)
def test_what_is_no_time_is_refused(words: str) -> None:
    with pytest.raises(UsageError, match="is no time") as error:
        time_of(words)

    assert "2026-01-31T16:25:00Z" in error.value.hint


def exchange(started: float, number: int = 0) -> Exchange:
    return Exchange(Request("POST", f"/{number}"), Response(200), started=started)


@given(started=st.floats(1, 4e9), first=st.integers(0, 86_399), last=st.integers(0, 86_399))
def test_a_time_of_every_day_may_go_over_midnight(started: float, first: int, last: int) -> None:
    clock = [f"{one // 3600:02}:{one // 60 % 60:02}:{one % 60:02}" for one in (first, last)]
    chosen = Selection(time_of(clock[0]), time_of(clock[1])).choose

    assert chosen is not None
    within = [at % 86_400 for at in range(first, last + 86_400 * (last < first))]
    assert (chosen(exchange(started)) == "") == (int(started % 86_400) in set(within))


def test_since_is_within_and_until_is_not() -> None:
    choose = Selection(time_of("2026-01-31T16:25:00Z"), time_of("2026-01-31T16:26:00Z")).choose

    assert choose is not None
    begun = 1_769_876_700.0
    found = [choose(exchange(one)) for one in (begun - 0.001, begun, begun + 59.999, begun + 60, 0.0)]
    assert found == ["outside", "", "", "outside", "timeless"]
    assert EVERYTHING.choose is None


def chosen_of(share: float) -> list[Exchange]:
    choose = Selection(sample=share).choose
    assert choose is not None
    return [one for one in TALK if not choose(one)]


def test_a_sample_is_about_its_share_and_grows_with_it() -> None:
    many = [exchange(1, number) for number in range(4_000)]
    choose = {share: Selection(sample=share).choose for share in (0.01, 0.2, 0.7)}
    found = {share: [one for one in many if way is not None and not way(one)] for share, way in choose.items()}

    assert [20 < len(found[0.01]) < 70, 700 < len(found[0.2]) < 900, 2_700 < len(found[0.7]) < 2_900] == [True] * 3
    assert set(found[0.01]) < set(found[0.2]) < set(found[0.7])


def test_what_belongs_together_is_chosen_together() -> None:
    groups = Counter(group(one) for one in TALK)
    posts = [one for one in TALK if b"rderI" in one.request.body and b"null" not in one.request.body]
    pings = {group(one) for one in TALK if one.request.target.startswith("/v2/insert/ping")}
    statuses = [one for one in TALK if "/status/" in one.request.target]

    assert len({group(one) for one in posts} & pings) > 5
    assert any(groups[group(one)] > 1 for one in statuses)
    assert group(replace(TALK[0], started=5.0, origin="elsewhere")) == group(TALK[0])


def judged(files: list[Path], jobs: int, **selection: Any) -> dict[str, Any]:
    chosen = replace(plan(0), selection=Selection(**selection))
    return validate(files, chosen, None, jobs).report("validate", {})


def about_sequences(report: dict[str, Any]) -> set[tuple[str, ...]]:
    found = {(one["clause"], one["kind"], one["operation"]) for one in report["findings"]}
    seen = {(one["kind"], one["operation"], one["message"]) for one in report["observations"]
            if one["kind"] in ("client.sequence", "client.refusal")}  # fmt: skip
    return found | seen


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10_000), share=st.sampled_from([0.1, 0.4, 0.8]), part=st.integers(0, 40))
def test_what_was_left_out_is_no_reason_for_a_finding(seed: int, share: float, part: int) -> None:
    talk = conversation(seed, 40)
    with TemporaryDirectory() as name:
        files = written(Path(name), talk, ())
        begin = time_of(at(sorted(one.started for one in talk)[min(part, len(talk) - 1)]))

        everything = about_sequences(judged(files, 1))

        assert about_sequences(judged(files, 1, sample=share)) <= everything
        assert about_sequences(judged(files, 1, since=begin)) <= everything
        assert about_sequences(judged(files, 1, until=begin, sample=share)) <= everything


def test_all_processes_choose_the_same_and_say_how_many_were_left_out(tmp_path: Path) -> None:
    timeless = [replace(one, started=0.0) for one in TALK[:4]]
    files = written(tmp_path, [*TALK, *timeless], (50,))
    selection = {"since": time_of(at(MIDDLE)), "sample": 0.5}

    alone, together = (judged(files, jobs, **selection) for jobs in (1, 2))

    assert together == alone
    said = {one["message"]: one["kind"] for one in alone["observations"] if "left out" in one["message"]}
    assert set(said.values()) == {"file.left-out"}
    numbers = [int(words.split()[0].replace(",", "")) for words in said]
    repeated = sum(one["count"] for one in alone["observations"] if "earlier file" in one["message"])
    assert len(numbers) == 3
    assert min(numbers) > 0
    assert sum(numbers) + alone["counts"]["exchanges"] + repeated == len(TALK) + 4
    assert alone["counts"]["exchanges"] == sum(row["exchanges"] for row in alone["files"]) - repeated


def test_numbers_of_what_was_left_out_add_up() -> None:
    found = LeftOut().plus("outside").plus("outside").plus("unsampled")

    assert found.add(LeftOut(1, 1, 1)).minus(found) == LeftOut(1, 1, 1)
    assert Selection(sample=0.01).words(found) == ["1 exchange was left out: a sample of 0.01"]


def test_the_command_line_takes_times_and_shares(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    timeless = [replace(one, started=0.0) for one in TALK[:2]]
    path = str(written(tmp_path, [*(one for one in TALK[:20] if one.started), *timeless], ())[0])

    assert main(["validate", path, "--no-run", "--since", "noon"]) == 2
    assert "'noon' is no time" in capsys.readouterr().err
    assert main(["validate", path, "--no-run", "--sample", "0"]) == 2
    assert main(["validate", path, "--no-run", "--until", "1970-01-01"]) == 4
    found = re.findall(r"(\d+) exchanges were left out: (.*)", capsys.readouterr().out)
    assert [why for _, why in found] == ["not until 1970-01-01", "it is not known when"]
    assert [int(number) for number, _ in found] == [sum(one.started > 0 for one in TALK[:20]), 2]
