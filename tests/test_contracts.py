"""`contracts/` as users run it: by path, against the mock and against targets that are wrong, and what it says then."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from leadproof import suite

ROOT = Path(__file__).resolve().parent.parent
CONTRACTS = ROOT / "contracts"


def run(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-p",
            "no:cacheprovider",
            "-p",
            "no:locust",
            "-p",
            "no:schemathesis",
            *arguments,
        ],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src"), "COLUMNS": "200", **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_every_topic_has_its_file() -> None:
    files = {path.stem.removeprefix("test_") for path in CONTRACTS.glob("test_*.py")}

    assert files == set(suite.TOPICS)


def test_the_table_of_contents_reads_topic_by_topic(tmp_path: Path) -> None:
    done = run(str(CONTRACTS), "--collect-only", "-q", cwd=tmp_path)

    lines = [line for line in done.stdout.splitlines() if "::" in line]
    topics = list(dict.fromkeys(re.search(r"test_(\w+)\.py", line)[1] for line in lines))
    assert topics == list(suite.TOPICS)
    assert any(line.endswith("test_operation[ping, json: accepted]") for line in lines)
    assert len(lines) == len(list(suite.cases()))


def test_the_mock_passes_in_two_processes(tmp_path: Path) -> None:
    done = run(str(CONTRACTS / "test_twins.py"), "-q", "-n", "2", cwd=tmp_path)

    assert done.returncode == 0, done.stdout
    assert not (tmp_path / ".hypothesis").exists() or not list((tmp_path / ".hypothesis").glob("examples/**/*"))


def test_a_clause_is_named_by_a_marker(tmp_path: Path) -> None:
    script = (
        "from leadproof.pytest_plugin import contract_cases\n"
        "print([mark.args for one in contract_cases('callbacks')[:1] for mark in one.marks])"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}

    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)

    assert "LE2-ALL-CALLBACK-01" in done.stdout


def test_without_the_plugin_it_says_what_is_missing(tmp_path: Path) -> None:
    done = run(str(CONTRACTS), "-p", "no:leadproof", cwd=tmp_path)

    assert done.returncode == 4
    assert "needs the plugin leadproof" in done.stdout + done.stderr


def test_a_broken_response_is_shown_in_full(tmp_path: Path, http_target) -> None:
    response = b'{"requestId": "929f4d31-5576-49b5-ae9b-606d94a475e2", "results": [{"willAccept": "yes"}]}'
    url = http_target(lambda *_: (200, {"Content-Type": "application/json"}, response))

    done = run(
        str(CONTRACTS / "test_operations.py"), "-k", "ping and json and accepted", "--leadproof-target", url,
        cwd=tmp_path, LEADPROOF_API_KEY="canary-key-4711",
    )  # fmt: skip

    assert done.returncode == 1
    for words in (
        "LE2-PING-RES-03", "/results/0/willAccept", "expected", "boolean", 'string "yes"', "Create Inbound PING / ",
        "curl -sS -X POST", "ping, json: accepted",
    ):  # fmt: skip
        assert words in done.stdout, words
    assert "canary-key-4711" not in done.stdout + done.stderr


def test_an_xml_response_is_shown_with_its_xpath(tmp_path: Path, http_target) -> None:
    document = (
        b'<PingReceiverResult xmlns="http://schemas.datacontract.org/2004/07/LeadExec.LeadReceiver.API.Models" '
        b'xmlns:i="http://www.w3.org/2001/XMLSchema-instance"><RequestId>929f4d31-5576-49b5-ae9b-606d94a475e2</RequestId>'
        b'<Results xmlns:d2p1="http://schemas.datacontract.org/2004/07/LeadImportService.Core.Classes"><d2p1:PingResponse>'
        b"<WillAccept>yes</WillAccept></d2p1:PingResponse></Results></PingReceiverResult>"
    )
    url = http_target(lambda *_: (200, {"Content-Type": "application/xml"}, document))

    done = run(
        str(CONTRACTS / "test_operations.py"), "-k", "ping and xml and accepted", "--leadproof-target", url,
        cwd=tmp_path, LEADPROOF_API_KEY="k",
    )  # fmt: skip

    assert "WillAccept" in done.stdout
    assert "/PingReceiverResult" in done.stdout.replace("*:", "")


def test_a_target_that_lets_nobody_in_fails(tmp_path: Path, http_target) -> None:
    url = http_target(lambda *_: (401, {"Content-Type": "application/json"}, b"{}"))

    done = run(str(CONTRACTS / "test_twins.py"), "-k", "ping", "--leadproof-target", url, cwd=tmp_path)

    assert done.returncode == 1
    assert "nothing was tested: the credentials were rejected" in done.stdout


def test_a_target_without_a_response_ends_the_session(tmp_path: Path) -> None:
    done = run(str(CONTRACTS / "test_twins.py"), "--leadproof-target", "http://127.0.0.1:1", cwd=tmp_path)

    assert done.returncode == 5
    assert "cannot be reached" in done.stdout + done.stderr


def test_what_the_mock_alone_can_be_told_is_skipped_elsewhere(tmp_path: Path, served_mock) -> None:
    done = run(
        str(CONTRACTS / "test_sequences.py"), "-k", "review or journey or twice", "-rs", "--leadproof-target",
        served_mock.url, cwd=tmp_path, LEADPROOF_API_KEY="mock-api-key-not-a-secret",
    )  # fmt: skip

    assert done.returncode == 0, done.stdout
    assert "can be told to the built-in mock only" in done.stdout


def test_a_wrong_option_is_one_message(tmp_path: Path) -> None:
    done = run(str(CONTRACTS / "test_twins.py"), "--leadproof-reading", "namespaces=none", cwd=tmp_path)

    assert done.returncode != 0
    assert "has no choice 'none'" in done.stdout + done.stderr


@pytest.mark.parametrize("path", sorted(CONTRACTS.glob("test_*.py")), ids=lambda path: path.stem)
def test_a_file_is_thin(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) < 20
