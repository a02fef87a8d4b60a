"""What a report shows of the exchange that a finding was made in."""

from __future__ import annotations

from leadproof.core.excerpts import curl, excerpt
from leadproof.core.exchange import Exchange, Response
from leadproof.redact import Redactor


def excerpts(redactor: Redactor, raw: Exchange | None, other: Exchange | None = None) -> dict[str, str]:
    """Request, response, the response that it was compared with, and a command to repeat the request; redacted,
    short enough for a report.
    """
    if raw is None:
        return {}
    exchange = redactor.exchange(raw)
    request, response = exchange.request, exchange.response
    evidence = {}
    if request.method:
        head = "".join(f"{name}: {value}\n" for name, value in request.headers)
        evidence["request"] = f"{request.method} {request.target}\n{head}\n{excerpt(request.body)}"
        evidence["curl"] = curl(request.method, request.target, request.headers, request.body)
    if response is not None:
        evidence["response"] = _text(response)
    if other is not None:
        twin = redactor.exchange(other).response
        if twin is not None:
            evidence["twin"] = _text(twin)
    return evidence


def _text(response: Response) -> str:
    head = "".join(f"{name}: {value}\n" for name, value in response.headers)
    return f"{response.status}\n{head}\n{excerpt(response.body)}"
