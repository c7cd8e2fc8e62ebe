"""The one command on a real database: made from nothing, a town brought in, a user let in, a case explained."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from alarm_center.store import seals
from alarm_center.store.memory import Memory
from fjarrtillsyn.embedded.postgres import Postgres
from runtime.process import BAD_SETTINGS
from tests.support.postgres import PASSWORDS, run

ROOT = Path(__file__).parents[2]
TOWN = str(ROOT / "docs" / "town.example.toml")
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
    names = {
        "fjt_owner": "_owner",
        "fjt_worker": "",
        "fjt_web": "_web",
        "fjt_sign_in": "_sign_in",
        "fjt_planner": "_planner",
    }
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
    """Settings as the service has them, with a provider, and a town that was brought in with them."""
    settings = {
        **migrated,
        "FJT_PROVIDER": "twilio",
        "FJT_TWILIO_ACCOUNT_SID": "AC1",
        "FJT_TWILIO_AUTH_TOKEN": "t",
    }
    done = fjarrtillsyn(settings, "import", TOWN)
    assert done.returncode == 0, done.stderr
    assert re.search(r"ändringar gjorda, [1-9]\d* tillsyner planerade", done.stdout)
    assert re.search(r"^  planner: https://natt.vik.example/invite/\S{43}$", done.stdout, re.MULTILINE)
    return settings


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, ["FJT_PROVIDER: is not set"]),
        ({"FJT_PROVIDER": "phone"}, ["FJT_PROVIDER: the phone simulator"]),
        ({"FJT_PROVIDER": "twilio"}, ["FJT_TWILIO_ACCOUNT_SID: needed", "FJT_TWILIO_AUTH_TOKEN: needed"]),
    ],
    ids=["none", "the simulator", "half of one"],
)
def test_a_town_is_not_brought_in_where_nobody_is_reached(
    migrated: dict[str, str], given: dict[str, str], said: list[str]
) -> None:
    refused = fjarrtillsyn({**migrated, **given}, "import", TOWN)
    assert refused.returncode == BAD_SETTINGS
    # What is noted of the file, that a camera does not know its room, is said as well.
    *lines, last = (line for line in refused.stderr.splitlines() if not line.startswith("obs, "))
    assert [line.startswith(words) for line, words in zip(lines, said, strict=True)] == [True] * len(said)
    assert "--dry-run" in last
    dry = fjarrtillsyn({**migrated, **given}, "import", TOWN, "--dry-run")
    assert dry.returncode == 0, dry.stderr
    assert "inget är ändrat" in dry.stdout


def test_a_dry_run_and_a_second_import_change_nothing(town: dict[str, str]) -> None:
    again = fjarrtillsyn(town, "import", TOWN)
    assert again.returncode == 0, again.stderr
    assert "0 ändringar gjorda, 0 tillsyner planerade" in again.stdout
    dry = fjarrtillsyn(town, "import", str(ROOT / "fjarrtillsyn" / "demo" / "town.toml"), "--dry-run")
    assert dry.returncode == 0, dry.stderr
    assert "brukaren 7: läggs till" in dry.stdout
    english = fjarrtillsyn(town, "import", TOWN, "--dry-run", "--language", "en")
    assert "0 changes would be made; nothing has been changed" in english.stdout
    user = fjarrtillsyn(
        town,
        "user",
        "add",
        "x",
        "--org",
        "granby",
        "--role",
        "operator",
        "--password-stdin",
        given="sju gula stolar i regn\n",
    )
    assert user.returncode == 2
    assert "no town granby" in user.stderr


def test_an_export_is_a_file_that_changes_nothing(town: dict[str, str], tmp_path: Path) -> None:
    written = fjarrtillsyn(town, "export", "vik", "--protected")
    assert written.returncode == 0, written.stderr
    assert 'name = "Astrid Exempel"' in written.stdout
    file = tmp_path / "vik.toml"
    file.write_text(written.stdout, encoding="utf-8")
    again = fjarrtillsyn(town, "import", str(file))
    assert "0 ändringar gjorda, 0 tillsyner planerade" in again.stdout
    assert fjarrtillsyn(town, "export", "vik", "--protected").stdout == written.stdout
    nowhere = fjarrtillsyn(town, "export", "nowhere")
    assert nowhere.returncode == 1 and len(nowhere.stderr.splitlines()) == 1


def test_a_table_from_excel_is_said_and_told_its_mistakes(town: dict[str, str], tmp_path: Path) -> None:
    table = tmp_path / "homes.csv"
    table.write_bytes("nummer;adress\n1;Övre vägen 2\n".encode("cp1252"))
    said = fjarrtillsyn(town, "import-csv", "vik", str(table), "--dry-run")
    assert said.returncode == 0, said.stderr
    assert said.stdout == "brukaren 1: ändras (address)\n1 ändringar skulle göras; inget är ändrat\n"
    table.write_bytes(b"nummer;risk\n1;7\n")
    refused = fjarrtillsyn(town, "import-csv", "vik", str(table))
    assert refused.returncode == BAD_SETTINGS
    assert refused.stderr == f"{table}: rad 2: risk: skriv 1, 2 eller 3; 1 är högst\n"


def test_who_imports_is_one_of_the_towns_people(town: dict[str, str]) -> None:
    refused = fjarrtillsyn(town, "import", TOWN, "--as", "nobody")
    assert refused.returncode == BAD_SETTINGS
    assert "nobody" in refused.stderr


def test_a_new_users_password_is_given_or_shown_once(town: dict[str, str]) -> None:
    made = fjarrtillsyn(town, "user", "add", "natt1", "--org", "vik", "--role", "operator", "--role", "lead")
    assert made.returncode == 0, made.stderr
    assert re.search(r"^password: \S{12,}$", made.stdout, re.MULTILINE)
    given = fjarrtillsyn(
        town, "user", "add", "natt1", "--org", "vik", "--role", "operator", "--password-stdin", given="a longer one\n"
    )
    assert given.returncode == 0, given.stderr
    assert "a longer one" not in given.stdout + given.stderr
    for weak in ("short", "Password1234", "natt1 i vik 2026"):
        refused = fjarrtillsyn(
            town, "user", "add", "natt1", "--org", "vik", "--role", "operator", "--password-stdin", given=f"{weak}\n"
        )
        assert refused.returncode == 2 and weak not in refused.stdout + refused.stderr


def test_a_link_is_printed_for_who_is_asked(town: dict[str, str]) -> None:
    ask = ("user", "invite", "ny.natt", "--org", "vik", "--role", "operator", "--area", "3", "--until", "2030-01-31",
           "--performer", "alfa", "--performer", "town")  # fmt: skip
    links = []
    for _ in range(2):
        asked = fjarrtillsyn(town, *ask)
        assert asked.returncode == 0, asked.stderr
        links += re.findall(r"^https://natt.vik.example/invite/(\S{43})$", asked.stdout, re.MULTILINE)
    assert len(set(links)) == 2, "asked once more, the link is another"
    for wrong, why in (("--area", "no area 9"), ("--performer", "no performer 9"), ("--org", "no town '9'")):
        refused = fjarrtillsyn(town, *ask, wrong, "9")
        assert (refused.returncode, why in refused.stderr) == (BAD_SETTINGS, True), refused.stderr


def test_an_alarm_centre_and_its_people_are_kept(town: dict[str, str]) -> None:
    ask = ("centre", "invite", "ny.natt", "--centre", "trygg", "--role", "operator", "--host", "natt.example")
    unknown = fjarrtillsyn(town, *ask)
    assert (unknown.returncode, "no such alarm centre" in unknown.stderr) == (BAD_SETTINGS, True), unknown.stderr
    assert fjarrtillsyn(town, "centre", "add", "trygg", "--name", "Trygga larmcentralen").returncode == 0
    asked = fjarrtillsyn(town, *ask)
    assert re.search(r"^https://natt.example/invite/\S{43}$", asked.stdout, re.MULTILINE), asked.stderr
    wrong = fjarrtillsyn(town, *ask, "--role", "carer")
    assert (wrong.returncode, "a role of an alarm centre" in wrong.stderr) == (BAD_SETTINGS, True), wrong.stderr
    end = ("centre", "end", "ny.natt", "--centre", "trygg")
    assert [fjarrtillsyn(town, *end).returncode for _ in range(2)] == [0, BAD_SETTINGS]


def test_a_lost_password_is_given_anew(town: dict[str, str]) -> None:
    assert fjarrtillsyn(town, "user", "add", "natt2", "--org", "vik", "--role", "operator").returncode == 0
    anew = fjarrtillsyn(town, "user", "reset", "natt2", "--factors")
    assert re.fullmatch(r"natt2: password: \S{12,}\n", anew.stdout), anew.stderr
    unknown = fjarrtillsyn(town, "user", "reset", "nobody")
    assert (unknown.returncode, "no login nobody" in unknown.stderr) == (BAD_SETTINGS, True)


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


def ask(town: dict[str, str], question: str, *values: object) -> Any:
    """Return one value of the database, as the worker sees it, after all was sealed."""

    async def asked() -> Any:
        memory = await Memory.open((Path(town["FJT_SECRETS_DIR"]) / "fjt_database_url").read_text(encoding="utf-8"))
        while (await seals.seal(memory, "vik")).count:
            pass
        async with memory.transaction() as tx:
            found = await tx.fetchval(question, *values)
        await memory.close()
        return found

    return run(asked())


def test_where_a_device_is_judged_is_said(town: dict[str, str]) -> None:
    said = fjarrtillsyn(town, "judge-at", "vik", "vik-d2", "home")
    assert (said.returncode, said.stdout) == (0, "vik/vik-d2 is judged at home\n"), said.stderr
    assert ask(town, "select judge from devices where device_id = 'vik-d2'") == "home"
    assert "as before" in fjarrtillsyn(town, "judge-at", "vik", "vik-d2", "home").stdout
    assert fjarrtillsyn(town, "judge-at", "vik", "vik-d9", "home").returncode == 1


def test_the_seals_of_a_town_are_walked_and_its_head_is_told(town: dict[str, str]) -> None:
    assert ask(town, "select count(*) from seals")
    told = fjarrtillsyn(town, "verify", "vik")
    assert told.returncode == 0, told.stderr
    (head,) = re.findall(r"vik: whole, \d+ lines and facts; head ([0-9a-f]{64}) at \d+-\d+", told.stdout)
    assert fjarrtillsyn(town, "verify", "vik", "--head", head).returncode == 0
    missing = fjarrtillsyn(town, "verify", "vik", "--head", head, "--head", "0" * 64)
    assert missing.returncode == 1
    assert "0" * 64 in missing.stderr
    again = fjarrtillsyn(town, "verify", "vik", "--since", head)
    assert again.returncode == 0 and f"whole since {head}, " in again.stdout
    assert fjarrtillsyn(town, "verify", "granby").returncode == 1


def test_a_month_that_is_kept_is_not_dropped(town: dict[str, str]) -> None:
    assert ask(town, "select count(*) from seals")
    young = fjarrtillsyn(town, "drop-month", f"{datetime.now(UTC):%Y-%m}")
    assert (young.returncode, "kept for longer" in young.stderr) == (1, True), young.stderr
    assert "0 lines are dropped" in fjarrtillsyn(town, "drop-month", "2019-01").stdout
    assert fjarrtillsyn(town, "drop-month", "January").returncode == 2


def test_a_signed_head_from_elsewhere_is_asked_for(town: dict[str, str], tmp_path: Path) -> None:
    assert ask(town, "select count(*) from seals")
    key = {"FJT_SEAL_KEY": "5a" * 32}
    kept, told = tmp_path / "heads", fjarrtillsyn({**town, **key}, "heads", "vik")
    assert told.returncode == 0, told.stderr
    kept.write_text(told.stdout, encoding="utf-8")
    public_key = fjarrtillsyn({**town, **key}, "heads", "vik", "--public-key").stdout.strip()
    asked = ("verify", "vik", "--heads-file", str(kept), "--public-key")
    assert fjarrtillsyn(town, *asked, public_key).returncode == 0
    of_another = fjarrtillsyn(town, *asked, "00" * 32)
    assert of_another.returncode == 1
    assert "not signed" in of_another.stderr
    kept.write_text('not a head, but says so: "head"', encoding="utf-8")
    assert fjarrtillsyn(town, *asked, public_key).returncode == BAD_SETTINGS


def test_erased_words_are_gone_and_the_chain_is_whole(town: dict[str, str]) -> None:
    consent = ask(town, "select consent_id::text from consents where basis like 'Muntligt%'")
    copies = "select count(*) from fact_log where words like 'Muntligt%' and key = $1"
    assert ask(town, copies, consent) == 1
    erased = fjarrtillsyn(town, "erase-words", "vik", "consents", consent)
    assert erased.returncode == 0, erased.stderr
    assert ask(town, copies, consent) == 0
    assert ask(town, "select basis from consents where consent_id::text = $1", consent) == ""
    told = fjarrtillsyn(town, "verify", "vik")
    assert told.returncode == 0, told.stderr
    assert "whole" in told.stdout and "the words of 1 of them erased" in told.stdout
    for wrong in (("vik", "residents", consent), ("vik", "alarms", consent), ("granby", "consents", consent)):
        assert fjarrtillsyn(town, "erase-words", *wrong).returncode


def test_a_database_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    nowhere = f"postgresql://fjt_worker:x@/fjt?host={quote(str(tmp_path), safe='')}"
    told = fjarrtillsyn({"FJT_DATABASE_URL": nowhere}, "why", "4821")
    assert told.returncode == 1
    assert len(told.stderr.splitlines()) == 1
    assert "database" in told.stderr
