"""What is each fast path worth? The whole of its command with and without it, in turn, by CPU time.

Run it with `make bench-fastpaths`, or `python tests/bench/fastpaths.py [NAME…]`. About five minutes. A fast path that
is worth less than 1.5 x on the whole of its command has no reason to stay; ARCHITECTURE says what became of each.

The command runs in a process of its own, with the path switched off by a patch (`PATHS`); the tests hold what it says
against the plain way, here only its cost is looked at. Linux only (/proc).
"""

from __future__ import annotations

import importlib
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent))


import validate

shared = importlib.import_module("mock")  # the benchmark of the mock, which is no package

ROUNDS = 3
SECONDS = 3
#: Exchanges of a file that is validated.
EXCHANGES = 12_000
#: What a path has to be worth.
WANTED = 1.5


class FastPath(NamedTuple):
    """One fast path."""

    command: str
    #: Exchanges per CPU-second with it or without it: the program line that runs leadproof, and a folder for files.
    measure: Callable[[list[str], Path], float]
    #: Python that switches it off, run before the command.
    off: str


def _validated(write: Callable[[Path], None], *more: str) -> Callable[[list[str], Path], float]:
    def measure(program: list[str], folder: Path) -> float:
        path = folder / "capture"
        if not path.exists():
            write(path)
        before = os.times()
        command = [*program, "validate", *(more or ("--no-run",)), "--json", str(path)]
        subprocess.run(command, stdout=subprocess.DEVNULL, check=False, cwd=folder)
        after = os.times()
        used = after.children_user + after.children_system - before.children_user - before.children_system
        return EXCHANGES / used

    return measure


def _xml(path: Path) -> None:
    messages = (message for pair in validate.pairs(EXCHANGES) for message in pair.messages[1:])
    with path.open("w") as file:
        for number, exchange in enumerate(messages, 1):
            file.write(validate.json.dumps(validate.exchange_row(number, exchange)) + "\n")


def _mock(fmt: str, different: int) -> Callable[[list[str], Path], float]:
    def measure(program: list[str], folder: Path) -> float:
        body = shared.bodies.encode_request("ping", fmt, shared._VALUE)
        load = shared.Load("POST", "/v2/insert/ping", f"application/{fmt}", body, different)
        port = shared._free_port()
        with shared._process([*program, "mock", "--port", str(port)], port, shared._CPUS[0]) as pid:
            responses, used, _ = shared._saturate(shared.Candidate("mock", port, pid, load), SECONDS, folder)
        return responses / used

    return measure


PATHS: dict[str, FastPath] = {
    "judge/quick": FastPath("validate, XML", _validated(_xml), (
        "from leadproof.judge.quick import FastJudge as F; F.try_judge = lambda self, exchange, recognition: None")),
    "bodies/skeletons": FastPath("validate, XML", _validated(_xml), (
        "from leadproof.bodies.skeletons import Skeletons as S; S.read = lambda self, data: None;"
        "S.learn = lambda self, data, value, tree=None: None")),
    "redact/inert": FastPath("validate, XML, what is kept", _validated(_xml, "--keep", "4000"), (
        "from leadproof.redact.inert import InertTexts as T; T.inert = lambda self, *rest: False")),
    "mock/fast, JSON": FastPath("mock, JSON pings, repeated", _mock("json", shared.BODIES), (
        "from leadproof.mock.engine import fast as h; h.paths = lambda world: {}")),
    "mock/fast, XML": FastPath("mock, XML pings, repeated", _mock("xml", shared.BODIES), (
        "from leadproof.mock.engine import fast as h; h.paths = lambda world: {}")),
    "mock/fast, JSON, all new": FastPath("mock, JSON pings, all new", _mock("json", 99_999), (
        "from leadproof.mock.engine import fast as h; h.paths = lambda world: {}")),
    "mock: bodies known": FastPath("mock, XML pings, repeated", _mock("xml", shared.BODIES), (
        "from leadproof.mock.engine import fast as h; h._LONGEST_PLACED = 0")),
    "mock: heads known": FastPath("mock, JSON pings, repeated", _mock("json", shared.BODIES), (
        "from leadproof.mock.server import heads as s; s.Memory.learn = lambda self, data, known: None")),
}  # fmt: skip

_RUN = "import sys; sys.argv[0] = 'leadproof'; {off}; from leadproof.cli import main; sys.exit(main(sys.argv[1:]))"


def measured(path: FastPath, folder: Path) -> tuple[float, float]:
    """With it and without it, exchanges per CPU-second: medians of some turns."""
    ways: dict[str, list[float]] = {path.off: [], "pass": []}
    for _ in range(ROUNDS):
        for off, values in ways.items():
            program = [sys.executable, "-c", _RUN.format(off=off)]
            values.append(path.measure(program, folder))
    without, with_it = (statistics.median(values) for values in ways.values())
    return with_it, without


def main() -> int:
    chosen = sys.argv[1:] or list(PATHS)
    print(f"{'fast path':30}{'the whole of':32}{'with':>9}{'without':>9}{'gain':>7}")
    for name in chosen:
        with tempfile.TemporaryDirectory() as folder:
            with_it, without = measured(PATHS[name], Path(folder))
        gain = with_it / without
        held = "" if gain >= WANTED else f"   below {WANTED:g}"
        print(f"{name:30}{PATHS[name].command:32}{with_it:>9,.0f}{without:>9,.0f}{gain:>7.2f}{held}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
