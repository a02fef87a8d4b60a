"""Profiles: the default one, and what is said about one that is wrong: file, line, key, remedy."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadproof.contract import profile
from leadproof.contract.profile import FORMATS, Field
from leadproof.core import resources
from leadproof.core.errors import ConfigurationError
from leadproof.core.operations import RESPONSE_TYPES

TEXT = resources.path("specs", "profiles", "default.toml").read_text(encoding="utf-8")
SCHEMA = json.loads(resources.path("specs", "profiles", "profile.schema.json").read_text(encoding="utf-8"))

_FIELD = SCHEMA["properties"]["lead_types"]["items"]["properties"]["fields"]["items"]


# ---- the default profile -------------------------------------------------------------------------------------------


def test_the_default_profile_is_what_its_file_says() -> None:
    found = profile.load()

    assert found == profile.parse(TEXT)
    assert found.name == "default"
    assert found.source_by_vid[1001].permissions == ("duplicate_check",)
    assert found.lead_type_by_lid[2001].field("State") == Field(
        name="State", format="state", required_in_ping=True, required_in_post=True, examples=("TX", "FL", "CA", "NY")
    )
    assert found.lead_type_by_lid[2001].field("Nothing") is None
    assert found.campaign_by_aid[3001].duplicate_keys == (("Email",), ("Phone", "LastName"))
    assert found.offer_by_id["a001"].tcpaInformation.customTCPATextRequired is True
    assert found.client_by_id[5001].agents[0].name == "Dana Whitfield"
    assert {"FirstName", "LastName", "Email", "Phone", "Address"} <= found.personal_fields


def test_a_ping_needs_nothing_personal() -> None:
    for kind in profile.load().lead_types:
        assert not [one.name for one in kind.fields if one.required_in_ping and one.personal]
        assert len(kind.fields) >= 12


def test_nothing_in_the_default_profile_is_real() -> None:
    phones = re.findall(r'"(?:1-?)?\(?(\d{3})\)?[- ]?(\d{3})-?(\d{4})"', TEXT)

    assert phones
    assert all(exchange == "555" and "0100" <= line <= "0199" for _, exchange, line in phones)
    assert not [host for host in re.findall(r"(?:https?://|@)([\w.-]+)", TEXT) if not host.endswith(".example")]
    assert all(
        "mock" in one for one in (*profile.load().credentials.api_keys, *profile.load().credentials.bearer_tokens)
    )


def test_the_head_of_the_default_profile_says_how_to_get_each_response_type() -> None:
    head = TEXT[: TEXT.index("name = ")]

    assert [name for name in RESPONSE_TYPES if f"#   {name} " not in head] == []


def test_profiles_are_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        profile.load().name = "x"  # type: ignore[misc]  # that is the point


def test_the_schema_and_the_model_name_the_same_keys() -> None:
    pairs = {
        profile.Profile: SCHEMA,
        profile.Credentials: SCHEMA["properties"]["credentials"],
        profile.Rules: SCHEMA["properties"]["rules"],
        profile.Messages: SCHEMA["properties"]["messages"],
        profile.Source: SCHEMA["properties"]["sources"]["items"],
        profile.LeadType: SCHEMA["properties"]["lead_types"]["items"],
        profile.Trigger: SCHEMA["properties"]["lead_types"]["items"]["properties"]["test_triggers"]["items"],
        profile.Condition: _FIELD["properties"]["required_if"]["items"],
        profile.Cap: SCHEMA["properties"]["campaigns"]["items"]["properties"]["caps"]["items"],
        profile.Hours: SCHEMA["properties"]["campaigns"]["items"]["properties"]["hours"]["items"],
        profile.Field: SCHEMA["properties"]["lead_types"]["items"]["properties"]["fields"]["items"],
        profile.Campaign: SCHEMA["properties"]["campaigns"]["items"],
        profile.Criterion: SCHEMA["properties"]["campaigns"]["items"]["properties"]["criteria"]["items"],
        profile.Offer: SCHEMA["properties"]["offers"]["items"],
        profile.TcpaInformation: SCHEMA["properties"]["offers"]["items"]["properties"]["tcpaInformation"],
        profile.TransferClient: SCHEMA["properties"]["clients"]["items"],
        profile.Agent: SCHEMA["properties"]["clients"]["items"]["properties"]["agents"]["items"],
    }
    for model, schema in pairs.items():
        assert {one.name for one in dataclasses.fields(model)} == set(schema["properties"]), model

    formats = SCHEMA["properties"]["lead_types"]["items"]["properties"]["fields"]["items"]["properties"]["format"]
    assert set(formats["enum"]) == set(FORMATS)
    assert set(SCHEMA["properties"]["messages"]["properties"]["refused"]["required"]) == set(RESPONSE_TYPES) - {
        "No_Error"
    }


# ---- what is wrong with a profile ----------------------------------------------------------------------------------

#: Text to replace (its first occurrence), replacement, key, part of the message, part of the hint.
WRONG: dict[str, tuple[str, str, str, str, str]] = {
    "unknown key": ("order_lifetime =", "order_life =", "rules.order_life", "no key of a profile", "order_lifetime"),
    "unknown table": ("[rules]", "[ruels]", "ruels", "no key of a profile", "rules"),
    "missing key": ("price = 12.5\n", "", "campaigns[0].price", "missing", "Add the key"),
    "wrong type": ("vid = 1001", 'vid = "1001"', "sources[0].vid", "not of type 'integer'", "right type"),
    "number for a list": ("lids = [2001, 2002]", "lids = 2001", "sources[0].lids", "not of type 'array'", "right type"),
    "below the minimum": (
        "order_lifetime = 900",
        "order_lifetime = 0",
        "rules.order_lifetime",
        "minimum",
        "default.toml",
    ),
    "outside the set": (
        'refused_members = "zero"',
        'refused_members = "none"',
        "rules.refused_members",
        "not one of",
        "listed",
    ),
    "unknown format": ('format = "email"', 'format = "mail"', "lead_types[0].fields[2].format", "not one of", "listed"),
    "no regular expression": (
        'pattern = "(19|20)',
        'pattern = "((19|20)',
        "lead_types[0].fields[10].pattern",
        "regex",
        "regular expression",
    ),
    "two kinds of criterion": (
        '{ field = "State", one_of',
        '{ field = "State", min = 1, one_of',
        "campaigns[0].criteria[0]",
        "only one",
        "exactly one",
    ),
    "control character": (
        'name = "Ordinary',
        'name = "Ordi\\u0001nary',
        "sources[0].name",
        "does not match",
        "control characters",
    ),
    "no url": ('url = "https://blue', 'url = "ftp://blue', "offers[0].url", "does not match", "http"),
    "offer type": ('type = "Monthly"', 'type = "Weekly"', "offers[0].type", "not one of", "listed"),
    "dangling offer": (
        'offers = ["a001", "a002"]',
        'offers = ["a001", "a02"]',
        "campaigns[0].offers",
        "no offer a02",
        "a002",
    ),
    "dangling client": (
        "clients = [5001, 5002]",
        "clients = [5001, 77]",
        "campaigns[0].clients",
        "no client 77",
        "5001",
    ),
    "dangling lead type": (
        "lids = [2001, 2002]",
        "lids = [2001, 2003]",
        "sources[0].lids",
        "no lead type 2003",
        "2002",
    ),
    "campaign of no lead type": (
        "aid = 3001\nlid = 2001",
        "aid = 3001\nlid = 7",
        "campaigns[0].lid",
        "no lead type 7",
        "2001",
    ),
    "unknown field in criteria": (
        '{ field = "State", one_of',
        '{ field = "Sate", one_of',
        "campaigns[0].criteria[0].field",
        "no field",
        "State",
    ),
    "unknown duplicate key": ('[["Email"], [', '[["EMail"], [', "campaigns[0].duplicate_keys", "no field", "Email"),
    "vid twice": ("vid = 1002", "vid = 1001", "sources[1].vid", "1001 is given twice", "own"),
    "aid twice": ("aid = 3002", "aid = 3001", "campaigns[1].aid", "3001 is given twice", "own"),
    "field twice": ('name = "LastName"', 'name = "FirstName"', "lead_types[0].fields[1].name", "given twice", "own"),
    "example against the rule": ('"75001",', '"7500",', "lead_types[0].fields[7].examples", "ZIP code", "Mend"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_named_by_file_line_key_and_remedy(tmp_path: Path, name: str) -> None:
    old, new, key, what, hint = WRONG[name]
    assert old in TEXT
    file = tmp_path / "wrong.toml"
    file.write_text(TEXT.replace(old, new, 1), encoding="utf-8")

    with pytest.raises(ConfigurationError) as caught:
        profile.load(file)

    first = caught.value.message.splitlines()[0]
    assert first.startswith(f"{file}:")
    assert what in first
    assert hint in caught.value.hint
    line = int(first.removeprefix(f"{file}:").partition(":")[0])
    assert key in first
    changed = TEXT[: TEXT.index(old)].count("\n") + 1
    assert abs(line - changed) <= 6, (line, changed)
    if name not in {"missing key", "campaign of no lead type"}:
        assert line == changed


def test_everything_wrong_is_named_at_once() -> None:
    text = TEXT.replace("vid = 1001", 'vid = "x"').replace("price = 12.5\n", "").replace("aid = 3002", "aid = 0")

    with pytest.raises(ConfigurationError) as caught:
        profile.parse(text, "x.toml")

    assert [line.split(": ")[1] for line in caught.value.message.splitlines()] == [
        "campaigns[0].price",
        "campaigns[1].aid",
        "sources[0].vid",
    ]


def test_a_flood_of_complaints_is_cut() -> None:
    with pytest.raises(ConfigurationError) as caught:
        profile.parse(TEXT.replace("examples =", "samples ="))

    assert len(caught.value.message.splitlines()) == 21
    assert "more" in caught.value.message.splitlines()[-1]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name = ", "profile:1: no valid TOML"),
        ("x = 1\nx = 2", "no valid TOML"),
        ("", "profile:1: name: is missing"),
        ("name = 'x' # [[sources]]\n", "credentials: is missing"),
    ],
)
def test_what_is_no_profile_at_all_is_named(text: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(said)):
        profile.parse(text)


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    (tmp_path / "latin.toml").write_bytes(b"name = '\xe9'")

    with pytest.raises(ConfigurationError, match=r"nowhere\.toml") as caught:
        profile.load(tmp_path / "nowhere.toml")
    assert "default profile" in caught.value.hint
    with pytest.raises(ConfigurationError, match="byte 8 is not UTF-8"):
        profile.load(tmp_path / "latin.toml")
    with pytest.raises(ConfigurationError):
        profile.load(tmp_path)


@given(st.text(max_size=200) | st.binary(max_size=200).map(lambda data: data.decode("latin-1")))
def test_any_text_ends_in_a_complaint(text: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        profile.parse(text)

    assert caught.value.hint


# ---- field values --------------------------------------------------------------------------------------------------

GOOD_AND_BAD: dict[str, tuple[list[str], list[str]]] = {
    "text": (["x", "\u00e9"], []),
    "integer": (["0", "-7", "123456789012345678"], ["1.0", "+1", "1_0", "\u0663", "1\n", "1" * 19, "x"]),
    "number": (["0", "-7.25", "100"], [".5", "1.", "1e3", "NaN", "1,5"]),
    "boolean": (["true", "No", "1"], ["y", "2", "wahr"]),
    "date": (["2024-02-29", "02/29/2024"], ["2023-02-29", "2024-13-01", "29.02.2024", "2024-2-9", "0000-01-01"]),
    "datetime": (
        ["2026-01-31T16:25:12Z", "2026-01-31 16:25", "2026-01-31T16:25:12.123+01:00"],
        ["2026-01-31", "2026-01-31T25:00"],
    ),
    "email": (
        ["a@b.example", "o'neil+x@mail.b-c.example"],
        ["a", "a@b", "a@@b.example", "a b@c.example", "a@-b.example", "a@b.example\n"],
    ),
    "phone": (
        ["2125550100", "(212) 555-0100", "+1 212.555.0100", "1-212-555-0100"],
        ["5550100", "1125550100", "212555010", "212555010x"],
    ),
    "zip": (["75001", "75001-1234", "750011234"], ["7500", "75001-", "ABCDE", "\u0667\u0665\u0660\u0660\u0661"]),
    "state": (["TX", "PR"], ["tx", "XX", "Texas", ""]),
    "ip": (["192.0.2.1", "2001:db8::1"], ["192.0.2", "192.0.2.256", "x", "1:2"]),
    "url": (["http://a.example", "HTTPS://a.example/b?c#d"], ["a.example", "ftp://a.example", "http://", "http://a b"]),
    "trustedform": (
        [f"https://cert.trustedform.com/{'0af9' * 10}", f"https://cert.staging.trustedform.com/{'0' * 40}"],
        [f"http://cert.trustedform.com/{'0' * 40}", f"https://cert.trustedform.com/{'0' * 39}", "0" * 40],
    ),
    "jornaya": (["0A1B2C3D-0000-1111-2222-0123456789ab"], ["0A1B2C3D00001111222201234567 89ab", "{0A1B2C3D}"]),
}


@pytest.mark.parametrize("name", FORMATS)
def test_formats_tell_good_from_bad(name: str) -> None:
    good, bad = GOOD_AND_BAD[name]
    field = Field(name="x", format=name)

    assert [one for one in good if field.fault(one)] == []
    assert [one for one in bad if not field.fault(one)] == []


def test_a_field_is_judged_by_all_its_rules() -> None:
    field = Field(name="x", format="integer", pattern="[12].*", allowed=("1", "10", "30", "2x"), max_length=2)

    faults = {value: field.fault(value) for value in ("1", "30", "2x", "5", "100")}
    assert faults == {
        "1": "",
        "30": "must match [12].*",
        "2x": "must be a whole number",
        "5": "must be one of 1, 10, 30, 2x",
        "100": "must have at most 2 characters",
    }


@given(st.text())
def test_no_value_breaks_a_format(text: str) -> None:
    for name in FORMATS:
        said: Any = Field(name="x", format=name).fault(text)
        assert isinstance(said, str)
