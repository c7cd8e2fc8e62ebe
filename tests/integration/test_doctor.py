"""`fjarrtillsyn doctor` from outside: what a service lacks, on a real database, broker and TLS; and one that lacks nothing."""

import asyncio
import json
import os
import ssl
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from alarm_center.store import seals
from fjarrtillsyn.commands import doctor
from fjarrtillsyn.embedded.ports import free_port
from fjarrtillsyn.embedded.postgres import Postgres
from runtime.mqtt import BrokerAddress
from tests.integration.test_cli import TOWN
from tests.integration.test_live_start import LIVE, NAME, execute, live  # noqa: F401  # a fixture
from tests.integration.test_mqtt_tls import CONNACK, broker_end, certificate
from tests.support.mosquitto import Mosquitto
from tests.support.postgres import Database
from tests.support.raw_server import raw_server
from tests.support.service import served, settings
from tests.support.waiting import eventually


async def fjarrtillsyn(environment: dict[str, str], *arguments: str, given: str = "") -> tuple[int, str]:
    """Run the command beside the servers of this test; return its status and its answer."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "fjarrtillsyn.cli", *arguments,
        env={"PATH": os.environ["PATH"], **environment},
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await process.communicate(given.encode())
    return process.returncode or 0, (out or err).decode()


async def examined(environment: dict[str, str]) -> dict[str, Any]:
    status, answer = await fjarrtillsyn(environment, "doctor", "--json")
    found: dict[str, Any] = json.loads(answer)
    assert status == (1 if found["missing"] or found["not_made"] else 0)
    return found


async def test_nothing_at_all_is_all_that_is_missing() -> None:
    found = await examined({})
    assert found["fine"] == ["database", "roles"]
    assert found["not_made"] == list(doctor.DATABASE_CHECKS)
    assert {each["check"] for each in found["missing"]} == {"settings", "provider", "heartbeat", "address", "broker"}
    status, words = await fjarrtillsyn({}, "doctor")
    assert status == 1
    assert "missing   settings: FJT_DATABASE_URL: is not set" in words


async def test_what_each_role_of_the_database_lacks_is_said(database: Database, migrated_server: Postgres) -> None:
    nowhere = database.sign_in.replace("fjt_sign_in-password", "wrong")
    given = settings(database, FJT_DATABASE_URL_WEB=database.worker, FJT_DATABASE_URL_SIGN_IN="no address")
    found = await examined(given)
    said = {each["check"]: each["what"] for each in found["missing"]}
    assert said["roles"].startswith("FJT_DATABASE_URL_WEB: connects as fjt_worker, which sees every town")
    assert said["database"].startswith("FJT_DATABASE_URL_SIGN_IN: cannot connect: ")
    assert said["clock"].startswith("the database was made with --test-clock")
    assert said["towns"] == "there is no town"
    assert "revision" in found["fine"]
    found = await examined(settings(database, FJT_DATABASE_URL=nowhere.replace("fjt_sign_in", "fjt_nobody")))
    assert found["not_made"] == list(doctor.DATABASE_CHECKS)


async def test_a_broker_that_refuses_or_is_away_is_said(mosquitto: Mosquitto) -> None:
    good = BrokerAddress(mosquitto.host, mosquitto.port, "centre", mosquitto.passwords["centre"])
    assert await doctor.broker_shortcomings(good) == []
    for wrong in (
        BrokerAddress(mosquitto.host, mosquitto.port, "centre", "wrong"),
        BrokerAddress(mosquitto.host, free_port(), "centre", "wrong"),
    ):
        (found,) = await doctor.broker_shortcomings(wrong)
        assert found.what.startswith(f"the broker at {wrong.host}:{wrong.port} does not let us in")


async def close_at_once(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()


async def test_the_public_addresses_certificate_is_looked_at(tmp_path: Path) -> None:
    for days, what in ((1, "the certificate of localhost ends "), (90, "")):
        pem = certificate(tmp_path, days)
        own = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        own.load_cert_chain(pem)
        async with raw_server(close_at_once, "localhost", 0, ssl=own) as server:
            url = f"https://localhost:{server.sockets[0].getsockname()[1]}"
            trusting = ssl.create_default_context(cafile=str(pem))
            found = [each.what for each in await doctor.address_shortcomings(url, trusting)]
            assert [line.startswith(f"FJT_PUBLIC_URL: {what}") for line in found] == ([True] if what else [])
            (line,) = [each.what for each in await doctor.address_shortcomings(url)]
            assert "does not answer by TLS: SSLCertVerificationError" in line


async def welcome(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(1024)
    writer.write(CONNACK)
    await reader.read()


@pytest.fixture
async def tls(tmp_path: Path) -> AsyncIterator[dict[str, str]]:
    """Settings of a broker and a public address whose certificate is good for three months."""
    pem = certificate(tmp_path, 90)
    own = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    own.load_cert_chain(pem)
    async with (
        raw_server(close_at_once, "localhost", 0, ssl=own) as pages,
        broker_end(pem, welcome) as broker,
    ):
        yield {
            "SSL_CERT_FILE": str(pem),
            "FJT_PUBLIC_URL": f"https://localhost:{pages.sockets[0].getsockname()[1]}",
            "FJT_MQTT_HOST": broker.host,
            "FJT_MQTT_PORT": str(broker.port),
            "FJT_MQTT_TLS": "1",
            "FJT_MQTT_CA": str(pem),
            "FJT_TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
            "FJT_TWILIO_AUTH_TOKEN": "a" * 32,
        }


async def test_a_service_that_lacks_nothing_is_fine(
    live: Database,  # noqa: F811  # the fixture
    migrated_server: Postgres,
    tmp_path: Path,
    tls: dict[str, str],
) -> None:
    given = settings(live, **{**LIVE, **tls})
    for command in (
        ("import", TOWN),
        ("user", "add", "karin", "--org", "vik", "--role", "operator", "--password-stdin"),
    ):
        status, said = await fjarrtillsyn(given, *command, given="sju gula stolar i regn\n")
        assert status == 0, said
    found = await examined(given)
    assert {each["check"] for each in found["missing"]} == {"second factors", "seals", "months"}
    await execute(migrated_server.superuser_dsn(NAME), "update fjt.users set totp_secret = 'JBSWY3DPEHPK3PXP'")
    async with served(live, tmp_path, **LIVE):
        owner = await asyncpg.connect(migrated_server.superuser_dsn(NAME))
        try:
            sealed = "select last_at > (select max(at) from fjt.events) from fjt.jobs where job = $1"
            await eventually(lambda: owner.fetchval(sealed, seals.SEALER))
            month = "select to_regclass('fjt.events_' || to_char(now() + interval '1 month', 'YYYY_MM')) is not null"
            await eventually(lambda: owner.fetchval(month))
        finally:
            await owner.close()
    found = await examined(given)
    assert found["missing"] == []
    assert found["not_made"] == []
