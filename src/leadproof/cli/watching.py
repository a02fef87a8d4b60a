"""How far the cases of the contract suite are, and what comes after them, as `test` and `certify` show it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace

from leadproof.cli.display import Display
from leadproof.core.progress import Standing, counted, share
from leadproof.suite import Case, CaseResult
from leadproof.suite.running import SHARES

#: What the load probe takes of the time, where the topics of the suite take their `SHARES`.
PROBE = 8.0


class Watch:
    """Is told what happens in a run, and shows how far it is.

    Args:
        display: Shows it.
        budget: Requests that may be sent; 0 for any number.
        aimed: Is the budget what the run goes on to, and no limit that it may not need?
        clock: Seconds.
    """

    def __init__(
        self, display: Display, budget: int = 0, *, aimed: bool = False, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.display = display
        self._budget, self._aimed = budget, aimed
        self._clock, self._began = clock, clock()
        self._rounds = 0
        self._weights: dict[str, float] = {}
        self._total = self._done = 0.0
        self._cases = self._ended = self._sent = 0
        self._words = "the first request"

    def begin(self, rows: Iterable[tuple[str, Case]], *, probe: bool = False) -> None:
        """Says what is going to be run: these cases, and perhaps a load probe after them."""
        cases = Counter(topic for topic, _ in rows)
        # Cases differ in what they cost, and the topics have shares of the time already.
        self._weights = {topic: SHARES.get(topic, 1) / number for topic, number in cases.items()}
        self._cases = cases.total()
        self._total = sum(SHARES.get(topic, 1) for topic in cases) + (PROBE if probe else 0.0)
        self._done, self._ended = 0.0, 0
        self._show()

    def told(self, topic: str, case: Case) -> None:
        """A case begins."""
        self._words = f"{topic}: {case.name}"
        self._show()

    def done(self, outcome: CaseResult) -> None:
        """A case is over, or was left out."""
        self._ended += 1
        self._done += self._weights.get(outcome.topic, 0.0)
        self._show()

    def sent(self, *_: object) -> None:
        """A request was sent, and its response judged."""
        self._sent += 1
        if self._budget:
            self._show()

    def rounds(self, made: int) -> None:
        """Generated requests go on after the cases; so many exchanges of them were made, in all processes."""
        self._rounds = made
        per_second = (self._sent + made) / max(self._clock() - self._began, 1e-9)
        self._words = f"generated requests, {per_second:,.0f} exchanges/s"
        self._show()

    def probing(self) -> Callable[[Standing], None]:
        """The load probe begins: what is told how far it is."""
        # What is measured now is latency.
        self.display.without_thread()
        before = whole = self._share()

        def show(probe: Standing) -> None:
            nonlocal whole
            # After the load it looks up leads, and counts anew.
            whole = max(whole, before + (1 - before) * (probe.share or 0.0))
            self.display.show(replace(probe, words=f"load probe: {probe.words}", share=whole))

        show(Standing("starting"))
        return show

    def _share(self) -> float:
        """How much of the run is done: it ends with the cases or with the budget, whichever comes first."""
        spent = share(self._sent + self._rounds, self._budget) if self._budget else 0.0
        if self._aimed:
            return spent
        return max(share(self._done, self._total), spent) if self._total else spent

    def _show(self) -> None:
        standing = counted(self._words, self._ended, self._cases, "cases")
        if self._budget:
            sent = min(self._sent + self._rounds, self._budget)
            requests = counted("", sent, self._budget, "exchanges" if self._aimed else "requests")
            standing = replace(standing, count=f"{standing.count.removesuffix(' cases')}, {requests.count}")
        self.display.show(replace(standing, share=self._share()))
