"""What leadproof prints can be run: every command in README.md, in docs/, in `--help` and in hints, as it stands there.

In a bare environment (no credentials, 80 columns) and a folder that holds the files that the examples name; what stands
for something of the reader's (a host, RUN, TOKEN) is filled in. Long runs are cut short, unless LEADPROOF_PRINTED=whole
(`make test-printed`), which runs each to its end and holds its exit code, too. With LEADPROOF_PRINTED=sample, as in CI,
half of them are run, and the other half on the next day.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

import click
import pytest

from leadproof.cli import COMMANDS
from leadproof.cli.explain import EXAMPLES
from leadproof.cli.root import cli
from leadproof.contract.profile import load
from leadproof.core import resources
from leadproof.core.errors import ExitCode
from leadproof.mock import Mock
from leadproof.mock.server import running
from leadproof.runs.evidence import write_manifest
from leadproof.suite.replay import Replay

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "tests" / "data"
WHOLE = os.environ.get("LEADPROOF_PRINTED") == "whole"
SAMPLE = os.environ.get("LEADPROOF_PRINTED") == "sample"

#: A line that is a command: perhaps with a variable before it.
_COMMAND = re.compile(r"^(?:\$ )?((?:[A-Z_]+=\S+ )?(?:leadproof|curl) .+|leadproof)$")
_SPAN = re.compile(r"`((?:[A-Z_]+=\S+ )?leadproof [^`]+)`")

#: What names other machines is tried with servers of our own.
ELSEWHERE = "other machines; test_captures_remote.py and test_captures_cluster.py have them here"

#: Commands that are not run here -> why. What they name is checked all the same.
NOT_RUN = {
    "leadproof load --worker --master-host 10.0.0.5 --allow-target sandbox.example":
        "a master on another machine; workers and masters have tests of their own (test_locust_engine.py)",
    "leadproof load ping_post --target sandbox --allow-target sandbox.example --master --master-host 0.0.0.0 "
    "--expect-workers 2": "listens on every interface and waits for other machines",
    "leadproof load ping_post --target sandbox --allow-target sandbox.example --rate 40 --master --master-host 0.0.0.0 "
    "--expect-workers 2": "listens on every interface and waits for other machines",
    "leadproof validate 's3://bucket/captures/*.har.gz' --jobs 2": ELSEWHERE,
    "leadproof validate s3://bucket/captures/ 's3://bucket/more/*.har.gz'": ELSEWHERE,
    "leadproof validate https://files.your-company.example/capture.har sftp://user@host/captures/": ELSEWHERE,
    "leadproof redact s3://bucket/capture.har": ELSEWHERE,
    "leadproof validate s3://bucket/captures/ --scheduler tcp://scheduler.your-company.example:8786": ELSEWHERE,
}  # fmt: skip

#: Words by which a document names a command or speaks of one, without saying what to type.
SPOKEN = re.compile(
    r"leadproof (explain|report|test --replay) (ID|FILE|RUN)\b|leadproof \w+ …"
    r"|leadproof (report|redact|diff OLD NEW|mapping suggest)$|leadproof mapping suggest writes"
)

#: What ends with something else than 0, as a document says or because of the files at hand.
CODES = {
    "leadproof validate capture.har recordings/ 'more/*.flow' ping.xml": 1,  # the recording has breaches in it
    "leadproof validate capture.json": 1,  # and so have these packets
    "leadproof validate --sample 0.01 --jobs 4 captures/": 4,  # none of the few exchanges there is chosen
    "leadproof validate --jobs 4 --since 2026-01-31T16:00:00Z --sample 0.05 large.har.gz": 4,  # nor are these
    "leadproof mapping suggest gateway.log --out gateway.toml": 2,  # which stands there for the commands that read it
    "leadproof validate no-such-file.har": 2,
    "leadproof validate mock.har": 4,  # the mock has had no exchange
    "leadproof verify reports/out/20261123T090000Z-5c1e --signers allowed_signers": 4,  # nobody has signed it
    "leadproof certify --target http://127.0.0.1:1": 5,
    "LEADPROOF_API_KEY=wrong leadproof certify --target http://127.0.0.1:8080": 4,
    "leadproof validate --operation create_lead tests/data/xml-defects/capital-true.xml": 1,
    "leadproof diff tests/data/diff/base.openapi.yaml tests/data/diff/new.openapi.yaml": 1,
    "leadproof certify-client --situation ping-declined --situation refused-duplicate-lead -- python send_lead.py "
    "{lead.json}": 1,
    "leadproof record --target sandbox --port 9000 --duration 10m": 130,
    "leadproof record --target sandbox --max-exchanges 50 --json > report.json": 130,
}


#: Commands that run until they are told to stop.
SERVES = re.compile(r"leadproof (mock|record|serve|certify-client --listen)")


class Printed(NamedTuple):
    """A command, and where it stands."""

    where: str
    line: str


def _joined(text: str) -> list[str]:
    return re.sub(r"\s*\\\n\s*", " ", text).splitlines()


def in_help() -> Iterator[Printed]:
    """The examples of `--help`."""
    for name in COMMANDS:
        command = cli.get_command(click.Context(cli), name)
        assert command is not None
        below = command.commands if isinstance(command, click.Group) else {}
        for called, shown in {name: command, **{f"{name} {word}": sub for word, sub in below.items()}}.items():
            for line in _joined((shown.help or "").replace("\b", "")):
                if found := _COMMAND.match(line.strip()):
                    yield Printed(f"{called} --help", _plain(found[1]))


#: Recipes and the recording are run, one after the other, by test_readme.py.
_RUN_THERE = re.compile(r"<!-- (?:recipe|recording): .*?<!-- end -->", re.DOTALL)


def in_readme() -> Iterator[Printed]:
    """The commands of README.md and docs/: lines of their own, and those within sentences that have arguments."""
    for path in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))):
        where, text = path.relative_to(ROOT).as_posix(), _RUN_THERE.sub("", path.read_text("utf-8"))
        for line in _joined(text):
            if line.startswith("    ") and (found := _COMMAND.match(line.strip())):
                yield Printed(where, _plain(found[1]))
            elif not line.startswith("    "):
                yield from (Printed(where, _plain(one)) for one in _SPAN.findall(line))


def _plain(line: str) -> str:
    """Without the comment behind it."""
    return re.split(r"\s{2,}#|\s+# ", line)[0].strip()


#: Names of commands that say what to type without more.
_ALONE = re.compile(r"leadproof (?!certify$|test|mock|defects|init|doctor)[\w-]+$|leadproof profile \w+$")

#: Each command once, where it stands first.
PRINTED = [
    row
    for row in {row.line: row for row in reversed([*in_help(), *in_readme()])}.values()
    if not (SPOKEN.search(row.line) or _ALONE.match(row.line)) and row.line != "leadproof"
][::-1]


# ---- the folder ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("printed")
    with running(Mock(load(), clock=time.time, token="TOKEN")) as mock:
        yield Place(folder, mock.url)


#: What is put behind a command to cut it short.
_CUT = """
case "$*" in
  certify-client*--situation*|certify-client*--listen*|certify-client*--group*) ;;
  certify-client*) shift; set -- certify-client --group writing "$@" ;;
  *--help*|*"--shape step"*|*--list*|*--plan*|*--worker*|"defects --defect"*) ;;
  certify*|test*) set -- "$@" --max-requests 30 ;;
  load*) set -- "$@" --duration 2s ;;
  defects*) set -- "$@" --sample 2 ;;
esac
"""


class Place:
    """A folder with the files that examples name, and a mock for the services that they name."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder, self.url, self.projects = folder, url, 0
        self.bin = folder / "bin"
        self.work = folder / "work"
        for name in ("captures", "more", "recordings", "tests/data/xml-defects", "gateway"):
            (self.work / name).mkdir(parents=True)
        self.bin.mkdir()
        self._program()
        har = DATA / "har" / "good" / "plain.har"
        for name in ("capture.har", "captures/a.har", "recordings/b.har"):
            shutil.copy(har, self.work / name)
        self._sh("gzip -k captures/a.har && mv captures/a.har.gz more/a.har.gz")
        self._sh("cp capture.har large.har && gzip -k large.har")
        for fmt in ("json", "xml"):
            shutil.copy(DATA / "documentation" / "responses" / f"ping.{fmt}", self.work / f"sample.{fmt}")
        shutil.copy(DATA / "documentation" / "responses" / "ping.xml", self.work / "ping.xml")
        shutil.copy(DATA / "xml-defects" / "capital-true.xml", self.work / "tests" / "data" / "xml-defects")
        profile = resources.path("specs", "profiles", "default.toml").read_text("utf-8")
        (self.work / "posting-profile.toml").write_text(profile, "utf-8")
        (self.work / "leadproof.toml").write_text(f'[targets.sandbox]\nurl = "{url}"\n')
        self._sh("ssh-keygen -q -t ed25519 -N '' -f id_ed25519")
        public = (self.work / "id_ed25519.pub").read_text()
        (self.work / "allowed_signers").write_text(f"alice@partner.example {public}")
        (self.work / "waivers.toml").write_text(
            '[[waivers]]\nclause = "LE2-PING-RES-05"\nreason = "r"\nowner = "o"\nexpires = 2999-01-31\n'
        )
        (self.work / "gateway.toml").write_text('url = "u"\nmethod = "m"\nresponse_body = "b"\nstatus = "s"\n')
        shutil.copy(next((DATA / "recorded").glob("*.flow")), self.work / "more" / "a.flow")
        shutil.copytree(ROOT / "docs" / "examples", self.work, dirs_exist_ok=True)
        (self.work / "send-lead").write_text(
            f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m leadproof.suite.client.example "$1"\n'
        )
        (self.work / "send-lead").chmod(0o755)
        self._specifications()
        self._responses()
        response = (self.work / "response.json").read_text()
        (self.work / "gateway.log").write_text(
            json.dumps({"u": "/v2/insert/general", "m": "POST", "s": 200, "b": response}) + "\n"
        )
        for name, file in (("tshark-json.json", "capture.json"), ("docker-json.log", "docker.log")):
            shutil.copy(DATA / "captures" / "tools" / name, self.work / file)
        self.id = json.loads(response)["requestId"]
        self._runs()

    def _specifications(self) -> None:
        """Two versions of everything that can be compared."""
        for name in ("contract", "contract-new", "mine"):
            shutil.copytree(resources.path("specs"), self.work / name)
        for old, new in (("contract/profiles/default.toml", "profile.toml"),
                         ("contract/xsd/requests/PingRequest.xsd", "new.xsd")):  # fmt: skip
            shutil.copy(self.work / old, self.work / f"old{'-' if '.toml' in new else ''}{new.removeprefix('new')}")
            shutil.copy(self.work / old, self.work / new)
        shutil.copytree(DATA / "diff", self.work / "tests" / "data" / "diff")

    def _program(self) -> None:
        """`leadproof` as it is installed, but that runs of the suite and loads are short, unless all is to be run."""
        cut = "" if WHOLE else _CUT
        text = f'#!/bin/sh\n{cut}exec {shlex.quote(sys.executable)} -m leadproof "$@"\n'
        (self.bin / "leadproof").write_text(text)
        (self.bin / "leadproof").chmod(0o755)

    def _responses(self) -> None:
        """A JSON and an XML response of one create, that say the same."""
        made = (
            "import sys; from leadproof.generate.leads import LeadMaker; from leadproof import bodies; "
            "from leadproof.contract import profile; "
            "value, _ = LeadMaker(profile.load()).request('create_lead', (1,)); "
            "sys.stdout.buffer.write(bodies.encode_request('create_lead', sys.argv[1], value))"
        )
        key = load().credentials.api_keys[0]
        for number, fmt in enumerate(("json", "xml")):
            body = subprocess.run([sys.executable, "-c", made, fmt], capture_output=True, check=True).stdout
            (self.work / f"request.{fmt}").write_bytes(body)
            self._sh(
                f"curl -sS --fail-with-body -H 'x-mock-token: TOKEN' -X POST {self.url}/__mock__/reset -o /dev/null && "
                f"curl -sS -H 'api-key: {key}' -H 'content-type: application/{fmt}' -H 'accept: application/{fmt}' "
                f"--data-binary @request.{fmt} {self.url}/v2/insert/general -o response.{fmt}"
            )
            assert (self.work / f"response.{fmt}").stat().st_size > 100, number

    def _runs(self) -> None:
        """Runs by the names that examples have for them."""
        self._sh("leadproof test --topic operations --operation ping --out made && mv made/* made/RUN")
        out = self.work / "reports" / "out"
        for name in ("reports/out/RUN", "reports/out/TODAY", "reports/out/YESTERDAY", "shard-1/RUN", "shard-2/RUN",
                     "runs/RUN", "before/RUN", "after/RUN"):  # fmt: skip
            shutil.copytree(self.work / "made" / "RUN", self.work / name)
        self._sh("leadproof load ping_post --duration 2s --rate 20 --out loads || true; "
                 f"mv loads/* {out}/20261123T090000Z-5c1e")  # fmt: skip
        replay = Replay("operations", "ping, json: accepted", "LE2-PING-RES-05", 0, 0, 3, 0, "default", {})
        (out / "RUN" / "replay-01.json").write_text(replay.text())
        write_manifest(out / "RUN")
        self._sh(
            "leadproof report reports/out/RUN --format har --format html --format junit --json > /dev/null || true"
        )

    def environ(self) -> dict[str, str]:
        kept = {
            name: value for name, value in os.environ.items()
            if not name.startswith(("LEADPROOF_", "GITHUB_", "COV_", "PYTEST_"))
        }  # fmt: skip
        path = f"{self.bin}{os.pathsep}{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        return kept | {"PATH": path, "COLUMNS": "80", "PYTHONPATH": str(ROOT / "src")}

    def _sh(self, line: str) -> None:
        done = subprocess.run(["sh", "-euc", line], cwd=self.work, env=self.environ(), capture_output=True, text=True)
        assert done.returncode == 0, (line, done.stdout, done.stderr)

    def filled(self, line: str) -> str:
        """The line with what the reader has instead of the names in it."""
        line = line.replace("https://your-endpoint.example", self.url).replace("http://127.0.0.1:8080", self.url)
        line = re.sub(r"--port \d+", "--port 0", line)
        if line.startswith(("leadproof mock", "leadproof serve")) and "--port" not in line:
            line += " --port 0"  # somebody may have the usual one
        key = load().credentials.api_keys[0]
        return (
            line.replace("=… ", f"={key} ")
            .replace("$LEADPROOF_API_KEY", key)
            .replace("/status/ID", f"/status/{self.id}")
        )

    def run(self, line: str) -> tuple[int, str]:
        """Exit code and output; what runs until it is told to stop is told so after its first words."""
        words = self.filled(line)
        shell = ["fish", "-c"] if words.endswith("| source") else ["sh", "-euc"]
        if shutil.which(shell[0]) is None:
            assert_known(line.partition("|")[0])
            return CODES.get(line, 0), ""
        process = subprocess.Popen(
            [*shell, f"exec {words}" if words.startswith("leadproof ") and "|" not in words else words],
            cwd=self._where(words), env=self.environ(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, start_new_session=True,
        )  # fmt: skip
        if SERVES.match(words):
            return self._served(process, words)
        out, _ = process.communicate(timeout=600)
        return process.returncode, out

    @contextlib.contextmanager
    def started(self, line: str, *, interrupted: bool) -> Iterator[tuple[subprocess.Popen[str], str]]:
        """A command that runs, and the address at which it listens, if it does."""
        words = re.sub(r"--port \d+", "--port 0", line).replace("leadproof ", f"exec {sys.executable} -m leadproof ", 1)
        process = subprocess.Popen(
            ["sh", "-euc", words], cwd=self.work, env=self.environ(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, start_new_session=True,
        )  # fmt: skip
        try:
            url = ""
            if " mock " in line:
                assert process.stdout is not None
                url = process.stdout.readline().split()[-1]
            elif interrupted:
                runs = self.work / "reports" / "out"
                before = set(runs.iterdir())
                while not set(runs.iterdir()) - before:  # until it has begun
                    time.sleep(0.05)
            yield process, url
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate()

    def _where(self, words: str) -> Path:
        """A project begins in an empty folder."""
        (self.work / "capture.redacted.har").unlink(missing_ok=True)
        (self.work / "mock.har").write_text('{"log": {"version": "1.2", "creator": {"name": "m"}, "entries": []}}')
        for attested in (self.work / "reports" / "out").glob("*.attestation"):
            shutil.rmtree(attested)
        (self.work / "to-send.xml").unlink(missing_ok=True)
        shutil.rmtree(self.work / "for-support", ignore_errors=True)
        if not re.match(r"leadproof (init|specs|profile import)", words):
            return self.work
        self.projects += 1
        folder = self.work.parent / f"project-{self.projects}"
        folder.mkdir()
        for name, document in _POSTING.items():
            shutil.copy(DATA / "posting" / document, folder / name)
        return folder

    def _served(self, process: subprocess.Popen[str], words: str) -> tuple[int, str]:
        assert process.stdout is not None
        said = "" if ">" in words else "".join(iter(lambda: _until(process.stdout.readline(), "Ctrl-C ends it."), ""))
        if ">" in words:
            time.sleep(3)  # what it says stands in a file
        os.killpg(process.pid, signal.SIGINT)  # the session that was made for it
        out, _ = process.communicate(timeout=60)
        return process.returncode, said + out


#: Posting documents by the names that examples have for them.
_POSTING = {
    "instructions.csv": "solar-one-sheet.csv",
    "instructions.xlsx": "auto-two-sheets.xlsx",
    "ping.csv": "mortgage-ping.csv",
    "post.csv": "mortgage-post.csv",
    "page.html": "medicare-merged.html",
}


def _until(line: str, last: str) -> str:
    return "" if last in line else line


# ---- all of them -----------------------------------------------------------------------------------------------------


#: All, or every other one: those of today.
ROWS = [row for row in PRINTED if not SAMPLE or (crc32(row.line.encode()) + int(time.time() // 86_400)) % 2]


@pytest.mark.parametrize("row", ROWS, ids=[f"{row.where}: {row.line}" for row in ROWS])
def test_a_printed_command_works(row: Printed, place: Place) -> None:
    if row.line in NOT_RUN:
        assert_known(row.line)
        return
    code, out = place.run(row.line)

    assert "Traceback" not in out
    assert not re.search(r"error: (No such|Got unexpected|Missing|Invalid value)", out, re.IGNORECASE), out
    expected = CODES.get(row.line, 0)
    served = SERVES.match(row.line)
    cut = not WHOLE and re.search(r"leadproof (load|defects|certify.*--objectives)", row.line)
    # Nothing goes through a recorder here, so it has nothing to say.
    allowed = {130, 0, 4} if served else {expected, 3, 4} if cut else {expected}
    assert code in allowed, out


def assert_known(line: str) -> None:
    """Holds command and options of a line that is not run against what there is."""
    words = [word for word in shlex.split(line, comments=True) if "=" not in word.partition(" ")[0] or word[0] == "-"]
    assert words[0] == "leadproof"
    command = cli.get_command(click.Context(cli), words[1])
    assert command is not None, line
    options = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
    assert {word for word in words[2:] if word.startswith("--")} <= options, line


# ---- the exit codes --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", EXAMPLES)
def test_an_exit_code_comes_about_as_its_example_says(code: ExitCode, place: Place) -> None:
    if code == ExitCode.OBJECTIVES_MISSED and not WHOLE:
        pytest.skip("half a minute of load: make test-printed")
    first, _, second = EXAMPLES[code].partition(", and ")
    with place.started(first, interrupted=second == "Ctrl-C") as (process, url):
        if second == "Ctrl-C":
            os.killpg(process.pid, signal.SIGINT)
            assert process.wait(60) == code
            return
        if second:
            line = second.replace("http://127.0.0.1:8080", url)
            # Nothing is cut here: a defect may be met by the last case.
            line = line.replace("leadproof ", f"{shlex.quote(sys.executable)} -m leadproof ")
            done = subprocess.run(["sh", "-euc", line], cwd=place.work, env=place.environ(), capture_output=True)
            assert done.returncode == code, done.stdout.decode() + done.stderr.decode()
            return
        assert process.wait(120) == code


# ---- hints -----------------------------------------------------------------------------------------------------------

_HINTED = re.compile(rf"leadproof ((?:{'|'.join(COMMANDS)})\b[^\"'`;,(]*)")


def hints() -> Iterator[tuple[str, str]]:
    """Commands within messages of the source, with the file that holds them."""
    for path in sorted((ROOT / "src" / "leadproof").rglob("*.py")):
        for line in path.read_text("utf-8").splitlines():
            if "hint" in line or "reason" in line or "words" in line:
                yield from ((path.name, found[1].strip()) for found in _HINTED.finditer(line))


@pytest.mark.parametrize(("file", "hinted"), sorted(set(hints())))
def test_a_hint_names_what_there_is(file: str, hinted: str) -> None:
    name, *words = hinted.partition(" -- ")[0].split()  # what stands behind it is of another program
    command = cli.get_command(click.Context(cli), name)

    assert command is not None
    options = {one for parameter in command.params for one in (*parameter.opts, *parameter.secondary_opts)}
    assert {word for word in words if word.startswith("--")} <= {*options, "--help"}


def test_the_table_of_what_is_not_run_names_what_is_printed() -> None:
    printed = {row.line for row in PRINTED}

    assert sorted(set(NOT_RUN) - printed) == []
    assert sorted(set(CODES) - printed) == []
