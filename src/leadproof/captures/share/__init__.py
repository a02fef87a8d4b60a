"""A copy of a capture that is safe to share: read, redacted, written in the same form.

Everything is read twice: what is personal is often told late (in a body) and shown early (in a page's title), so the
first time only learns. A copy is written beside its place under another name and moved there when it is whole; the
original is never touched. How it is split:

=========  ==============================================================================
`har`      HAR in, HAR out, entry by entry
`texts`    bodies, JSON lines, raw HTTP messages and prose: text in, text out; rows that `runs` makes HARs of
`left`     what is left to a person: places to look at
`copying`  which of them a file is, folders and run directories, and the care that is taken with the disk
=========  ==============================================================================
"""

from leadproof.captures.share.copying import Copy, share, suggested
from leadproof.captures.share.left import MOST, Leftover

__all__ = ["MOST", "Copy", "Leftover", "share", "suggested"]
