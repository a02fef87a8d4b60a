"""What is loaded when it is used and not before: members of modules by their names, regular expressions by their text.

A command line begins anew with every call, and most of what is here is not needed by most calls. `LazyTable` is a table
of what may be needed, `pattern` stands at the top of a module; what either gives is kept.
"""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Iterator, Mapping
from typing import Any, AnyStr, TypeVar, cast

from leadproof.core import signals

T = TypeVar("T")


def member(package: str, place: str) -> Any:
    """A member of a module.

    Args:
        package: What the name of the module begins with, such as "leadproof.captures".
        place: The rest of it, and the member, such as "har:read_har".
    """
    module, _, name = place.partition(":")
    path = f"{package}.{module}"
    if path not in sys.modules:
        with signals.held():  # what is half loaded cannot be told from what is broken
            importlib.import_module(path)
    return getattr(sys.modules[path], name)


class LazyTable(Mapping[str, T]):
    """A table whose values are members of modules, imported when they are asked for.

    Args:
        package: As of `member`, for all of them.
        places: Key -> place.
    """

    def __init__(self, package: str, places: Mapping[str, str]) -> None:
        self._package, self._places = package, dict(places)
        self._found: dict[str, T] = {}

    def __getitem__(self, key: str) -> T:
        if key not in self._found:
            self._found[key] = member(self._package, self._places[key])
        return self._found[key]

    def __contains__(self, key: object) -> bool:  # the one of Mapping would import it
        return key in self._places

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


class _Pattern:
    """Compiles at the first use, and takes the methods of what comes of it for its own: later uses cost no more."""

    def __init__(self, text: Any, flags: int) -> None:
        self._given = text, flags

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        text, flags = self._given
        found = self.__dict__[name] = getattr(re.compile(text, flags), name)
        return found


def pattern(text: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """A regular expression that is compiled when one of its methods is first called.

    For those at the top of a module that most calls of the command line never come to: a large one takes milliseconds.
    Functions of `re` do not take it for a pattern; its methods are what it is for.
    """
    return cast("re.Pattern[AnyStr]", _Pattern(text, flags))
