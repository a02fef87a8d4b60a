"""README.md and the pages in docs/ say what the commands really print and what the specification really holds.

`python tests/test_readme.py` writes the generated parts anew.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path

import httpx
import pytest
from clients.judged.samples import SAMPLES, WORDS

from leadproof.cli import COMMANDS
from leadproof.cli.explain import EXAMPLES
from leadproof.commands.diff import KINDS
from leadproof.contract import specs
from leadproof.contract.profile import load
from leadproof.core.errors import MEANINGS
from leadproof.core.operations import OPERATIONS
from leadproof.mock import Mock
from leadproof.mock.server import running
from leadproof.pytest_plugin import OPTIONS
from leadproof.suite.client.situations import every

ROOT = Path(__file__).resolve().parent.parent

#: The files that pages tell readers to save.
EXAMPLES_OF_DOCS = ROOT / "docs" / "examples"

#: Every page that strangers read; path from the root -> file.
PAGES = {
    path.relative_to(ROOT).as_posix(): path for path in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
}

_BLOCK = re.compile(r"(<!-- (output|recording|table|file): (.+?) -->\n)(.*?)(<!-- end -->)", re.DOTALL)
_RECIPE = re.compile(r"<!-- recipe: (.+?) -->\n\n(.*?)\n\n<!-- end -->", re.DOTALL)

#: Numbers that depend a little on the machine's speed: how many examples shrinking and waiting take. What is written
#: stands as long as it is near enough to what is printed.
_VARYING = (
    re.compile(r"exchanges  (\d+), (\d+) judged \((\d+) with rejected credentials\)"),
    re.compile(r"status 401  ×(\d+)"),
    re.compile(r"load       (\d+) requests"),
)
NEAR = 0.05

#: What differs from run to run, and what the pages show instead.
_VOLATILE = (
    (re.compile(re.escape(f"{ROOT}/")), ""),
    # How fast this machine is, and how busy.
    (re.compile(r"(requests, 50/s for 4 s: max )[\d.]+ m?s( of)"), r"\g<1>16 ms\2"),
    (re.compile(r"http://127\.0\.0\.1:\d+"), "http://127.0.0.1:41873"),
    (re.compile(r"\S*?(\d{8}T\d{6}Z-[0-9a-f]{4})/report\.html"), "reports/out/20261123T090000Z-5c1e/report.html"),
)


def settled(printed: str, written: str) -> str:
    """What is printed, with the numbers that are written where they are near enough."""
    for pattern in _VARYING:
        new, old = pattern.search(printed), pattern.search(written)
        if new and old and all(near(int(a), int(b)) for a, b in zip(new.groups(), old.groups(), strict=True)):
            printed = printed.replace(new[0], old[0])
    return printed


def near(number: int, written: int) -> bool:
    """Is a number that is written still the truth?"""
    return abs(number - written) <= NEAR * written


@cache
def printed(arguments: tuple[str, ...]) -> str:
    """What a command prints on stdout, once for all pages that show it."""
    # In a process of its own, as a user has it: nothing that other tests left behind counts.
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(EXAMPLES_OF_DOCS, folder, dirs_exist_ok=True)
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"  # clients are started by their names
        done = subprocess.run(
            [sys.executable, "-m", "leadproof", *arguments], cwd=folder, capture_output=True, text=True, check=False,
            env={**os.environ, "PATH": path},
        )  # fmt: skip
    return done.stdout


def output(command: str, written: str) -> str:
    """What a command prints on stdout, the volatile parts made the same every time."""
    arguments = [str(ROOT / word) if word.startswith("tests/") else word for word in shlex.split(command)[1:]]
    text = settled(printed(tuple(arguments)), written)
    for pattern, shown in _VOLATILE:
        text = pattern.sub(shown, text)
    lines = "\n".join(f"    {line}".rstrip() for line in text.rstrip().splitlines())
    return f"\n    $ {command}\n{lines}\n\n"


_PING = b"""{"source": {"vid": 1001, "lid": 2001}, "leads": [{"properties": {}, "fields":
    {"State": "TX", "Zip": "75001", "VehicleYear": "2015", "CurrentlyInsured": "true"}}]}"""
_HEADERS = {"content-type": "application/json", "accept": "application/json", "api-key": load().credentials.api_keys[0]}


def recording(command: str, _: str) -> str:
    """What a recording in front of the mock prints on stdout, of one ping that comes through."""
    arguments = shlex.split(command)[1:]
    with running(Mock(load(), clock=time.time)) as mock, tempfile.TemporaryDirectory() as folder:
        arguments[arguments.index("--target") + 1] = mock.url
        line = [sys.executable, "-m", "leadproof", *arguments, "--port", "0"]
        process = subprocess.Popen(line, cwd=folder, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        said = "".join(process.stdout.readline() for _ in range(3))
        url = said.split()[4]
        httpx.post(f"{url}/v2/insert/ping", content=_PING, headers=_HEADERS, trust_env=False)
        text = said + process.communicate(timeout=120)[0]
    text = text.replace(url, "http://127.0.0.1:8081").replace(mock.url, "http://127.0.0.1:8080")
    text = re.sub(r"\d{8}T\d{6}Z-[0-9a-f]{4}", "20261123T090000Z-5c1e", text)
    lines = "\n".join(f"    {line}".rstrip() for line in text.rstrip().splitlines())
    return f"\n    $ {command}\n{lines}\n\n"


def operations() -> str:
    """Operations, where they are sent, in what, and how many clauses bind them."""
    rows = [
        "",
        "| operation | in | must, should, may | tested |",
        "| --- | --- | --- | --- |",
    ]
    for row in OPERATIONS.values():
        bound = [clause for clause in specs.clauses().values() if row.id in clause.operations]
        levels = ", ".join(str(sum(clause.level == level for clause in bound)) for level in ("must", "should", "may"))
        tested = sum(bool(clause.check) for clause in bound)
        formats = ", ".join(one.upper() for one in row.media)
        name = f"{row.heading}, `{row.id}`<br>`{row.method} {row.path}`"
        cells = (name, formats, levels, f"{tested} of {len(bound)}")
        rows.append(f"| {' | '.join(cells)} |")
    total = specs.clauses().values()
    levels = ", ".join(str(sum(clause.level == level for clause in total)) for level in ("must", "should", "may"))
    rows.append(f"| all | | {levels} | {sum(bool(clause.check) for clause in total)} of {len(total)} |")
    return "\n".join(rows) + "\n\n"


def readings() -> str:
    """The readings that can be chosen, with their choices."""
    rows = ["", "| reading | what it is about | taken | otherwise |", "| --- | --- | --- | --- |"]
    for one in specs.readings().values():
        if one.selectable:
            others = ", ".join(f"`{choice}`" for choice in one.choices if choice != one.taken)
            rows.append(f"| `{one.id}` | {one.title} | `{one.taken}` | {others} |")
    return "\n".join(rows) + "\n\n"


def commands() -> str:
    """The commands, in the words of `leadproof --help`."""
    rows = [f"| `leadproof {name}` | {words} |" for name, words in COMMANDS.items()]
    return "\n".join(["", "| command | does |", "| --- | --- |", *rows]) + "\n\n"


def exit_codes() -> str:
    """The exit codes, what they mean and how each comes about."""
    rows = [
        f"| {int(code)} | {words} | `{EXAMPLES[code].replace(', and ', '`, and `')}` |"
        for code, words in MEANINGS.items()
    ]
    text = "\n".join(["", "| exit code | meaning | such as |", "| --- | --- | --- |", *rows]) + "\n\n"
    return text.replace("`Ctrl-C`", "Ctrl-C")


def pytest_options() -> str:
    """The options of the pytest plugin."""
    rows = [f"| `--leadproof-{name}` | {words} |" for name, (_, _, words) in OPTIONS.items()]
    rows.append("| `--leadproof-reading ID=CHOICE` | take another reading; may be repeated. |")
    return "\n".join(["", "| option | means |", "| --- | --- |", *rows]) + "\n\n"


def changes() -> str:
    """The kinds of change, and what each does to clients."""
    rows = []
    for kind in KINDS.values():
        words = kind.words.replace("{old}", "A").replace("{new}", "B")
        rows.append(f"| `{kind.id}` | {words} | {kind.impact('request')} | {kind.impact('response')} |")
    head = ["", "| kind | what changed | in a request | in a response |", "| --- | --- | --- | --- |"]
    return "\n".join([*head, *rows]) + "\n\n"


def samples() -> str:
    """What the vendor's samples did in each situation in which one of them was wrong, and why."""
    judged = json.loads((ROOT / "tests" / "clients" / "judged" / "results.json").read_text("utf-8"))
    titles = {name: one.title for name, one in SAMPLES.items() if name in judged}
    rows, found = [], dict[str, None]()
    for situation in every().values():
        cells = [judged[name].get(situation.id, ["untested", ""]) for name in titles]
        found |= dict.fromkeys(words for state, words in cells if state == "failed")
        if any(state == "failed" for state, _ in cells):
            states = " | ".join(f"**{state}**" if state == "failed" else state for state, _ in cells)
            rows.append(f"| {situation.text.happens} `{situation.id}` | {states} |")
    head = ["", f"| situation | {' | '.join(titles.values())} |", f"| --- |{' --- |' * len(titles)}"]
    for state in ("passed", "failed", "untested"):
        numbers = (sum(one == state for one, _ in judged[name].values()) for name in titles)
        rows.append(f"| all situations, {state} | {' | '.join(map(str, numbers))} |")
    left = [f"{one.title} was not run: {one.missing}." for name, one in SAMPLES.items() if name not in judged]
    reasons = [f"**{words[0].upper()}{words[1:]}.** {WORDS[words]}" for words in found]
    return "\n\n".join(["\n".join([*head, *rows]), *left, *reasons]) + "\n\n"


TABLES: dict[str, Callable[[], str]] = {
    "operations": operations, "readings": readings, "commands": commands, "exit codes": exit_codes,
    "pytest options": pytest_options, "changes": changes, "samples": samples,
}  # fmt: skip


def table(name: str, _: str) -> str:
    """A table by its name."""
    return TABLES[name]()


def file(name: str, _: str) -> str:
    """A file of the repository, as it is."""
    language = {".py": "python", ".sh": "sh"}[Path(name).suffix]
    return f"\n```{language}\n{(ROOT / name).read_text('utf-8')}```\n\n"


#: Kind of a block -> what makes it, of its argument and of what is written now.
MAKERS: dict[str, Callable[[str, str], str]] = {
    "output": output, "recording": recording, "table": table, "file": file,
}  # fmt: skip


def rendered(text: str) -> str:
    """The text with every generated part made anew."""

    def fill(found: re.Match[str]) -> str:
        made = MAKERS[found[2]](found[3], found[4])
        return f"{found[1]}{made}{found[5]}"

    return _BLOCK.sub(fill, text)


def test_the_generated_parts_are_up_to_date() -> None:
    written = {name: path.read_text("utf-8") for name, path in PAGES.items()}

    assert {name: rendered(text) for name, text in written.items()} == written


@pytest.mark.parametrize(
    ("printed", "shown"),
    [
        (
            "exchanges  1643, 1621 judged (22 with rejected credentials)",
            "exchanges  1600, 1578 judged (22 with rejected credentials)",
        ),
        (
            "exchanges  1843, 1821 judged (22 with rejected credentials)",
            "exchanges  1843, 1821 judged (22 with rejected credentials)",
        ),
        (
            "exchanges  1600, 1558 judged (42 with rejected credentials)",
            "exchanges  1600, 1558 judged (42 with rejected credentials)",
        ),
    ],
)
def test_a_number_that_is_written_stands_only_near_the_truth(printed: str, shown: str) -> None:
    assert settled(printed, "exchanges  1600, 1578 judged (22 with rejected credentials)") == shown


#: Name -> the lines of every recipe in the pages.
RECIPES = dict(pair for path in PAGES.values() for pair in _RECIPE.findall(path.read_text("utf-8")))


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_works_as_written(name: str, tmp_path: Path) -> None:
    # Runs of the suite end after a few requests, and the port is a free one; nothing else is changed.
    few = 'case "$1" in certify) set -- "$@" --max-requests 30;; esac\n'
    program = tmp_path / "bin" / "leadproof"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\n{few}exec {shlex.quote(sys.executable)} -m leadproof "$@"\n')
    program.chmod(0o755)
    shutil.copytree(EXAMPLES_OF_DOCS, tmp_path / "here")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    lines = textwrap.dedent(RECIPES[name]).replace("8080", port)
    environ = {key: value for key, value in os.environ.items() if not key.startswith(("LEADPROOF_", "GITHUB_"))}
    environ["PATH"] = os.pathsep.join([str(program.parent), str(Path(sys.executable).parent), environ["PATH"]])

    done = subprocess.run(
        ["sh", "-eu"], input=lines, cwd=tmp_path / "here", env=environ, capture_output=True, text=True, check=False,
        timeout=60,
    )  # fmt: skip

    assert done.returncode == 0, done.stdout + done.stderr


if __name__ == "__main__":
    for page in PAGES.values():
        page.write_text(rendered(page.read_text("utf-8")), "utf-8")
    sys.stdout.write(f"{', '.join(PAGES)}: up to date\n")
