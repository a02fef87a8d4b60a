"""What of a body was recorded: its content codings undone, and whether it is whole, cut off, encoded or left out."""

from __future__ import annotations

import zlib
from typing import NamedTuple

from leadproof.bodies import MAX_BODY, breaks_off
from leadproof.core.exchange import Gaps, Headers, Part, Recorded, gaps, header
from leadproof.core.text import count
from leadproof.http.codings import FOREIGN, KNOWN, OTHERS, TooLarge, decoded

#: First bytes of what is text for us: JSON, XML, white space.
_TEXT = b'{[<"tfn-0123456789 \t\r\n\xef'


class ReadBody(NamedTuple):
    """A body as a recording has it."""

    data: bytes = b""
    how: Recorded = Recorded.WHOLE
    #: What was wrong with the bytes that were sent, as a kind of finding; "" if nothing was.
    failure: str = ""
    #: What there is to say of it, behind "the body of response 3".
    words: str = ""

    def gaps(self, part: Part) -> Gaps:
        """The gap that it leaves as a part of an exchange."""
        return () if self.how is Recorded.WHOLE else gaps(part, how=self.how)


LEFT_OUT = ReadBody(how=Recorded.LEFT_OUT, words="was not saved")

_GZIP = b"\x1f\x8b"

#: Codings on top of each other; more than anybody needs are none.
_MOST_CODINGS = 3

#: Bytes that a recorder leaves of a body at least. Of fewer, a service that breaks off is as likely.
_FEWEST = 32


def plain(body: bytes, headers: Headers, *, whole: bool = False) -> ReadBody:
    """A body without its content codings, where a recorder left them on.

    A coding that cannot be undone is the sender's fault if all of it was recorded; else it may be the recorder's.

    Args:
        body: As it was recorded.
        headers: Those of its message.
        whole: Is it certain that every byte was recorded? A fitting Content-Length makes it so, too.
    """
    said = (header(headers, "content-encoding") or "").lower()
    whole = whole or announced(headers) == len(body)
    names = [one.strip() for one in said.split(",") if one.strip() not in ("", "identity")]
    if not headers and body.startswith(_GZIP):
        names = ["gzip"]  # what said so was left out
    for name in reversed(names):
        if not body or body[:1] in _TEXT:
            break  # taken off by the recorder, as most do
        try:
            if name in OTHERS:
                body = OTHERS[name](body)
                continue
            if name in FOREIGN:
                return ReadBody(how=Recorded.ENCODED, words=f"is packed with {name}, which is not unpacked here")
            if name not in KNOWN or len(names) > _MOST_CODINGS:
                raise zlib.error
            body = decoded(body, name)
        except TooLarge:
            return ReadBody(
                failure="encoding.too-large", words=f"becomes larger than {MAX_BODY} bytes when it is unpacked"
            )
        except (EOFError, zlib.error) as error:
            if whole:
                words = f"is no {name[:20]}, although Content-Encoding says so"
                return ReadBody(failure="encoding.invalid", words=words)
            if isinstance(error, EOFError):
                return ReadBody(how=Recorded.CUT, words=f"breaks off as {name[:20]}, and may have been cut off")
            return ReadBody(
                how=Recorded.ENCODED, words=f"is no {name[:20]}, and may have been changed when it was saved"
            )
    return ReadBody(body)


def announced(headers: Headers) -> int:
    """The length in bytes that the headers announce; -1 if they announce none."""
    said = (header(headers, "content-length") or "").strip()
    return int(said) if said.isascii() and said.isdigit() and len(said) < 12 else -1


def uncut(body: ReadBody, headers: Headers, *, size: float = -1) -> ReadBody:
    """The body, unless it was probably cut off: it breaks off at a length at which recorders do, or before its size.

    Args:
        body: Plain.
        headers: Those of its message.
        size: Bytes that it had, as the recorder says; -1 if it does not.
    """
    data = body.data
    said = announced(headers)
    if said == len(data) or not data or body.failure:
        return body
    packed = header(headers, "content-encoding")
    short = (
        size > len(data)
        or (said > len(data) and not packed)
        or is_round(len(data))
        or is_round(len(data.decode("utf-8", "ignore")))
    )
    if not short or not breaks_off(data):
        return body
    return ReadBody(how=Recorded.CUT, words=f"breaks off after {count(len(data), 'byte')}: it was probably cut off")


def is_round(length: int) -> bool:
    """Is it a length at which recorders cut, 2^n or 10^n, and not so few bytes that nobody would?"""
    return length >= _FEWEST and (not length & (length - 1) or str(length).rstrip("0") == "1")
