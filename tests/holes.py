"""Good exchanges, written as captures of every kind with holes in them, as the tools that write such files leave them.

A hole is a part that is left out, cut, or in a form that is not undone, and marked or declared as the format does.
"""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import yaml

from leadproof import bodies
from leadproof.contract import profile
from leadproof.core.exchange import Exchange, Response, header
from leadproof.core.operations import CELLS, OPERATIONS
from leadproof.generate.leads import LeadMaker
from leadproof.http.client import compose
from leadproof.mock import Mock
from leadproof.runs.evidence.rows import exchange_row

POSTING = profile.load(None)
NOW = 1_796_000_000.0

#: Parts that a hole takes out.
HOLES = ("method", "request_headers", "credentials", "request_body", "status", "response_headers", "response_body",
         "times", "response")  # fmt: skip


def story() -> tuple[Exchange, ...]:
    """What a client that does everything right and a service that does, too, say to each other."""
    clock = [NOW]
    mock, maker, found = Mock(POSTING, clock=lambda: clock[0]), LeadMaker(POSTING), list[Exchange]()
    credentials = (("authorization", f"Bearer {POSTING.credentials.bearer_tokens[0]}"),)

    def send(operation: str, media: str, value: Any, path: str = "") -> dict[str, Any]:
        row = OPERATIONS[operation]
        body = bodies.encode_request(operation, media, value) if value is not None else b""
        sent = compose(row.method, path or row.path, fmt=media, body=body, credentials=credentials)
        clock[0] += 2
        response = mock.handle(sent)
        response = response._replace(headers=(*response.headers, ("content-length", str(len(response.body)))))
        sent = sent._replace(headers=(*sent.headers, ("content-length", str(len(body)))) if body else sent.headers)
        found.append(Exchange(sent, response, operation, "", "", clock[0] - 1, 0.5))
        decoded: dict[str, Any] = bodies.read_response(operation, media, response.body).value
        return decoded

    for number, (operation, media) in enumerate(CELLS, 1):
        if not OPERATIONS[operation].body or operation in ("update_lead", "inbound_post"):
            continue
        for refused in (False, True):
            send(operation, media, maker.request(operation, (10 * number + refused,), refused=refused)[0])
    for number, media in enumerate(("json", "xml"), 900):
        pinged = send("ping", media, maker.request("ping", (number,))[0])
        post = maker.request("inbound_post", (number,))[0]
        post["leads"][0]["properties"]["orderId"] = pinged["results"][0]["orderId"]
        created = send("inbound_post", media, post)
        send("lead_status", "json", None, f"/v2/status/{created['requestId']}")
    later = maker.request("create_lead", (950,))[0]
    later["source"]["returnURL"] = "https://crm.example/callback"
    send("create_lead", "json", later)
    return tuple(found)


# ---- one format each -------------------------------------------------------------------------------------------------

#: Exchanges, the holes of each, a number that chooses among the ways of a format, and the folder -> the file, and what
#: `validate` is told beside it.
Writer = Callable[[list[Exchange], list[frozenset[str]], int, Path], tuple[Path, dict[str, Any]]]


def har(exchanges: list[Exchange], holes: list[frozenset[str]], way: int, folder: Path) -> tuple[Path, dict[str, Any]]:
    """A HAR; where credentials are missing, one of Chromium."""
    creator = "WebInspector" if any("credentials" in one for one in holes) else "proxy"
    rows = [_entry(*pair, way + at) for at, pair in enumerate(zip(exchanges, holes, strict=True))]
    document = {"log": {"version": "1.2", "creator": {"name": creator, "version": "1"}, "entries": rows}}
    return _written(folder / "x.har", json.dumps(document)), {}


def zipped(
    exchanges: list[Exchange], holes: list[frozenset[str]], way: int, folder: Path
) -> tuple[Path, dict[str, Any]]:
    """A HAR in a zip, its bodies beside it, those of holes missing."""
    path, _ = har(exchanges, holes, way, folder)
    document = json.loads(path.read_text())
    with ZipFile(folder / "x.zip", "w") as archive:
        for number, row in enumerate(document["log"]["entries"]):
            content = (row.get("response") or {}).get("content") or {}
            if content.get("text") and "encoding" not in content:
                archive.writestr(f"{number}.json", content.pop("text").encode())
                content |= {"_file": f"{number}.json", "size": -1}
        archive.writestr("har.har", json.dumps(document))
    return folder / "x.zip", {}


def _entry(exchange: Exchange, lost: frozenset[str], way: int) -> dict[str, Any]:
    request, response = exchange.request, exchange.response
    assert response is not None
    kept = [pair for pair in request.headers if not (lost & {"credentials"} and pair[0] == "authorization")]
    sent: dict[str, Any] = {
        "method": request.method, "url": f"https://leads.example{request.target}",
        "headers": _pairs(tuple(kept)), "bodySize": len(request.body),
    }  # fmt: skip
    if request.body:
        sent["postData"] = {"mimeType": header(request.headers, "content-type"), "text": request.body.decode()}
    came: dict[str, Any] = {
        "status": response.status, "headers": _pairs(response.headers), "bodySize": -1,
        "content": {"size": len(response.body), "mimeType": header(response.headers, "content-type"),
                    "text": response.body.decode()},
    }  # fmt: skip
    row = {"startedDateTime": _moment(exchange.started), "time": 500.0, "request": sent, "response": came}
    if "method" in lost:
        del sent["method"]
    if "request_headers" in lost:
        sent["headers"] = []
    if "request_body" in lost and request.body:
        ways: list[dict[str, Any]] = [{}, {"bodySize": -1}, {"postData": {"mimeType": "", "text": ""}}]
        del sent["postData"]
        sent |= ways[way % 3]
    if "status" in lost:
        came["status"] = (None, -1, "")[way % 3]
    if "response_headers" in lost:
        came["headers"] = []
    if "response_body" in lost:
        came["content"] = _without(response, way)
        if way % 11 == 0:  # as it was packed on the wire, and not whole
            kept = [pair for pair in response.headers if pair[0] != "content-length"]
            came["headers"] = came["headers"] and _pairs((*kept, ("content-encoding", "gzip")))
    if "times" in lost:
        row |= ({"time": -1}, {"startedDateTime": "", "time": -1})[way % 2]
    if "response" in lost:
        row["response"] = ({}, None)[way % 2]
    return row


def _without(response: Response, way: int) -> Any:
    """What a HAR has in the place of a body that was not saved, or not whole."""
    size, text = len(response.body), response.body.decode()
    packed = base64.b64encode(gzip.compress(response.body)[:40]).decode()
    ways = (
        {"size": -1}, {}, None, {"size": size}, {"size": -1, "text": ""}, {"size": size, "text": text[:100]},
        {"size": size, "text": text[:64], "comment": "truncated"}, {"size": -1, "_file": "none.json"},
        {"size": 0, "comment": "Response bodies are not included."}, {"text": text[:128]},
    )  # fmt: skip
    return ways[way % len(ways)] if way % 11 else {"size": size, "text": packed, "encoding": "base64"}


MAPPING = {
    "method": "m", "url": "u", "request_headers": "qh", "request_body": "qb", "status": "s", "response_headers": "rh",
    "response_body": "rb", "time": "t", "elapsed": "e", "response_encoding": "b64", "response_cut": "cut",
}  # fmt: skip
_MEMBERS = {"method": ("m",), "request_headers": ("qh",), "credentials": ("qh",), "request_body": ("qb",),
            "status": ("s",), "response_headers": ("rh",), "response_body": ("rb",), "times": ("t", "e"),
            "response": ("s", "rh", "rb")}  # fmt: skip


def log(exchanges: list[Exchange], holes: list[frozenset[str]], way: int, folder: Path) -> tuple[Path, dict[str, Any]]:
    """A log of JSON lines: members left out, null, a dash, cut off with and without a mark, in base64."""
    lines = []
    for at, (one, lost) in enumerate(zip(exchanges, holes, strict=True), way):
        assert one.response is not None
        row: dict[str, Any] = {
            "m": one.request.method, "u": one.request.target, "qh": dict(one.request.headers),
            "qb": one.request.body.decode(), "s": one.response.status, "rh": dict(one.response.headers),
            "rb": one.response.body.decode(), "t": one.started, "e": 500,
        }  # fmt: skip
        if at % 2:
            row |= {"rb": base64.b64encode(one.response.body).decode(), "b64": True}
        if lost == {"response_body"} and not at % 2:
            row |= ({"rb": row["rb"][:80], "cut": 80}, {"rb": row["rb"][:70] + "... (truncated)"}, {"rb": "-"})[at % 3]
            row["rh"].pop("content-length")
            lost = frozenset()
        for name in {member for part in lost for member in _MEMBERS[part]}:
            row[name] = None
        lines.append(json.dumps(row))
    path = _written(folder / "x.log", "".join(f"{line}\n" for line in lines))
    named = {part: name for part, name in MAPPING.items() if way % 4 or part != "request_headers"}
    mapping = _written(folder / "m.toml", "".join(f'{part} = "{name}"\n' for part, name in named.items()))
    return path, {"mapping": mapping}


def http(exchanges: list[Exchange], holes: list[frozenset[str]], way: int, folder: Path) -> tuple[Path, dict[str, Any]]:
    """HTTP messages as text: requests left out, bodies left out or cut.

    A request stands where the response before it is missing: else nobody could tell which two belong together.
    """
    pieces, answered = [], True
    for at, (one, lost) in enumerate(zip(exchanges, holes, strict=True), way):
        assert one.response is not None
        body, asked = one.response.body, one.request.body
        if lost & {"response_body", "status", "response_headers"}:
            body = (b"", body[:64])[at % 2]
        if "request_body" in lost:
            asked = b""
        if not answered or not lost & {"method", "request_headers", "credentials"}:
            pieces.append(_message(f"{one.request.method} {one.request.target} HTTP/1.1", one.request.headers, asked))
        answered = "response" not in lost
        if answered:
            pieces.append(_message(f"HTTP/1.1 {one.response.status} OK", one.response.headers, body))
    return _written(folder / "x.http", b"\n\n".join(pieces).decode()), {}


def ndjson(
    exchanges: list[Exchange], holes: list[frozenset[str]], way: int, folder: Path
) -> tuple[Path, dict[str, Any]]:
    """A run of ours: bodies cut and said so."""
    lines = []
    for at, (one, lost) in enumerate(zip(exchanges, holes, strict=True), 1):
        row = exchange_row(at, one)
        for side, name in (("request", "request_body"), ("response", "response_body")):
            if name in lost:
                row[side] |= {"body": row[side]["body"][:50], "body_cut": {"kept": 50, "of": 500}}
        if "response" in lost:
            row["response"] = None
        others = ("method", "request_headers", "credentials", "status", "response_headers", "times")
        row["unknown"] = {name: "left out" for name in others if name in lost}
        if "request_headers" in lost:
            row["request"]["headers"] = []
        if "credentials" in lost:
            row["request"]["headers"] = [pair for pair in row["request"]["headers"] if pair[0] != "authorization"]
        if "response_headers" in lost and row["response"]:
            row["response"]["headers"] = []
        lines.append(json.dumps(row, separators=(",", ":")))
    return _written(folder / "exchanges.ndjson", "".join(f"{line}\n" for line in lines)), {}


def flow(exchanges: list[Exchange], holes: list[frozenset[str]], way: int, folder: Path) -> tuple[Path, dict[str, Any]]:
    """A dump of mitmproxy: bodies that were streamed past it, flows without a response."""
    dump = b""
    for one, lost in zip(exchanges, holes, strict=True):
        assert one.response is not None
        sent = _flow_message(one.request.headers, None if "request_body" in lost else one.request.body)
        sent |= {"method": one.request.method.encode(), "path": one.request.target.encode(),
                 "timestamp_start": one.started}  # fmt: skip
        bodiless = lost & {"response_body", "status", "response_headers"}
        came = _flow_message(one.response.headers, None if bodiless else one.response.body)
        came |= {"status_code": one.response.status, "timestamp_end": one.started + 0.5}
        response = None if "response" in lost else came
        dump += netstring({"version": 21, "type": "http", "request": sent, "response": response})
    path = folder / "x.flow"
    path.write_bytes(dump)
    return path, {}


def _flow_message(headers: tuple[tuple[str, str], ...], body: bytes | None) -> dict[str, Any]:
    return {"headers": [[name.encode(), value.encode()] for name, value in headers], "content": body}


def netstring(value: Any) -> bytes:
    """A value as a tagged netstring, as mitmproxy writes it."""
    if isinstance(value, dict):
        inner, tag = b"".join(netstring(key) + netstring(one) for key, one in value.items()), b"}"
    elif isinstance(value, list):
        inner, tag = b"".join(map(netstring, value)), b"]"
    elif isinstance(value, str | bytes):
        inner, tag = (value.encode(), b";") if isinstance(value, str) else (value, b",")
    else:
        inner, tag = (b"", b"~") if value is None else (str(value).encode(), b"^" if isinstance(value, float) else b"#")
    return b"%d:%b%b" % (len(inner), inner, tag)


def bare(exchanges: list[Exchange], holes: list[frozenset[str]], way: int, folder: Path) -> tuple[Path, dict[str, Any]]:
    """Bodies of responses alone, some cut at a round length."""
    home = folder / "bodies"
    home.mkdir()
    for at, (one, lost) in enumerate(zip(exchanges, holes, strict=True)):
        assert one.response is not None
        body = one.response.body[: (64, 100, 128)[at % 3]] if "response_body" in lost else one.response.body
        (home / f"{at}.txt").write_bytes(body)
    return home, {}


def cassette(
    exchanges: list[Exchange], holes: list[frozenset[str]], way: int, folder: Path
) -> tuple[Path, dict[str, Any]]:
    """A cassette of vcrpy or of Ruby's VCR, from which hooks took what was not to be kept."""
    rows = []
    for one, lost in zip(exchanges, holes, strict=True):
        assert one.response is not None
        asked = [pair for pair in one.request.headers if "credentials" not in lost or pair[0] != "authorization"]
        body = None if way % 2 and not one.request.body else one.request.body.decode()
        request = {"method": one.request.method, "uri": f"https://leads.example{one.request.target}",
                   "body": body, "headers": {name: [value] for name, value in asked}}  # fmt: skip
        coded = {"base64_string": base64.b64encode(one.response.body).decode()}
        response = {"status": {"code": one.response.status, "message": "OK"},
                    "headers": {name: [value] for name, value in one.response.headers},
                    "body": {"string": one.response.body.decode()} if way % 3 else coded}  # fmt: skip
        request = {name: value for name, value in request.items() if name not in lost and f"request_{name}" not in lost}
        response = {name: value for name, value in response.items() if not {name, f"response_{name}"} & lost}
        rows.append({"request": request, **({} if "response" in lost else {"response": response}),
                     **({} if "times" in lost else {"recorded_at": _moment(one.started)})})  # fmt: skip
    if way % 2:
        return _written(folder / "x.json", json.dumps({"interactions": rows, "version": 1})), {}
    document = {"http_interactions": rows, "recorded_with": "VCR 6.0.0"}
    return _written(folder / "x.yml", yaml.safe_dump(document, sort_keys=bool(way % 4))), {}


def simulation(
    exchanges: list[Exchange], holes: list[frozenset[str]], way: int, folder: Path
) -> tuple[Path, dict[str, Any]]:
    """A simulation of Hoverfly: it keeps the headers that it was told to keep, and patterns for what was loosened."""
    pairs = []
    for one, lost in zip(exchanges, holes, strict=True):
        assert one.response is not None
        kept = [pair for pair in one.request.headers if "credentials" not in lost or pair[0] != "authorization"]
        request: dict[str, Any] = {
            "path": [{"matcher": "exact", "value": one.request.target}],
            "method": [{"matcher": "glob" if "method" in lost else "exact", "value": one.request.method}],
            "body": [{"matcher": "regex" if "request_body" in lost else "exact", "value": one.request.body.decode()}],
        }
        if "request_headers" not in lost:
            request["headers"] = {name: [{"matcher": "exact", "value": value}] for name, value in kept[: way % 5 + 1]}
        body = one.response.body
        response = {"status": one.response.status, "headers": {name: [value] for name, value in one.response.headers},
                    "body": base64.b64encode(body).decode() if way % 2 else body.decode(), "encodedBody": bool(way % 2),
                    "templated": bool(lost & {"response", "status", "response_headers"})}  # fmt: skip
        if "response_body" in lost:
            response |= {"bodyFile": "none.json"}
        pairs.append({"request": request, "response": response})
    document = {"data": {"pairs": pairs}, "meta": {"schemaVersion": "v5.2"}}
    return _written(folder / "x.json", json.dumps(document, indent=1)), {}


WRITERS: dict[str, Writer] = {
    "har": har, "zip": zipped, "log": log, "http": http, "ndjson": ndjson, "flow": flow, "bare": bare,
    "cassette": cassette, "simulation": simulation,
}  # fmt: skip


def _message(first: str, headers: tuple[tuple[str, str], ...], body: bytes) -> bytes:
    head = "".join(f"{name}: {value}\r\n" for name, value in headers)
    return f"{first}\r\n{head}\r\n".encode() + body


def _pairs(headers: tuple[tuple[str, str], ...]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in headers]


def _moment(seconds: float) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")


def _written(path: Path, text: str) -> Path:
    path.write_text(text, "utf-8", newline="")
    return path


def without_operations(exchanges: tuple[Exchange, ...]) -> Iterator[Exchange]:
    """As captures have them: nobody says what they are."""
    return (replace(one, operation=None) for one in exchanges)
