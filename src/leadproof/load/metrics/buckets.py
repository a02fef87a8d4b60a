"""A histogram of ours as others have theirs: the exponential one of OpenTelemetry, the classic one of Prometheus. Pure.

Every sample counts as the middle of its bucket, which is within 0.1 % of it; so a sample that near a bound may count on
its other side. No sample is lost or counted twice, and no count ever falls while a run goes on.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from leadproof.core.histogram import Histogram

#: Buckets of an exponential histogram at most: as many as the SDKs have, which collectors are made for.
MOST_BUCKETS = 160

#: The finest scale: 2^8 buckets per power of two, 0.27 % each. Finer ones would be narrower than our own.
FINEST = 8


@dataclass(frozen=True, slots=True)
class ExponentialBuckets:
    """An exponential histogram (OpenTelemetry metrics data model, ExponentialHistogram).

    Bucket i holds what is above `base ** (offset + i)` and not above `base ** (offset + i + 1)`, in seconds, where base
    is `2 ** 2 ** -scale`.
    """

    scale: int
    offset: int
    counts: tuple[int, ...]

    def bounds(self, place: int) -> tuple[float, float]:
        """The lower and upper bound of a bucket, in seconds."""
        index = self.offset + place
        return math.pow(2.0, math.ldexp(index, -self.scale)), math.pow(2.0, math.ldexp(index + 1, -self.scale))


def exponential_index(seconds: float, scale: int) -> int:
    """The exponential bucket of a duration above 0.

    Args:
        seconds: The duration.
        scale: Of the histogram; may be negative.
    """
    mantissa, exponent = math.frexp(seconds)
    if mantissa == 0.5:  # a power of two is the upper bound of its bucket, and must not depend on rounding
        exponent, mantissa = exponent - 1, 1.0
    if scale <= 0:
        return (exponent - 1) >> -scale
    steps = math.ceil((math.log2(mantissa) + 1.0) * (1 << scale)) - 1
    return ((exponent - 1) << scale) + min(max(steps, 0), (1 << scale) - 1)


def exponential(histogram: Histogram, most: int = MOST_BUCKETS) -> ExponentialBuckets:
    """The samples in exponential buckets, as fine as `most` of them allow.

    Args:
        histogram: Durations in seconds.
        most: Buckets at most, two or more.
    """
    used = sorted(index for index, number in histogram.counts.items() if number)
    if not used:
        return ExponentialBuckets(FINEST, 0, ())
    lowest, highest = histogram.middle(used[0]), histogram.middle(used[-1])
    scale = FINEST
    while exponential_index(highest, scale) - exponential_index(lowest, scale) >= most:
        scale -= 1
    offset = exponential_index(lowest, scale)
    counts = [0] * (exponential_index(highest, scale) - offset + 1)
    for index in used:
        counts[exponential_index(histogram.middle(index), scale) - offset] += histogram.counts[index]
    return ExponentialBuckets(scale, offset, tuple(counts))


def classic(histogram: Histogram, bounds: Sequence[float]) -> list[int]:
    """How many samples are not above each bound, and at the end how many there are: what Prometheus adds up to.

    Args:
        histogram: Durations in seconds.
        bounds: Upper bounds in seconds, ascending.
    """
    counts = [0] * (len(bounds) + 1)
    for middle, number in histogram:
        counts[bisect_left(bounds, middle)] += number
    return list(accumulate(counts))


def total_seconds(histogram: Histogram) -> float:
    """The sum of the samples in seconds, within 0.1 %."""
    return math.fsum(middle * number for middle, number in histogram)
