"""The first page: what `leadproof --help` and `leadproof --version` print.

Nothing is loaded for it, click least of all, which alone takes most of the tenth of a second that somebody who asks
for help would wait.
"""

from __future__ import annotations

import os
import sys

from leadproof import __version__

#: Command -> the line that `leadproof --help` shows. The module has the same name, with _ for -.
COMMANDS: dict[str, str] = {
    "certify": "Judge a target from end to end, and write the compliance report.",
    "certify-client": "Does a client do the right thing, whatever the receiver does to it?",
    "test": "Run the contract suite alone, or a part of it.",
    "load": "Put load on a target: open model, judged, with objectives and a verdict.",
    "validate": "Judge captured responses: HAR files, bare bodies, folders.",
    "mapping": "Write a first mapping for a log, which validate reads it by.",
    "record": "Record what goes to a target and comes back, and judge it as it passes.",
    "redact": "Make a copy of a capture that is safe to share.",
    "compare": "Do a JSON and an XML response say the same?",
    "mock": "Run the mock of the lead receiver.",
    "defects": "Turn the suite against every defect of the mock: the kill matrix.",
    "report": "Render a run again, merge several, compare with another.",
    "attest": "Confirm what only a person can, beside a run that is over.",
    "serve": "Show runs in a browser: lists, reports, comparisons, trends; judge what is pasted.",
    "verify": "Is a run directory still what its manifest says?",
    "explain": "Explain a clause, reading, operation, defect, fault, exit code, kind of finding or of change.",
    "diff": "What changed between two versions of a specification or profile, and whom does it break?",
    "profile": "Make a posting profile from a posting document, check one, show one.",
    "specs": "Hand out the specification: OpenAPI, XSDs, clauses, readings, a Postman collection.",
    "init": "Write a posting profile, settings, CI jobs and a pre-commit hook.",
    "completion": "Print the script that lets bash, zsh or fish complete command lines.",
    "doctor": "Say what is here and what is missing on this machine.",
}

_ABOUT = ("Contract and load testing for the LeadExec lead-receiver API, version 2 (JSON and XML).",)

#: Written as it stands.
_START = """\
  Start here:
    leadproof certify                                  the whole story against the built-in mock
    leadproof certify --target http://127.0.0.1:8080   the same against a service
    leadproof validate capture.har                     judge what was recorded
    leadproof explain LE2-PING-RES-05                  what a clause asks, and where it is documented

  Exit codes: 0 passed, 1 contract violated, 2 usage, configuration or unreadable input,
  3 load objectives missed, 4 too little could be tested, 5 target unreachable, 130 interrupted.
"""

_OPTIONS = {"--version": "Show the version and exit.", "-h, --help": "Show this message and exit."}

#: Columns of a page at least and at most.
_NARROW, _WIDE = 50, 108


def text_for(words: list[str]) -> str | None:
    """What is printed where somebody asks for the first page or the version and nothing else; None of all others.

    Args:
        words: The command line behind `leadproof`.
    """
    if words == ["--version"]:
        return f"leadproof {__version__}\n"
    return page() if words in (["--help"], ["-h"]) else None


def page() -> str:
    """The help of leadproof itself, as wide as the terminal."""
    width = min(max(_columns() - 2, _NARROW), _WIDE)
    return "\n".join(
        (
            "Usage: leadproof [OPTIONS] COMMAND [ARGS]...\n",
            *(_wrapped(text, "  ", "  ", width) for text in _ABOUT),
            f"\n{_START}\nOptions:",
            *_listed(_OPTIONS, width),
            "\nCommands:",
            *_listed(COMMANDS, width),
            "",
        )
    )


def _listed(rows: dict[str, str], width: int) -> list[str]:
    """Names and what is said of them, in two columns."""
    column = max(map(len, rows)) + 4
    return [_wrapped(words, f"  {name}".ljust(column), " " * column, width) for name, words in rows.items()]


def _wrapped(text: str, first: str, others: str, width: int) -> str:
    """A text in lines of a width, what stands before the first of them and before the others."""
    lines, line = [], first
    for word in text.split():
        if len(line) + len(word) > width and line.strip() != first.strip():
            lines.append(line.rstrip())
            line = others
        line += f"{word} "
    return "\n".join([*lines, line.rstrip()])


def _columns() -> int:
    """Columns of the terminal, as `shutil` finds them, which brings every packer along."""
    said = os.environ.get("COLUMNS", "")
    if said.isdecimal() and int(said) > 0:
        return int(said)
    try:
        return os.get_terminal_size(sys.__stdout__.fileno()).columns or 80  # type: ignore[union-attr]  # caught below
    except (AttributeError, ValueError, OSError):
        return 80
