"""Captures of tools that cannot be run here, written as their formats are described in public.

    python tests/recording/described.py FOLDER

They hold the exchanges that `tools.live` gives. What a description leaves open is not in them.
"""

from __future__ import annotations

import base64
import gzip
import json
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

sys.path.insert(0, str(Path(__file__).resolve().parent))

from tools import PARTS, live

from leadproof.core.exchange import Exchange

HOST = "leads.partner.example"
TIME = "2026-01-31T16:25:12.000Z"


def messages(one: Exchange, *, packed: bool = False) -> tuple[bytes, bytes]:
    """Request and response as they go over a wire; packed, the response comes in chunks of gzip."""
    assert one.response
    asked, body = one.request, one.response.body
    head = f"{asked.method} https://{HOST}{asked.target} HTTP/1.1\r\nHost: {HOST}\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in asked.headers)
    sent = f"{head}Content-Length: {len(asked.body)}\r\n\r\n".encode() + asked.body
    pairs = [pair for pair in one.response.headers if pair[0].lower() != "content-length"]
    if packed:
        pairs += [("Content-Encoding", "gzip"), ("Transfer-Encoding", "chunked")]
        body = gzip.compress(body, mtime=0)
        half = len(body) // 2
        chunks = [body[:half], body[half:], b""]
        body = b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks)
    else:
        pairs.append(("Content-Length", str(len(body))))
    came = "".join(f"{name}: {value}\r\n" for name, value in pairs)
    return sent, f"HTTP/1.1 {one.response.status} OK\r\n{came}\r\n".encode() + body


# ---- Fiddler ---------------------------------------------------------------------------------------------------------

#: What Fiddler has of the tunnel that HTTPS goes through.
TUNNEL = (
    f"CONNECT {HOST}:443 HTTP/1.1\r\nHost: {HOST}:443\r\n\r\n".encode(),
    b"HTTP/1.1 200 Connection Established\r\nStartTime: 16:25:12.000\r\n\r\nEncrypted traffic flows through.\r\n",
)


def fiddler(part: str, folder: Path) -> None:
    """An archive of sessions, and the folder that becomes of it when it is unpacked."""
    sessions = [TUNNEL, *(messages(one, packed=part == "xml") for one in live(part))]
    files = {"_index.htm": b"<html><body>sessions</body></html>", "[Content_Types].xml": b"<Types/>"}
    for number, (sent, came) in enumerate(sessions, 1):
        timers = f'<Session SID="{number}"><SessionTimers ClientBeginRequest="{TIME}"/></Session>'
        files |= {f"raw/{number}_c.txt": sent, f"raw/{number}_s.txt": came, f"raw/{number}_m.xml": timers.encode()}
    if part == "json":
        with zipfile.ZipFile(folder / "fiddler-json.saz", "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in files.items():
                archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
        return
    for name, content in files.items():
        if name.startswith("raw/"):
            place = folder / "fiddler-xml" / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)


# ---- Burp ------------------------------------------------------------------------------------------------------------

DOCTYPE = """<!DOCTYPE items [
<!ELEMENT items (item*)>
<!ATTLIST items burpVersion CDATA "">
<!ELEMENT item (time, url, host, method, path, request, status, responselength, mimetype, response, comment)>
<!ELEMENT request (#PCDATA)>
<!ATTLIST request base64 (true|false) "false">
]>"""


def burp(part: str, folder: Path) -> None:
    """Saved items: with their messages in base64, or as text."""
    rows = []
    for one in live(part):
        assert one.response
        said = []
        for message in messages(one):
            coded = base64.b64encode(message).decode() if part == "json" else message.decode()
            said.append(f'base64="{"true" if part == "json" else "false"}"><![CDATA[{coded}]]>')
        url = f"https://{HOST}{one.request.target}"
        rows.append(
            f"  <item>\n    <time>Sat Jan 31 16:25:12 GMT 2026</time>\n    <url><![CDATA[{url}]]></url>\n"
            f'    <host ip="192.0.2.10">{HOST}</host>\n    <method><![CDATA[{one.request.method}]]></method>\n'
            f"    <path><![CDATA[{one.request.target}]]></path>\n    <request {said[0]}</request>\n"
            f"    <status>{one.response.status}</status>\n    <response {said[1]}</response>\n"
            f"    <comment>{escape('a & b')}</comment>\n  </item>\n"
        )
    head = '<items burpVersion="2025.1" exportTime="Sat Jan 31 16:26:00 GMT 2026">'
    text = f'<?xml version="1.0"?>\n{DOCTYPE}\n{head}\n{"".join(rows)}</items>\n'
    (folder / f"burp-{part}.xml").write_text(text, "utf-8", newline="")


# ---- Hoverfly --------------------------------------------------------------------------------------------------------


def exact(value: str) -> list[dict[str, str]]:
    return [{"matcher": "exact", "value": value}]


def hoverfly(part: str, folder: Path) -> None:
    """A simulation that was captured: with the headers of requests, or without, which is the default."""
    pairs = []
    for one in live(part):
        assert one.response
        request: dict[str, Any] = {
            "path": exact(one.request.target), "method": exact(one.request.method), "destination": exact(HOST),
            "scheme": exact("https"),
            "body": [{"matcher": part if one.request.body else "exact", "value": one.request.body.decode()}],
        }  # fmt: skip
        if part == "json":
            request["headers"] = {name: exact(value) for name, value in one.request.headers}
        body = one.response.body
        response = {
            "status": one.response.status,
            "body": base64.b64encode(body).decode() if part == "xml" else body.decode(),
            "encodedBody": part == "xml",
            "headers": {name: [value] for name, value in one.response.headers},
            "templated": False,
        }
        pairs.append({"request": request, "response": response})
    document = {
        "data": {"pairs": pairs, "globalActions": {"delays": [], "delaysLogNormal": []}},
        "meta": {"schemaVersion": "v5.2", "hoverflyVersion": "v1.10.0", "timeExported": TIME},
    }
    (folder / f"hoverfly-{part}.json").write_text(json.dumps(document, indent=1) + "\n", "utf-8")


# ---- logs ------------------------------------------------------------------------------------------------------------


def records(part: str) -> Iterator[str]:
    """What a gateway writes of each exchange."""
    yield json.dumps({"level": "info", "msg": "listening"})
    for number, one in enumerate(live(part)):
        assert one.response
        request = {"method": one.request.method, "uri": one.request.target, "headers": dict(one.request.headers)}
        response = {"status": one.response.status, "headers": dict(one.response.headers)}
        yield json.dumps(
            {
                "ts": 1_769_876_712 + number, "duration_ms": 4.5, "level": "info",
                "request": request | {"body": one.request.body.decode()},
                "response": response | {"body": one.response.body.decode()},
            }
        )  # fmt: skip


def docker(part: str, folder: Path) -> None:
    """What Docker's driver json-file keeps, and what `docker compose logs` prints."""
    lines = list(records(part))
    if part == "json":
        rows = [json.dumps({"log": line + "\n", "stream": "stdout", "time": TIME}) for line in lines]
        (folder / "docker-json.log").write_text("\n".join(rows) + "\n", "utf-8")
    else:
        text = "".join(f"gateway-1  | {line}\n" for line in lines)
        (folder / "compose-xml.log").write_text(f"gateway-1  | starting\n{text}", "utf-8")


def cloudwatch(part: str, folder: Path) -> None:
    """Events of a log group as the command line of AWS prints them, and the list that an export has."""
    events: list[Any] = [
        {"timestamp": 1_769_876_712_000 + number, "message": line, "ingestionTime": 1_769_876_713_000}
        for number, line in enumerate(records(part))
    ]
    document = {"events": events, "nextForwardToken": "f/1"} if part == "json" else events
    (folder / f"cloudwatch-{part}.json").write_text(json.dumps(document, indent=1) + "\n", "utf-8")


def main() -> None:
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for part in PARTS:
        for write in (fiddler, burp, hoverfly, docker, cloudwatch):
            write(part, folder)


if __name__ == "__main__":
    main()
