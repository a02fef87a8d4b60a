"""The histogram: bounded error, exact merging."""

from __future__ import annotations

import math
import random
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from leadproof.core.histogram import SHORTEST, Histogram, index_of, rank

DURATIONS = st.floats(SHORTEST, 4000.0, allow_nan=False)
SAMPLES = st.lists(DURATIONS, min_size=1, max_size=200)
#: Half a bucket of 512 in a power of two.
ERROR = 1 / 1024


def exact(samples: list[float], percent: float) -> float:
    return sorted(samples)[rank(percent, len(samples)) - 1]


@given(DURATIONS)
@example(SHORTEST)
@example(0.5)
@example(math.nextafter(0.5, 0))
def test_the_middle_of_a_bucket_is_within_a_tenth_of_a_percent(seconds: float) -> None:
    histogram = Histogram.of([seconds])

    middle = histogram.middle(index_of(seconds))

    assert abs(middle - seconds) <= seconds * ERROR
    low, high = histogram.bounds(index_of(seconds))
    assert low <= seconds < high


@given(SAMPLES, st.floats(0, 100))
@example([1.0, 2.0, 3.0], 99.9)
@example([0.9, 0.001], 50.0)
def test_percentiles_are_within_the_error_of_the_exact_ones(samples: list[float], percent: float) -> None:
    found = Histogram.of(samples).percentile(percent)

    truth = exact(samples, percent)
    assert abs(found - truth) <= truth * ERROR * 1.0001


@given(st.lists(SAMPLES, min_size=1, max_size=5))
def test_merging_is_the_histogram_of_all_samples(parts: list[list[float]]) -> None:
    merged = Histogram()
    for part in parts:
        merged.merge(Histogram.of(part))

    assert merged == Histogram.of(sample for part in parts for sample in part)


@given(SAMPLES)
def test_data_reads_back_as_the_same_histogram(samples: list[float]) -> None:
    histogram = Histogram.of(samples)

    assert Histogram.read(histogram.data()) == histogram


@given(SAMPLES, st.integers(1, 12))
def test_data_reads_back_at_a_lower_precision_but_no_higher_one(samples: list[float], bits: int) -> None:
    histogram = Histogram.of(samples)

    assert Histogram.read(histogram.data(), bits) == histogram.coarser(min(bits, histogram.bits))


@given(SAMPLES, SAMPLES)
def test_making_coarser_and_merging_may_be_swapped(left: list[float], right: list[float]) -> None:
    one = Histogram.of(left).coarser(5)
    one.merge(Histogram.of(right))

    whole = Histogram.of([*left, *right]).coarser(5)

    assert one == whole


@given(SAMPLES, DURATIONS)
def test_above_counts_what_is_longer_within_a_bucket(samples: list[float], limit: float) -> None:
    found = Histogram.of(samples).above(limit)

    assert sum(one > limit * 1.002 for one in samples) <= found <= sum(one > limit for one in samples)


def test_the_extremes_are_exact() -> None:
    histogram = Histogram.of([0.1234567, 0.2, 0.7654321])

    assert histogram.percentiles((0, 100)) == [0.1234567, 0.7654321]


def test_a_clock_that_went_backwards_counts_as_nothing() -> None:
    histogram = Histogram.of([-0.001, 0.0])

    assert histogram.total == 2
    assert histogram.percentile(50) <= SHORTEST


def test_without_samples_everything_is_zero() -> None:
    histogram = Histogram()

    assert (histogram.total, histogram.mean(), histogram.percentile(99)) == (0, 0.0, 0.0)
    assert Histogram.read(histogram.data()) == histogram


def test_the_mean_is_within_the_error() -> None:
    chance = random.Random(7)
    samples = [chance.expovariate(100) for _ in range(5000)]

    assert Histogram.of(samples).mean() == pytest.approx(sum(samples) / len(samples), rel=ERROR)


def test_a_finer_one_does_not_come_out_of_a_coarser_one() -> None:
    with pytest.raises(ValueError, match="cannot take"):
        Histogram().merge(Histogram(5))


@pytest.mark.parametrize(
    "odd",
    [
        {"buckets": None}, {"counts": [1]}, {"counts": [1, -1]}, {"buckets": [7, 7]}, {"buckets": [8, 7]}, {"bits": 0},
        {"bits": 99}, {"lowest": 3.0}, {"highest": float("inf")}, {"buckets": [7, 10**9]}, {"lowest": None},
    ],
)  # fmt: skip
@pytest.mark.parametrize("bits", [None, 5])
def test_what_is_no_histogram_says_so(odd: dict[str, Any], bits: int | None) -> None:
    good = {"bits": 9, "buckets": [7, 8], "counts": [1, 2], "lowest": 1.0, "highest": 2.0}
    assert Histogram.read(good, bits).total == 3

    with pytest.raises(ValueError, match="no histogram"):
        Histogram.read(good | odd, bits)


def test_percentiles_of_binary_fractions_have_the_nearest_rank() -> None:
    assert rank(99.9, 1000) == 999
    assert rank(100, 3) == 3
    assert rank(0, 3) == 1
