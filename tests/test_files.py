"""What is read of a file that somebody names, and what is said where it cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest

from leadproof.commands.files import read_capped
from leadproof.core.errors import InputError


def test_a_file_is_read_whole_up_to_its_cap(tmp_path: Path) -> None:
    path = tmp_path / "profile.toml"
    path.write_bytes(b"12345678")

    assert read_capped(path, 8, "a profile") == b"12345678"


@pytest.mark.parametrize(
    ("name", "said", "hint"),
    [
        ("large", "large: is larger than 8 bytes", "is it a profile?"),
        ("folder", "folder: is a folder", "name a profile itself"),
        ("missing", "missing: cannot be opened: No such file or directory", "check the spelling of the path"),
        ("large/inside", "large/inside: cannot be opened: Not a directory", "check the spelling of the path"),
    ],
)
def test_what_cannot_be_read_is_said_with_its_name(tmp_path: Path, name: str, said: str, hint: str) -> None:
    (tmp_path / "large").write_bytes(b"123456789")
    (tmp_path / "folder").mkdir()

    with pytest.raises(InputError) as raised:
        read_capped(tmp_path / name, 8, "a profile", shown=name)

    assert (str(raised.value), raised.value.hint) == (said, hint)
