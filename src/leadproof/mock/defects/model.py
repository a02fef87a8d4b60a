"""What a defect is, and how it gets into the mock: `Defect`, `Injection`, `planted`.

The handlers of the faithful mock know nothing of defects. A defect comes in by the seams that are there anyway: another
profile, another value of an answer, another response, something around `Mock.handle`, another part in the world.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from leadproof.contract.profile import Profile
from leadproof.core.exchange import Request, Response
from leadproof.mock.app import Mock
from leadproof.mock.engine.answers import Value
from leadproof.mock.engine.service import Finish, Transform

#: Mock, request, and how to go on: what stands around `Mock.handle`.
Around = Callable[[Mock, Request, Callable[[Request], Response]], Response]


@dataclass(frozen=True, slots=True)
class Injection:
    """How a defect gets into a mock. What has a memory is made anew by a function whenever the mock is reset."""

    #: The profile that the mock answers by, made from the true one.
    profile: Callable[[Profile], Profile] | None = None
    transform: Callable[[], Transform] | None = None
    finish: Callable[[], Finish] | None = None
    around: Callable[[], Around] | None = None
    #: Changes parts of the mock after each reset.
    rig: Callable[[Mock], None] | None = None


@dataclass(frozen=True, slots=True)
class Defect:
    """One named way in which the mock can be made to break the contract."""

    #: Words joined by hyphens for those written by hand; operation.format.member.operator for the generated ones.
    id: str
    kind: str
    #: What is wrong, as a sentence about the service.
    words: str
    #: Id of the clause that must notice.
    owner: str
    #: Operations whose cases are run; the first is the subject.
    operations: tuple[str, ...]
    plant: Injection
    #: Representations whose cases are run; empty for all.
    media: tuple[str, ...] = ()
    generated: bool = False


class _Planted(Mock):
    """A mock with defects in it."""

    def __init__(self, defects: tuple[Defect, ...], profile: Profile, **options: Any) -> None:
        self._plants = tuple(one.plant for one in defects)
        for plant in self._plants:
            profile = plant.profile(profile) if plant.profile else profile
        self._arounds: list[Around] = []
        super().__init__(profile, **options)

    def reset(self) -> None:
        plants = self._plants
        transforms = [plant.transform() for plant in plants if plant.transform]
        finishes = [plant.finish() for plant in plants if plant.finish]
        self._arounds = [plant.around() for plant in plants if plant.around]
        self._transform = _chained_transform(transforms) if transforms else None
        self._finish = _chained_finish(finishes) if finishes else None
        super().reset()
        rigs = [plant.rig for plant in plants if plant.rig]
        for rig in rigs:
            rig(self)
        if rigs:  # the short way of a ping was made of the parts that stood there before
            self._short = {}

    def receive(self, request: Request) -> Response:
        return self._through(self._arounds, request)

    def _through(self, arounds: list[Around], request: Request) -> Response:
        if not arounds:
            return super().receive(request)
        return arounds[0](self, request, lambda other: self._through(arounds[1:], other))


def planted(defects: Iterable[Defect], profile: Profile, **options: Any) -> Mock:
    """A mock with these defects; without any, the faithful one.

    Args:
        defects: Rows of the table.
        profile: The true profile, by which the partner goes.
        options: As `Mock` takes them.
    """
    rows = tuple(defects)
    return _Planted(rows, profile, **options) if rows else Mock(profile, **options)


def _chained_transform(steps: list[Transform]) -> Transform:
    def transform(operation: str, fmt: str, value: Value) -> Value:
        for step in steps:
            value = step(operation, fmt, value)
        return value

    return transform


def _chained_finish(steps: list[Finish]) -> Finish:
    def finish(operation: str, response: Response) -> Response:
        for step in steps:
            response = step(operation, response)
        return response

    return finish


# ---- what the rows are written with ----------------------------------------------------------------------------------


def each_value(change: Callable[[Value], Value], *operations: str, fmt: str = "") -> Injection:
    """Another value of every answer of some operations (all where none is named), in one format or both."""

    def transform(operation: str, written: str, value: Value) -> Value:
        hit = (not operations or operation in operations) and fmt in ("", written)
        return change(value) if hit else value

    return Injection(transform=lambda: transform)


def each_result(change: Callable[[Value], Value], *operations: str, fmt: str = "") -> Injection:
    """Other results in every answer of some operations: `change` is given each result and gives the one to send."""

    def changed(value: Value) -> Value:
        results = value.get("results")
        return {**value, "results": [change(one) for one in results]} if isinstance(results, list) else value

    return each_value(changed, *operations, fmt=fmt)


def with_members(result: Value, **members: Any) -> Value:
    """The result with other values of members that it has; what it has not, it is not given."""
    return {**result, **{name: value for name, value in members.items() if name in result}}


def accepted(result: Value) -> bool:
    """Is a result an acceptance, whatever its operation calls it?"""
    return any(result.get(name) is True for name in ("isValid", "willAccept")) or result.get("isDuplicate") is not None


def each_body(change: Callable[[bytes], bytes], *operations: str, fmt: str = "") -> Injection:
    """Other bytes of every answer of some operations."""

    def finish(operation: str, response: Response) -> Response:
        if response.status != 200 or not operation or (operations and operation not in operations):
            return response
        if fmt and fmt not in content_type(response):
            return response
        return response._replace(body=change(response.body))

    return Injection(finish=lambda: finish)


def each_response(change: Callable[[Response], Response], *operations: str) -> Injection:
    """Another response to every readable request of some operations."""

    def finish(operation: str, response: Response) -> Response:
        hit = response.status == 200 and operation and (not operations or operation in operations)
        return change(response) if hit else response

    return Injection(finish=lambda: finish)


def content_type(response: Response) -> str:
    """The Content-Type of a response; "" without one."""
    return next((value for name, value in response.headers if name.lower() == "content-type"), "")


def relabelled(response: Response, label: str | None) -> Response:
    """The response under another Content-Type, or under none."""
    others = tuple(pair for pair in response.headers if pair[0].lower() != "content-type")
    return response._replace(headers=others if label is None else (("content-type", label), *others))


def every(number: int, change: Callable[[Any], Any]) -> Callable[[], Callable[[Any], Any]]:
    """A change that happens every so many times only; call it to begin to count."""

    def begin() -> Callable[[Any], Any]:
        count: Iterator[int] = iter(range(1, 1 << 62))
        return lambda value: change(value) if next(count) % number == 0 else value

    return begin
