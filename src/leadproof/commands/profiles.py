"""`leadproof profile`: posting documents read from files, and what is suspicious about a profile that is valid."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from leadproof.bodies import xml
from leadproof.commands.files import read_capped
from leadproof.contract.profile import Campaign, Field, LeadType, Profile, breaches
from leadproof.contract.profile.posting import Ids, Imported, import_documents
from leadproof.core.errors import ConfigurationError, EncodeError
from leadproof.generate.leads import LeadMaker

#: Bytes of a posting document.
_MOST_BYTES = 20_000_000


def import_files(paths: Sequence[Path], ids: Ids, name: str = "") -> Imported:
    """The profile that files describe.

    Raises:
        InputError: A file cannot be read, or is no posting document.
        MissingExtraError: A file needs a library that is not installed.
    """
    return import_documents(
        [(path.name, read_capped(path, _MOST_BYTES, "the posting document")) for path in paths], ids, name
    )


# ---- what is suspicious ----------------------------------------------------------------------------------------------


def suspicions(profile: Profile) -> list[str]:
    """What in a valid profile is probably not as it was meant, each as a sentence that begins with the place."""
    return [f"{place}: {what}" for find in _SUSPICIONS for place, what in find(profile)]


Suspicion = tuple[str, str]


def _fields(profile: Profile) -> Iterator[tuple[str, LeadType, Field]]:
    for kind in profile.lead_types:
        for field in kind.fields:
            yield f"lid {kind.lid}, {field.name}", kind, field


def _campaigns(profile: Profile) -> Iterator[tuple[str, Campaign]]:
    yield from ((f"aid {one.aid}", one) for one in profile.campaigns)


def _personal_pings(profile: Profile) -> Iterator[Suspicion]:
    for place, _, field in _fields(profile):
        if field.personal and field.required_in_ping:
            yield place, "personal, and required in a ping, which is meant to carry no personal data"


def _names_for_xml(profile: Profile) -> Iterator[Suspicion]:
    for place, _, field in _fields(profile):
        try:
            xml.name(field.name, "")
        except EncodeError:
            yield place, "its name has no form in XML: leads with it can be sent in JSON only"


def _names_alike(profile: Profile) -> Iterator[Suspicion]:
    for kind in profile.lead_types:
        seen: dict[str, str] = {}
        for field in kind.fields:
            key = re.sub(r"[\W_]", "", field.name).lower()
            if key in seen:
                yield f"lid {kind.lid}, {field.name}", f"is called like {seen[key]}, but for its spelling"
            seen[key] = field.name


def _needs_nothing(profile: Profile) -> Iterator[Suspicion]:
    for kind in profile.lead_types:
        if not any(one.required_in_post for one in kind.fields):
            yield f"lid {kind.lid}", "no field is required in a post"
        if not any(one.required_in_ping for one in kind.fields):
            yield f"lid {kind.lid}", "no field is required in a ping, so a ping without any is accepted"


def _never_holds(profile: Profile) -> Iterator[Suspicion]:
    for place, kind, field in _fields(profile):
        for condition in field.required_if:
            other = kind.field(condition.field)
            strange = [one for one in condition.one_of if other and other.fault(one)]
            if strange:
                yield place, f"required if {condition.field} is {strange[0]}, which that field does not take"
        if field.required_if and field.required_in_post:
            yield place, "required in every post, so its conditions change nothing"


def _no_consent(profile: Profile) -> Iterator[Suspicion]:
    asked = any(one.tcpaInformation.customTCPATextRequired for one in profile.offers)
    for kind in profile.lead_types:
        offered = any(one.lid == kind.lid and one.offers for one in profile.campaigns)
        if any(one.consent_of_offer for one in kind.fields) and not (asked and offered):
            yield f"lid {kind.lid}", "a field holds the consent to an offer, and no offer wants a text agreed to"


def _takes_nothing(profile: Profile) -> Iterator[Suspicion]:
    for place, campaign in _campaigns(profile):
        kind = profile.lead_type_by_lid[campaign.lid]
        if campaign.cap == 0 or any(cap.most == 0 and not cap.days for cap in campaign.caps):
            yield place, "its cap is 0, so it takes no lead"
        for criterion in campaign.criteria:
            field = kind.field(criterion.field)
            values = [one for one in criterion.one_of if field and field.fault(one)]
            if values and not criterion.exclude:
                yield place, f"a criterion names {values[0]}, which {criterion.field} does not take"
        if not any(campaign.lid in one.lids and not one.disabled for one in profile.sources):
            yield place, f"no source may send leads of lid {campaign.lid}"
        if not campaign.duplicate_keys and not campaign.disabled:
            yield place, "no duplicate_keys: the same lead is accepted again and again"


def _real_keys(profile: Profile) -> Iterator[Suspicion]:
    for key in (*profile.credentials.api_keys, *profile.credentials.bearer_tokens):
        if not re.search(r"mock|test|example|secret|sample|fake|dummy", key, re.IGNORECASE):
            yield "credentials", "a key that looks real: a real one belongs in the environment, never in a profile"
            return


def _no_lead(profile: Profile) -> Iterator[Suspicion]:
    """Campaigns for which no lead can be made that the profile takes."""
    for place, campaign in _campaigns(profile):
        if campaign.disabled:
            continue
        maker, kind = LeadMaker(profile).under(campaign), profile.lead_type_by_lid[campaign.lid]
        for ping in (True, False):
            what = "ping" if ping else "lead"
            try:
                fields = maker.fields(1, ping=ping)
            except ConfigurationError as error:
                yield place, f"no {what} can be made: {error.message}; {error.hint}"
                break
            broken = [
                *breaches.of_values(kind, fields, maker.today),
                *breaches.of_requirements(kind, fields, ping=ping),
            ]
            broken += breaches.of_criteria(campaign, kind, fields, ping=ping, today=maker.today)
            if broken:
                yield place, f"no {what} can be made that it takes: {broken[0].field} {broken[0].message}"
                break


_SUSPICIONS: tuple[Callable[[Profile], Iterator[Suspicion]], ...] = (
    _real_keys, _names_for_xml, _names_alike, _personal_pings, _needs_nothing, _never_holds, _no_consent,
    _takes_nothing, _no_lead,
)  # fmt: skip
