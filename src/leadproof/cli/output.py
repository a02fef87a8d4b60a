"""Standard output and standard error as a command uses them: what becomes of text that nobody takes.

A reader that goes away (`| head -1`, a closed terminal) is no failure of a run: the rest is dropped, and the exit code
stays what the run came to. A device that takes nothing (a full disk) is an error of its own.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
from io import BufferedWriter, FileIO, TextIOWrapper

TYPE_CHECKING = False  # what `typing` is loaded for elsewhere; the first page is printed without it
if TYPE_CHECKING:
    from typing import Any


class _Stream(FileIO):
    """A standard stream; from the first write that fails on, what is written is dropped.

    Args:
        descriptor: The file descriptor, which stays open.
        raises: Is it an error when a device takes nothing? Not on standard error, where nobody could be told.
    """

    def __init__(self, descriptor: int, *, raises: bool) -> None:
        super().__init__(descriptor, "wb", closefd=False)
        self._raises = raises
        self._device = stat.S_ISCHR(os.fstat(descriptor).st_mode)
        self._lost = False

    def write(self, data: Any) -> int:
        size = memoryview(data).nbytes
        if self._lost:
            return size
        try:
            return super().write(data)
        except OSError as error:
            self._lost = True
            # A terminal that was closed gives an input/output error.
            gone = error.errno == errno.EPIPE or (self._device and error.errno == errno.EIO)
            if gone or not self._raises:
                return size
            from leadproof.core.errors import OutputError

            raise OutputError(
                f"the output could not be written: {error.strerror or error}",
                hint="check the space on the disk or device that the output goes to",
            ) from None


def prepare() -> None:
    """Output that the terminal's encoding has no letter for is spelled out; output that nobody takes is dropped."""
    _open_closed()
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if not isinstance(stream, TextIOWrapper):
            continue
        stream.reconfigure(errors="backslashreplace")
        if stream is not getattr(sys, f"__{name}__"):
            continue
        unbuffered = isinstance(stream.buffer, FileIO)
        try:  # noqa: SIM105 - contextlib takes longer to load than the first page to print
            stream.flush()
        except OSError:
            pass
        # Buffered in any case: Python unbuffered drops what a pipe does not take at once, such as the end of a report.
        whole = BufferedWriter(_Stream(stream.fileno(), raises=name == "stdout"))
        ours = TextIOWrapper(
            whole, stream.encoding, stream.errors, line_buffering=stream.line_buffering, write_through=unbuffered
        )
        setattr(sys, name, ours)


def _open_closed() -> None:
    """Opens what was closed (`>&-`) as the null device: else a socket or a file of ours would get its number, and
    whatever writes to standard output would write there.
    """
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(descriptor, True)
    os.close(descriptor)
    for number, (name, mode) in enumerate((("stdin", "r"), ("stdout", "w"), ("stderr", "w"))):
        if getattr(sys, name) is None:
            setattr(sys, name, open(number, mode, encoding="utf-8", closefd=False))  # noqa: SIM115 - stays open


def flush() -> None:
    """Hands over what is left.

    Raises:
        OutputError: Nobody takes it.
    """
    for stream in (sys.stdout, sys.stderr):
        if stream is not None and not stream.closed:
            stream.flush()


def show(text: str) -> int:
    """Prints a text that is all that there is to a call, and gives the exit code."""
    from leadproof.core import errors

    try:
        sys.stdout.write(text)
        flush()
    except errors.OutputError as error:
        print(f"leadproof: error: {error.message}\n  hint: {error.hint}", file=sys.stderr)
        return int(error.exit_code)
    return 0
