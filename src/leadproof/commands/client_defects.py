"""The measure of the situations: clients with one mistake each, and whether the situation that owns it notices."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, NamedTuple

from leadproof.commands.certify_client import JOBS
from leadproof.contract.profile import Profile
from leadproof.core.errors import UsageError
from leadproof.core.futures import each_done
from leadproof.core.signals import held
from leadproof.suite.client.inside import example, play
from leadproof.suite.client.mutants import MUTANTS
from leadproof.suite.client.situations import every


class MutantResult(NamedTuple):
    """What became of a client with one mistake."""

    id: str
    #: The situation that has to notice.
    owner: str
    #: What is wrong with the client.
    words: str
    killed: bool
    #: What the situation said: the first thing that a right client would not have done, or why it did not decide.
    noticed: str

    def row(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "id": self.id,
            "owner": self.owner,
            "mistake": self.words,
            "killed": self.killed,
            "noticed": self.noticed,
        }


def chosen(ids: Collection[str], sample: int = 0, seed: int = 0) -> list[str]:
    """The ids of mutants that are asked for.

    Raises:
        UsageError: There is no such mutant.
    """
    import difflib
    import random

    for name in ids:
        if name not in MUTANTS:
            near = difflib.get_close_matches(name, MUTANTS, 3)
            hint = f"did you mean {', '.join(near)}?" if near else "leadproof defects --client lists them all"
            raise UsageError(f"there is no client with the mistake {name!r}", hint=hint)
    found = [name for name in MUTANTS if not ids or name in ids]
    if sample and sample < len(found):
        drawn = set(random.Random(seed).sample(found, sample))
        found = [name for name in found if name in drawn]
    return found


def run(ids: Collection[str], profile: Profile, *, seed: int = 0, jobs: int = JOBS) -> Iterator[MutantResult]:
    """Plays to each client with a mistake the situation that owns it; in any order.

    Args:
        ids: Of mutants.
        profile: What the mocks respond by.
        seed: Of the leads and of the mocks.
        jobs: How many at the same time; most of the time is waited.
    """
    ordered = sorted(ids, key=lambda name: -every()[MUTANTS[name].owner].text.slow)
    with ThreadPoolExecutor(max(1, jobs)) as pool:
        futures: list[Future[MutantResult]] = []
        try:
            with held():
                futures += [pool.submit(_one, name, profile, seed) for name in ordered]
            for future in each_done(futures):
                yield future.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _one(name: str, profile: Profile, seed: int) -> MutantResult:
    mutant = MUTANTS[name]
    result = play(every()[mutant.owner], profile, example(mutant.media, mutant.kind), seed=seed)
    noticed = result.wrongs[0].message if result.wrongs else result.reason
    return MutantResult(name, mutant.owner, mutant.words, result.result == "failed", noticed)
