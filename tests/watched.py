"""`leadproof mock --watch` for tests: a mock and the page of its last exchanges."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from pages import PATIENCE

KEY = {"api-key": "mock-api-key-not-a-secret"}
PING: dict[str, Any] = {"source": {"vid": 1001, "aid": 2001}, "leads": [{"fields": {"FirstName": "Zacharius"}}]}


@dataclass(frozen=True)
class WatchedMock:
    """`leadproof mock --watch` as a process."""

    process: subprocess.Popen[str]
    url: str
    #: Of the page, with the token.
    page: str

    @property
    def base(self) -> str:
        return self.page.partition("/mock")[0]

    def ping(self, **headers: str) -> None:
        httpx.post(f"{self.url}/v2/insert/ping", json=PING, headers={**KEY, **headers}, trust_env=False)


@contextlib.contextmanager
def watched(folder: Path, *arguments: str) -> Iterator[WatchedMock]:
    line = [sys.executable, "-m", "leadproof", "mock", "--port", "0", "--watch", "--end-with-stdin", *arguments]
    environment = {**os.environ, "XDG_CACHE_HOME": str(folder / "cache")}
    process = subprocess.Popen(
        line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=folder, env=environment
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        found: list[str] = []
        while len(found) < 2 and (words := process.stdout.readline()):
            if address := re.match(r"(?:mock of .* at|  watch    ) (http://\S+)", words):
                found.append(address[1])
        yield WatchedMock(process, *found)
    finally:
        process.kill()
        process.stdin.close()
        process.wait(PATIENCE)
        process.stdout.close()
