"""The cyclic garbage collector, for work that makes many objects and no cycles: it would walk over them in vain."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

#: Objects made before the collector looks, and how often it looks at those that stayed.
_RARELY = (50_000, 20, 100)


def tune_gc() -> None:
    """Take everything that was loaded so far out of the collector's sight, and let it look at the rest rarely."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_RARELY)


@contextmanager
def gc_paused() -> Iterator[None]:
    """The same for as long as the context lasts, but nothing is collected before: of short work that is a good part."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(*_RARELY)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
