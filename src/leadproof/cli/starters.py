"""What `leadproof init` writes: a table of files, each a text that works as it stands and says what to change.

Nothing is read or written here but the shipped posting profile.
"""

from __future__ import annotations

from collections.abc import Callable
from string import Template
from typing import NamedTuple

from leadproof.core import resources


class Starter(NamedTuple):
    """A file that a project begins with."""

    path: str
    about: str
    #: The text, for a requirement that pip installs leadproof by.
    text: Callable[[str], str]


#: Exchanges that somebody recorded; the hook judges them before they are committed.
CAPTURES = r"^captures/.*\.har$"

_SETTINGS = """\
# Settings of leadproof for this folder. The command line wins over this file; `leadproof doctor` says what is read.
profile = "posting-profile.toml"

# The cover of every report says who was tested, and by whom.
# subject = "Lead receiver of Example Ltd"
# by = "Quality, Example Ltd"

# Where the documentation contradicts itself: `leadproof explain readings` lists what can be chosen.
# [readings]
# namespaces = "serializer"

# leadproof certify --target sandbox
[targets.sandbox]
url = "http://127.0.0.1:8080"       # what stands before /v2
auth_scheme = "api-key"             # or bearer, access_token
secret_env = "LEADPROOF_API_KEY"    # the variable that holds the key, which itself stands in no file of the project
# proxy = "http://127.0.0.1:3128"   # docs/configuration.md: also ca, cert and key, headers
"""

_GITHUB = """\
# Certifies on every push: first that the posting profile is sound, against the built-in mock; then your service, where
# the repository has the variable LEADPROOF_TARGET (its base URL) and the secret LEADPROOF_API_KEY.
# Findings become annotations, and the summary of the job is the report; all reports are kept with the run.
name: leadproof

on:
  push:
  pull_request:
  workflow_dispatch:

permissions:
  contents: read

jobs:
  certify:
    runs-on: ubuntu-latest
    timeout-minutes: 15
    steps:
      - uses: actions/checkout@v4
        with:
          persist-credentials: false
      - uses: actions/setup-python@v5
        with:
          python-version: "3.12"
      - name: Install leadproof
        run: python -m pip install "$requirement"
      - name: Certify the built-in mock with this profile
        run: leadproof certify
      - name: Certify the service
        if: vars.LEADPROOF_TARGET != ''
        env:
          LEADPROOF_API_KEY: $${{ secrets.LEADPROOF_API_KEY }}
          LEADPROOF_TARGET: $${{ vars.LEADPROOF_TARGET }}
        run: leadproof certify --target "$$LEADPROOF_TARGET"
      # Your client, if this is its repository: docs/certify-client.md says how ./send-lead is written.
      # - name: Certify the client
      #   run: leadproof certify-client -- ./send-lead {lead.json}
      - name: Keep the reports
        if: always()
        uses: actions/upload-artifact@v4
        with:
          name: leadproof
          path: reports/out/
"""

_GITLAB = """\
# Certifies in every pipeline. With the variables LEADPROOF_TARGET (a base URL) and LEADPROOF_API_KEY (masked) of the
# project your service is judged, without them the built-in mock with this profile.
# Where there is a pipeline already: include: {local: .gitlab-ci.yml} or copy the job.
leadproof:
  image: python:3.12-slim
  script:
    - python -m pip install "$requirement"
    - leadproof certify $${LEADPROOF_TARGET:+--target "$$LEADPROOF_TARGET"}
    # Your client, if this is its repository: docs/certify-client.md says how ./send-lead is written.
    # - leadproof certify-client -- ./send-lead {lead.json}
  artifacts:
    when: always
    expire_in: 90 days
    paths:
      - reports/out/
    reports:
      junit: reports/out/*/junit.xml
"""

_PRE_COMMIT = """\
# pre-commit install, once. Both hooks use the leadproof of your environment and send nothing to any other machine.
repos:
  - repo: local
    hooks:
      - id: leadproof-profile
        name: the posting profile is sound
        entry: leadproof test --topic operations --max-time 20
        language: system
        files: ^posting-profile\\.toml$$
        pass_filenames: false
      - id: leadproof-captures
        name: recorded exchanges follow the contract
        entry: leadproof validate --no-run
        language: system
        files: '$captures'
"""


def _filled(text: str) -> Callable[[str], str]:
    return lambda package: Template(text).substitute(requirement=package, captures=CAPTURES)


def _profile(_: str) -> str:
    return resources.path("specs", "profiles", "default.toml").read_text("utf-8")


STARTERS: dict[str, Starter] = {
    "profile": Starter("posting-profile.toml", "your posting document as data: make it your own", _profile),
    "settings": Starter("leadproof.toml", "profile, targets, readings, the cover of the report", lambda _: _SETTINGS),
    "github": Starter(".github/workflows/leadproof.yml", "certifies on every push", _filled(_GITHUB)),
    "gitlab": Starter(".gitlab-ci.yml", "certifies in every pipeline", _filled(_GITLAB)),
    "pre-commit": Starter(".pre-commit-config.yaml", "judges the profile and captures before a commit",
                          _filled(_PRE_COMMIT)),
}  # fmt: skip

#: Those that say what CI installs.
INSTALLING = frozenset(("github", "gitlab"))
