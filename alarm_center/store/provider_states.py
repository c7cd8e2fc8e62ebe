"""States of the SMS providers, of one row each: failures in a row, since when one is away, and when it is probed next.

The rules stand in :mod:`alarm_center.sms.provider_health`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from alarm_center.store.claims import ProviderNames
from alarm_center.store.memory import Tx


@dataclass(frozen=True, slots=True)
class ProviderState:
    """Standing of a provider after its last tries, by the service's time."""

    provider: str
    failures: int = 0
    """Tries that failed in a row, of any message."""
    failed_at: datetime | None = None
    away_since: datetime | None = None
    """The time since when towns that have another provider pass this one over; ``None`` while it works."""
    good_probes: int = 0
    """In a row, since it is away."""
    probe_at: datetime | None = None
    back_at: datetime | None = None
    """The time at which it last came back."""


async def lock(tx: Tx, provider: str) -> ProviderState:
    """Return a provider's state, locked until the transaction ends."""
    await tx.execute("insert into provider_states (provider) values ($1) on conflict do nothing", provider)
    row = await tx.fetchrow(
        """
        select provider, failures, failed_at, away_since, good_probes, probe_at, back_at from provider_states
        where provider = $1 for update
        """,
        provider,
    )
    assert row is not None, "it was inserted if it was not there"
    return ProviderState(**row)


async def write(tx: Tx, state: ProviderState) -> None:
    """Write a provider's state."""
    await tx.execute(
        """
        update provider_states set failures = $2, failed_at = $3, away_since = $4, good_probes = $5, probe_at = $6,
            back_at = $7 where provider = $1
        """,
        state.provider, state.failures, state.failed_at, state.away_since, state.good_probes, state.probe_at, state.back_at,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class TownWithoutProvider:
    """A town whose own provider is away since *since*; ``instead`` is the other one, ``None`` where it is away too."""

    town: str
    zone: str
    provider: str
    instead: str | None
    since: datetime


async def set_up(tx: Tx, names: ProviderNames) -> None:
    """Write which providers the service has."""
    both = [name for name in (names.first, names.second) if name is not None]
    await tx.execute(
        """
        insert into provider_states (provider, place) select name, place from unnest($1::text[]) with ordinality given (name, place)
        on conflict (provider) do update set place = excluded.place
            where provider_states.place is distinct from excluded.place
        """,
        both,
    )
    await tx.execute(
        "update provider_states set place = null where place is not null and provider <> all ($1::text[])", both
    )


async def towns_without_own(tx: Tx) -> list[TownWithoutProvider]:
    """Return the viewer's towns whose own provider is away while the service has another one, by name."""
    rows = await tx.fetch(
        """
        select o.name as town, o.zone, own.provider, case when other.away_since is null then other.provider end as instead,
            own.away_since as since
        from organisations o
        cross join lateral (
            select provider, away_since from provider_states where place is not null
            order by provider = coalesce(o.provider, '') desc, place limit 1
        ) own
        join provider_states other on other.place is not null and other.provider <> own.provider
        where own.away_since is not null order by name_order(o.name)
        """
    )
    return [TownWithoutProvider(**row) for row in rows]


@dataclass(frozen=True, slots=True)
class TownOfProvider:
    """A town whose own provider this is; ``instead`` is the other one, ``None`` where that is away too."""

    org: str
    instead: str | None


async def towns_of(tx: Tx, provider: str) -> list[TownOfProvider]:
    """Return the towns whose own provider is *provider*, while the service has another one."""
    rows = await tx.fetch(
        """
        select o.org, case when other.away_since is null then other.provider end as instead
        from organisations o
        cross join lateral (
            select provider from provider_states where place is not null
            order by provider = coalesce(o.provider, '') desc, place limit 1
        ) own
        join provider_states other on other.place is not null and other.provider <> own.provider
        where own.provider = $1 order by o.org
        """,
        provider,
    )
    return [TownOfProvider(**row) for row in rows]


async def away(tx: Tx) -> dict[str, datetime]:
    """Return the providers that are away, with the time since when."""
    rows = await tx.fetch("select provider, away_since from provider_states where away_since is not null")
    return {row["provider"]: row["away_since"] for row in rows}


async def take_probe(tx: Tx, providers: Sequence[str], every: timedelta) -> str | None:
    """Take the turn to probe one of *providers* that is away, and put the next one off by *every*; ``None``: none is due."""
    provider: str | None = await tx.fetchval(
        """
        update provider_states set probe_at = clock.now() + $2 where provider = (
            select provider from provider_states where provider = any ($1::text[]) and away_since is not null
                and probe_at <= clock.now() order by probe_at limit 1 for update skip locked
        ) returning provider
        """,
        list(providers), every,
    )  # fmt: skip
    return provider
