"""What the bytes of a response have to be: `WIRE_RULES`, each with the kind of finding and the place in the standards.

The probe and the readers of captured text name the rules that are broken (`http.octets`); `wire_faults` breaks them.
"""

from __future__ import annotations

from typing import NamedTuple


class WireRule(NamedTuple):
    """One thing that the bytes of a response have to be."""

    #: The kind of finding; a key of `findings.KINDS`.
    kind: str
    #: What is said where it is broken.
    message: str
    #: What it asks for, and where that is written.
    expected: str
    #: Does the text of a captured message still show it?
    captured: bool = False
    #: Allowed, and yet worth knowing: an observation, no finding.
    observed: bool = False


WIRE_RULES: dict[str, WireRule] = {
    # the first line
    "not-http": WireRule("framing.invalid", "what came is no HTTP message", "a status line (RFC 9112, section 4)"),
    "version": WireRule(
        "framing.version", "the response is not of HTTP/1.1", "HTTP/1.1 or HTTP/1.0 (RFC 9112, section 2.3)"
    ),
    "status-line": WireRule(
        "framing.invalid", "the status line is malformed", "version, status and reason (RFC 9112, section 4)"
    ),
    "status-code": WireRule(
        "status.invalid", "the status is no HTTP status", "a number from 100 to 599 (RFC 9110, section 15)"
    ),
    # headers
    "head-unfinished": WireRule("transport.reset", "the response ends within its headers", "a whole response"),
    "line-end": WireRule(
        "framing.line-end", "a line ends in a lone CR or LF", "CR and LF at the end of a line (RFC 9112, section 2.2)"
    ),
    "header-name": WireRule(
        "header.invalid", "a header has no valid name", "a name, then a colon (RFC 9112, section 5.1)"
    ),
    "header-value": WireRule(
        "header.invalid", "a header has a control character", "visible characters (RFC 9110, section 5.5)"
    ),
    "header-folded": WireRule(
        "header.folded", "a header goes on in the next line", "one line for a header (RFC 9112, section 5.2)", True
    ),
    "header-repeated": WireRule(
        "header.repeated", "a header with one value comes twice", "the header once (RFC 9110, section 5.3)", True
    ),
    "headers-large": WireRule(
        "header.too-large", "common clients refuse so many or so large headers",
        "at most 100 headers and 16 KiB; RFC 9110, section 5.4, sets no limit", True, True,
    ),
    "content-type": WireRule(
        "header.invalid", "Content-Type is no media type", "type/subtype; name=value (RFC 9110, section 8.3.1)", True
    ),
    "date": WireRule(
        "header.invalid", "Date is no HTTP date",
        "a date such as Sun, 06 Nov 1994 08:49:37 GMT (RFC 9110, section 5.6.7)",
    ),
    # where the body ends
    "length-invalid": WireRule(
        "framing.invalid", "Content-Length is no number", "decimal digits (RFC 9110, section 8.6)", True
    ),
    "length-conflict": WireRule(
        "framing.conflict", "two lengths are announced", "one Content-Length (RFC 9112, section 6.3)", True
    ),
    "length-beyond": WireRule(
        "framing.length", "more is announced than any body has", "the body's own length (RFC 9110, section 8.6)", True
    ),
    "body-forbidden": WireRule(
        "framing.body", "a body comes with a status that has none", "no body (RFC 9110, section 6.4.1)", True
    ),
    "length-forbidden": WireRule(
        "framing.body", "Content-Length comes with status 204", "no Content-Length (RFC 9110, section 8.6)", True
    ),
    "length": WireRule(
        "framing.length", "the body does not have the announced length", "as many bytes (RFC 9112, section 6.3)"
    ),
    "both-framings": WireRule(
        "framing.conflict", "the response has both Content-Length and Transfer-Encoding",
        "one of them (RFC 9112, section 6.2)", True,
    ),
    "transfer-coding": WireRule(
        "framing.invalid", "the response has a transfer coding that nobody asked for", "chunked (RFC 9112, section 7)",
        True,
    ),
    "transfer-repeated": WireRule(
        "framing.invalid", "the body is said to be chunked twice", "chunked once (RFC 9112, section 6.1)", True
    ),
    "transfer-forbidden": WireRule(
        "framing.invalid", "Transfer-Encoding comes with status 204 or HTTP/1.0", "none (RFC 9112, section 6.1)", True
    ),
    "chunk": WireRule(
        "framing.invalid", "a chunk is malformed", "size in hexadecimal digits, data, CR LF (RFC 9112, section 7.1)"
    ),
    "chunks-unfinished": WireRule(
        "framing.length", "the last chunk is missing", "a chunk of size 0 and an empty line (RFC 9112, section 7.1)"
    ),
    "trailer": WireRule(
        "framing.invalid", "a trailer is malformed or frames the message", "none (RFC 9110, section 6.5.1)"
    ),
    "surplus": WireRule(
        "framing.surplus", "something follows the response that nobody asked for", "nothing (RFC 9112, section 9.2)"
    ),
    # codings
    "coding": WireRule(
        "encoding.invalid", "the body is not what its Content-Encoding says", "that coding (RFC 9110, section 8.4)"
    ),
    "coding-unknown": WireRule(
        "encoding.unknown", "the response has an encoding that nobody asked for", "gzip or none (RFC 9110, section 8.4)"
    ),
    "coding-hidden": WireRule(
        "encoding.undeclared", "the body is gzip more often than Content-Encoding says",
        "each coding named (RFC 9110, section 8.4)",
    ),
    "too-large": WireRule("encoding.too-large", "the body is larger than any reader takes", "a body below the cap"),
    # text
    "type-missing": WireRule(
        "media.missing", "the response has a body and no Content-Type", "a Content-Type (RFC 9110, section 8.3)"
    ),
    "charset": WireRule(
        "charset.invalid", "the body is not text in its charset",
        "text in the declared encoding (RFC 9110, section 8.3.2)",
    ),
    "mark": WireRule(
        "charset.invalid", "the JSON begins with a byte order mark", "no byte order mark (RFC 8259, section 8.1)"
    ),
    "mark-xml": WireRule(
        "charset.mark", "the XML begins with a byte order mark",
        "the declaration first; XML 1.0, section 4.3.3, allows the mark, and some readers stumble", False, True,
    ),
    "charset-mislabelled": WireRule(
        "charset.contradiction", "the body is in another encoding than Content-Type says",
        "the encoding that is named (RFC 9110, section 8.3.2)",
    ),
    "declaration": WireRule(
        "charset.contradiction", "the XML declaration and Content-Type name different encodings",
        "one encoding (RFC 7303, section 3)", True,
    ),
}  # fmt: skip
