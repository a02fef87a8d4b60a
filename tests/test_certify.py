"""What certify knows before the first packet: who can send, and what a profile cannot do."""

from __future__ import annotations

from dataclasses import replace

import pytest

from leadproof.commands.certify import reasons, require_sender
from leadproof.contract.profile import load
from leadproof.contract.specs import load as load_spec
from leadproof.core.errors import ConfigurationError
from leadproof.generate.leads import LeadMaker

PROFILE = load()
SPEC = load_spec()


def without(permission: str) -> LeadMaker:
    """The shipped profile without a permission."""
    sources = tuple(
        replace(one, permissions=tuple(name for name in one.permissions if name != permission))
        for one in PROFILE.sources
    )
    return LeadMaker(replace(PROFILE, sources=sources))


def test_the_shipped_profile_can_do_everything() -> None:
    assert reasons(SPEC, LeadMaker(PROFILE)) == {}
    require_sender(LeadMaker(PROFILE))


@pytest.mark.parametrize(
    ("permission", "operation"), [("return_sends", "create_lead_sends"), ("duplicate_check", "duplicate_check")]
)
def test_clauses_of_what_nobody_may_send_have_a_reason(permission: str, operation: str) -> None:
    found = reasons(SPEC, without(permission))

    assert set(found) == {clause.id for clause in SPEC.clauses.values() if set(clause.operations) == {operation}}
    assert set(found.values()) == {"the profile 'default' has no source with the permission for it"}


def test_a_profile_that_cannot_send_is_named() -> None:
    maker = LeadMaker(replace(PROFILE, sources=tuple(replace(one, disabled=True) for one in PROFILE.sources)))

    with pytest.raises(ConfigurationError) as raised:
        require_sender(maker)

    assert raised.value.message == "the profile 'default' has no source that may create leads"
    assert raised.value.hint
