"""When a response was given, by the clock that counts."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache

from leadproof.core.exchange import Exchange, Part, header


def responded_at(exchange: Exchange) -> datetime | None:
    """When the response was given: by the service's Date header (RFC 9110, section 6.6.1), else by our clock.

    None where neither was recorded.
    """
    return response_time(exchange, header(exchange.response.headers, "date") if exchange.response else None)


def response_time(exchange: Exchange, date: str | None) -> datetime | None:
    """The same, where the Date header was looked up already."""
    if date and (found := _date(date)):
        return found
    if not exchange.knows(Part.TIMES, Part.RESPONSE_HEADERS):  # the service's clock may be another
        return None
    try:
        return datetime.fromtimestamp(exchange.started + exchange.elapsed, UTC) if exchange.started else None
    except (ValueError, OverflowError, OSError):  # a capture may claim any number
        return None


@lru_cache(1024)
def _date(text: str) -> datetime | None:
    from email.utils import parsedate_to_datetime

    try:
        found = parsedate_to_datetime(text)
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
