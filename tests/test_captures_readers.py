"""The readers besides HAR, and how a HAR is cut into entries: what each makes of what it was made for."""

from __future__ import annotations

import base64
import bz2
import gzip
import io
import json
import lzma
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadproof import captures
from leadproof.captures import FileProblem, Mapping, files, format_of_file, load_mapping, read, streams
from leadproof.captures.entries import Entries
from leadproof.captures.har import read_har
from leadproof.captures.model import CaptureSource
from leadproof.captures.streams import Stream
from leadproof.cli import main
from leadproof.core.errors import ConfigurationError, ExitCode, InputError
from leadproof.core.exchange import Exchange, Part, Request, Response, header
from leadproof.judge import Judge

DATA = Path(__file__).parent / "data"
CAPTURES = DATA / "captures"
HAR = DATA / "har" / "good" / "plain.har"


def split(path: Path, **options: Any) -> tuple[list[Exchange], list[FileProblem]]:
    found = list(read(path, **options))
    return [one for one in found if isinstance(one, Exchange)], [one for one in found if isinstance(one, FileProblem)]


def written(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


# ---- HTTP messages ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["curl-i.txt", "curl-v.txt", "curl-iv.txt", "curl-v-progress.txt", "requests.http", "wire.txt"]
)
def test_http_messages_are_known_by_their_beginning(name: str) -> None:
    assert format_of_file(CAPTURES / name) == "http"


def test_responses_of_curl_i_are_told_apart_though_no_line_ends_between_them() -> None:
    [json_response, xml_response], problems = split(CAPTURES / "curl-i.txt")

    assert problems == []
    assert (json_response.request, xml_response.request) == (Request("", ""), Request("", ""))
    assert json.loads(json_response.response.body)["results"][0]["willAccept"] is True
    assert xml_response.response.body.endswith(b"</LeadReceiverResult>")
    assert Judge().judge(json_response).operation == "ping"


def test_curl_v_shows_everything_but_the_body_of_the_request() -> None:
    [ping, create], problems = split(CAPTURES / "curl-v.txt")

    assert [one.message for one in problems] == [
        "message 1: curl -v does not show the body of a request",
        "message 3: curl -v does not show the body of a request",
    ]
    assert (ping.request.method, ping.request.target) == ("POST", "/v2/insert/ping")
    assert header(ping.request.headers, "api-key") == "mock-api-key-not-a-secret"
    assert len(ping.response.body) == int(header(ping.response.headers, "content-length") or 0)
    assert create.response.body.endswith(b"</LeadReceiverResult>")


@pytest.mark.parametrize("name", ["curl-iv.txt", "curl-v-progress.txt"])
def test_what_curl_says_around_the_messages_is_left_out(name: str) -> None:
    [exchange], [problem] = split(CAPTURES / name)

    assert exchange.request.target == "/v2/insert/ping"
    assert json.loads(exchange.response.body)["results"]
    assert "does not show the body" in problem.message


def test_requests_of_an_http_file_are_judged_without_their_responses() -> None:
    [ping, status, create], [problem] = split(CAPTURES / "requests.http")

    assert (ping.request.method, ping.request.target, ping.response) == ("POST", "/v2/insert/ping", None)
    assert json.loads(ping.request.body)["leads"]
    assert status.request.target == "/white/label/v2/status/929f4d31-5576-49b5-ae9b-606d94a475e2?verbose=1&lang=en"
    assert create.request.body == b""
    assert problem.message == "message 3: its body stands in another file"
    assert Judge().judge(ping).outcome == "judged"


def test_messages_from_a_wire_are_paired_and_their_chunks_put_together() -> None:
    [ping, status], problems = split(CAPTURES / "wire.txt")

    assert problems == []
    assert (ping.request.body, ping.response.status) == (b'{"leads": []}', 200)
    assert ping.response.body == b'{"requestId": "1", "a":1}'
    assert (status.request.target, status.response) == ("/v2/status/1", None)


RESPONSE = "HTTP/1.1 200 OK\nContent-Type: application/json\nContent-Length: {length}\n\n{body}"


@pytest.mark.parametrize(
    ("length", "body", "expected", "named"),
    [
        (2, "{}", b"{}", False),
        (2, "{}\n\n", b"{}", False),
        (13, '{\r\n "a": 1\r\n}', b'{\r\n "a": 1\r\n}', False),
        (13, '{\n "a": 1\n}', b'{\n "a": 1\n}', False),  # an editor took the carriage returns away
        (99, "{}", b"{}", True),
        (1, "{}", b"{}", True),
    ],
)
def test_a_length_that_does_not_fit_is_named(
    length: int, body: str, expected: bytes, named: bool, tmp_path: Path
) -> None:
    [exchange], problems = split(written(tmp_path, "a.txt", RESPONSE.format(length=length, body=body)))

    assert exchange.response.body == expected
    assert bool(problems) is named


@settings(max_examples=60, deadline=None)
@given(size=st.integers(1, 700))
def test_where_a_text_is_cut_into_pieces_makes_no_difference(size: int) -> None:
    for name in ("curl-v.txt", "curl-iv.txt", "wire.txt", "requests.http"):
        path = CAPTURES / name
        file = io.BytesIO(path.read_bytes())

        found = list(captures.READERS["http"](Stream(lambda _, file=file: file.read(size)), CaptureSource(name)))

        assert found == list(read(path))


# ---- logs ------------------------------------------------------------------------------------------------------------


def test_a_log_is_read_by_its_mapping() -> None:
    mapping = load_mapping(CAPTURES / "gateway.toml")

    [ping, status], problems = split(CAPTURES / "gateway.log", mapping=mapping)

    assert ping.request == Request(
        "POST", "/v2/insert/ping", (("Content-Type", "application/json"), ("api-key", "recorded-key-0123456789")),
        b'{"source":{"vid":1001,"lid":2001},"leads":[]}',
    )  # fmt: skip
    assert ping.response == Response(200, (("Content-Type", "application/json"),), b'{"requestId":"1","results":[]}')
    assert (ping.origin, ping.started, ping.elapsed) == ("gateway.log#2", 1769876712.5, 0.0415)
    assert (status.request.method, status.request.target, status.response.status) == ("GET", "/v2/status/1", 404)
    assert status.started == 1769876713.0
    assert [(one.kind, one.message) for one in problems] == [
        ("file.unreadable", "line 3 is no JSON"),
        ("file.deviation", "1 line is no exchange, the first is line 1"),
    ]


def test_a_log_without_headers_is_not_blamed_for_having_none() -> None:
    mapping = Mapping({"url": ("u",), "request_body": ("q",), "response_body": ("a",)}, {"method": "POST"})
    line = {"u": "/v2/insert/ping", "q": {"source": {}}, "a": {"requestId": "1"}}
    source = CaptureSource("x.log", None, mapping)

    [exchange] = captures.READERS["log"](Stream(io.BytesIO(json.dumps(line).encode()).read), source)

    assert isinstance(exchange, Exchange)
    judgement = Judge(captured=True).judge(exchange)
    assert judgement.operation == "ping"
    assert not {one.kind for one in judgement.findings} & {"client.credentials", "header.missing", "media.missing"}


def test_a_log_without_a_mapping_is_named() -> None:
    assert format_of_file(CAPTURES / "gateway.log") == "log"
    assert [one.kind for one in split(CAPTURES / "gateway.log")[1]] == ["file.unrecognised"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("url = ", "is no TOML"),
        ("urll = 'a'", "there is no part 'urll'"),
        ("url = 7", "url is no path"),
        ("url = ''", "url is no path"),
        ("status = 'a'", "neither url nor operation is named"),
        ("defaults = 1", "defaults must be a table"),
        ("url = 'a'\n[defaults]\nverb = 'GET'", "there is no part 'verb'"),
    ],
)
def test_a_mapping_that_makes_no_sense_is_refused(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=message) as raised:
        load_mapping(written(tmp_path, "m.toml", text))

    assert raised.value.hint


def test_a_mapping_that_is_not_there_is_a_configuration_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read"):
        load_mapping(tmp_path / "m.toml")


def test_validate_takes_a_mapping(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["validate", "--no-run", "--mapping", str(CAPTURES / "gateway.toml"), str(CAPTURES / "gateway.log")])

    assert code == ExitCode.USAGE  # a line is no JSON
    assert "exchanges  2, " in capsys.readouterr().out


# ---- bare bodies -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "operation"),
    [
        ("ping.json", "ping"), ("ping.xml", "ping"), ("duplicate_check.json", "duplicate_check"),
        ("duplicate_check.xml", "duplicate_check"), ("lead_status.json", "lead_status"),
        ("create_lead_sends.json", "create_lead_sends"), ("create_lead_sends.xml", "create_lead_sends"),
        ("create_call_transfer.json", "create_call_transfer"), ("create_call_transfer.xml", "create_call_transfer"),
        ("accept_offer.json", "accept_offer"),
    ],
)  # fmt: skip
def test_a_bare_response_is_recognised_by_its_shape(name: str, operation: str) -> None:
    [exchange], problems = split(DATA / "documentation" / "responses" / name)

    assert problems == []
    assert Judge().judge(exchange).operation == operation


@pytest.mark.parametrize(
    "name", ["create_lead.json", "create_lead.xml", "inbound_post.json", "create_call_lead.xml", "update_lead.json"]
)
def test_a_shape_of_several_operations_is_said_not_guessed(name: str) -> None:
    exchanges, [problem] = split(DATA / "documentation" / "responses" / name)

    assert exchanges == []
    assert problem.kind == "file.ambiguous"
    assert Path(name).stem in problem.message
    assert len(split(DATA / "documentation" / "responses" / name, operation=Path(name).stem)[0]) == 1


# ---- which files, and what they are packed in ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("suffix", "pack"),
    [
        ("gz", gzip.compress),
        ("bz2", bz2.compress),
        ("xz", lzma.compress),
        ("gz", lambda data: b"".join(gzip.compress(data[at : at + 999]) for at in range(0, len(data), 999))),
    ],
)
def test_a_packed_file_is_read_as_if_it_were_not(suffix: str, pack: Any, tmp_path: Path) -> None:
    path = written(tmp_path, f"plain.har.{suffix}", pack(HAR.read_bytes()))

    assert list(read(path)) == list(read(HAR))


def test_standard_input_is_read_once_and_told_by_its_beginning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "_piped", [])
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(gzip.compress(HAR.read_bytes()))))
    [path] = files([Path("-")])

    assert format_of_file(path) == "har"
    exchanges, problems = split(path)

    assert (len(exchanges), problems) == (6, [])
    assert exchanges[0].origin == "standard input#1"


def test_a_pattern_that_no_shell_has_expanded_is_expanded(tmp_path: Path) -> None:
    for name in ("b.har", "a.har", "c.json", "d/e.har"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()

    found = [one.relative_to(tmp_path).as_posix() for one in files([tmp_path / "*.har"])]

    assert found == ["a.har", "b.har"]
    assert [one.name for one in files([tmp_path / "**" / "*.har"])] == ["a.har", "b.har", "e.har"]
    with pytest.raises(InputError, match="no file has such a name"):
        list(files([tmp_path / "*.flow"]))


def test_of_a_run_directory_only_the_exchanges_are_read(tmp_path: Path) -> None:
    assert main(["validate", "--out", str(tmp_path), str(HAR)]) == ExitCode.PASSED

    [path] = files([tmp_path])

    assert path.name == "exchanges.ndjson"
    assert format_of_file(path) == "ndjson"
    exchanges, problems = split(path)
    assert problems == []
    assert [one.request.target for one in exchanges] == [one.request.target for one in split(HAR)[0]]


# ---- a HAR, cut into entries -----------------------------------------------------------------------------------------

ENTRIES: list[Any] = json.loads(HAR.read_text("utf-8"))["log"]["entries"]


def of(text: bytes, size: int = 1 << 18) -> list[Exchange | FileProblem]:
    file = io.BytesIO(text)
    return list(read_har(Stream(lambda _: file.read(size)), CaptureSource("plain.har")))


@settings(max_examples=40, deadline=None)
@given(size=st.integers(1, 5000), indent=st.sampled_from([None, 1, 2, "\t"]), turn=st.integers(0, 5))
def test_entries_are_the_same_however_they_are_written_and_cut(size: int, indent: Any, turn: int) -> None:
    rows = []
    for number, row in enumerate(ENTRIES * 3):  # entries begin with any of their members
        names = list(row)
        shift = (number + turn) % len(names)
        rows.append({name: row[name] for name in names[shift:] + names[:shift]})
    text = json.dumps({"log": {"version": "1.2", "entries": rows, "pages": []}}, indent=indent).encode()

    found = of(text, size)

    assert [(one.request, one.response) for one in found] == [(one.request, one.response) for one in split(HAR)[0]] * 3


TEXTS = st.sampled_from(
    [
        "{}",
        "",
        " ",
        '{"a": 1}',
        "<x/>",
        '<?xml version="1.0" encoding="ISO-8859-1"?><x>é</x>',
        "é€😀",
        "e30=",
        "[1]",
        "\ud800",
    ]
)
HEADERS = st.lists(
    st.tuples(
        st.sampled_from(["Content-Type", "content-encoding", ":path", "Accept", "", "Content-encoding"]),
        st.sampled_from(["application/json", "gzip", "br", "identity", "application/xml; charset=ISO-8859-1",
                         "application/json; charset=utf-8", ""]),
    ),
    max_size=4,
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(
    asked=HEADERS,
    response_headers=HEADERS,
    bodies=st.tuples(TEXTS, TEXTS),
    encoding=st.sampled_from([None, "base64", ""]),
    kind=st.sampled_from(["", "application/json", "text/xml; charset=latin-1"]),
    url=st.sampled_from(
        [
            "https://a.example/v2/x?y=1",
            "https://a.example",
            "/v2/x",
            "https://a.example/v2/x#y",
            "x",
            "https://a.example?x/y",
            "https://[::1/v2/x",
        ]
    ),
    status=st.sampled_from([200, 0, 404, -1]),
    time=st.sampled_from([41.5, -1, 1e300, 0]),
    date=st.sampled_from(["2026-01-31T16:25:12Z", "yesterday", "2026-01-31T16:25:12.123456789+01:00"]),
    post=st.booleans(),
    more=st.sampled_from([{}, {"_responseBodyStatus": "discarded"}, {"_requestBodyStatus": "discarded:too-large"}]),
    size=st.sampled_from([-1, 0, 9]),
)
def test_the_regular_form_is_read_as_the_lenient_way_reads_it(
    asked: list,
    response_headers: list,
    bodies: tuple,
    encoding: Any,
    kind: str,
    url: str,
    status: int,
    time: float,
    date: str,
    post: bool,
    more: dict[str, str],
    size: int,
) -> None:
    def pairs(found: list) -> list[dict[str, str]]:
        return [{"name": name, "value": value} for name, value in found]

    content = {"mimeType": kind, "text": bodies[1], **({"encoding": encoding} if encoding is not None else {})}
    row: dict[str, Any] = {
        "startedDateTime": date,
        "time": time,
        "request": {"method": "post", "url": url, "headers": pairs(asked), "bodySize": size},
        "response": {"status": status, "headers": pairs(response_headers), "content": content},
        **more,
    }
    if post:
        row["request"]["postData"] = {"mimeType": kind, "text": bodies[0], "params": [{"name": "a", "value": "b"}]}
    # A member of another type than the regular form has, and of no consequence, sends an entry the other way.
    slow = {**row, "time": str(time)}
    texts = [json.dumps({"log": {"entries": [ENTRIES[0], one, ENTRIES[1], one]}}).encode() for one in (row, slow)]

    written_as_text = "a time is written as text"
    regular, lenient = (
        [one for one in of(text) if isinstance(one, Exchange) or written_as_text not in one.message] for text in texts
    )

    assert regular == lenient


def test_the_next_entry_is_known_by_how_those_before_it_begin() -> None:
    rows = [json.dumps({"_ours": number, **ENTRIES[0]}) for number in range(3)]
    rows[1] = rows[1].replace('"request"', "request")

    first, problem, last = of(('{"log": {"entries": [' + ", ".join(rows) + "]}}").encode())

    assert isinstance(first, Exchange)
    assert isinstance(problem, FileProblem)
    assert problem.message.startswith("entry 2 is no JSON")
    assert isinstance(last, Exchange)
    assert last.origin == "plain.har#3"


#: An entry, and what makes it one that has to be looked at as a value, or none at all.
PLAIN = json.dumps(ENTRIES[0])
FIRST = next(iter(ENTRIES[0]))
ODD = {
    "plain": PLAIN,
    "a member within that entries begin with": PLAIN[:-1] + f', "_x": [{{"{FIRST}": 1}}, {{"{FIRST}": 2}}]}}',
    "its text in a text": PLAIN[:-1] + ', "_x": ' + json.dumps(PLAIN) + "}",
    "a member that tells of credentials": PLAIN[:-1] + ', "_priority": null}',
    "what was not recorded": PLAIN[:-1] + ', "_unknown": {"response_body": "cut"}}',
    "a number of many digits": PLAIN[:-1] + f', "_x": {"7" * 400}}}',
    "no number": PLAIN[:-1] + ', "_x": NaN}',
    "half of a pair": PLAIN[:-1] + r', "_x": "\ud83d"}',
    "a line in a text": PLAIN[:-1] + ', "_x": "a\nb"}',
    "many levels": PLAIN[:-1] + ', "_x": ' + "[" * 3_000 + "]" * 3_000 + "}",
    "a member twice": PLAIN[:-1] + ', "time": 7}',
    "it breaks off": PLAIN[: len(PLAIN) // 2],
    "something behind it": PLAIN + " 7",
    "none": "7",
}


def test_the_end_of_an_entry_is_seen_by_the_beginning_of_the_next() -> None:
    text = ('{"log": {"entries": [' + ",\n".join([PLAIN] * 4) + "]}}").encode()
    file = io.BytesIO(text)

    found = list(Entries(Stream(file.read), regular=lambda raw: raw))

    # How entries begin is known from the first one, and behind the last one none begins.
    assert found == [ENTRIES[0], PLAIN.encode(), PLAIN.encode(), ENTRIES[0]]


@pytest.mark.parametrize("between", [",", ",\n", " , ", "\n", ",,"])
@pytest.mark.parametrize("odd", ODD)
def test_an_entry_whose_end_is_seen_is_read_as_one_that_is_looked_at(
    odd: str, between: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    entries = between.join([PLAIN, PLAIN, ODD[odd], PLAIN, ODD[odd], PLAIN])
    text = ('{"log": {"entries": [' + entries + "]}}").encode()
    texts = [text, text.replace(b'"_x": "a', b'"_x": "\xff')]

    seen = [of(one) for one in texts]
    monkeypatch.setattr(Entries, "_bounded", lambda self: None)

    assert seen == [of(one) for one in texts]
    assert sum(isinstance(one, Exchange) for one in seen[0]) >= 2


# ---- the habits of exporters -----------------------------------------------------------------------------------------


def exported(**changes: Any) -> list[Exchange | FileProblem]:
    """What is read of one good entry with other members; None takes one away."""
    row = json.loads(json.dumps(ENTRIES[0]))
    for name, value in changes.items():
        part, _, member = name.partition("__")
        place, key = (row[part], member) if member else (row, part)
        if value is None:
            place.pop(key, None)
        else:
            place[key] = value
    return of(json.dumps({"log": {"version": "1.2", "entries": [row, ENTRIES[1]]}}).encode())


TEXT = ENTRIES[0]["response"]["content"]["text"]
CODED = base64.b64encode(TEXT.encode()).decode()


@pytest.mark.parametrize(
    "changes",
    [
        # Charles: the port in the URL, bodies in base64, its own status beside
        {"request__url": "https://leads.partner.example:443/v2/insert/ping", "_charlesStatus": "COMPLETE",
         "response__content": {"size": 9, "mimeType": "application/json", "text": CODED, "encoding": "base64"}},
        # Fiddler: a comment at every entry, a mimeType with its charset, no headersSize
        {"comment": "[#12]", "response__headersSize": None,
         "response__content": {"size": 9, "mimeType": "application/json; charset=utf-8", "text": TEXT}},
        # Safari: -1 where it does not know, an own member for the kind of fetch
        {"_fetchType": "Network Load", "request__headersSize": -1, "response__bodySize": -1, "serverIPAddress": ""},
        # Insomnia, Postman: hardly any member that nobody needs
        {"cache": None, "timings": None, "request__cookies": None, "request__queryString": None,
         "request__httpVersion": None, "response__statusText": None, "response__cookies": None},
        # Firefox: its own members, timings as text
        {"_securityState": "secure", "timings": {"wait": "41"}, "pageref": "page_1", "connection": "443"},
        # base64 without its padding, or in lines
        {"response__content": {"text": CODED.rstrip("="), "encoding": "base64", "mimeType": "application/json"}},
        {"response__content": {"text": "\n".join(CODED[at : at + 76] for at in range(0, len(CODED), 76)),
                               "encoding": "base64", "mimeType": "application/json"}},
        # a proxy that does not take the content encoding off
        {"response__headers": [*ENTRIES[0]["response"]["headers"], {"name": "Content-Encoding", "value": "gzip"}],
         "response__content": {"text": base64.b64encode(gzip.compress(TEXT.encode())).decode(),
                               "encoding": "base64", "mimeType": "application/json"}},
    ],
)  # fmt: skip
def test_whoever_exports_it_the_response_is_the_same(changes: dict[str, Any]) -> None:
    [exchange, _] = exported(**changes)

    assert isinstance(exchange, Exchange)
    assert exchange.request.target == "/v2/insert/ping"
    assert exchange.response.body == TEXT.encode()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"response__content": {"size": 9, "comment": "Response bodies are not included."}}, "was not saved"),
        (
            {"response__content": {"size": 9, "text": TEXT[:40], "comment": "The body was truncated"}},
            "was cut off",
        ),
        ({"response__content": {"size": 2_000_000, "text": "x" * 1_048_576}}, "was cut off"),
        ({"response__content": {"size": 9, "comment": "Body length exceeded MaxTextBodyLength"}}, "was not saved"),
        ({"_responseBodyStatus": "discarded:too-large"}, "was not saved"),
        ({"response__content": {"size": 9, "_file": "a.json"}}, "stands in a file"),
    ],
)
def test_a_response_without_its_body_is_named_and_not_judged(changes: dict[str, Any], words: str) -> None:
    [problem, exchange, _] = exported(**changes)

    assert isinstance(problem, FileProblem)
    assert isinstance(exchange, Exchange)
    assert (problem.kind, exchange.response.body, exchange.failure) == ("file.deviation", b"", "")
    assert not exchange.knows(Part.RESPONSE_BODY)
    assert words in problem.message


@pytest.mark.parametrize(
    ("changes", "failure"),
    [
        ({"response__status": 0, "response___error": "net::ERR_TIMED_OUT"}, "transport.timeout"),
        ({"response__status": 0, "response__statusText": "The request timed out."}, "transport.timeout"),
        ({"response__status": 0, "response__statusText": "cancelled"}, ""),
        ({"response": None}, ""),
    ],
)
def test_a_request_without_a_response_says_why(changes: dict[str, Any], failure: str) -> None:
    [exchange, _] = exported(**changes)

    assert isinstance(exchange, Exchange)
    assert (exchange.response, exchange.failure) == (None, failure)


def test_a_report_names_the_problems_of_a_file_one_by_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path, "x.har", json.dumps({"log": {"entries": [ENTRIES[0], 1, {**ENTRIES[1], "time": "soon"}]}}))

    main(["validate", "--no-run", "--json", str(path)])

    [row] = json.loads(capsys.readouterr().out)["files"]
    assert row["problem"]["message"] == "entry 2 is no object (and 1 more)"
    assert [one["message"] for one in row["problems"]] == [
        "entry 2 is no object", "from entry 3 on: a time is written as text",
    ]  # fmt: skip
