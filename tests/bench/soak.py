"""Does memory stay flat? Exchanges and findings without end, made on the fly, through `leadproof validate -`.

Run it with `make bench-soak`, or `python tests/bench/soak.py [--exchanges 10_000_000] [--findings 1_000_000]
[--out DIR]`. The exchanges are NDJSON through a pipe: pings, creates and checks for duplicates in JSON and XML, each
with ids, names and addresses of its own, so that every memory of the program is filled. Spread over them are as many
that break a clause in a way that no other does, and as many requests to addresses that nobody documents.

Printed, and drawn as `memory.svg` in DIR, is the memory of the judging process (VmRSS of /proc, so on Linux) against
the exchanges it was given, with what it costs; then the size of each report, whether its counts are exact, and the same
for `leadproof report` over the run as if it had been killed, and over two of it, which merges them.

Flat means: over the second half no more than `FLAT` of what it was at the half. Exit code 1 where it is not, or where a
count is wrong.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, NamedTuple

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "src"))

from leadproof.bodies import encode_request  # noqa: E402 - found in the checkout, installed or not
from leadproof.contract.profile import load  # noqa: E402 - as above
from leadproof.core.exchange import Exchange, Response  # noqa: E402 - as above
from leadproof.core.operations import OPERATIONS  # noqa: E402 - as above
from leadproof.generate.leads import LeadMaker  # noqa: E402 - as above
from leadproof.http.client import compose  # noqa: E402 - as above
from leadproof.mock import Mock  # noqa: E402 - as above
from leadproof.runs.evidence import exchange_row  # noqa: E402 - as above
from leadproof.runs.formats import RENDERERS  # noqa: E402 - as above

NOW = 1_796_000_000.0

#: How much more memory the second half may take than there was at the half.
FLAT = 0.05

#: What is sent, in turn.
MIX = (
    ("ping", "json"), ("ping", "json"), ("ping", "xml"), ("create_lead", "json"), ("ping", "json"), ("ping", "json"),
    ("duplicate_check", "json"), ("ping", "json"), ("create_lead", "xml"), ("ping", "json"),
)  # fmt: skip

#: Exchanges that are written at once.
BLOCK = 500

#: Points of the figure.
POINTS = 40

_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}"

#: What is different in each exchange -> what stands for it. Telephone numbers stay between 555-0100 and 555-0199.
SLOTS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(_UUID), "0000%(turn)04x-0000-4000-8000-%(n)012x"),
    (re.compile(r"lead\d+\.\d+\.\d+@"), "lead%(n)d@"),
    (re.compile(r"\b201555\d{4}\b"), "%(phone)s"),
    (re.compile(r"\b1000000\d\d\b"), "%(lead)d"),
    (re.compile(r"\bTran\b"), "Tran%(n)d"),
)  # fmt: skip


class Sample(NamedTuple):
    """The memory of a process at a moment."""

    exchanges: int
    seconds: float
    #: Bytes.
    memory: int
    #: Seconds of processor.
    cpu: float


# ---- what is sent ----------------------------------------------------------------------------------------------------


def templates() -> list[tuple[bytes, bytes]]:
    """A line for each of `MIX` with places to fill, as it is right, and as it breaks a clause."""
    profile = load()
    mock, maker, made = Mock(profile, clock=lambda: NOW), LeadMaker(profile), []
    for place, (operation, fmt) in enumerate(MIX):
        row = OPERATIONS[operation]
        body = encode_request(operation, fmt, maker.request(operation, (place + 1,))[0])
        credentials = (("api-key", profile.credentials.api_keys[0]),)
        request = compose(row.method, row.path, fmt=fmt, body=body, credentials=credentials)
        status, headers, content = mock.handle(request)
        exchange = Exchange(request, Response(status, tuple(headers), content), None, "soak", "", NOW, 0.01)
        text = json.dumps(exchange_row(1, exchange)).replace("%", "%%")
        for pattern, slot in SLOTS:
            text = pattern.sub(slot, text)
        # Two ids in one response are not the same one.
        for turn in range(text.count("%(turn)04x")):
            text = text.replace("%(turn)04x", f"{turn:04x}", 1)
        odd = re.sub(r"application/(json|xml); charset=utf-8", "application/x-%(n)d", text)
        made.append((text.encode() + b"\n", odd.encode() + b"\n"))
    return made


def blocks(exchanges: int, findings: int) -> Iterator[bytes]:
    """The lines, some hundred at once. Wrong ones, and as many to addresses that nobody knows, are spread evenly."""
    made, every = templates(), exchanges / findings if findings else 0.0
    stray = b'{"n":1,"origin":"soak","request":{"method":"GET","target":"/elsewhere/%(n)d","headers":[],"body":""},"response":null}\n'  # noqa: E501 - one line
    lines, odd, lost = [], 0, 0
    for number in range(exchanges):
        right, wrong = made[number % len(made)]
        if every and number >= lost * every + every / 2 and lost < findings:
            lost, line = lost + 1, stray
        elif every and number >= odd * every:
            odd, line = odd + 1, wrong
        else:
            line = right
        phone = b"%d555%04d" % (201 + number % 700, 100 + number // 700 % 100)
        lines.append(line % {b"n": number, b"phone": phone, b"lead": 100_000_000 + number})
        if len(lines) == BLOCK:
            yield b"".join(lines)
            lines = []
    yield b"".join(lines)


# ---- a process that is looked at -------------------------------------------------------------------------------------


def memory(pid: int) -> int:
    """Bytes of memory that a process has, now."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    return 0


def cpu(pid: int) -> float:
    """Seconds of processor that it has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def leadproof(arguments: list[str], out: IO[bytes], **how: Any) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    return subprocess.Popen([sys.executable, "-m", "leadproof", *arguments], stdout=out, env=environment, **how)


def judged(folder: Path, exchanges: int, findings: int) -> list[Sample]:
    """What `leadproof validate -` takes while it is given the exchanges."""
    began, samples, given = time.monotonic(), [], 0
    with (folder / "stdout.json").open("wb") as out:
        process = leadproof(["validate", "-", "--json", "--out", str(folder / "runs")], out, stdin=subprocess.PIPE)
        assert process.stdin is not None
        next_look, step = 0, max(exchanges // POINTS, 1)
        for block in blocks(exchanges, findings):
            process.stdin.write(block)
            given += block.count(b"\n")
            if given >= next_look:
                # What the pipe holds was not judged yet: some tens of exchanges.
                samples.append(Sample(given, time.monotonic() - began, memory(process.pid), cpu(process.pid)))
                next_look = given + step
        samples.append(Sample(given, time.monotonic() - began, memory(process.pid), cpu(process.pid)))
        process.stdin.close()
        process.wait()
    return samples


def peak(arguments: list[str], folder: Path) -> tuple[int, float]:
    """The most memory of a process, in bytes, and the seconds of processor that it took."""
    with (folder / "stdout.txt").open("wb") as out:
        process = leadproof(arguments, out, stderr=subprocess.STDOUT)
        _, _, usage = os.wait4(process.pid, 0)
    unit = 1 if sys.platform == "darwin" else 1024
    return usage.ru_maxrss * unit, usage.ru_utime + usage.ru_stime


# ---- what is shown ---------------------------------------------------------------------------------------------------


def table(samples: list[Sample]) -> str:
    """Twenty rows with a bar each."""
    most = max(one.memory for one in samples)
    lines = [f"{'exchanges':>12} {'MiB':>7} {'CPU s':>8} {'per CPU s':>9}"]
    for one in samples[:: max(len(samples) // 20, 1)]:
        bar = "█" * round(40 * one.memory / most)
        rate = one.exchanges / one.cpu if one.cpu else 0.0
        lines.append(f"{one.exchanges:12,} {one.memory / 2**20:7.1f} {one.cpu:8.1f} {rate:9,.0f} {bar}")
    return "\n".join(lines)


def figure(samples: list[Sample]) -> str:
    """Memory against exchanges, as SVG with presentation attributes."""
    width, height, left, below = 760, 300, 60, 40
    across, up = max(one.exchanges for one in samples) or 1, max(one.memory for one in samples) * 1.1

    def at(one: Sample) -> str:
        x = left + (width - left - 20) * one.exchanges / across
        return f"{x:.1f},{height - below - (height - below - 20) * one.memory / up:.1f}"

    marks = []
    for part in range(5):
        x, y = left + (width - left - 20) * part / 4, height - below - (height - below - 20) * part / 4
        marks.append(f'<text x="{x:.0f}" y="{height - 18}" text-anchor="middle">{across * part // 4:,}</text>')
        marks.append(f'<text x="{left - 6}" y="{y + 4:.0f}" text-anchor="end">{up * part / 4 / 2**20:.0f}</text>')
        marks.append(f'<path d="M{left} {y:.0f}H{width - 20}" stroke="#ccc" stroke-width="1"/>')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif"'
        f' font-size="11" role="img" aria-label="Memory against exchanges">'
        f'<rect width="{width}" height="{height}" fill="#fff"/>{"".join(marks)}'
        f'<polyline fill="none" stroke="#2a6fbb" stroke-width="2" points="{" ".join(map(at, samples))}"/>'
        f'<text x="{left}" y="14">MiB of leadproof validate against exchanges</text></svg>\n'
    )


def sizes(run: Path) -> str:
    """The files of a run directory."""
    names = [RENDERERS[name].file for name in RENDERERS]
    lines = [f"{(run / name).stat().st_size:12,} bytes  {name}" for name in names if (run / name).exists()]
    rows = [path.stat().st_size for path in run.glob("rows*")]
    kept = sum(path.stat().st_size for name in ("exchanges", "findings") for path in run.glob(f"{name}*"))
    return "\n".join([*lines, f"{sum(rows):12,} bytes  {len(rows)} files of rows", f"{kept:12,} bytes  what is kept"])


def complaints(report: dict[str, Any], exchanges: int, findings: int) -> Iterator[str]:
    """What is wrong with the counts of a report."""
    left = report.get("unlisted", {})
    counts = report["counts"]
    if counts["exchanges"] != exchanges:
        yield f"{counts['exchanges']:,} exchanges were counted, {exchanges:,} were given"
    listed = sum(row["count"] for row in report["findings"])
    if counts["findings"] != findings or listed + left.get("findings", 0) != findings:
        yield f"{counts['findings']:,} findings were counted, {findings:,} were given"
    distinct = len(report["findings"]) + left.get("distinct", 0)
    if abs(distinct - findings) > 0.03 * findings:
        yield f"{distinct:,} distinct findings are told, {findings:,} were given"
    strays = sum(row["count"] for row in report["observations"] if row["kind"] == "file.unrecognised")
    if strays != findings:
        yield f"{strays:,} addresses that nobody knows were counted, {findings:,} were given"


def main() -> int:
    """Measures, prints, and says whether memory is flat and every count right."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--exchanges", type=int, default=10_000_000)
    parser.add_argument("--findings", type=int, default=1_000_000)
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "soak")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    wrong: list[str] = []
    with tempfile.TemporaryDirectory(dir=options.out) as name:
        folder = Path(name)
        samples = judged(folder, options.exchanges, options.findings)
        print(table(samples))
        (options.out / "memory.svg").write_text(figure(samples))
        half, most = samples[len(samples) // 2].memory, max(one.memory for one in samples[len(samples) // 2 :])
        print(f"second half: {half / 2**20:.1f} MiB at its beginning, {most / 2**20:.1f} MiB at most")
        if most > half * (1 + FLAT):
            wrong.append("memory is not flat")
        (run,) = (folder / "runs").iterdir()
        report = json.loads((folder / "stdout.json").read_bytes())
        wrong += complaints(report, options.exchanges, options.findings)
        print(sizes(run))
        reports = [run / RENDERERS[name].file for name in RENDERERS]
        for path in (*reports, run / "manifest.json"):  # as if it had been killed
            path.unlink(missing_ok=True)
        used, took = peak(["report", str(run)], folder)
        print(f"leadproof report over its rows: {used / 2**20:.1f} MiB at most, {took:.1f} CPU s")
        again = json.loads((run / "report.json").read_bytes())
        wrong += [f"read back: {words}" for words in complaints(again, options.exchanges, options.findings)]
        shutil.copytree(run, folder / "twin")
        used, took = peak(["report", str(run), str(folder / "twin"), "--out", str(folder / "merged")], folder)
        print(f"leadproof report over two of it: {used / 2**20:.1f} MiB at most, {took:.1f} CPU s")
        (merged,) = (folder / "merged").iterdir()
        both = json.loads((merged / "report.json").read_bytes())
        if both["counts"]["findings"] != 2 * options.findings:
            wrong.append(
                f"merged: {both['counts']['findings']:,} findings were counted, {2 * options.findings:,} given"
            )
    own = resource.getrusage(resource.RUSAGE_SELF)
    print(f"making the exchanges took {own.ru_utime + own.ru_stime:.1f} CPU s")
    print("\n".join(wrong) or f"flat, and every count is right; {options.out / 'memory.svg'}")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
