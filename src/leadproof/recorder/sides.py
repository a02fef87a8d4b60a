"""The recorder's side of a connection to the target: protocols, so that `outbound` knows only what it needs."""

from __future__ import annotations

import asyncio
from typing import Protocol

from leadproof.http.server import Memory, Pairs
from leadproof.recorder.heads import KnownAnswer
from leadproof.recorder.passage import ProxiedExchange


class Shared(Protocol):
    """What a connection to the target knows of the recorder."""

    answers: Memory[KnownAnswer]
    stopping: bool


class Upstream(Protocol):
    """Who is told what happens on a connection to the target."""

    @property
    def proxy(self) -> Shared:
        """What all connections share."""
        ...

    def interim(self, passage: ProxiedExchange, status: int, reason: bytes, pairs: Pairs) -> None:
        """An answer before the answer."""

    def answer_begins(self, passage: ProxiedExchange, *, chunked: bool, open_end: bool) -> None:
        """The head of the answer is there."""

    def answer_continues(self, passage: ProxiedExchange, body: bytes) -> None:
        """A piece of the answer's body."""

    def answer_whole(self, passage: ProxiedExchange, head: bytes, body: bytes) -> None:
        """An answer is there from its first byte to its last."""

    def answer_ends(self, passage: ProxiedExchange, trailers: Pairs) -> None:
        """The answer has arrived whole."""

    def failed(self, passage: ProxiedExchange, failure: str, words: str) -> None:
        """No answer, or not a whole one."""

    def flush(self) -> None:
        """Send what may be sent."""

    def target_full(self, outbound: asyncio.Protocol, *, full: bool) -> None:
        """The target takes no more at present, or takes more again."""

    def outbound_lost(self, outbound: asyncio.Protocol) -> None:
        """The connection to the target is gone."""
