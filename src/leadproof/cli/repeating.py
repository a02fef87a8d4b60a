"""The command line that asks for the same run again: what was given to the command that runs, and the seed."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Iterator, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import click
from click.core import ParameterSource

#: Parameters that say nothing of what is tested; the seed is said in any case.
_ASIDE = frozenset({"seed", "as_json", "out"})


def command(
    seed: int | None = None, aside: Collection[str] = (), instead: Mapping[str, Any] = MappingProxyType({})
) -> str:
    """The command line, quoted for a shell; "" outside of a command.

    Args:
        seed: Of the run; None where there is none.
        aside: More parameters that are left out, by their names.
        instead: Values that are shown instead of those that were given, by the names of their parameters.
    """
    context = click.get_current_context(silent=True)
    if context is None:  # called by a program
        return ""
    options: list[str] = []
    arguments: list[str] = []
    for parameter in context.command.params:
        name = str(parameter.name)
        if context.get_parameter_source(name) != ParameterSource.COMMANDLINE or name in _ASIDE or name in aside:
            continue
        value = instead.get(name, context.params.get(name))
        if isinstance(parameter, click.Argument):
            # Words of many are of another program: options of it are none of ours.
            arguments += ["--", *map(str, value)] if isinstance(value, tuple) else [str(value)]
        else:
            options += _option(parameter, value)
    seeded = [] if seed is None else ["--seed", str(seed)]
    own, theirs = (arguments, []) if arguments[:1] != ["--"] else ([], arguments)
    return shlex.join(["leadproof", str(context.info_name), *own, *options, *seeded, *theirs])


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
