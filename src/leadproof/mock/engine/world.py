"""The mock's whole memory: time, orders, leads, receipts, caps, permissions, counts. What a reset throws away.

State and the questions that only state can decide; what follows from that is the handlers'.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from leadproof.core.operations import OPERATIONS, RESPONSE_TYPES
from leadproof.mock.engine.caps import WindowCap, caps_of
from leadproof.mock.engine.clock import MockClock, Seconds
from leadproof.mock.engine.ids import Guids, drawn
from leadproof.mock.engine.leads import LeadBook
from leadproof.mock.engine.orders import OrderBook
from leadproof.mock.engine.ring import Ring
from leadproof.mock.engine.rulebook import Refusal, Rulebook, Terms

_DAY = 86400


class Limits(NamedTuple):
    """How much is remembered; beyond it the oldest is forgotten."""

    #: Leads, and requests that created leads.
    leads: int = 200_000
    orders: int = 1_000_000
    #: Calls to a returnURL that wait to be made.
    callbacks: int = 1_000


class Receipt(msgspec.Struct, array_like=True):
    """What response a create call got, for Lead Request Status."""

    #: Seconds from the Unix epoch.
    received: float
    #: For each lead: leadId (0 if refused), campaign's number (0 if none), why it was refused.
    results: list[tuple[int, int, str]]


class World:
    """Everything that changes."""

    def __init__(self, book: Rulebook, seed: int, clock: Seconds, limits: Limits) -> None:
        profile = book.profile
        self.book = book
        self.seed = seed
        self.clock = MockClock(clock)
        self.orders = OrderBook(seed, limits.orders)
        self.leads = LeadBook(limits.leads)
        self.permissions = {one.vid: frozenset(one.permissions) for one in profile.sources}
        #: By position in the profile; None where there is no cap.
        self.source_caps = [
            None if one.daily_cap is None else WindowCap(one.daily_cap, _DAY) for one in profile.sources
        ]
        #: By position in the profile.
        self.campaign_caps = [caps_of(one) for one in profile.campaigns]
        #: Requests that got a response, by operation id.
        self.requests = dict.fromkeys(OPERATIONS, 0)
        #: Results given, by responseType.
        self.results = dict.fromkeys(RESPONSE_TYPES, 0)
        self._receipts = Ring(limits.leads, row_bytes=512)
        self._receipt_guids = Guids(seed, "receipt")
        #: requestIds of responses that Lead Request Status knows nothing of.
        self.request_guids = Guids(seed, "request")
        self.next_request = 0

    # ---- requests and their ids

    def request_id(self) -> str:
        """The requestId of a response that Lead Request Status knows nothing of."""
        number = self.next_request
        self.next_request = number + 1
        return self.request_guids.guid(number)

    def keep_receipt(self, receipt: Receipt) -> str:
        """The requestId of a response that Lead Request Status can be asked for."""
        return self._receipt_guids.guid(self._receipts.append(msgspec.msgpack.encode(receipt)))

    def receipt(self, request_id: str) -> Receipt | None:
        """What the response with a requestId said; None if there was none, or it is forgotten."""
        number = self._receipt_guids.number(request_id)
        row = None if number is None else self._receipts.get(number)
        return None if row is None else msgspec.msgpack.decode(row, type=Receipt)

    # ---- what only state can tell

    def duplicate(self, terms: Terms, marks: tuple[int, ...], now: float, besides: int = 0) -> int:
        """leadId of an earlier lead with the same data within the campaign's window; 0 if there is none."""
        found = self.leads.duplicate(marks, now - terms.campaign.duplicate_window, besides) if marks else None
        return found[0] if found else 0

    def over_max(self, source: int, terms: Terms, now: float) -> Refusal | None:
        """The cap that is used up, the source's or the campaign's (positions in the profile)."""
        daily = self.source_caps[source]
        if daily is not None and daily.full(now):
            return Refusal("Post_Over_Max", "source")
        for cap in self.campaign_caps[terms.position]:
            if cap.full(now):
                return Refusal("Post_Over_Max", "campaign")
        return None

    def count_lead(self, source: int, terms: Terms, now: float) -> None:
        """Count an accepted lead against every cap of its source and campaign."""
        for cap in (self.source_caps[source], *self.campaign_caps[terms.position]):
            if cap is not None:
                cap.count(now)

    def sent_to_review(self, terms: Terms) -> bool:
        """Does the next lead go to quality review?"""
        return drawn(self.seed, self.leads.next_id, terms.campaign.review_share)
