"""Create leads with a returnURL and wait for the call to it.

    locust -f loadtests/callbacks.py --headless --host http://127.0.0.1:8080 --run-time 20s

What it sends stands in scenarios/callbacks.toml. With verdict and report: `leadproof load callbacks`.
"""

from leadproof.load.locust import LoadUser


class Callbacks(LoadUser):
    scenario = "callbacks"
