"""`leadproof record` as users run it: a process in front of the mock, its files, its console, and how it ends."""

from __future__ import annotations

import contextlib
import json
import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from namespaces import free_port

from leadproof import bodies
from leadproof.contract import specs
from leadproof.contract.profile import load
from leadproof.core.exchange import Exchange, Request
from leadproof.generate.leads import LeadMaker
from leadproof.mock.defects import pick, planted
from leadproof.mock.server import Running
from leadproof.mock.server import running as serving
from leadproof.redact import Redactor
from leadproof.runs.evidence import Run, read_exchanges, read_report, verify
from leadproof.runs.formats import RENDERERS

KEY = load().credentials.api_keys[0]


@dataclass
class Recording:
    process: subprocess.Popen[str]
    url: str
    folder: Path
    #: What it printed before the first request.
    said: list[str]

    def client(self, **headers: str) -> httpx.Client:
        return httpx.Client(base_url=self.url, headers={"api-key": KEY, **headers}, trust_env=False, timeout=10)

    def end(self, number: int = signal.SIGINT, within: float = 120) -> tuple[int, str, str]:
        """Ends it by a signal; exit code, stdout and stderr."""
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=within)
        return self.process.returncode, out, err

    def rows(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (self.folder / "exchanges.ndjson").read_text("utf-8").splitlines()]

    def report(self) -> dict[str, Any]:
        return json.loads((self.folder / "report.json").read_text("utf-8"))


@pytest.fixture
def recording(tmp_path: Path) -> Iterator[Callable[..., Recording]]:
    """Starts recordings: `recording(target URL, "--fail", …)`."""
    with ExitStack() as stack:

        def start(url: str, *options: str) -> Recording:
            command = [sys.executable, "-m", "leadproof", "record", "--target", url, "--port", "0", *options]
            environment = {name: value for name, value in os.environ.items() if not name.startswith("LEADPROOF_")}
            process = subprocess.Popen(
                command, cwd=tmp_path, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
            )
            stack.callback(stop, process)
            stream = process.stderr if "--json" in options else process.stdout
            assert stream is not None
            said = [stream.readline() for _ in range(3)]
            found = re.search(r"through (http://\S+) to", said[0])
            assert found, (said, process.stderr.read() if process.stderr else "")
            return Recording(process, found[1], tmp_path / said[1].split()[-1], said)

        yield start


def stop(process: subprocess.Popen[str]) -> None:
    if process.poll() is None:
        process.kill()
        process.communicate()
    for stream in (process.stdout, process.stderr):
        if stream:
            stream.close()


PING = {
    "source": {"vid": 1001, "lid": 2001},
    "leads": [
        {
            "properties": {},
            "fields": {"State": "TX", "Zip": "75001", "VehicleYear": "2015", "CurrentlyInsured": "true"},
        }
    ],
}


def ping(client: httpx.Client, fmt: str = "json") -> httpx.Response:
    body = bodies.encode_request("ping", fmt, PING, specs.load())
    kind = f"application/{fmt}"
    return client.post("/v2/insert/ping", content=body, headers={"content-type": kind, "accept": kind})


def journey(client: httpx.Client, number: int = 0) -> None:
    """What an integrator's client does: creates, pings and posts in both representations, checks, looks up."""
    maker, spec = LeadMaker(load(), number, nonce=number), specs.load()
    paths = {
        "create_lead": "general",
        "create_call_lead": "calldata",
        "ping": "ping",
        "create_call_transfer": "transfer",
    }
    for fmt in ("json", "xml"):
        kind = {"content-type": f"application/{fmt}", "accept": f"application/{fmt}"}
        for step, (operation, path) in enumerate(paths.items()):
            value, _ = maker.request(operation, (10 * number + step,))
            body = bodies.encode_request(operation, fmt, value, spec)
            client.post(f"/v2/insert/{path}", content=body, headers=kind)
    client.get("/v2/status/1", headers={"accept": "application/json"})


# ---- what is left behind ---------------------------------------------------------------------------------------------

BROKEN = ("request-id-constant", "lead-id-constant", "expiry-in-the-past", "xml-expiry-in-local-time")


def test_validate_says_of_the_har_what_was_said_live(recording: Callable[..., Recording], tmp_path: Path) -> None:
    with serving(planted(pick(BROKEN), load(), clock=time.time)) as mock:
        record = recording(mock.url)
        with record.client() as client:
            for number in range(3):
                journey(client, number)
        code, out, err = record.end()

    assert (code, err) == (1, "")
    assert re.match(r"\nFAILED  \d+ requirements? failed.*\n\n  exchanges  27, 27 judged\n", out)
    command = [sys.executable, "-m", "leadproof", "validate", "--json", record.folder / "traffic.har"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    live, later = record.report(), json.loads(done.stdout)
    assert done.returncode == 1
    assert len({row["clause"] for row in live["findings"]}) > 2
    for part in ("verdict", "exit_code", "counts", "observations", "clauses", "coverage"):
        assert later[part] == live[part], part
    assert [_comparable(row) for row in later["findings"]] == [_comparable(row) for row in live["findings"]]


def _comparable(row: dict[str, Any]) -> dict[str, Any]:
    """A finding without the example it is shown by: the shortest is chosen, and stand-ins have other lengths."""
    example = ("exchange", "origin", "request", "response", "curl")
    return {name: value for name, value in row.items() if name not in example}


def test_a_har_of_failures_is_read_as_what_went_wrong(
    recording: Callable[..., Recording], raw_target: Callable[..., Any], tmp_path: Path
) -> None:
    record = recording(raw_target(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}").url)
    with record.client() as client, pytest.raises(httpx.TransportError):
        ping(client)
    code, _, _ = record.end()

    [exchange] = list(read_exchanges(record.folder))
    assert (code, exchange.response, exchange.failure) == (1, None, "framing.length")
    command = [sys.executable, "-m", "leadproof", "validate", "--no-run", "--json", record.folder / "traffic.har"]
    later = json.loads(subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).stdout)
    assert [row["kind"] for row in later["findings"]] == [row["kind"] for row in record.report()["findings"]]
    assert later["findings"][0]["kind"] == "framing.length"


def test_nothing_that_is_left_behind_or_printed_holds_a_secret_or_says_who_somebody_is(
    recording: Callable[..., Recording], http_target: Callable[..., str], tmp_path: Path
) -> None:
    secrets = {
        "api-key": "k3y-canary-0123456789",
        "authorization": "Bearer t0ken-canary-9876543210",
        "cookie": "sid=c00kie-canary-55",
    }
    people = ("avery.canary@leads.example", "Canarywright", "214-555-0143", "987-65-4321", "742 Canary Terrace")
    fields = dict(zip(("Email", "LastName", "Phone", "SSN", "Address"), people, strict=True))
    body = {"source": {"vid": 1001, "lid": 2001}, "leads": [{"properties": {}, "fields": fields}]}
    echo = json.dumps({"detail": " ".join([*secrets.values(), *people]), "results": "wrong"}).encode()
    kind = {"Content-Type": "application/json", "Set-Cookie": "session=s3ssion-canary-77; HttpOnly"}
    record = recording(http_target(lambda method, path, headers, content: (200, kind, echo)), "--fail")
    with record.client(**secrets) as client:
        shown = client.post("/v2/insert/general?access_token=qu3ry-canary-44", json=body).text
    code, out, err = record.end()

    files = [path.read_text("utf-8") for path in record.folder.iterdir()]
    everything = "\n".join([*files, out, err, "".join(record.said), shown])
    canaries = [
        *people,
        *re.findall(r"[\w-]*canary-\d+", " ".join(secrets.values())),
        "s3ssion-canary-77",
        "qu3ry-canary-44",
    ]
    assert code == 1
    assert len(files) == 6 + len(RENDERERS)
    assert [one for one in canaries if one in everything] == []
    assert len(list(tmp_path.rglob("*.part"))) == 0


# ---- how it ends -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_recording_with_its_reports(
    recording: Callable[..., Recording], served_mock: Running, number: int
) -> None:
    record = recording(served_mock.url)
    with record.client() as client:
        assert ping(client).json()["results"][0]["willAccept"] is True
        code, out, err = record.end(number)

    assert (code, err) == (0, "")
    assert out.startswith("\nPASSED  all tested requirements passed\n\n  exchanges  1, 1 judged\n")
    names = {"exchanges.ndjson", "findings.ndjson", "manifest.json", "rows.ndjson", "run.json", "traffic.har"}
    names |= {row.file for row in RENDERERS.values()}
    assert {path.name for path in record.folder.iterdir()} == names
    assert verify(record.folder).holds


def test_a_number_ends_a_recording_and_stdout_holds_the_report_alone(
    recording: Callable[..., Recording], served_mock: Running
) -> None:
    record = recording(served_mock.url, "--json", "--max-exchanges", "3", "--no-har")
    with record.client() as client:
        for _ in range(3):
            ping(client)
    out, _ = record.process.communicate(timeout=120)

    assert record.process.returncode == 0
    assert json.loads(out)["counts"]["exchanges"] == 3
    assert json.loads(out) == record.report()
    assert not (record.folder / "traffic.har").exists()


def test_a_time_ends_a_recording_and_nothing_recorded_is_nothing_tested(
    recording: Callable[..., Recording], served_mock: Running
) -> None:
    record = recording(served_mock.url, "--duration", "0.2s")
    out, _ = record.process.communicate(timeout=120)

    assert record.process.returncode == 4
    assert out.startswith("\nINCONCLUSIVE  nothing could be tested\n  hint: no exchange was found\n")


def test_a_signal_before_the_planned_end_is_an_interruption(
    recording: Callable[..., Recording], served_mock: Running
) -> None:
    record = recording(served_mock.url, "--max-exchanges", "3")
    with record.client() as client:
        ping(client)
    code, _, _ = record.end()

    assert code == 130
    assert record.report()["counts"]["exchanges"] == 1


def test_a_target_that_never_responds_is_unreachable(recording: Callable[..., Recording]) -> None:
    record = recording("http://127.0.0.1:9")
    with record.client() as client:
        assert ping(client).status_code == 502
    code, _, _ = record.end()

    assert code == 5
    assert record.rows()[0]["failure"] == "transport.refused"


def test_fail_keeps_a_response_back_that_violates_the_contract(recording: Callable[..., Recording]) -> None:
    with serving(planted(pick(("expiry-in-the-past",)), load(), clock=time.time)) as mock:
        record = recording(mock.url, "--fail")
        with record.client() as client:
            kept_back = ping(client)
        code, _, _ = record.end()

    assert (kept_back.status_code, kept_back.headers["content-type"]) == (502, "application/problem+json")
    assert "LE2-PING-RULE-04" in [row["clause"] for row in kept_back.json()["findings"]]
    assert code == 1
    assert [row["response"]["status"] for row in record.rows()] == [200]


def test_fail_lets_pass_what_is_right(recording: Callable[..., Recording], served_mock: Running) -> None:
    record = recording(served_mock.url, "--fail")
    with record.client() as client:
        statuses = [ping(client, fmt).status_code for fmt in ("json", "xml", "json")]
    code, _, _ = record.end()

    assert (statuses, code) == ([200, 200, 200], 0)


# ---- and how it is ended ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("whom", "connections"), [("recorder", 1), ("both", 4)])
def test_kill_9_loses_one_record_at_most_and_touches_no_earlier_run(
    recording: Callable[..., Recording], served_mock: Running, tmp_path: Path, whom: str, connections: int
) -> None:
    with Run.open(tmp_path / "reports" / "out", "validate", redactor=Redactor()) as run:
        run.exchange(Exchange(Request("GET", "/v2/status/1"), None))
    earlier = {path: path.read_bytes() for path in run.path.iterdir()}
    record = recording(served_mock.url)
    request_ids: list[str] = []
    stop_asking = threading.Event()

    def ask() -> None:
        with record.client() as client:
            while not stop_asking.is_set():
                try:
                    request_ids.append(ping(client).json()["requestId"])
                except (httpx.TransportError, ValueError):
                    return

    threads = [threading.Thread(target=ask) for _ in range(connections)]
    for thread in threads:
        thread.start()
    number = random.randint(10, 100)
    wait_for(lambda: len(request_ids) >= number)
    keeper = children(record.process.pid)
    record.process.kill()
    if whom == "both":
        for one in keeper:
            os.kill(one, signal.SIGKILL)
    lines = (record.folder / "exchanges.ndjson").read_bytes().splitlines()
    stop_asking.set()
    for thread in threads:
        thread.join(10)

    assert len(keeper) == 1
    written = {json.loads(row["response"]["body"])["requestId"] for row in _whole(lines)}
    # Between the kill and the reading the system may still hand out a response that was on its way.
    assert len(set(request_ids) - written) <= 1
    assert len(list(read_exchanges(record.folder))) >= len(written)
    assert {path: path.read_bytes() for path in run.path.iterdir()} == earlier
    if whom == "both":
        assert read_report(record.folder)["counts"]["exchanges"] == len(list(read_exchanges(record.folder)))
    if whom == "recorder":
        wait_for(lambda: (record.folder / "manifest.json").exists())
        assert record.report()["exit_code"] == 130


def _whole(lines: list[bytes]) -> list[dict[str, Any]]:
    found = []
    for line in lines:
        try:
            found.append(json.loads(line))
        except ValueError:
            assert line == lines[-1]
    return found


def children(pid: int) -> list[int]:
    """The processes that a process has started."""
    path = Path(f"/proc/{pid}/task/{pid}/children")
    if not path.exists():
        pytest.skip("only Linux tells which processes belong to another")
    return [int(one) for one in path.read_text().split()]


def wait_for(condition: Callable[[], Any], seconds: float = 120.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


def test_a_keeper_that_dies_ends_the_recording_with_a_message(
    recording: Callable[..., Recording], served_mock: Running
) -> None:
    record = recording(served_mock.url)
    with record.client() as client:
        ping(client)
        wait_for(record.rows)
        [keeper] = children(record.process.pid)
        os.kill(keeper, signal.SIGKILL)
        _, err = record.process.communicate(timeout=120)

    assert record.process.returncode == 2
    assert err == (
        "leadproof: error: the process that keeps the records has ended\n"
        "  hint: what it wrote until then is in the run directory\n"
    )
    assert len(record.rows()) == 1


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (("--target", "nowhere"), 2, "'nowhere' is neither a URL nor a named target"),
        (("--target", "http://user:secret@127.0.0.1:1"), 2, "the target's URL holds credentials"),
        (("--target", "http://127.0.0.1:1", "--out", "file"), 2, "file: File exists"),
        (("--target", "http://127.0.0.1:1", "--duration", "soon"), 2, "'soon' is no duration"),
        ((), 2, "Missing option '--target'"),
    ],
)
def test_what_cannot_be_recorded_is_said_before_anything_is_listened_to(
    tmp_path: Path, options: tuple[str, ...], code: int, words: str
) -> None:
    (tmp_path / "file").touch()

    done = subprocess.run(
        [sys.executable, "-m", "leadproof", "record", "--port", "0", *options], cwd=tmp_path, capture_output=True,
        text=True, check=False, timeout=120,
    )  # fmt: skip

    assert (done.returncode, done.stdout) == (code, "")
    assert done.stderr.startswith(f"leadproof: error: {words}") or words in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="has no limit for the size of a file")
def test_a_recording_that_the_disk_does_not_take_is_no_interruption(served_mock: Running, tmp_path: Path) -> None:
    import resource

    with subprocess.Popen(
        [sys.executable, "-m", "leadproof", "record", "--target", served_mock.url, "--port", "0"], cwd=tmp_path,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},  # no part of a module may be left for others
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, -1)),
    ) as process:  # fmt: skip
        assert process.stdout is not None
        url = process.stdout.readline().split()[4]
        with httpx.Client(base_url=url, trust_env=False, timeout=60) as client, contextlib.suppress(httpx.HTTPError):
            while process.poll() is None:
                client.get("/v2/status/1", headers={"api-key": KEY})
        _, err = process.communicate(timeout=120)
    [folder] = (tmp_path / "reports" / "out").iterdir()
    read = subprocess.run(
        [sys.executable, "-m", "leadproof", "report", str(folder)], capture_output=True, text=True, check=False
    )

    assert (process.returncode, read.returncode) == (2, 2)
    assert "exchanges.ndjson: File too large" in err
    assert "what was found could not be written to its end" in read.stdout


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LOCALHOST", "0.0.0.0", "127.1", "[::ffff:127.0.0.1]"])
def test_a_recorder_that_is_its_own_target_is_refused_before_it_listens(tmp_path: Path, host: str) -> None:
    port = free_port()

    done = subprocess.run(
        [sys.executable, "-m", "leadproof", "record", "--target", f"http://{host}:{port}", "--port", str(port)],
        cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip

    assert (done.returncode, done.stdout, list(tmp_path.iterdir())) == (2, "", [])
    assert f"the target is the recorder itself: both are port {port}" in done.stderr
    assert "hint: name the service as --target" in done.stderr


def test_a_proxy_that_is_the_recorder_is_refused_too(tmp_path: Path) -> None:
    port = free_port()
    (tmp_path / "leadproof.toml").write_text(
        f'[targets.sandbox]\nurl = "http://sandbox.example"\nproxy = "http://127.0.0.1:{port}"\n'
    )

    done = subprocess.run(
        [sys.executable, "-m", "leadproof", "record", "--target", "sandbox", "--port", str(port)],
        cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip

    assert (done.returncode, done.stdout) == (2, "")
    assert "the proxy of the target is the recorder itself" in done.stderr


def test_a_port_that_is_taken_is_named(
    recording: Callable[..., Recording], served_mock: Running, tmp_path: Path
) -> None:
    port = served_mock.url.rpartition(":")[2]

    done = subprocess.run(
        [sys.executable, "-m", "leadproof", "record", "--target", "http://127.0.0.1:1", "--port", port], cwd=tmp_path,
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"leadproof: error: the recorder cannot listen on port {port}: ")
