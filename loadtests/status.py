"""Create leads and poll their status.

    locust -f loadtests/status.py --headless --host http://127.0.0.1:8080 --run-time 20s

What it sends stands in scenarios/status.toml. With verdict and report: `leadproof load status`.
"""

from leadproof.load.locust import LoadUser


class Status(LoadUser):
    scenario = "status"
