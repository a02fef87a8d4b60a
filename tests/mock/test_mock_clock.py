"""The mock's time goes forward, whatever becomes of the time of day."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from leadproof.mock.engine.clock import MockClock

STEPS = st.lists(st.floats(-86_400, 86_400), min_size=1, max_size=20)


@given(STEPS)
def test_it_never_goes_backwards_and_takes_every_step_forward(steps: list[float]) -> None:
    wall = [1_700_000_000.0]
    clock = MockClock(lambda: wall[0])

    for step in steps:
        before = clock.now()
        wall[0] += step
        assert abs(clock.now() - before - max(0.0, step)) < 1e-3


def test_it_goes_on_from_where_it_was_when_the_time_of_day_is_put_back() -> None:
    wall = [1_700_000_000.0]
    clock = MockClock(lambda: wall[0])
    wall[0] -= 3600
    assert clock.now() == 1_700_000_000
    wall[0] += 5
    clock.advance(10)
    assert clock.now() == 1_700_000_015


def test_time_that_was_stopped_stands_still_while_the_time_of_day_moves() -> None:
    wall = [1_700_000_000.0]
    clock = MockClock(lambda: wall[0])
    clock.stop(1_600_000_000)
    wall[0] -= 3600
    assert clock.now() == 1_600_000_000
