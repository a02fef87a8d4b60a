"""Values without members in a template: the pattern of their text, and how the value is made of it.

A pattern takes no more than is valid and exact beyond doubt: no sign, no exponent, no escape, no more digits than a
double holds. Whatever else a format allows is left to the parser. What a pattern cannot tell is asked of the schema.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Protocol

from leadproof.contract.specs import Schema
from leadproof.core import lazy

#: Text in which nothing is escaped; possessive, so that nothing is tried twice. In XML neither control characters nor
#: carriage returns (section 2.11), nor the two that are no characters (section 2.2).
TEXT = {"json": r'[^"\\\x00-\x1f]*+', "xml": r"[^<>&\x00-\x08\x0b-\x1f\ufffe\uffff]*+"}
#: The value of an attribute: white space in one is read as a space (XML 1.0, section 3.3.3).
ATTRIBUTE = r'[^"<>&\x00-\x1f\ufffe\uffff]*+'

_WHOLE, _POSITIVE = "0|[1-9][0-9]{0,14}", "[1-9][0-9]{0,14}"
_NUMBER = r"(?:0|[1-9][0-9]{0,8})(?:\.[0-9]{1,4})?"

#: Printable characters that are themselves in both formats, for those of a pattern.
_PRINTABLE, _PLAIN = "[!-~]", r"[!#-%'-;=?-\[\]-~]"
#: What in a pattern may take more than the text that it is about.
_GREEDY = lazy.pattern(r"\[\^|!-~|\\[SWDswd]|(?<!\\)\.")

#: What the patterns here tell of a schema; the rest is for people.
_TOLD = {"type", "enum", "minimum", "maximum", "pattern", "description", "title", "example", "xml", "default"}


class Unusual(Exception):
    """A form that is not worth the trouble."""


class Leaf(NamedTuple):
    """A value in a template."""

    #: A regular expression without groups, for its text.
    pattern: str
    #: A Python expression of the value, over `{0}`, which holds the text.
    value: str
    #: Does the schema have to be asked about the value?
    asked: bool = False


class Forms(Protocol):
    """What there is to say of the form of a value, besides the names in it."""

    #: The member by which the entries of a list are told apart.
    identifier: str
    #: What the expressions name.
    functions: Mapping[str, Any]

    def leaf(self, schema: Schema, name: str, value: str) -> str:
        """A Python expression over the expression of a value; "" where nothing is said of it."""


#: Makes a function that says whether a value is valid.
Checker = Callable[[Schema], Callable[[Any], bool]]


def leaf(schema: Schema, kind: str, text: str, *, strip: bool = False) -> Leaf:
    """How a value is read.

    Args:
        schema: Of the value.
        kind: integer, number, boolean or string: what it was written as.
        text: The pattern of any text.
        strip: Is white space around it no part of it?

    Raises:
        Unusual: The schema knows no such value.
    """
    types = schema.get("type", ())
    types = {types} if isinstance(types, str) else set(types)
    asked = any(key not in _TOLD and not key.startswith("x-") for key in schema)
    if kind in ("integer", "number"):
        whole = kind == "integer" or "number" not in types
        if not types & {"integer", "number"}:
            raise Unusual
        least, most = schema.get("minimum", 0), schema.get("maximum", 10**15)
        asked = asked or least not in (0, 1) or most < 10**15 or "enum" in schema
        if not whole:
            return Leaf(_NUMBER, "number({0})", asked or least == 1)
        return Leaf(_POSITIVE if least == 1 else _WHOLE, "int({0})", asked)
    if kind not in types:
        raise Unusual
    if kind == "boolean":
        return Leaf("true|false", "({0}=='true')", asked or "enum" in schema)
    if "enum" in schema:
        return Leaf("|".join(re.escape(one) for one in schema["enum"] if isinstance(one, str)), "{0}", asked)
    if "pattern" in schema:
        told = _embedded(schema["pattern"])
        return Leaf(told, "{0}", asked) if told else Leaf(text, "{0}", True)
    return Leaf(text, "{0}.strip(' \\t\\n')" if strip else "{0}", asked)


def _embedded(pattern: str) -> str:
    """A pattern of a schema as a part of another one; "" where it might take what is behind its text."""
    if not (pattern.startswith("^") and pattern.endswith("$")):
        return ""
    inner = pattern[1:-1].replace(_PRINTABLE, _PLAIN)
    inner = re.sub(r"\((?!\?)", "(?:", inner)
    return "" if _GREEDY.search(inner.replace(_PLAIN, "")) else inner


def number(text: str) -> int | float:
    """The value of a number without sign and exponent: what has no fraction is an integer, as in `json.decode`."""
    whole, _, fraction = text.partition(".")
    return float(text) if fraction.strip("0") else int(whole)
