"""A guard: where leadproof is killed, it ends the client and takes away the file with the client's lead.

Nobody who is killed can tidy up. The guard is a shell that waits for its standard input to end, which it does when
leadproof is gone, however that came. One that was not needed is ended before that.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_SCRIPT = 'read -r group; cat >/dev/null; [ -z "$group" ] || kill -s KILL -- "-$group" 2>/dev/null; rm -rf -- "$1"'


@contextmanager
def guarded(folder: Path) -> Iterator[Callable[[int], None]]:
    """Guards a folder, and with the function that it gives a process group, for as long as the context lasts.

    Args:
        folder: Is removed with all that is in it.
    """
    shell = shutil.which("sh")
    if shell is None:
        yield lambda group: None
        return
    # A session of its own: what ends all of ours from a terminal does not end it.
    guard = subprocess.Popen(
        [shell, "-c", _SCRIPT, "leadproof-guard", str(folder)], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, cwd="/", start_new_session=True,
    )  # fmt: skip
    assert guard.stdin is not None
    pipe = guard.stdin

    def watch(group: int) -> None:
        with suppress(OSError):
            pipe.write(f"{group}\n".encode())
            pipe.flush()

    try:
        yield watch
    finally:
        guard.kill()  # before the pipe is closed: a number may be another group's by then
        guard.wait()
        with suppress(OSError):
            pipe.close()
