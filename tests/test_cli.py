"""The command line: whole outputs, as tests/data/cli/*.txt show them.

Each file is a session: a line `$ command`, what it prints (stdout, then stderr), and `=> exit code`. The commands are
read from there and run; `python tests/test_cli.py` writes the outputs anew, to be read before they are committed.
"""

from __future__ import annotations

import array
import contextlib
import fcntl
import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Iterator
from io import BytesIO, TextIOWrapper
from pathlib import Path

import pytest

from leadproof import __version__
from leadproof.cli import COMMANDS, main
from leadproof.core import resources
from leadproof.core.errors import ExitCode

DATA = Path(__file__).parent / "data"
SESSIONS = sorted((DATA / "cli").glob("*.txt"))

#: What differs from run to run, and what stands for it. Numbers of clauses are nobody's business here.
VOLATILE = (
    (re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{4}"), "RUN"),
    (re.compile(r"clauses    \d+: .*(\n {13}.*)*"), "clauses    …"),
    (re.compile(re.escape(__version__)), "VERSION"),
)


def session(path: Path) -> list[tuple[str, str]]:
    """Commands, and what they print with their exit code."""
    blocks = re.split(r"(?m)^\$ ", path.read_text("utf-8"))[1:]
    return [(command, output.rstrip("\n")) for command, _, output in (block.partition("\n") for block in blocks)]


def playground(folder: Path) -> None:
    """The files that the sessions name."""
    for name, content in {
        "malformed.json": '{"requestId": ',
        "malformed.xml": "<PingReceiverResult><RequestId></PingReceiverResult>",
        "empty.json": "",
        "two.json": '{"requestId": "1", "results": []}',
        "no.toml": "name = ",
        "not-utf-8.toml": "",
        "key.pem": "no certificate",
    }.items():
        (folder / name).write_text(content)
    (folder / "not-utf-8.toml").write_bytes(b"name = '\xff'")
    (folder / "not-utf-8.json").write_bytes(b'\xff\xfe{"a": 1}')
    (folder / "folder" / ".hidden").mkdir(parents=True)
    default = resources.path("specs", "profiles", "default.toml").read_text("utf-8")
    for name, old, new in (
        ("unknown-key", "order_lifetime = 900", "order_lifetme = 900"),
        ("wrong-type", "vid = 1001", 'vid = "1001"'),
        ("dangling", 'offers = ["a001", "a002"]', 'offers = ["a001", "a999"]'),
        ("no-sender", "lids = [2001, 2002]", "lids = [2002]"),
        ("example", '"2125550101"', '"12"'),
    ):
        assert old in default
        (folder / f"{name}.toml").write_text(default.replace(old, new), "utf-8")
    for name, text in {
        "syntax": "[targets.a",
        "unknown-key": "[targets.a]\nulr = 'http://127.0.0.1'",
        "wrong-type": "seed = 'seven'",
        "reading": "[readings]\nnamespaces = 'none'",
        "variable": "profile = '${NOT_SET_ANYWHERE}'",
        "targets": "[targets.sandbox]\nurl = 'http://127.0.0.1:1'\nca = '../key.pem'\n"
        "[targets.keyless]\nurl = 'http://127.0.0.1:1'\nsecret_env = 'NOT_SET_ANYWHERE'\n"
        "[targets.proxied]\nurl = 'http://127.0.0.1:1'\nproxy = 'user:s3cret@proxy'",
    }.items():
        (folder / f"conf-{name}").mkdir()
        (folder / f"conf-{name}" / "leadproof.toml").write_text(text + "\n")
    shutil.copytree(DATA / "har", folder / "har")
    shutil.copytree(DATA / "posting", folder / "posting")
    shutil.copytree(DATA / "documentation" / "responses", folder / "responses")
    shutil.copytree(DATA / "diff", folder / "diff")
    for name, text in {
        "lost.yaml": 'openapi: 3.1.0\npaths: {/a: {$ref: "#/components/nothing"}}',
        "elsewhere.yaml": 'openapi: 3.1.0\npaths: {/a: {$ref: "other.yaml#/a"}}',
        "cut.yaml": "openapi: 3.1.0\npaths: {\n",
        "cut.toml": "sources = [",
        "cut.xsd": '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">\n<xs:element></xs:schema>',
        "dtd.xsd": '<!DOCTYPE a [<!ENTITY b "c">]>\n<a>&b;</a>',
        "page.xml": "<html/>",
        "twice.xsd": '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">\n<xs:element name="a" maxOccurs="two"/>\n'
        "</xs:schema>",
        "list.json": "[1, 2]",
    }.items():
        (folder / "diff" / name).write_text(text)
    (folder / "nothing").mkdir()


@contextlib.contextmanager
def ports() -> Iterator[dict[str, str]]:
    """A port that is taken, and one on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as taken, socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # bound, so that nobody else gets it, but not listening
        yield {"TAKEN_PORT": str(taken.getsockname()[1]), "CLOSED_PORT": str(closed.getsockname()[1])}


def run(command: str, folder: Path, names: dict[str, str]) -> str:
    """What a command prints in a folder, and its exit code."""
    for name, value in names.items():
        command = command.replace(name, value)
    words = shlex.split(command)
    if words[:1] == ["cd"]:
        folder, words = folder / words[1], words[3:]
    environ = {key: value for key, value in os.environ.items() if not key.startswith("LEADPROOF_")}
    while "=" in words[0]:
        name, _, value = words.pop(0).partition("=")
        environ[name] = value
    assert words[0] == "leadproof"
    streams = [TextIOWrapper(BytesIO(), "utf-8", write_through=True) for _ in range(2)]
    old = dict(os.environ)
    try:
        os.environ.clear()
        os.environ.update(environ)
        with contextlib.chdir(folder), contextlib.redirect_stdout(streams[0]), contextlib.redirect_stderr(streams[1]):
            code = main(words[1:])
    finally:
        os.environ.clear()
        os.environ.update(old)
    text = "".join(stream.buffer.getvalue().decode() for stream in streams)  # type: ignore[attr-defined]
    for pattern, shown in VOLATILE:
        text = pattern.sub(shown, text)
    for name, value in {**names, "$PWD": str(folder)}.items():
        text = text.replace(value, name)
    return "\n".join(line.rstrip() for line in text.splitlines()) + f"\n=> {code}"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, dict[str, str]]]:
    folder = tmp_path_factory.mktemp("cli")
    playground(folder)
    with ports() as names:
        yield folder, names


CASES = [(path.stem, *case) for path in SESSIONS for case in session(path)]


@pytest.mark.parametrize(
    ("name", "command", "expected"), CASES, ids=[f"{name}: {command}" for name, command, _ in CASES]
)
def test_a_command_prints(name: str, command: str, expected: str, place: tuple[Path, dict[str, str]]) -> None:
    actual = run(command, *place)

    assert actual == expected
    assert "Traceback" not in actual


@pytest.mark.parametrize(("command", "expected"), session(DATA / "cli" / "errors.txt"))
def test_an_error_is_one_message_with_a_hint_and_nothing_else(command: str, expected: str) -> None:
    lines = expected.splitlines()

    assert lines[0].startswith("leadproof: error: ")
    assert sum(line.startswith("leadproof: error: ") for line in lines) == 1
    assert lines[-2].startswith("  hint: ")
    assert lines[-1] in ("=> 2", "=> 5")


# ---- what no session shows -------------------------------------------------------------------------------------------


def test_a_file_that_may_not_be_read_does_not_keep_the_others_from_being_judged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(DATA / "har" / "good" / "thin.har", tmp_path / "b.har")
    (tmp_path / "a.har").touch()
    really_open = Path.open

    def refuse(self: Path, *args: object, **options: object) -> object:
        if self.name == "a.har":
            raise PermissionError(13, "Permission denied")
        return really_open(self, *args, **options)

    monkeypatch.setattr(Path, "open", refuse)
    monkeypatch.chdir(tmp_path)

    code = main(["validate", ".", "--no-run"])

    printed = capsys.readouterr()
    assert code == ExitCode.USAGE
    assert "exchanges  2, 2 judged\n" in printed.out
    assert "a.har: cannot be opened: Permission denied\n  hint: check that you may read it\n" in printed.out
    assert printed.err == ""


@pytest.mark.parametrize("arguments", [[], ["--json"]])
def test_nothing_that_validate_leaves_behind_or_prints_holds_a_secret_or_says_who_somebody_is(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (DATA / "har" / "good" / "plain.har").read_text("utf-8")
    broken = text.replace("leadId", "leadNumber").replace('\\"FirstName\\": ', '\\"Firstname\\": ')
    for name, content in {
        "a.har": text,
        "b.har": broken,
        "c.har": text[:9000],
        "d.har": text.replace("POST", "PATCH"),
    }.items():
        (tmp_path / name).write_text(content, "utf-8")
    personal = re.compile(
        r'\\"(?:Email|Phone|LastName|Address)\\": ?\\"([^"\\]+)|<(?:Email|Phone|LastName|Address)>([^<]+)<'
    )
    canaries = {found[1] or found[2] for found in personal.finditer(text)} | {"recorded-key-0123456789"}
    assert len(canaries) > 8
    monkeypatch.chdir(tmp_path)

    code = main(["validate", *arguments, "--out", "runs", "a.har", "b.har", "c.har", "d.har"])

    [folder] = (tmp_path / "runs").iterdir()
    everything = [*capsys.readouterr(), *(path.read_text("utf-8") for path in folder.iterdir())]
    assert code == ExitCode.USAGE
    found = {one for one in canaries for text in everything if re.search(rf"(?<!\w){re.escape(one)}(?!\w)", text)}
    assert found == set()


def test_an_error_of_our_own_is_no_violation_and_shows_nothing_of_the_messages(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(name: str, wide: int) -> None:
        raise RuntimeError("avery.canary@leads.example")

    monkeypatch.delenv("LEADPROOF_DEBUG", raising=False)
    monkeypatch.setattr("leadproof.cli.explain.explanation", fail)

    code = main(["explain", "ping"])

    printed = capsys.readouterr()
    assert (code, printed.out) == (ExitCode.USAGE, "")
    assert re.fullmatch(
        r"leadproof: error: leadproof itself failed: RuntimeError at cli/explain\.py:\d+\n"
        r"  hint: please report it; LEADPROOF_DEBUG=1 shows the whole story\n",
        printed.err,
    )

    monkeypatch.setenv("LEADPROOF_DEBUG", "1")
    with pytest.raises(RuntimeError):
        main(["explain", "ping"])


def test_every_command_explains_itself(capsys: pytest.CaptureFixture[str]) -> None:
    for name in COMMANDS:
        assert main([name, "--help"]) == 0
        assert capsys.readouterr().out.startswith(f"Usage: leadproof {name} ")


@pytest.mark.parametrize("name", [*COMMANDS, "specs export", "profile import", "mapping suggest"])
def test_help_fits_eighty_columns_but_for_what_is_to_be_copied(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")

    main([*name.split(), "--help"])

    wide = [line.strip() for line in capsys.readouterr().out.splitlines() if len(line) > 80]
    assert [line for line in wide if not re.match(r"(\w+=\S+ )?(leadproof|curl) ", line)] == []


def test_without_a_command_it_shows_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    code = main([])

    printed = capsys.readouterr()
    assert (code, printed.out) == (ExitCode.USAGE, "")
    assert printed.err.startswith("Usage: leadproof [OPTIONS] COMMAND [ARGS]...\n\n")
    assert [name for name in COMMANDS if f"\n  {name}  " in printed.err] == list(COMMANDS)


def test_the_exit_codes_are_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "exit-codes"]) == 0

    assert [int(line.split()[0]) for line in capsys.readouterr().out.splitlines()] == [int(code) for code in ExitCode]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("load ping_post --expect-workers 2", "--expect-workers: no effect without --master"),
        ("load ping_post --wait-workers 1m --master-port 5558", "--wait-workers, --master-port: no effect without"),
        ("load ping_post --allow-target leads.partner.example", "--allow-target: no effect without --target"),
        ("load --worker --rate 5 --json", "--rate, --json: no effect on a worker"),
        ("load --master --processes 2 ping_post", "--processes: no effect on a master"),
        ("load ping_post --model closed --max-rate 9", "--max-rate: no effect in the closed model"),
        ("load --list --rate 5 --json", "--rate, --json: no effect with --list"),
        ("certify --no-load --objectives auction", "--no-load leaves out the load probe"),
        ("mock --watch-port 9000", "--watch-port: no effect without --watch"),
        ("serve --read-only --profile posting-profile.toml", "--profile: no effect with --read-only"),
        ("mapping suggest gateway.log --force", "--force: no effect without --out"),
        ("init profile settings --package leadproof", "--package: no effect on profile, settings"),
        ("mock --open", "--open: no effect without --watch"),
        ("validate --no-run --keep 5 --format html ./*.har", "--format, --keep: no effect with --no-run"),
        ("validate --fetch-size 5 ./*.har", "--fetch-size: no effect on files of this machine"),
        ("redact --fetch-time 5 a.har", "--fetch-time: no effect on files of this machine"),
        ("defects --defect expiry-ignored --sample 5", "--sample: no effect with --defect"),
        ("certify-client --port 9000 -- true", "--port: no effect without --listen"),
        ("certify-client --listen --jobs 2", "--jobs: no effect with --listen"),
        ("test --replay replay-01.json --operation ping", "--operation: no effect with --replay"),
        ("test --topic negatives --max-examples 5", "--max-examples: no effect on cases of which none"),
    ],
)
def test_an_option_that_would_have_no_effect_is_an_error(
    line: str, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with contextlib.chdir(tmp_path):
        code = main(line.split())
    printed = capsys.readouterr()

    assert (code, printed.out, list(tmp_path.iterdir())) == (2, "", [])
    assert printed.err.startswith(f"leadproof: error: {words}")
    assert "  hint: " in printed.err


@pytest.mark.parametrize(
    "line", ["certify --quick", "certify --plan", "test --operation ping", "load ping_post --plan"]
)
def test_a_way_to_authenticate_that_there_is_not_is_told_even_where_none_is_needed(
    line: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEADPROOF_AUTH_SCHEME", "foo")
    with contextlib.chdir(tmp_path):
        code = main(line.split())

    assert (code, list(tmp_path.iterdir())) == (2, [])
    assert "there is no way to authenticate called 'foo'" in capsys.readouterr().err


def test_a_terminal_with_few_letters_is_no_reason_to_stop() -> None:
    environ = {**os.environ, "PYTHONIOENCODING": "latin-1"}
    command = [sys.executable, "-m", "leadproof", "explain", "no-such-thing-ж"]

    done = subprocess.run(command, env=environ, capture_output=True, check=False)

    assert done.returncode == 2
    assert done.stderr.startswith(b"leadproof: error: nothing is called 'no-such-thing-\\u0436'")


def test_a_reader_that_goes_away_is_no_error() -> None:
    command = f"{shlex.quote(sys.executable)} -m leadproof explain clauses | head -1"

    done = subprocess.run(["sh", "-c", command], capture_output=True, check=False)

    assert done.stdout.startswith(b"LE2-")
    assert done.stderr == b""


@pytest.mark.skipif(sys.platform != "linux", reason="asks the pipe how full it is")
def test_a_signal_within_a_long_report_does_not_cut_it() -> None:
    program = (
        "import signal, sys; signal.signal(signal.SIGUSR1, lambda *_: None); "
        "from leadproof.cli import main; sys.exit(main(sys.argv[1:]))"
    )
    command = [
        sys.executable,
        "-u",
        "-c",
        program,
        "validate",
        "--no-run",
        "--json",
        DATA / "har" / "good" / "plain.har",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        waiting = array.array("i", [0])
        for _ in range(3000):
            fcntl.ioctl(process.stdout.fileno(), termios.FIONREAD, waiting)
            if waiting[0] >= 65_536:
                break
            time.sleep(0.01)
        process.send_signal(signal.SIGUSR1)
        time.sleep(0.1)
        printed = process.stdout.read()

    assert len(printed) > 65_536
    assert json.loads(printed)["command"] == "validate"


def test_doctor_names_everything_that_is_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LEADPROOF_API_KEY", "s3cret-canary")

    assert main(["doctor"]) == 0

    printed = capsys.readouterr().out
    states = {line.split()[1]: line.split()[0] for line in printed.splitlines()}
    assert {name: states[name] for name in ("Python", "lxml", "specification", "profile", "LEADPROOF_API_KEY")} == {
        "Python": "ok",
        "lxml": "ok",
        "specification": "ok",
        "profile": "ok",
        "LEADPROOF_API_KEY": "ok",
    }
    assert "s3cret" not in printed


def rewrite() -> None:
    """The sessions, with what the commands print now."""
    with tempfile.TemporaryDirectory() as name, ports() as names:
        folder = Path(name)
        playground(folder)
        for path in SESSIONS:
            written = [f"$ {command}\n{run(command, folder, names)}\n" for command, _ in session(path)]
            path.write_text("\n".join(written), "utf-8")


if __name__ == "__main__":
    rewrite()


def test_a_folder_with_failures_and_files_that_cannot_be_read_is_headed_by_what_failed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["validate", str(DATA), "--out", str(tmp_path)])

    head, *lines = capsys.readouterr().out.splitlines()
    assert code == ExitCode.USAGE
    assert re.match(r"FAILED  \d+ requirements failed; \d+ files could not be read", head)
    assert not [line for line in lines if "nclusive" in line.lower()]
    [run] = tmp_path.iterdir()
    assert json.loads((run / "report.json").read_text("utf-8"))["verdict"] == "failed"
    assert "<title>Failed: " in (run / "report.html").read_text("utf-8")
    assert (run / "report.md").read_text("utf-8").startswith("# Failed: ")
