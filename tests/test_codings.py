"""Content codings undone: what is whole, what is cut off, what is none, and what is too much."""

from __future__ import annotations

import gzip
import zlib

import pytest

from leadproof.bodies import MAX_BODY
from leadproof.http.codings import TooLarge, decoded

TEXT = b'{"results": []}' * 50
RAW = zlib.compressobj(wbits=-15)
BARE = RAW.compress(TEXT) + RAW.flush()


@pytest.mark.parametrize(
    ("body", "coding"),
    [
        (TEXT, None),
        (TEXT, "identity"),
        (gzip.compress(TEXT), "gzip"),
        (gzip.compress(TEXT), "X-GZIP"),
        (gzip.compress(TEXT[:100]) + gzip.compress(TEXT[100:]), "gzip"),
        (zlib.compress(TEXT), "deflate"),
        (BARE, "deflate"),
        (gzip.compress(zlib.compress(TEXT)), "deflate, gzip"),
        (b"", "gzip"),
    ],
    ids=["none", "identity", "gzip", "x-gzip", "two gzip streams", "deflate", "bare deflate", "both", "empty"],
)
def test_a_coding_is_undone(body: bytes, coding: str | None) -> None:
    assert decoded(body, coding) == (TEXT if body else b"")


@pytest.mark.parametrize(
    ("body", "coding", "error"),
    [
        (gzip.compress(TEXT)[:-9], "gzip", EOFError),
        (TEXT, "gzip", zlib.error),
        (TEXT, "br", zlib.error),
        (TEXT, "gzip, gzip, gzip, gzip", zlib.error),
        (gzip.compress(bytes(MAX_BODY + 1)), "gzip", TooLarge),
        (gzip.compress(gzip.compress(bytes(MAX_BODY + 1))), "gzip, gzip", TooLarge),
    ],
    ids=["cut off", "no gzip", "not read here", "too many", "a bomb", "a bomb within"],
)
def test_what_is_no_whole_body_is_told_apart(body: bytes, coding: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        decoded(body, coding)
