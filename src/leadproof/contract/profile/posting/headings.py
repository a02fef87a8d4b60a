"""Which column of a posting document is what, by its heading: the words that the trade uses, as a table."""

from __future__ import annotations

import re
from collections.abc import Sequence

#: What a column says -> headings, without signs and in small letters; the most telling of `name` come first.
SYNONYMS: dict[str, tuple[str, ...]] = {
    role: tuple(text.split(";"))
    for role, text in {
        "name": (
            "api name;api field;api field name;post name;xml tag;xml element;xml name;json name;tag;"
            "element;parameter;parameter name;param;param name;variable;variable name;key;field name;"
            "fieldname;attribute;attribute name;post field;ping field;lead field;field id;field;fields;"
            "name;column;property;data point;input"
        ),
        "label": "label;display name;title;question;friendly name;field label",
        "type": "type;data type;datatype;field type;kind;input type",
        "format": (
            "format;formatting;field format;data format;type format;format type;pattern;mask;validation;"
            "validations;rules;validation rules"
        ),
        "required": (
            "required;req;mandatory;required optional;required y n;is required;requirement;presence;"
            "required field;optional required;m o;r o;usage;necessity;required yes no"
        ),
        "required_in_ping": (
            "required in ping;required ping;ping required;required for ping;ping;in ping;ping req;"
            "req ping;required on ping;ping mandatory;mandatory ping;ping post required ping"
        ),
        "required_in_post": (
            "required in post;required post;post required;required for post;post;in post;post req;"
            "req post;required on post;full post;lead;post mandatory;mandatory post;required in lead"
        ),
        "where": (
            "ping post;ping or post;used in;request;request type;call;stage;step;applies to;phase;"
            "sent in;ping and post;message"
        ),
        "condition": (
            "required if;required when;condition;conditions;conditional;depends on;dependency;conditional on"
        ),
        "values": (
            "allowed values;accepted values;values;valid values;possible values;options;enum;enumeration;"
            "acceptable values;value;value options;choices;accepted value;picklist;list of values;domain;"
            "allowed;permitted values;range;valid options;available values;value s;allowed value"
        ),
        "max_length": (
            "max length;maximum length;length;max len;size;max size;max characters;characters;max chars;"
            "len;field length;char limit;character limit;maxlength;field size"
        ),
        "min": "min;minimum;min value;minimum value;from",
        "max": "max;maximum;max value;maximum value;to",
        "description": (
            "description;desc;definition;meaning;details;explanation;field description;about;purpose;information"
        ),
        "notes": "notes;note;comments;comment;remarks;remark;additional information;instructions",
        "example": "example;examples;sample;sample value;sample data;example value;e g;sample values",
        "constant": "constant;fixed value;hard coded;hardcoded;constant value;static value;set to;must be;fixed",
        "default": "default;default value",
        "separator": "separator;delimiter;list separator;multiple",
        "personal": "personal;pii;personal data;sensitive",
        "number": "number;no;nr;position;order;seq;sequence;id",
    }.items()
}

_ROLES = {heading: role for role, headings in SYNONYMS.items() for heading in headings}

#: Roles of which a table may have one column only; of the others all that are there are read.
_SINGLE = ("name", "type", "required", "required_in_ping", "required_in_post", "where", "values", "max_length",
           "condition", "constant", "separator", "personal", "min", "max")  # fmt: skip


def plain(text: str) -> str:
    """A heading without signs, in small letters: "Required (Y/N)" as "required y n"."""
    return " ".join(re.sub(r"[^a-z0-9]+", " ", text.lower().replace("#", " number ")).split())


def role(heading: str) -> str:
    """What a column of this heading says; "" if the heading is not known."""
    bare = re.sub(r"\([^)]*\)", " ", heading)  # Required (Y/N)
    return _ROLES.get(plain(heading)) or _ROLES.get(plain(bare), "")


def roles(cells: Sequence[str]) -> dict[int, str]:
    """Column -> role, of a row of headings; empty if it is none.

    A row of headings names fields in one column and says something of them in another, and holds little else. Of
    several columns that may hold the names the most telling does; the others are labels for people.
    """
    known = {column: role(cell) for column, cell in enumerate(cells) if cell and role(cell)}
    filled = sum(bool(cell) for cell in cells)
    names = [column for column, what in known.items() if what == "name"]
    if not names or len(set(known.values())) < 2 or len(known) * 2 < filled:
        return {}
    best = min(names, key=lambda column: _rank(cells[column]))
    found: dict[int, str] = {}
    for column, what in known.items():
        if what == "name":
            what = "name" if column == best else "label"
        if what in _SINGLE and what in found.values():
            what = "notes"
        found[column] = what
    return found


def _rank(heading: str) -> int:
    names, bare = SYNONYMS["name"], plain(re.sub(r"\([^)]*\)", " ", heading))
    return names.index(bare) if bare in names else len(names)


def joined(above: Sequence[str], below: Sequence[str]) -> list[str] | None:
    """Two rows of headings as one ("Required" over "Ping" and "Post"); None if the second holds no headings.

    Columns that reach over both rows have the same text twice, or nothing in the second.
    """
    heads: list[str] = []
    changed = False
    for column, upper in enumerate(above):
        lower = below[column] if column < len(below) else ""
        if not lower or plain(lower) == plain(upper):
            heads.append(upper)
            continue
        both = f"{upper} {lower}".strip()
        if upper and not role(upper) and not role(both):
            return None
        if role(both):
            heads.append(both)
        elif role(lower):
            heads.append(lower)
        else:
            return None
        changed = True
    names = [column for column, head in enumerate(above) if role(head) == "name"]
    same = all(
        not below[column] or plain(below[column]) == plain(above[column]) for column in names if column < len(below)
    )
    return heads if changed and same else None
