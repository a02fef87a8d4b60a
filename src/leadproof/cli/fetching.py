"""Words of the command line that name captures: paths, and URLs of what is read where it is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from leadproof import captures
from leadproof.captures import Caps, CapturePath
from leadproof.cli import hints, options
from leadproof.core.errors import UsageError

_MEGABYTE = 1 << 20

size = click.option(
    "--fetch-size", type=click.IntRange(1), default=Caps().size // _MEGABYTE, show_default=True, metavar="MB",
    help="Megabytes of one remote file that are read at most.",
)  # fmt: skip
seconds = click.option(
    "--fetch-time", type=click.FloatRange(0, min_open=True), default=Caps().seconds, show_default=True,
    metavar="SECONDS", help="How long one remote file may keep this command waiting, in all.",
)  # fmt: skip

#: Both; a command passes what they give to `paths`.
caps = options.combined(size, seconds)


def paths(words: Sequence[str], fetch_size: int, fetch_time: float, verb: str) -> list[CapturePath]:
    """What words of the command line name.

    Args:
        words: Paths, patterns and URLs.
        fetch_size: Megabytes.
        fetch_time: Seconds.
        verb: The command, for messages.

    Raises:
        UsageError: A URL is none that captures are read from.
        MissingExtraError: What reads it is not installed.
    """
    found = [_path(word, Caps(fetch_size * _MEGABYTE, fetch_time), verb) for word in words]
    if not any(isinstance(path, captures.RemotePath) for path in found):
        options.refuse_idle(("fetch_size", "fetch_time"), "on files of this machine", "leave it out")
    return found


def _path(word: str, caps: Caps, verb: str) -> CapturePath:
    if captures.is_remote(word):
        return captures.RemotePath.of(word, caps)
    scheme = captures.scheme_of(word)
    if not scheme:
        return Path(word)
    if hints.is_url(word):
        url = hints.plain(word)
        raise UsageError(
            f"{verb} reads files, and {url} is a URL without TLS",
            hint=f"leadproof certify --target {url} tests it, leadproof record --target {url} listens in; "
            "captures are read by https",
        )
    known = ", ".join(f"{one}://" for one in captures.SCHEMES)
    raise UsageError(f"{verb} reads nothing from {scheme}://", hint=f"known are {known}")
