"""Bodies of the lead receiver: a request written, a response read, in JSON and in XML."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree

_INSTANCE = "{http://www.w3.org/2001/XMLSchema-instance}"
#: How the namespaces of the lead receiver begin; elements in others are passed over.
_OURS = "{http://schemas.datacontract.org/2004/07/"


def as_json(value: Any) -> bytes:
    """A value as JSON in UTF-8."""
    return json.dumps(value, ensure_ascii=False).encode()


def as_xml(value: Mapping[str, Any]) -> bytes:
    """A request as the documentation writes it in XML: source and properties as attributes, fields as elements."""
    root = ElementTree.Element("Leads", {str(name): text(member) for name, member in value["source"].items()})
    for lead in value["leads"]:
        properties = dict(lead.get("properties", {}))
        attributes: dict[str, str] = {}
        for name, member in properties.items():
            called = {"orderId": "orderID", "offerIds": "offerids"}.get(str(name), str(name))
            attributes[called] = "|".join(member) if isinstance(member, list) else text(member)
        element = ElementTree.SubElement(root, "Lead", attributes)
        for name, member in lead["fields"].items():
            ElementTree.SubElement(element, name).text = text(member)
    written: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def text(value: Any) -> str:
    """A value as XML has it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def read(content: bytes, media: str) -> dict[str, Any]:
    """A body as a JSON value.

    Raises:
        ValueError: It cannot be read.
    """
    if "xml" in media or content.lstrip(b"\xef\xbb\xbf\xff\xfe \r\n\t")[:1] == b"<":
        try:
            document = members(ElementTree.fromstring(content))
        except ElementTree.ParseError as error:
            raise ValueError(str(error)) from error
    else:
        document = json.loads(content.removeprefix(b"\xef\xbb\xbf"))
    if not isinstance(document, dict) or not (
        "results" in document or "requestId" in document or "success" in document
    ):
        raise ValueError("it is no response of the lead receiver")
    return document


#: Local name of an element -> name of the member, where it is not the same but for the first letter.
_NAMES = {
    "LeadIdentifier": "leadId",
    "CampaignIdentifier": "campaignId",
    "CampaignID": "campaignId",
    "OrderID": "orderId",
    "Id": "offerId",
    "TCPAInformation": "tcpaInformation",
    "TCPAText": "tcpaText",
}
#: Elements whose children are a list.
_LISTS = ("Results", "Offers")
_BOOLEANS = ("IsValid", "WillAccept", "IsDuplicate", "Success", "IsPendingReview", "CustomTCPATextRequired")


def members(element: ElementTree.Element) -> Any:
    """An element as a JSON value; namespaces that nobody documents are passed over."""
    name = local(element)
    if element.get(f"{_INSTANCE}nil") == "true":
        return [] if name in _LISTS else None
    children = [child for child in element if isinstance(child.tag, str) and child.tag.startswith(_OURS)]
    if name in _LISTS:
        return [members(child) for child in children]
    if children:
        return {member(child): members(child) for child in children}
    # Comments do not end a text.
    content = "".join(element.itertext()).strip()
    if name in _BOOLEANS:
        return {"true": True, "1": True, "false": False, "0": False}.get(content.lower())
    if name in ("LeadIdentifier", "CampaignIdentifier", "CampaignID"):
        return int(float(content)) if content else None
    return content


def local(element: ElementTree.Element) -> str:
    """The name of an element without its namespace."""
    return str(element.tag).rpartition("}")[2]


def member(element: ElementTree.Element) -> str:
    """The name of an element as a member in JSON."""
    name = local(element)
    return _NAMES.get(name, name[:1].lower() + name[1:])


def timestamp(value: Any) -> datetime | None:
    """A timestamp, in UTC; None if there is none."""
    try:
        found = datetime.fromisoformat(str(value).replace("Z", "+00:00"))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
