"""Realistic requests from a posting profile: leads that should be accepted, and leads that should not.

Pure and seeded: the same profile, seed and nonce give the same requests. Who a lead is depends on its number and the
nonce of the run (see `identities`), so that a second run is not refused as a duplicate. Everything is made up: 555-01xx
telephone numbers and `.example` domains.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from leadproof.contract.profile import Campaign, Criterion, Field, LeadType, Profile, Source
from leadproof.core.errors import ConfigurationError
from leadproof.generate.identities import Identity, made, marked, marks_needed

#: Values for required fields of which the profile shows none, by format.
_PLAIN = {
    "text": "Sample",
    "integer": "7",
    "number": "7.5",
    "boolean": "true",
    "date": "1985-04-12",
    "datetime": "2026-01-31T16:25:12Z",
    "zip": "75001",
    "state": "TX",
    "ip": "192.0.2.17",
    "url": "https://leads.example/",
}

#: Values that no criterion of a sensible profile takes, by format, in the order of preference.
_OUTSIDE = {
    "state": ("AK", "HI", "VT", "WY"),
    "zip": ("99501", "96801"),
    "integer": ("0",),
    "number": ("0",),
    "boolean": ("false", "true", "no", "yes", "0", "1"),
    "text": ("Nowhere",),
}

#: An identifier that no lead has.
UNKNOWN_LEAD = 999_999_999


@dataclass(frozen=True, slots=True)
class LeadMaker:
    """Makes requests for one account and lead type of a posting profile."""

    profile: Profile
    seed: int = 0
    #: Makes the identities of a run its own; 0 where the target forgets between runs.
    nonce: int = 0
    #: A text that marks every lead, for people who look at the target's records.
    reference: str = "leadproof"
    no_sell: bool = False
    campaign: Campaign | None = None

    # ---- who sends, and what is asked ------------------------------------------------------------------------------

    def under(self, campaign: Campaign) -> LeadMaker:
        """The same maker for another campaign."""
        return replace(self, campaign=campaign)

    def chosen(self) -> Campaign:
        """The campaign that leads are made for: one without caps and special rules, if the profile has one."""
        if self.campaign is not None:
            return self.campaign
        usable = [one for one in self.profile.campaigns if not one.disabled]
        plain = [one for one in usable if one.cap is None and not one.order_required and not one.review_share]
        if not usable:
            raise ConfigurationError(
                f"the profile {self.profile.name!r} has no campaign that takes leads",
                hint="add a [[campaigns]] table without disabled = true",
            )
        return (plain or usable)[0]

    def lead_type(self) -> LeadType:
        """The lead type of the campaign."""
        return self.profile.lead_type_by_lid[self.chosen().lid]

    def source(self, operation: str) -> Source | None:
        """The source that an operation is sent from; None if the profile has none with the permission it needs."""
        lid = self.chosen().lid
        usable = [one for one in self.profile.sources if not one.disabled and one.daily_cap is None and lid in one.lids]
        if operation == "create_lead_sends":
            return next((one for one in usable if "return_sends" in one.permissions), None)
        if operation == "duplicate_check":
            return next((one for one in usable if "duplicate_check" in one.permissions), None)
        plain = [one for one in usable if "return_sends" not in one.permissions]
        return next(iter(plain or usable), None)

    # ---- fields ------------------------------------------------------------------------------------------------------

    def fields(self, number: int, *, ping: bool = False) -> dict[str, str]:
        """The fields of lead `number`; for a ping only what it needs, and of what says who somebody is only what the
        profile requires of a ping.

        Raises:
            ConfigurationError: The profile requires a field and gives no value that follows its own rules.
        """
        kind, campaign = self.lead_type(), self.chosen()
        chance = random.Random(f"{self.seed}/{self.nonce}/{number}")
        marks = marks_needed(kind, self.profile.campaigns)
        fields = {}
        for one in kind.fields:
            if ping and not one.required_in_ping and not _decisive(one, campaign):
                continue
            value = self._value(one, number, chance, marks)
            if not all(_passes(criterion, value) for criterion in campaign.criteria if criterion.field == one.name):
                value = chance.choice(fitting(one, campaign) or [value])
            if value:
                fields[one.name] = value
            elif one.required_in_ping if ping else one.required_in_post:
                raise ConfigurationError(
                    f"the profile {self.profile.name!r} requires the field {one.name} and shows no value of it",
                    hint=f"add examples to the field {one.name} of lead type {kind.lid}",
                )
        return fields

    def identity(self, number: int, lid: int | None = None) -> dict[str, str]:
        """The fields of lead `number` that say who it is, and so make it another lead than the others.

        Args:
            number: The number of the lead.
            lid: Another lead type than the campaign's.
        """
        kind = self.profile.lead_type_by_lid.get(lid or 0) or self.lead_type()
        chance = random.Random(f"{self.seed}/{self.nonce}/{number}")
        marks = marks_needed(kind, self.profile.campaigns)
        named = [one for one in kind.fields if one.personal and one.required_in_post]
        values = {one.name: self._value(one, number, chance, marks) for one in named}
        return {name: value for name, value in values.items() if value}

    def _value(self, one: Field, number: int, chance: random.Random, marks: dict[str, bool]) -> str:
        identity = Identity(number, self.nonce, self.seed)
        choices = one.allowed or one.examples
        value = made(one, identity) or (chance.choice(choices) if choices else "")
        if not value and (one.required_in_ping or one.required_in_post):
            plain = _PLAIN.get(one.format, "")[: one.max_length]
            value = "" if one.fault(plain) else plain
        if one.name in marks:
            value = marked(one, value, identity.mark(alone=marks[one.name]))
        return value

    def outside(self, number: int, *, ping: bool = False) -> tuple[dict[str, str], str]:
        """Fields of a lead that the profile rules out, and the responseType that fits the reason."""
        fields, kind = self.fields(number, ping=ping), self.lead_type()
        for criterion in self.chosen().criteria:
            known = kind.field(criterion.field)
            if known is None:
                continue
            for value in _ruled_out(criterion, known):
                if not any(_passes(other, value) for other in self._criteria_of(criterion.field)):
                    return {**fields, criterion.field: value}, "Outside_Criteria"
        required = [one for one in kind.fields if (one.required_in_ping if ping else one.required_in_post)]
        if required:
            del fields[required[0].name]
        else:  # every field has a length that is too much
            fields[kind.fields[0].name] = "x" * (kind.fields[0].max_length + 1)
        return fields, "Data_Errors"

    def _criteria_of(self, field: str) -> Iterator[Criterion]:
        """The criteria of every campaign of the lead type: a lead without aid may go to any of them."""
        for campaign in self.profile.campaigns:
            if campaign.lid == self.chosen().lid:
                yield from (one for one in campaign.criteria if one.field == field)

    # ---- requests ----------------------------------------------------------------------------------------------------

    def request(self, operation: str, numbers: tuple[int, ...], *, refused: bool = False) -> tuple[dict[str, Any], str]:
        """A request of one lead for each number, and the responseType it is built for.

        Args:
            operation: An operation with a body.
            numbers: The numbers of the leads.
            refused: Build leads that the profile rules out.

        Raises:
            ConfigurationError: The profile has no source that may use the operation.
        """
        source = self.source(operation)
        if source is None:
            raise ConfigurationError(
                f"the profile {self.profile.name!r} has no source that may use {operation}",
                hint="add the permission to a [[sources]] table, or leave the operation out",
            )
        ping = operation == "ping"
        leads, outcome = [], "No_Error"
        for number in numbers:
            fields = self.fields(number, ping=ping)
            if refused:
                fields, outcome = self.outside(number, ping=ping)
            leads.append({"properties": self._properties(operation, number), "fields": fields})
        return {"source": self._source(operation, source), "leads": leads}, outcome

    def _source(self, operation: str, source: Source) -> dict[str, Any]:
        campaign = self.chosen()
        value: dict[str, Any] = {"vid": source.vid, "lid": campaign.lid}
        if operation != "update_lead":
            value["aid"] = campaign.aid
        if operation not in ("update_lead", "ping", "duplicate_check"):
            value["sendDelay"] = 0
        return value

    def _properties(self, operation: str, number: int) -> dict[str, Any]:
        if operation in ("ping", "duplicate_check"):
            return {}
        if operation == "update_lead":
            return {"leadUID": UNKNOWN_LEAD}
        value: dict[str, Any] = {"reference": f"{self.reference}-{self.nonce:x}-{number}", "noSell": self.no_sell}
        if operation == "create_call_lead":
            value |= {
                "ivrNumber": 8005550100 + number % 100,
                "callDuration": 30 + number % 600,
                "callResult": "Qualified",
                "callDate": "2026-01-31T16:25:12Z",
                "recordingUrl": f"https://recordings.example/{number}.mp3",
            }
        return value


def _decisive(one: Field, campaign: Campaign) -> bool:
    return not one.personal and any(criterion.field == one.name for criterion in campaign.criteria)


def _passes(criterion: Criterion, value: str) -> bool:
    if criterion.one_of:
        return value in criterion.one_of
    if criterion.pattern:
        return re.fullmatch(criterion.pattern, value) is not None
    try:
        number = float(value)
    except ValueError:
        return False
    return (criterion.min is None or number >= criterion.min) and (criterion.max is None or number <= criterion.max)


def fitting(field: Field, campaign: Campaign) -> list[str]:
    """Values of a field that a campaign takes, of those that the profile names."""
    criteria = [one for one in campaign.criteria if one.field == field.name]
    bounds = [str(int(one)) if one == int(one) else str(one) for one in _bounds(criteria)]
    choices = (*field.allowed, *field.examples), [one for criterion in criteria for one in criterion.one_of], bounds
    for values in choices:
        found = [
            one for one in values if not field.fault(one) and all(_passes(criterion, one) for criterion in criteria)
        ]
        if found:
            return list(dict.fromkeys(found))
    return []


def _bounds(criteria: list[Criterion]) -> Iterator[float]:
    for criterion in criteria:
        yield from (one for one in (criterion.min, criterion.max) if one is not None)


def _ruled_out(criterion: Criterion, field: Field) -> Iterator[str]:
    """Values that are right for the field and wrong for the criterion."""
    beyond = [f"{int(bound) + step}" for bound in _bounds([criterion]) for step in (-1, 1)]
    candidates = [*field.allowed, *field.examples, *_OUTSIDE.get(field.format, ()), *beyond]
    yield from (one for one in candidates if not field.fault(one) and not _passes(criterion, one))
