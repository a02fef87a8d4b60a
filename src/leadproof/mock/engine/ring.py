"""Bounded memory: numbered rows of which the oldest are dropped. Knows nothing of what a row says.

Rows are bytes, so a million of them are nothing to Python's cyclic garbage collector, which would otherwise walk over
every object of every row again and again and hold all requests up while it does.
"""

from __future__ import annotations


class Ring:
    """Rows of any length, numbered from 0 in the order of their arrival."""

    __slots__ = ("_bytes", "_limit", "_rows", "first", "most", "next")

    def __init__(self, most: int, row_bytes: int = 1024) -> None:
        """Args: how many rows to keep, and their mean size: a few huge rows may not take more room than many."""
        self.most = most
        self._limit = most * row_bytes
        self._rows: list[bytes] = []
        self._bytes = 0
        #: Number of the oldest row that is kept.
        self.first = 0
        #: Number that the next row gets.
        self.next = 0

    def __len__(self) -> int:
        return self.next - self.first

    def append(self, row: bytes) -> int:
        """Keep a row; its number. Make room first with `overflowing` and `drop` where dropped rows matter."""
        while self.overflowing(len(row)):
            self.drop()
        number = self.next
        if number < self.most:
            self._rows.append(row)
        else:
            self._rows[number % self.most] = row
        self._bytes += len(row)
        self.next = number + 1
        return number

    def overflowing(self, size: int) -> bool:
        """Must a row go before one of `size` bytes may come?"""
        return len(self) > 0 and (len(self) >= self.most or self._bytes + size > self._limit)

    def drop(self) -> bytes:
        """Forget the oldest row; the row."""
        place = self.first % self.most
        row = self._rows[place]
        self._rows[place] = b""
        self._bytes -= len(row)
        self.first += 1
        return row

    def get(self, number: int) -> bytes | None:
        """The row of a number; None if it was dropped or never was."""
        return self._rows[number % self.most] if self.first <= number < self.next else None

    def replace(self, number: int, row: bytes) -> None:
        """Another row under the same number, which must be kept still."""
        place = number % self.most
        self._bytes += len(row) - len(self._rows[place])
        self._rows[place] = row
