"""The garbage collector is told to look rarely, and told otherwise afterwards."""

from __future__ import annotations

import gc

from leadproof.core.gc import gc_paused


def test_the_collector_is_as_before_afterwards() -> None:
    usual, before = gc.get_threshold(), (700, 10, 10)
    gc.unfreeze()
    gc.set_threshold(*before)
    try:
        with gc_paused():
            assert gc.get_threshold() > before
            assert gc.get_freeze_count() > 0

        assert gc.get_threshold() == before
        assert gc.get_freeze_count() == 0
    finally:
        gc.set_threshold(*usual)
