"""What a shell is offered where it asks: the names that a value may have, from the tables that hold them.

Called while somebody waits with a finger on the tab key: each table is imported when it is asked for, and none that
takes an extra. A broken file of settings offers nothing; the command itself says what is wrong with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import click
from click.shell_completion import CompletionItem

from leadproof.core.errors import LeadproofError

Completer = Callable[[click.Context, click.Parameter, str], list[CompletionItem[str]]]


def offering(names: Callable[[], Iterable[str]]) -> Completer:
    """A completer that offers those of the names that begin with what was typed, in any case."""

    def complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
        try:
            return [CompletionItem(one) for one in names() if one.lower().startswith(incomplete.lower())]
        except (LeadproofError, OSError):
            return []

    return complete


def with_files(names: Callable[[], Iterable[str]]) -> Completer:
    """A completer that offers names, and files where no name fits: a preset or a path."""
    named = offering(names)

    def complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
        return named(ctx, param, incomplete) or [CompletionItem(incomplete, type="file")]

    return complete


def _operations() -> Iterable[str]:
    from leadproof.core.operations import OPERATIONS

    return OPERATIONS


def _clauses() -> Iterable[str]:
    from leadproof.contract import specs

    return specs.clauses()


def _situations() -> Iterable[str]:
    from leadproof.contract import specs

    return specs.client_clauses()


def _readings() -> Iterable[str]:
    from leadproof.contract import specs

    return [f"{one.id}={choice}" for one in specs.readings().values() if one.selectable for choice in one.choices]


def _scenarios() -> Iterable[str]:
    from leadproof.load import scenarios

    return scenarios.names()


def _objectives() -> Iterable[str]:
    from leadproof.load import objectives

    return objectives.PRESETS


def _targets() -> Iterable[str]:
    from leadproof.runs import config

    return config.load(Path.cwd()).targets


def _faults() -> Iterable[str]:
    from leadproof.mock.server.faults import FAULTS

    return FAULTS


def written_defects() -> Iterable[str]:
    """The defects that are written by hand."""
    from leadproof.mock.defects import written  # the generated ones are thousands, and nobody types their names

    return [row.id for row in written.rows()]


def _starters() -> Iterable[str]:
    from leadproof.cli.starters import STARTERS

    return STARTERS


operations, clauses, readings, targets, situations = (
    offering(one) for one in (_operations, _clauses, _readings, _targets, _situations)
)


def _mistakes() -> Iterable[str]:
    """Of clients, one each."""
    from leadproof.suite.client.mutants import MUTANTS

    return MUTANTS


def defects(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """Defects of the mock; mistakes of clients where those are asked for."""
    return offering(_mistakes if ctx.params.get("of_client") else written_defects)(ctx, param, incomplete)


faults, starters = (offering(one) for one in (_faults, _starters))
scenarios, objectives = with_files(_scenarios), with_files(_objectives)
files = with_files(tuple)
specifications = with_files(lambda: ["packaged"])
