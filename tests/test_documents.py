"""The hand-written documents are the same, read as YAML and from what they came to before."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from leadproof.contract import documents
from leadproof.core import resources


@pytest.mark.parametrize("name", ["clauses.yaml", "situations.yaml", "readings.yaml", "openapi.yaml"])
def test_a_document_is_the_same_from_the_cache(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    text = resources.path("specs", name).read_bytes()

    first, second = documents.parsed(name, text), documents.parsed(name, text)

    assert len(list((tmp_path / "leadproof").iterdir())) == 1
    assert first == second == yaml.safe_load(text)
