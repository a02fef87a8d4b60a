"""The quick ways of redaction beside the plain ones: texts that are inert, secrets and values that are looked up, what
is remembered of pieces and placeholders. Both come to the same, in what they write and in what they learn.
"""

from __future__ import annotations

import base64
import json
import pickle
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from leadproof.contract.profile import load
from leadproof.core.exchange import Exchange, Request, Response
from leadproof.core.names import Kind
from leadproof.core.names import words as table
from leadproof.redact import Redactor, inert, people
from leadproof.redact.known import Known, _folded

DATA = Path(__file__).parent / "data"
PROFILE = load()

#: Names, numbers and words that are met as values of a lead and as words of other texts.
WORDS = sorted(
    table(
        "Meadow Ann Zeb Li Ünal Søren May José 李 \u0390a \u017fam KELVIN Dr Mr. agent Contact: basic Bearer accepted"
        " 2015550123 2001 123-45-6789 192.0.2.7 2001:db8::1 a.b@leads.example am9obg== TWVhZG93IEFubg== 1985-04-12"
        " https://meadow.example/a/7 340 Avenue ssn123456789 tel: +14155550123 (415)555-0123 4111111111111111"
        " 84.38 a100000598 x_y secret-key"
    )
)
#: Names of members that are read in different ways.
NAMES = sorted(
    table("FirstName Phone DateOfBirth Comments State leadId companyName url redirectUrl message name agent x")
)

words = st.sampled_from(WORDS)
texts = st.one_of(
    words,
    st.lists(words, max_size=5).map(" ".join),
    st.text(max_size=12),
    words.map(quote),
    words.map(lambda word: base64.b64encode(word.encode()).decode()),
)
values = st.one_of(texts, texts, st.integers(-9, 10**11), st.booleans())
leads = st.fixed_dictionaries(
    {"leads": st.lists(st.fixed_dictionaries({"fields": st.dictionaries(st.sampled_from(NAMES), values)}), max_size=2)}
)
results = st.dictionaries(st.sampled_from(NAMES), st.one_of(values, st.dictionaries(st.sampled_from(NAMES), values)))


class Plain(Redactor):
    """The redactor without its quick ways: each text is read in full, and each placeholder made anew."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._inert_texts.inert = lambda text, known: False  # type: ignore[method-assign]
        self._placeholders._made = Nothing()


class Nothing(dict[Any, str]):
    """A memory that keeps nothing."""

    def __setitem__(self, key: Any, value: str) -> None:
        pass


def exchange(sent: bytes, received: bytes) -> Exchange:
    request = Request("POST", "/v2/insert/general", (("api-key", "secret-key-0"), ("x-note", "to: Ann Lee")), sent)
    return Exchange(
        request, Response(200, (("server", "Meadow"), ("set-cookie", "a=secret-key")), received), origin="a"
    )


def xml(value: Any, name: str) -> str:
    if isinstance(value, dict | list):
        items = value.items() if isinstance(value, dict) else (("Lead", one) for one in value)
        return f"<{name}>{''.join(xml(item, key) for key, item in items)}</{name}>"
    return f'<{name} leadId="7">{value}</{name}>'


@settings(deadline=None, max_examples=30)
@given(st.lists(st.tuples(leads, results, st.booleans()), min_size=1, max_size=4))
def test_every_exchange_of_a_run_becomes_the_same_with_the_quick_ways_and_without(
    rows: list[tuple[Any, Any, bool]],
) -> None:
    quick, plain = (kind(["Comments"], secrets=["configured-Key"]) for kind in (Redactor, Plain))
    for sent, received, markup in rows:
        bodies = [xml(value, "Leads") if markup else json.dumps(value) for value in (sent, received)]
        one = exchange(bodies[0].encode(), bodies[1].encode())
        assert quick.exchange(one) == plain.exchange(one)
        assert quick.replaced == plain.replaced
        assert quick._known._kinds == plain._known._kinds


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.sampled_from(NAMES), texts), max_size=8), texts)
def test_every_text_becomes_the_same_after_whatever_was_found(found: list[tuple[str, str]], text: str) -> None:
    quick, plain = Redactor(), Plain()
    for name, value in found:
        assert quick.value(name, value) == plain.value(name, value)
    for read in ("text", "document", "target", "url"):
        assert getattr(quick, read)(text) == getattr(plain, read)(text)
    assert quick.header("x-request-id", text) == plain.header("x-request-id", text)


def samples() -> Iterator[Path]:
    return (path for path in sorted((DATA / "documentation").rglob("*")) if path.suffix in (".json", ".xml", ".txt"))


def test_the_samples_of_the_documentation_become_the_same_one_after_the_other() -> None:
    quick, plain = (kind(PROFILE.personal_fields, public_fields=PROFILE.public_fields) for kind in (Redactor, Plain))
    read = [path.read_bytes() for path in samples()]
    assert len(read) > 20
    for body in (*read, *read):
        assert quick.exchange(exchange(body, body)) == plain.exchange(exchange(body, body))


def test_a_text_that_was_inert_is_read_again_once_a_word_of_it_is_known() -> None:
    redactor = Redactor()
    assert redactor.text("Sold to Meadow today") == "Sold to Meadow today"
    redactor.value("lastname", "Meadow")
    assert "Meadow" not in redactor.text("Sold to Meadow today")
    redactor.value("api-key", "today-and-tomorrow")
    assert "tomorrow" not in redactor.text("Sold TODAY-AND-TOMORROW")


def test_what_the_request_says_before_it_tells_who_it_is_about_is_replaced_like_what_it_says_after() -> None:
    body = b'{"x":"a word of Quarrington","leads":[{"fields":{"LastName":"Quarrington"}}]}'
    assert b"Quarrington" not in Redactor().exchange(exchange(body, b"")).request.body


@settings(deadline=None)
@given(st.from_regex(rf"(?:{people._LABELS}|{people._TITLES})", fullmatch=True))
@example("Sra")
@example("thank you,")
def test_every_label_and_title_in_ascii_begins_with_a_word_that_is_looked_for(cue: str) -> None:
    assert not cue.isascii() or re.findall("[a-z]+", cue.lower())[0] in people._CUES


def test_what_a_pattern_takes_for_the_same_whatever_its_case_is_folded_to_the_same() -> None:
    special = "i\u0131\u0130s\u017fk\u212a\u00e5\u212b\u00b5\u03bc"
    pairs = 0
    for char in map(chr, range(sys.maxunicode + 1)):
        others = {char.lower(), char.upper(), char.casefold(), char.title()} - {char}
        if others or char in special:
            pattern = re.compile(re.escape(char), re.IGNORECASE)
            for other in filter(pattern.fullmatch, [*others, *special]):
                pairs += 1
                assert _folded(char) == _folded(other), (char, other)
    assert pairs > 2_000


@given(st.lists(st.text("abAB", min_size=6, max_size=9), max_size=5), st.text("abAB \u0131", max_size=40))
def test_secrets_are_found_like_by_a_pattern_of_all_of_them(secrets: list[str], text: str) -> None:
    known = Known()
    for secret in secrets:
        known.own(secret)
    longest_first = sorted(dict.fromkeys(map(str.strip, secrets)), key=len, reverse=True)
    expected = re.sub("|".join(longest_first) or "(?!)", "*", text, flags=re.IGNORECASE)
    assert known.without_secrets(text, lambda kind, value: "*") == expected


@given(st.lists(st.sampled_from(("Ann Lee Ross", "Ann Lee", "Ann Lou", "Anna", "Lin Po", "Lee Ross")), max_size=8))
def test_the_longest_known_value_is_found_whatever_came_first_and_was_forgotten(found: list[str]) -> None:
    known = Known(limit=4)
    remembered: list[str] = []
    for value in found:
        known.remember(Kind.UNKNOWN, value)
        if value not in remembered:
            remembered = [*remembered, value][-4:]
    for value in {*found}:
        text = known.without_values(f"to {value}.", lambda kind, value: "*")
        assert (text == "to *.") == (value in remembered)


@pytest.mark.parametrize(
    "text", ["{}", "<a/>", "a%20b", "a\\nb", "a&amp;b", "+1", "Dear Ann Lee", "a@b.example", "李明"]
)
def test_whatever_is_out_of_the_ordinary_is_left_to_the_plain_way(text: str) -> None:
    assert inert.traces_of(text) is None


def test_what_is_remembered_of_texts_is_bounded() -> None:
    texts = inert.InertTexts()
    for number in range(3_000):
        texts.traces(f"{number} " + "word " * 199)
    assert sum(map(len, texts._traces)) <= inert._REMEMBERED
    assert texts.traces("word " * 201) is None
    assert "word " * 201 not in texts._traces


def test_a_redactor_goes_to_another_process_with_what_it_knows() -> None:
    redactor = Redactor(secrets=["configured-key"])
    redactor.value("lastname", "Meadow")
    redactor.text("Sold to somebody")
    text = "Sold to Meadow with CONFIGURED-KEY"
    assert pickle.loads(pickle.dumps(redactor)).text(text) == redactor.text(text) != text
