"""The posting profile: the posting document of an account, as data.

The vendor leaves the fields of a lead, its criteria, prices and permissions to a document that every partner gets
for itself. A profile is that document as TOML: `specs/profiles/default.toml` is the one to copy and edit,
`specs/profiles/profile.schema.json` says what may stand in it. Everything that builds requests or responds to them
reads it; what the mock does with it is the mock's.

* `model`    the nouns, frozen
* `formats`  what the value of a field may look like
* `reading`  TOML to nouns, and what is wrong with a file, by line and key
"""

from leadproof.contract.profile.formats import FORMATS
from leadproof.contract.profile.model import (
    Agent,
    Campaign,
    Credentials,
    Criterion,
    Field,
    LeadType,
    Messages,
    Offer,
    Profile,
    Rules,
    Source,
    TcpaInformation,
    TransferClient,
)
from leadproof.contract.profile.reading import load, parse

__all__ = [
    "FORMATS",
    "Agent",
    "Campaign",
    "Credentials",
    "Criterion",
    "Field",
    "LeadType",
    "Messages",
    "Offer",
    "Profile",
    "Rules",
    "Source",
    "TcpaInformation",
    "TransferClient",
    "load",
    "parse",
]
