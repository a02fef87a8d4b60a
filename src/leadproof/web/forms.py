"""A form that a browser sends with files (multipart/form-data), read in memory: nothing of it reaches a disk."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import ClientDisconnect, Request

#: Parts of a form.
_PARTS = 50


class TooLargeError(Exception):
    """There is more than the cap. What came after it was not kept."""


class BrokenFormError(Exception):
    """It is no form that a browser sends."""


@dataclass(slots=True)
class FormField:
    """A field of a form."""

    name: str = ""
    #: Of a file; None for a field.
    filename: str | None = None
    data: bytearray = field(default_factory=bytearray)


async def body(request: Request, most: int, passed: int) -> bytes:
    """The body of a request.

    Args:
        request: With its body unread.
        most: Bytes that are kept.
        passed: Bytes beyond those that are read and thrown away, so that a browser reads the refusal.

    Raises:
        TooLargeError: There is more.
        BrokenFormError: It breaks off.
    """
    announced = request.headers.get("content-length", "")
    refused = announced.isdecimal() and int(announced[:18]) > most
    pieces, size = list[bytes](), 0
    try:
        async for piece in request.stream():
            size += len(piece)
            refused = refused or size > most
            if refused:
                pieces.clear()
                if size > most + passed:
                    break
            else:
                pieces.append(piece)
    except ClientDisconnect:
        raise BrokenFormError from None
    if refused:
        raise TooLargeError
    return b"".join(pieces)


def parts(content_type: str, data: bytes) -> dict[str, FormField]:
    """The fields of a form, by their names; of two with the same name the last that holds something.

    Raises:
        BrokenFormError: It is no such form.
    """
    kind, options = parse_options_header(content_type)
    boundary = options.get(b"boundary")
    if kind != b"multipart/form-data" or not boundary:
        raise BrokenFormError
    reader = _Reader()
    try:
        parser = MultipartParser(boundary, reader.callbacks())
        parser.write(data)
        parser.finalize()
    except FormParserError:
        raise BrokenFormError from None
    found: dict[str, FormField] = {}
    for part in reader.parts:
        if part.data or part.name not in found:
            found[part.name] = part
    return found


class _Reader:
    """Takes what a parser meets."""

    def __init__(self) -> None:
        self.parts: list[FormField] = []
        self._name = self._value = b""

    def callbacks(self) -> Any:
        return {
            "on_part_begin": self._begin, "on_part_data": self._data, "on_header_field": self._field,
            "on_header_value": self._told, "on_header_end": self._header,
        }  # fmt: skip

    def _begin(self) -> None:
        if len(self.parts) >= _PARTS:
            raise BrokenFormError
        self.parts.append(FormField())

    def _data(self, data: bytes, start: int, end: int) -> None:
        self.parts[-1].data += data[start:end]

    def _field(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def _told(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _header(self) -> None:
        if self._name.lower() == b"content-disposition":
            _, options = parse_options_header(self._value)
            part = self.parts[-1]
            part.name = options.get(b"name", b"").decode("utf-8", "replace")
            if b"filename" in options:
                part.filename = options[b"filename"].decode("utf-8", "replace")
        self._name = self._value = b""
