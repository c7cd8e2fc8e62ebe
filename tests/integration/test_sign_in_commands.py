"""Commands of the sign-in, as processes on a real database: an identity linked, accounts sealed."""

import json
import os
import subprocess
import sys
from typing import Final

from alarm_center.identity.oidc import subject_hash
from alarm_center.identity.sealed_halves import half_hash
from alarm_center.store.memory import Memory
from tests.support.night_town import town
from tests.support.postgres import Database

ISSUER: Final = "https://idp.example.se"
KEY: Final = "k" * 32
HSA: Final = "SE2120000001-1234"


def command(database: Database, *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
    """Run the command as a process of its own."""
    provider = {
        "name": "siths",
        "title": "SITHS",
        "issuer": ISSUER,
        "client_id": "c",
        "client_secret": "s",
        "subject_claim": "employeeHsaId",
    }
    return subprocess.run(
        [sys.executable, "-m", "fjarrtillsyn.cli", *arguments],
        env={
            "PATH": os.environ["PATH"],
            "FJT_DATABASE_URL": database.worker,
            "FJT_OIDC": json.dumps([provider]),
            "FJT_OIDC_SUBJECT_KEY": KEY,
            "FJT_PUBLIC_URL": "https://natt.example.se/",
        },
        input=given,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


async def test_an_identity_is_linked_by_its_hash(database: Database) -> None:
    async with town(database, residents=1) as storstad:
        assert command(database, "user", "link", "nobody", "siths", given=HSA).returncode == 1
        assert "it has: siths" in command(database, "user", "link", "olle", "freja", given=HSA).stderr
        assert "employeeHsaId" in command(database, "user", "link", "olle", "siths").stderr
        assert await storstad.value("select count(*) from identities") == 0
        for login in ("siv", "OLLE"):
            done = command(database, "user", "link", login, "siths", given=f"{HSA}\n")
            assert done.returncode == 0 and HSA not in done.stdout + done.stderr, done.stderr
        linked = await storstad.value(
            "select user_id from identities where subject_hash = $1", subject_hash(KEY, ISSUER, HSA)
        )
        assert linked == storstad.users["olle"], "the later link takes the place of the one before"


async def test_papers_of_sealed_accounts_are_printed_once(database: Database) -> None:
    async with town(database, residents=1) as storstad:
        assert command(database, "break-glass", "make", "nowhere").returncode != 0
        printed = command(database, "break-glass", "make", "storstad", "--count", "2").stdout
        assert printed.count("https://natt.example.se/login/reserve") == 4
        assert next(line for line in printed.splitlines() if "RESERVKONTO" in line).endswith("KUVERT A")
        halves = [line.strip() for line in printed.splitlines() if line.startswith("    ") and "//" not in line]
        assert len(set(halves)) == 4 and all(len(half) == 24 for half in halves)
        memory = await Memory.open(database.owner, size=1)
        try:
            async with memory.transaction() as tx:
                kept = await tx.fetch("select number, first_hash, second_hash from fjt.sealed_accounts order by number")
        finally:
            await memory.close()
        assert [tuple(row) for row in kept] == [
            (n + 1, half_hash(halves[2 * n]), half_hash(halves[2 * n + 1])) for n in range(2)
        ]
        assert await storstad.value("select count(*) from events where kind = 'sealed_account_made'") == 2
