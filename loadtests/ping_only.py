"""Pings alone: is the response there within the auction's window?

    locust -f loadtests/ping_only.py --headless --host http://127.0.0.1:8080 --run-time 20s

What it sends stands in scenarios/ping_only.toml. With verdict and report: `leadproof load ping_only`.
"""

from leadproof.load.locust import LoadUser


class PingOnly(LoadUser):
    scenario = "ping_only"
