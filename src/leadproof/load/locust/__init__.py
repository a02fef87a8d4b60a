"""leadproof inside locust: the only place that imports locust and gevent, and only inside a locust process.

Importing it changes the standard library (locust patches it), so the command line never does. A locust file of yours::

    from leadproof.load.locust import PingPostUser

    class Buyer(PingPostUser):
        host = "http://127.0.0.1:8080"

Modules: `users` what locust spawns · `session` locust's events · `master` and `master_link` the two ends of a line
between machines · `worker` one process's part of a run ·
`engine` the open-model dispatcher · `connection` one socket · `channel` the line to `leadproof load` · `stats` locust's
own tables · `output` what is printed.
"""

import locust  # noqa: F401  # isort: skip  # it patches the standard library, so it comes before everything else

from leadproof.load.locust.users import LoadUser, PingPostUser

__all__ = ["LoadUser", "PingPostUser"]
