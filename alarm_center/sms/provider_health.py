"""Health of the SMS providers: when one counts as away, so that towns go through their other one, and when it is back.

A provider is away after three tries in a row that failed, none more than a minute after the one before: connections refused, no
answer, or errors of its own, of any message. A number that it refuses is an answer, and so is "too fast". It is probed each 15 s,
and back after two good probes. One that fails again soon after is first probed after ten minutes: its probes say too little.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

import structlog

from alarm_center import metrics
from alarm_center.providers import Provider, ProviderUnavailable, ProviderUnknown
from alarm_center.store import events, provider_states
from alarm_center.store.claims import ProviderNames
from alarm_center.store.memory import AWAY, Memory, Tx, now
from alarm_center.store.provider_states import ProviderState
from schemas import timeline

log = structlog.get_logger()

FAILURES: Final = 3
WITHIN: Final = timedelta(minutes=1)
PROBE_EVERY: Final = timedelta(seconds=15)
GOOD_PROBES: Final = 2
RELAPSE: Final = timedelta(minutes=15)
"""One that fails so soon after it came back answers probes and takes no messages."""
RELAPSED_WAIT: Final = timedelta(minutes=10)
_WATCH_SECONDS: Final = 1.0


def after_failure(state: ProviderState, at: datetime) -> ProviderState:
    """Return the state after a try that failed."""
    fresh = state.failed_at is not None and at - state.failed_at <= WITHIN
    failed = replace(state, failures=state.failures + 1 if fresh else 1, failed_at=at)
    if state.away_since is not None:
        return replace(failed, good_probes=0)
    if failed.failures < FAILURES:
        return failed
    relapsed = state.back_at is not None and at - state.back_at < RELAPSE
    wait = RELAPSED_WAIT if relapsed else PROBE_EVERY
    return replace(failed, away_since=at, good_probes=0, probe_at=at + wait)


def after_success(state: ProviderState) -> ProviderState:
    """Return the state after a message that the provider answered. Only probes bring back one that is away."""
    return state if state.away_since is not None else replace(state, failures=0)


def after_probe(state: ProviderState, at: datetime, *, good: bool) -> ProviderState:
    """Return the state after a probe of a provider that is away."""
    if state.away_since is None:
        return state
    probes = state.good_probes + 1 if good else 0
    if probes < GOOD_PROBES:
        return replace(state, good_probes=probes)
    return replace(state, failures=0, away_since=None, good_probes=0, back_at=at)


async def record_failure(memory: Memory, provider: str) -> None:
    """Write that a try failed."""

    async def work(tx: Tx) -> bool:
        state = await provider_states.lock(tx, provider)
        after = after_failure(state, await now(tx))
        await provider_states.write(tx, after)
        lost = state.away_since is None and after.away_since is not None
        if lost:
            for town in await provider_states.towns_of(tx, provider):
                await _write_line(tx, town.org, timeline.ProviderLost(provider, town.instead))
        return lost

    if await memory.attempt(work):
        log.error("provider_lost", provider=provider)
        memory.hint()


async def _write_line(tx: Tx, org: str, line: timeline.Payload) -> None:
    await events.write(tx, await now(tx), events.NewEvent(org, line, actor="outbox"))


async def record_success(memory: Memory, provider: str) -> None:
    """Write that the provider answered."""

    async def work(tx: Tx) -> None:
        await provider_states.write(tx, after_success(await provider_states.lock(tx, provider)))

    await memory.attempt(work)


async def watch(memory: Memory, providers: Mapping[str, Provider], names: ProviderNames) -> None:
    """Write which providers there are, and probe those that are away each second until cancelled; one alone needs no probe."""
    known = False
    while not known or len(providers) > 1:
        try:
            if not known:
                await memory.run_statement(lambda tx: provider_states.set_up(tx, names))
                known = True
            await probe_away(memory, providers)
        except AWAY as error:
            log.warning("provider_watch_delayed", error=type(error).__name__)
        except Exception:
            log.exception("provider_watch_failed")
        await asyncio.sleep(_WATCH_SECONDS)


async def probe_away(memory: Memory, providers: Mapping[str, Provider]) -> None:
    """Probe one of *providers* that is away, if its turn has come. Any number of replicas share the turns."""
    async with memory.transaction() as tx:
        away = await provider_states.away(tx)
        name = await provider_states.take_probe(tx, list(providers), PROBE_EVERY) if away else None
    for each in providers:
        metrics.PROVIDER_AWAY.labels(each).set(each in away)
    if name is None:
        return
    try:
        await providers[name].probe()
    except (ProviderUnavailable, ProviderUnknown) as error:
        log.warning("provider_probe_failed", provider=name, why=str(error))
        good = False
    else:
        good = True

    async def work(tx: Tx) -> bool:
        state = await provider_states.lock(tx, name)
        after = after_probe(state, await now(tx), good=good)
        await provider_states.write(tx, after)
        back = state.away_since is not None and after.away_since is None
        if back:
            for town in await provider_states.towns_of(tx, name):
                await _write_line(tx, town.org, timeline.ProviderBack(name))
        return back

    if await memory.attempt(work):
        log.info("provider_returned", provider=name)
        memory.hint()
