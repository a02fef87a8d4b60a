"""A Postman collection (v2.1) made from the OpenAPI document: a folder for each operation, a request for each of its
representations, with the document's own examples. Pure: the document goes in, plain data comes out.

No host but this machine's and no test scripts: what is to be expected is for `leadproof validate` to say.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Mapping
from typing import Any

from leadproof.core.operations import OPERATIONS, Operation

FILE = "leadexec-v2.postman_collection.json"
SCHEMA = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"

#: Where a collection sends before anybody has said where to.
BASE = "http://127.0.0.1:8080"

#: The create whose example response gives the ids that a path names.
_CREATED = "create_lead_response"

_HEADERS = {"json": "application/json", "xml": "application/xml"}


def collection(openapi: Mapping[str, Any], key: str) -> dict[str, Any]:
    """The collection.

    Args:
        openapi: The OpenAPI document as written, references unresolved.
        key: What {{apiKey}} is at first: a key of the mock, never a real one.
    """
    return {
        "info": {
            "_postman_id": str(uuid.uuid5(uuid.NAMESPACE_OID, f"leadproof {FILE}")),
            "name": f"{openapi['info']['title']}, version {openapi['info']['version']}",
            "description": f"{openapi['info']['description']} Made by leadproof from its openapi.yaml.",
            "schema": SCHEMA,
        },
        "item": [_folder(row, openapi) for row in OPERATIONS.values()],
        "auth": {
            "type": "apikey",
            "apikey": [
                {"key": "key", "value": openapi["components"]["securitySchemes"]["apiKey"]["name"], "type": "string"},
                {"key": "value", "value": "{{apiKey}}", "type": "string"},
                {"key": "in", "value": "header", "type": "string"},
            ],
        },
        "variable": [
            {"key": "baseUrl", "value": BASE, "type": "string"},
            {"key": "apiKey", "value": key, "type": "string"},
        ],
    }


def _folder(row: Operation, openapi: Mapping[str, Any]) -> dict[str, Any]:
    call = openapi["paths"][row.path][row.method.lower()]
    return {
        "name": row.heading,
        "description": str(call.get("description") or call.get("summary") or row.heading),
        "item": [_item(row, media, call, openapi) for media in row.media],
    }


def _item(row: Operation, media: str, call: Mapping[str, Any], openapi: Mapping[str, Any]) -> dict[str, Any]:
    accepted = {"key": "Accept", "value": _HEADERS[media]}
    request: dict[str, Any] = {"method": row.method, "header": [accepted], "url": _url(row, call, openapi)}
    if row.body:
        request["header"] = [{"key": "Content-Type", "value": _HEADERS[media]}, accepted]
        example = call["requestBody"]["content"][_HEADERS[media]]["examples"][row.id]
        value = _at(openapi, example["$ref"])["value"]
        raw = value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)
        request["body"] = {"mode": "raw", "raw": raw, "options": {"raw": {"language": media}}}
    return {"name": f"{row.heading} ({media.upper()})", "request": request, "response": []}


def _url(row: Operation, call: Mapping[str, Any], openapi: Mapping[str, Any]) -> dict[str, Any]:
    path = re.sub(r"\{(\w+)\}", r":\1", row.path).strip("/")
    url: dict[str, Any] = {"raw": f"{{{{baseUrl}}}}/{path}", "host": ["{{baseUrl}}"], "path": path.split("/")}
    if parameters := call.get("parameters"):
        ids = _ids(openapi)
        url["variable"] = [
            {"key": one["name"], "value": ids[one["name"]], "description": one["description"]} for one in parameters
        ]
    return url


def _ids(openapi: Mapping[str, Any]) -> dict[str, str]:
    """What the parameters of paths name: ids that a service gave out, so only a real response has ones that are
    known.
    """
    response = openapi["components"]["examples"][_CREATED]["value"]
    lead = response["results"][0]
    return {
        "id": str(response["requestId"]),
        "leadUID": str(lead["leadId"]),
        "offerId": str(lead["offers"][0]["offerId"]),
    }


def _at(openapi: Mapping[str, Any], reference: str) -> Any:
    found: Any = openapi
    for part in reference.removeprefix("#/").split("/"):
        found = found[part]
    return found
