"""Which names mean a secret, personal data, or neither. Tables and the lookups in them; no values here.

Field names of a lead are free (they come from a posting document), so inside a lead's fields a name is matched by its
stems, and a name that means nothing to us is treated as personal text. Outside of the fields only exact names count.
"""

from __future__ import annotations

import unicodedata
from enum import Enum
from functools import lru_cache

from leadproof.core import languages, lazy
from leadproof.core.operations import RESPONSE_TYPES


class Kind(Enum):
    """What a value is, which decides what its placeholder looks like."""

    SECRET = "secret"
    EMAIL = "email"
    PHONE = "phone"
    SSN = "ssn"
    CARD = "card"
    ZIP = "zip"
    DATE = "date"
    IP = "ip"
    URL = "url"
    AGENT = "user agent"
    #: Names, streets, cities, anything in words.
    TEXT = "text"
    #: A field of the lead whose name tells nothing: words go, small numbers and plain choices stay.
    UNKNOWN = "unknown"
    #: A field of the lead that identifies nobody.
    PUBLIC = "public"

    #: There is one of each; the hash of an `Enum` is that of its name, which takes ten times as long.
    __hash__ = object.__hash__


def words(text: str) -> frozenset[str]:
    """A table of words written as prose."""
    return frozenset(text.split())


def plain(name: str) -> str:
    """A name without case, accents, separators and namespace prefix: `First_Name`, `first-name` and `x:FirstName` are
    one.
    """
    return _short(name) if len(name) <= _LONGEST_NAME else _plain(name)


def _plain(name: str) -> str:
    name = name.rpartition(":")[2]
    if not name.isascii():
        name = "".join(filter(str.isalnum, unicodedata.normalize("NFKD", name.casefold())))
        name = unicodedata.normalize("NFKC", name)
    return _SEPARATORS.sub("", name.lower())


# The same few names come again and again; the long ones are nobody's, and not worth the memory.
_LONGEST_NAME = 64
_SEPARATORS = lazy.pattern(r"[\W_]+")
_short = lru_cache(maxsize=4096)(_plain)


#: Names of headers, parameters, members and elements whose value is a secret, in `plain` spelling.
SECRETS = words(
    "accesskey accesstoken apikey apisecret apitoken authkey authorization authtoken bearer bearertoken"
    " clientsecret cookie credential credentials idtoken jwt keyid passcode passphrase passwd password"
    " privatekey proxyauthorization pwd refreshtoken secret secretkey session sessionid sessiontoken setcookie"
    " sharedkey sig signature token xaccesstoken xapikey xapitoken xauthkey xauthtoken xcsrftoken xxsrftoken"
    " csrftoken"
)

#: Stems that make a name a secret wherever they stand in it.
_SECRET_STEMS = ("apikey", "accesstoken", "secret", "password", "passwd", "bearertoken")

#: Names that mean personal data anywhere, not only inside a lead's fields.
PERSONAL: dict[str, Kind] = {
    name: kind
    for kind, table in (
        (
            Kind.TEXT,
            (
                "firstname firstnames lastname middlename fullname surname maidenname givenname familyname fname"
                " lname spousename contactname consumername customername leadname address address1 address2"
                " addressline1 addressline2 street streetaddress city agentname agentfullname agentfirstname"
                " agentlastname repname callername ownername username displayname nickname preferredusername"
            ),
        ),
        (Kind.EMAIL, "email emailaddress mail emailaddr"),
        (
            Kind.PHONE,
            (
                "phone phone1 phone2 phonenumber homephone workphone cellphone mobile mobilephone mobilenumber"
                " cell telephone dayphone eveningphone primaryphone secondaryphone callerid ani agentphone"
                " agentphonenumber agentmobile phonenumbers callernumber fax faxnumber whatsapp"
            ),
        ),
        (Kind.SSN, "ssn socialsecuritynumber socialsecurity ssnumber last4ssn ssnlast4"),
        (Kind.CARD, "creditcard creditcardnumber cardnumber ccnumber ccnum"),
        (Kind.DATE, "dob dateofbirth birthdate birthday"),
        (Kind.ZIP, "zip zipcode postalcode postcode"),
        (Kind.IP, "ip ipaddress ipaddr clientip remoteip userip xforwardedfor xrealip trueclientip cfconnectingip"),
        (Kind.URL, "recordingurl trustedformcerturl trustedformurl xxtrustedformcerturl"),
        *((Kind(meaning), table) for meaning, table in languages.NAMES.items()),
    )
    for name in words(table)
}

#: Who a member speaks of: its value, and the `name` below it, is a person's name.
_PEOPLE = words(
    "agent caller customer consumer applicant coapplicant borrower coborrower contact contactperson owner"
    " assignee recipient spouse rep representative salesrep person patient tenant agente cliente contacto"
    " ansprechpartner kunde klant клиент 客户 联系人"
)

#: Parts that make a parameter of a URL or an unknown header personal, first that fits; of words of its name.
_HINTS: tuple[tuple[str, Kind], ...] = (
    ("email", Kind.EMAIL),
    ("phone", Kind.PHONE),
    ("mobile", Kind.PHONE),
    ("ssn", Kind.SSN),
    ("birth", Kind.DATE),
    ("firstname", Kind.TEXT),
    ("lastname", Kind.TEXT),
    ("fullname", Kind.TEXT),
    ("surname", Kind.TEXT),
    ("address", Kind.TEXT),
    *((who, Kind.TEXT) for who in ("agent", "caller", "customer", "consumer", "applicant", "owner", "contact")),
)

#: What people are called in URLs, where a name is as short as it can be.
_IN_URLS = words("name first last fn ln fname lname n firstn lastn contact customer consumer agent user caller owner")

#: Stems of field names, inside a lead's fields only; the first that fits decides.
_FIELD_STEMS: tuple[tuple[str, Kind], ...] = (
    ("email", Kind.EMAIL),
    ("useragent", Kind.AGENT),
    ("browser", Kind.AGENT),
    ("ipaddr", Kind.IP),
    ("clientip", Kind.IP),
    ("phone", Kind.PHONE),
    ("mobile", Kind.PHONE),
    ("fax", Kind.PHONE),
    ("callerid", Kind.PHONE),
    ("ssn", Kind.SSN),
    ("socialsec", Kind.SSN),
    ("birth", Kind.DATE),
    ("dob", Kind.DATE),
    ("zip", Kind.ZIP),
    ("postal", Kind.ZIP),
    ("postcode", Kind.ZIP),
    ("trustedform", Kind.URL),
    ("name", Kind.TEXT),
    ("street", Kind.TEXT),
    ("address", Kind.TEXT),
    ("city", Kind.TEXT),
    ("county", Kind.TEXT),
    ("license", Kind.TEXT),
    ("account", Kind.TEXT),
    ("passport", Kind.TEXT),
    ("routing", Kind.TEXT),
)

#: Field names that identify nobody: their values stay, unless they look like an e-mail address, a phone number …
_PUBLIC_FIELDS = words(
    "state statecode province region country countrycode language locale currency timezone gender"
    " maritalstatus creditrating creditgrade credit loantype loanpurpose loanamount propertytype propertyuse"
    " propertyvalue homeowner product producttype category industry vertical leadtype source subsource subid"
    " subid1 subid2 affiliate affiliateid publisher publisherid campaign keyword medium employment"
    " employmentstatus education insurance coverage coveragetype vehiclemake vehiclemodel vehicleyear make"
    " model year besttimetocall contacttime timeframe consent consentgiven consenttext consentlanguage tcpa"
    " tcpaconsent tcpatext consentdatetime consentdate consenttimestamp tag tags campaignname productname"
    " companyname"
)

#: Members whose values are ids, prices, states and times of the protocol: the judge compares them, so they stay, unless
#: the whole value is one that a lead's own field holds.
TECHNICAL = words(
    "requestid orderid offerid offerids leadid leaduid leadidentifier duplicateleadid campaignid"
    " campaignidentifier vid lid aid id clientid clientuid isvalid responsetype valid willaccept price"
    " estimatedpayout orderexpireson ispendingreview senddelay nosell processdelivery callduration ivrnumber"
    " calldate datereceived dateofreview dateofreturn receivedon isreturned isqualitycontrolrejected"
    " isduplicate success type customtcpatextrequired"
)

#: Members that speak of companies, not of the lead.
BUSINESS = words("companyname companyphonenumber clientname name description url privacyurl termsurl tcpatext")

#: Members above a `name` that make it that of a company or a thing.
COMPANIES = words("offers offer client clients send sends company campaign product service app logger creator browser")

#: Members and headers that hold a URL in which personal data may stand.
LINKS = words("redirecturl returnurl location referer referrer origin callbackurl contentlocation link")

#: Headers of the protocol that have a grammar of their own: in them stays what is no e-mail address and no telephone
#: number, whatever a lead's fields hold.
_GRAMMAR_HEADERS = words(
    "accept acceptcharset acceptencoding acceptlanguage age allow cachecontrol connection contentencoding"
    " contentlength contenttype date etag expect expires host keepalive lastmodified retryafter te"
    " transferencoding upgrade vary xcachehits traceparent xaspnetversion stricttransportsecurity"
    " xcontenttypeoptions xframeoptions xxssprotection contentsecuritypolicy accesscontrolalloworigin"
    " accesscontrolallowheaders accesscontrolallowmethods referrerpolicy pragma altsvc"
)

#: Headers of the protocol in which somebody may have written what they like: what a lead's fields hold goes, too.
FREE_HEADERS = words("server useragent via xpoweredby xcache xservedby cfray cfcachestatus xrequestid xcorrelationid")

#: All of them: names of programs, ids and numbers in them are no personal data.
PROTOCOL_HEADERS = _GRAMMAR_HEADERS | FREE_HEADERS

#: Attributes of a Set-Cookie header; anything else in it is a cookie (RFC 6265, section 4.1).
COOKIE_ATTRIBUTES = words("path domain expires max-age samesite secure httponly partitioned")

#: Elements of a call lead that stand among its fields in XML and are properties in JSON.
CALL_DATA = words("ivrnumber callduration callresult calldate recordingurl")

#: Words of the contract: a lead whose field holds one of them does not make responses wrong and reports unreadable.
CONTRACT_WORDS = frozenset(one.lower() for one in RESPONSE_TYPES) | words(
    "accept accepted account answer campaign code contract data default description duplicate error errors"
    " example expected false field fields found from header http https invalid json lead leads leadproof"
    " member message missing monthly new name none null number offer offers order ping post price received"
    " redacted refused rejected request required response result results review status string success target"
    " test true type unknown valid value with without xml yearly"
)


def is_secret(name: str) -> bool:
    """Does a header, parameter, member or element of this name hold a secret?"""
    short = plain(name)
    return short in SECRETS or (len(short) > 5 and any(stem in short for stem in _SECRET_STEMS))


def personal(name: str) -> Kind | None:
    """The kind of personal data that a name means anywhere, or None."""
    return PERSONAL.get(plain(name))


def hinted(name: str, *, in_url: bool = False) -> Kind | None:
    """The kind that the name of an unknown header, or of a parameter of a URL, suggests; None for an id or no hint."""
    short = plain(name)
    if found := PERSONAL.get(short):
        return found
    if short in TECHNICAL or short in _PUBLIC_FIELDS or short.endswith(("id", "ids")) or "useragent" in short:
        return None
    if in_url and short in _IN_URLS:
        return Kind.TEXT
    return next((kind for hint, kind in _HINTS if hint in short), None)


def of_person(path: tuple[str, ...]) -> bool:
    """Is a value the name of a person by the names above it: `agent`, or `name` below it?"""
    below = [plain(name.lstrip("@")) for name in path if name != "*"]
    return bool(below) and (below[-1] in _PEOPLE or (below[-1] in _NAME_OF and any(name in _PEOPLE for name in below)))


_NAME_OF = words("name first last middle full given family")


def field_kind(name: str) -> Kind:
    """The kind of a lead's field by its name; `UNKNOWN` for a name that tells nothing."""
    short = plain(name)
    if short in _PUBLIC_FIELDS:
        return Kind.PUBLIC
    if found := PERSONAL.get(short):
        return found
    if is_secret(name):
        return Kind.SECRET
    return next((kind for stem, kind in _FIELD_STEMS if stem in short), Kind.UNKNOWN)


def field_names(path: tuple[str, ...], markup: bool) -> tuple[str, ...]:
    """The names below a lead's fields; empty for what is no field.

    In JSON the fields are members of `fields`, in XML the children of `Lead` beside the call data.
    """
    shorts = [plain(name) for name in path]
    if "fields" in shorts:
        return tuple(name for name in path[shorts.index("fields") + 1 :] if name != "*") or ("",)
    if markup and "lead" in shorts:
        below = path[shorts.index("lead") + 1 :]
        if not below:
            return ("",)
        if not below[0].startswith("@") and plain(below[0]) not in CALL_DATA:
            return below
    return ()
