"""Create leads without a ping.

    locust -f loadtests/direct_post.py --headless --host http://127.0.0.1:8080 --run-time 20s

What it sends stands in scenarios/direct_post.toml. With verdict and report: `leadproof load direct_post`.
"""

from leadproof.load.locust import LoadUser


class DirectPost(LoadUser):
    scenario = "direct_post"
