"""Short recordings by the tools that users have, each of the same few requests to the mock.

    python tests/recording/tools.py TOOL FOLDER      TOOL is a key of `TOOLS`; FOLDER/TOOL-json.… and TOOL-xml.…

`tests/data/captures/README.md` says which files were made with it, and with which versions. What is not on the path is
named by an environment variable: VCRPY (a Python with vcrpy and requests), NEWMAN, WIREMOCK (its jar), MITMDUMP.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

from make import PATIENCE, Service, mock, serving, story

from leadproof.core.exchange import Exchange, Request, Response, header

#: Members of the story that are sent: an accepted and a refused one of three operations, then what follows a post.
PARTS = {"json": (0, 1, 12, 13, 20, 22, 23), "xml": (2, 3, 14, 15)}


def requests_of(part: str) -> list[Request]:
    """What is sent in one part of the story."""
    found = story()
    return [found[number] for number in PARTS[part]]


def live(part: str) -> list[Exchange]:
    """The exchanges of a part as the service itself has them."""
    service, found = mock(), []
    for request in requests_of(part):
        status, headers, body = service.handle(request)
        found.append(Exchange(request, Response(status, tuple(headers), body)))
    return found


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def send(url: str, one: Request) -> bytes:
    """Sends one request with the standard library."""
    asked = urllib.request.Request(url + one.target, one.body or None, dict(one.headers), method=one.method)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(asked, timeout=PATIENCE) as response:
        body: bytes = response.read()
    return body


@contextmanager
def running(*command: str, port: int, **options: Any) -> Iterator[None]:
    """A program that listens, from when it does."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options)
    try:
        deadline = time.monotonic() + PATIENCE
        while socket.socket().connect_ex(("127.0.0.1", port)) and time.monotonic() < deadline:
            time.sleep(0.1)
        yield
    finally:
        process.terminate()
        process.wait(20)


# ---- curl, and wget to tell apart ------------------------------------------------------------------------------------


def curl(service: Service, part: str, folder: Path, *options: str) -> bytes:
    """What curl prints of each request, one after the other."""
    printed = b""
    for one in requests_of(part):
        headers = [word for name, value in one.headers for word in ("-H", f"{name}: {value}")]
        body = ["--data-binary", one.body.decode()] if one.body else []
        command = [
            "curl",
            "-s",
            "--noproxy",
            "*",
            *options,
            "-X",
            one.method,
            *headers,
            *body,
            service.url + one.target,
        ]
        done = subprocess.run(command, capture_output=True, check=True, timeout=PATIENCE)
        printed += done.stderr + done.stdout
    return printed


def curl_i(service: Service, part: str, folder: Path) -> None:
    (folder / f"curl-i-{part}.txt").write_bytes(curl(service, part, folder, "-i"))


def curl_v(service: Service, part: str, folder: Path) -> None:
    (folder / f"curl-v-{part}.txt").write_bytes(curl(service, part, folder, "-v"))


# ---- mitmproxy -------------------------------------------------------------------------------------------------------


def mitmproxy(service: Service, part: str, folder: Path) -> None:
    port, flow = free_port(), folder / f"mitmproxy-{part}.flow"
    options = ["--mode", f"reverse:{service.url}", "--listen-host", "127.0.0.1", "-p", str(port), "-q"]
    options += ["-w", str(flow), "--set", f"confdir={folder / 'profile'}"]
    with running(os.environ.get("MITMDUMP", "mitmdump"), *options, port=port):
        for one in requests_of(part):
            send(f"http://127.0.0.1:{port}", one)
    shutil.rmtree(folder / "profile", ignore_errors=True)


# ---- cassettes -------------------------------------------------------------------------------------------------------

_VCRPY = """
import json, sys, requests, vcr
url, place, rows, options = sys.argv[1], sys.argv[2], json.loads(sys.argv[3]), json.loads(sys.argv[4])
with vcr.VCR(record_mode="all", **options).use_cassette(place):
    for method, path, headers, body in rows:
        requests.request(method, url + path, headers=headers, data=body or None)
"""

_RUBY = """
require "vcr"; require "webmock"; require "net/http"; require "json"
url, folder, name, rows, options = ARGV[0], ARGV[1], ARGV[2], JSON.parse(ARGV[3]), JSON.parse(ARGV[4])
VCR.configure do |config|
  config.cassette_library_dir = folder
  config.hook_into :webmock
end
VCR.use_cassette(name, record: :all, preserve_exact_body_bytes: options["exact"]) do
  rows.each do |method, path, headers, body|
    uri = URI(url + path)
    request = Net::HTTP.const_get(method.capitalize).new(uri, headers)
    request.body = body unless body.empty?
    Net::HTTP.start(uri.host, uri.port, nil) { |http| http.request(request) }
  end
end
"""


def rows_of(part: str) -> str:
    return json.dumps([(one.method, one.target, dict(one.headers), one.body.decode()) for one in requests_of(part)])


def vcrpy(service: Service, part: str, folder: Path) -> None:
    """One cassette in YAML, one in JSON; the first keeps bodies packed, as vcrpy does unless it is told otherwise."""
    ending = {"json": "yaml", "xml": "json"}[part]
    options = {"serializer": ending, "decode_compressed_response": part == "xml"}
    place = folder / f"vcrpy-{part}.{ending}"
    place.unlink(missing_ok=True)
    python = os.environ.get("VCRPY", sys.executable)
    command = [python, "-c", _VCRPY, service.url, str(place), rows_of(part), json.dumps(options)]
    subprocess.run(command, check=True, timeout=PATIENCE, env={**os.environ, "NO_PROXY": "*"})


def ruby(service: Service, part: str, folder: Path) -> None:
    options = json.dumps({"exact": part == "xml"})
    command = ["ruby", "-e", _RUBY, service.url, str(folder), f"ruby-vcr-{part}", rows_of(part), options]
    subprocess.run(command, check=True, timeout=PATIENCE, stderr=subprocess.DEVNULL)
    (folder / f"ruby-vcr-{part}.yml").touch()


# ---- newman ----------------------------------------------------------------------------------------------------------


def newman(service: Service, part: str, folder: Path) -> None:
    items = []
    for number, one in enumerate(requests_of(part), 1):
        headers = [{"key": name, "value": value} for name, value in one.headers]
        request: dict[str, Any] = {"method": one.method, "header": headers, "url": service.url + one.target}
        if one.body:
            kind = (header(one.headers, "content-type") or "").rpartition("/")[2]
            request["body"] = {"mode": "raw", "raw": one.body.decode(), "options": {"raw": {"language": kind}}}
        items.append({"name": f"request {number}", "request": request})
    collection = folder / "collection.json"
    schema = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
    collection.write_text(json.dumps({"info": {"name": "leads", "schema": schema}, "item": items}))
    place = folder / f"newman-{part}.json"
    command = [os.environ.get("NEWMAN", "newman"), "run", str(collection), "--reporters", "json"]
    command += ["--reporter-json-export", str(place), "--disable-unicode"]
    subprocess.run(
        command, check=True, timeout=PATIENCE, stdout=subprocess.DEVNULL, env={**os.environ, "NO_PROXY": "*"}
    )
    collection.unlink()


# ---- WireMock --------------------------------------------------------------------------------------------------------


def wiremock(service: Service, part: str, folder: Path) -> None:
    """The mappings of a recording: in one file with their bodies, or in a folder of their own with bodies beside it."""
    port, root = free_port(), folder / "wiremock"
    shutil.rmtree(root, ignore_errors=True)
    for name in ("mappings", "__files"):
        (root / name).mkdir(parents=True)
    command = ["java", "-jar", os.environ["WIREMOCK"], "--bind-address", "127.0.0.1", "--port", str(port)]
    url, settings = f"http://127.0.0.1:{port}", {"targetBaseUrl": service.url}
    if part == "json":
        settings |= {"captureHeaders": {name: {} for name in ("Accept", "Content-Type", "api-key")}}
    else:
        settings |= {"extractBodyCriteria": {"textSizeThreshold": "0"}}
    kind = (("content-type", "application/json"),)
    with running(*command, "--root-dir", str(root), port=port):
        send(url, Request("POST", "/__admin/recordings/start", kind, json.dumps(settings).encode()))
        for one in requests_of(part):
            send(url, one)
        mappings = send(url, Request("POST", "/__admin/recordings/stop", kind, b"{}"))
    if part == "json":
        (folder / "wiremock-json.json").write_bytes(mappings)
    else:
        shutil.rmtree(folder / "wiremock-xml", ignore_errors=True)
        shutil.copytree(root, folder / "wiremock-xml")
    shutil.rmtree(root)


# ---- tshark ----------------------------------------------------------------------------------------------------------

#: The line of docs/captures.md.
TSHARK = (
    "tshark -r {pcap} -Y http -T json -e frame.time_epoch -e tcp.stream -e http.request.method -e http.request.uri "
    "-e http.request.line -e http.response.code -e http.response.line -e http.file_data"
)


def tshark(service: Service, part: str, folder: Path) -> None:
    port, pcap = int(service.url.rpartition(":")[2]), folder / f"tshark-{part}.pcap"
    command = ["tshark", "-i", "lo", "-f", f"tcp port {port}", "-w", str(pcap), "-q"]
    capture = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    assert capture.stderr
    while "Capturing" not in (line := capture.stderr.readline()) and line:
        pass
    time.sleep(2)  # it says so before it does
    for one in requests_of(part):
        send(service.url, one)
    time.sleep(2)
    capture.terminate()
    capture.wait(20)
    found = subprocess.run(
        [*TSHARK.format(pcap=pcap).split(), "-d", f"tcp.port=={port},http"], capture_output=True, check=True
    )
    (folder / f"tshark-{part}.json").write_bytes(found.stdout)


TOOLS: dict[str, Callable[[Service, str, Path], None]] = {
    "curl-i": curl_i, "curl-v": curl_v, "mitmproxy": mitmproxy, "vcrpy": vcrpy, "ruby-vcr": ruby, "newman": newman,
    "wiremock": wiremock, "tshark": tshark,
}  # fmt: skip


def main() -> None:
    if len(sys.argv) != 3 or sys.argv[1] not in TOOLS:
        sys.exit(f"usage: python {sys.argv[0]} {'|'.join(TOOLS)} FOLDER")
    folder = Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    for part in PARTS:
        with serving() as service:
            TOOLS[sys.argv[1]](service, part, folder)


if __name__ == "__main__":
    main()
