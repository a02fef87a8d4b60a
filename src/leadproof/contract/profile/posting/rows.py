"""Tables to the rows of their fields, and each row to a draft: what its cells say, put where it belongs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from leadproof.contract.profile.posting import cells, headings, members
from leadproof.contract.profile.posting.fields import Draft, take_type, take_values
from leadproof.contract.profile.posting.headings import plain
from leadproof.contract.profile.posting.notes import Notes
from leadproof.contract.profile.posting.tables import Row, Table

# ---- tables to rows --------------------------------------------------------------------------------------------------


class FieldRow(NamedTuple):
    """A row of a table of fields."""

    row: Row
    #: ping, post, or "" where the document does not say.
    kind: str
    #: Column -> role; "" for one whose heading is not known.
    columns: dict[int, str]


def kind_of(text: str) -> str:
    """ping or post, if a title names one of them; else ""."""
    words = set(plain(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text)).split())
    ping, post = bool(words & {"ping", "pings"}), bool(words & {"post", "posts", "fullpost"})
    return "" if ping == post else "ping" if ping else "post"


def entries(table: Table, notes: Notes) -> Iterator[FieldRow | Row]:
    """The rows of fields of a table; a row that is none comes as it is."""
    columns: dict[int, str] = {}
    head: list[str] = []
    kind = kind_of(table.title)
    rows = list(table.rows)
    skip = 0
    for number, row in enumerate(rows):
        if skip:
            skip -= 1
            continue
        found = headings.roles(row.cells)
        both = headings.joined(row.cells, rows[number + 1].cells) if number + 1 < len(rows) else None
        if both and len(headings.roles(both)) >= max(2, len(found)):
            found, head, skip = headings.roles(both), both, 1
        elif found:
            head = list(row.cells)
        if found:
            columns = {column: found.get(column, "") for column, text in enumerate(head) if text or column in found}
            _strangers(columns, head, row, rows[number + 1 + skip :], notes)
            continue
        distinct = {cell for cell in row.cells if cell}
        if not columns and len(distinct) == 1 and _is_title(*distinct):
            (text,) = distinct
            kind = kind_of(text)
            notes.understood(row.place, text, f"a heading, of the {kind}")
        elif not columns:
            yield row
        elif len(distinct) == 1 and (
            len(row.cells) == 1 or row.cells[0] == "" or len({*row.cells}) == 1 or " " in row.cells[0]
        ):
            (text,) = distinct
            kind = kind_of(text) or kind
            notes.understood(
                row.place, text, f"a heading between the fields{f', of the {kind}' if kind_of(text) else ''}"
            )
        else:
            yield FieldRow(row, kind, columns)


def _is_title(text: str) -> bool:
    """Is it a heading that names ping or post ("Auto: PING"), and no line such as "Ping URL: …"?"""
    return bool(kind_of(text)) and len(text.split()) <= 5 and not text.endswith(".") and not members.is_line(text)


def _strangers(columns: dict[int, str], head: list[str], row: Row, below: list[Row], notes: Notes) -> None:
    """Names the columns whose heading is not known."""
    for column, text in enumerate(head):
        if column not in columns or not columns[column]:
            filled = sum(bool(other.cells[column : column + 1] and other.cells[column]) for other in below)
            if text or filled:
                notes.unread(
                    row.place, text or f"column {column + 1}", f"the heading is not known, {filled} below it not read"
                )


# ---- rows to drafts --------------------------------------------------------------------------------------------------


def draft_of(
    entry: FieldRow, lists: dict[str, tuple[str, ...]], terms: members.StatedTerms, notes: Notes
) -> Draft | None:
    """What a row says of a field; None where it is about something else."""
    texts: dict[str, list[str]] = {}
    for column, role in entry.columns.items():
        text = entry.row.cells[column] if column < len(entry.row.cells) else ""
        if role:
            texts.setdefault(role, []).append(text)
    spare = [cell for column, cell in enumerate(entry.row.cells) if cell and column > max(entry.columns)]
    name, place = " ".join(texts["name"][0].split()), entry.row.place
    if spare:
        notes.unread(place, name or "a row", f"more cells than headings: {', '.join(spare)[:200]}")
    name = re.sub(r"^(?:leads?(?:\[\d*\])?\.)?fields\.", "", name)
    starred, name = name.endswith("*"), name.rstrip("* ")
    if not name:
        said = " | ".join(cell for cell in entry.row.cells if cell)
        notes.unread(place, "a row", f"names no field: {said[:200]}")
        return None
    if _is_member(name, texts, terms, place, notes):
        return None
    if len(name) > 100:
        notes.unread(place, f"{name[:40]}…", "a name of more than 100 characters is no field's")
        return None
    draft = Draft(name, place)
    for text in (*texts.get("type", ()), *texts.get("format", ())):
        if text:
            take_type(draft, text, notes)
    link = next(
        (entry.row.links[c] for c, role in entry.columns.items() if role == "values" and c < len(entry.row.links)), ""
    )
    for text in filter(None, texts.get("values", ())):
        take_values(draft, text, link, lists, notes)
    _requirements(draft, entry, texts, starred, notes)
    _lengths(draft, texts, notes)
    draft.constant = next(filter(None, texts.get("constant", ())), "").replace("\n", " ")
    draft.separator = draft.separator or next(filter(None, texts.get("separator", ())), "")[:3]
    draft.personal = any(cells.requirement(text).kind == "yes" for text in texts.get("personal", ()))
    for text in filter(None, texts.get("example", ())):
        draft.examples = (*draft.examples, *text.split("\n"))
    for text in filter(None, texts.get("default", ())):
        draft.examples = (*draft.examples, *text.split("\n"))
        notes.guessed(place, name, f"its default {text!r} is taken as an example")
    prose = (*texts.get("label", ()), *texts.get("description", ()), *texts.get("notes", ()))
    draft.description = [
        " ".join(text.split()) for text in (*prose, *draft.description) if text and plain(text) != plain(name)
    ]
    return draft


def _is_member(name: str, texts: dict[str, list[str]], terms: members.StatedTerms, place: str, notes: Notes) -> bool:
    if key := members.id_of(name):
        values = [text for role in ("constant", "values", "example", "default") for text in texts.get(role, ())]
        digits = next((text for text in values if text.isascii() and text.isdigit() and 0 < int(text) < 2**53), "")
        if digits:
            terms.ids[key] = int(digits)
            notes.understood(place, name, f"{key} {digits}")
        else:
            notes.unread(place, name, f"{key}, without its number: name it with --{key}")
        return True
    if member := members.member_of(name):
        notes.understood(place, name, members.WORDS[member])
        return True
    return False


def _requirements(draft: Draft, entry: FieldRow, texts: dict[str, list[str]], starred: bool, notes: Notes) -> None:
    """What is required of a field, and where."""
    where = plain(" ".join(texts.get("where", ())))
    in_both = {"ping", "post"} <= set(where.split()) or where in ("both", "all")
    kinds = ("ping", "post") if in_both else (kind_of(where) or entry.kind or "post",)
    if where and not in_both and not kind_of(where):
        notes.unread(draft.place, draft.name, f"{where!r} names neither ping nor post")
    asked = [("ping", text) for text in texts.get("required_in_ping", ())]
    asked += [("post", text) for text in texts.get("required_in_post", ())]
    asked += [(kind, text) for text in texts.get("required", ()) for kind in kinds]
    if starred and not asked:
        asked = [(kind, "yes") for kind in kinds]
        notes.guessed(draft.place, draft.name, "required, because its name has a star")
    for kind, text in asked:
        said = cells.requirement(text)
        if said.kind == "yes":
            setattr(draft, kind, True)
        elif said.kind == "conditional":
            draft.conditional.add(kind == "ping")
            draft.conditions += [(said.condition, kind == "ping")] * bool(said.condition)
        elif said.kind == "wished":
            notes.guessed(draft.place, draft.name, f"{text!r} in the {kind} is taken as optional")
        elif not said.kind:
            notes.unread(draft.place, draft.name, f"{text!r} does not say whether the {kind} requires it: optional")
    in_ping = True in draft.conditional
    for text in filter(None, texts.get("condition", ())):
        if cells.requirement(text).kind not in ("yes", "no"):
            draft.conditions.append(
                (text if re.match(r"(?i).*\b(if|when|where|for)\b", text) else f"if {text}", in_ping)
            )
    if draft.conditional and not draft.conditions:
        for text in (*texts.get("notes", ()), *texts.get("description", ())):
            for sentence in re.split(r"(?<=[.;])\s+|\n", text):
                if re.search(r"(?i)\b(?:required|mandatory|conditional|only|if|when)\b", sentence) and cells.condition(
                    sentence
                ):
                    draft.conditions.append((sentence, in_ping))


def _lengths(draft: Draft, texts: dict[str, list[str]], notes: Notes) -> None:
    for text in filter(None, texts.get("max_length", ())):
        length = cells.length(text)
        draft.max_length = length or draft.max_length
        if length is None and plain(text) not in ("", "n a", "any", "unlimited", "none"):
            notes.unread(draft.place, draft.name, f"the length {text!r} is no number")
    for role in ("min", "max"):
        for text in filter(None, texts.get(role, ())):
            setattr(draft, role, cells.bound(text))
            if cells.bound(text) is None:
                notes.unread(draft.place, draft.name, f"the {role}imum {text!r} is no number")
