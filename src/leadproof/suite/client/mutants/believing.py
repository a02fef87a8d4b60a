"""Mistakes about what a response says: what counts as accepted, and what is done with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from leadproof.suite.client.example import LeadClient, Received, Sale
from leadproof.suite.client.mutants.model import mutant


@mutant("refused-outside-criteria")
class StatusIsSuccess(LeadClient):
    """Any response with status 200 is taken for an acceptance."""

    def take_results(self, sales: list[Sale], response: Mapping[str, Any]) -> None:
        super().take_results(sales, response)
        for sale in sales:
            sale.accepted = True


@mutant("refused-no-error")
class TypeIsSuccess(LeadClient):
    """responseType No_Error is taken for an acceptance."""

    def take_results(self, sales: list[Sale], response: Mapping[str, Any]) -> None:
        super().take_results(sales, response)
        for sale, result in zip(sales, response.get("results") or (), strict=False):
            sale.accepted = result.get("responseType") == "No_Error"


@mutant("refused-duplicate-lead")
class DuplicateIsSuccess(LeadClient):
    """A duplicate is taken for an acceptance: the lead is there, after all."""

    def take_results(self, sales: list[Sale], response: Mapping[str, Any]) -> None:
        super().take_results(sales, response)
        for sale, result in zip(sales, response.get("results") or (), strict=False):
            sale.accepted = sale.accepted or result.get("responseType") == "Duplicate_Lead"


@mutant("refused-data-errors")
class RefusedAgain(LeadClient):
    """A lead that is refused is sent again and again."""

    def take_results(self, sales: list[Sale], response: Mapping[str, Any]) -> None:
        super().take_results(sales, response)
        for _ in range(3):
            if sales[0].accepted is False:
                super().take_results(sales, self.resend(sales))

    def resend(self, sales: list[Sale]) -> dict[str, Any]:
        leads = [{"properties": {"reference": sale.reference}, "fields": sale.fields} for sale in sales]
        return self.send("POST", "/v2/insert/general", self.body("create", leads))


@mutant("results-empty")
class AllOfNothing(LeadClient):
    """No result that is a refusal is taken for an acceptance of all."""

    def take_results(self, sales: list[Sale], response: Mapping[str, Any]) -> None:
        valid = all(result.get("isValid") for result in response.get("results") or ())
        for sale in sales:
            sale.accepted = valid


@mutant("batch-one-refused")
class FirstResultOnly(LeadClient):
    """Only the first result of a batch is read."""

    def take_results(self, sales: list[Sale], response: Mapping[str, Any]) -> None:
        super().take_results(sales, response)
        for sale in sales:
            sale.accepted = sales[0].accepted


@mutant("batch-one-refused")
class WholeBatchAgain(RefusedAgain):
    """A batch with one refusal is sent again as a whole."""

    def take_results(self, sales: list[Sale], response: Mapping[str, Any]) -> None:
        LeadClient.take_results(self, sales, response)
        if len(sales) > 1 and not all(sale.accepted for sale in sales):
            self.resend(sales)


@mutant("pending-review")
class PendingAgain(RefusedAgain):
    """A lead that waits for review is sent again."""

    def take_results(self, sales: list[Sale], response: Mapping[str, Any]) -> None:
        LeadClient.take_results(self, sales, response)
        if any(result.get("isPendingReview") for result in response.get("results") or ()):
            self.resend(sales)


@mutant("price-lower")
class EstimateIsPrice(LeadClient):
    """A lead whose price is lower than estimated counts as refused."""

    estimate = 0.0

    def ping(self, sale: Sale) -> dict[str, Any]:
        result = super().ping(sale)
        self.estimate = float(result.get("estimatedPayout") or 0)
        return result

    def take_results(self, sales: list[Sale], response: Mapping[str, Any]) -> None:
        super().take_results(sales, response)
        for sale, result in zip(sales, response.get("results") or (), strict=False):
            sale.accepted = sale.accepted and float(result.get("price") or 0) >= self.estimate


@mutant("duplicate-unknown")
class SuccessIsDuplicate(LeadClient):
    """success of a duplicate check is read for isDuplicate."""

    def is_duplicate(self, sale: Sale) -> bool:
        response = self.send("POST", "/v2/duplicate/check", self.body("check", [{"fields": sale.fields}]))
        return bool((response.get("results") or [{}])[0].get("success"))


@mutant("duplicate-known")
class DuplicateIgnored(LeadClient):
    """The duplicate check is made, and its result is not read."""

    def is_duplicate(self, sale: Sale) -> bool:
        super().is_duplicate(sale)
        return False


@mutant("update-right-lead")
class UpdatesRequest(LeadClient):
    """The update names the requestId."""

    def update(self, sale: Sale, changes: Mapping[str, str]) -> None:
        super().update(Sale(sale.reference, sale.fields, [], lead_id=sale.request_id), changes)


@mutant("update-right-lead")
class UpdatesNothing(LeadClient):
    """The update sends the lead as it was."""

    def update(self, sale: Sale, changes: Mapping[str, str]) -> None:
        super().update(sale, {name: sale.fields[name] for name in changes})


@mutant("update-of-refused")
class UpdatesRefused(LeadClient):
    """A lead that was refused is updated."""

    def take_results(self, sales: list[Sale], response: Mapping[str, Any]) -> None:
        super().take_results(sales, response)
        if sales[0].accepted is False:
            self.update(Sale(sales[0].reference, {}, [], lead_id=0), {"City": "Elsewhere"})


@mutant("status-right-request")
class StatusByLead(LeadClient):
    """The status is asked for by leadId."""

    def status(self, sale: Sale) -> dict[str, Any]:
        return super().status(Sale(sale.reference, {}, [], request_id=str(sale.lead_id)))


@mutant("status-of-refused")
class StatusOfRefused(LeadClient):
    """The status is asked for of a lead that was refused."""

    def take_results(self, sales: list[Sale], response: Mapping[str, Any]) -> None:
        super().take_results(sales, response)
        if sales[0].accepted is False:
            self.status(sales[0])


@mutant("key-in-header")
class KeyInUrl(LeadClient):
    """The key stands in the URL."""

    def exchange(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Received:
        return super().exchange(method, f"{path}?api-key={quote(self.api_key)}", body, headers)
