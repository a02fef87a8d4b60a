"""The command line: parses, calls, prints, exits. The last and thinnest layer; nothing here judges.

Each command is a module with one click command, imported only when it is called. `front` is the first page, `root` the
group of all commands.
"""

from __future__ import annotations

import os
import sys

from leadproof.cli import front, output
from leadproof.cli.front import COMMANDS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["COMMANDS", "main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command and gives its exit code.

    Args:
        arguments: The command line behind `leadproof`; that of the process if left out.
    """
    try:
        output.prepare()
        words = list(sys.argv[1:] if arguments is None else arguments)
        if "_LEADPROOF_COMPLETE" not in os.environ and (text := front.text_for(words)) is not None:
            return output.show(text)
        import time

        from leadproof.core import signals

        with signals.like_ctrl_c(time.monotonic, last=arguments is None):
            with signals.held():  # what is half loaded cannot be told from what is broken
                from leadproof.cli import root
            return root.run(arguments)
    except KeyboardInterrupt as error:  # no command has begun, which would say what it found
        from leadproof.core.errors import ExitCode
        from leadproof.core.signals import reason

        print(f"leadproof: error: {reason(error)}", file=sys.stderr)
        return int(ExitCode.INTERRUPTED)
