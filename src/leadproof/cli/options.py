"""Options that several commands share, and what they mean."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

import click
from click.core import ParameterSource

from leadproof.cli import completing
from leadproof.contract import specs
from leadproof.contract.profile import Profile
from leadproof.contract.profile import load as load_profile
from leadproof.core.errors import UsageError
from leadproof.core.operations import OPERATIONS
from leadproof.redact import Redactor
from leadproof.redact.placeholders import SALT
from leadproof.runs import config
from leadproof.runs.verdicts import FAIL_ON

Command = TypeVar("Command", bound=Callable[..., Any])


class Seconds(click.ParamType[float]):
    """A duration: 90, 20s, 10m, 1h."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Seconds of the text."""
        if isinstance(value, int | float):
            return float(value)
        found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([smh]?)", str(value).strip())
        if found is None:
            self.fail(f"{value!r} is no duration such as 90, 20s, 10m or 1h", param, ctx)
        return float(found[1]) * {"": 1, "s": 1, "m": 60, "h": 3600}[found[2]]


operation = click.option(
    "--operation", metavar="ID", shell_complete=completing.operations,
    help=f"The operation: {', '.join(OPERATIONS)}.",
)  # fmt: skip
profile = click.option(
    "--profile",
    "profile_path",
    metavar="FILE",
    shell_complete=completing.files,
    help="Posting profile (default: the shipped one).",
)
as_documented = click.option(
    "--as-documented", is_flag=True, help="Let the placeholders of the documentation's own samples pass."
)
readings = click.option(
    "--reading",
    "chosen",
    multiple=True,
    metavar="ID=CHOICE",
    shell_complete=completing.readings,
    help="Take another reading (see leadproof explain readings).",
)
fail_on = click.option(
    "--fail-on", type=click.Choice(list(FAIL_ON)), default="must", show_default=True,
    help="Which findings fail the run: " + "; ".join(f"{name}: {meaning}" for name, meaning in FAIL_ON.items()) + ".",
)  # fmt: skip
allow_hosts = click.option(
    "--allow-host", "allow_hosts", multiple=True, metavar="NAME",
    help="Respond for this host, too, besides loopback names and the address listened on; may be repeated.",
)  # fmt: skip
min_judged = click.option(
    "--min-judged", type=click.FloatRange(0, 1), metavar="SHARE",
    help="Share of the exchanges, 0 to 1, that has to be recorded well enough to be judged (default: 0); less is 4.",
)  # fmt: skip
json_output = click.option("--json", "as_json", is_flag=True, help="Print the report as JSON on stdout, nothing else.")
out = click.option("--out", metavar="DIR", help="Where run directories go (default: reports/out).")
seed = click.option("--seed", type=int, help="Seed of everything that is generated (default: 0).")


def combined(*options: Callable[[Command], Command]) -> Callable[[Command], Command]:
    """Several options as one decorator, shown in the order given."""

    def decorate(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


def refuse_idle(names: Iterable[str], why: str, hint: str) -> None:
    """Refuses options of the command line that would be passed over in silence.

    Args:
        names: Parameters of the command that have no effect with the others that were given.
        why: What is, or is not, there that takes the effect from them.
        hint: What to do.

    Raises:
        UsageError: One of them was given.
    """
    context = click.get_current_context()
    idle = {name for name in names if context.get_parameter_source(name) is ParameterSource.COMMANDLINE}
    given = [parameter.opts[-1] for parameter in context.command.params if parameter.name in idle]
    if given:
        raise UsageError(f"{', '.join(given)}: no effect {why}", hint=hint)


def settings() -> config.Config:
    """The configuration of the current folder."""
    return config.load(Path.cwd())


def specification(chosen: tuple[str, ...], documented: bool, configured: config.Config) -> specs.Specification:
    """The contract under the readings of configuration and command line.

    Raises:
        UsageError: An option is not of the form ID=CHOICE.
        ConfigurationError: A reading or a choice does not exist.
    """
    choices = dict(configured.readings)
    for one in chosen:
        name, sign, choice = one.partition("=")
        if not sign:
            raise UsageError(
                f"--reading {one} is not of the form ID=CHOICE", hint="such as --reading namespaces=serializer"
            )
        choices[name.strip()] = choice.strip()
    return specs.load(choices, as_documented=documented)


def posting_profile(path: str | None, configured: config.Config) -> Profile:
    """The posting profile of command line or configuration, or the shipped one."""
    return load_profile(path or configured.profile)


def redactor(profile: Profile, *secrets: str, salted: bool = False, max_body: int = 1 << 20) -> Redactor:
    """What everything passes through before it is written or printed.

    Args:
        profile: Says which fields are personal.
        secrets: Credentials of the run.
        salted: Make placeholders that nobody can confirm a guess by; without, they are the same in every run.
        max_body: Bytes of a body that are looked at; what comes after them is dropped.
    """
    return Redactor.of(profile, *secrets, salt=os.urandom(16) if salted else SALT, max_body=max_body)


def known_operation(name: str | None) -> str | None:
    """An operation id that exists, or None.

    Raises:
        UsageError: There is none of that name; the hint names the nearest.
    """
    if name is None or name in OPERATIONS:
        return name
    import difflib

    near = difflib.get_close_matches(name, OPERATIONS, 1, 0.4)
    hint = f"did you mean {near[0]}? " if near else ""
    raise UsageError(f"there is no operation {name!r}", hint=f"{hint}known are: {', '.join(OPERATIONS)}")
