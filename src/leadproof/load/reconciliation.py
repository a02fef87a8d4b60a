"""Conservation: is every accepted lead still there, once, and sold once? The ledger of a run, and what lookups show.

Pure. The engine notes accepted leads while it runs and asks for their status afterwards; this module says what is to
be asked and what the responses mean.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from leadproof.load.replies import Reply

#: Leads that are looked up on a target that is not this machine.
REMOTE_LOOKUPS = 1_000

#: Share of the run's rate at which they are.
REMOTE_SHARE = 0.1


def sample(rate: float, seconds: float) -> tuple[int, float]:
    """How many leads are looked up on a target that is not the mock, and how many in a second: at a tenth of the run's
    rate, and for no longer than the run took.
    """
    per_second = max(rate * REMOTE_SHARE, 0.5)
    return min(REMOTE_LOOKUPS, max(round(per_second * seconds), 1)), per_second


#: Examples of each kind that are named.
_NAMED = 20

#: Confidence of the bound that a sample gives.
CONFIDENCE = 0.95


#: Ids that are held against each other at once: as a set they take ten times the memory that they take packed.
AT_ONCE = 250_000


def _ids() -> array[int]:
    return array("Q")


def shared(known: array[int], new: array[int]) -> int:
    """How many ids stand in both, each counted once; a part of them at a time, so that memory does not follow."""
    parts = len(known) // AT_ONCE + 1
    return sum(
        len({one for one in known if one % parts == part}.intersection(one for one in new if one % parts == part))
        for part in range(parts)
    )


@dataclass(slots=True)
class AcceptedLeads:
    """Accepted leads, packed: eight bytes for a lead's id, sixteen for its request's."""

    leads: array[int] = field(default_factory=_ids)
    _guids: bytearray = field(default_factory=bytearray)
    #: Request ids that are no GUIDs, by the lead's place.
    _odd: dict[int, str] = field(default_factory=dict)
    #: Leads that were accepted again.
    sold_twice: int = 0

    def add(self, request_id: str, lead_id: int) -> None:
        """Notes an accepted lead."""
        try:
            packed = bytes.fromhex(request_id.replace("-", "")) if len(request_id) == 36 else b""
        except ValueError:
            packed = b""
        if len(packed) != 16:
            self._odd[len(self.leads)] = request_id
            packed = bytes(16)
        self.leads.append(lead_id & 0xFFFF_FFFF_FFFF_FFFF)
        self._guids += packed

    def __len__(self) -> int:
        return len(self.leads)

    def entry(self, place: int) -> tuple[str, int]:
        """Request id and lead id of the lead at a place."""
        found = self._odd.get(place)
        return found or str(UUID(bytes=bytes(self._guids[place * 16 : place * 16 + 16]))), self.leads[place]

    def requests(self, most: int | None = None) -> Iterator[tuple[str, list[int]]]:
        """Each request id with the leads that it created, evenly spread over the run where not all are wanted."""
        total = len(self.leads)
        stride = 1 if most is None else max(1, math.ceil(total / most))
        last = ""
        leads: list[int] = []
        for place in range(0, total, stride):
            request_id, lead = self.entry(place)
            if request_id != last and leads:
                yield last, leads
                leads = []
            last = request_id
            leads.append(lead)
        if leads:
            yield last, leads

    def repeated(self) -> int:
        """Lead ids that were given more than once, counted as often as they are too many."""
        parts = len(self.leads) // AT_ONCE + 1
        return len(self.leads) - sum(len({one for one in self.leads if one % parts == part}) for part in range(parts))


@dataclass(slots=True)
class Reconciliation:
    """What the lookups of a run have shown."""

    accepted: int = 0
    checked: int = 0
    #: Accepted leads that their status response does not know.
    lost: int = 0
    #: Lead ids given to more than one lead, and leads that a status names twice.
    duplicated: int = 0
    #: Leads that were accepted a second time.
    sold_twice: int = 0
    #: Lookups that got no usable response: they show nothing.
    unanswered: int = 0
    examples: list[str] = field(default_factory=list)

    def take(self, request_id: str, leads: list[int], reply: Reply) -> None:
        """Takes in the status response of a request."""
        if reply.response is None or reply.error.startswith(("http.", "connect", "timeout", "reset", "tls", "framing")):
            self.unanswered += len(leads)
            return
        known = [one.leadId for one in reply.response.results]
        self.checked += len(leads)
        for lead in leads:
            times = known.count(lead)
            if times == 0:
                self.lost += 1
                self._name(f"lead {lead} of request {request_id}: lost")
            elif times > leads.count(lead):
                self.duplicated += 1
                self._name(f"lead {lead} of request {request_id}: there {times} times")

    def merge(self, other: Mapping[str, Any]) -> None:
        """Adds what another worker found."""
        for name in ("accepted", "checked", "lost", "duplicated", "sold_twice", "unanswered"):
            setattr(self, name, getattr(self, name) + int(other.get(name, 0)))
        self.examples = [*self.examples, *other.get("examples", ())][:_NAMED]

    def data(self) -> dict[str, Any]:
        """The result as data."""
        return {
            "accepted": self.accepted, "checked": self.checked, "lost": self.lost, "duplicated": self.duplicated,
            "sold_twice": self.sold_twice, "unanswered": self.unanswered, "examples": list(self.examples),
            "bound": bound(self.lost, self.checked, self.accepted),
        }  # fmt: skip

    @property
    def broken(self) -> bool:
        """Is anything lost, duplicated or sold twice?"""
        return bool(self.lost or self.duplicated or self.sold_twice)

    def _name(self, words: str) -> None:
        if len(self.examples) < _NAMED:
            self.examples.append(words)


def bound(lost: int, checked: int, accepted: int) -> float:
    """The share of all accepted leads that may be lost, at 95 % confidence (the rule of three where none was).

    With every lead checked it is what was found. Else the Wilson score's upper limit, and with no loss at all
    1 - 0.05^(1/n), the exact binomial limit, which is about 3/n.
    """
    if not checked:
        return 1.0 if accepted else 0.0
    if checked >= accepted:
        return lost / checked
    if not lost:
        return float(1 - (1 - CONFIDENCE) ** (1 / checked))
    z, share = 1.6449, lost / checked
    centre = share + z * z / (2 * checked)
    spread = z * math.sqrt(share * (1 - share) / checked + z * z / (4 * checked * checked))
    return float(min(1.0, (centre + spread) / (1 + z * z / checked)))
