"""What `leadproof certify` needs to know before the first packet: can this profile send, and what can it not?

The story itself is the contract suite (`suite`), every topic of it, with a few generated examples of each cell; with
--quick the cases that say something new, and what that leaves out is said here.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from leadproof.contract.specs import Specification
from leadproof.core.errors import ConfigurationError
from leadproof.core.operations import OPERATIONS
from leadproof.core.text import count
from leadproof.generate.leads import LeadMaker
from leadproof.suite import Case
from leadproof.suite.running import CHANCE

#: Why a clause is untested that a case is made for which --quick leaves out.
LEFT_OUT = "--quick left out cases that may decide it"


def reasons(spec: Specification, maker: LeadMaker) -> dict[str, str]:
    """Why clauses of operations that this profile cannot send stay untested."""
    takes_leads = [row.id for row in OPERATIONS.values() if len(row.media) == 2]
    missing = {operation for operation in takes_leads if maker.source(operation) is None}
    return {
        clause.id: f"the profile {maker.profile.name!r} has no source with the permission for it"
        for clause in spec.clauses.values()
        if clause.operations and set(clause.operations) <= missing
    }


def require_sender(maker: LeadMaker) -> None:
    """Ends before the first packet where a profile cannot send anything.

    Raises:
        ConfigurationError: It has no source for plain creates.
    """
    if maker.source("create_lead") is None:
        raise ConfigurationError(
            f"the profile {maker.profile.name!r} has no source that may create leads",
            hint="add a [[sources]] table for the lead type of the first campaign",
        )


def left_out(every: Sequence[tuple[str, Case]], chosen: Collection[tuple[str, Case]]) -> list[str]:
    """What a quick run leaves out, in words.

    Args:
        every: Topics and cases of a whole run.
        chosen: Those of the quick one.
    """
    topics = [topic for topic, _ in _missing(every, chosen)]
    similar = len([topic for topic in topics if topic not in CHANCE])
    chance = {"lives": "lives", "generated": "generated requests"}
    words = [count(similar, "similar case")] if similar else []
    return [*words, *(said for topic, said in chance.items() if topic in topics), "load probe"]


def reasons_left_out(
    every: Sequence[tuple[str, Case]], chosen: Collection[tuple[str, Case]], spec: Specification
) -> dict[str, str]:
    """Why clauses stay untested that cases are made for which a quick run leaves out, whatever operation they are of: a
    case that begins with a lead may go on to its status.
    """
    missing = [case for _, case in _missing(every, chosen)]
    checks = {check for case in missing for check in case.checks}
    named = {clause for case in missing for clause in case.clauses(spec)}
    return {clause.id: LEFT_OUT for clause in spec.clauses.values() if clause.id in named or clause.check in checks}


def _missing(every: Sequence[tuple[str, Case]], chosen: Collection[tuple[str, Case]]) -> list[tuple[str, Case]]:
    names = {(topic, case.name) for topic, case in chosen}
    return [(topic, case) for topic, case in every if (topic, case.name) not in names]
