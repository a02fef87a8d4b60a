"""Made-up leads: each is one that its profile takes, no two are the same one, and what is built to be refused is."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from leadproof.bodies import encode_request
from leadproof.contract.profile import Campaign, Criterion, Field, LeadType, Profile, load, parse
from leadproof.core.errors import ConfigurationError
from leadproof.core.exchange import Request
from leadproof.generate.identities import PHONES, Identity, made, marked, marks_needed
from leadproof.generate.leads import LeadMaker
from leadproof.mock import Mock

PROFILE = load()
CAMPAIGNS = [one for one in PROFILE.campaigns if not one.disabled]
KEY = PROFILE.credentials.api_keys[0]

#: Leads of a long run.
MANY = 50_000

whole = st.integers(min_value=0, max_value=2**32 - 1)
makers = st.builds(
    lambda seed, nonce, campaign: LeadMaker(PROFILE, seed, nonce, campaign=campaign),
    st.integers(min_value=-(2**31), max_value=2**31),
    whole,
    st.sampled_from(CAMPAIGNS),
)


def meets(criterion: Criterion, value: str) -> bool:
    """The rule of the profile's documentation, written a second time."""
    if criterion.one_of:
        return value in criterion.one_of
    if criterion.pattern:
        return re.fullmatch(criterion.pattern, value) is not None
    low, high = criterion.min, criterion.max
    return (low is None or float(value) >= low) and (high is None or float(value) <= high)


def same(value: str) -> str:
    """What a service may take for the same value: case, spaces and punctuation do not count."""
    return re.sub(r"[\W_]", "", value).casefold()


# ---- a lead that is taken --------------------------------------------------------------------------------------------


@settings(max_examples=150, deadline=None)
@given(maker=makers, number=st.integers(1, 10**7), ping=st.booleans())
def test_a_lead_follows_its_profile(maker: LeadMaker, number: int, ping: bool) -> None:
    kind, campaign = maker.lead_type(), maker.chosen()

    fields = maker.fields(number, ping=ping)

    assert {name: fault for name, value in fields.items() if (fault := kind.field(name).fault(value))} == {}
    required = {one.name for one in kind.fields if (one.required_in_ping if ping else one.required_in_post)}
    assert required <= set(fields)
    tested = [one for one in campaign.criteria if one.field in fields]
    assert [one for one in tested if not meets(one, fields[one.field])] == []
    assert ping or len(tested) == len(campaign.criteria)


@settings(max_examples=100, deadline=None)
@given(maker=makers, number=st.integers(1, 10**7))
def test_a_ping_does_not_say_who_somebody_is(maker: LeadMaker, number: int) -> None:
    assert not set(maker.fields(number, ping=True)) & PROFILE.personal_fields


@settings(max_examples=50, deadline=None)
@given(maker=makers, number=st.integers(1, 10**7))
def test_a_ping_agrees_with_its_post(maker: LeadMaker, number: int) -> None:
    ping, post = maker.fields(number, ping=True), maker.fields(number)

    required = {one.name for one in maker.lead_type().fields if one.required_in_ping and one.allowed == ()}
    assert set(ping) <= set(post)
    assert required <= set(ping)


@settings(max_examples=50, deadline=None)
@given(maker=makers, number=st.integers(1, 10**7))
def test_the_same_seed_makes_the_same_lead(maker: LeadMaker, number: int) -> None:
    again = LeadMaker(maker.profile, maker.seed, maker.nonce, campaign=maker.campaign)

    assert again.request("create_lead", (number,)) == maker.request("create_lead", (number,))


def test_everything_that_says_who_somebody_is_is_made_up() -> None:
    for number in range(1, 2000):
        fields = LeadMaker(PROFILE, 3, 4).fields(number)
        assert fields["Email"].endswith(".example")
        assert re.fullmatch(r"[2-9]\d\d55501\d\d", fields["Phone"])


# ---- another lead than all others ------------------------------------------------------------------------------------


@pytest.mark.parametrize("campaign", CAMPAIGNS, ids=lambda campaign: str(campaign.aid))
def test_no_two_of_many_leads_are_duplicates(campaign: Campaign) -> None:
    maker = LeadMaker(PROFILE, campaign=campaign)
    kind = maker.lead_type()
    named = {key for keys in campaign.duplicate_keys for key in keys}
    marks = marks_needed(kind, PROFILE.campaigns)
    seen: dict[tuple[str, ...], set[tuple[str, ...]]] = {keys: set() for keys in campaign.duplicate_keys}
    # The values that are drawn by chance are left alike on purpose: what is made has to do without them.
    alike = {one.name: (one.examples or one.allowed or ("",))[0] for one in kind.fields if one.name in named}

    for number in range(1, MANY + 1):
        identity = Identity(number, maker.nonce, maker.seed)
        fields = {}
        for one in kind.fields:
            if one.name in named:
                value = made(one, identity) or alike[one.name]
                alone = marks.get(one.name)
                fields[one.name] = value if alone is None else marked(one, value, identity.mark(alone=alone))
        for keys, values in seen.items():
            values.add(tuple(same(fields[key]) for key in keys))

    assert {keys: len(values) for keys, values in seen.items()} == dict.fromkeys(campaign.duplicate_keys, MANY)


def test_the_identity_of_a_lead_is_the_one_that_is_made_for_its_number() -> None:
    maker = LeadMaker(PROFILE, 5, 6)
    kind = maker.lead_type()
    identity = Identity(9, 6, 5)

    fields = maker.fields(9)

    assert fields["Email"] == made(kind.field("Email"), identity)
    assert fields["Phone"] == made(kind.field("Phone"), identity)
    assert fields["LastName"].endswith(f"-{identity.mark(alone=False)}")
    assert maker.identity(9).items() <= fields.items()


identities = st.builds(Identity, st.integers(1, 10**9), whole, st.integers(-(2**31), 2**31))


@settings(max_examples=500, deadline=None)
@given(one=identities, other=identities)
@example(Identity(1, 0, 0), Identity(8, 1, 0))
@example(Identity(1, 0, 1), Identity(1, 1, 0))
@example(Identity(1, 0, 0), Identity(1 + PHONES, 0, 0))
@example(Identity(1, 0, 1), Identity(1, 0, -1))
def test_no_two_leads_of_any_runs_are_the_same(one: Identity, other: Identity) -> None:
    if one != other:
        assert next(one.emails()) != next(other.emails())
        assert one.mark(alone=True) != other.mark(alone=True)
        assert (next(one.phones()), one.mark(alone=False)) != (next(other.phones()), other.mark(alone=False))


def test_there_are_telephone_numbers_for_a_long_run() -> None:
    found = {next(Identity(number, 77, 1).phones()) for number in range(PHONES)}

    assert len(found) == PHONES > MANY
    assert not [one for one in found if one[1:3] == "11"]


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ([["Email"]], {}),
        ([["Phone"]], {}),
        ([["Email", "LastName"]], {}),
        ([["Phone", "LastName"]], {"LastName": False}),
        ([["LastName", "Zip"]], {"LastName": True}),
        ([["Phone", "LastName"], ["LastName", "Zip"]], {"LastName": True}),
        ([["FirstName", "LastName"], ["LastName", "Zip"]], {"FirstName": True, "LastName": True}),
        ([["Zip"]], {}),
    ],
)
def test_what_has_to_be_marked_follows_from_the_duplicate_keys(
    keys: list[list[str]], expected: dict[str, bool]
) -> None:
    kind = PROFILE.lead_type_by_lid[2001]
    campaign = Campaign(1, 2001, "", 0.0, duplicate_keys=tuple(tuple(one) for one in keys))
    stranger = Campaign(2, 2002, "", 0.0, duplicate_keys=(("FirstName",),))

    assert marks_needed(kind, [campaign, stranger]) == expected


# ---- the rules of a field come first ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        (Field("E", "email"), "lead12.ab.3@leads.example"),
        (Field("E", "email", max_length=20), "l12.ab.3@l.example"),
        (Field("E", "email", max_length=10), ""),
        (Field("P", "phone"), "2015550112"),
        (Field("P", "phone", pattern=r"\d{3}-\d{3}-\d{4}"), "201-555-0112"),
        (Field("P", "phone", pattern=r"\(\d{3}\) \d{3}-\d{4}"), "(201) 555-0112"),
        (Field("P", "phone", pattern=r"\+1\d{10}"), "+12015550112"),
        (Field("P", "phone", pattern=r"no number looks like this"), ""),
        (Field("T", "text"), ""),
    ],
    ids=lambda value: str(value)[:60],
)
def test_made_values_follow_the_rules_of_their_field(field: Field, expected: str) -> None:
    nonce, seed = (0, 0) if field.format == "phone" else (0xAB, 3)

    assert made(field, Identity(12, nonce, seed)) == expected


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        (Field("N"), "Ramirez-qq"),
        (Field("N", max_length=6), "Ram-qq"),
        (Field("N", pattern="[A-Za-z ]+"), "Ramirez qq"),
        (Field("N", pattern="[A-Z][a-z]{1,6}"), "Ramirez"),
        (Field("N", allowed=("Ramirez",)), "Ramirez"),
    ],
)
def test_a_mark_follows_the_rules_of_its_field(field: Field, expected: str) -> None:
    assert marked(field, "Ramirez", "qq") == expected
    assert marked(field, "Ramirez", "") == "Ramirez"


def profile_with(fields: str, campaign: str = "") -> Profile:
    """The shipped profile with one lead type of its own in front."""
    text = f"""
name = "own"
credentials = {{ api_keys = ["{KEY}"] }}
[messages]
accepted = "a"
under_review = "b"
updated = "c"
coverage = "d"
duplicate_found = "e"
duplicate_none = "f"
not_permitted = "g"
offer_accepted = "h"
offer_unknown = "i"
[messages.refused]
System_ID_Missing = "j"
LeadType_ID_Missing = "k"
Vendor_ID_Missing = "l"
No_Account_Found = "m"
Outside_Criteria = "n"
Duplicate_Lead = "o"
Account_Disabled = "p"
Post_Over_Max = "q"
Data_Errors = "r"
[[sources]]
vid = 1
name = "s"
lids = [2]
[[lead_types]]
lid = 2
name = "t"
{fields}
[[campaigns]]
aid = 3
lid = 2
name = "u"
price = 1.0
{campaign}
"""
    return parse(text)


def field(name: str, rest: str = "") -> str:
    return f'[[lead_types.fields]]\nname = "{name}"\n{rest}\n'


@pytest.mark.parametrize(
    "form", ["integer", "number", "boolean", "date", "datetime", "zip", "state", "ip", "url", "text"]
)
def test_a_required_field_without_examples_gets_a_plain_value(form: str) -> None:
    profile = profile_with(field("Some", f'format = "{form}"\nrequired_in_post = true'))

    value = LeadMaker(profile).fields(1)["Some"]

    assert profile.lead_types[0].field("Some").fault(value) == ""


def test_a_field_that_nobody_needs_is_left_out_where_the_profile_shows_no_value() -> None:
    assert LeadMaker(profile_with(field("Some"))).fields(1) == {}


def test_a_required_field_that_cannot_be_made_is_named() -> None:
    profile = profile_with(field("Some", 'pattern = "[0-9]{3}-[A-Z]"\nrequired_in_post = true'))

    with pytest.raises(ConfigurationError) as raised:
        LeadMaker(profile).fields(1)

    assert raised.value.message == "the profile 'own' requires the field Some and shows no value of it"
    assert raised.value.hint == "add examples to the field Some of lead type 2"


def test_what_a_ping_must_hold_is_sent_even_if_it_is_personal() -> None:
    profile = profile_with(field("Mail", 'format = "email"\npersonal = true\nrequired_in_ping = true'))

    assert LeadMaker(profile).fields(7, ping=True) == {"Mail": "lead7.0.0@leads.example"}


@pytest.mark.parametrize(
    ("rest", "criteria", "expected"),
    [
        ('format = "integer"', '{ field = "X", min = 1000000 }', "1000000"),
        ('format = "number"', '{ field = "X", max = 2.5 }', "2.5"),
        ('format = "integer"\nexamples = ["1", "5", "9"]', '{ field = "X", min = 2 }, { field = "X", max = 6 }', "5"),
        ('examples = ["a"]', '{ field = "X", one_of = ["b"] }', "b"),
        ('examples = ["a", "bb"]', '{ field = "X", pattern = "b+" }', "bb"),
    ],
)
def test_a_value_fits_all_criteria_of_its_field(rest: str, criteria: str, expected: str) -> None:
    profile = profile_with(field("X", f"{rest}\nrequired_in_post = true"), f"criteria = [{criteria}]")

    assert LeadMaker(profile).fields(1) == {"X": expected}


FIVE = field("X", 'format = "integer"\nexamples = ["5"]')
TRUE = field("X", 'format = "boolean"\nexamples = ["true"]')


@pytest.mark.parametrize(
    ("fields", "criterion", "expected"),
    [
        (field("X", 'required_in_post = true\nexamples = ["a"]'), "", ({}, "Data_Errors")),
        (field("X", "max_length = 3"), "", ({"X": "xxxx"}, "Data_Errors")),
        (FIVE, '{ field = "X", min = 3 }', ({"X": "0"}, "Outside_Criteria")),
        (FIVE, '{ field = "X", min = -3 }', ({"X": "-4"}, "Outside_Criteria")),
        (TRUE, '{ field = "X", pattern = "true" }', ({"X": "false"}, "Outside_Criteria")),
    ],
)
def test_a_lead_is_ruled_out_by_what_the_profile_has(fields: str, criterion: str, expected: object) -> None:
    maker = LeadMaker(profile_with(fields, f"criteria = [{criterion}]"))

    assert maker.outside(1) == expected


# ---- the mock agrees -------------------------------------------------------------------------------------------------


def sent(mock: Mock, operation: str, path: str, value: dict) -> dict:
    headers = (("content-type", "application/json"), ("accept", "application/json"), ("api-key", KEY))
    response = mock.handle(Request("POST", path, headers, encode_request(operation, "json", value)))
    assert response.status == 200, response.body
    return json.loads(response.body)["results"][0]


@pytest.mark.parametrize(
    ("operation", "path"),
    [
        ("create_lead", "/v2/insert/general"),
        ("create_lead_sends", "/v2/insert/general"),
        ("create_call_transfer", "/v2/insert/transfer"),
        ("create_call_lead", "/v2/insert/calldata"),
        ("ping", "/v2/insert/ping"),
    ],
)
@pytest.mark.parametrize("lid", sorted(PROFILE.lead_type_by_lid))
def test_the_mock_takes_what_should_be_taken_and_refuses_the_rest(operation: str, path: str, lid: int) -> None:
    campaign = next(one for one in CAMPAIGNS if one.lid == lid)
    mock = Mock(PROFILE, clock=lambda: 1_800_000_000.0)
    for nonce in (0, 1, 2**32 - 1):
        maker = LeadMaker(PROFILE, 0, nonce, campaign=campaign)
        for number in range(1, 12):
            value, _ = maker.request(operation, (number,))
            refused, outcome = maker.request(operation, (number + 1000,), refused=True)

            accepted = sent(mock, operation, path, value)
            result = sent(mock, operation, path, refused)

            told = "willAccept" if operation == "ping" else "isValid"
            assert (accepted[told], result[told]) == (True, False)
            if operation != "ping":
                assert result["responseType"] == outcome


def test_a_lead_whose_only_key_is_a_telephone_number_is_taken_for_a_long_time() -> None:
    campaign = PROFILE.campaign_by_aid[3005]
    assert campaign.duplicate_keys == (("Phone",),)
    numbers = [LeadMaker(PROFILE, campaign=campaign).fields(number)["Phone"] for number in range(1, 6_000)]

    assert len(set(numbers)) == len(numbers)


# ---- what a profile cannot do ----------------------------------------------------------------------------------------


def test_a_profile_without_a_campaign_that_takes_leads_is_named() -> None:
    profile = profile_with(field("X"), "disabled = true")

    with pytest.raises(ConfigurationError, match="has no campaign that takes leads"):
        LeadMaker(profile).chosen()


def test_an_operation_that_no_source_may_use_is_named() -> None:
    maker = LeadMaker(profile_with(field("X")))

    assert maker.source("create_lead_sends") is None
    with pytest.raises(ConfigurationError, match="has no source that may use create_lead_sends"):
        maker.request("create_lead_sends", (1,))


def test_leads_are_made_for_a_campaign_without_special_rules() -> None:
    assert LeadMaker(PROFILE).chosen().aid == 3001
    assert isinstance(LeadMaker(PROFILE).lead_type(), LeadType)
