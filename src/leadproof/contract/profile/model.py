"""The nouns of a posting profile, frozen. Names are those of the TOML keys; times are seconds.

Reading a file is `reading`'s work; only the rule of a single field value is decided here, so that whoever builds
leads and whoever judges them agree.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from leadproof.contract.profile.formats import FORMATS


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
    #: Regular expression for the whole value, besides the format.
    pattern: str = ""
    #: The only values that will do; empty for any.
    allowed: tuple[str, ...] = ()
    #: Characters.
    max_length: int = 255
    required_in_ping: bool = False
    required_in_post: bool = False
    #: Does it say who somebody is, or how to reach them?
    personal: bool = False
    #: Values that make a lead look real; each follows the rules above.
    examples: tuple[str, ...] = ()

    def fault(self, text: str) -> str:
        """What is wrong with a value, as the end of a sentence ("must be …"); empty if nothing is.

        An empty value counts as missing, so it is no matter of this function. The value itself is never repeated.
        """
        if len(text) > self.max_length:
            return f"must have at most {self.max_length} character{'s' * (self.max_length != 1)}"
        if self.allowed and text not in self.allowed:
            return f"must be one of {', '.join(self.allowed)}"
        if not FORMATS[self.format].accepts(text):
            return f"must be {FORMATS[self.format].words}"
        if self.pattern and not re.fullmatch(self.pattern, text):
            return f"must match {self.pattern}"
        return ""


@dataclass(frozen=True, slots=True)
class LeadType:
    """A kind of lead (`source.lid`) and its fields."""

    lid: int
    name: str
    fields: tuple[Field, ...]

    def field(self, name: str) -> Field | None:
        return next((one for one in self.fields if one.name == name), None)


@dataclass(frozen=True, slots=True)
class Criterion:
    """One condition on one field. Exactly one of one_of, pattern, and min/max is used."""

    field: str
    one_of: tuple[str, ...] = ()
    pattern: str = ""
    #: Inclusive bounds for a field that holds a number.
    min: float | None = None
    max: float | None = None


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
    def offer_by_id(self) -> dict[str, Offer]:
        return {one.offerId: one for one in self.offers}

    @cached_property
    def client_by_id(self) -> dict[int, TransferClient]:
        return {one.clientId: one for one in self.clients}

    @cached_property
    def personal_fields(self) -> frozenset[str]:
        """Names of the fields that hold personal data, over all lead types."""
        return frozenset(one.name for kind in self.lead_types for one in kind.fields if one.personal)
