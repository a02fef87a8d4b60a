"""Several machines on this one: network namespaces joined by a bridge in one more; or, where that is not allowed, plain
processes on loopback behind the same relays.

A `Wires` runs processes on its machines, puts a relay on the way from one to another, and pulls cables. It ends what
it started, by process id, and takes its namespaces away by name, whatever happens. All addresses are inside of them.
"""

from __future__ import annotations

import contextlib
import ctypes
import itertools
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

RELAY = Path(__file__).resolve().parent / "relay.py"

#: The machines of a run.
MACHINES = ("master", "worker1", "worker2", "target")

_CLONE_NEWNET = 0x40000000
_numbers = itertools.count()
Value = TypeVar("Value")
Order = Callable[[str], None]


def allowed() -> bool:
    """May this process make network namespaces?"""
    if os.name != "posix" or shutil.which("ip") is None or os.geteuid() != 0:
        return False
    name = f"lp{os.getpid()}-try"
    made = subprocess.run(["ip", "netns", "add", name], capture_output=True, check=False).returncode == 0
    if made:
        subprocess.run(["ip", "netns", "delete", name], check=True)
    return made


def free_port() -> int:
    """A port that is free on loopback now."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


class Wires:
    """Plain processes on loopback: the machines differ by their relays only."""

    #: Can cables be pulled?
    cables = False

    def __init__(self) -> None:
        self._processes: list[subprocess.Popen[Any]] = []
        self._relays: list[subprocess.Popen[str]] = []

    def address(self, machine: str) -> str:
        """Where a machine is."""
        return "127.0.0.1"

    def port(self) -> int:
        """A port that nothing listens on."""
        return free_port()

    def prefix(self, machine: str) -> list[str]:
        """What stands before a command line that runs on a machine."""
        return []

    def pull(self, machine: str) -> None:
        """Takes a machine from the network: nobody is told."""
        raise NotImplementedError

    def put_back(self, machine: str) -> None:
        """Joins it to the network again."""
        raise NotImplementedError

    def within(self, machine: str, do: Callable[[], Value]) -> Value:
        """Does something in the network of a machine."""
        return do()

    def start(
        self, machine: str, line: Sequence[str], folder: Path, environment: Mapping[str, str], **how: Any
    ) -> subprocess.Popen[str]:
        """Starts a process on a machine; it is ended with its group at the end, at the latest."""
        process = subprocess.Popen(
            [*self.prefix(machine), *line], cwd=folder, env=dict(environment), stdin=subprocess.DEVNULL, text=True,
            start_new_session=True, **how,
        )  # fmt: skip
        self._processes.append(process)
        return process

    def route(self, machines: Sequence[str], to: str, port: int) -> tuple[dict[str, Order], int]:
        """Relays on the own loopback of machines to a port of another: what gives them orders, and the port of all."""
        own = self.port()
        return dict.fromkeys(machines, self._relay(machines[0], own, to, port)), own

    def _relay(self, machine: str, own: int, to: str, port: int) -> Order:
        line = [sys.executable, "-I", str(RELAY), "127.0.0.1", str(own), self.address(to), str(port)]
        process = subprocess.Popen(
            [*self.prefix(machine), *line], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            start_new_session=True,
        )  # fmt: skip
        self._relays.append(process)
        assert process.stdin is not None
        assert process.stdout is not None
        orders, done = process.stdin, process.stdout
        assert done.readline() == "listening\n"

        def order(line: str) -> None:
            orders.write(line + "\n")
            orders.flush()
            assert done.readline() == "done\n"

        return order

    def ask(self, machine: str, url: str, headers: Mapping[str, str]) -> bytes:
        """What a URL responds within the network of a machine."""

        def get() -> bytes:
            opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
            with opener.open(urllib.request.Request(url, headers=dict(headers)), timeout=10) as response:
                return bytes(response.read())

        return self.within(machine, get)

    def close(self) -> None:
        """Ends everything."""
        for process in self._processes:
            _end(process)
        for relay in self._relays:
            assert relay.stdin is not None
            assert relay.stdout is not None
            with contextlib.suppress(OSError):
                relay.stdin.close()
            _end(relay)
            relay.stdout.close()


class Namespaces(Wires):
    """Network namespaces, a pair of interfaces for each, and a bridge in a namespace of its own."""

    cables = True

    def __init__(self) -> None:
        super().__init__()
        self._mark = f"lp{os.getpid()}x{next(_numbers)}"
        self._ports = itertools.count(18_000)
        self._made: list[str] = []
        try:
            self._make()
        except BaseException:
            self.close()
            raise

    def _name(self, machine: str) -> str:
        return f"{self._mark}-{machine}"

    def _make(self) -> None:
        for machine in ("switch", *MACHINES):
            _ip("netns", "add", self._name(machine))
            self._made.append(machine)
            _ip("-n", self._name(machine), "link", "set", "lo", "up")
        switch = self._name("switch")
        _ip("-n", switch, "link", "add", "bridge", "type", "bridge")
        _ip("-n", switch, "link", "set", "bridge", "up")
        for machine in MACHINES:
            own = self._name(machine)
            _ip("-n", switch, "link", "add", f"to-{machine}", "type", "veth", "peer", "name", "wire", "netns", own)
            _ip("-n", switch, "link", "set", f"to-{machine}", "master", "bridge", "up")
            _ip("-n", own, "address", "add", f"{self.address(machine)}/24", "dev", "wire")
            _ip("-n", own, "link", "set", "wire", "up")

    def address(self, machine: str) -> str:
        return f"10.213.7.{MACHINES.index(machine) + 1}"

    def port(self) -> int:
        return next(self._ports)

    def prefix(self, machine: str) -> list[str]:
        return ["ip", "netns", "exec", self._name(machine)]

    def route(self, machines: Sequence[str], to: str, port: int) -> tuple[dict[str, Order], int]:
        own = self.port()
        return {machine: self._relay(machine, own, to, port) for machine in machines}, own

    def pull(self, machine: str) -> None:
        # At the switch, as a cable is: the machine keeps its address and routes, and only hears nothing.
        _ip("-n", self._name("switch"), "link", "set", f"to-{machine}", "down")

    def put_back(self, machine: str) -> None:
        _ip("-n", self._name("switch"), "link", "set", f"to-{machine}", "up")

    def within(self, machine: str, do: Callable[[], Value]) -> Value:
        found: list[Value] = []
        failed: list[BaseException] = []

        def enter() -> None:
            try:
                with open(f"/run/netns/{self._name(machine)}") as file:
                    if ctypes.CDLL(None, use_errno=True).setns(file.fileno(), _CLONE_NEWNET):
                        raise OSError(ctypes.get_errno(), "setns")
                found.append(do())
            except BaseException as error:
                failed.append(error)

        thread = threading.Thread(target=enter)  # the namespace is the thread's, and ends with it
        thread.start()
        thread.join()
        if failed:
            raise failed[0]
        return found[0]

    def close(self) -> None:
        super().close()
        for machine in reversed(self._made):
            for _ in range(20):  # who still runs in it has been ended; the kernel may need a while
                if subprocess.run(["ip", "netns", "delete", self._name(machine)], check=False).returncode == 0:
                    break
                time.sleep(0.1)
        self._made = []


@contextlib.contextmanager
def wires(kind: type[Wires]) -> Iterator[Wires]:
    """The machines of one test."""
    made = kind()
    try:
        yield made
    finally:
        made.close()


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


def _end(process: subprocess.Popen[Any]) -> None:
    """Ends a process and the group that was made for it."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        if process.poll() is None or number == signal.SIGKILL:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(5)
