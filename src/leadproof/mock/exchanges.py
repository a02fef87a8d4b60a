"""The last exchanges of a mock, for the control that gives them: kept from the first time that somebody asks.

A mock that nobody asks keeps none, and is no slower for it.
"""

from __future__ import annotations

import base64
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, NamedTuple

from leadproof.core.exchange import Headers, Request, Response, header
from leadproof.mock.engine.service import Engine

#: Exchanges that are kept at most, and bytes of bodies over all of them. The newest is kept whatever its size.
MOST, BYTES = 100, 4 * 1024 * 1024


class KeptExchange(NamedTuple):
    """One exchange; the time is the mock's own."""

    number: int
    started: float
    elapsed: float
    request: Request
    response: Response

    @property
    def size(self) -> int:
        """Bytes of both bodies."""
        return len(self.request.body) + len(self.response.body)


class ExchangeLog:
    """The last exchanges, within two caps."""

    def __init__(self) -> None:
        self._rows: deque[KeptExchange] = deque()
        self._bytes = 0
        #: Number of the last exchange; it goes on when all are forgotten.
        self.last = 0

    def add(self, started: float, ended: float, request: Request, response: Response) -> None:
        """Keep an exchange, and forget what there is no more room for."""
        self.last += 1
        row = KeptExchange(self.last, started, max(ended - started, 0.0), request, response)
        self._rows.append(row)
        self._bytes += row.size
        while len(self._rows) > MOST or (self._bytes > BYTES and len(self._rows) > 1):
            self._bytes -= self._rows.popleft().size

    def clear(self) -> None:
        """Forget all of them."""
        self._rows.clear()
        self._bytes = 0

    def har(self, after: int = 0) -> dict[str, Any]:
        """The exchanges after one of them as an HTTP archive (HAR 1.2), the oldest first.

        Args:
            after: Its number; 0 for all that are kept.
        """
        entries = [_entry(row) for row in self._rows if row.number > after]
        creator = {"name": "leadproof mock", "version": ""}
        return {"log": {"version": "1.2", "creator": creator, "_last": self.last, "entries": entries}}


class RememberingEngine(Engine):
    """The lead receiver with the log of its exchanges."""

    #: None until somebody asks for them.
    exchanges: ExchangeLog | None = None

    def remember(self) -> ExchangeLog:
        """The log, which is kept from now on."""
        if self.exchanges is None:
            self.exchanges = ExchangeLog()
        return self.exchanges

    def reset(self) -> None:
        """Forget everything, the exchanges too."""
        super().reset()
        if self.exchanges is not None:
            self.exchanges.clear()

    def logged(self, request: Request, respond: Callable[[Request], Response], log: ExchangeLog) -> Response:
        """The response to a request, which is kept with it."""
        now = self.world.clock.now
        started = now()
        response = respond(request)
        log.add(started, now(), request, response)
        return response


def _entry(row: KeptExchange) -> dict[str, Any]:
    request, response = row.request, row.response
    host = header(request.headers, "host") or "localhost"
    asked: dict[str, Any] = {
        "method": request.method, "url": f"http://{host}{request.target}", "httpVersion": "HTTP/1.1", "cookies": [],
        "headers": _pairs(request.headers), "queryString": [], "headersSize": -1, "bodySize": len(request.body),
    }  # fmt: skip
    if request.body:
        asked["postData"] = {"mimeType": header(request.headers, "content-type") or "", **_text(request.body)}
    told = response.headers
    if header(told, "content-length") is None:
        told = (*told, ("content-length", str(len(response.body))))
    content_type = header(told, "content-type") or ""
    return {
        "_number": row.number,
        "startedDateTime": datetime.fromtimestamp(row.started, UTC).isoformat(timespec="microseconds"),
        "time": row.elapsed * 1e3,
        "request": asked,
        "response": {
            "status": response.status, "statusText": "", "httpVersion": "HTTP/1.1", "cookies": [],
            "headers": _pairs(told), "redirectURL": "", "headersSize": -1, "bodySize": len(response.body),
            "content": {"size": len(response.body), "mimeType": content_type, **_text(response.body)},
        },
        "cache": {},
        "timings": {"send": 0, "wait": row.elapsed * 1e3, "receive": 0},
    }  # fmt: skip


def _pairs(headers: Headers) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in headers]


def _text(body: bytes) -> dict[str, str]:
    try:
        return {"text": body.decode("utf-8")}
    except UnicodeDecodeError:
        return {"text": base64.b64encode(body).decode("ascii"), "encoding": "base64"}
