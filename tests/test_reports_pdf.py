"""The report on paper: how many pages it takes, what an address adds, and a browser that is missing, fails or hangs."""

from __future__ import annotations

import math
import os
import re
import shutil
import stat
import tempfile
from pathlib import Path

import pytest
from failing import failing
from pages import browsing

from leadproof.cli import main
from leadproof.core.errors import MissingExtraError
from leadproof.runs.evidence import printing
from leadproof.runs.formats import html

NEEDS = pytest.mark.skipif(
    not any(map(shutil.which, printing.PROGRAMS)), reason="a PDF needs Chromium, which not every machine has"
)


def pages(document: bytes) -> int:
    return len(re.findall(rb"/Type\s*/Page\b", document))


@NEEDS
@pytest.mark.parametrize("number", [0, 1, 10, 22, 40])
def test_ten_findings_take_four_pages_and_each_twelve_more_one(number: int) -> None:
    document = printing.pdf(failing(number))

    assert document.startswith(b"%PDF-")
    assert 0 < pages(document) <= 4 + math.ceil(max(number - 10, 0) / 12)


@NEEDS
def test_a_finding_with_the_longest_texts_takes_no_more_room() -> None:
    report = failing(10)
    for row in report["findings"]:
        row |= {name: f"{row[name]} " + "long words " * 300 for name in ("message", "expected", "actual", "text")}

    assert pages(printing.pdf(report)) <= 4


@NEEDS
def test_a_pdf_leaves_nothing_behind_but_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    with tempfile.TemporaryDirectory(prefix="t", dir="/tmp") as name:
        monkeypatch.setattr(tempfile, "tempdir", name)

        assert pages(printing.printed("<!DOCTYPE html><title>x</title><p>one page", printing.browser())) == 1
        assert list(Path(name).iterdir()) == []
        assert alive(Path(name)) == []


@NEEDS
def test_temporary_folders_with_long_names_are_no_hindrance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / ("long" * 30)
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))

    assert pages(printing.printed("<p>one page", printing.browser())) == 1


def program(folder: Path, script: str) -> str:
    path = folder / "browser"
    path.write_text(f"#!/bin/sh\n{script}\n", "utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def alive(folder: Path) -> list[str]:
    """Command lines of processes in which a folder is named."""
    found = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = file.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
        except OSError:
            continue
        if str(folder) in line and file.parent.name != str(os.getpid()):
            found.append(line)
    return found


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("echo no display >&2; exit 1", "printed nothing: no display"),
        ("exit 0", "printed nothing: it said nothing"),
        ("sleep 600 & sleep 600", "did not print within 0.5 s"),
    ],
)
def test_a_browser_that_fails_or_hangs_is_ended_and_named(script: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(printing.PrintingError, match=said) as error:
        printing.printed("<p>x", program(tmp_path, script), 0.5)

    assert "--format html" in error.value.hint
    assert alive(tmp_path) == []


def test_a_program_that_cannot_be_started_is_named(tmp_path: Path) -> None:
    with pytest.raises(printing.PrintingError, match="cannot be started"):
        printing.printed("<p>x", str(tmp_path / "nowhere"))


def test_without_a_browser_the_command_says_so_before_it_begins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(MissingExtraError):
        printing.browser()
    assert main(["certify", "--format", "pdf", "--out", str(tmp_path / "out")]) == 2
    said = capsys.readouterr()
    assert "none is on the path" in said.err
    assert "install chromium, or take --format html and print the page in any browser" in " ".join(said.err.split())
    assert list(tmp_path.iterdir()) == []


@NEEDS
def test_a_run_is_printed_redacted_as_the_page_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    body = tmp_path / "body.json"
    body.write_text('{"requestId": "x", "isValid": true, "leadId": 1}', "utf-8")
    out = tmp_path / "out"
    main(["validate", str(body), "--operation", "duplicate_check", "--out", str(out), "--format", "pdf"])
    capsys.readouterr()
    run = next(out.iterdir())

    assert {file.name for file in run.iterdir()} >= {"report.json", "report.pdf", "manifest.json"}
    assert "report.pdf" in (run / "manifest.json").read_text("utf-8")
    assert pages((run / "report.pdf").read_bytes()) <= 4
    assert main(["verify", str(run)]) == 0


def test_paper_shows_what_an_address_names() -> None:
    page = html.render(failing(1))

    for name in ("clauses", "readings", "equivalence", "outcomes"):
        assert f'<section id="{name}" class="appendix"' in page
    assert '<section id="sign-off" class="paper"' in page
    assert '<body id="all"' in page


@NEEDS
def test_the_heading_of_the_sign_off_stays_with_its_table() -> None:
    place = "one => [one.querySelector('h2'), one.querySelector('table')].map(it => it.getBoundingClientRect().left)"
    with browsing(printing.browser()) as browser:
        tab = browser.new_page()
        tab.emulate_media(media="print")
        tab.set_content(html.render(failing(0)))
        # Columns break where pages do, and a page can be asked where its columns are.
        tab.add_style_tag(content="main{columns:600px 9;height:400px;width:6000px}main>:not(#sign-off){display:none}")
        found = set()
        for above in range(0, 400, 25):
            tab.add_style_tag(content=f"main::before{{content:'';display:block;height:{above}px}}")
            heading, table = tab.locator("#sign-off").evaluate(place)
            found.add(heading)
            assert abs(heading - table) < 100

    assert len(found) > 1  # it did move on
