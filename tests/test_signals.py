"""SIGTERM and SIGHUP end every command as Ctrl-C does: through real processes, the signal sent to one or to all."""

from __future__ import annotations

import json
import multiprocessing
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest

from leadproof.captures import read
from leadproof.captures.judging import PartFacts
from leadproof.captures.model import FilePart
from leadproof.captures.workers import Workers
from leadproof.core import signals
from leadproof.core.exchange import Exchange
from leadproof.core.signals import TERMINATING, Terminated, held, like_ctrl_c
from leadproof.runs.evidence import read_exchanges, verify
from leadproof.runs.evidence.rows import exchange_row

pytestmark = pytest.mark.skipif(os.name != "posix", reason="Windows knows no signals for another process")

DATA = Path(__file__).resolve().parent / "data"

#: One signal for the process alone, and one for its whole group, as a terminal and a service manager send it.
WAYS = [(signal.SIGTERM, False), (signal.SIGHUP, True), (signal.SIGTERM, True)]


@contextmanager
def started(folder: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A command in a process group of its own."""
    # Whoever runs the tests may ignore a signal, and children would inherit that.
    program = (
        "import signal, sys\n"
        "for number in (signal.SIGTERM, signal.SIGHUP): signal.signal(number, signal.SIG_DFL)\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from leadproof.cli import main; sys.exit(main(sys.argv[1:]))"
    )
    environ = {name: value for name, value in os.environ.items() if not name.startswith("LEADPROOF_")}
    process = subprocess.Popen(
        [sys.executable, "-c", program, *arguments], cwd=folder, env=environ, text=True, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, stdin=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):  # the group outlives its leader where something was left behind
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def ended(process: subprocess.Popen[str], number: int, group: bool, times: int = 1) -> tuple[int, str, str]:
    """Sends a signal; exit code, stdout and stderr."""
    for _ in range(times):
        (os.killpg if group else os.kill)(process.pid, number)
        time.sleep(0.05 * (times > 1))
    out, err = process.communicate(timeout=180)
    return process.returncode, out, err


def wait_for(condition: Callable[[], Any]) -> Any:
    until = time.monotonic() + 180
    while not (met := condition()):
        assert time.monotonic() < until
        time.sleep(0.02)
    return met


def written(folder: Path, name: str, text: bytes, times: int = 1) -> Callable[[], bool]:
    """Does a file of a run hold a text so often?"""
    return lambda: any(path.read_bytes().count(text) >= times for path in folder.glob(f"runs/*/{name}"))


def report(folder: Path) -> dict[str, Any]:
    """The report of the only run."""
    [path] = folder.glob("runs/*/report.json")
    assert verify(path.parent).holds
    found: dict[str, Any] = json.loads(path.read_bytes())
    return found


@pytest.mark.parametrize(("number", "group"), WAYS)
@pytest.mark.parametrize("command", ["certify", "test"])
def test_a_run_of_the_suite_keeps_what_was_found(
    command: str, number: signal.Signals, group: bool, tmp_path: Path
) -> None:
    with started(tmp_path, command, "--out", "runs") as process:
        wait_for(written(tmp_path, "exchanges.ndjson", b"\n", 3))
        code, out, err = ended(process, number, group)

    found = report(tmp_path)
    assert (code, err) == (130, "")
    assert "interrupted, so this is what was found until then" in out
    assert (found["exit_code"], found["verdict"]) == (130, "inconclusive")
    assert found["counts"]["exchanges"] >= 2  # the third one may have been written and not counted
    assert f"the run was interrupted by {number.name}" in {row["reason"] for row in found["clauses"]}


#: Sends a signal when a module is looked for.
AT_IMPORT = """
import os, signal, sys

class Sends:
    def find_spec(self, name, path=None, target=None):
        if name == sys.argv[2]:
            sys.meta_path.remove(self)
            os.kill(os.getpid(), int(sys.argv[1]))

for number in (signal.SIGTERM, signal.SIGHUP): signal.signal(number, signal.SIG_DFL)
signal.signal(signal.SIGINT, signal.default_int_handler)
from leadproof.cli import main
sys.meta_path.insert(0, Sends())
sys.exit(main(sys.argv[3:]))
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize(
    "module", ["click", "inspect", "leadproof.cli.hints", "leadproof.cli.validate", "lxml", "leadproof.captures.har"]
)
def test_a_program_that_is_only_beginning_ends_in_good_order(
    module: str, number: signal.Signals, tmp_path: Path
) -> None:
    file = DATA / "har" / "good" / "plain.har"

    done = subprocess.run(
        [sys.executable, "-c", AT_IMPORT, str(int(number)), module, "validate", str(file), "--no-run"],
        cwd=tmp_path, text=True, capture_output=True, timeout=60, check=False,
    )  # fmt: skip

    name = "" if number == signal.SIGINT else f" by {number.name}"
    said = done.stdout if done.stdout else done.stderr
    assert done.returncode == 130
    assert f"the run was interrupted{name}" in said or "interrupted, so this is what was found until then" in said
    assert "Traceback" not in done.stderr


#: Sends a signal after so many seconds, and again when the command is over and its process is not.
AT_EXIT = """
import atexit, os, signal, sys, threading

number = int(sys.argv.pop(1))
for one in (signal.SIGTERM, signal.SIGHUP): signal.signal(one, signal.SIG_DFL)
atexit.register(lambda: (os.kill(os.getpid(), number), sys.stdout.flush()))
threading.Timer(float(sys.argv.pop(1)), os.kill, (os.getpid(), number)).start()
from leadproof.cli import main
sys.exit(main())
"""


@pytest.mark.parametrize("number", TERMINATING)
@pytest.mark.parametrize(
    ("line", "code"),
    [("validate - --no-run", 130), ("mock --port 0", 0), ("record --target http://127.0.0.1:9 --port 0", 4)],
)
def test_what_follows_a_signal_changes_no_exit_code(
    line: str, code: int, number: signal.Signals, tmp_path: Path
) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", AT_EXIT, str(int(number)), "4", *line.split()], cwd=tmp_path, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        process.wait(60)

    assert process.returncode == code


def captures(folder: Path) -> list[str]:
    """Two captures that take a while."""
    entries = [entry for path in sorted((DATA / "har" / "good").glob("*.har")) for entry in read(path)]
    rows = [exchange_row(number, entry) for number, entry in enumerate(entries, 1) if isinstance(entry, Exchange)]
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    for name in "ab":
        (folder / f"{name}.ndjson").write_text(lines * (20_000_000 // len(lines)))
    return ["a.ndjson", "b.ndjson"]


@pytest.mark.parametrize(("number", "group"), WAYS)
@pytest.mark.parametrize(("jobs", "times"), [("1", 1), ("2", 1), ("2", 3)])
def test_files_are_judged_until_then(
    jobs: str, times: int, number: signal.Signals, group: bool, tmp_path: Path
) -> None:
    files = captures(tmp_path)

    with started(tmp_path, "validate", *files, "--jobs", jobs, "--out", "runs") as process:
        wait_for(written(tmp_path, "exchanges.ndjson", b"\n", 3))
        code, out, err = ended(process, number, group, times)

    found = report(tmp_path)
    assert (code, err) == (130, "")
    assert "interrupted, so this is what was found until then" in out
    assert found["exit_code"] == 130
    assert found["counts"]["exchanges"] >= 3
    assert not any(row["problem"] for row in found["files"])
    assert f"the run was interrupted by {number.name}" in {row["reason"] for row in found["clauses"]}


def _half_a_second(part: FilePart, stopped: Callable[[], bool]) -> Iterator[PartFacts]:
    """Says that it has begun, and ends a while later."""
    yield PartFacts(last=False)
    until = time.monotonic() + 0.5
    while time.monotonic() < until:
        pass
    yield PartFacts(stopped=stopped())


def test_signals_that_come_while_one_is_handled_end_a_worker_too(tmp_path: Path) -> None:
    with Workers(_half_a_second, 1) as workers:
        judged = workers.judged([iter([FilePart(tmp_path / "a.har")])], lambda *_: None)
        next(judged)
        [worker] = multiprocessing.active_children()
        assert worker.pid is not None
        until = time.monotonic() + 0.4
        while time.monotonic() < until:
            for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
                os.kill(worker.pid, number)
        late = threading.Timer(60, worker.kill)  # one that waits for itself would wait for ever
        late.start()
        [(_, piece)] = judged
        late.cancel()

    assert piece is not None
    assert piece.stopped


@pytest.mark.load
@pytest.mark.parametrize(("number", "group"), WAYS)
def test_a_load_keeps_what_was_measured_and_leaves_no_process(
    number: signal.Signals, group: bool, tmp_path: Path
) -> None:
    options = ("--rate", "20", "--duration", "90s", "--out", "runs")
    with started(tmp_path, "load", "ping_only", *options) as process:
        wait_for(written(tmp_path, "rows.ndjson", b'"frame"', 2))
        below = descendants(process.pid)
        code, out, err = ended(process, number, group)

    found = report(tmp_path)
    assert (code, err) == (130, "")
    assert out.startswith("INTERRUPTED, this is what was measured until then")
    assert found["exit_code"] == 130
    assert found["latency"]["counts"]["completed"] > 0
    assert len(below) >= 2  # locust and the mock
    wait_for(lambda: not any(Path(f"/proc/{number}").exists() for number in below))


def descendants(process: int) -> list[int]:
    """The processes below one."""
    children = [
        int(word) for path in Path(f"/proc/{process}/task").glob("*/children") for word in path.read_text().split()
    ]
    return children + [one for child in children for one in descendants(child)]


@pytest.mark.parametrize(
    ("number", "group", "times"),
    [(signal.SIGTERM, False, 1), *((signal.SIGHUP, group, times) for group in (False, True) for times in (1, 3))],
)
def test_a_recording_is_reported(number: signal.Signals, group: bool, times: int, tmp_path: Path) -> None:
    with started(tmp_path, "record", "--target", "http://127.0.0.1:9", "--port", "0", "--out", "runs") as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("recording what goes through")
        code, _, err = ended(process, number, group, times)

    assert (code, err) == (4, "")  # what was found: nothing
    assert report(tmp_path)["exit_code"] == 4


@pytest.mark.parametrize(("number", "group"), WAYS)
def test_a_mock_ends_quietly(number: signal.Signals, group: bool, tmp_path: Path) -> None:
    with started(tmp_path, "mock", "--port", "0") as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("mock of the LeadExec lead receiver at ")
        while not process.stdout.readline().startswith("Ctrl-C"):
            pass
        code, out, err = ended(process, number, group)

    assert (code, out, err) == (0, "", "")


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="looks for child processes in /proc")
@pytest.mark.parametrize(("number", "group"), [(signal.SIGTERM, False), (signal.SIGHUP, True)])
def test_defects_prints_what_there_is(number: signal.Signals, group: bool, tmp_path: Path) -> None:
    with started(tmp_path, "defects", "--sample", "600", "--jobs", "2") as process:
        below = wait_for(lambda: descendants(process.pid))
        code, out, err = ended(process, number, group)

    assert (code, err) == (130, ""), err
    assert re.match(rf"the run was interrupted by {number.name} after \d+ of 600 defects; so far:\n", out)
    assert not any(Path(f"/proc/{number}").exists() for number in below)


@pytest.mark.parametrize(("number", "group"), WAYS)
def test_a_command_that_waits_says_what_ended_it(number: signal.Signals, group: bool, tmp_path: Path) -> None:
    with started(tmp_path, "validate", "-", "--no-run") as process:
        assert process.stdin is not None
        process.stdin.write(" " * 1_000_000)
        process.stdin.flush()  # more than fits in the pipe: somebody reads
        time.sleep(1)  # a signal between two reads in C waits for the next one
        (os.killpg if group else os.kill)(process.pid, number)
        assert process.stdout is not None
        out = process.stdout.read()  # to its end, though standard input stays open
        code = process.wait(180)

    assert code == 130
    assert out.startswith("INCONCLUSIVE  interrupted, so this is what was found until then")


def test_what_nohup_ignores_stays_ignored(tmp_path: Path) -> None:
    command = ["nohup", sys.executable, "-m", "leadproof", "mock", "--port", "0"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        while not process.stdout.readline().startswith("Ctrl-C"):
            pass
        process.send_signal(signal.SIGHUP)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(1)
        process.terminate()

    assert process.returncode == 0


# ---- in this process -------------------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def untouched() -> Iterator[None]:
    """A test may not leave a handler behind."""
    before = [signal.getsignal(number) for number in TERMINATING]
    for number in TERMINATING:
        signal.signal(number, signal.SIG_DFL)
    yield
    assert [signal.getsignal(number) for number in TERMINATING] == [signal.SIG_DFL] * len(TERMINATING)
    for number, handler in zip(TERMINATING, before, strict=True):
        signal.signal(number, handler)


@pytest.mark.parametrize("number", TERMINATING)
def test_signals_that_follow_at_once_are_one(number: signal.Signals) -> None:
    now = [0.0]
    with like_ctrl_c(lambda: now[0]):
        with pytest.raises(Terminated, match=number.name) as caught:
            signal.raise_signal(number)
        now[0] += signals.BURST - 0.1
        for again in TERMINATING:
            signal.raise_signal(again)
        now[0] += 0.2
        with pytest.raises(Terminated, match="SIGTERM"):  # the first may have been lost
            signal.raise_signal(signal.SIGTERM)

    assert signals.reason(caught.value) == f"the run was interrupted by {number.name}"
    assert signals.reason(KeyboardInterrupt()) == "the run was interrupted"


@pytest.mark.parametrize("number", [signal.SIGINT, *TERMINATING])
def test_an_interruption_that_python_ignores_comes_again(number: signal.Signals) -> None:
    class Final:
        def __del__(self) -> None:
            signal.raise_signal(number)

    def finalised() -> None:
        Final()
        threading.Event().wait(120)

    with like_ctrl_c(time.monotonic), pytest.raises(KeyboardInterrupt):
        finalised()


def test_what_else_python_ignores_is_told_as_ever() -> None:
    seen: list[Any] = []
    before, sys.unraisablehook = sys.unraisablehook, seen.append

    class Final:
        def __del__(self) -> None:
            raise ValueError("lost")

    try:
        with like_ctrl_c(time.monotonic):
            Final()
    finally:
        sys.unraisablehook = before

    assert [type(one.exc_value) for one in seen] == [ValueError]


@pytest.mark.parametrize("number", signals.ENDING)
def test_what_must_not_be_left_half_way_is_finished_first(number: signal.Signals) -> None:
    done = []

    def work() -> None:
        with held():
            for step in range(3):
                done.append(step)
                signal.raise_signal(number)
        done.append(3)

    with pytest.raises(KeyboardInterrupt), like_ctrl_c(time.monotonic):
        work()

    assert done == [0, 1, 2]


def _began(pipe: Connection) -> None:
    """A process that was sent a signal before it could handle one."""
    pipe.send("started")
    pipe.recv()
    came: list[int] = []
    signals.handle(dict.fromkeys(signals.ENDING, lambda number, _: came.append(number)))
    pipe.send(came)


@pytest.mark.parametrize("method", ["fork", "spawn"])
@pytest.mark.parametrize("number", signals.ENDING)
def test_a_process_that_is_only_beginning_keeps_a_signal(number: signal.Signals, method: str) -> None:
    context = multiprocessing.get_context(method)
    ours, theirs = context.Pipe()
    context.Event()  # what looks after resources of processes changes what signals are let through when it starts
    process = context.Process(target=_began, args=(theirs,), daemon=True)
    with held():
        process.start()
    assert ours.recv() == "started"
    assert process.pid is not None

    os.kill(process.pid, number)
    ours.send("sent")

    assert ours.recv() == [number]
    process.join()
    assert process.exitcode == 0
    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == set()


def test_what_fails_half_way_gives_the_handlers_back() -> None:
    before = signal.getsignal(signal.SIGINT)

    with pytest.raises(ZeroDivisionError), held():
        raise ZeroDivisionError

    assert signal.getsignal(signal.SIGINT) is before


def test_a_handler_that_is_there_stays() -> None:
    heard: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: heard.append(number))
    try:
        with like_ctrl_c(time.monotonic):
            signal.raise_signal(signal.SIGTERM)
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)

    assert heard == [signal.SIGTERM]


def test_another_thread_changes_nothing() -> None:
    seen: list[Any] = []

    def inside() -> None:
        with like_ctrl_c(time.monotonic):
            seen.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=inside)
    thread.start()
    thread.join()

    assert seen == [signal.SIG_DFL]


def test_what_is_kept_can_be_read(tmp_path: Path) -> None:
    with started(tmp_path, "test", "--out", "runs") as process:
        wait_for(written(tmp_path, "exchanges.ndjson", b"\n", 3))
        ended(process, signal.SIGTERM, group=False, times=4)

    [folder] = (tmp_path / "runs").iterdir()
    assert len(list(read_exchanges(folder))) - report(tmp_path)["counts"]["exchanges"] in (0, 1)
