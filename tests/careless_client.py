"""A client with several mistakes, for `leadproof certify-client`: run by path with the file of a task."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from leadproof.suite.client.example import LeadClient, TaskRefused
from leadproof.suite.client.inside import example
from leadproof.suite.client.mutants import MUTANTS

#: What it does wrong.
MISTAKES = (
    "type-is-success", "posts-anyway", "again-after502", "key-in-url", "numbers-as-text", "dates-moved", "acts-on-each",
)  # fmt: skip

Careless: type[LeadClient] = type("Careless", tuple(MUTANTS[name].kind for name in MISTAKES), {})


def main(path: str) -> int:
    """Does the task; the exit status says what it believes."""
    try:
        return 0 if example(kind=Careless)(json.loads(Path(path).read_text("utf-8"))) else 1
    except TaskRefused:
        return 64


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
