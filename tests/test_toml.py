"""Whatever a TOML file holds ends in one kind of error, for every file that somebody may name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from leadproof.captures import mapping
from leadproof.cli import main
from leadproof.contract import profile
from leadproof.core.errors import LeadproofError
from leadproof.core.toml import line_of, parse
from leadproof.load import objectives, scenarios
from leadproof.runs import config, waivers

#: What is no document -> words of the message.
HOSTILE = {
    b"a = " + b"[" * 100_000: "nested too deeply",
    b"a = " + b"{a=" * 5_000: "nested too deeply",
    b"a = " + b"1" * 10_000: "thousands of digits",
    b"a = \x00": "line 1",
    b"a = 1\na = 2\n": "line 2",
    b"a = '\xff'": "UTF-8|utf-8",
}

#: Files that somebody may name -> what reads them.
READERS: dict[str, Callable[[Path], Any]] = {
    "configuration": lambda path: config.load(path.parent),
    "mapping": mapping.load,
    "objectives": lambda path: objectives.load(str(path)),
    "profile": profile.load,
    "scenario": lambda path: scenarios.load(str(path)),
    "waivers": waivers.load,
}


@pytest.mark.parametrize("what", READERS)
def test_a_hostile_file_ends_in_an_error_that_says_where(what: str, tmp_path: Path) -> None:
    path = tmp_path / "leadproof.toml"
    for text, words in HOSTILE.items():
        path.write_bytes(text)
        with pytest.raises(LeadproofError, match=words) as failure:
            READERS[what](path)
        assert "leadproof.toml" in failure.value.message
        assert failure.value.hint


def test_a_document_that_is_right_is_read() -> None:
    assert parse('a = 1\n[b]\nc = ["d"]') == {"a": 1, "b": {"c": ["d"]}}


def test_a_hostile_profile_is_no_bug_of_ours(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "leadproof.toml"
    path.write_bytes(next(iter(HOSTILE)))

    assert main(["profile", "check", str(path)]) == 2
    assert "itself failed" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("a",), 1), (("b",), 5), (("t", "x.y"), 7), (("t", "x", "z"), 8), (("t", "q"), 10), (("t", "nothing"), 6),
        (("rows", 1, "k"), 14), ((), 1),
    ],
)  # fmt: skip
def test_the_line_of_a_key_is_found(path: tuple[str | int, ...], line: int) -> None:
    text = (
        "a = '''\nb = 1\n[t]\n'''\nb = 2 # c = 3\n[t]\n\"x.y\" = 1\nx.z = [\n]\n'q' = 1\n"
        "[[rows]]\nk = 1\n[[rows]]\nk = 2\n"
    )

    assert parse(text)
    assert line_of(text, path) == line
