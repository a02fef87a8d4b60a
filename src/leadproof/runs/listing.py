"""What a report lists of what may come without end: `Listing` of distinct things, `Distinct`, how many there were, and
`FileRows` of files. Pure.

Each is bounded, and what it keeps does not depend on how the things were dealt to processes, or in what order those are
merged: a part of a run keeps whatever the whole run would keep of it. That is why the things are put in an order of
their own, by a digest, and not in the order in which they came.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, Generic, TypeVar

#: What makes a thing the same one, seen again.
Key = tuple[str, ...]

V = TypeVar("V")

#: Digests that are kept to tell how many distinct things there were: exact up to so many, beyond that within 3 %.
COUNTED = 16_384

#: Files that a report lists of those that are right, and of those with a problem.
FILES = 1_000

_BYTES = 8
_WHOLE = 1 << 8 * _BYTES


def mark(key: Key) -> int:
    """The place of a thing in the order that is the same in every process: a digest of its key (BLAKE2b, RFC 7693)."""
    text = "\0".join(key).encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(text, digest_size=_BYTES).digest(), "big")


class Listing(Generic[V]):
    """Distinct things in groups, of which at most a number is kept: the first of each group by its mark, then the
    second of each, and so on, until the number is reached. Each group keeps at least one.

    Args:
        most: How many are kept; more only where there are more groups.
        each: How many are kept of one group; None where only the whole counts.
    """

    def __init__(self, most: int, each: int | None = None) -> None:
        self._most, self._each = most, each
        self._kept: dict[Key, V] = {}
        self._groups: dict[Hashable, list[tuple[int, Key]]] = {}
        #: Place in its group and mark of the last that was kept when there were too many; None before.
        self._last: tuple[int, int] | None = None

    def get(self, key: Key) -> V | None:
        """What is kept under a key."""
        return self._kept.get(key)

    def takes(self, group: Hashable, at: int) -> bool:
        """May a new thing be among those that are kept?

        Args:
            group: What it belongs to.
            at: Its `mark`.
        """
        place = bisect_left(self._groups.get(group, ()), (at,))
        if self._each is not None and place >= self._each:
            return False
        return not place or self._last is None or (place, at) <= self._last

    def add(self, group: Hashable, key: Key, at: int, value: V) -> None:
        """Keep a new thing, which `takes` says may be kept. What it leaves no room for is forgotten."""
        mine = self._groups.setdefault(group, [])
        insort(mine, (at, key))
        self._kept[key] = value
        if self._each is not None and len(mine) > self._each:
            del self._kept[mine.pop()[1]]
        if len(self._kept) > 2 * self._limit:  # not every time: it looks at all of them
            self._shorten()

    @property
    def _limit(self) -> int:
        return max(self._most, len(self._groups))

    def _shorten(self) -> None:
        limit = self._limit
        if len(self._kept) <= limit:
            return
        order = sorted((place, at, key) for mine in self._groups.values() for place, (at, key) in enumerate(mine))
        for _, _, key in order[limit:]:
            del self._kept[key]
        self._last = order[limit - 1][:2]
        for mine in self._groups.values():
            mine[:] = [one for one in mine if one[1] in self._kept]

    def items(self) -> dict[Key, V]:
        """All that is kept, in the order in which each was seen first."""
        self._shorten()
        return self._kept

    def groups(self) -> Iterator[tuple[Hashable, Key, int, V]]:
        """Group, key, mark and value of all that is kept, in the same order."""
        self._shorten()
        of = {key: (group, at) for group, mine in self._groups.items() for at, key in mine}
        for key, value in self._kept.items():
            group, at = of[key]
            yield group, key, at, value


@dataclass(slots=True)
class Distinct:
    """How many distinct things there were, of which only the smallest marks are kept.

    Exact up to `most`. Beyond it the marks that are kept lie as close together as all of them do (the estimator of
    Bar-Yossef et al., "Counting distinct elements in a data stream", 2002): its standard error is 1/sqrt(most).
    """

    most: int = COUNTED
    #: Things that somebody else has counted, of which nothing else is known.
    beside: int = 0
    _marks: list[int] = field(default_factory=list)
    _known: set[int] = field(default_factory=set)

    def add(self, at: int) -> None:
        """Counts a thing by its mark, once."""
        if at in self._known or (len(self._known) >= self.most and at > self._marks[-1]):
            return
        insort(self._marks, at)
        self._known.add(at)
        if len(self._marks) > self.most:
            self._known.remove(self._marks.pop())

    def merge(self, other: Distinct) -> None:
        """Adds what another part of the run has counted."""
        for at in other._marks:
            self.add(at)
        self.beside += other.beside

    @property
    def exact(self) -> bool:
        """Is the number right to the last one?"""
        return len(self._marks) < self.most and not self.beside

    @property
    def number(self) -> int:
        """How many there were, or about how many."""
        if len(self._marks) < self.most:
            return len(self._marks) + self.beside
        return round((self.most - 1) * _WHOLE / self._marks[-1]) + self.beside


@dataclass(slots=True)
class FileRows:
    """The rows of files in their order: the first ones with a problem, and the first ones of the others."""

    most: int = FILES
    total: int = 0
    #: Files that could not be read as any known format.
    unreadable: int = 0
    _right: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    _wrong: list[tuple[int, dict[str, Any]]] = field(default_factory=list)

    def add(self, row: Mapping[str, Any]) -> None:
        """Takes in the row of a file."""
        self._keep(self.total, dict(row))
        self.total += 1
        self.unreadable += _unreadable(row)

    def _keep(self, number: int, row: dict[str, Any]) -> None:
        kept = self._wrong if row["problem"] else self._right
        if len(kept) < self.most:
            kept.append((number, row))

    def merge(self, other: FileRows) -> None:
        """Adds the files of a later part."""
        for number, row in (*other._right, *other._wrong):
            self._keep(self.total + number, row)
        self.total += other.total
        self.unreadable += other.unreadable

    def beside(self, files: int, unreadable: int) -> None:
        """Counts files of which no row is known."""
        self.total += files
        self.unreadable += unreadable

    @property
    def rows(self) -> list[dict[str, Any]]:
        """What is kept, in the order of the files."""
        return [dict(row) for _, row in sorted((*self._right, *self._wrong), key=lambda one: one[0])]

    @property
    def unlisted(self) -> dict[str, int]:
        """Files that are not among the rows, and those of them that could not be read; empty where all are there."""
        rows = self.rows
        left = self.total - len(rows)
        return {"files": left, "unreadable": self.unreadable - sum(map(_unreadable, rows))} if left else {}


def _unreadable(row: Mapping[str, Any]) -> bool:
    return bool(row["problem"] and row["problem"]["kind"] == "file.unreadable")
