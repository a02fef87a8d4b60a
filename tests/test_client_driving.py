"""Clients as processes that do what no client should: each ends in a clear word, and nothing of it is left running."""

from __future__ import annotations

import json
import os
import signal
import sys
import textwrap
from contextlib import suppress
from pathlib import Path

import pytest
from test_signals import ended, started, wait_for, written

from leadproof.commands import certify_client
from leadproof.contract.profile import load
from leadproof.suite.client.deciding import SituationResult
from leadproof.suite.client.driving import Driver
from leadproof.suite.client.situations import every

pytestmark = pytest.mark.skipif(os.name != "posix", reason="process groups are of POSIX")

PROFILE = load()
EXAMPLE = ("-m", "leadproof.suite.client.example", "{lead.json}")


def program(folder: Path, text: str) -> tuple[str, ...]:
    """A client that is written for a test; its process id stands in a file."""
    path = folder / "client.py"
    path.write_text(
        "import json, os, signal, subprocess, sys, time, urllib.request\n"
        f"open({str(folder / 'pids')!r}, 'a').write(f'{{os.getpid()}}\\n')\n" + textwrap.dedent(text)
    )
    return (sys.executable, str(path), "{lead.json}")


def driven(folder: Path, text: str, *, deadline: float = 60.0, situation: str = "lead-accepted") -> SituationResult:
    """What a situation comes to with such a client, which has gone when it is known."""
    result = certify_client.driven(Driver(program(folder, text), deadline), PROFILE, 0)(
        every()[situation], lambda: False
    )
    assert result is not None
    assert left_running(folder) == []
    return result


def left_running(folder: Path) -> list[int]:
    """Processes that a client wrote down and that are still there."""
    found = []
    for line in (folder / "pids").read_text().split() if (folder / "pids").exists() else ():
        with suppress(OSError):
            state = Path(f"/proc/{line}/stat").read_text().rpartition(")")[2].split()[0]
            found += [int(line)] if state != "Z" else []
    return found


SEND = """
task = json.load(open(sys.argv[1]))
def send():
    body = json.dumps({"source": task["source"], "leads": [{"fields": task["leads"][0]["fields"]}]}).encode()
    headers = {"api-key": task["apiKey"], "Content-Type": "application/json", "Accept": "application/json"}
    request = urllib.request.Request(task["url"] + "/v2/insert/general", body, headers)
    try:
        urllib.request.urlopen(request, timeout=10).read()
    except OSError:
        pass
"""


def test_a_client_that_hangs_is_ended_after_its_deadline(tmp_path: Path) -> None:
    result = driven(tmp_path, "time.sleep(600)", deadline=2.0)

    assert result.result == "untested"
    assert "the client sent no request, and it did not end, and was ended after its deadline" in result.reason


def test_a_client_that_hangs_after_a_lead_fails(tmp_path: Path) -> None:
    result = driven(tmp_path, SEND + "send(); time.sleep(600)", deadline=8.0)

    assert result.result == "failed"
    assert ("client.deadline", "the client did not end") in [wrong[:2] for wrong in result.wrongs]


def test_a_client_that_does_not_want_to_end_is_killed(tmp_path: Path) -> None:
    result = driven(tmp_path, "signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)", deadline=2.0)

    assert result.result == "untested"


def test_what_a_client_leaves_behind_is_ended(tmp_path: Path) -> None:
    child = f"open({str(tmp_path / 'pids')!r}, 'a').write(f'{{os.getpid()}}\\\\n'); "
    text = f"""
    subprocess.Popen([sys.executable, "-c", "import os, time; {child}time.sleep(600)"])
    while open({str(tmp_path / "pids")!r}).read().count("\\n") < 2: time.sleep(0.05)
    """

    result = driven(tmp_path, text)

    assert len((tmp_path / "pids").read_text().split()) == 2
    assert result.result == "untested"


def test_a_crash_is_told(tmp_path: Path) -> None:
    result = driven(tmp_path, SEND + "send(); os.kill(os.getpid(), signal.SIGSEGV)")

    assert ("client.crash", "the client crashed") in [wrong[:2] for wrong in result.wrongs]


def test_a_client_that_floods_is_ended(tmp_path: Path) -> None:
    result = driven(tmp_path, SEND + "while True: send()", deadline=120.0)

    assert "client.hammering" in [wrong.kind for wrong in result.wrongs]
    assert len(result.played.calls) <= 100


@pytest.mark.parametrize("text", ["while True: print('x' * 10_000)", "os.write(1, bytes(range(256)) * 100)"])
def test_output_without_end_and_binary_output_do_no_harm(text: str, tmp_path: Path) -> None:
    result = driven(tmp_path, text, deadline=3.0)

    assert result.result == "untested"
    assert len(result.played.printed) <= 2_000


def test_exit_status_64_says_that_it_cannot(tmp_path: Path) -> None:
    result = driven(tmp_path, "sys.exit(64)")

    assert (result.result, result.reason) == ("untested", "the client says that it cannot do the task sell")


# ---- the whole command -----------------------------------------------------------------------------------------------


def run(folder: Path, *arguments: str) -> tuple[int, str, str]:
    with started(folder, "certify-client", "--out", "runs", *arguments) as process:
        out, err = process.communicate(timeout=180)
    return process.returncode, out, err


def test_exit_codes_are_those_of_the_documentation(tmp_path: Path) -> None:
    never = program(tmp_path, "sys.exit(0)")
    assert run(tmp_path, "--situation", "lead-accepted", "--json", "--", sys.executable, *EXAMPLE)[0] == 0
    assert run(tmp_path, "--situation", "refused-no-error", "--json", "--", sys.executable, *EXAMPLE)[0] == 0
    wrong = program(tmp_path, SEND + "send()")
    assert run(tmp_path, "--situation", "refused-no-error", "--json", "--", *wrong)[0] == 1
    never = program(tmp_path, "sys.exit(0)")
    assert run(tmp_path, "--situation", "lead-accepted", "--json", "--", *never)[0] == 4

    code, out, err = run(tmp_path, "--situation", "lead-acceptd", "--", *never)
    assert (code, out) == (2, "")
    assert err.splitlines() == [
        "leadproof: error: there is no situation 'lead-acceptd'", "  hint: did you mean lead-accepted?"
    ]  # fmt: skip
    assert run(tmp_path, "--", "./no-such-client")[0] == 2
    assert run(tmp_path)[0] == 2


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_in_the_middle_ends_all_clients_and_keeps_the_results(number: int, tmp_path: Path) -> None:
    quick = program(tmp_path, """
    task = json.load(open(sys.argv[1]))
    if "refused-no-error" in task["leads"][0]["reference"]:
        sys.exit(__import__("leadproof.suite.client.example.driver", fromlist=["main"]).main(sys.argv[1:]))
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    time.sleep(600)
    """)  # fmt: skip
    chosen = ("refused-no-error", "pending-review", "price-lower")
    words = [word for name in chosen for word in ("--situation", name)]
    with started(tmp_path, "certify-client", "--out", "runs", "--jobs", "3", *words, "--json", "--", *quick) as process:
        wait_for(written(tmp_path, "rows.ndjson", b'"refused-no-error"'))
        code, out, err = ended(process, number, group=False)

    assert code == 130, err
    assert wait_for(lambda: left_running(tmp_path) == [])
    report = json.loads(out)
    assert report["exit_code"] == 130
    assert len(list(tmp_path.glob("runs/*/report.json"))) == 1
    assert [row["id"] for row in report["clauses"] if row["result"] == "passed"] == ["refused-no-error"]
