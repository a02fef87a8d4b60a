"""Following a run: frames go into the story until the generator ends, is told to, or falls silent."""

from __future__ import annotations

import time
from collections.abc import Callable

from leadproof.load.driver import Generator
from leadproof.load.story import Story
from leadproof.reports.text import seconds

#: Seconds in which nothing has to be heard of the generator, which says something every second.
SILENCE = 60.0


def follow(story: Story, generator: Generator, show: Callable[[str], object] = lambda words: None) -> None:
    """Takes frames until the generator ends.

    Ctrl-C, and a story that no rest of the run can save, end the run with what there is; a second Ctrl-C waits for
    nothing.

    Args:
        story: Takes the frames.
        generator: Gives them.
        show: Is told where the run stands, several times a second.
    """
    begun: float | None = None
    heard = time.monotonic()
    told = ended = False
    frames = generator.frames()
    while True:
        try:
            for frame in frames:
                now = time.monotonic()
                if frame.get("end"):
                    ended = True
                    continue
                if frame:
                    heard = now
                    story.take(str(frame.get("worker", "local")), frame)
                    begun = now - 1.0 if begun is None and frame.get("fold") else begun
                elif now - heard > SILENCE:
                    story.problems.append(f"the generator was silent for {now - heard:.0f} s")
                    return
                elapsed = 0.0 if begun is None else now - begun
                show(_progress(story, elapsed, begun=begun is not None))
                if not told and (why := story.hopeless(elapsed)):
                    told, story.stopped = True, why
                    generator.stop()
            break
        except KeyboardInterrupt:
            if story.interrupted:
                break  # a second Ctrl-C waits for nothing
            story.interrupted = told = True
            show("interrupted: waiting for what is on its way; Ctrl-C again waits for nothing")
            generator.stop()
            frames = generator.frames()
    if not ended and not story.interrupted:
        code = generator.end()
        words = [line for line in generator.log().splitlines() if line.strip()][-3:]
        story.problems.append(
            f"the generator ended with exit code {code}: {story.summary.redactor.text(' / '.join(words))}"
        )


def _progress(story: Story, elapsed: float, *, begun: bool) -> str:
    counts, measures = story.measures.counts, story.measures
    duration = story.job.scenario.duration
    stage = story.stage or f"{min(elapsed, duration):.0f}/{duration:.0f} s"
    if not begun:
        return stage
    last = measures.slices[max(measures.slices)].latency.values() if measures.slices else ()
    p99 = max((one.percentile(99) for one in last), default=0.0)
    return (
        f"{stage}  {counts['started']:,} started, {counts['ended']:,} ended, {counts['failed']:,} failed, "
        f"p99 {seconds(p99)}, judged {story.summary.exchanges:,}"
    )
