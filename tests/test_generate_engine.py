"""How Hypothesis is set up: what is drawn comes of the seed alone, nothing is left where somebody stands, and an
interruption stays one.
"""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import hypothesis
import pytest
from hypothesis import strategies as st
from hypothesis.internal.conjecture import providers

from leadproof.core.signals import Terminated, like_ctrl_c
from leadproof.generate.examples import explore

NUMBER = 48_151.6234


@pytest.fixture
def somebodys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A module that is installed nowhere, with a number in it."""
    path = tmp_path / "somebodys.py"
    path.write_text(f"NUMBER = {NUMBER}\n")
    spec = importlib.util.spec_from_file_location("somebodys", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "somebodys", module)
    spec.loader.exec_module(module)
    return module


def drawn_here(number: int) -> list[float]:
    found: list[float] = []
    explore(st.floats(), lambda value: found.append(value) is None, seed=1, examples=number)
    return found


def mixed_in_here() -> set[float]:
    """What Hypothesis mixes in, besides what it brings, while something is drawn here."""
    found: set[float] = set()
    explore(st.floats(), lambda _: found.update(providers._get_local_constants().floats) is None, seed=1, examples=9)
    return found


def mixed_in_tests_of_a_user() -> set[float]:
    found: set[float] = set()

    @hypothesis.settings(max_examples=9, database=None)
    @hypothesis.given(st.floats())
    def collect(_: float) -> None:
        found.update(providers._get_local_constants().floats)

    collect()
    return found


def test_what_is_written_in_other_modules_is_not_mixed_in(somebodys: ModuleType) -> None:
    before = providers._get_local_constants

    assert NUMBER in mixed_in_tests_of_a_user()
    assert mixed_in_here() == set()
    assert NUMBER in mixed_in_tests_of_a_user()
    assert providers._get_local_constants is before


def test_the_same_seed_draws_the_same_whatever_was_imported(
    somebodys: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_it = drawn_here(500)
    monkeypatch.delitem(sys.modules, "somebodys")

    assert [repr(one) for one in drawn_here(500)] == [repr(one) for one in with_it]


_DRAW = """
from hypothesis import strategies as st
from leadproof.generate.examples import explore
explore(st.characters(codec="utf-8"), lambda value: True, seed=1, examples=5)
"""


@pytest.mark.parametrize("named", [False, True])
def test_tables_are_kept_at_home_or_where_it_was_said(named: bool, tmp_path: Path) -> None:
    here, cache, said = tmp_path / "here", tmp_path / "cache", tmp_path / "said"
    here.mkdir()
    environment = {**os.environ, "XDG_CACHE_HOME": str(cache)}
    environment.pop("HYPOTHESIS_STORAGE_DIRECTORY", None)
    if named:
        environment["HYPOTHESIS_STORAGE_DIRECTORY"] = str(said)

    subprocess.run([sys.executable, "-c", _DRAW], cwd=here, env=environment, check=True)

    assert list(here.iterdir()) == []
    assert (said / "unicode_data").is_dir() == named
    assert (cache / "leadproof" / "hypothesis" / "unicode_data").is_dir() != named


# ---- interruptions ---------------------------------------------------------------------------------------------------


def raises() -> bool:
    signal.raise_signal(signal.SIGTERM)
    return True


#: Where a signal comes: while Hypothesis looks at a strategy, draws, makes a value of what was drawn; in the test.
PLACES: dict[str, tuple[Callable[[], st.SearchStrategy[int]], Callable[[int], bool]]] = {
    "looking": (lambda: st.deferred(lambda: st.just(int(raises()))), lambda _: True),
    "drawing": (lambda: st.integers().flatmap(lambda number: st.just(number + raises())), lambda _: True),
    "making": (lambda: st.builds(lambda number: number + raises(), st.integers()), lambda _: True),
    "testing": (st.integers, lambda _: raises()),
    "smaller": (st.integers, lambda number: not (number and raises())),
}


@pytest.mark.parametrize("place", PLACES)
def test_an_interruption_stays_one_wherever_it_comes(place: str) -> None:
    strategy, test = PLACES[place]

    with like_ctrl_c(time.monotonic), pytest.raises(Terminated, match="SIGTERM"):
        explore(strategy(), test, seed=1, examples=20)


def test_an_interruption_stays_one_before_anything_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    # Hypothesis names a test by its source, and what it says when that is stopped is that its runner is missing.
    monkeypatch.setattr("inspect.getsource", lambda _: raises())

    with like_ctrl_c(time.monotonic), pytest.raises(Terminated, match="SIGTERM"):
        explore(st.integers(), lambda _: True, seed=1, examples=20)
