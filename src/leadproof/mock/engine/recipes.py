"""How to get each `responseType` from the mock with a given profile: recipes as data, served at /__mock__/recipes.

A recipe says what to change in a request that would be accepted. They are derived from the profile; a profile that
has, say, no disabled source and no disabled campaign has no recipe for Account_Disabled.

================== =====================================================================================
responseType       recipe
================== =====================================================================================
No_Error           change nothing
System_ID_Missing  leave `source` out (in XML: `<Leads>` without attributes)
Vendor_ID_Missing  leave `source.vid` out, or send 0
LeadType_ID_Missing leave `source.lid` out, send 0, or one that the profile does not have
No_Account_Found   a vid that the profile does not have, or an aid that does not belong to the lid
Account_Disabled   a source or a campaign that the profile disables
Data_Errors        leave out a required field, break the format of one, or use an unknown or used-up order
Outside_Criteria   a value that a campaign's criteria do not allow
Duplicate_Lead     send a lead twice that a campaign's duplicate keys know again
Post_Over_Max      a source or a campaign whose cap is 0 or used up
================== =====================================================================================
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from leadproof.contract.profile import Campaign, Criterion, Field, LeadType, Profile
from leadproof.mock.engine.rulebook import test_of


@dataclass(frozen=True, slots=True)
class Recipe:
    """A request that gets one responseType: ids, fields, and how often to send it."""

    response_type: str
    #: In plain words.
    how: str
    #: `source` without sendDelay; a member that is left out is left out on purpose.
    source: dict[str, int]
    #: All fields of the lead, for a post; a ping needs no more than the profile asks for.
    fields: dict[str, str] = field(default_factory=dict)
    #: How often to send it until the last response is the one.
    times: int = 1


def recipes_for(profile: Profile) -> list[Recipe]:
    """Every recipe that the profile allows, No_Error first. Each lead shares no duplicate keys with the others'."""
    base = _base(profile)
    if base is None:
        return []
    vid, campaign, kind = base
    return list(_recipes(profile, vid, campaign, kind))


def example_fields(kind: LeadType, campaign: Campaign, number: int) -> dict[str, str]:
    """Fields of a lead that the campaign takes, made of the profile's examples; two numbers share no duplicate key."""
    fields = {}
    for one in kind.fields:
        tests = [criterion for criterion in campaign.criteria if criterion.field == one.name]
        values = [value for value in (one.constant, *one.examples, *one.allowed) if value]
        values = [value for value in values if all(_meets(test, one, value) for test in tests)]
        values += [value for test in tests for value in test.one_of if not test.exclude and not one.fault(value)]
        if values:
            fields[one.name] = _varied(one, values[number % len(values)], number)
    return fields


def _varied(one: Field, value: str, number: int) -> str:
    """The value made another one by the number, where that is easy and does not break the field's rule."""
    candidates = {
        "email": f"lead{number}.{value}",
        # The last four digits; numbers 555-0100 to 555-0199 are the ones that belong to nobody.
        "phone": f"{value[:-2]}{number % 100:02d}",
    }
    varied = candidates.get(one.format, f"{value} {_letters(number)}" if one.personal else value)
    return value if one.fault(varied) else varied


def _letters(number: int) -> str:
    return "".join(chr(ord("A") + int(digit)) for digit in str(number))


def _meets(criterion: Criterion, field: Field, value: str) -> bool:
    return bool(test_of(criterion, field)(value))


def _base(profile: Profile) -> tuple[int, Campaign, LeadType] | None:
    """An ordinary source and a campaign that takes its leads."""
    for source in profile.sources:
        if source.disabled or source.daily_cap is not None or "return_sends" in source.permissions:
            continue
        for campaign in profile.campaigns:
            able = not campaign.disabled and not campaign.capped and not campaign.order_required
            if able and campaign.lid in source.lids:
                return source.vid, campaign, profile.lead_type_by_lid[campaign.lid]
    return None


def _recipes(profile: Profile, vid: int, campaign: Campaign, kind: LeadType) -> Iterator[Recipe]:
    aid, lid = campaign.aid, campaign.lid
    source = {"vid": vid, "lid": lid, "aid": aid}

    def fields(number: int) -> dict[str, str]:
        return example_fields(kind, campaign, number)

    yield Recipe("No_Error", "send the lead as it is", source, fields(11))
    yield Recipe("System_ID_Missing", "leave source out (in XML: Leads without attributes)", {}, fields(12))
    yield Recipe("Vendor_ID_Missing", "leave source.vid out", {"lid": lid, "aid": aid}, fields(13))
    yield Recipe("LeadType_ID_Missing", "leave source.lid out", {"vid": vid, "aid": aid}, fields(14))
    stranger = max(profile.source_by_vid) + 900_000
    yield Recipe("No_Account_Found", "send a vid that nobody has", {**source, "vid": stranger}, fields(15))
    for other in profile.sources:
        if other.disabled and lid in other.lids:
            yield Recipe("Account_Disabled", "send as a disabled source", {**source, "vid": other.vid}, fields(16))
    for paused in profile.campaigns:
        if paused.disabled and paused.lid == lid:
            yield Recipe("Account_Disabled", "name a disabled campaign", {**source, "aid": paused.aid}, fields(17))
    for one in kind.fields:
        if one.required_in_ping and one.required_in_post:
            short = {name: value for name, value in fields(18).items() if name != one.name}
            yield Recipe("Data_Errors", f"leave the required field {one.name} out", source, short)
            break
    for criterion in campaign.criteria:
        outside = _outside(criterion, kind)
        if outside:
            sent = {**fields(19), criterion.field: outside}
            yield Recipe("Outside_Criteria", f"send {outside} as {criterion.field}", source, sent)
            break
    if campaign.duplicate_keys:
        yield Recipe("Duplicate_Lead", "post the same lead twice", source, fields(20), times=2)
    for other in profile.sources:
        if other.daily_cap == 0 and not other.disabled and lid in other.lids:
            yield Recipe("Post_Over_Max", "send as a source whose cap is 0", {**source, "vid": other.vid}, fields(21))
    for number, capped in enumerate(profile.campaigns):
        free = not (capped.disabled or capped.order_required or capped.duplicate_keys)
        if capped.lid == lid and capped.cap is not None and capped.cap <= 10 and free:
            how = f"post more than {capped.cap} lead{'s' * (capped.cap != 1)} within {capped.cap_window} s"
            sent = example_fields(kind, capped, 22 + number)
            yield Recipe("Post_Over_Max", how, {**source, "aid": capped.aid}, sent, times=capped.cap + 1)


def _outside(criterion: Criterion, kind: LeadType) -> str:
    """A value that the field allows and the criterion does not; empty if none is at hand."""
    one = kind.field(criterion.field)
    if one is None or not one.required_in_ping:
        return ""
    at_hand = (*one.allowed, *one.examples, "AK", "ME", "0", "99999", "no", "Nowhere")
    return next((value for value in at_hand if not one.fault(value) and not _meets(criterion, one, value)), "")
