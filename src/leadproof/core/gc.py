"""The cyclic garbage collector, for work that makes many objects and no cycles: it would walk over them in vain."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


def tune_gc() -> None:
    """Take everything that was loaded so far out of the collector's sight, and let it look at the rest rarely."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


@contextmanager
def gc_paused() -> Iterator[None]:
    """`tune_gc` for as long as the context lasts."""
    before = gc.get_threshold()
    tune_gc()
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
