"""Files judged by one process or by several: the same report, bounded evidence, and what was found survives the end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from captured import DEFECTS, NOW, POSTING, capture, exchanges_of, plan, told

from leadproof import captures
from leadproof.captures import FilePart, judging, workers
from leadproof.captures.validating import validate
from leadproof.core.exchange import Exchange
from leadproof.judge import Tally
from leadproof.mock.defects import planted
from leadproof.redact import Redactor
from leadproof.runs.evidence import Run, hashes, read_exchanges
from leadproof.runs.ledger import KeepPolicy

# ---- several processes -----------------------------------------------------------------------------------------------


def test_several_processes_say_what_one_says(tmp_path: Path) -> None:
    files = [capture(tmp_path / f"{seed}.ndjson", seed, 1 + seed % 2, DEFECTS[: seed % 3]) for seed in range(5)]
    broken = tmp_path / "broken.har"
    broken.write_text('{"log": {"entries": [{"request": ')
    files.insert(2, broken)

    alone, together = validate(files, plan(), None), validate(files, plan(), None, 2)

    assert told(together) == told(alone)
    assert told(alone)["findings"]
    assert together.tally.exchanges == alone.tally.exchanges


def test_what_is_kept_can_be_read_whoever_kept_it(tmp_path: Path) -> None:
    files = [capture(tmp_path / f"{seed}.ndjson", seed) for seed in range(4)]
    with Run.open(tmp_path / "out", "validate", redactor=Redactor()) as run:
        found = validate(files, plan(), run, 2)

    kept = list(read_exchanges(run.path))
    numbers = [json.loads(line)["n"] for line in (run.path / "exchanges.ndjson").read_text().splitlines()]
    assert found.kept == len(kept) == found.summary.exchanges > 0
    assert sorted(numbers) == list(range(1, len(kept) + 1))


def test_a_process_that_dies_takes_no_report_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = [capture(tmp_path / f"{seed}.ndjson", seed) for seed in range(3)]
    read = captures.read_part

    def deadly(part: FilePart, *rest: Any) -> Iterator[Exchange | captures.FileProblem]:
        if part.path == files[1]:
            os._exit(9)
        return read(part, *rest)

    monkeypatch.setattr(captures, "read_part", deadly)
    rows = validate(files, plan(), None, 2).summary.files.rows

    assert [row["path"] for row in rows] == [str(path) for path in files]
    assert [row["problem"] and row["problem"]["kind"] for row in rows] == [None, "file.unreadable", None]


def test_files_that_no_process_is_left_for_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = [capture(tmp_path / f"{seed}.ndjson", seed) for seed in range(4)]
    monkeypatch.setattr(captures, "read_part", lambda *_: os._exit(9))

    rows = validate(files, plan(), None, 2).summary.files.rows

    assert [(row["path"], row["problem"]["kind"]) for row in rows] == [(str(path), "file.unreadable") for path in files]


def test_a_fault_of_our_own_in_a_process_is_not_taken_for_one_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = [capture(tmp_path / f"{seed}.ndjson", seed) for seed in range(2)]

    def faulty(*_: Any) -> Iterator[Exchange]:
        raise ZeroDivisionError("ours")

    monkeypatch.setattr(captures, "read_part", faulty)

    with pytest.raises(ZeroDivisionError, match="ours"):
        validate(files, plan(), None, 2)


def test_what_waits_for_its_turn_is_bounded_and_comes_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = [capture(tmp_path / f"{seed}.ndjson", seed, rounds=3) for seed in range(4)]
    monkeypatch.setattr(workers, "WAITING", 1)
    monkeypatch.setattr(judging, "PIECE", 5)

    assert told(validate(files, plan(), None, 3)) == told(validate(files, plan(), None))


# ---- what is kept ----------------------------------------------------------------------------------------------------


def test_the_first_are_kept_and_then_those_with_findings(tmp_path: Path) -> None:
    first, then = capture(tmp_path / "a.ndjson", 1, rounds=2), capture(tmp_path / "b.ndjson", 2, 2, DEFECTS)
    with Run.open(tmp_path / "out", "validate", redactor=Redactor()) as run:
        found = validate([first, then], plan(keep=5), run)

    origins = [one.origin for one in read_exchanges(run.path)]
    assert len(origins) == found.kept == 10
    assert all("a.ndjson" in one for one in origins[:5])
    assert all("b.ndjson" in one for one in origins[5:])
    assert found.summary.exchanges > 20


def test_nothing_is_kept_where_nothing_shall_be(tmp_path: Path) -> None:
    with Run.open(tmp_path / "out", "validate", redactor=Redactor()) as run:
        found = validate([capture(tmp_path / "a.ndjson", 1, 1, DEFECTS)], plan(keep=0), run)

    assert found.kept == 0
    assert found.summary.exchanges > 0
    assert list(read_exchanges(run.path)) == []


def test_numbers_are_given_once() -> None:
    policy = KeepPolicy(3)

    assert [policy.next(), policy.next(), policy.count] == [1, 2, 2]


# ---- ends that nobody wished for -------------------------------------------------------------------------------------


@contextmanager
def running(*arguments: str, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "leadproof", "validate", "--out", str(folder), *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def begun(folder: Path, known: set[Path], lines: int = 20) -> Path:
    """The new run directory, once something was written to it."""
    for _ in range(600):
        for run in set(folder.glob("*")) - known:
            if (run / "exchanges.ndjson").exists() and (run / "exchanges.ndjson").read_bytes().count(b"\n") >= lines:
                return run
        time.sleep(0.02)
    raise AssertionError("nothing was written")


def alive(pid: int) -> list[str]:
    """Processes of a session that are still there."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, _, session = entry.read_text().rpartition(")")[2].split()[:4]
        except OSError:
            continue
        if session == str(pid) and state != "Z":
            found.append(entry.parent.name)
    return found


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks for processes that are left in /proc")
@pytest.mark.parametrize("jobs", ["1", "2"])
@pytest.mark.parametrize("lines", [1, 60])
def test_a_run_that_is_killed_stays_readable_and_leaves_earlier_ones_alone(
    tmp_path: Path, jobs: str, lines: int
) -> None:
    files = [str(capture(tmp_path / f"{seed}.ndjson", seed, rounds=30)) for seed in range(2)]
    with Run.open(tmp_path / "out", "validate", redactor=Redactor()) as earlier:
        earlier.exchange(next(exchanges_of(planted((), POSTING, clock=lambda: NOW), 0, 1)))
    before = hashes(earlier.path)

    with running("--jobs", jobs, *files, folder=tmp_path / "out") as process:
        run = begun(tmp_path / "out", {earlier.path}, lines)
        process.send_signal(signal.SIGKILL)
        process.wait()
        for _ in range(200):
            if not alive(process.pid):
                break
            time.sleep(0.02)
        assert alive(process.pid) == []

    written = (run / "exchanges.ndjson").read_bytes()
    assert len(list(read_exchanges(run))) >= written.count(b"\n")
    assert json.loads((run / "run.json").read_bytes())["ended"] is None
    assert hashes(earlier.path) == before


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_ctrl_c_ends_with_a_report_of_what_was_found(tmp_path: Path, jobs: str) -> None:
    files = [str(capture(tmp_path / f"{seed}.ndjson", seed, rounds=160)) for seed in range(2)]

    with running("--jobs", jobs, *files, folder=tmp_path / "out") as process:
        run = begun(tmp_path / "out", set(), lines=1)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=120)

    report = json.loads((run / "report.json").read_bytes())
    assert process.returncode == report["exit_code"] == 130
    assert 0 < report["counts"]["exchanges"] < 2 * 160 * 28


def test_two_tallies_are_one() -> None:
    one, other = Tally(), Tally()
    one.passed[("A", "ping", "json")] += 1
    other.passed[("A", "ping", "json")] += 2

    one.merge(other)

    assert one.passed[("A", "ping", "json")] == 3
