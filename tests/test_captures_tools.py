"""Captures as tools write them: each is judged like the exchanges that the service itself had.

`tests/data/captures/README.md` says which files were written by the tool itself, and which from a description of its
format. Every file holds the same part of one story, so that the live exchanges can be made anew here.
"""

from __future__ import annotations

import json
import re
import shutil
import struct
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest
from recording.tools import TSHARK, live

from leadproof import captures
from leadproof.captures import FileProblem, Mapping, load_mapping
from leadproof.captures.share import share
from leadproof.captures.suggesting import suggest
from leadproof.cli import main
from leadproof.contract.profile import load
from leadproof.core.errors import ExitCode
from leadproof.core.exchange import Exchange, Part, Request, gaps
from leadproof.judge import Judge
from leadproof.redact import Redactor

ROOT = Path(__file__).resolve().parent.parent
CAPTURES = ROOT / "tests" / "data" / "captures"
TOOLS = CAPTURES / "tools"
PROFILE = load()


def whole(one: Exchange) -> Exchange:
    return one


def without_request_body(one: Exchange) -> Exchange:
    lost = gaps(Part.REQUEST_BODY) if one.request.body else ()
    return replace(one, request=one.request._replace(body=b""), unknown=lost)


def without_request_headers(one: Exchange) -> Exchange:
    kept = tuple(pair for pair in one.request.headers if pair[0] == "content-type")
    return replace(one, request=one.request._replace(headers=kept), unknown=gaps(Part.REQUEST_HEADERS))


def response_alone(one: Exchange) -> Exchange:
    return replace(one, request=Request("", ""))


class Recording(NamedTuple):
    file: str
    format: str
    part: str
    #: What there would be of a live exchange if it had been recorded so.
    kept: Callable[[Exchange], Exchange] = whole
    problems: int = 0


RECORDINGS = [
    Recording("curl-i-json.txt", "http", "json", response_alone),
    Recording("curl-i-xml.txt", "http", "xml", response_alone),
    Recording("curl-v-json.txt", "http", "json", without_request_body, problems=6),
    Recording("curl-v-xml.txt", "http", "xml", without_request_body, problems=4),
    Recording("mitmproxy-json.flow", "flow", "json"),
    Recording("mitmproxy-xml.flow", "flow", "xml"),
    Recording("vcrpy-json.yaml", "vcr", "json"),
    Recording("vcrpy-xml.json", "vcr", "xml"),
    Recording("ruby-vcr-json.yml", "vcr", "json"),
    Recording("ruby-vcr-xml.yml", "vcr", "xml"),
    Recording("newman-json.json.gz", "newman", "json"),
    Recording("newman-xml.json.gz", "newman", "xml"),
    Recording("wiremock-json.json", "wiremock", "json"),
    Recording("wiremock-xml", "wiremock", "xml", without_request_headers),
    Recording("tshark-json.json", "tshark", "json"),
    Recording("tshark-xml.json", "tshark", "xml"),
    Recording("hoverfly-json.json", "hoverfly", "json"),
    Recording("hoverfly-xml.json", "hoverfly", "xml", without_request_headers),
    Recording("burp-json.xml", "burp", "json"),
    Recording("burp-xml.xml", "burp", "xml"),
    Recording("fiddler-json.saz", "zip", "json"),
    Recording("fiddler-xml", "http", "xml"),
    Recording("docker-json.log", "log", "json"),
    Recording("compose-xml.log", "log", "xml"),
    Recording("cloudwatch-json.json", "log", "json"),
    Recording("cloudwatch-xml.json", "log", "xml"),
]


def exchanges(place: Path, mapping: Mapping | None = None) -> tuple[list[Exchange], list[FileProblem]]:
    found = [one for path in captures.files([place]) for one in captures.read(path, mapping=mapping)]
    return [one for one in found if isinstance(one, Exchange)], [one for one in found if isinstance(one, FileProblem)]


def judged(found: list[Exchange], *, ordered: bool = True) -> list[tuple]:
    """What the judge says of each exchange; when it was recorded is left out, for the live ones were not."""
    judge, rows = Judge(profile=PROFILE, captured=True), []
    for one in found:
        unknown = (*(gap for gap in one.unknown if gap[0] is not Part.TIMES), *gaps(Part.TIMES))
        said = judge.judge(replace(one, origin="", started=0.0, elapsed=0.0, unknown=unknown))
        rows.append((one.request.target, said.outcome, said.operation, said.media, said.findings, said.observations))
    return rows if ordered else sorted(rows, key=repr)


def mapping_for(recording: Recording, folder: Path) -> Mapping | None:
    if recording.format != "log":
        return None
    place = folder / "mapping.toml"
    place.write_text(suggest(TOOLS / recording.file), "utf-8")
    return load_mapping(place)


@pytest.mark.parametrize("recording", RECORDINGS, ids=lambda one: one.file)
def test_a_capture_is_judged_like_the_live_exchanges(recording: Recording, tmp_path: Path) -> None:
    mapping, place = mapping_for(recording, tmp_path), TOOLS / recording.file
    found, problems = exchanges(place, mapping)
    expected = [recording.kept(one) for one in live(recording.part)]

    formats = {captures.format_of_file(path, mapped=mapping is not None) for path in captures.files([place])}
    assert formats == {recording.format}
    # Lines of a log that are no exchange are counted.
    assert len([one for one in problems if "no exchange" not in one.message]) == recording.problems, problems
    assert sorted(one.response.body for one in found) == sorted(one.response.body for one in expected)
    assert sorted(one.request.body for one in found) == sorted(one.request.body for one in expected)
    ordered = place.is_file()  # the mappings of a folder have names, and no order
    said = judged(found, ordered=ordered)
    assert said == judged(expected, ordered=ordered)
    assert "LE2-PING-RULE-05" in {finding.clause for row in said for finding in row[4]}


def test_every_recording_is_listed_with_what_wrote_it() -> None:
    listed = set(re.findall(r"^\| `([^`]+)` \|", (CAPTURES / "README.md").read_text("utf-8"), re.MULTILINE))

    assert listed == {path.name for path in TOOLS.iterdir()} == {one.file for one in RECORDINGS}


@pytest.mark.parametrize("recording", RECORDINGS[6::7], ids=lambda one: one.file)
def test_the_exit_code_of_validate_is_that_of_a_breach(recording: Recording, tmp_path: Path) -> None:
    words = ["validate", "--no-run", "--json", str(TOOLS / recording.file)]
    if mapping_for(recording, tmp_path):
        words += ["--mapping", str(tmp_path / "mapping.toml")]

    assert main(words) == ExitCode.VIOLATED


@pytest.mark.parametrize("recording", RECORDINGS[5::3], ids=lambda one: one.file)
def test_a_copy_that_is_safe_to_share_is_judged_alike(recording: Recording, tmp_path: Path) -> None:
    mapping, place = mapping_for(recording, tmp_path), TOOLS / recording.file

    copy = share(place, tmp_path / "copy", Redactor(PROFILE.personal_fields))

    texts = [path.read_text("utf-8") for path in files_of(copy.path)]
    personal = ["mock-api-key", *re.findall(r"20155501\d\d|[\w.]+@leads\.example", repr(exchanges(place, mapping)[0]))]
    assert [word for word in personal if any(word in text for text in texts)] == []
    clauses = [
        [[one.clause for one in row[4]] for row in judged(exchanges(one, mapping)[0])] for one in (place, copy.path)
    ]
    assert clauses[0] == clauses[1]
    assert copy.problems == []


def files_of(place: Path) -> list[Path]:
    return [path for path in place.rglob("*") if path.is_file()] if place.is_dir() else [place]


def test_what_is_lost_in_a_copy_is_said(tmp_path: Path) -> None:
    cut = tmp_path / "cut.yaml"
    cut.write_bytes((TOOLS / "vcrpy-json.yaml").read_bytes()[:7000])

    copy = share(cut, tmp_path / "copy.har", Redactor())

    [(path, words)] = copy.problems
    assert path == cut
    assert "interaction 4 may not be whole" in words
    assert len(exchanges(copy.path)[0]) == 3


# ---- packets ---------------------------------------------------------------------------------------------------------


def packet(side: int, seq: int, ack: int, flags: int, data: bytes = b"") -> bytes:
    """One packet between two ports of this machine, in a record of a pcap file whose link type is raw IP."""
    ports = (40_001, 80) if side == 0 else (80, 40_001)
    tcp = struct.pack("!HHIIBBHHH", *ports, seq, ack, 5 << 4, flags, 65_535, 0, 0) + data
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(tcp), 0, 0, 64, 6, 0, b"\x7f\0\0\1", b"\x7f\0\0\1") + tcp
    return struct.pack("<IIII", 1_769_876_712, 0, len(ip), len(ip)) + ip


def pcap(found: list[Exchange]) -> bytes:
    """The exchanges on one connection, in packets that are shorter than a body."""
    seq = [1, 1]
    records = [packet(0, 0, 0, 2), packet(1, 0, 1, 18), packet(0, 1, 1, 16)]
    for one in found:
        asked, came = one.request, one.response
        assert came
        head = "".join(f"{name}: {value}\r\n" for name, value in asked.headers)
        sent = f"{asked.method} {asked.target} HTTP/1.1\r\n{head}Content-Length: {len(asked.body)}\r\n\r\n".encode()
        pairs = "".join(f"{name}: {value}\r\n" for name, value in came.headers if name.lower() != "content-length")
        back = f"HTTP/1.1 {came.status} OK\r\n{pairs}Content-Length: {len(came.body)}\r\n\r\n".encode()
        for side, message in ((0, sent + asked.body), (1, back + came.body)):
            for at in range(0, len(message), 700):
                data = message[at : at + 700]
                records.append(packet(side, seq[side], seq[1 - side], 24, data))
                seq[side] += len(data)
    return struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65_535, 101) + b"".join(records)


@pytest.mark.parametrize("part", ["json", "xml"])
def test_packets_are_read_by_way_of_the_documented_line(part: str, tmp_path: Path) -> None:
    page = (ROOT / "docs" / "captures.md").read_text("utf-8").replace("\\\n", " ")
    assert TSHARK.format(pcap="capture.pcap") in " ".join(page.split())
    if shutil.which("tshark") is None:
        pytest.skip("tshark is not installed")
    place, printed = tmp_path / "capture.pcap", tmp_path / "capture.json"
    place.write_bytes(pcap(live(part)))

    done = subprocess.run(TSHARK.format(pcap=place).split(), capture_output=True, check=True, timeout=120)
    printed.write_bytes(done.stdout)
    found, problems = exchanges(printed)

    assert problems == []
    assert judged(found) == judged(live(part))
    [refused] = exchanges(place)[1]
    assert refused.kind == "file.unrecognised"
    assert "tshark" in refused.hint


def test_hexadecimal_bodies_of_later_versions_of_tshark_are_the_same(tmp_path: Path) -> None:
    rows = json.loads((TOOLS / "tshark-json.json").read_text("utf-8"))
    for number, row in enumerate(rows):
        layers = row["_source"]["layers"]
        if "http.file_data" in layers:
            digits = layers["http.file_data"][0].encode().hex()
            layers["http.file_data"] = [digits if number % 2 else re.sub("(..)(?=.)", r"\1:", digits)]
    place = tmp_path / "hex.json"
    place.write_text(json.dumps(rows), "utf-8")

    found, before = (exchanges(one)[0] for one in (place, TOOLS / "tshark-json.json"))

    assert [(one.request, one.response) for one in found] == [(one.request, one.response) for one in before]
