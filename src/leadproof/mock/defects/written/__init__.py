"""The defects that somebody thought of, one module for each group of kinds: what real services get wrong.

Each module ends with its `TABLE`; `rows`, `inbound` and `profiles` are what the tables are written with.
"""

from __future__ import annotations

from collections.abc import Iterator

from leadproof.mock.defects.model import Defect
from leadproof.mock.defects.written import (
    admission,
    callbacks,
    counts,
    duplicates,
    failures,
    messages,
    orders,
    status,
    texts,
    times,
    verdicts,
)
from leadproof.mock.defects.written.rows import defects

_MODULES = (
    counts,
    times,
    duplicates,
    orders,
    status,
    callbacks,
    messages,
    texts,
    verdicts,
    admission,
    failures,
)


def rows() -> Iterator[Defect]:
    """Every row, group by group."""
    for module in _MODULES:
        yield from defects(module.TABLE)
