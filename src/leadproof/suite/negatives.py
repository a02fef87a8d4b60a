"""Topic: requests that are wrong: not readable, or readable and against the documentation, in JSON and natively in XML.

Every row says what was changed. `tests` holds each of them against a second, independent reader, so that no "negative"
is a valid request after all.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from leadproof import bodies
from leadproof.core.exchange import Headers
from leadproof.suite.case import Case
from leadproof.suite.operations import BOTH
from leadproof.suite.story import CaseContext

Value = dict[str, Any]


def cases() -> Iterator[Case]:
    """The topic's table."""
    for operation in BOTH:
        for fmt, rows in (("json", MALFORMED_JSON), ("xml", MALFORMED_XML)):
            for words in rows:
                yield Case(
                    f"{operation}, {fmt}: {words}",
                    operation,
                    partial(malformed, operation, fmt, words),
                    ("unreadable_refusal",),
                    fmt,
                )
        for words in INVALID:
            if operation == "create_lead_sends" and words.partition(" ")[0] in ("vid", "lid", "source"):
                continue  # without its source it is a plain create: nothing else tells the two apart
            for fmt in ("json", "xml"):
                if fmt == "json" or words in IN_XML:
                    run = partial(invalid, operation, fmt, words)
                    yield Case(f"{operation}, {fmt}: {words}", operation, run, ("http_status", "refusal_expected"), fmt)
        for words in STRANGE_XML:
            yield Case(
                f"{operation}, xml: {words}", operation, partial(strange, operation, words), ("http_status",), "xml"
            )
    for words, (fmt, _, _) in ENCODED.items():
        yield Case(f"create_lead: {words}", "create_lead", partial(encoded, words), ("http_status",), fmt)
    for words, headers in MISLABELLED.items():
        yield Case(f"ping: {words}", "ping", partial(mislabelled, headers, words), ("unreadable_refusal",), "json")


# ---- bytes that cannot be read ---------------------------------------------------------------------------------------

#: What was done to a valid JSON text -> the bytes.
MALFORMED_JSON: dict[str, Callable[[bytes], bytes]] = {
    "cut off in the middle": lambda body: body[: len(body) // 2],
    "a comma after the last member": lambda body: body[:-1] + b",}",
    "single quotes": lambda body: body.replace(b'"', b"'"),
    "not UTF-8": lambda body: body.replace(b'"leads"', b'"leads\xff"'),
    "nothing at all": lambda body: b"",
    "a second text behind the first": lambda body: body + b"{}",
    "NaN as an identifier": lambda body: body.replace(b'"lid":', b'"lid":NaN,"x":', 1),
}

#: What was done to a valid XML document -> the bytes.
MALFORMED_XML: dict[str, Callable[[bytes], bytes]] = {
    "cut off in the middle": lambda body: body[: len(body) // 2],
    "a closing tag too few": lambda body: body.replace(b"</Lead>", b"", 1),
    "an attribute twice": lambda body: body.replace(b"<Leads ", b'<Leads vid="1" ', 1),
    "a bare ampersand": lambda body: body.replace(b"</Lead>", b"<Note>a & b</Note></Lead>", 1),
    "an entity that nobody declared": lambda body: body.replace(b"</Lead>", b"<Note>&nothing;</Note></Lead>", 1),
    "a document type declaration": lambda body: b'<!DOCTYPE Leads [<!ENTITY e "x">]>' + body,
    "a control character": lambda body: body.replace(b"</Lead>", b"<Note>\x01</Note></Lead>", 1),
    "declared as UTF-8 and is not": lambda body: (
        b'<?xml version="1.0" encoding="UTF-8"?>' + body.replace(b"</Lead>", b"<Note>\xe9</Note></Lead>", 1)
    ),
    "another document element": lambda body: b"<Deals>" + body + b"</Deals>",
    "the document element in a namespace": lambda body: body.replace(
        b"<Leads ", b'<Leads xmlns="urn:leadproof:other" ', 1
    ),
    "JSON under an XML label": lambda body: b'{"leads": []}',
}


#: What was done to a valid XML document, which stays one -> the bytes. No structure that the documentation shows has a
#: place for it; whether a service overlooks it is its own affair, but it may not break.
STRANGE_XML: dict[str, Callable[[bytes], bytes]] = {
    "text between the leads": lambda body: body.replace(b"<Lead ", b"stray<Lead ", 1).replace(
        b"<Lead>", b"stray<Lead>", 1
    ),
    "text between the fields": lambda body: body.replace(b"</Lead>", b"stray</Lead>", 1),
    "an element within a field": lambda body: body.replace(b"</Lead>", b"<Note><b>bold</b></Note></Lead>", 1),
    "an attribute of a field": lambda body: body.replace(b"</Lead>", b'<Note lang="en">a</Note></Lead>', 1),
    "a field twice": lambda body: body.replace(b"</Lead>", b"<Note>a</Note><Note>b</Note></Lead>", 1),
    "an attribute of Leads that nobody knows": lambda body: body.replace(b"<Leads ", b'<Leads undocumented="1" ', 1),
    "an attribute of a lead that nobody knows": lambda body: body.replace(
        b"<Lead ", b'<Lead undocumented="1" ', 1
    ).replace(b"<Lead>", b'<Lead undocumented="1">', 1),
    "an element beside the leads": lambda body: body.replace(b"</Leads>", b"<Deal/></Leads>"),
    "a lead in a namespace": lambda body: body.replace(b"<Lead ", b'<Lead xmlns="urn:leadproof:other" ', 1).replace(
        b"<Lead>", b'<Lead xmlns="urn:leadproof:other">', 1
    ),
    "vid as an element": lambda body: re.sub(rb' vid="(\d+)"(.*?)>', rb"\2><vid>\1</vid>", body, count=1),
    "leads within leads": lambda body: body.replace(b"</Leads>", b"<Leads/></Leads>"),
    "a number in Arabic digits": lambda body: re.sub(
        rb' vid="\d+"', ' vid="\u0661\u0660\u0660\u0661"'.encode(), body, count=1
    ),
}

#: Everything that generated documents are changed by.
CHANGES_XML = {**MALFORMED_XML, **STRANGE_XML}

#: The same request in other bytes than most send: representation, what is done, and what it is built for. Where a
#: service may refuse them, it may still not break.
ENCODED: dict[str, tuple[str, Callable[[bytes], bytes], str]] = {
    "a byte order mark, json": ("json", lambda body: b"\xef\xbb\xbf" + body, "unknown"),
    "a byte order mark, xml": ("xml", lambda body: b"\xef\xbb\xbf" + body, "unknown"),
    "UTF-16, json": ("json", lambda body: body.decode().encode("utf-16"), "unknown"),
    "UTF-16, xml": ("xml", lambda body: body.decode().encode("utf-16"), "unknown"),
    "ISO-8859-1, declared, xml": ("xml", lambda body: b'<?xml version="1.0" encoding="ISO-8859-1"?>' + body, "unknown"),
    "comments and instructions, xml": (
        "xml",
        lambda body: body.replace(b"<Lead", b"<!-- a --><?b c?><Lead", 1),
        "unknown",
    ),
    "an XML declaration": ("xml", lambda body: b'<?xml version="1.0" encoding="UTF-8"?>\n' + body, "accepted"),
    "white space between elements": ("xml", lambda body: body.replace(b"><", b">\r\n\t <"), "accepted"),
    "escaped characters in a name": ("json", lambda body: body.replace(b'"leads"', b'"\\u006ceads"'), "accepted"),
    "white space between members": (
        "json",
        lambda body: b"\r\n " + body.replace(b'"leads":', b'\n"leads" \t:\r\n') + b"\n",
        "accepted",
    ),
}


def malformed(operation: str, fmt: str, words: str, story: CaseContext) -> None:
    """A request that cannot be read: a client error, and nothing accepted."""
    value, _ = story.request(operation)
    change = (MALFORMED_JSON if fmt == "json" else MALFORMED_XML)[words]
    body = change(bodies.encode_request(operation, fmt, value))
    story.session.call(operation, fmt, body=body, intent="unreadable", what=words)


def strange(operation: str, words: str, story: CaseContext) -> None:
    """A document that can be read and has more in it than documented: overlooked or refused, but it breaks nothing."""
    value, _ = story.request(operation)
    body = STRANGE_XML[words](bodies.encode_request(operation, "xml", value))
    story.session.call(operation, "xml", body=body, intent="unknown", what=words)


def encoded(words: str, story: CaseContext) -> None:
    """A good request in other bytes than most send."""
    fmt, change, intent = ENCODED[words]
    value, _ = story.request("create_lead")
    body = change(bodies.encode_request("create_lead", fmt, value))
    story.session.call("create_lead", fmt, body=body, intent=intent, what=words)


#: What is said about the body -> headers. None takes a header away.
MISLABELLED: dict[str, Headers] = {
    "JSON labelled as XML": (("content-type", "application/xml"),),
    "JSON labelled as a picture": (("content-type", "image/png"),),
}


def mislabelled(headers: Headers, words: str, story: CaseContext) -> None:
    """A good body with a label that is not true."""
    value, _ = story.request("ping")
    story.session.call("ping", value=value, intent="unreadable", what=words, headers=headers)


# ---- values that are wrong -------------------------------------------------------------------------------------------


def _without(*path: str) -> Callable[[Value], Value]:
    def change(value: Value) -> Value:
        changed = copy.deepcopy(value)
        parent = _parent(changed, path)
        parent.pop(path[-1], None)
        return changed

    return change


def _with(content: Any, *path: str) -> Callable[[Value], Value]:
    def change(value: Value) -> Value:
        changed = copy.deepcopy(value)
        _parent(changed, path)[path[-1]] = content
        return changed

    return change


def _parent(value: Value, path: tuple[str, ...]) -> Any:
    parent: Any = value
    for part in path[:-1]:
        parent = parent[0] if part == "0" else parent[part]
    return parent


#: What was done to a valid request -> how.
INVALID: dict[str, Callable[[Value], Value]] = {
    "vid is missing": _without("source", "vid"),
    "lid is missing": _without("source", "lid"),
    "vid is below zero": _with(-1, "source", "vid"),
    "lid is no number": _with("auto", "source", "lid"),
    "vid is half a number": _with(1001.5, "source", "vid"),
    "vid is too large for any reader": _with(2**60, "source", "vid"),
    "source is missing": _without("source"),
    "leads is missing": _without("leads"),
    "leads is empty": _with([], "leads"),
    "leads is an object": _with({"fields": {}}, "leads"),
    "a lead is null": _with([None], "leads"),
    "fields is missing": _without("leads", "0", "fields"),
    "fields is a list": _with([], "leads", "0", "fields"),
    "a field holds a list": _with(["TX", "FL"], "leads", "0", "fields", "State"),
    "vid is true": _with(True, "source", "vid"),
    "vid is null": _with(None, "source", "vid"),
    "source is a list": _with([], "source"),
    "leads is text": _with("none", "leads"),
    "a lead is a number": _with([7], "leads"),
    "fields is text": _with("none", "leads", "0", "fields"),
    "properties is a list": _with([], "leads", "0", "properties"),
}

#: Those of them that XML has a form for.
IN_XML = {
    "vid is missing", "lid is missing", "vid is below zero", "lid is no number", "vid is half a number",
    "vid is too large for any reader", "leads is empty",
}  # fmt: skip


def invalid(operation: str, fmt: str, words: str, story: CaseContext) -> None:
    """A request that can be read and does not follow the documentation: refused in either way, never accepted."""
    value, _ = story.request(operation)
    body = bodies.encode_request(operation, fmt, INVALID[words](value))
    story.session.call(operation, fmt, body=body, intent="invalid", what=words)
