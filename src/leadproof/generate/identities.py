"""Who a made-up lead is: e-mail addresses, telephone numbers and marks on names that no other lead has.

Pure arithmetic, no chance: number, nonce and seed in, text out. Telephone numbers are of the range 555-0100 to 555-0199
of an area code, so there are `PHONES` of them; whoever needs more, or two runs that share none for certain, has to tell
leads apart by something else as well. E-mail addresses and marks never come twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import blake2b
from typing import NamedTuple

from leadproof.contract.profile import Campaign, Field, LeadType

#: Area codes that people know come first; then the others that the numbering plan has room for: not 211, 311, …, and
#: none with a 9 in the middle, which are kept for longer numbers.
_KNOWN = """201 202 203 205 206 207 208 209 210 212 213 214 215 216 217 218 219 301 302 303 304 305 307 308 309 310 312
313 314 315 316 317 318 319 404 405 406 407 408 409"""
_AREAS = tuple(
    dict.fromkeys(
        (*_KNOWN.split(), *(f"{code}" for code in range(200, 1000) if code % 100 != 11 and code // 10 % 10 != 9))
    )
)

#: Telephone numbers until the first comes again.
PHONES = len(_AREAS) * 100

#: Ways to write a telephone number, the plainest first.
_SHAPES = ("{0}555{1}", "{0}-555-{1}", "({0}) 555-{1}", "{0}.555.{1}", "{0} 555 {1}", "1{0}555{1}", "+1{0}555{1}")


class Identity(NamedTuple):
    """One lead of one run."""

    number: int
    nonce: int = 0
    seed: int = 0

    def emails(self) -> Iterator[str]:
        """Addresses, the most telling first, for fields that take no more than a few characters."""
        run = f"{self.nonce:x}.{self.seed:x}"
        yield f"lead{self.number}.{run}@leads.example"
        yield f"l{self.number}.{run}@l.example"

    def phones(self, mask: str = "") -> Iterator[str]:
        """One telephone number, written in several ways; with a mask, that way first."""
        # The factors let the numbers of two runs begin far from each other.
        place = (self.number + self.nonce * 31_337 + self.seed * 7_919) % PHONES
        area, line = _AREAS[place // 100], f"0{100 + place % 100}"
        if mask:
            digits = iter(f"{'1' * (mask.count('#') == 11)}{area}555{line}")
            yield "".join(next(digits, "0") if sign == "#" else sign for sign in mask)
        yield from (shape.format(area, line) for shape in _SHAPES)

    def certificates(self) -> Iterator[str]:
        """A TrustedForm certificate that nobody has issued."""
        yield f"https://cert.trustedform.com/{self._digest()}"

    def tokens(self) -> Iterator[str]:
        """A Jornaya LeadiD token that nobody has issued."""
        digits = self._digest().upper()
        yield "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:32]))

    def _digest(self) -> str:
        return blake2b(f"{self.number}/{self.nonce}/{self.seed}".encode(), digest_size=20).hexdigest()

    def mark(self, *, alone: bool) -> str:
        """Letters to add to a name, so that it is another one.

        Args:
            alone: Must the name by itself tell leads apart? If not, there is a telephone number besides.
        """
        parts = (self.nonce, self.number if alone else self.number // PHONES, self.seed)
        return "z".join(_letters(part) for part in parts).rstrip("z")


def made(one: Field, identity: Identity) -> str:
    """The value of a field that is made for each lead; "" for other fields, and where the field's rules allow none."""
    ways = {
        "email": identity.emails, "phone": lambda: identity.phones(one.mask), "trustedform": identity.certificates,
        "jornaya": identity.tokens,
    }.get(one.format)  # fmt: skip
    return next((value for value in ways() if not one.fault(value)), "") if ways else ""


def marked(one: Field, value: str, mark: str) -> str:
    """A name with a mark at its end, cut where there is no room; as it was where the field's rules forbid that."""
    if not mark:
        return value
    # Marks have no hyphen, so that two names with marks are never the same by chance.
    found = (f"{value[: max(0, one.max_length - len(mark) - 1)]}{between}{mark}" for between in "- ")
    return next((name for name in found if not one.fault(name)), value)


def marks_needed(kind: LeadType, campaigns: Iterable[Campaign]) -> dict[str, bool]:
    """The fields whose values have to be marked, so that no two leads agree in a set of duplicate keys.

    Returns:
        Name of the field, and whether it is alone in this: a set without a telephone number rests on it only. Sets with
        an e-mail address need nothing; for a set without any personal text nothing can be done.
    """
    needed: dict[str, bool] = {}
    ours = (keys for campaign in campaigns if campaign.lid == kind.lid for keys in campaign.duplicate_keys)
    for keys in dict.fromkeys(ours):
        fields = [one for one in kind.fields if one.name in keys]
        formats = {one.format for one in fields}
        free = [one.name for one in fields if one.personal and one.format == "text" and not one.allowed]
        if free and "email" not in formats:
            name = next((one for one in free if needed.get(one)), free[0])
            needed[name] = needed.get(name, False) or "phone" not in formats
    return needed


def _letters(number: int) -> str:
    """A whole number as lower-case letters without z: "" for 0, then a, b, …"""
    left, letters = 2 * number if number >= 0 else -2 * number - 1, ""
    while left:
        left, rest = divmod(left - 1, 25)
        letters = chr(ord("a") + rest) + letters
    return letters
