"""The nouns of a posting profile, frozen. Names are those of the TOML keys; times are seconds.

Reading a file is `reading`'s work; only the rule of a single field value is decided here, so that whoever builds
leads and whoever judges them agree.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

from leadproof.contract.profile.conditions import Condition, Criterion, bounds, within, years
from leadproof.contract.profile.formats import DATES, FORMATS, day, fits


@dataclass(frozen=True, slots=True)
class Credentials:
    """What the mock accepts as credentials. Never a real key."""

    api_keys: tuple[str, ...]
    bearer_tokens: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rules:
    """Decisions that hold for the whole account."""

    #: Seconds that an order lives after the ping that opened it.
    order_lifetime: int = 900
    #: What a refused result carries besides the reason: "zero" (0, false, "", []), "null" or "absent".
    refused_members: str = "zero"
    #: Is a create call in JSON without `sendDelay` refused? (Required in the tables, no place shown for it in XML.)
    require_send_delay: bool = True


@dataclass(frozen=True, slots=True)
class Messages:
    """What the mock says: `responseMessage`, `response` and `message` of the responses."""

    accepted: str
    under_review: str
    updated: str
    coverage: str
    duplicate_found: str
    duplicate_none: str
    not_permitted: str
    offer_accepted: str
    offer_unknown: str
    #: By responseType; the ping's `response` says the same.
    refused: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Source:
    """Who sends leads (`source.vid`)."""

    vid: int
    name: str
    #: Lead types that it may send.
    lids: tuple[int, ...]
    #: Of "return_sends" (Create Lead and Return Send Information) and "duplicate_check".
    permissions: tuple[str, ...] = ()
    disabled: bool = False
    #: Accepted leads in one UTC day; None for no cap.
    daily_cap: int | None = None


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a lead."""

    name: str
    #: A key of `formats.FORMATS`.
    format: str = "text"
    #: For people.
    description: str = ""
    #: The one way to write it: MM/DD/YYYY for a date, (###) ###-#### for a phone number.
    mask: str = ""
    #: Regular expression for the whole value, besides the format.
    pattern: str = ""
    #: The only values that will do; empty for any.
    allowed: tuple[str, ...] = ()
    #: The one value that every lead has.
    constant: str = ""
    #: Several values may stand in it, with this between them; each follows the rules.
    separator: str = ""
    #: Inclusive bounds for a number.
    min: float | None = None
    max: float | None = None
    #: Whole years, inclusive, for a date of birth; they count from the day of the request.
    min_age: int | None = None
    max_age: int | None = None
    #: Characters.
    max_length: int = 255
    required_in_ping: bool = False
    required_in_post: bool = False
    #: Required in a post (and in a ping where a condition says so) if one of these holds.
    required_if: tuple[Condition, ...] = ()
    #: In a post that selects offers: must it be the text that one of them wants agreed to?
    consent_of_offer: bool = False
    #: Does it say who somebody is, or how to reach them? None where the posting document does not say.
    personal: bool | None = None
    #: Values that make a lead look real; each follows the rules above.
    examples: tuple[str, ...] = ()

    @property
    def ages(self) -> bool:
        """Does what is right depend on the day?"""
        return self.min_age is not None or self.max_age is not None

    def values(self, text: str) -> list[str]:
        """The values that a text holds: one, unless the field takes several."""
        return [part.strip() for part in text.split(self.separator)] if self.separator else [text]

    def fault(self, text: str, today: date | None = None) -> str:
        """What is wrong with a value, as the end of a sentence ("must be …"); empty if nothing is.

        An empty value counts as missing, so it is no matter of this function. The value itself is never repeated.
        Without a day, ages are not looked at.
        """
        if len(text) > self.max_length:
            return f"must have at most {self.max_length} character{'s' * (self.max_length != 1)}"
        if self.constant and text != self.constant:
            return f"must be {self.constant}"
        if not self.separator:
            return self._fault(text, today)
        for value in self.values(text):
            if fault := self._fault(value, today):
                return f"{fault}; several values have {self.separator!r} between them"
        return ""

    def _fault(self, text: str, today: date | None) -> str:
        if self.allowed and text not in self.allowed:
            return f"must be one of {', '.join(self.allowed)}"
        if not (self.mask and self.format in DATES) and not FORMATS[self.format].accepts(text):
            return f"must be {FORMATS[self.format].words}"
        if self.mask and not fits(self.mask, self.format, text):
            return f"must be {'a date ' * (self.format in DATES)}written {self.mask}"
        if self.pattern and not re.fullmatch(self.pattern, text):
            return f"must match {self.pattern}"
        if (self.min is not None or self.max is not None) and not within(text, self.min, self.max):
            return f"must be {bounds(self.min, self.max)}"
        if self.ages and today is not None:
            born = day(text, self.mask)
            if born is None or not within(str(years(born, today)), self.min_age, self.max_age):
                return f"must give an age of {bounds(self.min_age, self.max_age)}"
        return ""


@dataclass(frozen=True, slots=True)
class Trigger:
    """A value that makes a lead a test: what becomes of it is agreed."""

    field: str
    value: str
    #: One of the ten values of responseType; No_Error accepts whatever criteria, duplicates and caps say.
    response_type: str = "No_Error"


@dataclass(frozen=True, slots=True)
class LeadType:
    """A kind of lead (`source.lid`) and its fields."""

    lid: int
    name: str
    fields: tuple[Field, ...]
    test_triggers: tuple[Trigger, ...] = ()

    def field(self, name: str) -> Field | None:
        return next((one for one in self.fields if one.name == name), None)


@dataclass(frozen=True, slots=True)
class TcpaInformation:
    """The consent language of an offer."""

    customTCPATextRequired: bool = False  # noqa: N815 - the documented spelling of the response's member
    tcpaText: str = ""  # noqa: N815 - as above
    privacyURL: str = ""  # noqa: N815 - as above
    termsURL: str = ""  # noqa: N815 - as above


@dataclass(frozen=True, slots=True)
class Offer:
    """An offer to the consumer, with the member names of the responses."""

    offerId: str  # noqa: N815 - the documented spelling of the response's member
    companyName: str  # noqa: N815 - as above
    companyPhoneNumber: str  # noqa: N815 - as above
    name: str
    description: str
    #: "Monthly" or "Yearly".
    type: str
    price: float
    url: str
    tcpaInformation: TcpaInformation = field(default_factory=TcpaInformation)  # noqa: N815 - as above


@dataclass(frozen=True, slots=True)
class Agent:
    """Whom a call is transferred to."""

    name: str
    phone: str


@dataclass(frozen=True, slots=True)
class TransferClient:
    """Who buys leads."""

    clientId: int  # noqa: N815 - the documented spelling of the response's member
    clientName: str  # noqa: N815 - as above
    redirectURL: str = ""  # noqa: N815 - as above
    price: float = 0.0
    #: Does it take what is delivered to it?
    accepts: bool = True
    agents: tuple[Agent, ...] = ()


@dataclass(frozen=True, slots=True)
class Hours:
    """When leads are taken, in the campaign's time zone."""

    #: Of mon, tue, wed, thu, fri, sat, sun; empty for every day.
    days: tuple[str, ...] = ()
    #: HH:MM; one that closes before it opens stays open over midnight.
    opens: str = "00:00"
    closes: str = "24:00"


@dataclass(frozen=True, slots=True)
class Cap:
    """How many leads are accepted in an hour, day, week or month of the campaign's time zone."""

    most: int
    #: hour, day, week (from Monday) or month.
    per: str = "day"
    #: The days on which it counts, as in `Hours`; empty for every day.
    days: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Campaign:
    """What a source sells under (`source.aid`)."""

    aid: int
    lid: int
    name: str
    #: What an accepted lead pays.
    price: float
    disabled: bool = False
    #: Accepted leads in one window; None for no cap.
    cap: int | None = None
    #: Seconds; windows are counted from the Unix epoch, so 86400 is a UTC day.
    cap_window: int = 86400
    #: Caps by the calendar, besides.
    caps: tuple[Cap, ...] = ()
    #: When leads are taken; empty for always.
    hours: tuple[Hours, ...] = ()
    #: The time zone of caps and hours, by its name in the IANA database.
    timezone: str = "UTC"
    #: Sets of fields: a lead whose fields of one set equal those of an earlier lead is a duplicate.
    duplicate_keys: tuple[tuple[str, ...], ...] = ()
    #: Seconds for which an earlier lead counts.
    duplicate_window: int = 2592000
    #: Share of accepted leads that go to quality review, 0 to 1.
    review_share: float = 0.0
    #: Does it take leads only with an order from a ping?
    order_required: bool = False
    criteria: tuple[Criterion, ...] = ()
    offers: tuple[str, ...] = ()
    clients: tuple[int, ...] = ()

    @property
    def capped(self) -> bool:
        """Is there an end to the leads that it takes?"""
        return self.cap is not None or bool(self.caps)


#: Lead types and campaigns, as requests name them, of which it is remembered which campaigns they mean.
_MOST_ASKED = 256


@dataclass(frozen=True)
class Profile:
    """A posting profile, checked."""

    name: str
    credentials: Credentials
    rules: Rules
    messages: Messages
    sources: tuple[Source, ...]
    lead_types: tuple[LeadType, ...]
    campaigns: tuple[Campaign, ...]
    offers: tuple[Offer, ...] = ()
    clients: tuple[TransferClient, ...] = ()

    @cached_property
    def source_by_vid(self) -> dict[int, Source]:
        return {one.vid: one for one in self.sources}

    @cached_property
    def lead_type_by_lid(self) -> dict[int, LeadType]:
        return {one.lid: one for one in self.lead_types}

    @cached_property
    def campaign_by_aid(self) -> dict[int, Campaign]:
        return {one.aid: one for one in self.campaigns}

    @cached_property
    def _campaigns_of(self) -> dict[tuple[Any, Any], tuple[Campaign, ...]]:
        return {}

    def campaigns_of(self, lid: Any, aid: Any) -> tuple[Campaign, ...]:
        """The campaigns that a request may go to: the one that it names, or all of its lead type.

        Args:
            lid: As it was sent: anything.
            aid: The same; None and 0 name no campaign.
        """
        try:
            known = self._campaigns_of.get((lid, aid))
        except TypeError:  # a list or an object
            return ()
        if known is None:
            known = tuple(one for one in self.campaigns if one.lid == lid and aid in (None, 0, one.aid))
            if len(self._campaigns_of) >= _MOST_ASKED:  # whoever makes up ids does it without end
                self._campaigns_of.clear()
            self._campaigns_of[(lid, aid)] = known
        return known

    @cached_property
    def offer_by_id(self) -> dict[str, Offer]:
        return {one.offerId: one for one in self.offers}

    @cached_property
    def client_by_id(self) -> dict[int, TransferClient]:
        return {one.clientId: one for one in self.clients}

    @cached_property
    def personal_fields(self) -> frozenset[str]:
        """Names of the fields that hold personal data, over all lead types."""
        return frozenset(one.name for kind in self.lead_types for one in kind.fields if one.personal)

    @cached_property
    def impersonal_fields(self) -> frozenset[str]:
        """Names of the fields that are said to hold none, in every lead type that has them."""
        said = frozenset(one.name for kind in self.lead_types for one in kind.fields if one.personal is False)
        return said - self.personal_fields

    @cached_property
    def public_fields(self) -> frozenset[str]:
        """Names of the fields that tell nothing of a person: said to be so, or of a closed set of values."""
        closed = frozenset(one.name for kind in self.lead_types for one in kind.fields if one.allowed)
        return (closed | self.impersonal_fields) - self.personal_fields
