"""Bodies of a form that was met before, read without parser and schema.

A program writes bodies of a few forms, again and again: the same names in the same order, with other values between
them. Of each form the first bodies go the long way (parser, schema, XSD). If they are right, the *skeleton* (the body
without its values) is remembered with a template, which takes other bodies of that form as long as their values are
plain beyond doubt and valid.

Whatever is not (escapes, entities, comments, CDATA, carriage returns, other encodings, a `>` within text) goes the long
way, and so does everything that is wrong: nothing here explains.
"""

from __future__ import annotations

from contextlib import suppress
from itertools import count
from typing import Any

from leadproof.bodies.leaves import Checker, Forms, Unusual
from leadproof.bodies.problems import MAX_BODY
from leadproof.bodies.requests import RequestForm
from leadproof.bodies.responses import Node
from leadproof.bodies.templates import TOKEN, Template, of_json, of_xml
from leadproof.contract.specs import Schema

#: Forms that are remembered of one operation; a hostile service may make up new ones without end.
MOST = 256
#: How often a form has to be met before its template is made, which costs as much as reading a hundred bodies: forms of
#: generated bodies come a few times and never again.
OFTEN = 5
#: Forms that were met last, which are tried before the skeleton is looked for.
RECENT = 3

#: What is deleted to see what a document is made of: all that may stand in it, but for `<` and `>`. Control characters
#: that XML 1.0 has no form for, carriage returns (section 2.11) and ampersands stay, and spoil the picture.
_HARMLESS = bytes(sorted((set(range(0x20, 0x100)) | {0x09, 0x0A}) - set(b"<>&")))

#: XML declarations that change nothing, behind which a document begins.
_DECLARATIONS = tuple(
    f'<?xml version="1.0"{encoding}?>{end}'
    for encoding in (' encoding="utf-8"', ' encoding="UTF-8"', "")
    for end in ("\n", "")
)

#: What stands for a value in the skeleton of a JSON text; names and null stay.
_MARKS = {2: '""', 3: "0", 4: "?"}

#: A value and its form.
Read = tuple[Any, tuple[Any, ...]]


class Skeletons:
    """The forms of one operation's bodies in one representation.

    Args:
        schema: Of the bodies.
        root: What the names in XML mean; None for JSON.
        checker: Makes the function that asks the schema.
        forms: What belongs to the form of a body besides its names; None if nobody asks for forms.
    """

    def __init__(
        self, schema: Schema, root: Node | RequestForm | None, checker: Checker, forms: Forms | None = None
    ) -> None:
        self._schema, self._root, self._checker, self._forms = schema, root, checker, forms
        self._templates: dict[str, Template] = {}
        self._met: dict[str, int] = {}
        self._recent: list[Template] = []
        #: Below zero: whoever tells forms in another way counts up.
        self._numbers = count(-1, -1)

    def read(self, data: bytes) -> Read | None:
        """The value of a body of a known form, which is valid, and its form; None for any other body."""
        text = self._text(data)
        if text is None:
            return None
        for template in self._recent:
            if found := template.match(text):
                return template.make(found.groups())
        skeleton = self._skeleton(text) if self._templates else None
        known = self._templates.get(skeleton) if skeleton is not None else None
        if known is None or known in self._recent:
            return None
        self._recent.insert(0, known)
        del self._recent[RECENT:]
        found = known.match(text)
        return known.make(found.groups()) if found else None

    def learn(self, data: bytes, value: Any, tree: Any = None) -> None:
        """Remembers the form of a body that is right in every respect.

        Args:
            data: The body.
            value: Its value.
            tree: Its document element, accepted by the XSD and without attributes but those that are read, and i:nil.
        """
        if len(self._templates) >= MOST or len(self._met) >= 4 * MOST:
            return
        text = self._text(data)
        skeleton = self._skeleton(text) if text is not None else None
        if text is None or skeleton is None or skeleton in self._templates:
            return
        self._met[skeleton] = self._met.get(skeleton, 0) + 1
        if self._met[skeleton] != OFTEN:
            return
        about = next(self._numbers), self._forms, self._checker
        with suppress(Unusual):
            if self._root is None:
                made = of_json(self._schema, value, text, *about)
            else:
                made = of_xml(self._root, self._schema, tree, skeleton.split("<"), *about)
            if (found := made.match(text)) and (again := made.make(found.groups())) and again[0] == value:
                self._templates[skeleton] = made

    def _text(self, data: bytes) -> str | None:
        if len(data) > MAX_BODY:
            return None
        try:
            text = data.decode()
        except UnicodeDecodeError:
            return None
        if self._root is None:
            return None if "\\" in text else text
        if text[:2] == "<?":
            known = next((one for one in _DECLARATIONS if text.startswith(one)), None)
            text = text[len(known) :] if known is not None else ""
        return text if text[:1] == "<" else None

    def _skeleton(self, text: str) -> str | None:
        """A body without its values; None if they cannot be told apart by looking for their signs alone."""
        if self._root is None:
            return TOKEN.sub(lambda token: _MARKS.get(token.lastindex or 0) or token[0], text)
        signs = text.encode().translate(None, _HARMLESS)
        # As many of one as of the other, in turns: then each `<` begins a tag and each `>` ends it.
        if signs != b"<>" * (len(signs) // 2):
            return None
        tags = text.replace(">", "<").split("<")[1::2]
        skeleton = "<".join(tags)
        # In comments, CDATA and processing instructions the two signs mean nothing.
        if any(tag[:1] in ("!", "?") for tag in tags):
            return None
        if '"' not in skeleton or not isinstance(self._root, RequestForm):
            return skeleton
        pieces = skeleton.split('"')
        values = pieces[1::2]
        # A value that goes on behind its tag is none.
        if "'" in skeleton or len(pieces) % 2 == 0 or any("<" in value for value in values):
            return None
        return '""'.join(pieces[::2])
