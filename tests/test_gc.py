"""The garbage collector is told to look rarely, and told otherwise afterwards."""

from __future__ import annotations

import gc

from leadproof.core.gc import gc_paused


def test_the_collector_is_as_before_afterwards() -> None:
    before = gc.get_threshold()

    with gc_paused():
        assert gc.get_threshold() > before
        assert gc.get_freeze_count() > 0

    assert gc.get_threshold() == before
    assert gc.get_freeze_count() == 0
