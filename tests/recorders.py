"""A recorder on a real socket without its keeper, for tests of what passes through it."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from leadproof.core.exchange import Exchange
from leadproof.core.target import Target
from leadproof.http.connecting import tls_of
from leadproof.http.hosts import Hosts
from leadproof.http.server import new_loop
from leadproof.recorder.frames import FrameKind
from leadproof.recorder.inbound import Inbound
from leadproof.recorder.proxy import Proxy

#: What the tests call the recorder.
HOSTS = Hosts.named(["here", "x"])


@dataclass
class Shelf:
    """Stands where `WriterClient` stands: keeps exchanges in a list. `slow` writes nothing until it is told to."""

    slow: bool = False
    findings: list[dict[str, Any]] = field(default_factory=list)
    exchanges: list[Exchange] = field(default_factory=list)
    kinds: list[FrameKind] = field(default_factory=list)
    written: int = 0
    waiters: list[tuple[int, Callable[[], None]]] = field(default_factory=list)

    @property
    def caught_up(self) -> bool:
        return self.written >= len(self.exchanges)

    def hand(self, exchange: Exchange, kind: FrameKind) -> int:
        self.exchanges.append(exchange)
        self.kinds.append(kind)
        if not self.slow:
            self.written += 1
        return len(self.exchanges)

    def when_written(self, number: int, then: Callable[[], None]) -> None:
        if self.written >= number:
            then()
        else:
            self.waiters.append((number, then))

    def when_decided(self, number: int, then: Callable[[list[dict[str, Any]]], None]) -> None:
        then(self.findings)

    def write(self) -> None:
        self.written += 1
        for one in [one for one in self.waiters if one[0] <= self.written]:
            self.waiters.remove(one)
            one[1]()


@dataclass
class Recorder:
    port: int
    shelf: Shelf
    loop: asyncio.AbstractEventLoop
    proxy: Proxy
    full: threading.Event

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def kept(self, number: int = 1) -> list[Exchange]:
        """The exchanges, of which there have to be so many: the last may be kept a moment after its response."""
        wait_for(lambda: len(self.shelf.exchanges) >= number)
        return self.shelf.exchanges

    def talk(self, data: bytes, *, close: bool = True) -> bytes:
        """Sends bytes on one connection, and gives everything that comes back until it is closed."""
        with socket.create_connection(("127.0.0.1", self.port), 5) as connection:
            connection.sendall(data)
            if close:
                connection.shutdown(socket.SHUT_WR)
            found = b""
            while piece := connection.recv(65536):
                found += piece
            return found


@contextmanager
def running(
    url: str, *, timeout: float = 60.0, shelf: Shelf | None = None, hosts: Hosts = HOSTS, deciding: bool = False,
    most: int = 0, ca: str = "", port: int = 0,
) -> Iterator[Recorder]:  # fmt: skip
    shelf = shelf or Shelf()
    loop, full = new_loop(), threading.Event()
    goal = Target(url, timeout=timeout)

    async def listen() -> tuple[Proxy, asyncio.Server]:
        tls = tls_of(Target(url, ca=ca))
        proxy = Proxy(
            goal, shelf, loop=loop, tls=tls, hosts=hosts, deciding=deciding, most=most, full=full.set,  # type: ignore[arg-type]
        )  # fmt: skip
        return proxy, await loop.create_server(lambda: Inbound(proxy), "127.0.0.1", port)

    async def end() -> None:
        listener.close()
        await proxy.stop()

    proxy, listener = loop.run_until_complete(listen())
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield Recorder(listener.sockets[0].getsockname()[1], shelf, loop, proxy, full)
    finally:
        asyncio.run_coroutine_threadsafe(end(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        loop.close()


def wait_for(condition: Callable[[], Any], seconds: float = 5.0) -> None:
    end = threading.Event()
    for _ in range(int(seconds / 0.01)):
        if condition():
            return
        end.wait(0.01)
    raise AssertionError("it did not happen in time")
