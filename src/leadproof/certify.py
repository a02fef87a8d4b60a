"""What `leadproof certify` needs to know before the first packet: can this profile send, and what can it not?

The story itself is the contract suite (`suite`), every topic of it, with a few generated examples of each cell.
"""

from __future__ import annotations

from leadproof.errors import ConfigurationError
from leadproof.generate.leads import LeadMaker
from leadproof.operations import OPERATIONS
from leadproof.specs import Specification


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
