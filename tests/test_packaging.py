"""The wheel holds what the checkout holds, works without the checkout, and the lock file pins what it needs."""

from __future__ import annotations

import configparser
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from email.message import Message
from email.parser import Parser
from importlib import import_module
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import leadproof
from leadproof.core import resources

ROOT = Path(__file__).resolve().parent.parent
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))

#: Folder in the checkout -> folder in the wheel.
SHIPPED = {"src/leadproof": "leadproof"} | {folder: f"leadproof/{name}" for folder, name in resources.FOLDERS.items()}

#: Folders that later suites and scenarios fill. Any other folder that ships nothing is a slip of the pen.
MAY_BE_EMPTY = {"contracts", "loadtests"}


def files_of_the_checkout(folder: str) -> list[str]:
    """Files of the project below a folder, new ones included, ignored ones left out."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("only git knows which files belong to the project, and this is no git checkout")
    command = ("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", folder)
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.decode().split("\0")
    return [name for name in listed if name and (ROOT / name).is_file()]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built once by the build tool that is pinned, without a network."""
    folder = tmp_path_factory.mktemp("wheel")
    command = (sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder))
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def dist_info(wheel: Path, name: str) -> str:
    with zipfile.ZipFile(wheel) as archive:
        return archive.read(f"leadproof-{leadproof.__version__}.dist-info/{name}").decode()


@pytest.fixture(scope="module")
def metadata(wheel: Path) -> Message:
    return Parser().parsestr(dist_info(wheel, "METADATA"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with nothing but the wheel's contents in it."""
    folder = tmp_path_factory.mktemp("installed")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


# ---- contents --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("folder", SHIPPED)
def test_every_shipped_folder_has_files(folder: str) -> None:
    assert folder in MAY_BE_EMPTY or files_of_the_checkout(folder)


def test_the_wheel_holds_what_the_checkout_holds(names: set[str]) -> None:
    expected = {
        target + name.removeprefix(folder)
        for folder, target in SHIPPED.items()
        for name in files_of_the_checkout(folder)
    }
    actual = {name for name in names if not name.startswith(f"leadproof-{leadproof.__version__}.dist-info/")}

    assert actual == expected


def test_the_build_is_told_about_the_same_folders() -> None:
    wheel = PYPROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]

    assert wheel["sources"] == SHIPPED
    assert wheel["only-include"] == list(SHIPPED)


# ---- metadata --------------------------------------------------------------------------------------------------------


def test_metadata_say_what_it_is(metadata: Message) -> None:
    expected = ("leadproof", leadproof.__version__, "MIT", ">=3.11")
    actual = tuple(metadata[name] for name in ("Name", "Version", "License-Expression", "Requires-Python"))

    assert actual == expected


def test_license_and_readme_are_shipped(metadata: Message, names: set[str]) -> None:
    assert metadata["License-File"] == "LICENSE"
    assert f"leadproof-{leadproof.__version__}.dist-info/licenses/LICENSE" in names
    assert metadata.get_payload() == (ROOT / "README.md").read_text("utf-8")


def test_the_console_command_can_be_called(wheel: Path) -> None:
    parsed = configparser.ConfigParser()
    parsed.read_string(dist_info(wheel, "entry_points.txt"))

    commands = dict(parsed["console_scripts"])
    module, _, function = commands["leadproof"].partition(":")

    assert list(commands) == ["leadproof"]
    assert callable(getattr(import_module(module), function))


# ---- an installed wheel ----------------------------------------------------------------------------------------------

PROBE = """
import json, sys
from leadproof.contract import profile, specs
from leadproof.core import resources
print(json.dumps({
    "from": resources.__file__,
    "folders": {folder: str(resources.path(folder)) for folder in sys.argv[1:]},
    "clauses": len(specs.load().clauses),
    "profile": profile.load().name,
}))
"""


def test_an_installed_wheel_finds_its_data_without_the_checkout(installed: Path, tmp_path: Path) -> None:
    folders = {name: f"{target}" for name, target in SHIPPED.items() if name in resources.FOLDERS}
    there = [name for name, target in folders.items() if (installed / target).is_dir()]
    done = subprocess.run(
        (sys.executable, "-c", PROBE, *there),
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)

    assert Path(seen["from"]).is_relative_to(installed)
    assert seen["folders"] == {name: str(installed / folders[name]) for name in there}
    assert seen["clauses"] > 0
    assert seen["profile"] == "default"


def test_an_installed_wheel_runs_as_a_module(installed: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        (sys.executable, "-m", "leadproof", "--version"),
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
    )

    assert (done.returncode, done.stdout) == (0, f"leadproof {leadproof.__version__}\n"), done.stderr


@pytest.mark.parametrize("folder", resources.FOLDERS)
def test_a_checkout_finds_its_data(folder: str) -> None:
    if folder in MAY_BE_EMPTY and not (ROOT / folder).is_dir():
        pytest.skip("git keeps no empty folder")

    assert resources.path(folder) == ROOT / folder


def test_a_file_that_is_not_there_is_named() -> None:
    with pytest.raises(FileNotFoundError, match="specs/no-such-file is not part of this installation"):
        resources.path("specs", "no-such-file")


# ---- the lock file ---------------------------------------------------------------------------------------------------

LOCK = (ROOT / "requirements.lock").read_text("utf-8")

#: Package -> version, as pinned.
_PIN = r"([\w.-]+)(?:\[[\w,-]+\])?=="
PINS = {canonicalize_name(name): version for name, version in re.findall(rf"^{_PIN}([^\s;]+)", LOCK, re.MULTILINE)}


def test_every_pin_has_hashes() -> None:
    entries = re.split(rf"^(?={_PIN.replace('(', '(?:', 1)})", LOCK, flags=re.MULTILINE)[1:]

    without = [entry.split()[0] for entry in entries if not re.search(r"--hash=sha256:[0-9a-f]{64}\b", entry)]

    assert without == []
    assert len(entries) == len(PINS)


def test_the_lock_file_holds_pins_hashes_and_comments_only() -> None:
    """No option, no URL, no path: where packages come from is the business of the machine that installs them."""
    line = re.compile(r"\s*#.*|[\w.-]+(\[[\w,-]+\])?==\S+( ; [^\\]+)? \\|    --hash=sha256:[0-9a-f]{64}( \\)?|")

    other = [text for text in LOCK.splitlines() if not line.fullmatch(text)]

    assert other == []
    assert not re.search(r"://|file:|--index|--find", LOCK)


@pytest.mark.parametrize("group", ["", *PYPROJECT["project"]["optional-dependencies"]])
def test_the_lock_file_pins_what_the_project_asks_for(group: str) -> None:
    project = PYPROJECT["project"]
    asked = [
        Requirement(text) for text in (project["optional-dependencies"][group] if group else project["dependencies"])
    ]

    wrong = [
        str(one)
        for one in asked
        if not one.specifier.contains(PINS.get(canonicalize_name(one.name), "0"), prereleases=True)
    ]

    assert wrong == [], "run make lock"
    assert all(canonicalize_name(one.name) in PINS for one in asked)
