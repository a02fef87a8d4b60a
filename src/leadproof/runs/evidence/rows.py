"""The NDJSON form of an exchange: to a row and back. Bodies are text where they are UTF-8, else base64, and are cut."""

from __future__ import annotations

import base64
import binascii
import gzip
import hashlib
import json
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from leadproof.core.errors import InputError
from leadproof.core.exchange import Exchange, Gaps, Part, Recorded, Request, Response
from leadproof.runs.evidence.files import EXCHANGES
from leadproof.runs.evidence.series import parts

#: Bytes of a body that are kept, after redaction.
BODY_CAP = 64 * 1024


def exchange_row(number: int, exchange: Exchange, *, original: Exchange | None = None) -> dict[str, Any]:
    """The NDJSON form of an exchange, bodies cut at `BODY_CAP`.

    Args:
        number: Its number in the run.
        exchange: The redacted exchange.
        original: The exchange as it was, for the length of its bodies.
    """
    source = original or exchange
    request, response = exchange.request, exchange.response
    row: dict[str, Any] = {
        "n": number,
        "origin": exchange.origin,
        "operation": exchange.operation,
        "intent": exchange.intent,
        "started": exchange.started,
        "elapsed": exchange.elapsed,
        "failure": exchange.failure,
        "request": {
            "method": request.method,
            "target": request.target,
            "headers": [list(pair) for pair in request.headers],
            **_body(request.body, len(source.request.body)),
        },
        "response": None,
    }
    if response is not None:
        length = len(source.response.body) if source.response is not None else len(response.body)
        row["response"] = {
            "status": response.status,
            "headers": [list(pair) for pair in response.headers],
            **_body(response.body, length),
        }
    if exchange.unknown:
        row["unknown"] = {part.name.lower(): how for part, how in exchange.unknown}
    return row


def read_exchanges(path: Path) -> Iterator[Exchange]:
    """The exchanges of a run directory or of an `exchanges.ndjson`, in the order written.

    A last line that is not whole is what a killed run leaves: it is left out.

    Raises:
        InputError: The file cannot be read, or another line than the last is broken.
    """
    for file in (parts(path, EXCHANGES) or [path / f"{EXCHANGES}.ndjson"]) if path.is_dir() else [path]:
        yield from _exchanges_of(file)


def _exchanges_of(file: Path) -> Iterator[Exchange]:
    try:
        with gzip.open(file, "rb") if file.suffix == ".gz" else file.open("rb") as lines:
            broken: tuple[int, str] | None = None
            for number, line in enumerate(lines, 1):
                if broken:
                    raise InputError(
                        f"{file}, line {broken[0]}: {broken[1]}",
                        hint="Only the last line of a killed run may be broken; this file was changed afterwards.",
                    )
                if not line.strip():
                    continue
                try:
                    yield read_exchange(json.loads(line))
                except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
                    if not line.endswith(b"\n"):
                        return  # what is written at this moment may grow while it is read
                    broken = number, f"not an exchange ({type(error).__name__}: {error})"
    except (OSError, EOFError, zlib.error) as error:
        words = getattr(error, "strerror", None) or error
        raise InputError(f"{file}: {words}", hint="Give a run directory or its exchanges.ndjson.") from error


def _body(body: bytes, original_length: int) -> dict[str, Any]:
    """A redacted body as text where it is UTF-8, else in base64. The hash is that of the redacted body before it was
    cut: a hash of the original would let somebody who guesses a value in it confirm the guess.
    """
    kept = body[:BODY_CAP]
    try:
        row: dict[str, Any] = {"body": kept.decode("utf-8"), "body_encoding": "utf-8"}
    except UnicodeDecodeError as error:
        if len(body) > BODY_CAP and error.start >= len(kept) - 3:  # the cut went through a character
            kept = kept[: error.start]
            row = {"body": kept.decode("utf-8"), "body_encoding": "utf-8"}
        else:
            row = {"body": base64.b64encode(kept).decode("ascii"), "body_encoding": "base64"}
    if len(kept) < len(body) or original_length != len(body):
        row["body_length"] = original_length
    if len(kept) < len(body):
        row["body_cut"] = {"kept": len(kept), "of": len(body), "sha256": hashlib.sha256(body).hexdigest()}
    return row


def read_exchange(row: Mapping[str, Any]) -> Exchange:
    """The exchange of a row, with as much of its bodies as was kept."""
    request, response = row["request"], row.get("response")
    return Exchange(
        request=Request(str(request["method"]), str(request["target"]), _headers(request), read_body(request)),
        response=None
        if response is None
        else Response(int(response["status"]), _headers(response), read_body(response)),
        operation=row.get("operation"),
        origin=str(row.get("origin", "")),
        intent=str(row.get("intent", "")),
        started=float(row.get("started", 0.0)),
        elapsed=float(row.get("elapsed", 0.0)),
        failure=str(row.get("failure", "")),
        unknown=read_gaps(row.get("unknown", {})),
    )


def read_gaps(row: Mapping[str, Any]) -> Gaps:
    """What was not recorded, as a row has it.

    Raises:
        AttributeError, KeyError, ValueError: It is none.
    """
    return tuple((Part[str(part).upper()], Recorded(how)) for part, how in row.items())


def _headers(message: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    return tuple((str(name), str(value)) for name, value in message.get("headers", ()))


def read_body(message: Mapping[str, Any]) -> bytes:
    """The kept bytes of a message's body."""
    text = message.get("body") or ""
    if message.get("body_encoding") == "base64":
        try:
            return base64.b64decode(text, validate=True)
        except binascii.Error as error:
            raise ValueError(f"its body is no base64: {error}") from error
    return str(text).encode("utf-8", "surrogatepass")
