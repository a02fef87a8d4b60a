"""Other people's tools for OpenAPI and XML Schema, installed at pinned versions into build/outside.

`lint.py` and `generated.py` share it. A tool that cannot be had (no npm, no network, no Java) is `Missing`: its
caller says so and goes on.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SPECS = ROOT / "specs"
FOLDER = ROOT / "build" / "outside"
HERE = Path(__file__).resolve().parent

#: Package of npm -> version.
NODE = {
    "@redocly/cli": "2.77.0",
    "@stoplight/spectral-cli": "6.16.3",
    "@apidevtools/swagger-parser": "13.1.0",
    "js-yaml": "5.5.0",
}

#: Package of Python -> version.
PYTHON = {
    "openapi-spec-validator": "0.9.0",
}

#: What generated.py needs.
GENERATORS = {
    "openapi-python-client": "0.29.1",
    "datamodel-code-generator": "0.89.0",
    "xsdata[cli,lxml]": "26.10",
    "httpx": "0.28.1",
}
TYPESCRIPT = {
    "openapi-typescript": "7.13.0",
    "openapi-fetch": "0.17.0",
    "typescript": "5.9.3",
    "@types/node": "20.19.0",
}

#: Seconds that an installation may take.
PATIENCE = 600


class Missing(Exception):
    """A tool cannot be had on this machine."""


def run(
    command: Sequence[str | Path], cwd: Path = ROOT, seconds: float = PATIENCE, programs: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """A command to its end, with what it printed; status 124 where it had none in time.

    Args:
        command: Program and arguments.
        cwd: The folder to run it in.
        seconds: How long it may take.
        programs: A folder whose programs it finds before all others.
    """
    parts = [str(part) for part in command]
    path = os.environ["PATH"]
    env = {**os.environ, "PATH": f"{programs}{os.pathsep}{path}" if programs else path}
    try:
        return subprocess.run(parts, cwd=cwd, env=env, capture_output=True, text=True, timeout=seconds)
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(parts, 124, "", f"no end in {seconds:g} seconds")


def node(packages: dict[str, str] = NODE, name: str = "node") -> Path:
    """The folder `node_modules` with the packages.

    Raises:
        Missing: npm is not there, or does not get them.
    """
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        raise Missing("there is no node with npm on this machine")
    folder, wanted = FOLDER / name, " ".join(f"{package}@{version}" for package, version in packages.items())
    mark = folder / "installed.txt"
    if not mark.exists() or mark.read_text("utf-8") != wanted:
        folder.mkdir(parents=True, exist_ok=True)
        quiet = ("--silent", "--no-audit", "--no-fund", "--no-package-lock")
        done = run([npm, "install", *quiet, "--prefix", folder, *wanted.split()], folder)
        if done.returncode:
            raise Missing(f"npm does not get {wanted}")
        mark.write_text(wanted, "utf-8")
    return folder / "node_modules"


def python(packages: dict[str, str] = PYTHON, name: str = "python") -> Path:
    """The folder of programs of a virtual environment with the packages.

    Raises:
        Missing: pip does not get them.
    """
    folder, wanted = FOLDER / name, " ".join(f"{package}=={version}" for package, version in packages.items())
    programs, mark = folder / "bin", folder / "installed.txt"
    if not mark.exists() or mark.read_text("utf-8") != wanted:
        try:
            venv.create(folder, clear=True, with_pip=True)
        except (OSError, subprocess.CalledProcessError):
            raise Missing("this Python cannot make a virtual environment") from None
        command = [programs / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        if run([*command, *wanted.split()], folder).returncode:
            raise Missing(f"pip does not get {wanted}")
        mark.write_text(wanted, "utf-8")
    return programs


def system(program: str) -> str:
    """The path of a program of the system.

    Raises:
        Missing: It is not installed.
    """
    path = shutil.which(program)
    if path is None:
        raise Missing(f"{program} is not installed")
    return path


def tell(text: str, kind: str = "note") -> None:
    """A line of the report, at once."""
    print(f"{kind:8} {text}", file=sys.stdout, flush=True)
