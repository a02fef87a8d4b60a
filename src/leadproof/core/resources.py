"""Where the hand-written data of leadproof lies: inside an installed package, or in the checkout.

The top-level folders `specs`, `contracts`, `loadtests` and `reports/templates` are shipped in the wheel under
the package; in an editable install they stay where they are. Nothing else looks for files.
"""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent
_CHECKOUT = _PACKAGE.parent.parent

#: What was made of all these when the wheel was built (`cache`); a checkout has none.
COMPILED = _PACKAGE / "compiled"

#: Folder in the checkout -> folder in the installed package.
FOLDERS = {
    "specs": "specs",
    "contracts": "contracts",
    "loadtests": "loadtests",
    "reports/templates": "reports_templates",
}


def path(folder: str, *parts: str) -> Path:
    """The path of a shipped file or folder.

    Args:
        folder: A key of `FOLDERS`.
        parts: What lies below it.

    Raises:
        KeyError: `folder` is not shipped.
        FileNotFoundError: It is shipped and there is no such file: the installation is damaged.
    """
    installed = _PACKAGE / FOLDERS[folder]
    found = (installed if installed.is_dir() else _CHECKOUT / folder).joinpath(*parts)
    if not found.exists():
        raise FileNotFoundError(f"{folder}/{'/'.join(parts)} is not part of this installation of leadproof")
    return found
