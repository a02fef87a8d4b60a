"""The network under the HTTP library: a time limit for a whole exchange, and one host: `leadproof.http.deadlines`."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import httpcore
import pytest

from leadproof.http import deadlines as module
from leadproof.http.client import Client, Target, compose
from leadproof.http.deadlines import Network
from leadproof.http.plan import plan_of

HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}"


@pytest.fixture
def dripping() -> Iterator[str]:
    """A service whose responses come byte by byte, head and all; its base URL."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        try:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                for index in range(len(HEAD)):
                    connection.sendall(HEAD[index : index + 1])
                    time.sleep(0.05)
        except OSError:
            pass  # the client has had enough, which is the point

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    listener.close()
    thread.join(5)


def test_a_head_that_comes_byte_by_byte_ends_with_the_exchange(dripping: str) -> None:
    with Client(Target(dripping, timeout=0.4)) as client:
        exchange = client.send(compose("GET", "/v2/status/1", fmt="json"))
        assert exchange.failure == "transport.timeout"


def test_a_slow_head_is_waited_for_as_long_as_there_is_time(dripping: str) -> None:
    with Client(Target(dripping, timeout=120)) as client:
        exchange = client.send(compose("GET", "/v2/status/1", fmt="json"))
        assert exchange.response is not None
        assert exchange.response.body == b"{}"


def test_a_step_gets_what_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.time, "monotonic", lambda: 100.0)
    network = Network(plan_of(Target("http://127.0.0.1:9", timeout=30)), None)
    assert (network.left(3.0), network.left(None)) == (3.0, 30.0)
    network.begin(101.0)
    assert (network.left(None), network.left(3.0), network.left(0.25)) == (1.0, 1.0, 0.25)
    network.begin(99.0)
    with pytest.raises(httpcore.ReadTimeout):
        network.left(3.0)


@pytest.mark.parametrize(("host", "port"), [("elsewhere.example", 80), ("leads.example", 81), ("127.0.0.1", 80)])
def test_nothing_is_contacted_that_nobody_named(host: str, port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    network = Network(plan_of(Target("http://leads.example")), None)
    monkeypatch.setattr(module, "connect", lambda *_: pytest.fail("it connects"))

    with pytest.raises(httpcore.ConnectError, match="nobody named"):
        network.connect_tcp(host, port)
