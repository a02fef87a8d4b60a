"""`Site`: what all pages stand on."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from leadproof.web.index import Index
from leadproof.web.live.watching import Watchers

if TYPE_CHECKING:
    from leadproof.web.judging import JudgingRules
    from leadproof.web.watching import MockWatch


@dataclass(frozen=True, slots=True)
class OwnRun:
    """The running load that started this server."""

    #: Of its directory, as in `ListedRun`.
    key: str
    path: Path
    #: Where the load writes its runs.
    out: Path
    #: Asks the load to end, by the way that it left to this process when it started it.
    tell: Callable[[], None]
    asked: threading.Event = field(default_factory=threading.Event)

    def ask(self) -> None:
        """Asks the load to end, once."""
        if not self.asked.is_set():
            self.asked.set()
            self.tell()

    def standing(self, read_only: bool) -> str:
        """What a page may do about the load, as `Rendering` takes it."""
        return "" if read_only else "asked" if self.asked.is_set() else "ask"


@dataclass(frozen=True, slots=True)
class Site:
    """What the pages show, and what may be done on them."""

    index: Index
    read_only: bool = False
    language: str = "en"
    own: OwnRun | None = None
    watchers: Watchers = field(default_factory=Watchers)
    #: What pasted exchanges are judged by; None where nothing is judged.
    rules: JudgingRules | None = None
    #: The mock whose exchanges are shown live.
    mock: MockWatch | None = None
    #: Who has which key: a file of OpenSSH's allowed_signers.
    signers: Path | None = None
    #: For which an answer of a person holds.
    attestation_days: int = 365
