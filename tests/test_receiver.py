"""The receiver for calls to returnURL: takes a call however a caller writes it, and waits for a certain one."""

from __future__ import annotations

import socket
import threading
from typing import Any

import httpx
import pytest

from leadproof.core.errors import ServerError
from leadproof.core.exchange import Request
from leadproof.http import receiver as module
from leadproof.http.receiver import Receiver

BODY = b'{"requestId": "1"}'


def raw(url: str, message: bytes) -> bytes:
    """What comes back when these bytes are sent and nothing more."""
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        connection.sendall(message)
        connection.shutdown(socket.SHUT_WR)
        response = b""
        while piece := connection.recv(65536):
            response += piece
        return response


@pytest.mark.parametrize("method", ["POST", "PUT", "GET", "PATCH", "DELETE", "HEAD"])
def test_a_call_is_kept_whatever_its_method(method: str) -> None:
    with Receiver() as receiver:
        response = httpx.request(
            method, f"{receiver.url}/a/b?c=d", content=BODY, headers={"x-one": "1"}, trust_env=False
        )
        call = receiver.wait("/a/b?c=d", 5)

    assert response.status_code == 200
    assert isinstance(call, Request)
    assert (call.method, call.target, call.body) == (method, "/a/b?c=d", BODY)
    assert ("x-one", "1") in [(name.lower(), value) for name, value in call.headers]


@pytest.mark.parametrize(
    "head",
    [
        b"POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 18\r\n\r\n" + BODY,
        b"POST /x HTTP/1.0\r\nContent-Length: 18\r\n\r\n" + BODY,
        b"POST /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n"
        + BODY[:9]
        + b"\r\n9;ext=1\r\n"
        + BODY[9:]
        + b"\r\n0\r\n\r\n",
    ],
    ids=["length", "HTTP/1.0", "chunked"],
)
def test_a_body_is_read_however_its_end_is_told(head: bytes) -> None:
    with Receiver() as receiver:
        response = raw(receiver.url, head)
        call = receiver.wait("/x", 5)

    assert response.startswith(b"HTTP/1.1 200 ")
    assert call.body == BODY


def test_a_caller_that_waits_to_be_asked_is_asked() -> None:
    with Receiver() as receiver:
        response = raw(
            receiver.url, b"POST /x HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 18\r\n\r\n" + BODY
        )
        call = receiver.wait("/x", 5)

    assert response.startswith(b"HTTP/1.1 100 Continue\r\n")
    assert call.body == BODY


@pytest.mark.parametrize(
    "head",
    [
        b"POST /x HTTP/1.1\r\nContent-Length: \xb2\r\n\r\n",
        b"POST /x HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\n",
        b"POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
    ],
)
def test_a_body_without_a_readable_end_is_refused_and_noticed(head: bytes, capfd: pytest.CaptureFixture[str]) -> None:
    with Receiver() as receiver:
        response = raw(receiver.url, head)
        call = receiver.wait("/x", 5)

    assert response.startswith(b"HTTP/1.1 400 ")
    assert call.body == b""
    assert capfd.readouterr() == ("", "")


def test_a_caller_that_goes_away_says_nothing_on_the_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    with Receiver() as receiver:
        host, port = receiver.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port))) as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            connection.sendall(b"POST /x HTTP/1.1\r\nContent-Length: 100\r\n\r\nabc")
        raw(receiver.url, b"\x16\x03\x01\r\n\r\n")
        assert receiver.wait("/y", 0.05) is None

    assert capfd.readouterr() == ("", "")


def test_waiting_ends_when_the_call_comes() -> None:
    with Receiver() as receiver:
        late = threading.Timer(0.2, lambda: httpx.post(f"{receiver.url}/late", trust_env=False))
        late.start()
        httpx.post(f"{receiver.url}/other", trust_env=False)
        calls: list[Any] = []
        waiting = threading.Thread(target=lambda: calls.append(receiver.wait("/late", 3600)), daemon=True)
        waiting.start()
        waiting.join(60)  # it hangs where the call ends no waiting
        late.join()

    assert [call.target for call in calls] == ["/late"]


def test_the_first_call_to_a_path_is_the_one() -> None:
    with Receiver() as receiver:
        for body in (b"1", b"2"):
            httpx.post(f"{receiver.url}/x", content=body, trust_env=False)
        assert receiver.wait("/x", 1).body == b"1"


def test_what_is_kept_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_KEPT", 2)
    with Receiver() as receiver:
        for number in range(4):
            assert httpx.post(f"{receiver.url}/{number}", trust_env=False).status_code == 200
        assert [receiver.wait(f"/{number}", 0.01) is not None for number in range(4)] == [True, True, False, False]


def test_it_listens_on_loopback_only_and_not_after_its_end() -> None:
    with Receiver() as receiver:
        url = receiver.url
        assert url.startswith("http://127.0.0.1:")

    with pytest.raises(httpx.ConnectError):
        httpx.get(url, trust_env=False)


def test_a_taken_address_is_said_so() -> None:
    with Receiver() as receiver, pytest.raises(ServerError) as raised:
        Receiver(port=int(receiver.url.rpartition(":")[2]))

    assert "Address already in use" in raised.value.message
    assert raised.value.hint == "choose another port"
