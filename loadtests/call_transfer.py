"""Create call transfer leads.

    locust -f loadtests/call_transfer.py --headless --host http://127.0.0.1:8080 --run-time 20s

What it sends stands in scenarios/call_transfer.toml. With verdict and report: `leadproof load call_transfer`.
"""

from leadproof.load.locust import LoadUser


class CallTransfer(LoadUser):
    scenario = "call_transfer"
