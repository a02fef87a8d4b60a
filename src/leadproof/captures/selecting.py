"""Which exchanges of what is too large are judged: those of a time, and a sample that is the same in every run.

An exchange is chosen before it is judged. What belongs together by an id that both messages carry, such as a ping and
the post that uses its order, is chosen or left out together. A history that lacks what was left out is incomplete, so
no check concludes anything from what is not in it (`Check.absence`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from hashlib import blake2b
from typing import NamedTuple

from leadproof.core import lazy
from leadproof.core.errors import UsageError
from leadproof.core.exchange import Exchange
from leadproof.core.text import count

_DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Time:
    """A point in time, or one of every day."""

    #: Seconds since the Unix epoch, or since midnight in UTC.
    seconds: float
    daily: bool
    #: As it was given.
    words: str


class LeftOut(NamedTuple):
    """How many exchanges were not judged, and why."""

    #: Outside of the time asked for; without a time of their own; not in the sample.
    outside: int = 0
    timeless: int = 0
    unsampled: int = 0

    def plus(self, reason: str) -> LeftOut:
        """One more for a reason, the name of a member."""
        return self._replace(**{reason: getattr(self, reason) + 1})

    def minus(self, other: LeftOut) -> LeftOut:
        """What is in this one and was not in an earlier one."""
        return LeftOut(*(mine - theirs for mine, theirs in zip(self, other, strict=True)))

    def add(self, other: LeftOut) -> LeftOut:
        """Both together."""
        return LeftOut(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))


@dataclass(frozen=True, slots=True)
class Selection:
    """Which exchanges are judged."""

    #: Exchanges that began then or later, and before.
    since: Time | None = None
    until: Time | None = None
    #: The share that is judged, above 0; 1 for all.
    sample: float = 1.0

    @property
    def leaves_out(self) -> bool:
        """May anything be left out?"""
        return self.since is not None or self.until is not None or self.sample < 1

    @property
    def choose(self) -> Callable[[Exchange], str] | None:
        """Says why an exchange is left out, a member of `LeftOut`, or "" if it is judged; None where all are."""
        return self._reason if self.leaves_out else None

    def _reason(self, exchange: Exchange) -> str:
        if self.since is not None or self.until is not None:
            if not exchange.started:
                return "timeless"
            if not self._in_time(exchange.started):
                return "outside"
        return "unsampled" if self.sample < 1 and _share(group(exchange)) >= self.sample else ""

    def _in_time(self, started: float) -> bool:
        since, until = self.since, self.until
        after = since is None or (started % _DAY if since.daily else started) >= since.seconds
        before = until is None or (started % _DAY if until.daily else started) < until.seconds
        if since is not None and until is not None and since.daily and until.daily and since.seconds > until.seconds:
            return after or before  # over midnight
        return after and before

    def words(self, left_out: LeftOut) -> list[str]:
        """What a report says of what was left out."""
        found = []
        if self.since is not None or self.until is not None:
            asked = " ".join(
                f"{name} {at.words}" for name, at in (("since", self.since), ("until", self.until)) if at is not None
            )
            found.append(f"{count(left_out.outside, 'exchange was', 'exchanges were')} left out: not {asked}")
            if left_out.timeless:
                found.append(
                    f"{count(left_out.timeless, 'exchange was', 'exchanges were')} left out: it is not known when"
                )
        if self.sample < 1:
            found.append(
                f"{count(left_out.unsampled, 'exchange was', 'exchanges were')} left out: a sample of {self.sample:g}"
            )
        return found


EVERYTHING = Selection()

#: An id of an order, of a request or a lead, as JSON and XML write it.
_ORDER = lazy.pattern(rb"orderid\"?\s*[:=>]\s*\"?(?!null)([^\"'<>\s,}]{4,80})", re.IGNORECASE)
_REQUEST = lazy.pattern(
    rb"<(?:\w+:)?requestid>\s*([^<\s]{4,80})|\"requestid\"\s*:\s*\"([^\"\s]{4,80})\"", re.IGNORECASE
)
_STATUS = lazy.pattern(r"/status/([^/?]{4,80})", re.IGNORECASE)


def group(exchange: Exchange) -> bytes:
    """What is the same for exchanges that are chosen together: the order that a ping promised and a post uses, the
    request that a status asks for; else the exchange by itself.
    """
    request, response = exchange.request, exchange.response
    came = response.body if response is not None else b""
    if order := _ORDER.search(request.body) or _ORDER.search(came):
        return order[1].lower()
    if asked := _STATUS.search(request.target):
        return asked[1].encode("utf-8", "replace").lower()
    if created := _REQUEST.search(came):
        return (created[1] or created[2]).lower()
    return b"\0".join((request.method.encode(), request.target.encode("utf-8", "replace"), request.body, came))


def _share(text: bytes) -> float:
    """A number from 0 to 1 that only the text decides."""
    return int.from_bytes(blake2b(text, digest_size=7).digest(), "big") / (1 << 56)


# ---- times as they are given -----------------------------------------------------------------------------------------


def time_of(words: str) -> Time:
    """A time of RFC 3339 with its date, or a date, or a time of every day; in UTC where it has no offset.

    Raises:
        UsageError: It is none.
    """
    text = words.strip().upper()
    try:
        if "-" in text[:8]:
            found = datetime.fromisoformat(text)
            found = found if found.tzinfo else found.replace(tzinfo=UTC)
            return Time(found.timestamp(), False, words)
        daily = time.fromisoformat(text)
        if ":" not in text:
            raise ValueError
        offset = daily.utcoffset() or timedelta()
        seconds = timedelta(hours=daily.hour, minutes=daily.minute, seconds=daily.second) - offset
        return Time((seconds.total_seconds() + daily.microsecond / 1e6) % _DAY, True, words)
    except (ValueError, OverflowError):
        raise UsageError(
            f"{words!r} is no time",
            hint="such as 2026-01-31T16:25:00Z, 2026-01-31, or 16:25:00Z for that time of every day",
        ) from None
