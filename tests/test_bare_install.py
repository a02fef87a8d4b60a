"""The wheel in an environment with nothing else: what a new user installs certifies, and what is missing is said.

pip really installs it, with what it declares and no extra; the versions are those of the lock file.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import venv
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "tests" / "data"


class Bare:
    """An environment with the wheel in it, and an empty folder to work in."""

    def __init__(self, home: Path, wheel: Path) -> None:
        self.folder, self.wheel = home / "work", wheel
        self.bin = home / "venv" / "bin"
        self.folder.mkdir()

    def environ(self) -> dict[str, str]:
        kept = {
            name: value for name, value in os.environ.items()
            if not name.startswith(("LEADPROOF_", "GITHUB_", "COV_", "PYTEST_")) and name != "PYTHONPATH"
        }  # fmt: skip
        return kept | {"PATH": f"{self.bin}{os.pathsep}{os.environ['PATH']}", "COLUMNS": "80"}

    def sh(self, line: str, folder: Path | None = None, **more: str) -> subprocess.CompletedProcess[str]:
        """Runs a line as a person or a CI runner does."""
        return subprocess.run(
            ["sh", "-euc", line], cwd=folder or self.folder, env=self.environ() | more, capture_output=True, text=True,
            check=False, timeout=300,
        )  # fmt: skip


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Bare:
    home = tmp_path_factory.mktemp("bare")
    built = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(home)], cwd=ROOT, capture_output=True
    )
    assert built.returncode == 0, built.stderr
    (wheel,) = home.glob("*.whl")
    venv.create(home / "venv", with_pip=True)
    pins = re.findall(r"^([\w.-]+(?:\[[\w,-]+\])?==[^\s\\]+)", (ROOT / "requirements.lock").read_text(), re.MULTILINE)
    (home / "constraints.txt").write_text("\n".join(re.sub(r"\[.*\]", "", pin) for pin in pins))
    made = Bare(home, wheel)
    done = made.sh(f"pip install -q --disable-pip-version-check -c {home}/constraints.txt {wheel}")
    assert done.returncode == 0, done.stderr
    return made


def test_nothing_of_an_extra_is_there(bare: Bare) -> None:
    listed = bare.sh("pip list --disable-pip-version-check").stdout

    assert re.search(r"^leadproof ", listed, re.MULTILINE)
    assert not re.search(r"^(locust|gevent) ", listed, re.MULTILINE)


def test_certify_certifies_and_says_in_one_line_that_load_was_left_out(bare: Bare) -> None:
    done = bare.sh("leadproof certify --out certified")

    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    assert done.stdout.startswith("PASSED  all tested requirements passed\n")
    assert "  coverage   10 of 10 operations, 17 of 17 cells\n" in done.stdout
    lines = [line for line in done.stdout.splitlines() if "locust" in line]
    assert lines == ["  load       not probed: load tests need locust: pip install 'locust>=2.47,<3'"]
    (run,) = (bare.folder / "certified").iterdir()
    assert (run / "report.html").exists()


def test_test_and_validate_work(bare: Bare) -> None:
    sample = DATA / "xml-defects" / "capital-true.xml"

    tested = bare.sh("leadproof test --topic operations --operation ping")
    judged = bare.sh(f"leadproof validate --operation create_lead {sample}")

    assert tested.returncode == 0, tested.stderr
    assert (judged.returncode, judged.stderr) == (1, "")
    assert judged.stdout.startswith("FAILED  1 requirement failed\n")


def test_load_without_its_extra_ends_before_anything_is_sent_with_a_hint_that_can_be_followed(bare: Bare) -> None:
    before = sorted(bare.folder.rglob("*"))

    done = bare.sh("leadproof load ping_post --rate 5 --duration 2s")
    objectives = bare.sh("leadproof certify --objectives auction")

    for one in (done, objectives):
        assert (one.returncode, one.stdout) == (2, "")
        assert one.stderr == ("leadproof: error: load tests need locust\n  hint: pip install 'locust>=2.47,<3'\n")
    assert sorted(bare.folder.rglob("*")) == before
    followed = bare.sh(
        f"pip download -q --disable-pip-version-check --no-deps -d found {done.stderr.split('pip install ')[1]}"
    )
    assert followed.returncode == 0, followed.stderr
    assert [path.name.partition("-")[0] for path in (bare.folder / "found").iterdir()] == ["locust"]


def test_init_and_its_jobs_work_line_by_line(bare: Bare, tmp_path: Path) -> None:
    few = "certify --quick"
    done = bare.sh("leadproof init", tmp_path)
    assert done.returncode == 0, done.stderr
    assert f"leadproof @ {bare.wheel.as_uri()}" in done.stdout
    assert "a path of this machine" in done.stdout
    github = yaml.safe_load((tmp_path / ".github" / "workflows" / "leadproof.yml").read_text())
    gitlab = yaml.safe_load((tmp_path / ".gitlab-ci.yml").read_text())
    hooks = yaml.safe_load((tmp_path / ".pre-commit-config.yaml").read_text())

    lines = [step["run"] for step in github["jobs"]["certify"]["steps"] if "run" in step and "if" not in step]
    lines += gitlab["leadproof"]["script"]
    lines += [hook["entry"] + (f" {_captures(tmp_path)}" if "captures" in hook["id"] else "")
              for hook in hooks["repos"][0]["hooks"]]  # fmt: skip
    results = [bare.sh(line.replace("leadproof certify", f"leadproof {few}"), tmp_path) for line in lines]

    assert [(one.returncode, one.stderr) for one in results if one.returncode] == []
    assert sum(one.stdout.startswith("PASSED") for one in results) == len(lines) - 2  # pip says nothing of the kind


def _captures(folder: Path) -> str:
    (folder / "captures").mkdir()
    (folder / "captures" / "plain.har").write_bytes((DATA / "har" / "good" / "plain.har").read_bytes())
    return "captures/plain.har"


def test_a_quick_report_is_json(bare: Bare) -> None:
    done = bare.sh("leadproof certify --quick --json")

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["coverage"]["cells"] == {"covered": 17, "total": 17}


def test_a_hint_names_no_package_that_nobody_has_published() -> None:
    named = re.compile(r"pip install ['\"]?leadproof")
    texts = [*(ROOT / "src").rglob("*.py"), ROOT / "README.md"]

    assert [path.name for path in texts if named.search(path.read_text("utf-8"))] == []
    assert shlex.split("pip install 'locust>=2.47,<3'")[2] == "locust>=2.47,<3"
