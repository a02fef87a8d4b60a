"""Create leads with the data of a call.

    locust -f loadtests/call_data.py --headless --host http://127.0.0.1:8080 --run-time 20s

What it sends stands in scenarios/call_data.toml. With verdict and report: `leadproof load call_data`.
"""

from leadproof.load.locust import LoadUser


class CallData(LoadUser):
    scenario = "call_data"
