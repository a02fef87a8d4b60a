"""Strings that whoever made a response or a run directory may have written, and what must not come of them."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import html
from test_reports import HOSTILE as REPORTS
from test_reports_html import HOSTILE as REPORT_PAGES
from test_reports_views import HOSTILE as VIEWS

#: The strings of all tests of reports, and what is special to pages that have scripts and forms.
HOSTILE: tuple[str, ...] = tuple(dict.fromkeys((
    *REPORT_PAGES, *REPORTS, *VIEWS.values(), "%0d%0aSet-Cookie: a=b", "' hx-get=/x hx-trigger=load '",
    '"><form action=//evil.example><button autofocus onfocus=alert(1)>', "<base href=//evil.example>",
    "</textarea></select></details><iframe srcdoc='<script>parent.hacked=1</script>'>",
    "<meta http-equiv=refresh content='0;url=//evil.example'>", "<math><a xlink:href=javascript:alert(1)>",
    "</title><style>*{display:none}</style>", "{% include '/etc/passwd' %}", "../../../../etc/passwd",
)))  # fmt: skip

#: Characters of a string that stands in every member of a document: a million of each would be no report any more.
MOST = 3000

#: Elements that no page has.
_NEVER = {"img", "iframe", "object", "embed", "base", "math", "audio", "video", "frame"}

_SCRIPTS = {"/static/htmx.min.js", "/static/page.js"}


def name_of(text: str) -> str:
    """A string as the name of a file, as much of it as one may have."""
    safe = text.replace("/", "\u2215").replace("\0", "\u2400").encode("utf-8", "replace")
    return safe[:120].decode("utf-8", "ignore")


def intruders(page: str) -> Iterator[str]:
    """What stands on a page and is not of it."""
    for one in html.document_fromstring(page).iter():
        if not isinstance(one.tag, str):
            continue
        if one.tag in _NEVER or (one.tag == "script" and one.get("src") not in _SCRIPTS):
            yield html.tostring(one, encoding="unicode")[:200]
        for name, value in one.attrib.items():
            address = name in ("href", "src", "action", "formaction", "hx-get", "hx-post", "xlink:href")
            inside = value.startswith(("/", "#", "data:,")) and not value.startswith("//")
            if (
                name.startswith("on")
                or (address and not inside and one.tag != "link")
                or (name, value) == ("hx-get", "/x")
            ):
                yield f"{one.tag} {name}={value[:200]}"
