"""`leadproof validate`: captured exchanges from files."""

from __future__ import annotations

from contextlib import ExitStack
from hashlib import blake2b
from pathlib import Path
from typing import Any

import click

from leadproof import captures
from leadproof.checks.context import Remembered
from leadproof.cli import ending, options
from leadproof.cli.console import Bar, progress
from leadproof.errors import InputError, UsageError
from leadproof.evidence import Run
from leadproof.exchange import Exchange
from leadproof.findings import Observation
from leadproof.judge import Judge
from leadproof.summary import Summary

#: Exchanges that are remembered of earlier files.
OVERLAP = 50_000

#: Said of an exchange that was judged already.
REPEATED = "the same exchange stands in an earlier file: it was judged there"


@click.command("validate")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@options.combined(
    options.operation, options.profile, options.readings, options.as_documented, options.fail_on, options.out,
    ending.shared, options.json_output,
)  # fmt: skip
@click.option(
    "--mapping",
    "mapping_path",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="TOML that says which member of a log's line is what.",
)
@click.option("--no-run", is_flag=True, help="Leave no run directory behind.")
def command(
    paths: tuple[Path, ...],
    operation: str | None,
    profile_path: str | None,
    chosen: tuple[str, ...],
    as_documented: bool,
    fail_on: str,
    out: str | None,
    formats: tuple[str, ...],
    baseline: Path | None,
    waiver_file: Path | None,
    as_json: bool,
    mapping_path: Path | None,
    no_run: bool,
) -> int:
    """Judge captured exchanges: HAR, runs of leadproof, mitmproxy flows, HTTP messages, logs, bare bodies.

    Each PATH is a file, a folder (walked), a pattern, or - for standard input; packed files (gzip, bzip2, xz) are
    unpacked on the way. The format is told by the content. What cannot be read of a file is named in the report, and
    the rest of it is judged. Requests are judged as well: what their sender did wrong is found too.

    \b
    har     HTTP archives of browsers, proxies and HTTP clients
    ndjson  the exchanges of a run of leadproof
    flow    what mitmdump -w writes
    http    HTTP messages as text: *.http files, the output of curl -i and curl -v, several in one file
    log     one JSON object a line, with --mapping
    body    a bare request or answer; name its operation where its shape does not show it

    \b
    A mapping says by dotted paths which member of a log's line is what (all parts but url may be left out):
      method = "req.method"            url = "req.url"
      request_headers = "req.headers"  request_body = "req.body"
      status = "res.status"            response_headers = "res.headers"
      response_body = "res.body"       time = "@timestamp"

    \b
    Examples:
      leadproof validate capture.har
      leadproof validate captures/ 'more/*.har.gz' --json > report.json
      leadproof validate --operation create_lead answer.xml
      leadproof validate --operation ping --as-documented sample.json
      leadproof validate --mapping gateway.toml gateway.log
      curl -si https://your-endpoint.example/v2/status/ID | leadproof validate -
      leadproof validate captures/ --baseline reports/out/RUN --waivers waivers.toml
    """
    if not paths:
        raise UsageError("no file was named", hint="such as leadproof validate capture.har")
    configured = options.settings()
    end = ending.Ending.read(configured, formats=formats, baseline=baseline, waiver_file=waiver_file, as_json=as_json)
    spec = options.specification(chosen, as_documented, configured)
    profile = options.posting_profile(profile_path, configured)
    options.known_operation(operation)
    mapping = captures.load_mapping(mapping_path) if mapping_path else None
    files = list(captures.files(paths))
    redactor = options.redactor(profile)
    summary, judge = Summary(spec, redactor, fail_on), Judge(spec, profile, captured=True)
    facts = {
        "profile": profile.name, "fail_on": fail_on, "choices": dict(spec.choices), **configured.cover(),
    }  # fmt: skip
    folder = Path(out or configured.out)
    with ExitStack() as stack:
        run = None
        if not no_run:
            words = [str(path) for path in paths]
            run = stack.enter_context(Run.open(folder, "validate", redactor=redactor, arguments=words, facts=facts))
        bar = stack.enter_context(progress("validate", None, quiet=as_json))
        try:
            where = Remembered[bytes, Path](OVERLAP) if len(files) > 1 else None
            for path in files:
                _file(path, operation, mapping, judge, summary, run, bar, where)
        except KeyboardInterrupt:
            summary.interrupted = True
            summary.general_reason = "the run was interrupted"
        report = summary.report("validate", judge.tally, run.end() if run else facts)
        return end.conclude(report, run)


def _file(
    path: Path,
    operation: str | None,
    mapping: captures.Mapping | None,
    judge: Judge,
    summary: Summary,
    run: Run | None,
    bar: Bar,
    where: Remembered[bytes, Path] | None,
) -> None:
    row: dict[str, Any] = {"path": str(path), "format": "body", "exchanges": 0, "problem": None}
    summary.files.append(row)
    problems = _Problems()
    try:
        row["format"] = captures.format_of_file(path, mapped=mapping is not None)
        for found in captures.read(path, operation, mapping):
            if isinstance(found, captures.Problem):
                problems.add(found)
                continue
            row["exchanges"] += 1
            # Captures overlap: judged a second time, an exchange would break every rule about what is given only once.
            if where is not None and where.setdefault(_digest(found), path) != path:
                summary.observed(Observation("file.deviation", REPEATED, origin=found.origin))
                continue
            judgement = judge.judge(found)
            number = run.judged(found, judgement) if run else None
            summary.add(judgement, number)
            bar.advance(found.origin)
    except InputError as error:  # the other files are judged all the same
        problems.add(captures.Problem("file.unreadable", error.message.removeprefix(f"{path}: "), error.hint))
    finally:
        row |= problems.together()


def _digest(exchange: Exchange) -> bytes:
    """What is the same for the same exchange, whoever exported it; when it was is not."""
    request, response = exchange.request, exchange.response
    parts = (request.method, request.target, request.body, response and (response.status, response.body))
    return blake2b(repr(parts).encode("utf-8", "backslashreplace"), digest_size=12).digest()


class _Problems:
    """What is wrong with a file: the worst of it, the first of the rest, and how much there is. It may be a million."""

    def __init__(self) -> None:
        self._first: list[captures.Problem] = []
        self._worst: captures.Problem | None = None
        self._count = 0

    def add(self, problem: captures.Problem) -> None:
        self._count += 1
        if len(self._first) < NAMED:
            self._first.append(problem)
        if self._worst is None or _SEVERITY.get(problem.kind, 1) > _SEVERITY.get(self._worst.kind, 1):
            self._worst = problem

    def together(self) -> dict[str, Any]:
        """All of it as members of the file's row: `problem`, and `problems` where there are several."""
        if self._worst is None:
            return {"problem": None}
        more = f" (and {self._count - 1} more)" if self._count > 1 else ""
        row: dict[str, Any] = {"problem": _row(self._worst) | {"message": self._worst.message + more}}
        return row | ({"problems": [_row(one) for one in self._first]} if self._count > 1 else {})


def _row(problem: captures.Problem) -> dict[str, str]:
    return {"kind": problem.kind, "message": problem.message, "hint": problem.hint}


#: Problems of one file that a report lists.
NAMED = 50

#: What is said first of a file, the greater the sooner.
_SEVERITY = {"file.unreadable": 2, "file.deviation": 0}
