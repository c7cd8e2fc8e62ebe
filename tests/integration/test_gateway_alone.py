"""A home's device: the gateway's extra in an empty environment has all that it runs on, and nothing of the other parts."""

import json
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]
NOT_IN_HOMES = {
    "aiohttp",
    "alembic",
    "aiomqtt",
    "amqtt",
    "asyncpg",
    "fjarrtillsyn-drawn-homes",
    "jinja2",
    "sqlalchemy",
    "twilio",
}
NO_NETWORK = ("NewConnectionError", "Temporary failure in name resolution", "Network is unreachable")


def copied(folder: Path) -> Path:
    """Copy what the distribution is built from: a build in the tree itself would be in the way of other tests."""
    include = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]["packages"]
    for pattern in include["find"]["include"]:
        package = pattern.removesuffix("*")
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE", "constraints.txt"):
        shutil.copyfile(ROOT / name, folder / name)
    return folder


def pip(environment: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run this environment's pip for another that has none, which is quicker to make."""
    command = [sys.executable, "-m", "pip", "--python", str(environment / "bin" / "python"), *arguments]
    return subprocess.run(command, env=os.environ | {"PIP_CONSTRAINT": ""}, capture_output=True, text=True, check=False)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """An environment with the gateway's extra alone."""
    (tmp_path / "source").mkdir()
    source, environment = copied(tmp_path / "source"), tmp_path / "environment"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(environment)], check=True)
    done = pip(
        environment, "install", "--quiet", "--no-compile", "-c", str(source / "constraints.txt"), f"{source}[gateway]"
    )
    if done.returncode and any(sign in done.stderr for sign in NO_NETWORK):
        pytest.skip("no package index can be reached from here")
    assert done.returncode == 0, done.stderr
    yield environment
    shutil.rmtree(environment)
    shutil.rmtree(source)


def run(home: Path, *command: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run a program of the environment in a folder where none of our code stands."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("FJT_", "PYTHON"))}
    program, *arguments = command
    return subprocess.run(
        [home / "bin" / program, *arguments],
        cwd=home,
        env=kept | settings,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_gateway_is_installed_alone(home: Path) -> None:
    """One test, since the environment takes most of a minute."""
    no_other_parts_libraries_are_installed(home)
    it_starts_and_names_its_settings(home)
    a_judge_beside_it_needs_no_more(home)
    a_drawn_source_says_what_to_install(home)
    for command, extra in {"alarm-center": "alarm-center", "migrate": "alarm-center", "demo": "demo"}.items():
        a_missing_part_says_which_extra_it_is(home, command, extra)


def no_other_parts_libraries_are_installed(home: Path) -> None:
    listed = json.loads(pip(home, "list", "--format", "json").stdout)
    installed = {package["name"].lower().replace("_", "-") for package in listed}
    assert "fjarrtillsyn" in installed and not installed & NOT_IN_HOMES


def it_starts_and_names_its_settings(home: Path) -> None:
    for command in (("python", "-m", "gateway"), ("fjarrtillsyn", "gateway")):
        ended = run(home, *command)
        assert ended.returncode == 2
        assert [line.split(":")[0] for line in ended.stderr.splitlines()] == [
            "FJT_GATEWAY_ORG",
            "FJT_GATEWAY_DEVICE",
            "FJT_GATEWAY_SOURCE",
        ]


def a_judge_beside_it_needs_no_more(home: Path) -> None:
    ended = run(home, "python", "-m", "fjarrtillsyn.judge_child")
    assert (ended.returncode, ended.stdout) == (0, "\0\0\0\0"), ended.stderr


def a_drawn_source_says_what_to_install(home: Path) -> None:
    given = {"FJT_GATEWAY_ORG": "vik", "FJT_GATEWAY_DEVICE": "b27", "FJT_GATEWAY_SOURCE": "scene:asleep"}
    ended = run(home, "python", "-m", "gateway", **given)
    assert ended.returncode == 2
    assert ended.stderr.startswith("FJT_GATEWAY_SOURCE: ") and "pip install ./drawn_homes" in ended.stderr


def a_missing_part_says_which_extra_it_is(home: Path, command: str, extra: str) -> None:
    ended = run(home, "fjarrtillsyn", command)
    assert ended.returncode == 2
    assert ended.stderr.strip().endswith(f"is not installed: pip install 'fjarrtillsyn[{extra}]'")
