"""What takes long to make of a shipped text is made once: when the wheel is built, or else once for a user.

Both are files named by a hash of what they were made from, so that nothing in them can be stale, and whoever finds one
missing or broken makes it anew. What the wheel brings holds for every Python (JSON); what is kept for a user, for the
one that made it. Nothing that a tested service said belongs here.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import leadproof
from leadproof.core import resources

#: Files of one name that stay: as many versions or checkouts may take turns. What a command needs several of, such as
#: templates, has a name each, or they would push each other out.
_KEPT = 8
_DIGEST = hashlib.sha256().digest_size

#: Digits of a hash in a file's name.
_NAMED = 32


def made(name: str, made_from: bytes, make: Callable[[], Any]) -> Any:
    """A value of JSON that is made of a text: as the wheel or the cache has it, else made and kept.

    Args:
        name: What it is, as the beginning of a file's name.
        made_from: Everything that it depends on but for leadproof itself.
        make: Makes it.
    """
    for known in (shipped(name, made_from), load(name, made_from)):
        with contextlib.suppress(ValueError):  # a file of the wheel was damaged
            if known is not None:
                return json.loads(known)
    value = make()
    save(name, made_from, written(value))
    return value


def written(value: Any) -> bytes:
    """A value as `made` keeps it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def shipped(name: str, made_from: bytes) -> bytes | None:
    """What was made of this very text when the wheel was built; None if nothing was."""
    try:
        return (resources.COMPILED / file_name(name, made_from)).read_bytes()
    except OSError:
        return None


def file_name(name: str, made_from: bytes) -> str:
    """The name of the file in the wheel: of the text alone, for what is in it holds for every Python."""
    return f"{name}-{hashlib.sha256(made_from).hexdigest()[:_NAMED]}.json"


def folder() -> Path:
    """The user's cache: XDG_CACHE_HOME, LOCALAPPDATA or ~/.cache (XDG Base Directory Specification)."""
    named = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
    return (Path(named) if named else Path.home() / ".cache") / "leadproof"


def make_folder(path: Path) -> None:
    """Makes a folder of the cache, and the cache, where nobody else may write, whatever the umask of this user.

    Raises:
        OSError: It cannot be made.
    """
    for one in (folder(), path):
        one.mkdir(mode=0o700, parents=True, exist_ok=True)


def load(name: str, made_from: bytes) -> bytes | None:
    """What was saved for this name and source; None if that is nothing, broken, or may be somebody else's.

    Args:
        name: What it is, as the beginning of a file's name.
        made_from: Everything that it depends on but for Python and leadproof themselves.
    """
    with contextlib.suppress(OSError, RuntimeError):  # RuntimeError: there is no home
        file = _file(name, made_from)
        if _is_ours(file.parent):
            data = file.read_bytes()
            if hashlib.sha256(data[_DIGEST:]).digest() == data[:_DIGEST]:
                return data[_DIGEST:]
    return None


def save(name: str, made_from: bytes, data: bytes) -> None:
    """Keeps it, whole or not at all; a folder that cannot be written is no error."""
    with contextlib.suppress(OSError, RuntimeError):
        file = _file(name, made_from)
        make_folder(file.parent)
        if not _is_ours(file.parent):
            return
        import tempfile  # what was saved is found, most times

        handle, scratch = tempfile.mkstemp(dir=file.parent, prefix=f".{name}-")
        try:
            with os.fdopen(handle, "wb") as out:
                out.write(hashlib.sha256(data).digest() + data)
            os.replace(scratch, file)
        except BaseException:
            Path(scratch).unlink(missing_ok=True)
            raise
        versions = file.parent.glob(f"{name}-{'[0-9a-f]' * _NAMED}")
        newest = sorted(versions, key=lambda one: one.stat().st_mtime, reverse=True)
        for old in newest[_KEPT:]:
            old.unlink(missing_ok=True)


def _file(name: str, made_from: bytes) -> Path:
    digest = hashlib.sha256(f"{leadproof.__version__} {sys.version}\0".encode() + made_from).hexdigest()
    return folder() / f"{name}-{digest[:_NAMED]}"


def _is_ours(path: Path) -> bool:
    """Nobody else may write there: compiled templates are code."""
    found = path.stat()
    return not hasattr(os, "getuid") or (
        found.st_uid == os.getuid() and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    )
