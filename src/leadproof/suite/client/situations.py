"""The register `specs/situations.yaml`, joined with how each situation is played and decided: `every`."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from leadproof.contract.situations import GROUPS, SituationText, situations
from leadproof.contract.specs import Clause
from leadproof.core.errors import UsageError
from leadproof.suite.client import table
from leadproof.suite.client.rules import (
    Rule,
    at_most,
    believes,
    believes_only_after_lookup,
    believes_the_truth,
    ends,
    readable,
)
from leadproof.suite.client.table import Staging

#: What the exit status of a driver has to say -> who decides it.
_BELIEFS: dict[str, tuple[Rule, ...]] = {
    "accepted": (believes(True),),
    "refused": (believes(False),),
    "looked-up": (believes_only_after_lookup,),
    "truth": (believes_the_truth,),
    "any": (),
}

#: Requests in one situation beyond which a client is not right, whatever it was told.
MOST_REQUESTS = 25

_ALWAYS: tuple[Rule, ...] = (readable, at_most(MOST_REQUESTS), ends)


@dataclass(frozen=True, slots=True)
class Situation:
    """One thing that a receiver does to a client, and what a right client does."""

    text: SituationText
    part: Staging

    @property
    def id(self) -> str:
        """Its id."""
        return self.text.id

    @property
    def clause(self) -> Clause:
        """What a right client does, as a report has it."""
        return self.text.clause

    @property
    def rules(self) -> tuple[Rule, ...]:
        """What a right client would not do."""
        return (*_ALWAYS, *self.part.rules, *_BELIEFS[self.text.exit])


@cache
def every() -> Mapping[str, Situation]:
    """Every situation by id, in the order of the register."""
    return MappingProxyType({name: Situation(text, table.PARTS[name]) for name, text in situations().items()})


def select(ids: Collection[str] = (), groups: Collection[str] = (), *, slow: bool = True) -> list[Situation]:
    """The situations that are asked for.

    Args:
        ids: These; all if left out.
        groups: Keys of `situations.GROUPS`; all if left out.
        slow: Those that let the client wait for five seconds and more, too?

    Raises:
        UsageError: There is no such situation or group, or none is left.
    """
    for what, names, known in (("situation", ids, every()), ("group", groups, GROUPS)):
        for name in names:
            if name not in known:
                near = difflib.get_close_matches(name, known, 3)
                listed = (
                    "leadproof explain situations lists them"
                    if what == "situation"
                    else f"there are {', '.join(known)}"
                )
                hint = f"did you mean {', '.join(near)}?" if near else listed
                raise UsageError(f"there is no {what} {name!r}", hint=hint)
    found = [
        one for one in every().values()
        if (not ids or one.id in ids) and (not groups or one.text.group in groups) and (slow or not one.text.slow)
    ]  # fmt: skip
    if not found:
        raise UsageError(
            f"none of the {len(every())} situations is left",
            hint="ask for fewer groups and names at once, or for slow ones",
        )
    return found
