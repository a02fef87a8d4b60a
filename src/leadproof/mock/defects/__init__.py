"""The mock's defects: named ways in which it can be made to break the contract, each with the clause that must notice.

They are the measure of the suite: `leadproof defects` turns the suite against each of them.

* `model`      what a defect is, and how it gets into the mock: `planted(rows, profile, …)` is a `Mock`
* `generated`  operator × member × representation, by rule (`places`, `in_json`, `in_xml`)
* `written`    those that somebody thought of, by kind
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from functools import cache
from types import MappingProxyType

from leadproof.core.errors import UsageError
from leadproof.mock.defects import generated, written
from leadproof.mock.defects.model import NEEDS, Defect, Injection, planted

__all__ = ["NEEDS", "Defect", "Injection", "pick", "planted", "table"]


@cache
def table(seed: int = 0) -> Mapping[str, Defect]:
    """Every defect by id, those written by hand first.

    Args:
        seed: Draws what the generated ones write instead of what should stand there.
    """
    rows = [*written.rows(), *generated.rows(seed)]
    found = {row.id: row for row in rows}
    assert len(found) == len(rows), "two defects have the same id"
    return MappingProxyType(found)


def pick(ids: Iterable[str], seed: int = 0) -> list[Defect]:
    """The defects with these ids.

    Raises:
        UsageError: There is none of that id; the hint names the nearest.
    """
    rows = table(seed)
    found = []
    for one in ids:
        if one not in rows:
            near = difflib.get_close_matches(one, rows, 3, 0.5)
            hint = f"did you mean {', '.join(near)}?" if near else "leadproof explain defects lists them"
            raise UsageError(f"there is no defect {one!r}", hint=hint)
        found.append(rows[one])
    return found
