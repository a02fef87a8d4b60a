"""People from eight countries through every door: nothing of them in any file that is written, or in what is printed.

Looked for by `people.left`, which shares no code with the redaction. A few of them in a run of the tests; `make
test-people` takes 200, through the doors that start processes too.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode
from xml.sax.saxutils import escape

import httpx
import pytest
from people import Person, left, people, prose, token

from leadproof.cli import main
from leadproof.contract import profile
from leadproof.contract.profile.writing import write
from leadproof.core.exchange import Exchange, Request, Response
from leadproof.runs.evidence import exchange_row
from leadproof.runs.formats import RENDERERS
from leadproof.testing import ContractViolation, assert_contract

#: How many people: 16 are two of each country.
NUMBER = int(os.environ.get("LEADPROOF_PEOPLE", "16"))
PEOPLE = people(NUMBER)
whole_only = pytest.mark.skipif(NUMBER < 200, reason="starts processes: make test-people")


def exchange(person: Person, index: int) -> Exchange:
    """A lead, and a service that says everything it knows in every place there is."""
    asked = (("content-type", "application/json"), ("api-key", "test-api-key"), ("X-Caller", person.spelled[0]))
    path = f"/v2/insert/transfer?email={quote(person.email)}&first={quote(person.first)}"
    place = f"hi/{quote(person.first)}/{quote(person.spelled[1], safe='')}"
    link = f"https://x.example/{place}?{urlencode(person.fields())}"
    told = {
        "Content-Type": "application/json", "Location": link, "Set-Cookie": f"lead={quote(person.last)}; Path=/",
        "X-Lead-Owner": quote(person.agent), "X-Session": token(person), "X-Debug": quote(prose(person)),
    }  # fmt: skip
    source = {"vid": 1001, "lid": 2001, "sendDelay": 0, "returnURL": link}
    body = json.dumps({"source": source, "leads": [{"properties": {}, "fields": person.fields()}]})
    agent = {"agentName": person.agent, "agentPhone": person.spelled[2]}
    nested = json.dumps({"who": {"name": person.first}, "text": prose(person)})
    result = {
        "isValid": "true", "responseType": "No_Error", "responseMessage": prose(person), "leadId": 4711 + index,
        "client": [{"clientId": 7, "clientName": "Harbor Insurance", **agent}], "redirectURL": link, "log": nested,
        "token": token(person), "nombre": person.first, "телефон": person.spelled[0],
    }  # fmt: skip
    answer = json.dumps({"requestId": f"r{index}", "results": [result]}, ensure_ascii=index % 3 == 0)
    if index % 2:
        asked = (("content-type", "application/xml"), *asked[1:])
        told["Content-Type"] = "application/xml"
        fields = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in person.fields().items())
        body = f'<Leads vid="1001" lid="2001" sendDelay="0"><Lead>{fields}</Lead></Leads>'
        answer = (
            f"<TransferReceiverResult><RequestId>r</RequestId><Results><Message>{escape(prose(person))}</Message>"
            f"<Client><AgentName>{escape(person.agent)}</AgentName><RedirectURL>{escape(link)}</RedirectURL></Client>"
            f"</Results></TransferReceiverResult>"
        )
    return Exchange(
        Request("POST", path, asked, body.encode()), Response(200, tuple(told.items()), answer.encode()),
        "create_call_transfer", f"of {person.first}", started=1_795_456_800.0 + index, elapsed=0.1,
    )  # fmt: skip


EXCHANGES = [exchange(person, index) for index, person in enumerate(PEOPLE)]


# ---- what was captured, in each format -------------------------------------------------------------------------------


def har() -> bytes:
    def message(one: Request | Response) -> dict[str, Any]:
        return {"headers": [{"name": name, "value": value} for name, value in one.headers], "cookies": []}

    rows = [
        {
            "startedDateTime": "2026-11-23T09:00:00Z", "time": 1, "comment": prose(PEOPLE[index]),
            "request": message(one.request)
            | {"method": "POST", "url": f"https://api.example{one.request.target}", "queryString": [],
               "postData": {"mimeType": one.request.headers[0][1], "text": one.request.body.decode()}},
            "response": message(one.response)
            | {"status": 200, "redirectURL": dict(one.response.headers)["Location"],
               "content": {"mimeType": dict(one.response.headers)["Content-Type"], "text": one.response.body.decode()}},
        }
        for index, one in enumerate(EXCHANGES)
        if one.response
    ]  # fmt: skip
    return json.dumps(
        {"log": {"version": "1.2", "pages": [{"title": f"Hello {PEOPLE[0].first}"}], "entries": rows}}
    ).encode()


def heads(one: Request | Response) -> str:
    return "".join(f"{name}: {value}\r\n" for name, value in one.headers)


def http() -> bytes:
    def message(start: str, one: Request | Response) -> bytes:
        return f"{start}\r\n{heads(one)}content-length: {len(one.body)}\r\n\r\n".encode() + one.body + b"\n"

    return b"".join(
        message(f"POST {one.request.target} HTTP/1.1", one.request) + message("HTTP/1.1 200 OK", one.response)
        for one in EXCHANGES
        if one.response
    )


def log() -> bytes:
    rows = [
        {"level": "info", "msg": prose(person), "url": one.request.target, "lead": person.fields(),
         "body": one.request.body.decode(), "response": one.response.body.decode() if one.response else ""}
        for person, one in zip(PEOPLE, EXCHANGES, strict=True)
    ]  # fmt: skip
    return "\n".join(json.dumps(row, ensure_ascii=False) for row in rows).encode()


def netstring(value: Any) -> bytes:
    """A value as mitmproxy writes it."""
    if isinstance(value, dict):
        content, tag = b"".join(netstring(key) + netstring(sub) for key, sub in value.items()), b"}"
    elif isinstance(value, list):
        content, tag = b"".join(map(netstring, value)), b"]"
    elif isinstance(value, bytes):
        content, tag = value, b","
    else:
        content = str(value).encode()
        tag = b";" if isinstance(value, str) else b"#" if isinstance(value, int) else b"^"
    return str(len(content)).encode() + b":" + content + tag


def flow() -> bytes:
    def message(one: Request | Response) -> dict[str, Any]:
        pairs = [[name.encode(), value.encode()] for name, value in one.headers]
        return {"headers": pairs, "content": one.body, "timestamp_start": 1.5, "timestamp_end": 2.5}

    return b"".join(
        netstring({
            "version": 21, "type": "http",
            "request": message(one.request)
            | {"method": b"POST", "scheme": b"https", "path": one.request.target.encode()},
            "response": message(one.response) | {"status_code": 200},
        })
        for one in EXCHANGES
        if one.response
    )  # fmt: skip


CAPTURES: dict[str, Callable[[], bytes]] = {
    "capture.har": har,
    "exchanges.ndjson": lambda: b"".join(
        json.dumps(exchange_row(index, one, original=one)).encode() + b"\n" for index, one in enumerate(EXCHANGES)
    ),
    "capture.flow": flow,
    "calls.http": http,
    "app.log": log,
    "body.json": lambda: EXCHANGES[0].request.body,
    "body.xml": lambda: EXCHANGES[1].request.body,
    "mail.txt": lambda: "\n".join(map(prose, PEOPLE)).encode(),
    "form.txt": lambda: "\n".join(urlencode(person.fields()) for person in PEOPLE).encode(),
}


def written(folder: Path, *but: Path) -> list[bytes]:
    return [path.read_bytes() for path in folder.rglob("*") if path.is_file() and path not in but]


def test_they_are_found_where_nothing_is_replaced() -> None:
    for name, make in CAPTURES.items():
        found = left([make()], PEOPLE)

        assert len(found) > len(PEOPLE) or name.startswith("body"), name
        assert found, name


@pytest.mark.parametrize("name", CAPTURES)
def test_nothing_is_left_in_a_copy(name: str, tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    path = tmp_path / name
    path.write_bytes(CAPTURES[name]())

    code = main(["redact", str(path), "--json"])

    printed = capsysbinary.readouterr()
    assert code == 0, printed.err
    copy = Path(json.loads(printed.out)["copy"])
    assert copy.stat().st_size > path.stat().st_size / 4
    assert left([printed.out, printed.err, *written(tmp_path, path)], PEOPLE) == set()


@pytest.mark.parametrize("options", [(), ("--json",)], ids=["text", "json"])
def test_nothing_is_left_of_what_is_validated(
    options: tuple[str, ...],
    tmp_path: Path,
    capsysbinary: pytest.CaptureFixture[bytes],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "capture.har"
    path.write_bytes(har())

    code = main(["validate", path.name, "--out", "out", *options])

    printed = capsysbinary.readouterr()
    assert code == 1, printed.err
    (run,) = (tmp_path / "out").iterdir()
    assert {one.file for one in RENDERERS.values()} <= {one.name for one in run.iterdir()}
    assert main(["report", str(run), "--format", "har", "--out", "again"]) == 1
    printed_again = capsysbinary.readouterr()
    texts = [printed.out, printed.err, printed_again.out, printed_again.err, *written(tmp_path, path)]
    assert left(texts, PEOPLE) == set()


def test_nothing_is_left_in_what_a_test_of_yours_is_told() -> None:
    told = []
    for one in EXCHANGES:
        assert one.response is not None
        with pytest.raises(ContractViolation) as raised:
            assert_contract(one, operation="create_call_transfer")
        told.append(str(raised.value).encode())

    assert left(told, PEOPLE) == set()


# ---- what was sent and recorded --------------------------------------------------------------------------------------


def posting(folder: Path) -> Path:
    """A profile whose generated leads are these people."""
    text = write(profile.load())
    mine = {
        "FirstName": [one.first for one in PEOPLE], "LastName": [one.last for one in PEOPLE],
        "Address": [one.street for one in PEOPLE], "City": [one.city for one in PEOPLE],
        "Email": [one.email for one in PEOPLE], "IPAddress": [one.ip for one in PEOPLE],
    }  # fmt: skip
    for name, values in mine.items():
        examples = f"examples = {json.dumps(sorted(set(values)), ensure_ascii=False)}"
        text = re.sub(
            rf'(name = "{name}"\n(?:(?!\n\n).)*?)examples = \[[^\]]*\]', rf"\g<1>{examples}", text, flags=re.DOTALL
        )
    path = folder / "posting.toml"
    path.write_text(text, "utf-8")
    return path


def leadproof(*arguments: str, folder: Path) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "leadproof", *arguments], cwd=folder, capture_output=True, timeout=300, check=False
    )


@whole_only
@pytest.mark.parametrize(
    "line",
    [
        ("certify", "--quick"),
        ("test", "--operation", "create_lead", "--topic", "operations", "--topic", "generated"),
        ("load", "ping_post", "--rate", "40", "--duration", "5s"),
        ("certify-client", "--no-slow"),
    ],
    ids=lambda line: str(line[0]),
)
def test_nothing_is_left_of_what_is_sent(line: tuple[str, ...], tmp_path: Path) -> None:
    path = posting(tmp_path)

    client = ("--", sys.executable, "-m", "leadproof.suite.client.example", "{lead.json}")
    more = client if line[0] == "certify-client" else ()
    done = leadproof(*line, "--profile", path.name, "--out", "out", *more, folder=tmp_path)

    assert done.returncode in (0, 1, 3, 4), done.stderr
    assert len(list((tmp_path / "out").glob("*/exchanges.ndjson"))) == 1
    assert left([done.stdout, done.stderr, *written(tmp_path, path)], PEOPLE) == set()


@whole_only
def test_nothing_is_left_of_what_is_recorded(http_target: Callable[..., str], tmp_path: Path) -> None:
    answers = iter([one.response for one in EXCHANGES if one.response])

    def respond(method: str, path: str, sent: dict[str, str], body: bytes) -> tuple[int, dict[str, str], bytes]:
        one = next(answers)
        return one.status, dict(one.headers), one.body

    line = [
        sys.executable, "-m", "leadproof", "record", "--target", http_target(respond), "--out", "out",
        "--max-exchanges", str(len(EXCHANGES)), "--duration", "120s",
    ]  # fmt: skip
    with subprocess.Popen(line, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        found = re.search(rb"through (http://\S+)", first)
        assert found is not None, first
        with httpx.Client(base_url=found[1].decode(), trust_env=False) as client:
            for one in EXCHANGES:
                pairs = [(name, value.encode()) for name, value in one.request.headers]
                assert client.post(one.request.target, headers=pairs, content=one.request.body).status_code == 200
        printed = first + process.communicate(timeout=120)[0]

    assert len(list((tmp_path / "out").glob("*/traffic.har"))) == 1
    assert left([printed, *written(tmp_path)], PEOPLE) == set()
