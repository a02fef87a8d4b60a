"""The documentation as a site: it builds without a warning, holds all that has an id, and loads nothing from afar."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from types import ModuleType
from urllib.parse import unquote, urlsplit

import pytest

from leadproof.cli import COMMANDS
from leadproof.contract import specs
from leadproof.contract.situations import situations
from leadproof.core.operations import CELLS, OPERATIONS
from leadproof.runs.formats import EXPORTS, FORMATS, PRINTS, RENDERERS
from leadproof.suite import TOPICS

pytest_plugins = ["pytester"]

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
SOURCES = ROOT / "src" / "leadproof"


def _generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_generate", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


generate = _generator()

needs_builder = pytest.mark.skipif(
    importlib.util.find_spec(generate.BUILDER) is None,
    reason=f"{generate.BUILDER} is not installed: it comes with the extra dev",
)


class Page(HTMLParser):
    """What a page links to, loads, and can be linked at."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.ids: set[str] = set()
        self.text = path.read_text("utf-8")
        self.feed(self.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "id" and value:
                self.ids.add(value)
            if name in ("src", "srcset", "href", "data", "poster") and value:
                (self.links if tag == "a" else self.loads).append(value)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    into: Path = tmp_path_factory.mktemp("docs") / "site"
    done = generate.build(into)
    assert done.returncode == 0, done.stdout + done.stderr
    return into


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[str, Page]:
    return {path.relative_to(site).as_posix(): Page(path) for path in sorted(site.rglob("*.html"))}


# ---- the site --------------------------------------------------------------------------------------------------------


@needs_builder
def test_every_page_is_built_and_stands_in_the_navigation(pages: dict[str, Page]) -> None:
    expected = {f"{name.removesuffix('.md')}.html" for name in generate.pages()}
    linked = {urlsplit(link).path.lstrip("./") for link in pages["index.html"].links}

    assert expected <= pages.keys()
    assert expected - linked - {"index.html"} == set()


@needs_builder
def test_every_operation_has_a_page_with_its_samples(pages: dict[str, Page]) -> None:
    for one in OPERATIONS.values():
        page = pages[f"operations/{one.id}.html"]
        plain = re.sub(r"<[^>]+>", "", page.text)
        assert f"{one.method} {one.path}" in plain
        assert one.heading in plain
        assert "HTTP/1.1 200 OK" in plain
        assert ("LeadReceiver.API.Models" in plain) == ("xml" in one.media)


@needs_builder
def test_every_clause_reading_and_situation_can_be_linked_at(pages: dict[str, Page]) -> None:
    assert sorted(specs.clauses().keys() - pages["clauses.html"].ids) == []
    assert sorted(specs.readings().keys() - pages["readings.html"].ids) == []
    assert sorted(situations().keys() - pages["certify-client.html"].ids) == []


@needs_builder
def test_an_operation_names_every_clause_that_binds_it(pages: dict[str, Page]) -> None:
    for clause in specs.clauses().values():
        for operation in clause.operations:
            assert f"../clauses.html#{clause.id}" in pages[f"operations/{operation}.html"].links


@needs_builder
def test_every_command_is_described(pages: dict[str, Page]) -> None:
    assert sorted(COMMANDS.keys() - pages["command-line.html"].ids) == []


@needs_builder
def test_search_knows_clauses_and_commands(site: Path) -> None:
    index = (site / "search.json").read_text("utf-8")

    assert [clause for clause in specs.clauses() if clause not in index] == []
    assert "leadproof certify" in index


@needs_builder
def test_search_works_in_a_page_that_is_opened_as_a_file(pages: dict[str, Page], site: Path) -> None:
    assert (site / "search.js").read_text("utf-8").startswith("var __index")
    for name, page in pages.items():
        up = "../" * name.count("/")
        assert f"{up}javascripts/file-worker.js" in page.loads
        assert (site / name).parent.joinpath(up, "javascripts", "file-worker.js").is_file()


@needs_builder
def test_no_page_loads_anything_from_another_host(pages: dict[str, Page], site: Path) -> None:
    far = re.compile(r"^\s*(https?:)?//")
    loads = {(name, link) for name, page in pages.items() for link in page.loads if far.match(link)}
    styles = {
        (path.name, link)
        for path in site.rglob("*.css")
        for link in re.findall(r"(?:url\(|@import)\s*[\"']?([^\"')\s;]+)", path.read_text("utf-8"))
        if far.match(link)
    }

    assert sorted(loads | styles) == []


@needs_builder
def test_every_link_leads_somewhere(pages: dict[str, Page], site: Path) -> None:
    assert sorted(_broken(pages, site)) == []


def _broken(pages: dict[str, Page], site: Path) -> Iterator[tuple[str, str]]:
    for name, page in pages.items():
        if name == "404.html":
            continue  # is served at any path, so its links are absolute
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (site / name).parent / unquote(parts.path) if parts.path else site / name
            if target.is_dir():
                target = target / "index.html"
            found = pages.get(target.resolve().relative_to(site.resolve()).as_posix())
            known = found.ids if found else ()
            if not target.exists() or (parts.fragment and found and unquote(parts.fragment) not in known):
                yield name, link


@needs_builder
def test_a_broken_link_ends_the_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = {"index.md": "# Home\n\n[gone](clauses.md#LE2-NONE)\n", "clauses.md": "# Clauses\n"}
    monkeypatch.setattr(generate, "pages", lambda: made)
    monkeypatch.setattr(generate, "settings", lambda: '[project]\nsite_name = "x"\ndocs_dir = "pages"\n')

    assert generate.build(tmp_path / "site").returncode != 0
    assert not (tmp_path / "site").exists()


# ---- pages as files of the repository --------------------------------------------------------------------------------


NUMBERS = [
    "no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen",
    "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty",
]  # fmt: skip
_NUMBER = rf"({'|'.join(NUMBERS)}|\d+)"

#: How a sentence counts operations, paths and cells -> how many there are.
COUNTS = {
    rf"\b(?:all|the|clauses for)\s+{_NUMBER}\s+operations": len(OPERATIONS),
    rf"\b{_NUMBER}\s+documented\s+operations": len(OPERATIONS),
    rf"\b(?:share|behind)\s+{_NUMBER}\s+paths": len({row.path for row in OPERATIONS.values()}),
    rf"\b{_NUMBER}\s+of\s+them\s+exist\s+in\s+both": sum(len(row.media) == 2 for row in OPERATIONS.values()),
    rf"\b{_NUMBER}\s+cells\b": len(CELLS),
}


def test_numbers_in_sentences_are_true() -> None:
    readme, index = (path.read_text("utf-8") for path in (ROOT / "README.md", DOCS / "index.md"))
    clauses = len(specs.clauses())

    assert f"The contract has {clauses} clauses for {NUMBERS[len(OPERATIONS)]} operations." in readme
    assert f"a register of {clauses} [clauses]" in index.replace("\n", " ")


def test_sentences_count_the_operations_as_the_table_does() -> None:
    told, counted = [], set()
    for path in (ROOT / "README.md", *DOCS.rglob("*.md"), ROOT / "specs" / "openapi.yaml", *SOURCES.rglob("*.py")):
        for pattern, number in COUNTS.items():
            for hit in re.finditer(pattern, path.read_text("utf-8"), re.IGNORECASE):
                counted.add(pattern)
                if hit[1].lower() not in (NUMBERS[number], str(number)):
                    told.append(f"{path.relative_to(ROOT)}: {hit[0]!r}, but there are {number}")

    assert told == []
    assert counted == set(COUNTS)


def _first_two_cells(page: str) -> list[tuple[str, str]]:
    """What stands as code in the first cell of each row of a page's tables, and the second cell."""
    return re.findall(r"^\| `([^`]*)`[^|]* \| ([^|]*) \|", (DOCS / page).read_text("utf-8"), re.MULTILINE)


def test_the_tables_name_every_format_and_every_topic() -> None:
    files = {
        **{name: row.file for name, row in RENDERERS.items()},
        **PRINTS,
        **{name: row.file for name, row in EXPORTS.items()},
    }
    formats = [(name, f"`{file}`") for name, file in files.items()]

    assert [cells for cells in _first_two_cells("reports.md") if cells[0] in FORMATS] == formats
    assert [name for name, _ in _first_two_cells("test-suite.md") if not name.startswith("-")] == list(TOPICS)


@pytest.mark.parametrize("path", [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))], ids=lambda path: path.name)
def test_links_between_files_work_without_the_site(path: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text("utf-8"))

    assert [link for link in links if not (path.parent / link).exists()] == []


@pytest.mark.parametrize(("name", "page"), [("test_leads.py", "pytest.md"), ("test_my_client.py", "certify-client.md")])
def test_the_examples_for_pytest_work(
    name: str, page: str, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    example = DOCS / "examples" / name
    shutil.copy(example, pytester.path)
    pytester.makeconftest(
        """
        def pytest_addoption(parser, pluginmanager):
            if not pluginmanager.has_plugin("leadproof"):
                from leadproof import pytest_plugin

                pluginmanager.register(pytest_plugin, "leadproof")
        """
    )
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "src"))

    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", "-p", "no:locust", "--strict-markers")

    outcomes, functions = result.parseoutcomes(), example.read_text("utf-8").count("\ndef test_")
    assert outcomes.keys() <= {"passed", "warnings", "warning"}
    assert outcomes["passed"] >= functions
    assert example.read_text("utf-8") in (DOCS / page).read_text("utf-8")


def test_the_command_of_make_docs_says_where_the_site_is(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, DOCS / "generate.py", tmp_path / "site"], capture_output=True, text=True, check=False
    )

    if importlib.util.find_spec(generate.BUILDER) is None:
        assert done.returncode == 2
        assert "pip install" in done.stderr
    else:
        assert done.returncode == 0, done.stderr
        assert done.stdout.rstrip().endswith("index.html")
