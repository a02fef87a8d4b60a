"""What is made when a wheel is built: the same as what is read without it, under the name that it is looked for by."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest
import yaml

from leadproof.contract import compiling, documents, profile
from leadproof.core import cache, resources
from leadproof.runs.formats import templates

MADE = dict(compiling.compiled())


@pytest.fixture
def brought(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of a wheel with all of it, and a home in which nothing is."""
    for name, data in MADE.items():
        (tmp_path / name).write_bytes(data)
    monkeypatch.setattr(resources, "COMPILED", tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    return tmp_path


@pytest.mark.parametrize("name", ["clauses.yaml", "situations.yaml", "readings.yaml", "openapi.yaml"])
def test_a_document_is_what_a_yaml_parser_says(name: str) -> None:
    text = documents.text_of(name)

    assert json.loads(MADE[documents.made_as(name, text)]) == yaml.safe_load(text)


def test_the_profile_is_what_its_toml_says_and_the_places_are_those_of_the_lines() -> None:
    text = resources.path("specs", "profiles", "default.toml").read_bytes()

    assert json.loads(MADE[cache.file_name("profile", text)]) == tomllib.loads(text.decode())
    file, line = documents.find_places()["LE2-PING-RES-05"]
    assert documents.text_of(file).decode().splitlines()[line - 1] == "  - id: LE2-PING-RES-05"


def test_what_was_brought_is_taken_and_nothing_kept(brought: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "read", lambda _: pytest.fail("it was parsed"))
    documents.whole.cache_clear()

    assert documents.whole("clauses.yaml")["clauses"]
    assert profile.load().campaigns
    assert not (brought / "home").exists()


def test_of_another_text_it_is_not_taken(brought: Path) -> None:
    text = documents.text_of("readings.yaml") + b"\nmore: 1\n"

    assert documents.parsed("readings.yaml", text)["more"] == 1
    assert [path.name.partition("-")[0] for path in (brought / "home" / "leadproof").iterdir()] == ["yaml"]


@pytest.mark.parametrize("broken", [b"", b"{"])
def test_a_file_that_is_damaged_is_as_none(broken: bytes, brought: Path) -> None:
    text = documents.text_of("readings.yaml")
    (brought / documents.made_as("readings.yaml", text)).write_bytes(broken)

    assert documents.parsed("readings.yaml", text) == yaml.safe_load(text)


def test_a_compiled_template_is_named_alike_in_every_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What one checkout keeps, others run: a traceback of theirs must not name a file of the first."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    for _ in range(2):  # compiled, then as it was kept
        templates._environment.cache_clear()
        made = templates.template("page/run.html.j2")

        assert made.filename == "page/run.html.j2"
        assert made.root_render_func.__code__.co_filename == "page/run.html.j2"
    templates._environment.cache_clear()
    (kept,) = tmp_path.rglob("*run.html.j2*")

    assert str(resources.path("reports/templates")).encode() not in kept.read_bytes()
