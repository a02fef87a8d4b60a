"""Creates a lead, pings and posts in JSON with the pydantic models that datamodel-code-generator made."""

import json
import sys
from pathlib import Path

import generated
import httpx

base, key, path = sys.argv[1:]
requests = json.loads(Path(path).read_text("utf-8"))


def send(where, request, response):
    body = request.model_dump_json(exclude_none=True)
    headers = {"api-key": key, "Content-Type": "application/json", "Accept": "application/json"}
    received = httpx.post(base + where, content=body, headers=headers, trust_env=False)
    return response.model_validate_json(received.raise_for_status().content)


create = generated.CreateLeadRequest.model_validate(requests["create"])
created = send("/v2/insert/general", create, generated.InsertResponse)
assert created.results[0].isValid is True, created
assert created.results[0].responseType is generated.ResponseType.No_Error
print("create accepted")

promised = send("/v2/insert/ping", generated.PingRequest.model_validate(requests["ping"]), generated.PingResponse)
assert promised.results[0].willAccept is True, promised
print("ping accepted")

post = generated.InboundPostRequest.model_validate(requests["post"])
post.leads[0].properties.orderId = promised.results[0].orderId
posted = send("/v2/insert/general", post, generated.InsertResponse)
assert posted.results[0].isValid is True, posted
print("post accepted")
