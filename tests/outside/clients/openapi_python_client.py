"""Creates a lead, pings and posts in JSON with what openapi-python-client generated: BASE KEY REQUESTS."""

import json
import sys
from pathlib import Path

from generated import AuthenticatedClient
from generated.api.create import insert_general
from generated.api.ping_and_post import ping
from generated.models import CreateLeadRequest, InboundPostRequest, PingRequest, ResponseType

base, key, path = sys.argv[1:]
requests = json.loads(Path(path).read_text("utf-8"))
client = AuthenticatedClient(base, token=key, prefix="", auth_header_name="api-key", raise_on_unexpected_status=True)

created = insert_general.sync(client=client, body=CreateLeadRequest.from_dict(requests["create"]))
assert created.results[0].is_valid is True, created
assert created.results[0].response_type is ResponseType.NO_ERROR
assert created.results[0].lead_id > 0
print("create accepted")

promised = ping.sync(client=client, body=PingRequest.from_dict(requests["ping"]))
assert promised.results[0].will_accept is True, promised
assert promised.results[0].order_expires_on.tzinfo is not None
print("ping accepted")

post = InboundPostRequest.from_dict(requests["post"])
post.leads[0].properties.order_id = promised.results[0].order_id
posted = insert_general.sync(client=client, body=post)
assert posted.results[0].is_valid is True, posted
assert posted.results[0].price == promised.results[0].estimated_payout
print("post accepted")
