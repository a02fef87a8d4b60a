"""Files judged on a Dask cluster: the report is that of one process, whoever is lost on the way.

The must-show of it takes minutes: three workers in networks of their own, 64 captures from an S3 server, ten runs in
each of which a worker is killed. `make test-cluster` runs it; the tests try one run with two workers of this machine.
"""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import clusters
import pytest
from captured import DEFECTS, NOW, capture, plan, told
from clusters import Place, Processes

from leadproof import captures
from leadproof.captures import FilePart, cluster, parts
from leadproof.captures.cluster import connected
from leadproof.captures.judging import PartFacts, TaskJudge
from leadproof.captures.selecting import Selection, time_of
from leadproof.captures.tasks import TaskResult, run_task, version
from leadproof.captures.validating import validate
from leadproof.cli import main
from leadproof.core.errors import UsageError
from leadproof.core.exchange import Exchange
from leadproof.judge.judgement import Decisions
from leadproof.runs.evidence import Run, read_exchanges
from leadproof.runs.facts import ExchangeFact, Unpacking

pytestmark = pytest.mark.cluster

#: Runs of the whole, in networks of their own; 0 for the sample.
WHOLE = int(os.environ.get("LEADPROOF_CLUSTER") or 0)

#: A time between the exchanges of a capture.
SPLIT = datetime.fromtimestamp(NOW + 30, UTC).isoformat()

#: Captures, workers and runs.
CAPTURES, WORKERS, RUNS = (64, 3, WHOLE) if WHOLE else (8, 2, 1)


@contextlib.contextmanager
def places() -> Iterator[list[Place]]:
    """A hub and a place for each worker."""
    if not WHOLE:
        yield [Place()] * (WORKERS + 1)
        return
    with clusters.namespaces(WORKERS) as made:
        yield made


def judged(started: Processes, place: Place, *words: str) -> subprocess.Popen[str]:
    command = place.command(sys.executable, "-m", "leadproof", "validate", "--no-run", "--json", *words)
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL,
        env=os.environ | started.environment, cwd=started.folder,
    )  # fmt: skip


def report(process: subprocess.Popen[str]) -> dict[str, Any]:
    out, errors = process.communicate(timeout=600)
    assert out, errors
    found: dict[str, Any] = json.loads(out)
    return found


def test_a_cluster_that_loses_a_worker_says_what_one_process_says(tmp_path: Path) -> None:
    files = [
        capture(tmp_path / f"{seed:02}.ndjson", seed, 1 + seed % 3, DEFECTS[: seed % 3]) for seed in range(CAPTURES)
    ]
    chance = random.Random(13)
    with places() as (hub, *homes), clusters.processes(tmp_path) as started:
        url = clusters.serve_s3(started, hub)
        started.environment["AWS_ENDPOINT_URL"] = url
        clusters.upload(started, hub, url, "captures", files)
        scheduler = clusters.start_scheduler(started, hub)
        workers = [
            clusters.start_worker(started, home, scheduler, f"worker{one}.log") for one, home in enumerate(homes)
        ]
        alone = report(judged(started, hub, "s3://captures/"))
        once, again = fetched(started), []
        for _ in range(RUNS):
            before = fetched(started)
            cut, victim = chance.randrange(1, CAPTURES), chance.randrange(WORKERS)
            process = judged(started, hub, "s3://captures/", "--scheduler", scheduler)
            while fetched(started) - before < cut and process.poll() is None:
                time.sleep(0.01)
            workers[victim].send_signal(signal.SIGKILL)
            workers[victim].wait()
            together = report(process)
            assert [row for row in together["files"] if row["problem"]] == []
            assert together == alone
            again.append(fetched(started) - before - once)
            workers[victim] = clusters.start_worker(started, homes[victim], scheduler, f"worker{victim}.log")

    assert alone["counts"]["judged"] > 0
    assert len(alone["files"]) == CAPTURES
    assert alone["findings"]
    assert len(again) == RUNS
    (tmp_path / "again.txt").write_text(f"pieces that were read again, by run: {again}")


def fetched(started: Processes) -> int:
    """Pieces of files that the S3 server gave."""
    return len(re.findall(r"GET /captures/\S+ HTTP/1\.1\S* 206", started.said("s3.log")))


# ---- two workers of this machine -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Processes, str]]:
    """A scheduler that gives a task up when its first worker dies, and two workers."""
    with clusters.processes(tmp_path_factory.mktemp("cluster")) as started:
        started.environment |= {
            "PYTHONPATH": str(Path(__file__).parent), "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "0",
        }  # fmt: skip
        address = clusters.start_scheduler(started, Place())
        for number in range(2):
            clusters.start_worker(started, Place(), address, f"worker{number}.log")
        yield started, address


@pytest.fixture
def judges(scheduler: tuple[Processes, str]) -> Iterator[cluster.Cluster]:
    with connected(scheduler[1], 1) as found:
        yield found


def recordings(folder: Path) -> list[Path]:
    """Files that overlap, one of them broken, and one that lies in two places."""
    files = [capture(folder / f"{seed}.ndjson", seed, 1 + seed % 2, DEFECTS[: seed % 3]) for seed in range(5)]
    (folder / "broken.har").write_text('{"log": {"entries": [{"request": ')
    (folder / "again.ndjson").write_bytes(files[1].read_bytes())
    return [files[0], folder / "broken.har", *files[1:], folder / "again.ndjson"]


def test_workers_say_what_one_process_says(tmp_path: Path, judges: cluster.Cluster) -> None:
    files = recordings(tmp_path)

    alone, together = validate(files, plan(), None), validate(files, plan(), None, cluster=judges)

    assert told(together) == told(alone)
    assert told(alone)["findings"]
    assert [row["path"] for row in told(alone)["files"]] == list(map(str, files))


@pytest.mark.parametrize("keep", [0, 7, 2_000])
def test_what_is_kept_is_what_one_process_keeps(tmp_path: Path, judges: cluster.Cluster, keep: int) -> None:
    files = recordings(tmp_path)
    kept = []
    for name, others in (("alone", None), ("together", judges)):
        with Run.open(tmp_path / name, "validate", redactor=plan().redactor) as run:
            validate(files, plan(keep=keep), run, cluster=others)
        kept.append(list(read_exchanges(run.path)))

    assert kept[0] == kept[1]
    assert keep <= len(kept[0]) <= max(2 * keep, 1) or keep == 2_000


def test_a_task_comes_to_the_same_each_time_whatever_was_before_it(tmp_path: Path) -> None:
    file = capture(tmp_path / "one.ndjson", 3, 2, DEFECTS)
    cut = list(parts(file, size=10_000))
    work = clusters.sent(TaskJudge(plan()))

    first = [run_task(work, part, 5, version()) for part in cut]
    fewer = [run_task(clusters.sent(TaskJudge(plan(keep=1))), part, 0, version()) for part in cut]
    again = [run_task(work, part, 5, version()) for part in reversed(cut)][::-1]

    assert len(cut) > 3
    assert [known(result) for result in first] == [known(result) for result in again]
    assert [known(result) for result in first] != [known(result) for result in fewer], "not so many come whole"
    assert [result.error for result in first] == [None] * len(cut)
    assert sum(piece.exchanges for result in first for piece in result.pieces) > 0


def known(result: TaskResult) -> list[tuple[PartFacts, list[ExchangeFact]]]:
    """What is told; the same has several forms when it is packed, and what has passed several orders."""
    return [
        (piece._replace(facts=b""), [fact._replace(decisions=in_order(fact.decisions)) for fact in unpacked])
        for piece in result.pieces
        for unpacked in [Unpacking()(piece.facts)]
    ]


def in_order(decisions: Decisions) -> Decisions:
    return replace(decisions, passed=tuple(sorted(decisions.passed)))


def test_few_tasks_are_under_way_at_a_time(tmp_path: Path, judges: cluster.Cluster) -> None:
    files = whole(tmp_path / f"{number}.ndjson" for number in range(20))
    most = []

    for _ in judges.judged(clusters.deadly, files, lambda: 0, lambda *_: most.append(len(judges._client.futures))):
        pass

    assert len(most) == 20
    assert max(most) <= 2 * cluster.AHEAD + 1, "those under way, and the one that is taken in"


def whole(files: Iterable[Path]) -> Iterator[Iterator[FilePart]]:
    """Files that are one part each."""
    return (iter([FilePart(file)]) for file in files)


# ---- parts of one file -----------------------------------------------------------------------------------------------


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are cut into parts of ten kilobytes."""
    monkeypatch.setattr(captures, "parts", lambda path, **_: parts(path, size=10_000))


def judged_alone_and_together(
    folder: Path, file: Path, judges: cluster.Cluster, **changes: Any
) -> list[tuple[dict[str, Any], list[Exchange]]]:
    """What one process and a cluster say of a file, and what they keep."""
    both = []
    for name, others in (("alone", None), ("together", judges)):
        with Run.open(folder / name, "validate", redactor=plan().redactor) as run:
            report = told(validate([file], plan(**changes), run, cluster=others))
        both.append((report, list(read_exchanges(run.path))))
    return both


#: How one large file is made of a plain one.
FORMS: dict[str, Callable[[bytes], bytes]] = {
    "plain.ndjson": bytes,
    "packed.ndjson.gz": gzip.compress,
    "cut.ndjson.gz": lambda content: gzip.compress(content)[: len(gzip.compress(content)) // 2],
    "holed.ndjson": lambda content: content[: len(content) // 3] + content[len(content) // 3 + 90 :],
}


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize("name", FORMS)
def test_the_parts_of_one_file_are_spread_and_come_to_what_one_process_says(
    tmp_path: Path, judges: cluster.Cluster, name: str
) -> None:
    file = tmp_path / name
    file.write_bytes(FORMS[name](capture(tmp_path / "made.ndjson", 7, 12, DEFECTS).read_bytes()))
    before = judges._client.run(clusters.tasks_done)

    alone, together = judged_alone_and_together(tmp_path, file, judges, keep=20)

    assert together == alone
    assert alone[0]["findings"]
    assert len(alone[1]) >= 20
    after = judges._client.run(clusters.tasks_done)
    assert sorted(after) == sorted(before)
    assert all(after[worker] > before[worker] + 5 for worker in after), "both have judged parts of it"


@pytest.mark.usefixtures("small_parts")
def test_a_har_that_was_cut_in_the_wrong_place_is_judged_on_in_one_piece(
    tmp_path: Path, judges: cluster.Cluster
) -> None:
    log = json.loads((Path(__file__).parent / "data" / "har" / "good" / "plain.har").read_text("utf-8"))["log"]
    many = [json.dumps(entry) for entry in log["entries"] * 40]
    # A member that is an object in a list looks like the beginning of an entry.
    beginning = json.dumps({"startedDateTime": "2026-01-01T00:00:00Z", "comment": "x" * 300})
    nested = json.loads(many[0]) | {"_redirects": [json.loads(beginning)] * 100}
    many[len(many) // 2] = json.dumps(nested)
    file = tmp_path / "one.har"
    file.write_text('{"log": {"version": "1.2", "entries": [' + ",".join(many) + "]}}")
    misfits = [part for part in parts(file, size=10_000) if TaskJudge(plan())(part, 0)[-1].misfit]

    alone, together = judged_alone_and_together(tmp_path, file, judges)

    assert misfits, "this is what is tried"
    assert together == alone


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize(
    "selection",
    [Selection(sample=0.3), Selection(since=time_of(SPLIT)), Selection(until=time_of(SPLIT), sample=0.5)],
    ids=["sample", "since", "both"],
)
def test_a_time_and_a_sample_are_the_same_on_a_cluster(
    tmp_path: Path, judges: cluster.Cluster, selection: Selection
) -> None:
    file = capture(tmp_path / "one.ndjson", 5, 9, DEFECTS)

    alone, together = judged_alone_and_together(tmp_path, file, judges, selection=selection)

    assert together == alone
    assert 0 < alone[0]["counts"]["judged"] < told(validate([file], plan(), None))["counts"]["judged"]


@pytest.mark.usefixtures("small_parts")
def test_a_worker_that_is_lost_in_the_middle_of_a_file_changes_nothing(tmp_path: Path) -> None:
    file = capture(tmp_path / "one.ndjson", 9, 12, DEFECTS)
    alone, calls = told(validate([file], plan(), None)), 0
    with clusters.processes(tmp_path) as started:
        address = clusters.start_scheduler(started, Place())
        workers = [clusters.start_worker(started, Place(), address, f"worker{number}.log") for number in range(2)]

        def killed(name: str, size: int, exchanges: int) -> None:
            nonlocal calls
            calls += 1
            if calls == 5:
                workers[0].send_signal(signal.SIGKILL)
                workers[0].wait()

        with connected(address, 1) as judges:
            together = told(validate([file], plan(), None, told=killed, cluster=judges))

    assert calls > 10
    assert together == alone


@pytest.mark.usefixtures("small_parts")
def test_a_file_whose_part_ends_its_worker_is_judged_up_to_there(
    tmp_path: Path, scheduler: tuple[Processes, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "NO_WORKERS", 0.5)
    started, address = scheduler
    files = [
        iter([FilePart(tmp_path / name, "ndjson", 10 * at, 10 * at + 10 if at < 2 else None) for at in range(3)])
        for name in ("deadly.ndjson", "fine.ndjson")
    ]
    with connected(address, 1) as judges:
        monkeypatch.setattr(judges, "_most", lambda: 1)
        found = list(judges.judged(clusters.deadly, files, lambda: 0, lambda *_: None))

    names = [part.path.name for part, _ in found]
    assert names == ["deadly.ndjson", *["fine.ndjson"] * 3]
    assert [bool(piece.problems) for _, piece in found] == [True, False, False, False]
    assert found[0][1].stopped
    clusters.start_worker(started, Place(), address, "worker8.log")  # for the tests after this one


@pytest.mark.usefixtures("small_parts")
def test_ctrl_c_in_the_middle_of_a_file_keeps_what_was_judged_of_it(tmp_path: Path, judges: cluster.Cluster) -> None:
    files = [capture(tmp_path / f"{seed}.ndjson", seed, 12) for seed in range(2)]
    calls = 0

    def ended(name: str, size: int, exchanges: int) -> None:
        nonlocal calls
        calls += 1
        if calls == 4:
            signal.raise_signal(signal.SIGINT)

    found = told(validate(files, plan(), None, told=ended, cluster=judges))
    (row,) = found["files"]

    assert found["exit_code"] == 130
    assert row["path"] == str(files[0])
    assert 0 < row["exchanges"] < told(validate(files[:1], plan(), None))["counts"]["exchanges"]
    for _ in range(600):  # the scheduler is told of what nobody wants any more, and forgets it in its own time
        if not judges._client.futures:
            break
        time.sleep(0.1)
    assert not judges._client.futures


# ---- what stays, and what ends it ------------------------------------------------------------------------------------


def test_nothing_of_what_was_sent_stays_on_the_cluster(tmp_path: Path, scheduler: tuple[Processes, str]) -> None:
    files = recordings(tmp_path)
    with connected(scheduler[1], 1) as judges:
        validate(files, plan(), None, cluster=judges)
    with connected(scheduler[1], 1) as judges:
        deadline = time.monotonic() + clusters.LIMIT
        while left := judges._client.run_on_scheduler(lambda dask_scheduler: list(dask_scheduler.tasks)):
            assert time.monotonic() < deadline, left
            time.sleep(0.1)
    written = b"".join(path.read_bytes() for path in scheduler[0].folder.rglob("*") if path.is_file())

    assert b"Registered to" in written, "this is where the workers write"
    names = {name for file in files for name in re.findall(r"LastName\W+(\w+)", file.read_text("utf-8"))}
    assert names
    assert not [name for name in [*names, *map(str, files)] if name.encode() in written]


def test_ctrl_c_keeps_what_was_judged(tmp_path: Path, judges: cluster.Cluster) -> None:
    files = [capture(tmp_path / f"{seed}.ndjson", seed) for seed in range(12)]
    calls = 0

    def ended(name: str, size: int, exchanges: int) -> None:
        nonlocal calls
        calls += 1
        if calls == 2:
            signal.raise_signal(signal.SIGINT)

    found = told(validate(files, plan(), None, told=ended, cluster=judges))

    assert found["exit_code"] == 130
    assert [row["path"] for row in found["files"]] == list(map(str, files[:2]))
    assert found["counts"]["judged"] > 0
    assert not judges._client.futures


def test_a_fault_of_our_own_is_not_taken_for_one_of_the_file(tmp_path: Path, judges: cluster.Cluster) -> None:
    with pytest.raises(ZeroDivisionError, match="ours"):
        list(judges.judged(clusters.faulty, whole([tmp_path / "one.ndjson"]), lambda: 0, lambda *_: None))


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("tcp://127.0.0.1:1", "no Dask scheduler responds"),
        ("tcp://127.0.0.1", "no address of a Dask scheduler"),
        ("somewhere", "no address of a Dask scheduler"),
        ("tcp://user:made-up-secret@127.0.0.1:8786", "no address of a Dask scheduler"),
        ("tls://127.0.0.1:8786", "needs certificates"),
    ],
)
def test_an_address_without_a_scheduler_is_told(address: str, message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "_CONNECT", 1.0)
    with pytest.raises(UsageError, match=message) as caught, connected(address, 1):
        pass

    assert caught.value.hint
    assert "made-up-secret" not in caught.value.message + caught.value.hint


def test_a_worker_with_another_leadproof_is_told(
    scheduler: tuple[Processes, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("leadproof.__version__", "0.0.0")
    with (
        pytest.raises(UsageError, match=r"a worker has leadproof .* and here is leadproof 0\.0\.0"),
        connected(scheduler[1], 1),
    ):
        pass


def test_one_that_joins_late_with_another_leadproof_is_told_by_its_task(tmp_path: Path) -> None:
    result = run_task(b"", FilePart(tmp_path / "one.har"), 0, "leadproof 0.0.0")

    assert isinstance(result.error, UsageError)
    assert "0.0.0" in result.error.message


def test_standard_input_goes_to_no_cluster(judges: cluster.Cluster) -> None:
    with pytest.raises(UsageError, match="standard input"):
        validate([captures.STANDARD_INPUT], plan(), None, cluster=judges)


def test_what_is_not_installed_is_told_before_anything_else(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(cluster.installation.EXTRAS, "cluster", {"no_such_module": "distributed>=1"})
    file = str(Path(__file__).parent / "data" / "har" / "good" / "plain.har")

    assert main(["validate", file, "--no-run", "--scheduler", "local"]) == 2
    assert "pip install" in capsys.readouterr().err


def test_a_cluster_of_others_has_its_own_workers(capsys: pytest.CaptureFixture[str]) -> None:
    file = str(Path(__file__).parent / "data" / "har" / "good" / "plain.har")

    assert main(["validate", file, "--no-run", "--scheduler", "tcp://127.0.0.1:9", "--jobs", "2"]) == 2
    assert capsys.readouterr().err == (
        "leadproof: error: --jobs: no effect with the --scheduler of a cluster, which has its own workers\n"
        "  hint: leave it out\n"
    )


def test_a_file_that_ends_its_worker_is_named_and_so_are_those_that_no_worker_is_left_for(
    tmp_path: Path, scheduler: tuple[Processes, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "NO_WORKERS", 0.5)
    started, address = scheduler
    names = ["fine", "deadly", "good", "deadly", "late"]
    files = [tmp_path / f"{name}.ndjson" for name in names]
    with connected(address, 1) as judges:
        monkeypatch.setattr(judges, "_most", lambda: 1)
        found = list(judges.judged(clusters.deadly, whole(files), lambda: 0, lambda *_: None))

    assert [part.path for part, _ in found] == files
    assert [bool(piece.problems) for _, piece in found] == [False, True, False, True, True]
    clusters.start_worker(started, Place(), address, "worker9.log")  # for the tests after this one


def test_a_cluster_of_this_machine_says_what_one_process_says_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "scratch").mkdir()
    (tmp_path / "captures").mkdir()
    recordings(tmp_path / "captures")

    def run(*words: str) -> dict[str, Any]:
        command = [
            sys.executable,
            "-m",
            "leadproof",
            "validate",
            "--no-run",
            "--json",
            str(tmp_path / "captures"),
            *words,
        ]
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=600, cwd=tmp_path, stdin=subprocess.DEVNULL,
            env=os.environ | {"TMPDIR": str(tmp_path / "scratch")},
        )  # fmt: skip
        assert done.stderr == ""
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    assert run("--scheduler", "local", "--jobs", "2") == run()
    assert list((tmp_path / "scratch").iterdir()) == []
