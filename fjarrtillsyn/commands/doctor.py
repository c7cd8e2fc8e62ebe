"""The command that says what a service for real people still lacks, in words, with the remedy; it changes nothing.

Each check is a function of its own that returns what it found. One that needs what is not there, as a database that cannot
be reached, is told as not made, never as fine.
"""

import asyncio
import json
import re
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

import typer
from pydantic import Field, SecretStr, ValidationError

from alarm_center import start_checks
from alarm_center.preparation import sealed_trials
from alarm_center.preparation.sealed_trials import SealedLack
from alarm_center.providers.elks import Elks, HookProof
from alarm_center.settings import ProviderName, ServiceSettings
from alarm_center.start_checks import ROLE_OF, Shortcoming
from alarm_center.store import look_samples, readiness, sealed_accounts, simulated_night
from alarm_center.store.look_samples import OverdueSample
from alarm_center.store.memory import AWAY, Memory, now, real_now
from alarm_center.store.readiness import Sealing, TownPeople
from alarm_center.store.role_rights import read_rights
from runtime.errors import error_words
from runtime.mqtt import BrokerAddress, NotConnected, connect
from runtime.settings import EnvironmentSettings, PartSettings, problems

_SID: Final = re.compile(r"AC[0-9a-f]{32}")
_TOKEN: Final = re.compile(r"[0-9a-f]{32}")
_HOOK_SECRET_AT_LEAST: Final = 32
_WAITS_SECONDS: Final = 5.0
"""For a broker or a proxy to answer."""
_CLOCKS_APART: Final = timedelta(seconds=2)
"""Sessions are seconds long, and the clocks of this machine and the database's are both read."""
_SEALED_WITHIN: Final = timedelta(minutes=1)
"""The sealer works each second."""
_CERTIFICATE_LASTS: Final = timedelta(days=14)
DATABASE_CHECKS: Final = (
    "revision",
    "clock",
    "towns",
    "second factors",
    "sealed accounts",
    "look samples",
    "seals",
    "months",
)
"""Checks that ask a database which the worker reaches."""


class GivenSettings(EnvironmentSettings):
    """Settings that single checks look at, whatever else is missing or wrong."""

    database_url: SecretStr | None = None
    database_url_web: SecretStr | None = None
    database_url_sign_in: SecretStr | None = None
    database_url_planner: SecretStr | None = None
    rollout: str = ""
    provider: str = ""
    twilio_account_sid: str = ""
    twilio_auth_token: SecretStr = Field(default=SecretStr(""))
    second_provider: str = ""
    elks_username: str = ""
    elks_password: SecretStr = Field(default=SecretStr(""))
    elks_hook_secret: SecretStr = Field(default=SecretStr(""))
    elks_base_url: str = ""
    heartbeat_url: str = ""
    public_url: str = ""
    oidc: str = ""


@dataclass(slots=True)
class Examination:
    """Everything that was found: ``fine`` and ``not_made`` are names of checks."""

    missing: list[Shortcoming] = field(default_factory=list)
    fine: list[str] = field(default_factory=list)
    not_made: list[str] = field(default_factory=list)

    def add(self, check: str, found: Sequence[Shortcoming]) -> None:
        """Keep what *check* has found."""
        self.missing += found
        if not found:
            self.fine.append(check)


def run(*, as_json: bool) -> None:
    """Examine the settings of this process and what they lead to; the exit status is 1 unless everything is fine."""
    found = asyncio.run(examine(GivenSettings()))
    typer.echo(_in_json(found) if as_json else "\n".join(_in_words(found)))
    if found.missing or found.not_made:
        raise typer.Exit(1)


def _in_json(found: Examination) -> str:
    missing = [asdict(each) for each in found.missing]
    return json.dumps({"missing": missing, "fine": found.fine, "not_made": found.not_made}, ensure_ascii=False)


def _in_words(found: Examination) -> list[str]:
    lines = [f"missing   {each.check}: {each.what}\n          {each.remedy}" for each in found.missing]
    for title, names in (("fine", found.fine), ("not made", found.not_made)):
        if names:
            lines.append(f"{title:<9} {', '.join(names)}")
    return lines


async def examine(given: GivenSettings) -> Examination:
    """Make every check."""
    found = Examination()
    found.add("settings", settings_shortcomings())
    chosen = {given.provider, given.second_provider}
    if ProviderName.ELKS in chosen:
        found.add("46elks", await elks_shortcomings(given))
    if given.provider != ProviderName.ELKS or ProviderName.TWILIO in chosen:
        token = given.twilio_auth_token.get_secret_value()
        found.add("provider", provider_shortcomings(given.twilio_account_sid, token))
    found.add("heartbeat", heartbeat_shortcomings(given.heartbeat_url))
    found.add("address", await address_shortcomings(given.public_url))
    try:
        broker = PartSettings().broker
    except ValidationError:
        found.not_made.append("broker")
    else:
        found.add("broker", await broker_shortcomings(broker))
    await _examine_database(found, given)
    return found


def settings_shortcomings() -> list[Shortcoming]:
    """Say what a start with FJT_LIVE=1 would refuse in the settings."""
    try:
        ServiceSettings(live=True)  # the rest is read from the environment
    except ValidationError as errors:
        remedy = "set it in the environment, or put a secret into its file"
        return [Shortcoming("settings", line, remedy) for line in problems(errors)]
    return []


def provider_shortcomings(account_sid: str, auth_token: str) -> list[Shortcoming]:
    """Say where the credentials of Twilio cannot be what it gives out."""
    found = []
    where = "copy it from the account's page at Twilio"
    if not _SID.fullmatch(account_sid):
        found.append(Shortcoming("provider", "FJT_TWILIO_ACCOUNT_SID: is not AC and 32 digits of hex", where))
    if not _TOKEN.fullmatch(auth_token):
        found.append(Shortcoming("provider", "FJT_TWILIO_AUTH_TOKEN: is not 32 digits of hex", where))
    return found


async def elks_shortcomings(given: GivenSettings) -> list[Shortcoming]:
    """Say where 46elks does not let us in, or could call us with no proof. It documents no shape of its credentials, so its account is asked for."""
    found = []
    secret = given.elks_hook_secret.get_secret_value()
    if len(secret) < _HOOK_SECRET_AT_LEAST:
        what = f"FJT_ELKS_HOOK_SECRET: is shorter than {_HOOK_SECRET_AT_LEAST} characters"
        found.append(
            Shortcoming("46elks", what, "make one with deploy/make_secrets.py, and write the numbers' addresses anew")
        )
    elks = Elks(
        given.elks_username, given.elks_password.get_secret_value(), given.public_url, HookProof([secret]),
        base_url=given.elks_base_url or None, timeout_seconds=_WAITS_SECONDS,
    )  # fmt: skip
    try:
        await elks.probe()
    except ConnectionError as error:
        remedy = "copy FJT_ELKS_USERNAME and FJT_ELKS_PASSWORD from the account's page at 46elks; see that its address can be reached"
        found.append(Shortcoming("46elks", f"46elks does not let us in: {error}", remedy))
    finally:
        await elks.close()
    return found


def heartbeat_shortcomings(url: str) -> list[Shortcoming]:
    """Say where the outside watch cannot be told that we live. It is not called: that would be a sign of life."""
    parts = urlsplit(url)
    if parts.scheme == "https" and parts.hostname:
        return []
    what = "FJT_HEARTBEAT_URL: is no https address, and nobody outside would notice our silence"
    return [Shortcoming("heartbeat", what, "write the address that your watch gives for a check of every minute")]


async def address_shortcomings(url: str, context: ssl.SSLContext | None = None) -> list[Shortcoming]:
    """Say where browsers and the provider cannot reach us under the public address by TLS; *context* trusts others in tests."""
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname:
        what = "FJT_PUBLIC_URL: is no https address"
        return [Shortcoming("address", what, "write the address that the proxy in front has a certificate for")]
    context = context or ssl.create_default_context()
    try:
        async with asyncio.timeout(_WAITS_SECONDS):
            _, writer = await asyncio.open_connection(parts.hostname, parts.port or 443, ssl=context)
    except (OSError, ssl.SSLError) as error:
        what = f"FJT_PUBLIC_URL: {parts.hostname} does not answer by TLS: {error_words(error)}"
        return [Shortcoming("address", what, "see to its name, the proxy in front and the proxy's certificate")]
    certificate: Any = writer.get_extra_info("peercert")
    writer.transport.abort()
    ends = datetime.fromtimestamp(ssl.cert_time_to_seconds(certificate["notAfter"]), UTC)
    if ends - datetime.now(UTC) < _CERTIFICATE_LASTS:
        what = f"FJT_PUBLIC_URL: the certificate of {parts.hostname} ends {ends:%Y-%m-%d}"
        return [Shortcoming("address", what, "let the proxy in front renew it")]
    return []


async def broker_shortcomings(address: BrokerAddress) -> list[Shortcoming]:
    """Say where the broker cannot be reached, or does not let us in."""
    remedy = "see to FJT_MQTT_HOST, _PORT, _USER, _PASSWORD, _TLS and _CA, and to the broker's own log"
    try:
        async with asyncio.timeout(_WAITS_SECONDS), connect(address, "fjarrtillsyn-doctor", ack_s=_WAITS_SECONDS):
            return []
    except (NotConnected, OSError) as error:
        what = f"the broker at {address.host}:{address.port} does not let us in: {error_words(error)}"
        return [Shortcoming("broker", what, remedy)]


async def _examine_database(found: Examination, given: GivenSettings) -> None:
    """Connect as each role, and ask the rest as the worker."""
    unreached: list[Shortcoming] = []
    wide: list[Shortcoming] = []
    for setting in ROLE_OF:
        address: SecretStr | None = getattr(given, setting)
        if address is None:
            continue  # the settings have said so
        try:
            memory = await Memory.open(address.get_secret_value(), size=1, application="fjarrtillsyn doctor")
        except (*AWAY, ValueError) as error:
            what = f"FJT_{setting.upper()}: cannot connect: {error_words(error)}"
            unreached.append(Shortcoming("database", what, start_checks.address_remedy(setting)))
            continue
        try:
            wide += start_checks.role_shortcomings(setting, await read_rights(memory))
            if setting == "database_url":
                await _examine_contents(found, memory, given)
        finally:
            await memory.close()
    found.add("database", unreached)
    found.add("roles", wide)
    made = {*found.fine, *(each.check for each in found.missing)}
    found.not_made += [check for check in DATABASE_CHECKS if check not in made]


async def _examine_contents(found: Examination, memory: Memory, given: GivenSettings) -> None:
    rollout = given.rollout.lower() in ("1", "true", "yes", "on")
    async with memory.transaction() as tx:
        state = start_checks.revision_shortcomings(await readiness.schema_revision(tx), rollout=rollout)
        before = datetime.now(UTC)
        apart = await real_now(tx) - before
    found.add("revision", state)
    try:
        async with memory.transaction() as tx:
            movable = await simulated_night.has_test_clock(tx)
            found.add("clock", start_checks.clock_shortcomings(movable=movable) + apart_shortcomings(apart))
            found.add("towns", town_shortcomings(await readiness.people_of_towns(tx)))
            found.add("second factors", start_checks.factor_shortcomings(await readiness.people_by_password_alone(tx)))
            lacks = sealed_trials.lacks(await sealed_accounts.stock(tx), await now(tx), has_provider=bool(given.oidc))
            found.add("sealed accounts", sealed_shortcomings(lacks))
            found.add("look samples", sample_shortcomings(await look_samples.overdue_samples(tx, await now(tx))))
            found.add("seals", seal_shortcomings(await readiness.sealing(tx)))
            found.add("months", month_shortcomings(await readiness.missing_months(tx)))
    except AWAY:
        # A database of another revision answers some of them and not others: that has been said.
        if not state:
            raise


def apart_shortcomings(apart: timedelta) -> list[Shortcoming]:
    """Say where the database's clock and this machine's are apart: *apart* is the database's time less ours."""
    if abs(apart) <= _CLOCKS_APART:
        return []
    what = f"the database's clock is {apart.total_seconds():+.0f} s from this machine's"
    return [Shortcoming("clock", what, "let both keep time by NTP (chrony, systemd-timesyncd)")]


def town_shortcomings(towns: Sequence[TownPeople]) -> list[Shortcoming]:
    """Name the towns whose board nobody may sit at, or whose nights nobody leads."""
    if not towns:
        return [Shortcoming("towns", "there is no town", "bring one in with `fjarrtillsyn import`")]
    found = []
    for town in towns:
        if not town.has_watcher:
            what = f"{town.org}: nobody who has accepted may sit at its board"
            remedy = f"`fjarrtillsyn user invite LOGIN --org {town.org} --role operator`, and let them accept"
            found.append(Shortcoming("towns", what, remedy))
        if not town.has_lead:
            what = f"{town.org}: no shift of a lead is ahead, and a chain that ends would ask nobody"
            found.append(Shortcoming("towns", what, 'add a shift with role = "lead" to its file, and import it'))
    return found


def sealed_shortcomings(lacks: Mapping[str, SealedLack]) -> list[Shortcoming]:
    """Name the towns whose sealed accounts would not open a shift while the identity provider is away."""
    found = []
    for org, lack in lacks.items():
        match lack:
            case SealedLack.NONE_SEALED:
                what, remedy = f"{org}: no account is sealed", f"make some: `fjarrtillsyn break-glass make {org}`"
            case SealedLack.TRIAL_DUE:
                what = f"{org}: no sealed account was tried for {sealed_trials.TRIAL_EACH.days} days"
                remedy = "let two people try one at /login/reserve?trial, and make another in its place"
        found.append(Shortcoming("sealed accounts", what, remedy))
    return found


def sample_shortcomings(overdue: Sequence[OverdueSample]) -> list[Shortcoming]:
    """Name the months whose sample of looks nobody has signed off in time."""
    remedy = "let an auditor judge the rest and sign at /looks/samples; a town without one appoints somebody"
    return [
        Shortcoming(
            "look samples",
            f"{each.org}: the sample of {each.month:%Y-%m} is not signed off, {each.chosen - each.judged} looks are left",
            remedy,
        )
        for each in overdue
    ]


def seal_shortcomings(sealing: Sealing) -> list[Shortcoming]:
    """Say where lines have been written that no sealer has come to."""
    newest, sealed = sealing.newest_line, sealing.sealed_until
    if newest is None or (sealed is not None and newest - sealed <= _SEALED_WITHIN):
        return []
    behind = "has never run" if sealed is None else f"ran last at {sealed:%Y-%m-%d %H:%M:%SZ}"
    what = f"the sealer {behind}, and lines were written until {newest:%Y-%m-%d %H:%M:%SZ}"
    return [Shortcoming("seals", what, "start a replica, or see why its job fails (fjt_job_failed_total, job_failed)")]


def month_shortcomings(missing: Sequence[str]) -> list[Shortcoming]:
    """Say which of the timeline's months have no place of their own."""
    if not missing:
        return []
    what = f"the timeline has no {' and no '.join(missing)}"
    return [Shortcoming("months", what, "start a replica, which makes them ahead each day")]
