"""The deployment files: settings that exist, pictures that stay in memory, secrets that fit."""

import configparser
import json
import os
import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from prometheus_client.metrics import MetricWrapperBase

from alarm_center import metrics
from alarm_center.settings import ServiceSettings
from deploy import make_secrets
from detector.settings import DetectorSettings
from gateway.settings import GatewaySettings
from runtime.settings import PartSettings

ROOT = Path(__file__).parents[2]
RECIPE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
MOSQUITTO_CONF = ROOT / "deploy" / "mosquitto" / "mosquitto.conf"
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
MANIFESTS = [
    manifest
    for path in sorted((ROOT / "deploy" / "kubernetes").glob("*.yaml"))
    for manifest in yaml.safe_load_all(path.read_text(encoding="utf-8"))
]
SETTINGS: Mapping[str, type[PartSettings]] = {
    "centre": ServiceSettings,
    "detector": DetectorSettings,
    "gateway": GatewaySettings,
}

OWN: Mapping[str, str] = {"FJT_TWILIO_ACCOUNT_SID": "AC1"}
"""Settings that nobody else can write for those who run it: the files leave them empty, and no others."""


def settings_of(role: str) -> type[PartSettings]:
    return SETTINGS[role]


def compose_environment(service: str) -> dict[str, str]:
    """Return what the container sees when nothing is set outside: ``${NAME:-default}`` is the default.

    ``${NAME:?…}`` has none, and is empty here; compose itself refuses to start without it.
    """
    given: dict[str, str | None] = SERVICES[service].get("environment", {})
    seen = {name: re.sub(r"\$\{\w+:-(.*?)\}", r"\1", str(value)) for name, value in given.items() if value is not None}
    return {name: re.sub(r"^\$\{\w+:\?.*\}$", "", value) for name, value in seen.items()}


def compose_secrets(service: str) -> set[str]:
    """Return the names of the files in the container's folder of secrets."""
    return {
        secret if isinstance(secret, str) else secret["target"]
        for secret in SERVICES[service].get("secrets", ())
        if isinstance(secret, str) or not secret["target"].startswith("/")
    }


def gateway_environment() -> dict[str, str]:
    lines = (ROOT / "deploy" / "gateway" / "gateway.env").read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def gateway_unit() -> configparser.ConfigParser:
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]  # systemd's names have capitals
    unit.read(ROOT / "deploy" / "gateway" / "fjarrtillsyn-gateway.service", encoding="utf-8")
    return unit


def deployments() -> Iterator[Any]:
    """Yield each way a role is run: the role, its environment and its secrets."""
    for role in ("centre", "detector"):
        yield pytest.param(role, compose_environment(role), compose_secrets(role), id=f"compose-{role}")
    secrets = {"centre": compose_secrets("centre"), "detector": compose_secrets("detector")}
    for manifest in MANIFESTS:
        if manifest["kind"] == "ConfigMap":
            role = manifest["metadata"]["name"]
            yield pytest.param(role, manifest["data"], secrets[role], id=f"kubernetes-{role}")
    yield pytest.param("gateway", gateway_environment(), {"fjt_mqtt_password"}, id="systemd-gateway")


_SHAPED: Final = {
    "fjt_elks_hook_secret": "h" * 32,
    "fjt_seal_key": "5a" * 32,
    "fjt_oidc": "[]",
    "fjt_oidc_subject_key": "k" * 32,
}
"""The secrets that are no words, but have a shape of their own."""


@pytest.mark.parametrize(("role", "environment", "secrets"), list(deployments()))
def test_every_setting_exists_and_fits(
    role: str,
    environment: Mapping[str, str],
    secrets: set[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    settings = settings_of(role)
    for name, value in environment.items():
        monkeypatch.setenv(name, value or OWN[name])
    for name in secrets:
        (tmp_path / name).write_text(_SHAPED.get(name, f"secret-{name}"), encoding="utf-8")
    known = {f"fjt_{name}" for name in settings.model_fields}
    ours = {name.lower() for name in environment if name.startswith("FJT_")}
    assert ours - known == set(), f"{settings.__module__} does not have them"
    assert secrets - known == set(), f"{settings.__module__} does not have them"
    read = settings(_secrets_dir=tmp_path)
    password = getattr(read, "mqtt_password").get_secret_value()  # noqa: B009  # each role's own class
    assert password == "secret-fjt_mqtt_password"


@pytest.mark.parametrize("name", SERVICES)
def test_nothing_in_the_compose_file_swaps_or_dumps(name: str) -> None:
    service = SERVICES[name]
    assert service["memswap_limit"] == service["mem_limit"], "more than mem_limit is swap"
    assert service["mem_swappiness"] == 0
    assert service["ulimits"]["core"] == 0
    if name not in ("postgres", "caddy", "broker-passwords"):
        written = [volume for volume in service.get("volumes", ()) if not str(volume).endswith(":ro")]
        assert written == [], "it sees pictures: no volume"
        assert service["read_only"] is True


@pytest.mark.parametrize(
    "environment", [p.values[1] for p in deployments() if p.values[0] == "centre"], ids=["compose", "kubernetes"]
)
def test_what_is_shipped_starts_with_a_real_provider_or_not(environment: Mapping[str, str], tmp_path: Path) -> None:
    assert environment["FJT_PROVIDER"] == "twilio"
    assert environment["FJT_TWILIO_ACCOUNT_SID"] == "", "somebody's own: no start without it"
    make_secrets.make(tmp_path)
    assert make_secrets.empty(tmp_path) == ["fjt_elks_password", "fjt_twilio_auth_token"]


def test_every_secret_and_file_of_the_compose_file_is_there(tmp_path: Path) -> None:
    made = set(make_secrets.make(tmp_path / "secrets"))
    assert {Path(secret["file"]).name for secret in COMPOSE["secrets"].values()} == made
    assert make_secrets.make(tmp_path / "secrets") == [], "what exists is kept"
    for service in SERVICES.values():
        for volume in service.get("volumes", ()):
            source = volume.split(":")[0]
            assert source in COMPOSE["volumes"] or (ROOT / source).is_file(), source
        build = service.get("build")
        assert build is None or f" AS {build['target']}\n" in (ROOT / "Dockerfile").read_text(encoding="utf-8")


def test_each_part_has_the_database_role_with_least_rights(tmp_path: Path) -> None:
    make_secrets.make(tmp_path)
    assert (tmp_path / "fjt_database_url").read_text(encoding="utf-8").startswith("postgresql://fjt_worker:")
    assert (tmp_path / "fjt_database_url_web").read_text(encoding="utf-8").startswith("postgresql://fjt_web:")
    for name in set(SERVICES) - {"migrate", "postgres"}:
        assert not compose_secrets(name) & {"fjt_database_url_owner", "fjt_database_url_superuser", "postgres_password"}


def test_a_device_is_let_in_with_a_new_password_each_time(tmp_path: Path) -> None:
    make_secrets.make(tmp_path)
    first = make_secrets.let_in(tmp_path, "vik/b27")
    second = make_secrets.let_in(tmp_path, "vik/b27")
    users = [line.split(":")[0] for line in (tmp_path / "mosquitto_passwords").read_text(encoding="utf-8").splitlines()]
    assert users == ["centre", "detector", "vik/b27"]
    assert first != second
    for wrong in ("vik", "vik/", "vik/b27/x", "+/b27", "vik/#", "Vik/b27", "vik/b27\nroot/x"):
        with pytest.raises(ValueError, match="ORG/DEVICE"):
            make_secrets.let_in(tmp_path, wrong)


def test_the_unit_of_the_gateway_keeps_pictures_in_memory() -> None:
    service = gateway_unit()["Service"]
    assert service["LimitCORE"] == "0"
    assert service["MemorySwapMax"] == "0"
    assert service["NoNewPrivileges"] == "yes"
    assert service["Restart"] == "always"
    assert service["ExecStart"].endswith("/fjarrtillsyn gateway")
    assert service["LoadCredential"].split(":")[0] == "fjt_mqtt_password"


@pytest.mark.parametrize(
    "manifest", [m for m in MANIFESTS if m["kind"] in ("Deployment", "Job")], ids=lambda m: m["metadata"]["name"]
)
def test_a_pod_is_locked_down_and_writes_to_memory_only(manifest: dict[str, Any]) -> None:
    pod = manifest["spec"]["template"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["automountServiceAccountToken"] is False
    for volume in pod["volumes"]:
        assert "secret" in volume or volume["emptyDir"]["medium"] == "Memory"
    (container,) = pod["containers"]
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert "memory" in container["resources"]["limits"]


def test_the_dashboard_asks_for_numbers_that_the_centre_gives() -> None:
    board = json.loads((ROOT / "deploy" / "grafana" / "fjarrtillsyn.json").read_text(encoding="utf-8"))
    asked = {
        name: panel["title"]
        for panel in board["panels"]
        for target in panel["targets"]
        for name in re.findall(r"fjt_\w+", target["expr"])
    }
    given = {
        metric.name + suffix
        for metric in vars(metrics).values()
        if isinstance(metric, MetricWrapperBase)
        for metric in metric.collect()
        for suffix in ("", "_total", "_bucket")
    }
    assert asked
    assert {name: title for name, title in asked.items() if name not in given} == {}


def test_the_images_are_built_from_every_package() -> None:
    context = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    for pattern in project["tool"]["setuptools"]["packages"]["find"]["include"]:
        package = pattern.removesuffix("*")
        assert f"COPY {package} {package}\n" in RECIPE
        assert f"!{package}" in context
    assert "drawn_homes" not in RECIPE


@pytest.mark.parametrize("role", ["gateway", "detector", "alarm-center"])
def test_an_image_has_the_libraries_of_its_role_alone(role: str) -> None:
    """The command of an image is its role, and what it copies was installed with that role's extra and no other."""
    stages = dict(re.findall(r"^FROM .* AS ([\w-]+)\n((?:(?!FROM ).*\n)*)", RECIPE, re.MULTILINE))
    assert f'CMD ["{role}"]' in stages[role]
    (copied,) = re.findall(r"COPY --from=([\w-]+) ", stages[role])
    assert re.findall(r"'\.\[(.*?)\]'", stages[copied]) == [role]


def test_docker_itself_takes_the_compose_file() -> None:
    docker = shutil.which("docker")
    if docker is None or subprocess.run([docker, "compose", "version"], capture_output=True, check=False).returncode:
        pytest.skip("no docker client with compose on this machine")
    taken = subprocess.run(
        [docker, "compose", "--file", str(ROOT / "docker-compose.yml"), "config", "--quiet"],
        env={**os.environ, **OWN},
        capture_output=True,
        text=True,
        check=False,
    )
    assert taken.returncode == 0, taken.stderr


def test_the_broker_learns_of_a_device_by_one_volume() -> None:
    """The writer is there before the broker, mounts the volume first, and the broker's file is the one that it writes."""
    writer, broker = SERVICES["broker-passwords"], SERVICES["mosquitto"]
    written = Path(writer["command"][-1])
    assert f"broker-logins:{written.parent}" in writer["volumes"]
    read = next(
        line for line in MOSQUITTO_CONF.read_text(encoding="utf-8").splitlines() if "password_file" in line
    ).split()[1]
    assert Path(read).name == written.name and f"broker-logins:{Path(read).parent}:ro" in broker["volumes"]
    assert broker["command"][-1] == read and broker["depends_on"] == {
        "broker-passwords": {"condition": "service_healthy"}
    }
    assert "/run/secrets/mosquitto_passwords" in writer["command"]
    assert compose_secrets("broker-passwords") == {"fjt_database_url", "mosquitto_passwords"}, "no more than it reads"
