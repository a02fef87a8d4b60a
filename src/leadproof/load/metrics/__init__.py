"""What a load measures, for the systems that watch it while it runs: a Prometheus endpoint, and export by OTLP/HTTP.

Nothing is counted here. About once a second the story of the run gives a snapshot of its own measures, and whoever asks
or is sent to gets the newest. What that costs may wait, an arrival may not: the threads here step back for the
generator, and a collector that hangs, refuses or dies costs nothing but its figures.

Pure: `buckets` our histogram as others have theirs · `instruments` the table of what there is. Edges: `exposition`
Prometheus' text · `endpoint` who may scrape it · `otlp` the export · `publishing` all of it for one run.

prometheus_client is imported in `exposition` alone, OpenTelemetry in `otlp` alone; both come with the extra `metrics`.
"""

#: Kind of the observation that says what did not reach the collector.
NOT_EXPORTED = "metrics.not-exported"
