"""A part of a file judged by itself, by whatever process and in whatever order: `judge_part` makes facts of it.

What stands between exchanges is decided by `validating.follow`, which takes the facts in the order of the files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from leadproof import captures
from leadproof.captures.model import FilePart, FileProblem
from leadproof.captures.remote import CapturePath
from leadproof.captures.selecting import EVERYTHING, LeftOut, Selection
from leadproof.contract import specs
from leadproof.contract.profile import Profile
from leadproof.core.errors import InputError
from leadproof.core.exchange import Exchange
from leadproof.core.gc import tune_gc
from leadproof.judge import Judge, Judgement
from leadproof.redact import Redactor
from leadproof.runs.facts import ExchangeFact, Facts, packed
from leadproof.runs.ledger import KeepPolicy

#: Exchanges that a run directory keeps: so many from the beginning, and as many again of those with findings.
KEPT = 2_000

#: Exchanges, or problems, of a part that may be of any size before what is known of them is sent.
PIECE = 256

#: Called with the name of a file, and with the bytes read and the exchanges judged since it was called before.
OnProgress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class ValidationPlan:
    """How files are judged; the same in every process."""

    choices: dict[str, str]
    profile: Profile
    redactor: Redactor
    fail_on: str = "must"
    operation: str | None = None
    mapping: captures.Mapping | None = None
    #: Exchanges to keep, as in `KEPT`.
    keep: int = KEPT
    #: Which exchanges are judged.
    selection: Selection = EVERYTHING
    #: Are there several files? An exchange may stand in two of them then.
    several: bool = True

    def judge(self) -> Judge:
        """A judge that has seen nothing yet."""
        left_out, sampled = self.selection.leaves_out, self.selection.sample < 1
        return Judge(specs.load(self.choices), self.profile, captured=True, partial=left_out, twins=not sampled)


class PartFacts(NamedTuple):
    """What a part of a file came to, or a piece of that."""

    #: Of `facts.packed`.
    facts: bytes = b""
    #: Exchanges in it that are judged.
    exchanges: int = 0
    #: Entries that were numbered, told with the last piece.
    numbered: int = 0
    problems: tuple[FileProblem, ...] = ()
    left_out: LeftOut = LeftOut()
    #: Format of the file.
    format: str = "body"
    #: Bytes of the file that were read for it, where the part does not say how many it stands for.
    taken: int = 0
    #: Does nothing more come of the part?
    last: bool = True
    #: Was the work ended before the part was?
    stopped: bool = False
    #: Has the part to be read together with what follows? Nothing of it counts then.
    misfit: bool = False


class PartReading:
    """A part of a file being read.

    Args:
        plan: How it is judged.
        part: What is read.
        told: Called as it goes on, with bytes and exchanges.
    """

    def __init__(
        self, plan: ValidationPlan, part: FilePart, told: Callable[[int, int], None] = lambda size, exchanges: None
    ) -> None:
        self._plan, self._part, self._told = plan, part, told
        self._left = (captures.size_of(part.path) or 0) - part.start if part.end is None and part.data is None else 0
        self.format = part.format or "body"
        self.stopped = False
        self.exchanges = self.numbered = self.taken = 0
        self.left_out = LeftOut()
        #: What could not be read, and was not taken yet.
        self.problems: list[FileProblem] = []

    def __call__(self, stopped: Callable[[], bool] = lambda: False) -> Iterator[tuple[int, Exchange | None]]:
        """The exchanges that are to be judged, in order, each with its place among all of the part; None where so many
        problems are here that somebody should take them, for a file may have a million.

        Args:
            stopped: Is the work to be ended?

        Raises:
            MisfitError: The part has to be read together with what follows.
        """
        plan, part = self._plan, self._part
        choose = plan.selection.choose
        place = 0
        try:
            self.format = captures.format_of_part(part, mapped=plan.mapping is not None)
            entries = captures.read_part(part, plan.operation, plan.mapping, self._taken)
            while not self.stopped:
                try:
                    entry = next(entries)
                except StopIteration as end:
                    self.numbered = end.value
                    break
                self.stopped = stopped()
                if self.stopped:
                    break
                if isinstance(entry, FileProblem):
                    self.problems.append(entry)
                    if len(self.problems) >= PIECE and part.end is None:
                        yield place, None
                        self.problems = []
                    continue
                place += 1
                if choose is not None and (reason := choose(entry)):
                    self.left_out = self.left_out.plus(reason)
                    continue
                self.exchanges += 1
                yield place, entry
                self._told(0, 1)
        except InputError as error:  # the other files are judged all the same
            message = error.message.removeprefix(f"{part.path}: ")
            self.problems.append(FileProblem("file.unreadable", message, error.hint))

    def _taken(self, size: int) -> None:
        self._left -= size
        self.taken += size
        self._told(size, 0)

    def end(self) -> None:
        """Nothing more of it is read: what nobody had to read of it is done, too."""
        if self._left > 0:
            self._taken(self._left)


@dataclass(slots=True)
class FileRow:
    """What a report says of a file, put together from its parts in their order."""

    path: CapturePath
    format: str = "body"
    exchanges: int = 0
    #: Entries of the parts so far.
    numbered: int = 0
    problems: captures.Problems = field(default_factory=captures.Problems)

    def add(self, format: str, exchanges: int, problems: list[FileProblem] | tuple[FileProblem, ...]) -> None:
        """Adds a piece of a part; its problems are numbered from the beginning of the part."""
        self.format, self.exchanges = format, self.exchanges + exchanges
        for problem in problems:
            self.problems.add(problem.moved(self.numbered))

    def row(self) -> dict[str, Any]:
        """As a report has it."""
        row = {"path": str(self.path), "format": self.format, "exchanges": self.exchanges, "problem": None}
        return row | self.problems.together()


@dataclass(slots=True)
class PartJudge:
    """Judges parts of files by themselves. What it learns of exchanges makes it faster, and no difference.

    Args:
        plan: How.
        kept: How many exchanges are kept so far: a `multiprocessing.RawValue`, which all processes see.
    """

    plan: ValidationPlan
    kept: Any = None
    _facts: Facts | None = None

    def __call__(self, part: FilePart, stopped: Callable[[], bool] = lambda: False) -> Iterator[PartFacts]:
        """What a part came to: in one piece where it has an end, else in as many as it takes."""
        if self._facts is None:
            tune_gc()
            has_room = KeepPolicy(self.plan.keep, self.kept).has_room
            self._facts = Facts(self.plan.judge(), has_room, digests=self.plan.several)
        reading, waiting = PartReading(self.plan, part), list[ExchangeFact]()
        piecewise, done = part.end is None, PartFacts()
        try:
            for place, exchange in reading(stopped):
                if exchange is not None:
                    waiting.append(self._facts.of(place, exchange))
                if exchange is None or (piecewise and len(waiting) >= PIECE):
                    piece, done = _piece(reading, waiting, done)
                    yield piece
                    waiting = []
        except captures.MisfitError:
            yield PartFacts(misfit=True)
            return
        if not part.weight:
            reading.end()
        yield _piece(reading, waiting, done)[0]._replace(numbered=reading.numbered, last=True, stopped=reading.stopped)


def _piece(reading: PartReading, waiting: list[ExchangeFact], done: PartFacts) -> tuple[PartFacts, PartFacts]:
    """What is new since a piece, and all so far."""
    so_far = PartFacts(b"", reading.exchanges, taken=reading.taken, left_out=reading.left_out)
    problems, reading.problems = tuple(reading.problems), []
    piece = PartFacts(
        packed(waiting), reading.exchanges - done.exchanges, 0, problems, reading.left_out.minus(done.left_out),
        reading.format, reading.taken - done.taken, last=False,
    )  # fmt: skip
    return piece, so_far


@dataclass(slots=True)
class TaskJudge:
    """Judges parts of files as pure tasks: what a part comes to is the same, whatever was judged before it and where.

    Args:
        plan: How.
    """

    plan: ValidationPlan
    _judge: Judge | None = None

    def __call__(self, part: FilePart, kept: int, stopped: Callable[[], bool] = lambda: False) -> list[PartFacts]:
        """What a part came to: plain data, which can be sent anywhere.

        Args:
            part: Of `captures.parts`.
            kept: How many exchanges were kept when it was sent. Those that are still to be kept come with their facts.
            stopped: Is the work to be ended?
        """
        if self._judge is None:
            tune_gc()
            self._judge = self.plan.judge()
        keep = KeepPolicy(self.plan.keep, kept=kept)

        def has_room(judgement: Judgement) -> bool:
            return keep.has_room(judgement) and keep.next() > 0

        # What it learns of exchanges makes the judge faster, and no difference; of facts it is learnt what was shown.
        facts = Facts(self._judge, has_room, digests=self.plan.several)
        return list(PartJudge(self.plan, _facts=facts)(part, stopped))


def judge_part(plan: ValidationPlan, part: FilePart) -> list[PartFacts]:
    """What a part of a file came to, for `validating.follow`.

    Where a part is a misfit, `part.rest()` is to be judged in its place, and nothing of the parts behind it counts.

    Args:
        plan: How it is judged.
        part: Of `captures.parts`.
    """
    return TaskJudge(replace(plan, keep=0))(part, 0)
