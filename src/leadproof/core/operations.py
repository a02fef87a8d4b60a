"""The table of operations: what exists, and in which representations. Data only.

What a layer *does* with an operation stands in that layer's own dict with the same ids.
"""

from __future__ import annotations

from typing import NamedTuple


class Operation(NamedTuple):
    """One documented call of the lead receiver."""

    id: str
    #: The heading in the vendor's documentation.
    heading: str
    method: str
    #: Path template as in OpenAPI; three operations share one.
    path: str
    #: Representations that the documentation shows, the ones that count: 17 cells in all.
    media: tuple[str, ...]
    #: The word for the operation in clause ids: LE2-<code>-<PART>-<NN>.
    code: str
    #: Document element of the XML response; "" where no XML is documented.
    root: str = ""
    #: Does the request have a body?
    body: bool = True


BOTH = ("json", "xml")
JSON = ("json",)

OPERATIONS: dict[str, Operation] = {
    row.id: row
    for row in (
        Operation("create_lead", "Create Lead", "POST", "/v2/insert/general", BOTH, "CREATE", "LeadReceiverResult"),
        Operation(
            "create_lead_sends",
            "Create Lead and Return Send Information",
            "POST",
            "/v2/insert/general",
            BOTH,
            "SENDS",
            "SendsReceiverResult",
        ),
        Operation(
            "create_call_transfer",
            "Create Call Transfer Lead",
            "POST",
            "/v2/insert/transfer",
            BOTH,
            "TRANSFER",
            "TransferReceiverResult",
        ),
        Operation(
            "create_call_lead", "Create Call Lead", "POST", "/v2/insert/calldata", BOTH, "CALL", "LeadReceiverResult"
        ),
        Operation("update_lead", "Update Lead", "PUT", "/v2/update", JSON, "UPDATE"),
        Operation("ping", "Create Inbound PING", "POST", "/v2/insert/ping", BOTH, "PING", "PingReceiverResult"),
        Operation("inbound_post", "Inbound Post", "POST", "/v2/insert/general", BOTH, "POST", "LeadReceiverResult"),
        Operation(
            "duplicate_check", "Duplicate Check", "POST", "/v2/duplicate/check", BOTH, "DUP", "DuplicateCheckResult"
        ),
        Operation("lead_status", "Lead Request Status", "GET", "/v2/status/{id}", JSON, "STATUS", body=False),
        Operation(
            "accept_offer",
            "Mark Offer as Accepted",
            "PUT",
            "/v2/leads/{leadUID}/offers/{offerId}/accept",
            JSON,
            "ACCEPT",
            body=False,
        ),
    )
}

#: The ten values of `responseType`, in the order of the documentation (an older version of the
#: service numbers them 0 to 9 in this order).
RESPONSE_TYPES = (
    "No_Error",
    "System_ID_Missing",
    "LeadType_ID_Missing",
    "Vendor_ID_Missing",
    "No_Account_Found",
    "Outside_Criteria",
    "Duplicate_Lead",
    "Account_Disabled",
    "Post_Over_Max",
    "Data_Errors",
)

#: Operation and representation: the 17 cells of the contract.
CELLS: tuple[tuple[str, str], ...] = tuple((row.id, media) for row in OPERATIONS.values() for media in row.media)
