"""The client as a driver for `leadproof certify-client`: a task in a file, and an exit status.

Exit status: 0 every lead was accepted; 1 not every one; 3 that is not known of one; 64 it cannot do the task.
LEADPROOF_MEDIA=xml makes it speak XML.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Iterable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from leadproof.suite.client.example.client import LeadClient, NotTaken, Sale, TaskRefused, Unknown


class Listener:
    """Listens for callbacks on this machine; a context manager that gives the returnURL."""

    def __init__(self, client: LeadClient) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                try:
                    client.callback(body, self.headers.get("Content-Type", ""))
                    status = 200
                except ValueError:
                    status = 400
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                """Prints nothing: what arrives is personal data."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> str:
        self.thread.start()
        return f"http://127.0.0.1:{self.server.server_address[1]}/done"

    def __exit__(self, *error: object) -> None:
        self.server.shutdown()
        self.server.server_close()


def do(task: Mapping[str, Any], client: LeadClient) -> list[Sale]:
    """Does a task; what became of each lead."""
    sales = [Sale(one["reference"], one["fields"], one["pingFields"]) for one in task["leads"]]
    name = task["task"]
    if name == "sell-together":
        leads = [{"properties": {"reference": sale.reference}, "fields": sale.fields} for sale in sales]
        client.create(sales, leads)
    elif name == "sell-unless-duplicate":
        for sale in sales:
            if client.is_duplicate(sale):
                sale.accepted = False
            else:
                client.sell(sale)
    elif name == "sell-with-callback":
        with Listener(client) as return_url:
            threads = [threading.Thread(target=client.sell, args=(sale, return_url), daemon=True) for sale in sales]
            for thread in threads:
                thread.start()
                time.sleep(0.1)
            for thread in threads:
                thread.join()
            for sale in sales:
                if sale.accepted:
                    client.status(sale)
            time.sleep(2.0)  # for a callback that comes again
    elif name in ("sell", "sell-each", "sell-and-update", "sell-and-status"):
        for sale in sales:
            client.sell(sale)
            if sale.accepted and name == "sell-and-update":
                client.update(sale, task["changes"])
            if sale.accepted and name == "sell-and-status":
                client.status(sale)
    else:
        raise TaskRefused(name)
    return sales


def client_of(task: Mapping[str, Any], media: str = "json", kind: type[LeadClient] = LeadClient) -> LeadClient:
    """A client for a task."""
    return kind(task["url"], task["apiKey"], task["source"], task.get("consentField", ""), media)


def believes(sales: Iterable[Sale]) -> bool | None:
    """Were all leads accepted? None where that is not known of one."""
    states = [sale.accepted for sale in sales]
    return None if None in states and False not in states else all(states)


def main(arguments: list[str]) -> int:
    """Does the task of a file."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(3))
    task = json.loads(Path(arguments[0]).read_bytes())
    try:
        return {True: 0, False: 1, None: 3}[
            believes(do(task, client_of(task, os.environ.get("LEADPROOF_MEDIA", "json"))))
        ]
    except TaskRefused:
        return 64
    except (NotTaken, Unknown):
        return 3
