"""What is made of the shipped texts when a wheel is built, so that nobody who installs it has to.

Called by the build (`hatch_build.py`), in an environment that has little more than a YAML parser. It is JSON, so it
holds for every Python; what was made of another text than the one that is there is not found (`core.cache`).
"""

from __future__ import annotations

from collections.abc import Iterator

from leadproof.contract import documents
from leadproof.core import cache, resources, toml

#: The documents that are read whole.
_WHOLE = ("clauses.yaml", "readings.yaml", "situations.yaml", "openapi.yaml")


def compiled() -> Iterator[tuple[str, bytes]]:
    """Name and content of each file, as `cache.shipped` looks for it."""
    texts = {name: documents.text_of(name) for name in _WHOLE} | {"contract": documents.without_examples()}
    for name, text in texts.items():
        yield documents.made_as(name, text), cache.written(documents.read(text))
    yield cache.file_name("places", documents.lined()), cache.written(documents.find_places())
    profile = resources.path("specs", "profiles", "default.toml").read_bytes()
    yield cache.file_name("profile", profile), cache.written(toml.parse(profile.decode()))
