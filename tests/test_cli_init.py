"""`leadproof init`: what it writes runs as written, and nothing that is there is lost."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from leadproof.cli import main
from leadproof.cli.starters import INSTALLING, STARTERS
from leadproof.contract import profile
from leadproof.core.errors import ExitCode
from leadproof.core.installation import requirement
from leadproof.mock.server import Running
from leadproof.runs import config

DATA = Path(__file__).parent / "data"

Shell = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    assert main(["init"]) == 0
    return tmp_path


@pytest.fixture
def shell(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """Runs a line as a CI runner does; a run of the suite ends after a few requests, and nothing else is changed."""
    folder = tmp_path_factory.mktemp("bin")
    few = 'case "$1" in certify|test) set -- "$@" --max-requests 30;; esac\n'
    program = folder / "leadproof"
    program.write_text(f'#!/bin/sh\n{few}exec {shlex.quote(sys.executable)} -m leadproof "$@"\n')
    program.chmod(0o755)

    def run(line: str, **variables: str) -> subprocess.CompletedProcess[str]:
        environ = {name: value for name, value in os.environ.items() if not name.startswith(("LEADPROOF_", "GITHUB_"))}
        environ |= {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}", **variables}
        return subprocess.run(
            ["sh", "-euc", line], cwd=project, env=environ, capture_output=True, text=True, check=False, timeout=60
        )

    return run


def test_it_writes_every_file_of_the_table(project: Path) -> None:
    written = sorted(path.relative_to(project).as_posix() for path in project.rglob("*") if path.is_file())

    assert written == sorted(row.path for row in STARTERS.values())


def test_the_package_stands_in_the_files_that_ci_installs_by_and_in_no_other() -> None:
    assert {name for name, row in STARTERS.items() if "a-package==1" in row.text("a-package==1")} == INSTALLING


def test_what_is_there_is_kept(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "leadproof.toml").write_text("seed = 7\n")
    (project / ".gitlab-ci.yml").unlink()
    capsys.readouterr()

    assert main(["init"]) == 0
    assert (project / "leadproof.toml").read_text() == "seed = 7\n"
    assert (project / ".gitlab-ci.yml").exists()
    assert "kept   leadproof.toml" in capsys.readouterr().out
    assert main(["init"]) == ExitCode.USAGE
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "hint: --force overwrites" in printed.err
    assert main(["init", "settings", "--force"]) == 0
    assert "seed = 7" not in (project / "leadproof.toml").read_text()


def test_only_what_is_named_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        main(["init", "gitlab", "--into", str(tmp_path / "new"), "--package", "leadproof @ git+https://git.example/x"])
        == 0
    )

    assert [path.name for path in (tmp_path / "new").iterdir()] == [".gitlab-ci.yml"]
    assert '"leadproof @ git+https://git.example/x"' in (tmp_path / "new" / ".gitlab-ci.yml").read_text()
    assert main(["init", "jenkins", "--into", str(tmp_path)]) == ExitCode.USAGE
    assert "there are: profile, settings, github, gitlab, pre-commit" in capsys.readouterr().err
    (tmp_path / "file").touch()
    assert main(["init", "--into", str(tmp_path / "file")]) == ExitCode.USAGE
    assert "hint: name a folder that you may write to" in capsys.readouterr().err


def test_the_settings_and_the_profile_are_read(project: Path) -> None:
    settings = config.load(project, {})

    assert settings.profile == "posting-profile.toml"
    assert profile.load(str(project / settings.profile)).name == "default"
    assert config.target("sandbox", settings, {"LEADPROOF_API_KEY": "k"}).secret == "k"
    commented = re.sub(r"(?m)^# ((?:\[?\w+\]?)(?: = .*)?)$", r"\1", (project / "leadproof.toml").read_text())
    assert {"subject", "by", "readings"} <= set(tomllib.loads(commented))


def steps(project: Path) -> list[dict[str, Any]]:
    workflow = yaml.safe_load((project / ".github" / "workflows" / "leadproof.yml").read_text())
    return list(workflow["jobs"]["certify"]["steps"])


def test_the_github_workflow_runs(project: Path, shell: Shell, served_mock: Running) -> None:
    lines = [step for step in steps(project) if "run" in step]
    key = profile.load().credentials.api_keys[0]

    assert shlex.split(lines[0]["run"]) == ["python", "-m", "pip", "install", requirement()]
    assert [step["if"] for step in lines if "if" in step] == ["vars.LEADPROOF_TARGET != ''"]
    for step in lines[1:]:
        named = {"LEADPROOF_TARGET": served_mock.url, "LEADPROOF_API_KEY": key}
        assert set(step.get("env", {})) in (set(), set(named))
        done = shell(step["run"], **(named if "env" in step else {}))
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith("PASSED")
        assert ("target     " + served_mock.url in done.stdout) is ("env" in step)
    kept = next(step["with"]["path"] for step in steps(project) if "upload" in step.get("uses", ""))
    assert len(list((project / kept).glob("*/report.html"))) == 2


def test_the_gitlab_job_runs(project: Path, shell: Shell, served_mock: Running) -> None:
    job = yaml.safe_load((project / ".gitlab-ci.yml").read_text())["leadproof"]
    install, certify = job["script"]

    assert shlex.split(install) == ["python", "-m", "pip", "install", requirement()]
    done = shell(certify, LEADPROOF_TARGET=served_mock.url, LEADPROOF_API_KEY=profile.load().credentials.api_keys[0])
    assert done.returncode == 0, done.stderr
    assert f"target     {served_mock.url}" in done.stdout
    assert shell(certify, LEADPROOF_TARGET="http://127.0.0.1:1").returncode == ExitCode.UNREACHABLE
    assert list(project.glob(job["artifacts"]["reports"]["junit"]))


def test_the_hooks_judge_what_is_about_to_be_committed(project: Path, shell: Shell) -> None:
    hooks = yaml.safe_load((project / ".pre-commit-config.yaml").read_text())["repos"][0]["hooks"]
    sound, captures = hooks

    assert re.search(sound["files"], "posting-profile.toml")
    assert shell(sound["entry"]).returncode == 0
    (project / "posting-profile.toml").write_text("name = 7\n")
    broken = shell(sound["entry"])
    assert broken.returncode == ExitCode.USAGE
    assert "posting-profile.toml" in broken.stderr
    shutil.copy(DATA.parent.parent / "specs" / "profiles" / "default.toml", project / "posting-profile.toml")

    (project / "captures").mkdir()
    for source, code in (("good/plain.har", 0), ("bad/broken-response.har", ExitCode.VIOLATED)):
        shutil.copy(DATA / "har" / source, project / "captures" / "new.har")
        assert re.search(captures["files"], "captures/new.har")
        assert shell(f"{captures['entry']} captures/new.har").returncode == code
