"""A situation in a user's own test: what the fixture `leadproof_situation` gives."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from leadproof.contract.profile import Profile
from leadproof.core.exchange import Exchange
from leadproof.redact import Redactor
from leadproof.runs.excerpts import excerpts
from leadproof.suite.client.deciding import SituationResult, decide
from leadproof.suite.client.played import Ended
from leadproof.suite.client.situations import Situation
from leadproof.suite.client.stage import Stage


class SituationFailed(AssertionError):
    """A client did what a right client would not have done; the message shows the exchange."""

    def __init__(self, message: str, result: SituationResult) -> None:
        super().__init__(message)
        self.result = result


class SituationUntested(Exception):
    """Nothing could be decided; the message says why."""


class StagedSituation:
    """A situation that is being played."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._verified = False
        #: What the client is asked to do, as `certify-client` writes it for a driver.
        self.task: dict[str, Any] = stage.task.document()
        #: Base URL of the receiver: what stands before /v2.
        self.url = stage.url
        self.api_key = stage.task.api_key

    @property
    def id(self) -> str:
        """The id of the situation."""
        return self._stage.situation.id

    @property
    def leads(self) -> list[dict[str, Any]]:
        """The leads that are to be sold: reference, fields, and the names of those that belong into a ping."""
        found: list[dict[str, Any]] = self.task["leads"]
        return found

    @property
    def exchanges(self) -> list[Exchange]:
        """What went to and fro until now."""
        return [call.exchange for call in self._stage.played().calls]

    def advance(self, seconds: float) -> None:
        """Moves the receiver's time forward: orders expire."""
        self._stage.mock.world.clock.advance(seconds)

    def verify(self, accepted: bool | None = None) -> SituationResult:
        """Ends the situation, and holds what the client did against what a right client does.

        Args:
            accepted: Does the client believe that every lead was accepted? None where it does not say.

        Raises:
            SituationFailed: It did what a right client would not have done.
            SituationUntested: Nothing could be decided.
        """
        self._verified = True
        result = decide(self._stage.situation, self._stage.played(ended=Ended.EXITED, believed=accepted))
        if result.result == "untested":
            raise SituationUntested(f"{self.id}: {result.reason}")
        if result.wrongs:
            raise SituationFailed(message(result, self._stage.profile), result)
        return result

    @property
    def verified(self) -> bool:
        """Was it verified?"""
        return self._verified


def message(result: SituationResult, profile: Profile) -> str:
    """What a failure says: situation, what was wrong, the exchange, and what to do. Redacted.

    Args:
        result: Failed.
        profile: What its leads look like.
    """
    situation, redactor = result.situation, Redactor.of(profile, result.played.task.api_key)
    lines = [f"situation {situation.id}: {situation.text.happens}", f"  right      {situation.clause.text}"]
    for wrong in result.wrongs:
        lines.append(f"  wrong      {redactor.text(wrong.message)}")
        if wrong.expected or wrong.actual:
            lines.append(f"  expected   {redactor.text(wrong.expected)}")
            lines.append(f"  actual     {redactor.text(wrong.actual)}")
    shown = next((wrong.call for wrong in result.wrongs if wrong.call is not None), None)
    if shown is not None:
        for name, text in excerpts(redactor, shown.exchange).items():
            lines += [f"  {name}", *(f"    {line}" for line in text.splitlines())]
    return "\n".join([*lines, f"  advice     {situation.text.advice}"])


@contextmanager
def staged(situation: Situation, profile: Profile, seed: int = 0) -> Iterator[StagedSituation]:
    """Plays a situation for as long as the context lasts."""
    with Stage(situation, profile, seed=seed) as stage:
        yield StagedSituation(stage)
