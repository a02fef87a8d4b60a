"""A part of a file judged on a worker of a cluster: what runs there, and what has to be the same there as here."""

from __future__ import annotations

import pickle
import threading
import zlib
from collections.abc import Callable
from functools import cache, lru_cache
from typing import NamedTuple

import leadproof
from leadproof.captures.judging import PartFacts
from leadproof.captures.model import FilePart
from leadproof.core.errors import UsageError

#: What a task does with a part of a file: how many exchanges are kept so far comes with it, and what tells it to end.
TaskWork = Callable[[FilePart, int, Callable[[], bool]], list[PartFacts]]


class TaskResult(NamedTuple):
    """What comes of a task."""

    pieces: tuple[PartFacts, ...] = ()
    #: What a worker could not do at all.
    error: Exception | None = None


#: The judge is made for one thread, and the threads of a worker share its process.
_one_at_a_time = threading.Lock()


def version() -> str:
    """What has to be the same here and on each worker, so that both judge alike."""
    return f"leadproof {leadproof.__version__}, specification {_specs()}"


@cache
def _specs() -> str:
    from leadproof.runs.evidence.run import spec_hashes

    return f"{zlib.crc32(repr(sorted(spec_hashes().items())).encode()):08x}"


def run_task(work: bytes, part: FilePart, kept: int, expected: str) -> TaskResult:
    """Judges a part of a file; raises nothing, for Dask would write the arguments of a task that failed to a log.

    Args:
        work: A packed `TaskWork`.
        part: What it is done with.
        kept: Exchanges that were kept when it was sent.
        expected: `version` of who sent it.
    """
    try:
        if version() != expected:
            return TaskResult((), differs(version(), expected))
        with _one_at_a_time:
            return TaskResult(tuple(_unpacked(work)(part, kept, _cancelled())))
    except Exception as error:
        return TaskResult((), error)


@lru_cache(maxsize=1)
def _unpacked(work: bytes) -> TaskWork:
    """The work of a run, which all of its tasks share: what a judge has learnt makes it faster, and no difference."""
    made: TaskWork = pickle.loads(zlib.decompress(work))
    return made


def _cancelled() -> Callable[[], bool]:
    """Tells whether nobody wants the result of this task any more."""
    from distributed import get_worker

    try:
        worker = get_worker()
    except ValueError:  # not on a worker
        return lambda: False
    key, tasks = worker.get_current_task(), worker.state.tasks
    return lambda: (task := tasks.get(key)) is None or task.state == "cancelled"


def differs(there: str, here: str) -> UsageError:
    """What is said of a worker whose `version` is another one."""
    return UsageError(
        f"a worker has {there}, and here is {here}", hint="install the same leadproof on all machines of the cluster"
    )


def absent(error: ModuleNotFoundError) -> UsageError:
    """What is said of a worker that cannot import what it needs."""
    return UsageError(
        f"a worker has no {error.name or 'leadproof'}",
        hint=f"install {leadproof.__name__} {leadproof.__version__} on all machines of the cluster",
    )
