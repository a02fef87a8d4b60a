"""`Site`: what all pages stand on."""

from __future__ import annotations

from dataclasses import dataclass

from leadproof.web.index import Index


@dataclass(frozen=True, slots=True)
class Site:
    """What the pages show, and what may be done on them."""

    index: Index
    read_only: bool = False
    language: str = "en"
