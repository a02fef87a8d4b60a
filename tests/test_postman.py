"""The Postman collection: has the form of version 2.1, names no host but this machine; the mock takes every request."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import httpx
import jsonschema
import pytest

from leadproof import bodies
from leadproof.commands import postman
from leadproof.contract.profile import load
from leadproof.contract.specs import load as load_spec
from leadproof.core.operations import CELLS, OPERATIONS
from leadproof.mock import Mock
from leadproof.mock.server import running

SPEC = load_spec()
KEY = load().credentials.api_keys[0]
COLLECTION = postman.collection(SPEC.openapi, KEY)

_TEXT = {"type": "string", "minLength": 1}
_PAIRS = {
    "type": "array",
    "items": {
        "type": "object", "additionalProperties": False, "required": ["key", "value"],
        "properties": {"key": _TEXT, "value": {"type": "string"}, "type": {"const": "string"}, "description": _TEXT},
    },
}  # fmt: skip

#: What of the format a collection uses, and nothing else: names, types and required members as version 2.1.0 has them.
FORM = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "additionalProperties": False,
    "required": ["info", "item", "auth", "variable"],
    "properties": {
        "info": {
            "type": "object", "additionalProperties": False, "required": ["name", "schema", "_postman_id"],
            "properties": {
                "_postman_id": {"type": "string", "pattern": "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"},
                "name": _TEXT, "description": _TEXT,
                "schema": {"const": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"},
            },
        },
        "auth": {
            "type": "object", "additionalProperties": False, "required": ["type", "apikey"],
            "properties": {"type": {"const": "apikey"}, "apikey": _PAIRS},
        },
        "variable": _PAIRS,
        "item": {"type": "array", "items": {
            "type": "object", "additionalProperties": False, "required": ["name", "item"],
            "properties": {
                "name": _TEXT, "description": _TEXT,
                "item": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/item"}},
            },
        }},
    },
    "$defs": {
        "item": {
            "type": "object", "additionalProperties": False, "required": ["name", "request", "response"],
            "properties": {
                "name": _TEXT, "response": {"const": []},
                "request": {
                    "type": "object", "additionalProperties": False, "required": ["method", "header", "url"],
                    "properties": {
                        "method": {"enum": ["GET", "POST", "PUT"]},
                        "header": _PAIRS,
                        "url": {
                            "type": "object", "additionalProperties": False, "required": ["raw", "host", "path"],
                            "properties": {
                                "raw": _TEXT, "host": {"const": ["{{baseUrl}}"]},
                                "path": {"type": "array", "items": _TEXT}, "variable": _PAIRS,
                            },
                        },
                        "body": {
                            "type": "object", "additionalProperties": False, "required": ["mode", "raw", "options"],
                            "properties": {
                                "mode": {"const": "raw"}, "raw": _TEXT,
                                "options": {"type": "object", "properties": {"raw": {"type": "object", "properties": {
                                    "language": {"enum": ["json", "xml"]}}}}},
                            },
                        },
                    },
                },
            },
        },
    },
}  # fmt: skip


def requests() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Operation, representation and request."""
    for (operation, row), folder in zip(OPERATIONS.items(), COLLECTION["item"], strict=True):
        for media, item in zip(row.media, folder["item"], strict=True):
            yield operation, media, item["request"]


def test_it_has_the_form_of_a_collection() -> None:
    jsonschema.Draft202012Validator.check_schema(FORM)
    assert list(jsonschema.Draft202012Validator(FORM).iter_errors(json.loads(json.dumps(COLLECTION)))) == []


def test_there_is_a_folder_for_each_operation_and_a_request_for_each_representation() -> None:
    assert [folder["name"] for folder in COLLECTION["item"]] == [row.heading for row in OPERATIONS.values()]
    assert [(operation, media) for operation, media, _ in requests()] == list(CELLS)


def test_it_names_no_host_and_no_secret() -> None:
    variables = {one["key"]: one["value"] for one in COLLECTION["variable"]}

    assert variables == {"baseUrl": "http://127.0.0.1:8080", "apiKey": KEY}
    assert KEY not in json.dumps({**COLLECTION, "variable": []})
    assert {one["key"]: one["value"] for one in COLLECTION["auth"]["apikey"]} == {
        "key": "api-key", "value": "{{apiKey}}", "in": "header",
    }  # fmt: skip


def test_the_parts_of_an_address_are_the_address() -> None:
    for operation, _, request in requests():
        url = request["url"]
        assert url["raw"] == "/".join([*url["host"], *url["path"]])
        filled = "/" + "/".join(f"{{{part[1:]}}}" if part.startswith(":") else part for part in url["path"])
        assert (request["method"], filled) == (OPERATIONS[operation].method, OPERATIONS[operation].path)
        assert [f":{one['key']}" for one in url.get("variable", ())] == [one for one in url["path"] if one[0] == ":"]


@pytest.mark.parametrize(("operation", "media", "request_"), list(requests()))
def test_a_body_is_a_valid_request(operation: str, media: str, request_: dict[str, Any]) -> None:
    if not OPERATIONS[operation].body:
        assert "body" not in request_
        return
    decoded = bodies.read_request(operation, media, request_["body"]["raw"].encode(), SPEC, None)

    assert list(decoded.problems) == []
    assert SPEC.verdict(operation, "request", media).is_valid(decoded.value)


def test_the_mock_responds_to_every_request_with_200() -> None:
    with running(Mock(load(), clock=time.time)) as mock, httpx.Client(trust_env=False) as client:
        for operation, media, request in requests():
            values = {f":{one['key']}": one["value"] for one in request["url"].get("variable", ())}
            path = "/".join(values.get(part, part) for part in request["url"]["path"])
            headers = {one["key"]: one["value"] for one in request["header"]} | {"api-key": KEY}
            response = client.request(
                request["method"], f"{mock.url}/{path}", headers=headers, content=request.get("body", {}).get("raw")
            )
            assert (operation, media, response.status_code) == (operation, media, 200), response.text
            assert response.headers["content-type"].startswith(f"application/{media}")
