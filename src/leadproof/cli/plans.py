"""What `--plan` prints: what a command would do, in text or as JSON. Nothing is sent, started or written."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import click

from leadproof import suite
from leadproof.cli.engage import Wish, budget_of, cap_of, is_scarce, rate_of
from leadproof.commands.certify import require_sender
from leadproof.core.errors import ExitCode, LeadproofError
from leadproof.core.operations import CELLS, OPERATIONS
from leadproof.core.target import Target
from leadproof.core.text import count, one_line
from leadproof.generate.leads import LeadMaker
from leadproof.load import probe
from leadproof.load.plan import LoadPlan
from leadproof.load.plan import plan as plan_load
from leadproof.runs import config
from leadproof.runs.formats import RENDERERS
from leadproof.suite import Case
from leadproof.suite.plan import plan as plan_suite


def show(lines: Iterator[str], data: Mapping[str, Any], *, as_json: bool) -> None:
    """Prints a plan, for people or for programs."""
    if as_json:
        click.echo(json.dumps(data, indent=2))
    else:
        for line in lines:
            click.echo(line)


def load_data(it: LoadPlan, *, target: str, model: str, users: int) -> dict[str, Any]:
    """The plan of a load as data.

    Args:
        it: The plan.
        target: Its base URL; "" for a mock of its own.
        model: open or closed.
        users: Of the closed model.
    """
    return {"command": "load", "target": target, "model": model, "users": users, **it.data()}


def load_lines(it: LoadPlan, *, target: str, users: int, mock: bool | None) -> Iterator[str]:
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
        yield "  journeys   as many as the responses allow; the figures below are of one"
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


def _lookups(it: LoadPlan, mock: bool | None) -> str:
    most, per_second = it.lookups
    if not most:
        return "nothing afterwards"
    some = f"up to {most:,} accepted leads, {per_second:g}/s"
    if mock is None:
        return f"of a mock all accepted leads, else {some}"
    return "all accepted leads afterwards" if mock else f"{some}, afterwards"


def _number(number: float) -> str:
    return f"{number:,.0f}" if number >= 10 else f"{number:.2g}"


# ---- certify ---------------------------------------------------------------------------------------------------------


def certify(wish: Wish, chosen: Sequence[tuple[str, Case]], *, probed: bool, goals: str, formats: Sequence[str]) -> int:
    """Prints what certify would do; its exit code.

    Args:
        wish: What the command line asks for.
        chosen: Topics and cases that would run.
        probed: Is a load probe wanted?
        goals: Objectives that would decide.
        formats: Reports that are asked for.

    Raises:
        LeadproofError: Certify itself would end before the first packet.
    """
    config.auth_scheme()
    goal = None if wish.target is None else config.target(
        wish.target, wish.configured, timeout=wish.timeout, planned=True
    )  # fmt: skip
    remote = goal is not None and not goal.loopback
    maker = LeadMaker(wish.profile, wish.configured.seed if wish.seed is None else wish.seed, 0, no_sell=remote)
    require_sender(maker)
    budget, per_second = budget_of(wish, remote=remote), rate_of(wish, remote=remote)
    order = suite.spread(chosen) if is_scarce(wish, budget) else list(chosen)
    cases = plan_suite(order, suite.select(), budget=budget, per_second=per_second)
    rounds = max(budget - round(cases.requests), 0) if wish.max_exchanges else 0
    cap = cap_of(wish, remote=remote)
    left = max(cap - round(cases.requests) - rounds, 0) if cap else None
    load = _probe(maker, goal, left=left, per_second=per_second, goals=goals) if probed else "left out"
    data = {
        "command": "certify", "target": goal.base if goal else "", "no_sell": remote,
        "credentials": goal.scheme if goal and goal.secret else "" if goal else "the mock's own",
        "loopback": goal is None or goal.loopback,
        "suite": cases.data(), "rounds": rounds, "per_second": per_second,
        "load": {"skipped": load} if isinstance(load, str) else load.data(),
        "out": str(wish.out or wish.configured.out),
        "formats": list(dict.fromkeys(("json", *(formats or RENDERERS)))),
    }  # fmt: skip
    row = wish.configured.targets.get(wish.target or "", {})
    secret = row.get("secret_file", row.get("secret_env", "LEADPROOF_API_KEY"))
    show(_certify_lines(data, load, secret), data, as_json=wish.quiet)
    return int(ExitCode.PASSED)


def _probe(maker: LeadMaker, goal: Target | None, *, left: int | None, per_second: float, goals: str) -> LoadPlan | str:
    """The plan of the load probe, or why there is none."""
    try:
        probe.require(goal or Target("http://127.0.0.1"))
        return plan_load(probe.chosen(maker, left=left, per_second=per_second, goals=goals), ())
    except LeadproofError as error:
        return error.message


def _certify_lines(data: Mapping[str, Any], load: LoadPlan | str, secret: str) -> Iterator[str]:
    cases = data["suite"]
    target = one_line(data["target"], 60) or "the built-in mock, in this process"
    yield "PLAN  certify; nothing is sent"
    yield f"  target       {target}"
    none = (
        "none; our own mock would get those of the profile"
        if data["loopback"]
        else f"none yet: {one_line(secret, 40)} holds none"
    )
    yield f"  credentials  {data['credentials'] or none}"
    yield (
        f"  about        {cases['operations']} of {len(OPERATIONS)} operations, {cases['cells']} of {len(CELLS)} cells"
    )
    yield f"  suite        {count(sum(one['cases'] for one in cases['phases']), 'case')}, by topic:"
    for one in cases["phases"]:
        requests = f"about {count(one['requests'], 'request')}" if one["requests"] else "none"
        cut = ", cut by the budget" if one["cut"] else ""
        yield f"    {one['topic']:16} {count(one['cases'], 'case'):>10}  {requests}{cut}"
    if data["rounds"]:
        yield f"  rounds       about {count(data['rounds'], 'generated request')} more, the same share for each cell"
    yield f"  requests     {_within(cases, data['per_second'])}"
    yield f"  leads        about {cases['leads']:,} created" + (", each with noSell" if data["no_sell"] else "")
    if isinstance(load, str):
        yield f"  load probe   none: {one_line(load, 60)}"
    else:
        yield (
            f"  load probe   {load.scenario.rate:g} journeys/s for {load.scenario.duration:g} s: about "
            f"{count(round(sum(load.requests.values())), 'request')}, {count(round(load.leads), 'lead')}"
        )
    yield f"  reports      {one_line(data['out'], 60)}, a directory of its own"
    yield f"               {', '.join(data['formats'])}"


def _within(cases: Mapping[str, Any], per_second: float) -> str:
    most = f", at most {cases['budget']:,}" if cases["budget"] else ", no limit"
    paced = f", {per_second:g}/s: about {cases['seconds']:,} s" if per_second else ""
    return f"about {cases['requests']:,}{most}{paced}"
