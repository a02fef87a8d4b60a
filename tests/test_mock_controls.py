"""The client of the mock's controls gives what they say, and why they refuse."""

from __future__ import annotations

import pytest

from leadproof.contract.profile import load
from leadproof.core.errors import UsageError
from leadproof.http.mock_controls import MockControls
from leadproof.mock import Mock
from leadproof.mock.server import running


def test_controls_are_called_by_their_paths_and_say_why_they_refuse() -> None:
    with running(Mock(load(), clock=lambda: 1_700_000_000.0, token="t")) as server:
        controls = MockControls(server.url, "t")
        stranger = MockControls(server.url, "guessed")

        assert controls.post("clock/advance", seconds=60)["now"] == 1_700_000_060
        assert controls.get("state")["now"] == 1_700_000_060
        with pytest.raises(UsageError, match="no lead"):
            controls.post("leads/99/review", verdict="approve", reason="")
        with pytest.raises(UsageError, match="token"):
            stranger.get("state")

        controls.close()
        stranger.close()
