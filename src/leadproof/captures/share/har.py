"""HAR in, HAR out: every string of every entry, structure and order kept, one entry in memory at a time (HAR 1.2).

Knows where in an entry messages stand; what in them is secret or personal is decided by the redactor.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

import ijson

from leadproof.captures.share import left
from leadproof.captures.values import from_base64, pairs
from leadproof.core.exchange import Exchange, Headers, Request, Response
from leadproof.redact import Redactor

#: Media types that nobody can look into; they are left out.
BINARY = ("image/", "font/", "audio/", "video/", "application/wasm", "application/pdf", "application/zip")

_REMOVED = "removed by leadproof redact: what is in it cannot be looked into"

#: Containers within containers; the deepest HAR has a dozen.
_DEEPEST = 100


class Broken(Exception):
    """The file breaks off, or is no JSON; what came before is given."""


def copy(file: BinaryIO, redactor: Redactor, look: left.Look = left.ignore) -> Iterator[str]:
    """The text of the redacted HAR, piece by piece; `look` is told what a person should look at.

    Raises:
        Broken: At the end, after the brackets that were open have been closed.
    """
    open_: list[str] = []  # the closing brackets that are due
    path: list[str] = []  # the keys that lead here
    first, key, broken, number = True, "", "", 0
    events = ijson.basic_parse(file, use_float=True)
    try:
        for event, value in events:
            if event == "map_key":
                key = value
                continue
            if event in ("end_map", "end_array"):
                yield ("\n" if path[-2:] == ["log", "entries"] else "") + open_.pop()
                path.pop()
                first = False
                continue
            lead = ("" if first else ",") + (f"{json.dumps(redactor.text(key))}:" if open_ and open_[-1] == "}" else "")
            if path[-2:] == ["log", "entries"]:
                made = entry(_whole(event, value, events), redactor)
                look(number + 1, left.of_value(made, f"/log/entries/{number}"))
                yield f"{lead}\n{_dumped(made)}"
                first, number = False, number + 1
            elif event in ("start_map", "start_array"):
                if len(path) > _DEEPEST:
                    raise ValueError(f"it is nested more than {_DEEPEST} levels deep")
                yield lead + ("{" if event == "start_map" else "[")
                open_.append("}" if event == "start_map" else "]")
                path.append(key)
                first, key = True, ""
            else:
                made = plain(key, value, redactor)
                look(None, left.of_value(made, "/".join(["", *(one or "*" for one in path[1:]), key]), key))
                yield lead + _dumped(made)
                first = False
    except (ijson.JSONError, ValueError) as error:
        said = error.args[0] if error.args else ""
        text = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
        broken = (
            "a byte sequence that is not UTF-8" if isinstance(error, UnicodeError) else text.partition("\n")[0][:200]
        )
    yield "".join(reversed(open_)) + "\n"
    if broken:
        raise Broken(broken)


def _whole(event: str, value: Any, events: Iterator[tuple[str, Any]]) -> Any:
    """The value that begins with this event."""
    if event not in ("start_map", "start_array"):
        return value
    root: Any = {} if event == "start_map" else []
    stack, key = [root], ""
    for event, value in events:
        if event == "map_key":
            key = value
            continue
        if event in ("end_map", "end_array"):
            stack.pop()
            if not stack:
                return root
            continue
        made: Any = {} if event == "start_map" else [] if event == "start_array" else value
        if isinstance(stack[-1], dict):
            stack[-1][key] = made
        else:
            stack[-1].append(made)
        if event in ("start_map", "start_array"):
            if len(stack) > _DEEPEST:
                raise ValueError(f"it is nested more than {_DEEPEST} levels deep")
            stack.append(made)
    raise ValueError("the file ends within an entry")


# ---- one entry -------------------------------------------------------------------------------------------------------


def entry(row: Any, redactor: Redactor) -> Any:
    """An entry without secrets and personal data; whatever is not where HAR wants it is treated as plain data."""
    if not isinstance(row, dict):
        return plain("", row, redactor)
    sent = row["request"] if isinstance(row.get("request"), dict) else {}
    came = row["response"] if isinstance(row.get("response"), dict) else {}
    asked, response_body = _body(sent.get("postData")), _body(came.get("content"))
    redacted = redactor.exchange(
        Exchange(
            Request("", "", _labels(sent, sent.get("postData")), asked or b""),
            Response(0, _labels(came, came.get("content")), response_body or b""),
        )
    )
    result = {**row}
    if sent:
        result["request"] = _message(sent, "postData", redacted.request.body if asked is not None else None, redactor)
    if came:
        body = redacted.response.body if redacted.response and response_body is not None else None
        result["response"] = _message(came, "content", body, redactor)
    return {
        redactor.text(name): value if name in ("request", "response") and isinstance(row[name], dict)
        else plain(name, value, redactor)
        for name, value in result.items()
    }  # fmt: skip


def _message(message: dict[str, Any], place: str, body: bytes | None, redactor: Redactor) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for name, value in message.items():
        if name == place and isinstance(value, dict):
            made[name] = _content(value, body, redactor)
        elif name == place and isinstance(value, str):
            made[name] = value if body is None else body.decode("utf-8", "surrogatepass")
        elif name in ("url", "redirectURL") and isinstance(value, str):
            made[name] = redactor.target(value) if name == "url" else redactor.header("location", value)
        elif name == "headers" and isinstance(value, dict):
            made[name] = {redactor.text(key): _header(key, one, redactor) for key, one in value.items()}
        elif name == "headers" and isinstance(value, list):
            made[name] = [_pair(one, redactor, value_of=_header) for one in value]
        elif name in ("queryString", "params") and isinstance(value, list):
            made[name] = [_pair(one, redactor) for one in value]
        elif name == "cookies" and isinstance(value, list):
            made[name] = [_pair(one, redactor, value_of=_cookie) for one in value]
        else:
            made[redactor.text(name)] = plain(name, value, redactor)
    return made


def _content(content: dict[str, Any], body: bytes | None, redactor: Redactor) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for name, value in content.items():
        if name == "text" and body is not None:
            coded = str(content.get("encoding") or "").lower() == "base64"
            made[name] = base64.b64encode(body).decode() if coded else body.decode("utf-8", "surrogatepass")
        elif name == "params" and isinstance(value, list):
            made[name] = [_pair(one, redactor) for one in value]
        elif name != "encoding":
            made[name] = plain(name, value, redactor)
        else:
            made[name] = value
    if body is None and content.get("text"):
        made["text"], made["comment"] = "", _REMOVED
    return made


def _parameter(name: str, value: Any, redactor: Redactor) -> Any:
    return redactor.parameter(name, value) if isinstance(value, str) else plain(name, value, redactor)


def _header(name: str, value: Any, redactor: Redactor) -> Any:
    return redactor.header(name, value) if isinstance(value, str) else plain(name, value, redactor)


def _cookie(name: str, value: Any, redactor: Redactor) -> Any:
    return _header("cookie", value, redactor)


def _pair(pair: Any, redactor: Redactor, *, value_of: Callable[[str, Any, Redactor], Any] = _parameter) -> Any:
    """A header, a parameter or a cookie: its value by its name, the rest as it is."""
    if not isinstance(pair, dict) or not isinstance(pair.get("name"), str):
        return plain("", pair, redactor)
    made = {key: plain(key, value, redactor) for key, value in pair.items()}
    if "value" in pair:
        made["value"] = value_of(pair["name"], pair["value"], redactor)
    return made


def plain(name: str, value: Any, redactor: Redactor) -> Any:
    """Data under a name, in depth: strings by the names above them, numbers and the rest as they are."""
    if isinstance(value, str):
        return redactor.value(name, value)
    if isinstance(value, dict):
        return {redactor.text(key): plain(key, sub, redactor) for key, sub in value.items()}
    return [plain(name, sub, redactor) for sub in value] if isinstance(value, list) else value


def _body(content: Any) -> bytes | None:
    """The bytes to look into; None where there are none, or none that anybody can look into."""
    text = content if isinstance(content, str) else content.get("text") if isinstance(content, dict) else None
    if not isinstance(text, str):
        return None
    if isinstance(content, dict):
        if str(content.get("mimeType") or "").lower().startswith(BINARY):
            return None
        if str(content.get("encoding") or "").lower() == "base64" and (decoded := from_base64(text)) is not None:
            return decoded
    return text.encode("utf-8", "surrogatepass")


def _labels(message: dict[str, Any], content: Any) -> Headers:
    """What a body is, and the headers that may tell of it; its encoding is gone already, unless it is in base64."""
    found = list(pairs(message.get("headers")))
    if not (isinstance(content, dict) and content.get("encoding")):
        found = [pair for pair in found if pair[0].lower() != "content-encoding"]
    if isinstance(content, dict) and not any(name.lower() == "content-type" for name, _ in found):
        found.append(("content-type", str(content.get("mimeType") or "")))
    return tuple(found)


def _dumped(value: Any) -> str:
    # ASCII, so that half a surrogate pair, which a body may hold, can be written at all.
    return json.dumps(value, separators=(",", ":"))
