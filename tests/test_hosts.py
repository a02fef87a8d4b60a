"""The hosts for which the mock and the recorder respond: loopback, where they listen, what was named; nothing else."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import Callable
from typing import Any

import pytest
from recorders import running as recording

from leadproof.contract.profile import load
from leadproof.core.errors import UsageError
from leadproof.http.hosts import Hosts, host_of
from leadproof.mock import Mock
from leadproof.mock.server import asgi, running

OURS = ["127.0.0.1", "127.0.0.1:8080", "127.8.9.1", "localhost:1", "[::1]:80", "LOCALHOST", "localhost.", "a.localhost"]
OTHERS = ["elsewhere.example", "127.0.0.1.elsewhere.example", "10.0.0.1", "[::2]:80", "localhost.example",
          "localhostx", "0.0.0.0", "[::ffff:127.0.0.1]", "127.1", "2130706433", "elsewhere.example:8080"]  # fmt: skip
NONE = ["", " ", "local host", "user@localhost", "localhost:x", "http://localhost", "localhost/x", "[::1",
        "a,localhost", "x" * 400]  # fmt: skip


def refusal(host: str, *, target: str = "/", names: tuple[str, ...] = (), local: str = "") -> tuple[int, str]:
    pairs = [(b"Host", host.encode()), (b"Accept", b"*/*")]
    return Hosts.named(names).refusal("1.1", target.encode(), pairs, local)


@pytest.mark.parametrize("host", OURS)
def test_loopback_names_are_responded_for(host: str) -> None:
    assert refusal(host) == (0, "")


@pytest.mark.parametrize("host", OTHERS)
def test_other_hosts_are_refused_with_what_to_do(host: str) -> None:
    status, words = refusal(host)

    assert status == 421
    assert words.endswith(f"to name it: --allow-host {host_of(host)}")
    assert refusal(host, names=(host,)) == (0, "")
    assert refusal(host, local=str(host_of(host))) == (0, "")


@pytest.mark.parametrize("host", NONE)
def test_what_is_no_host_is_refused_as_a_bad_request(host: str) -> None:
    assert refusal(host)[0] == 400


def test_the_host_of_an_absolute_target_counts_too() -> None:
    assert refusal("localhost", target="http://elsewhere.example/x")[0] == 421
    assert refusal("localhost", target="http://user@localhost/x")[0] == 400
    assert refusal("localhost", target="HTTP://LOCALHOST:80?x") == (0, "")


@pytest.mark.parametrize(("version", "hosts", "status"), [
    ("1.1", [], 400), ("1.0", [], 0), ("1.1", ["localhost", "localhost"], 400), ("1.0", ["localhost", "x"], 400),
])  # fmt: skip
def test_there_is_one_host_header(version: str, hosts: list[str], status: int) -> None:
    pairs = [(name, host.encode()) for name, host in zip((b"Host", b"hOST"), hosts, strict=False)]

    assert Hosts().refusal(version, b"/", pairs)[0] == status


@pytest.mark.parametrize("name", ["", "http://mock", "mock/x", "*", "a b", "user@mock", "*.example"])
def test_a_name_that_is_none_is_refused_with_an_example(name: str) -> None:
    with pytest.raises(UsageError) as error:
        Hosts.named([name])

    assert "names no host" in error.value.message
    assert error.value.hint == "write a name or an address and nothing else, such as mock"


@pytest.mark.parametrize(
    ("name", "host"),
    [("Mock", "mock"), ("mock:8080", "mock"), ("my_mock.", "my_mock"), ("::2", "::2"), ("[::2]", "::2")],
)
def test_names_are_compared_in_one_spelling(name: str, host: str) -> None:
    assert Hosts.named([name]).names == {host}


# ---- on sockets ------------------------------------------------------------------------------------------------------


def ask(
    port: int, host: str, path: str = "/v2/status/1", more: str = "", address: str = "127.0.0.1"
) -> tuple[int, Any]:
    """Status and JSON of the response to a request with a Host of its own."""
    with socket.create_connection((address, port), 60) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}\r\n{more}Connection: close\r\n\r\n".encode())
        came = b""
        while piece := connection.recv(65536):
            came += piece
    head, _, body = came.partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(body)


def port_of(url: str) -> int:
    return int(url.rpartition(":")[2])


@pytest.mark.parametrize("path", ["/v2/status/1", "/__mock__/state"])
def test_the_mock_refuses_a_page_whose_name_was_given_our_address(path: str) -> None:
    with running(Mock(load(), clock=time.time, token="t")) as mock:
        status, document = ask(port_of(mock.url), "rebound.example", path, "x-mock-token: t\r\n")

    assert status == 421
    assert document["type"] == "urn:leadproof:mock:421"
    assert "--allow-host rebound.example" in document["detail"]


def test_the_mock_responds_for_what_was_named_controls_included() -> None:
    with running(Mock(load(), clock=time.time, token="t"), hosts=["mock"]) as mock:
        port = port_of(mock.url)

        assert ask(port, f"mock:{port}")[0] == 401
        assert ask(port, "mock", "/__mock__/state", "x-mock-token: t\r\n")[0] == 200
        assert ask(port, "mock", "/__mock__/state")[0] == 403
        assert ask(port, "mocks")[0] == 421


def test_a_mock_that_listens_everywhere_responds_for_the_address_it_was_reached_at() -> None:
    with running(Mock(load(), clock=time.time), host="0.0.0.0") as mock:
        port = port_of(mock.url)

        assert ask(port, "0.0.0.0")[0] == 401
        assert ask(port, "127.0.0.2", address="127.0.0.2")[0] == 401
        assert ask(port, "10.0.0.1")[0] == 421


def test_a_head_that_is_known_is_refused_under_another_host() -> None:
    with running(Mock(load(), clock=time.time)) as mock:
        port = port_of(mock.url)
        statuses = [ask(port, host)[0] for host in ("localhost", "rebound.example", "localhost", "rebound.example")]

    assert statuses == [401, 421, 401, 421]


def test_the_mock_within_another_server_refuses_the_same() -> None:
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request"}

    async def send(message: Any) -> None:
        sent.append(message)

    async def call(host: bytes, *hosts: str) -> int:
        scope = {
            "type": "http", "method": "GET", "path": "/v2/status/1", "raw_path": b"/v2/status/1", "query_string": b"",
            "headers": [(b"host", host)], "server": ("127.0.0.1", 80),
        }  # fmt: skip
        sent.clear()
        await asgi(Mock(load(), clock=time.time), hosts)(scope, receive, send)
        return int(sent[0]["status"])

    async def calls() -> list[int]:
        return [await call(b"localhost"), await call(b"rebound.example"), await call(b"mock", "mock")]

    assert asyncio.run(calls()) == [401, 421, 401]


def test_the_recorder_passes_nothing_on_for_another_host(http_target: Callable[..., str]) -> None:
    paths: list[str] = []

    def respond(method: str, path: str, *_: object) -> tuple[int, dict[str, str], bytes]:
        paths.append(path)
        return 200, {}, b"{}"

    with recording(http_target(respond), hosts=Hosts.named(["host.docker.internal"])) as recorder:
        status, document = ask(recorder.port, "rebound.example", "/rebound")

        assert (status, document["type"]) == (421, "urn:leadproof:recorder:421")
        assert "--allow-host rebound.example" in document["detail"]
        assert ask(recorder.port, "host.docker.internal:8081", "/named") == (200, {})
        assert ask(recorder.port, "localhost", "/ours") == (200, {})
    assert paths == ["/named", "/ours"]
    assert [exchange.request.target for exchange in recorder.shelf.exchanges] == paths
