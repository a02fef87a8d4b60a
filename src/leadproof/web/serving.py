"""The pages on a port: uvicorn, the index that keeps up beside it, and where its file stands."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from types import FrameType

import uvicorn
from starlette.types import ASGIApp

from leadproof.core import cache
from leadproof.core.errors import ServerError
from leadproof.web.index import Index

#: Seconds between two looks at the folders at least, and how many times as long as a look takes: ten thousand
#: directories are no reason to be busy all the time.
_LOOK, _REST = 2.0, 10.0

#: Seconds between two looks at the clock, for the header Date.
_TICK = 1.0


class Refreshing:
    """Keeps an index up to date, in a thread of its own. A context manager.

    Args:
        index: It.
        every: Seconds between two looks at its folders.
    """

    def __init__(self, index: Index, every: float = _LOOK) -> None:
        self._index, self._every = index, every
        self._leave = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="leadproof-index", daemon=True)

    def __enter__(self) -> Refreshing:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._leave.set()
        self._thread.join(10)

    def _keep(self) -> None:
        while True:
            began = time.monotonic()
            self._index.refresh()
            if self._leave.wait(max(self._every, _REST * (time.monotonic() - began))):
                self._index.close()
                return


def listening(host: str, port: int) -> socket.socket:
    """A socket that listens.

    Raises:
        ServerError: The port is taken, or there is no such address.
    """
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family, backlog=128)
    except OSError as error:
        raise ServerError(
            f"cannot listen on {host}, port {port}: {error.strerror or error}", hint="--port 0 takes a free one"
        ) from error


def serve(app: ASGIApp, sock: socket.socket, ready: Callable[[], None]) -> None:
    """Serves until it is interrupted; open connections are given two seconds.

    Args:
        app: ASGI.
        sock: Listens.
        ready: Called when requests are taken.

    Raises:
        KeyboardInterrupt: Ctrl-C, or SIGTERM.
    """
    config = uvicorn.Config(
        app, log_level="critical", access_log=False, server_header=False, lifespan="off", timeout_graceful_shutdown=2,
        proxy_headers=False,
    )  # fmt: skip
    ready()
    _Server(config).run(sockets=[sock])  # which raises anew the signal that ended it


class _Server(uvicorn.Server):
    """Is told that it shall end, and looks once a second, not ten times: beside a load, that is what it does most."""

    _told: Callable[[], object] | None = None

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        super().handle_exit(sig, frame)
        if self._told is not None:
            self._told()

    async def main_loop(self) -> None:
        over, loop = asyncio.Event(), asyncio.get_running_loop()
        self._told = partial(loop.call_soon_threadsafe, over.set)
        while not await self.on_tick(0):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(over.wait(), _TICK)


@contextlib.contextmanager
def index_file(folders: Sequence[Path]) -> Iterator[Path]:
    """Where the index of some folders stands: for this user alone, and made anew when it is gone; where there is no
    cache, gone with this server.
    """
    name = hashlib.sha256(b"\0".join(os.fsencode(one) for one in sorted(folders))).hexdigest()[:32]
    with contextlib.ExitStack() as stack:
        try:
            folder = cache.folder() / "runs"
            cache.make_folder(folder)
            kept = os.access(folder, os.W_OK)
        except (OSError, RuntimeError):  # RuntimeError: there is no home
            kept = False
        if not kept:
            made = tempfile.TemporaryDirectory(prefix="leadproof-", ignore_cleanup_errors=True)
            folder = Path(stack.enter_context(made))
        yield folder / f"{name}.sqlite"
