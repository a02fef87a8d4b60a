"""What a cell under *Type* or *Format* says: format, mask, length, whether a field takes several values."""

from __future__ import annotations

import re
from typing import NamedTuple

from leadproof.contract.profile.posting.headings import plain

#: Format -> what documents call it, without signs and in small letters.
_FORMATS = {
    "text": "text;string;str;char;varchar;nvarchar;alphanumeric;alpha;free text;freetext;alphanumerical;memo;textarea;"
            "text area;open text;enum;list;select;dropdown;drop down;picklist;option;choice;radio;single select;lookup",
    "integer": "integer;int;whole number;bigint;smallint;long;numeric integer;digits;year;int32;int64;number integer",
    "number": "number;numeric;decimal;float;double;money;currency;amount;percent;percentage;dollar amount;dollars",
    "boolean": "boolean;bool;flag;bit;true false;yes no;y n",
    "date": "date;dob;birthdate;date of birth;birth date",
    "datetime": "datetime;date time;timestamp;date and time;iso 8601;iso8601;utc datetime;datetime utc",
    "email": "email;e mail;email address;e mail address;valid email",
    "phone": "phone;telephone;tel;phone number;telephone number;us phone;us phone number;10 digit phone",
    "zip": "zip;zip code;zipcode;postal code;postcode;us zip;us zip code;5 digit zip",
    "state": "state;us state;state code;two letter state;state abbreviation;2 letter state;us state code",
    "ip": "ip;ip address;ipv4;ipaddress;ip v4",
    "url": "url;uri;link;web address;website",
    "trustedform": "trustedform;trusted form;trustedform cert;trustedform certificate;trustedform url;"
                   "trustedform cert url;trustedform certificate url",
    "jornaya": "jornaya;leadid;leadid token;universal leadid;jornaya leadid;jornaya token;jornaya leadid token",
}  # fmt: skip
_PHRASES = {phrase: name for name, text in _FORMATS.items() for phrase in text.split(";")}
_MULTIPLE = ("multi", "multiselect", "multi select", "multiple", "checkbox list", "checkboxes", "multi choice", "array",
             "list of strings", "multiple choice")  # fmt: skip
#: Words that say no more than that a field takes several values, and with what between.
_PLURAL = re.compile(
    r"\b(?:multi ?select|multi|multiple|choice|checkbox list|checkboxes|array|list of strings|list|separated"
    r"|delimited|by|with|comma|pipe|semi ?colon|s|of|strings?|values?)\b"
)
_DATE_MASK = re.compile(
    r"(?<![A-Za-z])(?:YYYY|YY|MM|M|DD|D)(?:([-/. ]?)(?:YYYY|YY|MM|M|DD|D)){2}"
    r"(?:[T ](?:HH|hh):(?:mm|MM|MI|nn)(?::(?:ss|SS))?(?:\s*(?:AM|tt|a))?Z?)?(?![A-Za-z])", re.IGNORECASE,
)  # fmt: skip
_DIGIT_MASK = re.compile(
    r"(?<![\w#])\+?[(]?[#X9N]{3,5}[)]?[-. ]?[#X9N]{2,4}[-. ]?[#X9N]{4}(?![\w#])|#{2,}(?:[-. ]#+)*", re.I
)


class WrittenForm(NamedTuple):
    """What a cell says of the form of a value."""

    name: str = ""
    mask: str = ""
    max_length: int | None = None
    #: Several values, with what between them ("" where the cell does not say).
    multiple: bool = False
    separator: str = ""
    pattern: str = ""
    #: Words that say something else, or something besides.
    rest: str = ""


def form(text: str) -> WrittenForm:
    """What a cell under *Type* or *Format* says."""
    mask, name, rest = mask_of(text), "", text
    if mask:
        name = "" if "#" in mask else "datetime" if "HH" in mask or "hh" in mask else "date"
        rest = _DIGIT_MASK.sub(" ", _DATE_MASK.sub(" ", text))
    length = _LENGTH.search(rest)
    rest = _LENGTH.sub(" ", rest) if length else rest
    pattern = re.fullmatch(r"\s*(?:regex:?\s*)?(\^.*\$)\s*", text)
    if pattern:
        return WrittenForm(pattern=pattern[1].removeprefix("^").removesuffix("$"))
    words = plain(rest)
    multiple = any(re.search(rf"\b{re.escape(word)}\b", words) for word in _MULTIPLE)
    separator = next((sign for word, sign in _SEPARATORS.items() if word in text.lower()), "") if multiple else ""
    if multiple:
        words = _PLURAL.sub(" ", words).strip()
    known, exact = _format(words)
    name = name or known
    if exact or not words or (multiple and not known):
        rest = ""
    digits = re.fullmatch(r"(\d{1,2}) ?digits?(?: only)?(?: no dashes)?", words)
    if digits:
        return WrittenForm("", "#" * int(digits[1]), None, multiple, separator)
    return WrittenForm(
        name, mask, int(length[1] or length[2]) if length else None, multiple, separator, "", rest.strip(" ()[],;")
    )


_SEPARATORS = {"comma": ",", "pipe": "|", "semicolon": ";", "semi-colon": ";", "|": "|", ";": ";", ",": ","}
_LENGTH = re.compile(
    r"(?:max(?:imum)?\.?\s*(?:length|len)?\s*(?:of|:|=)?\s*|\(\s*|up\s+to\s+|<=\s*)(\d{1,6})(?:\s*(?:chars?|characters)\b)?\s*\)?"
    r"|\b(\d{1,6})\s*(?:chars?|characters)\b",
    re.IGNORECASE,
)


def _format(words: str) -> tuple[str, bool]:
    """The format that words name, and whether they name nothing else; of several the longest phrase counts."""
    if words in _PHRASES:
        return _PHRASES[words], True
    inside = [phrase for phrase in _PHRASES if re.search(rf"\b{phrase}\b", words)]
    return (_PHRASES[max(inside, key=len)], False) if inside else ("", False)


def mask_of(text: str) -> str:
    """The mask that a cell shows: MM/DD/YYYY, or # for each digit; "" if it shows none."""
    if found := _DATE_MASK.search(text):
        return _date_mask(found[0])
    if (digits := _DIGIT_MASK.search(text)) and not re.fullmatch(r"[0-9 .()+-]*", digits[0].replace("9", "")):
        return re.sub(r"[XNxn9]", "#", digits[0])
    if (digits := _DIGIT_MASK.search(text)) and set(re.sub(r"\D", "", digits[0])) == {"9"}:
        return digits[0].replace("9", "#")
    return ""


def _date_mask(text: str) -> str:
    day, blank, clock = text.partition("T") if "T" in text[8:11] else text.partition(" ")
    if not clock:
        return text.upper()
    clock = re.sub(r"(?i)^(h+)", lambda match: "hh" if re.search(r"(?i)am|tt|a$", clock) else "HH", clock)
    clock = re.sub(r":(?:mm|MM|MI|nn)", ":mm", clock)
    clock = re.sub(r":(?:ss|SS)", ":ss", clock)
    return f"{day.upper()}{blank}{re.sub(r'(?i)(?<=[ 0-9ms])(?:tt|a|am)$', 'AM', clock)}"
