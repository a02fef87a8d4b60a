"""When a campaign takes leads, and in which hour, day, week or month a cap counts them.

Pure: a moment comes in as seconds from the Unix epoch, and is read in the campaign's time zone.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from leadproof.contract.profile.model import Cap, Hours

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

#: Days of the week as profiles name them, Monday first.
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@lru_cache(maxsize=64)
def zone(name: str) -> ZoneInfo | None:
    """A time zone by its name in the IANA database; None if there is none."""
    from zoneinfo import ZoneInfo  # brings the whole configuration of Python along

    try:
        return ZoneInfo(name)
    except (OSError, ValueError, LookupError):
        return None


def local(seconds: float, timezone: str) -> datetime:
    """A moment in a time zone."""
    return datetime.fromtimestamp(seconds, UTC if timezone == "UTC" else zone(timezone) or UTC)


def today(seconds: float) -> date:
    """The day in UTC, from which ages count."""
    return datetime.fromtimestamp(seconds, UTC).date()


def is_open(hours: Iterable[Hours], now: datetime) -> bool:
    """Are leads taken at this moment of the campaign's time zone? Without hours they always are."""
    rows = list(hours)
    return not rows or any(_open(row, now) for row in rows)


def _open(row: Hours, now: datetime) -> bool:
    clock = f"{now:%H:%M}"
    if row.opens <= row.closes:
        return row.opens <= clock < row.closes and _on(row.days, now)
    # What opened yesterday may still be open.
    return (clock >= row.opens and _on(row.days, now)) or (
        clock < row.closes and _on(row.days, now - timedelta(days=1))
    )


def _on(days: tuple[str, ...], now: datetime) -> bool:
    return not days or DAYS[now.weekday()] in days


def window(cap: Cap, now: datetime) -> tuple[int, ...] | None:
    """What names the hour, day, week or month that a moment lies in; None where the cap does not count on that day."""
    if not _on(cap.days, now):
        return None
    if cap.per == "month":
        return now.year, now.month
    if cap.per == "week":
        return now.isocalendar()[:2]
    return (now.year, now.month, now.day) + ((now.hour,) if cap.per == "hour" else ())
