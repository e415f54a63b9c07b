"""`deploy/compose.yaml`: what can be told of it without a container engine, and what Docker Compose says to it."""

from __future__ import annotations

import contextlib
import os
import re
import socket
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel

from deploy.broker import free_port
from deploy.services.cache import Found
from deploy.services.run.process import Process, started
from deploy.settings import Settings, load
from tests.docs.pages import ROOT
from tests.servers import SERVERS, found

FOLDER = ROOT / "deploy"
PAGE = (ROOT / "docs" / "cluster.md").read_text(encoding="utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load((FOLDER / "compose.yaml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
SECRETS = ("MQTT_PASSWORD", "POSTGRES_PASSWORD", "INFLUX_PASSWORD", "INFLUX_TOKEN")
ONCE = {"mosquitto-users", "topics", "influxdb-setup"}
OURS = {name: service for name, service in SERVICES.items() if "build" in service}
_VARIABLE = re.compile(r"\$\{(\w+)")
_IMAGE = re.compile(r"[a-z0-9./-]+:v?\d+\.\d+(\.\d+)?")


def strings(value: Any) -> Iterator[str]:
    """Yield every string within a value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from strings(one)
    elif isinstance(value, list):
        for one in value:
            yield from strings(one)


@pytest.mark.parametrize("name,service", SERVICES.items(), ids=list(SERVICES))
def test_service(name: str, service: Mapping[str, Any]) -> None:
    """Its image has a version, it starts again by itself (or runs once), it is not privileged, its health is asked."""
    assert _IMAGE.fullmatch(service["image"])
    assert service["restart"] == ("no" if name in ONCE else "unless-stopped")
    assert name in ONCE or service["healthcheck"]["test"][0] == "CMD"
    assert name == "mosquitto-users" or "no-new-privileges:true" in service["security_opt"]
    assert not service.keys() & {"privileged", "cap_add", "network_mode", "pid", "ipc", "devices"}
    assert service["logging"]["options"]["max-size"]


@pytest.mark.parametrize("name,service", SERVICES.items(), ids=list(SERVICES))
def test_service_waits_for_others(name: str, service: Mapping[str, Any]) -> None:
    """What it waits for exists: a server until it is healthy, a service that runs once until it has ended well."""
    for other, how in service.get("depends_on", {}).items():
        expected = "service_completed_successfully" if other in ONCE else "service_healthy"

        assert other in SERVICES, name
        assert how == {"condition": expected}, name


def test_every_service_is_in_the_docs() -> None:
    """The page that says how to use it names each service."""
    assert [name for name in SERVICES if f"`{name}`" not in PAGE] == []


def test_what_is_published_is_published_here() -> None:
    """Ports are open on this machine only, unless the environment file says otherwise."""
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}

    assert published.keys() == {"mosquitto", "web", "prometheus"}
    assert all(re.fullmatch(r"\$\{\w+:-127\.0\.0\.1:\d+\}:\d+", port) for ports in published.values() for port in ports)


def test_volumes_and_files_are_there() -> None:
    """A named volume is declared and each declared one is used; a mounted file of ours exists; no worker shares one."""
    sources = {one.partition(":")[0] for service in SERVICES.values() for one in service.get("volumes", ())}
    named = {source for source in sources if re.fullmatch(r"[a-z0-9-]+", source)}
    files = {source for source in sources if source.startswith("./")}
    data = [one.partition(":")[0] for name in OURS for one in SERVICES[name].get("volumes", ()) if "-data:" in one]

    assert named == COMPOSE["volumes"].keys()
    assert [one for one in sorted(files) if not (FOLDER / one).exists()] == []
    assert len(data) == len(set(data))


def test_secrets_come_from_the_environment_file() -> None:
    """Every variable without a default is in the sample, empty; nothing else is a password."""
    sample = (FOLDER / ".env.example").read_text(encoding="utf-8")
    given = dict(line.split("=", 1) for line in sample.splitlines() if line and not line.startswith("#"))
    optional = set(re.findall(r"^#(\w+)=", sample, re.MULTILINE)) | {"KAFKA_CLUSTER_ID"}
    used = {name for text in strings(COMPOSE) for name in _VARIABLE.findall(text)}

    assert given == dict.fromkeys(SECRETS, "")
    assert used == {*SECRETS, *optional}
    for service in SERVICES.values():
        for key, value in service.get("environment", {}).items():
            assert "${" in value or not re.search("PASSWORD|TOKEN|SECRET", key), key


@pytest.mark.parametrize("name", OURS)
def test_settings_are_known(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The settings file and the variables of each of our processes make settings: every key is one that we have."""
    for key, value in OURS[name]["environment"].items():
        monkeypatch.setenv(key, re.sub(r"\$\{(\w+)[^}]*\}", r"secret", value))
        assert is_setting(Settings, key.removeprefix("WANGGE_").lower().split("__")), key
    config = tmp_path / "wangge.toml"
    config.write_text((FOLDER / "compose.toml").read_text(encoding="utf-8"), encoding="utf-8")
    settings = load(config)

    assert settings.database_url == "postgresql+psycopg://wangge:secret@postgresql/wangge"
    assert {settings.mqtt.host, *re.findall(r"//(\w+):", settings.influx.url)} <= SERVICES.keys()
    assert settings.kafka.bootstrap.partition(":")[0] in SERVICES
    assert settings.influx.options().token == "secret"  # noqa: S105 - the one of this test
    assert str(settings.metrics.port) in " ".join(SERVICES["bridge"]["healthcheck"]["test"])


def is_setting(model: type[BaseModel], path: list[str]) -> bool:
    """Tell whether a path leads to a setting."""
    field = model.model_fields.get(path[0])
    if field is None or len(path) == 1:
        return field is not None
    inner = field.annotation
    return isinstance(inner, type) and issubclass(inner, BaseModel) and is_setting(inner, path[1:])


def test_prometheus_asks_who_is_there() -> None:
    """Its targets are the services that answer: the console, and the others on the port of the settings."""
    jobs = yaml.safe_load((FOLDER / "prometheus" / "prometheus.yml").read_text(encoding="utf-8"))["scrape_configs"]
    targets = {target for job in jobs for place in job["static_configs"] for target in place["targets"]}
    workers = {name for name in OURS if name.startswith("worker-")}

    assert targets == {"web:8080", "bridge:9464", *(f"{name}:9464" for name in workers)}


def test_broker_of_the_containers_has_the_same_limits() -> None:
    """What mosquitto.conf explains holds in the container too; the window is the one of the settings."""

    def limits(name: str) -> dict[str, str]:
        lines = (FOLDER / "mosquitto" / name).read_text(encoding="utf-8").splitlines()
        pairs = (line.split(" ", 1) for line in lines if line and not line.startswith("#"))
        return {key: value for key, value in pairs if key.startswith(("max_", "message_", "auto", "allow"))}

    assert limits("compose.conf") == limits("mosquitto.conf")
    assert f"window = {limits('compose.conf')['max_inflight_messages']} " in (FOLDER / "compose.toml").read_text(
        "utf-8"
    )


def test_image_holds_what_the_processes_need() -> None:
    """Every package of ours is copied, secrets are not, and nobody is root."""
    dockerfile = (FOLDER / "Dockerfile").read_text(encoding="utf-8")
    ignored = (FOLDER / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()

    for package in ("ingest", "rules", "alerts", "simulators", "deploy"):
        assert f"\nCOPY {package} {package}\n" in dockerfile
        assert f"!{package}" in ignored
    assert "\nUSER wangge\n" in dockerfile
    assert "deploy/.env" in ignored
    assert all(re.search(r"^FROM python:\d+\.\d+\.\d+-", line) for line in dockerfile.splitlines() if "FROM" in line)


@pytest.mark.external
def test_compose_takes_it(place_of: Callable[[str], Found]) -> None:
    """`docker compose config` has no fault to tell."""
    command = [str(place_of("docker_compose").path), "-f", str(FOLDER / "compose.yaml"), "config", "--quiet"]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, **dict.fromkeys(SECRETS, "secret")}
    )

    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@pytest.mark.external
@pytest.mark.network
def test_mosquitto_takes_its_configuration(tmp_path: Path) -> None:
    """Mosquitto starts with the configuration of the container: other folders, otherwise as it is."""
    server, text = found(SERVERS["mosquitto"]), (FOLDER / "mosquitto" / "compose.conf").read_text(encoding="utf-8")
    passwords = tmp_path / "passwd"
    subprocess.run(["mosquitto_passwd", "-b", "-c", passwords, "wangge", "secret"], check=True, capture_output=True)
    port = free_port(0)
    for shipped, ours in (
        ("listener 1883", f"listener {port} 127.0.0.1"),
        ("/mosquitto/secrets/passwd", str(passwords)),
        ("/mosquitto/config/acl", str(FOLDER / "mosquitto" / "acl")),
        ("/mosquitto/data/", f"{tmp_path}/"),
    ):
        assert shipped in text
        text = text.replace(shipped, ours)
    config = tmp_path / "mosquitto.conf"
    config.write_text(text + ("user root\n" if os.geteuid() == 0 else ""), encoding="utf-8")

    def listens() -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
        return False

    with started(Process("mosquitto", [server.path, "-c", config], tmp_path, listens)):
        assert listens()
