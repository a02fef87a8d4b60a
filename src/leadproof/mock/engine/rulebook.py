"""The profile compiled for judging leads: which account, which campaign, which fields, which duplicates.

Responses "is it acceptable?" with a `Refusal` or with what it was accepted for; knows no state, no time, no bytes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from leadproof.contract.profile import Campaign, Criterion, Field, LeadType, Profile, Source, TransferClient, breaches
from leadproof.contract.profile.calendar import is_open, local, today
from leadproof.contract.profile.conditions import words
from leadproof.core.operations import RESPONSE_TYPES
from leadproof.mock.engine import leads, offers

#: Good values that are remembered for each field.
_REMEMBERED = 4096


class Refusal(NamedTuple):
    """Why something is not accepted: a value of `responseType`, and what to add to the profile's message for it."""

    response_type: str
    detail: str = ""


class Terms:
    """One campaign, ready to judge by."""

    __slots__ = (
        "_aged", "_consents", "campaign", "clients", "key_fields", "key_sets", "offer_at", "offers", "position",
        "tests", "timed",
    )  # fmt: skip

    def __init__(self, index: int, campaign: Campaign, kind: LeadType, profile: Profile) -> None:
        #: Position in the profile.
        self.position = index
        self.campaign = campaign
        aged = [one for one in campaign.criteria if one.min_age is not None or one.max_age is not None]
        #: Field, test, and whether the test turns leads away: then it asks nothing of a lead without the field.
        self.tests = tuple(
            (one.field, test_of(one, kind.field(one.field)), one.exclude)
            for one in campaign.criteria
            if one not in aged
        )
        self._aged = tuple((one, kind.field(one.field)) for one in aged)
        #: Does it depend on the time whether a lead is taken?
        self.timed = bool(aged or campaign.hours)
        offered = [profile.offer_by_id[one].tcpaInformation for one in campaign.offers]
        #: By position of the offer: the text that it wants agreed to; "" where it wants none.
        self._consents = tuple(one.tcpaText if one.customTCPATextRequired else "" for one in offered)
        #: Sets of duplicate keys; each key with the function that makes equal values equal text.
        self.key_sets = tuple(
            tuple((key, _same_phone if _format(kind, key) == "phone" else _same_text) for key in keys)
            for keys in campaign.duplicate_keys
        )
        self.key_fields = frozenset(key for keys in campaign.duplicate_keys for key in keys)
        self.offers: list[dict[str, object]] = [offers.value(profile.offer_by_id[one]) for one in campaign.offers]
        #: offerId to position among the campaign's offers.
        self.offer_at = {one: position for position, one in enumerate(campaign.offers)}
        self.clients: tuple[TransferClient, ...] = tuple(profile.client_by_id[one] for one in campaign.clients)

    def covers(self, fields: Mapping[str, str], now: float, *, ping: bool) -> bool:
        """Does a lead meet the criteria? In a ping, a criterion on a field that was not sent is left to the post."""
        for name, test, excludes in self.tests:
            text = fields.get(name)
            if not text:
                if ping or excludes:
                    continue
                return False
            if not test(text):
                return False
        for criterion, field in self._aged:
            text = fields.get(criterion.field)
            if not text:
                if not (ping or criterion.exclude):
                    return False
            elif not breaches.passes(criterion, field, text, today(now)):
                return False
        return True

    def is_open(self, now: float) -> bool:
        """Is it an hour of a day at which leads are taken?"""
        hours = self.campaign.hours
        return not hours or is_open(hours, local(now, self.campaign.timezone))

    def fault_of_consent(self, kind: LeadKind, fields: Mapping[str, str], selected: list[int]) -> str:
        """What is wrong with the consent of a post that selects offers; empty if nothing is."""
        wanted = [self._consents[position] for position in selected if self._consents[position]]
        for name in kind.consents if wanted else ():
            if fields.get(name) not in wanted:
                return f"{name} must be the tcpaText of an offer that was selected"
        return ""

    def marks(self, fields: Mapping[str, str]) -> tuple[int, ...]:
        """A mark (see `leads.mark`) for each set of duplicate keys whose fields all have a value."""
        if self.key_fields.isdisjoint(fields):
            return ()
        found: list[int] = []
        for position, keys in enumerate(self.key_sets):
            values = []
            for key, same in keys:
                text = fields.get(key)
                if not text or not (text := same(text)):
                    break
                values.append(text)
            else:
                found.append(leads.mark(self.position, position, values))
        return tuple(found)


class LeadKind:
    """One lead type, ready to judge by."""

    __slots__ = ("_aged", "_conditional", "_good", "_needed", "_triggers", "consents", "fields", "lead_type", "timed")

    def __init__(self, lead_type: LeadType) -> None:
        self.lead_type = lead_type
        self.fields: dict[str, Field] = {one.name: one for one in lead_type.fields}
        #: Values that were found good before, by field: leads repeat states, years and yes or no without end.
        self._good: dict[str, set[str]] = {one.name: set() for one in lead_type.fields}
        self._needed = {
            True: tuple(one.name for one in lead_type.fields if one.required_in_ping),
            False: tuple(one.name for one in lead_type.fields if one.required_in_post),
        }
        self._conditional = tuple(one for one in lead_type.fields if one.required_if)
        self._aged = frozenset(one.name for one in lead_type.fields if one.ages)
        self._triggers = {(one.field, one.value): one.response_type for one in lead_type.test_triggers}
        #: Fields that hold the consent to an offer.
        self.consents = tuple(one.name for one in lead_type.fields if one.consent_of_offer)
        #: Does it depend on the day whether a value is right?
        self.timed = bool(self._aged)

    def test_outcome(self, fields: Mapping[str, str]) -> str:
        """The responseType that a lead gets because it is a test; empty for any other lead."""
        triggers = self._triggers
        return next((kind for (name, value), kind in triggers.items() if fields.get(name) == value), "")

    def fault(self, fields: Mapping[str, str], now: float, *, ping: bool) -> str:
        """What is wrong with the fields of a ping or a post; empty if nothing is. Names fields, never values."""
        for name in self._needed[ping]:
            if not fields.get(name):
                return f"{name} is missing"
        for one in self._conditional:
            if not fields.get(one.name) and (why := breaches.holding(one, self.lead_type, fields, ping=ping)):
                return f"{one.name} is missing: it is required if {words(why)}"
        return self.fault_of_values(fields, now)

    def fault_of_values(self, fields: Mapping[str, str], now: float) -> str:
        """What is wrong with the fields that are there. Fields that the posting document does not name are no fault."""
        all_good = self._good
        day = today(now) if self._aged else None
        for name, text in fields.items():
            good = all_good.get(name)
            if good is None or text in good or not text:
                continue
            if fault := self.fields[name].fault(text, day):
                return f"{name} {fault}"
            if len(good) < _REMEMBERED and name not in self._aged:
                good.add(text)
        return ""


class Account(NamedTuple):
    """What `source` stands for."""

    #: Position of the source in the profile.
    position: int
    source: Source
    kind: LeadKind
    #: The campaign that was named, or all that are not disabled, in the profile's order.
    campaigns: tuple[Terms, ...]
    #: Was a campaign named?
    named: bool

    @property
    def timed(self) -> bool:
        """Does it depend on the time whether a lead is taken, caps apart?"""
        return self.kind.timed or any(one.timed for one in self.campaigns)


class Rulebook:
    """The whole profile, ready to judge by."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self.terms = tuple(
            Terms(index, campaign, profile.lead_type_by_lid[campaign.lid], profile)
            for index, campaign in enumerate(profile.campaigns)
        )
        self._terms_by_aid = {one.campaign.aid: one for one in self.terms}
        self._kinds = {one.lid: LeadKind(one) for one in profile.lead_types}
        self._indexes = {one.vid: index for index, one in enumerate(profile.sources)}
        #: Accounts that were found, by vid, lid and aid (None where none was named).
        self.accounts: dict[tuple[int | None, int | None, int | None], Account] = {}

    def account(self, source: Mapping[str, Any] | None) -> Account | Refusal:
        """The account that the `source` of a request stands for. Ids that are missing, null or 0 are not given."""
        # A member that an operation does not document may hold anything, a list perhaps: it is not given, either.
        named = {name: one for name, one in (source or {}).items() if isinstance(one, int)}
        vid, lid, aid = key = (named.get("vid"), named.get("lid"), named.get("aid"))
        account = self.accounts.get(key)
        if account is not None:
            return account
        for step in _STEPS:
            if refusal := step(self, named):
                return refusal
        assert vid is not None  # the steps have seen to it
        assert lid is not None
        campaigns = (
            (self._terms_by_aid[aid],)
            if aid
            else tuple(one for one in self.terms if one.campaign.lid == lid and not one.campaign.disabled)
        )
        found = Account(self._indexes[vid], self.profile.source_by_vid[vid], self._kinds[lid], campaigns, bool(aid))
        # Only what the profile names gets here, so this cannot grow beyond the profile.
        self.accounts[key] = found
        return found

    def message(self, refusal: Refusal) -> str:
        """The profile's words for a refusal, with what is wrong."""
        text = self.profile.messages.refused[refusal.response_type]
        return f"{text}: {refusal.detail}" if refusal.detail else text


# ---- what decides over an account, in this order -------------------------------------------------------------------


def _system(book: Rulebook, source: Mapping[str, Any]) -> Refusal | None:
    return None if any(value is not None for value in source.values()) else Refusal("System_ID_Missing")


def _vendor(book: Rulebook, source: Mapping[str, Any]) -> Refusal | None:
    return None if source.get("vid") else Refusal("Vendor_ID_Missing")


def _lead_type(book: Rulebook, source: Mapping[str, Any]) -> Refusal | None:
    return None if source.get("lid") in book.profile.lead_type_by_lid else Refusal("LeadType_ID_Missing")


def _account(book: Rulebook, source: Mapping[str, Any]) -> Refusal | None:
    owner = book.profile.source_by_vid.get(source["vid"])
    if owner is None:
        return Refusal("No_Account_Found", "there is no source with this vid")
    if source["lid"] not in owner.lids:
        return Refusal("No_Account_Found", "the source does not send this lead type")
    campaigns = [one for one in book.profile.campaigns if one.lid == source["lid"]]
    if source.get("aid"):
        campaigns = [one for one in campaigns if one.aid == source["aid"]]
    return None if campaigns else Refusal("No_Account_Found", "the lead type has no such campaign")


def _disabled(book: Rulebook, source: Mapping[str, Any]) -> Refusal | None:
    if book.profile.source_by_vid[source["vid"]].disabled:
        return Refusal("Account_Disabled", "source")
    aid = source.get("aid")
    of_type = [one for one in book.profile.campaigns if one.lid == source["lid"]]
    named = [one for one in of_type if one.aid == aid] if aid else of_type
    return Refusal("Account_Disabled", "campaign") if all(one.disabled for one in named) else None


_STEPS: tuple[Callable[[Rulebook, Mapping[str, Any]], Refusal | None], ...] = (
    _system,
    _vendor,
    _lead_type,
    _account,
    _disabled,
)

#: Every refusal in the order in which they are looked for: an earlier one hides a later one.
ORDER_OF_REFUSALS = (
    "System_ID_Missing",
    "Vendor_ID_Missing",
    "LeadType_ID_Missing",
    "No_Account_Found",
    "Account_Disabled",
    "Data_Errors",
    "Outside_Criteria",
    "Duplicate_Lead",
    "Post_Over_Max",
)
assert {"No_Error", *ORDER_OF_REFUSALS} == set(RESPONSE_TYPES)


# ---- small rules compiled ------------------------------------------------------------------------------------------


def test_of(criterion: Criterion, field: Field | None) -> Callable[[str], object]:
    """The criterion as a function of a value of the field: is it met? Ages are always met: they need a day."""
    if field is not None and (field.separator or criterion.exclude):
        return lambda text: breaches.passes(criterion, field, text)
    if criterion.one_of:
        return frozenset(criterion.one_of).__contains__
    if criterion.pattern:
        return re.compile(criterion.pattern).fullmatch
    return lambda text: breaches.passes(criterion, field, text)


def _format(kind: LeadType, name: str) -> str:
    field = kind.field(name)
    return field.format if field else "text"


def _same_text(text: str) -> str:
    """Upper and lower case and surrounding spaces do not make two values different."""
    return text.strip().casefold()


def _same_phone(text: str) -> str:
    """Nor do punctuation and the country code of a US phone number."""
    return "".join(filter(str.isdigit, text))[-10:]
