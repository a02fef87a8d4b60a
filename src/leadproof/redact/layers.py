"""Encodings within text: what is hidden in percent, form, entity, JSON or base64 spelling is decoded, cleaned and
written again in the same spelling, layer by layer. Text whose layers hold nothing is returned as it was, byte for byte.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import json
import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from urllib.parse import quote, quote_plus, unquote, unquote_plus

from leadproof.core import lazy

Clean = Callable[[str], str]

_RUN = lazy.pattern(r"[^\s\"'<>&=?#;,{}\[\]\\]+")
_BASE64 = lazy.pattern(r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{6,}={0,2}(?![A-Za-z0-9+/_=-])")
_PART = lazy.pattern(r"[A-Za-z0-9]{6,}={0,2}")
_ENTITY = lazy.pattern(r"&(?:#\d{1,7}|#x[0-9A-Fa-f]{1,6}|\w{2,31});")
_ESCAPE = lazy.pattern(r"\\(?:u[0-9A-Fa-f]{4}|[\"\\/bfnrt])")
#: In running text a backslash before a placeholder ends a folder of a path.
_IN_TEXT = lazy.pattern(r"\\(?:u[0-9A-Fa-f]{4}|r(?!edacted)|[\"\\/bfnt])")


def peel(text: str, clean: Clean) -> str:
    """The text with `clean` applied to everything that is encoded in it."""
    if "\\" in text and _IN_TEXT.search(text):
        text = _escaped(text, clean)
    if "&" in text and _ENTITY.search(text):
        text = _entities(text, clean)
    if "%" in text or "+" in text:
        text = _RUN.sub(lambda match: _percent(match[0], clean), text)
    return _BASE64.sub(lambda match: _base64_run(match[0], clean), text)


def _percent(run: str, clean: Clean) -> str:
    form = "+" in run.strip("+")
    if not form and "%" not in run:
        return run
    # Bytes that are not UTF-8 are read as Latin-1, so that the names among them are still seen.
    plain = (unquote_plus if form else unquote)(run, errors="strict") if _is_utf8(run) else unquote(run, "latin-1")
    cleaned = clean(plain)
    if cleaned == plain:
        return run
    return (quote_plus if form else quote)(cleaned, safe="/:!$*()~", errors="replace")


def _is_utf8(run: str) -> bool:
    try:
        unquote(run, errors="strict")
    except UnicodeDecodeError:
        return False
    return True


def _entities(text: str, clean: Clean) -> str:
    plain = unescape_html(text)
    cleaned = clean(plain)
    return text if cleaned == plain else cleaned.translate(_IN_MARKUP)


#: Characters that stand for something else in XML and HTML, as they are written there. (`xml.sax.saxutils` has a
#: function for it, and brings half of the standard library along.)
_IN_MARKUP = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;"})


def _escaped(text: str, clean: Clean) -> str:
    plain = unescape_json(text, _IN_TEXT)
    cleaned = clean(plain)
    if cleaned == plain:
        return text
    written = json.dumps(cleaned)[1:-1]
    # A path of Windows is no JSON: its backslashes stay single ones.
    return written if "\\\\" in text else written.replace("\\\\", "\\")


def unescape_html(text: str) -> str:
    """The text with the character references of HTML and XML decoded."""
    if "&" not in text:
        return text
    import html  # a table of two thousand names

    return html.unescape(text)


def unescape_json(text: str, escape: re.Pattern[str] = _ESCAPE) -> str:
    """The text with the escapes of a JSON string decoded (RFC 8259, section 7), leniently."""
    if "\\" not in text:
        return text
    whole = escape.sub(lambda match: json.loads(f'"{match[0]}"'), text)
    # A pair of surrogate escapes is one character; half a pair stays what it is.
    return whole.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")


def _base64_run(run: str, clean: Clean) -> str:
    cleaned = _base64(run, clean)
    if cleaned == run and not run.rstrip("=").isalnum():
        # The separators may stand between words instead of in them: `/leads/am9obg==`.
        cleaned = _PART.sub(lambda match: _base64(match[0], clean), run)
    return cleaned


def _base64(run: str, clean: Clean) -> str:
    plain = _decoded(run)
    cleaned = None if plain is None else clean(plain)
    if cleaned is None or cleaned == plain:
        return run
    altchars = b"-_" if "-" in run or "_" in run else None
    coded = base64.b64encode(cleaned.encode("utf-8", "replace"), altchars=altchars).decode()
    return coded.rstrip("=") if len(run) % 4 else coded


def hidden(text: str) -> Iterator[str]:
    """The texts that `peel` decodes from base64 in a text."""
    for match in _BASE64.finditer(text):
        run = match[0]
        parts = [run] if run.rstrip("=").isalnum() else [run, *_PART.findall(run)]
        yield from (plain for part in parts if (plain := _decoded(part)))


#: First characters of what begins with a control character or in the middle of one of UTF-8.
_NO_TEXT = lazy.pattern("[ABE-Hg-v]")
#: The alphabet for URLs (RFC 4648, section 5).
_OTHER = str.maketrans("-_", "+/")


def decoded(run: str) -> str:
    """The text in a run of base64; empty for what is none."""
    return _decoded(run) or ""


@lru_cache(4096)
def _decoded(run: str) -> str | None:
    """The text in a run of base64; None for what is none. Every longer word is asked about, and words come again."""
    bare = run.rstrip("=")
    if len(bare) % 4 == 1 or _NO_TEXT.match(bare):
        return None
    padded = bare.translate(_OTHER) + "=" * (-len(bare) % 4)
    try:
        plain = binascii.a2b_base64(padded, strict_mode=True).decode("utf-8")
    except (binascii.Error, ValueError):
        return None
    readable = plain.isprintable() or plain.replace("\r", "").replace("\n", "").replace("\t", "").isprintable()
    return plain if readable else None


#: Where a JSON object, or a list of them, may begin in a line; no more of them are tried.
_DOCUMENT = lazy.pattern(r"(?:\[\s*)?\{\s*\"")
_TRIED = 8
_DECODER = json.JSONDecoder()


def document_in(text: str) -> tuple[int, int] | None:
    """Where in a text, behind a date or the name of a container, a JSON document stands; None if none does."""
    for tried, found in enumerate(_DOCUMENT.finditer(text)):
        if tried == _TRIED:
            return None
        with contextlib.suppress(ValueError, RecursionError):
            return found.start(), _DECODER.raw_decode(text, found.start())[1]
    return None


def is_json(text: str) -> bool:
    """Is a text a JSON object or array?"""
    try:
        return isinstance(json.loads(text), dict | list)
    except (ValueError, RecursionError):
        return False
