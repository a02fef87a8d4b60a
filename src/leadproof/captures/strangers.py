"""Files that are no captures and are often taken for one: what each is, and which command would fit."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from leadproof.captures.shapes import root_name, top_names


class Stranger(NamedTuple):
    """A kind of file that is not read."""

    what: str
    #: Is it one? Asked of the beginning, the names of its members, and the name of its root.
    sign: Callable[[bytes, frozenset[str], str], bool]
    hint: str
    #: May a service have sent it as a body?
    body: bool = False


def _begins(pattern: str) -> Callable[[bytes, frozenset[str], str], bool]:
    compiled = re.compile(pattern.encode("latin-1"), re.DOTALL)
    return lambda head, names, root: compiled.match(head) is not None


def _has(*wanted: str) -> Callable[[bytes, frozenset[str], str], bool]:
    return lambda head, names, root: names >= frozenset(wanted)


def _root(*wanted: str) -> Callable[[bytes, frozenset[str], str], bool]:
    return lambda head, names, root: root.lower() in wanted


_ALONE = "save the body alone, from its first { or < to its last } or >"
_NEWMAN = "newman run FILE --reporters json writes what happened, and validate reads that"
_AS_HAR = "export it as HAR"

#: The first that fits is named.
STRANGERS: tuple[Stranger, ...] = (
    Stranger(
        "captured packets (pcap)",
        _begins(r"\xd4\xc3\xb2\xa1|\xa1\xb2\xc3\xd4|\x4d\x3c\xb2\xa1|\xa1\xb2\x3c\x4d|\x0a\x0d\x0d\x0a"),
        "tshark prints it so that it is read: the line is in docs/captures.md",
    ),
    Stranger("a SQLite database", _begins(r"SQLite format 3"), _AS_HAR),
    Stranger("a PDF document", _begins(r"%PDF-"), _ALONE),
    Stranger(
        "the output of wget",
        _begins(r".{0,400}?(?:--\d{4}-\d\d-\d\d \d\d:\d\d:\d\d--|HTTP request sent, awaiting response)"),
        "curl -si prints head and body one after the other, and validate reads that",
    ),
    Stranger("a mail", _begins(r"(?:[A-Za-z-]+: [^\n]*\n[ \t]*)*?(?:From|Subject|Received|Message-I[Dd]): "), _ALONE),
    Stranger("an HTML page", _root("html"), "was it the error page of something in front of the service?", True),
    Stranger("a SOAP message", _root("envelope"), "the API has no SOAP", True),
    Stranger("a session of Charles", _root("charles-session"), _AS_HAR),
    Stranger(
        "a session of Charles",
        lambda head, names, root: head[:1] == b"[" and b'"protocolVersion"' in head and b'"scheme"' in head,
        _AS_HAR,
    ),
    Stranger("a Postman collection: requests, and not what came of them", _has("info", "item"), _NEWMAN),
    Stranger("a run exported from Postman, which has no bodies", _has("results", "totalPass"), _NEWMAN),
    Stranger("an OpenAPI document", _has("openapi"), "leadproof diff compares specifications"),
    Stranger("an OpenAPI document", _has("swagger"), "leadproof diff compares specifications"),
    Stranger("an OpenAPI document", _begins(r"(?:#[^\n]*\n)*(?:openapi|swagger): "), "leadproof diff compares them"),
    Stranger("a report of leadproof", _has("schema", "verdict", "findings"), "leadproof report RUN shows it"),
    Stranger(
        "a stub with its body as a value, which is not what a service sent",
        lambda head, names, root: b'"jsonBody"' in head,
        "validate reads the mappings that WireMock records",
    ),
    Stranger("YAML, and no cassette of VCR", _begins(r"(?:---[^\n]*\n)?(?:#[^\n]*\n)*[\w\"'-]+:(?: |\r?\n)"), _ALONE),
)


def stranger(head: bytes) -> Stranger | None:
    """What a file is that is no capture, by its beginning; None where nobody knows."""
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n") or head
    names, root = frozenset(top_names(text)), root_name(text)
    return next((row for row in STRANGERS if row.sign(head, names, root) or row.sign(text, names, root)), None)
