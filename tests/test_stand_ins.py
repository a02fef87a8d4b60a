"""Responses of something in front of a service: named as what they are, and no word about the contract."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import count
from math import inf
from pathlib import Path

import httpx
import pytest
from networks import answering, forgetful

from leadproof.cli import main
from leadproof.core.exchange import Exchange, Request, Response
from leadproof.core.findings import KINDS
from leadproof.judge import Judge
from leadproof.judge.stand_ins import HINTS, stand_in, wait_asked
from leadproof.mock.server import Running

HTML = ("content-type", "text/html; charset=UTF-8")

#: Status and headers -> what it is; "" for what a lead receiver may have said itself.
RESPONSES: list[tuple[int, tuple[tuple[str, str], ...], str]] = [
    (403, (HTML,), "status.blocked"),
    (401, (HTML,), "status.blocked"),
    (403, (("content-type", "application/xhtml+xml"),), "status.blocked"),
    (403, (("content-type", "application/json"),), ""),
    (401, (), ""),
    (308, (("location", "https://www.leads.example/v2/insert/ping?token=s3cret"),), "status.redirect"),
    (301, (("location", "/v2/insert/ping/"),), "status.redirect"),
    (302, (("Location", "https://login.leads.example/?next=x"), HTML), "status.redirect"),
    (307, (("location", "http://[::1"),), "status.redirect"),
    (304, (), ""),
    (429, (("retry-after", "1"),), "status.throttled"),
    (429, (), "status.throttled"),
    (503, (("retry-after", "120"),), "status.unavailable"),
    (503, (HTML,), "status.unavailable"),
    (502, (HTML,), "status.unavailable"),
    (504, (HTML,), "status.unavailable"),
    (503, (("content-type", "application/json"),), ""),
    (500, (HTML,), ""),
    (404, (HTML,), ""),
    (200, (HTML,), ""),
]


@pytest.mark.parametrize(("status", "pairs", "kind"), RESPONSES)
def test_what_a_response_is(status: int, pairs: tuple[tuple[str, str], ...], kind: str) -> None:
    found = stand_in(Response(status, pairs, b""))

    assert (found.kind if found else "") == kind
    assert not kind or (kind in KINDS and kind in HINTS)
    assert "s3cret" not in str(found)


@pytest.mark.parametrize(("status", "pairs", "kind"), RESPONSES)
def test_it_fulfils_nothing(status: int, pairs: tuple[tuple[str, str], ...], kind: str) -> None:
    request = Request("GET", "/v2/status/1", (("accept", "application/json"), ("api-key", "k")))
    for intent in ("", "accepted", "unknown", "invalid"):
        exchange = Exchange(request, Response(status, pairs, b"<p>no</p>"), "lead_status", "here", intent)
        judgement = Judge().judge(exchange)

        assert (judgement.outcome == "stopped") is bool(kind)
        if kind:
            assert judgement.passed == ()
            assert [seen.kind for seen in judgement.observations] == [kind]


@pytest.mark.parametrize(
    ("status", "after", "seconds"),
    [
        (429, "2", 2.0),
        (429, None, 1.0),
        (429, "Fri, 27 Nov 2026 08:00:00 GMT", inf),
        (429, "-1", inf),
        (503, "2", None),
    ],
)
def test_how_long_a_service_asks_to_wait(status: int, after: str | None, seconds: float | None) -> None:
    assert wait_asked(Response(status, (("Retry-After", after),) if after else ())) == seconds


def test_nobody_asks_without_a_response() -> None:
    assert wait_asked(None) is None


# ---- a whole run -----------------------------------------------------------------------------------------------------

#: Name -> response to everything, kind, and what the hint says.
FRONTS = {
    "a firewall": (
        b"HTTP/1.1 403 Forbidden\r\nContent-Type: text/html\r\nContent-Length: 9\r\n\r\n<p>no</p>",
        "status.blocked", "[targets.NAME.headers]",
    ),
    "another address": (
        b"HTTP/1.1 308 Permanent Redirect\r\nLocation: https://www.leads.example/v2\r\nContent-Length: 0\r\n\r\n",
        "status.redirect", "name as --target",
    ),
    "maintenance": (
        b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 120\r\nContent-Length: 0\r\n\r\n",
        "status.unavailable", "try again later",
    ),
    "a limit": (
        b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 3600\r\nContent-Length: 0\r\n\r\n",
        "status.throttled", "--rate",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FRONTS)
def test_a_run_ends_early_and_says_why(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LEADPROOF_API_KEY", "k")
    response, kind, hint = FRONTS[name]
    with answering(response) as front:
        code = main(["test", "--target", front.url])
    printed = capsys.readouterr().out

    report = json.loads(next(tmp_path.glob("reports/out/*/report.json")).read_text("utf-8"))
    assert code == report["exit_code"] == 4
    assert (report["findings"], report["counts"]["judged"]) == ([], 0)
    assert 8 <= report["counts"]["stopped"] == report["counts"]["exchanges"] == len(front.heads) <= 20
    assert {row["kind"] for row in report["observations"]} == {kind}
    assert "INCONCLUSIVE" in printed
    assert hint in printed.partition("hint: ")[2]
    assert "8 requests in a row that did not reach the service" in printed


def test_a_service_that_asks_to_wait_a_moment_is_waited_for(
    served_mock: Running, http_target: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    numbers = count(1)
    with httpx.Client(base_url=served_mock.url, trust_env=False) as mock:

        def respond(method: str, path: str, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str], bytes]:
            if next(numbers) % 4 == 0:
                return 429, {"Retry-After": "0"}, b""
            sent = {name: value for name, value in headers.items() if name not in ("host", "content-length")}
            got = mock.request(method, path, headers=sent, content=body)
            return got.status_code, {"Content-Type": got.headers["content-type"]}, got.content

        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("LEADPROOF_API_KEY", "mock-api-key-not-a-secret")
        code = main(["test", "--target", http_target(respond), "--topic", "twins", "--json"])

    report = json.loads(capsys.readouterr().out)
    assert (code, report["findings"], report["counts"]["stopped"]) == (0, [], 0)
    [waited] = [row for row in report["observations"] if row["kind"] == "status.throttled"]
    assert waited["count"] > 2


# ---- nothing that follows from an unanswered request is a breach -----------------------------------------------------


def test_what_follows_from_a_request_without_a_response_is_no_breach(
    served_mock: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The service takes every request, and each third response is lost."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LEADPROOF_API_KEY", "mock-api-key-not-a-secret")
    with forgetful(int(served_mock.url.rpartition(":")[2])) as front:
        code = main(["test", "--target", front.url, "--topic", "operations", "--topic", "twins", "--json"])

    report = json.loads(capsys.readouterr().out)
    assert code == 1
    assert report["counts"]["unanswered"] > 20
    assert {row["kind"] for row in report["findings"]} == {"transport.reset"}
