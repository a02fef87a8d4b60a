"""A posting document to a profile: what partners send as CSV, XLSX, HTML or JSON.

Bytes in, a profile and a list of what was understood, guessed and not read out; files are the caller's.

* `tables`, `workbooks`, `pages`, `records`  bytes to tables of text, merged cells filled in
* `headings`  which column is what, by the words that the trade uses
* `cells`, `forms`, `choices`  what a cell says: required, format, values
* `members`   rows and lines that are no fields: ids, caps, hours, members of the request
* `rows`, `fields`  rows to drafts, ping and post joined, and drafts to fields
* `importing` all of it in turn, with `notes` for every place
"""

from leadproof.contract.profile.posting.importing import Ids, Imported, import_documents
from leadproof.contract.profile.posting.notes import ImportNote

__all__ = ["Ids", "ImportNote", "Imported", "import_documents"]
