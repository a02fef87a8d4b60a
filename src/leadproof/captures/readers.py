"""Which formats of captures are read, and by which function; a module is loaded when a file of its format is met."""

from __future__ import annotations

from leadproof.captures.model import PartReader, Reader
from leadproof.core.lazy import LazyTable

#: Readers of the formats that `parts` cuts.
PART_READERS: LazyTable[PartReader] = LazyTable(
    "leadproof.captures", {"har": "har:read_har", "ndjson": "ndjson:read_ndjson", "flow": "flow:read_flow"}
)

#: Format -> reader. `report["files"][…]["format"]` says which was used.
READERS: LazyTable[Reader] = LazyTable(
    "leadproof.captures",
    {
        "har": "har:read_har",
        "ndjson": "ndjson:read_ndjson",
        "flow": "flow:read_flow",
        "http": "raw:read_raw",
        "vcr": "vcr:read_vcr",
        "newman": "newman:read_newman",
        "wiremock": "stubs:read_wiremock",
        "hoverfly": "stubs:read_hoverfly",
        "burp": "burp:read_burp",
        "tshark": "tshark:read_tshark",
        "zip": "archive:read_archive",
        "log": "log:read_log",
        "body": "body:read_body",
    },
)
