"""How Hypothesis is set up for everything that is generated here: its settings, its home, and what it may draw from."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from leadproof.core import cache as saved
from leadproof.core import signals


def settings(examples: int, steps: int = 50) -> Any:
    """Hypothesis' settings for everything that is generated here."""
    import hypothesis

    return hypothesis.settings(
        max_examples=examples,
        stateful_step_count=steps,
        database=None,  # what was generated holds leads, and a cache would keep them in clear
        deadline=None,
        derandomize=False,
        suppress_health_check=list(hypothesis.HealthCheck),
        phases=(hypothesis.Phase.generate, hypothesis.Phase.shrink),
        report_multiple_bugs=False,
        print_blob=False,
        verbosity=hypothesis.Verbosity.quiet,
    )


@contextmanager
def drawing() -> Iterator[None]:
    """While Hypothesis draws here, it draws from nothing but the seed, and keeps its tables at home.

    Raises:
        KeyboardInterrupt: The run was interrupted, whatever Hypothesis makes of it: stopped before its first example,
            it finds an assertion of its own broken.
    """
    _settle()
    try:
        with _of_the_seed_alone():
            yield
    except BaseException as error:
        if (came := signals.interruption(error)) is not None:
            raise came from None
        raise


@contextmanager
def _of_the_seed_alone() -> Iterator[None]:
    """Hypothesis mixes in what it finds written in modules outside of site-packages: for one seed a checkout would send
    other requests than an installed package, and after each change of a source other ones. There is no setting for it.
    """
    from hypothesis.internal.conjecture import providers

    found = getattr(providers, "_get_local_constants", None)
    if found is None:
        yield
        return
    nothing = type(providers._local_constants)()
    providers._get_local_constants = lambda: nothing
    _forget_choices()
    try:
        yield
    finally:
        providers._get_local_constants = found
        _forget_choices()


def _forget_choices() -> None:
    """What the tests of a user, in the same process, may draw is not what is drawn from here, nor the reverse."""
    from hypothesis.internal.conjecture import providers

    if len(providers._local_constants):
        providers.CONSTANTS_CACHE.cache.clear()


@cache
def _settle() -> None:
    """Gives Hypothesis a home: its tables of Unicode take a second to make, and would lie where somebody stands."""
    from hypothesis import configuration

    # In a run of pytest, the home is that of the user's own tests.
    if "_hypothesis_pytestplugin" not in sys.modules and not os.environ.get("HYPOTHESIS_STORAGE_DIRECTORY"):
        configuration.set_hypothesis_home_dir(saved.folder() / "hypothesis")
