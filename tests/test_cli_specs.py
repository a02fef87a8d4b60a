"""`leadproof specs export`: everything in specs/ comes out as it is, and nothing that is there is lost."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import jsonschema
import pytest
import yaml
from lxml import etree

from leadproof.cli import main
from leadproof.commands import postman
from leadproof.core import resources

SPECS = resources.path("specs")
SHIPPED = sorted(path.relative_to(SPECS).as_posix() for path in SPECS.rglob("*") if path.is_file())


def test_the_files_come_out_as_they_are(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "new" / "contract"

    assert main(["specs", "export", str(folder)]) == 0

    written = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    assert written == SHIPPED
    assert [name for name in SHIPPED if (folder / name).read_bytes() != (SPECS / name).read_bytes()] == []
    assert sorted(capsys.readouterr().out.splitlines()) == sorted(f"wrote  {folder / name}" for name in SHIPPED)


def test_they_stand_on_their_own(tmp_path: Path) -> None:
    assert main(["specs", "export", str(tmp_path)]) == 0

    assert yaml.safe_load((tmp_path / "openapi.yaml").read_text("utf-8"))["openapi"] == "3.1.0"
    for path in (tmp_path / "xsd" / "responses").iterdir():
        etree.XMLSchema(etree.parse(path))  # its includes are there, too


def test_what_is_there_is_kept_unless_it_is_forced(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mine = tmp_path / "clauses.yaml"
    mine.write_text("mine")

    assert main(["specs", "export", str(tmp_path)]) == 2
    assert capsys.readouterr().err == (
        f"leadproof: error: nothing was written, for what there is in {tmp_path}: clauses.yaml\n"
        "  hint: --force overwrites\n"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["clauses.yaml"]
    assert mine.read_text() == "mine"

    assert main(["specs", "export", str(tmp_path), "--force"]) == 0
    assert mine.read_bytes() == (SPECS / "clauses.yaml").read_bytes()


def test_the_collection_comes_beside_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["specs", "export", str(tmp_path), "--postman", "--json"]) == 0

    told = json.loads(capsys.readouterr().out)
    assert (told["folder"], sorted(told["files"])) == (str(tmp_path), sorted([*SHIPPED, postman.FILE]))
    assert json.loads((tmp_path / postman.FILE).read_text("utf-8"))["info"]["schema"] == postman.SCHEMA


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").touch()

    assert main(["specs", "export", str(tmp_path / "file")]) == 2

    assert "cannot be written: " in capsys.readouterr().err


# ---- the schema of posting profiles, for editors and other tools -----------------------------------------------------

#: A slip in a profile -> does the schema see it? What only the whole profile shows is leadproof's to find.
SLIPS = {
    ("order_lifetime = 900", "order_lifetme = 900"): True,
    ("vid = 1001", 'vid = "1001"'): True,
    ('name = "default"', "name = 1"): True,
    ("order_lifetime = 900", "order_lifetime = 0"): True,
    ('offers = ["a001", "a002"]', 'offers = ["a001", "a999"]'): False,
    ('"2125550101"', '"12"'): False,
}


@pytest.mark.parametrize(("slip", "seen"), SLIPS.items(), ids=[new for _, new in SLIPS])
def test_the_schema_sees_a_slip(slip: tuple[str, str], seen: bool, tmp_path: Path) -> None:
    assert main(["specs", "export", str(tmp_path)]) == 0
    schema = json.loads((tmp_path / "profiles" / "profile.schema.json").read_text("utf-8"))
    text = (tmp_path / "profiles" / "default.toml").read_text("utf-8")
    validator = jsonschema.Draft202012Validator(schema)
    assert schema["$schema"] == validator.META_SCHEMA["$id"]
    assert slip[0] in text

    assert validator.is_valid(tomllib.loads(text))
    assert validator.is_valid(tomllib.loads(text.replace(*slip))) is not seen


def test_every_shipped_profile_fits_the_schema() -> None:
    schema = json.loads((SPECS / "profiles" / "profile.schema.json").read_text("utf-8"))
    profiles = list((SPECS / "profiles").glob("*.toml"))

    assert profiles
    for path in profiles:
        jsonschema.validate(tomllib.loads(path.read_text("utf-8")), schema)
