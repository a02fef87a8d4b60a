"""Templates of bodies, generated: a pattern for the whole text, and a function that makes the value of its groups.

A template is made of one body that is valid. Every text that its pattern takes has the same names in the same places,
and values that are valid, so that neither parser nor schema has to see it. XML texts are cut into tags and texts first,
see `skeletons`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from leadproof.bodies.leaves import ATTRIBUTE, TEXT, Checker, Forms, Leaf, Unusual, leaf, number
from leadproof.bodies.lexical import is_nil
from leadproof.bodies.requests import SEPARATOR, RequestForm
from leadproof.bodies.responses import Node
from leadproof.contract.specs import Schema
from leadproof.core import lazy

#: Members of a schema for an object or a list that say nothing but which names and entries there are.
_STRUCTURAL = {"type", "properties", "required", "additionalProperties", "items", "minItems", "maxItems", "description",
               "title", "example", "xml", "default"}  # fmt: skip

_GAP = r"[ \t\n]*+"

#: Of JSON: a name, a text, a number, a truth value, null.
TOKEN = lazy.pattern(
    r'("[^"\\\x00-\x1f]*+"[ \t\n\r]*+:)|"([^"\\\x00-\x1f]*+)"|(-?[0-9][0-9.eE+-]*+)|(true|false)|(null)'
)
_KINDS = {2: "string", 3: "number", 4: "boolean"}


#: Makes the value of a body and its form of the groups of a match; None where the schema does not take a value.
Make = Callable[[tuple[str, ...]], tuple[Any, tuple[Any, ...]] | None]

#: Values in a body of which a template is made: to compile one of thousands takes seconds.
MOST = 300


class Template(NamedTuple):
    """Reads the bodies of one form."""

    match: Callable[[str], re.Match[str] | None]
    make: Make


class _Source:
    """A function that is being written: it takes texts, and gives a value and its form."""

    def __init__(self, number_of_form: int, forms: Forms | None, checker: Checker) -> None:
        self.forms = forms
        self._number, self._checker = number_of_form, checker
        self._texts = 0
        self._lines: list[str] = []
        self._checks: list[str] = []
        self._form: list[str] = []
        self._functions: dict[str, Any] = {"number": number, **(forms.functions if forms is not None else {})}

    def read(self, read: Leaf, schema: Schema, name: str) -> str:
        """The expression of a value whose text is the next group.

        Raises:
            Unusual: It is one too many.
        """
        if self._texts >= MOST:
            raise Unusual
        text, value = f"t{self._texts}", f"v{self._texts}"
        self._texts += 1
        if read.value == "{0}":
            value = text
        else:
            self._lines.append(f"{value}={read.value.format(text)}")
        if read.asked:
            check = f"ok{len(self._functions)}"
            self._functions[check] = self._checker(schema)
            self._checks.append(f"{check}({value})")
        if self.forms is not None and (said := self.forms.leaf(schema, name, value)):
            self._form.append(said)
        return value

    def told_apart(self, values: list[str]) -> None:
        """Whether so many values differ is a part of the form."""
        if len(values) > 1:
            self._form.append(f"len({{{','.join(values)}}})=={len(values)}")

    def function(self, value: str) -> Make:
        """The function, for the expression of the whole value."""
        texts = "".join(f"t{index}," for index in range(self._texts))
        lines = [f"{texts}=texts"] if texts else []
        lines += self._lines
        if self._checks:
            lines.append(f"if not ({' and '.join(self._checks)}): return None")
        lines.append(f"return {value},({self._number},{''.join(part + ',' for part in self._form)})")
        space = dict(self._functions)
        exec("def make(texts):\n " + "\n ".join(lines), space)  # of names of the schema, written as literals
        made: Make = space["make"]
        return made


class _Written(NamedTuple):
    """A value as a Python expression."""

    source: str
    #: That of the member by which it is told apart from the other entries of its list.
    identifier: str = ""


def _object(members: dict[str, _Written], forms: Forms | None) -> _Written:
    source = ",".join(f"{key!r}:{sub.source}" for key, sub in members.items())
    found = members.get(forms.identifier) if forms is not None else None
    return _Written(f"{{{source}}}", found.source if found else "")


def _list(entries: list[_Written], source: _Source) -> _Written:
    source.told_apart([one.identifier for one in entries if one.identifier])
    return _Written(f"[{','.join(one.source for one in entries)}]")


def _structural(schema: Schema) -> None:
    if any(key not in _STRUCTURAL and not key.startswith("x-") for key in schema):
        raise Unusual


# ---- JSON ------------------------------------------------------------------------------------------------------------


def of_json(schema: Schema, value: Any, text: str, number: int, forms: Forms | None, checker: Checker) -> Template:
    """The template of a valid JSON text without backslashes, in which each member is named once.

    Args:
        schema: Of the body.
        value: Of the text.
        text: The text.
        number: Of the form, in what the function gives.
        forms: What else belongs to a form; None for nothing.
        checker: For what patterns cannot tell.

    Raises:
        Unusual: It is not worth the trouble.
    """
    source = _Source(number, forms, checker)
    tokens = (token for token in TOKEN.finditer(text) if token.lastindex != 1)
    pattern = list[str]()
    at = 0

    def walk(schema: Schema, value: Any, name: str) -> _Written:
        nonlocal at
        if isinstance(value, dict):
            _structural(schema)
            known, more = schema.get("properties", {}), schema.get("additionalProperties")
            members = {}
            for key, sub in value.items():
                below = known.get(key, more)
                if not isinstance(below, dict):
                    raise Unusual
                members[key] = walk(below, sub, key)
            return _object(members, forms)
        if isinstance(value, list):
            _structural(schema)
            return _list([walk(schema["items"], entry, name) for entry in value], source)
        token = next(tokens)
        if value is None:
            return _Written("None")
        kind = _KINDS[token.lastindex or 0]
        read = leaf(schema, kind, TEXT["json"])
        mark = '"' if kind == "string" else ""
        pattern.append(f"{re.escape(text[at : token.start()])}{mark}({read.pattern}){mark}")
        at = token.end()
        return _Written(source.read(read, schema, name))

    whole = walk(schema, value, "")
    pattern.append(re.escape(text[at:]))
    return Template(re.compile("".join(pattern)).fullmatch, source.function(whole.source))


# ---- XML -------------------------------------------------------------------------------------------------------------


def of_xml(
    root: Node | RequestForm, schema: Schema, tree: Any, tags: list[str], number: int, forms: Forms | None,
    checker: Checker,
) -> Template:  # fmt: skip
    """The template of a valid XML document.

    Args:
        root: What the names mean.
        schema: Of the body.
        tree: The document element.
        tags: All between `<` and `>`; of a request with `""` for the value of each attribute.
        number: Of the form, in what the function gives.
        forms: What else belongs to a form; None for nothing.
        checker: For what patterns cannot tell.

    Raises:
        Unusual: It is not worth the trouble.
    """
    source = _Source(number, forms, checker)
    texts = _Tags(tags, isinstance(root, RequestForm))
    if isinstance(root, RequestForm):
        whole = _request(root, schema, tree, texts, source)
    else:
        whole = _element(root, schema, tree, texts, source, "")
    return Template(re.compile(texts.pattern()).fullmatch, source.function(whole.source))


class _Tags:
    """Walks the tags of a document in the order in which the elements of its tree begin.

    Args:
        tags: All of them.
        attributed: Are the values of attributes taken out of them?
    """

    def __init__(self, tags: list[str], attributed: bool) -> None:
        self.attributed = attributed
        self._tags = tags
        self._at = -1
        #: Patterns of the texts that are read, by the tag before them, and of attributes, by their tag.
        self._texts: dict[int, str] = {}
        self._values: dict[int, list[str]] = {}

    def next(self) -> None:
        """On to the next tag that begins an element."""
        self._at += 1
        while self._tags[self._at].startswith("/"):
            self._at += 1

    @property
    def closed(self) -> bool:
        """Is it an empty-element tag?"""
        return self._tags[self._at].endswith("/")

    def attributes(self) -> Iterator[str]:
        """The names of the element's attributes; each is read before the next one is asked for."""
        for piece in self._tags[self._at].split('""')[:-1]:
            yield piece.split()[-1].removesuffix("=")

    def value(self, pattern: str) -> None:
        """The pattern of an attribute's value."""
        self._values.setdefault(self._at, []).append(f'"({pattern})"')

    def text(self, pattern: str) -> None:
        """The pattern of the element's text.

        Raises:
            Unusual: The element has attributes.
        """
        if self.attributed and '"' in self._tags[self._at]:
            raise Unusual
        self._texts[self._at] = f"({pattern})"

    def pattern(self) -> str:
        """The pattern of the whole document."""
        parts = []
        for index, tag in enumerate(self._tags):
            pieces = list(map(re.escape, tag.split('""'))) if self.attributed else [re.escape(tag)]
            values = self._values.get(index, [])
            if len(pieces) != len(values) + 1:
                raise Unusual
            whole = pieces[0] + "".join(value + piece for value, piece in zip(values, pieces[1:], strict=True))
            parts.append(f"<{whole}>{self._texts.get(index, _GAP)}")
        return "".join(parts)


def _element(node: Node, schema: Schema, element: Any, tags: _Tags, source: _Source, name: str) -> _Written:
    tags.next()
    if node.nullable and is_nil(element):
        if not tags.closed:
            raise Unusual  # what is null may not even hold white space
        return _Written("None")
    if node.kind == "object":
        _structural(schema)
        members = {}
        for child in element:
            _, key, sub = node.places[child.tag]
            members[key] = _element(sub, schema["properties"][key], child, tags, source, key)
        return _object(members, source.forms)
    if node.kind == "array":
        assert node.item is not None
        _structural(schema)
        items: Schema = schema["items"]
        return _list([_element(node.item, items, child, tags, source, name) for child in element], source)
    return _text(node, schema, tags, source, name)


def _text(node: Node, schema: Schema, tags: _Tags, source: _Source, name: str) -> _Written:
    read = leaf(schema, node.kind, TEXT["xml"], strip=node.collapse)
    if tags.closed:
        if node.kind != "string" or read.pattern != TEXT["xml"]:
            raise Unusual
        return _Written("''")
    tags.text(read.pattern)
    return _Written(source.read(read, schema, name))


def _request(form: RequestForm, schema: Schema, root: Any, tags: _Tags, source: _Source) -> _Written:
    """The same of a request; `requests.fast` says what is usual."""
    of_source = schema["properties"]["source"]
    of_lead = schema["properties"]["leads"]["items"]["properties"]
    for one in (schema, of_source, schema["properties"]["leads"], *of_lead.values()):
        _structural(one)
    tags.next()
    hoisted = _members(form.by_source, of_source, tags, source)
    leads = []
    for lead in root:
        tags.next()
        properties = _members(form.by_attribute, of_lead["properties"], tags, source)
        fields = dict[str, _Written]()
        for child in lead:
            tags.next()
            key, node = form.by_element.get(child.tag, (child.tag, None))
            target = fields if node is None else properties
            if key in target or len(child):
                raise Unusual
            below = of_lead["properties"]["properties"].get(key) if node is not None else None
            below = below or of_lead["fields"].get("additionalProperties")
            target[key] = _text(node or _FIELD, below, tags, source, key)
        members = {"properties": _object(properties, source.forms), "fields": _object(fields, source.forms)}
        leads.append(_object(members, source.forms))
    return _object({"source": _object(hoisted, source.forms), "leads": _list(leads, source)}, source.forms)


_FIELD = Node("", "string")


def _members(known: dict[str, tuple[str, Node]], schema: Schema, tags: _Tags, source: _Source) -> dict[str, _Written]:
    found = {}
    for name in tags.attributes():
        if name not in known:
            raise Unusual
        key, node = known[name]
        below = schema["properties"][key]
        if node.kind == "array":
            read = Leaf(ATTRIBUTE, f"({{0}}.split({SEPARATOR!r}) if {{0}} else [])", True)
        else:
            read = leaf(below, node.kind, ATTRIBUTE, strip=node.collapse)
        tags.value(read.pattern)
        found[key] = _Written(source.read(read, below, key))
    return found
