"""What leadproof says of captures, in the words of a page: on the paste page there are no options, there are fields."""

from __future__ import annotations

import re

from leadproof.web.catalogue import Catalogue

#: Words for a terminal, as a pattern -> the name of the text that stands for them on the page. The first that fits is
#: taken.
PHRASES: dict[str, str] = {
    r"name it with --operation, such as --operation \w+": "choose",
    r"name the --operation": "choose",
    r"name the one that it is with --operation": "choose",
    r"(?:if it is a log, )?leadproof mapping suggest FILE writes (?:what --mapping needs|a first one"
    r"|a first mapping, and --mapping takes it)": "mapping",
    r"name a recording of a tool, or a body alone: leadproof validate --help says which are read": "kinds",
    r"the formats that are read are in leadproof validate --help": "kinds",
    r"newman run FILE --reporters json writes what happened, and validate reads that": "newman",
    r"(?<=, and )validate reads that": "reads_that",
    r"validate reads the mappings": "reads_mappings",
    r"leadproof diff compares (?:specifications|them)": "diff",
    r"leadproof report RUN shows it": "report",
    r"Name yours with --profile": "profile",
    r"name as --target where the note below says": "redirect",
    r"--rate sends slower": "throttled",
    r"set LEADPROOF_API_KEY or LEADPROOF_BEARER_TOKEN, and LEADPROOF_AUTH_SCHEME": "credentials",
    r"headers that it asks for stand under \[targets\.NAME\.headers\]": "headers",
    r"unpack it, and name the folder": "unpack",
    r"docs/captures\.md": "chapter",
}

_PATTERN = re.compile("|".join(f"({phrase})" for phrase in PHRASES))
_NAMES = tuple(PHRASES.values())


def on_page(text: str, t: Catalogue) -> str:
    """A message or hint, with what only fits a terminal in the words of the page.

    Args:
        text: As the command line says it.
        t: The texts.
    """
    return _PATTERN.sub(lambda found: t(f"hint.{_NAMES[(found.lastindex or 1) - 1]}"), text)
