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
from importlib.metadata import distributions
from pathlib import Path
from runpy import run_path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

import leadproof
from leadproof.core import resources

ROOT = Path(__file__).resolve().parent.parent
hatch_build = run_path(str(ROOT / "hatch_build.py"))
FOLDER = hatch_build["FOLDER"]
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
    made = {f"{FOLDER}/{name}" for name, _ in hatch_build["files"](ROOT)}

    assert actual == expected | made
    assert len(made) > 8


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


#: Ends where anything is parsed, compiled or kept: the specification and the templates come with the wheel.
UNPARSED = """
import sys
from leadproof.core import cache
sys.modules["yaml"] = None  # importing it is an error
cache.save = lambda *_: sys.exit("something was made anew")
from leadproof.contract import documents, profile, specs
from leadproof.runs.formats import templates
assert documents.whole("openapi.yaml")["components"]["examples"]
assert specs.clauses() and specs.readings() and documents.contract()["paths"] and documents.places()
assert profile.load().campaigns
import jinja2
jinja2.Environment.compile = lambda *_, **__: sys.exit("a template was compiled")
for path in sorted(templates.resources.path("reports/templates").glob("*.j2")):
    module = templates.template(path.name).root_render_func.__module__
    assert module.startswith("leadproof.compiled.template_"), module
print("as it came")
"""


def run_installed(installed: Path, program: str, folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Runs a program with an unpacked wheel, and with a home in which nothing can be kept."""
    (folder / "file").touch()
    environ = os.environ | {"PYTHONPATH": str(installed), "XDG_CACHE_HOME": str(folder / "file")}
    return subprocess.run(
        (sys.executable, *options, "-c", program), cwd=folder, env=environ, capture_output=True, text=True
    )


def test_an_installed_wheel_parses_and_compiles_nothing(installed: Path, tmp_path: Path) -> None:
    done = run_installed(installed, UNPARSED, tmp_path)

    assert (done.returncode, done.stdout) == (0, "as it came\n"), done.stderr


@pytest.mark.parametrize(
    "file", ["specs/clauses.yaml", "specs/profiles/default.toml", "reports_templates/report.html.j2"]
)
def test_what_came_with_the_wheel_is_not_taken_for_another_text(file: str, installed: Path, tmp_path: Path) -> None:
    copy = tmp_path / "changed"
    shutil.copytree(installed, copy)
    path = copy / "leadproof" / file
    path.write_text(path.read_text("utf-8") + ("{# new #}" if file.endswith("j2") else "\n# new\n"), "utf-8")

    done = run_installed(copy, UNPARSED, tmp_path)

    assert (done.returncode, done.stdout) == (1, "")
    assert re.search("made anew|was compiled|import of yaml halted", done.stderr), done.stderr


def test_an_installed_wheel_says_what_the_checkout_says(installed: Path, tmp_path: Path) -> None:
    program = "import sys; from leadproof.cli import main; sys.exit(main(sys.argv[1:]))"
    sample = str(ROOT / "tests" / "data" / "har" / "good" / "plain.har")
    said = []
    for package in (installed, ROOT / "src"):
        environ = os.environ | {"PYTHONPATH": str(package), "XDG_CACHE_HOME": str(tmp_path / "cache")}
        for words in (["explain", "clauses"], ["validate", "--no-run", sample]):
            done = subprocess.run(
                (sys.executable, "-c", program, *words), cwd=tmp_path, env=environ, capture_output=True, text=True
            )
            said.append((done.returncode, done.stdout, done.stderr))

    assert said[:2] == said[2:]
    assert [code for code, *_ in said] == [0] * 4


# ---- the build hook --------------------------------------------------------------------------------------------------

#: Loads of other people's packages what the build has, and nothing else.
BUILDING = """
import importlib.abc, runpy, sys, hashlib
own = set(sys.stdlib_module_names) | {"leadproof", "hatchling", "pathspec", "packaging", "pluggy", "trove_classifiers",
    "jinja2", "markupsafe", "yaml", "_yaml"}
class Others(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name.partition(".")[0] not in own: raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Others())
files = runpy.run_path(sys.argv[1] + "/hatch_build.py")["files"](__import__("pathlib").Path(sys.argv[1]))
print(hashlib.sha256(repr(files).encode()).hexdigest())
"""


def test_the_build_needs_what_it_asks_for_and_makes_the_same_every_time(tmp_path: Path) -> None:
    assert {Requirement(one).name for one in PYPROJECT["build-system"]["requires"]} == {"hatchling", "jinja2", "pyyaml"}
    made = []
    for seed in ("0", "1"):
        done = subprocess.run(
            (sys.executable, "-c", BUILDING, str(ROOT)), cwd=tmp_path, capture_output=True, text=True,
            env=os.environ | {"PYTHONHASHSEED": seed, "XDG_CACHE_HOME": str(tmp_path)},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        made.append(done.stdout)

    assert made[0] == made[1]


def test_the_wheel_is_for_every_python(wheel: Path) -> None:
    assert wheel.name == f"leadproof-{leadproof.__version__}-py3-none-any.whl"
    with zipfile.ZipFile(wheel) as archive:
        made = {Path(name).suffix for name in archive.namelist() if name.startswith(f"{FOLDER}/")}
    assert made == {".py", ".json"}


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


def test_what_is_pinned_runs_on_every_python_that_the_project_promises() -> None:
    """A machine may have the first release of that Python: Debian 12 has 3.11.2."""
    oldest = PYPROJECT["project"]["requires-python"].removeprefix(">=")
    pinned = [one for one in distributions() if PINS.get(canonicalize_name(one.name)) == one.version]
    asked = {one.name: SpecifierSet(one.metadata["Requires-Python"] or "") for one in pinned}

    assert len(asked) > len(PINS) / 2  # the others are not for this system
    assert [name for name, python in asked.items() if not python.contains(f"{oldest}.0")] == []


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
