"""The call to a returnURL, made."""

from __future__ import annotations

from leadproof.mock.engine.callbacks import Callback

#: Seconds that one call may take.
TIMEOUT = 10.0


async def send_callback(callback: Callback) -> int:
    """Make one call to a returnURL; the status of what came back. Redirects are not followed.

    Raises:
        httpx.HTTPError: The call could not be made, or took too long.
    """
    import httpx  # heavy, and most mocks never call anybody

    async with httpx.AsyncClient(timeout=TIMEOUT, trust_env=False, follow_redirects=False) as client:
        response = await client.post(callback.url, content=callback.body, headers=dict(callback.headers))
        return response.status_code
