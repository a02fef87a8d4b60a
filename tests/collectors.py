"""A collector of OpenTelemetry metrics on loopback, and readers of what was sent and scraped."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

pytest.importorskip("opentelemetry.exporter.otlp.proto.http")
pytest.importorskip("prometheus_client")

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from prometheus_client.parser import text_string_to_metric_families as classic_text

Respond = Callable[[BaseHTTPRequestHandler], object]


def accept(handler: BaseHTTPRequestHandler) -> None:
    """What a collector that works responds."""
    handler.send_response(200)
    handler.send_header("content-length", "0")
    handler.end_headers()


class Collector:
    """A collector that keeps what it decodes, and responds as it is told to."""

    def __init__(self, respond: Respond = accept) -> None:
        self.requests: list[ExportMetricsServiceRequest] = []
        self.paths: list[str] = []
        self.headers: list[dict[str, str]] = []
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                collector.paths.append(self.path)
                collector.headers.append({name.lower(): value for name, value in self.headers.items()})
                collector.requests.append(ExportMetricsServiceRequest.FromString(body))
                respond(self)

            def log_message(self, format: str, *args: object) -> None:
                """Prints nothing."""

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request: object, client_address: object) -> None:
                """A client that has gone is no affair of a test's."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> Collector:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self.die()
        self._thread.join(60)

    def die(self) -> None:
        """Listens no more."""
        with contextlib.suppress(OSError):
            self._server.socket.shutdown(socket.SHUT_RDWR)
        self._server.server_close()


def metrics_of(request: ExportMetricsServiceRequest) -> dict[str, Any]:
    """The metrics of an export by their names."""
    (resource,) = request.resource_metrics
    (scope,) = resource.scope_metrics
    return {one.name: one for one in scope.metrics}


def attributes(point: Any) -> dict[str, str]:
    """The attributes of a data point or a resource."""
    return {one.key: one.value.string_value for one in point.attributes}


def samples_of(text: str, parse: Callable[[str], Any] = classic_text) -> dict[tuple[str, ...], float]:
    """Name and labels of each sample of a scrape, and its value."""
    return {
        (one.name, *(f"{name}={value}" for name, value in sorted(one.labels.items()))): one.value
        for family in parse(text)
        for one in family.samples
    }
