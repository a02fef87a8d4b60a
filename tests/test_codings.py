"""Content codings undone: what is whole, what is cut off, what is none, and what is too much."""

from __future__ import annotations

import gzip
import zlib

import brotli
import pytest
import zstandard

from leadproof.bodies import MAX_BODY
from leadproof.captures.recorded import ReadBody, plain
from leadproof.core.exchange import Recorded
from leadproof.http.codings import OTHERS, TooLarge, decoded

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


# ---- codings that are not offered, in recordings of others -----------------------------------------------------------

PACK = {"br": lambda data: brotli.compress(data, quality=5), "zstd": zstandard.compress}


@pytest.mark.parametrize("name", OTHERS)
def test_a_recorded_body_in_another_coding_is_undone_under_the_cap(name: str) -> None:
    pack, headers = PACK[name], (("Content-Encoding", name),)

    assert OTHERS[name](pack(TEXT)) == TEXT
    assert plain(pack(TEXT), headers) == ReadBody(TEXT)
    assert plain(TEXT, headers) == ReadBody(TEXT)  # taken off by the recorder
    assert len(OTHERS[name](pack(b"0" * MAX_BODY))) == MAX_BODY
    for large in (pack(b"0" * (MAX_BODY + 1)), pack(b"0" * (1 << 27))):
        with pytest.raises(TooLarge):
            OTHERS[name](large)
    with pytest.raises(EOFError):
        OTHERS[name](pack(TEXT)[:-3])
    for wrong in (pack(TEXT) + b"more", b"\x8b\x02\x80" + b"\xf0" * 20):
        with pytest.raises(zlib.error):
            OTHERS[name](wrong)
        assert plain(wrong, headers).how is Recorded.ENCODED
        assert plain(wrong, headers, whole=True).failure == "encoding.invalid"


def test_frames_of_zstd_may_follow_one_another() -> None:
    assert OTHERS["zstd"](zstandard.compress(TEXT[:100]) + zstandard.compress(TEXT[100:])) == TEXT


@pytest.mark.parametrize("name", OTHERS)
def test_a_service_that_sends_what_was_not_offered_is_told(name: str) -> None:
    with pytest.raises(zlib.error, match="not offered"):
        decoded(PACK[name](TEXT), name)
