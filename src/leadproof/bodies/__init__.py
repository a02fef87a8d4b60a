"""Bodies: bytes to value and back, in JSON and XML, for requests and responses of every operation.

A *value* is a body in its JSON shape, whatever its format was. `encode_*` writes; `decode_*` is strict about what can
be decoded and silent about what the value means; `read_*` decodes leniently and says what is structurally wrong.
Verdicts over values are in `checks`, not here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

from lxml import etree

from leadproof.bodies import json, requests, responses, xml
from leadproof.bodies.leaves import Forms
from leadproof.bodies.problems import MAX_BODY, BodyError, BodyProblem, escape, typed
from leadproof.bodies.requests import RequestForm
from leadproof.bodies.responses import Node
from leadproof.bodies.skeletons import Skeletons
from leadproof.contract.specs import Specification, load

__all__ = [
    "MAX_BODY",
    "BodyError",
    "BodyProblem",
    "BodyReader",
    "Decoded",
    "breaks_off",
    "decode_request",
    "decode_response",
    "encode_request",
    "encode_response",
    "escape",
    "read_request",
    "read_response",
    "typed",
    "xpath_of",
]  # fmt: skip


class Decoded(NamedTuple):
    """A body read leniently."""

    value: Any
    problems: Sequence[BodyProblem] = ()
    #: The parsed document element, for XML.
    tree: Any = None
    #: Valid beyond doubt: schema and XSD have nothing against it.
    valid: bool = False


#: Charsets in which ASCII is itself and everything else UTF-8, as they are usually written.
_UTF8 = (None, "utf-8", "UTF-8")

_ATTRIBUTES = etree.XPath(f"boolean(//@*[not(local-name() = 'nil' and namespace-uri() = '{xml.XSI}')])")


def _form(operation: str, spec: Specification) -> RequestForm:
    key = ("form", operation)
    if key not in spec._made:
        spec._made[key] = requests.compile_request(spec.schema(operation, "request", "xml"))
    found: RequestForm = spec._made[key]
    return found


def _node(operation: str, spec: Specification) -> Node:
    key = ("node", operation)
    if key not in spec._made:
        spec._made[key] = responses.compile_response(
            spec.schema(operation, "response", "xml"), serializer=spec.choices["namespaces"] == "serializer"
        )
    found: Node = spec._made[key]
    return found


def _skeletons(operation: str, direction: str, fmt: str, spec: Specification, forms: Forms | None = None) -> Skeletons:
    root = None if fmt == "json" else _node(operation, spec) if direction == "response" else _form(operation, spec)
    return Skeletons(spec.schema(operation, direction, fmt), root, spec.checker, forms)


def _known(operation: str, direction: str, spec: Specification) -> Skeletons:
    key = ("skeletons", operation, direction)
    if key not in spec._made:
        spec._made[key] = _skeletons(operation, direction, "xml", spec)
    found: Skeletons = spec._made[key]
    return found


def encode_response(operation: str, fmt: str, value: Any, spec: Specification | None = None) -> bytes:
    """The body of a response.

    One-sided members are left out of the representation that does not show them.

    Args:
        operation: An operation id.
        fmt: "json" or "xml".
        value: The value; need not be valid, as long as the format can carry it.
        spec: The contract's readings; the taken ones if left out.

    Raises:
        EncodeError: The format cannot carry the value.
    """
    spec = spec or load()
    if fmt == "json":
        one_sided = _one_sided(operation, "xml", spec)
        return json.encode(_without(value, one_sided) if one_sided else value)
    key = ("encoder", operation)
    if key not in spec._made:
        spec._made[key] = responses.encoder(_node(operation, spec))
    one_sided = _one_sided(operation, "json", spec)
    body: bytes = spec._made[key](_without(value, one_sided) if one_sided else value)
    return body


def decode_response(operation: str, fmt: str, data: bytes, spec: Specification | None = None) -> Any:
    """The value of a response's body.

    Raises:
        BodyError: It cannot be decoded, or is structurally not the documented document.
    """
    decoded = read_response(operation, fmt, data, spec)
    if decoded.problems:
        raise BodyError(decoded.problems[0])
    return decoded.value


def read_response(
    operation: str, fmt: str, data: bytes, spec: Specification | None = None, charset: str | None = None
) -> Decoded:
    """A response's body read leniently, with what is structurally wrong.

    Raises:
        BodyError: It cannot be decoded at all.
    """
    spec = spec or load()
    if fmt == "json":
        return Decoded(json.decode(_utf8(data, charset)))
    known = _known(operation, "response", spec)
    if charset in _UTF8 and (read := known.read(data)) is not None:
        return Decoded(read[0], (), None, True)
    return _xml_response(operation, data, charset, spec, known)


def _xml_response(operation: str, data: bytes, charset: str | None, spec: Specification, known: Skeletons) -> Decoded:
    """A response in XML, which goes the long way."""
    tree = xml.parse(data, charset)
    node = _node(operation, spec)
    # An XSD takes any of its document elements, and lets attributes such as xsi:schemaLocation pass anywhere.
    if tree.tag == node.tag and spec.xsd(operation, "response").validate(tree) and not _ATTRIBUTES(tree):
        value = responses.fast(node, tree)
        if spec.verdict(operation, "response", "xml").is_valid(value):
            if charset in _UTF8:
                known.learn(data, value, tree)
            return Decoded(value, (), tree, True)
        return Decoded(value, (), tree)
    value, problems = responses.read(node, tree)
    return Decoded(value, problems, tree)


def encode_request(operation: str, fmt: str, value: Any, spec: Specification | None = None) -> bytes:
    """The body of a request; members of `value` that only JSON has a place for are refused in XML, never dropped.

    Raises:
        EncodeError: The format cannot carry the value.
    """
    if fmt == "json":
        return json.encode(value)
    return requests.encode(_form(operation, spec or load()), value)


def decode_request(operation: str, fmt: str, data: bytes, spec: Specification | None = None) -> Any:
    """The value of a request's body; raises as `decode_response` does."""
    decoded = read_request(operation, fmt, data, spec)
    if decoded.problems:
        raise BodyError(decoded.problems[0])
    return decoded.value


def read_request(
    operation: str, fmt: str, data: bytes, spec: Specification | None = None, charset: str | None = None
) -> Decoded:
    """A request's body read leniently, with what is structurally wrong; raises as `read_response` does."""
    if fmt == "json":
        return Decoded(json.decode(_utf8(data, charset)))
    spec = spec or load()
    known = _known(operation, "request", spec)
    if charset in _UTF8 and (read := known.read(data)) is not None:
        return Decoded(read[0], (), None, True)
    return _xml_request(operation, data, charset, spec, known)


def _xml_request(operation: str, data: bytes, charset: str | None, spec: Specification, known: Skeletons) -> Decoded:
    """A request in XML, which goes the long way."""
    tree, form = xml.parse(data, charset), _form(operation, spec)
    if tree.tag == "Leads" and spec.xsd(operation, "request").validate(tree):
        usual = requests.fast(form, tree)
        if usual is not None and spec.verdict(operation, "request", "xml").is_valid(usual):
            if charset in _UTF8:
                known.learn(data, usual, tree)
            return Decoded(usual, (), tree, True)
    value, problems = requests.read(form, tree)
    return Decoded(value, problems, tree)


class BodyReader:
    """Reads bodies of one kind, of which most are valid, and tells their form.

    Args:
        operation: An operation id.
        direction: "request" or "response".
        fmt: "json" or "xml".
        spec: The contract's readings.
        forms: What belongs to the form of a body besides its names.
        form: Tells the form of any valid value.

    Raises:
        KeyError: The operation has no such bodies.
    """

    def __init__(
        self, operation: str, direction: str, fmt: str, spec: Specification, forms: Forms, form: Callable[[Any], Any]
    ) -> None:
        self._is_valid = spec.verdict(operation, direction, fmt).is_valid
        self._known = _skeletons(operation, direction, fmt, spec, forms)
        self.form = form
        read = _xml_response if direction == "response" else _xml_request
        self._xml = None if fmt == "json" else partial(read, operation, spec=spec, known=self._known)

    def valid(self, data: bytes, charset: str | None = None) -> tuple[Any, Any] | None:
        """The value of a valid body, and its form; None for any other body.

        Raises:
            BodyError: It cannot be decoded at all.
        """
        plain = charset in _UTF8
        if plain and (read := self._known.read(data)) is not None:
            return read
        if self._xml is not None:
            decoded = self._xml(data, charset)
            return (decoded.value, self.form(decoded.value)) if decoded.valid else None
        value = json.decode(_utf8(data, charset))
        if not self._is_valid(value):
            return None
        if plain:
            self._known.learn(data, value)
        return value, self.form(value)


def breaks_off(data: bytes) -> bool:
    """Is it the beginning of a JSON or XML document, and not the whole of one?"""
    return xml.breaks_off(data) if data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<" else json.breaks_off(data)


def xpath_of(operation: str, direction: str, pointer: str, spec: Specification | None = None) -> str:
    """The XPath of a place given as JSON Pointer; "" where the operation has no XML."""
    spec = spec or load()
    if spec.schema_name(operation, direction) is None or "xml" not in spec.schema(operation, direction, "xml"):
        return ""
    if direction == "response":
        return responses.xpath_of(_node(operation, spec), pointer)
    return requests.xpath_of(_form(operation, spec), pointer)


def _utf8(data: bytes, charset: str | None) -> bytes:
    """JSON in another declared encoding, as UTF-8; JSON itself is always UTF-8 (RFC 8259, section 8.1)."""
    encoding = xml.ENCODINGS.get(charset.lower()) if charset else "utf-8"
    if encoding == "utf-8":
        return data
    if encoding is not None and len(data) <= MAX_BODY:
        try:
            return data.decode(encoding).encode("utf-8")
        except UnicodeError:
            pass
    raise BodyError(
        BodyProblem("charset.invalid", f"the body is not text in {charset!r}", expected="UTF-8", actual=str(charset))
    )


def _one_sided(operation: str, fmt: str, spec: Specification) -> frozenset[tuple[str, str]]:
    """Parent and name of response members that only `fmt` shows."""
    key = ("one-sided", operation, fmt)
    if key not in spec._made:
        full = spec.schema(operation, "response", fmt)
        spec._made[key] = frozenset(_marked(full, "", fmt))
    found: frozenset[tuple[str, str]] = spec._made[key]
    return found


def _marked(schema: dict[str, Any], parent: str, fmt: str) -> Any:
    for name, sub in schema.get("properties", {}).items():
        if sub.get("x-leadproof-only") == fmt:
            yield parent, name
        yield from _marked(sub, name, fmt)
    if "items" in schema:
        yield from _marked(schema["items"], parent, fmt)


def _without(value: Any, names: frozenset[tuple[str, str]], parent: str = "") -> Any:
    if isinstance(value, list):
        return [_without(entry, names, parent) for entry in value]
    if isinstance(value, dict):
        return {key: _without(sub, names, key) for key, sub in value.items() if (parent, key) not in names}
    return value
