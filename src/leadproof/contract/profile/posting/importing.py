"""Posting documents to a profile: tables, rows, fields and terms in turn, with a note for every place.

What a document does not say and a profile must have (ids, what the mock says, a price) is taken from the caller or from
the default profile, and named as guessed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from leadproof.contract.profile import reading, sheets
from leadproof.contract.profile.conditions import Criterion
from leadproof.contract.profile.model import Agent, Campaign, Field, LeadType, Profile, Source, TransferClient
from leadproof.contract.profile.posting import members
from leadproof.contract.profile.posting.fields import Draft, finished, list_key
from leadproof.contract.profile.posting.headings import plain
from leadproof.contract.profile.posting.notes import ImportNote, Notes
from leadproof.contract.profile.posting.pages import of_html
from leadproof.contract.profile.posting.records import of_json
from leadproof.contract.profile.posting.rows import FieldRow, draft_of, entries
from leadproof.contract.profile.posting.tables import Row, Table, Unreadable, of_csv
from leadproof.contract.profile.posting.workbooks import of_xlsx
from leadproof.core.errors import InputError
from leadproof.core.text import count


class Ids(NamedTuple):
    """The numbers of `source`, where the caller knows them; None for those of the document, or made-up ones."""

    vid: int | None = None
    lid: int | None = None
    aid: int | None = None


#: None is known.
UNKNOWN = Ids()

#: Who buys in the mock: posting documents do not say.
_CLIENT = TransferClient(5001, "Client of this document", agents=(Agent("Dana Whitfield", "8005550111"),))

#: Ids for a document that has none, as in the default profile.
_MADE_UP = {"vid": 1001, "lid": 2001, "aid": 3001}


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of posting documents."""

    profile: Profile
    notes: tuple[ImportNote, ...]
    #: Name of a field or table -> what was guessed or not read of it, for the comments of the profile.
    comments: dict[str, list[str]]


# ---- files to tables -------------------------------------------------------------------------------------------------


def _kind(name: str, data: bytes) -> Callable[[str, bytes], list[Table]]:
    start = data.lstrip(b"\xef\xbb\xbf \t\r\n")[:512].lower()
    if data.startswith(b"PK"):
        return of_xlsx
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise Unreadable("is a workbook of the old format XLS, or protected by a password: save it as XLSX or CSV")
    if data.startswith(b"%PDF"):
        raise Unreadable("is a PDF: copy its tables into a spreadsheet, and save that as XLSX or CSV")
    if start.startswith((b"<!doctype html", b"<html", b"<table", b"<body", b"<div", b"<h1", b"<p>", b"<!--")) or (
        name.lower().endswith((".html", ".htm", ".xhtml"))
    ):  # fmt: skip
        return of_html
    return of_json if start.startswith((b"{", b"[")) or name.lower().endswith(".json") else of_csv


def _tables(documents: Sequence[tuple[str, bytes]]) -> list[Table]:
    tables: list[Table] = []
    for name, data in documents:
        if not data.strip():
            raise InputError(f"{name}: is empty", hint=_HINT)
        try:
            tables += _kind(name, data)(name.replace("\\", "/").rpartition("/")[2], data)
        except Unreadable as error:
            raise InputError(f"{name}: {error}", hint=_HINT) from None
    return tables


_HINT = "a posting document is a table of fields as CSV, XLSX, HTML or JSON; see leadproof profile import --help"


# ---- all of it -------------------------------------------------------------------------------------------------------


def import_documents(documents: Sequence[tuple[str, bytes]], ids: Ids = UNKNOWN, name: str = "") -> Imported:
    """The profile that posting documents describe.

    Args:
        documents: Name and content of each file; ping and post may be in one or in two.
        ids: Numbers that the caller knows better.
        name: What the profile is called; the first document's name if left out.

    Raises:
        InputError: A file is no posting document, or none of them names a field.
        MissingExtraError: A file needs a library that is not installed.
    """
    notes, terms = Notes(), members.StatedTerms()
    tables = _tables(documents)
    drafts, others = _read(tables, terms, notes)
    if not drafts:
        shown = ", ".join(file for file, _ in documents)
        raise InputError(f"{shown}: no table of fields: no row of headings names a field and its type or whether it is "
                         "required", hint=_HINT)  # fmt: skip
    for row in (row for row in others if any(row.cells)):
        label, *values = [cell for cell in dict.fromkeys(row.cells) if cell]
        text = f"{label}: {', '.join(values)}" if values else label
        said = members.line(text, terms)
        if said:
            notes.understood(row.place, text[:60], said)
        else:
            notes.unread(row.place, text[:60], "says nothing that a profile holds")
    known = {plain(one).replace(" ", ""): one for one in drafts}
    comments: dict[str, list[str]] = {}
    made = []
    for draft in drafts.values():
        field, guesses = finished(draft, known, notes)
        made.append(field)
        notes.understood(draft.place, field.name, sheets.summary(field))
        for guess in guesses:
            notes.guessed(draft.place, field.name, guess)
    profile = _profile(made, terms, ids, name or terms.name or documents[0][0], notes, comments)
    rows = [row.place for table in tables for row in table.rows]
    order = {place: number for number, place in enumerate(rows)}
    notes.entries.sort(key=lambda note: order.get(note.place, len(rows)))
    for note in notes.entries:
        if note.kind != "understood" and note.subject in drafts:
            comments.setdefault(note.subject, []).append(f"{note.kind}: {note.message}")
    return Imported(profile, tuple(notes.entries), comments)


def _read(tables: list[Table], terms: members.StatedTerms, notes: Notes) -> tuple[dict[str, Draft], list[Row]]:
    """The drafts by the name of their field, and the rows that belong to no table of fields."""
    read = [(table, list(entries(table, notes))) for table in tables]
    lists: dict[str, tuple[str, ...]] = {}
    for table, rows in read:
        single = [row for row in rows if isinstance(row, Row) and sum(map(bool, row.cells)) == 1]
        if table.names and len(single) == len(rows) > 0:
            values = tuple(dict.fromkeys(next(filter(None, row.cells)) for row in single))
            lists |= {list_key(name): values for name in table.names}
    drafts: dict[str, Draft] = {}
    used = _Used(lists)
    for _, rows in read:
        if unsaid := _unsaid(rows):
            notes.guessed(unsaid.place, "required", "one column for ping and post: taken for the post")
        for row in rows:
            draft = draft_of(row, used, terms, notes) if isinstance(row, FieldRow) else None
            if draft is not None and draft.name in drafts:
                drafts[draft.name].merge(draft, notes)
            elif draft is not None:
                drafts[draft.name] = draft
    others: list[Row] = []
    for table, rows in read:
        if taken := next((name for name in table.names if list_key(name) in used.taken), None):
            notes.understood(table.rows[0].place, taken, f"a list of {count(len(lists[list_key(taken)]), 'value')}")
        else:
            others += [row for row in rows if isinstance(row, Row)]
    return drafts, others


class _Used(dict[str, tuple[str, ...]]):
    """The lists of a document by name, and which of them a field has asked for."""

    def __init__(self, lists: dict[str, tuple[str, ...]]) -> None:
        super().__init__(lists)
        self.taken: set[str] = set()

    def get(self, name: str, default: Any = None) -> Any:
        self.taken.add(name)
        return super().get(name, default)


def _unsaid(rows: Sequence[FieldRow | Row]) -> Row | None:
    """The first row of fields of which nobody knows whether *required* is meant of a ping or a post."""
    for entry in rows:
        if isinstance(entry, FieldRow) and not entry.kind:
            roles = set(entry.columns.values())
            if "required" in roles and not roles & {"required_in_ping", "required_in_post", "where"}:
                return entry.row
    return None


def _profile(
    fields: list[Field], terms: members.StatedTerms, ids: Ids, name: str, notes: Notes, comments: dict[str, list[str]]
) -> Profile:
    default = _default()
    numbers = {}
    for key, given in ids._asdict().items():
        number = given or terms.ids.get(key) or _MADE_UP[key]
        numbers[key] = number
        if not given and key not in terms.ids:
            table = {"vid": "sources", "lid": "lead_types", "aid": "campaigns"}[key]
            _guess(notes, comments, table, f"{key} {number} is made up: name your own with --{key}")
    if terms.price is None:
        _guess(notes, comments, "campaigns", "the document names no price: 1.0")
    _guess(notes, comments, "campaigns", "no duplicate keys: add duplicate_keys if leads are refused as duplicates")
    kind = LeadType(numbers["lid"], terms.lead_type or "Leads", tuple(fields))
    campaign = Campaign(
        numbers["aid"], numbers["lid"], terms.campaign or terms.lead_type or "Leads",
        1.0 if terms.price is None else terms.price,
        caps=tuple(terms.caps), hours=tuple(terms.hours), timezone=terms.timezone or "UTC",
        criteria=tuple(_criteria(fields, terms, notes)), clients=(_CLIENT.clientId,),
    )  # fmt: skip
    source = Source(numbers["vid"], "Source of this document", (numbers["lid"],), ("duplicate_check",))
    title = "".join(sign if sign.isprintable() else " " for sign in name.replace("\\", "/").rpartition("/")[2])
    _guess(notes, comments, "clients", "a client is made up, so that the mock can say where leads and calls go")
    return replace(
        default, name=title, sources=(source,), lead_types=(kind,), campaigns=(campaign,), offers=(),
        clients=(_CLIENT,),
    )  # fmt: skip


def _default() -> Profile:
    return reading.load()


def _guess(notes: Notes, comments: dict[str, list[str]], table: str, message: str) -> None:
    notes.guessed("the profile", table, message)
    comments.setdefault(table, []).append(f"guessed: {message}")


def _criteria(fields: list[Field], terms: members.StatedTerms, notes: Notes) -> Iterator[Criterion]:
    state = next((one for one in fields if one.format == "state"), None) or next(
        (one for one in fields if "state" in plain(one.name).split()), None
    )
    born = next((one for one in fields if one.format == "date" and one.personal), None)
    for values, exclude in ((terms.states, False), (terms.not_states, True)):
        if values and state:
            yield Criterion(state.name, one_of=values, exclude=exclude)
        elif values:
            notes.unread("the profile", "states", "no field is a state, so no criterion could be made")
    if terms.ages and born:
        yield replace(terms.ages, field=born.name)
    elif terms.ages:
        notes.unread("the profile", "age", "no field is a date of birth, so no criterion could be made")
