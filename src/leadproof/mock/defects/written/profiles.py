"""Ways in that are another posting profile: the mock goes by it, and the partner by the true one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from leadproof.contract.profile import Profile
from leadproof.mock.defects.model import Injection

#: A part of a profile, or a whole one -> another.
Step = Callable[[Any], Any]


def profile(*steps: Step) -> Injection:
    """The profile changed step by step."""

    def changed(true: Profile) -> Profile:
        for step in steps:
            true = step(true)
        return true

    return Injection(profile=changed)


def part(name: str, step: Step) -> Step:
    """A part changed."""
    return lambda whole: replace(whole, **{name: step(getattr(whole, name))})


def parts(name: str, step: Step) -> Step:
    """Each of several parts changed."""
    return part(name, lambda found: tuple(step(one) for one in found))


def those(**members: Any) -> Step:
    """Other values of these members."""
    return lambda one: replace(one, **members)


def campaigns(**members: Any) -> Step:
    """Other values in every campaign."""
    return parts("campaigns", those(**members))


def sources(**members: Any) -> Step:
    """Other values in every source."""
    return parts("sources", those(**members))
