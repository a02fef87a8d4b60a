"""What is loaded when it is used: a table of members finds them, a pattern is the one that was written."""

from __future__ import annotations

import ast
import importlib
import json
import pickle
import re
import subprocess
import sys
from pathlib import Path

import pytest

from leadproof import captures
from leadproof.core import lazy
from leadproof.runs.formats import EXPORTS, RENDERERS

PACKAGE = Path(__file__).resolve().parent.parent / "src" / "leadproof"


def test_a_table_gives_members_of_modules_and_keeps_them() -> None:
    table: lazy.LazyTable[object] = lazy.LazyTable("leadproof", {"one": "core.text:visible", "two": "core.text:count"})

    assert [*table] == ["one", "two"]
    assert len(table) == 2
    assert "one" in table
    assert "three" not in table
    assert table["one"] is table["one"] is importlib.import_module("leadproof.core.text").visible
    with pytest.raises(KeyError):
        table["three"]


def test_a_table_loads_nothing_before_it_is_asked_and_then_that_alone() -> None:
    program = (
        "import json, sys\nfrom leadproof import captures\n"
        "def readers(): return sorted({'har', 'vcr', 'burp', 'log', 'body'} & {name.rpartition('.')[2] for name in"
        " sys.modules if name.startswith('leadproof.captures.')})\n"
        "before = readers(); 'vcr' in captures.READERS; list(captures.READERS); asked = readers()\n"
        "captures.READERS['burp']; print(json.dumps([before, asked, readers()]))\n"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert json.loads(done.stdout) == [[], [], ["burp"]]


@pytest.mark.parametrize("format_", captures.READERS)
def test_every_reader_is_there(format_: str) -> None:
    assert callable(captures.READERS[format_])


@pytest.mark.parametrize("row", [*RENDERERS.values(), *EXPORTS.values()], ids=lambda row: row.module)
def test_every_format_is_there(row: object) -> None:
    assert callable(lazy.member("leadproof.runs.formats", f"{row.module}:render"))


def written() -> list[tuple[str, str]]:
    """Module and name of every pattern at the top of a module."""
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        module = ".".join(("leadproof", *path.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(".__init__")
        for node in ast.parse(path.read_bytes()).body:
            if isinstance(node, ast.Assign | ast.AnnAssign) and "lazy.pattern(" in ast.unparse(node):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                found += [(module, name.id) for one in targets for name in ast.walk(one) if isinstance(name, ast.Name)]
    return found


def test_every_pattern_compiles() -> None:
    seen = 0
    for module, name in written():
        value = getattr(importlib.import_module(module), name)
        for one in value.values() if isinstance(value, dict) else value if isinstance(value, tuple) else (value,):
            if isinstance(one, lazy._Pattern):
                seen += 1
                assert re.compile(one.pattern, one._given[1]).pattern == one._given[0], f"{module}.{name}"

    assert seen > 100


@pytest.mark.parametrize("text", ["a+b", b"a+b"])
def test_a_pattern_does_what_the_compiled_one_does(text: str | bytes) -> None:
    subject = "xAABy aab" if isinstance(text, str) else b"xAABy aab"
    own, plain = lazy.pattern(text, re.IGNORECASE), re.compile(text, re.IGNORECASE)

    for method in ("search", "match", "fullmatch"):
        assert str(getattr(own, method)(subject)) == str(getattr(plain, method)(subject))
    assert own.findall(subject) == plain.findall(subject)
    assert own.sub(text[:1], subject) == plain.sub(text[:1], subject)
    assert (own.pattern, own.flags, own.groups) == (plain.pattern, plain.flags, plain.groups)


def test_a_pattern_is_compiled_once_and_not_before_it_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled = []
    monkeypatch.setattr(re, "compile", lambda *given: compiled.append(given) or re._compile(*given))

    own = lazy.pattern("once")
    assert compiled == []
    for _ in range(3):
        assert own.search("once")

    assert compiled == [("once", 0)]


def test_an_attribute_that_no_pattern_has_is_an_error() -> None:
    with pytest.raises(AttributeError):
        lazy.pattern("a").nothing  # noqa: B018 - reading it is what fails
    assert not hasattr(lazy.pattern("a"), "__wrapped__")
    with pytest.raises((AttributeError, TypeError, pickle.PicklingError)):
        re.sub(lazy.pattern("a"), "b", "a")
