"""Mistakes in reading the bytes of a response."""

from __future__ import annotations

import http.client
import json
import re
import socket
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from leadproof.suite.client.example import LeadClient, Received, Sale, Unknown
from leadproof.suite.client.mutants.model import mutant


@mutant("connection-closed-between")
class OneConnection(LeadClient):
    """One connection is opened, and used for ever."""

    wire: http.client.HTTPConnection | None = None

    def exchange(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Received:
        if self.wire is None:
            self.wire = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=10)
            self.wire.auto_open = 0
            self.wire.connect()
        try:
            self.wire.request(method, path, body, headers)
            response = self.wire.getresponse()
            return Received(response.status, dict(response.getheaders()), response.read())
        except (OSError, http.client.HTTPException) as error:
            raise Unknown("the connection is gone") from error
        finally:
            time.sleep(0.1)

    def __del__(self) -> None:
        if self.wire is not None:
            self.wire.close()


class _Raw(LeadClient):
    """Speaks HTTP by itself."""

    def exchange(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Received:
        address = urlsplit(self.url)
        lines = [
            f"{method} {path} HTTP/1.1",
            f"Host: {address.netloc}",
            f"Content-Length: {len(body)}",
            "Connection: close",
        ]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        with socket.create_connection((address.hostname, address.port), 10) as connection:
            connection.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
            head, _, content = self.receive(connection).partition(b"\r\n\r\n")
        status = int(head[9:12] or b"0")
        return Received(status, {}, content)

    def receive(self, connection: socket.socket) -> bytes:
        pieces = []
        while piece := connection.recv(65536):
            pieces.append(piece)
        return b"".join(pieces)


@mutant("response-in-drops")
class ReadsOnce(_Raw):
    """A response is read with one call."""

    def was_taken(self, sale: Sale) -> bool:
        return False

    def receive(self, connection: socket.socket) -> bytes:
        return connection.recv(65536)


@mutant("chunked")
class ChunksKept(_Raw):
    """Chunks of a body are not put together."""


@mutant("compressed")
class GzipKept(_Raw):
    """gzip is asked for and not read."""

    def exchange(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Received:
        return super().exchange(method, path, body, {**headers, "Accept-Encoding": "gzip"})


class _Reader(LeadClient):
    """Reads bodies in a way of its own."""

    def exchange(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Received:
        reply = super().exchange(method, path, body, headers)
        if reply.status_code != 200 or "duplicate" in path:
            return reply
        try:
            return reply._replace(content=json.dumps(self.understand(reply.content)).encode(), headers={})
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise Unknown("the response cannot be read") from error

    def understand(self, content: bytes) -> Any:
        return json.loads(content)


@mutant("unknown-members")
class StrictReader(_Reader):
    """Members that are not documented are refused."""

    known = frozenset((
        "requestId", "results", "willAccept", "orderId", "orderExpiresOn", "estimatedPayout", "campaignId", "response",
        "offers", "isValid", "responseType", "responseMessage", "leadId", "isPendingReview", "price",
    ))  # fmt: skip

    def understand(self, content: bytes) -> Any:
        value = super().understand(content)
        if set(value) - self.known:
            raise ValueError("an unknown member")
        return value


@mutant("member-order")
class PositionReader(_Reader):
    """Members are read by their position."""

    def understand(self, content: bytes) -> Any:
        value = super().understand(content)
        for result in value["results"]:
            first = next(iter(result))
            result["willAccept"] = result["isValid"] = result[first] if isinstance(result[first], bool) else False
        return value


@mutant("pretty-printed")
class TextReader(_Reader):
    """A response is searched for texts, as they stood in the sample."""

    def understand(self, content: bytes) -> Any:
        value = super().understand(content)
        for result in value["results"]:
            if "willAccept" in result:
                result["willAccept"] = b'"willAccept":true' in content
            else:
                result["isValid"] = b'"isValid":true' in content
        return value


@mutant("escaped-text")
class EscapesKept(_Reader):
    """Texts of a response are taken as they stand, escapes and all."""

    def understand(self, content: bytes) -> Any:
        return super().understand(content.replace(b"\\", b"\\\\"))


@mutant("decimal-numbers")
class NumbersAsText(LeadClient):
    """Numbers are compared as texts."""

    def is_valid_order(self, result: Mapping[str, Any]) -> bool:
        return super().is_valid_order({**result, "campaignId": None}) and str(result.get("campaignId")) == str(
            self.source.get("aid")
        )


@mutant("null-members")
class NullCrash(_Reader):
    """Texts that are null are taken for texts."""

    def understand(self, content: bytes) -> Any:
        value = super().understand(content)
        for result in value["results"]:
            result.get("responseMessage", result.get("response", "")).lower()
        return value


@mutant("absent-members")
class AbsentCrash(_Reader):
    """Every documented member is asked for."""

    def understand(self, content: bytes) -> Any:
        value = super().understand(content)
        for result in value["results"]:
            result["responseMessage" if "isValid" in result else "estimatedPayout"]
        return value


@mutant("byte-order-mark")
class MarkRefused(_Reader):
    """A byte order mark is no JSON."""

    def understand(self, content: bytes) -> Any:
        return json.loads(content.decode("utf-8"))


class _XmlText(LeadClient):
    """Searches XML for what it has to have in it."""

    #: Has to be found in every body.
    wanted: bytes = b""
    refused: bytes = b"\0never\0"

    def exchange(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Received:
        reply = super().exchange(method, path, body, headers)
        searched = "insert" in path and reply.status_code == 200
        if searched and (not re.search(self.wanted, reply.content) or self.refused in reply.content):
            raise Unknown("the response cannot be read")
        return reply


@mutant("xml-prefixes", "xml")
class PrefixWanted(_XmlText):
    """XML is searched for the prefixes of the sample."""

    wanted = rb"<d2p1:(PingResponse|PostResponse)"


@mutant("xml-comments", "xml")
class CommentStumbles(_XmlText):
    """XML is searched with patterns, comments and all."""

    wanted = rb"<RequestId>[^<]+</RequestId>"


@mutant("xml-cdata", "xml")
class CdataStumbles(_XmlText):
    """XML is searched with patterns that know no CDATA."""

    wanted = rb"<(WillAccept|IsValid)>true<"


@mutant("xml-nil", "xml")
class NilStumbles(_XmlText):
    """Elements that are nil are taken for texts."""

    refused = b":nil="


@mutant("xml-declaration", "xml")
class Utf8Only(_XmlText):
    """XML is taken for UTF-8, whatever it says."""

    wanted = rb"^\s*<"


@mutant("xml-serializer", "xml")
class OneNamespace(_XmlText):
    """Elements are looked for in one namespace."""

    wanted = rb"<(WillAccept|IsValid)>"
