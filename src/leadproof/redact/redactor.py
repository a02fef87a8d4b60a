"""The one function that every door uses before anything is written, printed, cached or logged: `Redactor`.

It decides, value by value, from the names above it and from its form; how things are found and what stands in for
them is in the modules beside it. Pure: no I/O, no clock, no randomness but the salt.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote, unquote

from leadproof.exchange import Exchange, Headers, Request, Response
from leadproof.findings import Finding, Observation
from leadproof.redact import formats, layers, names, payload, spans
from leadproof.redact.known import Known, password
from leadproof.redact.names import Kind, plain
from leadproof.redact.payload import with_length
from leadproof.redact.spans import Piece
from leadproof.redact.standins import SALT, Standins

#: How many layers of encoding within each other are looked through.
_DEPTH = 4
_NAMED = re.compile(r"\W*(\w{1,60})\W*:")
_LITERAL = re.compile(r'"((?:[^"\\]|\\.)*)"|(?<![\w.])-?\d+(?:\.\d+)?(?![\w.])')


class Redactor:
    """Replaces secrets and personal data by stand-ins; the same value is the same one for the life of a redactor.

    A redacted exchange is judged like the original: types, formats, presence and equality of values are kept.
    Apart from that nothing changes but the `Content-Length` of a body that got longer or shorter.

    Args:
        personal_fields: Names of lead fields (from the posting profile) that hold personal data, beside the usual ones.
        salt: Key of the hash behind the stand-ins. The default gives the same stand-ins in every run; random bytes keep
            somebody who guesses a value from confirming the guess.
        public_fields: Names of lead fields whose values stay, such as those with a closed set of allowed values.
        secrets: Credentials of the run: replaced wherever they are echoed.
        max_body: Bytes of a body that are looked at; what comes after them is dropped.
    """

    def __init__(
        self,
        personal_fields: Collection[str] = (),
        salt: bytes = SALT,
        *,
        public_fields: Collection[str] = (),
        secrets: Collection[str] = (),
        max_body: int = 1 << 20,
    ) -> None:
        self._personal = frozenset(map(plain, personal_fields))
        self._public = frozenset(map(plain, public_fields)) - self._personal
        self._standins = Standins(salt)
        self._known = Known()
        self._max_body = max_body
        self._counts = self._standins.counts
        self._kinds: dict[tuple[tuple[str, ...], bool], Kind | None] = {}
        for secret in secrets:
            self._known.secret(secret)

    @property
    def replaced(self) -> Counter[Kind]:
        """How many values of each kind were replaced so far."""
        return self._standins.counts

    def exchange(self, exchange: Exchange) -> Exchange:
        """The exchange without secrets and personal data."""
        self._counts = self.replaced.copy()
        redacted, late = self._exchange(exchange)
        if late:
            # What was found late may be echoed early: a name in a header before the body that tells it is one.
            self._standins.counts = self._counts.copy()
            redacted, _ = self._exchange(exchange)
        return redacted

    def document(self, text: str, media: str = "") -> str:
        """A document on its own, JSON, XML, form or prose, by what it looks like and by its media type."""
        return self._document(text, media)

    def value(self, name: str, text: str) -> str:
        """A value that stands under a name of its own: a parameter, a cookie, a member of a log, a header."""
        short = plain(name)
        if short in names.PROTOCOL_HEADERS or short in ("cookie", "setcookie"):
            return self._header(name, text)
        return self._parameter(Piece(0, len(text), (name,), text, str), _DEPTH) if text else text

    def target(self, target: str) -> str:
        """A request target, or a URL with its host: ids in the path stay."""
        return self._target(target)

    def text(self, text: str) -> str:
        """A log line, a message, a command: anything that is written or printed outside of an exchange."""
        return self._any(text, _DEPTH)

    def url(self, url: str) -> str:
        """A base URL: userinfo and query lose their secrets, host and port stay."""
        base, mark, query = url.partition("?")
        base = self._scrub(base, ids=True)
        return base + mark + self._form(query)

    def finding(self, finding: Finding) -> Finding:
        """The finding without personal data in its pointer, its values and its message."""
        kind = self._kind_of_pointer(finding.pointer)
        return replace(
            finding,
            message=self._judgement(finding.message, kind),
            expected=self._judgement(finding.expected, kind),
            actual=self._judgement(finding.actual, kind),
            pointer=self._inline(finding.pointer),
            xpath=self._inline(finding.xpath),
            origin=self._inline(finding.origin),
        )

    def observation(self, observation: Observation) -> Observation:
        """The observation without personal data."""
        return replace(
            observation,
            message=self._judgement(observation.message, self._kind_of_pointer(observation.pointer)),
            pointer=self._inline(observation.pointer),
            xpath=self._inline(observation.xpath),
            origin=self._inline(observation.origin),
        )

    def data(self, value: Any) -> Any:
        """Plain data (a report, a JSON document) with every string in it treated as text."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {self.text(key) if isinstance(key, str) else key: self.data(item) for key, item in value.items()}
        return [self.data(item) for item in value] if isinstance(value, list | tuple) else value

    # --- messages

    def _exchange(self, exchange: Exchange) -> tuple[Exchange, bool]:
        """The exchange redacted, and whether something in it was found too late for what had been redacted before."""
        request, response = exchange.request, exchange.response
        # The request's body before what may echo it, and twice where it tells something new.
        version = self._known.version
        body = self._body(request.body, request.headers)
        if self._known.version != version:
            version, self._standins.counts = self._known.version, self._counts.copy()
            body = self._body(request.body, request.headers)
        request_headers = self._headers(request.headers)
        if response is not None:
            answer = self._body(response.body, response.headers, decoded=True)
            response = Response(
                response.status, with_length(self._headers(response.headers), response.body, answer), answer
            )
        headers = with_length(request_headers, request.body, body)
        asked = Request(request.method, self._target(request.target), headers, body)
        redacted = replace(exchange, request=asked, response=response, origin=self._inline(exchange.origin))
        return redacted, self._known.version != version

    def _headers(self, headers: Headers) -> Headers:
        return tuple((self._inline(name), self._header(name, value)) for name, value in headers)

    def _header(self, name: str, value: str) -> str:
        short = plain(name)
        if short in ("cookie", "setcookie"):
            return self._cookies(value)
        if names.is_secret(name):
            return self._secret(value)
        if short in names.PROTOCOL_HEADERS:
            return self._known.without_secrets(value, self._replace)
        if kind := names.personal(name):
            return self._found(kind, value)
        return self._any(value, _DEPTH)

    def _cookies(self, value: str) -> str:
        parts = []
        for part in value.split(";"):
            name, equals, content = part.partition("=")
            keep = name.strip().lower() in names.COOKIE_ATTRIBUTES
            # A part without a name may be the value itself.
            parts.append(part if keep else name + equals + self._secret(content) if equals else self._secret(part))
        return ";".join(parts)

    def _target(self, target: str) -> str:
        path, mark, query = target.partition("?")
        prefix, slashes, path = path.rpartition("://") if "://" in path else ("", "", path)
        cleaned = "/".join(map(self._segment, path.split("/")))
        if slashes:
            cleaned = formats.scrub(f"{prefix}://{cleaned}", self._replace, ids=True)
        return (
            cleaned
            + mark
            + spans.rewritten(query, spans.form_pieces(query), lambda piece: self._parameter(piece, _DEPTH))
        )

    def _segment(self, segment: str) -> str:
        value = unquote(segment)
        cleaned = self._technical(value, _DEPTH)
        return segment if cleaned == value else quote(cleaned, safe="@:!$&'()*+,;=~", errors="replace")

    # --- bodies

    def _body(self, body: bytes, headers: Headers, *, decoded: bool = False) -> bytes:
        return payload.rewrite(body, headers, self._document, self._max_body, decoded=decoded) if body else body

    def _document(self, text: str, media: str) -> str:
        """A body by what it looks like: the Content-Type is the sender's word only."""
        start = text.lstrip("\ufeff \t\r\n")[:1]
        if start == "<":
            return self._markup(text, _DEPTH)
        if start and start in '{["':
            return self._json(text, _DEPTH)
        if media == "application/x-www-form-urlencoded" or re.match(r"[\w.%+-]{1,60}=[^\s]*$", text):
            return self._form(text)
        return self._any(text, _DEPTH)

    def _json(self, text: str, depth: int) -> str:
        try:
            json.loads(text.lstrip("\ufeff"))
            broken = False
        except (ValueError, RecursionError):
            broken = True
        cleaned = spans.rewritten(text, spans.json_pieces(text), lambda piece: self._member(piece, depth))
        return formats.scrub(cleaned, self._replace) if broken else cleaned

    def _markup(self, text: str, depth: int) -> str:
        return spans.rewritten(text, spans.xml_pieces(text), lambda piece: self._member(piece, depth, markup=True))

    def _form(self, text: str) -> str:
        return spans.rewritten(text, spans.form_pieces(text), lambda piece: self._parameter(piece, _DEPTH))

    # --- values by the names above them

    def _member(self, piece: Piece, depth: int, *, markup: bool = False) -> str:
        value, path = piece.value, piece.names
        if piece.role == "name":
            return self._scrub(value, ids=True)
        kind = self._kind(path, markup=markup)
        if piece.role == "number":
            return self._number(path, value, kind)
        if piece.role == "loose":  # what stands in no string: of a broken document
            named = _NAMED.match(value)
            kind = (names.personal(named[1]) if named else None) or kind
            cleaned = self._any(value, depth)
            return cleaned if kind is None or cleaned != value else self._found(kind, value)
        if kind in (Kind.UNKNOWN, Kind.PUBLIC):
            return self._free_field(kind, value, depth)
        if kind is not None:
            return self._found(kind, value)
        short = plain(next((name for name in reversed(path) if name != "*"), "").lstrip("@"))
        if short in names.TECHNICAL:
            return self._technical(value, depth)
        return self._business(value, depth) if short in names.BUSINESS else self._any(value, depth)

    def _kind(self, path: tuple[str, ...], *, markup: bool) -> Kind | None:
        """The kind that the names above a value give it; None if they say nothing."""
        found = self._kinds.get((path, markup), self)
        if isinstance(found, Redactor):  # not asked before
            if len(self._kinds) > 4096 or sum(map(len, path)) > 400:
                self._kinds.clear()
            found = self._kinds[(path, markup)] = self._kind_of(path, markup)
        return found

    def _kind_of(self, path: tuple[str, ...], markup: bool) -> Kind | None:
        below = names.field_names(path, markup)
        if below:
            kinds = [self._field_kind(name) for name in reversed(below)]
            return next((kind for kind in kinds if kind is not Kind.UNKNOWN), Kind.UNKNOWN)
        for name in reversed(path):
            if name != "*":
                bare = name.lstrip("@")
                return Kind.SECRET if names.is_secret(bare) else names.personal(bare)
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
        return self._kind(path, markup=False)

    def _number(self, path: tuple[str, ...], literal: str, kind: Kind | None) -> str:
        """A JSON number stays a JSON number."""
        if kind is None:
            short = plain(next((name for name in reversed(path) if name != "*"), ""))
            found = self._known.kind(literal) if len(literal) >= 7 else None
            if found is None and short not in names.TECHNICAL and formats.scrub(literal, self._replace) != literal:
                found = Kind.PHONE
            if found is None:
                return literal
            kind = found
        if kind is Kind.PUBLIC or (kind is Kind.UNKNOWN and len(literal) < 7):
            return literal
        standin = self._found(Kind.TEXT if kind is Kind.SECRET else kind, literal)
        return standin if re.fullmatch(r"-?[1-9]\d*(\.\d+)?|0", standin) else self._standins.number(literal)

    def _free_field(self, kind: Kind, value: str, depth: int) -> str:
        if kind is Kind.PUBLIC:
            return self._any(value, depth)
        standin = self._standins.of(kind, value)
        if standin != value:
            self._known.remember(kind, value)
            return standin
        return self._inline(value)

    def _parameter(self, piece: Piece, depth: int) -> str:
        if piece.role == "loose":
            return self._any(piece.value, depth)
        name = piece.names[0]
        kind = Kind.SECRET if names.is_secret(name) else names.personal(name)
        short = plain(name)
        if kind is None and short in self._personal:
            kind = Kind.TEXT
        if kind is not None:
            return self._found(kind, piece.value)
        return self._technical(piece.value, depth) if short in names.TECHNICAL else self._any(piece.value, depth)

    def _technical(self, value: str, depth: int) -> str:
        """An id or a state: it stays, unless it is as a whole what a lead's field holds."""
        kind = self._known.kind(value)
        if kind is not None:
            return self._standins.of(kind, value)
        cleaned = self._scrub(value, ids=True)
        if cleaned == value and depth and (value.count("%") or value.count("&")):
            cleaned = layers.peel(value, lambda inner: self._technical(inner, depth - 1))
        return cleaned

    def _business(self, value: str, depth: int) -> str:
        """Text about a company: its own telephone number and address stay, an echo of the lead's does not."""

        def known_only(kind: Kind, found: str) -> str:
            keep = kind in (Kind.PHONE, Kind.EMAIL, Kind.IP) and not self._known.holds(kind, found)
            return found if keep else self._replace(kind, found)

        cleaned = formats.scrub(self._known.without_secrets(value, self._replace), known_only)
        cleaned = self._known.without_values(cleaned, self._replace)
        return layers.peel(cleaned, lambda inner: self._business(inner, depth - 1)) if depth else cleaned

    # --- text

    def _any(self, text: str, depth: int) -> str:
        """Text of any form: a document within a string, an encoded run, prose."""
        if not text:
            return text
        start = text.lstrip()[:1]
        if depth and start == "<" and "</" in text:
            return self._markup(text, depth - 1)
        if depth and start and start in "{[" and layers.is_json(text):
            return self._json(text, depth - 1)
        text = self._scrub(text)
        if depth:
            # Before the known values: half of an encoded address may be a name that is known.
            text = layers.peel(text, lambda inner: self._any(inner, depth - 1))
        return self._known.without_values(text, self._replace)

    def _inline(self, text: str) -> str:
        """Text that is not encoded: a place, an origin, the name of a header."""
        return self._known.without_values(self._scrub(text), self._replace)

    def _scrub(self, text: str, *, ids: bool = False) -> str:
        return formats.scrub(self._known.without_secrets(text, self._replace), self._replace, ids=ids)

    def _judgement(self, text: str, kind: Kind | None) -> str:
        """A message about a value: literals in it are of the value's kind."""
        if kind is not None and kind is not Kind.PUBLIC:
            text = _LITERAL.sub(lambda match: self._literal(match, kind), text)
        return self.text(text)

    def _literal(self, match: re.Match[str], kind: Kind) -> str:
        if match[1] is None:
            return self._number(("",), match[0], kind) if len(match[0]) > 3 else match[0]
        return '"' + json.dumps(self._standins.of(kind, layers.unescape_json(match[1])), ensure_ascii=False)[1:-1] + '"'

    # --- one value

    def _secret(self, value: str) -> str:
        scheme, blank, credentials = value.strip().partition(" ")
        scheme = scheme.lower() if blank else ""
        self._known.secret(credentials if scheme in ("bearer", "basic", "token") else value)
        if scheme == "basic":
            self._known.secret(password(credentials))
        return self._standins.of(Kind.SECRET, value)

    def _found(self, kind: Kind, value: str) -> str:
        if kind is Kind.SECRET:
            return self._secret(value)
        if kind in (Kind.UNKNOWN, Kind.PUBLIC):
            return self._free_field(kind, value, _DEPTH)
        self._known.remember(kind, value)
        return self._standins.of(kind, value)

    def _replace(self, kind: Kind, value: str) -> str:
        """What stands in for a value that was found in text."""
        return self._standins.of(kind, value)
