"""The one command on a real database: made from nothing, a town brought in, a user let in, a case explained."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from alarm_center.store import seals
from alarm_center.store.memory import Memory
from fjarrtillsyn.embedded.postgres import Postgres
from tests.support.postgres import PASSWORDS, run

ROOT = Path(__file__).parents[2]
DATABASE = "fjt_cli"


def fjarrtillsyn(environment: dict[str, str], *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
    """Run the command as a process of its own, with *environment* and nothing else of ours."""
    return subprocess.run(
        [sys.executable, "-m", "fjarrtillsyn.cli", *arguments],
        env={"PATH": os.environ["PATH"], **environment},
        input=given,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.fixture(scope="module")
def environment(postgres_server: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Settings as in docker-compose: addresses in files of secrets. Nothing has been made yet."""
    import asyncpg

    secrets = tmp_path_factory.mktemp("secrets")
    names = {"fjt_owner": "_owner", "fjt_worker": "", "fjt_web": "_web"}
    for role, suffix in names.items():
        address = postgres_server.dsn(DATABASE, role, PASSWORDS[role])
        (secrets / f"fjt_database_url{suffix}").write_text(address, encoding="utf-8")
    (secrets / "fjt_database_url_superuser").write_text(postgres_server.superuser_dsn(), encoding="utf-8")
    yield {"FJT_SECRETS_DIR": str(secrets)}

    async def drop() -> None:
        connection = await asyncpg.connect(postgres_server.superuser_dsn())
        await connection.execute(f'drop database if exists "{quote(DATABASE)}" with (force)')
        await connection.close()

    run(drop())


@pytest.fixture(scope="module")
def migrated(environment: dict[str, str]) -> dict[str, str]:
    for _ in range(2):
        made = fjarrtillsyn(environment, "migrate")
        assert made.returncode == 0, made.stderr
    return environment


@pytest.fixture(scope="module")
def town(migrated: dict[str, str]) -> dict[str, str]:
    done = fjarrtillsyn(migrated, "import", str(ROOT / "docs" / "town.example.toml"))
    assert done.returncode == 0, done.stderr
    assert re.search(r"changes made, [1-9]\d* checks planned", done.stdout)
    return migrated


def test_a_dry_run_changes_nothing_and_a_second_import_nothing_more(town: dict[str, str]) -> None:
    again = fjarrtillsyn(town, "import", str(ROOT / "docs" / "town.example.toml"))
    assert again.returncode == 0, again.stderr
    assert "0 checks planned" in again.stdout
    dry = fjarrtillsyn(town, "import", str(ROOT / "fjarrtillsyn" / "demo" / "town.toml"), "--dry-run")
    assert dry.returncode == 0, dry.stderr
    assert "resident 7: added" in dry.stdout
    user = fjarrtillsyn(
        town, "user", "add", "x", "--org", "granby", "--role", "operator", "--password-stdin", given="0123456789\n"
    )
    assert user.returncode == 2
    assert "no town granby" in user.stderr


def test_a_user_is_added_with_a_password_that_is_shown_once_or_given(town: dict[str, str]) -> None:
    made = fjarrtillsyn(town, "user", "add", "natt1", "--org", "vik", "--role", "operator", "--role", "lead")
    assert made.returncode == 0, made.stderr
    assert re.search(r"^password: \S{12,}$", made.stdout, re.MULTILINE)
    given = fjarrtillsyn(
        town, "user", "add", "natt1", "--org", "vik", "--role", "operator", "--password-stdin", given="a long one\n"
    )
    assert given.returncode == 0, given.stderr
    assert "a long one" not in given.stdout + given.stderr
    short = fjarrtillsyn(
        town, "user", "add", "natt1", "--org", "vik", "--role", "operator", "--password-stdin", given="short\n"
    )
    assert short.returncode == 2


def test_a_case_is_explained_and_an_unknown_one_is_one_line(town: dict[str, str], postgres_server: Postgres) -> None:
    import asyncpg

    async def some_check() -> str:
        connection = await asyncpg.connect(postgres_server.dsn(DATABASE, "fjt_worker", PASSWORDS["fjt_worker"]))
        try:
            return str(await connection.fetchval("select check_id from checks order by opens_at limit 1"))
        finally:
            await connection.close()

    check = run(some_check())
    told = fjarrtillsyn(town, "why", check)
    assert told.returncode == 0, told.stderr
    assert check in told.stdout
    assert "check_planned" in told.stdout
    unknown = fjarrtillsyn(town, "why", "ffffffff-0000-4000-8000-000000000000")
    assert unknown.returncode == 1
    assert len(unknown.stderr.splitlines()) == 1


def test_the_seals_of_a_town_are_walked_and_its_head_is_told(town: dict[str, str]) -> None:
    worker = (Path(town["FJT_SECRETS_DIR"]) / "fjt_database_url").read_text(encoding="utf-8")

    async def seal() -> None:
        memory = await Memory.open(worker)
        assert await seals.seal(memory, "vik")
        await memory.close()

    run(seal())
    told = fjarrtillsyn(town, "verify", "vik")
    assert told.returncode == 0, told.stderr
    (head,) = re.findall(r"vik: whole; head ([0-9a-f]{64}) at \d+-\d+", told.stdout)
    assert fjarrtillsyn(town, "verify", "vik", "--head", head).returncode == 0
    missing = fjarrtillsyn(town, "verify", "vik", "--head", head, "--head", "0" * 64)
    assert missing.returncode == 1
    assert "0" * 64 in missing.stderr
    assert fjarrtillsyn(town, "verify", "granby").returncode == 1


def test_a_database_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    nowhere = f"postgresql://fjt_worker:x@/fjt?host={quote(str(tmp_path), safe='')}"
    told = fjarrtillsyn({"FJT_DATABASE_URL": nowhere}, "why", "4821")
    assert told.returncode == 1
    assert len(told.stderr.splitlines()) == 1
    assert "database" in told.stderr
