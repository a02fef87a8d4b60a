"""Orders: opened by a ping, used by one post, gone after their lifetime.

The state machine is `TRANSITIONS`; the book keeps it for millions of orders in 16 bytes each. Which campaign an order
is for and whether a post may use it is decided elsewhere.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

from leadproof.mock.engine.ids import Guids

#: State and event give the next state; what is not in here does not happen.
TRANSITIONS: dict[tuple[str, str], str] = {
    ("open", "post"): "posted",
    ("open", "expire"): "expired",
}

#: State by code, as it stands in a row.
_STATES = ("open", "posted", "expired")
_CODES = {state: code for code, state in enumerate(_STATES)}

#: Expiry (seconds from the Unix epoch), position of campaign and source in the profile, state; 16 bytes.
_ROW = struct.Struct("<dHHB3x")
_STATE_AT = 12
#: Rows by which the book grows.
_STEP = 16384


class OpenOrder(NamedTuple):
    """One order, as it stands at some instant."""

    number: int
    #: Position of the campaign and of the source in the profile.
    campaign: int
    source: int
    #: Seconds from the Unix epoch.
    expires: float
    state: str


class OrderBook:
    """All orders that are remembered: at most `most`, the oldest forgotten first."""

    __slots__ = ("_most", "_rows", "guids", "next")

    def __init__(self, seed: int, most: int) -> None:
        self.guids = Guids(seed, "order")
        self._most = most
        self._rows = bytearray()
        #: Number of the next order; also how many were ever opened.
        self.next = 0

    def __len__(self) -> int:
        return min(self.next, self._most)

    def open(self, campaign: int, source: int, expires: float) -> int:
        """Open an order; its number, of which `guids` makes the orderId."""
        number = self.next
        self.next = number + 1
        at = number % self._most * _ROW.size
        if at >= len(self._rows):
            self._rows.extend(bytes(_STEP * _ROW.size))
        _ROW.pack_into(self._rows, at, expires, campaign, source, 0)
        return number

    def find(self, order_id: str, now: float) -> OpenOrder | None:
        """The order of an orderId, expired if its time is over; None if there is none or it is forgotten."""
        number = self.guids.number(order_id)
        if number is None or not max(0, self.next - self._most) <= number < self.next:
            return None
        expires, campaign, source, code = _ROW.unpack_from(self._rows, number % self._most * _ROW.size)
        state = _STATES[code]
        if now >= expires and (state, "expire") in TRANSITIONS:
            state = self._move(number, state, "expire")
        return OpenOrder(number, campaign, source, expires, state)

    def post(self, order: OpenOrder) -> None:
        """Use an order for a post.

        Raises:
            KeyError: It is not open.
        """
        self._move(order.number, order.state, "post")

    def _move(self, number: int, state: str, event: str) -> str:
        after = TRANSITIONS[state, event]
        self._rows[number % self._most * _ROW.size + _STATE_AT] = _CODES[after]
        return after
