"""A day's mixture by weight, a third of it in XML.

    locust -f loadtests/mixed.py --headless --host http://127.0.0.1:8080 --run-time 20s

What it sends stands in scenarios/mixed.toml. With verdict and report: `leadproof load mixed`.
"""

from leadproof.load.locust import LoadUser


class Mixed(LoadUser):
    scenario = "mixed"
