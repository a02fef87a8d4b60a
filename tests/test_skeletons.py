"""Bodies of a known form: what a template reads is what parser and schema say, and it reads nothing else."""

from __future__ import annotations

import random
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadproof import bodies
from leadproof.bodies.skeletons import OFTEN, Skeletons
from leadproof.contract import profile, specs
from leadproof.core.operations import CELLS, OPERATIONS
from leadproof.generate.leads import LeadMaker
from leadproof.http.client import compose
from leadproof.judge.forms import REQUESTS, RESPONSES
from leadproof.mock import Mock

POSTING = profile.load(None)
SPEC = specs.load()
#: Of which the templates are forgotten before a body is read.
FRESH = specs.Specification(dict(SPEC.choices))
Body = tuple[str, str, str, bytes]


def traffic() -> list[Body]:
    """Operation, direction, format and bytes of what a client sends to the mock, and gets."""
    mock, maker, found = Mock(POSTING, clock=lambda: 1_796_000_000.0), LeadMaker(POSTING), list[Body]()
    credentials = (("api-key", POSTING.credentials.api_keys[0]),)
    for number, (operation, fmt) in enumerate((cell for cell in CELLS if OPERATIONS[cell[0]].body), 1):
        for refused in (False, True):
            if operation == "update_lead":
                continue
            value, _ = maker.request(operation, (number,), refused=refused)
            body = bodies.encode_request(operation, fmt, value)
            row = OPERATIONS[operation]
            response = mock.handle(compose(row.method, row.path, fmt=fmt, body=body, credentials=credentials))
            found += [(operation, "request", fmt, body), (operation, "response", fmt, response.body)]
    return found


BODIES = traffic()
#: What a value is replaced by: of another type, on the edge of it, escaped, of other characters.
OTHERS = (
    "", " ", "0", "00", "-1", "+7", "1.0", "12.50", "1e5", "9" * 16, "1_0", "NaN", "true", "True", "null", '"', '""',
    '"x"', '"a\\"b"', '"\\u0041"', '"\\/"', '":"', '"é"', '"\u0663"', '"\ud7ff"', "x", "x y", " x", "&amp;",
    "&", "<b/>",
    "<!-- x -->", "<![CDATA[x]]>", "]]>", ">", "\r", "\t", "\N{LINE SEPARATOR}", "\ufffe", "\x01", "é",
    "No_Error", "1|2", "|",
    "https://host.example/x", "http:///x", "2024-08-29T16:25:12Z", "2024-13-29T16:25:12Z",
    "0f067c3e-df66-48ea-a607-378054a4c2a5", '"0f067c3e-df66-48ea-a607-378054a4c2a5"', '{"a":1}', "[]", '"a":1,"a"',
)  # fmt: skip


def skeletons(operation: str, direction: str, fmt: str) -> Skeletons:
    forms, _ = RESPONSES if direction == "response" else REQUESTS
    return bodies._skeletons(operation, direction, fmt, SPEC, forms)


def parsed(operation: str, direction: str, fmt: str, data: bytes) -> bodies.Decoded | None:
    """What parser and schema say of a body; None if it cannot be read, or is not valid."""
    FRESH._made.pop(("skeletons", operation, direction), None)
    read = bodies.read_response if direction == "response" else bodies.read_request
    try:
        decoded = read(operation, fmt, data, FRESH)
    except bodies.BodyError:
        return None
    valid = not decoded.problems and SPEC.verdict(operation, direction, fmt).is_valid(decoded.value)
    return decoded if decoded.valid or (fmt == "json" and valid) else None


def taught(operation: str, direction: str, fmt: str, data: bytes) -> Skeletons:
    known, decoded = skeletons(operation, direction, fmt), parsed(operation, direction, fmt, data)
    if decoded is not None:
        for _ in range(OFTEN):
            known.learn(data, decoded.value, decoded.tree)
    return known


def same(value: Any) -> Any:
    """A value in which 1, 1.0 and true differ."""
    if isinstance(value, dict):
        return {key: same(sub) for key, sub in value.items()}
    if isinstance(value, list):
        return [same(sub) for sub in value]
    return type(value).__name__, value


def held(body: Body, known: Skeletons, data: bytes) -> bool:
    """What a template reads is what the parser reads; was it read by one?"""
    read = known.read(data)
    if read is None:
        return False
    decoded = parsed(*body[:3], data)
    assert decoded is not None, data
    assert same(read[0]) == same(decoded.value), data
    assert list(read[0]) == list(decoded.value), data
    return True


def test_most_of_what_is_valid_is_read_by_a_template() -> None:
    valid = [body for body in BODIES if parsed(*body) is not None]

    read = [body for body in valid if held(body, taught(*body), body[3])]

    assert len(valid) > 40
    assert len(read) == len(valid)


PLACES = {
    "json": re.compile(r'(?<=:)("[^"]*"|[\d.]+|true|false|null)'),
    "xml": re.compile(r'(?<=>)[^<>]*(?=</)|(?<=")[^"]*(?=")'),
}


@pytest.mark.parametrize("other", OTHERS)
def test_whatever_stands_in_a_known_form_is_read_as_by_the_parser(other: str) -> None:
    chance = random.Random(other)
    for body in BODIES:
        known, text = taught(*body), body[3].decode()
        places = list(PLACES[body[2]].finditer(text))
        for place in chance.sample(places, min(len(places), 6)):
            held(body, known, (text[: place.start()] + other + text[place.end() :]).encode("utf-8", "surrogatepass"))


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_whatever_is_changed_anywhere_is_read_as_by_the_parser(data: st.DataObject) -> None:
    body = data.draw(st.sampled_from(BODIES))
    text = body[3].decode()
    at = data.draw(st.integers(0, len(text)))
    length = data.draw(st.integers(0, 3))
    other = data.draw(st.sampled_from((*OTHERS, ",", "}", "{", "[", "<", "/", "'", " ", "\n", ":", " :", '"a"=')))

    held(body, taught(*body), (text[:at] + other + text[at + length :]).encode("utf-8", "surrogatepass"))


def test_a_member_that_is_named_twice_is_no_known_form() -> None:
    for operation, direction, fmt, data in BODIES:
        if fmt == "json":
            known = taught(operation, direction, fmt, data)
            for name in re.findall(rb'"(\w+)":', data):
                assert known.read(data.replace(b'"' + name + b'":', b'"' + name + b'":0,"' + name + b'":', 1)) is None


def test_attributes_of_another_name_or_twice_are_no_known_form() -> None:
    operation, direction, fmt, data = next(one for one in BODIES if one[1:3] == ("request", "xml"))
    known = taught(operation, direction, fmt, data)
    assert known.read(data) is not None

    for other in (
        data.replace(b' vid="', b' VID="', 1),
        data.replace(b' vid="', b' vid="1" vid="', 1),
        data.replace(b' vid="', b" vid='", 1),
        data.replace(b' vid="', b' xmlns="urn:x" vid="', 1),
        data.replace(b' vid="1001"', b' vid="10\t01"', 1),
        data.replace(b"<Lead ", b"<Lead  ", 1),
        data.replace(b"<Lead ", b"<lead ", 1),
    ):
        assert known.read(other) is None, other


@pytest.mark.parametrize("encoding", ["utf-8", "UTF-8"])
def test_an_xml_declaration_changes_nothing(encoding: str) -> None:
    for operation, direction, fmt, data in BODIES:
        if fmt == "xml" and parsed(operation, direction, fmt, data) is not None:
            known = taught(operation, direction, fmt, data)
            declared = f'<?xml version="1.0" encoding="{encoding}"?>\n'.encode() + data
            assert held((operation, direction, fmt, data), known, declared)
            assert known.read(declared.replace(encoding.encode(), b"utf-16")) is None


def test_names_of_people_are_read_in_any_letters() -> None:
    operation, direction, fmt, data = next(one for one in BODIES if one[1:3] == ("request", "json"))
    name = re.search(rb'"FirstName":"(\w+)"', data)
    assert name is not None
    for letters in ("Zoë", "佐藤", "🙂", "O'Neil", "a:b", ":x"):
        other = data.replace(name[1], letters.encode(), 1)
        assert held((operation, direction, fmt, data), taught(operation, direction, fmt, data), other), letters


def test_forms_without_end_are_not_remembered_without_end() -> None:
    operation, direction, fmt, data = next(one for one in BODIES if one[1:3] == ("request", "json"))
    known, value = skeletons(operation, direction, fmt), parsed(operation, direction, fmt, data)
    assert value is not None
    for number in range(1_500):
        other = data.replace(b'"fields":{', b'"fields":{"Made up %d":"x",' % number, 1)
        again = parsed(operation, direction, fmt, other) if number < 300 else None
        for _ in range(OFTEN):
            known.learn(other, again.value if again is not None else value.value)

    assert len(known._templates) <= 256
    assert len(known._met) <= 1_024


@pytest.mark.parametrize("fmt", ["json", "xml"])
def test_a_body_of_thousands_of_values_gets_no_template(fmt: str) -> None:
    value, _ = LeadMaker(POSTING).request("create_lead", (1,))
    value["leads"][0]["fields"] |= {f"More{number}": "x" for number in range(2_000)}
    data = bodies.encode_request("create_lead", fmt, value)
    known = taught("create_lead", "request", fmt, data)

    assert known.read(data) is None
    assert not known._templates
