"""Names of people in running text, by what stands before them: "Agent: Ann Lee", "Dear Ann Lee", "Dr. Lee".

And the folders of people's homes in paths. Which words are names nobody can tell; only capitals and position speak.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from leadproof.core import lazy
from leadproof.core.names import CONTRACT_WORDS, words
from leadproof.redact.placeholders import MARKER

_LABELS = (
    "agent|assigned to|assignee|caller|customer|consumer|client name|contact|contact person|applicant|borrower"
    "|lead name|name|full name|first name|last name|owner|rep|representative|spouse|buyer|seller|signed by"
    "|on behalf of|from|to"
    "|cliente|nombre|agente|contacto|nom|prénom|conseiller|kunde|kundin|ansprechpartner|berater|nome|имя|клиент|агент"
    "|姓名|客户|客戶|联系人|担当|氏名"
)
_TITLES = (
    "mr|mrs|ms|miss|mx|dr|prof|herr|frau|señora?|senora?|sra?|srta|mme|mlle|monsieur|madame|signora?|sig|dear|hello|hi"
    "|hola|hallo|liebe|lieber|sehr geehrter?|estimad[oa]|cher|chère|bonjour|thank you,?|thanks,?|ciao|olá|prezad[oa]"
    "|agent|caller|customer|consumer|applicant|named|name is|my name is|speak with|speaks with|spoke with|spoke to"
    "|ask for|assigned to"
)
_WORD = r"[^\W\d_][^\W\d_]*(?:['\u2019.-][^\W\d_]+)*"
_RUN = rf"{_WORD}(?:\.?[ \u00a0]{_WORD}){{0,4}}"
_LABELLED = lazy.pattern(rf"(?<![\w-])(?:{_LABELS})\s{{0,3}}[:\uff1a=]\s{{0,3}}(?P<name>{_RUN})", re.IGNORECASE)
_TITLED = lazy.pattern(rf"(?<![\w-])(?:{_TITLES})\.?[ \u00a0]{{1,3}}(?P<name>{_RUN})", re.IGNORECASE)
#: The first words of labels and titles, where they are spelled in ASCII: a text without any of them holds no name.
_WORDS = re.compile(r"[a-z]+")
_CUES = frozenset(
    word
    for cue in f"{_LABELS}|{_TITLES}|sr|senor|signor|estimado|estimada|prezado|prezada".split("|")
    for word in {cue, cue.replace("?", ""), re.sub(".[?]", "", cue)}
    for word in _WORDS.findall(word)[:1]
)
#: Between a first and a last name, never at the end.
_PARTICLES = words("de del della di da dos das la le van von der den ten ter zu bin ibn al el y e")
_NO_NAMES = CONTRACT_WORDS | words(
    "agent all applicant available buyer buyers caller client consumer contact customer customers everyone homeowner i"
    " insurance madam member miss monday mr mrs ms no not partner sales seller service sir solar subscriber support"
    " team the this tuesday unavailable user valued via we wednesday you your zip ping post get put delete"
    " application bearer basic json utf charset int str bool object array nil"
)
_HOME = lazy.pattern(
    r"(?P<before>(?:\b[A-Za-z]:[\\/]{1,4}(?:Users|Documents and Settings)[\\/]{1,4}|(?<!\w)/(?:home|Users)/))"
    r"(?P<name>[^\\/\s\"'<>|?*:%][^\\/\"'<>|?*:%\r\n]{0,63})(?=[\\/]|$)"
)
_NOBODY = words("public default all shared runner root user guest administrator")

Found = Callable[[str], str]


def replaced(text: str, name: Found) -> str:
    """The text with names of people replaced.

    Args:
        text: Running text.
        name: Gives what stands in for a name.
    """
    if not text.isascii() or not _CUES.isdisjoint(_WORDS.findall(text.lower())):
        for pattern in (_LABELLED, _TITLED):
            text = pattern.sub(lambda match: _decided(match, name), text)
    if "/" not in text and "\\" not in text:
        return text
    return _HOME.sub(lambda match: match["before"] + _folder(match["name"], name), text)


def _decided(match: re.Match[str], name: Found) -> str:
    said = match["name"]
    length = len(name_at(said))
    if not length:
        return match[0]
    start = match.start("name") - match.start()
    return match[0][:start] + name(said[:length]) + match[0][start + length :]


def name_at(run: str) -> str:
    """The name that a run of words begins with: words with capitals (or of a script without), "" for none."""
    end = last = 0
    for word in re.finditer(_WORD, run):
        if MARKER.match(word[0]):
            break
        if word[0].casefold() in _NO_NAMES:
            break
        if not word[0][0].islower():
            last = word.end()
        elif word[0] not in _PARTICLES or not last:
            break
        end = word.end()
    return run[:last] if end else ""


def is_name(text: str) -> bool:
    """Is a text as a whole two to four words that look like a name?"""
    found = name_at(text)
    return found == text and 2 <= len(re.findall(_WORD, text)) <= 4 and bool(re.fullmatch(_RUN, text))


def _folder(owner: str, name: Found) -> str:
    return owner if owner.casefold() in _NOBODY or MARKER.search(owner) else name(owner)
