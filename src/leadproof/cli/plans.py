"""What `--plan` prints: what a command would do, in text or as JSON. Nothing is sent, started or written."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import click

from leadproof.load.plan import Plan
from leadproof.reports.text import count, one_line


def show(lines: Iterator[str], data: Mapping[str, Any], *, as_json: bool) -> None:
    """Prints a plan, for people or for programs."""
    if as_json:
        click.echo(json.dumps(data, indent=2))
    else:
        for line in lines:
            click.echo(line)


def load_data(it: Plan, *, target: str, model: str, users: int) -> dict[str, Any]:
    """The plan of a load as data.

    Args:
        it: The plan.
        target: Its base URL; "" for a mock of its own.
        model: open or closed.
        users: Of the closed model.
    """
    return {"command": "load", "target": target, "model": model, "users": users, **it.data()}


def load_lines(it: Plan, *, target: str, users: int, mock: bool | None) -> Iterator[str]:
    """The plan of a load in lines of at most 80 columns.

    Args:
        it: The plan.
        target: Its base URL; "" for a mock of its own.
        users: Of the closed model; 0 in the open one.
        mock: Is the target the mock? None where only a packet could tell.
    """
    scenario = it.scenario
    what = f"{scenario.shape} {scenario.rate:g}/s" if it.journeys is not None else f"closed, {count(users, 'user')}"
    yield f"PLAN  {one_line(scenario.name, 30)}, {what} for {scenario.duration:g} s; nothing is sent"
    yield f"  target     {one_line(target, 60) or 'a mock of its own on this machine'}"
    if it.journeys is None:
        yield "  journeys   as many as the answers allow; the figures below are of one"
    else:
        yield f"  journeys   about {it.journeys:,.0f}, {scenario.arrivals} arrivals"
    for name, number in sorted(it.requests.items()):
        yield f"  requests   {name:22} about {_number(number)}"
    if it.callbacks:
        yield f"  callbacks  about {_number(it.callbacks)} calls to returnURL are waited for"
    yield f"  leads      about {_number(it.leads)} created"
    for one in it.samples:
        per = " a step" if it.step else ""
        verdict = "enough" if one.enough else "too few"
        yield f"  samples    {one.objective:14} about {one.expected:,.0f}{per}, {one.needed:,} needed: {verdict}"
        if not one.enough and one.duration:
            yield f"{'':28}--duration {one.duration:g}s would be enough"
    yield f"  sockets    {scenario.connections:,} connections at most"
    judged = "" if it.journeys is None else f", about {count(round(it.judged), 'exchange')}"
    yield f"  judged     {scenario.judge_share:.0%} of the journeys{judged}"
    yield f"  looked up  {_lookups(it, mock)}"
    if it.refused:
        yield "  This load would be refused: its steps are too short."


def _lookups(it: Plan, mock: bool | None) -> str:
    most, per_second = it.lookups
    if not most:
        return "nothing afterwards"
    some = f"up to {most:,} accepted leads, {per_second:g}/s"
    if mock is None:
        return f"of a mock all accepted leads, else {some}"
    return "all accepted leads afterwards" if mock else f"{some}, afterwards"


def _number(number: float) -> str:
    return f"{number:,.0f}" if number >= 10 else f"{number:.2g}"
