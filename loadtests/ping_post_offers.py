"""Ping, post, and mark an offer as accepted.

    locust -f loadtests/ping_post_offers.py --headless --host http://127.0.0.1:8080 --run-time 20s

What it sends stands in scenarios/ping_post_offers.toml. With verdict and report: `leadproof load ping_post_offers`.
"""

from leadproof.load.locust import LoadUser


class PingPostOffers(LoadUser):
    scenario = "ping_post_offers"
