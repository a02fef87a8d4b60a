"""Where members stand in a text: every place of a value is found, and what is broken is read as far as it goes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from leadproof.bodies.places import DEEPEST, find, json_places, plain_path, xml_places
from leadproof.bodies.problems import escape
from leadproof.web.reflow import reflowed

_NAMES = st.text('ab/~"\\é:{', min_size=1, max_size=4)
_VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_NAMES, inner, max_size=4),
    max_leaves=20,
)
_TAGS = st.sampled_from(["a", "b", "c"])


def members(value: Any, pointer: str = "") -> dict[str, Any]:
    found = {pointer: value}
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, item in inside:
        found |= members(item, f"{pointer}/{escape(str(name))}")
    return found


@st.composite
def elements(draw: st.DrawFn, depth: int = 3) -> Any:
    element = etree.Element(draw(_TAGS))
    for name in draw(st.sets(_TAGS, max_size=2)):
        element.set(name, draw(st.text("x<\"' ", max_size=3)))
    if depth:
        element.extend(draw(st.lists(elements(depth=depth - 1), max_size=3)))
    if not len(element):
        element.text = draw(st.text("x<& ", max_size=3))
    return element


@given(value=_VALUES, indent=st.sampled_from([None, 2]))
def test_every_member_of_a_json_value_is_found_where_it_stands(value: Any, indent: int | None) -> None:
    text = json.dumps(value, indent=indent)

    places = json_places(text)

    assert places.keys() == members(value).keys()
    for pointer, item in members(value).items():
        shown = text[slice(*places[pointer])]
        assert shown.endswith(json.dumps(item) if not isinstance(item, dict | list) else json.dumps(item)[0])


@given(root=elements())
def test_every_element_and_attribute_is_found_where_it_stands(root: Any) -> None:
    text = etree.tostring(root, encoding="unicode")

    places = xml_places(text)

    for element in root.iter():
        path = plain_path(root.getroottree().getpath(element))
        assert text[places[path].start :].startswith(f"<{element.tag}")
        for name in element.keys():  # noqa: SIM118 - an element is no mapping
            assert text[slice(*places[f"{path}/@{name}"])].startswith(f"{name}=")


@given(value=_VALUES, root=elements())
def test_line_breaks_change_nothing_but_the_lines(value: Any, root: Any) -> None:
    assert json.loads(reflowed(json.dumps(value), "json")) == value
    text = etree.tostring(root, encoding="unicode")
    assert texts(etree.fromstring(reflowed(text, "xml"))) == texts(root)


def texts(root: Any) -> list[Any]:
    return [(one.tag, dict(one.attrib), (one.text or "") if not len(one) else "") for one in root.iter()]


@pytest.mark.parametrize(
    ("text", "place", "shown", "exact"),
    [
        ('{"a": {"b": 1', "/a/b", '"b": 1', True),
        ('{"a": {"b": 1', "/a/c/d", '"a": {', False),
        ('{"a": , "x": 2', "/x", '"x": 2', True),
        ("", "/a", None, False),
        ("<a><b>", "/a[1]/b[1]", "<b>", True),
        ("<a><b c='1'>", "/a[1]/b[1]/@d", "<b c='1'>", False),
        ("<x:a><y:b/></z:a>", "/a[1]/b[1]", "<y:b/>", True),
    ],
)
def test_what_is_broken_is_read_as_far_as_it_goes(text: str, place: str, shown: str | None, exact: bool) -> None:
    found = find(xml_places(text) if text.startswith("<") else json_places(text), place)

    if shown is None:
        assert found is None
    else:
        assert found is not None
        assert (text[slice(*found[0])], found[1]) == (shown, exact)


@pytest.mark.parametrize("text", ["[" * 200_000, '{"a":' * 100_000, "<a>" * 100_000, "<" * 100_000, '"' * 100_000])
def test_a_deep_text_does_not_grow_in_memory(text: str) -> None:
    assert len(json_places(text)) <= DEEPEST + 1
    assert len(xml_places(text)) <= DEEPEST + 2
    assert reflowed(text, "json").count("[") == text.count("[")


def test_an_xpath_loses_its_prefixes_and_gets_every_position() -> None:
    assert plain_path("/Leads/Lead[2]/@orderID") == "/Leads[1]/Lead[2]/@orderID"
    assert plain_path("/R/d1:Results/d2p1:PostResponse[1]") == "/R[1]/Results[1]/PostResponse[1]"
    assert plain_path("") == ""
