"""The same response in another form: other bytes that mean the same, and other ways of sending them."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from lxml import etree

from leadproof.bodies import decode_response, encode_response
from leadproof.contract import specs
from leadproof.core.exchange import Exchange, Request, Response, format_of_body, header
from leadproof.judge import recognise
from leadproof.mock.server.plays import End, OutgoingResponse, Proceed, Script, Step
from leadproof.suite.client.moves import Change, without

# ---- the same value in other bytes -----------------------------------------------------------------------------------


def _json(change: Callable[[Any], Any], **style: Any) -> Change:
    def changed(request: Request, response: Response) -> Response:
        if format_of_body(response.headers, response.body) != "json":
            return response
        style.setdefault("ensure_ascii", False)
        return response._replace(body=json.dumps(change(json.loads(response.body)), **style).encode())

    return changed


def _walk(value: Any, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Any:
    if isinstance(value, dict):
        return change({name: _walk(member, change) for name, member in value.items()})
    return [_walk(entry, change) for entry in value] if isinstance(value, list) else value


def _decimals(value: Any) -> Any:
    whole = isinstance(value, int) and not isinstance(value, bool)
    if isinstance(value, dict):
        return {name: _decimals(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_decimals(entry) for entry in value]
    return float(value) if whole else value


#: Members that nobody decides by.
_OPTIONAL = ("responseMessage", "response", "companyPhoneNumber", "description", "url", "estimatedPayout")


def _unknown(value: dict[str, Any]) -> dict[str, Any]:
    return {"x-trace": "7f3a", **value, "serviceVersion": "2.9", "extension": {"isValid": False, "tags": ["a", "b"]}}


MEMBER_ORDER = _json(lambda value: _walk(value, lambda members: dict(reversed(members.items()))))
DECIMALS = _json(_decimals)
NULL_MEMBERS = _json(lambda value: _walk(value, lambda members: {
    name: None if name in _OPTIONAL else member for name, member in members.items()
}))  # fmt: skip


def _xml(change: Callable[[etree._Element], None], before: bytes = b"", **style: Any) -> Change:
    """Changes an XML body as a tree."""

    def changed(request: Request, response: Response) -> Response:
        if format_of_body(response.headers, response.body) != "xml":
            return response
        root = etree.fromstring(response.body)
        change(root)
        return response._replace(body=before + etree.tostring(root, **style))

    return changed


def _both(json_change: Change, xml_change: Change) -> Change:
    return lambda request, response: xml_change(request, json_change(request, response))


def _xml_names(names: tuple[str, ...]) -> frozenset[str]:
    return frozenset(name[0].upper() + name[1:] for name in names)


def _remove(root: etree._Element) -> None:
    optional = _xml_names(_OPTIONAL)
    for element in list(root.iter(etree.Element)):
        parent = element.getparent()
        if parent is not None and etree.QName(element).localname in optional:
            parent.remove(element)


#: Elements whose children are entries of a list.
_LISTS = ("Results", "Offers")


def _add(root: etree._Element) -> None:
    for element in [one for one in root.iter(etree.Element) if len(one) and etree.QName(one).localname not in _LISTS]:
        first = etree.Element(f"{{{etree.QName(element).namespace}}}Trace")
        first.text = "7f3a"
        element.insert(0, first)
        etree.SubElement(element, "{urn:example:extension}IsValid").text = "false"


ABSENT_MEMBERS = _both(
    _json(lambda value: _walk(value, lambda members: {
        name: member for name, member in members.items() if name not in _OPTIONAL
    })),
    _xml(_remove),
)  # fmt: skip
UNKNOWN_MEMBERS = _both(_json(lambda value: _walk(value, _unknown)), _xml(_add))
PRETTY = _both(_json(lambda value: value, indent="\t"), _xml(lambda root: etree.indent(root, "\t")))


def _escaped(text: str) -> str:
    return re.sub(r"(?<=[:,\[{])\"((?:[^\"\\]|\\.)*)\"|\"((?:[^\"\\]|\\.)*)\"(?=\s*[,\]}])", _escape_json, text)


def _escape_json(found: re.Match[str]) -> str:
    words: str = json.loads(found[0])
    units = words.encode("utf-16-be")
    return '"' + "".join(f"\\u{units[at] << 8 | units[at + 1]:04x}" for at in range(0, len(units), 2)) + '"'


def escaped(request: Request, response: Response) -> Response:
    """Texts are written with escapes."""
    text = response.body.decode()
    if format_of_body(response.headers, response.body) == "json":
        return response._replace(body=_escaped(text).encode())
    written = re.sub(r">([^<&]+)<", lambda found: ">" + "".join(f"&#{ord(one)};" for one in found[1]) + "<", text)
    return response._replace(body=written.encode())


def byte_order_mark(request: Request, response: Response) -> Response:
    """The body begins with a byte order mark."""
    return response._replace(body=b"\xef\xbb\xbf" + response.body)


def compressed(request: Request, response: Response) -> Response:
    """The body is compressed where the request allows it."""
    if "gzip" not in (header(request.headers, "accept-encoding") or "").lower():
        return response
    pairs = (*response.headers, ("content-encoding", "gzip"))
    return response._replace(headers=pairs, body=gzip.compress(response.body))


def _prefixes(request: Request, response: Response) -> Response:
    if format_of_body(response.headers, response.body) != "xml":
        return response
    text = response.body.decode().replace("d2p1", "cls").replace("xmlns:i=", "xmlns:xsi=").replace(" i:", " xsi:")
    text = re.sub(r"<(/?)(?=[A-Za-z])(?!cls:|/)(?![^<>\s/]*:)", r"<\1mdl:", text).replace(' xmlns="', ' xmlns:mdl="')
    return response._replace(body=text.encode())


_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"


def _nil(root: etree._Element) -> None:
    optional = _xml_names(_OPTIONAL)
    for element in root.iter(etree.Element):
        if etree.QName(element).localname in optional or (not len(element) and not element.text):
            del element[:]
            element.text = None
            element.set(_NIL, "true")


def _comments(root: etree._Element) -> None:
    for element in list(root.iter(etree.Element)):
        if len(element):
            element.insert(0, etree.Comment(" IsValid false "))
        elif element.text and len(element.text) > 1:
            words, element.text = element.text, element.text[0]
            comment = etree.Comment(" and so on ")
            comment.tail = words[1:]
            element.append(comment)


def _cdata(root: etree._Element) -> None:
    for element in root.iter(etree.Element):
        if not len(element) and element.text:
            element.text = etree.CDATA(element.text)


def _utf16(request: Request, response: Response) -> Response:
    if format_of_body(response.headers, response.body) != "xml":
        return response
    text = '<?xml version="1.0" encoding="utf-16"?>\r\n' + response.body.decode()
    pairs = (*without(response, "content-type"), ("content-type", "application/xml; charset=utf-16"))
    return response._replace(headers=pairs, body=text.encode("utf-16"))


def serializer(request: Request, response: Response) -> Response:
    """The namespaces of the reading that has them as the usual serializer does."""
    if format_of_body(response.headers, response.body) != "xml":
        return response
    operation = recognise(Exchange(request, None)).candidates[0]
    value = decode_response(operation, "xml", response.body)
    return response._replace(body=encode_response(operation, "xml", value, specs.load({"namespaces": "serializer"})))


XML_PREFIXES: Change = _prefixes
XML_NIL = _xml(_nil)
XML_COMMENTS = _xml(_comments)
XML_CDATA = _xml(_cdata)
XML_UTF16: Change = _utf16


# ---- another way of sending ------------------------------------------------------------------------------------------


def late(seconds: float) -> Script:
    """The response waits."""

    def script(response: OutgoingResponse, proceed: Proceed) -> Iterator[Step]:
        yield float(seconds)
        yield from proceed(response)

    return script


def broken(end: End, share: float = 0.0) -> Script:
    """The connection ends after a share of the body; before anything of the response where it is 0."""

    def script(response: OutgoingResponse, proceed: Proceed) -> Iterator[Step]:
        message = response._replace(keep=False).message()
        start = message.find(b"\r\n\r\n") + 4
        if share:
            yield message[: start + int((len(message) - start) * share)]
            yield 0.05
        yield end

    return script


def chunked(response: OutgoingResponse, proceed: Proceed) -> Iterator[Step]:
    """In chunks of a few bytes."""
    body, pieces = response.body, []
    for at in range(0, len(body), 97):
        piece = body[at : at + 97]
        pieces.append(b"%x\r\n%b\r\n" % (len(piece), piece))
    yield from proceed(
        response._replace(body=b"".join((*pieces, b"0\r\n\r\n")), framing=(("transfer-encoding", "chunked"),))
    )


def in_drops(seconds: float) -> Script:
    """The whole message in fifty pieces, over so many seconds."""

    def script(response: OutgoingResponse, proceed: Proceed) -> Iterator[Step]:
        message = response.message()
        size = max(1, len(message) // 50)
        for at in range(0, len(message), size):
            if at:  # none behind the last: a client that has the whole message may go
                yield seconds / 50
            yield message[at : at + size]

    return script


def closed_behind(response: OutgoingResponse, proceed: Proceed) -> Iterator[Step]:
    """The connection ends behind a response that does not say so, before a quick client has sent more."""
    yield End.TOGETHER
    yield response._replace(keep=True).message()
    yield End.CLOSE
