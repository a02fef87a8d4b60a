"""The posting profile: the posting document of an account, as data.

The vendor leaves the fields of a lead, its criteria, prices and permissions to a document that every partner gets
for itself. A profile is that document as TOML: `specs/profiles/default.toml` is the one to copy and edit,
`specs/profiles/profile.schema.json` says what may stand in it. Everything that builds requests or responds to them
reads it; what the mock does with it is the mock's.

* `model`, `conditions`  the nouns, frozen
* `formats`, `calendar`  what the value of a field may look like; when a campaign takes leads
* `breaches`             which rules the fields of a lead break
* `reading`, `writing`   TOML to nouns, and what is wrong with a file, by line and key; nouns to commented TOML
* `posting`              a posting document (CSV, XLSX, HTML, JSON) to a profile
* `sheets`               a profile as tables that a partner can read
"""

from leadproof.contract.profile.conditions import Condition, Criterion
from leadproof.contract.profile.formats import FORMATS
from leadproof.contract.profile.model import (
    Agent,
    Campaign,
    Cap,
    Credentials,
    Field,
    Hours,
    LeadType,
    Messages,
    Offer,
    Profile,
    Rules,
    Source,
    TcpaInformation,
    TransferClient,
    Trigger,
)
from leadproof.contract.profile.reading import load, parse

__all__ = [
    "FORMATS",
    "Agent",
    "Campaign",
    "Cap",
    "Condition",
    "Credentials",
    "Criterion",
    "Field",
    "Hours",
    "LeadType",
    "Messages",
    "Offer",
    "Profile",
    "Rules",
    "Source",
    "TcpaInformation",
    "TransferClient",
    "Trigger",
    "load",
    "parse",
]
