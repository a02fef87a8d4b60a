"""Calls to `source.returnURL`: which addresses may be called, and the queue of those that are due.

Nothing is sent here; the edge takes the queue (`Mock.due_callbacks`) and makes the calls.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection
from typing import NamedTuple
from urllib.parse import urlsplit

from leadproof.core.exchange import Headers
from leadproof.http.hosts import is_ours


class Callback(NamedTuple):
    """One call to make: a POST with the body and the media type of a normal response (a reading)."""

    url: str
    headers: Headers
    body: bytes


class CallbackQueue:
    """Calls that are due, in order; beyond `most` the oldest is given up."""

    __slots__ = ("given_up", "queued", "waiting")

    def __init__(self, most: int) -> None:
        #: Calls that are due and not handed out yet.
        self.waiting: deque[Callback] = deque(maxlen=most)
        #: How many were ever queued, and how many of them were never handed out.
        self.queued = 0
        self.given_up = 0

    def add(self, callback: Callback) -> None:
        if len(self.waiting) == self.waiting.maxlen:
            self.given_up += 1
        self.queued += 1
        self.waiting.append(callback)

    def take(self) -> list[Callback]:
        """Every call that is due; they are the caller's now."""
        due = list(self.waiting)
        self.waiting.clear()
        return due


def fault_of_url(url: str, allowed: Collection[str]) -> str:
    """Why a returnURL may not be called, as the end of a sentence; empty if it may.

    Args:
        url: What the request named.
        allowed: Hosts that may be called besides this machine.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return "must be an absolute http or https URL"
    if parts.scheme.lower() not in ("http", "https") or not host or not url.isprintable() or " " in url:
        return "must be an absolute http or https URL"
    if is_ours(host) or host in allowed:
        return ""
    return "must be on this machine: the mock calls no other host unless it was allowed when it was started"
