"""What all connections of a recorder share: the way to the target, who may still come, and where exchanges are kept."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Callable
from typing import Any

from leadproof.core.target import Target
from leadproof.http.hosts import LOOPBACK, Hosts
from leadproof.http.plan import plan_of
from leadproof.http.server import Http1Server, Timeouts
from leadproof.recorder.frames import FrameKind
from leadproof.recorder.keeping import WriterClient
from leadproof.recorder.proxied_exchange import ProxiedExchange

#: The service may take a while with what is under way when the recording ends.
TIMEOUTS = Timeouts(grace=5.0)


class Proxy(Http1Server):
    """One target behind any number of connections of one event loop."""

    def __init__(
        self, target: Target, keeping: WriterClient, *, loop: asyncio.AbstractEventLoop, tls: ssl.SSLContext | None,
        hosts: Hosts = LOOPBACK, deciding: bool = False, most: int = 0, full: Callable[[], None] = lambda: None,
    ) -> None:  # fmt: skip
        """Listens to nobody yet.

        Args:
            target: The only host that anything is sent to.
            keeping: Where exchanges go.
            loop: Runs everything.
            tls: How certificates are verified; None for a target without TLS.
            hosts: What clients may call the recorder, besides loopback names.
            deciding: Does every response wait for the judge?
            most: Exchanges that are taken; 0 for any number.
            full: Called when so many were recorded.
        """
        self.plan = plan_of(target)
        self.timeout = target.timeout
        self.keeping, self.deciding = keeping, deciding
        self.tls, self.hosts = tls, hosts
        #: Addresses and ports from which the target is being reached.
        self.leaving: set[tuple[str, int]] = set()
        self._most, self._full = most, full
        self._admitted = self._over = 0
        super().__init__(loop, TIMEOUTS)

    def admit(self) -> bool:
        """May another request set out?"""
        if self.stopping or (self._most and self._admitted >= self._most):
            return False
        self._admitted += 1
        return True

    def dismiss(self, number: int) -> None:
        """So many of those that were admitted never set out."""
        self._admitted -= number

    def keep(self, proxied: ProxiedExchange, failure: str = "", *, responded: bool = True) -> int:
        """Hand an exchange to the keeper; its number."""
        kind = FrameKind.UNJUDGED if proxied.too_large else FrameKind.EXCHANGE
        number = self.keeping.hand(proxied.exchange(time.perf_counter(), failure, responded=responded), kind)
        self._count()
        return number

    def decide(self, proxied: ProxiedExchange, then: Callable[[list[dict[str, Any]]], None]) -> None:
        """Hand an exchange to the keeper, and `then` take what the judge says of it."""
        if proxied.too_large:
            self.keep(proxied)
            then([{"kind": "encoding.too-large", "message": "more than can be judged, so it does not pass"}])
            return
        number = self.keeping.hand(proxied.exchange(time.perf_counter()), FrameKind.DECIDE)
        self.keeping.when_decided(number, then)
        self._count()

    def _count(self) -> None:
        self._over += 1
        if self._over == self._most:
            self._full()
