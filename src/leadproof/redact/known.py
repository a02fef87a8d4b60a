"""Values that were found once, by name or by form, and may be echoed anywhere: in a message, a header, a later
response.

A bounded memory: the oldest value is forgotten first. Text is read word by word, each looked up in a dictionary, and
what begins with that word is looked up by its length, so the cost does not grow with the number of values. Secrets are
few and are found inside of words too.
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
import sys
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache

from leadproof.core import lazy, names
from leadproof.core.names import Kind
from leadproof.redact import numbers
from leadproof.redact.formats import Replace
from leadproof.redact.placeholders import CHOICES, MARKER

WORD = lazy.pattern(r"[^\W_]+")
#: Kinds that are told apart from an id of the protocol beyond doubt.
_CERTAIN = frozenset({Kind.EMAIL, Kind.PHONE, Kind.SSN, Kind.CARD, Kind.TEXT, Kind.IP, Kind.SECRET})
#: Characters of the shortest secret that is looked for.
SHORTEST = 6
#: Scripts without blanks between words, where a value is looked for at every character.
UNSPACED = lazy.pattern(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")


def normal(kind: Kind, value: str) -> str:
    """The form in which two spellings of one value are the same."""
    value = value.strip()
    if kind in (Kind.PHONE, Kind.CARD):
        digits = numbers.digits(value)
        return digits[1:] if len(digits) == 11 and digits[0] == "1" else digits
    if kind is Kind.IP and (":" in value or value.count(".") == 3):
        try:
            return str(ipaddress.ip_address(value))
        except ValueError:
            return value.casefold()
    return value.casefold()


def password(credentials: str) -> str:
    """The password in the credentials of the Basic scheme (RFC 7617); empty if there is none."""
    try:
        return base64.b64decode(credentials).decode("utf-8", "replace").partition(":")[2]
    except (binascii.Error, ValueError):
        return ""


class Known:
    """The values of one run. `limit` is how many are remembered."""

    def __init__(self, limit: int = 20_000, secrets: int = 256) -> None:
        self._kinds: dict[str, Kind] = {}
        #: Values by their first word, then by their length, the longest first.
        self._by_word: dict[str, dict[int, set[str]]] = {}
        self._limit = limit
        #: Secrets that were handed in, and are never forgotten; and those that were met. Each with its `_folded` form.
        self._own: dict[str, str] = {}
        self._secrets: dict[str, str] = {}
        self._secret_limit = secrets
        #: No secret is shorter.
        self._shortest = sys.maxsize
        #: Grows with every value that is new, and with every look but `misses`: what it came to may change.
        self.version = self.looked = 0

    def own(self, value: str) -> None:
        """Remember a secret that somebody configured: nothing in its text says that it is none, and it stays known."""
        value = value.strip()
        if len(value) >= SHORTEST and value not in self._own:
            self._own[value] = _folded(value)
            self._shortest = min(self._shortest, len(value))
            self.version += 1

    def secret(self, value: str) -> None:
        """Remember a secret that was met. Short ones are not looked for: too much else looks like them."""
        value = value.strip()
        if len(value) < SHORTEST or value in self._secrets or value in self._own or MARKER.fullmatch(value):
            return
        if names.plain(value) in names.SECRETS or value.lower() in names.CONTRACT_WORDS:
            return
        self._secrets[value] = _folded(value)
        self._shortest = min(self._shortest, len(value))
        if len(self._secrets) > self._secret_limit:
            del self._secrets[next(iter(self._secrets))]
        self.version += 1

    def remember(self, kind: Kind, value: str) -> None:
        """Remember a value of a lead, in the spellings in which it may be echoed."""
        for key, its_kind in (_keys if len(value) <= _LONGEST else _keys.__wrapped__)(kind, value):
            if key in self._kinds:
                continue
            self._kinds[key] = its_kind
            lengths = self._by_word.setdefault(_first(key), {})
            if len(key) in lengths:
                lengths[len(key)].add(key)
            else:
                shorter = [(length, lengths.pop(length)) for length in [*lengths] if length < len(key)]
                lengths.update([(len(key), {key}), *shorter])
            self.version += 1
            if len(self._kinds) > self._limit:
                self._forget(next(iter(self._kinds)))

    def kind(self, value: str) -> Kind | None:
        """The kind of a whole value that is known beyond doubt, whatever its spelling."""
        self.looked += 1
        if not self._kinds:
            return None
        found = self._kinds.get(normal(Kind.TEXT, value))
        if found in _CERTAIN:
            return found
        if len(value) >= 7 and (value[-1].isdigit() or value[0].isdigit()):
            found = self._kinds.get(normal(Kind.PHONE, value))
            if found in (Kind.PHONE, Kind.SSN, Kind.CARD):
                return found
        found = self._kinds.get(normal(Kind.IP, value)) if ":" in value or value.count(".") == 3 else None
        return found if found in _CERTAIN else None

    def holds(self, kind: Kind, value: str) -> bool:
        """Is this very value of a kind known?"""
        self.looked += 1
        return normal(kind, value) in self._kinds

    def number(self, digits: str) -> bool:
        """Are these the digits of a telephone number that is known?"""
        self.looked += 1
        return self._kinds.get(normal(Kind.PHONE, digits)) is Kind.PHONE

    def without_secrets(self, text: str, replace: Replace) -> str:
        """The text with every remembered secret replaced."""
        self.looked += 1
        secrets = self._secrets_in(text)
        return _pattern(secrets).sub(lambda match: replace(Kind.SECRET, match[0]), text) if secrets else text

    def _secrets_in(self, text: str) -> tuple[str, ...]:
        """The remembered secrets that may stand in a text, whatever their case: a pattern of all of them takes long."""
        if len(text) < self._shortest:
            return ()
        folded = _folded(text)
        return tuple(secret for known in (self._own, self._secrets) for secret, form in known.items() if form in folded)

    def misses(self, words: Iterable[str], texts: Iterable[str], longest: int) -> bool:
        """Does no value begin with one of some words in lower case, and none of some texts hold a secret?

        Args:
            words: In lower case.
            texts: Where secrets may stand.
            longest: Characters of the longest of them.
        """
        if not self._by_word.keys().isdisjoint(words):
            return False
        return longest < self._shortest or not any(map(self._secrets_in, texts))

    def without_values(self, text: str, replace: Replace) -> str:
        """The text with every remembered value replaced; placeholders stay."""
        self.looked += 1
        if not self._by_word or (text.isascii() and self._by_word.keys().isdisjoint(WORD.findall(text.lower()))):
            return text
        parts, done = [], 0
        markers = MARKER.finditer(text)
        marker = next(markers, None)
        for word in WORD.finditer(text):
            while marker and marker.end() <= word.start():
                marker = next(markers, None)
            if word.start() < done or (marker and marker.start() <= word.start()):
                continue
            unspaced = UNSPACED.search(word[0]) is not None
            for start in range(word.start(), word.end()) if unspaced else (word.start(),):
                if start >= done and (end := self._match(text, start, word[0], unspaced)):
                    found = text[start:end]
                    parts += [text[done:start], replace(self._kinds[found.casefold()], found)]
                    done = end
        return "".join([*parts, text[done:]])

    def _match(self, text: str, start: int, word: str, unspaced: bool) -> int:
        """Where the known value that begins here ends; 0 if none does."""
        for length, keys in self._by_word.get(text[start] if unspaced else word.casefold(), _NONE).items():
            end = start + length
            found = text[start:end]
            if found.casefold() not in keys or (not unspaced and end < len(text) and text[end].isalnum()):
                continue
            if length == 2 and not unspaced and not (found[0].isupper() and found[1].islower()):
                continue  # two letters are a name only if they are written as one
            return end
        return 0

    def _forget(self, key: str) -> None:
        del self._kinds[key]
        first = _first(key)
        lengths = self._by_word[first]
        lengths[len(key)].remove(key)
        if not lengths[len(key)]:
            del lengths[len(key)]
        if not lengths:
            del self._by_word[first]


_NONE: dict[int, set[str]] = {}
#: Characters of the longest value whose spellings are remembered: the same ones come again and again.
_LONGEST = 256


@lru_cache(8192)
def _keys(kind: Kind, value: str) -> tuple[tuple[str, Kind], ...]:
    """What to look for where a value is remembered, each with its kind."""
    return tuple(
        (key, its_kind)
        for spelling, its_kind in _spellings(kind, value.strip())
        if WORD.search(key := normal(its_kind, spelling))
        and key not in names.CONTRACT_WORDS
        and key not in CHOICES
        and not MARKER.search(spelling)
    )


def _first(key: str) -> str:
    """What a value is looked up by: its first word, or character where words have none between them."""
    return key[0] if UNSPACED.match(key) else WORD.findall(key)[0]


def _folded(text: str) -> str:
    """The text in a form that is the same for all that a pattern takes for the same whatever its case."""
    return text.lower() if text.isascii() else text.translate(_DOTLESS).casefold()


_DOTLESS = {0x130: "i", 0x131: "i"}


@lru_cache(64)
def _pattern(secrets: tuple[str, ...]) -> re.Pattern[str]:
    longest_first = sorted(secrets, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest_first)), re.IGNORECASE)


def _unaccented(value: str) -> Iterator[str]:
    """A name as it is written without accents, and without umlauts in both ways."""
    if not value.isascii():
        yield "".join(char for char in unicodedata.normalize("NFD", value) if not unicodedata.combining(char))
        yield value.translate(_UMLAUTS)


_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ø": "oe",
                          "å": "aa", "æ": "ae"})  # fmt: skip


#: Signs of which a value of a kind has one; what has none is words in the field of a number or an address.
_SIGNS: dict[Kind, str] = {
    **dict.fromkeys((Kind.PHONE, Kind.CARD, Kind.SSN, Kind.ZIP, Kind.DATE), "0123456789"),
    Kind.EMAIL: "@",
    Kind.IP: ".:",
    Kind.URL: ".:/",
    Kind.AGENT: "/",
}


def _spellings(kind: Kind, value: str) -> Iterator[tuple[str, Kind]]:
    """What to look for; nothing for values that would be found everywhere."""
    if kind in _SIGNS and not any(char in _SIGNS[kind] or char.isdigit() for char in value):
        kind = Kind.UNKNOWN
    if kind in (Kind.EMAIL, Kind.PHONE, Kind.CARD, Kind.IP, Kind.URL, Kind.AGENT):
        if len(value) >= 7:
            yield value, kind
        if kind is Kind.PHONE and value[:1] == "+":
            yield from ((one, kind) for one in numbers.national(value) if len(one) >= 7)
    elif kind is Kind.SSN:
        digits = re.sub(r"\D", "", value)
        if len(digits) == 9:
            yield digits, kind
            yield f"{digits[:3]}-{digits[3:5]}-{digits[5:]}", kind
    elif kind in (Kind.ZIP, Kind.DATE):
        if len(value) >= 5:
            yield value, kind
    elif not any(char.isalpha() for char in value):
        if len(value) >= 6:
            yield value, kind
    elif len(value) >= (2 if kind is Kind.TEXT else 4):
        for form in {unicodedata.normalize("NFC", value), unicodedata.normalize("NFD", value), *_unaccented(value)}:
            # From the first letter or digit to the last: `https:` is as little a value as `https`.
            spans = [word.span() for word in WORD.finditer(form)]
            if spans and spans[-1][1] - spans[0][0] > 1:
                yield form[spans[0][0] : spans[-1][1]], kind
            words = form.split()
            if kind is Kind.TEXT and 1 < len(words) <= 4 and not any(char.isdigit() for char in form):
                yield from ((word.strip(".,"), kind) for word in words if len(word.strip(".,")) > 2)
