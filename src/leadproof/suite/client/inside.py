"""A client in this process, for one situation: a function that is given the task and says what it believes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from leadproof.contract.profile import Profile
from leadproof.suite.client.deciding import SituationResult, decide
from leadproof.suite.client.example import LeadClient, NotTaken, TaskRefused, Unknown, believes, client_of, do
from leadproof.suite.client.played import Ended
from leadproof.suite.client.situations import Situation
from leadproof.suite.client.stage import Stage

#: Does a task; were all leads accepted? Raises TaskRefused where it cannot do it.
Does = Callable[[Mapping[str, Any]], bool]


def play(situation: Situation, profile: Profile, does: Does, *, seed: int = 0) -> SituationResult:
    """Plays a situation to a client that is a function.

    Args:
        situation: What is played.
        profile: What the mock responds by.
        does: The client.
        seed: Of the leads and of the mock.
    """
    with Stage(situation, profile, seed=seed) as stage:
        unable, believed = False, None
        try:
            believed = does(stage.task.document())
        except TaskRefused:
            unable = True
        return decide(situation, stage.played(ended=Ended.EXITED, believed=believed, unable=unable))


def example(media: str = "json", kind: type[LeadClient] = LeadClient) -> Does:
    """The right client, or one that has a mistake.

    Args:
        media: The representation that it speaks.
        kind: Its class.
    """

    def does(task: Mapping[str, Any]) -> bool:
        client = client_of(task, media, kind)
        try:
            return believes(do(task, client)) is True
        except (NotTaken, Unknown):
            return False
        finally:
            client.http.close()

    return does
