"""`leadproof validate`: captured exchanges from files."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import click

from leadproof import captures
from leadproof.captures.judging import KEPT, OnProgress, ValidationPlan
from leadproof.captures.selecting import Selection, time_of
from leadproof.captures.validating import validate
from leadproof.cli import ending, fetching, options, repeating
from leadproof.cli.display import Display
from leadproof.core import progress
from leadproof.core.errors import UsageError
from leadproof.core.text import count
from leadproof.runs.evidence import Run

#: Parameters that say how it is judged, which changes nothing in the report.
_HOW = ("jobs", "scheduler", "no_run")


@click.command("validate")
@click.argument("words", metavar="[PATH]...", nargs=-1, type=click.Path())
@options.operation
@ending.judging()
@click.option(
    "--mapping",
    "mapping_path",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="TOML that says which member of a log's line is what.",
)
@click.option(
    "--jobs",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    metavar="N",
    help="Processes that judge files, and parts of large ones. The report is the same whatever their number.",
)
@click.option(
    "--since", metavar="TIME", help="Judge what began then or later: 2026-01-31T16:25:00Z, or 16:25 of every day (UTC)."
)
@click.option("--until", metavar="TIME", help="Judge what began before.")
@click.option(
    "--sample",
    type=click.FloatRange(0, 1, min_open=True),
    default=1.0,
    metavar="SHARE",
    help="Judge a share of the exchanges, such as 0.01: the same ones in every run.",
)
@click.option(
    "--scheduler",
    metavar="ADDRESS",
    help="Judge on the Dask cluster of this scheduler, such as tcp://host:8786; local starts one with --jobs workers.",
)
@click.option(
    "--keep",
    type=click.IntRange(0),
    metavar="N",
    help=f"Exchanges to keep in the run directory, and as many again of those with findings (default: {KEPT}).",
)
@fetching.caps
@click.option("--no-run", is_flag=True, help="Leave no run directory behind.")
def command(
    given: ending.Given,
    words: tuple[str, ...],
    operation: str | None,
    mapping_path: Path | None,
    no_run: bool,
    jobs: int,
    scheduler: str | None,
    keep: int | None,
    since: str | None,
    until: str | None,
    sample: float,
    fetch_size: int,
    fetch_time: float,
) -> int:
    """Judge captured exchanges: HAR files, recordings of other tools, HTTP messages, logs, bare bodies.

    Each PATH is a file, a folder (walked), a pattern, or - for standard input; or one of these elsewhere, as s3://,
    gs://, az://, https:// or sftp://. Packed files (gzip, bzip2, xz) are unpacked on the way. The format is told by the
    content. What cannot be read of a file is named in the report, and the rest of it is judged. Requests are judged as
    well: what their sender did wrong is found too.

    \b
    har       HTTP archives of browsers, proxies and HTTP clients
    ndjson    the exchanges of a run of leadproof
    flow      what mitmdump -w writes
    http      HTTP messages as text: *.http files, what curl -i and curl -v
              print, several in one file
    vcr       cassettes of vcrpy and of Ruby's VCR
    newman    what newman run --reporters json writes
    wiremock  recorded mappings, with the __files beside them
    hoverfly  captured simulations
    burp      items that Burp Suite saved, in XML
    tshark    captured packets; docs/captures.md has the line that prints them
    zip       sessions of Fiddler (.saz), and any of these in an archive
    log       JSON lines or a JSON document with a list of records, by --mapping
    body      a bare request or response; name its operation where its shape
              does not show it

    A mapping says by dotted paths which member of a log's record is what (all parts but url may be left out;
    leadproof mapping suggest writes a first one):

    \b
      method = "req.method"            url = "req.url"
      request_headers = "req.headers"  request_body = "req.body"
      status = "res.status"            response_headers = "res.headers"
      response_body = "res.body"       time = "@timestamp"

    \b
    Examples:
      leadproof validate capture.har
      leadproof validate captures/ 'more/*.har.gz' --json > report.json
      leadproof validate 's3://bucket/captures/*.har.gz' --jobs 2
      leadproof validate --operation create_lead response.xml
      leadproof validate --operation ping --as-documented sample.json
      leadproof validate --mapping gateway.toml gateway.log
      curl -si -H "api-key: $LEADPROOF_API_KEY" https://your-endpoint.example/v2/status/ID | leadproof validate -
      leadproof validate captures/ --baseline reports/out/RUN --waivers waivers.toml
      leadproof validate --jobs 4 --since 2026-01-31T16:00:00Z --sample 0.05 large.har.gz
    """
    if not words:
        raise UsageError("no file was named", hint="such as leadproof validate capture.har")
    paths = fetching.paths(words, fetch_size, fetch_time, "validate")
    if no_run:
        options.refuse_idle(
            ("keep", "out", "formats"), "with --no-run, which writes nothing", "leave out one of the two"
        )
    options.known_operation(operation)
    mapping = captures.load_mapping(mapping_path) if mapping_path else None
    files = list(captures.files(paths))
    plan = ValidationPlan(
        given.spec.choices,
        given.profile,
        options.redactor(given.profile),
        given.fail_on,
        operation,
        mapping,
        KEPT if keep is None else keep,
        Selection(time_of(since) if since else None, time_of(until) if until else None, sample),
    )
    facts = given.facts | {"repeat": repeating.command(aside=_HOW, shown=captures.shown)}
    folder = Path(given.out or given.configured.out)
    with ExitStack() as stack:
        cluster = None
        if scheduler:
            from leadproof.captures.cluster import LOCAL, connected  # hardly any call has one

            if scheduler != LOCAL:
                why = "with the --scheduler of a cluster, which has its own workers"
                options.refuse_idle(("jobs",), why, "leave it out")
            cluster = stack.enter_context(connected(scheduler, jobs))
        run = None
        if not no_run:
            shown = [captures.shown(word) for word in words]  # without what signs a URL
            opened = Run.open(folder, "validate", redactor=plan.redactor, arguments=shown, facts=facts)
            run = stack.enter_context(opened)
        with Display(quiet=given.as_json) as display:
            ledger = validate(files, plan, run, jobs, _told(display, files), cluster)
        if run and ledger.kept < (number := ledger.summary.exchanges):
            many = f"{ledger.kept} of {count(number, 'exchange')}"
            run.add_facts(kept=f"{many}: the first, and of the others some with findings")
        report = ledger.report("validate", run.end() if run else facts)
        return given.end.conclude(report, run)


def _told(display: Display, files: Sequence[captures.CapturePath]) -> OnProgress:
    """What is told how far it is: bytes of all bytes; of what comes through a pipe nobody knows how much there is."""
    sizes = [None if path == captures.STANDARD_INPUT else captures.size_of(path) for path in files]
    total = None if None in sizes else sum(filter(None, sizes))
    taken = judged = 0
    began = time.monotonic()

    def told(name: str, size: int, exchanges: int) -> None:
        nonlocal taken, judged
        taken, judged = taken + size, judged + exchanges
        if not display.shown:
            return
        if total is None:
            display.show(progress.counted("standard input" if name == "-" else name, judged, None, "exchanges"))
        else:
            seconds = time.monotonic() - began
            display.show(progress.read(f"{name}, {count(judged, 'exchange')}", taken, total, seconds))

    told(files[0].name, 0, 0)
    return told
