"""JSON bodies: bytes to value under RFC 8259 without its loopholes, and back.

msgspec decides, because it hands over numbers digit by digit; orjson says what is wrong, with line and column. What two
readers may understand differently (a member named twice) is looked for separately, and only an object that is suspect
pays for it.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any

import msgspec
import orjson

from leadproof.bodies.lexical import MAX_DIGITS, exact
from leadproof.bodies.problems import MAX_BODY, BodyError, BodyProblem, escape, met
from leadproof.core import lazy
from leadproof.core.errors import EncodeError

#: Objects and arrays inside each other: as many as orjson writes. Whatever walks a value may rely on it.
MAX_DEPTH = 254


def decode(data: bytes) -> Any:
    """The value of a JSON text.

    Numbers have their exact value: an integer is one however it is spelt, and no digit is lost.

    Raises:
        BodyError: It is none: empty, larger than the cap, not UTF-8, malformed (NaN and infinite numbers included,
            RFC 8259 section 6), nested too deeply, with a number of thousands of digits, or with a member named twice
            (section 4).
    """
    if len(data) > MAX_BODY:
        raise BodyError(BodyProblem("encoding.too-large", f"the body has {len(data)} bytes, the cap is {MAX_BODY}"))
    try:
        value = _digits(data)
    except RecursionError:
        problem = _explain(data, "")
        raise BodyError(problem if problem.kind == "body.unsafe" else _TOO_DEEP) from None
    except msgspec.ValidationError:  # of `exact`, or of an integer beyond what Python converts
        raise BodyError(_too_long(data)) from None
    except (msgspec.DecodeError, ValueError) as error:
        raise BodyError(_explain(data, str(error))) from None
    try:
        again = orjson.dumps(value)
    except orjson.JSONEncodeError:  # it is too deep, or has numbers that only Python can hold
        if _deeper(value, MAX_DEPTH):
            raise BodyError(_TOO_DEEP) from None
        again = b""
    if _suspect(data, again):
        _refuse_duplicates(data)
    return value


def breaks_off(data: bytes) -> bool:
    """Is it the beginning of a JSON text, and not the whole of one?"""
    try:
        msgspec.json.decode(data)
    except msgspec.DecodeError as error:
        return "truncated" in str(error) or ("invalid number" in str(error) and data[-1:] in b"-+.eE")
    except (ValueError, RecursionError):
        pass
    return False


def _number(text: str) -> int | float | Decimal:
    """`exact`, without its care where no double can go wrong."""
    if len(text) < 15 and "e" not in text and "E" not in text:
        whole, _, fraction = text.partition(".")
        return float(text) if fraction.strip("0") else int(whole)
    return exact(text)


_digits = msgspec.json.Decoder(float_hook=_number).decode

_TOO_DEEP = BodyProblem(
    "body.unsafe", f"objects and arrays are nested more than {MAX_DEPTH} deep", "", "",
    f"at most {MAX_DEPTH} levels", "more",
)  # fmt: skip
#: A text, or a number.
_TOKEN = lazy.pattern(rb'"(?:[^"\\]|\\.)*"|(-?[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?)', re.DOTALL)


def _too_long(data: bytes) -> BodyProblem:
    """The first number of more digits than are read, by its place."""
    place = 0
    for token in _TOKEN.finditer(data):
        try:
            exact((token[1] or b"0").decode())
        except ValueError:
            place = token.start()
            break
    line, before = data.count(b"\n", 0, place) + 1, data.rfind(b"\n", 0, place) + 1
    column = len(data[before:place].decode("utf-8", "replace")) + 1
    return BodyProblem(
        "body.unsafe", f"a number has more than {MAX_DIGITS} digits", "", "", f"at most {MAX_DIGITS} digits", "more",
        line, column,
    )  # fmt: skip


def _deeper(value: Any, levels: int) -> bool:
    """Are objects and arrays nested deeper than so many levels?"""
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return inside is not None and (levels == 0 or any(_deeper(part, levels - 1) for part in inside))


def encode(value: Any) -> bytes:
    """The JSON text of a value, compact, UTF-8.

    Raises:
        EncodeError: A number that is not finite, an integer of more than `MAX_DIGITS` digits, a lone surrogate, or
            nesting beyond `MAX_DEPTH`.
    """
    pointer, reason = _not_carried(value, "", 0)
    if reason:
        raise EncodeError(f"JSON cannot carry {reason}", pointer=pointer)
    try:
        return orjson.dumps(value)
    except orjson.JSONEncodeError:  # a decimal, or an integer beyond 64 bits
        return msgspec.json.encode(_raw(value))


def _raw(value: Any) -> Any:
    """The value with its decimals as they are written: msgspec would make texts of them."""
    if isinstance(value, dict):
        return {key: _raw(sub) for key, sub in value.items()}
    if isinstance(value, list):
        return [_raw(sub) for sub in value]
    return msgspec.Raw(format(value, "f").encode()) if isinstance(value, Decimal) else value


def _explain(data: bytes, message: str) -> BodyProblem:
    """What is wrong with a text that is no JSON: orjson says where."""
    if not data.strip():
        return BodyProblem("body.empty", "the body is empty", expected="a JSON text", actual="nothing")
    if data.startswith(b"\xef\xbb\xbf"):
        return BodyProblem(
            "charset.invalid", "the body begins with a byte order mark, which RFC 8259 section 8.1 forbids", "", "",
            "a JSON text in UTF-8 without byte order mark", "bytes EF BB BF", 1, 1,
        )  # fmt: skip
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as failure:
        line = data.count(b"\n", 0, failure.start) + 1
        column = failure.start - (data.rfind(b"\n", 0, failure.start) + 1) + 1
        return BodyProblem(
            "charset.invalid", f"byte {data[failure.start]:#04x} is not UTF-8 ({failure.reason})", "", "",
            "a JSON text in UTF-8", f"byte {data[failure.start]:#04x}", line, column,
        )  # fmt: skip
    try:
        orjson.loads(data)
    except orjson.JSONDecodeError as error:
        kind = "body.unsafe" if "depth limit" in error.msg else "body.malformed"
        actual = met(data.decode("utf-8"), error.pos)
        return BodyProblem(kind, error.msg, "", "", "a JSON text", actual, error.lineno, error.colno)
    return BodyProblem("body.malformed", message, "", "", "a JSON text", "something else")


def _suspect(data: bytes, again: bytes) -> bool:
    """Can a member stand twice in `data`, whose value was written `again`? False only if certainly not.

    Every member costs one colon that is not in a string. Decoding keeps the colons inside strings, so a text without
    `\\u` escapes in which no member was dropped has exactly as many colons as its value written again.
    """
    return b"\\u" in data or data.count(b":") != again.count(b":")


class _Twice(dict[str, Any]):
    """An object that names a member twice, kept with the first such name."""

    name = ""


def _refuse_duplicates(data: bytes) -> None:
    twice: list[_Twice] = []

    def pairs(members: list[tuple[str, Any]]) -> dict[str, Any]:
        seen = dict(members)
        if len(seen) == len(members):
            return seen
        marked, names = _Twice(members), set()
        for name, _ in members:
            if name in names:
                marked.name = name
                break
            names.add(name)
        twice.append(marked)
        return marked

    # Numbers stay text: their values do not matter here, and Python refuses integers of more than 4,300 digits.
    value = json.loads(data.decode("utf-8"), object_pairs_hook=pairs, parse_int=str, parse_float=str)
    if not twice:
        return
    # An object inside a member that was itself dropped is in no place any more: it has no pointer.
    pointer, name = next(_places(value, ""), ("", twice[0].name))
    raise BodyError(
        BodyProblem(
            "body.duplicate-member",
            f"the member {name!r} is named twice in one object; readers disagree which one counts",
            pointer,
            expected="each member once (RFC 8259, section 4)",
            actual=f"{name!r} twice",
        )
    )


def _places(value: Any, at: str) -> Any:
    """Pointer and name of every member that is named twice, outermost first."""
    if isinstance(value, _Twice):
        yield f"{at}/{escape(value.name)}", value.name
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, sub in items:
        if isinstance(sub, (dict, list)):
            yield from _places(sub, f"{at}/{escape(str(key))}")


_TOO_LARGE = 10**MAX_DIGITS


def _not_carried(value: Any, at: str, depth: int) -> tuple[str, str]:
    """Pointer and name of the first part that JSON has no form for; both "" if there is none."""
    if isinstance(value, float) and not (-1e309 < value < 1e309):
        return at, f"the number {value}"
    if isinstance(value, int) and not -_TOO_LARGE < value < _TOO_LARGE:
        return at, f"an integer of more than {MAX_DIGITS} digits"
    if isinstance(value, str):
        return (at, "a lone surrogate") if _has_surrogate(value) else ("", "")
    if not isinstance(value, (dict, list)):
        return "", ""
    if depth == MAX_DEPTH:
        return at, f"more than {MAX_DEPTH} levels of nesting"
    for key, sub in value.items() if isinstance(value, dict) else enumerate(value):
        below = f"{at}/{escape(str(key))}"
        if isinstance(key, str) and _has_surrogate(key):
            return below, "a member name with a lone surrogate"
        found = _not_carried(sub, below, depth + 1)
        if found[1]:
            return found
    return "", ""


def _has_surrogate(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return True
    return False
