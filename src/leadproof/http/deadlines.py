"""The network under the HTTP library: it connects by the plan and to nothing else, and every step gets what is left of
the time of its exchange.

The library knows limits for single reads only, and a response whose head comes byte by byte stays below every one.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import ssl
import time
from collections.abc import Iterable, Iterator
from typing import Any

import httpcore
import httpx

from leadproof.http.connecting import connect, handshake_failed
from leadproof.http.plan import ConnectionPlan


class Network(httpcore.NetworkBackend):
    """The way to one target, with one moment after which nothing more is waited for."""

    def __init__(self, plan: ConnectionPlan, tls: ssl.SSLContext | None) -> None:
        self._plan, self._tls = plan, tls
        self.begin(float("inf"))

    def begin(self, until: float) -> None:
        """An exchange begins.

        Args:
            until: Its deadline, seconds of the monotonic clock.
        """
        self.until = until
        #: The first bytes that came, of what is spoken to the other end of the connection.
        self.first = b""
        #: Was a connection opened for this exchange?
        self.opened = False

    def left(self, timeout: float | None) -> float | None:
        """Seconds that a step may take.

        Raises:
            ReadTimeout: None are left.
        """
        rest = self.until - time.monotonic()
        if rest <= 0:
            raise httpcore.ReadTimeout("the time for the whole exchange is over")
        rest = min(rest, self._plan.timeout)
        return rest if timeout is None else min(timeout, rest)

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connects by the plan, tunnel and TLS included.

        Raises:
            ConnectionFailed: There is no connection.
            ConnectError: The library asks for another host.
        """
        if (host, port) != (self._plan.host, self._plan.port):
            raise httpcore.ConnectError(f"nobody named {host}")
        self.opened = True
        return _Stream(self, connect(self._plan, self._tls, min(self.until, time.monotonic() + self._plan.timeout)))


class _Stream(httpcore.NetworkStream):
    def __init__(self, network: Network, sock: socket.socket) -> None:
        self._network, self._sock = network, sock

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        with _errors(httpcore.ReadTimeout, httpcore.ReadError):
            self._sock.settimeout(self._network.left(timeout))
            data = self._sock.recv(max_bytes)
        if not self._network.first:
            self._network.first = data[:16]
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if not buffer:  # to send nothing would take the error that the next read is to have
            return
        with _errors(httpcore.WriteTimeout, httpcore.WriteError):
            self._sock.settimeout(self._network.left(timeout))
            self._sock.sendall(buffer)

    def close(self) -> None:
        self._sock.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """TLS is spoken already."""
        return self

    def get_extra_info(self, info: str) -> Any:
        if info == "ssl_object":
            return self._sock if isinstance(self._sock, ssl.SSLSocket) else None
        if info == "is_readable":  # an idle connection with something to read was closed by the other side
            with selectors.DefaultSelector() as selector:
                selector.register(self._sock, selectors.EVENT_READ)
                return bool(selector.select(0))
        return None


@contextlib.contextmanager
def _errors(late: type[Exception], broken: type[Exception]) -> Iterator[None]:
    """The library's exceptions for those of a socket."""
    try:
        yield
    except TimeoutError as error:
        raise late(str(error)) from error
    except OSError as error:
        # TLS 1.3 asks for a client certificate after the handshake is over for the client (RFC 8446, section 4.4.2).
        if isinstance(error, ssl.SSLError) and "CERTIFICATE_REQUIRED" in (error.reason or ""):
            raise handshake_failed(error) from error
        raise broken(str(error)) from error


def transport_of(network: Network) -> httpx.HTTPTransport:
    """A transport of httpx over a network of ours.

    httpx has no place for another network of httpcore, which does; a test holds that this one is used.
    """
    transport = httpx.HTTPTransport(verify=False, trust_env=False)  # `connect` verifies
    transport._pool._network_backend = network
    return transport
