"""What a posting profile can ask of a lead, and what the mock responds to one that breaks it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from leadproof import bodies
from leadproof.contract.profile import Profile, parse
from leadproof.core import resources
from leadproof.core.exchange import Request
from leadproof.mock import Mock

#: The end of the default profile's messages: what every profile begins with.
HEAD = resources.path("specs", "profiles", "default.toml").read_text("utf-8").partition("# ---- sources")[0]

OFFER = """
[[offers]]
offerId = "o1"
companyName = "Bluebird Example"
companyPhoneNumber = "8005550110"
name = "x"
description = "x"
type = "Monthly"
price = 1
url = "https://bluebird.example/"
tcpaInformation = { customTCPATextRequired = true, tcpaText = "I agree that Bluebird may call me." }
"""

#: Wednesday, 2026-07-15, 16:00 UTC; noon in New York.
NOON = datetime(2026, 7, 15, 16, tzinfo=UTC).timestamp()


def profile_with(fields: str, campaign: str = "", kind: str = "") -> Profile:
    blocks = "".join(f"[[lead_types.fields]]\n{line}\n" for line in fields.strip().replace("; ", "\n").split("\n\n"))
    return parse(
        f'{HEAD}\n[[sources]]\nvid = 1\nname = "s"\nlids = [2]\n[[lead_types]]\nlid = 2\nname = "t"\n{kind}\n{blocks}\n'
        f'[[campaigns]]\naid = 3\nlid = 2\nname = "c"\nprice = 1\noffers = ["o1"]\n{campaign}\n{OFFER}'
    )


class Partner:
    """Sends leads to a mock of a profile, at a time of its own."""

    def __init__(self, found: Profile, now: float = NOON) -> None:
        self.now = now
        self.mock = Mock(found, clock=lambda: self.now)
        self.key = found.credentials.api_keys[0]

    def _send(self, path: str, operation: str, fields: dict[str, Any], properties: dict[str, Any], fmt: str) -> Any:
        source = {"vid": 1, "lid": 2, "aid": 3} | ({"sendDelay": 0} if operation != "ping" else {})
        body = bodies.encode_request(
            operation, fmt, {"source": source, "leads": [{"properties": properties, "fields": fields}]}
        )
        headers = (("api-key", self.key), ("content-type", f"application/{fmt}"), ("accept", "application/json"))
        response = self.mock.handle(Request("POST", path, headers, body))
        assert response.status == 200, response
        return json.loads(response.body)["results"][0]

    def post(self, fmt: str = "json", offers: tuple[str, ...] = (), order: str = "", **fields: Any) -> tuple[str, str]:
        """responseType and what it says besides."""
        properties = ({"offerIds": list(offers)} if offers else {}) | ({"orderId": order} if order else {})
        result = self._send("/v2/insert/general", "inbound_post", fields, properties, fmt)
        return result["responseType"], result["responseMessage"].partition(": ")[2]

    def ping(self, fmt: str = "json", **fields: Any) -> Any:
        return self._send("/v2/insert/ping", "ping", fields, {}, fmt)


#: A field's rules -> values that are taken, and for a value that is not what is said of it.
FIELD_RULES: dict[str, tuple[list[str], dict[str, str]]] = {
    "min = 50; max = 2000": (["50", "2000.0", "99.5"], {"49": "50 to 2000", "x": "50 to 2000"}),
    'format = "integer"; min = 1': (["1"], {"0": "at least 1", "1.5": "a whole number"}),
    'format = "date"; mask = "MM/DD/YYYY"': (
        ["02/29/2024"], {"2024-02-29": "a date written MM/DD/YYYY", "02/30/2024": "a date"},
    ),
    'format = "date"; mask = "YYYYMMDD"': (["20240229"], {"20240230": "a date written", "02292024": "a date written"}),
    'format = "datetime"; mask = "M/D/YY hh:mm AM"': (
        ["2/9/24 01:05 pm"], {"2/9/2024 01:05 pm": "written", "2/9/24 13:05 pm": "written"},
    ),
    'format = "phone"; mask = "###-###-####"': (["212-555-0100"], {"2125550100": "written ###-###-####"}),
    'mask = "###-##-####"': (["123-45-6789"], {"123456789": "written"}),
    'allowed = ["A", "B"]; separator = "|"': (
        ["A", "A|B", "B | A"], {"A|C": "one of A, B", "A||B": "one of A, B", "A,B": "one of"},
    ),
    'constant = "X1"': (["X1"], {"X2": "must be X1"}),
    'format = "trustedform"': (
        [f"https://cert.trustedform.com/{'a1' * 20}"], {"https://cert.trustedform.com/1": "TrustedForm"},
    ),
    'format = "jornaya"': (["0A1B2C3D-4E5F-6071-8293-A4B5C6D7E8F9"], {"0A1B2C3D": "Jornaya"}),
    'format = "date"; min_age = 18; max_age = 75': (
        ["2008-07-15", "1950-07-16"], {"2008-07-16": "an age of 18 to 75", "1950-07-15": "an age of 18 to 75"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("fmt", ["json", "xml"])
@pytest.mark.parametrize("rules", FIELD_RULES)
def test_the_rules_of_a_field_are_enforced(rules: str, fmt: str) -> None:
    good, bad = FIELD_RULES[rules]
    partner = Partner(profile_with(f'name = "F"; {rules}'))

    assert {value: partner.post(fmt, F=value)[0] for value in good} == dict.fromkeys(good, "No_Error")
    for value, words in bad.items():
        kind, detail = partner.post(fmt, F=value)
        assert (kind, words in detail) == ("Data_Errors", True), (value, detail)
        assert detail.startswith("F must")
        assert partner.ping(fmt, F=value)["willAccept"] is False


def test_an_age_counts_from_the_day_of_the_request_even_for_a_value_that_was_good_before() -> None:
    partner = Partner(profile_with('name = "Born"; format = "date"; max_age = 40'))

    before = partner.ping(Born="1986-07-14")["willAccept"], partner.ping(Born="1985-07-16")["willAccept"]
    partner.now += 86400
    after = partner.ping(Born="1986-07-14")["willAccept"], partner.ping(Born="1985-07-16")["willAccept"]

    assert (before, after) == ((True, True), (True, False))


def test_a_condition_makes_a_field_required() -> None:
    partner = Partner(
        profile_with(
            'name = "Owner"; allowed = ["Yes", "No"]\n\n'
            'name = "Landlord"; required_if = [{ field = "Owner", one_of = ["No"] }, '
            '{ field = "Rent", in_ping = true }]\n\n'
            'name = "Rent"; format = "number"\n\n'
            'name = "Guarantor"; required_if = [{ field = "Rent", min = 2000 }]'
        )
    )

    assert partner.post(Owner="Yes")[0] == "No_Error"
    assert partner.post() == ("No_Error", "")
    assert partner.post(Owner="No") == ("Data_Errors", "Landlord is missing: it is required if Owner is No")
    assert partner.post(Owner="No", Landlord="x")[0] == "No_Error"
    assert partner.post(Rent=1999, Landlord="x")[0] == "No_Error"
    assert partner.post(Rent=2000, Landlord="x")[1] == "Guarantor is missing: it is required if Rent is at least 2000"
    assert partner.ping(Owner="No")["willAccept"] is True
    assert partner.ping(Rent="1")["response"].endswith("Landlord is missing: it is required if Rent is given")


@pytest.mark.parametrize(
    ("criterion", "taken", "outside"),
    [
        ('{ field = "F", one_of = ["NY", "HI"], exclude = true }', ["TX", ""], ["NY", "HI"]),
        ('{ field = "F", pattern = "9.*", exclude = true }', ["1", ""], ["90"]),
        ('{ field = "F", min = 5, max = 6, exclude = true }', ["4", "7"], ["5", "6"]),
        ('{ field = "F", min_age = 18 }', ["2008-07-15"], ["2008-07-16", ""]),
        ('{ field = "F", max_age = 17, exclude = true }', ["2008-07-15", ""], ["2008-07-16"]),
    ],
)
def test_criteria_may_exclude_and_ask_for_ages(criterion: str, taken: list[str], outside: list[str]) -> None:
    kind = "date" if "age" in criterion else "text"
    partner = Partner(profile_with(f'name = "F"; format = "{kind}"', f"criteria = [{criterion}]"))

    assert [partner.post(F=value)[0] for value in taken] == ["No_Error"] * len(taken)
    assert [partner.post(F=value)[0] for value in outside] == ["Outside_Criteria"] * len(outside)


def test_of_several_values_one_may_meet_a_criterion_and_none_an_exclusion() -> None:
    rules = 'criteria = [{ field = "F", one_of = ["A"] }, { field = "F", one_of = ["X"], exclude = true }]'
    partner = Partner(profile_with('name = "F"; separator = ","', rules))

    assert [partner.post(F=value)[0] for value in ("A", "B,A", "B", "A,X")] == [
        "No_Error", "No_Error", "Outside_Criteria", "Outside_Criteria",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("day", "hour", "minute", "taken"),
    [
        (15, 12, 0, True), (15, 7, 59, False), (15, 8, 0, True), (15, 19, 59, True), (15, 20, 0, False),
        (18, 12, 0, False), (18, 22, 30, True), (19, 1, 59, True), (19, 2, 0, False), (19, 22, 30, False),
    ],
)  # fmt: skip
def test_leads_are_taken_at_the_hours_of_the_campaign_s_time_zone(
    day: int, hour: int, minute: int, taken: bool
) -> None:
    hours = """timezone = "America/New_York"
hours = [{ days = ["mon", "tue", "wed", "thu", "fri"], opens = "08:00", closes = "20:00" },
         { days = ["sat"], opens = "22:00", closes = "02:00" }]"""
    at = datetime(2026, 7, day, hour, minute, tzinfo=UTC).timestamp() + 4 * 3600
    partner = Partner(profile_with('name = "F"', hours), at)

    kind, detail = partner.post(F="x")
    asked = partner.ping(F="x")

    assert (kind, detail) == (("No_Error", "") if taken else ("Outside_Criteria", "no leads are taken at this hour"))
    assert asked["willAccept"] is taken


def test_the_fast_way_of_a_ping_knows_that_the_shop_has_closed() -> None:
    partner = Partner(profile_with('name = "F"', 'hours = [{ opens = "08:00", closes = "17:00" }]'))

    first = [partner.ping(F="x")["willAccept"] for _ in range(3)]
    partner.now += 3600

    assert (first, partner.ping(F="x")["willAccept"]) == ([True] * 3, False)


def test_an_order_is_a_promise_beyond_closing_time_and_caps() -> None:
    rules = 'caps = [{ most = 1 }]\nhours = [{ opens = "08:00", closes = "16:05" }]'
    partner = Partner(profile_with('name = "F"', rules))
    orders = [partner.ping(F="x")["orderId"] for _ in range(2)]
    partner.now += 600

    assert [partner.post(order=order, F="x")[0] for order in orders] == ["No_Error", "No_Error"]
    assert partner.post(F="x") == ("Outside_Criteria", "no leads are taken at this hour")


DAY = 86400.0


@pytest.mark.parametrize(
    ("caps", "steps"),
    [
        ("[{ most = 2 }]", [(0, 1), (0, 1), (0, 0), (DAY, 1)]),
        ('[{ most = 1, per = "hour" }]', [(0, 1), (3599, 0), (1, 1)]),
        ('[{ most = 1, per = "week" }]', [(0, 1), (4 * DAY, 0), (DAY, 1)]),
        ('[{ most = 1, per = "month" }]', [(0, 1), (16 * DAY, 0), (DAY, 1)]),
        ('[{ most = 1, days = ["wed"] }]', [(0, 1), (0, 0), (DAY, 1), (0, 1), (6 * DAY, 1), (0, 0)]),
        ('[{ most = 2 }, { most = 3, per = "month" }]', [(0, 1), (0, 1), (0, 0), (DAY, 1), (0, 0)]),
    ],
)
def test_caps_follow_the_calendar(caps: str, steps: list[tuple[float, int]]) -> None:
    partner = Partner(profile_with('name = "F"', f"caps = {caps}"))

    for number, (wait, taken) in enumerate(steps):
        partner.now += wait
        asked = partner.ping(F="x")["willAccept"]
        assert (asked, partner.post(F="x")[0]) == (bool(taken), "No_Error" if taken else "Post_Over_Max"), number


def test_a_cap_begins_anew_at_midnight_of_its_time_zone() -> None:
    rules = 'caps = [{ most = 1 }]\ntimezone = "America/New_York"'
    partner = Partner(profile_with('name = "F"', rules), datetime(2026, 7, 15, 3, 59, tzinfo=UTC).timestamp())

    first = partner.post(F="x")[0], partner.post(F="x")[0]
    partner.now += 60

    assert (first, partner.post(F="x")[0]) == (("No_Error", "Post_Over_Max"), "No_Error")


def test_the_consent_must_be_the_text_of_a_selected_offer() -> None:
    partner = Partner(profile_with('name = "Consent"; consent_of_offer = true; max_length = 500'))
    wrong = ("Data_Errors", "Consent must be the tcpaText of an offer that was selected")

    assert partner.post(offers=("o1",), Consent="I agree that Bluebird may call me.") == ("No_Error", "")
    assert partner.post(offers=("o1",), Consent="I agree.") == wrong
    assert partner.post(offers=("o1",)) == wrong
    assert partner.post(Consent="I agree.") == ("No_Error", "")


def test_a_trigger_decides_what_becomes_of_a_test_lead() -> None:
    kind = """[[lead_types.test_triggers]]
field = "Last"
value = "TestAccept"
[[lead_types.test_triggers]]
field = "Last"
value = "TestDup"
response_type = "Duplicate_Lead"
"""
    rules = 'caps = [{ most = 0 }]\ncriteria = [{ field = "State", one_of = ["TX"] }]'
    partner = Partner(profile_with('name = "Last"\n\nname = "State"; required_in_post = true', rules, kind))

    assert partner.post(Last="TestAccept", State="AK") == ("No_Error", "")
    assert partner.post(Last="TestAccept")[0] == "Data_Errors"
    assert partner.post(Last="TestDup") == ("Duplicate_Lead", "the lead is a test")
    assert partner.post(Last="Marsh", State="AK")[0] == "Outside_Criteria"
    assert partner.post(Last="Marsh", State="TX")[0] == "Post_Over_Max"
    assert [partner.ping(Last="TestAccept", State="AK")["willAccept"] for _ in range(2)] == [True, True]
    assert partner.ping(Last="TestDup")["willAccept"] is False


def test_names_may_have_blanks_and_brackets() -> None:
    partner = Partner(profile_with('name = "Vehicles[0].Model Year"; format = "integer"; required_in_post = true'))

    assert partner.post(**{"Vehicles[0].Model Year": 2015})[0] == "No_Error"
    assert partner.post(**{"Vehicles[0].Model Year": "x"})[1] == "Vehicles[0].Model Year must be a whole number"
