"""A snapshot as Prometheus' text: by prometheus_client, which knows the format and what a scraper asks for."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from leadproof.load.metrics.buckets import classic, total_seconds
from leadproof.load.metrics.instruments import MetricsSnapshot


class _Families(Collector):
    """A snapshot, as prometheus_client asks a collector for it."""

    def __init__(self, taken: MetricsSnapshot) -> None:
        self._taken = taken

    def collect(self) -> Iterator[Metric]:
        for instrument, numbers in self._taken.numbers:
            kind = GaugeMetricFamily if instrument.gauge else CounterMetricFamily
            family = kind(instrument.prometheus, instrument.about, labels=instrument.attributes)
            for values, number in numbers:
                family.add_metric(values, number)
            yield family
        for instrument, histograms in self._taken.histograms:
            bounds = instrument.bounds
            names = [*(str(bound) for bound in bounds), "+Inf"]
            whole = HistogramMetricFamily(
                instrument.prometheus, instrument.about, labels=instrument.attributes, unit="seconds"
            )
            for values, histogram in histograms:
                buckets = list(zip(names, map(float, classic(histogram, bounds)), strict=True))
                whole.add_metric(values, buckets, total_seconds(histogram))
            yield whole


def exposed(taken: MetricsSnapshot, accept: str = "") -> tuple[str, bytes]:
    """The content type and the text of a snapshot.

    Args:
        taken: What is shown.
        accept: Header of the scraper: Prometheus' own text format, or OpenMetrics.
    """
    encode, media = choose_encoder(accept)
    return media, encode(_Families(taken))
