"""Identifiers: GUIDs that are numbers in disguise, and the draw for quality review.

A GUID of the mock is a counter under a bijection that the seed chooses. So the same seed gives the same ids, no id is
ever given twice, and the number of an order or a receipt is read back from its id without any index.
"""

from __future__ import annotations

import re
from binascii import hexlify
from hashlib import blake2b

#: The last group of a GUID, which carries the number: 12 hexadecimal digits.
_SIZE = 1 << 48
_MASK = _SIZE - 1

#: The largest identifier: more digits no JSON reader holds exactly (RFC 8259, section 6).
LARGEST_ID = 2**53 - 1

_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def is_guid(text: str) -> bool:
    """Has a text the form of a GUID, of the mock's or of anybody's?"""
    return _GUID.fullmatch(text.lower()) is not None


class Guids:
    """One sequence of GUIDs: four groups that the seed gives it, and one that the number does."""

    __slots__ = ("_factor", "_inverse", "_offset", "prefix")

    def __init__(self, seed: int, kind: str) -> None:
        """Args: the seed of the mock, and what the sequence is for; two kinds give two unrelated sequences."""
        digest = blake2b(f"{seed}/{kind}".encode(), digest_size=21).digest()
        digits = digest[:9].hex()
        #: The first four groups; version 4 and variant 8 (RFC 9562, section 5.4), because that is what clients expect.
        self.prefix = f"{digits[:8]}-{digits[8:12]}-4{digits[12:15]}-a{digits[15:18]}-"
        self._factor = int.from_bytes(digest[9:15], "big") | 1  # odd, so it has an inverse modulo a power of two
        self._offset = int.from_bytes(digest[15:], "big")
        self._inverse = pow(self._factor, -1, _SIZE)

    def digits(self, number: int) -> bytes:
        """The last group of a number's GUID; the others are `prefix`."""
        return hexlify((number * self._factor + self._offset & _MASK).to_bytes(6, "big"))

    def guid(self, number: int) -> str:
        """The GUID of a number below 2**48, lower case."""
        return self.prefix + self.digits(number).decode()

    def number(self, guid: str) -> int | None:
        """The number of a GUID of this sequence; None for a text that is no GUID or was never of the mock's making."""
        lower = guid.lower()
        if _GUID.fullmatch(lower) is None or not lower.startswith(self.prefix):
            return None
        return (int(lower[-12:], 16) - self._offset) * self._inverse & _MASK


def drawn(seed: int, number: int, share: float) -> bool:
    """Is the number among the share (0 to 1) that a fair draw picks? The same for the same seed."""
    if share <= 0 or share >= 1:
        return share >= 1
    digest = blake2b(f"{seed}/draw/{number}".encode(), digest_size=4).digest()
    return int.from_bytes(digest, "big") < share * 4294967296
