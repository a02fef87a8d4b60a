"""What stands in for a value: same type, same spelling, valid where and only where the value was valid, and plainly not
real: a report over redacted evidence finds what was wrong with the original.

Ranges that nobody owns: example.invalid (RFC 2606), telephone numbers 555-0100 to 555-0199, social security numbers
beginning with 9, the benchmark network 198.18.0.0/15 (RFC 2544), 2001:db8::/32 (RFC 3849), zip codes below 00500, birth
dates in the first years of the twentieth century. Words begin with `Redacted`. A placeholder is never replaced again.
"""

from __future__ import annotations

import hashlib
import ipaddress
import re
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime

from leadproof.contract.profile.formats import FORMATS
from leadproof.core import lazy
from leadproof.core.names import Kind, words

#: The default key of the hash. With it, two runs give the same placeholders, and somebody who guesses a value can
#: confirm the guess; a caller that keeps evidence of real people passes a random salt.
SALT = b"leadproof"

_LETTERS = "bcdfghjklmnpqrstvwxz"  # consonants: no word comes out, and no digits that look like a phone number
_WORD = rf"(?<![^\W_])[Rr][Ee][Dd][Aa][Cc][Tt][Ee][Dd][{_LETTERS}{_LETTERS.upper()}]{{5,}}(?![^\W_])"
_TAG = rf"redacted-[{_LETTERS}]{{8}}"
#: Schemes that say nothing about anybody.
_SCHEMES = "https?|s3|gs|abfss?|ftps?|sftp|file|wss?|blob|data|sips?|rtmp"
_SCHEME = lazy.pattern(rf"({_SCHEMES})://", re.IGNORECASE)
#: What stands for the blanks, and for the other characters, that no URL may have (RFC 3986, section 2).
_SPOILT = " x|é| xé"
_IPV6 = "2001:db8:7265:6461:"  # "reda" in ASCII

#: Placeholders that tell themselves apart from values, whatever text they stand in.
MARKER = lazy.pattern(
    rf"(?:{_SCHEMES}|redacted)://(?:example\.invalid)?/{_TAG}(?:{_SPOILT})?|Mozilla/5\.0 \({_TAG}\)"
    rf"|{_TAG}(?:@example\.\.?invalid)?|{_WORD}"
    rf"|{_IPV6}[0-9a-f:]+"
)
_EMAIL = lazy.pattern(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
#: Ten digits of a North American number (NANP), a leading 1 and the usual separators allowed.
NANP = lazy.pattern(r"(?:\+?1[-. ]?)?\(?([2-9]\d\d)\)?[-. /]{0,2}([2-9]\d\d)[-. ]?(\d{4})(?!\d)", re.ASCII)
_EXTENSION = lazy.pattern(r"\s*(?:x|ext\.?|#)?\s*\d*", re.IGNORECASE)
_SSN = lazy.pattern(r"\d{3}([- .]?)\d{2}\1\d{4}")
_ZIP = lazy.pattern(r"\d{5}(?:-?\d{4})?", re.ASCII)
_DATES = (
    lazy.pattern(r"(?P<y>\d{4})(?P<s>[-/.])(?P<m>\d{1,2})(?P=s)(?P<d>\d{1,2})(?P<rest>[T ].*)?", re.ASCII),
    lazy.pattern(r"(?P<m>\d{1,2})(?P<s>[-/.])(?P<d>\d{1,2})(?P=s)(?P<y>\d{4}|\d{2})(?P<rest>[T ].*)?", re.ASCII),
    lazy.pattern(r"(?P<y>(?:19|20)\d\d)(?P<m>\d\d)(?P<d>\d\d)", re.ASCII),
    lazy.pattern(r"(?P<m>[01]\d)(?P<d>[0-3]\d)(?P<y>(?:19|20)\d\d)", re.ASCII),
)
_WORDS = lazy.pattern(r"[^\W_]+")
#: Values that are choices, not data about a person.
CHOICES = words(
    "true false yes no y n on off none null na unknown other m f male female am pm morning afternoon evening anytime"
    " excellent good fair poor own rent single married divorced widowed"
)
_NUMBER = lazy.pattern(r"[-+$]?\d{1,6}(?:[.,]\d{1,3})?%?|[-+]?\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_LIKE_IPV4 = lazy.pattern(r"\d+(?:\.\d+){3}")
#: Digits beyond ASCII, which no format takes for digits.
_OTHER_DIGITS = "".join(map(chr, range(0xFF10, 0xFF1A)))
_INSTANT = lazy.pattern(r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}.*)?")

#: How many placeholders out of the small ranges are remembered, so that two values do not get the same one.
_REMEMBERED = 100_000
#: How many placeholders of values that came are kept made, and the longest of these values.
_MADE, _LONGEST = 10_000, 256


class Placeholders:
    """A value and its kind -> its placeholder: the same one for the same value, as long as it is remembered."""

    def __init__(self, salt: bytes = SALT) -> None:
        self._key = salt[:64]
        self._given: dict[str, str] = {}
        self._issued: set[str] = set()
        #: Values and what was made of them, as long as nothing of the above is forgotten; and how many were asked for.
        self._made: dict[tuple[Kind, str], str] = {}
        self._asked = 0
        #: Values that were replaced, by kind.
        self.counts: Counter[Kind] = Counter()

    def of(self, kind: Kind, value: str) -> str:
        """The placeholder for a value of a kind; blank values and placeholders stay as they are."""
        core = value.strip()
        if not core:
            return value
        self._asked += 1
        made = self._made.get((kind, core))
        if made is None:
            made = self._make(kind, core)
        if made == core:
            return value
        self.counts[kind] += 1
        if core == value:
            return made
        lead = value[: len(value) - len(value.lstrip())]
        return lead + made + value[len(lead) + len(core) :]

    def _make(self, kind: Kind, core: str) -> str:
        asked = self._asked
        made = core if MARKER.fullmatch(core) else _MAKERS[kind](self, core)
        if self._asked == asked and len(core) <= _LONGEST:  # what is made of several is counted as several
            if len(self._made) >= _MADE:
                self._made.clear()
            self._made[(kind, core)] = made
        return made

    # --- one method a kind; `core` is neither blank nor padded

    def secret(self, core: str) -> str:
        """A tag; an authentication scheme before it stays (RFC 9110, section 11.4)."""
        scheme, blank, credentials = core.partition(" ")
        if blank and scheme.lower() in ("bearer", "basic", "digest", "token", "apikey", "negotiate"):
            return f"{scheme} {self.of(Kind.SECRET, credentials)}"
        return self._tag(core)

    def email(self, core: str) -> str:
        """An address at example.invalid; what is no address stays none."""
        if not _EMAIL.fullmatch(core):
            return self.text(core)
        dot = "." if FORMATS["email"].accepts(core) else ".."
        return f"{self._tag(core.lower())}@example{dot}invalid"

    def phone(self, core: str) -> str:
        """A number in 555-0100 to 555-0199 in the same spelling; what is no US number stays none."""
        match = NANP.match(core)
        if not match:
            return self.text(core)
        digits = "".join(match.groups())
        fake = self._from_range("phone", digits, _phone)
        spelled, at = list(core), 0
        for group, part in zip((1, 2, 3), (fake[:3], fake[3:6], fake[6:]), strict=True):
            at = match.start(group)
            spelled[at : at + len(part)] = part
        rest = core[match.end() :]
        return "".join(spelled[: match.end()]) + (self._digits(rest) if _EXTENSION.fullmatch(rest) else self.text(rest))

    def ssn(self, core: str) -> str:
        """Nine digits of a number that is never issued, in the same spelling."""
        match = _SSN.fullmatch(core)
        if not match:
            return self.text(core)
        fake = self._from_range("ssn", re.sub(r"\D", "", core), _ssn)
        return match[1].join((fake[:3], fake[3:5], fake[5:]))

    def zip(self, core: str) -> str:
        """Five digits below 00500, or five and four."""
        if not _ZIP.fullmatch(core):
            return self.text(core)
        fake = self._from_range("zip", core[:5], lambda n: f"{n % 500:05}", tries=1)
        return fake + re.sub(r"\d", "1", core[5:])

    def date(self, core: str) -> str:
        """A date in 1900 to 1909 in the same spelling. Day and month are valid in the orders in which they were; what
        is no day of the calendar stays none, and a time that there is not stays none.
        """
        matches = [match for pattern in _DATES if (match := pattern.fullmatch(core))]
        if not matches:
            return self.text(core)
        match = next((match for match in matches if _is_date(match["m"], match["d"])), matches[0])
        width, first, second = len(match["y"]), int(match["m"]), int(match["d"])
        made = _date if _in_calendar(match["y"], first, second) else _no_date
        written = f"{match['y']}-{first}-{second}"
        year, month, day = self._from_range(
            f"date{width}", written, lambda n: made(n, match["m"], match["d"])[4 - width :]
        ).split("-")
        chars, groups = list(core), match.groupdict()
        rest = groups.get("rest") or ""
        if rest:
            chars[match.start("rest") :] = re.sub(r"[1-9]", "0", rest) if _is_time(rest) else re.sub(r"\d", "9", rest)
        for name, part in sorted((("y", year), ("m", month), ("d", day)), key=lambda row: -match.start(row[0])):
            chars[match.start(name) : match.end(name)] = part.zfill(len(match[name]))
        return "".join(chars)

    def ip(self, core: str) -> str:
        """An address of a network for tests; loopback addresses say nothing and stay."""
        host = core.partition("%")[0]
        try:
            address = ipaddress.ip_address(host)
        except ValueError:
            parts = core.split(",")
            if len(parts) > 1:
                return ",".join(self.of(Kind.IP, part) for part in parts)
            return self._from_range("no ipv4", core, _no_ipv4) if _LIKE_IPV4.fullmatch(core) else self.text(core)
        if address.is_loopback or address.is_unspecified:
            return core
        if address.version == 6:
            number = self._number("ipv6", address.exploded)
            return _IPV6 + ":".join(f"{number >> shift & 0xFFFF | 0x1000:x}" for shift in (48, 32, 16, 0))
        return self._from_range("ipv4", str(address), _ipv4)

    def url(self, core: str) -> str:
        """Another URL of the same scheme, with and without a host as it was; what is none is treated as text."""
        scheme, mark, rest = core.partition("://")
        if not mark:
            return self.text(core)
        if not rest:
            return core
        known = _SCHEME.match(core)
        kept = scheme.lower() if known else "redacted"
        host = "" if rest[:1] in ("", "/", "?", "#") else "example.invalid"
        spoilt = (" x" if re.search(r"\s", core) else "") + ("é" if re.search(r"[^!-~\s]", core) else "")
        return f"{'https' if kept == 'http' else kept}://{host}/{self._tag(core)}{spoilt}"

    def agent(self, core: str) -> str:
        """A user agent that tells nothing."""
        return f"Mozilla/5.0 ({self._tag(core)})"

    def text(self, core: str) -> str:
        """Every word becomes a word of the same case, every digit a 1; long numbers stay apart by their last digits."""
        parts, at = [], 0
        if not any(char.isalpha() for char in core):
            return self._digits(core)
        for marker in MARKER.finditer(core):
            parts += [self._words(core[at : marker.start()]), marker[0]]
            at = marker.end()
        return "".join([*parts, self._words(core[at:])])

    def unknown(self, core: str) -> str:
        """Choices, small numbers, codes of up to three letters and instants stay; anything else is text."""
        if core.count(".") == 3 or (core.count(":") > 1 and not _INSTANT.fullmatch(core)):
            return self.ip(core)
        if core.lower() in CHOICES or _NUMBER.fullmatch(core) or _INSTANT.fullmatch(core):
            return core
        if len(core) <= 3 and core.isascii() and core.isalpha() and core.isupper():
            return core
        if NANP.fullmatch(core):
            return self.phone(core)
        if "://" in core:
            return self.url(core)
        if "@" in core:
            return self.email(core)
        return self.ssn(core) if len(core) == 11 else self.text(core)

    def public(self, core: str) -> str:
        """Stays."""
        return core

    def number(self, literal: str) -> str:
        """The placeholder for the digits of a JSON number without a kind of its own: still a number of that size."""
        return self._digits(literal)

    # --- how they are made

    def _words(self, core: str) -> str:
        return _WORDS.sub(lambda match: self._word(match[0]), core)

    def _word(self, word: str) -> str:
        if word.isdigit():
            return self._digits(word)
        fake = "redacted" + self._letters(word.casefold(), max(5, min(len(word) - 8, 24)))
        return fake.upper() if len(word) > 1 and word.isupper() else fake if word[0].islower() else fake.capitalize()

    def _digits(self, text: str) -> str:
        """Ones, which begin no valid phone number; seven digits and more keep four of the hash to stay apart."""
        bare = "".join(str(int(char)) for char in text if char.isdecimal())
        fake = "1" * len(bare)
        if len(bare) >= 7:
            ones = fake[:-4]
            fake = self._from_range("digits", bare, lambda n: f"{ones}{n % 10_000:04}", tries=1)
        digits = iter(fake)
        return "".join(
            (next(digits) if char.isascii() else _OTHER_DIGITS[int(next(digits))]) if char.isdecimal() else char
            for char in text
        )

    def _tag(self, value: str) -> str:
        return "redacted-" + self._letters(value, 8)

    def _letters(self, value: str, length: int) -> str:
        number = self._number("letters", value)
        found = ""
        for _ in range(length):
            number, rest = divmod(number, len(_LETTERS))
            found += _LETTERS[rest]
        return found

    def _number(self, purpose: str, value: str) -> int:
        data = f"{purpose}\0{value}".encode("utf-8", "surrogatepass")
        return int.from_bytes(hashlib.blake2b(data, digest_size=16, key=self._key).digest(), "big")

    def _from_range(self, purpose: str, value: str, make: Callable[[int], str], tries: int = 50) -> str:
        """A placeholder out of a small range: another one for another value while there are any, itself for a
        placeholder.
        """
        known = f"{purpose} {value}"
        if known in self._given:
            return self._given[known]
        if f"{purpose}={value}" in self._issued:
            return value
        number = self._number(purpose, value)
        fake = make(number)
        for step in range(tries):
            fake = make(number + step * 7919)
            if f"{purpose}={fake}" not in self._issued and fake != value:
                break
        if len(self._given) >= _REMEMBERED:
            self._made.clear()
            self._asked += 1  # what is being made may rest on what is forgotten
            oldest = next(iter(self._given))
            self._issued.discard(f"{oldest.partition(' ')[0]}={self._given.pop(oldest)}")
        self._given[known] = fake
        self._issued.add(f"{purpose}={fake}")
        return fake


def _is_date(month: str, day: str) -> bool:
    low, high = sorted((int(month), int(day)))
    return 1 <= low <= 12 and high <= 31


def _in_calendar(year: str, month: int, day: int) -> bool:
    """Is there such a day, whichever of the two is the month?"""
    for first, second in ((month, day), (day, month)):
        try:
            date(int(year) if len(year) == 4 else 2000 + int(year), first, second)
        except ValueError:
            continue
        return True
    return False


def _is_time(rest: str) -> bool:
    """Is what stands behind a date a time of the day (RFC 3339, section 5.6), or not even like one?"""
    try:
        datetime.fromisoformat(f"2000-01-01{rest}")
    except ValueError:
        return False
    return True


def _phone(number: int) -> str:
    number, last = divmod(number, 100)
    number, units = divmod(number, 100)
    area = 200 + 100 * (number % 8) + (units if units != 11 else 12)  # N11 codes are services, not areas
    return f"{area}55501{last:02}"


def _ssn(number: int) -> str:
    number, serial = divmod(number, 9999)
    number, group = divmod(number, 49)
    return f"9{number % 100:02}{group + 1:02}{serial + 1:04}"


def _date(number: int, month: str, day: str) -> str:
    """Year, month and day, each in as many digits as it had; above 12 where it cannot have been the month."""
    number, year = divmod(number, 10)
    number, first = divmod(number, 12)
    return f"190{year}-{_part(first, month)}-{_part(number % 12, day)}"


def _part(number: int, written: str) -> int:
    if int(written) > 12:
        return 13 + number
    return 1 + (number % 9 if len(written) == 1 else number)


def _no_date(number: int, month: str, day: str) -> str:
    return f"190{number % 10}-0-{0 if len(day) == 1 else number // 10 % 80 + 20}"


def _no_ipv4(number: int) -> str:
    return f"999.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


def _ipv4(number: int) -> str:
    return f"198.{18 + (number >> 16) % 2}.{number >> 8 & 255}.{number & 255}"


_MAKERS: dict[Kind, Callable[[Placeholders, str], str]] = {
    Kind.SECRET: Placeholders.secret,
    Kind.EMAIL: Placeholders.email,
    Kind.PHONE: Placeholders.phone,
    Kind.SSN: Placeholders.ssn,
    Kind.CARD: Placeholders.text,
    Kind.ZIP: Placeholders.zip,
    Kind.DATE: Placeholders.date,
    Kind.IP: Placeholders.ip,
    Kind.URL: Placeholders.url,
    Kind.AGENT: Placeholders.agent,
    Kind.TEXT: Placeholders.text,
    Kind.UNKNOWN: Placeholders.unknown,
    Kind.PUBLIC: Placeholders.public,
}
