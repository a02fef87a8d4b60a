"""A time limit for a whole exchange, for an HTTP library that only knows limits for single reads.

A response whose head comes byte by byte stays below every limit of a read and never ends. So the network under the
library is wrapped: each step gets what is left of the time of its exchange, and no more.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterable
from typing import Any

import httpcore
import httpx


class Deadlines(httpcore.NetworkBackend):
    """The network, with one moment after which nothing more is waited for."""

    def __init__(self) -> None:
        self._network = httpcore.SyncBackend()
        #: Seconds of the monotonic clock; whoever begins an exchange sets it.
        self.until = float("inf")
        #: The first bytes that came, of what is spoken to the other end of the connection.
        self.first = b""

    def left(self, timeout: float | None) -> float | None:
        """Seconds that a step may take.

        Raises:
            ReadTimeout: None are left.
        """
        rest = self.until - time.monotonic()
        if rest <= 0:
            raise httpcore.ReadTimeout("the time for the whole exchange is over")
        return rest if timeout is None else min(timeout, rest)

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        stream = self._network.connect_tcp(host, port, self.left(timeout), local_address, socket_options)
        return _Stream(self, stream)


class _Stream(httpcore.NetworkStream):
    def __init__(self, deadlines: Deadlines, stream: httpcore.NetworkStream) -> None:
        self._deadlines = deadlines
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data = self._stream.read(max_bytes, self._deadlines.left(timeout))
        if not self._deadlines.first:
            self._deadlines.first = data[:16]
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._deadlines.left(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        self._deadlines.first = b""  # what came before was a proxy's
        return _Stream(
            self._deadlines, self._stream.start_tls(ssl_context, server_hostname, self._deadlines.left(timeout))
        )

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def limited(transport: httpx.HTTPTransport) -> Deadlines:
    """Puts deadlines under a transport, before its first exchange.

    httpx has no place for another network of httpcore, which does; a test holds that this one is used.
    """
    deadlines = Deadlines()
    transport._pool._network_backend = deadlines
    return deadlines
