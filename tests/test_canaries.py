"""24 secrets and personal values in 13 encodings, through every door: none in any file that is left, or on the console.

Planted where they are met: in the headers, query and body of requests, and echoed by the service in its headers and
messages. What is looked for afterwards is every spelling of every value, in every file below the working folder, caches
included, and in what was printed.
"""

from __future__ import annotations

import base64
import gzip
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import httpx
import pytest

from leadproof.contract.profile import load
from leadproof.core.exchange import Request
from leadproof.mock import Mock
from leadproof.runs.evidence import read_exchanges

PROFILE = load()

#: Field of a lead -> what it holds.
PERSONAL = {
    "FirstName": "Zebulon",
    "LastName": "Quarrington",
    "Email": "zeb.quarrington@mailbox.example",
    "Phone": "(415) 867-5309",
    "MobilePhone": "628-867-5310",
    "WorkPhone": "+1 212 867 5311",
    "EveningPhone": "3108675312",
    "Address": "4711 Thistledown Crescent",
    "City": "Wolverhollow",
    "DateOfBirth": "1971-08-23",
    "SSN": "123-45-6789",
    "SpouseSSN": "234567890",
    "IPAddress": "203.0.113.77",
    "ClientIP": "2001:db8:85a3::8a2e:370:7334",
    "MothersMaidenName": "Ottoline",
    "DriverLicense": "D4561237",
    "Comments": "ask for Perpetua at the back door",
}
KEY, BEARER, COOKIE = "canary-key-93b1c2", "canaryBearer77aa.bb-cc_dd", "canarycookie5512"
TOKEN, PASSWORD, URL_PASSWORD = "canarytoken8841", "canarypass3321", "canaryinfo9917"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJjYW5hcnkifQ.c2lnbmF0dXJl"
SECRETS = (KEY, BEARER, COOKIE, TOKEN, PASSWORD, URL_PASSWORD, JWT)
VALUES = (*PERSONAL.values(), *SECRETS)

ENCODINGS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "upper case": str.upper,
    "percent": lambda value: quote(value, safe=""),
    "percent, lower case": lambda value: re.sub("%..", lambda code: code[0].lower(), quote(value, safe="")),
    "percent twice": lambda value: quote(quote(value, safe=""), safe=""),
    "form": quote_plus,
    "base64": lambda value: base64.b64encode(value.encode()).decode(),
    "base64, url-safe, no padding": lambda value: base64.urlsafe_b64encode(value.encode()).decode().rstrip("="),
    "JSON escapes": lambda value: "".join(f"\\u{ord(char):04x}" for char in value),
    "JSON in JSON": lambda value: json.dumps({"inner": json.dumps({"value": value})}),
    "XML entities": lambda value: "".join(f"&#{ord(char)};" for char in value),
    "XML entities, hexadecimal": lambda value: "".join(f"&#x{ord(char):X};" for char in value),
    "gzip": str,  # the body is packed as a whole
}


def test_there_are_as_many_as_are_spoken_of() -> None:
    assert (len(VALUES), len(ENCODINGS)) == (24, 13)


def spellings() -> Iterator[tuple[str, bytes]]:
    for value in VALUES:
        for encode in ENCODINGS.values():
            spelled = encode(value)
            for form in {spelled, json.dumps(spelled)[1:-1], json.dumps(json.dumps(spelled))[3:-3]}:
                yield value, form.encode()


SPELLINGS = [(value, form.lower()) for value, form in spellings()]


def leaks(*texts: bytes) -> set[str]:
    """The values that can be read in what was left behind."""
    return {value for text in map(bytes.lower, texts) for value, form in SPELLINGS if form in text}


def left(folder: Path, *but: Path) -> list[bytes]:
    """Every file below a folder, packed bodies unpacked; but those that the test itself put there."""
    found = [path.read_bytes() for path in folder.rglob("*") if path.is_file() and path not in but]
    bodies = [one.request.body for run in folder.rglob("exchanges.ndjson") for one in read_exchanges(run)]
    return [*found, *(gzip.decompress(body) for body in bodies if body.startswith(b"\x1f\x8b"))]


def leadproof(*arguments: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "leadproof", *arguments], cwd=folder, capture_output=True, timeout=120, check=False,
        env={**os.environ, "COLUMNS": "200", **environment},
    )  # fmt: skip


# ---- what was captured -----------------------------------------------------------------------------------------------


def entry(encoding: str, xml: bool) -> dict[str, Any]:
    """A lead with every value in its own place, and a response that echoes all of them in one encoding."""
    encode = ENCODINGS[encoding]
    echo = ", ".join(map(encode, VALUES))
    fields = dict(PERSONAL)
    kind = "application/xml" if xml else "application/json"
    source = {"vid": 1001, "lid": 2001, "sendDelay": 0}
    body = json.dumps({"source": source, "leads": [{"properties": {}, "fields": fields}]})
    result = {"isValid": echo, "responseMessage": echo, "price": KEY}
    response = json.dumps({"requestId": echo, "results": [result]})
    if xml:
        inner = "".join(f"<{name}>{value}</{name}>" for name, value in fields.items())
        body = f'<Leads vid="1001" lid="2001" apiKey="{KEY}"><Lead reference="{MAIL}">{inner}</Lead></Leads>'
        escaped = echo.replace("&", "&amp;").replace("<", "&lt;")
        response = (
            f"<LeadReceiverResult><RequestId>{escaped}</RequestId><Results>{escaped}</Results></LeadReceiverResult>"
        )
    post: dict[str, str] = {"mimeType": kind, "text": body}
    coding = []
    if encoding == "gzip":
        post |= {"text": base64.b64encode(gzip.compress(body.encode())).decode(), "encoding": "base64"}
        coding = [{"name": "Content-Encoding", "value": "gzip"}]
    basic = base64.b64encode(f"user:{PASSWORD}".encode()).decode()
    pairs = {
        "Content-Type": kind,
        "api-key": KEY,
        "Authorization": f"Bearer {BEARER}",
        "Cookie": f"sid={COOKIE}",
        "Proxy-Authorization": f"Basic {basic}",
        "X-Auth-Token": JWT,
        "X-Forwarded-For": PERSONAL["IPAddress"],
    }
    headers = [{"name": name, "value": value} for name, value in pairs.items()]
    return {
        "startedDateTime": "2026-11-23T09:00:00.000Z",
        "time": 12,
        "request": {
            "method": "POST",
            "url": f"https://me:{URL_PASSWORD}@host.example/v2/insert/general?access_token={TOKEN}&email={quote(MAIL)}",
            "headers": headers + coding,
            "cookies": [{"name": "sid", "value": COOKIE}],
            "queryString": [{"name": "access_token", "value": TOKEN}],
            "postData": post,
        },
        "response": {
            "status": 200,
            "headers": [
                {"name": "Content-Type", "value": kind},
                {"name": "Set-Cookie", "value": f"sid={COOKIE}; Path=/"},
                {"name": "X-Debug", "value": " ".join(map(encode, VALUES))},
                {"name": "Location", "value": f"https://me:{URL_PASSWORD}@host.example/?token={TOKEN}"},
            ],
            "content": {"mimeType": kind, "text": response},
        },
    }


MAIL = PERSONAL["Email"]


def captured(folder: Path) -> Path:
    """A HAR with every value in every encoding, in both formats; the last entry breaks off."""
    rows = [entry(encoding, xml) for encoding in ENCODINGS for xml in (False, True)]
    path = folder / "capture.har"
    text = json.dumps({"log": {"pages": [{"title": f"Hello {PERSONAL['FirstName']}"}], "entries": rows}})
    path.write_text(text[:-3] + ',{"request": {"url": "' + MAIL)
    return path


@pytest.mark.parametrize("options", [(), ("--json",), ("--jobs", "2")], ids=" ".join)
def test_nothing_is_left_of_a_capture_that_was_validated(options: tuple[str, ...], tmp_path: Path) -> None:
    path = captured(tmp_path)
    other = tmp_path / "response.json"
    other.write_text(json.dumps({"results": [{"isValid": MAIL, "responseMessage": KEY}], "api-key": KEY}))

    done = leadproof("validate", *options, "--out", "out", path.name, other.name, folder=tmp_path)

    assert done.returncode == 2, done.stderr  # the capture breaks off
    assert b"findings" in done.stdout or b"FAILED" in done.stdout or b"must" in done.stdout
    assert len(list((tmp_path / "out").glob("*/exchanges.ndjson"))) == 1
    assert leaks(done.stdout, done.stderr, *left(tmp_path, path, other)) == set()


def test_nothing_is_left_in_a_copy_that_is_to_be_shared(tmp_path: Path) -> None:
    path = captured(tmp_path)

    done = leadproof("redact", path.name, folder=tmp_path)

    copy = json.loads((tmp_path / "capture.redacted.har").read_bytes())
    packed = [
        gzip.decompress(base64.b64decode(one["request"]["postData"]["text"]))
        for one in copy["log"]["entries"]
        if one["request"]["postData"].get("encoding")
    ]
    assert len(packed) == 2
    assert leaks(done.stdout, done.stderr, *packed, *left(tmp_path, path)) == set()


# ---- what was sent ---------------------------------------------------------------------------------------------------


Response = tuple[int, dict[str, str], bytes]
MESSAGE = re.compile(rb'"(?:responseMessage|response|message)":"')
#: What the service says again and again, sent by the caller or not.
ECHOED = (KEY, JWT, MAIL, PERSONAL["SSN"], PERSONAL["Phone"])


def echoing(mock: Mock, seen: set[str]) -> Callable[[str, str, dict[str, str], bytes], Response]:
    """A service that responds as the mock does and repeats the caller's key in everything it says."""
    echo = " ".join(encode(one) for encode in ENCODINGS.values() for one in ECHOED)
    written = json.dumps(echo)[1:-1].encode()

    def respond(method: str, path: str, headers: dict[str, str], body: bytes) -> Response:
        seen.add(headers.get("api-key", ""))
        known = {**headers, "api-key": PROFILE.credentials.api_keys[0]} if KEY in seen else headers
        response = mock.handle(Request(method, path, tuple(known.items()), body))
        content = MESSAGE.sub(lambda found: found[0] + written + b" ", response.body)
        pairs = {name: value for name, value in response.headers if name.lower() != "content-length"}
        return response.status, {**pairs, "X-Echo": echo, "Set-Cookie": f"sid={COOKIE}"}, content

    return respond


def test_nothing_is_left_of_a_suite_that_was_run(http_target: Callable[..., str], tmp_path: Path) -> None:
    seen: set[str] = set()
    mock = Mock(PROFILE, clock=time.time)
    url = http_target(echoing(mock, seen))

    done = leadproof(
        "test", "--target", url, "--operation", "ping", "--topic", "generated", "--topic", "operations", "--out", "out",
        "--max-examples", "2",
        folder=tmp_path, LEADPROOF_API_KEY=KEY,
    )  # fmt: skip

    assert KEY in seen, done.stderr
    assert b"exchanges" in done.stdout
    assert leaks(done.stdout, done.stderr, *left(tmp_path)) == set()


def test_nothing_is_left_of_a_load(http_target: Callable[..., str], tmp_path: Path) -> None:
    seen: set[str] = set()
    mock = Mock(PROFILE, clock=time.time)
    url = http_target(echoing(mock, seen))

    done = leadproof(
        "load", "ping_post", "--target", url, "--rate", "5", "--duration", "2s", "--out", "out",
        folder=tmp_path, LEADPROOF_API_KEY=KEY,
    )  # fmt: skip

    assert KEY in seen, done.stderr
    assert leaks(done.stdout, done.stderr, *left(tmp_path)) == set()


@pytest.mark.parametrize(
    "command",
    [
        ("test", "--operation", "ping", "--topic", "operations"),
        ("load", "ping_post", "--rate", "3", "--duration", "1s"),
    ],
    ids=lambda command: command[0],
)
def test_nothing_is_left_of_what_a_gateway_asks_for(
    command: tuple[str, ...], http_target: Callable[..., str], tmp_path: Path
) -> None:
    gates = {"X-G": "prod-secret-4711", "X-H": "my_password_1", "X-I": "/api-key/x+y==", "X-J": "apikey"}
    mock = Mock(PROFILE, clock=time.time)
    came: list[str] = []

    def respond(method: str, path: str, headers: dict[str, str], body: bytes) -> Response:
        came.append(" ".join(headers[name] for name in map(str.lower, gates)))
        response = mock.handle(Request(method, path, tuple(headers.items()), body))
        content = MESSAGE.sub(lambda found: found[0] + came[-1].encode() + b" ", response.body)
        pairs = {name: value for name, value in response.headers if name.lower() != "content-length"}
        return response.status, {**pairs, "X-Echo": f"<{came[-1]}>"}, content

    url = http_target(respond)
    lines = ["[targets.corp]", f'url = "{url}"', "[targets.corp.headers]", *(f'{k} = "{v}"' for k, v in gates.items())]
    settings = tmp_path / "leadproof.toml"
    settings.write_text("\n".join(lines))
    key = PROFILE.credentials.api_keys[0]

    done = leadproof(*command, "--target", "corp", "--out", "out", folder=tmp_path, LEADPROOF_API_KEY=key)

    assert set(came) == {" ".join(gates.values())}, done.stderr
    kept = [done.stdout, done.stderr, *left(tmp_path, settings)]
    assert len(kept) > 3
    for value in list(gates.values())[:3]:
        assert not any(value.encode() in text for text in kept), value
    values = [value for run in tmp_path.rglob("exchanges.ndjson") for one in read_exchanges(run)
              for _, value in one.request.headers]  # fmt: skip
    assert values or command[0] == "load"  # which keeps samples only
    assert "apikey" not in values


def test_nothing_is_left_of_a_recording(http_target: Callable[..., str], tmp_path: Path) -> None:
    rows = [entry(encoding, xml) for encoding in ENCODINGS for xml in (False, True)]
    responses = iter(rows)

    def respond(method: str, path: str, headers: dict[str, str], body: bytes) -> Response:
        came = next(responses)["response"]
        said = {one["name"]: re.sub(r"[\r\n]", " ", one["value"]) for one in came["headers"]}
        return came["status"], said, came["content"]["text"].encode()

    line = [
        sys.executable, "-m", "leadproof", "record", "--target", http_target(respond), "--out", "out",
        "--max-exchanges", str(len(rows)), "--duration", "60s",
    ]  # fmt: skip
    with subprocess.Popen(line, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        found = re.search(rb"through (http://\S+)", first)
        assert found is not None, first
        with httpx.Client(base_url=found[1].decode(), trust_env=False) as client:
            for row in rows:
                sent, post = row["request"], row["request"]["postData"]
                body = base64.b64decode(post["text"]) if post.get("encoding") else post["text"].encode()
                target = sent["url"].partition("host.example")[2]
                pairs = {one["name"]: one["value"] for one in sent["headers"]}
                assert client.post(target, headers=pairs, content=body).status_code == 200
        printed = first + process.communicate(timeout=60)[0]

    (run,) = (tmp_path / "out").iterdir()
    assert len(list(read_exchanges(run))) == len(rows)
    assert (run / "traffic.har").exists()
    assert leaks(printed, *left(tmp_path)) == set()
