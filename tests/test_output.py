"""What becomes of output that nobody takes: through real pipes, devices and terminals."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

DATA = Path(__file__).resolve().parent / "data"
GOOD = DATA / "har" / "good" / "plain.har"

LEADPROOF = f"{sys.executable} -m leadproof"
FULL = (
    "leadproof: error: the output could not be written: No space left on device\n"
    "  hint: check the space on the disk or device that the output goes to\n"
)

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="has no /dev/full and no POSIX shell")


def shell(command: str, folder: Path) -> tuple[int, str, str]:
    """The exit code of leadproof, whose output goes somewhere, and what was printed."""
    script = f"{command.replace('leadproof', LEADPROOF, 1)}; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", script], cwd=folder, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def broken(folder: Path) -> Path:
    """A capture that breaks the contract."""
    path = folder / "broken.json"
    path.write_text('{"requestId": 7, "results": [{"isValid": "yes"}]}')
    return path


@pytest.mark.parametrize(
    ("form", "reader", "unbuffered"),
    [
        ("", "true", ""),
        ("", "head -1 >/dev/null", ""),
        ("", "head -c 1 >/dev/null", "PYTHONUNBUFFERED=1 "),
        ("--json", "true", "PYTHONUNBUFFERED=1 "),
        ("--json", "head -c 1 >/dev/null", ""),
    ],
)
def test_the_exit_code_is_what_the_run_came_to_whoever_reads(
    form: str, reader: str, unbuffered: str, tmp_path: Path
) -> None:
    bad = f"--operation create_lead {broken(tmp_path)}"

    passed = shell(f"{unbuffered}leadproof validate {GOOD} --no-run {form} | {reader}", tmp_path)
    failed = shell(f"{unbuffered}leadproof validate {bad} --no-run {form} | {reader}", tmp_path)

    assert (passed, failed) == ((0, "", ""), (1, "", ""))


def test_a_report_is_written_whoever_reads(tmp_path: Path) -> None:
    code, _, err = shell(f"leadproof validate {GOOD} --out runs | true", tmp_path)

    assert (code, err) == (0, "")
    assert [path.name for path in tmp_path.glob("runs/*/manifest.json")] == ["manifest.json"]


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("leadproof explain clauses | true", 0),
        ("leadproof --help | true", 0),
        ("leadproof explain no-such-thing 2>&1 | true", 2),
        ("leadproof nonsense 2>&1 | true", 2),
    ],
)
def test_other_commands_keep_their_codes_too(command: str, code: int, tmp_path: Path) -> None:
    assert shell(command, tmp_path) == (code, "", "")


@pytest.mark.parametrize(
    "command",
    [
        "leadproof --help",
        "leadproof explain clauses",
        "PYTHONUNBUFFERED=1 leadproof explain clauses",
        f"leadproof validate {GOOD} --no-run",
        f"leadproof validate {GOOD} --no-run --json",
    ],
)
def test_a_full_device_is_an_error_of_its_own(command: str, tmp_path: Path) -> None:
    assert shell(f"{command} > /dev/full", tmp_path) == (2, "", FULL)


def test_a_full_device_loses_no_report(tmp_path: Path) -> None:
    code, _, err = shell(f"leadproof validate {GOOD} --out runs > /dev/full", tmp_path)

    assert (code, err) == (2, FULL)
    assert list(tmp_path.glob("runs/*/manifest.json"))


@pytest.mark.parametrize("stderr", ["2> /dev/full", "2>&-", "2> /dev/full > /dev/full"])
def test_what_cannot_be_told_changes_no_code(stderr: str, tmp_path: Path) -> None:
    assert shell(f"leadproof explain nonsense {stderr}", tmp_path) == (2, "", "")


@pytest.mark.parametrize("closed", [">&-", "<&- >&- 2>&-"])
def test_closed_streams_are_no_place_for_sockets(closed: str, tmp_path: Path) -> None:
    """The mock's event loop would get the number of a closed stream, and end the process."""
    code, _, err = shell(f"leadproof certify --quick --out runs {closed}", tmp_path)

    assert (code, err) == (0, "")
    assert list(tmp_path.glob("runs/*/manifest.json"))


def test_a_terminal_that_is_closed_ends_nothing(tmp_path: Path) -> None:
    ours, theirs = os.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "leadproof", "validate", "-", "--out", "runs"],
        cwd=tmp_path, stdin=subprocess.PIPE, stdout=theirs, stderr=theirs, start_new_session=True,
    ) as process:  # fmt: skip
        os.close(theirs)
        os.close(ours)
        assert process.stdin is not None
        process.stdin.write(GOOD.read_bytes())
        process.stdin.close()
        code = process.wait(120)

    assert code == 0
    assert list(tmp_path.glob("runs/*/manifest.json"))
