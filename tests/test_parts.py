"""A file that is cut into parts comes to what it comes to in one piece, whatever is in it and wherever it is cut."""

from __future__ import annotations

import bz2
import gzip
import importlib
import json
import lzma
import pickle
import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from holes import HOLES, WRITERS, netstring, story
from hypothesis import example, given, settings
from hypothesis import strategies as st
from test_captures_hostile import cases as hostile
from test_captures_malformed import cases as malformed

from leadproof import captures
from leadproof.captures import FilePart, FileProblem, entries, judging, parts, read_part, streams, validating
from leadproof.captures.judging import FileRow, PartFacts, ValidationPlan, judge_part
from leadproof.captures.validating import follow, validate
from leadproof.contract import profile, specs
from leadproof.core.exchange import Exchange
from leadproof.redact import Redactor
from leadproof.runs.evidence import Run
from leadproof.runs.ledger import Ledger

DATA = Path(__file__).parent / "data"
POSTING = profile.load(None)
STORY = list(story())

#: The module, whose name the function has in the package.
cutting = importlib.import_module("leadproof.captures.parts")

PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
}


def plan(**changes: Any) -> ValidationPlan:
    return ValidationPlan(specs.load().choices, POSTING, Redactor(POSTING.personal_fields), **changes)


# ---- reading ---------------------------------------------------------------------------------------------------------

Read = tuple[list[Exchange], dict[str, Any]]


def whole(path: Path) -> Read:
    """What a file comes to in one piece: its exchanges, and its row."""
    row, found = FileRow(path), list[Exchange]()
    for one in captures.read(path):
        if isinstance(one, FileProblem):
            row.add("", 0, [one])
        else:
            found.append(one)
    return found, row.row()


def in_parts(path: Path, size: int) -> tuple[Read, int]:
    """The same by parts, as any process could read them; and how many there were."""
    row, found, number, left = FileRow(path), list[Exchange](), 0, parts(path, size=size)
    while (part := next(left, None)) is not None:
        number += 1
        part = pickle.loads(pickle.dumps(part))
        try:
            read, entries_in_it = exhausted(part)
        except captures.MisfitError:
            assert part.end is not None, "the last part fits"
            part = part.rest()
            left = iter(())
            read, entries_in_it = exhausted(part)
        for one in read:
            if isinstance(one, FileProblem):
                row.add("", 0, [one])
            else:
                name, _, entry = one.origin.rpartition("#")
                at = f"{name}#{int(entry) + row.numbered}" if name else one.origin
                found.append(replace(one, origin=at))
        row.numbered += entries_in_it
    return (found, row.row()), number


def exhausted(part: FilePart) -> tuple[list[Exchange | FileProblem], int]:
    reading, found = read_part(part), list[Exchange | FileProblem]()
    while True:
        try:
            found.append(next(reading))
        except StopIteration as end:
            return found, end.value


def same(path: Path, size: int) -> int:
    """Holds a file in parts to the file in one piece; how many parts there were."""
    found, number = in_parts(path, size)
    assert found == whole(path)
    return number


@pytest.fixture(autouse=True)
def little(monkeypatch: pytest.MonkeyPatch) -> None:
    """Little is looked at, so that little files have many places where that ends."""
    monkeypatch.setattr(entries, "LEARNT", 2)
    monkeypatch.setattr(cutting, "_PIECE", 256)


@pytest.mark.parametrize("kind", ["har", "ndjson", "flow"])
@pytest.mark.parametrize(
    ("name", "ending"),
    [*((name, "") for name in (*HOLES, "none")), *(("response_body", one) for one in PACKERS if one)],
)
def test_captures_with_holes_are_read_in_parts_as_in_one_piece(
    kind: str, name: str, ending: str, tmp_path: Path
) -> None:
    holes = [frozenset({name} if at % 3 == 1 else ()) for at in range(len(STORY))]
    path, _ = WRITERS[kind](STORY, holes, 1, tmp_path)
    if ending:
        packed = path.with_name(path.name + ending)
        packed.write_bytes(PACKERS[ending](path.read_bytes()))
        path = packed

    assert same(path, 1) >= len(STORY) / 2
    assert 2 < same(path, 5_000) < len(STORY)
    assert same(path, 10_000_000) == 1


CASES = [(case.name, case.content) for case in malformed()] + [(case.name, case.content) for case in hostile()]


@pytest.mark.parametrize(("size", "ending"), [(1, ""), (3_000, ".gz")])
def test_broken_and_hostile_files_are_read_in_parts_as_in_one_piece(size: int, ending: str, tmp_path: Path) -> None:
    number = 0
    for name, content in CASES:
        if len(content) > 60_000:  # what is large when it is unpacked is held by its size elsewhere
            continue
        path = tmp_path / (name + ending)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(PACKERS[ending](content))
        number += same(path, size) > 1
        path.unlink()

    assert number > 5


@pytest.mark.parametrize("path", sorted(DATA.glob("har/**/*.har")), ids=lambda path: path.stem)
def test_hars_of_every_exporter_are_read_in_parts_as_in_one_piece(path: Path) -> None:
    for size in (1, 2_000):
        same(path, size)


# ---- any HAR ---------------------------------------------------------------------------------------------------------

SPACE = st.sampled_from(["", " ", "\n", "\r\n\t", "   ", ","])
#: What stands in texts and looks like an end of an entry.
TEXTS = st.one_of(
    st.text(max_size=20),
    st.sampled_from(
        ['},{"startedDateTime":', '}, {"request": {', "]}}", "\\", '\\"', '"', "\u2028", "é€😀", "}\n,\n{", "\x00"]
    ),
)
GOOD = json.loads((DATA / "har" / "good" / "plain.har").read_text("utf-8"))["log"]["entries"]


@st.composite
def entry_texts(draw: st.DrawFn) -> bytes:
    """An entry of a HAR: right, deviating, or no entry at all."""
    entry = json.loads(json.dumps(draw(st.sampled_from(GOOD))))
    way = draw(
        st.sampled_from(
            ["right"] * 8 + ["nested", "header", "urlless", "scalar", "broken", "open", "bytes", "cut", "double"]
        )
    )
    entry["comment"] = draw(TEXTS)
    if way == "nested":
        entry["_redirects"] = [{"startedDateTime": 1}, {"startedDateTime": 2}, {"request": {}}, {"time": 3}]
    elif way == "header":
        entry["request"]["headers"] = {"accept": "application/json"}
    elif way == "urlless":
        del entry["request"]["url"]
    elif way == "scalar":
        return json.dumps(draw(st.sampled_from([1, "text", None, [], [{}], 1e5]))).encode()
    names = draw(st.permutations(sorted(entry))) if draw(st.booleans()) else list(entry)
    ordered = {name: entry[name] for name in names}
    indent, ascii_only = draw(st.sampled_from([None, 0, 2])), draw(st.booleans())
    text = json.dumps(ordered, indent=indent, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    if way == "broken":
        at = draw(st.integers(1, len(text) - 1))
        return text[:at] + draw(st.sampled_from([b"!", b'"', b"{", b"}", b"]", b""])) + text[at + 1 :]
    if way == "open":
        return text[: draw(st.integers(1, len(text) - 1))]
    if way == "bytes":
        return text.replace(b"comment", b"comm\xffent", 1)
    return text + text if way == "double" else text


@st.composite
def hars(draw: st.DrawFn) -> bytes:
    many = draw(st.lists(entry_texts(), min_size=0, max_size=9))
    pages = [{"startedDateTime": "2026-01-01T00:00:00Z", "id": f"p{at}"} for at in range(draw(st.integers(0, 3)))]
    before = {"version": "1.2", "creator": {"name": draw(st.sampled_from(["WebInspector", "t"])), "version": "1"}}
    after = draw(st.sampled_from([{}, {"pages": pages}, {"entries": GOOD[:2]}, {"comment": '"entries": ['}]))
    if draw(st.booleans()):
        before["pages"] = pages  # type: ignore[assignment]
    text = b'{"log": ' + json.dumps(before)[:-1].encode() + b', "entries": ['
    for at, one in enumerate(many):
        space = [draw(SPACE).encode() for _ in range(3)]
        text += (space[0] + b"," + space[1] if at else b"") + one + space[2]
    text += b"]" + (b", " + json.dumps(after)[1:-1].encode() if after else b"") + b"}}"
    if draw(st.integers(0, 5)) == 0:
        text = text[: draw(st.integers(0, len(text)))]
    return draw(st.sampled_from([b"", b"", b"", b"\xef\xbb\xbf"])) + text


def _example(*texts: bytes) -> bytes:
    return b'{"log": {"version": "1.2", "entries": [' + b",".join(texts) + b"]}}"


ONE, TWO = (json.dumps(one).encode() for one in GOOD[:2])


@settings(max_examples=100, deadline=None)
@given(content=hars(), size=st.sampled_from([1, 200, 900, 3_000]), ending=st.sampled_from(["", "", "", ".gz"]))
@example(_example(ONE, TWO, ONE[:-1], TWO, ONE, TWO), 1, "")
@example(_example(ONE, TWO, ONE, TWO.replace(b"{", b'{"a":"},', 1), ONE, TWO), 1, "")
@example(_example(ONE, TWO, ONE, b"3", TWO, ONE), 1, "")
@example(_example(ONE, TWO, ONE, TWO) + _example(ONE, TWO, ONE), 1, "")
@example(_example(ONE, TWO, ONE, TWO).decode().encode("utf-16"), 1, "")
@example(
    _example(ONE, TWO, ONE).replace(
        b'"entries"', b'"pages": [{"startedDateTime": 1}, {"startedDateTime": 2}], "entries"'
    ),
    1,
    "",
)
def test_any_har_is_read_in_parts_as_in_one_piece(content: bytes, size: int, ending: str) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"x.har{ending}"
        path.write_bytes(PACKERS[ending](content))

        same(path, size)


@settings(max_examples=40, deadline=None)
@given(
    pieces=st.lists(st.one_of(st.sampled_from(STORY), st.binary(max_size=30), st.integers(0, 3)), max_size=12),
    size=st.sampled_from([1, 700, 5_000]),
    kind=st.sampled_from(["ndjson", "flow"]),
)
def test_any_lines_and_flows_are_read_in_parts_as_in_one_piece(pieces: list[Any], size: int, kind: str) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        content = b""
        for piece in [STORY[0], *pieces]:
            if isinstance(piece, Exchange):
                content += WRITERS[kind]([piece], [frozenset()], 0, folder)[0].read_bytes()
            elif isinstance(piece, bytes):
                content += piece + b"\n" if kind == "ndjson" else netstring({"type": "tcp", "x": piece})
            else:
                content += {"ndjson": (b"\n", b"{}\n", b"\r\n", b"[1]"), "flow": (b"4:abcd,", b"x", b"3:1;}", b"9:")}[
                    kind
                ][piece]
        path = folder / ("exchanges.ndjson" if kind == "ndjson" else "x.flow")
        path.write_bytes(content)

        same(path, size)


def test_a_line_that_is_too_long_is_passed_over_wherever_a_piece_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, _ = WRITERS["ndjson"](STORY[:4], [frozenset()] * 4, 0, tmp_path)
    first, *others = path.read_bytes().splitlines(keepends=True)
    monkeypatch.setattr(streams, "LINE", 3_000)
    path.write_bytes(b"".join([first, b"x" * 3_001 + b"\n", *others, b"y" * 9_000 + b"\n", first]))

    assert same(path, 1) > 4


# ---- judging ---------------------------------------------------------------------------------------------------------


def report(path: Path, judged: ValidationPlan, out: Path, jobs: int) -> tuple[dict[str, Any], list[bytes]]:
    with Run.open(out, "validate", redactor=judged.redactor) as run:
        found = validate([path], judged, run, jobs).report("validate", {})
        kept = [run.path / name for name in ("exchanges.ndjson", "findings.ndjson")]
        return found, [one.read_bytes() for one in kept if one.exists()]


def broken(kind: str, way: int, folder: Path) -> Path:
    """A long capture in which something is wrong at several places."""
    many = [replace(one, started=one.started + 9 * at) for at in range(3) for one in STORY]
    holes = [frozenset({HOLES[at % len(HOLES)]} if at % 5 == 4 else ()) for at in range(len(many))]
    path, _ = WRITERS[kind](many, holes, way, folder)
    return path


#: What is done to a file at a third and at two thirds of its length.
DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "none": lambda content: content,
    "cut": lambda content: content[: 2 * len(content) // 3],
    "hole": lambda content: content[: len(content) // 3] + content[len(content) // 3 + 50 :],
    "byte": lambda content: content[: len(content) // 3] + b"\xff" + content[len(content) // 3 + 1 :],
}


@pytest.mark.parametrize(("kind", "damage"), [*product(("har", "ndjson", "flow"), DAMAGE)])
def test_one_file_comes_to_the_same_report_with_any_number_of_processes(
    kind: str, damage: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = broken(kind, 0, tmp_path)
    path.write_bytes(DAMAGE[damage](path.read_bytes()))
    sizes = {2: 3_000, 3: 40}
    alone = report(path, plan(keep=10), tmp_path / "1", 1)

    for jobs, size in sizes.items():
        monkeypatch.setattr(validating, "PART", size)
        monkeypatch.setattr(captures, "parts", lambda path, size=size, **_: parts(path, size=size))
        assert report(path, plan(keep=10), tmp_path / f"{jobs}", jobs) == alone

    assert alone[0]["counts"]["exchanges"] > len(STORY) / 2


def test_parts_and_whole_files_share_the_same_processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = []
    for number, (kind, way) in enumerate([("har", 0), ("cassette", 0), ("flow", 0), ("ndjson", 0), ("har", 1)]):
        (folder := tmp_path / f"{number}").mkdir()
        files.append(broken(kind, way, folder))
    packed = files[0].with_name("packed.har.gz")
    packed.write_bytes(gzip.compress(files[0].read_bytes()))
    files.append(packed)
    monkeypatch.setattr(captures, "parts", lambda path, **_: parts(path, size=2_500))

    alone, together = (validate(files, plan(), None, jobs).report("validate", {}) for jobs in (1, 3))

    assert together == alone
    assert len(alone["files"]) == len(files)


def test_ctrl_c_in_the_middle_of_a_file_keeps_what_was_judged_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = broken("ndjson", 0, tmp_path)
    monkeypatch.setattr(validating, "PART", 3_000)
    monkeypatch.setattr(captures, "parts", lambda path, **_: parts(path, size=3_000))
    follow, followed = Ledger.add_fact, 0

    def ended(*arguments: Any) -> None:
        nonlocal followed
        follow(*arguments)
        followed += 1
        if followed == 3:
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(Ledger, "add_fact", ended)

    found = validate([path, path], plan(), None, 2).report("validate", {})

    assert found["exit_code"] == 130
    assert [row["path"] for row in found["files"]] == [str(path)]
    assert 0 < found["files"][0]["exchanges"] < len(whole(path)[0])


def test_a_file_that_was_ended_between_two_parts_is_told(tmp_path: Path) -> None:
    path = broken("ndjson", 0, tmp_path)
    judged = plan(several=False)
    begun = [(part, piece) for part in list(parts(path, size=3_000))[:2] for piece in judge_part(judged, part)]
    ledger = Ledger(judged.judge(), judged.redactor)

    follow(ledger, judged, begun)

    (row,) = ledger.report("validate", {})["files"]
    assert 0 < row["exchanges"] == sum(piece.exchanges for _, piece in begun)


def test_parts_are_judged_anywhere_and_followed_here(tmp_path: Path) -> None:
    path = broken("har", 0, tmp_path)
    judged = plan(several=False)
    sent = [pickle.dumps((judged, part)) for part in parts(path, size=3_000)]
    facts = {}
    for number in reversed(range(len(sent))):  # whoever is the first
        facts[number] = pickle.dumps(judge_part(*pickle.loads(sent[number])))

    def back() -> Iterator[tuple[FilePart, PartFacts]]:
        for number, pair in enumerate(sent):
            for piece in pickle.loads(facts[number]):
                yield pickle.loads(pair)[1], piece

    ledger = Ledger(judged.judge(), judged.redactor)
    follow(ledger, judged, back())

    assert len(sent) > 5
    assert ledger.report("validate", {}) == validate([path], plan(), None).report("validate", {})


def test_little_of_a_large_file_is_looked_at_to_cut_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.har"
    path.write_bytes(_example(*[ONE, TWO] * 3_000))
    looked: list[int] = []
    read = cutting._View._read
    monkeypatch.setattr(cutting, "_PIECE", 1 << 12)

    def counted(self: Any, size: int) -> bytes:
        piece = read(self, size)
        looked.append(len(piece))
        return piece

    monkeypatch.setattr(cutting._View, "_read", counted)

    found = list(parts(path, size=1 << 18))

    assert len(found) > 10
    assert sum(looked) < path.stat().st_size / 10


def test_a_file_of_nothing_but_problems_is_told_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "exchanges.ndjson"
    path.write_bytes(b"{}\n" * 43)
    monkeypatch.setattr(judging, "PIECE", 5)

    pieces = judge_part(plan(), FilePart(path))
    alone, together = (validate([path, path], plan(), None, jobs).summary.files.rows for jobs in (1, 2))

    assert [len(piece.problems) for piece in pieces] == [5] * 8 + [3]
    assert together == alone
    assert alone[0]["problem"]["message"] == "line 1 is no exchange (and 42 more)"
