"""Values that give themselves away by their form, wherever they stand: found in text and handed to a function.

Every search is linear in the length of the text, whatever the text is: it may come from the tested service.
Nothing here knows what stands in for a value.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable

from leadproof.core import lazy, names
from leadproof.core.names import Kind
from leadproof.redact import numbers

#: (kind, value) -> what to write in its place; the value itself leaves it.
Replace = Callable[[Kind, str], str]

_LOCAL_PART = lazy.pattern(r"[\w+-][\w.!#$%'*+^{|}~-]*$")
_DOMAIN = lazy.pattern(r"[\w-]+(?:\.[\w-]+)+")
_LONGEST_LOCAL_PART = 256
_US = r"(?:\([2-9]\d\d\)|[2-9]\d\d)"
_PHONE = lazy.pattern(
    rf"(?<![\w.])(?:\+?1[-. ]?)?{_US}[-. /]{{0,2}}[2-9]\d\d[-. ]?\d{{4}}(?!\w|[-.]\d)"
    r"|(?<!\w)\+(?!1)\d{1,3}(?:[-. ()]{0,2}\d{2,4}){2,5}(?!\w)"
)
#: With separators or a plus sign: where ten digits may well be an id.
SPELLED_PHONE = lazy.pattern(
    rf"(?<![\w.])(?:\+1[-. ]?{_US}[-. ]?[2-9]\d\d[-. ]?\d{{4}}|{_US}[-. /]{{1,2}}[2-9]\d\d[-. ]\d{{4}})(?!\w)"
)
_SSN = lazy.pattern(r"(?<![\w-])\d{3}([- .\u2010-\u2015\u2212])\d{2}\1\d{4}(?![\w-])")
#: Without separators nine digits may be anything, unless a word says what they are.
_NAMED_SSN = lazy.pattern(r"(?i)(\b(?:ssn|social security(?: number| no\.?)?|itin)[\s:=#]{0,3}(?:is\s)?)(\d{9})(?!\w)")
_OCTET = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
_IPV4 = lazy.pattern(rf"(?<![\w.])(?:{_OCTET}\.){{3}}{_OCTET}(?!\w|\.\d)")
_IPV6 = lazy.pattern(r"(?<![\w:.])[0-9A-Fa-f:]{2,39}(?:\d\.\d{1,3}\.\d{1,3}\.\d{1,3})?(?![\w:])")
_JWT = lazy.pattern(r"(?<![\w.-])eyJ[\w-]{2,}\.[\w-]+(?:\.[\w-]*)*")
_BEARER = lazy.pattern(r"\b(bearer|basic)(\s+)([A-Za-z0-9._~+/-]{6,}=*)", re.IGNORECASE)
_USERINFO = lazy.pattern(r"(?<=://)[^\s/@\"'<>?#]{1,256}@")
_NAME = lazy.pattern(r"(?<![\w-])([A-Za-z][\w-]{1,40})(?:\\?[\"']?\s{0,8}[:=]\s{0,8}\\?[\"']?)")
_SECRET_VALUE = lazy.pattern(r"(?:(?:bearer|basic|token|digest)\s+)?[^\s\"'&,;<>\\]+", re.IGNORECASE)
_PARAMETER_NAME = lazy.pattern(r"(?<![\w-])([A-Za-z][\w-]{1,40})=")
_PARAMETER_VALUE = lazy.pattern(r"[^&\s;\"'<>]+")
_COOKIE = lazy.pattern(r"\b((?:set-)?cookie\s*:\s*)([^\r\n\"'<>]+)", re.IGNORECASE)
_QUOTED_MEMBER = lazy.pattern(r"([\"'])(?P<name>[A-Za-z][\w -]{0,60})\1\s{0,8}:\s{0,8}([\"'])(?P<value>[^\"'\\]+)\3")
_ELEMENT = lazy.pattern(r"<(?:\w+:)?(?P<name>[A-Za-z][\w-]{0,60})>(?P<value>[^<]+)(?=</)")

#: How every telephone and card number begins: five digits or more, with what may stand before and between them.
_NUMBER = lazy.pattern(rf"(?<!\w)[+(\uff0b]{{0,2}}\d(?:{numbers.BETWEEN}{{0,3}}\d){{4}}")
#: What every social security number has: nine digits, together or three, two and four of them.
_NINE = lazy.pattern(r"\d{9}(?!\w)|\d[^\w]\d\d[^\w]\d{4}(?!\w)")
#: What any of these values has in it; most texts have none of it.
SUSPECT = lazy.pattern(r"[@:=<\d]|[Bb][Ee][Aa][Rr][Ee][Rr]|[Bb][Aa][Ss][Ii][Cc]|eyJ")


def scrub(
    text: str, replace: Replace, *, ids: bool = False, known: Callable[[str], bool] = lambda digits: False
) -> str:
    """Text with every value that its form or its name gives away replaced.

    Args:
        text: Free text: a message, a header value, a log line.
        replace: Gives the placeholder.
        ids: The text may hold ids: bare digits are then no phone number, four numbers with dots no address.
        known: Are these digits of a telephone number that was found before?
    """
    if SUSPECT.search(text) is None:
        return text
    text = _secrets(text, replace)
    text = _named(text, replace)
    text = _emails(text, replace)
    if _NINE.search(text):
        text = _SSN.sub(lambda match: replace(Kind.SSN, match[0]), text)
        text = _NAMED_SSN.sub(lambda match: match[1] + replace(Kind.SSN, match[2]), text)
    if _NUMBER.search(text):
        text = (SPELLED_PHONE if ids else _PHONE).sub(lambda match: replace(Kind.PHONE, match[0]), text)
    if not ids:
        text = _addresses(text, replace)
    if not _NUMBER.search(text):
        return text
    return numbers.replaced(
        text,
        lambda found: replace(Kind.PHONE, found),
        lambda found: replace(Kind.CARD, found),
        known=known,
        ids=ids,
    )


def _secrets(text: str, replace: Replace) -> str:
    if "://" in text:
        text = _USERINFO.sub(lambda match: replace(Kind.SECRET, match[0][:-1]) + "@", text)
    if "eyJ" in text:
        text = _JWT.sub(lambda match: replace(Kind.SECRET, match[0]), text)
    if ":" in text:
        text = _COOKIE.sub(lambda match: match[1] + replace(Kind.SECRET, match[2]), text)
    if text.isascii() and "bearer" not in (lower := text.lower()) and "basic" not in lower:
        return text
    return _BEARER.sub(
        # "Basic information" is prose: a token has a digit, a capital or punctuation in it.
        lambda match: (
            match[0]
            if match[3].isalpha() and match[3][1:].islower()
            else match[1] + match[2] + replace(Kind.SECRET, match[3])
        ),
        text,
    )


def _named(text: str, replace: Replace) -> str:
    """Values with their name before them: `api-key: …`, `"FirstName": "…"`, `<City>…</City>`, `email=…`."""

    def personal(match: re.Match[str]) -> str:
        kind = names.personal(match["name"])
        if kind is None or _is_word(match["value"]):
            return match[0]
        start, end = (at - match.start() for at in match.span("value"))
        return match[0][:start] + replace(kind, match["value"]) + match[0][end:]

    if ":" in text or "=" in text:
        text = _after(_NAME, _SECRET_VALUE, _secret_kind, text, replace)
    if ":" in text:
        text = _QUOTED_MEMBER.sub(personal, text)
    if "</" in text:
        text = _ELEMENT.sub(personal, text)
    if "=" in text:
        text = _after(_PARAMETER_NAME, _PARAMETER_VALUE, names.personal, text, replace)
    return text


def _after(
    name: re.Pattern[str],
    value: re.Pattern[str],
    kind_of: Callable[[str], Kind | None],
    text: str,
    replace: Replace,
) -> str:
    """The text with the value after each name of a kind replaced.

    Other names take no text with them: in `url=https://host/?email=…` the inner one counts.
    """
    parts, done = [], 0
    for match in name.finditer(text):
        kind = kind_of(match[1]) if match.start() >= done else None
        found = value.match(text, match.end()) if kind else None
        if kind is None or found is None or _is_word(found[0]):
            continue
        if kind is not Kind.SECRET and ("%" in found[0] or "+" in found[0]):
            continue  # in another spelling: its decoded form is looked at by itself
        parts += [text[done : found.start()], replace(kind, found[0])]
        done = found.end()
    return "".join([*parts, text[done:]]) if parts else text


def _secret_kind(name: str) -> Kind | None:
    return Kind.SECRET if names.is_secret(name) and names.plain(name) not in ("cookie", "setcookie") else None


def _is_word(value: str) -> bool:
    """Is the "value" a word of the contract, as in `api-key: missing`?"""
    return value.strip(".!)]").lower() in names.CONTRACT_WORDS


def _emails(text: str, replace: Replace) -> str:
    """Each @ is looked at from both sides: a pattern that starts at the local part would be quadratic."""
    parts, done = [], 0
    at = text.find("@")
    while at >= 0:
        local = _LOCAL_PART.search(text[max(done, at - _LONGEST_LOCAL_PART) : at])
        domain = _DOMAIN.match(text, at + 1)
        start = at - len(local[0]) if local else at
        # After `://` it is the userinfo of a URL, which is replaced as such.
        if domain and start < at and text[max(0, start - 3) : start] != "://":
            end = domain.end()
            parts += [text[done:start], replace(Kind.EMAIL, text[start:end])]
            done = end
        at = text.find("@", max(done, at + 1))
    return "".join([*parts, text[done:]])


def _addresses(text: str, replace: Replace) -> str:
    if text.count(".") >= 3:
        text = _IPV4.sub(lambda match: replace(Kind.IP, match[0]), text)

    def ipv6(match: re.Match[str]) -> str:
        try:
            ipaddress.IPv6Address(match[0])
        except ValueError:
            return match[0]
        return replace(Kind.IP, match[0])

    return _IPV6.sub(ipv6, text) if text.count(":") >= 2 else text
