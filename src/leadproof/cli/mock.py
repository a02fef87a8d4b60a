"""`leadproof mock`: the mock on a port."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from urllib.parse import urlsplit

import click

from leadproof.cli import completing, options
from leadproof.cli.mock_pages import MockPages
from leadproof.contract.profile import Profile
from leadproof.core import installation, signals
from leadproof.core.errors import UsageError
from leadproof.core.target import is_loopback
from leadproof.mock import Limits
from leadproof.mock.defects import pick, planted
from leadproof.mock.server import new_token, run
from leadproof.mock.server.faults import script

_KEY, _TOKEN = "LEADPROOF_API_KEY", "LEADPROOF_BEARER_TOKEN"


@click.command("mock")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=8080, show_default=True, help="Port; 0 for a free one.")
@click.option("--allow-remote", is_flag=True, help="Listen on an address that other machines can reach.")
@options.allow_hosts
@options.combined(options.profile, options.seed)
@click.option("--token", help="Token of the controls under /__mock__/ (default: a random one, printed at the start).")
@click.option(
    "--callback-host",
    "callback_hosts",
    multiple=True,
    metavar="HOST",
    help="Host that a returnURL may name, besides this machine.",
)
@click.option(
    "--max-leads", type=click.IntRange(1), help="Leads and orders that are remembered; the oldest are forgotten."
)
@click.option(
    "--defect", "defects", multiple=True, metavar="ID", shell_complete=completing.defects,
    help="Break the contract in this way (leadproof explain defects); may be repeated.",
)  # fmt: skip
@click.option(
    "--fault", "faults", multiple=True, metavar="ID[:PARAMETER]", shell_complete=completing.faults,
    help="Break the transport in this way (leadproof explain faults); may be repeated.",
)  # fmt: skip
@click.option(
    "--watch", is_flag=True,
    help="Show the last 100 exchanges in a browser as they happen, redacted and judged; from a process of its own.",
)  # fmt: skip
@click.option(
    "--watch-port",
    type=click.IntRange(0, 65535),
    default=0,
    show_default=True,
    help="Port of the pages; 0 for a free one.",
)
@click.option("--open", "open_browser", is_flag=True, help="Open the page of --watch in the browser of this machine.")
@click.option(
    "--end-with-stdin", is_flag=True, hidden=True, help="End when standard input does: whoever started it is gone."
)
def command(
    host: str,
    port: int,
    allow_remote: bool,
    allow_hosts: tuple[str, ...],
    profile_path: str | None,
    seed: int | None,
    token: str | None,
    callback_hosts: tuple[str, ...],
    max_leads: int | None,
    defects: tuple[str, ...],
    faults: tuple[str, ...],
    watch: bool,
    watch_port: int,
    open_browser: bool,
    end_with_stdin: bool,
) -> None:
    """Run the mock of the lead receiver: all ten operations, JSON and XML, with memory.

    It takes the credentials that the posting profile names (the shipped one: api-key mock-api-key-not-a-secret), and
    those of its environment: LEADPROOF_API_KEY and LEADPROOF_BEARER_TOKEN.
    Time, reviews and returns are controlled under /__mock__/, with the header x-mock-token.

    \b
    Examples:
      leadproof mock
      leadproof mock --port 9000 --profile posting-profile.toml --seed 7
      leadproof mock --watch
      leadproof mock --defect expiry-ignored --fault latency:0.2
      leadproof mock --host 0.0.0.0 --allow-remote --allow-host mock
      curl -H "x-mock-token: TOKEN" http://127.0.0.1:8080/__mock__/recipes
      curl -H "x-mock-token: TOKEN" -d '{"seconds": 901}' http://127.0.0.1:8080/__mock__/clock/advance
    """
    if not allow_remote and not is_loopback(host):
        raise UsageError(
            f"{host} can be reached from other machines",
            hint="add --allow-remote if that is meant; the mock has no TLS",
        )
    if watch:
        installation.require("serve", "the pages need starlette and uvicorn")
    else:
        options.refuse_idle(("open_browser", "watch_port"), "without --watch, whose pages it is about", "add --watch")
    configured = options.settings()
    profile = _with_environment(options.posting_profile(profile_path, configured), os.environ)
    limits = Limits() if max_leads is None else Limits(leads=max_leads, orders=max_leads)
    token = token or new_token()
    number = configured.seed if seed is None else seed
    fault = script(faults) if faults else None
    mock = planted(
        pick(defects, number), profile, clock=time.time, seed=number, limits=limits, token=token,
        callback_hosts=callback_hosts,
    )  # fmt: skip

    path = profile_path or configured.profile

    def ready(url: str) -> None:
        click.echo(f"mock of the LeadExec lead receiver at {url}")
        click.echo(f"  profile   {profile.name}")
        for label, accepted in _accepted(profile, os.environ):
            click.echo(f"  {label:9} {accepted}")
        click.echo(f"  controls  {url}/__mock__/state  (x-mock-token: {token})")
        click.echo(f"  try       leadproof certify --target {url}" if urlsplit(url).port else "")
        for one in (*defects, *faults):
            click.echo(f"  broken    {one}")
        if pages is not None:
            pages.start(_reached(url), mock.token)
        click.echo("Ctrl-C ends it.")

    pages = MockPages(watch_port, ["--profile", path] if path else [], open_browser=open_browser) if watch else None
    if end_with_stdin:
        signals.end_with_stdin()
    with (
        contextlib.suppress(KeyboardInterrupt),
        pages or contextlib.nullcontext(),
    ):  # as it says of itself, that ends it
        run(mock, host, port, ready=ready, fault=fault, hosts=allow_hosts)


def _with_environment(profile: Profile, environ: Mapping[str, str]) -> Profile:
    """The profile with the credentials that stand in the environment besides its own."""
    key, token = (environ.get(name, "").strip() for name in (_KEY, _TOKEN))
    known = profile.credentials
    return replace(
        profile,
        credentials=replace(
            known,
            api_keys=known.api_keys + ((key,) if key else ()),
            bearer_tokens=known.bearer_tokens + ((token,) if token else ()),
        ),
    )


def _accepted(profile: Profile, environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """What the mock takes, a line each; what the environment holds may be a real key, and is named, not shown."""
    rows = (("api-key", profile.credentials.api_keys, _KEY), ("bearer", profile.credentials.bearer_tokens, _TOKEN))
    for label, secrets, name in rows:
        own = environ.get(name, "").strip()
        shown = [f"the one in {name}" if own and secret == own else secret for secret in secrets]
        if shown:
            yield label, ", ".join(dict.fromkeys(shown))


def _reached(url: str) -> str:
    """The address at which this machine reaches a mock, which may listen on all of them."""
    return url.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:")
