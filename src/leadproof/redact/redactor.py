"""The one function that every door uses before anything is written, printed, cached or logged: `Redactor`.

Here is what can be handed in: exchanges, findings, texts, data. How values are decided is the business of `cleaner`.
Pure: no I/O, no clock, no randomness but the salt.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import unquote_plus

from leadproof.contract.profile import Profile
from leadproof.core import names
from leadproof.core.exchange import Exchange, Headers, Request, Response
from leadproof.core.findings import Finding, Observation
from leadproof.core.names import Kind, plain
from leadproof.redact import payload, people
from leadproof.redact.cleaner import DEPTH, Cleaner
from leadproof.redact.payload import with_length
from leadproof.redact.placeholders import SALT
from leadproof.redact.spans import Piece

#: Texts about companies that are remembered.
_DECIDED = 10_000


class Redactor(Cleaner):
    """Replaces secrets and personal data by placeholders; the same value is the same one for the life of a redactor.

    A redacted exchange is judged like the original: types, formats, presence and equality of values are kept.
    Apart from that nothing changes but the `Content-Length` of a body that got longer or shorter.

    Args:
        personal_fields: Names of lead fields (from the posting profile) that hold personal data, beside the usual ones.
        salt: Key of the hash behind the placeholders. The default gives the same placeholders in every run; random
        bytes keep
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
        super().__init__(personal_fields, salt, public_fields=public_fields, secrets=secrets)
        self._max_body = max_body
        #: The exchange that was handed in last, and what it became: it is written, and shown beside what was found.
        self._last: tuple[Exchange, Exchange] | None = None
        self._counts = self._placeholders.counts

    @classmethod
    def of(cls, profile: Profile, *secrets: str, salt: bytes = SALT, max_body: int = 1 << 20) -> Redactor:
        """The redactor of a posting profile, which says what is personal, what is not, and what is of a closed set.

        Args:
            profile: The profile.
            secrets: Credentials of the run; empty ones are none.
            salt: As above.
            max_body: As above.
        """
        known = [one for one in secrets if one]
        public = profile.public_fields
        return cls(profile.personal_fields, salt, public_fields=public, secrets=known, max_body=max_body)

    @property
    def replaced(self) -> Counter[Kind]:
        """How many values of each kind were replaced so far."""
        return self._placeholders.counts

    def exchange(self, exchange: Exchange) -> Exchange:
        """The exchange without secrets and personal data; asked for again at once, it costs nothing."""
        if self._last is not None and self._last[0] is exchange:
            return self._last[1]
        self._counts = self.replaced.copy()
        redacted, late = self._exchange(exchange)
        if late:
            # What was found late may be echoed early: a name in a header before the body that tells it is one.
            self._placeholders.counts = self._counts.copy()
            redacted, _ = self._exchange(exchange)
        if len(self._decided) > _DECIDED:
            self._decided.clear()
        self._decided |= self._deciding
        self._deciding.clear()
        self._last = exchange, redacted
        return redacted

    def document(self, text: str, media: str = "") -> str:
        """A document on its own, JSON, XML, form or prose, by what it looks like and by its media type."""
        return self._document(text, media)

    def value(self, name: str, text: str) -> str:
        """A value that stands under a name of its own: a parameter, a cookie, a member of a log, a header."""
        short = plain(name)
        if short in names.PROTOCOL_HEADERS or short in ("cookie", "setcookie"):
            return self._header(name, text)
        return self._parameter(Piece(0, len(text), (name,), text, str), DEPTH) if text else text

    def parameter(self, name: str, text: str) -> str:
        """The value of a parameter of a URL or a form."""
        return self._parameter(Piece(0, len(text), (name,), text, str), DEPTH, link=True) if text else text

    def header(self, name: str, value: str) -> str:
        """The value of a header."""
        return self._header(name, value)

    def target(self, target: str) -> str:
        """A request target, or a URL with its host: ids in the path stay."""
        return self._target(target)

    def text(self, text: str) -> str:
        """A log line, a message, a command: anything that is written or printed outside of an exchange."""
        return self._any(text, DEPTH)

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
        version, looked = self._known.version, self._known.looked
        self._inert_texts.read.clear()
        body = self._body(request.body, request.headers)
        if self._known.version != version:
            version = self._known.version
            if self._known.looked != looked or not self._inert_texts.still_inert(self._known):
                self._placeholders.counts = self._counts.copy()
                body = self._body(request.body, request.headers)
        request_headers = self._headers(request.headers)
        if response is not None:
            response_body = self._body(response.body, response.headers, decoded=True)
            response = Response(
                response.status,
                with_length(self._headers(response.headers), response.body, response_body),
                response_body,
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
            return self._protocol(value, DEPTH, free=short in names.FREE_HEADERS)
        if short in names.LINKS:
            return self._link(value, DEPTH)
        if short in names.TECHNICAL:
            return self._technical(value, DEPTH)
        if (kind := names.hinted(name)) or people.is_name(value):
            return self._found(kind or Kind.TEXT, value)
        return self._any(value, DEPTH)

    def _cookies(self, value: str) -> str:
        parts = []
        for part in value.split(";"):
            name, equals, content = part.partition("=")
            keep = name.strip().lower() in names.COOKIE_ATTRIBUTES
            if not keep and content and (kind := names.hinted(name, in_url=True)):
                self._known.remember(kind, unquote_plus(content))  # it may be echoed in another spelling
            # A part without a name may be the value itself.
            parts.append(part if keep else name + equals + self._secret(content) if equals else self._secret(part))
        return ";".join(parts)

    # --- bodies

    def _body(self, body: bytes, headers: Headers, *, decoded: bool = False) -> bytes:
        return payload.rewrite(body, headers, self._document, self._max_body, decoded=decoded) if body else body
