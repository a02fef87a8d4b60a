"""XML as text: the one hardened parser, and escaping. What elements mean stands in `responses` and `requests`."""

from __future__ import annotations

import codecs
import re
from functools import lru_cache
from typing import Any

from lxml import etree

from leadproof.bodies.problems import MAX_BODY, BodyError, BodyProblem
from leadproof.core import lazy
from leadproof.core.errors import EncodeError

XSI = "http://www.w3.org/2001/XMLSchema-instance"
NIL = f"{{{XSI}}}nil"
MODELS = "http://schemas.datacontract.org/2004/07/LeadExec.LeadReceiver.API.Models"
CORE = "http://schemas.datacontract.org/2004/07/LeadImportService.Core.Classes"

#: Prefixes as the documentation prints them; an XPath of ours uses these, and no prefix for MODELS.
PREFIXES = {CORE: "d2p1", XSI: "i"}

#: Encodings that a body may be in, by the names that are met, and the name that every reader knows. Others (UTF-7
#: above all) can hide what is refused below. All but UTF-16 have ASCII as it is.
ENCODINGS = {
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "utf-16": "utf-16",
    "utf-16le": "utf-16",
    "utf-16be": "utf-16",
    "us-ascii": "us-ascii",
    "ascii": "us-ascii",
    "iso-8859-1": "iso-8859-1",
    "latin-1": "iso-8859-1",
    "latin1": "iso-8859-1",
    "iso-8859-15": "iso-8859-15",
    "windows-1252": "windows-1252",
    "cp1252": "windows-1252",
}

_UTF32 = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE, b"<\0\0\0", b"\0\0\0<")
_DECLARED = lazy.pattern(rb"^<\?xml[^>]*?encoding\s*=\s*[\"']([^\"']*)[\"']")

#: Characters that XML 1.0 has no form for (section 2.2, production Char), lone surrogates included.
_UNCARRIED = lazy.pattern("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
#: Names without a colon (XML 1.0, section 2.3, productions NameStartChar and NameChar).
_START = (
    "A-Z_a-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c\u200d\u2070-\u218f\u2c00-\u2fef"
    "\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
)
_NAME = lazy.pattern(f"[{_START}][-.0-9\u00b7\u0300-\u036f\u203f\u2040{_START}]*")

_TEXT = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"})
_ATTRIBUTE = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\r": "&#13;", "\n": "&#10;", "\t": "&#9;"}
)


def parse(data: bytes, charset: str | None = None) -> Any:
    """The document element of an XML document; no DTD, no entities, no network, depth and size bounded.

    Args:
        data: The bytes of the document.
        charset: Encoding named by the Content-Type, which wins over the declaration (RFC 7303, section 3.2).

    Raises:
        BodyError: Empty, too large, with a DTD, in an encoding that is not read, or not well-formed; with line and
            column where the parser knows them.
    """
    if len(data) > MAX_BODY:
        raise BodyError(BodyProblem("encoding.too-large", f"the body has {len(data)} bytes, the cap is {MAX_BODY}"))
    if not data.strip():
        raise BodyError(BodyProblem("body.empty", "the body is empty", expected="an XML document", actual="nothing"))
    data, encoding = _readable(data, charset)
    if (at := _doctype_at(data)) >= 0:
        raise BodyError(_doctype(data.count(b"\n", 0, at) + 1, at - data.rfind(b"\n", 0, at)))
    try:
        root = etree.fromstring(data, _parser(encoding))
    except etree.XMLSyntaxError as error:
        raise BodyError(_explain(error)) from None
    # Every encoding that is read writes "<!DOCTYPE" in these bytes; where they are not, nothing has to be asked.
    if b"<!DOCTYPE" in data and root.getroottree().docinfo.internalDTD is not None:
        raise BodyError(_doctype(0, 0))
    return root


def breaks_off(data: bytes) -> bool:
    """Is it the beginning of an XML document, and not the whole of one?"""
    try:
        data, encoding = _readable(data, None)
        if _doctype_at(data) >= 0:
            return False
        parser = _parser.__wrapped__(encoding)  # one that nobody else uses: it is left in the middle
        parser.feed(data)
    except (BodyError, etree.XMLSyntaxError):
        return False
    try:
        parser.close()
    except etree.XMLSyntaxError:
        return True
    return False


@lru_cache(16)
def _parser(encoding: str) -> etree.XMLParser:
    """A hardened parser; to make one costs as much as to parse a small document, and lxml lets them be used again."""
    return etree.XMLParser(
        encoding=encoding,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )


def _explain(error: Any) -> BodyProblem:
    line, column = error.position if error.position else (0, 0)
    said = " ".join(str(error.msg).split())
    message = re.sub(r",? (use|try) XML_PARSE_HUGE.*$|, line \d+, column \d+.*$", "", said).strip()
    kind = "charset.invalid" if "ncoding" in message or "not proper UTF-8" in message else "body.malformed"
    if "HUGE" in said or "depth" in said or "amplification" in said:
        kind = "body.unsafe"
    return BodyProblem(kind, message, "", "", "a well-formed XML document", "", line or 0, column or 0)


def _doctype_at(data: bytes) -> int:
    """Where a document type declaration stands before the document element, or -1 if there is none.

    White space, comments and processing instructions may come first. One pass: a pattern for this backtracks without
    end on a document made to hurt.
    """
    at = 0
    if b"<!DOCTYPE" not in data:
        return -1
    while True:
        if space := _SPACE.match(data, at):
            at = space.end()
        if data.startswith(b"<!--", at):
            end = data.find(b"-->", at + 4)
        elif data.startswith(b"<?", at):
            end = data.find(b"?>", at + 2) - 1  # one byte shorter than the end of a comment
        else:
            return at if data.startswith(b"<!DOCTYPE", at) else -1
        if end < 0:
            return -1
        at = end + 3


_SPACE = lazy.pattern(rb"[ \t\r\n]*")


def _doctype(line: int, column: int) -> BodyProblem:
    return BodyProblem(
        "body.unsafe", "the document has a document type declaration, which is refused", "", "",
        "a document without DTD", "<!DOCTYPE", line, column,
    )  # fmt: skip


def _readable(data: bytes, charset: str | None) -> tuple[bytes, str]:
    """The bytes in an encoding in which `<!DOCTYPE` can be seen, and the encoding to tell the parser.

    The parser is always told: left to itself it would detect others (EBCDIC among them).
    """
    if data.startswith(_UTF32):
        raise BodyError(_charset("the body is UTF-32, which is not read", "UTF-8", "UTF-32"))
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, b"\0<", b"<\0")):
        order = "utf-16-be" if data[:1] == b"\0" else "utf-16-le" if data[1:2] == b"\0" else "utf-16"
        try:
            return data.decode(order).encode("utf-8"), "utf-8"
        except UnicodeError as error:
            said = getattr(error, "reason", "")
            raise BodyError(_charset(f"not UTF-16: {said}", "UTF-16", "")) from None
    data = data.removeprefix(codecs.BOM_UTF8)
    declared = _DECLARED.match(data)
    named = charset or (declared[1].decode("ascii", "replace") if declared else "utf-8")
    encoding = ENCODINGS.get(named.lower())
    if encoding is None:
        raise BodyError(_charset(f"the encoding {named!r} is not read", "UTF-8", named))
    if encoding == "utf-16":
        raise BodyError(_charset("the body is said to be UTF-16 and is not", "UTF-16", "single bytes"))
    return data, encoding


def _charset(message: str, expected: str, actual: str) -> BodyProblem:
    return BodyProblem("charset.invalid", message, "", "", expected, actual, 1, 1)


#: Attributes of one element that are looked at. The documentation shows five.
MOST_ATTRIBUTES = 256


def attributes(element: Any) -> list[tuple[str, str]]:
    """Names and values of the attributes of an element, up to `MOST_ATTRIBUTES`.

    lxml finds each value by walking the list of all, so that a million of them would take hours.
    """
    return [(name, element.get(name)) for name in element.keys()[:MOST_ATTRIBUTES]]


def text(value: str, pointer: str) -> str:
    """Character data, escaped.

    Raises:
        EncodeError: It holds a character that XML 1.0 has no form for.
    """
    if _UNCARRIED.search(value):
        raise EncodeError(
            f"XML cannot carry the character {_uncarried(value)}", pointer=pointer, hint="remove it, or send JSON"
        )
    return value.translate(_TEXT)


def attribute(value: str, pointer: str) -> str:
    """An attribute value, escaped for double quotes; raises as `text` does."""
    text(value, pointer)
    return value.translate(_ATTRIBUTE)


def name(value: str, pointer: str) -> str:
    """An element or attribute name without prefix.

    Raises:
        EncodeError: It is no XML name (XML 1.0, section 2.3), or would be read as something else.
    """
    if not _NAME.fullmatch(value) or value.lower().startswith("xml"):
        raise EncodeError(
            f"XML cannot carry a member called {value!r}: it is no XML name", pointer=pointer, hint="rename the field"
        )
    return value


def _uncarried(value: str) -> str:
    found = _UNCARRIED.search(value)
    return f"U+{ord(found[0]):04X}" if found else ""


def qualified(tag: str) -> str:
    """A tag as the documentation prints it: `{…Core.Classes}PostResponse` becomes `d2p1:PostResponse`."""
    if not tag.startswith("{"):
        return tag
    namespace, _, local = tag[1:].partition("}")
    if namespace == MODELS:
        return local
    prefix = PREFIXES.get(namespace)
    return f"{prefix}:{local}" if prefix else f"{{{namespace}}}{local}"


def local(tag: str) -> str:
    """The local part of a tag."""
    return tag.rpartition("}")[2]


def namespace(tag: str) -> str:
    """The namespace of a tag; "" for none."""
    return tag[1:].partition("}")[0] if tag.startswith("{") else ""
