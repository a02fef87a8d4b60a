"""Moments: expiry of orders, time zones, the past and the future."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

from leadproof.mock.defects.written.orders import book
from leadproof.mock.defects.written.profiles import part, profile, those
from leadproof.mock.defects.written.rows import D, Table, edit, result
from leadproof.mock.engine.orders import OpenOrder, OrderBook

#: An ordinary time zone west of UTC, in the winter.
_ZONE = timezone(timedelta(hours=-5))


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def _moved(**delta: float) -> Callable[[str], str]:
    return lambda text: (_moment(text) + timedelta(**delta)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _offset(text: str) -> str:
    return _moment(text).astimezone(_ZONE).isoformat(timespec="seconds")


def _unmarked(text: str) -> str:
    """Local time that calls itself UTC."""
    return _moment(text).astimezone(_ZONE).strftime("%Y-%m-%dT%H:%M:%SZ")


class _Eternal(OrderBook):
    __slots__ = ()

    def find(self, order_id: str, now: float) -> OpenOrder | None:
        return super().find(order_id, 0.0)


class _Impatient(OrderBook):
    __slots__ = ()

    def find(self, order_id: str, now: float) -> OpenOrder | None:
        return super().find(order_id, now + 600)


_LIFETIME = profile(part("rules", those(order_lifetime=9000)))
_EXPIRES = "orderExpiresOn"

TABLE: Table = {
    "expiry": (
        D("expiry-in-the-past", "ping", "order_expiry_future", result(edit(_moved(hours=-1), _EXPIRES)),
          "An order has expired when it is given."),
        D("expiry-at-once", "ping", "order_expiry_future", profile(part("rules", those(order_lifetime=0))),
          "An order expires in the moment in which it is given."),
        D("expiry-ignored", "inbound_post", "post_order_expired", book(_Eternal),
          "An order can be used after it has expired.", needs="time"),
        D("expiry-too-early", "inbound_post", "post_honours_order", book(_Impatient),
          "An order is gone long before the moment that the ping named.", needs="time"),
        D("expiry-later-than-announced", "inbound_post", "post_order_expired",
          lambda operation: replace(result(edit(_moved(seconds=-8100), _EXPIRES))("ping"), profile=_LIFETIME.profile),
          "An order lives ten times as long as the ping says.", needs="time"),
    ),
    "time zones and dates": (
        D("expiry-in-local-time", "ping", "order_expiry_utc", result(edit(_offset, _EXPIRES)),
          "The expiry is written with the offset of the service's office."),
        D("expiry-in-unmarked-local-time", "ping", "order_expiry_future", result(edit(_unmarked, _EXPIRES)),
          "The expiry is local time that calls itself UTC."),
        D("xml-expiry-in-local-time", "ping", "order_expiry_utc", result(edit(_offset, _EXPIRES), fmt="xml"),
          "In XML the expiry is written with another offset.", media="xml"),
        D("original-in-local-time", "duplicate_check", "order_expiry_utc", result(edit(_offset, "receivedOn")),
          "The duplicate check gives the original's date with another offset."),
        D("original-from-the-future", "duplicate_check", "duplicate_original",
          result(edit(_moved(hours=5), "receivedOn")),
          "The original of a duplicate was received in the future."),
        D("xml-original-in-unmarked-local-time", "duplicate_check", "twins_equivalent",
          result(edit(_unmarked, "receivedOn"), fmt="xml"),
          "In XML the original's date is local time that calls itself UTC."),
        D("status-in-local-time", "lead_status", "order_expiry_utc", result(edit(_offset, "dateReceived")),
          "The status gives its dates with another offset."),
        D("received-in-the-future", "lead_status", "status_dates", result(edit(_moved(hours=1), "dateReceived")),
          "A lead was received in the future."),
        D("review-before-receipt", "lead_status", "status_dates",
          result(edit(_moved(days=-1), "qualityControlDetails", "dateOfReview")),
          "A lead was reviewed before it was received.", needs="review"),
        D("return-before-receipt", "lead_status", "status_dates",
          result(edit(_moved(days=-1), "returnDetails", "dateOfReturn")),
          "A lead was returned before it was received.", needs="return"),
    ),
}  # fmt: skip
