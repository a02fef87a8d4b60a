"""Broken and hostile files of the tools' formats: no traceback, nothing run or read but them, little memory."""

from __future__ import annotations

import base64
import gzip
import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import brotli
import pytest
import zstandard

from leadproof.captures import FileProblem, files, read, trees
from leadproof.captures.archive import MEMBERS
from leadproof.captures.attached import beside
from leadproof.captures.streams import Stream
from leadproof.core.exchange import Exchange
from leadproof.core.findings import KINDS

TOOLS = Path(__file__).parent / "data" / "captures" / "tools"

#: Growth of the memory that is allowed for all of them together, in MB.
GROWTH = 100

UNREADABLE, DEVIATION, UNRECOGNISED = {"file.unreadable"}, {"file.deviation"}, {"file.unrecognised"}


class Case(NamedTuple):
    name: str
    content: bytes
    kinds: set[str]
    good: int = 0
    #: A word of the first problem.
    word: str = ""


def tool(name: str) -> bytes:
    data = (TOOLS / name).read_bytes()
    return gzip.decompress(data) if name.endswith(".gz") else data


def changed(name: str, *way: Any, value: Any) -> bytes:
    """A document of a tool with another value at one place."""
    document = json.loads(tool(name))
    place = document
    for key in way[:-1]:
        place = place[key]
    place[way[-1]] = value
    return json.dumps(document).encode()


def cases() -> Iterator[Case]:
    yield from cassettes()
    yield from documents()
    yield from archives()


INTERACTION = """- request:
    method: GET
    uri: https://leads.partner.example/v2/status/1
    body: {body}
    headers: {headers}
  response:
    status: {{code: {status}, message: OK}}
    headers: {{Content-Type: [application/json]}}
    body: {{string: '{{}}'}}
"""


def cassette(before: str = "", body: str = "null", headers: str = "{}", status: str = "200") -> bytes:
    return (
        f"version: 1\n{before}interactions:\n{INTERACTION.format(body=body, headers=headers, status=status)}".encode()
    )


def cassettes() -> Iterator[Case]:
    yield Case("plain.yaml", cassette(), set(), 1)
    yield Case(
        "tag.yaml", cassette() + b"- !!python/object/apply:os.system ['touch made-by-a-cassette']\n", UNREADABLE, 1
    )
    yield Case(
        "tag-body.yaml", cassette(body="!!python/object/apply:os.system ['touch made-by-a-cassette']"), DEVIATION, 1
    )
    yield Case("tag-new.yaml", cassette(body='!!python/object/new:type {args: ["z", [], {}]}'), set(), 1)
    yield Case("ruby-object.yml", cassette(headers="!ruby/object:Gem::Requirement {requirements: [1]}"), set(), 1)
    laughs = "".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9) if n else 'lol'}]\n" for n in range(12))
    yield Case("laughs.yaml", cassette(laughs), UNREADABLE, 0, "anchors")
    yield Case("laughs-inside.yaml", cassette(laughs[: laughs.index("l5:")], headers="{a: [*l4, *l4]}"), set(), 1)
    yield Case("around.yaml", cassette("x: &a [*a]\n"), UNREADABLE, 0, "stands for nothing")
    yield Case("no-anchor.yaml", cassette(headers="*nothing"), UNREADABLE, 0, "stands for nothing")
    yield Case("shared.yaml", cassette("x: &h {accept: [application/json]}\n", headers="*h"), set(), 1)
    yield Case("tabs.yaml", cassette() + b"\t- x: [\n", UNREADABLE, 0, "no YAML: line")
    yield Case("key-is-a-list.yaml", cassette() + b"- ? [a]\n  : b\n", UNREADABLE, 1, "key")
    yield Case("deep.yaml", cassette() + b"- " + b"[" * 50_000, UNREADABLE, 1, "nested")
    yield Case("deep-before.yaml", b"interactions:\n  a:\n" + b"   - " * 1 + b"[" * 5000, UNREADABLE, 0, "nested")
    yield Case("no-base64.yaml", cassette(body="!!binary '%'"), UNREADABLE, 0, "base64")
    yield Case("not-utf-8.yaml", cassette(body='"\xff"').replace(b"\xc3\xbf", b"\xff"), UNREADABLE)
    yield Case(
        "endless.yaml.gz", gzip.compress(cassette() + b"- request: " + b"x" * (20 << 20), 1), UNREADABLE, 1, "MB"
    )
    yield Case("nothing.yaml", b"interactions: []\n", UNRECOGNISED)
    yield Case("null.yaml", b"interactions:\nversion: 1\n", UNRECOGNISED)
    yield Case("object.yaml", b"interactions: {a: 1}\n", UNRECOGNISED)
    yield Case("text.yaml", b"interactions:\n- hello\n- 7\n", UNREADABLE)
    yield Case("status-word.yaml", cassette(status="fine"), set(), 1)
    yield Case("cut-early.yaml", tool("vcrpy-json.yaml")[:2500], UNREADABLE, 0, "breaks off")
    yield Case("cut-late.yaml", tool("vcrpy-json.yaml")[:7000], UNREADABLE, 3, "breaks off")
    whole = tool("ruby-vcr-xml.yml")
    yield Case("cut-between.yml", whole[: whole.rindex(b"- request")], UNREADABLE, 2, "breaks off")
    yield Case("cut-in-base64.yml", whole[: whole.rindex(b"bHQ+")], UNREADABLE, 3, "breaks off")
    yield Case("cut-cassette.json", tool("vcrpy-xml.json")[:7000], UNREADABLE, 1)
    yield Case("numbers.json", b'{"interactions": [1, null, [], {}, "x"]}', UNREADABLE)
    yield Case("deep.json", b'{"interactions": [' + b"[" * 200_000, UNREADABLE, 0, "nested")
    yield Case("request-list.json", changed("vcrpy-xml.json", "interactions", 1, "request", value=[1]), UNREADABLE, 3)
    for name, pack in (("br", lambda data: brotli.compress(data, quality=5)), ("zstd", zstandard.compress)):
        coded = base64.b64encode(pack(b"\0" * (64 << 20))).decode()
        text = cassette().decode().replace("{string: '{}'}", f"{{string: !!binary {coded}}}")
        bomb = text.replace("{Content-Type", f"{{Content-Encoding: [{name}], Content-Type")
        yield Case(f"bomb-{name}.yaml", bomb.encode(), set(), 1)


def documents() -> Iterator[Case]:
    yield Case("cut-newman.json", tool("newman-json.json.gz")[:60_000], UNREADABLE, 2)
    yield Case("no-run.json", b'{"collection": {"item": []}, "run": {"executions": {}}}', UNRECOGNISED)
    place = ("run", "executions", 1, "response", "stream", "data")
    yield Case("byte-300.json", changed("newman-json.json.gz", *place, value=[300]), UNREADABLE, 6)
    yield Case("byte-text.json", changed("newman-json.json.gz", *place, value="hello"), DEVIATION, 7)
    yield Case("url-number.json", changed("newman-json.json.gz", "run", "executions", 1, "request", "url", value=7),
               UNREADABLE, 6)  # fmt: skip
    for number, name in enumerate(
        ("../../../etc/hostname", "/etc/hostname", "C:\\boot.ini", "a:b", "\0", "x" * 5000, "")
    ):
        stub = {"request": {"url": "/v2/status/1"}, "response": {"status": 200, "bodyFileName": name}}
        yield Case(f"elsewhere-{number}.json", json.dumps(stub).encode(), DEVIATION, 1, "not saved")
    yield Case(
        "pattern.json", b'{"request": {"urlPattern": "/v2/.*"}, "response": {"status": 200}}', UNRECOGNISED | DEVIATION
    )
    yield Case("fault.json", b'{"request": {"url": "/v2/"}, "response": {"fault": "EMPTY_RESPONSE"}}', UNRECOGNISED)
    yield Case("mappings-number.json", b'{"mappings": 7}', UNRECOGNISED)
    yield Case("cut-wiremock.json", tool("wiremock-json.json")[:6000], UNREADABLE, 3)
    yield Case("glob.json", changed("hoverfly-json.json", "data", "pairs", 0, "request", "path",
                                    value=[{"matcher": "glob", "value": "*"}]), DEVIATION, 6)  # fmt: skip
    yield Case("templated.json", changed("hoverfly-json.json", "data", "pairs", 0, "response", "templated", value=True),
               DEVIATION, 6)  # fmt: skip
    yield Case("status-text.json", changed("hoverfly-json.json", "data", "pairs", 0, "response", "status", value="x"),
               UNREADABLE, 6)  # fmt: skip
    request = {"path": "/v2/status/1", "method": "GET", "query": "", "body": "", "headers": {"Accept": ["*/*"]}}
    first = {"data": {"pairs": [{"request": request, "response": {"status": 200, "body": "{}"}}]}}
    yield Case("first-version.json", json.dumps(first).encode(), set(), 1)
    rows = json.loads(tool("tshark-json.json"))
    yield Case("no-http.json", json.dumps([{"_source": {"layers": {"tcp.stream": ["0"]}}}]).encode(), UNRECOGNISED)
    yield Case("half.json", json.dumps(rows[1:-1]).encode(), set(), 7)
    yield Case("cut-tshark.json", tool("tshark-json.json")[:9000], UNREADABLE, 3)
    twice = {**rows[0]["_source"]["layers"], "http.request.method": ["GET", "GET"]}
    yield Case("two-in-one.json", json.dumps([{"_source": {"layers": twice}}, *rows[2:]]).encode(), DEVIATION, 6)
    short = {**rows[1]["_source"]["layers"], "http.file_data": ["{}"]}
    yield Case("short-body.json", json.dumps([rows[0], {"_source": {"layers": short}}]).encode(), DEVIATION, 1)
    burp = tool("burp-json.xml")
    entity = b'<!DOCTYPE items [<!ENTITY a SYSTEM "file:///etc/hostname">]><items burpVersion="1"><item><request>&a;'
    yield Case("entity.xml", entity + b"</request><response/></item></items>", UNREADABLE)
    yield Case("entity-inside.xml", burp.replace(b"<item>", b"<item><!DOCTYPE x [<!ENTITY a 'b'>]>", 1), UNREADABLE, 6)
    yield Case("cut-burp.xml", burp[:9000], UNREADABLE, 3)
    yield Case("no-base64.xml", burp.replace(b"<![CDATA[UE9T", b"<![CDATA[%%%%", 1), UNREADABLE, 6)
    yield Case(
        "no-response.xml", burp.replace(b"<response ", b"<reply ").replace(b"</response>", b"</reply>"), UNREADABLE
    )
    yield Case("no-item.xml", b'<items burpVersion="1"></items>', UNRECOGNISED)
    yield Case("endless-item.xml.gz", gzip.compress(b'<items burpVersion="1"><item>' + b"x" * (9 << 20), 1), UNREADABLE)


def zipped(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


SENT, CAME = b"GET /v2/status/1 HTTP/1.1\r\nAccept: */*\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


def archives() -> Iterator[Case]:
    pair = {"raw/1_c.txt": SENT, "raw/1_s.txt": CAME}
    yield Case("pair.saz", zipped(pair), set(), 1)
    yield Case("order.saz", zipped({f"raw/{n:02}_{side}.txt": text for n in range(1, 12)
                                    for side, text in (("c", SENT), ("s", CAME))}), set(), 11)  # fmt: skip
    yield Case("no-response.saz", zipped({"raw/1_c.txt": SENT}), set(), 1)
    yield Case("no-request.saz", zipped({"raw/1_s.txt": CAME}), set(), 1)
    yield Case("names.saz", zipped({"../../1_c.txt": SENT, "/etc/1_s.txt": CAME, "C:\\2_c.txt": SENT}), set(), 1)
    yield Case("cassette.zip", zipped({"a.yaml": cassette(), "b/c.yaml": cassette(), ".hidden": b"x"}), set(), 2)
    yield Case("with-notes.zip", zipped({"a.yaml": cassette(), "notes.txt": b"hello"}), UNRECOGNISED, 1, "notes.txt")
    yield Case("zip-in-zip.zip", zipped({"a.zip": zipped(pair)}), UNREADABLE, 0, "within an archive")
    yield Case("gz-in-zip.zip", zipped({"a.yaml.gz": gzip.compress(cassette())}), set(), 1)
    yield Case("bomb.zip", zipped({"a.har": b"\0" * (300 << 20)}), UNREADABLE)
    yield Case("bombs.zip", zipped(dict.fromkeys(("a.har", "b.har"), b"\0" * (140 << 20))), UNREADABLE)
    yield Case("many.zip", zipped(dict.fromkeys(map(str, range(MEMBERS + 1)), b""), zipfile.ZIP_STORED), UNREADABLE)
    yield Case("empty.zip", zipped({"a/": b""}), UNREADABLE, 0, "empty")
    locked = bytearray(zipped(pair))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = -1
        while (at := locked.find(mark, at + 1)) >= 0:
            locked[at + offset] |= 1
    yield Case("locked.saz", bytes(locked), UNREADABLE, 0, "password")
    yield Case("cut.saz", zipped(pair)[:-30], UNREADABLE)
    spoilt = bytearray(zipped(pair, zipfile.ZIP_STORED))
    spoilt[spoilt.index(CAME) + 20] ^= 1
    yield Case("wrong-sum.saz", bytes(spoilt), UNREADABLE, 1)
    stub = {"request": {"url": "/v2/status/1"}, "response": {"status": 200, "bodyFileName": "a.json"}}
    stubs = {"mappings/a.json": json.dumps(stub).encode(), "__files/a.json": b'{"results": []}'}
    yield Case("stubs.zip", zipped(stubs), set(), 1)
    yield Case("stub-alone.zip", zipped({"mappings/a.json": stubs["mappings/a.json"]}), DEVIATION, 1, "not saved")
    broken = zipped(stubs, zipfile.ZIP_STORED).replace(b'{"results": []}', b'{"results": ()}')
    yield Case("stub-broken.zip", broken, DEVIATION, 1, "not saved")
    yield Case("large.zip", b"PK\x03\x04" + b"\0" * (33 << 20), UNREADABLE, 0, "MB")


CASES = {one.name: one for one in cases()}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("hostile")
    for one in CASES.values():
        (made / one.name).write_bytes(one.content)
    return made


@pytest.mark.parametrize("name", CASES)
def test_it_is_named_by_a_kind_and_the_rest_is_read(name: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    case = CASES[name]
    monkeypatch.chdir(folder)

    found = list(read(folder / name))

    problems = [one for one in found if isinstance(one, FileProblem)]
    assert sum(isinstance(one, Exchange) for one in found) == case.good, problems
    assert {one.kind for one in problems} >= case.kinds
    assert {one.kind for one in problems} <= set(KINDS)
    assert bool(problems) is bool(case.kinds), problems
    assert all(0 < len(one.message) < 400 for one in problems)
    assert not case.word or case.word in problems[0].message, problems
    assert not (folder / "made-by-a-cassette").exists()


def test_all_of_them_together_end_in_one_report_and_little_memory(folder: Path) -> None:
    program = (
        "import resource, sys\n"
        "from leadproof.cli import main\n"
        "peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024\n"
        f"main(['validate', '--no-run', '--json', {str(TOOLS / 'vcrpy-json.yaml')!r}])\n"
        "before = peak()\n"
        f"main(['validate', '--no-run', '--json', {str(folder)!r}])\n"
        "print(peak() - before, file=sys.stderr)\n"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=False)

    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    report = json.loads(done.stdout[done.stdout.index("\n}\n") + 3 :])
    assert {Path(row["path"]).name for row in report["files"]} == set(CASES)
    assert float(done.stderr.split()[-1]) <= GROWTH


def test_a_file_that_a_capture_names_is_read_only_from_beside_it(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_bytes(b"no")
    root = tmp_path / "stubs"
    for name in ("mappings", "__files"):
        (root / name).mkdir(parents=True)
    (root / "__files" / "a.json").write_bytes(b"yes")
    (root / "__files" / "link.json").symlink_to(tmp_path / "secret.txt")
    capture = root / "mappings" / "a.json"

    assert beside(capture)("__files/a.json") == b"yes"
    for name in ("__files/link.json", "../secret.txt", "../../secret.txt", str(tmp_path / "secret.txt"), "__files",
                 "__files/../../secret.txt", "__files\\a.json", "__files/a.json\0"):  # fmt: skip
        assert beside(capture)(name) is None, name


def test_a_folder_of_sessions_and_stubs_gives_each_exchange_once() -> None:
    assert [path.name for path in files([TOOLS / "fiddler-xml"])] == [f"{number}_c.txt" for number in range(1, 6)]
    assert len(list(files([TOOLS / "fiddler-xml" / "raw" / "*"]))) == 5
    assert [path.name for path in files([TOOLS / "fiddler-xml" / "raw" / "2_s.txt"])] == ["2_s.txt"]
    assert {path.parent.name for path in files([TOOLS / "wiremock-xml"])} == {"mappings"}


@pytest.mark.parametrize("size", [1, 7, 4096])
@pytest.mark.parametrize("name", ["vcrpy-json.yaml", "vcrpy-xml.json"])
def test_where_a_document_is_cut_into_pieces_makes_no_difference(name: str, size: int) -> None:
    whole, pieces = (io.BytesIO(tool(name)) for _ in range(2))

    once = list(trees.items(Stream(whole.read), ("interactions",)))

    assert list(trees.items(Stream(lambda _: pieces.read(size)), ("interactions",))) == once
    assert len(once) in (4, 7)
