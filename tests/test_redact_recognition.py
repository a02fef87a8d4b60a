"""What is personal is recognised by form, name and position, wherever it stands; the rest stays as it is.

The cases are the lines of `data/redact/`: what stands in ⟦ ⟧ has to go, everything around it stays.
"""

from __future__ import annotations

import base64
import json
import re
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote
from xml.sax.saxutils import escape

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from leadproof.contract import profile as profiles
from leadproof.contract.profile.writing import write
from leadproof.core.exchange import Exchange, Request, Response
from leadproof.core.names import Kind, field_kind
from leadproof.judge import Judge
from leadproof.redact import Redactor

CASES = Path(__file__).parent / "data" / "redact"
_MARKED = re.compile("⟦(.*?)⟧")


def header_line(line: str, redactor: Redactor) -> str:
    name, value = line.split(": ", 1)
    return f"{name}: {redactor.header(name, value)}"


#: File of cases -> what its lines are.
FORMS: dict[str, Callable[[str, Redactor], str]] = {
    "text": lambda line, redactor: redactor.text(line),
    "stays": lambda line, redactor: redactor.text(line),
    "documents": lambda line, redactor: redactor.document(line),
    "headers": header_line,
}


def cases() -> list[tuple[str, str]]:
    return [(form, line) for form in FORMS for line in (CASES / f"{form}.txt").read_text("utf-8").splitlines()]


@pytest.mark.parametrize(("form", "line"), cases())
def test_what_is_marked_goes_and_the_rest_stays(form: str, line: str) -> None:
    redactor = Redactor()
    around = "(.*)".join(map(re.escape, _MARKED.split(line)[::2]))

    cleaned = FORMS[form](_MARKED.sub(r"\1", line), redactor)

    kept = re.fullmatch(around, cleaned, re.DOTALL) or re.fullmatch(around, unescaped(cleaned), re.DOTALL)
    assert kept, cleaned
    for value, stands in zip(_MARKED.findall(line), kept.groups(), strict=True):
        assert stands
        assert stands.casefold() != value.casefold()
        assert [word for word in words(value) if word in stands.casefold()] == [], cleaned
    assert FORMS[form](cleaned, redactor) == cleaned


def words(value: str) -> list[str]:
    """The words of a value, and its digits as one; without those that placeholders are made of."""
    bare = re.sub(r"\W", "", value)
    found = [bare] if bare.isdecimal() else re.findall(r"[^\W_]{3,}", value.casefold())
    return [word for word in found if word not in ("mail", "example", "2001", "db8")]


def unescaped(text: str) -> str:
    return re.sub(r"\\u([0-9a-f]{4})", lambda code: chr(int(code[1], 16)), text)


def exchange(fields: dict[str, Any], response: Any, **headers: str) -> Exchange:
    sent = {"source": {"vid": 1001, "lid": 2001, "sendDelay": 0}, "leads": [{"properties": {}, "fields": fields}]}
    return Exchange(
        Request("POST", "/v2/insert/general", (("content-type", "application/json"),), json.dumps(sent).encode()),
        Response(200, tuple(headers.items()), json.dumps(response).encode()),
        "create_lead",
    )


def said(one: Exchange) -> str:
    """What an exchange says, as one text."""
    assert one.response is not None
    heads = "\n".join(map(": ".join, (*one.request.headers, *one.response.headers)))
    return unescaped(f"{one.request.target}\n{heads}\n{one.request.body.decode()}\n{one.response.body.decode()}")


@pytest.mark.parametrize(
    ("field", "value", "echoes"),
    [
        ("FirstName", "Zebulon", ["ZEBULON", "zebulon"]),
        ("LastName", "Müller", ["Mueller", "Muller", "MÜLLER", "Mu\u0308ller"]),
        ("LastName", "O\u2019Rourke", ["O\u2019Rourke", "O\u2019ROURKE"]),
        ("姓名", "王小明", ["王小明"]),
        ("氏名", "佐藤花子", ["佐藤花子"]),
        ("Phone", "+442079460958", ["020 7946 0958", "02079460958", "2079460958", "0044 20 7946 0958"]),
        ("Phone", "+4930901820", ["030 901820", "030/901820", "030901820", "(030) 90 18 20"]),
        ("Phone", "(212) 736-5000", ["212/736.5000", "2-1-2-7-3-6-5-0-0-0", "12127365000"]),
        ("Card", "4111 1111 1111 1111", ["4111111111111111", "4111-1111-1111-1111"]),
    ],
)
def test_a_field_is_found_in_other_spellings(field: str, value: str, echoes: list[str]) -> None:
    for echo in echoes:
        response = {
            "responseMessage": f"so {echo}, it is", "message": f"客户{echo}已提交" if echo[0] > "\u3000" else echo,
            "redirectURL": f"https://x.example/{quote(echo, safe='')}?q={quote(echo)}",
        }  # fmt: skip

        text = unquote(said(Redactor().exchange(exchange({field: value}, response))))

        assert echo.casefold() not in text.casefold(), echo


def test_what_a_token_says_of_a_person_is_not_echoed_either() -> None:
    claims = {"given_name": "Zebulon", "name": "Zebulon Quarrington", "email": "zeb@mail.example"}
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")

    text = said(
        Redactor().exchange(
            exchange(
                {}, {"message": "Quarrington is logged in", "claims": payload}, Authorization=f"Bearer eyJh.{payload}.x"
            )
        )
    )

    assert payload not in text
    assert not re.search("zebulon|quarrington|zeb@", text, re.IGNORECASE)


def test_a_documented_id_stays_unless_it_is_a_personal_value() -> None:
    ids = {"leadId": 2127365000, "orderId": "5500005555555559", "campaignId": 4111111111111111, "price": 212736.5}

    kept = Redactor().exchange(exchange({}, {"results": [ids]}))
    equal = Redactor().exchange(exchange({"Phone": "(212) 736-5000"}, {"results": [ids]}))

    assert kept.response is not None
    assert json.loads(kept.response.body) == {"results": [ids]}
    assert equal.response is not None
    changed = json.loads(equal.response.body)["results"][0]
    assert {name for name in ids if changed[name] != ids[name]} == {"leadId"}


@pytest.mark.parametrize(
    "header",
    [
        "User-Agent: crm (⟦Ottilie⟧)", "User-Agent: ⟦KRZYKOWSKI⟧/1.0", "Server: box (847) 555-⟦0166⟧",
        "Via: 1.1 proxy (⟦ottilie⟧)", "X-Served-By: ⟦krzykowski⟧-laptop", "X-Powered-By: ⟦Ottilie⟧%2C crm",
        "X-Request-Id: ann.smith-⟦8475550166⟧", "X-Correlation-Id: ⟦ottilie⟧-1", "Accept: text/html; x=⟦8475550166⟧",
        'If-None-Match: W/"⟦8475550166⟧"', "X-Cache: HIT of ⟦Ottilie⟧",
        "Content-Length: 250000", "Age: 60601", "Connection: keep-alive", "Content-Type: text/html; charset=utf-8",
        "X-Request-Id: 929f4d31-5576-abed-ae9b-606d94a475e2", "Date: Thu, 26 Nov 2026 10:00:00 GMT",
        "User-Agent: Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/131.0.6778.86 Safari/537.36",
    ],
)  # fmt: skip
def test_what_a_lead_holds_goes_from_headers_of_the_protocol_too(header: str) -> None:
    fields = {
        "FirstName": "Ottilie", "LastName": "Krzykowski", "Phone": "8475550166", "Zip": "60601", "LoanAmount": "250000",
        "SpouseName": "Abed", "Nickname": "Keep", "Platform": "Windows",
    }  # fmt: skip
    name, value = _MARKED.sub(r"\1", header).split(": ", 1)
    sent = exchange(fields, {}, **{name: value})

    safe = Redactor().exchange(sent).response

    assert safe is not None
    cleaned = f"{name}: {dict(safe.headers)[name]}"
    gone = _MARKED.findall(header)
    assert (cleaned != f"{name}: {value}") == bool(gone)
    assert [one for one in gone if one.casefold() in cleaned.casefold()] == []


# ---- what the posting profile says ----------------------------------------------------------------------------------


def said_impersonal(*names: str) -> profiles.Profile:
    """The shipped profile with fields that are said to hold no personal data."""
    shipped = profiles.load()
    kinds = [
        replace(kind, fields=tuple(replace(one, personal=False) if one.name in names else one for one in kind.fields))
        for kind in shipped.lead_types
    ]
    return replace(shipped, lead_types=tuple(kinds))


def test_a_field_that_is_said_to_be_impersonal_stays_readable_and_is_held_to_the_profile() -> None:
    posting = said_impersonal("City", "VehicleMake")
    long_ = "Long Beach " * 9
    sent = exchange({"FirstName": "Zebulon", "City": long_, "VehicleMake": "Quarry Motors, call 212-736-5000"}, {})

    safe = Redactor.of(posting).exchange(sent)

    fields = json.loads(safe.request.body)["leads"][0]["fields"]
    assert fields["City"] == long_
    assert fields["VehicleMake"].startswith("Quarry Motors, call ")
    assert "736-5000" not in fields["VehicleMake"]
    found = [
        sorted(
            (one.kind, one.pointer)
            for one in Judge(profile=posting, captured=True).judge(side).observations
            if one.pointer.endswith("City")
        )
        for side in (sent, safe)
    ]
    assert found[0] == found[1] != []


def test_a_profile_says_so_in_its_file() -> None:
    text = write(said_impersonal("City"))

    assert "personal = false" in text
    assert profiles.parse(text).impersonal_fields == {"City"}


# ---- any name, any nesting -------------------------------------------------------------------------------------------

#: Letters that no name of a member, no placeholder and no word of the documents is made of.
#: Six of them at least: shorter secrets are not looked for elsewhere, since too much looks like them.
VALUES = st.text("ƔɅɊƷɸʘ", min_size=6, max_size=12).map(str.capitalize)
NAMES = st.text(st.characters(categories=("L", "Nd")), min_size=1, max_size=12)
PLACES = st.recursive(
    st.just("⟦"),
    lambda inner: st.lists(inner, min_size=1, max_size=3) | st.dictionaries(NAMES, inner, min_size=1, max_size=3),
    max_leaves=6,
)


def filled(place: Any, value: str) -> Any:
    if isinstance(place, dict):
        return {name: filled(sub, value) for name, sub in place.items()}
    return [filled(sub, value) for sub in place] if isinstance(place, list) else value


@settings(max_examples=100, deadline=None)
@given(NAMES, PLACES, PLACES, VALUES)
@example("FAX", "⟦", "⟦", "Ɣɣɣɣɣ")  # words in the field of a number
@example("mail", "⟦", "⟦", "Ɣɣɣɣɣ")
@example("USERAGENT", "⟦", "⟦", "Ɣɣɣɣɣ")
def test_a_value_goes_under_any_name_at_any_depth(name: str, place: Any, echoed: Any, value: str) -> None:
    assume(value.casefold() not in repr((name, place, echoed)).casefold())
    assume(not any(field_kind(part) is Kind.PUBLIC for part in [name, *re.findall(r"\w+", repr(place))]))
    sent = exchange({name: filled(place, value)}, filled(echoed, f"so {value} it is"))

    safe = Redactor().exchange(sent)

    plain = unicodedata.normalize("NFC", said(safe)).casefold()
    assert value.casefold() not in plain


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(["Lead", "Contact", "a", "b-c", "d.e", "имя"]), max_size=5), VALUES)
def test_and_in_xml(path: list[str], value: str) -> None:
    inner = escape(value)
    for name in reversed(path):
        inner = f"<{name}>{inner}</{name}>"
    body = f"<Leads vid='1'><Lead><Name>{inner}</Name></Lead></Leads>".encode()
    answer = f"<R><Message>so {escape(value)} it is</Message><!-- {escape(value)} --></R>".encode()

    safe = Redactor().exchange(Exchange(Request("POST", "/v2/insert/general", (), body), Response(200, (), answer)))

    assert value.casefold() not in said(safe).casefold()
