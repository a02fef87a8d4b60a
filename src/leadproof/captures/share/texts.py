"""Text in, text out: bodies, JSON lines, raw HTTP messages, logs and prose, read block by block.

A block is a document (JSON or XML, to where its brackets close), or a line: a header, a request line, or prose.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from leadproof.captures.share import left
from leadproof.core.exchange import Exchange, Request, Response
from leadproof.redact import Redactor
from leadproof.runs.evidence.rows import read_exchange

#: Characters of a document that are waited for; one that is longer is read in parts.
LONGEST = 4 << 20

_HEADER = re.compile(r"([<>*]?\s?)([A-Za-z0-9!#$%&'*+.^_`|~-]{1,60})(:[ \t]*)(.*)", re.DOTALL)
_REQUEST = re.compile(r"([<>*]?\s?(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS)\s+)(\S+)(\s+HTTP/[\d.]+\s*)")


def copy(lines: Iterable[str], redactor: Redactor, look: left.Look = left.ignore) -> Iterator[str]:
    """The redacted text of a file, block by block; `look` is told what a person should look at."""
    begin = 1  # the line at which a block begins
    for block, count in _blocks(lines):
        cleaned = _document(block, redactor) if _OPENING.match(block) else _line(block, redactor)
        look(None, left.of_text(cleaned, begin))
        yield cleaned
        begin += count


#: How a document begins, unlike a line such as `[INFO] …`, `<14>1 …` or `< HTTP/1.1 200 OK`.
_OPENING = re.compile(
    r"[\ufeff \t]*(?:\{|<[^\W\d]|<[?!/]"
    r"|\[\s*(?:[\[{\"]|\]?\s*$|(?:-?\d[\d.eE+-]*|true|false|null)\s*(?:,|\]?\s*$)))"
)


def _blocks(lines: Iterable[str]) -> Iterator[tuple[str, int]]:
    """Documents and lines, and how many lines each has."""
    held: list[str] = []
    size = 0
    for line in lines:
        if not held and not _OPENING.match(line):
            yield line, 1
            continue
        held.append(line)
        size += len(line)
        text = "".join(held)
        if size > LONGEST or (line.rstrip()[-1:] in ("}", "]", ">") and _closed(text)):
            yield text, len(held)
            held, size = [], 0
    if held:
        yield "".join(held), len(held)


def _document(text: str, redactor: Redactor) -> str:
    return _row(text, redactor) or redactor.document(text)


def _row(text: str, redactor: Redactor) -> str:
    """A line of an `exchanges.ndjson` with its messages redacted as messages; "" for any other document."""
    if not text.startswith("{") or '"headers"' not in text:
        return ""
    try:
        row = json.loads(text)
        exchange = read_exchange(row)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return ""
    redacted = redactor.exchange(exchange)
    row["origin"] = redacted.origin
    row["request"] |= {"target": redacted.request.target, **_message(redacted.request)}
    if redacted.response is not None:
        row["response"] |= _message(redacted.response)
    return json.dumps(row, separators=(",", ":")) + "\n"


def row_of(exchange: Exchange) -> dict[str, Any]:
    """A redacted exchange as a row of evidence, its bodies whole."""
    request, response = exchange.request, exchange.response
    unknown = {part.name.lower(): how for part, how in exchange.unknown}
    return {
        "origin": exchange.origin, "started": exchange.started, "elapsed": exchange.elapsed,
        "failure": exchange.failure,
        "request": {"method": request.method, "target": request.target, **_message(request)},
        "response": {"status": response.status, **_message(response)} if response else None,
        **({"unknown": unknown} if unknown else {}),
    }  # fmt: skip


def _message(message: Request | Response) -> dict[str, Any]:
    """Headers and body of a redacted message, as in a row."""
    headers = [list(pair) for pair in message.headers]
    try:
        return {"headers": headers, "body": message.body.decode("utf-8"), "body_encoding": "utf-8"}
    except UnicodeDecodeError:
        return {"headers": headers, "body": base64.b64encode(message.body).decode(), "body_encoding": "base64"}


def _closed(text: str) -> bool:
    """Is a document whole? Lines end in brackets often; only then is it asked."""
    bare = text.lstrip("\ufeff \t\r\n")
    if bare.startswith("<"):
        name = re.match(r"<(?:\?.*?\?>\s*)?(?:!--.*?-->\s*)?<?([\w:.-]+)", bare, re.DOTALL)
        return name is None or f"</{name[1]}" in bare or bare.rstrip().endswith("/>")
    try:
        json.loads(bare)
    except (ValueError, RecursionError):
        return False
    return True


def _line(line: str, redactor: Redactor) -> str:
    bare = line.rstrip("\r\n")
    end = line[len(bare) :]
    if found := _REQUEST.fullmatch(bare):
        return f"{found[1]}{redactor.target(found[2])}{found[3]}{end}"
    if found := _HEADER.fullmatch(bare):
        return f"{found[1]}{found[2]}{found[3]}{redactor.header(found[2], found[4])}{end}"
    return redactor.document(bare) + end
