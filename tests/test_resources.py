"""Where shipped files are found, and what is said where they are not. The wheel itself is test_packaging.py's."""

from __future__ import annotations

import pytest

from leadproof.core import resources


@pytest.mark.parametrize("folder", resources.FOLDERS)
def test_every_shipped_folder_is_there(folder: str) -> None:
    assert resources.path(folder).is_dir()


def test_a_file_below_a_folder() -> None:
    assert resources.path("specs", "xsd", "results.xsd").is_file()


def test_a_file_that_is_missing_is_a_damaged_installation() -> None:
    with pytest.raises(FileNotFoundError, match=r"specs/xsd/other\.xsd is not part of this installation"):
        resources.path("specs", "xsd", "other.xsd")


def test_what_is_not_shipped_is_a_mistake_of_ours() -> None:
    with pytest.raises(KeyError):
        resources.path("tests")
