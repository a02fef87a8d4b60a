"""Making an exchange safe to keep: secrets and personal data become placeholders, relations stay visible.

Every door (suite, load, captures, recorder, user tests) passes what it has through one `Redactor` before anything is
written, printed, cached or logged. The package is pure: no I/O, and the same value with the same salt is the same
placeholder. How it is split:

=============  ==========================================================================
`names`        which member, header and field names mean a secret or personal data (tables)
`languages`    such names in other languages (tables)
`placeholders` a value -> its placeholder: same type, same spelling, still valid if it was valid
`formats`      values that give themselves away by their form: e-mail, SSN, IP, JWT …
`numbers`      telephone and card numbers in any spelling
`people`       names of people by what stands before them
`known`        values that were found once and may be echoed elsewhere
`inert`        texts that give nothing away by their form, and what is left to look for in them
`layers`       encodings within text: percent, entities, JSON escapes, base64
`spans`        where the values stand in JSON, XML and form text, well-formed or not
`cleaner`      one value: what it is by the names above it and by its form, and what becomes of it
`redactor`     the class that others use: exchanges, findings, texts
=============  ==========================================================================
"""

from leadproof.redact.redactor import Redactor

__all__ = ["Redactor"]
