"""`leadproof doctor`: what is here and what is missing."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import platform
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import click

from leadproof import __version__
from leadproof.cli import options
from leadproof.contract import specs
from leadproof.contract.profile import load as load_profile
from leadproof.core import installation
from leadproof.core.errors import ExitCode, LeadproofError
from leadproof.core.operations import CELLS, OPERATIONS

#: Packages that every command needs.
REQUIRED = (
    "click",
    "httptools",
    "httpx",
    "hypothesis",
    "ijson",
    "jinja2",
    "jsonschema",
    "jsonschema-rs",
    "lxml",
    "msgspec",
    "orjson",
    "pyyaml",
    "rich",
    "schemathesis",
    "xmlschema",
)


class Line(NamedTuple):
    """One thing that was looked at."""

    #: "ok", "missing" (and can be done without) or "wrong".
    state: str
    what: str
    words: str


@click.command("doctor")
def command() -> int:
    """Say what is here and what is missing on this machine. Exit code 2 if something is wrong.

    \b
    Example:
      leadproof doctor
    """
    colours = {"ok": "green", "missing": "yellow", "wrong": "red"}
    wrong = False
    for line in diagnose():
        wrong = wrong or line.state == "wrong"
        click.echo(f"{click.style(f'{line.state:8}', fg=colours[line.state])} {line.what:14} {line.words}")
    return int(ExitCode.USAGE if wrong else ExitCode.PASSED)


def diagnose() -> Iterator[Line]:
    """Every line, in the order in which things are needed."""
    yield Line("ok", "leadproof", __version__)
    fine = sys.version_info >= (3, 11)
    yield Line(
        "ok" if fine else "wrong", "Python", f"{platform.python_version()}{'' if fine else ': 3.11 or newer is needed'}"
    )
    for name in REQUIRED:
        yield _package(name, "wrong", "install leadproof again")
    if sys.platform != "win32":
        yield _package("uvloop", "missing", "the mock runs on asyncio's own loop, slower")
    for rows in installation.EXTRAS.values():
        for name, requirement in rows.items():
            yield _package(name, "missing", installation.install([requirement]))
    yield from _own()
    yield from _here()


def _package(name: str, otherwise: str, words: str) -> Line:
    try:
        return Line("ok", name, importlib.metadata.version(name))
    except importlib.metadata.PackageNotFoundError:
        return Line(otherwise, name, f"not installed: {words}")


def _own() -> Iterator[Line]:
    try:
        spec = specs.load()
        for operation, fmt in CELLS:
            spec.verdict(operation, "response", fmt)
            if fmt == "xml":
                spec.xsd(operation, "response")
        numbers = f"{len(spec.clauses)} clauses, {len(spec.readings)} readings"
        yield Line("ok", "specification", f"{numbers}, {len(OPERATIONS)} operations, {len(CELLS)} cells")
    except (OSError, ValueError, KeyError) as error:
        yield Line("wrong", "specification", f"damaged: {error}; install leadproof again")


def _here() -> Iterator[Line]:
    try:
        configured = options.settings()
        yield Line(
            "ok", "configuration", str(configured.path) if configured.path else "none here, the defaults are used"
        )
        profile = load_profile(configured.profile)
        yield Line("ok", "profile", f"{configured.profile or 'the shipped one'}: {profile.name}")
        out = Path(configured.out)
        while not out.exists():
            out = out.parent
        writable = os.access(out, os.W_OK)
        yield Line(
            "ok" if writable else "wrong",
            "run directory",
            f"{configured.out}{'' if writable else ': not writable, name another with --out'}",
        )
    except LeadproofError as error:
        yield Line("wrong", "configuration", f"{error.message}; {error.hint}" if error.hint else error.message)
    for name in ("LEADPROOF_API_KEY", "LEADPROOF_BEARER_TOKEN"):
        present = bool(os.environ.get(name))
        yield Line(
            "ok" if present else "missing", name, "set" if present else "not set: needed for a target that asks for it"
        )
