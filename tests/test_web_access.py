"""Who may see a page of `leadproof serve`: the token, the cookie, hosts, other sites; and what a page may do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from pages import Served, make_run, serving

from leadproof.web.access import HEADERS


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("runs")
    make_run(folder, "one")
    with serving(folder, environment={"XDG_CACHE_HOME": str(tmp_path_factory.mktemp("cache"))}) as found:
        yield found


def get(served: Served, path: str = "/", **headers: str) -> httpx.Response:
    return httpx.get(served.base + path, headers={k.replace("_", "-"): v for k, v in headers.items()}, trust_env=False)


def test_the_token_goes_from_the_address_into_a_cookie(served: Served) -> None:
    first = httpx.get(served.url + "&page=1", trust_env=False)

    assert (first.status_code, first.headers["location"]) == (303, "/?page=1")
    cookie = first.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert get(served, cookie=cookie.partition(";")[0]).status_code == 200


@pytest.mark.parametrize("other", ['settings={"a": 1, "b": [2]}', "csrf[token]=1", "a b=c", "=1", "é=1", "x"])
def test_cookies_of_other_programs_on_this_host_keep_nobody_out(served: Served, other: str) -> None:
    own = httpx.get(served.url, trust_env=False).headers["set-cookie"].partition(";")[0]

    for cookies in (f"{other}; {own}", f"{own}; {other}"):
        response = httpx.get(served.base, headers={"cookie": cookies.encode()}, trust_env=False)
        assert response.status_code == 200


@pytest.mark.parametrize("path", ["/", "/?token=", "/?token=x", "/static/style.css", "/runs/x", "//host/?token="])
def test_without_the_token_nobody_sees_anything(served: Served, path: str) -> None:
    assert get(served, path).status_code == 401
    assert get(served, path, cookie="leadproof-0=x; a=b").status_code == 401
    assert get(served, path, cookie='";;=').status_code == 401


def test_a_redirect_stays_here(served: Served) -> None:
    token = served.url.partition("?")[2]

    response = httpx.get(f"{served.base}//evil.example/?{token}", trust_env=False)

    assert response.headers["location"] == "/evil.example/"


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "evil.example:80", "169.254.169.254"])
def test_another_host_is_refused(served: Served, host: str) -> None:
    with served.client() as client:
        assert client.get("/", headers={"host": host}).status_code == 421


@pytest.mark.parametrize(
    "headers",
    [{"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}, {"sec-fetch-site": "none"},
     {"origin": "http://evil.example"}, {"origin": "null"}],
)  # fmt: skip
def test_what_changes_something_has_to_come_from_here(served: Served, headers: dict[str, str]) -> None:
    with served.client() as client:
        assert client.post("/", headers=headers).status_code == 403
        own = {"origin": served.base} if "origin" in headers else {"sec-fetch-site": "same-origin"}
        assert client.post("/", headers=own).status_code == 405


def test_every_response_forbids_scripts_of_others(served: Served) -> None:
    with served.client() as client:
        for path in ("/", "/static/style.css", "/nothing", "/static/htmx.min.js"):
            response = client.get(path)
            policy = response.headers["content-security-policy"]
            assert policy == HEADERS["content-security-policy"]
            assert "unsafe" not in policy
            assert response.headers["x-content-type-options"] == "nosniff"
    assert get(served).headers["content-security-policy"] == HEADERS["content-security-policy"]


def test_read_only_asks_for_no_token_and_changes_nothing(tmp_path: Path) -> None:
    make_run(tmp_path, "one")
    with serving("--read-only", tmp_path, environment={"XDG_CACHE_HOME": str(tmp_path / "cache")}) as served:
        assert "token" not in served.url
        assert get(served).status_code == 200
        assert httpx.post(served.base + "/", trust_env=False).status_code == 403
