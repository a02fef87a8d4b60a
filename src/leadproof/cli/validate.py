"""`leadproof validate`: captured exchanges from files."""

from __future__ import annotations

from contextlib import ExitStack
from hashlib import blake2b
from pathlib import Path
from typing import Any

import click

from leadproof import captures
from leadproof.cli import ending, options
from leadproof.cli.console import Bar, progress
from leadproof.errors import InputError, UsageError
from leadproof.evidence import Run
from leadproof.exchange import Exchange
from leadproof.findings import Observation
from leadproof.judge import Judge
from leadproof.summary import Summary

#: Said of an exchange that was judged already.
REPEATED = "the same exchange stands in an earlier file: it was judged there"


@click.command("validate")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@options.combined(
    options.operation, options.profile, options.readings, options.as_documented, options.fail_on, options.out,
    ending.shared, options.json_output,
)  # fmt: skip
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
    no_run: bool,
) -> int:
    """Judge captured answers: HAR files, bare bodies, folders of them.

    A bare body needs --operation. Requests in a HAR are judged as well: what their sender did wrong is found too.

    \b
    Examples:
      leadproof validate capture.har
      leadproof validate --operation create_lead answer.xml
      leadproof validate --operation ping --as-documented sample.json
      leadproof validate captures/ --json > report.json
      leadproof validate captures/ --baseline reports/out/RUN --waivers waivers.toml
    """
    if not paths:
        raise UsageError("no file was named", hint="such as leadproof validate capture.har")
    configured = options.settings()
    end = ending.Ending.read(configured, formats=formats, baseline=baseline, waiver_file=waiver_file, as_json=as_json)
    spec = options.specification(chosen, as_documented, configured)
    profile = options.posting_profile(profile_path, configured)
    options.known_operation(operation)
    files = list(captures.files(paths))
    redactor = options.redactor(profile)
    summary, judge = Summary(spec, redactor, fail_on), Judge(spec, profile)
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
            where: dict[bytes, Path] = {}
            for path in files:
                _file(path, operation, judge, summary, run, bar, where)
        except KeyboardInterrupt:
            summary.interrupted = True
            summary.general_reason = "the run was interrupted"
        report = summary.report("validate", judge.tally, run.end() if run else facts)
        return end.conclude(report, run)


def _file(
    path: Path,
    operation: str | None,
    judge: Judge,
    summary: Summary,
    run: Run | None,
    bar: Bar,
    where: dict[bytes, Path],
) -> None:
    row: dict[str, Any] = {"path": str(path), "format": "body", "exchanges": 0, "problem": None}
    summary.files.append(row)
    problems = []
    try:
        row["format"] = captures.format_of_file(path)
        for found in captures.read(path, operation):
            if isinstance(found, captures.Problem):
                problems.append(found)
                continue
            row["exchanges"] += 1
            # Captures overlap: judged a second time, an exchange would break every rule about what is given only once.
            if where.setdefault(_digest(found), path) != path:
                summary.observed(Observation("file.deviation", REPEATED, origin=found.origin))
                continue
            judgement = judge.judge(found)
            number = run.judged(found, judgement) if run else None
            summary.add(judgement, number)
            bar.advance(found.origin)
    except InputError as error:  # the other files are judged all the same
        problems.append(captures.Problem("file.unreadable", error.message.removeprefix(f"{path}: "), error.hint))
    row["problem"] = _together(problems)


def _digest(exchange: Exchange) -> bytes:
    """What is the same for the same exchange, whoever exported it; when it was is not."""
    request, response = exchange.request, exchange.response
    parts = (request.method, request.target, request.body, response and (response.status, response.body))
    return blake2b(repr(parts).encode("utf-8", "backslashreplace"), digest_size=16).digest()


def _together(problems: list[captures.Problem]) -> dict[str, str] | None:
    """What is wrong with a file in one row: the worst of it, and how much more there is."""
    if not problems:
        return None
    worst = min(problems, key=lambda one: one.kind != "file.unreadable")
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    return {"kind": worst.kind, "message": worst.message + more, "hint": worst.hint}
