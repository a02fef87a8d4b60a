"""Made-up people from eight countries, as their leads and as services write them; and a look at what is left of them.

The look shares no code with `leadproof.redact`: it decodes texts, folds them, and searches for every spelling of every
value.
"""

from __future__ import annotations

import base64
import binascii
import html
import json
import re
import unicodedata
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import unquote_plus


@dataclass(frozen=True)
class Person:
    """A lead, and the ways in which its telephone number is written."""

    first: str
    last: str
    street: str
    city: str
    zip: str
    #: As in the field of a lead, and as people of the country write it.
    phone: str
    spelled: tuple[str, ...]
    email: str
    ip: str
    card: str
    agent: str

    def fields(self) -> dict[str, str]:
        """The fields of a lead."""
        return {
            "FirstName": self.first, "LastName": self.last, "Email": self.email, "Phone": self.phone,
            "Address": self.street, "City": self.city, "Zip": self.zip, "State": "TX", "IPAddress": self.ip,
            "Note": self.card,
        }  # fmt: skip

    def values(self) -> tuple[str, ...]:
        """What must be found nowhere."""
        names = (self.first, self.last, self.street, self.city, self.agent, *self.agent.split())
        return (*names, self.email, self.phone, *self.spelled, self.ip, self.card)


#: Country -> first names, last names, street, city, zip code; a number as it stands in the field, and spellings of it.
COUNTRIES = {
    "US": (
        "Zebulon Ottoline Thaddeus Wilhelmina Cornelius", "Quarrington Featherstone Okonkwo Abernathy Vandermeer",
        "4711 Thistledown Crescent", "Wolverhollow", "75001", "415867####",
        ("(415) 867-####", "+1 415.867.####", "415\u2013867\u2013####"),
    ),
    "GB": (
        "Siobhán Alasdair Gwendolyn Peregrine Rhiannon", "O'Shaughnessy Featherby Llewellyn Cholmondeley Thistlewood",
        "17 Buttermere Gardens", "Wolverhampton", "WV1 1AA", "+44207946####",
        ("020 7946 ####", "+44 (0)20 7946 ####", "0207946####"),
    ),
    "DE": (
        "Jürgen Annegret Björn Käthe Wolfgang", "Müller-Lüdenscheidt Größmann Schäuffele Weißgerber Höchstetter",
        "Königsträßchen 12", "Regensbürg", "93047", "+49309018####",
        ("030 9018 ####", "+49 (0)30 9018-####", "(030) 9018 ####"),
    ),
    "FR": (
        "Geneviève Étienne Clémence Théophile Maëlys", "Beauséjour Desrosières Lefèvre-Dubois Châtelain Garçonnet",
        "8 rue des Églantiers", "Rocamadourette", "75011", "+3361234####",
        ("06 12 34 ## ##", "+33 6 12 34 ## ##", "06.12.34.##.##"),
    ),
    "MX": (
        "Guadalupe Xóchitl Joaquín Itzel Ximena", "Villaseñor Ibáñez Zambrano Quiñones Covarrubias",
        "Calle Jacarandas 45", "Tlaquepaquito", "45500", "+52551234####",
        ("55 1234 ####", "+52 55 1234 ####", "(55) 1234-####"),
    ),
    "RU": (
        "Святослав Людмила Вячеслав Екатерина Ярослав", "Преображенский Воскресенская Кузнечиков Подгорнова Ломоносцев",
        "улица Тополиная 14", "Верхнекаменск", "101000", "+7495123####",
        ("8 495 123 ## ##", "+7 (495) 123-##-##", "8-495-123-##-##"),
    ),
    "CN": (
        "小明 建国 淑芬 志强 美玲", "欧阳 司马 诸葛 上官 皇甫",
        "朝阳区建国路八十八号", "哈尔滨", "100022", "+861381234####",
        ("138 1234 ####", "+86 138 1234 ####", "138-1234-####"),
    ),
    "IN": (
        "Lakshminarayan Anasuyadevi Vijayalakshmi Raghunandan Padmavathi",
        "Chattopadhyaya Venkataraman Subramaniam Krishnamurthy Bhattacharjee",
        "22 Gulmohar Layout", "Thiruvanantham", "695001", "+91912345####",
        ("91234 5####", "+91 91234 5####", "0912345####"),
    ),
}  # fmt: skip


def people(number: int) -> list[Person]:
    """So many people, of all countries in turn; each another one."""
    return [_person(*list(COUNTRIES.items())[index % len(COUNTRIES)], index) for index in range(number)]


def _person(country: str, row: tuple[str, str, str, str, str, str, tuple[str, ...]], index: int) -> Person:
    firsts, lasts, street, city, code, phone, spellings = row
    count = index // len(COUNTRIES)
    number = f"{1200 + 37 * count}"
    agent = f"{firsts.split()[(count + 2) % 5]} {lasts.split()[(count + 3) % 5]}"
    return Person(
        firsts.split()[count % 5], lasts.split()[count // 5 % 5], street, city, code, _filled(phone, number),
        tuple(_filled(one, number) for one in spellings),
        f"contact{index}.{country.lower()}@mailbox{index % 7}.example", f"203.0.113.{index % 200 + 20}",
        _card(index), agent,
    )  # fmt: skip


def _filled(pattern: str, number: str) -> str:
    """A pattern with the digits of a number in place of its signs."""
    digits = iter(number)
    return re.sub("#", lambda _: next(digits), pattern)


def _card(index: int) -> str:
    """A card number with a right check digit."""
    bare = f"4929{index:011}"
    total = sum(sum(divmod(int(digit) * (2 - at % 2), 10)) for at, digit in enumerate(reversed(bare)))
    return f"{bare}{-total % 10}"


# ---- the look --------------------------------------------------------------------------------------------------------


def left(texts: Iterable[bytes], of: Iterable[Person]) -> set[str]:
    """What of these people can be read in what was written, and what has the form of such values."""
    values = {spelling for person in of for value in person.values() for spelling in _folded(value)}
    digits = (re.sub(r"\D", "", value).lstrip("0") for value in values if value[-1].isdigit())
    numbers = {number for number in digits if len(number) >= 8}
    words = {value for value in values if not (re.sub(r"\W", "", value).isdigit())}
    found: set[str] = set()
    for text in texts:
        for layer in _layers(text.decode("utf-8", "replace")):
            plain = _fold(layer)
            tokens = set(re.findall(r"\w+", plain))
            found |= {word for word in words if (_first(word) in tokens or word[0] > "\u3000") and _stands(word, plain)}
            found |= {run for run in set(_runs(plain)) if _within(run) & numbers}
            found |= set(_FORMS.findall(plain))
    return found


def _folded(value: str) -> set[str]:
    bare = "".join(char for char in unicodedata.normalize("NFD", _fold(value)) if char.isascii()).strip()
    return {_fold(value), bare} if len(bare) == len(value) else {_fold(value)}


def _first(value: str) -> str:
    return next(iter(re.findall(r"\w+", value)), "")


def _fold(text: str) -> str:
    return unicodedata.normalize("NFC", text).casefold()


def _stands(word: str, text: str) -> bool:
    at = text.find(word)
    while at >= 0:
        before, after = text[at - 1 : at], text[at + len(word) : at + len(word) + 1]
        if word[0] > "\u3000" or not (before.isalnum() or after.isalnum()):
            return True
        at = text.find(word, at + 1)
    return False


def _within(run: str) -> set[str]:
    """The numbers that may stand within a run of digits."""
    return {run[at : at + length] for length in range(8, 17) for at in range(len(run) - length + 1)}


def _runs(text: str) -> Iterator[str]:
    for run in re.finditer(r"\+?\d[\d\s().\u2010-\u2015/-]{7,30}", text):
        yield re.sub(r"\D", "", run[0])


#: The addresses, networks and cards that these people have, and nobody else.
_FORMS = re.compile(r"[\w.+-]{2,40}@mailbox\d\.example|(?<![\w.])203\.0\.113\.\d{1,3}(?![\w.])|(?<!\d)4929\d{12}")


def _layers(text: str) -> Iterator[str]:
    """A text, and what is encoded in it, three layers deep."""
    waiting = [(text, 0)]
    while waiting:
        layer, depth = waiting.pop()
        yield layer
        if depth < 3:
            plain = unquote_plus(html.unescape(_unescaped(layer)))
            waiting += [(one, depth + 1) for one in (plain, *_base64(layer)) if one != layer]


def _unescaped(text: str) -> str:
    whole = re.sub(r"\\u([0-9a-fA-F]{4})", lambda code: chr(int(code[1], 16)), text)
    return whole.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace('\\"', '"')


def _base64(text: str) -> Iterator[str]:
    """Everything in a text that base64 may hold, packed or not, as one text."""
    parts = []
    for run in set(re.findall(r"[A-Za-z0-9+/_-]{16,}={0,2}", text)):
        padded = run.rstrip("=").replace("-", "+").replace("_", "/")
        try:
            content = base64.b64decode(padded + "=" * (-len(padded) % 4))
            content = zlib.decompress(content, 47) if content[:2] == b"\x1f\x8b" else content
            parts.append(content.decode())
        except (binascii.Error, ValueError, zlib.error):
            continue
    if parts:
        yield "\n".join(parts)


def prose(person: Person) -> str:
    """What a service says of a lead in words."""
    first, second, third = person.spelled
    return (
        f"Thank you {person.first}, we will call {first} or {second}. Dear {person.first} {person.last}, your agent"
        f" reads mail from {person.email}. Agent: {person.agent}, tel: {third}; card {person.card}; from {person.ip}."
    )


def token(person: Person) -> str:
    """A JWT about a lead."""
    claims = {"name": f"{person.first} {person.last}", "email": person.email, "phone_number": person.phone}
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"eyJhbGciOiJub25lIn0.{payload}.c2lnbmF0dXJl"
