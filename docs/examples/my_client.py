"""Sells leads to the receiver: a ping, and a post if the ping was accepted."""

import json
import urllib.request


def call(url, api_key, path, body):
    """Sends JSON; gives the status and the response."""
    request = urllib.request.Request(
        f"{url}{path}",
        json.dumps(body).encode(),
        {"Content-Type": "application/json", "Accept": "application/json", "api-key": api_key},
    )
    with urllib.request.urlopen(request, timeout=30) as response:
        return response.status, json.load(response)


def sell(url, api_key, source, fields, ping_fields):
    """Sells one lead; was it accepted?"""
    ping = {"source": source, "leads": [{"fields": {name: fields[name] for name in ping_fields}}]}
    _, offered = call(url, api_key, "/v2/insert/ping", ping)
    if not offered["results"][0]["willAccept"]:
        return False
    order = offered["results"][0]["orderId"]
    post = {"source": source, "leads": [{"properties": {"orderId": order}, "fields": fields}]}
    status, _ = call(url, api_key, "/v2/insert/general", post)
    return status == 200
