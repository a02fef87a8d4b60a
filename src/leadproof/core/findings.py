"""What a judgement says: `Finding` (a clause was broken) and `Observation` (no clause decides).

Plain frozen data; no logic but what makes two findings the same one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

#: How an observation begins that is about credentials which were wrong so that one sees what comes of it.
ON_PURPOSE = "wrong credentials, sent on purpose"

#: The kinds of finding, dotted and few, with their meaning in plain words.
KINDS: dict[str, str] = {
    "transport.refused": "No connection could be made.",
    "transport.timeout": "No complete response arrived in time.",
    "transport.reset": "The connection broke before the response was complete.",
    "transport.tls": "The TLS handshake failed.",
    "transport.unverified": "The certificate of the service was not verified.",
    "transport.closed-on-reuse": "A connection closed as it was used again: perhaps the request was never seen.",
    "transport.left-open": "The service left a connection open that it was asked to close.",
    "framing.length": "The body does not have the length that its headers announce.",
    "framing.invalid": "The bytes on the wire are not a valid HTTP message.",
    "framing.conflict": "Headers say two different things about where the body ends.",
    "framing.surplus": "Bytes follow the response that belong to no response.",
    "framing.body": "A status that has no body comes with one, or with its length.",
    "framing.version": "The response is not of HTTP/1.1 or HTTP/1.0.",
    "framing.line-end": "A line of the head does not end in CR and LF.",
    "encoding.invalid": "The body is not what its Content-Encoding says.",
    "encoding.unknown": "The body has a Content-Encoding that nobody asked for.",
    "encoding.undeclared": "The body is compressed more often than its Content-Encoding says.",
    "encoding.too-large": "The body, after decompression, is larger than the cap.",
    "charset.invalid": "The body is not text in the encoding that it declares.",
    "charset.contradiction": "The body, its XML declaration and Content-Type do not agree on an encoding.",
    "charset.mark": "The body begins with a byte order mark, at which some readers stumble.",
    "media.unexpected": "The response's Content-Type is not the one that was asked for.",
    "media.missing": "The message has a body and no Content-Type.",
    "status.unexpected": "The HTTP status does not fit what the documentation shows.",
    "status.invalid": "The HTTP status is no number from 100 to 599.",
    "status.blocked": "A firewall or gateway responded in the service's place.",
    "status.redirect": "The service is somewhere else; no redirect is followed.",
    "status.throttled": "The service asks for fewer requests.",
    "status.unavailable": "The service takes no requests at present, or a gateway does not reach it.",
    "header.missing": "A header that the documentation requires is missing.",
    "header.invalid": "A header has a value that cannot be right.",
    "header.folded": "A header goes on in the next line, which HTTP/1.1 forbids.",
    "header.repeated": "A header that has one value comes twice.",
    "header.too-large": "The headers are more, or larger, than common clients read.",
    "body.malformed": "The body cannot be parsed as the format that it declares.",
    "body.empty": "A body was expected and there is none.",
    "body.unsafe": "The body holds a construct that is refused for safety (DTD, entities, nesting).",
    "body.duplicate-member": "A JSON object names a member twice.",
    "schema.type": "A member has another type than documented.",
    "schema.enum": "A member has a value outside the documented set.",
    "schema.range": "A number is outside the range that its meaning allows.",
    "schema.format": "A string does not have the documented format.",
    "schema.null": "A member is null where a value is documented.",
    "schema.missing": "A documented member is not there.",
    "schema.unknown": "A member is there that the documentation does not show.",
    "schema.cardinality": "There are more or fewer entries than documented.",
    "xml.root": "The document element is not the documented one.",
    "xml.namespace": "An element is in another namespace than documented.",
    "xml.order": "Elements stand in another order than documented.",
    "xml.structure": "Attributes, text or nesting that the documented structure has no place for.",
    "business.contradiction": "Members of one response contradict each other.",
    "business.unexpected": "The outcome is not the one that the request was built for.",
    "sequence.broken": "A response does not fit what earlier exchanges established.",
    "callback.missing": "The call to returnURL did not come.",
    "callback.different": "The call to returnURL says something else than the response.",
    "equivalence.value": "The JSON and the XML response differ in a value.",
    "equivalence.missing": "A member is in one of the two responses only.",
    "client.acceptance": "The client takes an acceptance for a refusal, or does not send what it should.",
    "client.altered": "What arrives is not what was to be sent.",
    "client.callback": "The client does not respond to a callback, or does not act on it.",
    "client.consent": "The text that an offer wants agreed to is not sent with it.",
    "client.crash": "The client crashed.",
    "client.deadline": "The client waits without end.",
    "client.hammering": "The client repeats requests where it should wait or give up.",
    "client.leak": "The key or a lead goes to another origin.",
    "client.repeated": "A lead is sent, or acted on, a second time.",
    "client.credentials": "The request carries no credentials.",
    "client.member": "The request does not follow the documentation.",
    "client.path": "The request goes to a path of another version of the service.",
    "client.privacy": "A request carries personal data where none is meant to be.",
    "client.profile": "The request breaks a rule of the posting profile.",
    "client.refusal": "The sender goes on as if a refusal had been an acceptance.",
    "client.sequence": "The request does not fit what earlier responses established.",
    "file.unreadable": "The file cannot be read as any known format.",
    "file.unrecognised": "An exchange in the file is no documented operation.",
    "file.ambiguous": "An exchange in the file fits several operations.",
    "file.left-out": "Exchanges were left out of judgement, as was asked for.",
    "file.deviation": "The file deviates from its own format; what could be read was judged.",
    "metrics.not-exported": "What a load measured did not reach the collector that it was sent to.",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One breach of one clause at one place."""

    clause: str
    kind: str
    message: str
    #: JSON Pointer (RFC 6901) of the member, in the JSON shape whatever the format was; "" is the whole body.
    pointer: str = ""
    #: XPath of the same place, where the body was XML.
    xpath: str = ""
    #: What the clause asks for, with its type.
    expected: str = ""
    #: What was there, with its type.
    actual: str = ""
    operation: str = ""
    #: "json", "xml" or "".
    media: str = ""
    origin: str = ""

    def same_as(self) -> tuple[str, str, str, str, str, str]:
        """Two findings with the same key are the same one, seen twice: indices do not count."""
        return (self.clause, self.kind, self.operation, self.media, shape(self.pointer), shape_of_type(self.actual))


@dataclass(frozen=True, slots=True)
class Observation:
    """Something worth knowing that no clause decides: reported, never a failure."""

    kind: str
    message: str
    pointer: str = ""
    xpath: str = ""
    operation: str = ""
    media: str = ""
    origin: str = ""
    #: The situation of a client (`specs/situations.yaml`) that it is seen in; "" for none.
    situation: str = ""

    def same_as(self) -> tuple[str, str, str, str]:
        """Two observations with the same key are the same one, seen twice: indices do not count."""
        return (self.kind, self.operation, shape(self.pointer), self.message)


def identity(row: Mapping[str, Any]) -> tuple[str, ...]:
    """`Finding.same_as` of a finding as a report has it."""
    media = str(row.get("media_type") or "").removeprefix("application/")
    names = ("clause", "kind", "operation")
    found = (*(str(row.get(name) or "") for name in names), media)
    return (*found, shape(str(row.get("pointer") or "")), shape_of_type(str(row.get("actual") or "")))


def shape(pointer: str) -> str:
    """A JSON Pointer with array indices replaced: `/results/0/price` becomes `/results/*/price`."""
    if not pointer:
        return ""
    return "/".join(["*" if part.isdigit() else part for part in pointer.split("/")])


def shape_of_type(actual: str) -> str:
    """The type part of an `actual` such as `string "abc"`."""
    return actual.partition(" ")[0]
