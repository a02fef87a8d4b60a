"""The mock on a socket: an own asyncio protocol on httptools, on uvloop where it exists; and as an ASGI application.

* `run(mock, host, port)`      serve in this process until Ctrl-C; `serve` is the coroutine behind it
* `with running(mock) as r:`   serve from a thread; `r.url`, `r.token`, `r.mock`
* `asgi(mock)`                 an ASGI 3 application
"""

from leadproof.mock.server.asgi import asgi
from leadproof.mock.server.protocol import Server
from leadproof.mock.server.serving import Running, new_token, run, running, serve

__all__ = ["Running", "Server", "asgi", "new_token", "run", "running", "serve"]
