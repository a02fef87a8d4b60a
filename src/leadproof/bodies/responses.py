"""XML responses: element tree to value and back, driven by the names and wrappers in the OpenAPI schema.

Three ways through the same compiled `Node` tree: `encode` writes, `fast` reads what an XSD has accepted, `read` reads
anything and says what is wrong with it. Values are not judged here beyond their lexical form; that is for the schema.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from leadproof.bodies import xml
from leadproof.bodies.lexical import BLANK, is_nil, parse, scalar, whole
from leadproof.bodies.problems import BodyProblem, escape, note, typed
from leadproof.core.errors import EncodeError


@dataclass(frozen=True, slots=True)
class Node:
    """One element of a response, compiled from its schema."""

    tag: str
    #: object, array, string, integer, number or boolean.
    kind: str
    nullable: bool = False
    #: xs:dateTime ignores white space around it, xs:string does not.
    collapse: bool = False
    #: Member name and element, in the order of the sequence.
    members: tuple[tuple[str, Node], ...] = ()
    item: Node | None = None
    places: dict[str, tuple[int, str, Node]] = field(default_factory=dict)


def compile_response(schema: dict[str, Any], *, serializer: bool = False) -> Node:
    """The elements of a response.

    Args:
        schema: The response's schema, references resolved, members of XML only.
        serializer: Are the children of a result item in the item's namespace (reading `namespaces`)?
    """
    return _compile(schema, xml.MODELS, serializer)


def _compile(schema: dict[str, Any], inherited: str, serializer: bool, name: str = "") -> Node:
    naming = schema.get("xml", {})
    own = naming.get("namespace", inherited)
    tag = f"{{{own}}}{naming.get('name', name)}"
    below = own if serializer or "namespace" not in naming or own == xml.MODELS else inherited
    types = schema.get("type", "string")
    types = [types] if isinstance(types, str) else list(types)
    kind = next((one for one in types if one not in ("null", "string")), "string")
    nullable = "null" in types
    if kind == "object":
        members = tuple((key, _compile(sub, below, serializer, key)) for key, sub in schema["properties"].items())
        places = {node.tag: (index, key, node) for index, (key, node) in enumerate(members)}
        return Node(tag, kind, nullable, members=members, places=places)
    if kind == "array":
        return Node(tag, kind, nullable, item=_compile(schema["items"], below, serializer))
    return Node(tag, kind, nullable, collapse=_is_moment(schema))


def _is_moment(schema: dict[str, Any]) -> bool:
    return "format" in schema or any("format" in one for one in schema.get("anyOf", ()))


# ---- writing ---------------------------------------------------------------------------------------------------------


def encoder(root: Node) -> Callable[[Any], bytes]:
    """A function from value to the bytes of the XML document, in the form that the documentation prints."""
    write = _writer(root, xml.MODELS, outermost=True)

    def encode(value: Any) -> bytes:
        out: list[str] = []
        write(value, out)
        return "".join(out).encode("utf-8")

    return encode


Writer = Callable[[Any, list[str]], None]


def _writer(node: Node, default: str, *, outermost: bool = False) -> Writer:
    """A writer of one element; raises EncodeError with the pointer below this element."""
    name = xml.qualified(node.tag)
    declared = f' xmlns:{xml.PREFIXES[xml.XSI]}="{xml.XSI}" xmlns="{default}"' if outermost else ""
    inside = node.item or node
    if node.kind == "array" and xml.namespace(inside.tag) == xml.CORE != xml.namespace(node.tag):
        declared = f' xmlns:{xml.PREFIXES[xml.CORE]}="{xml.CORE}"'
    start, end, nil = f"<{name}{declared}>", f"</{name}>", f'<{name}{declared} {xml.PREFIXES[xml.XSI]}:nil="true"/>'
    integer = node.kind == "integer"
    content = _array_content(node, default) if node.kind == "array" else None
    content = _object_content(node, default) if node.kind == "object" else content

    def write(value: Any, out: list[str]) -> None:
        if value is None:
            out.append(nil)
        elif content is None:
            out.append(f"{start}{scalar(whole(value) if integer else value)}{end}")
        else:
            out.append(start)
            content(value, out)
            out.append(end)

    return write


def _array_content(node: Node, default: str) -> Writer:
    assert node.item is not None
    write = _writer(node.item, default)

    def content(value: Any, out: list[str]) -> None:
        if not isinstance(value, list):
            raise EncodeError(f"an array is written here, not {typed(value)}", pointer="")
        for index, entry in enumerate(value):
            try:
                write(entry, out)
            except EncodeError as error:
                error.pointer = f"/{index}{error.pointer}"
                raise

    return content


def _object_content(node: Node, default: str) -> Writer:
    writers = tuple((key, _writer(sub, default)) for key, sub in node.members)
    known = frozenset(key for key, _ in writers)
    taken = frozenset(xml.local(sub.tag) for _, sub in node.members)

    def content(value: Any, out: list[str]) -> None:
        if not isinstance(value, dict):
            raise EncodeError(f"an object is written here, not {typed(value)}", pointer="")
        key = ""
        try:
            for key, write in writers:
                if key in value:
                    write(value[key], out)
            if not known.issuperset(value):
                for key in value:
                    if key not in known:
                        out.append(_stranger(xml.name(key, ""), value[key], taken))
        except EncodeError as error:
            error.pointer = f"/{escape(key)}{error.pointer}"
            raise

    return content


def _stranger(name: str, value: Any, taken: frozenset[str]) -> str:
    """The element of a member that the documentation does not show."""
    if name in taken:
        raise EncodeError(f"in XML {name!r} would be read as another member", pointer="")
    return f'<{name} {xml.PREFIXES[xml.XSI]}:nil="true"/>' if value is None else f"<{name}>{scalar(value)}</{name}>"


# ---- reading what is known to be valid -------------------------------------------------------------------------------


def fast(node: Node, element: Any) -> Any:
    """The value of an element that an XSD has accepted. Undefined for anything else."""
    if node.nullable and is_nil(element):
        return None
    if node.kind == "object":
        places = node.places
        value = {}
        for child in element:
            _, key, sub = places[child.tag]
            value[key] = fast(sub, child)
        return value
    if node.kind == "array":
        item = node.item
        assert item is not None
        return [fast(item, child) for child in element]
    return parse(node.kind, element.text or "", collapse=node.collapse)


# ---- reading anything ------------------------------------------------------------------------------------------------


def read(root: Node, element: Any) -> tuple[Any, list[BodyProblem]]:
    """The value of a document element as far as it can be told, and what is structurally wrong with it.

    Namespaces that differ are one problem a document, not one an element, and the order of elements one a parent.
    """
    problems: list[BodyProblem] = []
    strays: list[tuple[str, str, str, str]] = []
    at = "/" + xml.qualified(element.tag)
    if xml.local(element.tag) != xml.local(root.tag):
        expected = xml.qualified(root.tag)
        problems.append(
            BodyProblem("xml.root", f"the document element is {xml.qualified(element.tag)}, not {expected}", "", at,
                    f"element {expected}", f"element {xml.qualified(element.tag)}")
        )  # fmt: skip
        if not any(xml.local(child.tag) == xml.local(node.tag) for child in element for _, node in root.members):
            return {}, problems
    elif element.tag != root.tag:
        strays.append((element.tag, root.tag, "", at))
    value = _Reader(problems, strays).value(root, element, "", at)
    if strays:
        actual, wanted, pointer, xpath = strays[0]
        more = f", and {len(strays) - 1} more like it" if len(strays) > 1 else ""
        problems.append(
            BodyProblem(
                "xml.namespace",
                f"{xml.local(actual)} is in {_space(actual)}{more}",
                pointer,
                xpath,
                f"namespace {xml.namespace(wanted)}",
                _space(actual),
            )
        )
    return value, problems


def _space(tag: str) -> str:
    return f"namespace {xml.namespace(tag)}" if xml.namespace(tag) else "no namespace"


class _Reader:
    """Reads leniently and notes what is wrong; holds the two lists that it appends to."""

    def __init__(self, problems: list[BodyProblem], strays: list[tuple[str, str, str, str]]) -> None:
        self.problems = problems
        self.strays = strays

    def value(self, node: Node, element: Any, pointer: str, xpath: str) -> Any:
        self._attributes(element, pointer, xpath)
        if is_nil(element):
            if len(element) or (element.text or ""):
                self._note("xml.structure", "an element with i:nil has content", pointer, xpath, "nothing", "content",
                           rule="nil")  # fmt: skip
            return None
        if node.kind in ("object", "array"):
            self._no_text(element, pointer, xpath)
            return self._object(node, element, pointer, xpath) if node.kind == "object" else self._array(
                node, element, pointer, xpath
            )  # fmt: skip
        if len(element):
            found = xml.qualified(element[0].tag)
            self._note("xml.structure", f"{xml.qualified(element.tag)} holds elements", pointer, xpath, "text",
                       f"element {found}")  # fmt: skip
        return parse(node.kind, element.text or "", collapse=node.collapse)

    def _object(self, node: Node, element: Any, pointer: str, xpath: str) -> dict[str, Any]:
        value: dict[str, Any] = {}
        last, ordered = -1, True
        locals_ = {xml.local(tag): place for tag, place in node.places.items()}
        for child, path in _children(element, xpath):
            place = node.places.get(child.tag) or locals_.get(xml.local(child.tag))
            if place is None:
                below, found = f"{pointer}/{escape(xml.local(child.tag))}", xml.qualified(child.tag)
                self._note("schema.unknown", f"the element {found} is not documented here", below, path,
                           "no such element", f"element {found}")  # fmt: skip
                continue
            index, key, sub = place
            below = f"{pointer}/{escape(key)}"
            if child.tag != sub.tag:
                self.strays.append((child.tag, sub.tag, below, path))
            if key in value:
                found = xml.qualified(child.tag)
                self._note("xml.structure", f"{found} stands twice", below, path, "one element", "two", rule="repeated")
                continue
            if index < last and ordered:
                ordered = False
                names = ", ".join(xml.local(sub.tag) for _, sub in node.members)
                self._note("xml.order", f"{xml.local(child.tag)} stands after what should follow it", below, path,
                           f"sequence {names}", f"{xml.local(child.tag)} later")  # fmt: skip
            last = max(last, index)
            value[key] = self.value(sub, child, below, path)
        return value

    def _array(self, node: Node, element: Any, pointer: str, xpath: str) -> list[Any]:
        item = node.item
        assert item is not None
        value: list[Any] = []
        for child, path in _children(element, xpath, items=True):
            below = f"{pointer}/{len(value)}"
            if xml.local(child.tag) != xml.local(item.tag):
                wanted, found = xml.qualified(item.tag), xml.qualified(child.tag)
                # Whoever reads by type skips it, and so loses an entry.
                self._note("xml.structure", f"{found} stands where only {wanted} is documented", below, path,
                           f"element {wanted}", f"element {found}")  # fmt: skip
                continue
            if child.tag != item.tag:
                self.strays.append((child.tag, item.tag, below, path))
            value.append(self.value(item, child, below, path))
        return value

    def _attributes(self, element: Any, pointer: str, xpath: str) -> None:
        for name, text in xml.attributes(element):
            if name == xml.NIL and text.strip(BLANK) in ("true", "false", "1", "0"):
                continue
            shown = xml.qualified(name)
            self._note("xml.structure", f"the attribute {shown} is not documented", pointer, f"{xpath}/@{shown}",
                       "no attribute", f"attribute {shown}", rule="attribute")  # fmt: skip

    def _no_text(self, element: Any, pointer: str, xpath: str) -> None:
        texts = [element.text, *(child.tail for child in element)]
        stray = next((text.strip(BLANK) for text in texts if text and text.strip(BLANK)), "")
        if stray:
            self._note("xml.structure", "text stands between elements", pointer, xpath, "elements only", typed(stray),
                       rule="text")  # fmt: skip

    def _note(
        self, kind: str, message: str, pointer: str, xpath: str, expected: str, actual: str, rule: str = ""
    ) -> None:
        note(self.problems, BodyProblem(kind, message, pointer, xpath, expected, actual, rule=rule))


def _children(element: Any, xpath: str, *, items: bool = False) -> Iterator[tuple[Any, str]]:
    """Child elements with their XPath; a position only where a name stands more than once, and for items of a list."""
    counts: dict[str, int] = {}
    totals: dict[str, int] = {}
    for child in element:
        totals[child.tag] = totals.get(child.tag, 0) + 1
    for child in element:
        counts[child.tag] = counts.get(child.tag, 0) + 1
        name = xml.qualified(child.tag)
        plain = totals[child.tag] == 1 and not items
        yield child, f"{xpath}/{name}" if plain else f"{xpath}/{name}[{counts[child.tag]}]"


def xpath_of(root: Node, pointer: str) -> str:
    """The XPath, in the names of the documentation, of a place given as JSON Pointer.

    Where the place has no element, it is that of the nearest known parent.
    """
    node: Node | None = root
    path = "/" + xml.qualified(root.tag)
    for part in pointer.split("/")[1:]:
        assert node is not None
        if node.kind == "array" and node.item is not None and part.isascii() and part.isdigit():
            node = node.item
            path += f"/{xml.qualified(node.tag)}[{int(part) + 1}]"
            continue
        child = next((sub for key, sub in node.members if escape(key) == part), None)
        if child is None:
            return path
        node = child
        path += f"/{xml.qualified(node.tag)}"
    return path
