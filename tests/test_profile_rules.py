"""What a profile can say: written and read back it is the same, and leads that are made follow all of it."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime
from ipaddress import ip_address
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadproof.contract.profile import (
    Campaign,
    Cap,
    Condition,
    Criterion,
    Field,
    Hours,
    LeadType,
    Profile,
    Trigger,
    breaches,
    load,
    parse,
    sheets,
)
from leadproof.contract.profile.formats import FORMATS, day, written
from leadproof.contract.profile.writing import write
from leadproof.core.errors import ConfigurationError
from leadproof.core.exchange import Request
from leadproof.generate.boundaries import rows
from leadproof.generate.leads import LeadMaker
from leadproof.mock import Mock

DEFAULT = load()
KEY = DEFAULT.credentials.api_keys[0]
TODAY = date(2026, 7, 15)
NOW = datetime(2026, 7, 15, 16, tzinfo=UTC).timestamp()

_WORDS = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn", "Zl", "Zp")), min_size=1, max_size=12
)
_NAMES = _WORDS.map(str.strip).filter(bool)


@st.composite
def _fields(draw: Any, number: int, before: list[Field]) -> Field:
    """A field for which a value exists; conditions look at fields before it."""
    kind = draw(st.sampled_from(["plain", "allowed", "several", "number", "date", "phone", "constant", *FORMATS]))
    more: dict[str, Any] = {}
    if kind in FORMATS:
        more["format"] = kind
    elif kind in ("allowed", "several"):
        more["allowed"] = tuple(
            draw(st.lists(st.sampled_from(["A", "B b", "C[1]", "1-3 months"]), min_size=1, max_size=4, unique=True))
        )
        more |= {"separator": draw(st.sampled_from([",", ";", "|"]))} if kind == "several" else {}
    elif kind == "number":
        low = draw(st.integers(-5, 50))
        more |= {
            "format": draw(st.sampled_from(["integer", "number"])),
            "min": float(low),
            "max": float(low + draw(st.integers(0, 90))),
        }
    elif kind == "date":
        low = draw(st.integers(0, 60))
        more |= {
            "format": "date",
            "mask": draw(st.sampled_from(["", "MM/DD/YYYY", "YYYYMMDD", "D.M.YY"])),
            "min_age": low,
        }
        more |= {"max_age": low + draw(st.integers(4, 39))} if draw(st.booleans()) else {}
        if more["mask"] == "D.M.YY":  # two digits of a year tell nobody from their grandparents
            del more["min_age"]
            more.pop("max_age", None)
    elif kind == "phone":
        more |= {"format": "phone", "mask": draw(st.sampled_from(["(###) ###-####", "##########", "###.###.####"]))}
    elif kind == "constant":
        more["constant"] = draw(st.sampled_from(["X1", "a b"]))
    else:
        more["examples"] = tuple(draw(st.lists(_NAMES, max_size=2)))
    if before and draw(st.booleans()):
        other = draw(st.sampled_from(before))
        more["required_if"] = (Condition(other.name, one_of=other.allowed[:2], in_ping=draw(st.booleans())),)
    name = draw(st.sampled_from(["Field {}", "f[{}].Name", "Name{}", "näme {}"])).format(number)
    return Field(
        name, description=draw(st.just("") | _WORDS), required_in_ping=draw(st.booleans()),
        required_in_post=draw(st.booleans()), personal=draw(st.booleans()), **more,
    )  # fmt: skip


_CAPS = st.builds(
    Cap,
    st.integers(10_000, 20_000),
    st.sampled_from(["hour", "day", "week", "month"]),
    st.sampled_from([(), ("mon",), ("sat", "sun")]),
)


@st.composite
def profiles(draw: Any) -> Profile:
    """A profile with one lead type and one campaign of its own, for which leads exist."""
    fields: list[Field] = []
    for number in range(draw(st.integers(1, 6))):
        fields.append(draw(_fields(number, list(fields))))
    criteria = []
    for one in fields:
        if one.allowed and draw(st.booleans()):
            exclude = draw(st.booleans()) and len(one.allowed) > 1 and not one.separator
            criteria.append(Criterion(one.name, one_of=one.allowed[:1], exclude=exclude))
        elif one.format == "state" and draw(st.booleans()):
            criteria.append(Criterion(one.name, one_of=("TX", "GU"), exclude=False))
    triggers = tuple(
        Trigger(one.name, one.examples[0], draw(st.sampled_from(["No_Error", "Data_Errors"])))
        for one in fields if len(set(one.examples)) > 1 and draw(st.booleans())
    )  # fmt: skip
    campaign = Campaign(
        3, 2, draw(_NAMES), draw(st.sampled_from([0.0, 1.5, 12.25])), criteria=tuple(criteria),
        caps=tuple(draw(st.lists(_CAPS, max_size=2))),
        hours=tuple(draw(st.lists(st.just(Hours()) | st.just(Hours(("wed",), "08:00", "20:00")), max_size=2))),
        timezone=draw(st.sampled_from(["UTC", "America/New_York"])),
    )  # fmt: skip
    source = replace(DEFAULT.sources[0], vid=1, lids=(2,), name=draw(_NAMES))
    kind = LeadType(2, draw(_NAMES), tuple(fields), triggers)
    return replace(
        DEFAULT, name=draw(_NAMES), sources=(source,), lead_types=(kind,), campaigns=(campaign,), offers=(), clients=()
    )


@settings(max_examples=60, deadline=None)
@given(profiles(), st.lists(_WORDS, max_size=2))
def test_a_profile_that_is_written_is_read_as_the_same(found: Profile, notes: list[str]) -> None:
    text = write(found, {one.name: notes for one in found.lead_types[0].fields} | {"campaigns": notes}, notes)

    assert parse(text) == found


def test_the_default_profile_survives_being_written() -> None:
    assert parse(write(DEFAULT)) == DEFAULT


@settings(max_examples=60, deadline=None)
@given(profiles(), st.integers(1, 10_000))
def test_a_lead_that_is_made_follows_every_rule_and_is_accepted(found: Profile, number: int) -> None:
    maker, mock = LeadMaker(found, today=TODAY), Mock(found, clock=lambda: NOW)
    kind, campaign = found.lead_types[0], found.campaigns[0]

    for operation, path, ping in (("ping", "/v2/insert/ping", True), ("create_lead", "/v2/insert/general", False)):
        try:
            value, _ = maker.request(operation, (number,))
        except ConfigurationError:  # every value that the profile shows makes a lead a test
            assert kind.test_triggers
            return
        fields = value["leads"][0]["fields"]
        broken = [*breaches.of_values(kind, fields, TODAY), *breaches.of_requirements(kind, fields, ping=ping)]
        broken += breaches.of_criteria(campaign, kind, fields, ping=ping, today=TODAY)
        assert broken == []
        assert not any(fields.get(one.field) == one.value for one in kind.test_triggers)
        headers = (("api-key", KEY), ("content-type", "application/json"), ("accept", "application/json"))
        response = mock.handle(Request("POST", path, headers, json.dumps(value).encode()))
        result = json.loads(response.body)["results"][0]
        assert result["willAccept" if ping else "isValid"], (fields, result)


@settings(max_examples=30, deadline=None)
@given(profiles())
def test_values_at_the_edges_follow_every_rule(found: Profile) -> None:
    maker, kind = LeadMaker(found, today=TODAY), found.lead_types[0]

    try:
        requests = [
            (ping, value) for ping in (True, False) for value in rows("ping" if ping else "create_lead", "json", maker)
        ]
    except ConfigurationError:
        return
    for ping, value in requests:
        for lead in value["leads"]:
            sent = {
                name: str(one).lower() if isinstance(one, bool) else str(one)
                for name, one in lead["fields"].items()
                if one is not None
            }
            assert list(breaches.of_values(kind, sent, TODAY)) == []
            if not ping:
                missing = {one.field for one in breaches.of_requirements(kind, sent, ping=False)}
                assert missing <= set(maker.identity(1))


@settings(max_examples=30, deadline=None)
@given(profiles())
def test_a_profile_can_be_shown_in_every_form(found: Profile) -> None:
    for view in sheets.VIEWS.values():
        text = view(found)
        assert KEY not in text
        assert text.endswith("\n")
    assert "<script" not in sheets.as_html(found)


@given(
    st.floats(0, 3_124_223_999).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)),  # until the end of 2068
    st.sampled_from(["MM/DD/YYYY", "YYYY-MM-DD", "D.M.YY", "YYYYMMDD", "MM-DD-YYYY hh:mm AM", "YYYY-MM-DDTHH:mm:ssZ"]),
)
def test_a_date_that_is_written_by_a_mask_is_read_by_it(when: datetime, mask: str) -> None:
    assert day(written(mask, when), mask) == when.date()
    assert not Field("x", format="datetime", mask=mask).fault(written(mask, when))


#: TOML that is added to the default profile's first field, or replaces some text -> what is said of it.
WRONG = {
    "mask of no date": ('name = "DateOfBirth"\nformat = "date"', 'mask = "MM/YYYY"', "needs a year, a month and a day"),
    "mask twice": ('name = "DateOfBirth"\nformat = "date"', 'mask = "MM/M/DD/YYYY"', "twice"),
    "mask without digits": ('name = "City"', 'mask = "abc"', "has no # for a digit"),
    "age of a text": ('name = "City"', "min_age = 3", "an age needs a date"),
    "bounds cross": ('name = "MonthlyBill"\nformat = "number"', "min = 9\nmax = 3", "below the minimum"),
    "condition on nothing": ('name = "City"', 'required_if = [{ field = "Staat" }]', "there is no field"),
    "condition on itself": ('name = "City"', 'required_if = [{ field = "City" }]', "because of itself"),
    "constant of another form": ('name = "MonthlyBill"\nformat = "number"', 'constant = "x"', "'x' must be a number"),
    "unknown day": ("aid = 3003\nlid = 2001", 'hours = [{ days = ["monday"] }]', "is not one of"),
    "no clock": ("aid = 3003\nlid = 2001", 'hours = [{ opens = "8am" }]', "does not match"),
    "never open": ("aid = 3003\nlid = 2001", 'hours = [{ opens = "08:00", closes = "08:00" }]', "opens when it closes"),
    "no time zone": ("aid = 3003\nlid = 2001", 'timezone = "Nowhere/Land"', "no time zone"),
    "state's age": ("aid = 3003\nlid = 2001", 'criteria = [{ field = "State", min_age = 18 }]', "an age needs a date"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_what_contradicts_itself_in_a_profile_is_named(name: str) -> None:
    from leadproof.core import resources

    text = resources.path("specs", "profiles", "default.toml").read_text("utf-8")
    after, added, message = WRONG[name]
    assert after in text

    with pytest.raises(ConfigurationError) as caught:
        parse(text.replace(after, f"{after}\n{added}", 1), "x.toml")

    assert message in caught.value.message
    assert caught.value.message.startswith("x.toml:")
    assert caught.value.hint


@given(
    st.one_of(
        st.from_regex(r"(?:\d{1,3}\.){2,4}\d{0,3}", fullmatch=True), st.ip_addresses().map(str), st.text("0159.:af\n")
    )
)
def test_an_address_is_one_where_the_standard_library_reads_one(text: str) -> None:
    found = None
    with suppress(ValueError):
        found = ip_address(text)

    assert bool(FORMATS["ip"].accepts(text)) is (found is not None and text.isascii())
