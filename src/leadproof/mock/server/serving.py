"""Serving a mock: in a process of its own (`run`, `serve`), or in a thread beside a test (`running`)."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import signal
import threading
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from leadproof.core.errors import ServerError
from leadproof.core.gc import tune_gc
from leadproof.core.signals import TERMINATING
from leadproof.http.hosts import Hosts
from leadproof.http.server import new_loop, signals_in_loop
from leadproof.mock import Mock
from leadproof.mock.server.plays import Script
from leadproof.mock.server.protocol import MockConnection, Server


def new_token() -> str:
    """A token for the controls that nobody can guess."""
    return secrets.token_urlsafe(18)


async def listen(
    mock: Mock, host: str, port: int, fault: Script | None = None, hosts: Collection[str] = ()
) -> tuple[Server, asyncio.Server]:
    """Start to listen; the caller stops both.

    Raises:
        UsageError: One of `hosts` is none.
        ServerError: The address cannot be had.
    """
    loop, known = asyncio.get_running_loop(), Hosts.named(hosts, host)
    mock.token = mock.token or new_token()
    server = Server(mock, loop=loop, fault=fault, hosts=known)
    try:
        listener = await loop.create_server(lambda: MockConnection(server), host, port, backlog=1024)
    except OSError as error:
        await server.stop()
        raise ServerError(
            f"the mock cannot listen on {host}:{port}: {error.strerror or error}",
            hint="Something listens there already, or the address is not this machine's. --port 0 takes a free port.",
        ) from error
    return server, listener


async def serve(
    mock: Mock,
    host: str = "127.0.0.1",
    port: int = 8080,
    *,
    ready: Callable[[str], None] | None = None,
    stop: asyncio.Event | None = None,
    fault: Script | None = None,
    hosts: Collection[str] = (),
) -> None:
    """Serve until `stop` is set or the task is cancelled.

    Args:
        mock: What responds. Without a token it is given a random one.
        host: Address to listen on; nobody else's machine can reach the default.
        port: Port, 0 for any that is free.
        ready: Called with the base URL once the server listens.
        stop: Ends the server when set.
        fault: What breaks on the way of every response (see `faults`).
        hosts: What clients may call the mock, besides loopback names and the address that it listens on.

    Raises:
        UsageError: One of `hosts` is none.
        ServerError: The address cannot be had.
    """
    server, listener = await listen(mock, host, port, fault, hosts)
    try:
        if ready is not None:
            ready(_url(listener))
        await (stop or asyncio.Event()).wait()
    finally:
        listener.close()
        await server.stop()


def run(
    mock: Mock,
    host: str = "127.0.0.1",
    port: int = 8080,
    *,
    ready: Callable[[str], None] | None = None,
    fault: Script | None = None,
    hosts: Collection[str] = (),
) -> None:
    """`serve` in this thread until Ctrl-C, SIGTERM or SIGHUP: on uvloop where it exists, the garbage collector tuned.

    Raises:
        ServerError: The address cannot be had.
        KeyboardInterrupt: Ctrl-C.
    """

    async def main() -> None:
        stop = asyncio.Event()
        heard = [number for number in TERMINATING if signal.getsignal(number) != signal.SIG_IGN]  # as nohup wants it
        with signals_in_loop(asyncio.get_running_loop(), dict.fromkeys(heard, stop.set), stop.is_set):
            await serve(mock, host, port, ready=ready, stop=stop, fault=fault, hosts=hosts)

    tune_gc()
    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(main())


def _url(listener: asyncio.Server) -> str:
    host, port = listener.sockets[0].getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


# ---- in a thread beside a test -------------------------------------------------------------------------------------


@dataclass(slots=True)
class Running:
    """A mock that is being served."""

    #: Base URL, without a slash at the end.
    url: str
    mock: Mock
    #: What the controls under /__mock__/ ask for, in the header x-mock-token.
    token: str
    server: Server


@contextlib.contextmanager
def running(
    mock: Mock, port: int = 0, host: str = "127.0.0.1", *, fault: Script | None = None, hosts: Collection[str] = ()
) -> Iterator[Running]:
    """Serve a mock from a thread with an event loop of its own, for as long as the context lasts.

    Raises:
        ServerError: The address cannot be had.
    """
    loop = new_loop()
    started: list[tuple[Server, asyncio.Server]] = []
    failed: list[BaseException] = []
    up = threading.Event()

    def thread() -> None:
        asyncio.set_event_loop(loop)
        try:
            started.append(loop.run_until_complete(listen(mock, host, port, fault, hosts)))
        except BaseException as error:
            failed.append(error)
            return
        finally:
            up.set()
        loop.run_forever()

    worker = threading.Thread(target=thread, name="leadproof-mock", daemon=True)
    worker.start()
    up.wait()
    if failed:
        worker.join(5)
        loop.close()
        raise failed[0]
    server, listener = started[0]

    async def end() -> None:
        listener.close()
        await server.stop()

    try:
        yield Running(_url(listener), mock, mock.token, server)
    finally:
        # Whatever ended the context: a loop that is closed with a server still in it may never come back.
        asyncio.run_coroutine_threadsafe(end(), loop).result(server.timeouts.grace + 5)
        loop.call_soon_threadsafe(loop.stop)
        worker.join(5)
        if not worker.is_alive():
            loop.close()
