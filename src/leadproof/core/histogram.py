"""`Histogram`: durations counted in log-linear buckets; merging and percentiles. Pure.

Every power of two is cut into the same number of buckets, so the relative error is the same everywhere: at most 0.1 %
with the default 512. Two histograms merge by adding counts, so the merged histogram of several workers *is* the
histogram of all their samples, and a percentile of it is no average of percentiles.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate, islice
from math import frexp
from operator import lt
from typing import Any

#: Buckets per power of two, as a power of two itself: 2^9 = 512, so half a bucket is at most 1/1024 of the value.
BITS = 9

#: Bits of a histogram that is read: more is finer than any clock.
_MOST_BITS = 20

#: Seconds. What is shorter (or negative, by a clock's rounding) counts as this.
SHORTEST = 1e-9


def index_of(seconds: float) -> int:
    """The bucket of a duration, at the default precision."""
    mantissa, exponent = frexp(seconds if seconds > SHORTEST else SHORTEST)
    # The mantissa is in [0.5, 1): 512 steps of 1/1024.
    return (exponent << BITS) + int(mantissa * 1024.0) - 512


class Histogram:
    """Durations in seconds, counted."""

    __slots__ = ("bits", "counts", "highest", "lowest")

    def __init__(self, bits: int = BITS) -> None:
        """Args:

        bits: Buckets per power of two, as a power of two: 9 for an error of 0.1 %, 5 for 1.6 %.
        """
        self.bits = bits
        #: Bucket -> samples in it.
        self.counts: defaultdict[int, int] = defaultdict(int)
        #: The exact extremes; infinities while there is no sample.
        self.lowest, self.highest = math.inf, -math.inf

    @classmethod
    def of(cls, samples: Iterable[float], bits: int = BITS) -> Histogram:
        """The histogram of some durations."""
        made = cls(bits)
        for sample in samples:
            made.record(sample)
        return made

    def record(self, seconds: float, times: int = 1) -> None:
        """Counts a duration."""
        # `index_of`, spelled out: this is called several times for every request.
        mantissa, exponent = frexp(seconds if seconds > SHORTEST else SHORTEST)
        self.counts[((exponent << BITS) + int(mantissa * 1024.0) - 512) >> (BITS - self.bits)] += times
        if seconds < self.lowest:
            self.lowest = seconds
        if seconds > self.highest:
            self.highest = seconds

    def merge(self, other: Histogram) -> None:
        """Adds the samples of a histogram of the same or a finer precision."""
        if other.bits < self.bits:
            raise ValueError(f"a histogram of 2^{self.bits} buckets cannot take one of 2^{other.bits}")
        shift, counts = other.bits - self.bits, self.counts
        if not shift and not counts:  # as most are that another is merged into
            counts.update(other.counts)
        else:
            for index, number in other.counts.items():
                counts[index >> shift] += number
        self.lowest, self.highest = min(self.lowest, other.lowest), max(self.highest, other.highest)

    @property
    def total(self) -> int:
        """The number of samples."""
        return sum(self.counts.values())

    def mean(self) -> float:
        """The mean in seconds; 0 without samples."""
        total = self.total
        return sum(self.middle(index) * number for index, number in self.counts.items()) / total if total else 0.0

    def percentile(self, percent: float) -> float:
        """The duration that `percent` of the samples do not exceed (nearest rank), within half a bucket; 0 without any.

        Args:
            percent: From 0 (the lowest) to 100 (the highest).
        """
        return self.percentiles((percent,))[0]

    def percentiles(self, percents: Iterable[float]) -> list[float]:
        """Several percentiles in one pass."""
        indices = sorted(self.counts)
        seen = list(accumulate(map(self.counts.__getitem__, indices)))
        total = seen[-1] if seen else 0
        return [self._ranked(rank(percent, total), total, indices, seen) if total else 0.0 for percent in percents]

    def _ranked(self, wanted: int, total: int, indices: Sequence[int], seen: Sequence[int]) -> float:
        if wanted == total:  # the extremes are known exactly
            return self.highest
        if wanted == 1:
            return self.lowest
        return self._inside(self.middle(indices[bisect_left(seen, wanted)]))

    def above(self, seconds: float) -> int:
        """How many samples are longer, within half a bucket."""
        if seconds < self.lowest:
            return self.total
        if seconds >= self.highest:
            return 0
        limit = index_of(seconds) >> (BITS - self.bits)
        return sum(number for index, number in self.counts.items() if index > limit)

    def middle(self, index: int) -> float:
        """The middle of a bucket in seconds."""
        exponent, step = index >> self.bits, index & ((1 << self.bits) - 1)
        return math.ldexp(0.5 + (step + 0.5) / (2 << self.bits), exponent)

    def bounds(self, index: int) -> tuple[float, float]:
        """The lower and upper bound of a bucket in seconds."""
        exponent, step = index >> self.bits, index & ((1 << self.bits) - 1)
        scale = 2 << self.bits
        return math.ldexp(0.5 + step / scale, exponent), math.ldexp(0.5 + (step + 1) / scale, exponent)

    def coarser(self, bits: int) -> Histogram:
        """The same samples at a lower precision."""
        made = Histogram(bits)
        made.merge(self)
        return made

    def copy(self) -> Histogram:
        """The same samples, to be changed apart."""
        made = Histogram(self.bits)
        made.counts.update(self.counts)
        made.lowest, made.highest = self.lowest, self.highest
        return made

    def data(self) -> dict[str, Any]:
        """The histogram as data that JSON can carry: sorted buckets and their counts."""
        indices = sorted(self.counts)
        row: dict[str, Any] = {"bits": self.bits, "buckets": indices, "counts": [self.counts[one] for one in indices]}
        return row | {"lowest": self.lowest, "highest": self.highest} if indices else row

    @classmethod
    def read(cls, data: Mapping[str, Any], bits: int | None = None) -> Histogram:
        """The histogram of `data()`, at the precision that it has or at a lower one.

        Raises:
            ValueError: It is none.
        """
        try:
            own = int(data["bits"])
            if not 1 <= own <= _MOST_BITS:
                raise ValueError(f"no histogram: {own} bits")
            made = cls(own if bits is None else min(bits, own))
            # A running page reads thousands of buckets a second, so nothing here takes a step of its own for each.
            buckets, counts = list(data["buckets"]), list(data["counts"])
            if len(buckets) != len(counts) or not {*map(type, buckets), *map(type, counts)} <= {int}:
                raise ValueError("no histogram: a bucket without a count, or one that is no number")
            if not all(map(lt, buckets, islice(buckets, 1, None))):
                raise ValueError("no histogram: its buckets are in no order")
            shift = own - made.bits
            made.counts.update(_coarser(buckets, counts, shift) if shift else zip(buckets, counts, strict=True))
            if buckets:
                made.lowest, made.highest = float(data["lowest"]), float(data["highest"])
                made.middle(buckets[-1] >> shift)
        except (KeyError, TypeError, OverflowError) as error:
            raise ValueError(f"no histogram: {error}") from None
        if buckets and not (min(counts) >= 0 and 0 <= made.lowest <= made.highest < math.inf):
            raise ValueError("no histogram: a count or a bound is none")
        return made

    def __iter__(self) -> Iterator[tuple[float, int]]:
        """The middle of each bucket that holds samples, and their number, in order."""
        for index in sorted(self.counts):
            yield self.middle(index), self.counts[index]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Histogram):
            return NotImplemented
        return (self.bits, self.lowest, self.highest, dict(self.counts)) == (
            other.bits, other.lowest, other.highest, dict(other.counts),
        )  # fmt: skip

    __hash__ = None  # type: ignore[assignment]  # it changes

    def __repr__(self) -> str:
        return f"<Histogram total={self.total}>"

    def _inside(self, seconds: float) -> float:
        return min(max(seconds, self.lowest), self.highest)


def _coarser(buckets: list[int], counts: list[int], shift: int) -> Iterator[tuple[int, int]]:
    """Sorted buckets and their counts, of which 2^shift are one."""
    place = 0
    while place < len(buckets):
        index = buckets[place] >> shift
        end = bisect_left(buckets, (index + 1) << shift, place)
        yield index, sum(counts[place:end])
        place = end


def rank(percent: float, total: int) -> int:
    """The nearest rank of a percentile among `total` samples, from 1 (ISO 2602 calls the sample an order statistic)."""
    # Rounded first: 99.9 / 100 * 1000 is a hair above 999 in binary.
    return min(max(math.ceil(round(percent / 100 * total, 6)), 1), total)
