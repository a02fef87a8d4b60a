"""Operators of the generated defects in JSON: what may be wrong with one member, and with the text as a whole.

A row says for which places it makes sense, which check must notice, and what it does to the member. What it writes
instead is drawn by the seed.

Left out, because nobody could tell them from the faithful mock: another order of members and other white space (JSON
gives them no meaning), members that the documentation does not show (an observation by the reading taken), null where
the documentation shows null and no clause asks for a value, an empty text where no clause asks for one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from random import Random
from typing import Any, NamedTuple

from leadproof.mock.defects.places import DefectPlace, of_form, of_kind, text_asked, where


class JsonOperator(NamedTuple):
    """One way to get a member wrong."""

    words: str
    #: The check that must notice; "" where the operator makes no sense at a place.
    check: Callable[[DefectPlace], str]
    #: Parent, key and chance: changes the parent in place.
    change: Callable[[Any, Any, Random], None]


def _instead(make: Callable[[Any, Random], Any]) -> Callable[[Any, Any, Random], None]:
    """Another value for every one that is there; a null stays."""

    def change(parent: Any, key: Any, chance: Random) -> None:
        if parent[key] is not None:
            parent[key] = make(parent[key], chance)

    return change


def _renamed(rename: Callable[[str], str]) -> Callable[[Any, Any, Random], None]:
    def change(parent: Any, key: Any, chance: Random) -> None:
        items = list(parent.items())
        parent.clear()
        parent.update({rename(name) if name == key else name: value for name, value in items})

    return change


def _drop(parent: Any, key: Any, chance: Random) -> None:
    del parent[key]


def _null(parent: Any, key: Any, chance: Random) -> None:
    parent[key] = None


def swap_case(name: str) -> str:
    """The name with its first letter in the other case."""
    return name[0].swapcase() + name[1:]


def misspell(name: str) -> str:
    """The name with two of its last letters exchanged, or a letter more where that changes nothing."""
    swapped = name[:-2] + name[-1] + name[-2]
    return swapped if swapped != name else name + name[-1]


def _null_check(place: DefectPlace) -> str:
    if not place.nullable:
        return "member"
    return "presence" if place.of_result else ""


def local(text: str, chance: Random) -> str:
    """The same instant, five and a half hours east of UTC: only the offset is wrong."""
    from datetime import datetime, timedelta, timezone

    timestamp = datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(timezone(timedelta(hours=5, minutes=30)))
    return timestamp.isoformat(timespec="seconds")


#: Texts that are no timestamp of RFC 3339.
def not_a_moment(text: str, chance: Random) -> str:
    """A text that stands for a time and is no timestamp of RFC 3339."""
    day, _, rest = text.partition("T")
    year, month, date = day.split("-")
    return chance.choice(
        (
            f"{month}/{date}/{year} {rest[:8]}",
            f"{year}-02-30T{rest}",
            f"{day} {rest[:8]}",
            "/Date(1732380000000)/",
            "soon",
        )
    )


def not_a_guid(text: str, chance: Random) -> str:
    """A text that stands for a GUID and is none."""
    return chance.choice((text[:-1], text.replace("-", ""), f"{{{text}}}", "0", text.replace(text[0], "g", 1), "none"))


def wrong_case(text: str, chance: Random) -> str:
    """A documented value in another spelling."""
    return chance.choice((text.lower(), text.upper(), text.replace("_", "") + " ", text.replace("_", " ") + "."))


def other_value(place_values: tuple[str, ...], value: Any, chance: Random) -> Any:
    """A value that would be right as well, and is another one."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + chance.randint(1, 9)
    if isinstance(value, float):
        return round(value + chance.choice((0.01, 1.0, 10.0)), 2)
    if isinstance(value, str) and place_values:
        return next(one for one in (*place_values[1:], *place_values) if one != value)
    if isinstance(value, str) and re.match(r"\d{4}-\d\d-\d\dT", value):
        second = int(value[17:19])
        return f"{value[:17]}{(second + 1) % 60:02d}{value[19:]}"
    if isinstance(value, str):
        return f"{value} {chance.choice(('(2)', 'Inc.', '.', '+'))}".lstrip()
    if isinstance(value, list):
        return value[1:]
    return value


OPERATORS: dict[str, JsonOperator] = {
    "drop": JsonOperator("is left out", where(lambda place: True, "presence"), _drop),
    "case": JsonOperator("is written with the other case", where(lambda place: True, "presence"), _renamed(swap_case)),
    "typo": JsonOperator("is misspelt", where(lambda place: True, "presence"), _renamed(misspell)),
    "null": JsonOperator("is null", _null_check, _null),
    "text": JsonOperator(
        "is text",
        where(of_kind("integer", "number", "boolean")),
        _instead(lambda value, chance: str(value).lower() if chance.random() < 0.7 else ""),
    ),
    "number": JsonOperator(
        "is a number",
        where(of_kind("string", "boolean")),
        _instead(lambda value, chance: int(value) if isinstance(value, bool) else chance.choice((0, 7, 2.5))),
    ),
    "flag": JsonOperator(
        "is true or false",
        where(of_kind("string", "integer", "number")),
        _instead(lambda value, chance: chance.random() < 0.5),
    ),
    "list": JsonOperator(
        "is in a list of its own",
        where(lambda place: place.kind != "array"),
        _instead(lambda value, chance: [value]),
    ),
    "object": JsonOperator(
        "is an object",
        where(lambda place: place.kind != "object"),
        _instead(
            lambda value, chance: {"value": value} if not isinstance(value, list) else dict(enumerate_text(value))
        ),
    ),
    "entry": JsonOperator(
        "has an entry that is null", where(of_kind("array")), _instead(lambda value, chance: [*value, None])
    ),
    "scalar": JsonOperator(
        "is a plain text",
        where(of_kind("array", "object")),
        _instead(lambda value, chance: chance.choice(("", "none", "[]"))),
    ),
    "negative": JsonOperator(
        "is below zero",
        where(of_kind("integer", "number")),
        _instead(lambda value, chance: -value if value else -chance.randint(1, 9)),
    ),
    "beyond": JsonOperator(
        "is beyond what a double holds exactly",
        where(of_kind("integer")),
        _instead(lambda value, chance: 2**53 + chance.randint(1, 1000)),
    ),
    "fraction": JsonOperator(
        "has decimals",
        where(of_kind("integer")),
        _instead(lambda value, chance: value + chance.choice((0.5, 0.25))),
    ),
    "unknown": JsonOperator(
        "has a value outside the documented set",
        where(of_form("enum")),
        _instead(lambda value, chance: chance.choice(("Unknown", "Other", "3", "Weekly", ""))),
    ),
    "spelling": JsonOperator(
        "has a documented value in another spelling", where(of_form("enum")), _instead(wrong_case)
    ),
    "guid": JsonOperator("is no GUID", where(of_form("guid")), _instead(not_a_guid)),
    "moment": JsonOperator("is no timestamp", where(of_form("moment")), _instead(not_a_moment)),
    "unanchored": JsonOperator(
        "is a timestamp without offset",
        where(of_form("moment")),
        _instead(lambda value, chance: value.removesuffix("Z")),
    ),
    "local": JsonOperator("is in local time", where(of_form("moment"), "order_expiry_utc"), _instead(local)),
    "empty": JsonOperator(
        "is empty",
        lambda place: text_asked(place) if place.kind == "string" else "",
        _instead(lambda value, chance: ""),
    ),
}


def enumerate_text(entries: list[Any]) -> Iterator[tuple[str, Any]]:
    """The entries of a list as members "0", "1" and so on."""
    return ((str(index), entry) for index, entry in enumerate(entries))


def _at(body: bytes, share: float) -> int:
    return int(len(body) * share)


#: What may be wrong with a JSON text as a whole: name -> words, check, what is done to the bytes.
TEXTS: dict[str, tuple[str, str, Callable[[bytes, Random], bytes]]] = {
    "cut": (
        "ends in the middle",
        "json_wellformed",
        lambda body, chance: body[: _at(body, 0.2 + 0.7 * chance.random())],
    ),
    "comma": ("has a comma after its last member", "json_wellformed", lambda body, chance: body[:-1] + b",}"),
    "quotes": ("is written with single quotes", "json_wellformed", lambda body, chance: body.replace(b'"', b"'")),
    "bare": (
        "names a member without quotation marks",
        "json_wellformed",
        lambda body, chance: re.sub(rb'"(requestId|success)"', rb"\1", body, count=1),
    ),
    "second": ("is followed by a second text", "json_wellformed", lambda body, chance: body + b"{}"),
    "comment": ("has a comment", "json_wellformed", lambda body, chance: body[:1] + b"/* v2 */" + body[1:]),
    "nothing": ("is empty", "json_wellformed", lambda body, chance: b""),
    "mark": ("begins with a byte order mark", "charset", lambda body, chance: b"\xef\xbb\xbf" + body),
    "latin": (
        "is not in UTF-8",
        "charset",
        lambda body, chance: body.replace(b'":"', b'":"' + bytes([chance.randint(0xE0, 0xEF)]), 1),
    ),
    "control": (
        "has a control character in a text",
        "json_wellformed",
        lambda body, chance: body.replace(b'":"', b'":"\x0b', 1),
    ),
    "twice": (
        "names a member twice",
        "json_unique_members",
        lambda body, chance: re.sub(rb'"(requestId|success)":', rb'"\1":null,"\1":', body, count=1),
    ),
}
