"""The same leads again and again, often at the same time; each may be sold once.

    locust -f loadtests/duplicates.py --headless --host http://127.0.0.1:8080 --run-time 20s

What it sends stands in scenarios/duplicates.toml. With verdict and report: `leadproof load duplicates`.
"""

from leadproof.load.locust import LoadUser


class Duplicates(LoadUser):
    scenario = "duplicates"
