"""Dependencies: each is declared by the part that imports it, imported where it is declared, pinned, and has its reason."""

import ast
import re
import sys
import tomllib
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
OURS = ("schemas", "runtime", "gateway", "drawn_homes", "detector", "alarm_center", "fjarrtillsyn", "tests", "deploy")


def project(path: str) -> dict[str, Any]:
    found: dict[str, Any] = tomllib.loads((ROOT / path).read_text(encoding="utf-8"))["project"]
    return found


PROJECT = project("pyproject.toml")
DRAWN = project("drawn_homes/pyproject.toml")
EXTRAS: dict[str, list[str]] = {"": PROJECT["dependencies"], **PROJECT["optional-dependencies"]}

USERS = {
    "": ("schemas", "runtime", "fjarrtillsyn/cli.py"),
    "gateway": ("gateway", "fjarrtillsyn/home.py", "fjarrtillsyn/judge_child.py"),
    "detector": ("detector",),
    "person": ("detector/pose_network.py",),
    "alarm-center": ("alarm_center",),
    "demo": ("fjarrtillsyn",),
    "dev": ("tests", "deploy"),
}
"""The code that each extra is for; the extra without a name is installed with every other."""

BESIDE = {"detector": "person"}
"""Extras whose code may import, once it is asked for, the libraries of another that few install."""

NOT_IMPORTED = {
    "asyncpg-stubs": "types, for mypy",
    "mypy": "a command of make check",
    "pytest-xdist": "a plugin of pytest: make test, -n",
    "ruff": "a command of make check",
    "vulture": "a command of make check",
    "types-pyyaml": "types, for mypy",
}
"""Development's dependencies that are used without an import, and how."""

LAST_RELEASE_IMPORTS = {"8cd3e9ae002cdbd471e41dd9f72242f0ce8f0551": {"aiomqtt"}}
"""Dependencies of the release that tests/long runs beside this tree, and of nothing here."""


def names(texts: list[str]) -> set[str]:
    """Return the names of *texts*, with those of an extra of our own in its place."""
    found: set[str] = set()
    for wanted in map(Requirement, texts):
        if wanted.name == PROJECT["name"]:
            found = found.union(*(names(EXTRAS[extra]) for extra in ("", *wanted.extras)))
        else:
            found.add(canonicalize_name(wanted.name))
    return found


def own(texts: list[str]) -> set[str]:
    """Return the names of *texts* without those of our other extras."""
    return {canonicalize_name(wanted.name) for wanted in map(Requirement, texts) if wanted.name != PROJECT["name"]}


@cache
def imported(path: str) -> dict[str, str]:
    """Return each top-level package of others that the file or the folder *path* imports, and a file that does."""
    found: dict[str, str] = {}
    for file in [ROOT / path] if path.endswith(".py") else (ROOT / path).rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                modules = [node.module]
            for name in (module.split(".")[0] for module in modules):
                if name not in sys.stdlib_module_names and name not in OURS:
                    found[name] = str(file.relative_to(ROOT))
    return found


def distributions(*paths: str) -> dict[str, set[str]]:
    """Return each package that *paths* import, as ``name (file)``, with the distributions that provide it."""
    providers = packages_distributions()
    return {
        f"{name} ({where})": {canonicalize_name(provider) for provider in providers.get(name, (name,))}
        for path in paths
        for name, where in imported(path).items()
    }


@pytest.mark.parametrize("extra", USERS)
def test_what_is_imported_is_declared(extra: str) -> None:
    declared = names([*EXTRAS[""], *EXTRAS[extra], *EXTRAS.get(BESIDE.get(extra, ""), [])])
    assert {name for name, provided in distributions(*USERS[extra]).items() if not provided & declared} == set()


@pytest.mark.parametrize("extra", USERS)
def test_what_is_declared_is_imported(extra: str) -> None:
    used = set().union(*distributions(*USERS[extra]).values())
    elsewhere = set(NOT_IMPORTED) | last_releases() if extra == "dev" else set()
    assert own(EXTRAS[extra]) - used == elsewhere, "a dependency, or a reason for one, that nothing needs"


def last_releases() -> set[str]:
    commit = (ROOT / "tests" / "long" / "last_release").read_text(encoding="utf-8").strip()
    assert commit in LAST_RELEASE_IMPORTS, "say what the last release imports beside this tree's own: mostly nothing"
    return LAST_RELEASE_IMPORTS[commit]


def test_drawn_homes_declare_what_they_import() -> None:
    used = distributions("drawn_homes")
    declared = {canonicalize_name(Requirement(text).name) for text in DRAWN["dependencies"]}
    assert {name for name, provided in used.items() if not provided & declared} == set()
    assert declared - set().union(*used.values()) == {PROJECT["name"]}
    assert DRAWN["version"] == PROJECT["version"], "both are released together"


def test_every_dependency_is_pinned_and_allowed() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = dict(line.split("==") for line in lines if line and not line.startswith("#"))
    pinned = {canonicalize_name(name): version for name, version in pins.items()}
    for text in [text for texts in EXTRAS.values() for text in texts]:
        wanted = Requirement(text)
        if wanted.name == PROJECT["name"]:
            continue
        version = pinned.get(canonicalize_name(wanted.name))
        assert version is not None, f"constraints.txt has no {wanted.name}"
        assert wanted.specifier.contains(version), f"constraints.txt: {wanted.name} {version} is not {wanted.specifier}"


def test_every_dependency_has_its_reason() -> None:
    reasons = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    given = set(re.findall(r"^\| `([^`]+)` \| \S", reasons, re.MULTILINE))
    wanted = {Requirement(text).name for texts in EXTRAS.values() for text in texts}
    assert given == wanted - {PROJECT["name"]}
