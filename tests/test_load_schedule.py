"""When journeys begin: shapes, arrivals, workers."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadproof.core.errors import ConfigurationError
from leadproof.load.schedule import PATTERNS, SHAPES, STEPS, Schedule, Segment, schedule

RATES = st.floats(0.5, 500)
SECONDS = st.floats(1, 20)


@given(st.sampled_from(sorted(SHAPES)), RATES, SECONDS, st.sampled_from(PATTERNS), st.integers(1, 5))
def test_workers_together_send_exactly_the_whole_schedule(
    shape: str, rate: float, seconds: float, pattern: str, workers: int
) -> None:
    whole = schedule(shape, rate, seconds, pattern, 3)

    shares = [list(whole.arrivals(share, workers)) for share in range(workers)]

    assert sorted(itertools.chain(*shares)) == list(whole.arrivals())


@given(st.sampled_from(sorted(SHAPES)), RATES, SECONDS)
def test_regular_arrivals_are_as_many_as_the_area_under_the_rate(shape: str, rate: float, seconds: float) -> None:
    whole = schedule(shape, rate, seconds)

    arrivals = list(whole.arrivals())

    assert abs(len(arrivals) - whole.expected) <= 1
    assert arrivals == sorted(arrivals)
    assert not arrivals or 0 <= arrivals[0] <= arrivals[-1] <= whole.duration + 1e-6


def test_a_constant_rate_has_equal_gaps() -> None:
    assert list(schedule("constant", 4, 2).arrivals()) == [0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 1.75]


def test_a_ramp_grows_from_a_tenth_of_the_rate_to_the_rate() -> None:
    whole = schedule("ramp", 100, 10)

    assert (whole.rate_at(0), whole.rate_at(5), whole.rate_at(9.999), whole.rate_at(11)) == (
        10, 55, pytest.approx(100, abs=0.1), 0,
    )  # fmt: skip
    early = sum(one < 5 for one in whole.arrivals())
    assert early == pytest.approx((10 + 55) / 2 * 5, abs=1)


def test_steps_are_equally_long_and_each_is_faster() -> None:
    whole = schedule("step", 50, 10)

    assert [whole.rate_at(10 / STEPS * (step + 0.5)) for step in range(STEPS)] == [10, 20, 30, 40, 50]


def test_a_spike_is_sudden_and_goes_away() -> None:
    whole = schedule("spike", 100, 10)

    assert [whole.rate_at(at) for at in (3.9, 4.1, 5.9, 6.1)] == [10, 100, 100, 10]


def test_smoke_never_becomes_a_load() -> None:
    whole = schedule("smoke", 5000, 3600)

    assert (whole.peak, whole.duration) == (5, 10)


def test_random_arrivals_are_seeded_and_poisson() -> None:
    one, same = schedule("constant", 200, 50, "poisson", 1), schedule("constant", 200, 50, "poisson", 1)
    other = schedule("constant", 200, 50, "poisson", 2)

    arrivals = list(one.arrivals())
    gaps = [after - before for before, after in itertools.pairwise(arrivals)]
    mean = sum(gaps) / len(gaps)
    spread = (sum((gap - mean) ** 2 for gap in gaps) / len(gaps)) ** 0.5

    assert arrivals == list(same.arrivals())
    assert arrivals != list(other.arrivals())
    assert len(arrivals) == pytest.approx(10_000, rel=0.04)
    assert spread == pytest.approx(mean, rel=0.05)  # of an exponential distribution


def test_a_segment_finds_the_moment_of_an_area() -> None:
    segment = Segment(10, 0, 20)

    assert segment.when(segment.arrivals) == pytest.approx(10)
    assert segment.when(25) == pytest.approx(5)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("sawtooth", 1, 1), "no shape"),
        (("constant", 0, 1), "no load"),
        (("constant", 1, float("inf")), "no load"),
        (("constant", 1, 1, "bursts"), "no pattern"),
    ],
)
def test_what_is_no_schedule_is_refused(arguments: tuple[str, float, float], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        schedule(*arguments)


def test_the_first_arrival_of_an_empty_schedule_does_not_exist() -> None:
    assert list(Schedule(()).arrivals()) == []
