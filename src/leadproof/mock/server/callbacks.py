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

    # To read the certificates that the system trusts takes longer than a call, and plain HTTP has no use for them.
    secure = callback.url.lower().startswith("https:")
    async with httpx.AsyncClient(timeout=TIMEOUT, trust_env=False, follow_redirects=False, verify=secure) as client:
        response = await client.post(callback.url, content=callback.body, headers=dict(callback.headers))
        return response.status_code
