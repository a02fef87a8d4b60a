"""Two posting profiles, as the tables of their TOML: what a sender may send, and what is taken of it.

What a key means stands in tables: which entries have an id, which numbers bound, which switches close. A key that no
table knows is shown as changed, and somebody has to look. Values of credentials are never shown.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, fields
from typing import Any

from leadproof.commands.diff.model import Location, UnratedChange, UnratedChanges
from leadproof.contract.profile.formats import FORMATS
from leadproof.contract.profile.model import Campaign, Field, Rules, Source
from leadproof.core.text import one_line

Table = Mapping[str, Any]

#: Arrays of tables -> the key by which an entry is known.
_IDS = {"sources": "vid", "lead_types": "lid", "fields": "name", "campaigns": "aid", "offers": "offerId",
        "clients": "clientId", "agents": "name", "test_triggers": "field"}  # fmt: skip

#: Numbers: is a larger one tighter?
_BOUNDS = {
    "max_length": False, "min": True, "max": False, "min_age": True, "max_age": False,
    "daily_cap": False, "cap": False, "cap_window": True, "most": False,
    "duplicate_window": True, "order_lifetime": False,
}  # fmt: skip

#: Switches -> (kind when it is turned on, kind when it is turned off).
_SWITCHES = {
    "required_in_ping": ("required-in-ping", "optional-in-ping"),
    "required_in_post": ("required-in-post", "optional-in-post"),
    "disabled": ("entry-disabled", "entry-enabled"),
    "order_required": ("rule-added", "rule-removed"),
    "require_send_delay": ("rule-added", "rule-removed"),
    "consent_of_offer": ("rule-added", "rule-removed"),
}

#: Lists of rules that a lead has to keep: one more is one more reason to be refused.
_RULES = ("criteria", "duplicate_keys", "required_if", "caps")

#: Rules of which two are the same one with other numbers -> by which key.
_RULE_IDS = {"criteria": "field", "caps": "per"}

#: Lists of when something is open: an empty one stands for always, so that the first entry closes the rest.
_WINDOWS = ("hours", "days")

#: Lists of what somebody may do.
_PERMITS = ("lids", "permissions")

#: Values that a field may have.
_VALUES = ("allowed", "one_of")

#: Terms of the business: nothing breaks, and somebody wants to know.
_TERMS = (
    "price",
    "review_share",
    "offers",
    "clients",
    "accepts",
    "redirectURL",
    "tcpaInformation",
    "url",
)

#: What only describes, or only the mock says.
_WORDS = ("name", "description", "messages", "examples", "personal", "companyName", "companyPhoneNumber", "type",
          "phone", "agents", "clientName")  # fmt: skip

#: Formats -> those that take all that they take.
_WIDER: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(FORMATS.keys() - {"text"}, ("text",)), "integer": ("number", "text")
}  # fmt: skip

#: What a number or switch is where a file does not show it.
_DEFAULTS: dict[str, Any] = {
    row.name: row.default
    for table in (Rules, Source, Field, Campaign)
    for row in fields(table)
    if row.default is not MISSING and row.name in (*_BOUNDS, *_SWITCHES)
}

_SECRET = "credentials"


def compare(old: Table, new: Table) -> UnratedChanges:
    """Every difference between two posting profiles."""
    yield from _tables(old, new, Location(direction="request"))


def _tables(old: Table, new: Table, place: Location) -> UnratedChanges:
    for key in dict.fromkeys((*old, *new)):
        before, after = old.get(key), new.get(key)
        if before != after:
            yield from _key(str(key), before, after, place)


def _key(key: str, old: Any, new: Any, place: Location) -> UnratedChanges:
    here = place.at(f"{'.' if place.member else ''}{key}")
    old, new = (_DEFAULTS.get(key) if value is None else value for value in (old, new))
    if old == new:
        return
    values = (old, new)
    if key == _SECRET:
        yield from _secrets(old, new, here)
    elif key in _IDS and all(value is None or _is_tables(value) for value in values) and (old or new):
        yield from _entries(_IDS[key], old or (), new or (), here)
    elif key in _RULES:
        yield from _rules(key, old, new, here)
    elif key in _BOUNDS:
        yield from _bound(key, old, new, here)
    elif key in _SWITCHES and all(value is None or isinstance(value, bool) for value in values):
        if bool(old) != bool(new):
            kind = _SWITCHES[key][0 if new else 1]
            yield UnratedChange(kind, place if kind in _AT_THE_ENTRY else here, *((key, "") if not new else ("", key)))
    elif key in _WINDOWS and all(value is None or isinstance(value, list) for value in values):
        yield from _windows(_list(old), _list(new), here)
    elif key in _PERMITS and all(value is None or isinstance(value, list) for value in values):
        yield from _several("forbidden", "permitted", old, new, here)
    elif key in _VALUES and all(value is None or isinstance(value, list) for value in values):
        yield from _allowed(old, new, place)
    elif key == "pattern":
        kind = "pattern-added" if not old else "pattern-removed" if not new else "pattern-changed"
        yield UnratedChange(kind, place, _text(old or ""), _text(new or ""))
    elif key == "constant":
        kind = "values-listed" if not old else "values-freed" if not new else "values-replaced"
        yield UnratedChange(kind, place, _text(old or ""), _text(new or ""))
    elif key == "mask":
        kind = "format-added" if not old else "format-removed" if not new else "format-changed"
        yield UnratedChange(kind, place, _text(old or ""), _text(new or ""))
    elif key == "format":
        yield from _format(old or "text", new or "text", place)
    elif key in _WORDS:
        yield UnratedChange("description-changed", here)
    elif isinstance(old, Mapping) and isinstance(new, Mapping):
        yield from _tables(old, new, here)
    elif key in _TERMS:
        yield UnratedChange("terms-changed", here, _text(old), _text(new))
    elif old is None or new is None:
        yield UnratedChange("setting-added" if old is None else "setting-removed", here, _text(old), _text(new))
    else:
        yield UnratedChange("setting-changed", here, _text(old), _text(new))


#: Kinds that say all by themselves: they are told of the entry, not of the key.
_AT_THE_ENTRY = ("required-in-ping", "optional-in-ping", "required-in-post", "optional-in-post", "entry-disabled",
                 "entry-enabled")  # fmt: skip


def _is_tables(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(row, Mapping) for row in value)


def _secrets(old: Any, new: Any, place: Location) -> UnratedChanges:
    """Keys and tokens that are gone or new, counted and never shown."""
    tables = [value if isinstance(value, Mapping) else {} for value in (old, new)]
    for name in dict.fromkeys((*tables[0], *tables[1])):
        before, after = ({str(one) for one in _list(table.get(name))} for table in tables)
        if before - after:
            yield UnratedChange("entry-removed", place.at(f".{name}"))
        if after - before:
            yield UnratedChange("entry-added", place.at(f".{name}"))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _entries(key: str, old: Iterable[Table], new: Iterable[Table], place: Location) -> UnratedChanges:
    before, after = ({str(row.get(key)): row for row in rows} for rows in (old, new))
    field = place.member.endswith("fields")
    for name, row in before.items():
        if name not in after:
            removed = "required-member-removed" if _required(row) else "member-removed"
            yield UnratedChange(removed if field else "entry-removed", _entry(place, name))
    for name, row in after.items():
        if name not in before:
            added = "required-member-added" if _required(row) else "member-added"
            yield UnratedChange(added if field else "entry-added", _entry(place, name))
        else:
            yield from _tables(before[name], row, _entry(place, name))


def _entry(place: Location, name: str) -> Location:
    return place.at(f"[{one_line(name, 100)}]")


def _required(row: Table) -> bool:
    return any(row.get(key) is True for key in ("required_in_ping", "required_in_post"))


def _rules(key: str, old: Any, new: Any, place: Location) -> UnratedChanges:
    """Rules by their content; of those that have an id, what changed in the same one.

    What excludes is told as a whole: there, more values and wider bounds mean that less is taken.
    """
    before, after = (list(_list(value)) for value in (old, new))
    if key in _RULE_IDS and _is_tables(before) and _is_tables(after):
        names = [
            ["" if row.get("exclude") else _text(row.get(_RULE_IDS[key])) for row in rows] for rows in (before, after)
        ]
        for name in filter(None, dict.fromkeys(names[0])):
            if names[0].count(name) == names[1].count(name) == 1:
                rows = [every.pop(known.index(name)) for every, known in zip((before, after), names, strict=True)]
                for known in names:
                    known.remove(name)
                yield from _tables(rows[0], rows[1], _entry(place, name))
    yield from _several("rule-removed", "rule-added", before, after, place)


def _windows(old: list[Any], new: list[Any], place: Location) -> UnratedChanges:
    """When something is open: one more window opens it longer, but the first one closes the rest."""
    if not old or not new:
        kind = "rule-removed" if old else "rule-added"
        yield UnratedChange(kind, place, *(_text(value) if value else "" for value in (old, new)))
    else:
        yield from _several("forbidden", "permitted", old, new, place)


def _several(gone: str, fresh: str, old: Any, new: Any, place: Location) -> UnratedChanges:
    before, after = _list(old), _list(new)
    for value in before:
        if value not in after:
            yield UnratedChange(gone, place, _text(value), "")
    for value in after:
        if value not in before:
            yield UnratedChange(fresh, place, "", _text(value))


def _bound(key: str, old: Any, new: Any, place: Location) -> UnratedChanges:
    if not all(value is None or isinstance(value, int | float) for value in (old, new)):
        yield UnratedChange("setting-changed", place, _text(old), _text(new))
        return
    tighter = new is not None and (old is None or (new > old) == _BOUNDS[key])
    words = ("no limit" if value is None else f"{key} {value:g}" for value in (old, new))
    yield UnratedChange("limit-tightened" if tighter else "limit-loosened", place, *words)


def _allowed(old: Any, new: Any, place: Location) -> UnratedChanges:
    before, after = _list(old), _list(new)
    if not before or not after:
        kind = "values-freed" if before else "values-listed"
        yield UnratedChange(kind, place, ", ".join(map(str, before)), ", ".join(map(str, after)))
        return
    gone = [str(value) for value in before if value not in after]
    fresh = [str(value) for value in after if value not in before]
    if gone:
        yield UnratedChange("values-removed", place, one_line(", ".join(gone), 160), "")
    if fresh:
        yield UnratedChange("values-added", place, "", one_line(", ".join(fresh), 160))


def _format(old: Any, new: Any, place: Location) -> UnratedChanges:
    was, now = _text(old), _text(new)
    wider, narrower = now in _WIDER.get(was, ()), was in _WIDER.get(now, ())
    yield UnratedChange("type-widened" if wider else "type-narrowed" if narrower else "format-changed", place, was, now)


def _text(value: Any) -> str:
    if value is None or value == "":
        return "nothing"
    return one_line(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str), 160)
