"""A right client of the lead receiver, the example to start from.

    leadproof certify-client -- python -m leadproof.suite.client.example {lead.json}

* `client`  what a seller does: `LeadClient`
* `bodies`  JSON and XML, written and read
* `driver`  the client as a program
"""

from leadproof.suite.client.example.bodies import read
from leadproof.suite.client.example.client import LeadClient, NotTaken, Received, Sale, TaskRefused, Unknown
from leadproof.suite.client.example.driver import believes, client_of, do

__all__ = [
    "LeadClient",
    "NotTaken",
    "Received",
    "Sale",
    "TaskRefused",
    "Unknown",
    "believes",
    "client_of",
    "do",
    "read",
]
