"""A hundred broken files and more: no traceback, each named by a kind, its good entries judged, little memory used.

Every case is built here, the same at every run: a name, the bytes, the kinds that have to be named, and how many
exchanges can still be read.
"""

from __future__ import annotations

import base64
import bz2
import gzip
import json
import lzma
import os
import re
import subprocess
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from ledgers import CountingJudge

from leadproof import captures
from leadproof.captures import FileProblem, read
from leadproof.cli import main
from leadproof.core.errors import ExitCode
from leadproof.core.exchange import Exchange
from leadproof.core.findings import KINDS

HAR = Path(__file__).parent / "data" / "har" / "good" / "plain.har"
RECORDED = Path(__file__).parent / "data" / "recorded"
ENTRIES: list[Any] = json.loads(HAR.read_text("utf-8"))["log"]["entries"]
LINES = (RECORDED / "mitmproxy-live.ndjson").read_bytes().splitlines(keepends=True)[:4]
FLOWS = (RECORDED / "mitmproxy.flow").read_bytes()

#: Growth of the memory that is allowed for all of them together, in MB.
GROWTH = 50


class Case(NamedTuple):
    name: str
    content: bytes
    #: Kinds of problems that are named.
    kinds: set[str]
    #: Exchanges that are read all the same.
    good: int


UNREADABLE, DEVIATION = {"file.unreadable"}, {"file.deviation"}
UNRECOGNISED, AMBIGUOUS = {"file.unrecognised"}, {"file.ambiguous"}


def har(*entries: Any, **log: Any) -> bytes:
    """A HAR of entries; bytes and texts stand in it as they are."""
    texts = [one if isinstance(one, bytes) else json.dumps(one).encode() for one in entries]
    head = json.dumps({"version": "1.2", "creator": {"name": "t", "version": "1"}, **log})[:-1].encode()
    return b'{"log": ' + head + b', "entries": [' + b",\n".join(texts) + b"]}}"


def changed(**changes: Any) -> dict[str, Any]:
    """A good entry with other members; `request_x` and `response_x` change those of the messages."""
    row = json.loads(json.dumps(ENTRIES[0]))
    for name, value in changes.items():
        part, _, member = name.partition("_")
        if member:
            row[part][member] = value
        else:
            row[part] = value
    return dict(row)


def flow(index: int) -> bytes:
    """One flow of the dump."""
    at = 0
    for _ in range(index):
        at = _end(at)
    return FLOWS[at : _end(at)]


def _end(at: int) -> int:
    digits = FLOWS[at : at + 13].partition(b":")[0]
    return at + len(digits) + 1 + int(digits) + 1


def message(body: str = '{"requestId": "1", "results": []}', **changes: str) -> str:
    head = {"Content_Type": "application/json", "Content_Length": str(len(body)), **changes}
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in head.items() if value)
    asked = "POST /v2/insert/ping HTTP/1.1\r\nHost: partner.example\r\napi-key: k\r\nAccept: application/json\r\n\r\n"
    return f"{asked}HTTP/1.1 200 OK\r\n{lines}\r\n{body}"


def zeros(packer: Any, megabytes: int = 600) -> bytes:
    """Much out of little: a file of packed zeros, in members of which each becomes a megabyte."""
    return bytes(packer(b"\0" * (1 << 20))) * megabytes


def cases() -> Iterator[Case]:
    yield from truncated()
    yield from wrong_types()
    yield from nested()
    yield from encodings()
    yield from duplicates()
    yield from bombs()
    yield from other_formats()


def truncated() -> Iterator[Case]:
    whole = har(*ENTRIES)
    ends = [whole.index(b",\n{", 0)]
    while (following := whole.find(b",\n{", ends[-1] + 1)) > 0:
        ends.append(following)
    for part in range(1, 16):
        cut = len(whole) * part // 16
        good = sum(end <= cut for end in ends)
        yield Case(f"cut-at-{part}-sixteenths.har", whole[:cut], UNREADABLE, good)
    yield Case("cut-behind-a-comma.har", whole[: ends[2] + 1], UNREADABLE, 3)
    yield Case("cut-behind-an-entry.har", whole[: ends[2]], UNREADABLE, 3)
    yield Case("cut-before-the-end.har", whole[:-2], DEVIATION, 6)
    yield Case("cut-before-the-entries.har", whole[:40], UNREADABLE, 0)
    yield Case("cut-in-a-character.har", har(changed(request_method="é")).partition(b"\\u")[0] + b"\xc3", UNREADABLE, 0)
    yield Case("empty.har", b"", UNRECOGNISED, 0)
    yield Case("white-space.har", b" \n\t" * 100, UNRECOGNISED, 0)
    packed = gzip.compress(whole, mtime=0)
    left = len(zlib.decompressobj(31).decompress(packed[:-700]))
    yield Case("cut.har.gz", packed[:-700], UNREADABLE, sum(end <= left for end in ends))
    yield Case("cut.har.bz2", bz2.compress(whole)[:-100], UNREADABLE, 0)
    yield Case("cut.har.xz", lzma.compress(whole)[:-100], UNREADABLE, 5)
    yield Case("wrong-sum.har.gz", packed[:-8] + b"\0" * 8, UNREADABLE, 1)


def wrong_types() -> Iterator[Case]:
    good = ENTRIES[1]
    for name, entry in {
        "number": 17, "text": "entry", "null": None, "true": True, "list": [], "list-of-lists": [[[]]], "nan": b"NaN",
    }.items():  # fmt: skip
        yield Case(f"entry-is-{name}.har", har(good, entry, good), UNREADABLE, 2)
    for name, entry in {
        "empty": {}, "request-null": changed(request=None), "request-list": changed(request=[]),
        "request-text": changed(request="GET /"), "url-number": changed(request_url=17),
        "url-null": changed(request_url=None), "all-null": dict.fromkeys(ENTRIES[0]),
    }.items():  # fmt: skip
        yield Case(f"{name}.har", har(good, entry, good), UNREADABLE, 2)
    for name, entry in {
        "response-text": changed(response="200 OK"), "response-list": changed(response=[]),
        "headers-number": changed(request_headers=17), "headers-text": changed(response_headers="a: b"),
        "content-number": changed(response_content=17), "content-list": changed(response_content=[1]),
        "status-word": changed(response_status="fine"), "status-list": changed(response_status=[200]),
        "status-true": changed(response_status=True), "status-text": changed(response_status="200"),
        "time-text": changed(time="soon"), "date-list": changed(startedDateTime=[]),
        "date-word": changed(startedDateTime="yesterday"), "post-text": changed(request_postData="{}"),
        "method-list": changed(request_method=["POST"]), "method-null": changed(request_method=None),
        "body-discarded": changed(response_content={"size": 12}),
    }.items():  # fmt: skip
        yield Case(f"{name}.har", har(good, entry, good), DEVIATION, 3)
    yield Case("no-har.har", b'{"log": "book"}', UNRECOGNISED, 0)
    yield Case("entries-null.har", b'{"log": {"entries": null}}', UNRECOGNISED, 0)
    yield Case("entries-object.har", b'{"log": {"entries": {"0": 1}}}', UNRECOGNISED, 0)
    yield Case("entries-empty.har", b'{"log": {"entries": []}}', UNRECOGNISED, 0)
    yield Case("entries-elsewhere.har", b'{"entries": [' + json.dumps(good).encode() + b"]}", DEVIATION, 1)


def nested() -> Iterator[Case]:
    good = ENTRIES[1]
    deep = b"[" * 100_000 + b"]" * 100_000
    yield Case("nested-entry.har", har(good, b'{"request": ' + deep + b"}", good), UNREADABLE, 2)
    yield Case("nested-and-open.har", har(good)[:-3] + b', {"x": ' + b"[" * 500_000, UNREADABLE, 1)
    yield Case("nested-objects.har", har(good, b'{"a": ' * 50_000 + b"1" + b"}" * 50_000, good), UNREADABLE, 2)
    yield Case("nested-before.har", b'{"x": ' + deep + b', "log": {"entries": [' + json.dumps(good).encode() + b"]}}",
               DEVIATION, 1)  # fmt: skip
    yield Case("nested-body.json", deep, UNRECOGNISED, 0)
    yield Case("nested.flow", flow(0) + nest(20_000), UNREADABLE, 1)
    yield Case("nested.ndjson", LINES[0] + b'{"n": 1, "origin": ' + deep + b"}\n" + LINES[1], UNREADABLE, 2)


def nest(depth: int) -> bytes:
    """A flow of lists in lists."""
    inner = b"0:]"
    for _ in range(depth):
        inner = b"%d:%b]" % (len(inner), inner)
        if len(inner) > 200_000:
            break
    inner = b"7:request," + inner
    return b"%d:%b}" % (len(inner), inner)


def encodings() -> Iterator[Case]:
    good, text = ENTRIES[1], har(*ENTRIES[:3]).decode()
    for name in ("utf-16", "utf-16-le", "utf-32"):
        yield Case(f"{name}.har", text.encode(name), DEVIATION, 3)
    yield Case("utf-16-be-marked.har", b"\xfe\xff" + text.encode("utf-16-be"), DEVIATION, 3)
    yield Case("utf-16-cut.har", text.encode("utf-16")[:-3000], {"file.deviation", "file.unreadable"}, 1)
    latin = json.dumps(changed(request_url="https://partner.example/v2/status/é"), ensure_ascii=False).encode("latin-1")
    yield Case("latin-1.har", har(good, latin, good), UNREADABLE, 2)
    yield Case("zeros-inside.har", har(good, b"\0" * 1000, good), UNREADABLE, 2)
    yield Case("two-marks.har", b"\xef\xbb\xbf\xef\xbb\xbf" + har(good), DEVIATION, 1)
    yield Case("half-a-pair.har", har(good, changed(response_content={"text": "\ud800", "size": "x"}), 1, good),
               UNREADABLE, 3)  # fmt: skip
    yield Case("bad-escape.har", har(good, b'{"request": "\\x41"}', good), UNREADABLE, 2)
    yield Case("single-quotes.har", har(good, b"{'request': 1}", good), UNREADABLE, 2)
    yield Case("comment.har", har(good, b"/* x */ {}", good), UNREADABLE, 2)
    yield Case("no-comma.har", har(good).replace(b"]}}", b"") + b"\x07" + har(good)[-len(json.dumps(good)) - 3 :],
               UNREADABLE, 2)  # fmt: skip
    yield Case("binary.har", bytes(range(256)) * 40, UNRECOGNISED, 0)
    yield Case("binary.json", bytes(range(1, 256)) * 40, UNRECOGNISED, 0)
    yield Case("body-no-base64.har", har(good, changed(response_content={"text": "%%%", "encoding": "base64"}), 5),
               UNREADABLE, 2)  # fmt: skip
    packed = [*ENTRIES[0]["response"]["headers"], {"name": "Content-Encoding", "value": "br"}]
    still = base64.b64encode(b"\x8b\x02\x80" + b"\xf0" * 20).decode()
    yield Case("body-still-packed.har",
               har(good, changed(response_headers=packed, response_content={"text": still, "encoding": "base64"})),
               DEVIATION, 2)  # fmt: skip


def duplicates() -> Iterator[Case]:
    one, two = ENTRIES[1], ENTRIES[2]
    yield Case("two-lists.har", har(one)[:-2] + b', "entries": [' + json.dumps(two).encode() + b"]}}", DEVIATION, 2)
    yield Case("two-hars.har", har(one) + har(two), DEVIATION, 2)
    yield Case("five-hars.har", har(one) * 5, DEVIATION, 5)
    twice = json.dumps(one)[:-1] + ', "request": {"method": "GET"}}'
    yield Case("member-twice.har", har(two, twice.encode(), two), UNREADABLE, 2)
    yield Case("har-and-more.har", har(one) + b"\n<html>", DEVIATION, 1)


def bombs() -> Iterator[Case]:
    good = ENTRIES[1]
    yield Case("zeros.har.gz", zeros(gzip.compress), UNREADABLE, 0)
    yield Case("zeros.har.bz2", zeros(bz2.compress, 400), UNREADABLE, 0)
    yield Case("zeros.har.xz", zeros(lzma.compress, 400), UNREADABLE, 0)
    yield Case("gz-in-gz.har.gz", gzip.compress(gzip.compress(b"\0" * (1 << 24))), UNRECOGNISED, 0)
    spaces = har(good)[:-3] + b" " * (30 << 20) + b"]"
    yield Case("spaces.har.gz", gzip.compress(spaces, 1), DEVIATION, 1)
    text = b'{"request": {"method": "' + b"x" * (40 << 20) + b'"}}'
    yield Case("endless-text.har.gz", gzip.compress(har(good, text, good), 1), DEVIATION, 2)
    yield Case(
        "endless-key.har.gz", gzip.compress(har(good, b'{"' + b"k" * (20 << 20) + b'": 1}', good), 1), DEVIATION, 2
    )
    yield Case(
        "open-text.har.gz", gzip.compress(har(good)[:-3] + b', {"request": "' + b"x" * (20 << 20), 1), DEVIATION, 1
    )
    yield Case("before-the-entries.har.gz", gzip.compress(har(good, comment="x" * (20 << 20)), 1), UNREADABLE, 0)
    yield Case("many-digits.har", har(good, {}, b'{"time": ' + b"9" * 300_000 + b"}", good),
               UNREADABLE, 2)  # fmt: skip
    yield Case("nothing-100000-times.har", har(good, *[b"{}"] * 100_000), UNREADABLE, 1)
    many = [{"name": f"h{number}", "value": "x"} for number in range(30_000)]
    yield Case("many-headers.har", har(good, changed(request_headers=many), 1), UNREADABLE, 2)
    bomb = base64.b64encode(zlib.compress(b"\0" * (64 << 20), 9)).decode()
    label = [{"name": "content-encoding", "value": "deflate"}, {"name": "content-type", "value": "application/json"}]
    yield Case("body-bomb.har",
               har(good, changed(response_headers=label, response_content={"text": bomb, "encoding": "base64"}), good),
               set(), 3)  # fmt: skip
    yield Case("long-line.ndjson", LINES[0] + b"x" * (20 << 20) + b"\n" + LINES[1], UNREADABLE, 2)
    yield Case("long-line-at-the-end.ndjson.gz", gzip.compress(LINES[0] + b"{" * (20 << 20), 1), UNREADABLE, 1)
    yield Case("endless-message.http", b"POST /v2/insert/ping HTTP/1.1\r\n\r\n" + b"x\n" * (9 << 19), UNREADABLE, 0)
    yield Case("large-body.json", b'{"requestId": "' + b"1" * (17 << 20), UNREADABLE, 0)


def other_formats() -> Iterator[Case]:
    yield Case("line-no-json.ndjson", LINES[0] + b"not json\n" + LINES[1], UNREADABLE, 2)
    yield Case("line-no-exchange.ndjson", LINES[0] + b'{"n": 2, "origin": ""}\n' + LINES[1], UNREADABLE, 2)
    yield Case("line-null.ndjson", LINES[0] + b"null\n" + LINES[1], UNREADABLE, 2)
    yield Case("line-cut.ndjson", LINES[0] + LINES[1][:-40], UNREADABLE, 1)
    wrong = LINES[1].replace(b'"body_encoding": "utf-8"', b'"body_encoding": "base64"')
    yield Case("line-no-base64.ndjson", LINES[0] + wrong, UNREADABLE, 1)
    yield Case(
        "headers-number.ndjson", LINES[0] + re.sub(rb'"headers": \[.*?\]\]', b'"headers": 7', LINES[1]), UNREADABLE, 1
    )
    yield Case("zeros-between.ndjson", LINES[0] + b"\0" * 100 + b"\n" + LINES[1], UNREADABLE, 2)
    yield Case("log-unmapped.log", b'{"level": "info"}\n{"level": "info"}\n', UNRECOGNISED, 0)
    yield Case("cut.flow", flow(0) + flow(1)[:-9], UNREADABLE, 1)
    yield Case("endless.flow", flow(0) + b"999999999999:" + b"x" * 1000, UNREADABLE, 1)
    yield Case("no-length.flow", flow(0) + b"hello", UNREADABLE, 1)
    yield Case("negative.flow", flow(0) + b"-12:" + flow(1), UNREADABLE, 1)
    yield Case("list.flow", flow(0) + b"3:0:~]" + flow(1), UNREADABLE, 1)
    yield Case("wrong-inside.flow", flow(0) + b"10:4:type,9:x}" + flow(1), UNREADABLE, 2)
    yield Case("no-request.flow", flow(0) + pack({"type": "http"}) + flow(1), UNREADABLE, 2)
    yield Case("other-protocol.flow", flow(0) + pack({"type": "tcp"}) + flow(1), DEVIATION, 2)
    yield Case("status-text.flow", flow(0).replace(b"11:status_code;3:200#", b"11:status_code;3:20x#"), UNREADABLE, 0)
    yield Case("version-99.flow", flow(0).replace(b"7:version;2:21#", b"7:version;2:99#"), DEVIATION, 1)
    yield Case("text.flow.http", b"this is no message\n", UNRECOGNISED, 0)
    yield Case("length-too-large.http", message(Content_Length="900").encode(), DEVIATION, 1)
    yield Case("length-too-small.http", message(Content_Length="3").encode(), DEVIATION, 1)
    chunked = message('5\r\n{"a":\r\n', Content_Length="", Transfer_Encoding="chunked")
    yield Case("last-chunk-missing.http", chunked.encode(), DEVIATION, 1)
    vast = message("ffffffff\r\n{}", Content_Length="", Transfer_Encoding="chunked")
    yield Case("vast-chunk.http", vast.encode(), DEVIATION, 1)
    yield Case("packed-wrongly.http", message("\x1f\x8bjunk", Content_Encoding="gzip").encode("latin-1"), set(), 1)
    yield Case(
        "body-elsewhere.http", b"POST https://a.example/v2/insert/ping\napi-key: k\n\n< ./body.json\n", DEVIATION, 1
    )
    yield Case("shape-of-several.json", b'{"requestId": "1", "results": [{"isValid": true}]}', AMBIGUOUS, 0)
    yield Case("shape-of-none.xml", b"<html/>", UNRECOGNISED, 0)
    yield Case("no-text.txt", b"hello", UNRECOGNISED, 0)
    yield Case("archive.zip", b"PK\x03\x04" + b"\0" * 100, UNREADABLE, 0)
    yield Case("packed.har.zst", b"\x28\xb5\x2f\xfd" + b"\0" * 100, UNREADABLE, 0)
    yield Case("picture.png", b"\x89PNG\r\n\x1a\n" + b"\0" * 200, UNRECOGNISED, 0)


def pack(row: dict[str, str]) -> bytes:
    """A dictionary of texts as a tagged netstring."""
    inner = b"".join(
        b"%d:%b;%d:%b;" % (len(name), name.encode(), len(value), value.encode()) for name, value in row.items()
    )
    return b"%d:%b}" % (len(inner), inner)


CASES = {one.name: one for one in cases()}


def test_there_are_a_hundred_and_more() -> None:
    assert len(CASES) >= 100


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("malformed")
    for one in CASES.values():
        (made / one.name).write_bytes(one.content)
    return made


@pytest.mark.parametrize("name", CASES)
def test_it_is_named_by_a_kind_and_the_good_entries_are_judged(name: str, folder: Path) -> None:
    case, judge = CASES[name], CountingJudge(captured=True)

    found = list(read(folder / name))

    exchanges = [one for one in found if isinstance(one, Exchange)]
    problems = [one for one in found if isinstance(one, FileProblem)]
    assert len(exchanges) == case.good
    assert {one.kind for one in problems} >= case.kinds
    assert {one.kind for one in problems} <= set(KINDS)
    assert all(0 < len(one.message) < 300 for one in problems)
    for one in exchanges:
        judge.judge(one)
    assert sum(judge.tally.outcomes.values()) == case.good


def test_all_of_them_together_end_in_one_report_and_little_memory(folder: Path) -> None:
    program = (
        "import resource, sys\n"
        "from leadproof.cli import main\n"
        "peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024\n"
        f"main(['validate', '--no-run', '--json', {str(HAR)!r}])\n"
        "before = peak()\n"
        f"code = main(['validate', '--no-run', '--json', {str(folder)!r}])\n"
        "print(code, peak() - before, file=sys.stderr)\n"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=False)

    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    code, growth = done.stderr.split()
    report = json.loads(done.stdout[done.stdout.index("\n}\n") + 3 :])
    assert int(code) == ExitCode.USAGE
    assert {Path(row["path"]).name for row in report["files"]} == set(CASES)
    # What the service itself did to a body is a finding, and no problem of the file.
    unnamed = {Path(row["path"]).name for row in report["files"] if row["problem"] is None}
    assert unnamed == {one.name for one in CASES.values() if not one.kinds}
    assert {row["kind"] for row in report["findings"]} >= {"encoding.invalid", "encoding.too-large"}
    assert sum(row["exchanges"] for row in report["files"]) == sum(one.good for one in CASES.values())
    assert float(growth) <= GROWTH


# ---- names and paths -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["a\nb.har", "\x1b[31mred.har", "\u202ewrong.har", b"\xff\xfe.har", "..har", "-.har", "a b.har"]
)
def test_a_file_may_have_any_name(
    name: str | bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    plain = os.fsdecode(name) if isinstance(name, bytes) else name
    (tmp_path / plain).write_bytes(har(ENTRIES[1])[:-2])
    monkeypatch.chdir(tmp_path)

    code = main(["validate", "--no-run", f"./{plain}"])

    printed = capsys.readouterr()
    assert code == ExitCode.PASSED
    assert "it breaks off behind its entries" in printed.out
    assert not {"\x1b", "\u202e", "\udcff"} & set(printed.out)


def test_links_lead_nowhere_else_and_never_for_ever(tmp_path: Path) -> None:
    (tmp_path / "good.har").write_bytes(har(ENTRIES[1]))
    (tmp_path / "itself").symlink_to(tmp_path / "itself")
    (tmp_path / "around").symlink_to(tmp_path)
    (tmp_path / "nothing").symlink_to(tmp_path / "not-there")
    (tmp_path / "zeros").symlink_to("/dev/zero")
    os.mkfifo(tmp_path / "pipe")

    found = list(captures.files([tmp_path]))

    assert found == [tmp_path / "good.har"]


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd", "javascript:alert(1)", "https://partner.example/../../v2/insert/ping", "//",
        "https://partner.example/v2/status/%00", "https://partner.example/v2/status/" + "a" * 100_000, "\x00", "#", "https://[::1",
    ],
)  # fmt: skip
def test_a_url_is_only_ever_read(url: str, tmp_path: Path) -> None:
    (tmp_path / "x.har").write_bytes(har(changed(request_url=url), ENTRIES[1]))

    found = [one for one in read(tmp_path / "x.har") if isinstance(one, Exchange)]

    assert len(found) == 2
    for one in found:
        CountingJudge(captured=True).judge(one)
