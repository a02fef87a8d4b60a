"""The command line that asks for the same run again: what was given to the command that runs, and the seed."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Collection, Iterator
from decimal import Decimal
from typing import Any

import click
from click.core import ParameterSource

#: Parameters that say nothing of what is tested; the seed is said in any case.
_ASIDE = frozenset({"seed", "as_json", "out"})


def command(seed: int | None = None, aside: Collection[str] = (), shown: Callable[[str], str] = str) -> str:
    """The command line, quoted for a shell; "" outside of a command.

    Args:
        seed: Of the run; None where there is none.
        aside: More parameters that are left out, by their names.
        shown: How an argument may be shown: an address has its credentials in it.
    """
    context = click.get_current_context(silent=True)
    if context is None:  # called by a program
        return ""
    options: list[str] = []
    arguments: list[str] = []
    theirs: list[str] = []
    for parameter in context.command.params:
        name = str(parameter.name)
        if context.get_parameter_source(name) != ParameterSource.COMMANDLINE or name in _ASIDE or name in aside:
            continue
        value = context.params.get(name)
        if isinstance(parameter, click.Argument):
            words = [shown(str(one)) for one in (value if isinstance(value, tuple) else [value])]
            # Words of another program are as they are: options of it are none of ours.
            if parameter.type is click.UNPROCESSED or any(one.startswith("-") and one != "-" for one in words):
                theirs += ["--", *words]
            else:
                arguments += words
        else:
            options += _option(parameter, value)
    seeded = [] if seed is None else ["--seed", str(seed)]
    return shlex.join(["leadproof", str(context.info_name), *arguments, *options, *seeded, *theirs])


def _option(parameter: click.Parameter, value: Any) -> Iterator[str]:
    if isinstance(parameter, click.Option) and parameter.is_flag:
        yield (parameter.secondary_opts or parameter.opts)[0] if value is False else parameter.opts[0]
        return
    for one in value if isinstance(value, tuple) else [value]:
        yield parameter.opts[0]
        yield _plain(one) if isinstance(one, float) else str(one)


def _plain(value: float) -> str:
    """A number, all of it and without an exponent, which no duration has."""
    return format(Decimal(repr(value)), "f").removesuffix(".0")
