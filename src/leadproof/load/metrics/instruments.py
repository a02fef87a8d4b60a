"""`INSTRUMENTS`: each metric of a load, with its name, its unit and where it stands in the measures. Pure.

A name is one of OpenTelemetry's form; Prometheus' follows from it. The values of an attribute are ours or the
documentation's, and so few and about nobody: whatever else a service or a worker says counts as `OTHER`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from leadproof.core.histogram import Histogram
from leadproof.core.operations import OPERATIONS, RESPONSE_TYPES
from leadproof.judge.tally import Tally
from leadproof.load.measures import OTHER, Measures
from leadproof.load.replies import ERRORS

#: What begins every name.
PREFIX = "leadproof.load"

#: Upper bounds of the classic buckets, in seconds: of a latency, the objectives that are shipped among them …
LATENCY_BOUNDS = (
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.0, 2.5, 5.0, 7.5, 10.0, 30.0,
)  # fmt: skip

#: … and of a lag, which is a hundredth of that.
LAG_BOUNDS = (0.0001, 0.00025, 0.0005, 0.001, 0.0015, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0)

#: Values of attributes; what is none of these is `OTHER`.
VALUES: dict[str, frozenset[str]] = {
    "operation": frozenset((*OPERATIONS, "callback")),
    "media": frozenset(("json", "xml")),
    "result": frozenset(("completed", "failed")),
    "kind": frozenset(ERRORS),
    "outcome": frozenset((
        *RESPONSE_TYPES, "accepted", "not accepted", "duplicate", "no duplicate", "not permitted", "valid", "not valid",
        "no responseType",
    )),
    "state": frozenset(("working", "done", "lost")),
}  # fmt: skip

#: Values of the attributes of a row, in the order of the instrument's attributes.
Values = tuple[str, ...]


class Measured(NamedTuple):
    """Where a run keeps what it has measured so far."""

    measures: Measures
    tally: Tally
    #: State -> how many processes that carry the load are in it.
    workers: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Instrument:
    """A metric. `number` gives the rows of a counter or a gauge, `histogram` those of a histogram, in seconds."""

    name: str
    #: As UCUM spells it: s, or {journey} for a count of journeys.
    unit: str
    about: str
    attributes: tuple[str, ...] = ()
    number: Callable[[Measured], Iterable[tuple[Values, int]]] | None = None
    histogram: Callable[[Measured], Iterable[tuple[Values, Histogram]]] | None = None
    #: Upper bounds of its classic buckets, in seconds.
    bounds: tuple[float, ...] = ()
    #: May it fall?
    gauge: bool = False

    @property
    def prometheus(self) -> str:
        """Its name in Prometheus, without the `_total` that a counter has there."""
        return self.name.replace(".", "_") + ("_seconds" if self.unit == "s" else "")


@dataclass(frozen=True, slots=True)
class MetricsSnapshot:
    """What an instrument said at one time: numbers, or histograms that nobody changes any more."""

    numbers: tuple[tuple[Instrument, tuple[tuple[Values, int], ...]], ...] = ()
    histograms: tuple[tuple[Instrument, tuple[tuple[Values, Histogram], ...]], ...] = ()


def snapshot(measured: Measured) -> MetricsSnapshot:
    """What all instruments say now; it stays as it is while the run goes on."""
    numbers, histograms = [], []
    for one in INSTRUMENTS:
        if one.number is not None:
            numbers.append((one, tuple(_added(one, one.number(measured)))))
        if one.histogram is not None:
            histograms.append((one, tuple(_merged(one, one.histogram(measured)))))
    return MetricsSnapshot(tuple(numbers), tuple(histograms))


def _added(instrument: Instrument, rows: Iterable[tuple[Values, int]]) -> Iterable[tuple[Values, int]]:
    found: Counter[Values] = Counter()
    for values, number in rows:
        found[_known(instrument, values)] += number
    return found.items()


def _merged(instrument: Instrument, rows: Iterable[tuple[Values, Histogram]]) -> Iterable[tuple[Values, Histogram]]:
    found: dict[Values, Histogram] = {}
    for values, histogram in rows:
        known = _known(instrument, values)
        if known in found:
            found[known].merge(histogram)
        else:
            found[known] = histogram.copy()
    return found.items()


def _known(instrument: Instrument, values: Values) -> Values:
    return tuple(
        value if name not in VALUES or value in VALUES[name] else OTHER
        for name, value in zip(instrument.attributes, values, strict=True)
    )


# ---- where they stand ------------------------------------------------------------------------------------------------


def _count(name: str) -> Callable[[Measured], Iterable[tuple[Values, int]]]:
    return lambda measured: [((), measured.measures.counts[name])]


def _requests(measured: Measured) -> Iterable[tuple[Values, int]]:
    return [((name,), measured.measures.counts[name]) for name in ("completed", "failed")]


def _errors(measured: Measured) -> Iterable[tuple[Values, int]]:
    return [((operation, kind), number) for (operation, kind, _), number in measured.measures.errors.items()]


def _outcomes(measured: Measured) -> Iterable[tuple[Values, int]]:
    return list(measured.measures.outcomes.items())


def _findings(measured: Measured) -> Iterable[tuple[Values, int]]:
    return [((clause,), number) for (clause, _, _), number in measured.tally.failed.items()]


def _latency(measured: Measured) -> Iterator[tuple[Values, Histogram]]:
    for step, one in measured.measures.steps.items():
        operation, _, media = step.partition(" ")
        yield (operation, media), one.latency


def _workers(measured: Measured) -> Iterable[tuple[Values, int]]:
    return [((state,), number) for state, number in measured.workers.items()]


def _journeys(name: str, about: str) -> Instrument:
    return Instrument(f"{PREFIX}.journeys.{name}", "{journey}", about, number=_count(name))


INSTRUMENTS = (
    _journeys("offered", "Journeys that the schedule asked for."),
    _journeys("started", "Journeys that began."),
    _journeys("late", "Journeys that began more than 10 ms behind the schedule."),
    _journeys("dropped", "Journeys that were left out, because too many requests waited for a connection."),
    _journeys("ended", "Journeys that came to their end."),
    _journeys("abandoned", "Journeys that were given up at the end of the load."),
    Instrument(
        f"{PREFIX}.requests", "{request}", "Requests that came to an end: with a response, or failed.", ("result",),
        number=_requests,
    ),
    Instrument(
        f"{PREFIX}.requests.resent", "{request}", "Requests sent once more: a connection closed as it was used again.",
        number=_count("resent"),
    ),
    Instrument(
        f"{PREFIX}.errors", "{error}", "What went wrong with requests, cheap checks of responses included.",
        ("operation", "kind"), number=_errors,
    ),
    Instrument(
        f"{PREFIX}.outcomes", "{lead}", "What the results of responses said of leads.", ("operation", "outcome"),
        number=_outcomes,
    ),
    Instrument(
        f"{PREFIX}.judged", "{exchange}", "Exchanges that every clause was asked about.",
        number=lambda measured: [((), measured.tally.outcomes.total())],
    ),
    Instrument(
        f"{PREFIX}.findings", "{exchange}", "Judged exchanges in which a clause failed.", ("clause",), number=_findings
    ),
    Instrument(
        f"{PREFIX}.workers", "{process}", "Processes that carry the load.", ("state",), number=_workers, gauge=True
    ),
    Instrument(
        f"{PREFIX}.lag", "s", "How far a journey began behind the schedule.", bounds=LAG_BOUNDS,
        histogram=lambda measured: [((), measured.measures.lag)],
    ),
    Instrument(
        f"{PREFIX}.latency", "s", "From the moment at which a request was due to its response, or to its timeout.",
        ("operation", "media"), histogram=_latency, bounds=LATENCY_BOUNDS,
    ),
    Instrument(
        f"{PREFIX}.journey.duration", "s", "The latencies of a journey's requests together.", bounds=LATENCY_BOUNDS,
        histogram=lambda measured: [((), measured.measures.journeys)],
    ),
)  # fmt: skip
