"""The client of a running mock's controls: move time, review and return leads, reset, look at the state."""

from __future__ import annotations

from typing import Any

import httpx
import orjson

from leadproof.core.errors import UsageError
from leadproof.http.mock_target import PREFIX, TOKEN_HEADER

#: Seconds that a control may take.
_TIMEOUT = 10.0


class MockControls:
    """The controls of one mock, by their paths."""

    def __init__(self, url: str, token: str) -> None:
        self._http = httpx.Client(
            base_url=url + PREFIX,
            headers={TOKEN_HEADER: token, "content-type": "application/json"},
            trust_env=False,
            follow_redirects=False,
            verify=url.startswith("https:"),  # else the system's certificates would be read in vain
            timeout=_TIMEOUT,
        )

    def get(self, path: str) -> dict[str, Any]:
        """What a control that changes nothing says.

        Raises:
            UsageError: The mock refuses it; the message says why.
        """
        return self._call("GET", path)

    def post(self, path: str, **body: Any) -> dict[str, Any]:
        """Calls a control by its path.

        Raises:
            UsageError: The mock refuses it; the message says why.
        """
        return self._call("POST", path, orjson.dumps(body))

    def close(self) -> None:
        """Closes the connection."""
        self._http.close()

    def _call(self, method: str, path: str, content: bytes = b"") -> dict[str, Any]:
        status, body = self._send(method, path, content)
        try:
            result = orjson.loads(body)
        except orjson.JSONDecodeError:
            result = None
        if status != 200 or result is None:
            detail = result.get("detail") if isinstance(result, dict) else None
            raise UsageError(f"the mock refused the control: {detail or f'status {status}'}")
        controlled: dict[str, Any] = result
        return controlled

    def _send(self, method: str, path: str, content: bytes) -> tuple[int, bytes]:
        """Status and body of the response."""
        response = self._http.request(method, path, content=content)
        return response.status_code, response.content
