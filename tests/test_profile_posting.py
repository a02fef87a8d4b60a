"""Posting documents: five in the shapes met in the trade, from file to accepted lead; then cell by cell."""

from __future__ import annotations

import importlib.util
import json
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadproof import bodies
from leadproof.commands import profiles
from leadproof.contract import profile
from leadproof.contract.profile import Cap, Condition, Criterion, Field, Hours, Profile, sheets
from leadproof.contract.profile.breaches import passes
from leadproof.contract.profile.posting import Ids, Imported, cells, choices, forms, headings, import_documents, members
from leadproof.contract.profile.writing import write
from leadproof.core.errors import EncodeError, InputError
from leadproof.generate.leads import LeadMaker
from leadproof.mock import Mock
from leadproof.mock.server import Running, running

DATA = Path(__file__).parent / "data" / "posting"

#: Ping and post in one sheet; in two files; with merged cells; as JSON; in two sheets of a workbook.
DOCUMENTS = {
    "solar": ("solar-one-sheet.csv",),
    "mortgage": ("mortgage-ping.csv", "mortgage-post.csv"),
    "medicare": ("medicare-merged.html",),
    "roofing": ("roofing-fields.json",),
    "auto": ("auto-two-sheets.xlsx",),
}

#: Wednesday, 2026-07-15, 17:00 UTC: an hour at which all of them take leads.
OPEN = 1_784_134_800.0

needs_openpyxl = pytest.mark.skipif(
    importlib.util.find_spec("openpyxl") is None, reason="openpyxl is not installed: it comes with the extra tables"
)
EACH = [pytest.param(name, marks=needs_openpyxl if name == "auto" else ()) for name in DOCUMENTS]


def imported(name: str) -> Imported:
    return profiles.import_files([DATA / file for file in DOCUMENTS[name]], Ids())


def fields_of(result: Imported) -> dict[str, Field]:
    return {one.name: one for one in result.profile.lead_types[0].fields}


def one(text: str, **more: Any) -> Imported:
    """The import of a CSV file."""
    return import_documents([("fields.csv", text.encode())], **more)


def said(result: Imported, kind: str, subject: str = "") -> list[str]:
    return [note.message for note in result.notes if note.kind == kind and (not subject or note.subject == subject)]


# ---- the five documents ----------------------------------------------------------------------------------------------


@pytest.fixture
def served(request: pytest.FixtureRequest) -> Iterator[tuple[Profile, Running]]:
    found = profile.parse(write(imported(request.param).profile))
    with running(Mock(found, clock=lambda: OPEN + time.monotonic() % 1)) as mock:
        yield found, mock


def send(found: Profile, mock: Running, path: str, value: dict[str, Any], fmt: str) -> dict[str, Any]:
    operation = "ping" if path.endswith("ping") else "inbound_post"
    response = httpx.post(
        f"{mock.url}{path}",
        content=bodies.encode_request(operation, fmt, value),
        headers={
            "content-type": f"application/{fmt}",
            "accept": "application/json",
            "api-key": found.credentials.api_keys[0],
        },
    )
    assert response.status_code == 200, response.text
    results: dict[str, Any] = response.json()["results"][0]
    return results


@pytest.mark.parametrize("served", EACH, indirect=True)
def test_a_lead_of_each_document_is_accepted_in_ping_and_post(served: tuple[Profile, Running]) -> None:
    found, mock = served
    maker = LeadMaker(found)

    for number in range(1, 21):
        for fmt in ("json", "xml"):
            try:
                ping, _ = maker.request("ping", (number,))
                bodies.encode_request("ping", fmt, ping)
                post, _ = maker.request("inbound_post", (number,))
                bodies.encode_request("inbound_post", fmt, post)
            except EncodeError:  # a name that XML has no form for
                assert fmt == "xml"
                continue
            asked = send(found, mock, "/v2/insert/ping", ping, fmt)
            assert asked["willAccept"], asked
            post["leads"][0]["properties"]["orderId"] = asked["orderId"]
            posted = send(found, mock, "/v2/insert/general", post, fmt)
            assert posted["isValid"], posted


@pytest.mark.parametrize("served", EACH, indirect=True)
def test_a_lead_that_breaks_its_document_is_refused(served: tuple[Profile, Running]) -> None:
    found, mock = served
    maker = LeadMaker(found)
    required = [field.name for field in maker.lead_type().fields if field.required_in_post]

    for number, name in enumerate(required):
        value, _ = maker.request("inbound_post", (number,))
        del value["leads"][0]["fields"][name]
        posted = send(found, mock, "/v2/insert/general", value, "json")
        assert (posted["responseType"], posted["isValid"]) == ("Data_Errors", False)
        assert f"{name} is missing" in posted["responseMessage"]


@pytest.mark.parametrize("name", EACH)
def test_each_document_is_imported_as_expected(name: str) -> None:
    result = imported(name)

    lines = [f"{note.kind}|{note.place}|{note.subject}|{note.message}" for note in result.notes]
    expected = DATA / f"{name}.notes.txt"
    assert "\n".join(lines) + "\n" == expected.read_text("utf-8")
    text = write(result.profile, result.comments, ["Imported."])
    assert text == (DATA / f"{name}.toml").read_text("utf-8")
    assert profile.parse(text) == result.profile


@pytest.mark.parametrize("name", EACH)
def test_every_line_of_a_document_is_spoken_of(name: str) -> None:
    result = imported(name)
    places = {note.place for note in result.notes}

    if name in ("solar", "mortgage"):
        for file in DOCUMENTS[name]:
            lines = (DATA / file).read_text("latin-1").splitlines()
            headings_ = {
                number for number, line in enumerate(lines, 1) if headings.roles(line.replace(";", ",").split(","))
            }
            rows = {f"{file}:{number}" for number in range(1, len(lines) + 1) if number not in headings_}
            assert rows - places == set()
    assert all(note.message and note.subject for note in result.notes)


@pytest.mark.parametrize("name", EACH)
def test_nothing_but_names_for_xml_and_duplicates_is_suspicious(name: str) -> None:
    found = profiles.suspicions(imported(name).profile)

    assert [line for line in found if "in XML" not in line and "duplicate_keys" not in line] == []


@pytest.mark.parametrize("name", EACH)
def test_what_is_shown_can_be_imported_again(name: str) -> None:
    found = imported(name).profile

    again = import_documents([("shown.html", sheets.as_html(found).encode())])

    known = {one.name: one for one in found.lead_types[0].fields}
    for field in again.profile.lead_types[0].fields:
        before = known[field.name]
        assert (field.format, field.mask, field.allowed, field.min, field.max, field.max_length) == (
            before.format, before.mask, before.allowed, before.min, before.max, before.max_length
        )  # fmt: skip
        assert (field.required_in_ping, field.required_in_post, field.constant, field.separator, field.personal) == (
            before.required_in_ping, before.required_in_post, before.constant, before.separator, before.personal
        )  # fmt: skip
        assert [(one.field, one.one_of) for one in field.required_if] == [
            (one.field, one.one_of) for one in before.required_if
        ]
    assert {one.name for one in again.profile.lead_types[0].fields} == set(known)


def test_what_the_documents_say_besides_their_fields_is_taken_in() -> None:
    solar, medicare, roofing = (imported(name).profile for name in ("solar", "medicare", "roofing"))

    assert (solar.sources[0].vid, solar.lead_types[0].lid, solar.campaigns[0].aid) == (1777, 2777, 3777)
    assert solar.campaigns[0].price == 42.5
    assert solar.campaigns[0].caps == (Cap(150, "day"),)
    assert solar.campaigns[0].hours == (
        Hours(("mon", "tue", "wed", "thu", "fri"), "08:00", "20:00"), Hours(("sat",), "09:00", "17:00"),
    )  # fmt: skip
    assert solar.campaigns[0].timezone == "America/New_York"
    assert solar.campaigns[0].criteria == (Criterion("State", one_of=("AZ", "CA", "CO", "FL", "NV", "TX")),)
    assert medicare.campaigns[0].criteria == (
        Criterion("state", one_of=("NY", "HI"), exclude=True), Criterion("dob", min_age=64, max_age=85),
    )  # fmt: skip
    assert roofing.campaigns[0].caps == (Cap(400, "week"),)
    assert (roofing.name, roofing.lead_types[0].lid) == ("Peak Roofing Example", 2999)


@needs_openpyxl
def test_two_sheets_are_one_lead_type() -> None:
    fields = fields_of(imported("auto"))

    assert (fields["State"].required_in_ping, fields["State"].required_in_post) == (True, True)
    assert (fields["FirstName"].required_in_ping, fields["FirstName"].required_in_post) == (False, True)
    assert fields["VehicleMake"].allowed == ("Ford", "Honda", "Hyundai", "Kia", "Subaru", "Tesla", "Toyota")
    assert fields["CurrentCarrier"].required_if == (Condition("CurrentlyInsured", one_of=("Yes",)),)
    assert fields["BirthDate"].mask == "MM/DD/YYYY"
    assert (fields["BirthDate"].min_age, fields["BirthDate"].max_age) == (16, 90)


# ---- tables ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("Field,Type,Required", ["name", "type", "required"]),
        ("Parameter Name,Data Type,Mandatory (Y/N)", ["name", "type", "required"]),
        ("Field,XML Tag,Req'd in Ping,Ping,Post", ["label", "name", "", "required_in_ping", "required_in_post"]),
        ("#,Name,Max Length,Valid Values,Notes", ["number", "name", "max_length", "values", "notes"]),
        ("Hello,World", []),
        ("Field,Something else", []),
    ],
)
def test_columns_are_known_by_their_headings(head: str, expected: list[str]) -> None:
    found = headings.roles(head.split(","))

    assert [found.get(number, "") for number in range(len(expected))] == expected
    assert bool(found) == bool(expected)


def test_no_heading_means_two_things() -> None:
    every = [heading for names in headings.SYNONYMS.values() for heading in names]

    assert sorted({heading for heading in every if every.count(heading) > 1}) == []
    assert [heading for heading in every if headings.plain(heading) != heading] == []


@pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_a_csv_file_may_be_of_any_kind(sign: str, encoding: str) -> None:
    lines = [["Field", "Required", "Description"], ["Größe", "Yes", "Größe, in Zoll; gerundet"]]
    text = "\r\n".join(sign.join(f'"{cell}"' for cell in line) for line in lines)

    result = import_documents([("x.csv", text.encode(encoding))])

    assert [(one.name, one.description) for one in result.profile.lead_types[0].fields] == [
        ("Größe", "Größe, in Zoll; gerundet")
    ]


def test_headings_may_be_two_rows_and_cells_may_be_merged() -> None:
    page = """<table><tr><th rowspan=2>Field<th colspan=2>Required<th rowspan=2>Type</tr><tr><th>Ping<th>Post</tr>
      <tr><td>A<td rowspan=2>Yes<td>No<td rowspan=3>Integer</tr><tr><td>B<td>Yes</tr>
      <tr><td>C<td colspan=2>Yes</table>"""

    fields = fields_of(import_documents([("x.html", page.encode())]))

    assert {one.name: (one.required_in_ping, one.required_in_post, one.format) for one in fields.values()} == {
        "A": (True, False, "integer"), "B": (True, True, "integer"), "C": (True, True, "integer"),
    }  # fmt: skip


def test_a_column_may_say_where_a_field_is_sent() -> None:
    result = one("Field,Used in,Required\nA,Ping,Yes\nB,Post,Yes\nC,Both,Yes\nD,Neither,Yes\n")

    assert {name: (one.required_in_ping, one.required_in_post) for name, one in fields_of(result).items()} == {
        "A": (True, False), "B": (False, True), "C": (True, True), "D": (False, True),
    }  # fmt: skip
    assert said(result, "not read", "D") == ["'neither' names neither ping nor post"]


def test_one_column_of_requirements_is_the_post_s_and_said_to_be_guessed() -> None:
    result = one("Field,Required\nA,Yes\n")

    assert (fields_of(result)["A"].required_in_ping, fields_of(result)["A"].required_in_post) == (False, True)
    assert said(result, "guessed", "required") == ["one column for ping and post: taken for the post"]


def test_a_list_of_fields_by_their_names_is_a_table() -> None:
    document = {"ping": {"State": {"type": "state", "required": True}, "Zip": {"type": "zip", "required": False}},
                "post": [{"name": "State", "required": "x"}, {"name": "Email", "required": "x"}]}  # fmt: skip

    fields = fields_of(import_documents([("x.json", json.dumps(document).encode())]))

    assert {name: (one.format, one.required_in_ping, one.required_in_post) for name, one in fields.items()} == {
        "State": ("state", True, True), "Zip": ("zip", False, False), "Email": ("email", False, True),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("x.csv", b"", "x.csv: is empty"),
        ("x.csv", b"Dear partner,\nplease call us.\n", "no table of fields"),
        ("x.csv", b"a\0b", "is no text"),
        ("x.csv", b"\xff\xfea", "begins like UTF-16"),
        ("x.json", b'{"fields": [', "is no JSON"),
        ("x.json", b"[" * 100_000, "is no JSON"),
        ("x.json", b"[1, 2]", "no table of fields"),
        ("x.html", b"<html></html>", "no table of fields"),
        ("x.pdf", b"%PDF-1.7", "is a PDF"),
        ("x.xls", b"\xd0\xcf\x11\xe0\xa1\xb1", "old format XLS"),
        ("x.csv", b"Field,Type\n" + b"x" * 30_000 + b",text\n", "a cell has more than"),
        ("x.html", b"<table>" + b"<tr><td colspan=999>x" * 300, "more than 200000 cells"),
        pytest.param("x.xlsx", b"PK\3\4nothing", "is no XLSX workbook", marks=needs_openpyxl),
    ],
    ids=lambda value: str(value)[:24],
)
def test_what_is_no_posting_document_is_named(name: str, data: bytes, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        import_documents([(name, data)])

    assert caught.value.message.startswith(name)
    assert "a table of fields as CSV, XLSX, HTML or JSON" in caught.value.hint


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.lists(st.text(max_size=12) | st.sampled_from(["Field", "Type", "Required", "Ping", "Post", "Yes", "A"]),
                      min_size=1, max_size=5), min_size=1, max_size=6),
    st.sampled_from(["csv", "html", "json"]),
)  # fmt: skip
def test_any_table_ends_in_a_profile_or_an_error(rows: list[list[str]], kind: str) -> None:
    if kind == "csv":
        text = "\n".join(",".join(f'"{cell}"' for cell in row) for row in rows)
    elif kind == "html":
        text = f"<table>{''.join('<tr>' + ''.join(f'<td>{cell}</td>' for cell in row) for row in rows)}</table>"
    else:
        text = json.dumps([dict(zip(rows[0], row, strict=False)) for row in rows])

    try:
        result = import_documents([(f"x.{kind}", text.encode("utf-8", "replace"))])
    except InputError:
        return
    assert profile.parse(write(result.profile, result.comments)) == result.profile


# ---- cells -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        *(
            (text, "yes")
            for text in ("Y", "yes", "X", "✓", "Required", "mandatory", "1", "TRUE", "Yes*", "Yes (always)")
        ),
        *((text, "no") for text in ("N", "no", "", "-", "–", "Optional", "n/a", "0", "Not required", "No, thanks")),
        *((text, "wished") for text in ("Recommended", "preferred")),
        *(
            (text, "conditional")
            for text in ("C", "Conditional", "If applicable", "Required if A = 1", "Yes, when B is x")
        ),
        *((text, "") for text in ("maybe", "7", "see below")),
    ],
)
def test_a_requirement_is_read_in_the_words_of_the_trade(text: str, expected: str) -> None:
    assert cells.requirement(text).kind == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Required if HomeOwner = Yes", cells.When("HomeOwner", ("Yes",))),
        ("required when Loan Type is Purchase or Refinance.", cells.When("Loan Type", ("Purchase", "Refinance"))),
        ("if State in (TX, FL)", cells.When("State", ("TX", "FL"))),
        ('Only if "Insured" equals "Yes"', cells.When("Insured", ("Yes",))),
        ("If CoBorrower is provided", cells.When("CoBorrower")),
        ("if Age >= 65", cells.When("Age", (), 65.0)),
        ("Vehicles[0].Year = 2020", cells.When("Vehicles[0].Year", ("2020",))),
        ("ask your account manager", None),
        ("when the moon is full", cells.When("the moon", ("full",))),
    ],
)
def test_a_condition_is_read(text: str, expected: cells.When | None) -> None:
    assert cells.condition(text) == expected


def test_a_condition_on_what_is_no_field_is_named_and_not_dropped() -> None:
    result = one("Field,Required in post,Condition\nA,conditional,if the moon is full\nB,conditional,\n")

    assert fields_of(result)["A"].required_if == ()
    assert said(result, "not read", "A") == [
        "the condition 'if the moon is full' names 'the moon', which is no other field: add it as required_if"
    ]
    assert said(result, "not read", "B") == ["conditional, and no condition is stated: add it as required_if"]
    assert any("no other field" in line for line in result.comments["A"])


@pytest.mark.parametrize(
    ("text", "name", "mask", "length"),
    [
        ("varchar(50)", "text", "", 50), ("String", "text", "", None), ("Alphanumeric, max 12", "text", "", 12),
        ("INT", "integer", "", None), ("Whole number", "integer", "", None), ("Decimal", "number", "", None),
        ("Y/N", "boolean", "", None), ("Date (MM/DD/YYYY)", "date", "MM/DD/YYYY", None),
        ("yyyy-mm-dd", "date", "YYYY-MM-DD", None),
        ("YYYY-MM-DD HH:MM:SS", "datetime", "YYYY-MM-DD HH:mm:ss", None),
        ("MM/DD/YYYY hh:mm AM", "datetime", "MM/DD/YYYY hh:mm AM", None),
        ("Timestamp", "datetime", "", None), ("E-mail address", "email", "", None),
        ("XXX-XXX-XXXX", "", "###-###-####", None),
        ("(999) 999-9999", "", "(###) ###-####", None), ("10 digits", "", "##########", None), ("ZIP", "zip", "", None),
        ("2 letter state", "state", "", None), ("TrustedForm certificate URL", "trustedform", "", None),
        ("LeadiD token", "jornaya", "", None), ("Dropdown", "text", "", None),
    ],
)  # fmt: skip
def test_a_format_is_read(text: str, name: str, mask: str, length: int | None) -> None:
    found = forms.form(text)

    assert (found.name, found.mask, found.max_length) == (name, mask, length)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A, B or C", choices.Values(("A", "B", "C"))),
        ("Yes/No", choices.Values(("Yes", "No"))),
        ("Good\nFair\nPoor", choices.Values(("Good", "Fair", "Poor"))),
        ("A|B|C", choices.Values(("A", "B", "C"))),
        ("'own'; 'rent'", choices.Values(("own", "rent"))),
        ("One of: own, rent", choices.Values(("own", "rent"))),
        ("18 - 75", choices.Values(min=18, max=75)),
        ("$25,000 to $3,000,000", choices.Values(min=25000, max=3000000)),
        ("1..4", choices.Values(min=1, max=4)),
        ("18+", choices.Values(min=18)),
        ("at least 2.5", choices.Values(min=2.5)),
        ("up to 99", choices.Values(max=99)),
        ("1 = Excellent, 2 = Good", choices.Values(("1", "2"), meaning="1 = Excellent; 2 = Good")),
        ("e.g. Ford, Tesla", choices.Values(examples=("Ford", "Tesla"))),
        ("Ford, Tesla, etc.", choices.Values(examples=("Ford", "Tesla"))),
        ("https://lists.example/makes", choices.Values(link="https://lists.example/makes")),
        ("See the Makes tab", choices.Values(link="Makes")),
        ("see 'States' sheet", choices.Values(link="States")),
        ("US states", choices.Values(states=True)),
        ("Two-letter state code", choices.Values(states=True)),
        ("any", choices.Values()),
        ("$0-$25,000; $25,001-$50,000", choices.Values(("$0-$25,000", "$25,001-$50,000"))),
        (
            "What the consumer has typed into the form.",
            choices.Values(prose="What the consumer has typed into the form."),
        ),
    ],
)
def test_values_are_read(text: str, expected: choices.Values) -> None:
    assert choices.values(text) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Daily cap: 100", [Cap(100, "day")]), ("Cap: 2,000 leads per month", [Cap(2000, "month")]),
        ("Cap: 50 per day weekends", [Cap(50, "day", ("sat", "sun"))]), ("Hourly cap: 5", [Cap(5, "hour")]),
        ("Cap: none", []),
    ],
)  # fmt: skip
def test_caps_are_read(line: str, expected: list[Cap]) -> None:
    terms = members.StatedTerms()

    assert bool(members.line(line, terms)) == bool(expected)
    assert terms.caps == expected


@pytest.mark.parametrize(
    ("text", "expected", "zone"),
    [
        ("Mon-Fri 8am-8pm EST", [Hours(("mon", "tue", "wed", "thu", "fri"), "08:00", "20:00")], "America/New_York"),
        ("weekdays 9-5pm PT; sat 10:30 am to 2 pm PT",
         [Hours(("mon", "tue", "wed", "thu", "fri"), "09:00", "17:00"), Hours(("sat",), "10:30", "14:00")],
         "America/Los_Angeles"),
        ("00:00-24:00", [Hours((), "00:00", "24:00")], ""),
        ("8pm-12am", [Hours((), "20:00", "24:00")], ""),
        ("whenever somebody is there", [], ""),
    ],
)  # fmt: skip
def test_hours_are_read(text: str, expected: list[Hours], zone: str) -> None:
    terms = members.StatedTerms()

    assert bool(members.line(f"Hours: {text}", terms)) == bool(expected)
    assert (terms.hours, terms.timezone) == (expected, zone)


def test_what_contradicts_itself_is_left_out_and_named() -> None:
    result = one(
        "Field,Type,Required,Max Length,Values,Example\nA,text,Yes,2,Own;Rent,Own\nB,integer,No,,9-3,4\n"
        "C,date,No,,,31.12.2026\n"
    )

    fields = fields_of(result)
    assert (fields["A"].max_length, fields["A"].allowed) == (255, ("Own", "Rent"))
    assert (fields["B"].min, fields["B"].max, fields["C"].examples) == (None, None, ())
    assert said(result, "not read") == [
        "its max length does not fit its values, 'Own' for one: left out",
        "the bounds 9 and 3 cross: left out",
        "the example '31.12.2026' must be a date, YYYY-MM-DD or MM/DD/YYYY: left out",
    ]


def test_ping_and_post_that_contradict_each_other_are_named() -> None:
    ping = ("ping.csv", b"Field,Required,Max Length\nZip,x,5\nA,x,\n")
    post = ("post.csv", b"Field,Required,Max Length\nZip,x,10\nB,x,\n")

    result = import_documents([ping, post])

    assert fields_of(result)["Zip"].max_length == 5
    assert "says another max length than ping.csv:2, which is kept" in said(result, "guessed", "Zip")
    assert list(fields_of(result)) == ["Zip", "A", "B"]


def test_ids_of_the_caller_win_and_credentials_are_never_written() -> None:
    text = "Field,Required,Value\nvid,Y,7\nApi-Key,Y,s3cret-canary-0123456789\nsendDelay,Y,0\nState,Y,\n"

    result = one(text, ids=Ids(vid=11, aid=33), name="Ours")

    found = result.profile
    assert (found.name, found.sources[0].vid, found.lead_types[0].lid, found.campaigns[0].aid) == ("Ours", 11, 2001, 33)
    assert list(fields_of(result)) == ["State"]
    everything = write(found, result.comments) + repr(result.notes)
    assert "canary" not in everything


if __name__ == "__main__":
    for document in DOCUMENTS:
        outcome = imported(document)
        notes = [f"{note.kind}|{note.place}|{note.subject}|{note.message}\n" for note in outcome.notes]
        (DATA / f"{document}.notes.txt").write_text("".join(notes), "utf-8")
        (DATA / f"{document}.toml").write_text(write(outcome.profile, outcome.comments, ["Imported."]), "utf-8")


@pytest.mark.parametrize("text", ["12/31/99999999999", "99999999999/1/1990", "9" * 5000, "1/1/" + "9" * 5000, "a/b/c"])
def test_a_day_that_no_calendar_has_meets_no_age(text: str) -> None:
    assert not passes(Criterion("dob", min_age=18), Field("dob", format="date"), text, date(2026, 11, 28))
