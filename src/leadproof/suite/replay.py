"""Replay files: how to make a failing example again. Data only.

A body that was redacted cannot be sent again, and one that was not may not be written down. So a replay names what the
example came from: seed, nonce, topic, case, and how many examples of each cell; the same requests come of it, byte for
byte but for ids that the target gave.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from leadproof.core.errors import InputError

SCHEMA = "leadproof.replay/1"


@dataclass(frozen=True, slots=True)
class Replay:
    """One failing example."""

    topic: str
    #: Name of the case within its topic.
    case: str
    #: The clause that it breaks.
    clause: str
    seed: int
    nonce: int
    #: Examples of each cell that were asked for.
    examples: int
    #: The request of the run that shows it, counted from 1; 0 if the run counts none.
    exchange: int = 0
    #: Name of the posting profile that it was made with.
    profile: str = ""
    #: Reading id -> choice, where it is not the one that is taken.
    readings: Mapping[str, str] | None = None

    def text(self) -> str:
        """The file's text."""
        return json.dumps({"schema": SCHEMA, **asdict(self)}, indent=1, ensure_ascii=False) + "\n"


def read(data: bytes, name: str) -> Replay:
    """A replay from a file's bytes.

    Args:
        data: The bytes.
        name: Of the file, for messages.

    Raises:
        InputError: It is no replay file.
    """
    try:
        found: Any = json.loads(data)
        if not isinstance(found, dict) or found.pop("schema", None) != SCHEMA:
            raise ValueError
        replay = Replay(**found)
        for field in ("topic", "case", "clause", "profile"):
            if not isinstance(getattr(replay, field), str):
                raise ValueError
        for field in ("seed", "nonce", "examples", "exchange"):
            if not isinstance(getattr(replay, field), int):
                raise ValueError
    except (ValueError, TypeError):
        raise InputError(
            f"{name}: is no replay file", hint="name one of the replay-….json files of a run directory"
        ) from None
    return replay
