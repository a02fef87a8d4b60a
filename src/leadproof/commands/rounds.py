"""Rounds in processes: after the suite, generated requests against mocks of their own, until there are enough.

Each process takes the next number, makes that round against a mock as good as new, and leaves a run directory; they are
taken over in the order of their numbers. So the report is the same whatever the number of processes, and a round whose
process was lost is made again.
"""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from multiprocessing import connection
from pathlib import Path
from typing import Any

from leadproof.contract import specs
from leadproof.contract.profile import Profile
from leadproof.core.gc import tune_gc
from leadproof.core.signals import ENDING, handle, held
from leadproof.core.target import Target
from leadproof.generate.leads import LeadMaker
from leadproof.http.client import Client
from leadproof.http.mock_target import mock_credentials
from leadproof.judge import Judge
from leadproof.mock import Mock
from leadproof.mock.server import new_token, running
from leadproof.redact import Redactor
from leadproof.runs.evidence import Run
from leadproof.runs.evidence.results import read_rows
from leadproof.runs.ledger import KeepPolicy, Ledger
from leadproof.runs.merging import carried
from leadproof.suite.rounds import ROUND, run_round
from leadproof.suite.session import BudgetSpent, Session
from leadproof.suite.story import CaseContext

#: The command of the run directories that rounds leave, and the file that says that one is whole.
_COMMAND, _WHOLE = "round", "whole"
#: Exchanges of a round that are kept, and as many again of those with findings: to redact and write one costs as much
#: as to send it, and of 15,000 nobody reads all. Those of the suite are all kept.
KEPT = 50
#: The folder of the last round where it is smaller.
_REST = "rest"

#: Seconds between two looks at how far the other processes are.
_LOOK = 0.25


@dataclass(frozen=True, slots=True)
class RoundSetting:
    """What a round needs to know; it goes to other processes."""

    #: What requests are made by, and what the mock goes by.
    profile: Profile
    of_mock: Profile
    #: Reading id -> choice.
    choices: dict[str, str]
    fail_on: str
    seed: int
    #: Seconds for one exchange.
    timeout: float


class _Shared:
    """What the processes share: no lock, for one that is killed would leave it locked."""

    def __init__(self, context: Any, jobs: int, folder: Path) -> None:
        #: The number of the last round that is wanted.
        self.last = context.Value("q", 0, lock=False)
        #: Exchanges that each process has made so far; each has a place of its own, so none waits for another.
        self.made = context.Array("q", jobs, lock=False)
        self._folder = folder
        #: The first round that this process has not asked for.
        self._next = 1

    def claim(self) -> int:
        """The number of a round that nobody makes; 0 where none is wanted. Who makes its file first makes the round."""
        while (number := self._next) <= self.last.value:
            self._next += 1
            with suppress(FileExistsError):
                (self._folder / f"{number}.claimed").touch(exist_ok=False)
                return number
        return 0


@dataclass(slots=True)
class Rounds:
    """The rounds of one run."""

    setting: RoundSetting
    #: Exchanges of all of it, those of the suite before included.
    total: int
    folder: Path
    on_exchange: Callable[[int], None]
    _shared: _Shared
    _workers: list[Any] = field(default_factory=list)
    #: The round that is taken over next.
    _turn: int = 1

    def go_on(self, ledger: Ledger, run: Run, before: int) -> None:
        """Makes what is missing, together with the other processes, and takes it over.

        Args:
            ledger: Takes in what the rounds came to.
            run: Takes over what they kept.
            before: Exchanges that the suite has made.

        Raises:
            KeyboardInterrupt: Ctrl-C; what was made until then can be taken over by `settle`.
            LeadproofError: What a run raises.
        """
        whole, rest = divmod(max(0, self.total - before), ROUND)
        self._shared.last.value = whole
        while number := self._shared.claim():
            self._make(number, ROUND, self.folder / f"{number}")
            while (self.folder / f"{self._turn}" / _WHOLE).exists() and self._turn <= whole:
                self._take_over(self.folder / f"{self._turn}", ledger, run)
        if rest:  # while the others end theirs; one of them may have made it as a whole one, which is not wanted
            self._make(whole + 1, rest, self.folder / _REST)
        while alive := [worker.sentinel for worker in self._workers if worker.is_alive()]:
            connection.wait(alive, _LOOK)
            self._tell()
        for number in range(self._turn, whole + 1):
            if not (self.folder / f"{number}" / _WHOLE).exists():  # its process was lost
                shutil.rmtree(self.folder / f"{number}", ignore_errors=True)
                self._make(number, ROUND, self.folder / f"{number}")
        self.settle(ledger, run, before)

    def settle(self, ledger: Ledger, run: Run, before: int) -> None:
        """Ends the other processes, and takes over what is there; what was taken over already is not there any more."""
        self.stop()
        for number in range(self._turn, max(0, self.total - before) // ROUND + 1):
            self._take_over(self.folder / f"{number}", ledger, run)
        self._take_over(self.folder / _REST, ledger, run)

    def stop(self) -> None:
        """Ends the other processes, after the exchange that each is at."""
        self._shared.last.value = 0
        for worker in self._workers:
            worker.join()

    def _make(self, number: int, size: int, folder: Path) -> None:
        make_round(self.setting, number, size, folder, self._count)

    def _count(self) -> None:
        self._shared.made[0] += 1
        self._tell()

    def _tell(self) -> None:
        self.on_exchange(sum(self._shared.made))

    def _take_over(self, folder: Path, ledger: Ledger, run: Run) -> None:
        for kept in sorted(folder.glob("*Z-*")):
            offset = run.take_over(kept)
            for row in read_rows(kept):
                for moved in carried(row, offset):
                    ledger.append(moved)
        shutil.rmtree(folder, ignore_errors=True)
        self._turn += 1


@contextmanager
def rounds(setting: RoundSetting, total: int, jobs: int, on_exchange: Callable[[int], None]) -> Iterator[Rounds]:
    """Begins with the rounds: all processes but this one do so at once, while this one still has the suite to run.

    Args:
        setting: What a round needs to know.
        total: Exchanges of the run, those of the suite included.
        jobs: Processes, this one included.
        on_exchange: Told now and then how many exchanges the rounds have made.
    """
    # A fork would take over locks that threads of this process hold.
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory(prefix="leadproof-rounds-") as name:
        shared = _Shared(context, jobs, Path(name))
        made = Rounds(setting, total, Path(name), on_exchange, shared)
        shared.last.value = total // ROUND if jobs > 1 else 0
        try:
            for place in range(1, jobs):
                arguments = (setting, made.folder, shared, place)
                made._workers.append(context.Process(target=_serve, args=arguments, daemon=True))
                with held():
                    made._workers[-1].start()
            yield made
        finally:
            made.stop()


def make_round(setting: RoundSetting, number: int, size: int, folder: Path, on_exchange: Callable[[], None]) -> None:
    """Makes one round against a mock of its own, and leaves its run directory in a folder."""
    profile = setting.profile
    mock = Mock(setting.of_mock, clock=time.time, seed=setting.seed, token=new_token())
    with running(mock) as served:
        target = Target(served.url, *mock_credentials(profile), timeout=setting.timeout)
        redactor = Redactor.of(profile, *target.secrets)
        facts = {"choices": dict(setting.choices), "fail_on": setting.fail_on}
        with (
            Client(target) as client,
            Run.open(folder, _COMMAND, redactor=redactor, seed=setting.seed, facts=facts) as run,
        ):
            ledger = Ledger(
                Judge(specs.load(setting.choices), profile), redactor, setting.fail_on, evidence=run,
                keep=KeepPolicy(KEPT), progress=lambda *_: on_exchange(),
            )  # fmt: skip
            story = CaseContext(
                Session(client, ledger, budget=size), LeadMaker(profile, setting.seed), seed=setting.seed
            )
            try:
                run_round(story, number, size)
            finally:
                ledger.flush()
    (folder / _WHOLE).touch()


def go_on_here(story: CaseContext, most: int) -> None:
    """Rounds against the target of a run, in this process and with what it remembers, until so many requests were sent.

    Args:
        story: The run.
        most: Requests of the run, those of the suite included.

    Raises:
        GaveUp: Nobody responds any more.
    """
    client, ledger = story.session.client, story.session.ledger
    number, sent = 1, -1
    while client.sent < most and client.sent != sent:
        sent = client.sent
        size = min(ROUND, most - sent)
        run_round(replace(story, session=Session(client, ledger, budget=sent + size)), number, size)
        number += 1


# ---- in a process of its own -----------------------------------------------------------------------------------------


class _Over(BudgetSpent):
    """No more rounds are wanted, nor the one that is being made."""


def _serve(setting: RoundSetting, folder: Path, shared: _Shared, place: int) -> None:
    """What a worker does. Signals are its parent's business; without its parent it ends at once.

    What goes wrong is not said here: the parent makes the round again, and meets it.
    """
    handle(dict.fromkeys(ENDING, signal.SIG_IGN))
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_ends_with, args=(parent.sentinel,), daemon=True).start()
    tune_gc()
    with suppress(Exception):
        while turn := shared.claim():

            def count(turn: int = turn) -> None:
                shared.made[place] += 1
                if turn > shared.last.value:
                    raise _Over

            make_round(setting, turn, ROUND, folder / f"{turn}", count)


def _ends_with(sentinel: int) -> None:
    connection.wait([sentinel])
    os._exit(1)
