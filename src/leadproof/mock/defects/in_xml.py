"""Operators of the generated defects in XML: what may be wrong with one element, and with the document as a whole.

They work on the tree of a finished response, so they can write what no value has: attributes, another namespace, text
between elements, another order. Left out, because nobody could tell them from the faithful mock: other prefixes for the
same namespaces, white space between elements, comments, an XML declaration, CDATA for text.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from functools import cache
from random import Random
from typing import Any, NamedTuple

from lxml import etree

from leadproof.bodies import responses, xml
from leadproof.bodies.responses import Node
from leadproof.contract import specs
from leadproof.core.operations import OPERATIONS
from leadproof.mock.defects import in_json
from leadproof.mock.defects.places import DefectPlace, of_form, of_kind, text_asked, where

_OTHER = "http://schemas.datacontract.org/2004/07/LeadExec.LeadReceiver.API.Models.V2"


class XmlOperator(NamedTuple):
    """One way to get an element wrong."""

    words: str
    #: The check that must notice; "" where the operator makes no sense at a place.
    check: Callable[[DefectPlace], str]
    #: Element and chance: changes the tree in place.
    change: Callable[[Any, Random], None]


@cache
def _node(operation: str) -> Node:
    return responses.compile_response(specs.load().schema(operation, "response", "xml"))


def tags(place: DefectPlace) -> tuple[str, ...]:
    """The tags from below the document element to the element of a place."""
    node, found = _node(place.operation), []
    for part in place.path:
        child = node.item if part == "*" else dict(node.members)[part]
        assert child is not None
        node = child
        found.append(node.tag)
    return tuple(found)


def rewrite(
    body: bytes, path: tuple[str, ...], change: Callable[[Any], None], *, last_of_several: bool = False
) -> bytes | None:
    """The document with every element at the path changed; None where there is none.

    Args:
        body: A response.
        path: Tags below the document element.
        change: Changes an element in place.
        last_of_several: Only within the last result, and only where there are several.
    """
    root = xml.parse(body)
    if last_of_several:
        items = root.findall("/".join(path[:2]))
        found = (items[-1].findall("/".join(path[2:])) if path[2:] else items[-1:]) if len(items) > 1 else []
    else:
        found = root.findall("/".join(path))
    for element in found:
        change(element)
    return etree.tostring(root, encoding="utf-8") if found else None


def _scalar(place: DefectPlace) -> bool:
    return place.kind not in ("array", "object")


def _text(make: Callable[[str, Random], str]) -> Callable[[Any, Random], None]:
    """Another text for every one that is there; nil and empty stay."""

    def change(element: Any, chance: Random) -> None:
        if element.text:
            element.text = make(element.text, chance)

    return change


def _drop(element: Any, chance: Random) -> None:
    element.getparent().remove(element)


def _nil(element: Any, chance: Random) -> None:
    for child in list(element):
        element.remove(child)
    element.text = None
    element.set(xml.NIL, "true")


def _named(rename: Callable[[str], str]) -> Callable[[Any, Random], None]:
    def change(element: Any, chance: Random) -> None:
        element.tag = f"{{{xml.namespace(element.tag)}}}{rename(xml.local(element.tag))}"

    return change


def _elsewhere(element: Any, chance: Random) -> None:
    # No namespace at all cannot be written for one element below a default one; `home` is that for the whole document.
    own = xml.namespace(element.tag)
    other = chance.choice([one for one in (xml.CORE, xml.MODELS, _OTHER) if one != own])
    element.tag = f"{{{other}}}{xml.local(element.tag)}"


def _twice(element: Any, chance: Random) -> None:
    element.addnext(copy.deepcopy(element))


def _attribute(element: Any, chance: Random) -> None:
    element.set(*chance.choice((("id", "1"), ("type", "string"), (f"{{{xml.XSI}}}type", "string"), ("xml", "no"))))


def _between(element: Any, chance: Random) -> None:
    text = chance.choice(("none", "0", "-"))
    if len(element):
        element[chance.randrange(len(element))].tail = text
    else:
        element.text = text


def _inside(element: Any, chance: Random) -> None:
    child = etree.SubElement(element, f"{{{xml.MODELS}}}Value")
    child.text, element.text = element.text, None


def _later(element: Any, chance: Random) -> None:
    parent = element.getparent()
    if parent[-1] is element:
        parent.insert(0, element)
    else:
        parent.append(element)


def _strangers(element: Any, chance: Random) -> None:
    name = f"{{{xml.CORE}}}{chance.choice(('LeadReceiverResponse', 'ResultItem', 'Entry'))}"
    for entry in element:
        entry.tag = name
    if not len(element):
        etree.SubElement(element, name)


def _number(make: Callable[[str, Random], str]) -> Callable[[Any, Random], None]:
    return _text(make)


def _no_number(text: str, chance: Random) -> str:
    return chance.choice(
        (f"${text}", f"{text} USD", text.replace(".", ",") if "." in text else f"{text},0", "NaN", "none")
    )


def _no_boolean(text: str, chance: Random) -> str:
    return chance.choice((text.capitalize(), text.upper(), "yes" if text == "true" else "no", "Y"))


OPERATORS: dict[str, XmlOperator] = {
    "drop": XmlOperator("is left out", where(lambda place: True, "presence"), _drop),
    "case": XmlOperator(
        "is written with the other case", where(lambda place: True, "presence"), _named(in_json.swap_case)
    ),
    "typo": XmlOperator("is misspelt", where(lambda place: True, "presence"), _named(in_json.misspell)),
    "nil": XmlOperator(
        "is nil", lambda place: "member" if not place.nullable else "presence" if place.of_result else "", _nil
    ),
    "namespace": XmlOperator("is in another namespace", where(lambda place: True, "xml_namespaces"), _elsewhere),
    "twice": XmlOperator("stands twice", where(lambda place: True, "xml_repeated"), _twice),
    "attribute": XmlOperator("has an attribute", where(lambda place: True, "xml_attributes"), _attribute),
    "order": XmlOperator("stands elsewhere in the sequence", where(lambda place: True, "xml_order"), _later),
    "strangers": XmlOperator("has entries of another name", where(of_kind("array"), "xml_structure"), _strangers),
    "between": XmlOperator("has text between its elements", where(of_kind("array", "object"), "xml_text"), _between),
    "inside": XmlOperator("has an element in its text", where(_scalar, "xml_structure"), _inside),
    "words": XmlOperator("is no number", where(of_kind("integer", "number")), _text(_no_number)),
    "boolean": XmlOperator("is no boolean of XML Schema", where(of_kind("boolean")), _text(_no_boolean)),
    "blank": XmlOperator(
        "is empty",
        lambda place: (
            "member"
            if place.kind in ("integer", "number", "boolean")
            else text_asked(place)
            if place.kind == "string"
            else ""
        ),
        lambda element, chance: setattr(element, "text", None),
    ),
    "negative": XmlOperator(
        "is below zero",
        where(of_kind("integer", "number")),
        _text(lambda text, chance: f"-{text}" if float(text) else f"-{chance.randint(1, 9)}"),
    ),
    "beyond": XmlOperator(
        "is beyond what a double holds exactly",
        where(of_kind("integer")),
        _text(lambda text, chance: str(2**53 + chance.randint(1, 1000))),
    ),
    "fraction": XmlOperator("has decimals", where(of_kind("integer")), _text(lambda text, chance: f"{text}.5")),
    "unknown": XmlOperator(
        "has a value outside the documented set",
        where(of_form("enum")),
        _text(lambda text, chance: chance.choice(("Unknown", "Other", "3", "Weekly"))),
    ),
    "spelling": XmlOperator(
        "has a documented value in another spelling", where(of_form("enum")), _text(in_json.wrong_case)
    ),
    "guid": XmlOperator("is no GUID", where(of_form("guid")), _text(in_json.not_a_guid)),
    "moment": XmlOperator("is no timestamp", where(of_form("moment")), _text(in_json.not_a_moment)),
    "unanchored": XmlOperator(
        "is a timestamp without offset",
        where(of_form("moment")),
        _text(lambda text, chance: text.removesuffix("Z")),
    ),
    "local": XmlOperator("is in local time", where(of_form("moment"), "order_expiry_utc"), _text(in_json.local)),
}


def _instead_of_root(name: Callable[[str], str]) -> Callable[[bytes, Random], bytes]:
    def change(body: bytes, chance: Random) -> bytes:
        root = re.match(rb"<(\w+)", body)
        assert root is not None
        other = name(root[1].decode()).encode()
        return body.replace(b"<" + root[1], b"<" + other, 1).replace(b"</" + root[1] + b">", b"</" + other + b">")

    return change


def _other_response(root: str) -> str:
    return next(row.root for row in OPERATIONS.values() if row.root not in ("", root))


#: What may be wrong with a document as a whole: name -> words, check, what is done to the bytes.
DOCUMENTS: dict[str, tuple[str, str, Callable[[bytes, Random], bytes]]] = {
    "cut": (
        "ends in the middle",
        "xml_wellformed",
        lambda body, chance: body[: int(len(body) * (0.2 + 0.7 * chance.random()))],
    ),
    "unclosed": ("lacks a closing tag", "xml_wellformed", lambda body, chance: body.replace(b"</RequestId>", b"", 1)),
    "ampersand": (
        "has a bare ampersand",
        "xml_wellformed",
        lambda body, chance: body.replace(b"</RequestId>", b"&</RequestId>", 1),
    ),
    "entity": (
        "uses an entity that nobody declared",
        "xml_wellformed",
        lambda body, chance: body.replace(b"</RequestId>", b"&nbsp;</RequestId>", 1),
    ),
    "doctype": ("has a document type declaration", "body_limits", lambda body, chance: b"<!DOCTYPE r []>" + body),
    "undeclared": (
        "uses a prefix that nobody declared",
        "xml_wellformed",
        lambda body, chance: body.replace(b"RequestId>", b"x:RequestId>"),
    ),
    "double": ("has two document elements", "xml_wellformed", lambda body, chance: body + body),
    "nothing": ("is empty", "xml_wellformed", lambda body, chance: b""),
    "control": (
        "has a control character",
        "xml_wellformed",
        lambda body, chance: body.replace(b"</RequestId>", b"\x0b</RequestId>", 1),
    ),
    "latin": (
        "is not in the encoding that it declares",
        "charset",
        lambda body, chance: body.replace(b"</RequestId>", bytes([chance.randint(0xE0, 0xEF)]) + b"</RequestId>", 1),
    ),
    "root": ("has the root of another response", "xml_root", _instead_of_root(_other_response)),
    "rootless": ("has a root that nobody documented", "xml_root", _instead_of_root(lambda root: "Response")),
    "rootcase": ("has the root in another case", "xml_root", _instead_of_root(in_json.swap_case)),
    "home": (
        "is in no namespace",
        "xml_namespaces",
        lambda body, chance: body.replace(f' xmlns="{xml.MODELS}"'.encode(), b"", 1),
    ),
    "abroad": (
        "has the namespace of another version",
        "xml_namespaces",
        lambda body, chance: body.replace(xml.MODELS.encode(), _OTHER.encode()),
    ),
}
