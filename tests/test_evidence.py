"""The run directory: what is written, in which form, and that a killed or failing run leaves it readable."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from leadproof import captures
from leadproof.core import resources
from leadproof.core.errors import ExitCode, InputError, UsageError
from leadproof.core.exchange import Exchange, Request, Response, headers
from leadproof.core.findings import Finding, Observation
from leadproof.redact import Redactor
from leadproof.runs import evidence
from leadproof.runs.evidence import (
    EvidenceError,
    Run,
    exchange_row,
    hashes,
    read_exchanges,
    rows,
    target_class,
    write_export,
)
from leadproof.runs.formats import EXPORTS

START = datetime(2026, 11, 23, 19, 0, 0, tzinfo=timezone(timedelta(hours=1)))

EXCHANGE = Exchange(
    Request(
        "POST",
        "/v2/insert/ping?x=1",
        headers({"api-key": "canary-key-93b1c2", "content-type": "application/json"}),
        b'{"leads": [{"fields": {"Email": "zeb@mailbox.example", "State": "CA"}}]}',
    ),
    Response(200, headers({"content-type": "application/json"}), b'{"message": "zeb@mailbox.example was accepted"}'),
    operation="ping",
    origin="certify: ping, accepted, json",
    intent="accepted",
    started=1795456800.25,
    elapsed=0.0125,
)
FINDING = Finding("LE2-PING-RES-03", "schema.type", 'expiry of "zeb@mailbox.example"', "/results/0/orderExpiresOn")


def clock() -> Callable[[], datetime]:
    """A clock that goes on by a second with every look."""
    ticks: Iterator[int] = iter(range(1000))
    return lambda: START + timedelta(seconds=next(ticks))


def start(out: Path, **options: object) -> Run:
    """A run with a fixed clock and id."""
    settings: dict[str, object] = {"redactor": Redactor(), "seed": 7, "clock": clock(), "new_id": lambda: "4f2a"}
    return Run.open(out, "certify", **(settings | options))  # type: ignore[arg-type]


def documents(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text("ascii").splitlines()]


def test_a_run_leaves_facts_evidence_reports_and_a_manifest(tmp_path: Path) -> None:
    target = "http://user:canarypass3321@127.0.0.1:8080/base"
    arguments = ["--target", target, "--header", "api-key: canary-key-93b1c2"]
    with start(tmp_path / "out", target=target, arguments=arguments, facts={"readings": [{"id": "x"}]}) as run:
        number = run.exchange(EXCHANGE)
        run.finding(FINDING, number)
        run.finding(Observation("business.unexpected", "seen"))
        facts = run.end()
        paths = run.write_reports({"schema": "leadproof.report/2", "verdict": "passed", "run": facts}, ["json", "html"])

    assert run.id == "20261123T180000Z-4f2a"
    assert run.path == tmp_path / "out" / run.id
    assert sorted(path.name for path in run.path.iterdir()) == [
        "exchanges.ndjson", "findings.ndjson", "manifest.json", "report.html", "report.json", "run.json",
    ]  # fmt: skip
    assert set(paths) == {"json", "html"}
    saved = json.loads((run.path / "run.json").read_text())
    assert saved == facts
    assert (saved["started"], saved["ended"]) == ("2026-11-23T18:00:00.000Z", "2026-11-23T18:00:01.000Z")
    assert (saved["command"], saved["seed"], saved["target_class"]) == ("certify", 7, "loopback")
    assert saved["target"].endswith("@127.0.0.1:8080/base")
    assert saved["readings"] == [{"id": "x"}]
    assert saved["specs"] == hashes(resources.path("specs"))
    manifest = json.loads((run.path / "manifest.json").read_text())
    assert manifest["files"] == {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(run.path.iterdir())
        if path.name != "manifest.json"
    }
    kept = "".join(path.read_text() for path in run.path.iterdir())
    assert "canary" not in kept
    assert "zeb@" not in kept


def test_lines_say_what_was_sent_and_found(tmp_path: Path) -> None:
    with start(tmp_path) as run:
        number = run.exchange(EXCHANGE)
        run.finding(FINDING, number)

    (row,) = documents(run.path / "exchanges.ndjson")
    (found,) = documents(run.path / "findings.ndjson")
    request = row.pop("request")
    assert isinstance(request, dict)
    assert isinstance(row.pop("response"), dict)
    assert row == {
        "n": 1,
        "origin": "certify: ping, accepted, json",
        "operation": "ping",
        "intent": "accepted",
        "started": 1795456800.25,
        "elapsed": 0.0125,
        "failure": "",
    }
    assert (request["method"], request["target"], request["body_encoding"]) == ("POST", "/v2/insert/ping?x=1", "utf-8")
    assert (found["n"], found["what"], found["clause"], found["kind"]) == (
        1,
        "finding",
        "LE2-PING-RES-03",
        "schema.type",
    )


def test_exchanges_are_read_back(tmp_path: Path) -> None:
    redactor = Redactor()
    odd = Exchange(
        Request("GET", "/v2/status/a", (("x", "\ud800\x1b"),), b"\xff\x00\xfe"), None, failure="transport.timeout"
    )
    with start(tmp_path, redactor=redactor) as run:
        run.exchange(EXCHANGE)
        run.exchange(odd)

    expected = [redactor.exchange(EXCHANGE), redactor.exchange(odd)]
    assert list(read_exchanges(run.path)) == expected
    assert list(read_exchanges(run.path / "exchanges.ndjson")) == expected


@settings(max_examples=100, deadline=None)
@given(
    st.text(st.characters(), max_size=20),
    st.lists(st.tuples(st.text(max_size=5), st.text(st.characters(), max_size=9)), max_size=3),
    st.binary(max_size=50),
    st.none() | st.binary(max_size=50),
)
def test_any_exchange_makes_the_round_trip(
    target: str, pairs: list[tuple[str, str]], body: bytes, response: bytes | None
) -> None:
    exchange = Exchange(
        Request("PUT", target, tuple(pairs), body), None if response is None else Response(200, tuple(pairs), response)
    )

    line = json.dumps(exchange_row(1, exchange))

    assert rows.read_exchange(json.loads(line)) == exchange


@pytest.mark.parametrize("unit", [b"x", "é".encode(), b"\xff"])
def test_long_bodies_are_cut_and_say_so(unit: bytes) -> None:
    body = b"y" + unit * 100_000
    row = exchange_row(1, Exchange(Request("POST", "/", (), body), None))["request"]

    kept = rows.read_body(row)
    assert evidence.BODY_CAP - 3 <= len(kept) <= evidence.BODY_CAP
    assert body.startswith(kept)
    assert row["body_length"] == len(body)
    assert row["body_cut"] == {"kept": len(kept), "of": len(body), "sha256": hashlib.sha256(body).hexdigest()}


@pytest.mark.parametrize("cut", [1, 20, 300])
def test_a_last_line_that_is_not_whole_is_left_out(tmp_path: Path, cut: int) -> None:
    with start(tmp_path) as run:
        run.exchange(EXCHANGE)
        run.exchange(EXCHANGE)
    file = run.path / "exchanges.ndjson"
    file.write_bytes(file.read_bytes()[:-cut])

    # A missing newline alone loses nothing.
    assert len(list(read_exchanges(file))) == (2 if cut == 1 else 1)


def test_another_broken_line_is_named(tmp_path: Path) -> None:
    file = tmp_path / "exchanges.ndjson"
    good = json.dumps(exchange_row(1, EXCHANGE))
    file.write_text(f"{good}\n{{broken\n{good}\n")

    with pytest.raises(InputError, match=r"exchanges.ndjson, line 2: not an exchange"):
        list(read_exchanges(file))


@pytest.mark.parametrize("line", ["[]", "{}", '"x"', "1", '{"request": 3}', "[" * 100_000])
def test_lines_that_are_no_exchange(tmp_path: Path, line: str) -> None:
    file = tmp_path / "exchanges.ndjson"
    file.write_text(f"{line}\n\n{json.dumps(exchange_row(1, EXCHANGE))}\n")

    with pytest.raises(InputError):
        list(read_exchanges(file))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file"):
        list(read_exchanges(tmp_path / "nothing"))


KILLED = """
import sys
from pathlib import Path
from leadproof.runs.evidence import Run
from leadproof.core.exchange import Exchange, Request
from leadproof.redact import Redactor
run = Run.open(Path(sys.argv[1]), "validate", redactor=Redactor())
while True:
    run.exchange(Exchange(Request("POST", "/v2/insert/ping", (), b"{}" * 500), None))
"""


def test_a_killed_run_stays_readable(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(tmp_path)], env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    )
    try:
        until = time.monotonic() + 120
        while time.monotonic() < until:
            files = list(tmp_path.glob("*/exchanges.ndjson"))
            if files and files[0].stat().st_size > 50_000:
                break
            time.sleep(0.02)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()

    (run,) = tmp_path.iterdir()
    lines = (run / "exchanges.ndjson").read_bytes().count(b"\n")
    assert len(list(read_exchanges(run))) >= lines > 10
    assert json.loads((run / "run.json").read_text())["ended"] is None


def interrupt(run: Run) -> None:
    with run:
        run.exchange(EXCHANGE)
        raise KeyboardInterrupt


def test_an_interrupted_run_is_closed(tmp_path: Path) -> None:
    run = start(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        interrupt(run)

    assert json.loads((run.path / "run.json").read_text())["ended"] is not None
    assert (run.path / "manifest.json").exists()
    with pytest.raises(UsageError):
        run.exchange(EXCHANGE)


def test_a_directory_that_cannot_be_made_ends_in_a_hint(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(EvidenceError, match="file") as caught:
        start(tmp_path / "file")

    assert "--out" in caught.value.hint
    assert caught.value.exit_code is ExitCode.USAGE


def test_a_full_disk_ends_in_a_hint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = start(tmp_path)

    class Full:
        closed = False

        def write(self, _: bytes) -> int:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(run._exchanges._lines, "_file", Full())
        with pytest.raises(EvidenceError, match="No space left") as caught:
            run.exchange(EXCHANGE)
    run.close()

    assert "space" in caught.value.hint


@pytest.mark.skipif(sys.platform == "win32", reason="has no limit for the size of a file")
def test_a_run_that_could_not_be_written_says_so_in_its_report_and_is_no_interruption(tmp_path: Path) -> None:
    limited = (
        "import resource, signal, sys; from leadproof.cli import main;"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, -1));"
        "sys.exit(main(['certify', '--quick', '--out', 'runs']))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", limited], cwd=tmp_path, capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},  # no part of a module may be left for others
    )  # fmt: skip
    [folder] = (tmp_path / "runs").iterdir()

    read = subprocess.run(
        [sys.executable, "-m", "leadproof", "report", str(folder)], capture_output=True, text=True, check=False
    )

    assert (ended.returncode, read.returncode) == (ExitCode.USAGE, ExitCode.USAGE)
    assert "exchanges.ndjson: File too large" in ended.stderr
    assert read.stdout.startswith("INCONCLUSIVE  what was found could not be written to its end")
    report = evidence.read_report(folder)
    assert "exchanges.ndjson: File too large" in report["run"]["failed"]
    assert report["counts"]["exchanges"] > 10


def test_a_report_that_cannot_be_put_in_place_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = start(tmp_path)
    run.add_file("latency.json", "old")

    def fails(*_: object) -> None:
        raise OSError(errno.EACCES, os.strerror(errno.EACCES))

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", fails)
        with pytest.raises(EvidenceError):
            run.add_file("latency.json", "new")
    run.close()
    assert (run.path / "latency.json").read_text() == "old"
    assert not list(run.path.glob("*.part"))


def test_ids_that_are_taken_are_tried_again(tmp_path: Path) -> None:
    ids = iter(["aaaa", "aaaa", "bbbb"])
    with start(tmp_path, new_id=lambda: next(ids)) as first, start(tmp_path, new_id=lambda: next(ids)) as second:
        pass

    assert (first.id, second.id) == ("20261123T180000Z-aaaa", "20261123T180000Z-bbbb")
    with pytest.raises(EvidenceError, match="no free name"):
        start(tmp_path, new_id=lambda: "aaaa")


def test_an_unknown_format_is_named(tmp_path: Path) -> None:
    with start(tmp_path) as run, pytest.raises(UsageError, match="'odt'"):
        run.write_reports({}, ["odt"])


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("", ""),
        ("http://127.0.0.1:80", "loopback"),
        ("http://[::1]/x", "loopback"),
        ("http://localhost", "loopback"),
        ("https://leads.example", "remote"),
        ("http://10.0.0.1", "remote"),
        ("http://127.0.0.1.example", "remote"),
        ("http://[broken", "remote"),
    ],
)
def test_target_class(url: str, expected: str) -> None:
    assert target_class(url) == expected


def test_time_is_utc() -> None:
    assert evidence.utc_now().tzinfo is UTC
    assert len(evidence.random_id()) == 4


# ---- HAR -------------------------------------------------------------------------------------------------------------

_KINDS = (
    "application/json",
    "application/json; charset=iso-8859-1",
    "application/xml; charset=utf-16",
    "text/plain",
    "",
)
_XML = '<?xml version="1.0" encoding="iso-8859-1"?><a>\xe9</a>'


def _message(body: bytes, kind: str) -> tuple[tuple[tuple[str, str], ...], bytes]:
    return ((("content-type", kind),) if kind else ()), body


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.builds(_message, st.binary(max_size=31) | st.text(max_size=7).map(str.encode), st.sampled_from(_KINDS)),
            st.builds(
                _message, st.sampled_from([b"", b"{}", _XML.encode(), _XML.encode("latin-1")]), st.sampled_from(_KINDS)
            ),
            st.sampled_from([0, 200, 404, 599]),
            st.just(0.0) | st.floats(946_684_800, 4e9),  # a time that a capture may have, or none
            st.floats(0, 80_000),
        ),
        max_size=4,
    )
)
# Began like JSON, and of a length at which recorders cut, but for its smallness.
@example([(((), b"f"), ((), b""), 0, 0.0, 0.0)])
@example([(((), b'"' + b"x" * 15), ((), b""), 200, 0.0, 0.0)])
def test_a_har_is_read_back_as_the_exchanges_that_went_into_it(
    tmp_path_factory: pytest.TempPathFactory, parts: list[tuple[Any, Any, int, float, float]]
) -> None:
    exchanges = [
        Exchange(
            Request("POST", f"/v2/x?n={number}", *sent), Response(status, *came) if status else None,
            started=started, elapsed=elapsed, failure="" if status else "framing.length",
        )
        for number, (sent, came, status, started, elapsed) in enumerate(parts, 1)
    ]  # fmt: skip
    path = tmp_path_factory.mktemp("har") / "traffic.har"
    lines = [exchange_row(number, one) for number, one in enumerate(exchanges, 1)]
    path.write_text("".join(EXPORTS["har"].render(lines, "http://127.0.0.1:8080/v2")), "ascii")

    got = [one for one in captures.read(path) if isinstance(one, Exchange)] if exchanges else []

    assert json.loads(path.read_bytes())["log"]["version"] == "1.2"
    assert len(got) == len(exchanges)
    for number, (one, other) in enumerate(zip(got, exchanges, strict=True), 1):
        assert isinstance(one, Exchange)
        assert (one.request, one.response, one.failure) == (other.request, other.response, other.failure)
        assert one.origin == f"traffic.har#{number}"
        assert one.started == pytest.approx(other.started, abs=2e-6)
        assert one.elapsed == pytest.approx(other.elapsed, rel=1e-9)


def test_the_har_of_a_run_leaves_a_cut_body_out_and_says_so(tmp_path: Path) -> None:
    long = replace(EXCHANGE, response=Response(200, EXCHANGE.response.headers, b'"' + b"x" * 100_000 + b'"'))
    with start(tmp_path) as run:
        run.exchange(EXCHANGE)
        run.exchange(long)
        path = write_export(run.path, "har", "http://127.0.0.1:8080", "traffic.har")

    text = path.read_text("ascii")
    first, second = json.loads(text)["log"]["entries"]
    assert "canary" not in text
    assert "zeb@" not in text
    assert first["request"]["url"] == "http://127.0.0.1:8080/v2/insert/ping?x=1"
    assert first["response"]["content"]["text"].startswith('{"message": ')
    assert "text" not in second["response"]["content"]
    assert second["response"]["content"]["size"] == 100_002
    problem = [one for one in captures.read(path) if isinstance(one, captures.FileProblem)]
    assert [one.kind for one in problem] == ["file.deviation"]
    assert "traffic.har" in json.loads((run.path / "manifest.json").read_text())["files"]
