"""What the list says of real commands: while they run, however quiet, when they were interrupted, and when killed."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import httpx
import pytest
from pages import PATIENCE, serving

from leadproof.redact import Redactor
from leadproof.runs.evidence import EvidenceError, Run
from leadproof.runs.evidence.holding import Hold, is_held
from leadproof.web.runs import KILLED, RUNNING, SILENCE, key_of, read, written

T = TypeVar("T")

#: Command -> what it is given, so that it runs until it is ended.
COMMANDS: dict[str, tuple[str, ...]] = {
    "certify": (),
    "certify-client": ("--jobs", "1", "--", sys.executable, "-c", "import time; time.sleep(20)"),
    "load": ("ping_only", "--rate", "5", "--duration", "60s"),
    "record": ("--target", "http://127.0.0.1:9", "--port", "0"),
    "validate": ("-",),
}

#: Command -> what the page says of it after Ctrl-C.
INTERRUPTED = {
    "certify": "Interrupted, so this is what was found until then.",
    "certify-client": "Interrupted, so this is what was found until then.",
    "load": "Interrupted (somebody pressed Ctrl-C), so this is what was found until then.",
    "record": "No exchange was found.",  # it is how a recording ends
    "validate": "Interrupted, so this is what was found until then.",
}

#: A recording is written by a process of its own, which ends it in order when it is alone.
SURVIVES = ("record",)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="module")
def client(runs: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    cache = {"XDG_CACHE_HOME": str(tmp_path_factory.mktemp("cache"))}
    with serving(runs, environment=cache) as served, served.client() as found:
        yield found


def awaited(found: Callable[[], T]) -> T:
    ends = time.monotonic() + 2 * PATIENCE
    while not (value := found()):
        assert time.monotonic() < ends
        time.sleep(0.1)
    return value


@pytest.mark.parametrize("how", ["SIGINT", "SIGKILL"])
@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_is_running_while_it_runs_and_not_after(
    client: httpx.Client, runs: Path, command: str, how: str
) -> None:
    before = set(runs.iterdir())
    line = [sys.executable, "-m", "leadproof", command, "--out", str(runs), *COMMANDS[command]]
    process = subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        (run,) = awaited(lambda: {one for one in runs.iterdir() if (one / "run.json").exists()} - before)
        key = key_of(run)

        def listed(state: str) -> bool:
            return key in client.get(f"/?state={state}").text

        awaited(lambda: listed("running"))
        assert "It is running." in client.get(f"/runs/{key}").text
        assert process.poll() is None
        process.send_signal(getattr(signal, how))
        assert process.wait(2 * PATIENCE) is not None
        over = "finished" if how == "SIGINT" or command in SURVIVES else "killed"
        awaited(lambda: listed(over))
        page = client.get(f"/runs/{key}").text
        assert "It is running." not in page
        assert (INTERRUPTED[command] if how == "SIGINT" else "leadproof report" if over == "killed" else "") in page
    finally:
        process.kill()
        process.wait()
        assert process.stdin is not None
        process.stdin.close()


def test_a_run_that_waits_for_hours_is_running(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text('{"command": "record"}', "utf-8")
    later = time.time() + 100 * SILENCE

    hold = Hold(tmp_path)
    states = [read(tmp_path, later).state]
    hold.close()
    states.append(read(tmp_path, time.time()).state)

    assert states == [RUNNING, KILLED]


def test_a_lock_on_a_directory_ends_with_it_and_harms_no_second_writer(tmp_path: Path) -> None:
    one = Hold(tmp_path)
    second = Hold(tmp_path)
    assert is_held(tmp_path) is True
    second.close()
    assert is_held(tmp_path) is True
    one.close()
    one.close()
    assert is_held(tmp_path) is False
    assert is_held(tmp_path / "nothing") is None
    os.symlink(tmp_path, tmp_path / "link")
    assert is_held(tmp_path / "link") is None


def test_where_nobody_can_tell_a_run_counts_as_running_for_two_minutes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "run.json").write_text('{"command": "record"}', "utf-8")
    monkeypatch.setattr("leadproof.web.runs.is_held", lambda folder: None)
    now = (tmp_path / "run.json").stat().st_mtime

    assert [read(tmp_path, now + after).state for after in (1, SILENCE + 1)] == [RUNNING, KILLED]


def test_what_was_piped_in_is_called_standard_input(client: httpx.Client, runs: Path) -> None:
    body = b'{"requestId":"1","results":[]}'
    line = [sys.executable, "-m", "leadproof", "validate", "-", "--out", str(runs)]
    subprocess.run(line, input=body, capture_output=True, check=False, timeout=2 * PATIENCE)

    page = awaited(lambda: (text := client.get("/?words=standard+input").text) and "No run is" not in text and text)
    assert re.search(r"<td>validate</td><td>standard input</td>", page)


def test_a_file_that_gets_its_name_while_a_run_is_looked_at_is_no_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "run.json").write_bytes(b"{}")
    scandir = os.scandir

    @contextlib.contextmanager
    def listing(path: Path) -> Iterator[list[os.DirEntry[str]]]:
        (path / "report.json.part").write_bytes(b"{}")
        with scandir(path) as entries:
            found = list(entries)
        (path / "report.json.part").replace(path / "report.json")
        yield found

    monkeypatch.setattr(os, "scandir", listing)

    assert written(tmp_path) == (tmp_path / "run.json").stat().st_mtime


def test_a_run_that_writes_its_reports_is_running(tmp_path: Path) -> None:
    run = Run.open(tmp_path, "validate", redactor=Redactor())
    run.end()

    assert read(run.path, time.time()).state == RUNNING
    run.close()
    assert read(run.path, time.time()).state == KILLED


def test_a_run_that_cannot_be_ended_is_not_held_any_more(tmp_path: Path) -> None:
    run = Run.open(tmp_path, "validate", redactor=Redactor())
    (run.path / "run.json").unlink()
    (run.path / "run.json").mkdir()  # as where the disk takes nothing

    with pytest.raises(EvidenceError):
        run.close()

    assert is_held(run.path) is False


def test_two_that_look_at_a_killed_run_do_not_take_each_other_for_a_writer(tmp_path: Path) -> None:
    looking = os.open(tmp_path, os.O_RDONLY)
    try:
        fcntl.flock(looking, fcntl.LOCK_SH)  # as `is_held` does for a moment

        assert is_held(tmp_path) is False
    finally:
        os.close(looking)
