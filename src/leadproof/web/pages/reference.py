"""The reference: everything that has an id, to search, each with a page of its own, which says what `explain` says."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from urllib.parse import quote

from markupsafe import Markup, escape
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from leadproof.commands.explaining import SHELVES, Fact
from leadproof.contract.profile import load
from leadproof.contract.profile.sheets import sheets
from leadproof.core.text import visible
from leadproof.web.rendering import page

#: The shelf of posting profiles, which no command explains: `leadproof profile` shows them.
PROFILES = "profiles"

#: Shelves to choose from, in the order of the page; `report` has no ids.
CHOICES = (
    "clauses", "operations", "readings", "situations", PROFILES, "kinds", "words", "faults", "changes", "exit-codes",
    "former-clauses", "defects",
)  # fmt: skip

#: Of these there are thousands, so they are searched only where they are chosen.
_MANY = ("defects",)

#: Rows of a shelf that are shown.
MOST = 1000

#: Label of a fact -> the shelf whose ids stand in it.
_NAMED = {
    "operations": "operations", "cases of": "operations", "reading": "readings", "clauses": "clauses",
    "situations": "situations", "part": "clauses", "part of": "former-clauses", "noticed by": "clauses",
    "noticed as": "kinds", "reversed": "changes",
}  # fmt: skip

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*[A-Za-z0-9]")


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that has an id."""

    id: str
    heading: str
    facts: tuple[tuple[str, str], ...]

    @property
    def summary(self) -> str:
        """What stands beside it in a list."""
        rest = self.heading.removeprefix(self.id).removeprefix(": ")
        return rest or (self.facts[0][1] if self.facts else "")

    def has(self, words: list[str]) -> bool:
        """Do all words stand in it, in any case?"""
        text = f"{self.id}\n{self.heading}\n{self.facts}".lower()
        return all(word in text for word in words)


@cache
def entries(shelf: str) -> Mapping[str, Entry]:
    """What is on a shelf, by id."""
    if shelf == PROFILES:
        profile = load()
        return {"default": Entry("default", f"default: {profile.name}", ())}
    of = SHELVES[shelf]
    return {name: _entry(name, list(of.explain(name, row))) for name, row in of.rows().items()}


def _entry(name: str, told: list[str | Fact]) -> Entry:
    facts = tuple((one.label, one.text) for one in told if isinstance(one, Fact))
    return Entry(name, next((one for one in told if isinstance(one, str)), name), facts)


def show(request: Request) -> Response:
    """What is asked for: a shelf, or what has the words."""
    asked = request.query_params
    shelf, words = asked.get("shelf", ""), asked.get("words", "").lower().split()
    if shelf not in CHOICES:
        shelf = "" if words else CHOICES[0]
    chosen = [shelf] if shelf else [name for name in CHOICES if name not in _MANY]
    found = {name: [one for one in entries(name).values() if one.has(words)] for name in chosen}
    return page(
        request, "reference", found={name: rows for name, rows in found.items() if rows}, shelf=shelf,
        words=asked.get("words", ""), choices=CHOICES, address=address, most=MOST,
    )  # fmt: skip


def entry(request: Request) -> Response:
    """One entry, with links to others that it names."""
    shelf, name = request.path_params["shelf"], request.path_params["name"]
    found = entries(shelf).get(name) if shelf in CHOICES else None
    if found is None:
        raise HTTPException(404)
    facts = [(label, Markup("").join(_linked(text, _NAMED.get(label, "")))) for label, text in found.facts]
    tables = sheets(load()) if shelf == PROFILES else []
    return page(request, "entry", entry=found, shelf=shelf, facts=facts, tables=tables)


def address(shelf: str, name: str) -> str:
    """The page of an entry."""
    return f"/reference/{shelf}/{quote(name, safe='')}"


def _linked(text: str, shelf: str) -> Iterator[Markup]:
    """A text, with the ids of a shelf as links."""
    known, at = entries(shelf) if shelf else {}, 0
    for match in _ID.finditer(text) if shelf else ():
        if match[0] in known:
            yield escape(visible(text[at : match.start()]))
            yield Markup('<a href="{}">{}</a>').format(address(shelf, match[0]), match[0])
            at = match.end()
    yield escape(visible(text[at:]))


ROUTES = (Route("/reference", show), Route("/reference/{shelf}/{name:path}", entry))
