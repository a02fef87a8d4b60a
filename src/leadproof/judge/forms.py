"""The form of a response: what of it the checks of one response by itself look at, so that responses of the same form
are judged once.

A form keeps of every documented member whether it is there, null, true or false, which of a set, positive, blank, a
URL, in UTC; it forgets names, texts, numbers and moments. What a check makes of a response beyond that (ids against
earlier ones, moments against the clock) is not in it, and those checks are not among `BY_FORM`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable
from typing import Any

from leadproof.contract.specs import Schema

#: Checks that see nothing of an exchange but its form, as `quick` puts it together. Whoever adds a check need not think
#: of this: one that is not here is asked every time.
BY_FORM = frozenset(
    {
        "accept_message",
        "accepted_lead_id",
        "campaign_assigned",
        "client_accept",
        "client_content_type",
        "client_credentials",
        "duplicate_none",
        "http_status",
        "media_type",
        "no_lead_without_credentials",
        "offer_ids_unique",
        "offer_tcpa_text",
        "offer_urls",
        "one_result_per_lead",
        "order_expiry_utc",
        "order_when_accepted",
        "order_when_refused",
        "presence",
        "readable_refusal",
        "refusal_expected",
        "refusal_message",
        "refused_without_price",
        "sends_on_accept",
        "status_pending",
        "status_reason",
        "status_reason_qc",
        "status_reason_return",
        "status_return_null",
        "unreadable_refusal",
        "valid_iff_no_error",
        "valid_request_accepted",
    }
)

Form = Callable[[Any], Hashable]

#: Members that are looked at as URLs, and the one by which the entries of a list are told apart.
_URLS = frozenset({"url", "privacyURL", "termsURL"})
_IDENTIFIER = "offerId"
_URL = re.compile(r"https?://[^\s/?#]+[^\s]*", re.IGNORECASE)
_ABSENT = "absent"


def response_shape(schema: Schema) -> Form:
    """A function from a valid value to its form, generated from the schema."""
    names: dict[str, Any] = {"text": _text, "url": _url, "moment": _moment, "sign": _sign}
    source = _source(schema, "", "v", names)
    form: Form = eval(f"lambda v: {source}", names)  # of names of the schema, written as literals
    return form


def _source(schema: Schema, name: str, value: str, names: dict[str, Any]) -> str:
    """The form of a value as a Python expression over the expression `value`, which is evaluated once."""
    if "properties" in schema:
        members = ",".join(
            _source(sub, key, f"g({key!r},{_ABSENT!r})", names) for key, sub in schema["properties"].items()
        )
        inner = f"object{len(names)}"
        names[inner] = _object(eval(f"lambda g: ({members},)", names))
        return f"{inner}({value})"
    if "items" in schema:
        inner = f"list{len(names)}"
        told_apart = _IDENTIFIER in schema["items"].get("properties", {})
        entry = f"entry{len(names)}"
        names[entry] = None  # its name is taken
        names[entry] = eval(f"lambda v: {_source(schema['items'], name, 'v', names)}", names)
        names[inner] = _list(names[entry], told_apart)
        return f"{inner}({value})"
    types = schema.get("type", ())
    types = {types} if isinstance(types, str) else set(types)
    if "enum" in schema or "boolean" in types:
        return value
    if types & {"integer", "number"}:
        return f"sign({value})"
    if "format" in schema:
        return f"moment({value})"
    return f"{'url' if name in _URLS else 'text'}({value})"


def _object(members: Callable[[Any], tuple[Any, ...]]) -> Form:
    return lambda value: members(value.get) if value.__class__ is dict else value


def _list(entry: Form, told_apart: bool) -> Form:
    def of(value: Any) -> Hashable:
        if value.__class__ is not list:
            return str(value)
        if not told_apart:
            return tuple(map(entry, value))
        return len({one[_IDENTIFIER] for one in value}) == len(value), *map(entry, value)

    return of


# What is absent or null is a form of its own; the others are told apart from it by their type.


def _sign(value: Any) -> Any:
    return value if value.__class__ is str or value is None else (value > 0) - (value < 0)


def _text(value: Any) -> Any:
    if value is None or value == _ABSENT:
        return value
    return 2 if value and not value.isspace() else 1 if value else 0


def _url(value: Any) -> Any:
    if value is None or value == _ABSENT:
        return value
    return 2 if _URL.fullmatch(value) else 1 if value else 0


def _moment(value: Any) -> Any:
    """Its offset from UTC, as it is written."""
    if value is None or value == _ABSENT:
        return value
    return "Z" if value[-1:] == "Z" else value[-6:]


def structure(value: Any) -> Hashable:
    """The names in a value, without what they hold."""
    if value.__class__ is dict:
        return tuple(value), tuple([structure(sub) for sub in value.values() if sub.__class__ in _CONTAINERS])
    return frozenset([structure(one) for one in value if one.__class__ in _CONTAINERS])


_CONTAINERS = (dict, list)
