"""Redaction: nothing personal or secret survives, in whatever encoding; everything that a judgement rests on does."""

from __future__ import annotations

import base64
import gzip
import html
import ipaddress
import json
import random
import re
import string
import time
import zlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from urllib.parse import quote, quote_plus, unquote_plus
from xml.sax.saxutils import escape

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from lxml import etree

from leadproof import bodies
from leadproof.contract import profile
from leadproof.core.exchange import Exchange, Request, Response, header, headers
from leadproof.core.findings import Finding, Observation
from leadproof.core.operations import CELLS, OPERATIONS
from leadproof.generate.leads import LeadMaker
from leadproof.http.client import compose
from leadproof.judge import Judge
from leadproof.mock import Mock
from leadproof.redact import Redactor

#: Values planted in the fields of a lead, by field name.
PERSONAL = {
    "FirstName": "Zebulon",
    "LastName": "Quarrington",
    "Email": "zeb.quarrington@mailbox.example",
    "Phone": "(415) 867-5309",
    "Mobile": "628-867-5310",
    "Address": "4711 Thistledown Crescent",
    "City": "Wolverhollow",
    "Zip": "94117",
    "DOB": "1971-08-23",
    "SSN": "123-45-6789",
    "IPAddress": "203.0.113.77",
    "IPAddress6": "2001:db8:85a3::8a2e:370:7334",
    "MothersMaidenName": "Ottoline",
    "DriverLicense": "D4561237",
    "Comments": "ask for Perpetua at the back door",
}
#: Planted secrets.
KEY, BEARER, COOKIE, QUERY_TOKEN, PASSWORD = (
    "canary-key-93b1c2",
    "canaryBearer77aa.bb-cc_dd",
    "canarycookie5512",
    "canarytoken8841",
    "canarypass3321",
)
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJjYW5hcnkifQ.c2lnbmF0dXJl"
SECRETS = (KEY, BEARER, COOKIE, QUERY_TOKEN, PASSWORD, JWT)

ENCODINGS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "upper case": str.upper,
    "percent": lambda value: quote(value, safe=""),
    "percent, lower case": lambda value: re.sub("%..", lambda code: code[0].lower(), quote(value, safe="")),
    "percent twice": lambda value: quote(quote(value, safe=""), safe=""),
    "form": quote_plus,
    "base64": lambda value: base64.b64encode(value.encode()).decode(),
    "base64, no padding": lambda value: base64.b64encode(value.encode()).decode().rstrip("="),
    "base64, url-safe": lambda value: base64.urlsafe_b64encode(value.encode()).decode(),
    "base64 of a document": lambda value: base64.b64encode(json.dumps({"echo": value}).encode()).decode(),
    "JSON escapes": lambda value: "".join(f"\\u{ord(char):04x}" for char in value),
    "XML entities": lambda value: "".join(f"&#{ord(char)};" for char in value),
    "XML entities, hexadecimal": lambda value: "".join(f"&#x{ord(char):X};" for char in value),
    "JSON in JSON": lambda value: json.dumps({"inner": json.dumps({"value": value})}),
    "XML in text": lambda value: f"<a><b>{escape(value)}</b></a>",
    "URL": lambda value: f"https://host.example/cb?x={quote(value, safe='')}&y=1",
}


def survivors(text: str, values: list[str] | tuple[str, ...]) -> list[str]:
    """The values that can still be read in a text, whatever it is encoded in."""
    seen, texts = set(), [text]
    for _ in range(4):
        decoded = []
        for piece in texts:
            decoded += [quote_decode(piece), html.unescape(piece), json_decode(piece), *base64_runs(piece)]
        texts += [piece for piece in decoded if piece not in seen and piece not in texts]
        seen.update(texts)
    return [value for value in values if any(value.casefold() in piece.casefold() for piece in texts)]


def quote_decode(text: str) -> str:
    return unquote_plus(text)


def json_decode(text: str) -> str:
    return re.sub(r"\\u([0-9a-fA-F]{4})", lambda code: chr(int(code[1], 16)), text).replace('\\"', '"')


def base64_runs(text: str) -> list[str]:
    found = []
    for run in re.findall(r"[A-Za-z0-9+/_-]{6,}", text):
        padded = run.replace("-", "+").replace("_", "/")
        try:
            found.append(base64.b64decode(padded + "=" * (-len(padded) % 4)).decode())
        except ValueError:
            continue
    return found


def whole(exchange: Exchange) -> str:
    """Everything that an exchange says, as one text."""
    parts = [exchange.request.target, exchange.origin, exchange.request.body.decode("utf-8", "replace")]
    parts += [f"{name}: {value}" for name, value in exchange.request.headers]
    if exchange.response:
        parts += [f"{name}: {value}" for name, value in exchange.response.headers]
        parts.append(exchange.response.body.decode("utf-8", "replace"))
    return "\n".join(parts)


def lead(fields: Mapping[str, object], message: str = "Lead was accepted", **request: object) -> Exchange:
    """A create_lead exchange in JSON whose response carries a message."""
    body = {"source": {"vid": 7, "lid": 8, "sendDelay": 0}, "leads": [{"properties": {}, "fields": dict(fields)}]}
    response = {
        "requestId": "929f4d31-5576-49b5-ae9b-606d94a475e2",
        "results": [
            {
                "isValid": True,
                "responseType": "No_Error",
                "responseMessage": message,
                "leadId": 4158675301,
                "campaignId": 12,
                "price": 12.5,
                "offers": [{"offerId": "a001", "companyName": "Acme", "companyPhoneNumber": "(888) 234-5678"}],
            }
        ],
    }
    sent = json.dumps(body).encode()
    return Exchange(
        Request(
            "POST",
            str(request.get("target", "/v2/insert/general")),
            headers({"content-type": "application/json", "api-key": KEY, "content-length": str(len(sent))}),
            sent,
        ),
        Response(200, headers({"content-type": "application/json"}), json.dumps(response).encode()),
        operation="create_lead",
    )


@pytest.mark.parametrize("name", ENCODINGS)
def test_what_a_field_holds_is_found_wherever_the_response_echoes_it(name: str) -> None:
    encode = ENCODINGS[name]
    # A free comment is looked for as a whole, a name word by word.
    for field, value in PERSONAL.items():
        exchange = lead(PERSONAL, f"Sorry: {encode(value)} was refused")

        redacted = whole(Redactor().exchange(exchange))

        assert survivors(redacted, (value,)) == [], (field, redacted)


@pytest.mark.parametrize("name", ENCODINGS)
def test_secrets_are_found_wherever_they_are_echoed(name: str) -> None:
    encode = ENCODINGS[name]
    exchange = Exchange(
        Request(
            "POST",
            f"/v2/insert/ping?access_token={QUERY_TOKEN}",
            (
                ("API-Key", KEY),
                ("Authorization", f"Bearer {BEARER}"),
                ("Cookie", f"theme=dark; sid={COOKIE}"),
                ("Proxy-Authorization", "Basic " + base64.b64encode(f"user:{PASSWORD}".encode()).decode()),
                ("X-Api-Key", JWT),
            ),
            b'{"source": {}, "leads": []}',
        ),
        Response(
            200,
            (("X-Debug", " ".join(map(encode, SECRETS))), ("Set-Cookie", f"sid={COOKIE}; Path=/")),
            json.dumps({"message": ", ".join(map(encode, SECRETS))}).encode(),
        ),
    )

    assert survivors(whole(Redactor().exchange(exchange)), SECRETS) == []


@pytest.mark.parametrize(
    "place",
    [
        "userinfo https://user:canarypass3321@host.example/v2",
        "callback?password=canarypass3321&x=1",
        '{"client_secret": "canarypass3321"}',
        "{'token': 'canarypass3321'}",
        "<Token>canarypass3321</Token>",
        '<Leads apiKey="canarypass3321"/>',
        "curl -H 'api-key: canarypass3321' https://host.example",
        "Authorization: Bearer canarypass3321",
        "url=https://host.example/?api_key=canarypass3321",
        r"{\"access_token\":\"canarypass3321\"}",
    ],
)
def test_secrets_in_free_text(place: str) -> None:
    redacted = Redactor().text(place)

    assert "canarypass3321" not in redacted
    assert "redacted-" in redacted


def test_the_same_value_is_the_same_standin_in_every_place_and_format() -> None:
    redactor = Redactor()
    as_json = redactor.exchange(lead({"Email": "Zeb@Mail.example", "Phone": "4158675309"}))
    xml = b"<Leads vid='1'><Lead><Email>zeb@mail.example</Email><Phone>(415) 867-5309</Phone></Lead></Leads>"
    as_xml = redactor.exchange(Exchange(Request("POST", "/v2/insert/general", (), xml), None))

    fields = json.loads(as_json.request.body)["leads"][0]["fields"]
    tree = etree.fromstring(as_xml.request.body)
    assert tree.findtext("Lead/Email") == fields["Email"]
    assert re.sub(r"\D", "", tree.findtext("Lead/Phone") or "") == fields["Phone"]


def test_type_spelling_and_validity_survive() -> None:
    fields = {
        **PERSONAL,
        "Mobile": 6288675310,
        "DOB": "8/3/1971",
        "ZipCode": "94117-1234",
        "HomeOwner": "Yes",
        "Income": 85000,
        "Empty": "",
        "Nothing": None,
        "Flag": True,
        "State": "CA",
    }

    found = json.loads(Redactor().exchange(lead(fields)).request.body)["leads"][0]["fields"]

    assert list(found) == list(fields)
    assert re.fullmatch(r"[\w.+-]+@example\.invalid", found["Email"])
    assert re.fullmatch(r"\([2-9]\d\d\) 555-01\d\d", found["Phone"])
    assert isinstance(found["Mobile"], int)
    assert re.fullmatch(r"[2-9]\d\d55501\d\d", str(found["Mobile"]))
    assert re.fullmatch(r"[A-Za-z]+", found["FirstName"])
    assert re.fullmatch(r"\d{4} [A-Za-z]+ [A-Za-z]+", found["Address"])
    assert re.fullmatch(r"00\d{3}", found["Zip"])
    assert re.fullmatch(r"00\d{3}-1111", found["ZipCode"])
    assert re.fullmatch(r"9\d\d-\d\d-\d{4}", found["SSN"])
    assert re.fullmatch(r"\d/\d/190\d|\d\d/\d/190\d|\d/\d\d/190\d|\d\d/\d\d/190\d", found["DOB"])
    assert ipaddress.ip_address(found["IPAddress"]) in ipaddress.ip_network("198.18.0.0/15")
    assert ipaddress.ip_address(found["IPAddress6"]) in ipaddress.ip_network("2001:db8::/32")
    kept = ("HomeOwner", "Income", "Empty", "Nothing", "Flag", "State")
    assert {name: found[name] for name in kept} == {name: fields[name] for name in kept}


def test_what_is_invalid_stays_invalid() -> None:
    fields = {"Email": "zeb at mail", "Phone": "123-456-7890", "Zip": "9411", "SSN": "12-345", "DOB": "1971-13-45"}

    found = json.loads(Redactor().exchange(lead(fields)).request.body)["leads"][0]["fields"]

    assert "@" not in found["Email"]
    assert re.fullmatch(r"1\d\d-\d{3}-\d{4}", found["Phone"])
    assert len(found["Zip"]) == 4
    assert re.fullmatch(r"\d\d-\d{3}", found["SSN"])
    assert found["DOB"] != fields["DOB"]


def test_ids_prices_times_and_company_numbers_stay() -> None:
    exchange = lead({"FirstName": "Zebulon"})

    redacted = Redactor().exchange(exchange)

    assert redacted.response == exchange.response


def test_a_company_number_that_is_the_leads_own_is_an_echo() -> None:
    redacted = Redactor().exchange(lead({"Phone": "888-234-5678"}))

    assert b"234-5678" not in whole(redacted).encode()


def test_allowed_values_of_a_profile_stay_and_its_personal_fields_go() -> None:
    fields = {"Segment": "Platinum circle", "Plan": "Evergreen tier", "Income": "Mid-range"}

    redacted = Redactor(["income"], public_fields=["plan"]).exchange(lead(fields))
    found = json.loads(redacted.request.body)["leads"][0]["fields"]

    assert found["Plan"] == "Evergreen tier"
    assert found["Segment"] != fields["Segment"]
    assert found["Income"] != fields["Income"]


def test_the_content_length_is_right_where_it_was_right() -> None:
    redacted = Redactor().exchange(lead(PERSONAL))
    assert header(redacted.request.headers, "content-length") == str(len(redacted.request.body))

    wrong = lead(PERSONAL)
    wrong_request = wrong.request._replace(headers=(("content-length", "3"),))
    redacted = Redactor().exchange(Exchange(wrong_request, None))
    assert header(redacted.request.headers, "content-length") == "3"


def test_formatting_survives() -> None:
    body = b'{ "leads" : [\r\n\t{"fields":{"FirstName" :  "Zebulon","vid":1.50}}]}'
    redacted = Redactor().exchange(Exchange(Request("POST", "/", (), body), None))
    assert re.fullmatch(
        rb'\{ "leads" : \[\r\n\t\{"fields":\{"FirstName" :  "\w+","vid":1.50\}\}\]\}', redacted.request.body
    )

    body = b"<Leads  vid='1'>\n <!-- x --><Lead reference=\"r\" ><FirstName\t>Zebulon</FirstName></Lead></Leads>\n"
    redacted = Redactor().exchange(Exchange(Request("POST", "/", (), body), None))
    assert redacted.request.body == re.sub(
        b"Zebulon", re.findall(rb"<FirstName\t>(\w+)<", redacted.request.body)[0], body
    )


@pytest.mark.parametrize(
    "body",
    [
        b'{"leads": [{"fields": {"FirstName": "Zebulon", "LastName": "Quarring',
        b'{"leads": [{"fields": {FirstName: Zebulon, "LastName": Quarrington',
        b'{"fields": {"FirstName" "Zebulon" "LastName": "Quarrington"',
        b"{'FirstName': 'Zebulon', \"LastName\": \"Quarrington\"}",
        b"<Leads><Lead><FirstName>Zebulon</LastName>Quarrington",
        b"<Leads><Lead><FirstName>Zebulon<LastName>Quarring",
        b'<Leads><Lead FirstName="Zebulon"><LastName><![CDATA[Quarrington',
        b"<Leads><Lead>Zebulon Quarrington</Lead></Leads>",
        b"FirstName=Zebulon&LastName=Quarrington",
        b'[{"FirstName": "Zebulon", "LastName": "Quarrington"}]',
        b'\xef\xbb\xbf{"leads": [{"fields": {"FirstName": "Zebulon", "Name": ["Quarrington"]}}]}',
        '{"leads": [{"fields": {"FirstName": "Zebulon", "X": {"Y": "Quarrington"}}}]}'.encode("utf-16"),
        "<Leads><Lead><FirstName>Zebulon</FirstName><LastName>Quarrington</LastName></Lead></Leads>".encode("utf-16"),
        '{"fields": {"FirstName": "Zebulon", "LastName": "Quarrington é"}}'.encode("latin-1"),
    ],
)
def test_broken_and_odd_bodies_keep_nothing(body: bytes) -> None:
    redacted = Redactor().exchange(Exchange(Request("POST", "/v2/insert/general", (), body), None)).request.body

    text = redacted.decode("utf-16" if b"\0" in redacted else "latin-1")
    assert "ebulon" not in text
    assert "Quarring" not in text


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br"])
def test_compressed_requests_are_looked_into(coding: str) -> None:
    plain = json.dumps({"leads": [{"fields": PERSONAL}]}).encode()
    body = {"gzip": gzip.compress(plain), "deflate": zlib.compress(plain), "br": plain}[coding]
    request = Request("POST", "/", headers({"content-encoding": coding, "content-type": "application/json"}), body)

    redacted = Redactor().exchange(Exchange(request, None)).request.body

    if coding == "br":
        assert redacted.startswith(b"redacted: ")
        return
    content = gzip.decompress(redacted) if coding == "gzip" else zlib.decompress(redacted)
    assert survivors(content.decode(), tuple(PERSONAL.values())) == []
    assert list(json.loads(content)["leads"][0]["fields"]) == list(PERSONAL)


def test_a_bomb_is_cut() -> None:
    bomb = gzip.compress(b"a" * 5_000_000)
    request = Request("POST", "/", headers({"content-encoding": "gzip"}), bomb)

    redacted = Redactor(max_body=10_000).exchange(Exchange(request, None)).request.body

    assert len(gzip.decompress(redacted)) == 10_000


def test_findings_lose_values_and_keep_types() -> None:
    redactor = Redactor()
    redactor.exchange(lead(PERSONAL))
    finding = Finding(
        clause="LE2-CREATE-REQ-09",
        kind="client.member",
        message='/leads/0/fields/Nickname is "Zebby", sent by Zebulon Quarrington with api-key: canary-key-93b1c2',
        pointer="/leads/0/fields/Nickname",
        expected="string of letters",
        actual='string "Zebby"',
    )

    redacted = redactor.finding(finding)

    assert not survivors(f"{redacted.message} {redacted.actual}", ("Zebby", "Zebulon", "Quarrington", KEY))
    assert redacted.actual.startswith('string "Redacted')
    assert (redacted.expected, redacted.pointer, redacted.clause) == (finding.expected, finding.pointer, finding.clause)


def test_findings_about_the_protocol_stay_readable() -> None:
    redactor = Redactor()
    redactor.exchange(lead({"FirstName": "Price", "LastName": "Lead", "City": "Order", "Zip": "10000"}))
    finding = Finding(
        clause="LE2-PING-RES-03",
        kind="schema.type",
        message="price of the lead is a string in the order; expected a number; header api-key: missing",
        pointer="/results/0/price",
        xpath="/PingReceiverResult/Results/d2p1:PingResponse[1]/Price",
        expected="number",
        actual='string "12.50"',
        origin="certify: ping, accepted, json",
    )

    assert redactor.finding(finding) == finding
    observation = Observation(
        "business.unexpected", "the post paid 11.00, the ping estimated 12.50", "/results/0/price"
    )
    assert redactor.observation(observation) == observation


def test_a_base_url_keeps_its_host() -> None:
    redacted = Redactor().url("https://me:canarypass3321@10.1.2.3:8443/base?api_key=canarykey123")

    assert re.fullmatch(r"https://redacted-\w+@10\.1\.2\.3:8443/base\?api_key=redacted-\w+", redacted)


def test_data_is_cleaned_in_depth() -> None:
    data = {"rows": [{"message": "mail zeb@mail.example", "count": 3}], "none": None}

    redacted = Redactor().data(data)

    assert "zeb@" not in str(redacted)
    assert redacted["rows"][0]["count"] == 3


def test_another_salt_gives_other_standins() -> None:
    assert Redactor(salt=b"one").text("zeb@mail.example") != Redactor(salt=b"two").text("zeb@mail.example")


def test_different_phones_stay_different() -> None:
    redactor = Redactor()
    numbers = [f"415-867-{number:04}" for number in range(2000)]

    assert len({redactor.text(number) for number in numbers}) == len(numbers)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "certify: ping, accepted, json",
        "orderExpiresOn 2026-11-23T10:11:12Z is not after 2026-11-23T10:11:13.001Z",
        "929f4d31-5576-49b5-ae9b-606d94a475e2",
        "http://127.0.0.1:8080/v2/insert/ping",
        "Lead was accepted",
        "responseType is Data_Errors, price 12.50, leadId 123456789, campaign 1234",
        "header api-key: missing",
        "capture.har#3 at 12:30:45",
        'expected number, got string "0"',
    ],
)
def test_ordinary_text_stays(text: str) -> None:
    assert Redactor().text(text) == text


# --- what a judgement rests on


def conversation() -> list[Exchange]:
    """What the mock sends back for an accepted and a refused request of every operation with a body, in both
    formats."""
    posting = profile.load(None)
    credentials = (("api-key", posting.credentials.api_keys[0]),)
    mock, maker = Mock(posting, clock=lambda: 1_795_456_800.0), LeadMaker(posting)
    found, number = [], 0
    for operation, media in CELLS:
        for refused in (False, True):
            row = OPERATIONS[operation]
            if not row.body or operation == "update_lead":
                continue
            number += 1
            value, _ = maker.request(operation, (number,), refused=refused)
            body = bodies.encode_request(operation, media, value)
            sent = compose(row.method, row.path, fmt=media, body=body, credentials=credentials)
            intent = "refused" if refused else "accepted"
            found.append(Exchange(sent, mock.handle(sent), operation, f"{operation} {media} {number}", intent))
    return found


def spoiled(exchange: Exchange, chance: random.Random) -> Exchange:
    """The exchange with some values of its response, and sometimes of its request, made wrong."""
    wrong = ("x y", "-1", "", "2024-13-01", "true", "0")

    def spoil(body: bytes) -> bytes:
        text = re.sub(
            r'(?<=":)("[^"]*"|[\d.]+|true|false)|(?<=>)[^<>]+(?=</)',
            lambda match: match[0] if chance.random() > 0.1 else f'"{chance.choice(wrong)}"',
            body.decode(),
        )
        return text[: chance.randrange(len(text))].encode() if text and chance.random() < 0.1 else text.encode()

    assert exchange.response is not None
    request = exchange.request
    if chance.random() < 0.3:
        request = request._replace(body=spoil(request.body))
    return replace(exchange, request=request, response=exchange.response._replace(body=spoil(exchange.response.body)))


@pytest.mark.parametrize("seed", range(4))
def test_a_redacted_exchange_is_judged_like_the_original(seed: int) -> None:
    chance = random.Random(seed)
    exchanges = conversation()
    exchanges = exchanges if seed == 0 else [spoiled(one, chance) for one in exchanges]
    posting = profile.load(None)
    redactor, original, redacted = Redactor(posting.personal_fields), Judge(profile=posting), Judge(profile=posting)

    number = 0
    for exchange in exchanges:
        safe = redactor.exchange(exchange)
        expected, actual = original.judge(exchange), redacted.judge(safe)
        number += len(expected.findings)

        places = [{(one.clause, one.kind, one.pointer) for one in found.findings} for found in (expected, actual)]
        assert places[0] == places[1], (exchange.origin, exchange.request.body, safe.request.body)
        assert safe != exchange

    assert number > 0 or seed == 0


# --- properties

NAMES = st.text(alphabet=string.ascii_letters, min_size=5, max_size=12).filter(
    lambda name: name.casefold() not in "redacted example invalid"
)
ANYTHING = st.text(max_size=40)
JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**12), 10**12)
    | st.floats(allow_nan=False, allow_infinity=False)
    | ANYTHING,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ANYTHING, inner, max_size=4),
    max_leaves=12,
)
FIELD_NAMES = st.sampled_from([*PERSONAL, "Whatever", "State", "Income"]) | st.text(string.ascii_letters, min_size=1)


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(FIELD_NAMES, JSON_VALUES, max_size=5), JSON_VALUES)
def test_json_stays_json_of_the_same_shape_and_twice_is_once(fields: dict[str, object], response: object) -> None:
    body = json.dumps({"leads": [{"fields": fields}]}).encode()
    exchange = Exchange(
        Request("POST", "/v2/insert/general", (), body), Response(200, (), json.dumps(response).encode())
    )
    redactor = Redactor()

    redacted = redactor.exchange(exchange)

    assert redacted.response is not None
    assert types(json.loads(redacted.request.body)) == types(json.loads(body))
    assert types(json.loads(redacted.response.body)) == types(response)
    assert redactor.exchange(redacted) == redacted


def types(value: object) -> object:
    """The types of a JSON value, member names left out: they may be personal themselves."""
    if isinstance(value, dict):
        return [types(item) for item in value.values()]
    return [types(item) for item in value] if isinstance(value, list) else type(value).__name__


XML_TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\r\ufffe\uffff", exclude_categories=("Cc", "Cs")))


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(list(PERSONAL)), XML_TEXT), max_size=5), XML_TEXT)
def test_xml_stays_xml_of_the_same_shape_and_twice_is_once(fields: list[tuple[str, str]], reference: str) -> None:
    tree = etree.Element("Leads", vid="1")
    one = etree.SubElement(tree, "Lead", reference=reference)
    for name, value in fields:
        etree.SubElement(one, name).text = value
    redactor = Redactor()

    exchange = Exchange(Request("POST", "/v2/insert/general", (), etree.tostring(tree)), None)
    redacted = redactor.exchange(exchange)

    found = etree.fromstring(redacted.request.body)
    assert [element.tag for element in found.iter()] == [element.tag for element in tree.iter()]
    assert [bool((element.text or "").strip()) for element in found.iter()] == [
        bool((element.text or "").strip()) for element in tree.iter()
    ]
    assert redactor.exchange(redacted) == redacted


@settings(max_examples=100, deadline=None)
@given(NAMES, st.sampled_from(sorted(ENCODINGS)), st.sampled_from(["FirstName", "City", "Whatever"]))
@example("Aaaaaa", "base64, no padding", "FirstName")
def test_no_name_survives_in_any_encoding(name: str, encoding: str, field: str) -> None:
    secret = name.capitalize() + "x"
    exchange = lead({field: secret}, f"Hello {ENCODINGS[encoding](secret)}!")

    assert survivors(whole(Redactor().exchange(exchange)), (secret,)) == []


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300), st.sampled_from(["application/json", "application/xml", "text/plain", ""]))
def test_any_bytes_are_read_and_twice_is_once(body: bytes, content_type: str) -> None:
    redactor = Redactor()
    exchange = Exchange(Request("POST", "/", headers({"content-type": content_type}), body), None)

    redacted = redactor.exchange(exchange)

    assert redactor.exchange(redacted) == redacted


@settings(max_examples=200, deadline=None)
@given(st.text(st.characters(), max_size=200))
@example("\ud800 zeb@mail.example")
@example("https://a@b@c.example/%ff%40%zz?=&&=")
def test_any_text_is_read_and_twice_is_once(text: str) -> None:
    redactor = Redactor()

    once = redactor.text(text)

    assert redactor.text(once) == once


#: Secrets as people configure them, whose texts look like names, words of the contract or nothing special.
CONFIGURED = [
    "prod-secret-4711", "my_password_1", "PASSWORD", "apikey", "secret", "apiSecret99", "client-accesstoken-7",
    "account", "x-api-key", "response", "passwd!?{}", 'say "friend"', "back\\slash", "50%41 off", "two words",
    "/00000", "q8/x+Yz==", '{"key": "a1"}', "<a>b</a>",
]  # fmt: skip


@pytest.mark.parametrize("secret", CONFIGURED)
def test_a_configured_secret_is_replaced_whatever_its_text(secret: str) -> None:
    redactor = Redactor(secrets=[secret])
    for number in range(300):  # more than are remembered of those that are met
        redactor.header("api-key", f"met-{number:05}")

    redacted = redactor.exchange(echoing(secret))

    assert secret.lower() not in words_of(redacted).lower()
    assert secret not in redactor.text(f"the gateway wants {secret}!")


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=6, max_size=40))
@settings(max_examples=100, deadline=None)
def test_any_configured_secret_is_replaced(secret: str) -> None:
    redacted = Redactor(secrets=[secret]).exchange(echoing(secret))

    assert secret.lower() not in words_of(redacted).lower()


def echoing(secret: str) -> Exchange:
    """An exchange that carries a secret in a header, and in whose response it is echoed."""
    body = json.dumps({"zzz": [secret, f"no: {secret}."]}).encode()
    response = Response(
        403, (("content-type", "application/json"), ("x-echo", f"<{secret}>"), ("location", f"/x/{secret}")), body
    )
    return Exchange(Request("GET", "/", (("x-g", secret), ("user-agent", f"probe {secret}"))), response)


def words_of(exchange: Exchange) -> str:
    """What stands in an exchange where a secret was put."""
    assert exchange.response is not None
    places = json.loads(exchange.response.body)["zzz"]
    return " ".join([*(value for _, value in (*exchange.request.headers, *exchange.response.headers[1:])), *places])


@pytest.mark.parametrize("met", ["prod-secret-4711", "my_password_1", "client-accesstoken-7"])
def test_a_secret_that_was_met_is_found_again_though_it_speaks_of_secrets(met: str) -> None:
    redactor = Redactor()
    redactor.header("api-key", met)

    assert met not in redactor.text(f"no such key: {met}")


@pytest.mark.parametrize("name", ["apikey", "api_key", "password", "Access-Token", "secret"])
def test_the_name_of_a_secret_is_none_where_it_was_met(name: str) -> None:
    redactor = Redactor()
    redactor.header("api-key", name)

    assert redactor.text(f"send {name}") == f"send {name}"


HOSTILE = {
    "a": 100_000, "@": 50_000, "a@": 50_000, "<": 50_000, "<a ": 30_000, "&#1": 30_000, '"\\': 50_000, "1": 100_000,
    "(212) ": 20_000, "%41": 30_000, "api-key": 20_000, "a.b-c": 20_000, "{[": 30_000, "::": 30_000, "a=": 50_000,
    "eyJ.": 25_000, "1.": 40_000, "+1 1": 25_000, "\\u0041": 15_000, "a+": 45_000, "a, ": 30_000,
}  # fmt: skip


@pytest.mark.parametrize("unit", HOSTILE)
def test_hostile_text_costs_linear_time(unit: str) -> None:
    text = unit * HOSTILE[unit]
    redactor = Redactor(secrets=["canary-key-93b1c2"])
    began = time.process_time()

    redactor.exchange(Exchange(Request("POST", "/", (), text.encode()), None))
    redactor.text(text)

    assert time.process_time() - began < 5  # what is quadratic takes minutes
