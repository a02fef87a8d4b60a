"""A Dask cluster of processes, and an S3 server beside it: on this machine, or each worker in a network of its own.

A network is a namespace of Linux, joined to the others by a bridge that stands in a namespace too: nothing of the
machine's own networks is touched. All that is started is ended by its process id, and namespaces by their names.
"""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import re
import secrets
import shutil
import subprocess
import sys
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from leadproof.captures import FilePart
from leadproof.captures.judging import PartFacts
from leadproof.captures.tasks import TaskWork, _unpacked
from leadproof.runs.facts import packed

#: Seconds that end a wait for a process that does not come up.
LIMIT = 180


#: Credentials of nobody, and no look for others.
NOBODY = {
    "AWS_ACCESS_KEY_ID": "made-up", "AWS_SECRET_ACCESS_KEY": "made-up", "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true", "AWS_SHARED_CREDENTIALS_FILE": os.devnull, "AWS_CONFIG_FILE": os.devnull,
}  # fmt: skip


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


@dataclass
class Place:
    """Where processes run: this machine, or a namespace of it."""

    address: str = "127.0.0.1"
    namespace: str = ""

    def command(self, *words: str) -> list[str]:
        return ["ip", "netns", "exec", self.namespace, *words] if self.namespace else list(words)


@contextlib.contextmanager
def namespaces(number: int) -> Iterator[list[Place]]:
    """A hub and so many more, each with an address that the others reach; skips where that is not possible."""
    if os.name != "posix" or not shutil.which("ip") or os.geteuid() != 0:
        pytest.skip("network namespaces need Linux, ip and root")
    tag = secrets.token_hex(3)
    names = [f"lp-{tag}-{one}" for one in range(number + 1)]
    hub = names[0]
    try:
        try:
            for name in names:
                ip("netns", "add", name)
                ip("-n", name, "link", "set", "lo", "up")
            ip("-n", hub, "link", "add", "br0", "type", "bridge")
            ip("-n", hub, "addr", "add", "10.213.7.1/24", "dev", "br0")
            ip("-n", hub, "link", "set", "br0", "up")
            for one, name in enumerate(names[1:], 1):
                ip("-n", hub, "link", "add", f"port{one}", "type", "veth", "peer", "name", "eth0", "netns", name)
                ip("-n", hub, "link", "set", f"port{one}", "master", "br0", "up")
                ip("-n", name, "addr", "add", f"10.213.7.{one + 1}/24", "dev", "eth0")
                ip("-n", name, "link", "set", "eth0", "up")
        except (OSError, subprocess.CalledProcessError) as error:
            pytest.skip(f"no network namespaces can be made here: {getattr(error, 'stderr', error)!r}")
        yield [Place(f"10.213.7.{one + 1}", name) for one, name in enumerate(names)]
    finally:
        for name in names:
            subprocess.run(["ip", "netns", "del", name], capture_output=True)


@dataclass
class Processes:
    """Processes that were started, each with what it says in a file; all are ended at the end."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self, place: Place, log: str, *words: str) -> subprocess.Popen[bytes]:
        with (self.folder / log).open("ab") as said:
            process = subprocess.Popen(
                place.command(sys.executable, *words), stdout=said, stderr=said, stdin=subprocess.DEVNULL,
                env=os.environ | self.environment, cwd=self.folder,
            )  # fmt: skip
        self.running.append(process)
        return process

    def said(self, log: str) -> str:
        path = self.folder / log
        return path.read_text("utf-8", errors="replace") if path.exists() else ""

    def wait_for(self, log: str, pattern: str, times: int = 1) -> str:
        """What a pattern's first group was when it was said so many times.

        Raises:
            AssertionError: It was not, and the process is gone or took too long.
        """
        begun = time.monotonic()
        while len(found := re.findall(pattern, self.said(log))) < times:
            assert time.monotonic() - begun < LIMIT, self.said(log)[-2000:]
            time.sleep(0.05)
        return str(found[-1])

    def end(self) -> None:
        for process in self.running:
            process.kill()
        for process in self.running:
            process.wait()


@contextlib.contextmanager
def processes(folder: Path) -> Iterator[Processes]:
    started = Processes(folder, dict(NOBODY))
    try:
        yield started
    finally:
        started.end()


def serve_s3(started: Processes, place: Place) -> str:
    """Starts a server of S3; its URL."""
    code = f"""
import sys
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server
server = make_server({place.address!r}, 0, DomainDispatcherApplication(create_backend_app), True,
                     request_handler=MotoRequestHandler)
print("listens on", server.port, flush=True)
server.serve_forever()
"""
    started.start(place, "s3.log", "-c", code)
    port = started.wait_for("s3.log", r"listens on (\d+)")
    return f"http://{place.address}:{port}"


def upload(
    started: Processes, place: Place, url: str, bucket: str, files: Sequence[Path], root: Path | None = None
) -> None:
    """Puts files into a bucket, by their path from a folder or by their name, from where the server can be reached."""
    code = f"""
import boto3, json, pathlib, sys
client = boto3.client("s3", endpoint_url={url!r})
client.create_bucket(Bucket={bucket!r})
for key, path in json.loads(sys.argv[1]).items():
    client.put_object(Bucket={bucket!r}, Key=key, Body=pathlib.Path(path).read_bytes())
print("uploaded")
"""
    keys = {path.relative_to(root).as_posix() if root else path.name: str(path) for path in files}
    started.start(place, "upload.log", "-c", code, json.dumps(keys))
    started.wait_for("upload.log", "(uploaded)")


def start_scheduler(started: Processes, place: Place) -> str:
    started.start(
        place, "scheduler.log", "-m", "distributed.cli.dask_scheduler", "--host", place.address, "--port", "0",
        "--no-dashboard",
    )  # fmt: skip
    return started.wait_for("scheduler.log", r"Scheduler at:\s+(tcp://\S+)")


def start_worker(started: Processes, place: Place, scheduler: str, log: str) -> subprocess.Popen[bytes]:
    """A worker without a nanny: who kills it kills it for good."""
    before = len(re.findall("Registered to", started.said(log)))
    process = started.start(
        place, log, "-m", "distributed.cli.dask_worker", scheduler, "--host", place.address, "--no-nanny",
        "--nthreads", "1", "--no-dashboard", "--local-directory", str(started.folder / "scratch"),
    )  # fmt: skip
    started.wait_for(log, "(Registered to)", before + 1)
    return process


def sent(work: TaskWork) -> bytes:
    """What is done with a part of a file, as a task has it."""
    return zlib.compress(pickle.dumps(work))


# ---- what runs on a worker; sent by its name, so it has to be importable there ---------------------------------------


def deadly(part: FilePart, kept: int, stopped: Callable[[], bool]) -> list[PartFacts]:
    """Ends the process that judges a file called deadly, and judges nothing of the others."""
    if part.path.name == "deadly.ndjson":
        os._exit(9)
    return [PartFacts(packed([]))]


def faulty(part: FilePart, kept: int, stopped: Callable[[], bool]) -> list[PartFacts]:
    """Fails, as a fault of our own does."""
    raise ZeroDivisionError("ours")


def tasks_done() -> int:
    """Tasks that this worker has done."""
    done = _unpacked.cache_info()
    return done.hits + done.misses
