"""The build hook of the wheel: adds what is made of `specs/` and the templates, so that nobody has to who installs it.

The wheel stays the same for every Python and platform: JSON, and modules that Python compiles as it does all others.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

#: Folder in the wheel; `leadproof.core.resources.COMPILED`.
FOLDER = "leadproof/compiled"


class CompiledHook(BuildHookInterface):
    """Adds the files to the wheel, from a folder that goes when it is built."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Makes the files; not for an editable install, which stays with what the checkout has."""
        if version == "editable":
            return
        self._scratch = tempfile.TemporaryDirectory()
        for name, data in files(Path(self.root)):
            path = Path(self._scratch.name, name)
            path.write_bytes(data)
            build_data["force_include"][str(path)] = f"{FOLDER}/{name}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Takes the folder away."""
        if version != "editable":
            self._scratch.cleanup()


def files(root: Path) -> list[tuple[str, bytes]]:
    """Name and content of each file of the folder, made by the package of the checkout itself."""
    before, sys.path[:] = sys.path[:], [str(root / "src"), *sys.path]
    try:
        from leadproof.contract import compiling
        from leadproof.runs.formats import templates

        made = [*compiling.compiled(), *((name, text.encode()) for name, text in templates.compiled())]
    finally:
        sys.path[:] = before
    return [("__init__.py", b'"""Made when the wheel was built: see `hatch_build.py`."""\n'), *made]
