"""What a defect is, and how it gets into the mock: `Defect`, `Injection`, `planted`.

The handlers of the faithful mock know nothing of defects. A defect comes in by the seams that are there anyway: another
profile, another value of a response, another response, something around `Mock.handle`, another part in the world.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from leadproof.contract.profile import Profile
from leadproof.core.exchange import Request, Response
from leadproof.mock.app import Mock
from leadproof.mock.engine.responses import Value
from leadproof.mock.engine.service import Finish, Transform

#: Mock, request, and how to go on: what stands around `Mock.handle`.
Around = Callable[[Mock, Request, Callable[[Request], Response]], Response]

#: What has to happen before some defects show, and which control of the mock makes it happen.
NEEDS = {
    "time": "only when the mock's time moves on: POST /__mock__/clock/advance",
    "review": "only for a lead of a campaign with a review_share in the profile; POST /__mock__/leads/ID/review ends "
    "its review",
    "return": "only when a lead is returned: POST /__mock__/leads/ID/return",
    "source": "only for a source that is missing, disabled or full: GET /__mock__/recipes has such requests",
}


@dataclass(frozen=True, slots=True)
class Injection:
    """How a defect gets into a mock. What has a memory is made anew by a function whenever the mock is reset."""

    #: The profile that the mock responds by, made from the true one.
    profile: Callable[[Profile], Profile] | None = None
    transform: Callable[[], Transform] | None = None
    finish: Callable[[], Finish] | None = None
    around: Callable[[], Around] | None = None
    #: Changes parts of the mock after each reset.
    patch: Callable[[Mock], None] | None = None


@dataclass(frozen=True, slots=True)
class Defect:
    """One named way in which the mock can be made to break the contract."""

    #: Words joined by hyphens for those written by hand; operation.format.member.operator for the generated ones.
    id: str
    kind: str
    #: What is wrong, as a sentence about the service.
    description: str
    #: Id of the clause that must notice.
    expected_clause: str
    #: Operations whose cases are run; the first is the subject.
    operations: tuple[str, ...]
    injection: Injection
    #: Representations whose cases are run; empty for all.
    media: tuple[str, ...] = ()
    generated: bool = False
    #: What has to happen before it shows, of `NEEDS`; "" where requests alone show it.
    needs: str = ""


class _Planted(Mock):
    """A mock with defects in it."""

    def __init__(self, defects: tuple[Defect, ...], profile: Profile, **options: Any) -> None:
        self._injections = tuple(one.injection for one in defects)
        for injection in self._injections:
            profile = injection.profile(profile) if injection.profile else profile
        self._arounds: list[Around] = []
        super().__init__(profile, **options)

    def reset(self) -> None:
        injections = self._injections
        transforms = [injection.transform() for injection in injections if injection.transform]
        finishes = [injection.finish() for injection in injections if injection.finish]
        self._arounds = [injection.around() for injection in injections if injection.around]
        self._transform = _chained_transform(transforms) if transforms else None
        self._finish = _chained_finish(finishes) if finishes else None
        super().reset()
        patches = [injection.patch for injection in injections if injection.patch]
        for patch in patches:
            patch(self)
        if patches:  # the short way of a ping was made of the parts that stood there before
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


def content_type(response: Response) -> str:
    """The Content-Type of a response; "" without one."""
    return next((value for name, value in response.headers if name.lower() == "content-type"), "")
