"""Create leads and update them.

    locust -f loadtests/update.py --headless --host http://127.0.0.1:8080 --run-time 20s

What it sends stands in scenarios/update.toml. With verdict and report: `leadproof load update`.
"""

from leadproof.load.locust import LoadUser


class Update(LoadUser):
    scenario = "update"
