"""The project against its own rules: a test for each module, sizes, docstrings, no traces of a machine, and the tables
that have to name the same ten operations."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest
import yaml
from lxml import etree
from project import project_files

from leadproof.core.operations import CELLS, OPERATIONS
from leadproof.mock.engine.handlers import HANDLERS

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src" / "leadproof"
SPECS = ROOT / "specs"

#: The packages and the modules beside them: the folder listing is the architecture, as ARCHITECTURE.md draws it.
LISTING = {
    "__init__.py", "__main__.py", "py.typed", "pytest_plugin.py", "testing.py",
    "bodies", "captures", "cli", "commands", "contract", "core", "generate", "http", "judge", "load", "mock",
    "recorder", "redact", "runs", "suite", "web",
}  # fmt: skip

#: Packages whose modules have nothing in common but their layer: each module has a test file of its name.
LOOSE = ("commands", "contract", "core", "http", "runs")

#: Modules of those without a test file of their own, and where they are tested instead.
TESTED_ELSEWHERE = {
    "commands/certify_client": "test_client_driving.py",
    "commands/client_defects": "test_client_situations.py",
    "commands/explaining": "test_cli_explain.py",
    "contract/situations": "test_client_register.py",
    "contract/explaining": "test_schemas.py, and wherever a finding is explained",
    "core/wire_faults": "test_octets.py, which reads each of them, and test_faults.py, which sends each",
    "core/wire_rules": "test_octets.py, which breaks each of them",
    "core/languages": "test_redact_recognition.py",
    "core/names": "test_redact.py, test_redact_recognition.py: what becomes of a value by its name",
    "core/text": "test_reports.py, with every format that shows texts from outside",
    "runs/handwritten": "test_waivers.py and test_attestation.py, each with a file of its own",
    "runs/formats": "test_reports.py and test_reports_*.py",
    "runs/report": "test_summary.py, with what it is made of, and test_rebuilt.py",
    "runs/results": "test_ledger.py",
}

#: More than this and there is a second noun in a module.
MOST_LINES = 400

#: What the project calls itself must not depend on the machine that it was written on. Each pattern says what it finds;
#: brackets keep a pattern from finding itself.
TRACES = {
    "a home directory": r"(?<![\w.])/(?:home|Users)/[a-z][\w.-]*/|(?<![\w.])/roo[t]/",
    "a temporary or working folder": r"(?<![\w.\]])/(?:tm[p]|wor[k]|far[m])/",
    "a Windows user's folder": r"[A-Z]:\\+Users\\+",
    "a package index": r"pypi\.or[g]|pythonhoste[d]|npmj[s]|crates\.i[o]|index-ur[l]",
    "a distribution's mirror": r"\b(?:deb|archive|security)\.(?:debian|ubuntu)\.",
    "a host of the real service": r"\bleadexec\.ne[t]\b",
}

#: Where a trace belongs: (file or folder, kind) -> why.
ALLOWED = {
    ("Makefile", "a package index"): "the options that keep the index out of the lock file",
}


#: What a number in a message may stand before without `reports.text.count`, and why.
NEVER_ONE = {
    "len(OPERATIONS)": "ten", "len(CELLS)": "seventeen", "cells['total']": "seventeen",
    "len(spec.clauses)": "hundreds", "len(spec.readings)": "dozens",
    "len(data)": "beyond a cap", "len(request.body)": "beyond a cap", "limit": "a cap", "cut.get('of')": "beyond a cap",
    "copy.files": "said of several only", "len(runs)": "said of several only", "times": "said of several only",
    "per_second": "below none",
}  # fmt: skip

#: Where the time of day is read on the spot, and why: it is written down there, and measures no duration.
TIME_OF_DAY = {
    "load/locust/stats.py": "locust's own statistics have a row for each second",
    "recorder/inbound.py": "when a request began",
    "runs/evidence/run.py": "when a run began and ended",
    "cli/ending.py": "the day on which waivers expire",
    "suite/client/stage.py": "when a request of a client began; orders expire by the client's clock, too",
    "suite/client/example/client.py": "has an order expired?",
    "cli/attest.py": "the day on which answers expire, and when they are sealed",
    "cli/report.py": "when a run is signed",
    "web/pages/attest.py": "the day on which answers expire, and when they are sealed",
}

_PLURAL = re.compile(
    r" (?:more )?(?:values|exchanges|samples|lines|files|findings|requests|clauses|places|cases|defects|times|leads"
    r"|members|workers|users|runs|bytes|characters|hosts|messages|seconds|rows|folders|elements|pairs|differences|entries"
    r"|waivers|objectives|operations|cells|readings|scenarios|items|commands|columns)\b"
)


@cache
def tree(path: Path) -> ast.Module:
    """A module, parsed once for all tests."""
    return ast.parse(path.read_bytes())


@cache
def text_of(path: Path) -> str:
    return path.read_bytes().decode("utf-8", errors="replace")


def by_hand(path: Path) -> list[str]:
    """Where a message puts a number before a plural, so that it will say "1 values" one day."""
    found = []
    for node in ast.walk(tree(path)):
        for value, text in zip(node.values, node.values[1:], strict=False) if isinstance(node, ast.JoinedStr) else ():
            if isinstance(value, ast.FormattedValue) and isinstance(text, ast.Constant) and _PLURAL.match(text.value):
                name = ast.unparse(value.value)
                found += (
                    [] if name.isupper() or name in NEVER_ONE else [f"{path.name}:{node.lineno} {name}{text.value}"]
                )
    return found


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def python_files() -> list[Path]:
    return [path for top in ("src", "contracts", "loadtests", "tests") for path in sorted((ROOT / top).rglob("*.py"))]


def shown(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


# ---- modules and their tests -----------------------------------------------------------------------------------------


def test_the_time_of_day_measures_no_duration() -> None:
    read = {
        path.relative_to(PACKAGE).as_posix()
        for path in modules()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) in ("time.time", "time.time_ns", "datetime.now", "datetime.utcnow", "date.today")
    }

    assert read == set(TIME_OF_DAY), "time.monotonic and time.perf_counter measure; what is passed in is a clock"


def test_the_listing_is_the_architecture() -> None:
    assert {path.name for path in PACKAGE.iterdir() if path.name != "__pycache__"} == LISTING


def test_every_package_and_every_loose_module_has_tests_of_its_name() -> None:
    tests = {path.stem.removeprefix("test_") for path in (ROOT / "tests").glob("test_*.py")}
    packages = {name for name in LISTING if "." not in name} - set(LOOSE)
    loose = {
        f"{package}/{path.stem}"
        for package in LOOSE
        for path in (PACKAGE / package).iterdir()
        if path.stem not in ("__init__", "__pycache__")
    }

    untested = {name for name in packages if not any(test == name or test.startswith(f"{name}_") for test in tests)}
    untested |= {name for name in loose if name.partition("/")[2] not in tests}

    assert untested == set(TESTED_ELSEWHERE), "write tests/test_<name>.py, or say in TESTED_ELSEWHERE where"


def imports(path: Path, known: set[str]) -> set[str]:
    """The modules of the package that a module imports, wherever in it."""
    found = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ImportFrom) and str(node.module).split(".")[0] == "leadproof":
            names = {f"{node.module}.{one.name}" for one in node.names}
            found |= {name if name in known else str(node.module) for name in names}
    return found


def test_no_circle_stands_between_modules() -> None:
    names = {
        ".".join(("leadproof", *path.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(".__init__"): path
        for path in modules()
    }
    left = {name: imports(path, set(names)) & set(names) - {name} for name, path in names.items()}

    # What imports nothing that is left is no part of a circle; what remains when nothing more can go is one.
    while done := [name for name, others in left.items() if not others & set(left)]:
        for name in done:
            del left[name]

    assert {name: sorted(others & set(left)) for name, others in left.items()} == {}


def test_every_module_says_what_belongs_in_it() -> None:
    without = [shown(path) for path in python_files() if not ast.get_docstring(tree(path))]

    assert without == []


def test_no_module_is_too_long() -> None:
    lines = {shown(path): len(path.read_text("utf-8").splitlines()) for path in modules()}

    assert {name: count for name, count in lines.items() if count > MOST_LINES} == {}


# ---- no traces of a machine ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", TRACES)
def test_no_file_bears_traces_of_a_machine(kind: str) -> None:
    pattern = re.compile(TRACES[kind])
    allowed = tuple(place for place, what in ALLOWED if what == kind)
    found = []
    for path in project_files():
        name = shown(path)
        if not name.startswith(allowed or "\0"):
            text = text_of(path)
            found += [f"{name}:{text.count(chr(10), 0, hit.start()) + 1}: {hit[0]}" for hit in pattern.finditer(text)]

    assert found == []


@pytest.mark.parametrize(("place", "kind"), ALLOWED)
def test_an_allowed_trace_is_there(place: str, kind: str) -> None:
    path = ROOT / place
    files = [path] if path.is_file() else [one for one in path.rglob("*") if one.is_file()]

    assert any(re.search(TRACES[kind], one.read_text("utf-8")) for one in files)


# ---- tables that name the operations ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def openapi() -> dict:
    return yaml.safe_load((SPECS / "openapi.yaml").read_text("utf-8"))


def test_there_are_ten_operations_and_17_cells() -> None:
    assert (len(OPERATIONS), len(CELLS)) == (10, 17)


def test_the_openapi_document_names_the_operations_at_their_paths(openapi: dict) -> None:
    expected = sorted((row.path, row.id) for row in OPERATIONS.values())

    actual = sorted(
        (path, row["id"]) for path, item in openapi["paths"].items() for row in item["x-leadproof-operations"]
    )

    assert actual == expected


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=lambda operation: operation.id)
def test_the_openapi_document_has_the_method_and_the_representations(operation, openapi: dict) -> None:
    call = openapi["paths"][operation.path][operation.method.lower()]
    expected = {f"application/{media}" for media in operation.media}

    assert set(call["responses"]["200"]["content"]) == expected
    assert set(call.get("requestBody", {}).get("content", ())) == (expected if operation.body else set())


def test_the_mock_handles_the_operations() -> None:
    assert set(HANDLERS) == set(OPERATIONS)


def test_the_response_schemas_have_the_roots_of_the_operations() -> None:
    schema = etree.parse(SPECS / "xsd" / "roots.xsd").getroot()

    declared = {element.get("name") for element in schema.iterfind("{http://www.w3.org/2001/XMLSchema}element")}

    assert declared == {row.root for row in OPERATIONS.values() if row.root}


def test_an_operation_has_a_root_where_it_speaks_xml() -> None:
    assert {row.id for row in OPERATIONS.values() if row.root} == {name for name, media in CELLS if media == "xml"}


def test_the_register_uses_the_codes_of_the_operations() -> None:
    clauses = yaml.load((SPECS / "clauses.yaml").read_text("utf-8"), yaml.CSafeLoader)["clauses"]
    by_code = {row.code: row.id for row in OPERATIONS.values()}

    codes = {clause["id"].split("-")[1] for clause in clauses}
    strangers = [
        clause["id"]
        for clause in clauses
        if (code := clause["id"].split("-")[1]) != "ALL" and by_code.get(code) not in clause["operations"]
    ]

    assert codes == {"ALL", *by_code}
    assert strangers == []


def test_a_number_and_its_noun_agree() -> None:
    assert [place for path in modules() for place in by_hand(path)] == []


def test_the_name_of_a_class_means_one_thing() -> None:
    places: dict[str, list[str]] = {}
    for path in PACKAGE.rglob("*.py"):
        for node in tree(path).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places.setdefault(node.name, []).append(path.relative_to(PACKAGE).as_posix())

    assert {name: found for name, found in places.items() if len(found) > 1} == {}
