"""Real recordings of clients that talked to the mock are judged like the same exchanges judged live.

`tests/recording/make.py` made what lies in tests/data/recorded, and where Chromium or mitmproxy are installed, it makes
new ones here.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from leadproof.captures import FileProblem, format_of_file, read
from leadproof.contract.profile import load
from leadproof.core.exchange import Exchange, Part, gaps, header
from leadproof.core.findings import Finding, Observation
from leadproof.judge import Judge
from leadproof.judge.checks.messages import CREDENTIALS

RECORDED = Path(__file__).parent / "data" / "recorded"
MAKE = Path(__file__).parent / "recording" / "make.py"
PROFILE = load()

#: Recording, its format, and the exchanges as the service saw them.
PAIRS = [
    ("chromium.har", "har", "chromium-live.ndjson"),
    ("mitmproxy.har", "har", "mitmproxy-live.ndjson"),
    ("mitmproxy.flow", "flow", "mitmproxy-live.ndjson"),
]

#: What has to be found in every recording: clauses that the service breaks, and kinds of what the client does.
BROKEN = {"LE2-ALL-AUTH-01", "LE2-PING-RULE-05", "LE2-STATUS-SEQ-02"}
HABITS = {
    "client.path", "client.profile", "client.repeated", "client.sequence", "file.ambiguous", "schema.unknown",
    "status.unexpected",
}  # fmt: skip

Said = tuple[str, str, str, str, str, list[Finding], list[Observation]]


def exchanges(path: Path) -> list[Exchange]:
    """What the client sent to the service, without the page that it came from."""
    found = list(read(path))
    assert [one for one in found if isinstance(one, FileProblem)] == []
    ours = [one for one in found if isinstance(one, Exchange)]
    return [one for one in ours if one.request.path.startswith(("/v2/", "/processor/"))]


def judged(found: list[Exchange]) -> list[Said]:
    """What the judge says of each exchange, wherever it comes from."""
    judge = Judge(profile=PROFILE, captured=True)
    rows = []
    for one in found:
        said = judge.judge(one)
        findings = [replace(finding, origin="") for finding in said.findings]
        observations = [replace(observation, origin="") for observation in said.observations]
        request = one.request
        rows.append((request.method, request.target, said.outcome, said.operation, said.media, findings, observations))
    return rows


def assert_as_live(recording: Path, live: Path) -> None:
    captured, seen = exchanges(recording), exchanges(live)
    browser = recording.name.startswith("chromium")
    if browser:
        seen = [as_a_browser_tells(one) for one in seen]

    assert [(one.request.body, one.response) for one in captured if one.response is None] == []
    assert [one.request.body for one in captured] == [one.request.body for one in seen]
    assert [one.response.body for one in captured] == [one.response.body for one in seen]
    said = judged(captured)
    assert said == judged(seen)
    assert {one.clause for row in said for one in row[5]} == BROKEN - ({"LE2-ALL-AUTH-01"} if browser else set())
    assert {one.kind for row in said for one in row[6]} == HABITS | ({"client.credentials"} if browser else set())


def as_a_browser_tells(exchange: Exchange) -> Exchange:
    """A browser leaves credentials out of what it exports: where there are none, nobody knows whether any were sent."""
    shown = any(header(exchange.request.headers, name) for name in CREDENTIALS)
    return exchange if shown else replace(exchange, unknown=gaps(Part.CREDENTIALS))


@pytest.mark.parametrize(("name", "kind", "live"), PAIRS)
def test_a_recording_is_judged_like_the_same_exchanges_judged_live(name: str, kind: str, live: str) -> None:
    assert format_of_file(RECORDED / name) == kind
    assert_as_live(RECORDED / name, RECORDED / live)


def test_responses_were_packed_on_the_wire_and_are_not_in_the_exchange() -> None:
    for name, _, _ in PAIRS:
        packed = [one for one in exchanges(RECORDED / name) if header(one.response.headers, "content-encoding")]
        assert packed
        assert all(one.response.body[:1] in (b"{", b"<") for one in packed)


@pytest.mark.parametrize("recorder", ["chromium", "mitmproxy"])
def test_a_recording_made_now_is_judged_like_the_same_exchanges_judged_live(recorder: str, tmp_path: Path) -> None:
    program = {"chromium": "chromium", "mitmproxy": os.environ.get("MITMDUMP") or "mitmdump"}[recorder]
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")

    subprocess.run([sys.executable, str(MAKE), recorder, str(tmp_path)], check=True, timeout=120)

    for name, _, live in PAIRS:
        if name.startswith(recorder):
            assert_as_live(tmp_path / name, tmp_path / live)
