"""The texts of the pages, in one catalogue for each language: `texts/en.toml`.

A text has a name of two parts, as in `list.title`; what changes in it stands in braces. A language that lacks a text
shows it in English, so that a translation may grow.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

ENGLISH = "en"


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The texts of one language."""

    language: str
    texts: Mapping[str, str]

    def __call__(self, name: str, /, **values: Any) -> str:
        """A text.

        Args:
            name: Such as "list.title".
            values: What stands in its braces.

        Raises:
            KeyError: No language has such a text, or a value is missing.
        """
        text = self.texts[name]
        return text.format(**values) if values else text


@cache
def catalogue(language: str = ENGLISH) -> Catalogue:
    """The texts of a language; what it lacks is in English.

    Raises:
        FileNotFoundError: There is no such language.
    """
    texts = _read(ENGLISH)
    return Catalogue(language, texts if language == ENGLISH else texts | _read(language))


def _read(language: str) -> dict[str, str]:
    data = tomllib.loads((resources.files(__package__) / "texts" / f"{language}.toml").read_text("utf-8"))
    return {f"{part}.{name}": text for part, texts in data.items() for name, text in texts.items()}
