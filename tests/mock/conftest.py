"""A mock with a clock of the test's own, and a caller that speaks JSON and XML to it without a socket."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from leadproof import bodies
from leadproof.contract import profile
from leadproof.contract.profile import Profile
from leadproof.core.exchange import MEDIA_TYPES, Request, Response
from leadproof.core.operations import OPERATIONS
from leadproof.mock import Limits, Mock

#: 2026-01-31T16:25:12.250Z
NOW = 1_769_876_712.25
TOKEN = "test-token"


class Caller:
    """Sends requests to a mock and decodes what comes back."""

    def __init__(self, mock: Mock, tick: Callable[[float], None]) -> None:
        self.mock = mock
        #: Moves the outer clock forward by seconds.
        self.tick = tick
        self.key = mock.profile.credentials.api_keys[0]
        self._lead = 0

    def raw(self, method: str, target: str, body: bytes = b"", **headers: str) -> Response:
        """Any request; header names are written with underscores."""
        pairs = tuple((name.replace("_", "-"), value) for name, value in headers.items())
        return self.mock.handle(Request(method, target, (("host", "127.0.0.1"), ("api-key", self.key), *pairs), body))

    def send(
        self,
        operation: str,
        value: Mapping[str, Any] | None = None,
        *,
        fmt: str = "json",
        response_format: str = "",
        path: str = "",
    ) -> Any:
        """An operation with status 200; the response's value."""
        row = OPERATIONS[operation]
        response_format = response_format or fmt
        headers = {"content_type": MEDIA_TYPES[fmt][0]} if row.body else {}
        body = bodies.encode_request(operation, fmt, value) if row.body else b""
        response = self.raw(row.method, path or row.path, body, accept=MEDIA_TYPES[response_format][0], **headers)
        assert response.status == 200, response
        assert dict(response.headers)["content-type"] == f"{MEDIA_TYPES[response_format][0]}; charset=utf-8"
        return bodies.decode_response(operation, response_format, response.body)

    def results(self, operation: str, value: Mapping[str, Any], **how: str) -> list[dict[str, Any]]:
        """The results of an operation."""
        found: list[dict[str, Any]] = self.send(operation, value, **how)["results"]
        return found

    def result(self, operation: str, value: Mapping[str, Any], **how: str) -> dict[str, Any]:
        """The one result of an operation."""
        (found,) = self.results(operation, value, **how)
        return found

    def status(self, request_id: str) -> Any:
        return self.send("lead_status", path=f"/v2/status/{request_id}")

    def accept(self, lead_id: int, offer_id: str) -> Any:
        return self.send("accept_offer", path=f"/v2/leads/{lead_id}/offers/{offer_id}/accept")

    def control(self, method: str, name: str, value: Any = None, status: int = 200) -> Any:
        """A control under /__mock__/."""
        body = b"" if value is None else json.dumps(value).encode()
        response = self.raw(method, f"/__mock__/{name}", body, x_mock_token=TOKEN)
        assert response.status == status, response
        return json.loads(response.body)

    def fields(self, **changed: str | None) -> dict[str, str]:
        """Fields of an auto insurance lead that nobody sent before; None leaves a field out."""
        self._lead += 1
        fields: dict[str, str | None] = {
            "FirstName": "Avery",
            "LastName": "Fields",
            "Email": f"lead{self._lead}@leads.example",
            "Phone": f"212{200 + self._lead // 10000}{self._lead % 10000:04d}",
            "Address": "12 Example Street",
            "City": "Springfield",
            "State": "TX",
            "Zip": "75001",
            **changed,
        }
        return {name: value for name, value in fields.items() if value is not None}

    def create(self, *leads: Mapping[str, Any], vid: int = 1001, aid: int = 3001, **source: Any) -> dict[str, Any]:
        """The value of a create call; without leads, of one with new fields."""
        made = [{"properties": {}, "fields": self.fields()}] if not leads else list(leads)
        given = {"vid": vid, "lid": 2001, "aid": aid, "sendDelay": 0, **source}
        return {"source": {name: member for name, member in given.items() if member is not None}, "leads": made}

    def lead(self, fields: Mapping[str, str] | None = None, **properties: Any) -> dict[str, Any]:
        """One lead of a create call."""
        return {"properties": properties, "fields": dict(fields or self.fields())}

    def ping(self, vid: int = 1001, aid: int | None = 3001, **fields: str) -> dict[str, Any]:
        """The value of a ping."""
        source = {"vid": vid, "lid": 2001, **({"aid": aid} if aid else {})}
        return {"source": source, "leads": [{"properties": {}, "fields": {"State": "TX", "Zip": "75001", **fields}}]}


@pytest.fixture(scope="session")
def default_profile() -> Profile:
    return profile.load()


@pytest.fixture
def make_caller(default_profile: Profile) -> Callable[..., Caller]:
    """Make a caller of a new mock; keywords are those of Mock, and `profile`."""

    def make(**options: Any) -> Caller:
        now = [NOW]

        def tick(seconds: float) -> None:
            now[0] += seconds

        options = {"clock": lambda: now[0], "token": TOKEN, **options}
        return Caller(Mock(options.pop("profile", default_profile), **options), tick)

    return make


@pytest.fixture
def caller(make_caller: Callable[..., Caller]) -> Caller:
    return make_caller()


@pytest.fixture
def small_caller(make_caller: Callable[..., Caller]) -> Caller:
    """A mock that remembers little."""
    return make_caller(limits=Limits(leads=10, orders=10, callbacks=3))
