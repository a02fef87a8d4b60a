"""Which files belong to the project, for tests that look at all of them."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def project_files(*places: str) -> list[Path]:
    """Files that belong to the project, new ones included, ignored ones left out; all, or those at some places."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("only git knows which files belong to the project, and this is no git checkout")
    command = ("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *places)
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.decode().split("\0")
    return [ROOT / name for name in listed if name and (ROOT / name).is_file()]
