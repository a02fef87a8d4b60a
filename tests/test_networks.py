"""Networks as they are: through a proxy, with a client certificate, on ::1, through a server that closes idle
connections. `test`, `certify`, `load` and `record` each come to what they come to without, and nothing goes past the
proxy.

The tests try a sample; `make test-networks` tries every command in every network, and mitmproxy as well as the small
proxy here.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from networks import Front, forward_proxy, idle_closer, plain_front, tls_front

from leadproof.cli import main
from leadproof.contract.profile import load
from leadproof.generate.leads import LeadMaker
from leadproof.mock.server import Running

WHOLE = os.environ.get("LEADPROOF_NETWORKS") == "whole"
MITMDUMP = os.environ.get("MITMDUMP", "")

#: Where mitmproxy's own connections come from.
MITM_ADDRESS = "127.0.0.2"

KEY, GATE = load().credentials.api_keys[0], "gate-key-made-up"


@dataclass
class Way:
    """A target behind a network."""

    url: str
    #: More lines of its table.
    lines: list[str] = field(default_factory=list)
    #: What only the proxy's connections may reach, and the proxy; None where there is none. mitmproxy is told by the
    #: address that its connections come from.
    reached: Front | None = None
    proxy: Front | None = None
    #: Does it close connections as they are used again?
    closes: bool = False

    @property
    def host(self) -> str:
        found = re.match(r"https?://(\[[^]]+\]|[^:/]+)", self.url)
        assert found
        return found[1].strip("[]")


def identity(certificates: Path) -> list[str]:
    return [f'{name} = "{certificates / file}"'
            for name, file in (("ca", "ca.pem"), ("cert", "client.pem"), ("key", "client.key"))]  # fmt: skip


def proxied(stack: contextlib.ExitStack, port: int, certificates: Path) -> Way:
    """HTTP through a proxy that wants a password."""
    front = stack.enter_context(plain_front(port))
    proxy = stack.enter_context(forward_proxy(front.port, password="made-up"))
    where = proxy.url.replace("//", "//tester:made-up@")
    return Way(front.url, [f'proxy = "{where}"'], front, proxy)


def proxied_with_certificate(stack: contextlib.ExitStack, port: int, certificates: Path) -> Way:
    """HTTPS with a client certificate through a proxy, by a name that only the proxy knows to be there."""
    front = stack.enter_context(tls_front(port, certificates))
    proxy = stack.enter_context(forward_proxy(front.port))
    return Way("https://localhost", [f'proxy = "{proxy.url}"', *identity(certificates)], front, proxy)


def certificate_on_ipv6(stack: contextlib.ExitStack, port: int, certificates: Path) -> Way:
    """HTTPS with a client certificate on ::1."""
    front = stack.enter_context(tls_front(port, certificates, host="::1"))
    return Way(front.url, identity(certificates))


def localhost_is_ipv6(stack: contextlib.ExitStack, port: int, certificates: Path) -> Way:
    """localhost, where something listens on ::1 alone."""
    front = stack.enter_context(plain_front(port, host="::1"))
    return Way(f"http://localhost:{front.port}")


def closing_idle(stack: contextlib.ExitStack, port: int, certificates: Path) -> Way:
    """A server that closes a connection as it is used again."""
    return Way(stack.enter_context(idle_closer(port)).url, closes=True)


def closing_idle_with_tls(stack: contextlib.ExitStack, port: int, certificates: Path) -> Way:
    """The same with TLS."""
    front = stack.enter_context(idle_closer(port, certificates=certificates))
    return Way(front.url, identity(certificates)[:1], closes=True)


def through_mitmproxy(stack: contextlib.ExitStack, port: int, certificates: Path) -> Way:
    """HTTP through mitmproxy."""
    front = stack.enter_context(plain_front(port))
    return Way(front.url, [f'proxy = "{mitmproxy(stack, certificates)}"'], front)


def through_mitmproxy_with_certificate(stack: contextlib.ExitStack, port: int, certificates: Path) -> Way:
    """HTTPS with a client certificate through mitmproxy, which passes the tunnel on."""
    front = stack.enter_context(tls_front(port, certificates))
    proxy = mitmproxy(stack, certificates, "--ignore-hosts", ".*")
    return Way(front.url, [f'proxy = "{proxy}"', *identity(certificates)], front)


def mitmproxy(stack: contextlib.ExitStack, home: Path, *options: str) -> str:
    """Starts mitmproxy; its URL."""
    if not MITMDUMP:
        pytest.skip("make test-networks installs mitmproxy and names it in MITMDUMP")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    line = [MITMDUMP, "--quiet", "--listen-host", "127.0.0.1", "--listen-port", str(port), "--set",
            f"confdir={home / 'mitmproxy'}", "--set", f"connect_addr={MITM_ADDRESS}", *options]  # fmt: skip
    process = subprocess.Popen(line)
    stack.callback(process.wait, 60)
    stack.callback(process.terminate)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return f"http://127.0.0.1:{port}"
        time.sleep(0.1)
    raise AssertionError("mitmproxy does not listen")


OWN = [proxied, proxied_with_certificate, certificate_on_ipv6, localhost_is_ipv6, closing_idle, closing_idle_with_tls]
NETWORKS = [*OWN, through_mitmproxy, through_mitmproxy_with_certificate] if WHOLE else OWN
#: What the tests try of the commands that take long.
SAMPLED = {"certify": [], "record": [proxied_with_certificate, closing_idle], "load": [proxied_with_certificate]}


@pytest.fixture
def way(
    request: pytest.FixtureRequest, served_mock: Running, certificates: Path, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Way]:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LEADPROOF_API_KEY", KEY)
    monkeypatch.setenv("GATE_KEY", GATE)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):  # nobody listens there
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with contextlib.ExitStack() as stack:
        port = int(served_mock.url.rpartition(":")[2])
        try:
            made = request.param(stack, port, certificates)
        except OSError as error:
            pytest.skip(f"this machine has no such network: {error}")
        lines = ["[targets.corp]", f'url = "{made.url}"', *made.lines, 'headers = {X-Gate-Key = "${GATE_KEY}"}']
        Path("leadproof.toml").write_text("\n".join(lines) + "\n")
        yield made
        if made.reached is not None:
            peers = set(made.reached.peers)
            own = made.proxy.own if made.proxy is not None else {peer for peer in peers if peer[0] == MITM_ADDRESS}
            assert peers
            assert peers - own == set()  # nothing went past the proxy
        for path in Path("reports").rglob("*"):
            written = path.read_bytes() if path.is_file() else b""
            assert not any(secret in written for secret in (GATE.encode(), KEY.encode(), b"tester:made-up")), path


def in_networks(command: str) -> Any:
    chosen = NETWORKS if WHOLE else SAMPLED.get(command, NETWORKS)
    return pytest.mark.parametrize("way", chosen, indirect=True, ids=lambda network: network.__name__)


def kinds(report: dict[str, Any]) -> set[str]:
    return {row["kind"] for row in report["observations"]}


def passed(way: Way, capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    code = main([*arguments, "--target", "corp", "--json"])
    report = json.loads(capsys.readouterr().out)
    assert (code, report["findings"], report["counts"]["unanswered"]) == (0, [], 0), report
    return report


@in_networks("test")
def test_the_suite_comes_through(way: Way, capsys: pytest.CaptureFixture[str]) -> None:
    report = passed(
        way, capsys, "test", "--topic", "transport", "--topic", "twins", "--rate", "1000", "--max-requests", "1000",
    )  # fmt: skip

    assert report["counts"]["judged"] > 50
    assert ("transport.closed-on-reuse" in kinds(report)) is way.closes


@pytest.mark.skipif(not WHOLE, reason="make test-networks runs certify in every network")
@in_networks("certify")
def test_certify_comes_through(way: Way, capsys: pytest.CaptureFixture[str]) -> None:
    report = passed(way, capsys, "certify", "--quick", "--rate", "1000", "--max-requests", "2000")

    assert report["coverage"]["cells"]["covered"] == 17


@in_networks("load")
def test_load_comes_through(way: Way, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("gevent")
    # How fast it is on a machine that does other things as well is nobody's business here.
    Path("patient.toml").write_text('[objectives]\n"errors.ratio" = 0\n"clauses.ratio" = 0\n"lag.p99" = 60\n')

    report = passed(
        way, capsys, "load", "ping_post", "--rate", "40", "--duration", "2s", "--allow-target", way.host,
        "--objectives", "patient.toml", "--judge-share", "1",
    )  # fmt: skip

    counts = report["latency"]["counts"]
    assert (counts["failed"], counts["ended"]) == (0, counts["started"])
    assert counts["completed"] > counts["started"] > 0
    assert (counts["resent"] > 0) is way.closes is ("transport.closed-on-reuse" in kinds(report))
    assert report["latency"]["conservation"]["lost"] == 0


@in_networks("record")
def test_a_recording_comes_through(way: Way) -> None:
    line = [sys.executable, "-m", "leadproof", "record", "--target", "corp", "--port", "0", "--max-exchanges", "6"]
    process = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    found = re.search(r"through (http://\S+) to", process.stdout.readline())
    assert found
    maker = LeadMaker(load(), 1, 2)
    with httpx.Client(base_url=found[1], headers={"api-key": KEY}, trust_env=False, timeout=60) as client:
        statuses = [
            client.post("/v2/insert/general", json=maker.request("create_lead", (number,))[0],
                        headers={"accept": "application/json"}).status_code
            for number in range(1, 7)
        ]  # fmt: skip
    out, err = process.communicate(timeout=60)

    # The fifth request on a connection is not answered: nothing is sent twice for a client that is not ours.
    assert statuses == [200, 200, 200, 200, 502 if way.closes else 200, 200]
    assert (process.returncode, "PASSED" in out) == (0, True), out + err
    assert ("closed as it was used again" in out) is way.closes


# ---- without the proxy there is nothing ------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["test", "load"] if WHOLE else ["test"])
def test_where_the_proxy_is_not_there_nothing_goes_past_it(
    command: str, served_mock: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LEADPROOF_API_KEY", KEY)
    more = {"test": [], "load": ["ping_only", "--rate", "5", "--duration", "1s", "--allow-target", "127.0.0.1"]}
    with plain_front(int(served_mock.url.rpartition(":")[2])) as front:
        Path("leadproof.toml").write_text(f'[targets.corp]\nurl = "{front.url}"\nproxy = "http://127.0.0.1:9"\n')
        code = main([command, *more[command], "--target", "corp"])

    assert (code, front.peers) == (5, [])
    words = {"test": "cannot be reached through its proxy", "load": "connect"}
    printed = capsys.readouterr()
    assert words[command] in printed.err + printed.out


@pytest.mark.parametrize(("user", "words", "hint"), [
    ("", "the proxy asks for user and password (407)", "put them into the target's proxy"),
    ("tester:wrong@", "the proxy does not take user and password (407)", "check them in the target's proxy"),
], ids=["none", "wrong"])  # fmt: skip
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_asks_for_a_password_is_said_so(
    scheme: str, user: str, words: str, hint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LEADPROOF_API_KEY", KEY)
    with forward_proxy(9, password="made-up") as proxy:
        where = proxy.url.replace("//", f"//{user}")
        Path("leadproof.toml").write_text(f'[targets.corp]\nurl = "{scheme}://leads.example"\nproxy = "{where}"\n')
        code = main(["test", "--target", "corp"])

    printed = capsys.readouterr().err
    assert code == 5
    assert f"the target {scheme}://leads.example cannot be reached through its proxy: {words}\n" in printed
    assert hint in printed
    assert "wrong" not in printed


@pytest.mark.parametrize(("url", "lines", "words", "hint"), [
    ("127.0.0.1", ["ca"], "a client certificate is asked for", "as cert and key"),
    ("127.0.0.1", [], "the certificate does not verify: self-signed certificate", "as ca"),
    ("[::1]", ["ca"], "a client certificate is asked for", "as cert and key"),
    ("localhost", ["cert", "key"], "the certificate does not verify: self-signed certificate", "as ca"),
    ("127.0.0.2", ["ca", "cert", "key"], "IP address mismatch", "check the target's name"),
], ids=["no certificate", "no CA", "no certificate, IPv6", "no CA, by name", "other name"])  # fmt: skip
def test_why_there_is_no_tls_is_said(
    url: str, lines: list[str], words: str, hint: str, certificates: Path, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LEADPROOF_API_KEY", KEY)
    host = url.strip("[]").replace("localhost", "127.0.0.1")
    with tls_front(9, certificates, host=host) as front:
        named = [line for line in identity(certificates) if line.split()[0] in lines]
        table = ["[targets.corp]", f'url = "https://{url}:{front.port}"', *named]
        Path("leadproof.toml").write_text("\n".join(table))
        code = main(["test", "--target", "corp"])

    printed = capsys.readouterr().err
    assert code == 5, printed
    assert "cannot be reached: the TLS handshake failed: " in printed
    assert words in printed
    assert hint in printed
