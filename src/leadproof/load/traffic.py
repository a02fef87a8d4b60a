"""Requests made ahead: the bytes of every request of a run, but for the few places where leads differ.

For each operation and format a few hundred leads are made from the posting profile and encoded by the one codec, with
holes where their identity, their order and their ids stand. On the hot path a request is filled in and joined, which
takes microseconds; leads stay unique by construction, because an identity is made of the lead's number.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from xml.sax.saxutils import escape as xml_escape

import msgspec

from leadproof import bodies
from leadproof.contract.profile import Field
from leadproof.contract.specs import Specification
from leadproof.core.exchange import MEDIA_TYPES, Headers
from leadproof.core.operations import OPERATIONS
from leadproof.generate.identities import Identity, made, marked, marks_needed
from leadproof.generate.leads import LeadMaker

#: Different leads of one operation and format before the first one's fields (not its identity) come again.
VARIANTS = 64

#: A whole number that no lead has, where the lead's id goes into an update.
_LEAD_UID = 987_654_321_987
_HOLE = re.compile(rb"zqhole([a-z]+)qz|(987654321987)")


class Form(NamedTuple):
    """Bytes with holes: text, name of a hole, text, name, …, text."""

    pieces: tuple[bytes, ...]
    holes: tuple[str, ...]

    @classmethod
    def of(cls, data: bytes) -> Form:
        """The form of encoded bytes with the marks of holes in them."""
        pieces, holes, at = [], [], 0
        for found in _HOLE.finditer(data):
            pieces.append(data[at : found.start()])
            holes.append(found[1].decode() if found[1] else "lead")
            at = found.end()
        return cls((*pieces, data[at:]), tuple(holes))

    def fill(self, values: dict[str, bytes]) -> bytes:
        """The bytes with every hole filled."""
        if not self.holes:
            return self.pieces[0]
        parts = [self.pieces[0]]
        for name, piece in zip(self.holes, self.pieces[1:], strict=True):
            parts.append(values[name])
            parts.append(piece)
        return b"".join(parts)


class Made(NamedTuple):
    """A request of one lead, cut up: several leads go between head and tail."""

    head: Form
    lead: Form
    between: bytes
    tail: bytes
    #: Hole -> how its text comes from a lead's identity.
    identity: tuple[tuple[str, Callable[[Identity], str]], ...]


class PreparedLead(msgspec.Struct, frozen=True, gc=False):
    """One lead of a request, with what earlier responses said about it."""

    number: int
    order: str = ""
    offers: tuple[str, ...] = ()
    #: The id under which the service knows it.
    uid: int = 0


@dataclass(slots=True)
class Traffic:
    """Makes the bytes of requests to one target."""

    maker: LeadMaker
    spec: Specification
    #: Value of the Host header.
    host: str
    credentials: Headers = ()
    #: Path before /v2, without a slash at its end.
    prefix: str = ""
    agent: str = "leadproof"
    _made: dict[tuple[str, str, int, bool, bool, bool], Made] = field(default_factory=dict)
    #: Requests without holes, whole.
    _whole: dict[tuple[str, str, int, bool, bool], bytes] = field(default_factory=dict)
    _heads: dict[tuple[str, str], bytes] = field(default_factory=dict)
    _frames: dict[tuple[str, str, bool], tuple[bytes, bytes, bytes]] = field(default_factory=dict)

    def prepare(
        self,
        operations: Iterable[tuple[str, str]],
        *,
        refused: bool = False,
        pause: Callable[[], object] = lambda: None,
    ) -> None:
        """Makes ahead what a run will send, so that it costs nothing while it runs.

        Args:
            operations: Operations and formats.
            refused: Leads that are ruled out, too.
            pause: Called now and then, so that a process with other duties can see to them.
        """
        for operation, fmt in operations:
            for variant in range(VARIANTS):
                self._form(operation, fmt, variant, refused=False, order=operation == "inbound_post")
                if refused and operation != "update_lead":
                    self._form(operation, fmt, variant, refused=True)
                pause()

    def request(
        self, operation: str, fmt: str, leads: Sequence[PreparedLead], *, refused: bool = False, return_url: str = ""
    ) -> bytes:
        """The bytes of a request with a body, head included.

        Args:
            operation: An operation with a body.
            fmt: Format of the body and of the response.
            leads: Who is in it.
            refused: Leads that the posting profile rules out.
            return_url: Where to report the result; "" for nowhere.
        """
        if len(leads) == 1 and not return_url:
            known = self._whole.get((operation, fmt, leads[0].number % VARIANTS, refused, bool(leads[0].order)))
            if known is not None:
                return known
        parts: list[bytes] = []
        form = None
        for lead in leads:
            form = self._form(
                operation, fmt, lead.number % VARIANTS, refused=refused, order=bool(lead.order), back=bool(return_url)
            )
            if not form.lead.holes:
                parts.append(form.lead.pieces[0])
                continue
            identity = Identity(lead.number, self.maker.nonce, self.maker.seed)
            values = {name: _escaped(make(identity), fmt) for name, make in form.identity}
            if lead.order:
                values["order"] = _escaped(lead.order, fmt)
                values["offers"] = _list(lead.offers, fmt)
            values["lead"] = b"%d" % lead.uid
            parts.append(form.lead.fill(values))
        assert form is not None, "a request has leads"
        head = form.head.fill({"back": _escaped(return_url, fmt)}) if return_url else form.head.pieces[0]
        body = b"".join((head, form.between.join(parts), form.tail))
        whole = self._head(operation, fmt) % len(body) + body
        if len(leads) == 1 and not form.lead.holes and not return_url:  # a ping says nothing that is one lead's own
            self._whole[(operation, fmt, leads[0].number % VARIANTS, refused, bool(leads[0].order))] = whole
        return whole

    def bare(self, operation: str, **parameters: object) -> bytes:
        """The bytes of a request without a body."""
        row = OPERATIONS[operation]
        path = row.path.format_map({name: str(value) for name, value in parameters.items()})
        lines = [
            f"{row.method} {self.prefix}{path} HTTP/1.1",
            f"host: {self.host}",
            f"accept: {MEDIA_TYPES['json'][0]}",
        ]
        if row.method != "GET":
            lines.append("content-length: 0")
        return self._lines(lines)

    def _head(self, operation: str, fmt: str) -> bytes:
        key = (operation, fmt)
        if key not in self._heads:
            row, media = OPERATIONS[operation], MEDIA_TYPES[fmt][0]
            lines = [
                f"{row.method} {self.prefix}{row.path} HTTP/1.1", f"host: {self.host}", f"content-type: {media}",
                f"accept: {media}",
            ]  # fmt: skip
            escaped = self._lines(lines).replace(b"%", b"%%")
            self._heads[key] = escaped[:-2] + b"content-length: %d\r\n\r\n"
        return self._heads[key]

    def _lines(self, lines: list[str]) -> bytes:
        lines = [*lines, f"user-agent: {self.agent}", *(f"{name}: {value}" for name, value in self.credentials)]
        return "\r\n".join([*lines, "", ""]).encode("latin-1")

    # ---- forms -------------------------------------------------------------------------------------------------------

    def _form(
        self, operation: str, fmt: str, variant: int, *, refused: bool = False, order: bool = False, back: bool = False
    ) -> Made:
        key = (operation, fmt, variant, refused, order, back)
        found = self._made.get(key)
        if found is None:
            found = self._made[key] = self._make(operation, fmt, variant, refused=refused, order=order, back=back)
        return found

    def _make(self, operation: str, fmt: str, variant: int, *, refused: bool, order: bool, back: bool) -> Made:
        maker = self.maker
        value, _ = maker.request(operation, (variant,), refused=refused)
        lead = value["leads"][0]
        if operation == "ping":  # a ping says of a lead what its post will say
            whole = maker.fields(variant)
            if not refused:
                lead["fields"] = {name: whole.get(name, text) for name, text in lead["fields"].items()}
        identity = self._identify(lead, variant, refused=refused)
        properties = lead["properties"]
        if "reference" in properties:
            properties["reference"] = "zqholereferenceqz"
            identity.append(("reference", lambda who: f"{maker.reference}-{maker.nonce:x}-{who.number}"))
        if operation == "update_lead":
            properties["leadUID"] = _LEAD_UID
        if order:
            properties |= {"orderId": "zqholeorderqz", "offerIds": ["zqholeoffersqz"]}
            lead["fields"] |= maker.consent(maker.chosen().offers)
        if back:
            value["source"]["returnURL"] = "zqholebackqz"
        return self._cut(operation, fmt, value, tuple(identity))

    def _identify(
        self, lead: dict[str, Any], variant: int, *, refused: bool
    ) -> list[tuple[str, Callable[[Identity], str]]]:
        """Puts holes where a lead's identity stands."""
        maker, kind = self.maker, self.maker.lead_type()
        marks = marks_needed(kind, maker.profile.campaigns)
        before = Identity(variant, maker.nonce, maker.seed)
        found: list[tuple[str, Callable[[Identity], str]]] = []
        for one in kind.fields:
            text = lead["fields"].get(one.name)
            if not text or (refused and text != maker.fields(variant).get(one.name)):
                continue  # what rules the lead out stays as it is
            name = _letters(len(found))
            if made(one, before) == text:
                found.append((name, _maker(one)))
            elif one.name in marks:
                alone = marks[one.name]
                found.append((name, _marker(one, text.removesuffix(before.mark(alone=alone)), alone=alone)))
            else:
                continue
            lead["fields"][one.name] = f"zqhole{name}qz"
        return found

    def _cut(
        self,
        operation: str,
        fmt: str,
        value: dict[str, Any],
        identity: tuple[tuple[str, Callable[[Identity], str]], ...],
    ) -> Made:
        one = bodies.encode_request(operation, fmt, value, self.spec)
        back = "returnURL" in value["source"]
        frame = self._frames.get((operation, fmt, back))
        if frame is None:
            two = bodies.encode_request(operation, fmt, value | {"leads": value["leads"] * 2}, self.spec)
            none = bodies.encode_request(operation, fmt, value | {"leads": []}, self.spec)
            tail = b"]}" if fmt == "json" else b"</Leads>"
            assert none.endswith(tail), "an empty request ends like a full one"
            head = none[: -len(tail)]
            lead = len(one) - len(none)
            between = two[len(head) + lead : -len(tail) - lead]
            frame = self._frames[(operation, fmt, back)] = (head, between, tail)
        head, between, tail = frame
        return Made(Form.of(head), Form.of(one[len(head) : -len(tail)]), between, tail, identity)


def _maker(one: Field) -> Callable[[Identity], str]:
    return lambda who: made(one, who)


def _marker(one: Field, text: str, *, alone: bool) -> Callable[[Identity], str]:
    return lambda who: marked(one, text, who.mark(alone=alone))


def _letters(number: int) -> str:
    return "f" + "".join(chr(ord("a") + int(digit)) for digit in str(number))


def _escaped(text: str, fmt: str) -> bytes:
    """Text as it stands between quotation marks or tags."""
    if text.isalnum() and text.isascii():
        return text.encode()
    return msgspec.json.encode(text)[1:-1] if fmt == "json" else xml_escape(text, {'"': "&quot;"}).encode()


def _list(texts: Sequence[str], fmt: str) -> bytes:
    return (b'","' if fmt == "json" else b"|").join(_escaped(one, fmt) for one in texts)
