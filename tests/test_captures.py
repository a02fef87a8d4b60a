"""Captured files: every exporter's habits are read, what cannot be read is named, and the rest is kept."""

from __future__ import annotations

import base64
import dataclasses
import json
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ledgers import CountingJudge

from leadproof import captures
from leadproof.bodies import MAX_BODY, encode_request
from leadproof.captures import FileProblem, files, format_of_file, load_mapping, read
from leadproof.captures.body import read_body
from leadproof.captures.model import CaptureSource
from leadproof.contract.profile import load
from leadproof.core.errors import InputError
from leadproof.core.exchange import Exchange, Part, Recorded, Request, Response, header, media_type
from leadproof.core.findings import KINDS
from leadproof.core.operations import OPERATIONS
from leadproof.generate.leads import LeadMaker
from leadproof.judge import Judge
from leadproof.mock import Mock

DATA = Path(__file__).parent / "data" / "har"
DOCUMENTATION = Path(__file__).parent / "data" / "documentation" / "responses"
GOOD = sorted(path.name for path in (DATA / "good").glob("*.har"))
BAD = sorted(path.name for path in (DATA / "bad").glob("*.har"))


def split(found: list[Exchange | FileProblem]) -> tuple[list[Exchange], list[FileProblem]]:
    exchanges = [one for one in found if isinstance(one, Exchange)]
    problems = [one for one in found if isinstance(one, FileProblem)]
    return exchanges, problems


def of_har(document: Any, folder: Path, name: str = "x.har") -> tuple[list[Exchange], list[FileProblem]]:
    path = folder / name
    path.write_text(document if isinstance(document, str) else json.dumps(document), "utf-8")
    return split(list(read(path)))


def entry(**changes: Any) -> dict[str, Any]:
    """A small entry; `request_x` and `response_x` change members of the two messages, None takes one away."""
    row: dict[str, Any] = {
        "startedDateTime": "2026-01-31T16:25:12Z",
        "time": 41.5,
        "request": {"method": "GET", "url": "https://partner.example/v2/status/1", "headers": []},
        "response": {"status": 200, "headers": [], "content": {"mimeType": "application/json", "text": "{}"}},
    }
    for name, value in changes.items():
        part, _, member = name.partition("_")
        place, key = (row[part], member) if member else (row, part)
        if value is None:
            del place[key]
        else:
            place[key] = value
    return row


def har(*entries: Any) -> dict[str, Any]:
    return {"log": {"version": "1.2", "creator": {"name": "test", "version": "1"}, "entries": list(entries)}}


# ---- which files -----------------------------------------------------------------------------------------------------


def test_folders_are_walked_in_order_and_hidden_files_left_out(tmp_path: Path) -> None:
    for name in ("b.har", "a/2.json", "a/1.json", ".hidden.har", "a/.git/x", "c/.x/y.json"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()

    found = list(files([tmp_path / "b.har", tmp_path]))

    assert [path.relative_to(tmp_path).as_posix() for path in found] == ["b.har", "a/1.json", "a/2.json", "b.har"]


def test_a_file_that_is_named_is_read_even_if_it_is_hidden(tmp_path: Path) -> None:
    (tmp_path / ".x.har").touch()

    assert list(files([tmp_path / ".x.har"])) == [tmp_path / ".x.har"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("missing.har", "there is no such file or folder"),
        ("empty", "there is no file in this folder"),
        ("pipe", "is no ordinary file"),
        ("x" * 300, "File name too long"),
        ("file/below", "there is no such file or folder"),
        ("nul\0byte", "there is no such file or folder"),
    ],
)
def test_what_is_no_file_is_named(tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / "empty" / ".hidden").mkdir(parents=True)
    (tmp_path / "file").touch()
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(InputError) as raised:
        list(files([tmp_path / name]))

    assert raised.value.message == f"{tmp_path / name}: {message}"
    assert raised.value.hint


# ---- which format ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.har", b"", "body"),
        ("a.ndjson", b"", "body"),
        ("a.har", b"\x80\x81\x82", "body"),
        ("a.har", b" \n", "har"),
        ("a.HAR", b"{}", "har"),
        ("a.json", b'{"log": {"version": "1.2", "creator": {}, "entries": []}}', "har"),
        ("a", b'\xef\xbb\xbf{"log":{"entries":[', "har"),
        ("a.json", b'{"results": []}', "body"),
        ("a.json", b'{"log": "book"}', "body"),
        ("a.xml", b"<x/>", "body"),
        ("a.bin", b"\0\1\2", "body"),
    ],
)
def test_the_format_is_told_by_name_and_beginning(tmp_path: Path, name: str, content: bytes, expected: str) -> None:
    (tmp_path / name).write_bytes(content)

    assert format_of_file(tmp_path / name) == expected


def test_a_file_that_cannot_be_opened_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)

    with pytest.raises(InputError) as raised:
        list(read(tmp_path / "a.har"))

    assert raised.value.message == f"{tmp_path / 'a.har'}: cannot be opened: Permission denied"
    assert raised.value.hint == "check that you may read it"


def test_a_file_that_breaks_while_it_is_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(path: Path, operation: str | None) -> Any:
        raise OSError(5, "Input/output error")
        yield

    (tmp_path / "a.json").write_bytes(b"{}")
    monkeypatch.setattr(captures, "READERS", {"body": broken})

    with pytest.raises(InputError, match="cannot be read: Input/output error"):
        list(read(tmp_path / "a.json"))


# ---- bare bodies -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "side", "kind"),
    [
        ("a.json", b'{"requestId": "1"}', "response", "json"),
        ("a.xml", b"<PingReceiverResult/>", "response", "xml"),
        ("a.txt", b"\xef\xbb\xbf <x/>", "response", "xml"),
        ("a.txt", b"\r\n\t[]", "response", "json"),
        ("a.xml", b'{"a": 1}', "response", "json"),
        ("a.xml", b"junk", "response", "xml"),
        ("a.json", b"", "response", "json"),
        ("a.json", b'{"source": {}, "leads": []}', "request", "json"),
        ("a.json", b'{"results": [], "leads": []}', "response", "json"),
        ("a.xml", b'<?xml version="1.0"?><Leads vid="1"/>', "request", "xml"),
    ],
)
def test_a_bare_body_is_a_response_or_a_request(
    tmp_path: Path, name: str, content: bytes, side: str, kind: str
) -> None:
    (tmp_path / name).write_bytes(content)
    labelled = (("content-type", f"application/{kind}"),)

    [found] = read(tmp_path / name, "ping")

    assert isinstance(found, Exchange)
    assert (found.operation, found.origin) == ("ping", name)
    if side == "response":
        assert (found.request, found.response) == (Request("", ""), Response(200, labelled, content))
    else:
        assert (found.request, found.response) == (Request("", "", labelled, content), None)


def test_a_bare_body_needs_an_operation(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(b"{}")

    [problem] = read(tmp_path / "a.json")

    assert problem == FileProblem(
        "file.unrecognised",
        "the file is no known recording, and as a bare body its shape is that of no documented operation",
        "name it with --operation, such as --operation create_lead",
    )


def test_a_body_above_the_cap_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "a.json").open("wb") as file:
        file.truncate(MAX_BODY + 1)

    [problem] = read(tmp_path / "a.json", "ping")

    assert (problem.kind, problem.message) == (
        "file.unreadable",
        f"the body has more than {MAX_BODY} bytes",
    )


# ---- HAR: every exporter's habits ------------------------------------------------------------------------------------


def plain() -> list[Exchange]:
    return split(list(read(DATA / "good" / "plain.har")))[0]


@pytest.mark.parametrize("name", GOOD)
def test_whatever_the_exporter_the_exchanges_are_the_same(name: str) -> None:
    by_target = {(one.request.method, one.request.target, one.request.body): one for one in plain()}

    exchanges, problems = split(list(read(DATA / "good" / name)))

    assert {one.kind for one in problems} <= {"file.deviation"}
    assert bool(problems) == (name == "thin.har")
    ours = [one for one in exchanges if one.request.path.startswith("/v2/")]
    assert len(ours) >= 2
    for one in ours:
        same = by_target[(one.request.method, one.request.target, one.request.body)]
        assert (one.response.status, one.response.body) == (same.response.status, same.response.body)
        assert media_type(header(one.response.headers, "content-type")) == media_type(
            header(same.response.headers, "content-type")
        )
        assert header(one.request.headers, "api-key") == "recorded-key-0123456789"
        assert not [key for key, _ in (*one.request.headers, *one.response.headers) if key.startswith(":")]
        assert one.elapsed == 0.0415


def test_an_exchange_of_a_har_knows_where_it_comes_from() -> None:
    assert [(one.origin, one.operation, one.intent, one.failure) for one in plain()] == [
        (f"plain.har#{number}", None, "", "") for number in range(1, 7)
    ]
    assert plain()[0].started == 1769876712.0


#: What is wrong with each file, in order.
PROBLEMS = {
    "broken-response.har": [],
    "empty.har": [("file.unrecognised", "the file is empty")],
    "no-entries.har": [("file.unrecognised", "the HAR has no entries")],
    "no-har.har": [("file.unrecognised", "the HAR has no entries")],
    "not-utf-8.har": [
        ("file.deviation", "its entries are not where HAR 1.2 has them, or what stands before them is no JSON"),
        ("file.deviation", "from entry 1 on: headers are no list of names and values"),
        ("file.deviation", "from entry 1 on: a status is written as text"),
        ("file.deviation", "from entry 1 on: a time is written as text"),
    ],
    "other-traffic.har": [],
    "parts-missing.har": [
        ("file.unreadable", "entry 1 is no object"),
        ("file.unreadable", "entry 2 cannot be judged: its request has no url"),
        ("file.deviation", "the body of response 3 was not saved in the HAR"),
        ("file.unreadable", "entry 5 cannot be judged: its request has no url"),
        ("file.unreadable", "entry 6 is no object"),
    ],
    "truncated.har": [("file.unreadable", "entry 5 breaks off")],
    "unanswered.har": [],
    "utf-16.har": [("file.deviation", "the HAR is in UTF-16")],
    "wild-values.har": [
        ("file.deviation", "from entry 1 on: startedDateTime is no date"),
        ("file.deviation", "from entry 2 on: a time is written as text"),
    ],
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_wrong_with_a_har_is_named(name: str) -> None:
    _, problems = split(list(read(DATA / "bad" / name)))

    assert [(one.kind, one.message) for one in problems] == PROBLEMS[name]
    assert all(one.hint and one.kind in KINDS for one in problems)


def test_a_har_that_breaks_off_gives_what_came_before() -> None:
    exchanges, _ = split(list(read(DATA / "bad" / "truncated.har")))

    assert exchanges == [
        dataclasses.replace(one, origin=one.origin.replace("plain", "truncated")) for one in plain()[:4]
    ]


def test_a_problem_does_not_repeat_what_is_in_the_file(tmp_path: Path) -> None:
    secret = "avery.canary@leads.example"
    texts = [
        f'{{"log": {{"entries": [ {secret} ]}}}}',
        f'{{"log": {{"entries": [{{"request": "{secret}"}}, {{"{secret}": tru}}]}}}}',
        json.dumps(har(entry(request_url=secret, request_method=[secret], time=secret, startedDateTime=secret))),
        json.dumps(har(entry(request_url=None, request_method=secret))),
    ]
    for text in texts:
        _, problems = of_har(text, tmp_path)
        assert problems
        assert secret not in repr(problems)


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (None, ""),  # nobody says whose doing it was
        ("net::ERR_ABORTED", ""),
        ("net::ERR_BLOCKED_BY_CLIENT", ""),
        ("net::ERR_TIMED_OUT", "transport.timeout"),
        ("net::ERR_CONNECTION_REFUSED", "transport.refused"),
        ("net::ERR_NAME_NOT_RESOLVED", "transport.refused"),
        ("net::ERR_CERT_DATE_INVALID", "transport.tls"),
        ("net::ERR_SSL_PROTOCOL_ERROR", "transport.tls"),
        ("net::ERR_CONNECTION_RESET", "transport.reset"),
    ],
)
@pytest.mark.parametrize("status", [0, -1, None, "", "none"])
def test_an_exchange_without_a_response_says_why(
    tmp_path: Path, error: str | None, failure: str, status: object
) -> None:
    changes = {} if error is None else {"response__error": error}

    [exchange], _ = of_har(har(entry(response_status=status, **changes)), tmp_path)

    if error is None and status != 0:  # nothing says that no response came
        assert (exchange.response.status, exchange.knows(Part.STATUS), exchange.failure) == (200, False, "")
        return
    assert (exchange.response, exchange.failure) == (None, failure)


@pytest.mark.parametrize("response", [None, {}, [], "none"])
def test_an_entry_without_a_response_is_a_request_without_a_response(tmp_path: Path, response: object) -> None:
    [exchange], problems = of_har(har(entry(response=response)), tmp_path)

    assert (exchange.response, exchange.failure) == (None, "")
    wrong = [one.message for one in problems]
    assert wrong == ([] if response in (None, {}) else ["from entry 1 on: a response is no object"])


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ([{"name": "A", "value": "1"}, {"name": "a", "value": "2"}], (("A", "1"), ("a", "2"))),
        ({"A": "1", "B": 2}, (("A", "1"), ("B", "2"))),
        ([{"name": ":path", "value": "/"}, {"name": "a"}, {"value": "x"}, "b: c", None], (("a", ""),)),
        (None, ()),
        ("a: b\r\nc : d", (("a", "b"), ("c", "d"))),
        (17, ()),
    ],
)
def test_headers_are_read_in_any_form(tmp_path: Path, headers: object, expected: object) -> None:
    [exchange], _ = of_har(har(entry(request_headers=headers)), tmp_path)

    assert exchange.request.headers == expected


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("https://partner.example/v2/status/1?x=%20y", "/v2/status/1?x=%20y"),
        ("https://partner.example", "/"),
        ("https://partner.example?a", "/?a"),
        ("/v2/status/1", "/v2/status/1"),
        ("https://[partner.example/v2", "https://[partner.example/v2"),
        ("", "/"),
    ],
)
def test_the_target_is_path_and_query(tmp_path: Path, url: str, target: str) -> None:
    [exchange], _ = of_har(har(entry(request_url=url)), tmp_path)

    assert exchange.request.target == target


@pytest.mark.parametrize(
    ("changes", "elapsed", "started"),
    [
        ({}, 0.0415, 1769876712.0),
        ({"time": "41.5"}, 0.0415, 1769876712.0),
        ({"time": -1}, 0.0, 1769876712.0),
        ({"time": None}, 0.0, 1769876712.0),
        ({"time": "soon"}, 0.0, 1769876712.0),
        ({"time": 1e300}, 0.0, 1769876712.0),
        ({"startedDateTime": "2026-01-31T17:25:12+01:00"}, 0.0415, 1769876712.0),
        ({"startedDateTime": "2026-01-31T16:25:12"}, 0.0415, 1769876712.0),
        ({"startedDateTime": "yesterday"}, 0.0415, 0.0),
        ({"startedDateTime": 1769876712}, 0.0415, 1769876712.0),
        ({"startedDateTime": "0001-01-01T00:00:00Z"}, 0.0415, 0.0),
        ({"startedDateTime": "9999-12-31T23:59:59Z"}, 0.0415, 0.0),
    ],
)
def test_times_are_seconds_whatever_stands_there(tmp_path: Path, changes: dict, elapsed: float, started: float) -> None:
    [exchange], _ = of_har(har(entry(**changes)), tmp_path)

    assert (exchange.elapsed, exchange.started) == (elapsed, started)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({"mimeType": "application/json", "text": "é"}, "é".encode()),
        ({"mimeType": "application/json; charset=ISO-8859-1", "text": "é"}, b"\xe9"),
        ({"mimeType": 'application/xml; charset="windows-1252"', "text": "<x>€</x>"}, b"<x>\x80</x>"),
        ({"mimeType": "application/xml", "text": '<?xml version="1.0" encoding="ISO-8859-1"?><x>é</x>'},
         b'<?xml version="1.0" encoding="ISO-8859-1"?><x>\xe9</x>'),
        ({"mimeType": "application/json; charset=nonsense", "text": "é"}, "é".encode()),
        ({"mimeType": "application/json; charset=ascii", "text": "é"}, "é".encode()),
        ({"mimeType": "application/json; charset=idna", "text": "é" * 300}, ("é" * 300).encode()),
        ({"mimeType": "x", "text": base64.b64encode(b"\xff\0").decode(), "encoding": "base64"}, b"\xff\0"),
        ({"mimeType": "x", "text": base64.b64encode(b"\xff\0").decode(), "encoding": "BASE64"}, b"\xff\0"),
        ({"mimeType": "x", "text": "no base64!", "encoding": "base64"}, b"no base64!"),
        ({"mimeType": "x", "text": 17}, b"17"),
        ({"mimeType": "x", "text": "", "size": 0}, b""),
        ({"size": 0}, b""),
    ],
)  # fmt: skip
def test_a_body_gets_back_the_bytes_it_had(tmp_path: Path, content: dict[str, Any], expected: bytes) -> None:
    [exchange], problems = of_har(har(entry(response_content=content)), tmp_path)

    assert (exchange.response.body, problems) == (expected, [])


@pytest.mark.parametrize(
    "changes",
    [
        {"response_content": {"size": 12}},
        {"response_content": {"size": -1}},
        {"response_content": {}},
        {"response_content": {"mimeType": "x", "text": ""}},
        {"response_content": {}, "response_bodySize": 12},
    ],
)
def test_a_body_that_was_not_saved_is_no_empty_body(tmp_path: Path, changes: dict[str, Any]) -> None:
    [exchange], [problem] = of_har(har(entry(**changes)), tmp_path)

    assert (exchange.response.status, exchange.response.body, exchange.failure) == (200, b"", "")
    assert exchange.recorded(Part.RESPONSE_BODY) is Recorded.LEFT_OUT
    assert problem.message == "the body of response 1 was not saved in the HAR"


@pytest.mark.parametrize(
    ("post", "body"),
    [
        ({"mimeType": "application/json", "text": "{}"}, b"{}"),
        ({"mimeType": "application/json", "text": "e30=", "encoding": "base64"}, b"{}"),
        ({"mimeType": "application/x-www-form-urlencoded", "params": [{"name": "a", "value": "b"}]}, b"a=b"),
        ("{}", b"{}"),
        (None, b""),
        ([], b""),
    ],
)
def test_a_request_body_is_read_in_any_form(tmp_path: Path, post: object, body: bytes) -> None:
    changes = {} if post is None else {"request_postData": post}

    [exchange], _ = of_har(har(entry(**changes)), tmp_path)

    assert exchange.request.body == body


def test_the_label_of_a_body_stands_in_for_a_missing_header(tmp_path: Path) -> None:
    post = {"mimeType": "application/xml", "text": "<x/>"}
    named = [{"name": "Content-Type", "value": "text/xml"}]

    [bare, own], _ = of_har(
        har(entry(request_postData=post), entry(request_postData=post, request_headers=named)), tmp_path
    )

    assert header(bare.request.headers, "content-type") == "application/xml"
    assert own.request.headers == (("Content-Type", "text/xml"),)


@pytest.mark.parametrize("number", ["1e999", "-1e999", "9" * 5000, "1" + "0" * 400 + ".5"])
@pytest.mark.parametrize("member", ["time", "status", "size"])
def test_numbers_beyond_all_measure_break_nothing(tmp_path: Path, member: str, number: str) -> None:
    text = json.dumps(
        har(entry(time=7777, response_status=7777, response_content={"size": 7777, "text": "{}"}), entry())
    )
    name = {"time": '"time": ', "status": '"status": ', "size": '"size": '}[member]

    exchanges, problems = of_har(text.replace(f"{name}7777", f"{name}{number}").replace("7777", "200"), tmp_path)

    assert len(exchanges) + len(problems) >= 1
    for one in exchanges:
        Judge().judge(one)


def test_an_endless_nesting_breaks_nothing(tmp_path: Path) -> None:
    deep = '{"log": {"entries": [' + json.dumps(entry()) + ", " + '{"request": ' + "[" * 200_000

    exchanges, [problem] = of_har(deep, tmp_path)

    assert len(exchanges) == 1
    assert problem.message == "entry 2 is nested too deeply"


def test_a_huge_entry_is_left_out_and_the_next_one_read(tmp_path: Path) -> None:
    huge = "x" * (MAX_BODY + 1)

    exchanges, problems = of_har(
        har(entry(response_content={"mimeType": "text/plain", "text": huge}), entry()), tmp_path
    )

    assert [len(one.response.body) for one in exchanges] == [2]
    assert [(one.kind, one.message) for one in problems] == [("file.deviation", "entry 1 has more than 4 MB")]


def test_a_long_har_is_read_one_entry_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "long.har"
    path.write_text(json.dumps(har(*[entry()] * 2000)))
    found = captures.read(path)

    assert [next(found).origin for _ in range(3)] == ["long.har#1", "long.har#2", "long.har#3"]
    assert len(list(found)) == 1997


MEMBERS = ["request", "response", "method", "url", "headers", "status", "content", "text", "encoding", "mimeType"]
MEMBERS += ["name", "value", "postData", "time"]


@settings(max_examples=300, deadline=None)
@given(
    document=st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats()
        | st.text(max_size=8)
        | st.sampled_from(["GET", "https://a/b"]),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(MEMBERS),
                inner,
                max_size=6,
            )
        ),
        max_leaves=12,
    )
)
def test_no_entry_is_too_strange(document: object, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.getbasetemp() / "strange"
    folder.mkdir(exist_ok=True)

    exchanges, problems = of_har(har(document, entry()), folder)

    assert len(exchanges) >= 1 or problems
    for one in exchanges:
        Judge().judge(one)


# ---- live and captured -----------------------------------------------------------------------------------------------

PROFILE = load()
NOW = 1_769_876_712.0


def as_entry(exchange: Exchange, *, coded: bool) -> dict[str, Any]:
    """An entry as an exporter writes it, bodies as text or in base64."""

    def body(data: bytes, kind: str | None) -> dict[str, Any]:
        if not coded:
            return {"mimeType": kind or "", "text": data.decode()}
        return {"mimeType": kind or "", "text": base64.b64encode(data).decode(), "encoding": "base64"}

    request, response = exchange.request, exchange.response
    row: dict[str, Any] = {
        "startedDateTime": "2026-01-31T16:25:12Z",
        "time": exchange.elapsed * 1000,
        "request": {
            "method": request.method,
            "url": f"https://partner.example{request.target}",
            "headers": [{"name": name, "value": value} for name, value in request.headers],
        },
        "response": {
            "status": response.status,
            "headers": [{"name": name, "value": value} for name, value in response.headers],
            "content": body(response.body, header(response.headers, "content-type")),
        },
    }
    if request.body:
        row["request"]["postData"] = body(request.body, header(request.headers, "content-type"))
    return row


def conversation() -> list[Exchange]:
    """What the mock says to a lead of every operation that creates or asks, taken and refused, in both formats."""
    mock, maker = Mock(PROFILE, clock=lambda: NOW), LeadMaker(PROFILE)
    found, number = [], 0
    for operation in ("create_lead", "create_call_transfer", "create_call_lead", "ping", "duplicate_check"):
        for fmt in ("json", "xml"):
            for refused in (False, True):
                number += 1
                value, _ = maker.request(operation, (number,), refused=refused)
                kind = f"application/{fmt}"
                headers = (("content-type", kind), ("accept", kind), ("api-key", PROFILE.credentials.api_keys[0]))
                body = encode_request(operation, fmt, value)
                request = Request("POST", OPERATIONS[operation].path, headers, body)
                response = mock.handle(request)
                found.append(Exchange(request, Response(*response), None, f"x.har#{number}", "", NOW, 0.125))
    return found


CONVERSATION = conversation()


@settings(max_examples=60, deadline=None)
@given(
    harm=st.lists(
        st.tuples(
            st.integers(0, len(CONVERSATION) - 1),
            st.sampled_from(
                [
                    (b"true", b'"yes"'),
                    (b"No_Error", b"No_Worries"),
                    (b"results", b"outcomes"),
                    (b"Price", b"Cost"),
                    (b"price", b"cost"),
                    (b"}", b""),
                    (b"</", b"<"),
                    (b"0", b"-1"),
                    (b"2026", b"20x6"),
                    (b"", b"\xc3\xa9"),
                ]
            ),
        ),
        max_size=6,
    ),
    coded=st.booleans(),
)
def test_the_same_exchanges_get_the_same_findings_live_and_from_a_har(
    harm: list, coded: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    live = list(CONVERSATION)
    for position, (old, new) in harm:
        response = live[position].response
        body = response.body.replace(old, new, 1) if old else response.body + new
        live[position] = dataclasses.replace(live[position], response=response._replace(body=body))
    folder = tmp_path_factory.getbasetemp() / "live"
    folder.mkdir(exist_ok=True)
    captured, problems = of_har(har(*(as_entry(one, coded=coded) for one in live)), folder)
    first, second = CountingJudge(profile=PROFILE), CountingJudge(profile=PROFILE)

    said = [first.judge(one) for one in live]
    read_again = [second.judge(one) for one in captured]

    assert problems == []
    assert captured == live
    assert [(one.outcome, one.findings, one.observations) for one in read_again] == [
        (one.outcome, one.findings, one.observations) for one in said
    ]
    assert second.tally == first.tally


def test_a_response_of_the_documentation_is_read() -> None:
    names = [path.name for path in files([DOCUMENTATION])]

    assert {Path(name).stem for name in names} == set(OPERATIONS)


@pytest.mark.parametrize(
    ("name", "data", "hint"),
    [
        ("a.har", b'{"log": {"entries"', "export it again"),
        ("a.har", b'{"log": {"entries": [', "export it again"),
        ("a.har", b'{"log": {"entries": [{"request": {}},', "what came before was judged; export it again"),
        ("a.log", b'[{"a": 1', "save it again"),
        ("a.log", b'[{"a": 1}, {"a"', "what came before was judged; save it again"),
    ],
)  # fmt: skip
def test_only_a_file_of_which_something_was_judged_is_said_to_have_been(
    tmp_path: Path, name: str, data: bytes, hint: str
) -> None:
    (tmp_path / name).write_bytes(data)
    (tmp_path / "mapping.toml").write_text('url = "a"')

    mapping = load_mapping(tmp_path / "mapping.toml") if name.endswith(".log") else None
    _, problems = split(list(read(tmp_path / name, None, mapping)))

    assert hint in [problem.hint for problem in problems]


@pytest.mark.parametrize(
    ("name", "words", "hint"),
    [("standard input", "nothing arrived", "did the command before the pipe fail?"),
     ("x.json", "the file is empty", "was it saved whole?")],
)  # fmt: skip
def test_a_body_of_no_bytes_is_no_body(name: str, words: str, hint: str) -> None:
    stream: Any = SimpleNamespace(read=lambda size: b"")

    (problem,) = read_body(stream, CaptureSource(name, None, None))

    assert problem == FileProblem("file.unrecognised", words, hint)
