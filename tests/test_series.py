"""Files of lines that grow for days: rotated, compressed, read back whole, whatever the process died at."""

from __future__ import annotations

import gzip
import json
import os
import zlib
from dataclasses import replace
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leadproof import captures
from leadproof.captures.share import share
from leadproof.captures.validating import REPEATED, ValidationPlan, validate
from leadproof.contract import profile, specs
from leadproof.core.errors import InputError
from leadproof.core.exchange import Exchange, Request, Response
from leadproof.redact import Redactor
from leadproof.runs.evidence import EvidenceError, Run, exchange_row, read_exchanges, series, verify, write_export
from leadproof.runs.evidence import rows as exchange_rows
from leadproof.runs.evidence.series import Series, all_lines, parts
from leadproof.runs.evidence.tailing import Tail

POSTING = profile.load(None)

EXCHANGE = Exchange(
    Request("GET", "/v2/status/6b1f0c1e-0000-4000-8000-000000000001", (("api-key", "canary-key-93b1c2"),), b""),
    Response(200, (("content-type", "application/json"),), b'{"results": []}'),
    origin="here",
    started=1_796_000_000.0,
)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


rows = st.lists(st.dictionaries(st.sampled_from("ab"), st.text(max_size=40), min_size=1), max_size=30)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows, st.sampled_from([1, 60, 1_000]))
def test_what_was_written_is_read_back_in_order(tmp_path: Path, written: list[dict[str, str]], rotate: int) -> None:
    for old in tmp_path.iterdir():
        old.unlink()
    series = Series(tmp_path, "x", rotate)
    series.open()
    for row in written:
        series.append(row)
    series.close()

    assert list(all_lines(tmp_path, "x")) == written
    assert "x.ndjson" in names(tmp_path)  # a file that is full is followed by another at once
    assert all((tmp_path / name).stat().st_size < rotate + 300 for name in names(tmp_path))


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows, st.sampled_from([1, 60, 1_000]), st.lists(st.sampled_from([0, 1, 10**6]), min_size=30, max_size=30))
def test_a_tail_reads_each_row_once_whenever_it_looks(
    tmp_path: Path, written: list[dict[str, str]], rotate: int, looks: list[int]
) -> None:
    for old in tmp_path.iterdir():
        old.unlink()
    series, tail, seen = Series(tmp_path, "x", rotate), Tail(tmp_path, "x"), []
    for row, look in zip(written, looks, strict=False):
        series.append(row)
        seen += list(tail.lines(look))
    series.close()
    seen += list(tail.lines(10**9))
    tail.close()

    assert seen == written


def test_a_tail_waits_for_a_line_that_is_not_whole(tmp_path: Path) -> None:
    tail = Tail(tmp_path, "x")
    assert list(tail.lines(100)) == []
    (tmp_path / "x.ndjson").write_bytes(b'{"a": 1}\n{"a"')
    assert list(tail.lines(100)) == [{"a": 1}]
    with (tmp_path / "x.ndjson").open("ab") as file:
        file.write(b": 2}\n")

    assert list(tail.lines(100)) == [{"a": 2}]
    tail.close()


@pytest.mark.parametrize("reader", [series, exchange_rows])
def test_a_line_that_is_finished_while_it_is_read_spoils_nothing(
    reader: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "exchanges.ndjson"
    line = json.dumps(exchange_row(1, EXCHANGE)).encode() + b"\n"
    file.write_bytes(line + line[:50])

    def loads(text: bytes) -> object:
        if not text.endswith(b"\n"):
            with file.open("ab") as writer:
                writer.write(line[50:] + line)
        return json.loads(text)

    monkeypatch.setattr(reader, "json", SimpleNamespace(loads=loads))

    assert len(list(all_lines(tmp_path, "exchanges") if reader is series else read_exchanges(tmp_path))) == 1
    assert len(list(all_lines(tmp_path, "exchanges") if reader is series else read_exchanges(tmp_path))) == 3


@pytest.mark.parametrize("kind", ["link", "pipe", "list", "endless"])
def test_a_tail_opens_plain_files_of_lines_and_nothing_else(tmp_path: Path, kind: str) -> None:
    (tmp_path / "elsewhere").write_text('{"a": 1}\n')
    path = tmp_path / "x.ndjson"
    {
        "link": lambda: path.symlink_to(tmp_path / "elsewhere"),
        "pipe": lambda: os.mkfifo(path),
        "list": lambda: path.write_text("[]\n"),
        "endless": lambda: path.write_bytes(b" " * (17 * 1024 * 1024)),
    }[kind]()

    with pytest.raises(InputError):
        list(Tail(tmp_path, "x").lines(10**9))


def test_full_files_are_numbered_and_packed_without_the_time(tmp_path: Path) -> None:
    series = Series(tmp_path, "x", 10)
    for number in range(3):
        series.append({"number": number})
    series.close()

    assert names(tmp_path) == ["x-0001.ndjson.gz", "x-0002.ndjson.gz", "x-0003.ndjson.gz", "x.ndjson"]
    packed = (tmp_path / "x-0002.ndjson.gz").read_bytes()
    assert json.loads(gzip.decompress(packed)) == {"number": 1}
    assert packed[4:8] == bytes(4)  # RFC 1952, section 2.3.1: no time stamp is available


def test_other_files_and_other_series_are_left_alone(tmp_path: Path) -> None:
    for name in ("x.ndjson", "xy.ndjson", "x-1.ndjson", "x-0001.ndjson.gz.part", "x-0002.ndjson", "x.json"):
        (tmp_path / name).write_text("{}")

    assert [path.name for path in parts(tmp_path, "x")] == ["x-0002.ndjson", "x.ndjson"]


@pytest.mark.parametrize("died", ["renamed", "packing", "packed"])
def test_whenever_the_process_dies_each_line_is_there_once(tmp_path: Path, died: str) -> None:
    series = Series(tmp_path, "x", 10)
    for number in range(2):
        series.append({"number": number})
    series.close()
    plain, packed = tmp_path / "x-0002.ndjson", tmp_path / "x-0002.ndjson.gz"
    plain.write_bytes(gzip.decompress(packed.read_bytes()))
    (tmp_path / "x.ndjson").unlink()
    if died != "packed":
        (tmp_path / "x-0002.ndjson.gz.part").write_bytes(packed.read_bytes()[:5] if died == "packing" else b"")
        packed.unlink()

    assert [row["number"] for row in all_lines(tmp_path, "x")] == [0, 1]


@pytest.mark.parametrize(
    "spoil", [lambda data: data[:-9], lambda data: b"no gzip", lambda data: data[:20] + b"\xff" * 9]
)
def test_a_packed_file_that_is_damaged_is_named(tmp_path: Path, spoil) -> None:  # type: ignore[no-untyped-def]
    with opened(tmp_path) as run:
        run.exchange(EXCHANGE)
    (packed,) = run.path.glob("exchanges-*.gz")
    packed.write_bytes(spoil(packed.read_bytes()))

    with pytest.raises(InputError, match=r"exchanges-0001\.ndjson\.gz"):
        list(all_lines(run.path, "exchanges"))
    with pytest.raises(InputError, match=r"exchanges-0001\.ndjson\.gz"):
        list(read_exchanges(run.path))


def test_a_disk_that_takes_no_more_is_an_error_with_a_hint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    series = Series(tmp_path, "x", 10)
    monkeypatch.setattr(zlib, "compressobj", lambda *_, **__: (_ for _ in ()).throw(OSError(28, "No space left")))

    with pytest.raises(EvidenceError, match="No space left") as found:
        series.append({"number": 0})

    assert "--out" in found.value.hint


# ---- a run of several files ------------------------------------------------------------------------------------------


def opened(folder: Path, rotate: int = 100) -> Run:
    return Run.open(folder, "record", redactor=Redactor(), rotate=rotate)


def recorded(folder: Path, number: int = 5, *, alike: bool = False) -> Path:
    """A run with a file for each exchange."""
    with opened(folder) as run:
        for place in range(number):
            body = b'{"results": []}' if alike else b'{"results": [], "message": "%d"}' % place
            run.exchange(replace(EXCHANGE, response=Response(200, EXCHANGE.response.headers, body)))
    return run.path


def test_every_reader_of_a_run_reads_all_of_its_files(tmp_path: Path) -> None:
    run = recorded(tmp_path)

    assert len(list(run.glob("exchanges-*.gz"))) == 5
    assert [one.response.body[-3:-2] for one in read_exchanges(run) if one.response] == [b"%d" % n for n in range(5)]
    har = json.loads(write_export(run, "har", "http://127.0.0.1").read_bytes())
    assert [row["_number"] for row in har["log"]["entries"]] == [1, 2, 3, 4, 5]
    assert verify(run).extra == ("exchanges.har",)
    with opened(tmp_path / "merged") as merged:
        assert (merged.take_over(run), merged.take_over(run), merged.kept) == (0, 5, 10)
    assert len(list(read_exchanges(merged.path))) == 10


def judged(run: Path, jobs: int) -> tuple[int, list[str]]:
    plan = ValidationPlan(specs.load().choices, POSTING, Redactor(POSTING.personal_fields))
    found = validate(list(captures.files([run])), plan, None, jobs)
    return found.summary.exchanges, [seen.message for seen, _ in found.summary.observed.values()]


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_run_is_one_recording_in_however_many_files(tmp_path: Path, jobs: int) -> None:
    run = recorded(tmp_path, alike=True)

    exchanges, observations = judged(run, jobs)

    assert exchanges == 5
    assert REPEATED not in observations
    assert [path.name for path in captures.files([run])][-1] == "exchanges.ndjson"


def test_a_file_that_was_not_taken_away_is_not_judged_twice(tmp_path: Path) -> None:
    run = recorded(tmp_path, 2)
    (run / "exchanges-0002.ndjson").write_bytes(gzip.decompress((run / "exchanges-0002.ndjson.gz").read_bytes()))

    assert judged(run, 1)[0] == 2


def test_the_same_exchange_in_two_recordings_is_told(tmp_path: Path) -> None:
    recorded(tmp_path, 2)
    recorded(tmp_path, 2)

    assert REPEATED in judged(tmp_path, 1)[1]


def test_a_copy_that_is_safe_to_share_has_the_lines_of_all_files(tmp_path: Path) -> None:
    run = recorded(tmp_path / "out")

    share(run, tmp_path / "copy", Redactor())

    assert len(list(read_exchanges(tmp_path / "copy"))) == 5
    assert not list((tmp_path / "copy").glob("*.gz"))
    assert verify(tmp_path / "copy").holds
