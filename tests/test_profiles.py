"""`leadproof profile`: import, check and show, from the files of a partner to what is printed."""

from __future__ import annotations

import json
import shutil
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from leadproof.cli import main
from leadproof.commands import profiles
from leadproof.contract import profile
from leadproof.contract.profile import Cap, Hours, Profile, load, parse
from leadproof.contract.profile.posting import Ids
from leadproof.contract.profile.writing import write
from leadproof.core import installation, resources
from leadproof.core.errors import ExitCode, InputError

DATA = Path(__file__).parent / "data" / "posting"
DEFAULT = resources.path("specs", "profiles", "default.toml").read_text("utf-8")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for file in DATA.iterdir():
        shutil.copy(file, tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def changed(old: str, new: str) -> Profile:
    assert old in DEFAULT
    return parse(DEFAULT.replace(old, new, 1))


# ---- import ----------------------------------------------------------------------------------------------------------


def test_import_says_line_by_line_what_was_made_of_a_document(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "small.csv").write_text(
        "Daily cap: 5,,,\nNew partners only,,,\nField,Type,Required in Ping,Required in Post\n"
        "State,State,Y,Y\nEmail,Text,N,Y\nAge,Age in years,N,sometimes\n"
    )

    code = main(["profile", "import", "small.csv", "--vid", "1", "--lid", "2", "--aid", "3", "--into", "own.toml"])

    assert (code, capsys.readouterr().out) == (
        0,
        """\
understood  small.csv:1  Daily cap: 5: at most 5 accepted leads a day
not read    small.csv:2  New partners only: says nothing that a profile holds
understood  small.csv:4  State: state; required in ping and post
understood  small.csv:5  Email: email; required in post; personal
guessed     small.csv:5  Email: the format email, by its name
guessed     small.csv:5  Email: personal, by its name
not read    small.csv:6  Age: the format 'Age in years' is not known: kept in the description
not read    small.csv:6  Age: conditional, and no condition is stated: add it as required_if
understood  small.csv:6  Age: text; optional
guessed     the profile  campaigns: the document names no price: 1.0
guessed     the profile  campaigns: no duplicate keys: add duplicate_keys if leads are refused as duplicates
guessed     the profile  clients: a client is made up, so that the mock can say where leads and calls go
wrote own.toml: 3 fields; 4 understood, 5 guessed, 3 not read
next: leadproof profile check own.toml
""",
    )
    text = (folder / "own.toml").read_text("utf-8")
    assert "# not read: conditional, and no condition is stated: add it as required_if\n" in text
    assert load(folder / "own.toml").campaigns[0].caps[0].most == 5
    assert tomllib.loads(text)["sources"][0]["vid"] == 1


def test_import_joins_files_and_keeps_what_is_there(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["profile", "import", "mortgage-ping.csv", "mortgage-post.csv", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    again = main(["profile", "import", "mortgage-ping.csv"])

    assert report["file"] == "posting-profile.toml"
    assert report["counts"] == {
        kind: sum(note["kind"] == kind for note in report["notes"]) for kind in ("understood", "guessed", "not read")
    }
    assert len(report["fields"]) == 17
    assert again == ExitCode.USAGE
    assert "--force overwrites" in capsys.readouterr().err
    assert main(["profile", "import", "mortgage-ping.csv", "--force"]) == 0
    assert len(load("posting-profile.toml").lead_types[0].fields) == 6


@pytest.mark.parametrize(
    ("arguments", "message", "hint"),
    [
        (["nowhere.csv"], "nowhere.csv: cannot be opened: No such file or directory", "check the spelling of the path"),
        (["."], ".: is a folder", "name the posting document itself"),
        (["notes.csv"], "notes.csv: no table of fields", "see leadproof profile import --help"),
        ([], "Missing argument 'FILE...'", "see leadproof profile import --help"),
        (["solar-one-sheet.csv", "--into", "."], "nothing was written", "--into names another file"),
    ],
)
def test_what_cannot_be_imported_is_one_message_with_a_hint(
    arguments: list[str], message: str, hint: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "notes.csv").write_text("Dear partner,\nplease call us.\n")

    code = main(["profile", "import", *arguments])

    printed = capsys.readouterr()
    assert (code, printed.out) == (ExitCode.USAGE, "")
    assert message in printed.err
    assert hint in printed.err
    assert "Traceback" not in printed.err
    assert not (folder / "posting-profile.toml").exists()


def test_a_missing_library_is_named_with_what_installs_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(installation.EXTRAS, "tables", {"no_such_module": "openpyxl>=3.1"})

    code = main(["profile", "import", "auto-two-sheets.xlsx"])

    assert code == ExitCode.USAGE
    assert capsys.readouterr().err == (
        "leadproof: error: auto-two-sheets.xlsx: XLSX files need openpyxl\n  hint: pip install 'openpyxl>=3.1'\n"
    )


def test_a_file_that_is_too_large_is_no_posting_document(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(profiles, "_MOST_BYTES", 10)
    (tmp_path / "x.csv").write_text("Field,Type\nA,text\n")

    with pytest.raises(InputError, match="is larger than 10 bytes"):
        profiles.import_files([tmp_path / "x.csv"], Ids())


# ---- check -----------------------------------------------------------------------------------------------------------


def test_nothing_about_the_default_profile_is_suspicious_but_its_caps() -> None:
    found = profiles.suspicions(load())

    assert [line for line in found if "duplicate_keys" not in line] == []


#: Text of the default profile, its replacement -> the suspicion.
SUSPICIOUS = {
    "a name for JSON only": ('name = "City"', 'name = "City (US)"', "City (US): its name has no form in XML"),
    "two names alike": ('name = "City"', 'name = "last_name"', "last_name: is called like LastName"),
    "a personal ping": (
        'name = "Email"\nformat = "email"', 'name = "Email"\nformat = "email"\nrequired_in_ping = true',
        "Email: personal, and required in a ping",
    ),
    "a condition that never holds": (
        'name = "City"', 'name = "City"\nrequired_if = [{ field = "State", one_of = ["Texas"] }]',
        "City: required if State is Texas, which that field does not take",
    ),
    "a condition that changes nothing": (
        'name = "City"', 'name = "City"\nrequired_if = [{ field = "State" }]', "City: required in every post",
    ),
    "a cap of nothing": ("cap = 2\n", "cap = 0\n", "aid 3004: its cap is 0"),
    "a criterion that no value meets": (
        '"State", one_of = ["TX", "FL", "CA", "NY", "GA"', '"State", one_of = ["Texas"', "a criterion names Texas",
    ),
    "a key that looks real": ('"mock-api-key-not-a-secret"', '"7f3a9c0d1b2e4f56"', "a key that looks real"),
}  # fmt: skip


@pytest.mark.parametrize("name", SUSPICIOUS)
def test_what_is_suspicious_is_named(name: str) -> None:
    old, new, expected = SUSPICIOUS[name]

    found = profiles.suspicions(changed(old, new))

    assert [line for line in found if expected in line], found


def test_a_campaign_for_which_no_lead_can_be_made_is_named() -> None:
    tag = 'name = "Tag"\npattern = "[0-9]{3}-[A-Z]"\nrequired_in_post = true\n\n[[lead_types.fields]]\n'
    text = DEFAULT.replace('name = "VehicleMake"', f'{tag}name = "VehicleMake"', 1)

    found = profiles.suspicions(parse(text))

    assert any(
        line.startswith("aid 3001: no lead can be made: ") and "add examples to the field Tag" in line for line in found
    )


def test_check_prints_what_there_is_and_what_is_suspicious(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "own.toml").write_text(DEFAULT.replace('name = "City"', 'name = "City (US)"', 1), "utf-8")

    code = main(["profile", "check", "own.toml"])

    lines = capsys.readouterr().out.splitlines()
    assert code == 0
    assert lines[0] == "valid: 4 sources, 2 lead types, 31 fields, 6 campaigns, 3 offers"
    assert (
        "suspicious  lid 2001, City (US): its name has no form in XML: leads with it can be sent in JSON only" in lines
    )
    assert lines[-1].endswith("suspicious places")

    assert main(["profile", "check", "own.toml", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["valid"], len(report["suspicious"])) == (True, len(lines) - 2)


def test_check_names_every_mistake_with_line_and_key(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "own.toml").write_text(DEFAULT.replace('format = "email"', 'format = "mail"', 1), "utf-8")

    assert main(["profile", "check", "own.toml"]) == ExitCode.USAGE

    line = DEFAULT[: DEFAULT.index('format = "email"')].count("\n") + 1
    assert f"own.toml:{line}: lead_types[0].fields[2].format" in capsys.readouterr().err


# ---- a run with an imported profile ----------------------------------------------------------------------------------


def test_the_suite_runs_with_names_for_json_only_and_a_campaign_that_is_closed_and_capped(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = load(folder / "solar.toml")
    closed = replace(found.campaigns[0], hours=(Hours(opens="00:00", closes="00:01"),), caps=(Cap(1),))
    (folder / "own.toml").write_text(write(replace(found, campaigns=(closed,))), "utf-8")

    code = main(["test", "--profile", "own.toml", "--topic", "operations", "--operation", "create_lead"])

    printed = capsys.readouterr().out
    assert code == 0, printed
    assert printed.startswith("PASSED")
    [run] = (folder / "reports" / "out").iterdir()
    clauses = {row["id"]: row for row in json.loads((run / "report.json").read_text("utf-8"))["clauses"]}
    reasons = [row["reason"] for row in clauses.values() if "First Name" in row["reason"]]
    assert reasons
    assert set(reasons) == {
        "a field of the profile cannot be sent: XML cannot carry a member called 'First Name': it is no XML name"
    }


# ---- show ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("view", ["text", "markdown", "html"])
def test_a_profile_is_shown_as_tables(view: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["profile", "show", "solar.toml", "--format", view]) == 0

    printed = capsys.readouterr().out
    assert printed == (folder / f"solar.shown.{view}.txt").read_text("utf-8")
    assert "api-key" not in printed


def test_what_is_shown_is_escaped(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hostile = changed('name = "Auto insurance"', 'name = "<script>alert(1)</script> | `x`"')
    (tmp_path / "x.toml").write_text(write(hostile), "utf-8")

    for view in ("html", "markdown"):
        assert main(["profile", "show", str(tmp_path / "x.toml"), "--format", view]) == 0
        assert "<script>" not in capsys.readouterr().out


def test_the_profiles_of_the_posting_documents_are_valid() -> None:
    names = list(DATA.glob("*.toml"))

    assert len(names) == 5
    assert {profile.load(path).name for path in names} >= {"solar-one-sheet.csv", "Peak Roofing Example"}


if __name__ == "__main__":
    from leadproof.contract.profile import sheets

    for form, render in sheets.VIEWS.items():
        (DATA / f"solar.shown.{form}.txt").write_text(render(load(DATA / "solar.toml")), "utf-8")
