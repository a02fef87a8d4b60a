"""The form of a body: what of it the checks of one exchange by itself look at, so that exchanges of the same form are
judged once.

The form of a response keeps of every member whether it is there, null, true or false, which of a set, positive, blank,
a URL, in UTC; it forgets texts, numbers and moments. Of a request it keeps which members are there. What a check makes
of an exchange beyond that (ids against earlier ones, moments against the clock) is not in it, and those checks are not
among `BY_FORM`.

The functions that tell the form are generated: one for each list of names that an object of the schema was met with,
so that nothing is looked up by name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Mapping
from itertools import count
from typing import Any

from leadproof.bodies.leaves import Forms
from leadproof.contract.specs import Schema
from leadproof.core import lazy

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

#: Lists of names that are told apart in one place of a schema; a hostile service may make up new ones without end.
MOST = 500

#: Members that are looked at as URLs, and the one by which the entries of a list are told apart.
_URLS = frozenset({"url", "privacyURL", "termsURL"})
_IDENTIFIER = "offerId"
_URL = lazy.pattern(r"https?://[^\s/?#]+[^\s]*", re.IGNORECASE)


def response_form(schema: Schema) -> Form:
    """A function from a valid response to its form."""
    return _form(schema, "", True)


def request_form(schema: Schema) -> Form:
    """A function from a valid request to its form."""
    return _form(schema, "", False)


def _form(schema: Schema, name: str, leaves: bool) -> Form:
    if "properties" in schema:
        return _object(schema, leaves)
    if "items" not in schema:
        of: Form = eval(f"lambda value: {_leaf(schema, name, 'value')}", {"_url": _URL.fullmatch})
        return of
    entry = _form(schema["items"], name, leaves)
    told_apart = leaves and _IDENTIFIER in schema["items"].get("properties", {})

    def entries(value: Any) -> Hashable:
        if value.__class__ is not list:
            return None if value is None else str(value)
        if told_apart:
            return len({one[_IDENTIFIER] for one in value}) == len(value), *map(entry, value)
        return tuple(map(entry, value))

    return entries


def _object(schema: Schema, leaves: bool) -> Form:
    known: dict[tuple[str, ...], Form] = {}
    numbers = count()

    def of(value: Any) -> Hashable:
        if value.__class__ is not dict:
            return None if value is None else str(value)
        names = tuple(value)
        look = known.get(names)
        if look is None:
            if len(known) >= MOST:
                known.clear()  # the numbers go on: no form is given twice
            look = known[names] = _look(schema, names, leaves, next(numbers))
        return look(value)

    return of


def _look(schema: Schema, names: tuple[str, ...], leaves: bool, number: int) -> Form:
    """The form of an object with just these members: its number, and what there is to say of them."""
    functions: dict[str, Any] = {"_url": _URL.fullmatch}
    parts = []
    for index, name in enumerate(names):
        value, sub = f"v{index}", schema["properties"].get(name)
        if sub is None:
            functions[f"f{index}"] = structure
            parts.append(f"f{index}({value})")
        elif "properties" in sub or "properties" in sub.get("items", {}) or ("items" in sub and leaves):
            functions[f"f{index}"] = _form(sub, name, leaves)
            parts.append(f"f{index}({value})")
        elif leaves:
            parts.append(_leaf(sub, name, value))
        elif sub.get("type") == "object":  # its members have names of the sender's own
            parts.append(f"not {value}")
    source = f"({number},{''.join(part + ',' for part in parts)})"
    if not names:
        source = f"def look(value):\n return {source}"
    else:
        members = "".join(f"v{index}," for index in range(len(names)))
        source = f"def look(value):\n {members}=value.values()\n return {source}"
    exec(source, functions)  # of names of the schema, and of numbers
    look: Form = functions["look"]
    return look


def _leaf(schema: Schema, name: str, value: str) -> str:
    """What there is to say of a member, as a Python expression: null, blank or zero are told apart from the rest."""
    types = schema.get("type", ())
    types = {types} if isinstance(types, str) else set(types)
    if "enum" in schema or "boolean" in types:
        return value
    if types & {"integer", "number"}:
        # A number may be written as a text where the schema lets it.
        return f"({value} if {value}.__class__ is str else {value} and (1 if {value}>0 else -1))"
    if "format" in schema:
        return f"({value} and ('Z' if {value}[-1:]=='Z' else {value}[-6:]))"
    if name in _URLS and schema.get("pattern", "").endswith("://[!-~]+)?$"):
        return f"({value} and {value}.partition('://')[2][:1] in '/?#')"
    if name in _URLS:
        return f"({value} and (2 if _url({value}) else 1))"
    return f"({value} and not {value}.isspace())"


def structure(value: Any) -> Hashable:
    """The names in a value, without what they hold."""
    if value.__class__ is dict:
        return tuple(value), tuple([structure(sub) for sub in value.values() if sub.__class__ in _CONTAINERS])
    if value.__class__ is list:
        return frozenset([structure(one) for one in value if one.__class__ in _CONTAINERS])
    return ""


_CONTAINERS = (dict, list)


class _OfResponses:
    """What templates of responses tell besides names (see `bodies.skeletons`): the same as `response_form`."""

    identifier = _IDENTIFIER
    functions: Mapping[str, Any] = {"_url": _URL.fullmatch}

    def leaf(self, schema: Schema, name: str, value: str) -> str:
        return _leaf(schema, name, value)


class _OfRequests:
    """The same of requests: nothing."""

    identifier = ""
    functions: Mapping[str, Any] = {}

    def leaf(self, schema: Schema, name: str, value: str) -> str:
        return ""


#: What belongs to a form, for templates, and what makes the function that tells the form of a value.
RESPONSES: tuple[Forms, Callable[[Schema], Form]] = _OfResponses(), response_form
REQUESTS: tuple[Forms, Callable[[Schema], Form]] = _OfRequests(), request_form
