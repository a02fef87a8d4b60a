"""What each command loads: the table below is the whole of it, so that whoever adds or spares something says so.

A command begins anew with every call. A package that is loaded for nothing costs each of them, and nobody would notice:
`make bench-start` measures the seconds, this holds what they are made of.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

#: What the calls name -> where it is from.
FILES = {
    "good.har": "tests/data/har/good/plain.har",
    "good.json": "tests/data/documentation/responses/duplicate_check.json",
    "good.xml": "tests/data/documentation/responses/create_lead.xml",
    "bad.xml": "tests/data/xml-defects/capital-true.xml",
    "own.toml": "specs/profiles/default.toml",
}

#: What takes milliseconds to load, of ours, of others and of Python, and is not brought by another of them.
HEAVY = frozenset({
    "asyncio", "brotli", "click", "concurrent.futures", "gevent", "http.client", "httptools", "httpx", "hypothesis",
    "ijson", "jinja2", "jsonschema", "jsonschema_rs", "leadproof.judge", "leadproof.load", "leadproof.mock",
    "leadproof.redact", "leadproof.suite", "locust", "lxml.etree", "msgspec", "multiprocessing", "openpyxl", "orjson",
    "phonenumbers", "pytest", "re", "rich", "schemathesis", "ssl", "tomllib", "typing", "uvloop",
    "xml.etree.ElementTree", "xmlschema", "yaml", "zoneinfo", "zstandard",
})  # fmt: skip

#: What groups of them load.
COMMAND = {"click", "re", "typing"}
BODIES = COMMAND | {"lxml.etree", "msgspec", "orjson"}
JUDGE = BODIES | {"leadproof.judge", "leadproof.redact"}
SERVER = {"asyncio", "concurrent.futures", "httptools", "leadproof.mock", "ssl"}
#: httpx brings the codings, and rich for a command line of its own.
CLIENT = {"brotli", "http.client", "httpx", "rich", "xml.etree.ElementTree", "zstandard"}
SUITE = JUDGE | SERVER | CLIENT | {"leadproof.suite"}

#: What is called -> what of HEAVY it loads, where the cache holds what it holds for everybody's second call.
LOADS: dict[str, set[str]] = {
    "--help": set(),
    "--version": set(),
    "completion bash": COMMAND,
    "explain LE2-PING-RES-05": COMMAND,
    "specs export specs": COMMAND | {"msgspec"},
    "profile check own.toml": BODIES | {"jsonschema_rs", "tomllib", "zoneinfo"},
    "mapping suggest log.ndjson": BODIES | {"ijson"},
    "compare --operation ping twin.json bad.xml": JUDGE,
    "verify run": JUDGE,
    "redact good.har --output safe.har": JUDGE | {"ijson"},
    "validate good.har --no-run": JUDGE | {"jsonschema_rs"},
    "validate good.har --out runs": JUDGE | {"jsonschema_rs", "jinja2"},
    "validate --as-documented --operation duplicate_check good.json --no-run": JUDGE | {"jsonschema_rs"},
    "validate --as-documented --operation create_lead good.xml --no-run": JUDGE | {"jsonschema_rs"},
    # What is found is explained, and a telephone number stands in it.
    "validate --operation create_lead bad.xml --out runs": JUDGE
    | {"jsonschema_rs", "jinja2", "jsonschema", "phonenumbers"},
    "report run": JUDGE | {"jsonschema_rs", "jinja2"},
    "mock --help": BODIES | SERVER | {"leadproof.redact"},
    "record --help": JUDGE | SERVER,
    "diff --help": BODIES | {"yaml"},
    "test --help": SUITE,
    "defects --help": SUITE | {"multiprocessing"},
    "certify --help": SUITE | {"leadproof.load", "multiprocessing"},
    "certify --plan": SUITE | {"leadproof.load", "multiprocessing", "tomllib"},
    "load --plan ping_post": SUITE | {"leadproof.load", "tomllib"},
}

_PROGRAM = (
    "import sys; before = set(sys.modules)\n"
    "from leadproof.cli import main\n"
    "code = main(sys.argv[2:])\n"
    "names = [name for name in sys.argv[1].split() if name in sys.modules and name not in before]\n"
    "import json\n"
    "print(json.dumps([code, names]), file=sys.stderr)\n"
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the calls name, and a cache that two calls have filled."""
    home = tmp_path_factory.mktemp("startup")
    for name, path in FILES.items():
        (home / name).write_bytes((ROOT / path).read_bytes())
    (home / "log.ndjson").write_text('{"req": {"url": "/v2/ping", "method": "POST"}, "res": {"status": 200}}\n' * 9)
    (home / "twin.json").write_text('{"isValid": false, "results": []}')
    called(home, "validate good.har --out runs")
    called(home, "explain situations")
    next((home / "runs").iterdir()).rename(home / "run")
    return home


def called(folder: Path, line: str) -> tuple[int, set[str]]:
    """Exit code of a call, and what of HEAVY it loaded."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("COV_", "LEADPROOF_", "GITHUB_"))}
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, " ".join(sorted(HEAVY)), *line.split()], cwd=folder,
        env=kept | {"XDG_CACHE_HOME": str(folder / "cache")},
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip
    code, names = json.loads(done.stderr.splitlines()[-1])
    return code, set(names)


@pytest.mark.parametrize("line", ["validate --operation create_lead bad.xml --out runs", "report run", "explain ping"])
def test_a_second_call_makes_nothing_anew(line: str, folder: Path) -> None:
    called(folder, line)
    made = {path.name: path.stat().st_mtime_ns for path in (folder / "cache" / "leadproof").iterdir()}

    called(folder, line)

    assert {path.name: path.stat().st_mtime_ns for path in (folder / "cache" / "leadproof").iterdir()} == made


@pytest.mark.parametrize("line", LOADS)
def test_a_call_loads_what_the_table_says(line: str, folder: Path) -> None:
    code, loaded = called(folder, line)

    assert code in (0, 1), line
    assert {"too much": sorted(loaded - LOADS[line]), "no more": sorted(LOADS[line] - loaded)} == {
        "too much": [], "no more": [],
    }  # fmt: skip
