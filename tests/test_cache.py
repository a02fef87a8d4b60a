"""What is made once for a user: never stale, never somebody else's, and no matter where it cannot be kept."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from leadproof.core import cache
from leadproof.web.serving import index_file


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "leadproof"


def test_what_was_saved_is_found_for_the_same_source_alone() -> None:
    cache.save("yaml", b"a: 1", b'{"a": 1}')

    assert cache.load("yaml", b"a: 1") == b'{"a": 1}'
    assert cache.load("yaml", b"a: 2") is None
    assert cache.load("template", b"a: 1") is None


@pytest.mark.parametrize("broken", [b"", b"{}", b"\0" * 40])
def test_a_broken_file_is_nothing(home: Path, broken: bytes) -> None:
    cache.save("yaml", b"a: 1", b'{"a": 1}')
    next(home.iterdir()).write_bytes(broken)

    assert cache.load("yaml", b"a: 1") is None


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="who owns a folder is asked on POSIX")
def test_a_folder_that_others_may_write_is_not_trusted(home: Path) -> None:
    cache.save("yaml", b"a: 1", b'{"a": 1}')
    home.chmod(0o777)

    assert cache.load("yaml", b"a: 1") is None
    cache.save("yaml", b"b: 1", b'{"b": 1}')
    assert len(list(home.iterdir())) == 1


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="who may write is a matter of modes on POSIX")
def test_the_pages_make_a_cache_that_is_trusted_whatever_the_umask_is(home: Path) -> None:
    before = os.umask(0o002)  # of many Linux distributions
    try:
        with index_file([home]) as file:
            assert file.parent == home / "runs"
    finally:
        os.umask(before)
    cache.save("yaml", b"a: 1", b'{"a": 1}')

    assert cache.load("yaml", b"a: 1") == b'{"a": 1}'


#: Saves and loads values that tell whether they are whole, as fast as it can.
_BUSY = """
import sys
from leadproof.core import cache
wrong = 0
for turn in range(300):
    number = turn % 5
    data = b"%d " % number * 20_000
    cache.save("both", b"%d" % number, data)
    found = cache.load("both", b"%d" % number)
    wrong += found not in (None, data)
print(wrong)
"""


def test_two_processes_that_write_at_once_give_each_other_whole_files(home: Path) -> None:
    both = [subprocess.Popen([sys.executable, "-c", _BUSY], stdout=subprocess.PIPE, text=True) for _ in range(2)]

    assert [process.communicate(timeout=300)[0] for process in both] == ["0\n", "0\n"]
    assert not list(home.glob(".*"))
    assert len(list(home.iterdir())) == 5


def test_a_value_is_made_once_for_a_text_and_anew_for_another(home: Path) -> None:
    asked = []

    def make(text: bytes) -> dict[str, object]:
        asked.append(text)
        return {"text": text.decode(), "rows": [1, 2.5, None, "é"]}

    for text in (b"one", b"one", b"two", b"one"):
        assert cache.made("value", text, lambda text=text: make(text)) == {
            "text": text.decode(), "rows": [1, 2.5, None, "é"],
        }  # fmt: skip

    assert asked == [b"one", b"two"]
    assert len(list(home.iterdir())) == 2


def test_few_versions_of_a_thing_stay_and_nothing_half_written(home: Path) -> None:
    with ThreadPoolExecutor(4) as several:
        list(several.map(lambda number: cache.save("yaml", b"%d" % (number % 20), b"%d" % (number % 20)), range(100)))

    assert 1 <= len(list(home.iterdir())) <= 8 + 3  # those who write at once each count before the others have
    assert not list(home.glob(".*"))
    found = [cache.load("yaml", b"%d" % number) for number in range(20)]
    assert {number: data for number, data in enumerate(found) if data is not None and data != b"%d" % number} == {}


@pytest.mark.parametrize("where", ["a file", "missing/below/a file"])
def test_where_nothing_can_be_kept_nothing_is_lost(where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a file").write_text("in the way")
    (tmp_path / "missing" / "below").mkdir(parents=True)
    (tmp_path / "missing" / "below" / "a file").write_text("in the way")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / where))

    cache.save("yaml", b"a: 1", b'{"a": 1}')

    assert cache.load("yaml", b"a: 1") is None


@pytest.mark.parametrize("place", ["{home}", "{home}/none\0"[:6], "/proc/nowhere"])
def test_a_command_says_the_same_with_and_without_a_cache(place: str, tmp_path: Path) -> None:
    environment = {**os.environ, "XDG_CACHE_HOME": place.format(home=tmp_path)}
    command = [sys.executable, "-m", "leadproof", "explain", "LE2-PING-RES-05"]

    said = [subprocess.run(command, env=environment, capture_output=True, check=True).stdout for _ in range(2)]

    assert said[0] == said[1]
    assert said[0].startswith(b"LE2-PING-RES-05")
