"""Caps: how many leads were accepted in the current window, and whether that is the end of it.

Windows are counted from the Unix epoch, or are hours, days, weeks and months of a time zone. Time comes in.
"""

from __future__ import annotations

from leadproof.contract.profile import Campaign, Cap
from leadproof.contract.profile.calendar import local, window


class WindowCap:
    """A cap on windows of so many seconds, counted from the Unix epoch."""

    __slots__ = ("_count", "_limit", "_number", "_window")

    def __init__(self, limit: int, window: int) -> None:
        self._limit = limit
        #: Seconds.
        self._window = window
        self._number = -1
        self._count = 0

    def full(self, now: float) -> bool:
        return (self._count if now // self._window == self._number else 0) >= self._limit

    def count(self, now: float) -> None:
        number = int(now // self._window)
        self._count = self._count + 1 if number == self._number else 1
        self._number = number


class CalendarCap:
    """A cap by the calendar; on days on which it does not count it is never full."""

    __slots__ = ("_cap", "_count", "_timezone", "_window")

    def __init__(self, cap: Cap, timezone: str) -> None:
        self._cap = cap
        self._timezone = timezone
        self._window: tuple[int, ...] = ()
        self._count = 0

    def full(self, now: float) -> bool:
        current = window(self._cap, local(now, self._timezone))
        return current is not None and (self._count if current == self._window else 0) >= self._cap.most

    def count(self, now: float) -> None:
        current = window(self._cap, local(now, self._timezone))
        if current is not None:
            self._count = self._count + 1 if current == self._window else 1
            self._window = current


def caps_of(campaign: Campaign) -> list[WindowCap | CalendarCap]:
    """Every cap of a campaign."""
    windows = [] if campaign.cap is None else [WindowCap(campaign.cap, campaign.cap_window)]
    return [*windows, *(CalendarCap(cap, campaign.timezone) for cap in campaign.caps)]
