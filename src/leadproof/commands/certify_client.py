"""What `leadproof certify-client` does: situations are played side by side, and taken in in their order."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from leadproof.contract.profile import Profile
from leadproof.core.errors import UsageError
from leadproof.core.futures import each_done
from leadproof.core.signals import held
from leadproof.core.text import count, one_line
from leadproof.redact import Redactor
from leadproof.runs.ledger import Ledger
from leadproof.suite.client.deciding import SituationResult, decide, judgements
from leadproof.suite.client.driving import Driver, drive
from leadproof.suite.client.situations import Situation
from leadproof.suite.client.stage import Stage

#: Situations that are played side by side where nobody says otherwise: most of the time is waited.
JOBS = 8

#: Plays a situation, and gives what it came to; None where everything is to end.
Play = Callable[[Situation, Callable[[], bool]], SituationResult | None]


def driven(driver: Driver, profile: Profile, seed: int) -> Play:
    """Plays a situation to a client that is started for it.

    Args:
        driver: How the client is started.
        profile: What the mocks respond by.
        seed: Of the leads and of the mocks.
    """

    def play(situation: Situation, stopped: Callable[[], bool]) -> SituationResult | None:
        if stopped():
            return None
        with (
            tempfile.TemporaryDirectory(prefix="leadproof-client-") as folder,
            Stage(situation, profile, seed=seed) as stage,
        ):
            try:
                played = drive(driver, stage, Path(folder), stopped)
            except OSError as error:
                raise UsageError(
                    f"the client cannot be started: {driver.command[0]}: {error.strerror}",
                    hint="name a program behind --, such as: leadproof certify-client -- ./send-lead {lead.json}",
                ) from None
        return None if stopped() else decide(situation, played)

    return play


def play_all(
    situations: Sequence[Situation],
    play: Play,
    jobs: int,
    done: Callable[[SituationResult], None] = lambda result: None,
) -> Iterator[SituationResult]:
    """The results of situations, in their order; those that wait longest begin first. On Ctrl-C all clients are ended.

    Args:
        situations: What is played.
        play: Plays one.
        jobs: How many at the same time.
        done: Called with each result as it comes, in any order.
    """
    over = threading.Event()

    def one(situation: Situation) -> SituationResult | None:
        result = play(situation, over.is_set)
        if result is not None:
            done(result)
        return result

    with ThreadPoolExecutor(max(1, jobs)) as pool:
        try:
            begun: dict[str, Future[SituationResult | None]] = {}
            with held():
                for situation in sorted(situations, key=lambda one: -one.text.slow):
                    begun[situation.id] = pool.submit(one, situation)
            for situation in situations:
                for future in each_done([begun[situation.id]]):
                    if (result := future.result()) is not None:
                        yield result
        except BaseException:
            over.set()
            pool.shutdown(wait=True, cancel_futures=True)
            raise


def printed(result: SituationResult, redactor: Redactor) -> str:
    """The last line that a client printed which sent no request, redacted; "" where there is none."""
    if result.played.calls or result.played.unable:
        return ""
    for lead in result.played.task.leads:
        for name, value in lead.fields.items():  # what it may have printed is known from then on
            redactor.value(name, value)
    lines = [line for line in result.played.printed.splitlines() if line.strip()]
    return one_line(redactor.text(lines[-1]), 160) if lines else ""


def take_in(
    ledger: Ledger, results: Iterable[SituationResult], told: Callable[[SituationResult], None] = lambda result: None
) -> list[SituationResult]:
    """Takes results in; Ctrl-C keeps those that there are.

    Args:
        ledger: Of the run.
        results: In the order of the situations.
        told: Called with each, as it is taken in.
    """
    taken: list[SituationResult] = []
    try:
        for result in results:
            if result.result == "untested":
                last = printed(result, ledger.redactor)
                ledger.note(
                    "reasons", {result.situation.id: f"{result.reason}{f'; it printed: {last}' if last else ''}"}
                )
            for exchange, judgement in judgements(result):
                ledger.add_judged(exchange, judgement)
            taken.append(result)
            told(result)
    except KeyboardInterrupt as error:
        ledger.interrupt(error)
    silent = [result for result in taken if not result.played.calls]
    if taken and len(silent) == len(taken):
        last = next(filter(None, (printed(result, ledger.redactor) for result in silent)), "")
        said = f"; it printed: {last}" if last else ""
        ledger.note("gap", f"the client sent no request in {count(len(taken), 'situation')}{said}")
    return taken
