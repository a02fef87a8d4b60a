"""Which rules of a profile the fields of a lead break, each by its field and in words. Values are never repeated.

For whoever makes leads and whoever looks at them; the mock compiles formats and lists for itself, and asks here about
conditions, bounds and ages.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import NamedTuple

from leadproof.contract.profile.conditions import Condition, Criterion, meets, within, words, years
from leadproof.contract.profile.formats import day
from leadproof.contract.profile.model import Campaign, Field, LeadType, Profile


class RuleBreach(NamedTuple):
    """A rule that is broken."""

    field: str
    #: The end of a sentence that begins with the field: "is missing: it is required in a ping".
    message: str


def of_values(kind: LeadType, fields: Mapping[str, str], today: date | None = None) -> Iterator[RuleBreach]:
    """Values that their field does not take. Fields that the profile does not name break nothing."""
    for field in kind.fields:
        text = fields.get(field.name)
        if text and (fault := field.fault(text, today)):
            yield RuleBreach(field.name, fault)


def of_requirements(kind: LeadType, fields: Mapping[str, str], *, ping: bool) -> Iterator[RuleBreach]:
    """Fields that are required and missing. An empty value counts as missing."""
    for field in kind.fields:
        if fields.get(field.name):
            continue
        if field.required_in_ping if ping else field.required_in_post:
            yield RuleBreach(field.name, f"is missing: it is required in a {'ping' if ping else 'post'}")
        elif condition := holding(field, kind, fields, ping=ping):
            yield RuleBreach(field.name, f"is missing: it is required if {words(condition)}")


def holding(field: Field, kind: LeadType, fields: Mapping[str, str], *, ping: bool) -> Condition | None:
    """The first condition of a field that holds; None if it is not required for any."""
    for condition in field.required_if:
        text = fields.get(condition.field)
        if not text or (ping and not condition.in_ping):
            continue
        other = kind.field(condition.field)
        if any(meets(condition, value) for value in (other.values(text) if other else [text])):
            return condition
    return None


def of_criteria(
    campaign: Campaign, kind: LeadType, fields: Mapping[str, str], *, ping: bool, today: date | None = None
) -> Iterator[RuleBreach]:
    """Criteria that a lead does not meet. In a ping, one on a field that was not sent is left to the post."""
    for criterion in campaign.criteria:
        text = fields.get(criterion.field)
        if not text:
            if not ping and not criterion.exclude:
                yield RuleBreach(criterion.field, f"is missing: campaign {campaign.aid} has a criterion on it")
        elif not passes(criterion, kind.field(criterion.field), text, today):
            wanted = "not the case that " * criterion.exclude + words(criterion)
            yield RuleBreach(criterion.field, f"is outside the criteria of campaign {campaign.aid}: {wanted}")


def of_consent(
    profile: Profile, kind: LeadType, fields: Mapping[str, str], selected: Iterable[str]
) -> Iterator[RuleBreach]:
    """Fields of a post that selects offers and do not hold the text that one of them wants agreed to."""
    offers = [profile.offer_by_id[one].tcpaInformation for one in selected if one in profile.offer_by_id]
    wanted = [one.tcpaText for one in offers if one.customTCPATextRequired and one.tcpaText]
    for field in kind.fields:
        if wanted and field.consent_of_offer and fields.get(field.name) not in wanted:
            yield RuleBreach(field.name, "must be the tcpaText of an offer that was selected")


def passes(criterion: Criterion, field: Field | None, text: str, today: date | None = None) -> bool:
    """Is a criterion met? Of several values one is enough; ages are not looked at without a day."""
    if criterion.min_age is not None or criterion.max_age is not None:
        born = day(text, field.mask if field else "")
        if today is None:
            return True
        met = born is not None and within(str(years(born, today)), criterion.min_age, criterion.max_age)
    else:
        met = any(meets(criterion, value) for value in (field.values(text) if field else [text]))
    return met is not criterion.exclude
