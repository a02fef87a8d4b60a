"""How a command that judges ends: waivers and a baseline are set against its report, the report is written and told.

What they need is read before the run begins, so that a slip in a file is told before the work, not after it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import click

from leadproof.cli import ci, options
from leadproof.cli.console import summarise
from leadproof.contract import specs
from leadproof.contract.profile import Profile
from leadproof.core.errors import InputError, reading_hint
from leadproof.runs import comparison, config, verdicts, waivers
from leadproof.runs.evidence import Run, is_unfinished, read_report
from leadproof.runs.formats import FORMATS, PRINTS, RENDERERS


def _printable(context: click.Context, parameter: click.Parameter, names: tuple[str, ...]) -> tuple[str, ...]:
    """Formats, when what they need is there: a run may take an hour before it is printed."""
    if PRINTS.keys() & set(names):
        from leadproof.runs.evidence import printing  # few runs are printed

        printing.browser()
    return names


formats = click.option(
    "--format", "formats", multiple=True, type=click.Choice(FORMATS), callback=_printable,
    help="Formats to write besides the JSON; may be repeated (default: all but pdf and har).",
)  # fmt: skip
baseline = click.option(
    "--baseline", metavar="RUN", type=click.Path(path_type=Path),
    help="Fail only on what is new since the run of this directory.",
)  # fmt: skip
waived = click.option(
    "--waivers", "waiver_file", metavar="FILE", type=click.Path(path_type=Path),
    help="Breaches that are accepted for a time (default: what the configuration names).",
)  # fmt: skip

#: What every command that judges has; its function passes the three on to `Ending.read`.
shared: Callable[[options.Command], options.Command] = options.combined(formats, baseline, waived)


@dataclass(frozen=True, slots=True)
class Ending:
    """What is to be done with a report, once there is one."""

    formats: tuple[str, ...] = ()
    #: The report to compare with.
    base: Mapping[str, Any] | None = None
    waivers: tuple[waivers.Waiver, ...] | None = None
    as_json: bool = False
    #: Share of the exchanges that has to be judged.
    min_judged: float = 0.0

    @classmethod
    def read(
        cls,
        configured: config.Config,
        *,
        formats: tuple[str, ...],
        baseline: Path | None,
        waiver_file: Path | None,
        as_json: bool,
        min_judged: float | None = 0.0,
    ) -> Ending:
        """Reads the files that are named.

        Raises:
            InputError: The baseline is no run.
            ConfigurationError: The file of waivers is malformed.
        """
        named = waiver_file or (Path(configured.waivers) if configured.waivers else None)
        found = waivers.load(named) if named else None
        share = configured.min_judged if min_judged is None else min_judged
        return cls(formats, read_run(baseline) if baseline else None, found, as_json, share)

    def settle(self, report: dict[str, Any], today: date | None = None) -> None:
        """Sets waivers and baseline against a report, and asks whether enough of it was judged."""
        if self.waivers is not None:
            waivers.apply(report, self.waivers, today or datetime.now(UTC).date())
        if self.base is not None:
            comparison.compare(self.base, report)
        if self.min_judged:
            verdicts.require_judged(report, self.min_judged)

    def conclude(self, report: dict[str, Any], run: Run | None) -> int:
        """Settles a report, writes it, prints what a person or a machine needs, and gives the exit code."""
        self.settle(report)
        paths = run.write_reports(report, self.formats) if run else {}
        return self.tell(report, paths)

    def tell(self, report: Mapping[str, Any], paths: Mapping[str, Path]) -> int:
        """Prints what a person or a machine needs, and gives the exit code."""
        if self.as_json:
            click.echo(RENDERERS["json"].render(report), nl=False)
        else:
            chosen = [name for name in ("html", *self.formats, "json") if name in paths]
            with ci.quoted():
                summarise(report, saved=str(paths[chosen[0]]) if chosen else "")
        ci.tell(report)
        return int(report["exit_code"])


def read_run(path: Path) -> dict[str, Any]:
    """The report of a run directory, or of a report.json; of a run that wrote none, the one that its rows come to.

    Raises:
        InputError: There is neither a report nor a run.
    """
    try:
        if not is_unfinished(path, "load"):
            return read_report(path)
    except OSError as error:
        raise InputError(f"{path}: cannot be opened: {error.strerror}", hint=reading_hint(error)) from None
    from leadproof.load import rebuilding  # a third of a second, which hardly any command needs

    return rebuilding.rebuild(path)


@dataclass(frozen=True, slots=True)
class Given:
    """What every command that judges is given, read."""

    configured: config.Config
    spec: specs.Specification
    profile: Profile
    #: Where the profile is from; None for the shipped one.
    profile_path: str | None
    as_documented: bool
    fail_on: str
    out: str | None
    end: Ending

    @property
    def as_json(self) -> bool:
        """Is the report all that may be printed?"""
        return self.end.as_json

    @property
    def facts(self) -> dict[str, Any]:
        """What a run keeps of it."""
        return {
            "profile": self.profile.name, "fail_on": self.fail_on, "choices": dict(self.spec.choices),
            **self.configured.cover(),
        }  # fmt: skip


def judging(*more: Callable[[Any], Any]) -> Callable[[Callable[..., int]], Callable[..., int]]:
    """The options of every command that judges, as one decorator and one argument, the first; `more` have their own."""
    every: Callable[[Callable[..., int]], Callable[..., int]] = options.combined(
        options.profile, options.readings, options.as_documented, options.fail_on, options.min_judged, options.out,
        *more, shared, options.json_output,
    )  # fmt: skip

    def decorate(command: Callable[..., int]) -> Callable[..., int]:
        @functools.wraps(command)
        def read(
            *,
            profile_path: str | None,
            chosen: tuple[str, ...],
            as_documented: bool,
            fail_on: str,
            min_judged: float | None,
            out: str | None,
            formats: tuple[str, ...],
            baseline: Path | None,
            waiver_file: Path | None,
            as_json: bool,
            **own: Any,
        ) -> int:
            configured = options.settings()
            end = Ending.read(
                configured, formats=formats, baseline=baseline, waiver_file=waiver_file, as_json=as_json,
                min_judged=min_judged,
            )  # fmt: skip
            spec = options.specification(chosen, as_documented, configured)
            profile = options.posting_profile(profile_path, configured)
            path = profile_path or configured.profile
            return command(Given(configured, spec, profile, path, as_documented, fail_on, out, end), **own)

        return every(read)

    return decorate
