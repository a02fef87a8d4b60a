"""Leads: what became of each, from arrival to return, and how their duplicates are found.

The state machine is `TRANSITIONS`. Leads are kept as packed rows (see `ring`) and unpacked to look at. Whether a lead
may come in at all is decided elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b

import msgspec

from leadproof.mock.engine.ring import Ring

#: State and event give the next state; what is not in here does not happen.
TRANSITIONS: dict[tuple[str, str], str] = {
    ("received", "hold"): "pending_review",
    ("pending_review", "approve"): "approved",
    ("pending_review", "reject"): "rejected",
    ("received", "return"): "returned",
    ("approved", "return"): "returned",
}

#: The first leadId that is given; leadIds count up from here.
FIRST_LEAD_ID = 100_000_001


class StoredLead(msgspec.Struct, array_like=True):
    """One lead. Times are seconds from the Unix epoch."""

    #: Position of the campaign and of the source in the profile.
    campaign: int
    source: int
    received: float
    price: float
    fields: dict[str, str]
    #: Marks of the values that its duplicates would have; see `mark`.
    marks: tuple[int, ...] = ()
    state: str = "received"
    no_sell: bool = False
    #: When it is due to be delivered; later than `received` where the source asked for a delay.
    deliver_at: float = 0.0
    #: Was it delivered because an update asked for it?
    forced: bool = False
    reviewed_at: float | None = None
    review_reason: str = ""
    returned_at: float | None = None
    return_reason: str = ""
    #: Positions of the campaign's offers that the consumer has accepted.
    accepted_offers: tuple[int, ...] = ()
    reference: str = ""
    #: The call of a call lead: ivrNumber, callDuration and so on, as sent.
    call: dict[str, object] | None = None

    def delivery(self, now: float) -> str:
        """Where its delivery stands: delivered, or what keeps it: review, noSell, sendDelay."""
        if self.state in ("pending_review", "rejected"):
            return "review"
        if self.forced:
            return "delivered"
        if self.no_sell:
            return "noSell"
        return "delivered" if now >= self.deliver_at else "sendDelay"


class IllegalTransition(ValueError):
    """A lead cannot do what was asked in the state it is in."""


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(StoredLead).decode


class LeadBook:
    """All leads that are remembered: at most `most`, the oldest forgotten first."""

    __slots__ = ("_by_mark", "_rows")

    def __init__(self, most: int) -> None:
        self._rows = Ring(most)
        #: Mark to leadId of the newest lead that bears it.
        self._by_mark: dict[int, int] = {}

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def received(self) -> int:
        """How many leads ever came in."""
        return self._rows.next

    @property
    def next_id(self) -> int:
        """The leadId that the next lead will get."""
        return FIRST_LEAD_ID + self._rows.next

    def add(self, lead: StoredLead) -> int:
        """Keep a lead; its leadId."""
        row = _encode(lead)
        while self._rows.overflowing(len(row)):
            self._forget(FIRST_LEAD_ID + self._rows.first, _decode(self._rows.drop()).marks)
        lead_id = FIRST_LEAD_ID + self._rows.append(row)
        self._by_mark.update(dict.fromkeys(lead.marks, lead_id))
        return lead_id

    def find(self, lead_id: int) -> StoredLead | None:
        """A copy of the lead; None if there is none or it is forgotten."""
        row = self._rows.get(lead_id - FIRST_LEAD_ID)
        return None if row is None else _decode(row)

    def save(self, lead_id: int, lead: StoredLead) -> None:
        """Keep what was changed in a copy."""
        before = self.find(lead_id)
        if before is not None:
            self._forget(lead_id, before.marks)
            self._rows.replace(lead_id - FIRST_LEAD_ID, _encode(lead))
            self._by_mark.update(dict.fromkeys(lead.marks, lead_id))

    def move(self, lead_id: int, lead: StoredLead, event: str) -> None:
        """Change the state of a copy and keep it.

        Raises:
            IllegalTransition: The state does not allow the event.
        """
        after = TRANSITIONS.get((lead.state, event))
        if after is None:
            able = " or ".join(what for state, what in TRANSITIONS if state == lead.state) or "nothing"
            raise IllegalTransition(f"Lead {lead_id} is {lead.state}; what can be done to it: {able}")
        lead.state = after
        self.save(lead_id, lead)

    def duplicate(self, marks: tuple[int, ...], since: float, besides: int = 0) -> tuple[int, StoredLead] | None:
        """An earlier lead with one of the marks, received at `since` or later, other than the lead `besides`."""
        for mark in marks:
            lead_id = self._by_mark.get(mark, 0)
            if lead_id and lead_id != besides:
                lead = self.find(lead_id)
                if lead is not None and lead.received >= since:
                    return lead_id, lead
        return None

    def _forget(self, lead_id: int, marks: tuple[int, ...]) -> None:
        for mark in marks:
            if self._by_mark.get(mark) == lead_id:
                del self._by_mark[mark]


def mark(campaign: int, position: int, values: Iterable[str]) -> int:
    """A number that stands for the values of one set of duplicate keys: equal values give equal numbers."""
    text = "\0".join((str(campaign), str(position), *values))
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big")
