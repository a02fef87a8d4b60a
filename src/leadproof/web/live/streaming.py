"""Server-sent events: the parts of a page that are new, for as long as somebody listens.

https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Mapping

import orjson
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from leadproof.web.live.watching import Watcher, Watchers

#: Seconds after which something is sent in any case.
_HEARTBEAT = 10.0

#: Seconds that a browser has to take what it is sent; one that does not is gone, or stands still.
_PATIENCE = 30.0


class EventStream(Response):
    """What a watcher sees, sent as events `parts` (a JSON object of names and HTML) and, at last, `over`."""

    media_type = "text/event-stream"

    def __init__(self, watcher: Watcher, watchers: Watchers) -> None:
        super().__init__()
        self._watcher, self._watchers = watcher, watchers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One browser, until it goes or nothing more comes (ASGI 3.0)."""
        headers = [(b"content-type", b"text/event-stream"), (b"x-accel-buffering", b"no")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        gone, news, loop = asyncio.ensure_future(_disconnected(receive)), asyncio.Event(), asyncio.get_running_loop()
        gone.add_done_callback(lambda _: news.set())

        def tell() -> None:
            with contextlib.suppress(RuntimeError):  # the server has ended meanwhile
                loop.call_soon_threadsafe(news.set)

        self._watchers.browsers += 1
        try:
            with contextlib.suppress(TimeoutError), self._watcher.notifying(tell):
                await self._tell(send, gone, news)
        finally:
            self._watchers.browsers -= 1
            gone.cancel()

    async def _tell(self, send: Send, gone: asyncio.Future[None], news: asyncio.Event) -> None:
        version, told = 0, time.monotonic()
        while not gone.done():
            news.clear()
            # Asked before the last is read. If the run goes on, the browser asks again, and gets another watcher.
            ended = self._watcher.ended
            snapshot = self._watcher.look()
            content = b""
            if snapshot.version > version:
                content = event("parts", snapshot.since(version))
                version = snapshot.version
            elif time.monotonic() - told >= _HEARTBEAT:
                content = b": still here\n\n"
            if snapshot.over:
                content += event("over", {})
            ended = ended or snapshot.over
            if content or ended:
                told = time.monotonic()
                message = {"type": "http.response.body", "body": content, "more_body": not ended}
                await asyncio.wait_for(send(message), _PATIENCE)
            if ended:
                return
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(news.wait(), _HEARTBEAT)


def event(name: str, data: Mapping[str, str]) -> bytes:
    """An event; JSON has no line ends in it."""
    return b"event: " + name.encode() + b"\ndata: " + orjson.dumps(data) + b"\n\n"


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
