"""What GitHub's runners understand: annotations on stderr, and a job summary. Nothing happens anywhere else.

Environment variables decide: `GITHUB_ACTIONS` and `GITHUB_STEP_SUMMARY`, as the runner sets them.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from leadproof.cli.console import waiver_words
from leadproof.core.text import count, one_line
from leadproof.runs.formats import RENDERERS

#: Annotations of one kind that the runner shows for a step.
SHOWN = 10

#: Bytes of a step's summary; a larger one is thrown away as a whole.
SUMMARY_CAP = 1024 * 1024

_CUT = "\n\n… cut: the rest of this summary stands in report.md of the run.\n"


def tell(report: Mapping[str, Any], environ: Mapping[str, str] = os.environ) -> None:
    """Annotations and the job summary, where the environment asks for them."""
    if environ.get("GITHUB_ACTIONS") == "true":
        for line in commands(report, Path(environ.get("GITHUB_WORKSPACE") or ".")):
            click.echo(line, err=True)
    if environ.get("GITHUB_STEP_SUMMARY"):
        _summary(RENDERERS["md"].render(report), Path(environ["GITHUB_STEP_SUMMARY"]))


@contextmanager
def quoted(environ: Mapping[str, str] = os.environ) -> Iterator[None]:
    """Inside, the runner takes nothing that is printed for a command of its own, whatever a target wrote there."""
    if environ.get("GITHUB_ACTIONS") != "true":
        yield
        return
    token = os.urandom(16).hex()
    click.echo(f"::stop-commands::{token}")
    try:
        yield
    finally:
        click.echo(f"::{token}::")


def commands(report: Mapping[str, Any], workspace: Path) -> Iterator[str]:
    """Workflow commands for the findings of a report, the worst first: as many as the runner shows."""
    rows = [row for row in report["findings"] if not row.get("waived") and not row.get("known")]
    files = {Path(str(row["path"])).name: str(row["path"]) for row in report["files"]}
    notes = list(_about_waivers(report))[: SHOWN // 2]
    for kind, found, room in (
        ("error", [row for row in rows if row["decides"]], SHOWN),
        ("warning", [row for row in rows if not row["decides"]], SHOWN - len(notes)),
    ):
        # The last one tells of the rest, so that nobody takes ten for all.
        last = room if len(found) <= room else room - 1
        for row in found[:last]:
            yield _annotation(kind, row, files, workspace)
        if len(found) > last:
            yield _command(
                kind,
                f"{count(len(found) - last, 'more finding stands', 'more findings stand')} in the report",
                title="leadproof",
            )
    for words in notes:
        yield _command("warning", words, title="leadproof waivers")


def _about_waivers(report: Mapping[str, Any]) -> Iterator[str]:
    for row in report.get("waivers", ()):
        if row["state"] in ("expired", "unused"):
            yield waiver_words(row)


def _annotation(kind: str, row: Mapping[str, Any], files: Mapping[str, str], workspace: Path) -> str:
    where = " ".join(part for part in (row["operation"], row["media_type"].removeprefix("application/")) if part)
    message = f"{row['message']} at {row['pointer'] or 'the whole body'}"
    for name in ("expected", "actual"):
        if row[name]:
            message += f"; {name} {row[name]}"
    properties = {"title": f"{row['clause']} {where}"}
    path = files.get(str(row["origin"]).partition("#")[0])
    if path and (file := _inside(path, workspace)):
        properties = {"file": file, **properties}
    return _command(kind, f"{message}. {row['text']} ({row['place']})", **properties)


def _inside(path: str, workspace: Path) -> str:
    """The path relative to the workspace, as the runner wants it; "" if it is not in there."""
    try:
        return Path(path).resolve().relative_to(workspace.resolve()).as_posix()
    except (ValueError, OSError):
        return ""


def _command(kind: str, message: str, **properties: str) -> str:
    """A workflow command, in which nothing can begin another one."""
    named = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{kind} {named}::{_data(message)}"


def _data(text: str) -> str:
    # Hidden characters are spelled out before; an old form of commands is looked for anywhere in a line.
    return one_line(text, 1000).replace("%", "%25").replace("##[", "# #[")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _summary(text: str, path: Path) -> None:
    """Appends to the job summary, whole lines only, within what the runner takes."""
    try:
        already = path.stat().st_size if path.exists() else 0
        left = SUMMARY_CAP - already - 1
        content = text.encode("utf-8", "backslashreplace")
        if len(content) > left:
            kept = content[: max(left - len(_CUT.encode()), 0)]
            content = kept[: kept.rfind(b"\n") + 1] + _CUT.encode() if kept else b""
        with path.open("ab") as file:
            file.write((b"\n" if already and content else b"") + content)
    except OSError as error:
        click.echo(f"leadproof: the job summary cannot be written: {error.strerror}", err=True)
