"""The run directory: what one command leaves behind, and nothing that is not in it.

`Run` writes, `read_exchanges` reads back. Everything is redacted here, right before it is written, whoever calls::

    <out>/<run id>/
        run.json            command, versions, SHA-256 of every specification file, seed, target, start and end in UTC
        exchanges.ndjson    one exchange a line    \\  appended and flushed line by line: a killed run stays readable,
        findings.ndjson     one finding a line     /   at most its last line is lost
        rows.ndjson         what each exchange came to, kept or not; the report is a fold over them
        …-0001.ndjson.gz    one of these three that was full; the next one goes on under the plain name
        report.json, …      rendered under a temporary name and moved into place
        manifest.json       SHA-256 of every other file

`run` owns the directory, `rows` is the NDJSON form of an exchange, `results` that of a result row, `series` begins a
new file where one is full, `files` writes whole files or none, `rendering` writes the formats, `manifest` makes and
verifies the hashes, `reading` gives the report of a run that is over. What belongs in a report is decided elsewhere;
how it looks, in `reports`.
"""

from leadproof.runs.evidence.files import EvidenceError, hashes
from leadproof.runs.evidence.manifest import Verified, verify, write_manifest
from leadproof.runs.evidence.reading import is_unfinished, read_report, rebuild
from leadproof.runs.evidence.rendering import write_export, write_reports
from leadproof.runs.evidence.rows import BODY_CAP, exchange_row, read_exchanges
from leadproof.runs.evidence.run import Run, random_id, spec_hashes, target_class, utc_now

__all__ = [
    "BODY_CAP",
    "EvidenceError",
    "Run",
    "Verified",
    "exchange_row",
    "hashes",
    "is_unfinished",
    "random_id",
    "read_exchanges",
    "read_report",
    "rebuild",
    "spec_hashes",
    "target_class",
    "utc_now",
    "verify",
    "write_export",
    "write_manifest",
    "write_reports",
]
