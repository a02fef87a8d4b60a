"""One row of a table of fields to a draft of a field, and drafts to fields that follow their own rules.

A draft collects what the rows of ping and post say of a field; what contradicts is named and the first kept.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields, replace
from typing import Any

from leadproof.contract.profile.conditions import Condition
from leadproof.contract.profile.formats import DATES, fault_of_mask
from leadproof.contract.profile.model import Field
from leadproof.contract.profile.posting import cells, choices, forms
from leadproof.contract.profile.posting.headings import plain
from leadproof.contract.profile.posting.notes import Notes
from leadproof.core.text import count

#: Names of fields, without signs and in small letters -> the format that they are likely to have ("" for text), and
#: whether they say who somebody is.
_LIKELY: tuple[tuple[str, str, bool], ...] = (
    (r".*trusted ?form.*|xxtrustedformcerturl", "trustedform", False),
    (r".*jornaya.*|.*universal ?lead ?id.*|leadid token|leadid", "jornaya", False),
    (r"(.* )?e ?mail( address)?", "email", True),
    (r"(.* )?(phone|telephone|mobile|cell)( ?number| ?\d)?|.*phone(number)?", "phone", True),
    (r"(.* )?(zip|zip ?code|postal ?code)", "zip", False),
    (r"(.* )?state( ?code| ?abbreviation)?", "state", False),
    (r"dob|.*birth ?date|date ?of ?birth|.*birthday", "date", True),
    (r"ip|ip ?address|.* ip( ?address)?|ip ?v4", "ip", True),
    (r"(.* )?(url|landing ?page|website)|.*url", "url", False),
    (r"(first|last|full|middle|maiden|sur|contact|spouse|co ?borrower)? ?name|f ?name|l ?name", "", True),
    (r"(street ?)?address( ?line)?( ?\d)?|street", "", True),
    (r"ssn|social ?security( ?number)?|driver.*license.*", "", True),
)


@dataclass(slots=True)
class Draft:
    """What is known of a field so far."""

    name: str
    place: str
    format: str = ""
    mask: str = ""
    pattern: str = ""
    allowed: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()
    constant: str = ""
    separator: str = ""
    #: Does it take several values?
    multiple: bool = False
    min: float | None = None
    max: float | None = None
    max_length: int | None = None
    personal: bool = False
    ping: bool = False
    post: bool = False
    description: list[str] = field(default_factory=list)
    #: Words of conditions, and whether they were stated for a ping.
    conditions: list[tuple[str, bool]] = field(default_factory=list)
    #: Was it called conditional, for ping and for post?
    conditional: set[bool] = field(default_factory=set)

    def merge(self, other: Draft, notes: Notes) -> None:
        """Takes in what another row says of the same field."""
        notes.understood(other.place, self.name, f"the same field as at {self.place}")
        for name in ("format", "mask", "pattern", "allowed", "constant", "separator", "min", "max", "max_length"):
            ours, theirs = getattr(self, name), getattr(other, name)
            if not ours:
                setattr(self, name, theirs)
            elif theirs and theirs != ours and not (name == "format" and theirs == "text"):
                notes.guessed(
                    other.place, self.name, f"says another {name.replace('_', ' ')} than {self.place}, which is kept"
                )
        self.ping, self.post = self.ping or other.ping, self.post or other.post
        self.personal, self.multiple = self.personal or other.personal, self.multiple or other.multiple
        self.examples = tuple(dict.fromkeys((*self.examples, *other.examples)))
        self.description += [text for text in other.description if text not in self.description]
        self.conditions += [one for one in other.conditions if one not in self.conditions]
        self.conditional |= other.conditional


def take_type(draft: Draft, text: str, notes: Notes) -> None:
    """Takes a cell under *Type* or *Format* into a draft."""
    said = forms.form(text)
    if said.name and (not draft.format or draft.format == "text" or (draft.format, said.name) == ("date", "datetime")):
        draft.format = said.name
    draft.mask = draft.mask or said.mask
    draft.pattern = draft.pattern or said.pattern
    draft.max_length = draft.max_length or said.max_length
    draft.multiple = draft.multiple or said.multiple
    draft.separator = draft.separator or said.separator
    if not said.rest:
        return
    listed = choices.values(text)
    if not said.name and not said.mask and len(listed.allowed) > 1:
        draft.allowed = draft.allowed or listed.allowed
        return
    if said.name or said.mask:
        notes.guessed(draft.place, draft.name, f"{text!r} is taken for {said.name or 'a mask'}")
    else:
        notes.unread(draft.place, draft.name, f"the format {text!r} is not known: kept in the description")
    draft.description.append(text)


def take_values(draft: Draft, text: str, link: str, lists: dict[str, tuple[str, ...]], notes: Notes) -> None:
    """Takes a cell under *Allowed values* into a draft."""
    said = choices.values(text, link)
    if said.link:
        listed = lists.get(list_key(re.sub(r"!.*", "", said.link)))
        if listed:
            draft.allowed = listed
            notes.understood(draft.place, draft.name, f"takes {count(len(listed), 'value')}, of the list {said.link!r}")
        else:
            notes.unread(draft.place, draft.name, f"its values are listed elsewhere ({said.link}): add them as allowed")
            draft.description.append(f"Values: {said.link}")
        return
    if said.prose:
        when = cells.condition(said.prose)
        notes.unread(draft.place, draft.name, f"{said.prose!r} is no list of values: kept in the description")
        draft.description.append(said.prose)
        if when:
            draft.conditions.append((said.prose, False))
        return
    draft.allowed = draft.allowed or said.allowed
    draft.examples = (*draft.examples, *said.examples)
    if said.examples:
        notes.guessed(draft.place, draft.name, "the list of values is open: taken as examples")
    draft.min = said.min if draft.min is None else draft.min
    draft.max = said.max if draft.max is None else draft.max
    draft.mask = draft.mask or said.mask
    if said.meaning:
        draft.description.append(said.meaning)
    if said.states:
        draft.format = "state"


def list_key(name: str) -> str:
    """The name of a list as it is looked up: that of a sheet, or of an anchor with its sign."""
    return plain(name.strip("#' "))


# ---- drafts to fields ------------------------------------------------------------------------------------------------


def finished(draft: Draft, names: dict[str, str], notes: Notes) -> tuple[Field, list[str]]:
    """The field of a draft, and what in it was guessed, in words.

    Args:
        draft: What the rows say.
        names: Every field by its name without signs, for conditions.
        notes: Where to say what could not be made anything of.
    """
    guesses: list[str] = []
    _likely(draft, guesses)
    if draft.multiple and not draft.separator:
        draft.separator = ","
        guesses.append("several values have a comma between them: the document does not say")
    if draft.mask and "#" not in draft.mask and draft.format not in DATES:
        draft.format = "datetime" if "HH" in draft.mask or "hh" in draft.mask else "date"
    if (draft.min is not None or draft.max is not None) and draft.format in ("", "text"):
        whole = all(one is None or one == int(one) for one in (draft.min, draft.max))
        draft.format = "integer" if whole else "number"
        guesses.append(f"{'a whole number' if whole else 'a number'}, because it has bounds")
    if draft.allowed and draft.format == "boolean":
        draft.format = "text"
    least_age, most_age = None, None
    if draft.format in DATES and (draft.min is not None or draft.max is not None):
        least_age = None if draft.min is None else int(draft.min)
        most_age = None if draft.max is None else int(draft.max)
        draft.min = draft.max = None
        guesses.append("the bounds of a date are ages")
    required_if = tuple(_conditions(draft, names, notes))
    made = Field(
        name=draft.name,
        description=_joined(draft.description),
        format=draft.format or "text",
        mask=draft.mask,
        pattern=draft.pattern,
        allowed=draft.allowed,
        constant=draft.constant,
        separator=draft.separator,
        min=draft.min,
        max=draft.max,
        min_age=least_age,
        max_age=most_age,
        max_length=draft.max_length or 255,
        required_in_ping=draft.ping,
        required_in_post=draft.post,
        required_if=required_if,
        personal=draft.personal or None,
        examples=draft.examples,
    )
    return _sound(made, draft, notes), guesses


def _likely(draft: Draft, guesses: list[str]) -> None:
    # "LeadZipCode" and "lead_zip" are two names alike.
    words = plain(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", draft.name))
    for pattern, name, personal in _LIKELY:
        if not re.fullmatch(pattern, words) and not re.fullmatch(pattern, words.replace(" ", "")):
            continue
        free = not (draft.allowed or draft.pattern or draft.constant or draft.separator)
        tried = (
            Field(draft.name, format=name, mask=draft.mask if name in (*DATES, "phone", "zip") else "")
            if name
            else None
        )
        suits = tried is not None and not any(tried.fault(example) for example in draft.examples)
        if draft.format in ("", "text") and free and suits and (not draft.mask or (tried is not None and tried.mask)):
            draft.format = name
            guesses.append(f"the format {name}, by its name")
        if personal and not draft.personal and not draft.allowed:
            draft.personal = True
            guesses.append("personal, by its name")
        return


def _conditions(draft: Draft, names: dict[str, str], notes: Notes) -> list[Condition]:
    made: dict[tuple[object, ...], Condition] = {}
    for text, in_ping in draft.conditions:
        when = cells.condition(text)
        known = names.get(plain(when.field).replace(" ", "")) if when else None
        if when is None or known is None or known == draft.name:
            why = "cannot be read" if when is None else f"names {when.field!r}, which is no other field"
            notes.unread(draft.place, draft.name, f"the condition {text!r} {why}: add it as required_if")
            continue
        condition = Condition(known, when.one_of, "", when.min, when.max, in_ping)
        before = made.get((known, when.one_of, when.min, when.max))
        made[known, when.one_of, when.min, when.max] = before if before is not None and before.in_ping else condition
    if draft.conditional and not draft.conditions:
        notes.unread(draft.place, draft.name, "conditional, and no condition is stated: add it as required_if")
    return list(made.values())


def _joined(texts: list[str]) -> str:
    unique = list(dict.fromkeys(text.strip() for text in texts if text.strip()))
    return " ".join(
        text if text.endswith((".", "!", "?", ":")) or text is unique[-1] else f"{text}." for text in unique
    )


def _sound(made: Field, draft: Draft, notes: Notes) -> Field:
    """The field without what contradicts itself, which is named."""

    def drop(key: str, value: object, why: str) -> None:
        notes.unread(draft.place, draft.name, f"{why}: left out")
        changes[key] = value

    changes: dict[str, Any] = {}
    defaults: dict[str, Any] = {row.name: row.default for row in fields(Field)}
    if made.mask and (fault := fault_of_mask(made.mask, made.format)):
        drop("mask", "", f"the format {made.mask!r} {fault}")
    for low, high in (("min", "max"), ("min_age", "max_age")):
        least, most = getattr(made, low), getattr(made, high)
        if least is not None and most is not None and least > most:
            drop(low, None, f"the bounds {least:g} and {most:g} cross")
            changes[high] = None
    made = replace(made, **changes)
    changes = {}
    known = (*made.allowed, *filter(None, (made.constant,)))
    for key in ("max_length", "mask", "pattern", "min", "max", "format"):
        bare = replace(made, **{key: defaults[key]})
        if key in ("min", "max"):
            bare = replace(made, min=None, max=None)
        values = [one for one in known if replace(made, allowed=(), constant="", separator="").fault(one)]
        if not values:
            break
        if len([one for one in known if replace(bare, allowed=(), constant="", separator="").fault(one)]) < len(values):
            notes.unread(
                draft.place,
                draft.name,
                f"its {key.replace('_', ' ')} does not fit its values, {values[0]!r} for one: left out",
            )
            made = bare
    good = tuple(one for one in made.examples if not made.fault(one) and one.isprintable())
    for example in made.examples:
        if example not in good:
            notes.unread(
                draft.place, draft.name, f"the example {example!r} {made.fault(example) or 'cannot be kept'}: left out"
            )
    return replace(made, examples=good)
