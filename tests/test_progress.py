"""How far a command is: the numbers, the row that shows them, and what a real terminal shows while it runs and after.

The terminal is a pseudo terminal of the system with pyte behind it, which draws what it is sent as a terminal would.
"""

from __future__ import annotations

import contextlib
import fcntl
import io
import json
import os
import re
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pyte
import pytest
from rich.console import Console

from leadproof import suite
from leadproof.cli import display as displays
from leadproof.cli.display import Display, clock, row
from leadproof.cli.watching import Watch
from leadproof.contract.profile import load
from leadproof.core.progress import Standing, counted, read, share, timed
from leadproof.mock.server import Running
from leadproof.suite import CaseResult

ROOT = Path(__file__).resolve().parent.parent

#: Columns of terminals that people have.
WIDTHS = (60, 80, 120)

#: What only a row of progress has: pieces of a bar, and a time at its end.
REMAINS = re.compile(r"[━╸╺]|\s\d+:\d\d( left)?$")

#: A row that says how far it is: bar, percent, count, time.
WHOLE = re.compile(r"[━╸╺]+ +\d+% +(?P<done>[\d.,]+)/(?P<total>[\d.,]+) ?\S.* \d+:\d\d")

#: The process gets the terminal as its own, so that ^C reaches it; whoever starts the tests may have told it to ignore
#: that.
STARTED = """
import fcntl, os, signal, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
signal.signal(signal.SIGINT, signal.SIG_DFL)
signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])
os.execv(sys.executable, [sys.executable, "-m", "leadproof", *sys.argv[1:]])
"""

Seen = Callable[[list[str]], bool]


@dataclass
class Session:
    """What a terminal has shown of a command."""

    code: int = 0
    #: Rows of progress, in the order in which they were seen.
    rows: list[str] = field(default_factory=list)
    #: What stands there when the command is over, with what has scrolled away.
    lines: list[str] = field(default_factory=list)


def session(
    folder: Path,
    width: int,
    *arguments: str,
    out: Path | None = None,
    interrupt: Seen | None = None,
    **environment: str,
) -> Session:
    """Runs a command in a terminal, its stdout perhaps into a file.

    ^C is typed once `interrupt` says so of what stands there.
    """
    screen = pyte.HistoryScreen(width, 40, history=10_000)
    stream, seen = pyte.ByteStream(screen), Session()
    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, width, 0, 0))
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LEADPROOF_", "LOCUST_"))}
    for name in ("COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY"):
        kept.pop(name, None)
    environ = kept | {"TERM": "xterm-256color", "PYTHONPATH": str(ROOT / "src"), "PYTHONIOENCODING": "utf-8"}
    with out.open("wb") if out else os.fdopen(os.dup(theirs), "wb", buffering=0) as file:
        process = subprocess.Popen(
            [sys.executable, "-c", STARTED, *arguments], cwd=folder, stdin=theirs, stdout=file, stderr=theirs,
            env=environ | environment, start_new_session=True,
        )  # fmt: skip
    os.close(theirs)
    end = time.monotonic() + 120
    with process, contextlib.closing(os.fdopen(ours, "r+b", buffering=0)) as terminal:
        while select.select([terminal], [], [], max(end - time.monotonic(), 0))[0]:
            try:
                piece = terminal.read(1 << 16)
            except OSError:  # nobody has the other end any more
                break
            if not piece:
                break
            stream.feed(piece)
            lines = [line.rstrip() for line in screen.display]
            seen.rows += [line for line in lines if REMAINS.search(line) and line not in seen.rows[-1:]]
            if interrupt is not None and interrupt(lines):
                interrupt = None
                terminal.write(b"\x03")
        else:
            process.kill()
            pytest.fail("it never ended")
        seen.code = process.wait(timeout=120)
    before = ["".join(line[place].data for place in range(width)).rstrip() for line in screen.history.top]
    seen.lines = [*before, *(line.rstrip() for line in screen.display)]
    return seen


def remains(seen: Session) -> list[str]:
    """Lines on which something of a row is left."""
    return [line for line in seen.lines if REMAINS.search(line)]


def shown(words: str) -> Seen:
    """Does a row say so?"""
    return lambda lines: any(REMAINS.search(line) and words in line for line in lines)


# ---- numbers ---------------------------------------------------------------------------------------------------------


def test_a_standing_says_how_far_it_is_in_numbers_of_one_width() -> None:
    assert counted("", 43, 1_827, "cases") == Standing("", "   43/1,827 cases", 43 / 1827)
    assert counted("", 1_043, None, "exchanges") == Standing("", "1,043 exchanges")
    assert timed("", 5.0, 20.0) == Standing("", " 5/20 s", 0.25, 15.0)
    assert read("", 1_240_000, 12_000_000) == Standing("", " 1.2/12.0 MB", 1.24 / 12)
    assert read("", 7, 12).count == " 7/12 B"


def test_what_runs_over_its_time_is_done_and_of_nothing_all_is_done() -> None:
    assert timed("", 21.0, 20.0) == Standing("", "20/20 s", 1.0, 0.0)
    assert (share(3, 2), share(0, 0), share(-1, 2)) == (1.0, 1.0, 0.0)


@pytest.mark.parametrize(("seconds", "words"), [(0.4, "0:00"), (67, "1:07"), (3_723, "1:02:03")])
def test_a_time_is_written_as_people_read_it(seconds: float, words: str) -> None:
    assert clock(seconds) == words


# ---- the row ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("words", ["twins", "operations: create_call_transfer, json: four leads, the second refused"])
def test_words_give_way_and_numbers_stay(width: int, words: str) -> None:
    out = io.StringIO()
    standing = counted(words, 431, 1_827, "cases")

    Console(file=out, width=width, legacy_windows=False).print(row(standing, 67.0, 153.0, width - 5))
    (line,) = out.getvalue().splitlines()

    assert re.search(r" [━╸]+ +24%   431/1,827 cases ", line)
    assert line.endswith("2:33 left" if width == 60 else "1:07, 2:33 left")
    assert line.startswith((words, words[:5]))
    assert ("…" in line) == (len(words) > 60)


def test_where_nobody_knows_the_end_there_is_no_bar() -> None:
    out = io.StringIO()

    Console(file=out, width=60).print(row(counted("standard input", 1_043, None, "exchanges"), 67.0, None, 55))

    assert out.getvalue().rstrip() == f"{'standard input':34} 1,043 exchanges 1:07"


@pytest.mark.parametrize(
    ("terminal", "quiet", "kind"), [(False, False, "xterm"), (True, True, "xterm"), (True, False, "dumb")]
)
def test_nothing_is_written_where_nobody_would_see_it(
    terminal: bool, quiet: bool, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    err = io.StringIO()
    monkeypatch.setattr(err, "isatty", lambda: terminal, raising=False)
    monkeypatch.setattr(sys, "stderr", err)
    monkeypatch.setenv("TERM", kind)

    with Display(quiet=quiet) as display:
        display.show(Standing("something"))

    assert (display.shown, err.getvalue()) == (False, "")


# ---- a run of the suite ----------------------------------------------------------------------------------------------


class Told(Display):
    """Keeps what it is told."""

    def __init__(self) -> None:
        super().__init__(quiet=True)
        self.standings: list[Standing] = []

    def show(self, standing: Standing) -> None:
        self.standings.append(standing)


def watched(watch: Watch, *, probe: bool) -> None:
    """Two topics that cost differently, a request each case, and perhaps a probe."""
    rows = [one for topic in ("twins", "generated") for one in suite.select(topics=[topic])[:4]]
    watch.begin(rows, probe=probe)
    for topic, case in rows:
        watch.told(topic, case)
        watch.sent()
        watch.done(CaseResult(topic, case, "passed"))
    if probe:
        show = watch.probing()
        for elapsed in (0.0, 2.0, 4.0):
            show(timed("50 started", elapsed, 4.0))
        show(counted("looking up accepted leads", 1, 20))


@pytest.mark.parametrize(("budget", "probe"), [(0, False), (0, True), (6, False), (100, True)])
def test_a_run_of_the_suite_comes_nearer_to_its_end_and_never_goes_back(budget: int, probe: bool) -> None:
    told = Told()

    watched(Watch(told, budget), probe=probe)
    shares = [one.share or 0.0 for one in told.standings]

    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, 1.0)


def test_a_run_of_the_suite_names_the_topic_the_cases_and_the_budget() -> None:
    told, limited = Told(), Told()

    watched(Watch(told), probe=True)
    watched(Watch(limited, 6), probe=False)

    assert told.standings[1].words.startswith("twins: ")
    assert told.standings[2].count == "1/8 cases"
    assert told.standings[-1].words == "load probe: looking up accepted leads"
    assert limited.standings[3].count == "1/8, 1/6 requests"


def test_topics_that_take_longer_count_for_more() -> None:
    told = Told()

    watched(Watch(told), probe=False)
    twins = next(one.share for one in told.standings if one.count == "4/8 cases")

    assert twins is not None
    assert twins < 0.2


# ---- a terminal ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", WIDTHS)
def test_the_verdict_stands_alone_and_before_it_bar_count_and_time_were_seen(width: int, tmp_path: Path) -> None:
    # Enough to do that a fast machine shows some of it, too.
    seen = session(tmp_path, width, "test", "--topic", "sequences", "--topic", "negatives")

    assert seen.code == 0
    assert seen.lines[0].startswith("PASSED  all tested requirements")
    assert remains(seen) == []
    assert [line for line in seen.rows if WHOLE.search(line)]
    assert "negat" in {line[:5] for line in seen.rows} <= {"seque", "negat"}
    assert max(map(len, seen.rows)) <= width - 5


@pytest.mark.parametrize("width", WIDTHS)
def test_after_an_interruption_nothing_of_the_row_is_left(width: int, tmp_path: Path) -> None:
    seen = session(tmp_path, width, "certify", interrupt=lambda lines: any(WHOLE.search(line) for line in lines))

    assert seen.code == 130
    assert seen.lines[0].startswith("INCONCLUSIVE  interrupted, so this is what was found until"[:width])
    assert remains(seen) == []


@pytest.mark.load
def test_certify_shows_its_phases_and_the_time_that_is_left(tmp_path: Path) -> None:
    seen = session(tmp_path, 120, "certify")
    rows = [line for line in seen.rows if re.search(r" [━╸╺]+ +\d+% .*\d:\d\d left$", line)]
    phases = list(dict.fromkeys(line.split(":")[0] for line in rows))

    assert remains(seen) == []
    # The first second is too early to say how long it takes.
    assert phases[-3:] == ["lives", "generated", "load probe"]
    assert "negatives" in phases
    assert any(re.search(r"^load probe: \d+ started.* \d/4 s ", line) for line in rows)


def test_requests_are_counted_where_they_are_limited(tmp_path: Path, served_mock: Running) -> None:
    key = load().credentials.api_keys[0]
    # With a rate it takes two seconds on a fast machine, too: the row is drawn four times in each.
    arguments = ("certify", "--no-load", "--target", served_mock.url, "--max-requests", "60", "--rate", "30")

    seen = session(tmp_path, 80, *arguments, LEADPROOF_API_KEY=key)

    assert remains(seen) == []
    assert any(re.search(r"\d+% +\d+/\d+, +\d+/60 requests +\d:\d\d", line) for line in seen.rows)


def capture(path: Path, exchanges: int) -> Path:
    """Calls for a status, and what came back."""
    row = {
        "startedDateTime": "2026-11-23T09:00:00Z",
        "time": 3,
        "request": {
            "method": "GET", "url": "http://127.0.0.1/v2/status/1",
            "headers": [{"name": "accept", "value": "application/json"}],
        },
        "response": {"status": 404, "headers": [], "content": {"text": "{}", "mimeType": "application/json"}},
    }  # fmt: skip
    path.write_text(json.dumps({"log": {"version": "1.2", "creator": {}, "entries": [row] * exchanges}}))
    return path


@pytest.fixture(scope="module")
def captures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two recordings of some megabytes."""
    folder = tmp_path_factory.mktemp("captures")
    for name in ("a.har", "b.har"):
        capture(folder / name, 10_000)
    return folder


@pytest.mark.parametrize("width", WIDTHS)
def test_files_are_counted_in_bytes(width: int, captures: Path, tmp_path: Path) -> None:
    seen = session(tmp_path, width, "validate", str(captures), "--no-run")
    counts = [found for line in seen.rows if (found := re.search(r" (\d+\.\d)/(\d+\.\d) MB ", line))]
    size = sum(path.stat().st_size for path in captures.iterdir())

    assert remains(seen) == []
    assert {found[2] for found in counts} == {f"{size / 1e6:.1f}"}
    assert len(counts) > 1
    assert sorted(float(found[1]) for found in counts) == [float(found[1]) for found in counts]


def test_several_processes_are_counted_together(captures: Path, tmp_path: Path) -> None:
    seen = session(tmp_path, 80, "validate", str(captures), "--no-run", "--jobs", "2")

    assert remains(seen) == []
    assert any(WHOLE.search(line) for line in seen.rows)


def test_with_json_there_is_nothing_but_json(captures: Path, tmp_path: Path) -> None:
    out = tmp_path / "report.json"

    seen = session(tmp_path, 80, "validate", str(captures / "a.har"), "--no-run", "--json", out=out)

    assert (seen.rows, "".join(seen.lines)) == ([], "")
    assert json.loads(out.read_text())["command"] == "validate"


def test_what_goes_into_a_file_is_not_touched_by_what_the_terminal_shows(captures: Path, tmp_path: Path) -> None:
    out = tmp_path / "summary.txt"

    seen = session(tmp_path, 80, "validate", str(captures / "a.har"), "--no-run", out=out)

    assert (bool(seen.rows), "".join(seen.lines)) == (True, "")
    assert out.read_text().startswith("INCONCLUSIVE  ")


@pytest.mark.parametrize("interrupted", [False, True])
def test_load_shows_its_time_and_leaves_nothing_behind(interrupted: bool, tmp_path: Path) -> None:
    pytest.importorskip("gevent")
    arguments = ("load", "ping_only", "--rate", "20", "--duration", "3s")

    seen = session(tmp_path, 80, *arguments, interrupt=shown("/3 s") if interrupted else None)

    assert remains(seen) == []
    assert any(re.search(r"started.* \d+% \d/3 s .*\d:\d\d left$", line) for line in seen.rows)
    # What the plan warns of stands above it, on two lines of this terminal.
    assert seen.lines[0].startswith("leadproof: about 60 samples")
    assert seen.lines[2].startswith("INTERRUPTED" if interrupted else "INCONCLUSIVE")


@pytest.mark.parametrize("interrupted", [False, True])
def test_record_shows_its_time_and_leaves_nothing_behind(
    interrupted: bool, tmp_path: Path, served_mock: Running
) -> None:
    arguments = ("record", "--target", served_mock.url, "--port", "0", "--duration", "2s")

    seen = session(tmp_path, 80, *arguments, interrupt=shown("0 exchanges") if interrupted else None)

    assert remains(seen) == []
    assert any(WHOLE.search(line) for line in seen.rows)
    assert [line for line in seen.lines if line.startswith("INCONCLUSIVE")]
    assert not seen.lines[0].startswith(" ")


def test_the_row_leaves_room_for_what_a_terminal_writes_by_itself() -> None:
    assert len("^C^C") < displays._FREE
