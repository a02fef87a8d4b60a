"""Creates a lead, pings and posts in XML with the classes that xsdata made of the XSDs."""

import json
import sys
from pathlib import Path

import generated_ping
import generated_post
import generated_responses as responses
import httpx
from xsdata.formats.dataclass.models.generics import AnyElement
from xsdata.formats.dataclass.parsers import XmlParser
from xsdata.formats.dataclass.serializers import XmlSerializer

base, key, path = sys.argv[1:]
requests = json.loads(Path(path).read_text("utf-8"))


def send(where, request, kind):
    body = XmlSerializer().render(request)
    headers = {"api-key": key, "Content-Type": "application/xml", "Accept": "application/xml"}
    received = httpx.post(base + where, content=body.encode(), headers=headers, trust_env=False)
    return XmlParser().from_bytes(received.raise_for_status().content, kind)


def leads(module, request, **attributes):
    """The request as xsdata's classes: source as attributes, fields as elements of a wildcard."""
    lead = request["leads"][0]
    fields = [AnyElement(qname=name, text=text) for name, text in lead["fields"].items()]
    source = {name: request["source"][name] for name in ("vid", "lid", "aid")}
    return module.Leads(lead=[module.Leads.Lead(local_element=fields, **attributes)], **source)


created = send("/v2/insert/general", leads(generated_post, requests["create"]), responses.LeadReceiverResult)
result = created.results.post_response[0]
assert result.is_valid is True, created
assert result.response_type is responses.ResponseTypeName.NO_ERROR
print("create accepted")

promised = send("/v2/insert/ping", leads(generated_ping, requests["ping"]), responses.PingReceiverResult)
order = promised.results.ping_response[0]
assert order.will_accept is True, promised
print("ping accepted")

post = leads(generated_post, requests["post"], order_id=order.order_id)
posted = send("/v2/insert/general", post, responses.LeadReceiverResult)
assert posted.results.post_response[0].is_valid is True, posted
print("post accepted")
