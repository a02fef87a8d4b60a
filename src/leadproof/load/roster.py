"""What a master knows of the workers of one run: who is ready, who was heard of when, who is lost. Pure.

The time comes in, in seconds of a steady clock; the clocks of other machines are never asked.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

#: Seconds of silence between a master and a worker after which each gives the other up: what was lost in a cut of five
#: seconds TCP sends again after 6.2.
SILENCE = 8.0

#: Seconds that the last frames of a worker may take that has said that it leaves.
LEAVING = 2.0

#: Seconds that workers may take to make their requests ahead.
PREPARING = 60.0

#: Seconds by which a worker may begin after the others; beyond that the rate was not the one that was asked for.
BEHIND = 1.0

#: What the master alone needs of a frame.
_OURS = ("run", "number", "elapsed", "stopped")


@dataclass(slots=True)
class RosterEntry:
    """One worker of a run."""

    #: When it was last heard of, and until when it is not missed.
    heard: float
    until: float
    #: The number of the last frame that was taken.
    taken: int = 0
    ready: bool = False
    done: bool = False
    #: Why it did not do its part; "" if it did, or still works.
    lost: str = ""
    #: Seconds by which it began after the word to begin, at most: the least of what its frames show.
    behind: float = math.inf


class Roster:
    """The workers of one run."""

    def __init__(self, run: str, names: Iterable[str], now: float) -> None:
        self.run = run
        self.members = {name: RosterEntry(now, now + PREPARING) for name in names}
        #: When the schedule begins; None until the word was given.
        self.begin: float | None = None

    @property
    def left(self) -> list[str]:
        """Those that have still something to do."""
        return [name for name, one in self.members.items() if not (one.done or one.lost)]

    def begins(self, now: float, ahead: float) -> list[str]:
        """Whom to give the word to begin: once, when all that are left are ready; nobody otherwise."""
        left = self.left
        if self.begin is not None or not left or not all(self.members[name].ready for name in left):
            return []
        self.begin = now + ahead
        for name in left:
            self.members[name].until = self.begin + SILENCE
        return left

    def take(self, name: str, message: Mapping[str, Any], now: float, *, told: bool = False) -> dict[str, Any] | None:
        """What of a worker's message is to be counted; None of one that was, of another run, or of a lost worker.

        Args:
            name: The worker.
            message: A frame as `Outbox` sends it.
            now: When it came.
            told: Were the workers told to stop?
        """
        member = self.members.get(name)
        if member is None or member.lost or message.get("run") != self.run:
            return None
        if message.get("number") != member.taken + 1:  # it was taken before, or one before it is on its way again
            return None
        member.taken, member.heard = member.taken + 1, now
        frame = {key: value for key, value in message.items() if key not in _OURS}
        if frame.pop("ready", False):
            member.ready = True
            return None
        member.until = now + SILENCE
        if self.begin is not None and "elapsed" in message:
            member.behind = min(member.behind, now - self.begin - message["elapsed"])
        if frame.get("done"):
            member.done = True
            if message.get("stopped") and not told:
                frame["lost"] = member.lost = f"it was ended before its part was done ({message['stopped']})"
            elif BEHIND < member.behind < math.inf:
                frame["behind"] = round(member.behind, 1)
        return frame

    def missed(self, present: Collection[str], now: float) -> dict[str, str]:
        """Who is lost from now on, and why.

        Args:
            present: Whom locust still counts.
            now: The time.
        """
        found = {}
        for name in self.left:
            one = self.members[name]
            silent = now - one.heard
            if now > one.until:
                one.lost = f"it was not heard of for {silent:.0f} s and did not finish"
            elif name not in present and silent > LEAVING:
                one.lost = "it left before its part was done"
            if one.lost:
                found[name] = one.lost
        return found
