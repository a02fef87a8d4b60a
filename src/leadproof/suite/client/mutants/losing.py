"""Mistakes when a response does not come, or is none of the service."""

from __future__ import annotations

from typing import Any

import httpx

from leadproof.suite.client.example import LeadClient, NotTaken, Received, Sale, Unknown
from leadproof.suite.client.mutants.model import mutant


class _Again(LeadClient):
    """Sends a lead again, blindly, where it is not known what became of it."""

    #: Seconds that it waits for a response.
    patience = 30.0
    #: Statuses and words of `Unknown` after which it does.
    after: tuple[Any, ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        self.http.timeout = httpx.Timeout(self.patience)

    def create(
        self, sales: list[Sale], leads: list[dict[str, Any]], return_url: str = "", campaign: Any = None
    ) -> None:
        for _ in range(3):
            try:
                self.take_results(
                    sales, self.send("POST", "/v2/insert/general", self.body("create", leads, return_url))
                )
                return
            except Unknown as error:
                if error.args[0] not in self.after:
                    return
            except NotTaken:
                return


@mutant("response-after-5s")
class AgainAfterASecond(_Again):
    """After a second without response the lead is sent again."""

    patience, after = 1.0, ("ReadTimeout",)


@mutant("response-after-35s")
class AgainAfterTimeout(_Again):
    """After a timeout the lead is sent again."""

    patience, after = 20.0, ("ReadTimeout",)


@mutant("response-after-120s")
class NoTimeout(LeadClient):
    """There is no timeout."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.http.timeout = httpx.Timeout(None)


@mutant("reset-after-taken")
class AgainAfterReset(_Again):
    """After a reset of the connection the lead is sent again."""

    after = ("ReadError",)


@mutant("closed-after-taken")
class AgainAfterClose(_Again):
    """After a connection that was closed the lead is sent again."""

    after = ("RemoteProtocolError",)


@mutant("truncated-after-taken")
class AgainAfterHalf(_Again):
    """After half a response the lead is sent again."""

    after = ("RemoteProtocolError",)


@mutant("gateway-after-taken")
class AgainAfter502(_Again):
    """After status 502 the lead is sent again."""

    after = (502,)


@mutant("timeout-after-taken")
class AgainAfter504(_Again):
    """After status 504 the lead is sent again."""

    after = (504,)


@mutant("error-500")
class AgainAfter500(_Again):
    """After status 500 the lead is sent again."""

    after = (500,)


@mutant("labelled-as-html")
class AgainAfterHtml(_Again):
    """A response that is labelled as HTML makes the client send the lead again."""

    after = ("the response is HTML",)

    def exchange(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Received:
        reply = super().exchange(method, path, body, headers)
        if "html" in reply.headers.get("content-type", ""):
            raise Unknown("the response is HTML")
        return reply


@mutant("html-instead")
class UnreadableIsSuccess(LeadClient):
    """A response that cannot be read is taken for an acceptance."""

    def create(
        self, sales: list[Sale], leads: list[dict[str, Any]], return_url: str = "", campaign: Any = None
    ) -> None:
        try:
            self.take_results(sales, self.send("POST", "/v2/insert/general", self.body("create", leads, return_url)))
        except Unknown as error:
            sales[0].accepted = error.args[0] == "the response cannot be read"


@mutant("empty-instead")
class EmptyIsSuccess(UnreadableIsSuccess):
    """An empty body is taken for an acceptance."""


@mutant("ping-after-5s")
class CreatesWithoutPing(LeadClient):
    """A lead whose ping is late is created without an order."""

    def exchange(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Received:
        self.http.timeout = httpx.Timeout(1.0 if path.endswith("/ping") else 30.0)
        return super().exchange(method, path, body, headers)

    def ping(self, sale: Sale) -> dict[str, Any]:
        body = self.body("ping", [{"fields": {name: sale.fields[name] for name in sale.ping_fields}}])
        try:
            results: list[dict[str, Any]] = self.send("POST", "/v2/insert/ping", body)["results"]
            return results[0]
        except Unknown:
            return {}

    def sell(self, sale: Sale, return_url: str = "") -> None:
        result = self.ping(sale)
        properties = {"reference": sale.reference, **({"orderId": result["orderId"]} if result else {})}
        self.create([sale], [{"properties": properties, "fields": sale.fields}], return_url)


@mutant("ping-reset")
class PingsForEver(LeadClient):
    """A ping is repeated without end."""

    def ping(self, sale: Sale) -> dict[str, Any]:
        for _ in range(20):
            if result := super().ping(sale):
                return result
        return {}


@mutant("bad-request")
class Repeats400(LeadClient):
    """A request that was refused with status 400 is repeated."""

    def exchange(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Received:
        for _ in range(6):
            reply = super().exchange(method, path, body, headers)
            if reply.status_code != 400:
                break
        return reply


@mutant("unauthorised")
class Repeats401(LeadClient):
    """Credentials that were refused are sent again and again."""

    def exchange(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Received:
        for _ in range(6):
            reply = super().exchange(method, path, body, headers)
            if reply.status_code != 401:
                break
        return reply


class _Impatient(LeadClient):
    """Does not wait as long as it was asked to."""

    def exchange(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Received:
        reply = super().exchange(method, path, body, headers)
        return reply._replace(headers={name: value for name, value in reply.headers.items() if name != "retry-after"})


@mutant("throttled")
class Impatient429(_Impatient):
    """After status 429 the lead is sent again at once."""


@mutant("unavailable")
class Impatient503(_Impatient):
    """After status 503 the lead is sent again at once."""


@mutant("ping-throttled")
class ImpatientPing(_Impatient):
    """After status 429 a ping is sent again at once."""


class _Follows(LeadClient):
    def __post_init__(self) -> None:
        super().__post_init__()
        self.http.follow_redirects = True


@mutant("redirect-elsewhere")
class FollowsRedirects(_Follows):
    """Redirects of a lead are followed."""


@mutant("ping-redirected")
class FollowsPing(_Follows):
    """Redirects of a ping are followed."""


@mutant("moved")
class FollowsMoved(_Follows):
    """Redirects with status 302 are followed, as a browser does."""
