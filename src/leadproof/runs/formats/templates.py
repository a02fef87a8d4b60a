"""The templates of the HTML report, from `reports/templates/`, and what they may do.

They escape everything; before that, everything that they show passes through `text.visible`, so no hidden character and
no endless value reaches the page. A template is Python when it is rendered: made when the wheel is built, as modules of
their own, or once for a user. What that rests on (its text, Jinja, this module) is part of the name, so that it is
never of another text.
"""

from __future__ import annotations

import hashlib
import importlib
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
from jinja2.bccache import Bucket
from markupsafe import Markup

from leadproof.core import cache as saved
from leadproof.core import resources
from leadproof.core.text import count, visible


def template(name: str) -> jinja2.Template:
    """A template, by the name of its file."""
    return _environment().get_template(name)


def compiled() -> Iterator[tuple[str, str]]:
    """Name and text of the modules that the templates are made into when a wheel is built."""
    environment = _environment()
    folder = resources.path("reports/templates")
    for path in sorted(folder.rglob("*.j2")):
        name, text = path.relative_to(folder).as_posix(), path.read_text("utf-8")
        yield f"{_module(name, text)}.py", environment.compile(text, name, None, raw=True, defer_init=True)


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=_Loader(resources.path("reports/templates")),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=_shown,
        undefined=jinja2.ChainableUndefined,
        bytecode_cache=_Saved(),
    )
    environment.filters["clip"] = lambda value, longest: visible(str(value), longest)
    environment.filters["text"] = _text
    environment.filters["counted"] = count
    environment.filters["media"] = _media
    environment.filters["moment"] = _moment
    return environment


class _Loader(jinja2.FileSystemLoader):
    """Takes the module that a template was made into, if the wheel brought one of this very text."""

    def get_source(self, environment: jinja2.Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        """The text, under the name that it has in every checkout: what is made of it is kept for all of them."""
        text, _, is_unchanged = super().get_source(environment, template)
        return text, template, is_unchanged

    def load(
        self, environment: jinja2.Environment, name: str, globals: MutableMapping[str, Any] | None = None
    ) -> jinja2.Template:
        text, _, _ = self.get_source(environment, name)
        try:
            module = importlib.import_module(f"leadproof.compiled.{_module(name, text)}")
        except ImportError:
            return super().load(environment, name, globals)
        return environment.template_class.from_module_dict(environment, vars(module), globals or {})


class _Saved(jinja2.BytecodeCache):
    """Templates compiled once for a user, wherever their files lie."""

    def get_cache_key(self, name: str, filename: str | None = None) -> str:
        return f"template-{name.replace('/', '-')}"

    def _made_from(self, bucket: Bucket) -> bytes:
        return f"{bucket.key} {bucket.checksum}".encode() + _rests_on()

    def load_bytecode(self, bucket: Bucket) -> None:
        if data := saved.load(bucket.key, self._made_from(bucket)):
            bucket.bytecode_from_string(data)

    def dump_bytecode(self, bucket: Bucket) -> None:
        saved.save(bucket.key, self._made_from(bucket), bucket.bytecode_to_string())


def _module(name: str, text: str) -> str:
    """The name of the module that a template is made into."""
    made_from = b"\0".join((_rests_on(), name.encode(), text.encode()))
    return f"template_{hashlib.sha256(made_from).hexdigest()[:32]}"


@cache
def _rests_on() -> bytes:
    """What all templates rest on besides their own texts."""
    return jinja2.__version__.encode() + Path(__file__).read_bytes()


def _media(row: Mapping[str, Any]) -> str:
    from leadproof.runs.formats.parts import media_of  # not where a wheel is built: it stands on all that judges

    return media_of(row).upper()


def _moment(value: Any) -> str:
    """A timestamp in UTC, without a word of its zone, which stands beside it; as it is where it is none."""
    text = str(value)
    try:
        at = datetime.fromisoformat(text)
        return f"{at.astimezone(UTC) if at.tzinfo else at:%Y-%m-%d %H:%M:%S}"
    except (ValueError, OverflowError):
        return text


def _text(value: Any, longest: int = 4000) -> Markup:
    """What stands between tags, never in an attribute: quotes stay as they are, which a page full of JSON feels."""
    shown = visible(str(value), longest)
    return Markup(shown.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"))


def _shown(value: Any) -> Any:
    if isinstance(value, Markup) or not isinstance(value, str):
        return value
    return visible(value)
