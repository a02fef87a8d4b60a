"""Values, decided one by one: by the names above them, by their form, by what is known of the lead.

Where values stand in a text is told by `spans`, what stands in for them by `placeholders`. Messages, findings and
everything else that somebody hands in are the business of `redactor`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from functools import partial
from typing import NamedTuple
from urllib.parse import quote, unquote

from leadproof.core import lazy, names
from leadproof.core.names import Kind, plain
from leadproof.core.operations import OPERATIONS
from leadproof.redact import formats, layers, people, spans
from leadproof.redact.inert import InertTexts
from leadproof.redact.known import Known, password
from leadproof.redact.placeholders import SALT, Placeholders
from leadproof.redact.spans import Piece

#: How many layers of encoding within each other are looked through.
DEPTH = 4
_NAMED = lazy.pattern(r"\W*(\w{1,60})\W*:")
#: An id, a number, a moment, a word.
_TOKEN = lazy.pattern(r"[\w.:+-]{0,80}")
#: An id such as a UUID, parts of which may happen to be a name.
_HEX = lazy.pattern(r"[0-9A-Fa-f-]+")
_URL = lazy.pattern(r"\s*(?:[a-z][\w+.-]*:)?//|\s*/", re.IGNORECASE)
#: What the paths of documented operations are made of.
_ROUTES = frozenset(part for one in OPERATIONS.values() for part in one.path.split("/") if "{" not in part)
_LITERAL = lazy.pattern(r'"((?:[^"\\]|\\.)*)"|(?<![\w.])-?\d+(?:\.\d+)?(?![\w.])')


class _Place(NamedTuple):
    """What the names above a value say of it."""

    #: None if they say nothing.
    kind: Kind | None
    #: The nearest name, in `plain` spelling.
    short: str
    #: Is it a name, and none of a company or a thing?
    of_person: bool


class Cleaner:
    """Replaces values; see `Redactor`, which is what others use."""

    def __init__(
        self,
        personal_fields: Collection[str] = (),
        salt: bytes = SALT,
        *,
        public_fields: Collection[str] = (),
        secrets: Collection[str] = (),
    ) -> None:
        self._personal = frozenset(map(plain, personal_fields))
        self._public = frozenset(map(plain, public_fields)) - self._personal
        self._placeholders = Placeholders(salt)
        self._known = Known()
        #: Texts about companies, and what they became: in exchanges that are done, and in the one at hand.
        self._decided: dict[str, str] = {}
        self._deciding: dict[str, str] = {}
        self._inert_texts = InertTexts()
        self._places: dict[tuple[tuple[str, ...], bool], _Place] = {}
        for secret in secrets:
            self._known.own(secret)

    def _document(self, text: str, media: str) -> str:
        """A body by what it looks like: the Content-Type is the sender's word only."""
        start = text.lstrip("\ufeff \t\r\n")[:1]
        if start == "<":
            return self._markup(text, DEPTH)
        if start and start in '{["':
            return self._json(text, DEPTH)
        if media == "application/x-www-form-urlencoded" or re.match(r"[\w.%+-]{1,60}=[^\s]*$", text):
            return self._form(text)
        return self._any(text, DEPTH)

    def _json(self, text: str, depth: int) -> str:
        try:
            json.loads(text.lstrip("\ufeff"))
            broken = False
        except (ValueError, RecursionError):
            broken = True
        cleaned = spans.rewritten(text, spans.of_json(text), partial(self._member, depth=depth))
        return formats.scrub(cleaned, self._replace) if broken else cleaned

    def _markup(self, text: str, depth: int) -> str:
        return spans.rewritten(text, spans.of_xml(text), partial(self._member, depth=depth, markup=True))

    def _form(self, text: str) -> str:
        return spans.rewritten(text, spans.form_pieces(text), lambda piece: self._parameter(piece, DEPTH, link=True))

    def _target(self, target: str, *, link: bool = False) -> str:
        """A request target, or a URL with its host: what names an operation and ids in the path stay.

        Args:
            target: Its text.
            link: May it lead anywhere? Digits in its path are then no id unless what stands before them says so.
        """
        path, mark, query = target.partition("?")
        prefix, slashes, path = path.rpartition("://") if "://" in path else ("", "", path)
        segments = path.split("/")
        host = self._scrub(f"{prefix}://{segments.pop(0)}", ids=True) if slashes else ""
        rest = "/".join(self._segment(*pair, link=link) for pair in zip(segments, ["", *segments], strict=False))
        return host + ("/" if slashes and segments else "") + rest + mark + (self._form(query) if query else "")

    def _segment(self, segment: str, before: str, *, link: bool) -> str:
        if segment in _ROUTES or not segment:
            return segment
        value = unquote(segment)
        kind = names.personal(unquote(before)) or names.hinted(before, in_url=True)
        if kind is not None and (names.personal(before) or people.name_at(value)):
            cleaned = self._found(kind, value)
        else:
            cleaned = self._technical(value, DEPTH)
            named = before and (before in _ROUTES or plain(before) in names.TECHNICAL)
            if cleaned == value and (any(map(str.isalpha, value)) or (link and not named)):
                cleaned = self._known.without_values(self._scrub(value), self._replace)
            if cleaned == value and people.is_name(bare := re.sub(r"[-_.+]", " ", value)):
                cleaned = re.sub(r"\S+", lambda word: self._found(Kind.TEXT, word[0]), bare).replace(" ", "-")
        return segment if cleaned == value else quote(cleaned, safe="@:!$&'()*+,;=~", errors="replace")

    def _link(self, value: str, depth: int) -> str:
        """What should be a URL."""
        value = self._known.without_secrets(value, self._replace)  # a slash may stand within one
        return self._target(value, link=True) if _URL.match(value) else self._any(value, depth)

    # --- values by the names above them

    def _member(self, piece: Piece, depth: int, *, markup: bool = False) -> str:
        value, path = piece.value, piece.names
        if piece.role == "name":
            return value if self._inert(value) else self._scrub(value, ids=True)
        kind, short, of_person = self._place(path, markup=markup)
        if piece.role == "number":
            return self._number(short, value, kind)
        if piece.role == "loose":  # what stands in no string: of a broken document
            named = _NAMED.match(value)
            kind = (names.personal(named[1]) if named else None) or kind
            cleaned = self._any(value, depth)
            return cleaned if kind is None or cleaned != value else self._found(kind, value)
        if kind in (Kind.UNKNOWN, Kind.PUBLIC):
            return self._free_field(kind, value, depth)
        if kind is not None:
            return self._found(kind, value)
        if short in names.TECHNICAL:
            return self._technical(value, depth)
        if short in names.LINKS:
            return self._link(value, depth)
        if of_person and depth < DEPTH and people.name_at(value):
            return self._found(Kind.TEXT, value)
        return self._business(value, depth) if short in names.BUSINESS else self._any(value, depth)

    def _place(self, path: tuple[str, ...], *, markup: bool) -> _Place:
        """What the names above a value say of it."""
        place = self._places.get((path, markup))
        if place is None:
            if len(self._places) > 4096 or sum(map(len, path)) > 400:
                self._places.clear()
            short = plain(next((name for name in reversed(path) if name != "*"), "").lstrip("@"))
            of_person = short == "name" and names.COMPANIES.isdisjoint(map(plain, path))
            place = self._places[(path, markup)] = _Place(self._kind_of(path, markup), short, of_person)
        return place

    def _kind_of(self, path: tuple[str, ...], markup: bool) -> Kind | None:
        below = names.field_names(path, markup)
        if below:
            kinds = [self._field_kind(name) for name in reversed(below)]
            return next((kind for kind in kinds if kind is not Kind.UNKNOWN), Kind.UNKNOWN)
        for name in reversed(path):
            if name != "*":
                bare = name.lstrip("@")
                found = Kind.SECRET if names.is_secret(bare) else names.personal(bare)
                return found or (Kind.TEXT if names.of_person(path) else None)
        return None

    def _field_kind(self, name: str) -> Kind:
        kind = names.field_kind(name)
        short = plain(name)
        if short in self._personal:
            return Kind.TEXT if kind in (Kind.UNKNOWN, Kind.PUBLIC) else kind
        return Kind.PUBLIC if short in self._public else kind

    def _kind_of_pointer(self, pointer: str) -> Kind | None:
        path = tuple(part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:])
        if pointer.startswith("header:"):
            path = (pointer.partition(":")[2],)
        return self._place(path, markup=False).kind

    def _number(self, short: str, literal: str, kind: Kind | None) -> str:
        """A JSON number stays a JSON number. `short` is the plain name above it."""
        if kind is None:
            found = self._known.kind(literal) if len(literal) >= 7 else None
            if found is None and short not in names.TECHNICAL:
                found = self._kind_by_form(literal)
            if found is None:
                return literal
            kind = found
        if kind is Kind.PUBLIC or (kind is Kind.UNKNOWN and len(literal) < 7):
            return literal
        placeholder = self._found(Kind.TEXT if kind is Kind.SECRET else kind, literal)
        return placeholder if re.fullmatch(r"-?[1-9]\d*(\.\d+)?|0", placeholder) else self._placeholders.number(literal)

    def _kind_by_form(self, literal: str) -> Kind | None:
        """The kind of a number that its digits give away; None for an ordinary one."""
        seen: list[Kind] = []

        def look(kind: Kind, value: str) -> str:
            seen.append(kind)
            return value

        if not self._inert(literal):
            formats.scrub(literal, look, known=self._known.number)
        return seen[0] if seen else None

    def _free_field(self, kind: Kind, value: str, depth: int) -> str:
        if kind is Kind.PUBLIC:
            return self._any(value, depth)
        placeholder = self._placeholders.of(kind, value)
        if placeholder != value:
            self._known.remember(kind, value)
            if len(value) >= 7 and not any(map(str.isalpha, value)) and (form := self._kind_by_form(value)):
                self._known.remember(form, value)  # its digits may be echoed in another spelling
            return placeholder
        return self._inline(value)

    def _parameter(self, piece: Piece, depth: int, *, link: bool = False) -> str:
        if piece.role == "loose":
            return self._any(piece.value, depth)
        name = piece.names[0]
        kind = Kind.SECRET if names.is_secret(name) else names.personal(name)
        short = plain(name)
        if kind is None and short in self._personal:
            kind = Kind.TEXT
        if kind is None and link and short not in self._public:
            kind = names.hinted(name, in_url=True)
        if kind is not None:
            return self._found(kind, piece.value)
        if short in names.LINKS:
            return self._link(piece.value, depth)
        return self._technical(piece.value, depth) if short in names.TECHNICAL else self._any(piece.value, depth)

    def _technical(self, value: str, depth: int) -> str:
        """An id or a state: it stays, unless it is as a whole what a field of the lead holds. Prose does not."""
        if self._inert(value):
            return value
        if depth and not _TOKEN.fullmatch(value):
            return self._any(value, depth)
        kind = self._known.kind(value)
        if kind is not None:
            return self._placeholders.of(kind, value)
        cleaned = self._scrub(value, ids=True)
        if cleaned == value and depth:
            cleaned = layers.peel(value, lambda inner: self._technical(inner, depth - 1))
        return cleaned

    def _protocol(self, value: str, depth: int, *, free: bool) -> str:
        """A header of the protocol: versions, ids and hosts stay.

        Args:
            value: What stands in it.
            depth: How many layers of encoding are looked through.
            free: May it hold words of any kind?
        """
        if self._inert(value):
            return value

        def sure(kind: Kind, found: str) -> str:
            go = kind in (Kind.SECRET, Kind.EMAIL, Kind.PHONE) or (free and self._known.kind(found) is not None)
            return self._replace(kind, found) if go else found

        cleaned = self._known.without_secrets(value, self._replace)
        cleaned = formats.scrub(cleaned, sure, ids=True, known=self._known.number)
        if free and not _HEX.fullmatch(cleaned):
            cleaned = self._known.without_values(cleaned, sure)
        return layers.peel(cleaned, lambda inner: self._protocol(inner, depth - 1, free=free)) if depth else cleaned

    def _business(self, value: str, depth: int) -> str:
        """Text about a company: its own telephone number and address stay, an echo of the lead's does not.

        What was decided about a text stands: a company that is called like a later lead keeps its name, because the
        judge compares what two responses say of one offer.
        """
        if value not in self._decided:
            self._deciding[value] = self._company(value, depth)
            return self._deciding[value]
        return self._known.without_secrets(self._decided[value], self._replace)

    def _company(self, value: str, depth: int) -> str:
        if self._inert(value):
            return value

        def known_only(kind: Kind, found: str) -> str:
            keep = kind in (Kind.PHONE, Kind.EMAIL, Kind.IP) and not self._known.holds(kind, found)
            return found if keep else self._replace(kind, found)

        cleaned = self._known.without_secrets(value, self._replace)
        cleaned = formats.scrub(cleaned, known_only, known=self._known.number)
        cleaned = self._known.without_values(cleaned, self._replace)
        return layers.peel(cleaned, lambda inner: self._company(inner, depth - 1)) if depth else cleaned

    # --- text

    def _any(self, text: str, depth: int) -> str:
        """Text of any form: a document within a string, an encoded run, prose."""
        if not text or self._inert(text):
            return text
        start = text.lstrip()[:1]
        if any(sign in text for sign in "<{["):  # a secret may look like a piece of a document, or be one
            text = self._known.without_secrets(text, self._replace)
        if depth and start == "<" and "</" in text:
            return self._markup(text, depth - 1)
        if depth and start and start in "{[" and layers.is_json(text):
            return self._json(text, depth - 1)
        if depth and (found := layers.document_in(text)):
            begin, end = found
            inner = self._json(text[begin:end], depth - 1)
            return self._any(text[:begin], depth) + inner + self._any(text[end:], depth)
        text = self._scrub(text)
        if depth:
            # Before the known values: half of an encoded address may be a name that is known.
            text = layers.peel(text, lambda inner: self._any(inner, depth - 1))
        return self._known.without_values(text, self._replace)

    def _inline(self, text: str) -> str:
        """Text that is not encoded: a place, an origin, the name of a header."""
        return text if self._inert(text) else self._known.without_values(self._scrub(text), self._replace)

    def _inert(self, text: str) -> bool:
        """Would nothing in a text be replaced or remembered, whichever of the ways to read a text is taken?"""
        return self._inert_texts.inert(text, self._known)

    def _scrub(self, text: str, *, ids: bool = False) -> str:
        text = self._known.without_secrets(text, self._replace)
        text = formats.scrub(text, self._replace, ids=ids, known=self._known.number)
        return text if ids else people.replaced(text, lambda name: self._found(Kind.TEXT, name))

    def _judgement(self, text: str, kind: Kind | None) -> str:
        """A message about a value: literals in it are of the value's kind."""
        if kind is not None and kind is not Kind.PUBLIC:
            text = _LITERAL.sub(lambda match: self._literal(match, kind), text)
        return self._any(text, DEPTH)

    def _literal(self, match: re.Match[str], kind: Kind) -> str:
        if match[1] is None:
            return self._number("", match[0], kind) if len(match[0]) > 3 else match[0]
        return (
            '"'
            + json.dumps(self._placeholders.of(kind, layers.unescape_json(match[1])), ensure_ascii=False)[1:-1]
            + '"'
        )

    # --- one value

    def _secret(self, value: str) -> str:
        scheme, blank, credentials = value.strip().partition(" ")
        scheme = scheme.lower() if blank else ""
        self._known.secret(credentials if scheme in ("bearer", "basic", "token") else value)
        if scheme == "basic":
            self._known.secret(password(credentials))
        self._learn(credentials or value)
        return self._placeholders.of(Kind.SECRET, value)

    def _found(self, kind: Kind, value: str) -> str:
        if kind is Kind.SECRET:
            return self._secret(value)
        if kind in (Kind.UNKNOWN, Kind.PUBLIC):
            return self._free_field(kind, value, DEPTH)
        self._known.remember(kind, value)
        return self._placeholders.of(kind, value)

    def _replace(self, kind: Kind, value: str) -> str:
        """What stands in for a value that was found in text. A secret is looked for elsewhere from now on."""
        if kind is Kind.SECRET:
            for part in value.split(":"):
                self._known.secret(part)
            self._learn(value)
        return self._placeholders.of(kind, value)

    def _learn(self, token: str) -> None:
        """Remember what the payload of a JWT says of a person (RFC 7519): the token goes as a whole, echoes do not."""
        if not token.startswith("eyJ"):
            return
        for claims in filter(layers.is_json, map(layers.decoded, token.split(".")[1:2])):
            before = self._placeholders.counts.copy()
            self._json(claims, 1)
            self._placeholders.counts = before
