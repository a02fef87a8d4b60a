"""How fast are HARs read, and in how much memory? Ours beside the standard library, in one run, per CPU-second.

Run it with `make bench-captures`, or `python tests/bench/captures.py [--entries 20000] [--rounds 3] [--json]`. The HAR
is made here: pings as a browser would export them, 5 kB each, indented as browsers do. The peer is `json.load`, which
has to hold all of it; each reader runs in a process of its own, in turn.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "src"))

from leadproof import captures  # noqa: E402 - found in the checkout, installed or not
from leadproof.bodies import encode_request  # noqa: E402 - as above
from leadproof.contract.profile import load  # noqa: E402 - as above
from leadproof.core.exchange import Exchange, Request  # noqa: E402 - as above
from leadproof.generate.leads import LeadMaker  # noqa: E402 - as above
from leadproof.mock import Mock  # noqa: E402 - as above

NOW = 1_769_876_712.0
AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36"
ASKED = {
    ":authority": "leads.partner.example", ":method": "POST", ":path": "/v2/insert/ping", ":scheme": "https",
    "accept": "application/json", "accept-encoding": "gzip, deflate, br, zstd", "accept-language": "en-US,en;q=0.9",
    "cache-control": "no-cache", "content-type": "application/json", "origin": "https://www.partner.example",
    "pragma": "no-cache", "referer": "https://www.partner.example/form", "sec-ch-ua-mobile": "?0",
    "sec-ch-ua-platform": '"Linux"', "sec-fetch-dest": "empty", "sec-fetch-mode": "cors",
    "sec-fetch-site": "same-site", "user-agent": AGENT,
}  # fmt: skip


def write(path: Path, count: int) -> None:
    """A HAR of pings and their responses."""
    profile = load()
    mock, maker, key = Mock(profile, clock=lambda: NOW), LeadMaker(profile), profile.credentials.api_keys[0]
    with path.open("w", encoding="utf-8") as file:
        file.write('{"log": {"version": "1.2", "creator": {"name": "bench", "version": "1"}, "pages": [], "entries": [')
        for number in range(count):
            body = encode_request("ping", "json", maker.request("ping", (number,))[0])
            headers = {**{name: value for name, value in ASKED.items() if name[0] != ":"}, "api-key": key}
            response = mock.handle(Request("POST", "/v2/insert/ping", tuple(headers.items()), body))
            file.write(
                (",\n" if number else "")
                + json.dumps(entry(number, body, {**ASKED, "api-key": key}, response), indent=2)
            )
        file.write("]}}")


def entry(number: int, body: bytes, asked: dict[str, str], response: tuple) -> dict:
    status, pairs, content = response
    response_headers = [*pairs, ("content-encoding", "gzip"), ("vary", "accept-encoding")]
    row = {
        "_initiator": {"type": "script", "stack": {"callFrames": [{"functionName": "send", "lineNumber": 41}]}},
        "_priority": "High", "_resourceType": "fetch", "cache": {}, "connection": "443",
        "request": {
            "method": "POST", "url": "https://leads.partner.example/v2/insert/ping", "httpVersion": "http/2.0",
            "headers": [{"name": name, "value": value} for name, value in asked.items()], "queryString": [],
            "cookies": [], "headersSize": -1, "bodySize": len(body),
            "postData": {"mimeType": "application/json", "text": body.decode()},
        },
        "response": {
            "status": status, "statusText": "", "httpVersion": "http/2.0",
            "headers": [{"name": name, "value": value} for name, value in response_headers], "cookies": [],
            "content": {"size": len(content), "mimeType": "application/json", "text": content.decode()},
            "redirectURL": "", "headersSize": -1, "bodySize": -1, "_transferSize": 612,
        },
        "serverIPAddress": "192.0.2.1", "startedDateTime": f"2026-01-31T16:25:12.{number % 1000:03}Z", "time": 41.5,
        "timings": {"blocked": 1.2, "dns": -1, "ssl": -1, "connect": -1, "send": 0.2, "wait": 38.1, "receive": 0.9},
    }  # fmt: skip
    return {"_connectionId": str(number), **row} if number % 7 == 3 else row


def ours(path: Path) -> int:
    return sum(isinstance(one, Exchange) for one in captures.read(path))


def stdlib(path: Path) -> int:
    with path.open("rb") as file:
        return len(json.load(file)["log"]["entries"])


READERS = {"leadproof": ours, "json.load": stdlib}


def measure(name: str, path: Path) -> dict[str, float]:
    """Entries per CPU-second, and the memory that reading took on top of the program, in MB."""
    before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    count = READERS[name](path)
    seconds = time.process_time() - start
    return {"rate": count / seconds, "memory": (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--entries", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--one", nargs=2, metavar=("READER", "FILE"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        print(json.dumps(measure(arguments.one[0], Path(arguments.one[1]))))
        return
    found: dict[str, list[dict[str, float]]] = {name: [] for name in READERS}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pings.har"
        write(path, arguments.entries)
        size = path.stat().st_size / arguments.entries
        for _ in range(arguments.rounds):
            for name, rows in found.items():
                command = [sys.executable, __file__, "--one", name, str(path)]
                rows.append(json.loads(subprocess.run(command, capture_output=True, check=True).stdout))
    best = {name: {"rate": max(row["rate"] for row in rows), "memory": max(row["memory"] for row in rows)}
            for name, rows in found.items()}  # fmt: skip
    if arguments.json:
        print(json.dumps({"entries": arguments.entries, "bytes": size, "readers": best}))
        return
    print(f"{arguments.entries} entries of {size:.0f} bytes, best of {arguments.rounds}")
    for name, row in best.items():
        ratio = row["rate"] / best["json.load"]["rate"]
        print(
            f"  {name:10} {row['rate']:8.0f} entries per CPU-second  {ratio:5.2f}  {row['memory']:6.0f} MB more memory"
        )


if __name__ == "__main__":
    main()
