"""How leadproof was installed, and what has to be installed for a part of it that is missing.

Hints name what an index really has (the packages of an extra), or the path or URL that leadproof itself came from.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Collection
from importlib import util
from pathlib import Path

import leadproof
from leadproof.core.errors import MissingExtraError

#: Extra -> module that it brings -> what pip installs it by; the extras of pyproject.toml.
EXTRAS: dict[str, dict[str, str]] = {
    "contracts": {"pytest": "pytest>=8.4,<9.2"},
    "load": {"locust": "locust>=2.47,<3"},
    "metrics": {
        "opentelemetry.sdk": "opentelemetry-sdk>=1.30,<2",
        "opentelemetry.exporter.otlp.proto.http": "opentelemetry-exporter-otlp-proto-http>=1.30,<2",
        "prometheus_client": "prometheus-client>=0.22",
    },
    "tables": {"openpyxl": "openpyxl>=3.1"},
    "remote": {
        "fsspec": "fsspec>=2025.2",
        "s3fs": "s3fs>=2025.2",
        "gcsfs": "gcsfs>=2025.2",
        "adlfs": "adlfs>=2024.7",
        "sshfs": "sshfs>=2025.2",
        "aiohttp": "aiohttp>=3.11",
    },
    "cluster": {"distributed": "distributed>=2025.2"},
    "serve": {
        "starlette": "starlette>=0.46",
        "uvicorn": "uvicorn>=0.34",
        "python_multipart": "python-multipart>=0.0.20",
    },
}


def missing(extra: str, modules: Collection[str] | None = None) -> list[str]:
    """What has to be installed for an extra, or for some modules of it; empty if all of it is there."""
    wanted = {module: text for module, text in EXTRAS[extra].items() if modules is None or module in modules}
    return [text for module, text in wanted.items() if not _is_there(module)]


def _is_there(module: str) -> bool:
    try:
        return util.find_spec(module) is not None
    except ModuleNotFoundError:  # not even the package that it would be in
        return False


def install(requirements: list[str]) -> str:
    """The command that installs requirements."""
    return f"pip install {shlex.join(requirements)}"


def require(extra: str, what: str, modules: Collection[str] | None = None) -> None:
    """Ends with a hint where an extra is not installed; call it before the first request.

    Args:
        extra: A key of `EXTRAS`.
        what: What needs it, such as "load tests need locust".
        modules: Those that are needed; all of the extra if left out.

    Raises:
        MissingExtraError: It is not.
    """
    if absent := missing(extra, modules):
        raise MissingExtraError(what, hint=install(absent))


def requirement() -> str:
    """What pip installs this leadproof by: the repository, file or folder that it came from.

    As pip has written it down (direct_url.json, PEP 610). Without such a record it came from an index, by its version.
    """
    from importlib import metadata  # brings the reader of e-mail, a tenth of a second

    try:
        origin = json.loads(metadata.distribution("leadproof").read_text("direct_url.json") or "{}")
    except metadata.PackageNotFoundError:
        checkout = Path(leadproof.__file__).resolve().parents[2]
        origin = {"url": checkout.as_uri()} if (checkout / "pyproject.toml").is_file() else {}
    except ValueError:
        origin = {}
    known = origin.get("vcs_info") or {}
    if known.get("vcs") and known.get("commit_id"):
        return f"leadproof @ {known['vcs']}+{origin['url']}@{known['commit_id']}"
    if origin.get("url"):
        return f"leadproof @ {origin['url']}"
    return f"leadproof=={leadproof.__version__}"


def only_here(package: str) -> bool:
    """Is a requirement a path of this machine, which no other machine can install?"""
    return "file://" in package
