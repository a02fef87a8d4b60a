"""Captures where they are: in a bucket, on a web server, on a machine with SSH. Nothing is copied here.

The libraries that know these places (fsspec and its relatives) find credentials as they do everywhere: leadproof asks
for none, keeps none, and shows none. They are imported when a URL is named, and only for it. How it is split:

=========  ==============================================================================
`urls`     which schemes there are, what a URL is, and how it is shown: without what proves who asks
`library`  the library of a scheme, with the options that make it careful
`calls`    one call of a library, and no longer than it may take
`failures` what a library raises, as an error with a hint
`places`   a file or a folder: what is in it, and its bytes under caps
=========  ==============================================================================
"""

from leadproof.captures.remote.calls import Caps
from leadproof.captures.remote.places import CapturePath, RemotePath
from leadproof.captures.remote.urls import SCHEMES, is_remote, scheme_of, shown

__all__ = ["SCHEMES", "Caps", "CapturePath", "RemotePath", "is_remote", "scheme_of", "shown"]
