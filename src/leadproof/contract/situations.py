"""The texts of the situations in `specs/situations.yaml`: what a receiver does to a client, and what becomes of it.

What a right client does is a clause of the client's register (`specs.client_clauses`).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import NamedTuple

from leadproof.contract import documents
from leadproof.contract.specs import Clause, client_clauses

#: Group of situations -> its heading.
GROUPS: dict[str, str] = {
    "business": "What the service decides",
    "transport": "What happens on the way",
    "reading": "What responses may look like",
    "writing": "What has to arrive",
    "callbacks": "Calls to returnURL",
}

#: Why a situation was not played that nobody asked for.
LEFT_OUT = "left out, as was asked for"

#: Task -> what a client does.
TASKS: dict[str, str] = {
    "sell": "Sell the lead: ping and post it, or create it at once, as the client does.",
    "sell-each": "Sell each lead by itself, one after the other.",
    "sell-together": "Sell all leads with one request.",
    "sell-unless-duplicate": "Check whether the lead is a duplicate; sell it if it is not.",
    "sell-and-update": "Sell the lead; if it was accepted, update it with `changes`.",
    "sell-and-status": "Sell the lead; if it was accepted, ask for its status.",
    "sell-with-callback": "Sell each lead with a returnURL of the client's own, and wait for the callbacks; ask for "
    "the status of each lead that they say was accepted, once.",
}

#: What the exit status of a driver has to say -> in words.
EXITS: dict[str, str] = {
    "accepted": "0: the lead was accepted",
    "refused": "not 0: the lead was not accepted",
    "looked-up": "0 only if a lookup has shown that the lead was taken",
    "truth": "0 if and only if a response says that the lead was accepted",
    "any": "not asked",
}


class SituationText(NamedTuple):
    """One situation, in words."""

    clause: Clause
    #: A key of `GROUPS`.
    group: str
    #: What the receiver does.
    happens: str
    #: What the client is asked to do.
    task: str
    #: A key of `EXITS`.
    exit: str
    #: What to do about a failure.
    advice: str
    #: Seconds that the receiver lets the client wait.
    slow: float

    @property
    def id(self) -> str:
        """Its id."""
        return self.clause.id


@cache
def situations() -> Mapping[str, SituationText]:
    """Every situation by id, in the order of the register."""
    rows = documents.whole("situations.yaml")["situations"]
    return MappingProxyType({
        row["id"]: SituationText(
            client_clauses()[row["id"]], row["group"], row["happens"], row.get("task", "sell"), row["exit"],
            row["advice"].strip(), float(row.get("slow", 0)),
        )
        for row in rows
    })  # fmt: skip
