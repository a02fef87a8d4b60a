"""XML responses of a form that was met before, read without a parser.

A service writes responses of a few forms, again and again: the same tags in the same order, with other texts between
them. Of each form the first documents go the long way (parser, XSD, attributes). If they are right, the form's
*skeleton*, all bytes between `<` and `>`, is remembered with a function that makes a value of the texts; one with
the same skeleton has the same structure, to the byte, and only its texts are left to be judged, by the schema.

Whatever is not plain beyond doubt (entities, comments, CDATA, carriage returns, other encodings, a `>` within text)
goes the long way, and so does everything that is wrong: nothing here explains.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

from leadproof.bodies.lexical import is_nil, parse
from leadproof.bodies.responses import Node

#: Forms that are remembered of one operation; a hostile service may make up new ones without end.
MOST = 256
#: How often a form has to be met before its function is made, which costs as much as reading some documents.
OFTEN = 2

#: What is deleted to see what a document is made of: all that may stand in it, but for `<` and `>`. Control characters
#: that XML 1.0 has no form for, carriage returns (section 2.11) and ampersands stay, and spoil the picture.
_HARMLESS = bytes(sorted((set(range(0x20, 0x80)) | {0x09, 0x0A}) - set(b"<>&")))

Make = Callable[[Sequence[str]], Any]


@dataclass(frozen=True, slots=True)
class _Form:
    make: Make
    #: Pick the texts of the leaves, and those between elements, of which only white space is allowed.
    leaves: Callable[[Sequence[str]], tuple[str, ...]]
    gaps: Callable[[Sequence[str]], tuple[str, ...]]
    #: The whole document, with a group for the text of each leaf.
    match: Callable[[str], re.Match[str] | None]


@dataclass(slots=True)
class Skeletons:
    """The forms of one operation's responses."""

    root: Node
    _forms: dict[str, _Form] = field(default_factory=dict)
    _met: dict[str, int] = field(default_factory=dict)
    #: The form of the last document: the next one often has it too.
    _last: _Form | None = None

    def read(self, data: bytes) -> tuple[bool, Any]:
        """Whether a document has a known form, and its value."""
        if not data.isascii() or data[:1] != b"<":
            return False, None
        text = data.decode("ascii")
        if self._last is not None and (found := self._last.match(text)):
            return True, self._last.make(found.groups())
        cut = _cut(data, text)
        form = self._forms.get(cut[0]) if cut else None
        if cut is None or form is None or "".join(form.gaps(cut[1])).strip(" \t\n"):
            return False, None
        self._last = form
        return True, form.make(form.leaves(cut[1]))

    def learn(self, data: bytes, tree: Any) -> None:
        """Remembers the form of a document that is right in every respect.

        Args:
            data: The document.
            tree: Its document element, accepted by the XSD and without attributes but i:nil.
        """
        if len(self._forms) >= MOST or len(self._met) >= 4 * MOST:
            return
        cut = _cut(data, data.decode("ascii")) if data.isascii() and data[:1] == b"<" else None
        # In comments, CDATA and processing instructions the two signs mean nothing.
        if cut is None or cut[0] in self._forms or "<!" in cut[0] or "<?" in cut[0] or cut[0][0] in "!?":
            return
        self._met[cut[0]] = self._met.get(cut[0], 0) + 1
        if self._met[cut[0]] == OFTEN:
            with suppress(_Unusual):
                self._forms[cut[0]] = _made(self.root, tree, cut[0].split("<"))


def _cut(data: bytes, text: str) -> tuple[str, list[str]] | None:
    """Skeleton and texts of a document; None if they cannot be told apart by looking for `<` and `>` alone."""
    signs = data.translate(None, _HARMLESS)
    # As many of one as of the other, in turns: then each `<` begins a tag and each `>` ends it.
    if signs != b"<>" * (len(signs) // 2):
        return None
    parts = text.replace(">", "<").split("<")
    return "<".join(parts[1::2]), parts[2::2]


def _made(root: Node, tree: Any, tags: list[str]) -> _Form:
    """The functions for a form, generated: a literal with a place for each text, and a pattern."""
    places: list[int] = []
    source = _expression(root, tree, _Texts(tags), places)
    function: Make = eval(f"lambda t: {source}", dict(_READERS))  # of names of the schema, written as literals
    gaps = [index for index in range(len(tags)) if index not in places]
    pattern = "".join(f"<{re.escape(tag)}>{_TEXT if index in places else _GAP}" for index, tag in enumerate(tags))
    return _Form(function, _picker(places), _picker(gaps), re.compile(pattern).fullmatch)


#: Text that is as plain as `_HARMLESS`, and white space; possessive, so that nothing is ever tried twice.
_TEXT, _GAP = r"([ -%'-;=?-~\t\n]*+)", r"[ \t\n]*+"


def _picker(places: list[int]) -> Callable[[Sequence[str]], tuple[str, ...]]:
    return itemgetter(*places) if len(places) > 1 else lambda texts: tuple(texts[place] for place in places)


class _Unusual(Exception):
    """A form that is not worth the trouble."""


class _Texts:
    """Walks the tags of a skeleton in the order in which the elements of the tree begin."""

    def __init__(self, tags: list[str]) -> None:
        self._tags = tags
        self._at = -1

    def next(self) -> int | None:
        """Index of the text behind the next tag that begins an element; None where it is an empty-element tag."""
        self._at += 1
        while self._tags[self._at].startswith("/"):
            self._at += 1
        return None if self._tags[self._at].endswith("/") else self._at


def _expression(node: Node, element: Any, texts: _Texts, places: list[int]) -> str:
    """The value of an element as a Python expression over the texts `t`."""
    at = texts.next()
    if node.nullable and is_nil(element):
        if at is not None:
            raise _Unusual  # what is null may not even hold white space
        return "None"
    if node.kind == "object":
        members = []
        for child in element:
            _, key, sub = node.places[child.tag]
            members.append(f"{key!r}:{_expression(sub, child, texts, places)}")
        return "{" + ",".join(members) + "}"
    if node.kind == "array":
        assert node.item is not None
        return "[" + ",".join(_expression(node.item, child, texts, places) for child in element) + "]"
    if at is None:
        return repr(parse(node.kind, "", collapse=node.collapse))
    text = f"t[{len(places)}]"
    places.append(at)
    if node.kind == "string":
        return f"{text}.strip(' \\t\\n')" if node.collapse else text
    return f"{node.kind}({text})"


# ---- texts as `lexical.parse` reads them, the usual ones sooner ------------------------------------------------------


def _integer(text: str) -> Any:
    return int(text) if len(text) < 19 and text.isdigit() else parse("integer", text)


def _number(text: str) -> Any:
    whole, point, fraction = text.partition(".")
    if len(text) < 15 and whole.isdigit() and (fraction.isdigit() if point else True):
        return float(text) if fraction.strip("0") else int(whole)
    return parse("number", text)


def _boolean(text: str) -> Any:
    return True if text == "true" else False if text == "false" else parse("boolean", text)


_READERS: dict[str, Callable[[str], Any]] = {"integer": _integer, "number": _number, "boolean": _boolean}
