"""Files that put a load into containers: well formed, of one piece, and what they start comes to a report."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from leadproof.cli.root import cli
from leadproof.contract import profile
from leadproof.core import resources
from leadproof.load import scenarios

ROOT = Path(__file__).resolve().parent.parent
DEPLOY = resources.path("loadtests", "deploy")
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
KUBERNETES = list(yaml.safe_load_all((DEPLOY / "kubernetes.yaml").read_text("utf-8")))
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")

#: Kind -> API version.
KINDS = {
    "Service": "v1", "PersistentVolumeClaim": "v1", "NetworkPolicy": "networking.k8s.io/v1", "Job": "batch/v1",
}  # fmt: skip

#: Names of resources, labels and ports (RFC 1123 labels; a port's is shorter).
NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")

#: Quantities of processors and memory.
QUANTITY = re.compile(r"\d+(m|[KMG]i)?|\d+[kmg]")


def parsed(words: list[str]) -> tuple[str, dict[str, Any]]:
    """A command line as the command line itself reads it: the command, and its options."""
    command = cli.get_command(click.Context(cli), words[0])
    assert command is not None
    return words[0], command.make_context(words[0], list(words[1:])).params


def jobs() -> dict[str, dict[str, Any]]:
    return {one["metadata"]["name"]: one for one in KUBERNETES if one["kind"] == "Job"}


def container(job: str) -> dict[str, Any]:
    (found,) = jobs()[job]["spec"]["template"]["spec"]["containers"]
    return found


LINES = {
    **{f"compose, {name}": one["command"] for name, one in COMPOSE["services"].items() if "command" in one},
    **{f"kubernetes, {name}": container(name)["args"] for name in jobs()},
}

#: Of each file: the command lines of master and worker, and the name under which the workers find the master.
PAIRS = {
    "compose": (LINES["compose, master"], LINES["compose, worker"], "master"),
    "kubernetes": (
        LINES["kubernetes, leadproof-master"], LINES["kubernetes, leadproof-worker"], "leadproof-master",
    ),
}  # fmt: skip


# ---- what they start -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("line", LINES)
def test_every_command_line_is_one_of_ours(line: str) -> None:
    assert all(isinstance(word, str) for word in LINES[line])

    command, options = parsed(LINES[line])

    assert command in ("mock", "load")
    if options.get("name"):
        assert options["name"] in scenarios.names()


@pytest.mark.parametrize("file", PAIRS)
def test_workers_are_those_that_the_master_waits_for(file: str) -> None:
    first, second, name = PAIRS[file]
    master, worker = parsed(first)[1], parsed(second)[1]

    assert master["master"]
    assert worker["worker"]
    assert worker["master_host"] == name
    assert worker["master_port"] == master["master_port"] == 5557
    assert worker["allowed"] == master["allowed"] == (master["target"].partition("://")[2].partition(":")[0],)
    assert master["metrics_port"] == 9464
    assert master["metrics_host"] == master["master_host"] == "0.0.0.0"
    assert master["allow_hosts"] == (name,)
    assert master["out"] == "/runs"
    assert master["expect_workers"] == {
        "compose": COMPOSE["services"]["worker"]["deploy"]["replicas"],
        "kubernetes": jobs()["leadproof-worker"]["spec"]["parallelism"],
    }[file]  # fmt: skip


@pytest.mark.parametrize("file", PAIRS)
def test_no_cap_has_to_be_raised(file: str) -> None:
    options = parsed(PAIRS[file][0])[1]
    chosen = scenarios.load(options["name"]).with_(rate=options["rate"], duration=options["duration"])

    scenarios.capped(chosen, loopback=False, most_rate=None, most_seconds=None)


def test_the_image_holds_what_they_start() -> None:
    assert 'ARG EXTRAS=""' in DOCKERFILE
    assert '"leadproof${EXTRAS}"' in DOCKERFILE
    for text in (DOCKERFILE, *((DEPLOY / name).read_text("utf-8") for name in ("compose.yaml", "kubernetes.yaml"))):
        assert "docker build --build-arg EXTRAS=[load,metrics] -t " in text


# ---- no secret, no more than is needed -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["compose.yaml", "kubernetes.yaml"])
def test_no_credential_stands_in_a_file(name: str) -> None:
    text = (DEPLOY / name).read_text("utf-8")
    public = profile.load().credentials.api_keys[0]  # of the mock, and says so itself

    given = re.findall(r"LEADPROOF_\w+: (.*?)(?:  #|\n)", text)
    assert set(given) <= {f"${{LEADPROOF_API_KEY:-{public}}}", "${LEADPROOF_BEARER_TOKEN-}"}
    assert "kind: Secret" not in text
    for job in jobs():
        for row in container(job).get("env", ()):
            assert set(row) == {"name", "valueFrom"}
            assert row["valueFrom"] == {"secretKeyRef": {"name": "leadproof-target", "key": "api-key"}}


def test_containers_may_write_nowhere_but_where_they_have_to() -> None:
    for name, one in COMPOSE["services"].items():
        if one["image"].startswith("leadproof:"):
            assert (one["read_only"], one["tmpfs"], one["cap_drop"]) == (True, ["/tmp"], ["ALL"]), name
            assert one["security_opt"] == ["no-new-privileges:true"]
    for job in jobs():
        pod, one = jobs()[job]["spec"]["template"]["spec"], container(job)
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert f"--uid {pod['securityContext']['runAsUser']} " in DOCKERFILE
        assert pod["automountServiceAccountToken"] is pod["enableServiceLinks"] is False
        assert one["securityContext"]["readOnlyRootFilesystem"] is True
        assert one["securityContext"]["allowPrivilegeEscalation"] is False
        assert one["securityContext"]["capabilities"] == {"drop": ["ALL"]}


def test_ports_of_this_machine_are_published_on_loopback() -> None:
    published = [port for one in COMPOSE["services"].values() for port in one.get("ports", ())]

    assert published
    assert all(port.startswith("127.0.0.1:") for port in published)


def test_everything_has_resources_a_restart_that_is_none_and_time_to_end() -> None:
    for one in COMPOSE["services"].values():
        assert one["restart"] == "no"
        if one["image"].startswith("leadproof:"):
            limits = one["deploy"]["resources"]["limits"]
            assert all(QUANTITY.fullmatch(str(limits[name])) for name in ("cpus", "memory"))
        if one["command"][0] == "load" if "command" in one else False:
            assert one["stop_grace_period"] == "60s"
    for name, job in jobs().items():
        pod, resource = job["spec"]["template"]["spec"], container(name)["resources"]
        assert (pod["restartPolicy"], job["spec"]["backoffLimit"]) == ("Never", 0)
        assert pod["terminationGracePeriodSeconds"] == 60
        assert job["spec"]["activeDeadlineSeconds"] > 600
        assert resource["requests"] == resource["limits"]
        assert all(QUANTITY.fullmatch(resource["limits"][one]) for one in ("cpu", "memory"))


# ---- form ------------------------------------------------------------------------------------------------------------


def test_what_a_service_of_compose_names_is_there() -> None:
    services = COMPOSE["services"]

    assert set(COMPOSE) - {"name", "services", "configs", "volumes"} == {"x-contained", "x-credentials"}
    for one in services.values():
        conditions = {name: row["condition"] for name, row in one.get("depends_on", {}).items()}
        assert set(conditions) <= set(services)
        assert all(row == "service_healthy" for row in conditions.values())
        assert {row["source"] for row in one.get("configs", ())} <= set(COMPOSE["configs"])
        assert {row.partition(":")[0] for row in one.get("volumes", ())} <= set(COMPOSE["volumes"])
    (scraped,) = yaml.safe_load(COMPOSE["configs"]["scraped"]["content"])["scrape_configs"]
    assert scraped["static_configs"] == [{"targets": ["master:9464"]}]
    assert services["master"]["healthcheck"]["test"][:3] == ["CMD", "python", "-c"]
    compile(services["master"]["healthcheck"]["test"][3], "healthcheck", "exec")


def test_every_document_of_kubernetes_has_a_kind_and_a_name() -> None:
    found = [(one["kind"], one["metadata"]["name"]) for one in KUBERNETES]

    assert len(set(found)) == len(found)
    for one in KUBERNETES:
        assert KINDS[one["kind"]] == one["apiVersion"]
        assert NAME.fullmatch(one["metadata"]["name"])
        assert one["metadata"]["labels"]["app.kubernetes.io/name"] == "leadproof"
        assert "namespace" not in one["metadata"]


def labels(job: str) -> dict[str, str]:
    found: dict[str, str] = jobs()[job]["spec"]["template"]["metadata"]["labels"]
    return found


def test_selectors_find_the_pods_that_are_meant() -> None:
    (service,) = [one for one in KUBERNETES if one["kind"] == "Service"]
    policies = {one["metadata"]["name"]: one["spec"] for one in KUBERNETES if one["kind"] == "NetworkPolicy"}

    assert service["metadata"]["name"] == PAIRS["kubernetes"][2]
    assert service["spec"]["selector"] == labels("leadproof-master") != labels("leadproof-worker")
    for job in jobs():
        assert policies[job]["podSelector"] == {"matchLabels": labels(job)}
    assert "ingress" not in policies["leadproof-worker"]
    allowed = {row["ports"][0]["port"]: row["from"] for row in policies["leadproof-master"]["ingress"]}
    assert allowed["locust"] == [{"podSelector": {"matchLabels": labels("leadproof-worker")}}]
    assert set(allowed) == {"locust", "metrics"}


def test_ports_probes_and_volumes_of_kubernetes_are_those_of_its_containers() -> None:
    (service,) = [one for one in KUBERNETES if one["kind"] == "Service"]
    options, one = parsed(PAIRS["kubernetes"][0])[1], container("leadproof-master")
    ports = {row["name"]: row["containerPort"] for row in one["ports"]}

    assert ports == {"locust": options["master_port"], "metrics": options["metrics_port"]}
    assert {row["targetPort"]: row["port"] for row in service["spec"]["ports"]} == ports
    assert one["readinessProbe"]["httpGet"] == {"path": "/metrics", "port": "metrics"}
    annotations = jobs()["leadproof-master"]["spec"]["template"]["metadata"]["annotations"]
    assert annotations["prometheus.io/port"] == str(ports["metrics"])
    assert annotations["prometheus.io/path"] == "/metrics"
    claims = {row["metadata"]["name"] for row in KUBERNETES if row["kind"] == "PersistentVolumeClaim"}
    for job in jobs():
        volumes = {row["name"]: row for row in jobs()[job]["spec"]["template"]["spec"]["volumes"]}
        mounted = {row["name"]: row["mountPath"] for row in container(job)["volumeMounts"]}
        assert set(mounted) == set(volumes)
        assert mounted["tmp"] == "/tmp"
        assert {
            row["persistentVolumeClaim"]["claimName"] for row in volumes.values() if "emptyDir" not in row
        } <= claims


# ---- and they run ----------------------------------------------------------------------------------------------------


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
    return port


class Here:
    """The command lines of a file, on this machine instead of in containers: other addresses, nothing else."""

    def __init__(self, file: str, folder: Path, duration: str) -> None:
        self.folder, self.ports = folder, {name: str(free_port()) for name in ("mock", "locust", "metrics")}
        self.file, self.duration = file, duration
        self.processes: list[subprocess.Popen[str]] = []

    def start(self, words: list[str]) -> subprocess.Popen[str]:
        line = [self._here(word) for word in words]
        if words[0] == "load":
            line += ["--master-port", self.ports["locust"]]
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("LEADPROOF_", "LOCUST_"))}
        key = profile.load().credentials.api_keys[0]
        process = subprocess.Popen(
            [sys.executable, "-m", "leadproof", *line], cwd=self.folder, text=True, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env=clean | {"PYTHONPATH": str(ROOT / "src"), "LEADPROOF_API_KEY": key},
        )  # fmt: skip
        self.processes.append(process)
        return process

    def _here(self, word: str) -> str:
        _, _, name = PAIRS[self.file]
        option, sign, value = word.partition("=")
        known = {
            "0.0.0.0": "127.0.0.1", "8080": self.ports["mock"], name: "127.0.0.1", "9464": self.ports["metrics"],
            "/runs": str(self.folder / "runs"), "mock": "127.0.0.1",
        }  # fmt: skip
        if option == "--target":
            return f"--target=http://127.0.0.1:{self.ports['mock']}"
        if option == "--duration":
            return f"--duration={self.duration}"
        if option in ("--allow-target", "--allow-host"):
            return word  # a name more does no harm
        return f"{option}={known.get(value, value)}" if sign else known.get(word, word) if word != "mock" else word

    def scrape(self, name: str) -> str:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.ports['metrics']}/metrics", headers={"host": f"{name}:9464"}
        )
        with urllib.request.urlopen(request, timeout=60) as got:
            text: str = got.read().decode()
        return text

    def end(self) -> None:
        for one in self.processes:
            if one.poll() is None:
                one.kill()
            one.communicate()


@pytest.fixture(params=PAIRS)
def here(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Here]:
    pytest.importorskip("gevent")
    pytest.importorskip("prometheus_client")
    made = Here(request.param, tmp_path, "3s")
    yield made
    made.end()


def started(here: Here) -> tuple[subprocess.Popen[str], list[subprocess.Popen[str]]]:
    """Master and workers, once the mock is there and the master is ready."""
    first, second, name = PAIRS[here.file]
    mock = here.start(LINES["compose, mock"])
    assert mock.stdout is not None
    assert "mock of the LeadExec lead receiver" in mock.stdout.readline()
    master = here.start(first)
    assert master.stdout is not None
    assert "metrics at" in "".join(iter(lambda: _until(master, "metrics at"), ""))
    assert "leadproof_load_workers" in here.scrape(name)  # ready, before any worker is there
    return master, [here.start(second) for _ in range(parsed(first)[1]["expect_workers"])]


def _until(process: subprocess.Popen[str], words: str) -> str:
    """The next line that is printed; "" after the one that holds the words."""
    if getattr(process, "heard", False):
        return ""
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, "the process has ended"
    process.heard = words in line  # type: ignore[attr-defined]  # what this function remembers
    return line


@pytest.mark.load
def test_what_they_start_comes_to_a_report(here: Here) -> None:
    master, workers = started(here)
    out, _ = master.communicate(timeout=180)

    assert [one.wait(120) for one in workers] == [0, 0]
    (folder,) = (here.folder / "runs").iterdir()
    report = json.loads((folder / "report.json").read_text("utf-8"))
    assert report["latency"]["counts"]["started"] > 60, out
    assert len(report["latency"]["generator"]) == 2
    assert {row["lost"] for row in report["latency"]["generator"].values()} == {""}


@pytest.mark.load
def test_stopping_the_master_ends_the_workers_and_leaves_a_report(here: Here) -> None:
    here.duration = "120s"
    name = PAIRS[here.file][2]
    master, workers = started(here)
    while not re.search(r"journeys_started_total [1-9]", here.scrape(name)):
        assert master.poll() is None
    master.send_signal(signal.SIGTERM)
    master.communicate(timeout=60)

    assert master.returncode == 130
    assert [one.wait(120) for one in workers] == [0, 0]
    (folder,) = (here.folder / "runs").iterdir()
    assert json.loads((folder / "report.json").read_text("utf-8"))["latency"]["counts"]["started"] > 0
