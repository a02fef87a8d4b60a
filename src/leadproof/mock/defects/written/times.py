"""Moments: expiry of orders, time zones, the past and the future."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

from leadproof.mock.app import Mock
from leadproof.mock.defects.model import Defect, Injection, each_result
from leadproof.mock.defects.written.rows import row
from leadproof.mock.engine.answers import Value
from leadproof.mock.engine.orders import Order, OrderBook

#: An ordinary time zone west of UTC, in the winter.
_ZONE = timezone(timedelta(hours=-5))


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _moved(**delta: float) -> Callable[[str], str]:
    return lambda text: _utc(_moment(text) + timedelta(**delta))


def _offset(text: str) -> str:
    return _moment(text).astimezone(_ZONE).isoformat(timespec="seconds")


def _unmarked(text: str) -> str:
    """Local time that calls itself UTC."""
    return _moment(text).astimezone(_ZONE).strftime("%Y-%m-%dT%H:%M:%SZ")


def _at(change: Callable[[str], str], *path: str) -> Callable[[Value], Value]:
    """Another text at a place of a result, where there is one."""

    def changed(one: Value) -> Value:
        name, *rest = path
        inner = one.get(name)
        if rest:
            return {**one, name: _at(change, *rest)(inner)} if isinstance(inner, dict) else one
        return {**one, name: change(inner)} if isinstance(inner, str) and inner else one

    return changed


def rows() -> Iterator[Defect]:
    """The rows of this module."""
    yield from _expiry()
    yield from _clocks()


def _expiry() -> Iterator[Defect]:
    kind = "expiry"
    yield row(
        "expiry-in-the-past",
        kind,
        "An order has expired when it is given.",
        "order_expiry_future",
        "ping",
        each_result(_at(_moved(hours=-1), "orderExpiresOn"), "ping"),
    )
    yield row(
        "expiry-at-once",
        kind,
        "An order expires in the moment in which it is given.",
        "order_expiry_future",
        "ping",
        Injection(profile=lambda profile: replace(profile, rules=replace(profile.rules, order_lifetime=0))),
    )
    yield row(
        "expiry-ignored",
        kind,
        "An order can be used after it has expired.",
        "post_order_expired",
        "inbound_post",
        Injection(rig=_orders(_Eternal)),
    )
    yield row(
        "expiry-too-early",
        kind,
        "An order is gone long before the moment that the ping named.",
        "post_honours_order",
        "inbound_post",
        Injection(rig=_orders(_Impatient)),
    )
    yield row(
        "expiry-later-than-announced",
        kind,
        "An order lives ten times as long as the ping says.",
        "post_order_expired",
        "inbound_post",
        Injection(
            profile=lambda profile: replace(profile, rules=replace(profile.rules, order_lifetime=9000)),
            transform=each_result(_at(_moved(seconds=-8100), "orderExpiresOn"), "ping").transform,
        ),
    )


def _orders(book: type[OrderBook]) -> Callable[[Mock], None]:
    def rig(mock: Mock) -> None:
        mock.world.orders = book(mock.world.seed, 100_000)

    return rig


class _Eternal(OrderBook):
    __slots__ = ()

    def find(self, order_id: str, now: float) -> Order | None:
        return super().find(order_id, 0.0)


class _Impatient(OrderBook):
    __slots__ = ()

    def find(self, order_id: str, now: float) -> Order | None:
        return super().find(order_id, now + 600)


def _clocks() -> Iterator[Defect]:
    kind = "time zones and dates"
    yield row(
        "expiry-in-local-time",
        kind,
        "The expiry is written with the offset of the service's office.",
        "order_expiry_utc",
        "ping",
        each_result(_at(_offset, "orderExpiresOn"), "ping"),
    )
    yield row(
        "expiry-in-unmarked-local-time",
        kind,
        "The expiry is local time that calls itself UTC.",
        "order_expiry_future",
        "ping",
        each_result(_at(_unmarked, "orderExpiresOn"), "ping"),
    )
    yield row(
        "xml-expiry-in-local-time",
        kind,
        "In XML the expiry is written with another offset.",
        "order_expiry_utc",
        "ping",
        each_result(_at(_offset, "orderExpiresOn"), "ping", fmt="xml"),
        fmt="xml",
    )
    yield row(
        "original-in-local-time",
        kind,
        "The duplicate check gives the original's date with another offset.",
        "order_expiry_utc",
        "duplicate_check",
        each_result(_at(_offset, "receivedOn"), "duplicate_check"),
    )
    yield row(
        "original-from-the-future",
        kind,
        "The original of a duplicate was received in the future.",
        "duplicate_original",
        "duplicate_check",
        each_result(_at(_moved(hours=5), "receivedOn"), "duplicate_check"),
    )
    yield row(
        "xml-original-in-unmarked-local-time",
        kind,
        "In XML the original's date is local time that calls itself UTC.",
        "twins_equivalent",
        "duplicate_check",
        each_result(_at(_unmarked, "receivedOn"), "duplicate_check", fmt="xml"),
    )
    yield row(
        "status-in-local-time",
        kind,
        "The status gives its dates with another offset.",
        "order_expiry_utc",
        "lead_status",
        each_result(_at(_offset, "dateReceived"), "lead_status"),
    )
    yield row(
        "received-in-the-future",
        kind,
        "A lead was received in the future.",
        "status_dates",
        "lead_status",
        each_result(_at(_moved(hours=1), "dateReceived"), "lead_status"),
    )
    yield row(
        "review-before-receipt",
        kind,
        "A lead was reviewed before it was received.",
        "status_dates",
        "lead_status",
        each_result(_at(_moved(days=-1), "qualityControlDetails", "dateOfReview"), "lead_status"),
    )
    yield row(
        "return-before-receipt",
        kind,
        "A lead was returned before it was received.",
        "status_dates",
        "lead_status",
        each_result(_at(_moved(days=-1), "returnDetails", "dateOfReturn"), "lead_status"),
    )
