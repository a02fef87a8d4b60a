"""What earlier exchanges of the same run established: `History`, and what it has of orders, leads and senders. Data."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, NamedTuple, TypeVar

K = TypeVar("K")
V = TypeVar("V")

#: Entries of each kind that a history keeps at most, and at least half as many; older ones are forgotten. They take up
#: to 1 kB each.
REMEMBERED = 16_000

#: Values that many entries have in common and are kept only once.
_SHARED = 4_096

#: vid and lid of a request.
Source = tuple[Any, Any]


class OrderSeen(NamedTuple):
    """An order that a ping response promised."""

    source: Source
    campaign: Any
    expires: datetime | None
    payout: Any = None
    offers: tuple[str, ...] = ()
    #: Accepted posts that have used it.
    used: int = 0


class LeadSeen(NamedTuple):
    """A lead that a response accepted."""

    operation: str
    source: Source
    #: The fields that tell duplicates, as JSON, which takes a quarter of the memory.
    fields: bytes
    campaign: Any
    pending: Any
    offers: tuple[str, ...] = ()
    #: When the response came.
    received: datetime | None = None


class Remembered(Generic[K, V]):
    """A mapping that forgets its oldest entries: it keeps at most `most`, and at least half as many."""

    __slots__ = ("_old", "_young", "forgotten", "most")

    def __init__(self, most: int = REMEMBERED) -> None:
        self.most = most
        #: Entries that were forgotten.
        self.forgotten = 0
        self._young: dict[K, V] = {}
        self._old: dict[K, V] = {}

    def __setitem__(self, key: K, value: V) -> None:
        self._young[key] = value
        if len(self._young) > self.most // 2:
            self.forgotten += len(self._old.keys() - self._young.keys())
            self._old, self._young = self._young, {}

    def __getitem__(self, key: K) -> V:
        return self._young[key] if key in self._young else self._old[key]

    def __contains__(self, key: object) -> bool:
        return key in self._young or key in self._old

    def __len__(self) -> int:
        return len(self._young.keys() | self._old.keys())

    def __bool__(self) -> bool:
        return bool(self._young or self._old)

    def get(self, key: K, default: Any = None) -> Any:
        """The value of a key that is remembered, else the default."""
        return self._young[key] if key in self._young else self._old.get(key, default)

    def setdefault(self, key: K, value: V) -> V:
        """The value of a key; remembers the one given where there is none."""
        if key not in self:
            self[key] = value
        return self[key]


class LeadSent(NamedTuple):
    """What came of a lead that somebody sent, as far as the sender saw it."""

    #: The situation of the client's register that it was sent in.
    situation: str
    #: `sendings.Sent.wholes`.
    whole: bytes
    #: When it was sent first in this situation, and when the last response came, in seconds.
    first: float
    ended: float
    #: How often it was sent in this situation.
    times: int = 1
    request_id: str = ""
    #: `Senders.lookups`, and what of them was forgotten.
    lookups: int = 0
    forgotten: int = 0


class PingSeen(NamedTuple):
    """A ping that somebody sent."""

    #: Of its fields.
    marks: frozenset[int]
    declined: bool
    ended: float


@dataclass(slots=True)
class Senders:
    """What senders that are not ours did, and learnt."""

    #: `sendings.Sent.digests` -> what came of the lead.
    sent: Remembered[bytes, LeadSent] = field(default_factory=Remembered)
    #: Hash of what tells duplicates -> the number of the lookup that asked for it last.
    looked_up: Remembered[int, int] = field(default_factory=Remembered)
    #: Lookups so far, and the last one of which it is not known what it asked for.
    lookups: int = 0
    unclear: int = 0
    #: Of pings: whose they are -> the last ones.
    pings: Remembered[bytes, tuple[PingSeen, ...]] = field(default_factory=Remembered)


@dataclass(slots=True)
class History:
    """What earlier exchanges of the same run established. The judge adds to it after each exchange."""

    request_ids: Remembered[str, str] = field(default_factory=Remembered)
    #: requestId of a create response -> leadId and isPendingReview of each result, None where it was refused.
    created: Remembered[str, tuple[tuple[Any, Any] | None, ...]] = field(default_factory=Remembered)
    leads: Remembered[Any, LeadSeen] = field(default_factory=Remembered)
    #: Hash of campaign, names and values of duplicate keys -> the leads that have them.
    keyed: Remembered[int, tuple[Any, ...]] = field(default_factory=Remembered)
    orders: Remembered[str, OrderSeen] = field(default_factory=Remembered)
    #: "lead" or "order", and the identifier that a refused result names.
    refused: Remembered[tuple[str, str], bool] = field(default_factory=Remembered)
    #: offerId -> company and name of the offer that it stands for.
    offers: Remembered[str, tuple[Any, Any]] = field(default_factory=Remembered)
    senders: Senders = field(default_factory=Senders)
    #: Were exchanges left out, so that what is not here may have been?
    partial: bool = False
    _shared: dict[Any, Any] = field(default_factory=dict)

    def share(self, value: V) -> V:
        """An equal value that is kept already, where there is one."""
        if len(self._shared) > _SHARED:
            self._shared.clear()
        found: V = self._shared.setdefault((type(value), value), value)
        return found

    def _tables(self) -> tuple[Remembered[Any, Any], ...]:
        return (
            self.request_ids, self.created, self.leads, self.keyed, self.orders, self.refused, self.offers,
            self.senders.sent, self.senders.looked_up, self.senders.pings,
        )  # fmt: skip

    @property
    def forgotten(self) -> int:
        """Entries that were forgotten: what follows may be judged as if they had not been there."""
        return sum(table.forgotten for table in self._tables())

    def shorten(self, most: int) -> None:
        """Remembers at most so many of each from now on."""
        for table in self._tables():
            table.most = most
