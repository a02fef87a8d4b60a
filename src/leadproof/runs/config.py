"""Configuration: `leadproof.toml`, or `[tool.leadproof]` in pyproject.toml, and the environment.

The command line wins over the file, the file over the defaults. Credentials come from the environment or from a file of
their own, never from the command line.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from leadproof.core import lazy
from leadproof.core.errors import ConfigurationError, reading_hint
from leadproof.core.target import SCHEMES, Target
from leadproof.core.toml import parse as parse_toml
from leadproof.core.toml import place_of

FILE = "leadproof.toml"

#: Seconds for a whole exchange, unless something else was said.
TIMEOUT = 30.0

#: Key -> type and meaning; `leadproof doctor` prints it.
KEYS: dict[str, tuple[type, str]] = {
    "profile": (str, "path of the posting profile"),
    "out": (str, "folder for run directories"),
    "seed": (int, "seed of everything that is generated"),
    "subject": (str, "who or what is tested, for the cover of the report"),
    "by": (str, "who runs the tests, for the cover of the report"),
    "readings": (dict, "reading id = choice"),
    "targets": (dict, "named targets"),
    "waivers": (str, "path of the file of waivers"),
    "attestation_days": (int, "days for which an answer of leadproof attest holds; 365 unless it is said"),
    "min_judged": (float, "share of the exchanges, 0 to 1, that has to be judged"),
}

TARGET_KEYS: dict[str, tuple[type, str]] = {
    "url": (str, "base URL"),
    "auth_scheme": (str, "api-key, bearer or access_token"),
    "secret_env": (str, "name of the environment variable that holds the key or token"),
    "secret_file": (str, "path of a file that holds nothing but the key or token"),
    "ca": (str, "path of a CA bundle"),
    "cert": (str, "path of a client certificate, for a service or gateway that asks for one"),
    "key": (str, "path of its key, where that is in another file"),
    "verify": (bool, "false: take any certificate of the target"),
    "proxy": (str, "proxy URL"),
    "headers": (dict, "headers that a gateway asks for"),
    "timeout": (float, "seconds for a whole exchange"),
}

#: Types as people call them.
_WORDS: dict[type, str] = {
    str: "text in quotes", int: "a whole number", float: "a number", dict: "a table", bool: "true or false",
}  # fmt: skip

_VARIABLE = lazy.pattern(r"\$\{(\w+)\}")

#: Key of a target -> what to do where none is meant; for all others, to remove the key.
_WITHOUT: dict[str, str] = {
    "url": "remove the target",
    "proxy": "remove the key to go directly",
    "ca": "remove the key to trust what the system trusts",
    "cert": "remove the key to show no certificate",
}


@dataclass(frozen=True, slots=True)
class Config:
    """What the configuration file says."""

    #: Path of the file; None if there is none.
    path: Path | None = None
    profile: str | None = None
    out: str = "reports/out"
    seed: int = 0
    readings: dict[str, str] = field(default_factory=dict)
    targets: dict[str, dict[str, Any]] = field(default_factory=dict)
    waivers: str | None = None
    attestation_days: int = 365
    min_judged: float = 0.0
    subject: str = ""
    by: str = ""

    def cover(self) -> dict[str, str]:
        """What the cover of a report is told: who is tested and who tests, where somebody said so."""
        return {name: words for name, words in (("subject", self.subject), ("by", self.by)) if words}


def load(folder: Path, environ: Mapping[str, str] = os.environ) -> Config:
    """The configuration of a folder: `leadproof.toml`, else `[tool.leadproof]` of `pyproject.toml`, else the defaults.

    Raises:
        ConfigurationError: The file is no TOML, has a key that does not exist or a value of the wrong type, or names
            an environment variable that is not set.
    """
    path, document = folder / FILE, _read(folder / FILE)
    if document is None:
        path = folder / "pyproject.toml"
        tool = (_read(path) or {}).get("tool", {})
        document = tool.get("leadproof") if isinstance(tool, dict) else None
        if document is None:
            return Config()
        if not isinstance(document, dict):
            raise ConfigurationError(f"{path}: tool.leadproof is no table", hint="write [tool.leadproof]")
    _check(document, KEYS, path)
    for name, choice in document.get("readings", {}).items():
        if not isinstance(choice, str):
            raise ConfigurationError(
                f"{_at(path, 'readings', name)}: readings.{name} has to be {_WORDS[str]}",
                hint="name one of its choices",
            )
    if not 0 <= document.get("min_judged", 0) <= 1:
        raise ConfigurationError(
            f"{_at(path, 'min_judged')}: min_judged has to be from 0 to 1", hint=KEYS["min_judged"][1]
        )
    for name, row in document.get("targets", {}).items():
        if not isinstance(row, dict):
            raise ConfigurationError(
                f"{_at(path, 'targets', name)}: targets.{name} is no table", hint=f"write [targets.{name}] and a url"
            )
        _check(row, TARGET_KEYS, path, "targets", name)
    # A target is expanded when it is used: nobody has the variables of all of them.
    own = {key: value if key == "targets" else _expand(value, environ, path, key) for key, value in document.items()}
    return Config(path, **own)


def _read(path: Path) -> dict[str, Any] | None:
    try:
        return parse_toml(path.read_text("utf-8"))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}", hint=reading_hint(error)) from None
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{path}: byte {error.start} is not UTF-8", hint="save the file as UTF-8") from None
    except ValueError as error:
        raise ConfigurationError(f"{path} is no TOML: {error}", hint="see https://toml.io for the syntax") from None


def _at(path: Path, *keys: str) -> str:
    """The file, and the line in it."""
    return place_of(path, *(() if path.name == FILE else ("tool", "leadproof")), *keys)


def _check(document: dict[str, Any], keys: dict[str, tuple[type, str]], path: Path, *table: str) -> None:
    for key, value in document.items():
        name = ".".join((*table, key))
        if key not in keys:
            import difflib

            near = difflib.get_close_matches(key, keys, 1)
            hint = f"did you mean {near[0]}?" if near else f"known are: {', '.join(keys)}"
            raise ConfigurationError(f"{_at(path, *table, key)}: there is no key {name}", hint=hint)
        wanted = keys[key][0]
        fits = isinstance(value, (int, float) if wanted is float else wanted)
        if not fits or isinstance(value, bool) is not (wanted is bool):
            raise ConfigurationError(
                f"{_at(path, *table, key)}: {name} has to be {_WORDS[wanted]}, and is "
                f"{_WORDS.get(type(value), 'something else')}",
                hint=keys[key][1],
            )


def _expand(value: Any, environ: Mapping[str, str], path: Path | None, where: str) -> Any:
    """`${NAME}` replaced by the environment's value, in every string. A variable that is empty is as good as none: what
    was meant to be used must not be left out without a word.
    """
    if isinstance(value, dict):
        return {key: _expand(sub, environ, path, f"{where}.{key}") for key, sub in value.items()}
    if isinstance(value, list):
        return [_expand(sub, environ, path, where) for sub in value]
    if not isinstance(value, str):
        return value

    def replace(found: re.Match[str]) -> str:
        if found[1] not in environ:
            raise ConfigurationError(f"{path}: the environment variable {found[1]} is not set", hint=f"set {found[1]}")
        if not environ[found[1]].strip():
            raise ConfigurationError(
                f"{path}: the environment variable {found[1]}, which {where} names, is empty",
                hint=f"set {found[1]}, or {_removal(where)}",
            )
        return environ[found[1]]

    return _VARIABLE.sub(replace, value)


def _filled(row: Mapping[str, Any], path: Path | None, where: str) -> None:
    for key, value in row.items():
        if isinstance(value, dict):
            _filled(value, path, f"{where}.{key}")
        elif isinstance(value, str) and not value.strip():
            raise ConfigurationError(
                f"{path}: {where}.{key} is empty", hint=f"give it a value, or {_removal(f'{where}.{key}')}"
            )


def _removal(where: str) -> str:
    return _WITHOUT.get(where.rpartition(".")[2], "remove the key")


def target(
    name: str, config: Config, environ: Mapping[str, str] = os.environ, timeout: float | None = None, *,
    planned: bool = False,
) -> Target:  # fmt: skip
    """The target of a name in the configuration, or of a URL.

    Args:
        name: The name or URL.
        config: What the configuration file says.
        environ: The environment.
        timeout: Seconds that were asked for; None for those of the target.
        planned: Is nothing sent to it? Then its secrets need not be there.

    Raises:
        ConfigurationError: It is neither, or its secret cannot be had.
    """
    row = config.targets.get(name)
    if row is None and "://" not in name:
        import difflib

        near = difflib.get_close_matches(name, config.targets, 1)
        known = f"did you mean {near[0]}?" if near else f"named targets are: {', '.join(config.targets) or 'none'};"
        raise ConfigurationError(
            f"{name!r} is neither a URL nor a named target", hint=f"{known} a URL starts with http:// or https://"
        )
    if row is None:
        row = {"url": name}
    else:
        if planned and "headers" in row:
            row = row | {"headers": dict.fromkeys(row["headers"], "not sent")}
        row = _expand(row, environ, config.path, f"targets.{name}")
        _filled(row, config.path, f"targets.{name}")
    if "url" not in row:
        raise ConfigurationError(f"{config.path}: targets.{name} has no url", hint='add url = "https://…"')
    scheme, secret = _secret(row, environ, config.path, planned=planned)
    seconds = row.get("timeout", TIMEOUT) if timeout is None else timeout
    headers = row.get("headers", {})
    for header, value in headers.items():
        if not isinstance(value, str):
            raise ConfigurationError(
                f"{config.path}: targets.{name}.headers.{header} has to be {_WORDS[str]}",
                hint='such as X-Gateway-Key = "${GATEWAY_KEY}"',
            )
    return Target(
        row["url"], scheme, secret, row.get("ca", ""), row.get("proxy", ""), float(seconds), row.get("cert", ""),
        row.get("key", ""), row.get("verify", True), tuple(headers.items()),
    )  # fmt: skip


def auth_scheme(row: Mapping[str, Any] = {}, environ: Mapping[str, str] = os.environ) -> str:
    """How the row of a target, or the environment, spells the credentials; "" where neither says.

    Raises:
        ConfigurationError: In a way that there is not. A run that needs none asks, too, so that the slip is told.
    """
    scheme = str(row.get("auth_scheme") or environ.get("LEADPROOF_AUTH_SCHEME", ""))
    if scheme and scheme not in SCHEMES:
        raise ConfigurationError(
            f"there is no way to authenticate called {scheme!r}", hint=f"known are: {', '.join(SCHEMES)}"
        )
    return scheme


def _secret(row: dict[str, Any], environ: Mapping[str, str], path: Path | None, *, planned: bool) -> tuple[str, str]:
    scheme = auth_scheme(row, environ)
    if "secret_env" in row:
        secret = environ.get(row["secret_env"], "").strip()
        if not secret and not planned:
            raise ConfigurationError(
                f"{path}: the environment variable {row['secret_env']} is not set", hint=f"set {row['secret_env']}"
            )
        return scheme or "api-key", secret
    if "secret_file" in row:
        file = Path(row["secret_file"])
        return scheme or "api-key", "" if planned and not file.exists() else _secret_of(file)
    if environ.get("LEADPROOF_BEARER_TOKEN"):
        return scheme or "bearer", environ["LEADPROOF_BEARER_TOKEN"].strip()
    return scheme or "api-key", environ.get("LEADPROOF_API_KEY", "").strip()


def _secret_of(path: Path) -> str:
    try:
        secret = path.read_text("utf-8").strip()
    except OSError as error:
        raise ConfigurationError(
            f"the file {path} cannot be read: {error.strerror}", hint="check secret_file, and that you may read it"
        ) from None
    except UnicodeDecodeError:
        secret = ""  # whatever it is, a key it is not
    if not secret:
        raise ConfigurationError(f"the file {path} holds no key or token", hint="check secret_file")
    return secret
