"""Single values in the form of XML Schema, written and read: numbers, booleans, text, nil; and the exact value of a
number, which both representations share.

Where an element or attribute stands, and what it is called, is for `responses` and `requests`.
"""

from __future__ import annotations

import math
from decimal import Decimal, InvalidOperation
from typing import Any

from leadproof.bodies import xml
from leadproof.bodies.problems import typed
from leadproof.core import lazy
from leadproof.core.errors import EncodeError

_INTEGER = lazy.pattern(r"[+-]?[0-9]{1,4000}")
_NUMBER = lazy.pattern(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)")
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}
#: White space of XML (XML 1.0, section 2.3); Python's own would strip more.
BLANK = " \t\r\n"
#: Characters that stand in XML text as they are.
_PLAIN = lazy.pattern("[\t\n\x20-\x25\x27-\x3b=\x3f-\ud7ff\ue000-\ufffd]*")


def scalar(value: Any) -> str:
    """The text of an element; raises as `lexical` does, and for characters that XML 1.0 has no form for."""
    if isinstance(value, str):
        return value if _PLAIN.fullmatch(value) else xml.text(value, "")
    return lexical(value)


def lexical(value: Any) -> str:
    """Number, boolean or null in the form of XML Schema.

    Raises:
        EncodeError: A number that is not finite or has more digits than Python writes, an array or an object.
    """
    if value is True:
        return "true"
    if value is False:
        return "false"
    if value is None:
        return ""
    if isinstance(value, int):
        try:
            return str(value)
        except ValueError:
            raise EncodeError("XML cannot carry an integer of thousands of digits", pointer="") from None
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, float):
        text = repr(value)
        if "n" in text:  # inf, nan
            raise EncodeError(f"XML cannot carry the number {text}", pointer="")
        if "e" not in text:
            return text
        plain = format(Decimal(text), "f")
        return plain if "." in plain else f"{plain}.0"  # with a point it is read as the same double again
    raise EncodeError(f"one element cannot carry {typed(value)}", pointer="")


#: Digits before or behind the point of a number that is read; Python writes no integer of more than 4,300.
MAX_DIGITS = 4_000


def exact(text: str) -> int | float | Decimal:
    """The number that a decimal text says, to the last digit.

    An integer wherever it has no fraction, however it is spelt (`12.0`, `1e3`); a double where the shortest form of one
    says the same; else a decimal. In JSON Schema 12.0 is an integer (2020-12, core, 4.2.3), and RFC 8259 (section 6)
    sets no limit to what a number may be.

    Raises:
        ValueError: More than `MAX_DIGITS` digits before or behind the point.
    """
    try:
        number = Decimal(text)
    except InvalidOperation:  # an exponent of twenty digits
        raise ValueError(f"a number with more than {MAX_DIGITS} digits") from None
    exponent = number.as_tuple().exponent
    if not isinstance(exponent, int) or number.adjusted() >= MAX_DIGITS or exponent < -MAX_DIGITS:
        if number == 0:
            return 0
        raise ValueError(f"a number with more than {MAX_DIGITS} digits")
    if exponent >= 0 or number == number.to_integral_value():
        return int(number)
    double = float(number)
    return double if math.isfinite(double) and Decimal(repr(double)) == number else number


def whole(value: Any) -> Any:
    """A number without fraction as an integer: 7.0 is one in JSON Schema, and xs:integer has no form with a point."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def parse(kind: str, text: str, *, collapse: bool = False) -> Any:
    """The value of character data; where it has not the form of its kind, the text itself.

    Args:
        kind: string, integer, number or boolean.
        text: Character data of an element, or the value of an attribute.
        collapse: Is white space around a string no part of it? xs:dateTime ignores it, xs:string does not.
    """
    stripped = text.strip(BLANK)
    if kind == "string":
        return stripped if collapse else text
    if kind == "boolean":
        return _BOOLEANS.get(stripped, text)
    if kind == "integer":
        return int(stripped) if _INTEGER.fullmatch(stripped) else text
    if _NUMBER.fullmatch(stripped):
        try:
            return exact(stripped)
        except ValueError:  # JSON refuses it, too
            return text
    return text


def is_nil(element: Any) -> bool:
    """Is the element marked as null (XML Schema part 1, 2.6.2)?"""
    nil = element.get(xml.NIL)
    return nil is not None and nil.strip(BLANK) in ("true", "1")
