"""What do other tools notice? Theirs and ours, against a sample of the mock's defects, with the same specification.

Run it with `make bench-peers`, or `python tests/bench/peers.py [--sample 20] [--seed 0] [--peers DIR] [--json]`. At
most five minutes; what did not fit is said. Loopback only.

* schemathesis   `st run specs/openapi.yaml`, examples and fuzzing, four examples an operation, its own checks
* prism          a validating proxy: ordinary requests of every operation in both representations go through it
* dredd, specmatic   as their manuals start them
* leadproof      the suite as `leadproof defects` runs it

The Node tools are installed into a temporary folder with npm, or found in --peers. A tool that cannot be had, or that
cannot read the specification, is named with its reason and counted nowhere. What a tool reports about the faithful mock
is a false alarm; a defect is caught if the tool reports another kind of failure than it does then.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "src"))

import httpx  # noqa: E402 - found in the checkout, installed or not

from leadproof import bodies  # noqa: E402 - as above
from leadproof.commands import defects  # noqa: E402 - as above
from leadproof.contract.profile import load  # noqa: E402 - as above
from leadproof.core.operations import CELLS, OPERATIONS  # noqa: E402 - as above
from leadproof.generate.leads import LeadMaker  # noqa: E402 - as above
from leadproof.mock.defects import Defect, planted, table  # noqa: E402 - as above
from leadproof.mock.server import running  # noqa: E402 - as above

SPEC = ROOT / "specs" / "openapi.yaml"
PROFILE = load()
KEY = PROFILE.credentials.api_keys[0]

#: npm package -> command.
NODE = {"@stoplight/prism-cli": "prism", "dredd": "dredd", "specmatic": "specmatic"}

#: Seconds for a whole run, and each tool's share of it.
SECONDS = 280.0
SHARES = {"schemathesis": 0.55, "prism": 0.25, "dredd": 0.05, "specmatic": 0.15}

#: What a tool complains of, as texts; two runs are compared by them.
Complaints = frozenset[str]


class CaseSkipped(Exception):
    """A tool is not here, or cannot read the specification."""


class Row(NamedTuple):
    """One tool's line of the table."""

    tool: str
    tried: int
    caught: list[str]
    false_alarms: int
    note: str = ""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as one:
        return int(one.getsockname()[1])


@contextlib.contextmanager
def mock(defect: Defect | None, port: int = 0) -> Iterator[str]:
    made = planted([defect] if defect else [], PROFILE, clock=time.time, seed=0, token="bench")
    with running(made, port=port) as served:
        yield served.url


def sample(number: int, seed: int) -> list[Defect]:
    """Defects of as many kinds as possible: one of each, by chance, those written by hand first."""
    chance, kinds = random.Random(seed), dict[str, list[Defect]]()
    for row in table(seed).values():
        kinds.setdefault(row.kind, []).append(row)
    ordered = sorted(kinds.values(), key=lambda rows: rows[0].generated)
    half = [rows for rows in ordered if not rows[0].generated], [rows for rows in ordered if rows[0].generated]
    chosen = [*chance.sample(half[0], min(number // 2, len(half[0]))), *chance.sample(half[1], number - number // 2)]
    return [chance.choice(rows) for rows in chosen]


def call(command: Sequence[str], seconds: float, folder: Path) -> subprocess.CompletedProcess[str]:
    with contextlib.suppress(subprocess.TimeoutExpired):
        return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=seconds)
    return subprocess.CompletedProcess(command, -1, "", "no end in time")


# ---- the tools -------------------------------------------------------------------------------------------------------


def schemathesis(folder: Path, _: Path) -> Iterator[Callable[[Defect | None], Complaints]]:
    command = shutil.which("st", path=str(Path(sys.executable).parent)) or shutil.which("st")
    if command is None:
        raise CaseSkipped("not installed: pip install schemathesis")

    def run(defect: Defect | None) -> Complaints:
        report = folder / "schemathesis.json"
        report.unlink(missing_ok=True)
        with mock(defect) as url:
            call(
                [command, "run", str(SPEC), "--url", url, "-H", f"api-key: {KEY}", "--max-examples", "4", "--seed", "1",
                 "--phases", "examples,fuzzing", "--no-shrink", "--generation-database", "none",
                 "--continue-on-failure", "--report", "json", "--report-json-path", str(report)],
                40, folder,
            )  # fmt: skip
        if not report.exists():
            raise CaseSkipped("it wrote no report")
        found = json.loads(report.read_text("utf-8"))["failures"]
        return frozenset(f"{one['title']}: {operation}" for one in found for operation in one["operations"])

    yield run


def prism(folder: Path, peers: Path) -> Iterator[Callable[[Defect | None], Complaints]]:
    command = node(peers, "prism")
    upstream, port = free_port(), free_port()
    proxy = subprocess.Popen(
        [command, "proxy", str(SPEC), f"http://127.0.0.1:{upstream}", "--host", "127.0.0.1", "--port", str(port),
         "--errors"],
        cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        wait_for(port, 40)
        numbers = iter(range(1, 100_000))

        def run(defect: Defect | None) -> Complaints:
            with (
                mock(defect, upstream),
                httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=10) as http,
            ):
                return frozenset(ordinary(http, numbers))

        yield run
    finally:
        proxy.terminate()
        proxy.wait(10)


def ordinary(http: httpx.Client, numbers: Iterator[int]) -> Iterator[str]:
    """Ordinary requests through the proxy; what it says instead of the response."""
    maker = LeadMaker(PROFILE)
    for operation, fmt in CELLS:
        row = OPERATIONS[operation]
        if not row.body:
            continue
        for refused in (False, True):
            value, _ = maker.request(operation, (next(numbers), next(numbers)), refused=refused)
            media = f"application/{fmt}"
            response = http.request(
                row.method, row.path, content=bodies.encode_request(operation, fmt, value),
                headers={"api-key": KEY, "content-type": media, "accept": media},
            )  # fmt: skip
            if "prism/errors" in response.text:
                yield f"{operation} {fmt} {response.json().get('type', '').rpartition('#')[2]}"


def dredd(folder: Path, peers: Path) -> Iterator[Callable[[Defect | None], Complaints]]:
    command = node(peers, "dredd")

    def run(defect: Defect | None) -> Complaints:
        with mock(defect) as url:
            done = call([command, str(SPEC), url, "--color=false", "-h", f"api-key: {KEY}"], 15, folder)
        text = done.stdout + done.stderr
        if "processing error" in text:
            raise CaseSkipped("it cannot process the specification (OpenAPI 3.1)")
        return frozenset(line for line in text.splitlines() if line.startswith("fail:"))

    yield run


def specmatic(folder: Path, peers: Path) -> Iterator[Callable[[Defect | None], Complaints]]:
    command = node(peers, "specmatic")
    if shutil.which("java") is None:
        raise CaseSkipped("there is no Java here")

    def run(defect: Defect | None) -> Complaints:
        with mock(defect) as url:
            done = call([command, "test", str(SPEC), f"--testBaseURL={url}"], 40, folder)
        text = done.stdout + done.stderr
        if "not recognized as XML type" in text or done.returncode == -1:
            raise CaseSkipped("it cannot read the XML parts of the specification")
        return frozenset(line.strip() for line in text.splitlines() if line.strip().startswith(">>"))

    yield run


def node(peers: Path, name: str) -> str:
    found = next((str(path) for path in sorted(peers.glob(f"**/.bin/{name}"))), None)
    if found is None or shutil.which("node") is None:
        raise CaseSkipped("cannot be had: no npm, or no registry")
    return found


def wait_for(port: int, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.2)
    raise CaseSkipped("it did not start in time")


def install(folder: Path) -> None:
    """The Node tools, as far as they can be had."""
    if shutil.which("npm") is None:
        return
    for package, name in NODE.items():
        place = folder / name
        place.mkdir()
        (place / "package.json").write_text('{"name": "peer", "version": "1.0.0", "private": true}')
        call(["npm", "install", package, "--no-audit", "--no-fund", "--ignore-scripts"], 60, place)


TOOLS = {"schemathesis": schemathesis, "prism": prism, "dredd": dredd, "specmatic": specmatic}


# ---- the table -------------------------------------------------------------------------------------------------------


def theirs(name: str, rows: list[Defect], folder: Path, peers: Path, seconds: float) -> Row:
    deadline, caught, tried = time.monotonic() + seconds, list[str](), 0
    try:
        with contextlib.contextmanager(TOOLS[name])(folder, peers) as run:
            # Twice: chance takes its part, and what a tool says of the faithful mock now and then, it says of any.
            usual = run(None) | run(None)
            titles = {one.partition(":")[0] for one in usual}
            for row in rows:
                if time.monotonic() > deadline:
                    break
                tried += 1
                if any(one.partition(":")[0] not in titles for one in run(row) - usual):
                    caught.append(row.id)
    except CaseSkipped as error:
        return Row(name, 0, [], 0, str(error))
    except (OSError, httpx.HTTPError, ValueError) as error:
        return Row(name, tried, caught, 0, f"ended by {type(error).__name__}")
    return Row(name, tried, caught, len(usual), "" if tried == len(rows) else "the time was used up")


def ours(rows: list[Defect]) -> Row:
    told, _ = defects.try_out([], defects.cases((), ()), PROFILE, 0)
    caught = [row.id for row in rows if defects.run_one(row, PROFILE, 0).verdict != "survived"]
    return Row("leadproof", len(rows), caught, len(defects.noticed(told)))


def main() -> int:
    parser = argparse.ArgumentParser(description="What other tools notice of a sample of the mock's defects.")
    parser.add_argument("--sample", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--peers", type=Path, help="folder with the Node tools; without it they are installed")
    parser.add_argument("--seconds", type=float, default=SECONDS)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    rows, began = sample(options.sample, options.seed), time.monotonic()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        peers = options.peers or folder / "peers"
        if options.peers is None:
            peers.mkdir()
            install(peers)
        found = [ours(rows)]
        left = max(30.0, options.seconds - (time.monotonic() - began))
        found += [theirs(name, rows, folder, peers, left * share) for name, share in SHARES.items()]
    if options.json:
        print(json.dumps({"sample": [row.id for row in rows], "tools": [row._asdict() for row in found]}, indent=1))
        return 0
    print(f"{len(rows)} defects, seed {options.seed}\n")
    print(f"{'tool':<14}{'caught':>12}{'false alarms':>15}   ")
    for row in found:
        shown = f"{len(row.caught)} of {row.tried}" if row.tried else "–"
        print(f"{row.tool:<14}{shown:>12}{row.false_alarms if row.tried else '–':>15}   {row.note}")
    print(f"\n{'defect':<58}" + " ".join(f"{row.tool[:6]:>6}" for row in found))
    for place, defect in enumerate(rows):
        marks = (("yes" if defect.id in row.caught else "no") if place < row.tried else "–" for row in found)
        print(f"{defect.id[:57]:<58}" + " ".join(f"{mark:>6}" for mark in marks))
    return 0


if __name__ == "__main__":
    sys.exit(main())
