"""`leadproof completion`: the scripts work in the shells that are here, and offer what the tables hold."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.shell_completion import ShellComplete

from leadproof.cli import COMMANDS, main
from leadproof.cli.completion import SHELLS
from leadproof.cli.root import cli
from leadproof.contract import specs
from leadproof.core.operations import OPERATIONS
from leadproof.load import scenarios
from leadproof.mock.server.faults import FAULTS


def offered(*words: str) -> list[str]:
    """What is offered for the last of the words."""
    complete = ShellComplete(cli, {}, "leadproof", "_LEADPROOF_COMPLETE")
    return [item.value for item in complete.get_completions(list(words[:-1]), words[-1])]


def test_every_command_is_offered_with_what_it_does() -> None:
    assert offered("")[: len(COMMANDS)] == list(COMMANDS)
    assert offered("cer") == ["certify", "certify-client"]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["certify", "--fai"], ["--fail-on"]),
        (["load", ""], list(scenarios.names())),
        (["load", "ping_p"], ["ping_post", "ping_post_offers"]),
        (["validate", "--operation", ""], list(OPERATIONS)),
        (["test", "--operation", "UP"], ["update_lead"]),
        (["test", "--clause", ""], list(specs.clauses())),
        (["explain", "LE2-PING-RES-05"], ["LE2-PING-RES-05"]),
        (["explain", "le2-ping-res-05"], ["LE2-PING-RES-05"]),
        (["explain", "expiry-ig"], ["expiry-ignored"]),
        (["explain", "exit"], ["exit-codes"]),
        (["certify", "--reading", "namesp"], ["namespaces=as-printed", "namespaces=serializer"]),
        (["certify", "--objectives", "auc"], ["auction"]),
        (["mock", "--fault", ""], list(FAULTS)),
        (["mock", "--defect", "expiry-ig"], ["expiry-ignored"]),
        (["defects", "--defect", "expiry-ig"], ["expiry-ignored"]),
        (["certify-client", "--situation", "ping-decl"], ["ping-declined", "ping-declined-then-other"]),
        (["certify-client", "--group", "w"], ["writing"]),
        (["defects", "--client", "--defect", "no-time"], ["no-timeout"]),
        (["diff", "pack"], ["packaged"]),
        (["diff", "packaged", "x", "--fail-on", "un"], ["unclear"]),
        (["profile", ""], ["check", "import", "show"]),
        (["profile", "show", "--format", "m"], ["markdown"]),
        (["init", "git"], ["github", "gitlab"]),
        (["completion", ""], list(SHELLS)),
    ],
    ids=" ".join,
)
def test_names_are_offered_from_their_tables(words: list[str], expected: list[str]) -> None:
    assert offered(*words) == expected


def test_the_named_targets_of_the_folder_are_offered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "leadproof.toml").write_text('[targets.sandbox]\nurl = "http://127.0.0.1:1"\n')
    monkeypatch.chdir(tmp_path)
    assert offered("certify", "--target", "sand") == ["sandbox"]

    (tmp_path / "leadproof.toml").write_text("[targets.sandbox")
    assert offered("certify", "--target", "sand") == []


def test_a_file_is_offered_as_files_are() -> None:
    complete = ShellComplete(cli, {}, "leadproof", "_LEADPROOF_COMPLETE")

    for words in (["certify", "--profile"], ["load"], ["validate"], ["profile", "check"]):
        assert [item.type for item in complete.get_completions(words, "own-")] == ["file"]


def test_nothing_heavy_is_loaded_while_somebody_waits() -> None:
    lines = ["", "certify --", "load ", "test --operation ", "explain LE2", "mock --fault "]
    program = (
        "import contextlib, io, json, os, sys\nfrom leadproof.cli import main\n"
        "for words in sys.argv[1:]:\n"
        "    parts = ['leadproof', *words.split(' ')]\n"
        "    os.environ.update(COMP_WORDS=' '.join(parts), COMP_CWORD=str(len(parts) - 1))\n"
        "    offers = io.TextIOWrapper(io.BytesIO(), 'utf-8')\n"
        "    with contextlib.redirect_stdout(offers), contextlib.suppress(SystemExit): main([])\n"
        "    heavy = {'locust', 'gevent', 'hypothesis', 'schemathesis', 'pytest'} & set(sys.modules)\n"
        "    commands = sum(name.startswith('leadproof.cli.') for name in sys.modules)\n"
        "    print(json.dumps([words, len(offers.buffer.getvalue().split()), sorted(heavy), commands]))\n"
    )
    environ = {**os.environ, "_LEADPROOF_COMPLETE": "bash_complete"}

    done = subprocess.run(
        [sys.executable, "-c", program, *lines], env=environ, capture_output=True, text=True, check=True, timeout=60
    )

    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [words for words, *_ in rows] == lines
    assert [words for words, offers, *_ in rows if not offers] == []
    assert [(words, heavy) for words, _, heavy, _ in rows if heavy] == []
    assert rows[0][3] <= 4  # the first page, the group, the hints and the output: no command


# ---- in the shells themselves ----------------------------------------------------------------------------------------


def shell(name: str, *arguments: str, program: str, tmp_path: Path) -> str:
    """What a program prints in a shell that knows a `leadproof`."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed here")
    binary = tmp_path / "bin" / "leadproof"
    binary.parent.mkdir()
    binary.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m leadproof "$@"\n')
    binary.chmod(0o755)
    environ = {**os.environ, "PATH": f"{binary.parent}{os.pathsep}{os.environ['PATH']}", "HOME": str(tmp_path)}
    done = subprocess.run(
        [found, *arguments, "-c", program], env=environ, cwd=tmp_path, capture_output=True, text=True, check=False,
        timeout=120,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_bash_completes(tmp_path: Path) -> None:
    program = f"""set -e
{SHELLS["bash"]}
complete -p leadproof
ask() {{
  COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=()
  _leadproof_completion leadproof
  echo "${{COMPREPLY[*]}}"
}}
ask leadproof cer
ask leadproof load ping_p
ask leadproof explain LE2-PING-RES-05
ask leadproof test --operation ping
"""
    printed = shell("bash", "--norc", program=program, tmp_path=tmp_path).splitlines()

    assert printed[0].endswith("-F _leadproof_completion leadproof")
    assert printed[1:] == ["certify certify-client", "ping_post ping_post_offers", "LE2-PING-RES-05", "ping"]


def test_zsh_takes_the_script(tmp_path: Path) -> None:
    program = f"autoload -Uz compinit; compinit -u -D\n{SHELLS['zsh']}\nprint -r -- $_comps[leadproof]\n"

    assert shell("zsh", "-f", program=program, tmp_path=tmp_path) == "_leadproof_completion\n"


def test_fish_completes(tmp_path: Path) -> None:
    program = f"{SHELLS['fish']}\ncomplete -C 'leadproof load ping_p'\n"

    assert shell("fish", "--no-config", program=program, tmp_path=tmp_path).split() == ["ping_post", "ping_post_offers"]


def test_a_shell_that_is_not_known_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", "tcsh"]) == 2

    assert "'bash', 'zsh', 'fish'" in capsys.readouterr().err


def test_the_line_for_the_start_is_in_the_help_and_in_the_documents(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", "--help"]) == 0

    printed = capsys.readouterr().out
    install = (Path(__file__).parent.parent / "docs" / "install.md").read_text("utf-8")
    assert [line for line in SHELLS.values() if line not in printed or line not in install] == []
