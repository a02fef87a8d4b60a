"""Realistic requests from a posting profile: leads that should be accepted, and leads that should not.

Pure and seeded: the same profile, seed and nonce give the same requests. Who a lead is depends on its number and the
nonce of the run (see `identities`), so that a second run is not refused as a duplicate. Everything is made up: 555-01xx
telephone numbers and `.example` domains.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, NamedTuple

from leadproof.contract.profile import Campaign, Criterion, Field, LeadType, Profile, Source
from leadproof.contract.profile.breaches import holding, passes
from leadproof.core.errors import ConfigurationError
from leadproof.generate.identities import Identity, made, marked, marks_needed
from leadproof.generate.values import TODAY, candidates, fitting, plain, ruled_out

#: An identifier that no lead has.
UNKNOWN_LEAD = 999_999_999


class _Sought(NamedTuple):
    """Whom a lead is made for."""

    campaign: Campaign
    kind: LeadType
    #: Of `marks_needed`.
    marks: dict[str, bool]


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
    #: The day from which ages count.
    today: date = TODAY
    #: Lead type and field -> its values: to look through them all for each lead is most of what making one costs.
    _choices: dict[tuple[int, str], list[str]] = field(init=False, repr=False, compare=False, default_factory=dict)

    # ---- who sends, and what is asked ------------------------------------------------------------------------------

    def under(self, campaign: Campaign) -> LeadMaker:
        """The same maker for another campaign."""
        return replace(self, campaign=campaign)

    def chosen(self) -> Campaign:
        """The campaign that leads are made for: one without caps and special rules, if the profile has one."""
        if self.campaign is not None:
            return self.campaign
        usable = [one for one in self.profile.campaigns if not one.disabled]
        common = [one for one in usable if not (one.capped or one.hours or one.order_required or one.review_share)]
        if not usable:
            raise ConfigurationError(
                f"the profile {self.profile.name!r} has no campaign that takes leads",
                hint="add a [[campaigns]] table without disabled = true",
            )
        return (common or usable)[0]

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
        common = [one for one in usable if "return_sends" not in one.permissions]
        return next(iter(common or usable), None)

    # ---- fields ------------------------------------------------------------------------------------------------------

    def fields(self, number: int, *, ping: bool = False) -> dict[str, str]:
        """The fields of lead `number`; for a ping only what it needs, and of what says who somebody is only what the
        profile requires of a ping.

        Raises:
            ConfigurationError: The profile requires a field and gives no value that follows its own rules.
        """
        sought = self._sought()
        campaign, kind, _ = sought
        chance = random.Random(f"{self.seed}/{self.nonce}/{number}")
        fields = {}
        for one in kind.fields:
            if not ping or one.required_in_ping or _decisive(one, campaign):
                fields[one.name] = self._fitting(one, number, chance, sought)
        fields = {name: value for name, value in fields.items() if value}
        conditional = [one for one in kind.fields if one.required_if]
        for one in conditional * len(conditional):  # what one condition adds, another may look at
            if one.name not in fields and holding(one, kind, fields, ping=ping):
                value = self._fitting(one, number, chance, sought) or plain(one, self.today)
                fields |= {one.name: value} if value else {}
        for one in kind.fields:
            required = one.required_in_ping if ping else one.required_in_post
            if one.name not in fields and (required or holding(one, kind, fields, ping=ping)):
                raise ConfigurationError(
                    f"the profile {self.profile.name!r} requires the field {one.name} and shows no value of it",
                    hint=f"add examples to the field {one.name} of lead type {kind.lid}",
                )
        return {one.name: fields[one.name] for one in kind.fields if one.name in fields}

    def _sought(self) -> _Sought:
        """Asked for once a lead, and not once a field."""
        campaign = self.chosen()
        kind = self.profile.lead_type_by_lid[campaign.lid]
        return _Sought(campaign, kind, marks_needed(kind, self.profile.campaigns))

    def _fitting(self, one: Field, number: int, chance: random.Random, sought: _Sought) -> str:
        """The value of a field that the campaign takes."""
        campaign, kind, _ = sought
        value = self._value(one, number, chance, sought)
        if not all(passes(rule, one, value, self.today) for rule in campaign.criteria if rule.field == one.name):
            value = chance.choice(fitting(one, campaign, kind, self.today) or [value])
        return value

    def consent(self, offers: Collection[str]) -> dict[str, str]:
        """The fields that a post which selects offers has to hold: the text that the first of them wants agreed to."""
        known = [self.profile.offer_by_id[one].tcpaInformation for one in offers if one in self.profile.offer_by_id]
        text = next((one.tcpaText for one in known if one.customTCPATextRequired), "")
        names = [one.name for one in self.lead_type().fields if one.consent_of_offer] if text else []
        return dict.fromkeys(names, text)

    def identity(self, number: int, lid: int | None = None) -> dict[str, str]:
        """The fields of lead `number` that say who it is, and so make it another lead than the others.

        Args:
            number: The number of the lead.
            lid: Another lead type than the campaign's.
        """
        sought = self._sought()
        kind = self.profile.lead_type_by_lid.get(lid or 0) or sought.kind
        sought = sought._replace(marks=marks_needed(kind, self.profile.campaigns))
        chance = random.Random(f"{self.seed}/{self.nonce}/{number}")
        named = [one for one in kind.fields if one.personal and one.required_in_post]
        values = {one.name: self._value(one, number, chance, sought) for one in named}
        return {name: value for name, value in values.items() if value}

    def _value(self, one: Field, number: int, chance: random.Random, sought: _Sought) -> str:
        identity = Identity(number, self.nonce, self.seed)
        _, kind, marks = sought
        if (choices := self._choices.get((kind.lid, one.name))) is None:
            choices = self._choices[kind.lid, one.name] = candidates(one, kind, self.today)
        value = one.constant or made(one, identity) or (chance.choice(choices) if choices else "")
        if one.separator and len(choices) > 1 and chance.random() < 0.5:
            value = one.separator.join(chance.sample(choices, 2))
            value = value if not one.fault(value, self.today) else choices[0]
        if not value and (one.required_in_ping or one.required_in_post):
            value = plain(one, self.today)
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
            for value in ruled_out(criterion, known, self.today):
                if not any(passes(other, known, value, self.today) for other in self._criteria_of(criterion.field)):
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
