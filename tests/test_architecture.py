"""ARCHITECTURE.md draws the layers that the linter checks, and names only what is there.

`python tests/test_architecture.py` draws them anew.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "ARCHITECTURE.md"

_BLOCK = re.compile(r"(<!-- layers -->\n)(.*?)(<!-- end -->)", re.DOTALL)


def layers() -> str:
    """The layers of pyproject.toml with the comments above them, from the top down."""
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    listed = re.search(r"^layers = \[\n(.*?)^\]", text, re.DOTALL | re.MULTILINE)
    assert listed is not None
    lines, words = [], ""
    for line in listed[1].splitlines():
        if comment := re.fullmatch(r"\s*# (.*)", line):
            words = comment[1]
        elif named := re.fullmatch(r'\s*"(.*)",', line):
            lines.append(f"| {named[1].replace(' | ', ' · ')} | {words} |")
            words = ""
    return "\n".join(["", "| modules, from the top down | what they do |", "| --- | --- |", *lines]) + "\n\n"


def drawn(text: str) -> str:
    return _BLOCK.sub(lambda found: f"{found[1]}{layers()}{found[3]}", text)


def test_the_picture_shows_the_layers_that_are_checked() -> None:
    written = PAGE.read_text("utf-8")

    assert drawn(written) == written, "python tests/test_architecture.py draws it anew"
    assert "| core | plain frozen data" in written


def test_the_page_names_files_and_tables_that_exist() -> None:
    text = _BLOCK.sub("", PAGE.read_text("utf-8"))
    files = re.findall(r"`((?:src/)?[\w./]+/|[\w./]+\.py)`", text)
    tables = re.findall(r"`([A-Z]{4,}S)`", text)
    sources = "".join(path.read_text("utf-8") for path in (ROOT / "src").rglob("*.py"))

    assert len(files) > 5
    for name in files:
        places = (ROOT / name, ROOT / "src" / "leadproof" / name, ROOT / "tests" / name, ROOT / "reports" / name)
        assert any(place.exists() for place in places) or name in ("out/", "xsd/", "test_x.py", "src/leadproof/x.py"), (
            name
        )
    assert len(tables) > 5
    for name in tables:
        assert re.search(rf"^{name}\b", sources, re.MULTILINE), name


def test_the_page_is_one_page() -> None:
    assert len(PAGE.read_text("utf-8").splitlines()) <= 110


if __name__ == "__main__":
    PAGE.write_text(drawn(PAGE.read_text("utf-8")), "utf-8")
    sys.stdout.write("ARCHITECTURE.md is up to date\n")
