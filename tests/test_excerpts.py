"""What a report shows of a message."""

from __future__ import annotations

from leadproof.core.excerpts import EXCERPT, curl, excerpt


def test_a_long_body_says_how_much_more_there_is() -> None:
    assert excerpt(b"x" * (EXCERPT + 7)).endswith("… 7 more bytes")
    assert excerpt(b"\xff") == "\\xff"


def test_a_command_quotes_what_a_shell_would_read() -> None:
    command = curl("POST", "/v2/update", [("api-key", "it's"), ("host", "here")], b"{}")

    assert "'api-key: it'\\''s'" in command
    assert "host" not in command
    assert command.endswith("\"$TARGET\"'/v2/update'")
