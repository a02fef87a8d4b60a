"""When an answer was given, by the clock that counts."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from leadproof.exchange import Exchange, header


def moment(exchange: Exchange) -> datetime | None:
    """When the answer was given: by the service's Date header (RFC 9110, section 6.6.1), else by our clock."""
    date = header(exchange.response.headers, "date") if exchange.response else None
    if date:
        try:
            found = parsedate_to_datetime(date)
            return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
        except (ValueError, OverflowError):
            pass
    try:
        return datetime.fromtimestamp(exchange.started + exchange.elapsed, UTC) if exchange.started else None
    except (ValueError, OverflowError, OSError):  # a capture may claim any number
        return None
