"""`Mutant`, and how one enters the table."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from leadproof.suite.client.example import LeadClient


class Mutant(NamedTuple):
    """A client with one mistake."""

    #: The situation that has to notice.
    owner: str
    #: What is wrong, in words.
    words: str
    #: The right client with it.
    kind: type[LeadClient]
    media: str = "json"


#: Id -> the mutant, in the order in which they are written.
MUTANTS: dict[str, Mutant] = {}


def mutant(owner: str, media: str = "json") -> Callable[[type[LeadClient]], type[LeadClient]]:
    """Enters a class whose docstring says what is wrong.

    Args:
        owner: The situation that has to notice.
        media: The representation that the client speaks.
    """

    def enter(kind: type[LeadClient]) -> type[LeadClient]:
        name = re.sub(r"(?<!^)(?=[A-Z])", "-", kind.__name__).lower()
        MUTANTS[name] = Mutant(owner, (kind.__doc__ or "").strip(), kind, media)
        return kind

    return enter
