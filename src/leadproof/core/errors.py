"""What leadproof itself could not do, and the exit codes of its commands.

What the *tested service* did wrong is never an exception: it is a finding (`findings.Finding`).

::

    LeadproofError                  where, what, and a hint: what to do
    ├── UsageError            2     a command line or a call that makes no sense
    ├── ConfigurationError    2     leadproof.toml, a posting profile, a reading
    ├── InputError            2     a file that cannot be read as what it should be
    ├── MissingExtraError     2     an optional dependency that is not installed
    ├── ServerError           2     the mock cannot listen (port in use, …)
    ├── EvidenceError         2     the run directory cannot be written (in `evidence`)
    ├── OutputError           2     standard output takes nothing (a full disk)
    ├── TargetError           5     the tested service cannot be reached
    └── EncodeError           2     a value that the wire format cannot carry

Only the command line prints them and turns them into an exit code.
"""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes of every command. A number is never given a second meaning."""

    PASSED = 0
    #: A *must* clause with basis documented or resolved was violated (or what `--fail-on` adds).
    VIOLATED = 1
    #: Usage, configuration, unreadable input, or output that cannot be written.
    USAGE = 2
    #: The contract held, the load objectives did not.
    OBJECTIVES_MISSED = 3
    #: Nothing matched, nothing was authorised, too few samples: too little could be tested.
    INCONCLUSIVE = 4
    #: The target could not be reached: no byte of a response ever came. What came broken is a violation.
    UNREACHABLE = 5
    #: Ended by Ctrl-C, SIGTERM or SIGHUP; what was written until then is kept.
    INTERRUPTED = 130


#: What each exit code says, in a sentence; reports and `leadproof explain` show it.
MEANINGS: dict[ExitCode, str] = {
    ExitCode.PASSED: "All tested requirements passed.",
    ExitCode.VIOLATED: "A required clause (must, documented or resolved) failed, or what --fail-on adds.",
    ExitCode.USAGE: "Usage, configuration, unreadable input or output that cannot be written.",
    ExitCode.OBJECTIVES_MISSED: "The contract was kept, load objectives were missed.",
    ExitCode.INCONCLUSIVE: "Too little could be tested: nothing matched, nothing was accepted, or too few samples.",
    ExitCode.UNREACHABLE: "The target could not be reached: nothing was ever received from it.",
    ExitCode.INTERRUPTED: "Ended by Ctrl-C, SIGTERM or SIGHUP; what was found until then is kept.",
}

#: Where several exit codes apply, the first of these wins.
PRECEDENCE = (
    ExitCode.INTERRUPTED,
    ExitCode.USAGE,
    ExitCode.UNREACHABLE,
    ExitCode.VIOLATED,
    ExitCode.INCONCLUSIVE,
    ExitCode.OBJECTIVES_MISSED,
    ExitCode.PASSED,
)


def worst(*codes: ExitCode) -> ExitCode:
    """The exit code that wins where several apply (see `PRECEDENCE`)."""
    return min(codes, key=PRECEDENCE.index, default=ExitCode.PASSED)


def reading_hint(error: Exception) -> str:
    """What to do about a file that cannot be opened or read."""
    missing = isinstance(error, FileNotFoundError | NotADirectoryError)
    return "check the spelling of the path" if missing else "check that you may read it"


class LeadproofError(Exception):
    """Something that leadproof could not do.

    Args:
        message: What went wrong, with the place where it did.
        hint: What the user can do about it; empty if there is nothing to add.
    """

    exit_code = ExitCode.USAGE

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(LeadproofError):
    """The command line, or a call into the library, asks for something that does not exist."""


class ConfigurationError(LeadproofError):
    """A configuration file, a posting profile or a choice of reading is wrong."""


class InputError(LeadproofError):
    """A file cannot be read as what it should be."""


class MissingExtraError(LeadproofError):
    """An optional dependency is not installed."""


class ServerError(LeadproofError):
    """A server of ours cannot listen."""


class OutputError(LeadproofError):
    """Standard output takes nothing."""


class TargetError(LeadproofError):
    """The tested service cannot be reached at all."""

    exit_code = ExitCode.UNREACHABLE


class EncodeError(LeadproofError):
    """A value cannot be written in the wire format that was asked for.

    Attributes:
        pointer: JSON Pointer of the member that cannot be carried.
    """

    def __init__(self, message: str, *, pointer: str, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.pointer = pointer
