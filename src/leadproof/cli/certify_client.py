"""`leadproof certify-client`: a client against every situation."""

from __future__ import annotations

import shutil
import sys
import threading
from pathlib import Path

import click

from leadproof.cli import completing, ending, options, repeating
from leadproof.cli.display import Display
from leadproof.commands import certify_client
from leadproof.contract import specs
from leadproof.contract.situations import GROUPS, LEFT_OUT, TASKS
from leadproof.core.errors import UsageError
from leadproof.core.progress import counted
from leadproof.core.text import one_line
from leadproof.judge import Judge
from leadproof.runs.evidence import Run
from leadproof.runs.ledger import Ledger
from leadproof.suite.client import attended
from leadproof.suite.client.deciding import SituationResult
from leadproof.suite.client.driving import PLACE, Driver, words
from leadproof.suite.client.situations import Situation, every, select


@click.command("certify-client", context_settings={"ignore_unknown_options": False})
@click.argument("client", nargs=-1, type=click.UNPROCESSED, metavar="[-- COMMAND…]")
@click.option(
    "--situation", "ids", multiple=True, metavar="ID", shell_complete=completing.situations,
    help="Play this one only; may be repeated (default: all).",
)  # fmt: skip
@click.option(
    "--group", "groups", multiple=True, type=click.Choice(tuple(GROUPS)), help="Play this group only; may be repeated."
)
@click.option(
    "--no-slow", is_flag=True, help="Leave out the situations that let the client wait for 5 seconds or more."
)
@click.option(
    "--deadline", type=click.FloatRange(1, 3600), default=60.0, show_default=True,
    help="Seconds that the client may take for a situation, besides what the receiver lets it wait.",
)  # fmt: skip
@click.option(
    "--jobs", type=click.IntRange(1, 64), default=certify_client.JOBS, show_default=True,
    help="Situations that are played side by side, each with a mock of its own.",
)  # fmt: skip
@click.option("--listen", is_flag=True, help="Play to a client that runs already, one situation after the other.")
@click.option("--port", type=click.IntRange(0, 65535), default=8080, show_default=True, help="Port for --listen.")
@click.option(
    "--quiet", type=click.FloatRange(0.5, 600), default=attended.QUIET, show_default=True,
    help="Seconds without a request after which a situation is over, with --listen.",
)  # fmt: skip
@ending.judging(options.seed)
def command(
    given: ending.Given,
    client: tuple[str, ...],
    ids: tuple[str, ...],
    groups: tuple[str, ...],
    no_slow: bool,
    deadline: float,
    jobs: int,
    listen: bool,
    port: int,
    quiet: float,
    seed: int | None,
) -> int:
    """Does a client do the right thing, whatever the receiver does to it?

    A situation is one thing that a receiver does to a client, such as declining a ping. COMMAND starts your client, or
    a small program around it. It is started once for each situation, against a mock of its own on this machine; nothing
    is sent to any other. {lead.json} in it becomes the path of a file that says what to do: task, url, apiKey, source,
    and the leads. The variables LEADPROOF_URL, LEADPROOF_API_KEY and LEADPROOF_LEAD hold url, key and that path.

    \b
    The exit status of COMMAND says what the client believes:
      0      every lead was accepted
      64     it cannot do this task: the situation is left untested
      other  not every lead was accepted, or that is not known

    A client that listens for callbacks may run on: it gets SIGTERM after the last one.

    With --listen nothing is started: a client that runs already is played one situation after the other. The terminal
    says what is waited for, and Enter goes on to the next. The client sends leads of its own; one whose reference is
    leadproof-ping-declined-1 chooses that situation.

    docs/certify-client.md describes the file, all situations, and how to write COMMAND around a client.

    \b
    Examples:
      leadproof certify-client -- python -m leadproof.suite.client.example {lead.json}
      leadproof certify-client --group business -- ./send-lead {lead.json}
      leadproof certify-client --situation ping-declined --situation order-expired -- ./send-lead {lead.json}
      leadproof certify-client --listen --group business
      leadproof explain situations
    """
    _require_client(client, listen=listen)
    if listen:
        started = ("deadline", "jobs")
        options.refuse_idle(started, "with --listen, which starts nothing", "leave it out")
    else:
        options.refuse_idle(("port", "quiet"), "without --listen", "add --listen, or leave it out")
    chosen = select(ids, groups, slow=not no_slow)
    configured = given.configured
    number = configured.seed if seed is None else seed
    spec = specs.load(given.spec.choices, subject=specs.CLIENT)
    redactor = options.redactor(given.profile, salted=False)
    facts = {**given.facts, "certified": specs.CLIENT, "client": words(client), "mock": True}
    facts["repeat"] = repeating.command(number)
    with (
        Run.open(
            Path(given.out or configured.out), "certify-client", redactor=redactor, seed=number, facts=facts
        ) as run,
        Display(quiet=given.as_json) as display,
    ):
        ledger = Ledger(Judge(spec, given.profile), redactor, given.fail_on, evidence=run)
        left = [name for name in every() if name not in {one.id for one in chosen}]
        ledger.note("reasons", dict.fromkeys(left, LEFT_OUT))
        if listen:
            _attend(ledger, chosen, given, number, port, quiet)
        else:
            _drive(ledger, chosen, given, number, Driver(client, deadline), jobs, display)
        display.stop()
        return given.end.conclude(ledger.report("certify-client", run.end()), run)


def _require_client(client: tuple[str, ...], *, listen: bool) -> None:
    if listen and client:
        raise UsageError("--listen plays to a client that runs already", hint="leave out the command, or --listen")
    if not client and not listen:
        raise UsageError(
            "no client is named",
            hint="try leadproof certify-client -- python -m leadproof.suite.client.example {lead.json}",
        )
    if client and shutil.which(client[0]) is None:
        raise UsageError(
            f"there is no program {client[0]}", hint="write its path, such as ./send-lead, and let it be executable"
        )


def _drive(
    ledger: Ledger, chosen: list[Situation], given: ending.Given, seed: int, driver: Driver, jobs: int, display: Display
) -> None:
    played: list[SituationResult] = []

    def done(result: SituationResult) -> None:
        played.append(result)
        display.show(counted(result.situation.id, len(played), len(chosen), "situations"))

    display.show(counted("starting", 0, len(chosen), "situations"))
    play = certify_client.driven(driver, given.profile, seed)
    certify_client.take_in(ledger, certify_client.play_all(chosen, play, jobs, done))
    if not any(PLACE in word for word in driver.command) and not any(result.played.calls for result in played):
        ledger.note("gap", f"{PLACE} is not in its command: does it read LEADPROOF_LEAD?")


def _attend(ledger: Ledger, chosen: list[Situation], given: ending.Given, seed: int, port: int, quiet: float) -> None:
    key = next(iter(given.profile.credentials.api_keys), "")
    terminal = sys.stdin.isatty()

    def announce(situation: Situation, number: int, total: int, url: str) -> None:
        if number == 1:
            click.echo(f"a receiver listens at {url}; its api-key is {key}", err=True)
            click.echo(f"{'Enter goes on to the next situation, ' if terminal else ''}Ctrl-C ends it.", err=True)
        click.echo(f"\n[{number}/{total}] {situation.id}: {situation.text.happens}", err=True)
        click.echo(f"    to do: {TASKS[situation.text.task]}", err=True)

    def seen(words: str) -> None:
        click.echo(f"    {one_line(words, 100)}", err=True)

    attendance = attended.Attendance(chosen, given.profile, announce, seen, seed=seed, quiet=quiet)
    if terminal:
        threading.Thread(target=_skip, args=(attendance,), daemon=True).start()
    with attendance.open("127.0.0.1", port) as door:
        certify_client.take_in(ledger, attendance.results(door), told=lambda result: click.echo(
            f"    {result.result}{'' if not result.reason else f': {result.reason}'}", err=True
        ))  # fmt: skip


def _skip(attendance: attended.Attendance) -> None:
    """Enter goes on to the next situation."""
    for _ in sys.stdin:
        attendance.skip.set()
