"""Right clients that are written differently pass: no situation takes a right client for a wrong one.

The programs lie in tests/clients/right and share nothing with the example of leadproof. A sample of the situations is
played here; `leadproof certify-client -- python tests/clients/right/with_requests.py {lead.json}` plays all of them.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from clients.judged.samples import SAMPLES, WORDS

from leadproof.commands.certify_client import driven, play_all
from leadproof.contract.profile import load
from leadproof.suite.client.driving import Driver
from leadproof.suite.client.situations import every

CLIENTS = Path(__file__).resolve().parent / "clients"
RIGHT = CLIENTS / "right"

#: Situations in which a right client has most to do, or was taken for a wrong one.
SAMPLE = (
    "ping-declined-then-other", "order-per-lead", "order-other-campaign", "refused-no-error", "offers-shown",
    "duplicate-known", "batch-one-refused", "update-right-lead", "status-right-request", "reset-after-taken",
    "truncated-after-taken", "throttled", "ping-throttled", "html-instead", "results-empty", "redirect-elsewhere",
    "unauthorised", "connection-closed-between", "response-in-drops", "unknown-members", "escaped-text", "compressed",
    "byte-order-mark", "text-with-markup", "text-with-emoji", "callback-twice", "callback-out-of-order",
    "callback-early",
)  # fmt: skip
OF_XML = ("xml-prefixes", "xml-nil", "xml-comments", "xml-cdata", "xml-declaration", "xml-serializer")


def came_to(command: tuple[str, ...], ids: tuple[str, ...]) -> dict[str, tuple[str, list[str]]]:
    play = driven(Driver(command), load(), 7)
    results = play_all([every()[name] for name in ids], play, 4)
    return {one.situation.id: (one.result, [wrong.message for wrong in one.wrongs]) for one in results}


def all_passed(ids: tuple[str, ...]) -> dict[str, tuple[str, list[str]]]:
    return {name: ("passed", []) for name in ids}


def test_a_right_client_with_requests_passes() -> None:
    found = came_to((sys.executable, str(RIGHT / "with_requests.py"), "{lead.json}"), SAMPLE)

    assert found == all_passed(SAMPLE)


def test_a_right_client_with_aiohttp_in_xml_passes() -> None:
    ids = (*SAMPLE, *OF_XML)
    found = came_to((sys.executable, str(RIGHT / "with_aiohttp.py"), "{lead.json}"), ids)

    assert found == all_passed(ids)


@pytest.mark.skipif(shutil.which("javac") is None, reason="no javac: Debian package default-jdk-headless")
def test_a_right_client_with_java_passes(tmp_path: Path) -> None:
    sources = [str(RIGHT / name) for name in ("RightClient.java", "Json.java")]
    subprocess.run(["javac", "--release", "11", "-encoding", "UTF-8", "-d", str(tmp_path), *sources], check=True)
    command = (
        "java",
        "-XX:TieredStopAtLevel=1",
        "-XX:+UseSerialGC",
        "-cp",
        str(tmp_path),
        "RightClient",
        "{lead.json}",
    )

    assert came_to(command, SAMPLE) == all_passed(SAMPLE)


def test_every_right_client_says_that_it_cannot_do_another_task(tmp_path: Path) -> None:
    task = tmp_path / "lead.json"
    task.write_text(json.dumps({"task": "sell-the-moon", "url": "http://127.0.0.1:1", "source": {}, "leads": []}))
    for name in ("with_requests.py", "with_aiohttp.py"):
        done = subprocess.run([sys.executable, str(RIGHT / name), str(task)], capture_output=True, timeout=60)
        assert (name, done.returncode) == (name, 64)


def test_of_a_client_that_has_its_own_leads_it_is_asked_whether_a_response_said_so(tmp_path: Path) -> None:
    command = (sys.executable, str(CLIENTS / "judged" / "samples.py"), "python", str(CLIENTS))
    secret = load().credentials.api_keys[0]
    ids = ("lead-accepted", "results-empty", "bad-request", "text-of-4000", "duplicate-known")
    results = play_all(
        [every()[name] for name in ids], driven(Driver((*command, secret), own_leads=True), load(), 7), 2
    )

    assert {one.situation.id: one.result for one in results} == {
        "lead-accepted": "passed", "results-empty": "failed", "bad-request": "passed", "text-of-4000": "untested",
        "duplicate-known": "untested",
    }  # fmt: skip


def test_what_the_samples_came_to_is_known_of_every_situation_that_does_not_wait() -> None:
    judged = json.loads((CLIENTS / "judged" / "results.json").read_text("utf-8"))
    quick = {one.id for one in every().values() if not one.text.slow}
    wrong = {words for results in judged.values() for state, words in results.values() if state == "failed"}

    assert {name: set(results) for name, results in judged.items()} == dict.fromkeys(judged, quick)
    assert set(judged) == {name for name, one in SAMPLES.items() if one.probe}
    assert wrong == set(WORDS)
