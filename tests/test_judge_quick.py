"""The short way of the judge says what the long way says: findings, observations, counts, and what is remembered."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from ledgers import CountingJudge

from leadproof import bodies
from leadproof.bodies.skeletons import Skeletons
from leadproof.contract import profile, specs
from leadproof.core.exchange import Exchange
from leadproof.core.operations import CELLS, OPERATIONS
from leadproof.generate.leads import LeadMaker
from leadproof.http.client import compose
from leadproof.judge import Decisions, Judge, Judgement
from leadproof.judge.checks import CHECKS
from leadproof.judge.checks.history import Remembered
from leadproof.judge.forms import BY_FORM
from leadproof.mock import Mock
from leadproof.mock.defects import Defect, planted, table

POSTING = profile.load(None)
NOW = 1_796_000_000.0


def conversation(mock: Mock, rounds: int = 3) -> list[Exchange]:
    """What a mock sends back for accepted and refused requests of every operation with a body, again and again."""
    credentials = (("api-key", POSTING.credentials.api_keys[0]),)
    maker, found, number = LeadMaker(POSTING), [], 0
    for _ in range(rounds):
        for operation, media in CELLS:
            for refused in (False, True):
                row = OPERATIONS[operation]
                if not row.body or operation == "update_lead":
                    continue
                number += 1
                value, _ = maker.request(operation, (number,), refused=refused)
                body = bodies.encode_request(operation, media, value)
                sent = compose(row.method, row.path, fmt=media, body=body, credentials=credentials)
                intent = "accepted" if not refused and number % 2 else ""
                found.append(Exchange(sent, mock.handle(sent), operation, f"n{number}", intent, NOW + number))
    return found


def faithful() -> Mock:
    return Mock(POSTING, clock=lambda: NOW)


def long_way() -> Judge:
    judge = CountingJudge(profile=POSTING)
    judge._quick._off = True
    return judge


def bare(judgement: Judgement) -> tuple[Judgement, Decisions]:
    """What is said of an exchange; the order in which clauses were found to hold says nothing."""
    held = tuple(sorted(judgement.passed))
    plain = replace(judgement.decisions(), passed=held)
    return judgement._replace(context=None, plain=None, passed=held), plain


def remembered(judge: Judge) -> dict[str, dict[Any, Any]]:
    """What was established, by name."""
    places = (judge.history, judge.history.senders)
    kept = {name: getattr(place, name) for place in places for name in place.__dataclass_fields__}
    tables = {name: one for name, one in kept.items() if isinstance(one, (dict, Remembered))}
    return {name: one if isinstance(one, dict) else {**one._old, **one._young} for name, one in tables.items()}


def same(exchanges: list[Exchange]) -> tuple[Judge, Judge]:
    short, long = CountingJudge(profile=POSTING), long_way()
    for exchange in exchanges:
        ours, theirs = short.judge(exchange), long.judge(exchange)
        assert bare(ours) == bare(theirs), exchange
    assert short.tally == long.tally
    assert remembered(short) == remembered(long)
    return short, long


VALUE = re.compile(r'(?<=":)("[^"]*"|[\d.]+|true|false|null)|(?<=>)[^<>]*(?=</)')
#: What a value is replaced by: of the wrong type, of the right one, blank, on the edge.
OTHERS = (
    "x y", "-1", "", " ", "0", "1", "12", "true", "false", "null", "2024-13-01", "2024-08-29T16:25:12Z", "No_Error",
    "2024-08-29T16:25:12+02:00", "2099-08-29T16:25:12Z", "https://host.example/x", "ftp://host", "3001", "12.50",
    "Duplicate_Lead", "Monthly", "1_0", " 7 ", "+7", "9" * 20, "1e5", "a&amp;b", "&lt;", "]]>", "a > b", "<!-- x -->",
    "<![CDATA[x]]>", "é", "\u0663", "\r\n", "0f067c3e-df66-48ea-a607-378054a4c2a5",
)  # fmt: skip


def spoiled(exchange: Exchange, chance: random.Random) -> Exchange:
    """The exchange with one or two values of its response, and sometimes of its request, written otherwise."""

    def spoil(body: bytes) -> bytes:
        text = body.decode()
        places = list(VALUE.finditer(text))
        for place in sorted(
            chance.sample(places, min(len(places), chance.choice((1, 1, 2)))), key=lambda one: -one.start()
        ):
            other = chance.choice(OTHERS)
            if text[place.start() - 1] == ":" and not (place[0][:1] != '"' and re.fullmatch(r"[\w.]+", other)):
                other = '"' + other.replace('"', "") + '"'
            text = text[: place.start()] + other + text[place.end() :]
        return text.encode()

    assert exchange.response is not None
    request, response = exchange.request, exchange.response
    if chance.random() < 0.3:
        return replace(exchange, request=request._replace(body=spoil(request.body)))
    return replace(exchange, response=response._replace(body=spoil(response.body)))


def test_most_of_what_is_right_goes_the_short_way() -> None:
    exchanges = conversation(faithful(), rounds=4)
    judge = CountingJudge(profile=POSTING)
    for exchange in exchanges[: len(exchanges) // 2]:
        judge.judge(exchange)

    quick = sum(judge.judge(exchange).plain is not None for exchange in exchanges[len(exchanges) // 2 :])

    accepted = sum(one.response is not None and one.response.status == 200 for one in exchanges) // 2
    assert quick >= accepted


def test_both_ways_say_the_same_of_the_faithful_mock() -> None:
    short, _ = same(conversation(faithful()))

    assert not short.tally.failed


@pytest.mark.parametrize("seed", range(6))
def test_both_ways_say_the_same_of_what_was_spoiled(seed: int) -> None:
    chance = random.Random(seed)
    exchanges = [spoiled(one, chance) if chance.random() < 0.7 else one for one in conversation(faithful(), rounds=6)]

    short, _ = same(exchanges)

    assert short.tally.failed


def defects(seed: int, number: int) -> list[Defect]:
    return random.Random(seed).sample(list(table().values()), number)


@pytest.mark.parametrize("defect", defects(0, 40), ids=lambda row: row.id)
def test_both_ways_say_the_same_of_a_defect_that_comes_later(defect: Defect) -> None:
    """The faithful mock teaches the short way; then the defect comes, in responses of forms that are known."""
    same(conversation(faithful(), rounds=2) + conversation(planted([defect], POSTING, clock=lambda: NOW), rounds=1))


def test_checks_by_form_exist_and_are_no_others() -> None:
    assert set(CHECKS) >= BY_FORM


# ---- skeletons -------------------------------------------------------------------------------------------------------


def documents() -> Iterator[tuple[str, bytes]]:
    for one in conversation(faithful(), rounds=2):
        if one.response is not None and one.response.body.startswith(b"<") and one.operation:
            yield one.operation, one.response.body


FRESH = specs.Specification(dict(specs.load().choices))


def long_read(operation: str, data: bytes) -> Any:
    FRESH._made.pop(("skeletons", operation, "response"), None)
    return bodies.read_response(operation, "xml", data, FRESH)


def test_a_known_skeleton_gives_the_value_that_the_parser_gives() -> None:
    spec, met = specs.load(), 0
    for operation, data in documents():
        for _ in range(3):
            decoded = bodies.read_response(operation, "xml", data, spec)
        met += decoded.tree is None
        assert decoded.value == long_read(operation, data).value
    assert met > 10


@pytest.mark.parametrize("text", OTHERS)
def test_whatever_stands_in_a_known_skeleton_is_read_as_by_the_parser(text: str) -> None:
    spec = specs.load()
    operation, data = next(one for one in documents() if one[0] == "create_lead")
    for _ in range(3):
        bodies.read_response(operation, "xml", data, spec)
    places = list(re.finditer(rb"(?<=>)[^<>]*(?=<)", data))

    for place in places:
        other = data[: place.start()] + text.encode() + data[place.end() :]
        try:
            expected = long_read(operation, other)
        except bodies.BodyError as error:
            with pytest.raises(bodies.BodyError, match=re.escape(str(error))):
                bodies.read_response(operation, "xml", other, spec)
            continue
        found = bodies.read_response(operation, "xml", other, spec)
        assert (found.value, found.problems, found.valid) == (expected.value, expected.problems, expected.valid), other


NULLS = {
    "empty element": b'<ResponseMessage i:nil="true"/>',
    "two tags": b'<ResponseMessage i:nil="true"></ResponseMessage>',
    "nothing said": b"<ResponseMessage></ResponseMessage>",
}


@pytest.mark.parametrize("null", NULLS.values(), ids=NULLS)
def test_what_is_null_holds_nothing_at_all(null: bytes) -> None:
    operation, data = next(one for one in documents() if one[0] == "create_lead")
    data = re.sub(rb"<ResponseMessage>.*?</ResponseMessage>", null, data)
    spec = specs.load()
    for _ in range(4):
        bodies.read_response(operation, "xml", data, spec)

    for other in (data, data.replace(b'"true">', b'"true"> '), data.replace(b'"true"/>', b'"true"/> ')):
        found, expected = bodies.read_response(operation, "xml", other, spec), long_read(operation, other)
        assert (found.value, found.problems, found.valid) == (expected.value, expected.problems, expected.valid), other


def test_signs_out_of_turn_are_no_skeleton() -> None:
    operation, data = next(one for one in documents() if one[0] == "create_lead")
    known: Skeletons = bodies._known(operation, "response", specs.load())
    for _ in range(3):
        bodies.read_response(operation, "xml", data)
    assert known.read(data) is not None

    for other in (
        data.replace(b"<IsValid>true</", b"<IsValid>true>/", 1),
        data.replace(b"><", b"<>", 1),
        data.replace(b"</ResponseType>", b">/ResponseType<", 1),
        data.replace(b"Lead accepted", b"Lead\x00accepted", 1),
        data.replace(b"Lead accepted", b"Lead &amp; accepted", 1),
        data.replace(b"Lead accepted", b"Lead\raccepted", 1),
        data + b"<x/>",
        data[:-1],
    ):
        assert known.read(other) is None, other
