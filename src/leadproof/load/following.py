"""Following a run: frames go into the story until the generator ends, is told to, or falls silent.

While the load is on, a thread that steps back for the generator takes the frames; when it is over, or when it cannot
wait any longer, the calling thread takes the rest.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from leadproof.core import signals
from leadproof.core.progress import Standing, timed
from leadproof.core.text import seconds
from leadproof.load.driver import Generator, lower_thread_priority
from leadproof.load.story import LoadRun

#: Seconds in which nothing has to be heard of the generator, which says something every second.
SILENCE = 60.0

#: Is told where a run stands.
Show = Callable[[Standing], object]

#: Is given the run whenever more was measured, in the thread that adds to it.
Publish = Callable[[LoadRun], object]

#: Is the run to end with what there is? Asked several times a second.
Asked = Callable[[], bool]

#: Why a run ended before its time that was asked to.
ASKED = "somebody pressed Stop on its page"

#: Seconds between two looks at how the run stands.
_LOOK = 0.25


def follow(
    story: LoadRun,
    generator: Generator,
    show: Show = lambda standing: None,
    publish: Publish = lambda story: None,
    asked: Asked = lambda: False,
) -> None:
    """Takes frames until the generator ends.

    Ctrl-C, being asked to, and a story that no rest of the run can save, end the run with what there is; a second
    Ctrl-C waits for nothing.

    Args:
        story: Takes the frames.
        generator: Gives them.
        show: Is told where the run stands, several times a second.
        publish: Is given the run whenever more was measured.
        asked: Is it to end as Ctrl-C ends it?
    """
    following = _Following(story, generator, publish, asked)
    while True:
        try:
            following.run(show)
            break
        except KeyboardInterrupt as error:
            if story.interrupted:
                break
            story.interrupted = following.told = True
            story.stopped = story.stopped or _why(error)
            show(Standing("interrupted: Ctrl-C again waits for nothing that is on its way"))
            generator.stop()
    following.leave.set()
    if not following.ended and not story.interrupted and not following.silent:
        code = generator.end()
        words = [line for line in generator.log().splitlines() if line.strip()][-3:]
        story.problems.append(
            f"the generator ended with exit code {code}: {story.ledger.redactor.text(' / '.join(words))}"
        )


def _why(error: KeyboardInterrupt) -> str:
    if isinstance(error, _StopAsked):
        return ASKED
    return f"{error} came" if isinstance(error, signals.Terminated) else "somebody pressed Ctrl-C"


class _StopAsked(KeyboardInterrupt):
    """Somebody who has no keyboard here wants the run to end."""


class _Following:
    """Who takes the frames, and what is known of the run."""

    def __init__(self, story: LoadRun, generator: Generator, publish: Publish, asked: Asked) -> None:
        self.story, self.generator, self._publish, self._asked = story, generator, publish, asked
        #: Was the generator told to stop? Did it say that it has come to its end?
        self.told = self.ended = False
        #: Was nothing heard of it for too long?
        self.silent = False
        #: Shall the thread in the background take no more?
        self.leave = threading.Event()
        self._lock = threading.Lock()
        self._error: BaseException | None = None
        self._begun: float | None = None
        #: Where the run stands, as the thread in the background sees it.
        self._standing: Standing | None = None
        self._heard = time.monotonic()
        #: Takes the thread in the background no more? A join that a signal interrupts says so of one that runs on
        #: (python: gh-90882), and two would take frames.
        self._left = threading.Event()
        threading.Thread(target=self._background, name="leadproof-judge", daemon=True).start()

    def run(self, show: Show) -> None:
        """Follows to the end; may be called again after a Ctrl-C."""
        while not self._left.wait(_LOOK):
            self._heed()
            if self._standing and not self.story.interrupted:
                show(self._standing)
            if self.told or self._late():
                self.leave.set()
        if self._error is not None:
            raise self._error
        shown = time.monotonic()
        while self._take():
            self._heed()
            if time.monotonic() - shown >= _LOOK:
                shown = time.monotonic()
                self._look(show)

    def _heed(self) -> None:
        if not self.story.interrupted and self._asked():
            raise _StopAsked

    def _background(self) -> None:
        lower_thread_priority()
        looked = time.monotonic()
        try:
            while not self.leave.is_set() and self._take(spare=True):
                if time.monotonic() - looked >= _LOOK:
                    self._look(self._say)
                    looked = time.monotonic()
        except BaseException as error:
            self._error = error
        finally:
            self._left.set()

    def _take(self, *, spare: bool = False) -> bool:
        """Takes a frame; False when there are no more, or nobody will send one.

        Args:
            spare: Leave out the judge's work where more comes than can be done?
        """
        frame = self.generator.frame(_LOOK)
        if frame is None or self.silent:
            return False
        if not frame:
            return time.monotonic() - self._heard <= SILENCE or self._silent()
        self._heard = time.monotonic()
        if frame.get("end"):
            self.ended = True
            return False
        if spare and self.generator.behind and frame.get("samples"):
            frame = {**frame, "samples": [], "unjudged": frame.get("unjudged", 0) + len(frame["samples"])}
        with self._lock:
            self.story.take(str(frame.get("worker", "local")), frame)
            self._publish(self.story)
        if self._begun is None and frame.get("fold"):
            self._begun = self._heard - 1.0
        return True

    def _silent(self) -> bool:
        self.silent = True
        self.story.problems.append(f"the generator was silent for {time.monotonic() - self._heard:.0f} s")
        return False

    def _say(self, standing: Standing) -> None:
        self._standing = standing

    def _look(self, show: Show) -> None:
        """Shows how the run stands, and ends one that is hopeless. A thread that steps back may hold the lock long."""
        if not self._lock.acquire(timeout=_LOOK):
            return
        try:
            elapsed = 0.0 if self._begun is None else time.monotonic() - self._begun
            show(_progress(self.story, elapsed))
            if not self.told and (why := self.story.hopeless(elapsed)):
                self.told, self.story.stopped = True, why
                self.generator.stop()
        finally:
            self._lock.release()

    def _late(self) -> bool:
        """Is the load over by the clock?"""
        return self._begun is not None and time.monotonic() - self._begun > self.story.job.scenario.duration + 1


def _progress(story: LoadRun, elapsed: float) -> Standing:
    """Where a run stands: so many seconds of the load, and before and after it what the generator says."""
    if story.stage is not None:
        return story.stage
    counts, measures = story.measures.counts, story.measures
    last = measures.slices[max(measures.slices)].latency.values() if measures.slices else ()
    p99 = max((one.percentile(99) for one in last), default=0.0)
    words = (
        f"{counts['started']:,} started, {counts['failed']:,} failed, p99 {seconds(p99)}, {counts['ended']:,} ended, "
        f"judged {story.ledger.summary.exchanges:,}"
    )
    return timed(words, elapsed, story.job.scenario.duration)
