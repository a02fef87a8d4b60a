"""Where leadproof came from, and what is to be installed for what is missing: a hint names what can be had."""

from __future__ import annotations

import json
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

import leadproof
from leadproof.core import installation
from leadproof.core.errors import MissingExtraError

ROOT = Path(__file__).resolve().parent.parent


def test_the_extras_are_those_of_the_project() -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]

    assert {name: list(rows.values()) for name, rows in installation.EXTRAS.items()} == {
        name: rows for name, rows in declared.items() if name != "dev"
    }


def test_what_is_missing_is_named_by_packages_that_an_index_has(monkeypatch: pytest.MonkeyPatch) -> None:
    assert installation.missing("load") == []
    monkeypatch.setitem(installation.EXTRAS, "load", {"no_such_module": "locust>=2.47,<3"})

    with pytest.raises(MissingExtraError, match="load tests need locust") as caught:
        installation.require("load", "load tests need locust")

    assert caught.value.hint == "pip install 'locust>=2.47,<3'"


@pytest.mark.parametrize(
    ("origin", "expected"),
    [
        (None, f"leadproof=={leadproof.__version__}"),
        ("no json", f"leadproof=={leadproof.__version__}"),
        (json.dumps({"url": "file:///wheels/x.whl", "archive_info": {}}), "leadproof @ file:///wheels/x.whl"),
        (json.dumps({"url": "file:///checkout", "dir_info": {"editable": True}}), "leadproof @ file:///checkout"),
        (
            json.dumps({"url": "https://git.example/x", "vcs_info": {"vcs": "git", "commit_id": "abc"}}),
            "leadproof @ git+https://git.example/x@abc",
        ),
    ],
)
def test_leadproof_is_installed_again_from_where_it_came(
    origin: str | None, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Installed:
        @staticmethod
        def read_text(name: str) -> str | None:
            assert name == "direct_url.json"
            return origin

    monkeypatch.setattr(metadata, "distribution", lambda name: Installed)

    assert installation.requirement() == expected
    assert installation.only_here(expected) == ("file://" in expected)


def test_a_checkout_that_was_never_installed_is_its_own_source(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(name: str) -> None:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "distribution", unknown)

    assert installation.requirement() == f"leadproof @ {ROOT.as_uri()}"
