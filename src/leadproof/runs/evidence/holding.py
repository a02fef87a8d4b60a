"""Who writes into a directory: a lock that ends with the process that holds it, however that ends.

A command that waits (for traffic, for a pipe, for a client) writes nothing for hours, and one that was killed leaves
the same files as one that runs: only the lock tells them apart. It is on the directory itself, so it adds no file.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

if sys.platform != "win32":
    import fcntl


#: Seconds between two looks whether others are done.
_SHORT = 0.02


class Hold:
    """Holds a run directory until it is closed; nothing where the system or the disk has no such lock.

    Args:
        folder: The directory.
    """

    def __init__(self, folder: Path) -> None:
        try:
            self._descriptor = _locked(folder, alone=True)
        except BlockingIOError:  # somebody looks at it just now, or writes into it, too
            self._descriptor = None

    def close(self) -> None:
        """Let go of it. Closing twice does nothing."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


@contextmanager
def alone(folder: Path, patience: float) -> Iterator[None]:
    """Inside, nobody else who asks like this writes into a directory, whatever process or thread it is.

    Args:
        folder: The directory.
        patience: Seconds to wait for others.

    Raises:
        TimeoutError: They take longer.
    """
    until = time.monotonic() + patience
    while True:
        try:
            descriptor = _locked(folder, alone=True)
            break
        except BlockingIOError:
            if time.monotonic() > until:
                raise TimeoutError(f"another process writes into {folder}") from None
            time.sleep(_SHORT)
    try:
        yield
    finally:
        if descriptor is not None:
            os.close(descriptor)


def is_held(folder: Path) -> bool | None:
    """Does a process write into a run directory? None where nobody can tell.

    The lock is tried, as a writer does: a disk that does not give it to who asks did not give it to who writes, either.
    Those who only ask share it, so that nobody takes one for a writer.
    """
    try:
        descriptor = _locked(folder, alone=False)
    except BlockingIOError:
        return True
    if descriptor is None:
        return None
    os.close(descriptor)
    return False


def _locked(folder: Path, *, alone: bool) -> int | None:
    """A descriptor with the lock; None where there is no such lock.

    Raises:
        BlockingIOError: Another process holds it.
    """
    if sys.platform == "win32":
        return None
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        if isinstance(error, BlockingIOError):
            raise
        return None
    return descriptor
