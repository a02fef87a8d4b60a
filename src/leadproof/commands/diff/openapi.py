"""Two OpenAPI documents: operations, parameters, bodies, responses, credentials, servers, callbacks.

What is sent is compared as a request, what comes back as a response; in a callback it is the other way round. A path
with `x-leadproof-operations` holds several documented operations, each with schemas of its own: these are compared one
by one, and the body of the path only for what they do not say.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from leadproof.commands.diff import credentials, schemas
from leadproof.commands.diff.model import Direction, Location, UnratedChange, UnratedChanges
from leadproof.commands.diff.shapes import Dialect, follow, target

Json = Mapping[str, Any]

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")

#: Where a path stands in both documents: name in OLD, name in NEW.
_Pair = tuple[str, str]


def compare(old: Json, new: Json) -> UnratedChanges:
    """Every difference between two OpenAPI documents."""
    yield from _facts(old, new)
    yield from _named(servers(old), servers(new), "server", Location(member="servers"))
    yield from _paths(_part(old, "paths"), _part(new, "paths"), (old, new))
    yield from _callbacks(_part(old, "webhooks"), _part(new, "webhooks"), (old, new), "webhook ")


def servers(document: Json) -> list[str]:
    """The base URLs, variables filled in with their defaults."""
    urls = []
    for server in _list(document, "servers"):
        url = str(_plain(server).get("url", ""))
        for name, variable in _part(_plain(server), "variables").items():
            url = url.replace("{" + str(name) + "}", str(_plain(variable).get("default", "")))
        urls.append(url.rstrip("/") or "/")
    return urls


def _facts(old: Json, new: Json) -> UnratedChanges:
    before, after = (_part(document, "info") for document in (old, new))
    if before.get("version") != after.get("version"):
        words = (str(info.get("version", "none")) for info in (before, after))
        yield UnratedChange("version-changed", Location(member="info.version"), *words)
    if any(before.get(name) != after.get(name) for name in ("title", "description", "summary")):
        yield UnratedChange("description-changed", Location(member="info"))


def _named(old: Iterable[str], new: Iterable[str], noun: str, place: Location) -> UnratedChanges:
    """Names that are gone and names that are new."""
    old, new = list(old), list(new)
    for name in old:
        if name not in new:
            yield UnratedChange(f"{noun}-removed", place, name, "")
    for name in new:
        if name not in old:
            yield UnratedChange(f"{noun}-added", place, "", name)


# ---- paths and operations --------------------------------------------------------------------------------------------


def _paths(old: Json, new: Json, documents: tuple[Json, Json]) -> UnratedChanges:
    before, after = ({_template(path): path for path in paths} for paths in (old, new))
    for key, path in before.items():
        if key not in after:
            for method in _methods(follow(old[path], documents[0])):
                yield UnratedChange("operation-removed", Location(f"{method.upper()} {path}"))
    for key, path in after.items():
        if key not in before:
            for method in _methods(follow(new[path], documents[1])):
                yield UnratedChange("operation-added", Location(f"{method.upper()} {path}"))
            continue
        items = (follow(old[before[key]], documents[0]), follow(new[path], documents[1]))
        yield from _item(items, documents, (before[key], path))


def _template(path: str) -> str:
    """A path with the names of its parameters taken out: they never go over the wire."""
    return "/".join("{}" if part.startswith("{") and part.endswith("}") else part for part in str(path).split("/"))


def _methods(item: Json) -> list[str]:
    return [method for method in METHODS if isinstance(item.get(method), Mapping)]


def _item(items: tuple[Json, Json], documents: tuple[Json, Json], paths: _Pair) -> UnratedChanges:
    names = [part.strip("{}") for part in paths[0].split("/") if part.startswith("{")]
    renamed = [part.strip("{}") for part in paths[1].split("/") if part.startswith("{")]
    for was, now in zip(names, renamed, strict=True):
        if was != now:
            yield UnratedChange("path-parameter-renamed", Location(paths[1], "request", f"path:{now}"), was, now)
    old, new = (_methods(item) for item in items)
    for method in old:
        if method not in new:
            yield UnratedChange("operation-removed", Location(f"{method.upper()} {paths[0]}"))
    told = set[tuple[str, str, str, str, tuple[str, ...]]]()
    for difference in _documented(items, documents):
        told.add(_without_where(difference))
        yield difference
    for method in new:
        place = Location(f"{method.upper()} {paths[1]}", "request")
        if method not in old:
            yield UnratedChange("operation-added", replace(place, direction="both"))
            continue
        for difference in _operation(items, method, documents, dict(zip(names, renamed, strict=True)), place):
            if _without_where(difference) not in told:
                yield difference


def _without_where(difference: UnratedChange) -> tuple[str, str, str, str, tuple[str, ...]]:
    place = difference.place
    return difference.kind, place.member, difference.old, difference.new, (place.direction, *place.media)


def _documented(items: tuple[Json, Json], documents: tuple[Json, Json]) -> UnratedChanges:
    """The operations that share a path, by their ids."""
    old, new = (
        {
            str(row["id"]): row
            for row in _list(item, "x-leadproof-operations")
            if isinstance(row, Mapping) and "id" in row
        }
        for item in items
    )
    if not old or not new:
        return
    for name in sorted(old.keys() - new.keys()):
        yield UnratedChange("operation-removed", Location(name))
    for name, row in new.items():
        if name not in old:
            yield UnratedChange("operation-added", Location(name))
            continue
        directions: tuple[Direction, ...] = ("request", "response")
        for direction in directions:
            nodes = [
                _component(one.get(direction), document)
                for one, document in zip((old[name], row), documents, strict=True)
            ]
            if None in nodes:
                continue
            for media in _media_of(items, direction):
                place = Location(name, direction, "", (media,))
                yield from _schemas(nodes[0], nodes[1], documents, place)


def _component(name: Any, document: Json) -> Any:
    """The schema that a row names, by the name of a component or by a reference."""
    if not isinstance(name, str):
        return None
    return target(name if name.startswith("#") else f"#/components/schemas/{name}", document)


def _media_of(items: tuple[Json, Json], direction: str) -> list[str]:
    """The media that both versions of a path have in a direction."""
    both = []
    for item in items:
        names = set[str]()
        for method in _methods(item):
            bodies = [_part(item[method], "requestBody")] if direction == "request" else [
                _plain(one) for one in _part(item[method], "responses").values()]  # fmt: skip
            names |= {media for body in bodies for name in _part(body, "content") for media in media_names(name)}
        both.append(names)
    return sorted(both[0] & both[1] & {"json", "xml"})


def _operation(
    items: tuple[Json, Json], method: str, documents: tuple[Json, Json], renamed: Mapping[str, str], place: Location
) -> UnratedChanges:
    old, new = (item[method] for item in items)
    if old.get("operationId") != new.get("operationId"):
        words = (str(one.get("operationId", "nothing")) for one in (old, new))
        yield UnratedChange("operation-renamed", place, *words)
    if bool(old.get("deprecated")) != bool(new.get("deprecated")):
        yield UnratedChange("deprecated" if new.get("deprecated") else "undeprecated", place)
    if any(old.get(name) != new.get(name) for name in ("summary", "description", "tags")):
        yield UnratedChange("description-changed", place)
    yield from _parameters(items, method, documents, renamed, place)
    yield from _bodies(old.get("requestBody"), new.get("requestBody"), documents, place)
    yield from _responses(
        _part(old, "responses"), _part(new, "responses"), documents, replace(place, direction="response")
    )
    yield from credentials.compare(old, new, documents, place)
    yield from _callbacks(_part(old, "callbacks"), _part(new, "callbacks"), documents, f"{place.where} callback ")


# ---- parameters ------------------------------------------------------------------------------------------------------


def _parameters(
    items: tuple[Json, Json], method: str, documents: tuple[Json, Json], renamed: Mapping[str, str], place: Location
) -> UnratedChanges:
    old, new = (_by_name(item, item[method], document) for item, document in zip(items, documents, strict=True))
    old = {(where, renamed.get(name, name) if where == "path" else name): row for (where, name), row in old.items()}
    for key, row in old.items():
        if key not in new:
            kind = "required-parameter-removed" if row.get("required") is True else "parameter-removed"
            yield UnratedChange(kind, place.at(":".join(key)))
    for key, row in new.items():
        here = place.at(":".join(key))
        required = row.get("required") is True
        if key not in old:
            yield UnratedChange("required-parameter-added" if required else "parameter-added", here)
            continue
        before = old[key]
        if (before.get("required") is True) != required:
            yield UnratedChange("parameter-required" if required else "parameter-optional", here)
        styles = [(one.get("style", "default"), one.get("explode", "default")) for one in (before, row)]
        if styles[0] != styles[1]:
            yield UnratedChange(
                "parameter-style-changed", here, *(f"style {one}, explode {two}" for one, two in styles)
            )
        if bool(before.get("deprecated")) != bool(row.get("deprecated")):
            yield UnratedChange("deprecated" if row.get("deprecated") else "undeprecated", here)
        yield from _schemas(_schema_of(before), _schema_of(row), documents, here)


def _by_name(item: Json, operation: Json, document: Json) -> dict[tuple[str, str], Json]:
    """Parameters by place and name; those of the operation win over those of the path."""
    rows = [follow(row, document) for row in (*_list(item, "parameters"), *_list(operation, "parameters"))]
    return {
        (
            str(row.get("in")),
            str(row.get("name", "")).lower() if row.get("in") == "header" else str(row.get("name", "")),
        ): row
        for row in rows
    }


def _schema_of(row: Json) -> Any:
    """The schema of a parameter or header, which may stand in `content`."""
    content = list(_part(row, "content").values())
    return row.get("schema", _plain(content[0]).get("schema", {}) if content else {})


# ---- bodies and responses --------------------------------------------------------------------------------------------


def _bodies(old: Any, new: Any, documents: tuple[Json, Json], place: Location) -> UnratedChanges:
    before, after = (follow(node, document) for node, document in zip((old, new), documents, strict=True))
    required = [body.get("required") is True for body in (before, after)]
    if not before and not after:
        return
    if not before or not after:
        prefix = "required-" if any(required) else ""
        yield UnratedChange(f"{prefix}body-{'removed' if before else 'added'}", place)
        return
    if required[0] != required[1]:
        yield UnratedChange("body-required" if required[1] else "body-optional", place)
    yield from _contents(_part(before, "content"), _part(after, "content"), documents, place)


def _contents(old: Json, new: Json, documents: tuple[Json, Json], place: Location) -> UnratedChanges:
    before, after = ({_essence(name): node for name, node in content.items()} for content in (old, new))
    yield from _named(before, after, "media-type", place)
    for name, node in after.items():
        if name in before:
            for media in media_names(name):
                nodes = [_plain(one).get("schema", {}) for one in (before[name], node)]
                yield from _schemas(nodes[0], nodes[1], documents, replace(place, media=(media,)))


def _essence(name: str) -> str:
    """A media type without its parameters."""
    return str(name).partition(";")[0].strip().lower()


def media_names(name: str) -> tuple[str, ...]:
    """What a media type means for a schema: "json", "xml", both, or itself."""
    name = _essence(name)
    if name in ("*/*", "application/*"):
        return ("json", "xml")
    if name.endswith(("/json", "+json")):
        return ("json",)
    return ("xml",) if name.endswith(("/xml", "+xml")) else (name,)


def _responses(old: Json, new: Json, documents: tuple[Json, Json], place: Location) -> UnratedChanges:
    before, after = ({str(status).upper(): node for status, node in rows.items()} for rows in (old, new))
    for kind, here, there in (("removed", before, after), ("added", after, before)):
        for status in here:
            if status not in there and not status.startswith("X-"):
                prefix = "" if status.startswith("2") or status == "DEFAULT" else "error-"
                words = (status, "") if kind == "removed" else ("", status)
                yield UnratedChange(f"{prefix}status-{kind}", place.at(f"status:{status}"), *words)
    for status, node in after.items():
        if status in before:
            pair = (follow(before[status], documents[0]), follow(node, documents[1]))
            yield from _headers(pair, documents, place)
            yield from _contents(_part(pair[0], "content"), _part(pair[1], "content"), documents, place)
            if pair[0].get("description") != pair[1].get("description"):
                yield UnratedChange("description-changed", place.at(f"status:{status}"))
            links = [", ".join(sorted(map(str, _part(one, "links")))) for one in pair]
            if links[0] != links[1]:
                yield UnratedChange("link-changed", place.at(f"status:{status}"), *(names or "none" for names in links))


def _headers(pair: tuple[Json, Json], documents: tuple[Json, Json], place: Location) -> UnratedChanges:
    old, new = (
        {str(name).lower(): follow(row, document) for name, row in _part(one, "headers").items()}
        for one, document in zip(pair, documents, strict=True)
    )
    for name in old:
        if name not in new:
            yield UnratedChange("header-removed", place.at(f"header:{name}"))
    for name, row in new.items():
        here = place.at(f"header:{name}")
        if name not in old:
            yield UnratedChange("header-added", here)
            continue
        required = [one.get("required") is True for one in (old[name], row)]
        if required[0] != required[1]:
            yield UnratedChange("header-required" if required[1] else "header-optional", here)
        yield from _schemas(_schema_of(old[name]), _schema_of(row), documents, here)


def _schemas(old: Any, new: Any, documents: tuple[Json, Json], place: Location) -> UnratedChanges:
    media = place.media[0] if place.media else ""
    first, second = (Dialect(document, place.direction, media) for document in documents)
    yield from schemas.compare(old, new, (first, second), place)


# ---- callbacks -------------------------------------------------------------------------------------------------------


def _callbacks(old: Json, new: Json, documents: tuple[Json, Json], prefix: str) -> UnratedChanges:
    """What the service calls: there the service writes the request, and the client the response."""
    before, after = (_calls(one, document) for one, document in zip((old, new), documents, strict=True))
    for name in before:
        if name not in after:
            yield UnratedChange("callback-removed", Location(f"{prefix}{name}"))
    for name, call in after.items():
        if name not in before:
            yield UnratedChange("callback-added", Location(f"{prefix}{name}"))
            continue
        yield from _called(before[name], call, documents, Location(f"{prefix}{name}", "response"))


def _called(old: Json, new: Json, documents: tuple[Json, Json], place: Location) -> UnratedChanges:
    bodies = [follow(one.get("requestBody"), document) for one, document in zip((old, new), documents, strict=True)]
    yield from _contents(_part(bodies[0], "content"), _part(bodies[1], "content"), documents, place)


def _calls(rows: Json, document: Json) -> dict[str, Json]:
    """The operations of callbacks by name and method; the expression for the URL is not compared by its words."""
    return dict(_each_call(rows, document))


def _each_call(rows: Json, document: Json) -> Iterator[tuple[str, Json]]:
    for name, row in rows.items():
        callback = follow(row, document)
        items = [callback] if _methods(callback) else [follow(item, document) for item in callback.values()]
        for item in items:
            for method in _methods(item):
                yield f"{name} ({method.upper()})", item[method]


# ---- reading what may be anything ------------------------------------------------------------------------------------


def _plain(node: Any) -> Json:
    return node if isinstance(node, Mapping) else {}


def _part(node: Any, name: str) -> Json:
    return _plain(_plain(node).get(name))


def _list(node: Any, name: str) -> list[Any]:
    value = _plain(node).get(name)
    return value if isinstance(value, list) else []
