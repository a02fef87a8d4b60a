"""The mock: the service as documented, with controls for tests, on a port or within a process.

* `engine`    the lead receiver itself, pure: a request in, a response out
* `controls`  what a test may do to it under /__mock__/: time, review, returns, a new beginning
* `exchanges` the last ones, where somebody asks for them
* `app`       `Mock(profile, clock=…).handle(request) -> Response`: dispatches to the one or the other
* `server`    puts it on a socket; `faults` there break the transport
* `defects`   ways in which it can be made to break the contract
"""

from leadproof.mock.app import Mock
from leadproof.mock.engine.recipes import Recipe, recipes_for
from leadproof.mock.engine.world import Limits

__all__ = ["Limits", "Mock", "Recipe", "recipes_for"]
