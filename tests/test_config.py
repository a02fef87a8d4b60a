"""The configuration: what a file may say, whose word counts, and that secrets come from the environment or a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from leadproof.core.errors import ConfigurationError
from leadproof.core.target import Target
from leadproof.runs.config import KEYS, TARGET_KEYS, Config, load, target

WHOLE = """
profile = "ours.toml"
out = "${RUNS}/out"
seed = 7

[readings]
namespaces = "serializer"

[targets.sandbox]
url = "https://${HOST}/api"
auth_scheme = "bearer"
secret_env = "SANDBOX_TOKEN"
ca = "ca.pem"
proxy = "http://127.0.0.1:3128"
timeout = 5

[targets.plain]
url = "http://127.0.0.1:8080"
"""
ENVIRON = {"RUNS": "runs", "HOST": "sandbox.example", "SANDBOX_TOKEN": " t0ken\n"}


def written(folder: Path, text: str, name: str = "leadproof.toml") -> Path:
    (folder / name).write_text(text, "utf-8")
    return folder


# ---- reading ---------------------------------------------------------------------------------------------------------


def test_without_a_file_the_defaults_hold(tmp_path: Path) -> None:
    assert load(tmp_path, {}) == Config(None, None, "reports/out", 0, {}, {})


def test_the_cover_is_told_what_somebody_said(tmp_path: Path) -> None:
    file = written(tmp_path, "subject = 'Lead receiver of Example Ltd'\nby = 'Quality, Example Ltd'")

    assert load(file, {}).cover() == {"subject": "Lead receiver of Example Ltd", "by": "Quality, Example Ltd"}
    assert Config().cover() == {}


def test_every_key_is_read(tmp_path: Path) -> None:
    found = load(written(tmp_path, WHOLE), ENVIRON)

    assert (found.path, found.profile, found.out, found.seed) == (
        tmp_path / "leadproof.toml",
        "ours.toml",
        "runs/out",
        7,
    )
    assert found.readings == {"namespaces": "serializer"}
    assert list(found.targets) == ["sandbox", "plain"]


def test_pyproject_is_read_where_there_is_no_file_of_our_own(tmp_path: Path) -> None:
    written(tmp_path, "[tool.leadproof]\nseed = 3\n", "pyproject.toml")

    assert load(tmp_path, {}).seed == 3

    written(tmp_path, "seed = 4\n")
    assert load(tmp_path, {}).seed == 4


@pytest.mark.parametrize("text", ["", "[tool.ruff]\nline-length = 3\n", "tool = 3\n", "[project]\nname = 'x'\n"])
def test_somebody_elses_pyproject_is_no_configuration(tmp_path: Path, text: str) -> None:
    assert load(written(tmp_path, text, "pyproject.toml"), {}) == Config()


def test_the_keys_of_the_table_are_those_of_the_configuration() -> None:
    assert set(KEYS) == set(Config.__dataclass_fields__) - {"path"}
    assert set(TARGET_KEYS) - {"auth_scheme", "secret_env", "secret_file"} <= set(Target.__dataclass_fields__)


# ---- what is wrong with a file: text, message after the path, hint ---------------------------------------------------

WRONG = {
    "no TOML": (
        "[targets.a",
        " is no TOML: Expected ']' at the end of a table declaration (at end of document)",
        "see https://toml.io for the syntax",
    ),
    "an unknown key": ("sed = 1", ":1: there is no key sed", "did you mean seed?"),
    "a key like none": (
        "xyzzy = 1",
        ":1: there is no key xyzzy",
        "known are: profile, out, seed, subject, by, readings, targets, waivers, attestation_days, min_judged",
    ),
    "a wrong type": (
        "seed = 'x'",
        ":1: seed has to be a whole number, and is text in quotes",
        "seed of everything that is generated",
    ),
    "a boolean for a number": (
        "seed = true",
        ":1: seed has to be a whole number, and is true or false",
        "seed of everything that is generated",
    ),
    "targets no table": ("targets = 1", ":1: targets has to be a table, and is a whole number", "named targets"),
    "a target no table": ("[targets]\na = 1", ":2: targets.a is no table", "write [targets.a] and a url"),
    "a target's unknown key": ("[targets.a]\nulr = 'x'", ":2: there is no key targets.a.ulr", "did you mean url?"),
    "a secret in the file": (
        "[targets.a]\nsecret = 'x'",
        ":2: there is no key targets.a.secret",
        "did you mean secret_env?",
    ),
    "a target's wrong type": (
        "[targets.a]\ntimeout = '5'",
        ":2: targets.a.timeout has to be a number, and is text in quotes",
        "seconds for a whole exchange",
    ),
    "a reading no text": (
        "[readings]\nnamespaces = 1",
        ":2: readings.namespaces has to be text in quotes",
        "name one of its choices",
    ),
    "a reading that is a list": (
        "[readings]\nnamespaces = ['x']",
        ":2: readings.namespaces has to be text in quotes",
        "name one of its choices",
    ),
    "a variable that is not set": (
        "profile = '${NOT_SET}'",
        ": the environment variable NOT_SET is not set",
        "set NOT_SET",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_named(tmp_path: Path, case: str) -> None:
    text, message, hint = WRONG[case]

    with pytest.raises(ConfigurationError) as raised:
        load(written(tmp_path, text), {})

    assert (raised.value.message, raised.value.hint) == (f"{tmp_path / 'leadproof.toml'}{message}", hint)


def test_the_line_of_a_wrong_key_is_that_of_pyproject(tmp_path: Path) -> None:
    text = "[project]\nname = 'x'\n\n[tool.leadproof]\nseed = 1\nprofle = 'p.toml'\n"

    with pytest.raises(ConfigurationError, match=r"pyproject\.toml:6: there is no key profle"):
        load(written(tmp_path, text, "pyproject.toml"), {})


def test_a_table_of_pyproject_that_is_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"tool\.leadproof is no table"):
        load(written(tmp_path, "[tool]\nleadproof = 3\n", "pyproject.toml"), {})


def test_a_file_in_another_encoding_is_named(tmp_path: Path) -> None:
    (tmp_path / "leadproof.toml").write_bytes("profile = 'é'".encode("latin-1"))

    with pytest.raises(ConfigurationError, match="byte 11 is not UTF-8"):
        load(tmp_path, {})


def test_a_file_that_is_a_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "leadproof.toml").mkdir()

    with pytest.raises(ConfigurationError, match="cannot be read: Is a directory"):
        load(tmp_path, {})


# ---- targets ---------------------------------------------------------------------------------------------------------


def test_a_named_target_is_what_the_file_says(tmp_path: Path) -> None:
    found = target("sandbox", load(written(tmp_path, WHOLE), ENVIRON), ENVIRON)

    assert found == Target("https://sandbox.example/api", "bearer", "t0ken", "ca.pem", "http://127.0.0.1:3128", 5.0)


def test_a_variable_is_needed_only_by_whoever_uses_the_target(tmp_path: Path) -> None:
    config = load(written(tmp_path, WHOLE), {"RUNS": "x"})

    assert target("plain", config, {}).url == "http://127.0.0.1:8080"
    with pytest.raises(ConfigurationError, match="the environment variable HOST is not set"):
        target("sandbox", config, {"SANDBOX_TOKEN": "x"})


def test_a_url_is_a_target_by_itself() -> None:
    assert target("http://127.0.0.1:1", Config(), {}) == Target("http://127.0.0.1:1")


def test_the_command_line_sets_the_timeout(tmp_path: Path) -> None:
    config = load(written(tmp_path, WHOLE), ENVIRON)

    assert target("sandbox", config, ENVIRON, timeout=0.5).timeout == 0.5
    assert target("plain", config, ENVIRON).timeout == 30.0
    with pytest.raises(ConfigurationError, match="the timeout 0 is not possible"):
        target("sandbox", config, ENVIRON, timeout=0.0)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("sandbx", "did you mean sandbox? a URL starts with http:// or https://"),
        ("127.0.0.1:80", "named targets are: sandbox, plain; a URL starts with http:// or https://"),
    ],
)
def test_a_name_that_is_no_target_is_named(tmp_path: Path, name: str, hint: str) -> None:
    config = load(written(tmp_path, WHOLE), ENVIRON)

    with pytest.raises(ConfigurationError) as raised:
        target(name, config, ENVIRON)

    assert (raised.value.message, raised.value.hint) == (f"{name!r} is neither a URL nor a named target", hint)


def test_a_target_needs_a_url(tmp_path: Path) -> None:
    config = load(written(tmp_path, "[targets.a]\ntimeout = 3\n"), {})

    with pytest.raises(ConfigurationError, match=r"targets\.a has no url"):
        target("a", config, {})


EMPTY = {
    "url": "give it a value, or remove the target",
    "auth_scheme": "give it a value, or remove the key",
    "secret_env": "give it a value, or remove the key",
    "secret_file": "give it a value, or remove the key",
    "ca": "give it a value, or remove the key to trust what the system trusts",
    "cert": "give it a value, or remove the key to show no certificate",
    "key": "give it a value, or remove the key",
    "proxy": "give it a value, or remove the key to go directly",
    "headers.X-Gate": "give it a value, or remove the key",
}


@pytest.mark.parametrize("value", ["", " "])
@pytest.mark.parametrize("key", EMPTY)
def test_what_is_empty_is_not_left_out_without_a_word(tmp_path: Path, key: str, value: str) -> None:
    url = "" if key == "url" else "url = 'http://127.0.0.1'\n"
    config = load(written(tmp_path, f"[targets.a]\n{url}{key} = '{value}'\n"), {})

    with pytest.raises(ConfigurationError) as raised:
        target("a", config, {})

    assert raised.value.message == f"{config.path}: targets.a.{key} is empty"
    assert raised.value.hint == EMPTY[key]


@pytest.mark.parametrize("value", ["", " ", "\n"])
@pytest.mark.parametrize("form", ["${MINE}", "http://u:${MINE}@127.0.0.1:3128"])
@pytest.mark.parametrize("key", EMPTY)
def test_a_variable_that_is_empty_is_not_left_out_without_a_word(
    tmp_path: Path, key: str, form: str, value: str
) -> None:
    url = "" if key == "url" else "url = 'http://127.0.0.1'\n"
    config = load(written(tmp_path, f"[targets.a]\n{url}{key} = '{form}'\n"), {})

    with pytest.raises(ConfigurationError) as raised:
        target("a", config, {"MINE": value})

    expected = f"{config.path}: the environment variable MINE, which targets.a.{key} names, is empty"
    assert (raised.value.message, raised.value.hint) == (expected, EMPTY[key].replace("give it a value", "set MINE"))


def test_all_texts_of_a_target_are_looked_at() -> None:
    texts = {key for key, (kind, _) in TARGET_KEYS.items() if kind is str}

    assert texts == {key for key in EMPTY if "." not in key}


# ---- credentials -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, ("api-key", "")),
        ({"LEADPROOF_API_KEY": "k"}, ("api-key", "k")),
        ({"LEADPROOF_API_KEY": " k\n"}, ("api-key", "k")),
        ({"LEADPROOF_BEARER_TOKEN": "t"}, ("bearer", "t")),
        ({"LEADPROOF_API_KEY": "k", "LEADPROOF_BEARER_TOKEN": "t"}, ("bearer", "t")),
        ({"LEADPROOF_API_KEY": "k", "LEADPROOF_BEARER_TOKEN": ""}, ("api-key", "k")),
        ({"LEADPROOF_API_KEY": "k", "LEADPROOF_AUTH_SCHEME": "access_token"}, ("access_token", "k")),
        ({"LEADPROOF_API_KEY": "k", "LEADPROOF_AUTH_SCHEME": "bearer"}, ("bearer", "k")),
    ],
)
def test_credentials_come_from_the_environment(environ: dict[str, str], expected: tuple[str, str]) -> None:
    found = target("http://127.0.0.1", Config(), environ)

    assert (found.scheme, found.secret) == expected


def test_credentials_come_from_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "key"
    secret.write_text("k3y\n")
    config = Config(
        targets={"a": {"url": "http://127.0.0.1", "secret_file": str(secret), "auth_scheme": "access_token"}}
    )

    found = target("a", config, {"LEADPROOF_API_KEY": "other"})

    assert (found.scheme, found.secret) == ("access_token", "k3y")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cannot be read: No such file or directory"),
        (b"", "holds no key or token"),
        (b" \n", "holds no key or token"),
        (b"\xff\xfe\x00", "holds no key or token"),
        (b"two\nlines", "characters that no HTTP header can carry"),
    ],
)
def test_a_file_without_a_secret_is_named(tmp_path: Path, content: bytes | None, message: str) -> None:
    secret = tmp_path / "key"
    if content is not None:
        secret.write_bytes(content)
    config = Config(targets={"a": {"url": "http://127.0.0.1", "secret_file": str(secret)}})

    with pytest.raises(ConfigurationError, match=message) as raised:
        target("a", config, {})

    assert raised.value.hint


@pytest.mark.parametrize("environ", [{}, {"MINE": ""}, {"MINE": " "}])
def test_a_named_variable_has_to_be_set(environ: dict[str, str]) -> None:
    config = Config(Path("leadproof.toml"), targets={"a": {"url": "http://127.0.0.1", "secret_env": "MINE"}})

    with pytest.raises(ConfigurationError) as raised:
        target("a", config, {**environ, "LEADPROOF_API_KEY": "not meant for this target"})

    assert raised.value.message == "leadproof.toml: the environment variable MINE is not set"


@pytest.mark.parametrize("where", ["file", "environment"])
def test_an_unknown_scheme_is_named(where: str) -> None:
    row = {"url": "http://127.0.0.1", **({"auth_scheme": "basic"} if where == "file" else {})}

    with pytest.raises(ConfigurationError, match="no way to authenticate called 'basic'") as raised:
        target("a", Config(targets={"a": row}), {"LEADPROOF_AUTH_SCHEME": "basic"})

    assert raised.value.hint == "known are: api-key, bearer, access_token"
