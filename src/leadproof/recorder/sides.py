"""The two sides of a recorded connection as others see them: protocols, so that each part knows only what it needs."""

from __future__ import annotations

import asyncio
from typing import Protocol

from leadproof.recorder.heads import KnownAnswer, Memory, Pairs
from leadproof.recorder.passage import ProxiedExchange


class ClientSide(Protocol):
    """A connection of a client, as the proxy sees it."""

    transport: asyncio.Transport

    @property
    def waiting(self) -> bool:
        """Is it the client that something is waited for: a request, or the rest of one?"""
        ...

    @property
    def last(self) -> float:
        """Loop time of the last byte from the client, or of the last answer."""
        ...

    def close_if_idle(self) -> None:
        """Close unless a request is under way."""


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
