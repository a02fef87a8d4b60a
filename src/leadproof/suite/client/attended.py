"""A client that runs already: situation after situation is played at one address, and it is said what is waited for.

A situation ends when the client has been quiet for a while. What the client believes is not asked, and its leads are
its own. A lead whose reference has the id of a situation in it, as `leadproof-ping-declined-1`, chooses that one.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from leadproof.contract.profile import Profile
from leadproof.core.exchange import Request
from leadproof.mock.server import running
from leadproof.suite.client.deciding import SituationResult, decide
from leadproof.suite.client.situations import Situation
from leadproof.suite.client.stage import Door, Stage

#: Seconds without a request after which a situation is over.
QUIET = 3.0

_LOOK = 0.05

_NAMED = re.compile(rb"leadproof-([a-z0-9-]+?)-\d+\b")

#: Told which situation is played, as which of how many, at which address.
Announce = Callable[[Situation, int, int, str], None]


class Attendance:
    """Plays situations to a client that runs already.

    Args:
        situations: In the order in which they are played.
        profile: What the mock responds by.
        announce: Told what is waited for.
        seen: Told of each request.
        seed: Of the mock.
        quiet: Seconds without a request after which a situation is over.
        patience: Seconds that a first request is waited for; None for ever.
    """

    def __init__(
        self,
        situations: Sequence[Situation],
        profile: Profile,
        announce: Announce,
        seen: Callable[[str], None],
        *,
        seed: int = 0,
        quiet: float = QUIET,
        patience: float | None = None,
    ) -> None:
        self._waiting = {situation.id: situation for situation in situations}
        self._number = len(situations)
        self._profile = profile
        self._announce, self._seen = announce, seen
        self._seed, self._quiet, self._patience = seed, quiet, patience
        self._wanted: list[Situation] = []
        self._switch = threading.Event()
        self._switched = threading.Event()
        #: Set to go on to the next situation.
        self.skip = threading.Event()

    @contextmanager
    def open(self, host: str, port: int) -> Iterator[Door]:
        """Listens.

        Raises:
            ServerError: The address cannot be had.
        """
        door = Door(self._profile)
        with running(door, port, host, fault=door.play) as served:
            door.url = served.url
            yield door

    def results(self, door: Door) -> Iterator[SituationResult]:
        """What each situation came to, as it ends."""
        door.choose = lambda request: self._choose(door, request)
        while self._waiting:
            situation = self._wanted.pop() if self._wanted else next(iter(self._waiting.values()))
            del self._waiting[situation.id]
            with Stage(situation, self._profile, seed=self._seed, tell=self._seen, at=door) as stage:
                self._announce(situation, self._number - len(self._waiting), self._number, door.url)
                self._switched.set()  # after it, or the request that asked for the situation is told before it
                self._wait(stage)
                door.leave(last=not self._waiting and not self._wanted)
                result = decide(situation, stage.played())
            if self._wanted and not stage.requests:  # passed over for another, and played later
                self._waiting[situation.id] = situation
                continue
            yield result

    def _wait(self, stage: Stage) -> None:
        pause = threading.Event()
        while not self._switch.is_set() and not self.skip.is_set():
            quiet = self._quiet + stage.situation.text.slow
            if stage.requests and stage.idle > quiet:
                break
            if not stage.requests and self._patience is not None and stage.idle > self._patience:
                break
            pause.wait(_LOOK)
        self._switch.clear()
        self.skip.clear()

    def _choose(self, door: Door, request: Request) -> None:
        """In the server's thread: a lead may say which situation it is for."""
        found = _NAMED.search(request.body)
        named = self._waiting.get(found[1].decode()) if found else None
        if named is None or (door.stage is not None and door.stage.situation.id == named.id):
            return
        self._wanted = [named]
        self._switched.clear()
        self._switch.set()
        self._switched.wait(5)
