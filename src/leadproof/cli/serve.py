"""`leadproof serve`: runs in a browser, on loopback."""

from __future__ import annotations

import contextlib
import os
import time
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING

import click

from leadproof.cli import options
from leadproof.core import installation, signals
from leadproof.core.errors import InputError, UsageError
from leadproof.core.target import is_loopback
from leadproof.http.hosts import Hosts
from leadproof.runs import config

if TYPE_CHECKING:
    from leadproof.web.judging import JudgingRules
    from leadproof.web.watching import MockWatch

#: The variable that holds the token of a mock's controls.
MOCK_TOKEN = "LEADPROOF_MOCK_TOKEN"


@click.command("serve")
@click.argument("folders", metavar="[FOLDER...]", nargs=-1, type=click.Path(path_type=Path))
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=8765, show_default=True, help="Port; 0 for a free one.")
@click.option("--allow-remote", is_flag=True, help="Listen on an address that other machines can reach.")
@options.allow_hosts
@options.profile
@click.option(
    "--mock", "mock_url", metavar="URL", hidden=True,
    help="Show the exchanges of the mock at this address; the token of its controls is in LEADPROOF_MOCK_TOKEN.",
)  # fmt: skip
@click.option(
    "--read-only", is_flag=True,
    help="Show runs and nothing else, without a token: for a machine that several people share, behind a proxy that"
    " authenticates them.",
)  # fmt: skip
@click.option(
    "--signers", metavar="FILE", type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Who has which key: a file of OpenSSH's allowed_signers, to say who signed a run.",
)  # fmt: skip
@click.option("--open", "open_browser", is_flag=True, help="Open the page in the browser of this machine.")
@click.option(
    "--end-with-stdin", is_flag=True, hidden=True, help="End when standard input does: whoever started it is gone."
)
@click.option(
    "--watching", type=click.Path(path_type=Path), hidden=True,
    help="The running load that started this, which the pages may stop.",
)  # fmt: skip
def command(
    folders: tuple[Path, ...],
    host: str,
    port: int,
    allow_remote: bool,
    allow_hosts: tuple[str, ...],
    profile_path: str | None,
    mock_url: str | None,
    read_only: bool,
    signers: Path | None,
    open_browser: bool,
    end_with_stdin: bool,
    watching: Path | None,
) -> None:
    """Show runs in a browser: lists, reports, comparisons, trends; judge what is pasted.

    FOLDER holds run directories, or is one; without any, it is where runs are written (reports/out). Nothing is
    written into them, and nothing leaves this machine. The address that is printed carries a token, which the browser
    keeps as a cookie: without it, nobody sees a page.

    \b
    Examples:
      leadproof serve
      leadproof serve reports/out --port 0 --open
      leadproof serve --read-only --allow-host runs.example.org
    """
    installation.require("serve", "the pages need the extra serve")
    if not allow_remote and not is_loopback(host):
        raise UsageError(
            f"{host} can be reached from other machines",
            hint="add --allow-remote if that is meant; the pages have no TLS",
        )
    if read_only and mock_url is None:
        options.refuse_idle(("profile_path",), "with --read-only, which judges nothing", "leave out one of the two")
    if watching is not None:
        from leadproof.cli import watched

        watched.serve(watching)
        return
    from leadproof.web import serving
    from leadproof.web.access import TOKEN, Access, new_token
    from leadproof.web.app import application
    from leadproof.web.index import Index
    from leadproof.web.site import Site

    configured = options.settings()
    rules = _rules(folders, profile_path, configured, read_only=read_only)
    given = folders or (Path(configured.out),)
    for folder in folders:
        if not folder.is_dir():
            raise InputError(f"{folder} is no folder", hint="name a folder of run directories, such as reports/out")
    places = [Path(os.path.realpath(folder)) for folder in given]
    with contextlib.closing(serving.listening(host, port)) as sock, contextlib.ExitStack() as stack:
        index = Index(places, stack.enter_context(serving.index_file(places)), time.time)
        mock = stack.enter_context(contextlib.closing(_watch(mock_url, rules))) if mock_url else None
        site = Site(
            index, read_only, rules=rules, mock=mock, signers=signers, attestation_days=configured.attestation_days
        )
        port = sock.getsockname()[1]
        access = Access("" if read_only else new_token(), Hosts.named(allow_hosts, host), read_only, port)
        shown = f"[{host}]" if ":" in host else host
        url = f"http://{shown}:{port}/{'mock' if mock else ''}" + (f"?{TOKEN}={access.token}" if access.token else "")

        def ready() -> None:
            what = "the mock's exchanges" if mock else f"runs of {', '.join(map(str, given))}"
            click.echo(f"{what} at\n  {url}\nCtrl-C ends it.")
            if open_browser:
                webbrowser.open(url)

        if end_with_stdin:
            signals.end_with_stdin()
        with contextlib.suppress(KeyboardInterrupt), serving.Refreshing(index):  # as it says of itself, that ends it
            serving.serve(application(site, access), sock, ready)


def _rules(
    folders: tuple[Path, ...], profile_path: str | None, configured: config.Config, *, read_only: bool
) -> JudgingRules:
    """What is pasted is judged by the profile and the readings of command line and configuration, and saved into the
    first folder that is no run itself.
    """
    from leadproof.web.judging import JudgingRules

    spec = options.specification((), False, configured)
    profile = options.posting_profile(profile_path, configured)
    places = [folder for folder in folders if not (folder / "run.json").exists()] or [Path(configured.out)]
    return JudgingRules(
        profile, spec.choices, configured.cover(), None if read_only else Path(os.path.realpath(places[0]))
    )


def _watch(url: str, rules: JudgingRules) -> MockWatch:
    from leadproof.web.watching import MockWatch

    return MockWatch(url.rstrip("/"), os.environ.get(MOCK_TOKEN, ""), rules, time.monotonic)
