"""Ping, and post a share of what is accepted before the order expires.

    locust -f loadtests/ping_post.py --headless --host http://127.0.0.1:8080 --run-time 20s

What it sends stands in scenarios/ping_post.toml. With verdict and report: `leadproof load ping_post`.
"""

from leadproof.load.locust import LoadUser


class PingPost(LoadUser):
    scenario = "ping_post"
