"""`Mock`: what a server or a test talks to. Dispatches to the engine and to its controls, and no more."""

from __future__ import annotations

from typing import Any

from leadproof.contract.profile import Profile
from leadproof.core.exchange import Request, Response
from leadproof.mock import controls
from leadproof.mock.exchanges import RememberingEngine


class Mock(RememberingEngine):
    """The lead receiver with its controls under /__mock__/."""

    def __init__(self, profile: Profile, *, token: str = "", **options: Any) -> None:
        """Args:

        profile: The posting profile to respond by.
        token: What the controls ask for; with none they respond to nobody.
        options: Those of `Engine`.
        """
        super().__init__(profile, **options)
        self.token = token

    def handle(self, request: Request) -> Response:
        """The response to a request. Whatever the request is, there is one."""
        if request.target.startswith(controls.PREFIX):
            return controls.handle(self, self.token, request)
        log = self.exchanges
        return self.receive(request) if log is None else self.logged(request, self.receive, log)

    def receive(self, request: Request) -> Response:
        """The response of the lead receiver itself; what a defect changes as a whole."""
        return super().handle(request)
