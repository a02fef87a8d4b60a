"""XML requests: attributes of Leads and Lead, and child elements, to value and back.

Requests have another structure in XML, not only other names: `source` is hoisted into attributes of the document
element, `properties` into attributes of each Lead (call data into elements), the fields are elements beside them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from leadproof.bodies import xml
from leadproof.bodies.lexical import BLANK, lexical, parse, whole
from leadproof.bodies.problems import BodyProblem, escape, note, typed
from leadproof.bodies.responses import Node
from leadproof.core.errors import EncodeError

SEPARATOR = "|"


@dataclass(frozen=True, slots=True)
class RequestForm:
    """Where the members of a request stand in XML, compiled from its schema."""

    #: JSON member -> attribute of Leads.
    source: dict[str, Node]
    #: JSON member -> attribute of Lead.
    attributes: dict[str, Node]
    #: JSON member -> child element of Lead, before the fields.
    elements: dict[str, Node]
    #: The three of them by the name in XML.
    by_source: dict[str, tuple[str, Node]] = field(init=False)
    by_attribute: dict[str, tuple[str, Node]] = field(init=False)
    by_element: dict[str, tuple[str, Node]] = field(init=False)

    def __post_init__(self) -> None:
        for name in ("source", "attribute", "element"):
            known = getattr(self, name if name == "source" else f"{name}s")
            object.__setattr__(self, f"by_{name}", {node.tag: (key, node) for key, node in known.items()})


def compile_request(schema: dict[str, Any]) -> RequestForm:
    """The places of a request's members; `schema` is resolved, with members of XML only."""
    lead = schema["properties"]["leads"]["items"]["properties"]
    source, properties = schema["properties"]["source"]["properties"], lead["properties"]["properties"]
    attributes = {key: _node(key, sub) for key, sub in properties.items() if sub["xml"].get("attribute")}
    elements = {key: _node(key, sub) for key, sub in properties.items() if not sub["xml"].get("attribute")}
    return RequestForm({key: _node(key, sub) for key, sub in source.items()}, attributes, elements)


def _node(key: str, schema: dict[str, Any]) -> Node:
    return Node(schema["xml"].get("name", key), schema["type"], collapse="format" in schema)


def encode(form: RequestForm, value: Any) -> bytes:
    """The XML document of a request.

    Raises:
        EncodeError: What XML has no place or no form for, with its pointer: null in an attribute, a field called like
            an element of the call data, a name that is no XML name, control characters, …
    """
    if not isinstance(value, dict) or not isinstance(value.get("leads"), list):
        raise EncodeError("an XML request is written from an object with source and leads", pointer="")
    for key in value:
        if key not in ("source", "leads"):
            raise EncodeError(f"XML has no place for the member {key!r} of a request", pointer=f"/{escape(key)}")
    out = ["<Leads", *_attributes(form.source, value.get("source", {}), "/source"), ">"]
    for index, lead in enumerate(value["leads"]):
        _lead(form, lead, f"/leads/{index}", out)
    out.append("</Leads>")
    return "".join(out).encode("utf-8")


def _lead(form: RequestForm, lead: Any, at: str, out: list[str]) -> None:
    if not isinstance(lead, dict):
        raise EncodeError(f"an object is written here, not {typed(lead)}", pointer=at)
    for key in lead:
        if key not in ("properties", "fields"):
            raise EncodeError(f"XML has no place for the member {key!r} of a lead", pointer=f"{at}/{escape(key)}")
    properties, fields = lead.get("properties", {}), lead.get("fields", {})
    for key, members in (("properties", properties), ("fields", fields)):
        if not isinstance(members, dict):
            raise EncodeError(f"an object is written here, not {typed(members)}", pointer=f"{at}/{key}")
    hoisted = {key: sub for key, sub in properties.items() if key not in form.elements}
    out += ["<Lead", *_attributes(form.attributes, hoisted, f"{at}/properties"), ">"]
    for key, node in form.elements.items():
        if key in properties:
            value = whole(properties[key]) if node.kind == "integer" else properties[key]
            out.append(_element(node.tag, value, f"{at}/properties/{key}"))
    taken = {node.tag for node in form.elements.values()}
    for key, content in fields.items():
        pointer = f"{at}/fields/{escape(key)}"
        if key in taken:
            raise EncodeError(f"in XML the field {key!r} would be read as call data", pointer=pointer)
        out.append(_element(xml.name(key, pointer), content, pointer))
    out.append("</Lead>")


def _attributes(known: dict[str, Node], values: Any, at: str) -> list[str]:
    if not isinstance(values, dict):
        raise EncodeError(f"attributes are written from an object, not {typed(values)}", pointer=at)
    out = []
    for key, value in values.items():
        pointer = f"{at}/{escape(key)}"
        node = known.get(key)
        name = node.tag if node else xml.name(key, pointer)
        if node is None and name in {other.tag for other in known.values()}:
            raise EncodeError(f"in XML {key!r} would be read as another member", pointer=pointer)
        if node is not None and node.kind == "array" and isinstance(value, list):
            value = _joined(value, pointer)
        elif node is not None and node.kind == "integer":
            value = whole(value)
        if value is None or isinstance(value, (list, dict)):
            raise EncodeError(f"an attribute cannot carry {typed(value)}", pointer=pointer)
        out.append(f' {name}="{_text(value, pointer, attribute=True)}"')
    return out


def _joined(values: list[Any], pointer: str) -> str:
    for index, value in enumerate(values):
        if not isinstance(value, str) or not value or SEPARATOR in value:
            raise EncodeError(
                f"an entry of an attribute list is text without {SEPARATOR!r} and not empty, not {typed(value)}",
                pointer=f"{pointer}/{index}",
            )
    return SEPARATOR.join(values)


def _element(tag: str, value: Any, pointer: str) -> str:
    if value is None or isinstance(value, (list, dict)):
        raise EncodeError(f"a field element cannot carry {typed(value)}", pointer=pointer)
    return f"<{tag}>{_text(value, pointer)}</{tag}>"


def _text(value: Any, pointer: str, *, attribute: bool = False) -> str:
    if isinstance(value, str):
        return xml.attribute(value, pointer) if attribute else xml.text(value, pointer)
    try:
        return lexical(value)
    except EncodeError as error:
        error.pointer = pointer
        raise


def fast(form: RequestForm, root: Any) -> dict[str, Any] | None:
    """The value of a request that an XSD has accepted; None for one in which anything is unusual."""
    leads: list[dict[str, Any]] = []
    for lead in root:
        properties: dict[str, Any] = {}
        values: dict[str, Any] = {}
        for name, text in lead.items():
            if name not in form.by_attribute:
                return None
            key, node = form.by_attribute[name]
            properties[key] = _typed(node, text)
        for child in lead:
            name = child.tag
            if len(child) or child.attrib or name[:1] == "{" or name in values:
                return None
            if name in form.by_element:
                key, node = form.by_element[name]
                if key in properties:
                    return None
                properties[key] = parse(node.kind, child.text or "", collapse=node.collapse)
            else:
                values[name] = child.text or ""
        leads.append({"properties": properties, "fields": values})
    source: dict[str, Any] = {}
    for name, text in root.items():
        if name not in form.by_source:
            return None
        key, node = form.by_source[name]
        source[key] = _typed(node, text)
    return {"source": source, "leads": leads}


def _typed(node: Node, text: str) -> Any:
    if node.kind == "array":
        return text.split(SEPARATOR) if text else []
    return parse(node.kind, text, collapse=node.collapse)


def read(form: RequestForm, root: Any) -> tuple[dict[str, Any], list[BodyProblem]]:
    """The value of a request as far as it can be told, and what is structurally wrong with it."""
    problems: list[BodyProblem] = []
    at = "/" + xml.qualified(root.tag)
    if root.tag != "Leads":
        space = xml.namespace(root.tag)
        found = f"element {xml.qualified(root.tag)}" + (f" in {space}" if space else "")
        kind = "xml.namespace" if xml.local(root.tag) == "Leads" else "xml.root"
        wanted = "element Leads in no namespace"
        problems.append(BodyProblem(kind, f"the document element is {found}", "", at, wanted, found))
        if kind == "xml.root":
            return {}, problems
    leads: list[dict[str, Any]] = []
    for child in root:
        path, pointer = f"{at}/{xml.qualified(child.tag)}[{len(leads) + 1}]", f"/leads/{len(leads)}"
        if xml.local(child.tag) != "Lead":
            found = xml.qualified(child.tag)
            words = f"{found} stands where only Lead is documented"
            note(problems, BodyProblem("schema.unknown", words, "/leads", path, "element Lead", f"element {found}"))
            continue
        _same_namespace(child, root, pointer, path, problems)
        leads.append(_read_lead(form, child, pointer, path, problems))
    _no_text(root, "", at, problems)
    source: dict[str, Any] = {}
    for name, text in xml.attributes(root):
        key, value = _attribute(form.source, form.source, name, text)
        source[key] = value
    return {"source": source, "leads": leads}, problems


def _same_namespace(child: Any, parent: Any, pointer: str, path: str, problems: list[BodyProblem]) -> None:
    """A document that is in a namespace as a whole is wrong once; here, what is in another than its parent."""
    found, wanted = xml.namespace(child.tag), xml.namespace(parent.tag)
    if found != wanted:
        name = xml.local(child.tag)
        words = f"{name} is in another namespace than {xml.local(parent.tag)}"
        expected, actual = (f"namespace {one}" if one else "no namespace" for one in (wanted, found))
        note(problems, BodyProblem("xml.namespace", words, pointer, path, expected, actual))


def _read_lead(form: RequestForm, lead: Any, at: str, path: str, problems: list[BodyProblem]) -> dict[str, Any]:
    properties: dict[str, Any] = {}
    for name, text in xml.attributes(lead):
        key, value = _attribute(form.attributes, {**form.attributes, **form.elements}, name, text)
        properties[key] = value
    by_tag = {node.tag: (key, node) for key, node in form.elements.items()}
    fields: dict[str, Any] = {}
    for child in lead:
        name, where = xml.local(child.tag), f"{path}/{xml.qualified(child.tag)}"
        key, node = by_tag.get(name, (name, None))
        pointer = f"{at}/{'fields' if node is None else 'properties'}/{escape(key)}"
        _same_namespace(child, lead, pointer, where, problems)
        if len(child) or child.keys():
            words, actual = f"the field {name} holds more than text", "elements" if len(child) else "attributes"
            note(problems, BodyProblem("xml.structure", words, pointer, where, "text", actual))
        target = fields if node is None else properties
        if key in target:
            note(problems, BodyProblem("xml.structure", f"{name} stands twice", pointer, where, "one element", "two"))
            continue
        target[key] = (child.text or "") if node is None else parse(node.kind, child.text or "", collapse=node.collapse)
    _no_text(lead, at, path, problems)
    return {"properties": properties, "fields": fields}


def _attribute(known: dict[str, Node], members: dict[str, Node], name: str, text: str) -> tuple[str, Any]:
    """Member and value of an attribute.

    One that is called like a member and not like its attribute (orderId for orderID) is no such member: it keeps a name
    that no member has.
    """
    for key, node in known.items():
        if node.tag == name:
            return key, _typed(node, text)
    return (f"@{name}" if name in members else xml.qualified(name)), text


def _no_text(element: Any, pointer: str, path: str, problems: list[BodyProblem]) -> None:
    texts = [element.text, *(child.tail for child in element)]
    stray = next((text.strip(BLANK) for text in texts if text and text.strip(BLANK)), "")
    if stray:
        note(problems, BodyProblem("xml.structure", "text stands between elements", pointer, path, "elements only",
                               typed(stray)))  # fmt: skip


def xpath_of(form: RequestForm, pointer: str) -> str:
    """The XPath of a place in a request given as JSON Pointer; the nearest known parent if it has none."""
    parts = pointer.split("/")[1:]
    if parts[:1] == ["source"]:
        node = form.source.get(parts[1]) if len(parts) > 1 else None
        return f"/Leads/@{node.tag}" if node else "/Leads"
    if len(parts) < 2 or not (parts[1].isascii() and parts[1].isdigit()):
        return "/Leads"
    path = f"/Leads/Lead[{int(parts[1]) + 1}]"
    if len(parts) < 4:
        return path
    if parts[2] == "fields":
        return f"{path}/{parts[3]}"
    if parts[3] in form.attributes:
        return f"{path}/@{form.attributes[parts[3]].tag}"
    return f"{path}/{form.elements[parts[3]].tag}" if parts[3] in form.elements else path
