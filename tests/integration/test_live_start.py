"""A start with FJT_LIVE=1, from outside: refused by name while anything is missing, and taken once nothing is."""

import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import asyncpg
import pytest

from alarm_center.store.migrate import bootstrap, migrate
from fjarrtillsyn.embedded.postgres import Postgres
from runtime.process import BAD_SETTINGS
from tests.integration.test_cli import TOWN, fjarrtillsyn
from tests.support.postgres import PASSWORDS, Database, run
from tests.support.service import COMMAND, served, settings

LIVE = {
    "FJT_LIVE": "1",
    "FJT_MQTT_TLS": "1",
    "FJT_HEARTBEAT_URL": "https://watch.example/1",
    "FJT_PUBLIC_URL": "https://natt.example",
    "FJT_PROXIES": "127.0.0.1",
    "FJT_SEAL_KEY": "5e" * 32,
}
NAME = "fjt_live"


@pytest.fixture(scope="module")
def live(migrated_server: Postgres) -> Iterator[Database]:
    """A database as a real town's: its clock cannot be moved."""
    run(bootstrap(migrated_server.superuser_dsn(), NAME, PASSWORDS))
    owner, worker, web, sign_in, planner = (migrated_server.dsn(NAME, role, PASSWORDS[role]) for role in PASSWORDS)
    run(migrate(owner))
    yield Database(owner, worker, web, sign_in, planner, NAME, migrated_server)
    run(execute(migrated_server.superuser_dsn(), f"drop database {NAME} with (force)"))


async def execute(dsn: str, *statements: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


def refusal(environment: dict[str, str]) -> list[str]:
    done = subprocess.run(
        COMMAND, env=environment, capture_output=True, text=True, check=False, timeout=timedelta(minutes=1).seconds
    )
    assert done.returncode == BAD_SETTINGS, done.stderr
    return done.stderr.splitlines()


def test_a_database_for_tests_is_for_nobody_real(database: Database) -> None:
    (line,) = refusal(settings(database, **LIVE))
    assert line.startswith("FJT_LIVE: the database was made with --test-clock")


@pytest.mark.parametrize(
    ("missing", "said"),
    [
        (("FJT_MQTT_TLS", "FJT_HEARTBEAT_URL", "FJT_PUBLIC_URL", "FJT_PROXIES", "FJT_SEAL_KEY"), "with FJT_LIVE=1"),
        (("FJT_PROVIDER", "FJT_DATABASE_URL_SIGN_IN"), "is not set"),
    ],
    ids=["for a real town", "for any"],
)
def test_each_setting_that_is_missing_is_named(live: Database, missing: tuple[str, ...], said: str) -> None:
    """All of them by one start: nobody is told of the next one after each try."""
    given = {name: value for name, value in settings(live, **LIVE).items() if name not in missing}
    lines = refusal(given)
    assert [name for name in missing if not any(line.startswith(f"{name}: {said}") for line in lines)] == []


async def starts(live: Database, folder: Path, **given: str) -> bool:
    async with served(live, folder, **LIVE, **given):
        return True


async def test_it_starts_where_nothing_is_missing(live: Database, tmp_path: Path) -> None:
    assert await starts(live, tmp_path)


async def test_the_wall_has_to_be_finished_but_for_a_rollout(live: Database, tmp_path: Path) -> None:
    await execute(live.owner, "update public.revision set version_num = '0008'")
    try:
        (line,) = refusal(settings(live, **LIVE))
        assert line.startswith("FJT_LIVE: the database waits at revision 0008")
        assert "`fjarrtillsyn migrate --finish`" in line
        assert await starts(live, tmp_path, FJT_ROLLOUT="1")
    finally:
        await execute(live.owner, "update public.revision set version_num = '0009'")


async def test_nobody_may_be_signed_in_by_a_password_alone(
    live: Database, migrated_server: Postgres, tmp_path: Path
) -> None:
    with_provider = settings(live)
    for command in (
        ("import", TOWN),
        ("user", "add", "karin", "--org", "vik", "--role", "operator", "--password-stdin"),
    ):
        done = fjarrtillsyn(with_provider, *command, given="sju gula stolar i regn\n")
        assert done.returncode == 0, done.stderr
    assert await starts(live, tmp_path), "a login that is new keeps no service from its night"
    await execute(
        migrated_server.superuser_dsn(NAME),
        """
        insert into fjt.web_sessions (token_hash, user_id, created_at, seen_at, expires_at, csrf)
        select 't', user_id, now(), now(), now() + interval '1 hour', 'c' from fjt.users where login = 'karin'
        """,
    )
    (line,) = refusal(settings(live, **LIVE))
    assert line.startswith("FJT_LIVE: a password alone opens karin in vik; ")
