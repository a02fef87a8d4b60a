"""What a file is: a bare body is one as a whole, what else it is is named, and what a proxy said is no response."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadproof.bodies import encode_response
from leadproof.captures import FileProblem, format_of_file, read
from leadproof.captures.shapes import is_documented, root_name, top_names
from leadproof.captures.strangers import STRANGERS, stranger
from leadproof.cli import main
from leadproof.core.errors import ExitCode
from leadproof.core.exchange import Exchange

CASES = Path(__file__).parent / "data" / "captures" / "cases"
RESPONSES = Path(__file__).parent / "data" / "documentation" / "responses"
PING = (CASES / "proxied.txt").read_text("utf-8").partition("\n\n")[2].partition("\n\n")[2]
XML = encode_response("ping", "xml", json.loads(PING)).decode()


def split(path: Path, operation: str | None = None) -> tuple[list[Exchange], list[FileProblem]]:
    found = list(read(path, operation))
    return [one for one in found if isinstance(one, Exchange)], [one for one in found if isinstance(one, FileProblem)]


def written(folder: Path, name: str, text: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


# ---- a body is one as a whole ----------------------------------------------------------------------------------------

WGET = f"""--2026-01-31 16:25:12--  https://leads.partner.example/v2/insert/ping
HTTP request sent, awaiting response...
  HTTP/1.1 200 OK
  Content-Type: application/json
Length: 1204 (1.2K) [application/json]
Saving to: 'STDOUT'

{PING}
"""
MAIL = f"From: a@partner.example\nTo: b@partner.example\nSubject: ping\n\n{PING}\n"
STUB = json.dumps(
    {"request": {"urlPath": "/v2/insert/ping"}, "response": {"status": 200, "jsonBody": json.loads(PING)}}
)

#: Name of a file, its text, and a word of what is said of it.
WRAPPED = {
    "mail": ("mail.txt", (CASES / "mail.txt").read_text("utf-8"), "text"),
    "mail-with-headers": ("mail.eml", MAIL, "a mail"),
    "chat": ("chat.md", f"it said\n```json\n{PING}\n```\n", "text"),
    "fence": ("fence.md", f"```json\n{PING}\n```\n", "text"),
    "script": ("a.js", f"const response = {PING};\n", "text"),
    "label": ("a.txt", f"Response body: {PING}\n", "text"),
    "status-before": ("a.txt", f"200 {PING}\n", "text"),
    "xml-in-a-mail": ("a.txt", f"Hello,\n{XML}\n", "text"),
    "signature": ("a.txt", f"{PING}\n\nRegards\nA. Sender\n", "behind the document"),
    "two-bodies": ("a.json", f"{PING}\n\n---\n{PING}\n", "behind the document"),
    "xml-and-signature": ("a.xml", f"{XML}\nRegards\n", "behind the document"),
    "wget": ("wget.txt", WGET, "wget"),
    "yaml": ("a.yaml", f"response:\n  status: 200\n  body: '{PING}'\n", "YAML"),
    "openapi": ("a.yaml", "openapi: 3.1.0\ninfo:\n  title: leads\n", "OpenAPI"),
    "openapi-json": ("a.json", '{"openapi": "3.1.0", "paths": {"/v2": {"results": [], "requestId": 1}}}', "OpenAPI"),
    "stub": ("stub.json", STUB, "no mapping"),
    "stubs": ("stubs.json", f'{{"mappings": [{STUB}]}}', "no mapping"),
    "other-stub": ("stub.json", json.dumps({"when": "ping", "jsonBody": json.loads(PING)}), "stub"),
    "wrapped": ("a.json", json.dumps({"data": json.loads(PING)}), "no documented operation"),
    "lambda": ("a.json", json.dumps({"statusCode": 200, "headers": {}, "body": PING}), "no documented operation"),
    "postman": ("a.json", json.dumps({"info": {"name": "x"}, "item": [{"response": [{"body": PING}]}]}), "Postman"),
    "postman-run": ("a.json", json.dumps({"id": 1, "results": [], "totalPass": 0, "totalFail": 0}), "Postman"),
    "charles": ("a.chlsj", json.dumps([{"status": "COMPLETE", "scheme": "https", "protocolVersion": "HTTP/1.1"}]),
                "Charles"),
    "html": ("a.html", f"<!DOCTYPE html>\n<html><body>{PING}</body></html>", "HTML"),
    "soap": ("a.xml", f"<s:Envelope xmlns:s='urn:x'><s:Body>{XML}</s:Body></s:Envelope>", "SOAP"),
    "csv": ("a.csv", 'time,body\n1,"{""results"":[]}"\n', "text"),
    "pdf": ("a.pdf", b"%PDF-1.7\n{\"results\": []}", "PDF"),
    "database": ("a.db", b"SQLite format 3\0{\"results\": []}", "SQLite"),
    "packets": ("a.pcap", b"\xd4\xc3\xb2\xa1\2\0\4\0{\"results\": []}", "pcap"),
    "report": ("a.json", json.dumps({"schema": "leadproof.report/2", "verdict": "passed", "findings": []}), "report"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRAPPED)
def test_what_is_around_a_body_is_not_judged_as_one(name: str, tmp_path: Path) -> None:
    file, text, word = WRAPPED[name]
    path = written(tmp_path, file, text)

    exchanges, problems = split(path)

    assert exchanges == []
    assert problems[-1].kind == "file.unrecognised"
    assert word in problems[-1].message
    assert problems[-1].hint


@pytest.mark.parametrize("name", ["mail", "wget", "stubs", "packets"])
def test_nothing_is_decided_by_what_is_not_recognised(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, text, _ = WRAPPED[name]

    code = main(["validate", "--no-run", str(written(tmp_path, file, text))])

    assert code == ExitCode.INCONCLUSIVE
    assert "313: 291 left open by this run, 22 never testable from outside" in capsys.readouterr().out


def test_every_row_of_what_is_no_capture_is_met_by_one_of_these() -> None:
    met = [stranger(text.encode() if isinstance(text, str) else text) for _, text, _ in WRAPPED.values()]

    assert {row.what for row in STRANGERS} - {row.what for row in met if row} <= {"a session of Charles"}


def test_a_body_that_is_named_is_judged_whatever_it_is_unless_it_is_known_to_be_something_else(tmp_path: Path) -> None:
    for text, read_ in (("Service unavailable", 1), ("<html/>", 1), (f"{PING} x", 1), (WGET, 0), (MAIL, 0)):
        assert len(split(written(tmp_path, "a.txt", text), "ping")[0]) == read_, text


@pytest.mark.parametrize(
    "text",
    [
        PING, f"\ufeff{PING}", f"\n\n {PING}\r\n\r\n", XML,
        f'<?xml version="1.0"?><!-- by hand -->\n{XML}\n<!-- end -->',
        PING.replace('"requestId"', '"RequestId"').replace('"results"', '"Results"', 1),
        PING.replace("{", '{"took": 4, "server": "a", ', 1), PING[:300], XML[:300], PING.replace(":", ": ,", 1),
    ],
)  # fmt: skip
def test_a_body_of_the_api_is_judged_though_it_is_broken_or_has_more(text: str, tmp_path: Path) -> None:
    [exchange], problems = split(written(tmp_path, "a.txt", text), None)

    assert problems == []
    assert exchange.response
    assert exchange.response.body == text.encode()


@pytest.mark.parametrize("name", ["ping", "lead_status", "duplicate_check", "accept_offer"])
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_the_shape_of_a_response_is_known_from_any_beginning_of_it(name: str, data: st.DataObject) -> None:
    body = (RESPONSES / f"{name}.json").read_bytes()
    first = body.index(b":") + 1

    cut = body[: data.draw(st.integers(first, len(body)))]

    assert is_documented(cut)
    assert set(top_names(cut)) <= set(json.loads(body))


@given(st.recursive(st.none() | st.text(max_size=4), lambda one: st.lists(one, max_size=3)
       | st.dictionaries(st.text(max_size=4), one, max_size=3), max_leaves=12))  # fmt: skip
def test_the_names_at_the_top_are_those_of_the_object(value: object) -> None:
    names = top_names(json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass"))

    expected = value if isinstance(value, dict) else {}
    assert names == tuple(json.dumps(name, ensure_ascii=False)[1:-1] for name in expected)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("<a/>", "a"), ("<p:a x='1'>", "a"), ("<?xml version='1.0'?>\n<!-- <b/> --><a>", "a"),
        ("<!DOCTYPE items [<!ELEMENT items (item*)>\n<!ATTLIST items v CDATA \"\">]>\n<items>", "items"),
        ("{}", ""), ("<", ""), ("<?xml", ""),
    ],
)  # fmt: skip
def test_the_root_of_a_document_is_found_behind_what_stands_before_it(text: str, name: str) -> None:
    assert root_name(text.encode()) == name


# ---- what a proxy said -----------------------------------------------------------------------------------------------

OK = f"HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: {len(PING)}\r\n\r\n{PING}"
TUNNEL = "HTTP/1.1 200 Connection established\r\n\r\n"
AUTH = "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\nContent-Length: 2\r\n\r\nno"
EARLY = "HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n"
CONTINUE = "HTTP/1.1 100 Continue\r\n\r\n"
MOVED = "HTTP/1.1 301 Moved Permanently\r\nLocation: /v2/insert/ping\r\nContent-Length: 0\r\n\r\n"
VERBOSE = (
    "> CONNECT leads.partner.example:443 HTTP/1.1\r\n> Host: leads.partner.example:443\r\n> \r\n"
    "< HTTP/1.1 200 Connection established\r\n< \r\n* CONNECT phase completed!\r\n"
    "> GET /v2/status/1 HTTP/1.1\r\n> Host: leads.partner.example\r\n> \r\n"
    "< HTTP/1.1 404 Not Found\r\n< content-length: 0\r\n< \r\n"
)

#: Name -> what was printed, the statuses of the service, and how many things are said about the rest.
PROXIED = {
    "case": ((CASES / "proxied.txt").read_text("utf-8"), [200], 0),
    "tunnel": (TUNNEL + OK, [200], 0),
    "old-proxy": ("HTTP/1.0 200 Connection Established\r\nProxy-agent: Apache/2.4\r\n\r\n" + OK, [200], 0),
    "plain-reason": ("HTTP/1.1 200 OK\r\nVia: 1.1 proxy\r\nDate: x\r\n\r\n" + OK, [200], 0),
    "interim-behind": (TUNNEL + CONTINUE + EARLY + OK, [200], 0),
    "interim-alone": (CONTINUE + EARLY + EARLY + OK, [200], 0),
    "two-outputs": ((TUNNEL + OK) * 2, [200, 200], 0),
    "credentials-first": (AUTH + TUNNEL + OK, [200], 1),
    "credentials-refused": (AUTH, [], 2),
    "chain": (TUNNEL + TUNNEL + OK, [200], 0),
    "nothing-behind": (TUNNEL, [], 1),
    "redirect": (TUNNEL + MOVED + OK, [301, 200], 0),
    "redirect-without-a-proxy": (MOVED + OK, [301, 200], 0),
    "no-content": ("HTTP/1.1 204 No Content\r\n\r\n" + OK, [204, 200], 0),
    "empty-at-the-end": (OK + "\r\nHTTP/1.1 200 OK\r\nDate: x\r\n\r\n", [200, 200], 1),
    "empty-with-a-length": ("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n" + OK, [200, 200], 0),
    "error-behind": (TUNNEL + "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 3\r\n\r\nbad", [502], 0),
    "verbose": (VERBOSE, [404], 0),
}  # fmt: skip


@pytest.mark.parametrize("name", PROXIED)
@pytest.mark.parametrize("ends", ["\r\n", "\n"])
def test_the_response_of_a_proxy_is_none_of_the_service(name: str, ends: str, tmp_path: Path) -> None:
    text, statuses, said = PROXIED[name]
    path = written(tmp_path, "curl.txt", text.replace("\r\n", ends))

    assert format_of_file(path) == "http"
    exchanges, problems = split(path)

    assert [one.response.status for one in exchanges if one.response] == statuses
    assert len(problems) == said


def test_what_came_through_a_proxy_is_judged(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["validate", "--no-run", str(CASES / "proxied.txt")]) == ExitCode.PASSED

    assert "exchanges  1, 1 judged\n" in capsys.readouterr().out
