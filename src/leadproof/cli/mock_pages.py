"""The pages of `leadproof mock --watch`: a process of their own, so that the mock is no slower for them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from collections.abc import Sequence
from types import TracebackType

import click

from leadproof.cli.serve import MOCK_TOKEN

#: Seconds that the pages are given to end.
_PATIENCE = 5.0


class MockPages:
    """`leadproof serve` beside a mock; it ends with the context, or with this process, however that ends.

    Args:
        port: Of the pages; 0 for a free one.
        arguments: More of its command line.
        open_browser: Is the page opened in the browser of this machine?
    """

    def __init__(self, port: int, arguments: Sequence[str], *, open_browser: bool) -> None:
        self._line = [
            sys.executable, "-m", "leadproof", "serve", "--port", str(port), "--end-with-stdin", *arguments,
            *(["--open"] if open_browser else []),
        ]  # fmt: skip
        self._process: subprocess.Popen[str] | None = None
        self._teller: threading.Thread | None = None

    def __enter__(self) -> MockPages:
        return self

    def start(self, url: str, token: str) -> None:
        """Begin to show the exchanges of the mock at a URL; the address of the page is printed once it is there."""
        self._process = subprocess.Popen(
            [*self._line, "--mock", url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={**os.environ, MOCK_TOKEN: token},
        )  # fmt: skip
        self._teller = threading.Thread(target=self._tell, args=(self._process,), daemon=True)
        self._teller.start()

    @staticmethod
    def _tell(process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            if address := re.search(r"http://\S+", line):
                click.echo(f"  watch     {address[0]}")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        process = self._process
        if process is None:
            return
        assert process.stdin is not None
        process.stdin.close()  # which ends it
        try:
            process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if self._teller is not None:
            self._teller.join(1)
