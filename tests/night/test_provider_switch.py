"""A night in which Twilio answers 500 for ten minutes: the town's alarms go on through 46elks, nothing is doubled, and back."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Final

import aiohttp
import pytest

from alarm_center.casework import cases
from alarm_center.core.alarm import alarm_events
from alarm_center.store import provider_states
from alarm_center.store.memory import now
from fjarrtillsyn.embedded.postgres import Postgres
from fjarrtillsyn.embedded.twilio_api import TwilioApi
from schemas.vocabulary import Outcome, Priority
from tests.support.carer import Carer
from tests.support.elks_api import HOOK_SECRET, ElksApi
from tests.support.mosquitto import Mosquitto
from tests.support.parts import ORG, RunningTown, night
from tests.support.postgres import Database
from tests.support.waiting import eventually

pytestmark = [pytest.mark.night]

SECOND_NUMBER: Final = "+46700009999"


async def _one_case(town: RunningTown, patrol: Carer, through: TwilioApi | ElksApi, *, wait_s: float = 0) -> None:
    """Raise an alarm, and let the patrol take it to its end, all through one provider, answering the number that it wrote from."""
    async with town.memory.transaction() as tx:
        area = await tx.fetchval("select area_id from areas where org = $1", ORG)
        alarm = await cases.raise_area_alarm(tx, ORG, area, Priority.FIRST, at=await now(tx), actor="test")
    town.memory.hint()
    if wait_s:
        asked = "select failures >= 2 from provider_states where provider = 'twilio'"
        await eventually(lambda: town.value(asked))
        await _pass(town, timedelta(seconds=wait_s))
    sms = await patrol.receives(f"Larm {alarm.case_no} PRIO 1", 30)
    assert sms in through.messages
    for word, answer in (("1", "är ditt"), ("3", "framme, noterat"), ("4", "klar, noterat")):
        await through.reply(patrol.phone, sms.sender, f"{word} {alarm.case_no}")
        assert await patrol.receives(f"{alarm.case_no} {answer}" if word == "1" else answer, 30) in through.messages
    notice = await town.value("select notice_id from notices where alarm_id = $1", alarm.alarm_id)
    done = alarm_events.Done(notice, Outcome.HELPED_UP)
    await cases.apply_to_alarm(town.memory, alarm.alarm_id, done, actor="carer")


async def _pass(town: RunningTown, time: timedelta) -> None:
    """Let time pass in which the home was heard."""
    async with town.memory.transaction() as tx:
        await tx.execute("select clock.move($1)", time)
        await tx.execute("update devices set last_heard_at = clock.now()")


async def _away(town: RunningTown) -> list[tuple[str, str | None]]:
    """Return what the board's banner is drawn from."""
    async with town.memory.transaction() as tx:
        return [(each.provider, each.instead) for each in await provider_states.towns_without_own(tx)]


@pytest.fixture
async def twilio() -> AsyncIterator[TwilioApi]:
    async with TwilioApi().running() as api:
        yield api


@pytest.fixture
async def elks() -> AsyncIterator[ElksApi]:
    async with ElksApi().running() as api:
        yield api


@pytest.fixture
async def town(
    database: Database,
    migrated_server: Postgres,
    mosquitto: Mosquitto,
    tmp_path: Path,
    twilio: TwilioApi,
    elks: ElksApi,
) -> AsyncIterator[RunningTown]:
    env = {
        "FJT_SECOND_PROVIDER": "46elks",
        "FJT_ELKS_BASE_URL": elks.url,
        "FJT_ELKS_USERNAME": elks.username,
        "FJT_ELKS_PASSWORD": elks.password,
        "FJT_ELKS_HOOK_SECRET": HOOK_SECRET,
    }
    hours = (timedelta(hours=5),)
    async with night(
        database, migrated_server, mosquitto, tmp_path, due_at=hours, minutes_early=40, twilio=twilio, centre_env=env
    ) as made:
        elks.hooks = made.http
        yield made


async def test_ten_minutes_of_500_cost_no_alarm_its_carer(town: RunningTown, twilio: TwilioApi, elks: ElksApi) -> None:
    await town.rows("update organisations set second_number = $1 returning 1", SECOND_NUMBER)
    phone = await town.value("select phone from carers where org = $1", ORG)
    patrol = Carer(twilio, phone, "", (elks,))
    await town.rows("update devices set link = 'up', last_heard_at = clock.now() returning 1")
    await town.start_centre()
    await _one_case(town, patrol, twilio)
    assert await _away(town) == []

    twilio.broken = 500
    # The first is in doubt at Twilio, which cannot say: after ten seconds it goes once more, marked.
    await _one_case(town, patrol, elks, wait_s=10)
    assert await _away(town) == [("twilio", "46elks")]
    await _pass(town, timedelta(minutes=5))
    await _one_case(town, patrol, elks)
    await _pass(town, timedelta(minutes=5))
    assert await _away(town) == [("twilio", "46elks")], "probed all the while"
    async with aiohttp.ClientSession() as http, http.get(f"{town.http}/metrics") as answer:
        assert 'fjt_provider_away{provider="twilio"} 1.0' in await answer.text()

    twilio.broken = 0

    async def back() -> bool:
        if not await town.value("select count(*) from provider_states where probe_at <= clock.now()"):
            await _pass(town, timedelta(seconds=15))
        return await _away(town) == []

    await eventually(back, 60)
    await _one_case(town, patrol, twilio)

    async def all_recorded() -> bool:
        return not await town.value("select count(*) from messages where provider is null")

    await eventually(all_recorded, 30)
    kept = await town.rows("select wording, provider, state, sent_twice from messages order by arrival")
    assert len(kept) == len(twilio.messages) + len(elks.messages) == 16
    assert len({row["wording"] for row in kept}) == 4
    assert [row["provider"] for row in kept] == ["twilio"] * 4 + ["46elks"] * 8 + ["twilio"] * 4
    assert [at for at, row in enumerate(kept) if row["sent_twice"]] == [4], "in doubt, and said to be"
    assert {item.sender for item in elks.messages} == {SECOND_NUMBER}
    lines = await town.rows(
        "select kind, data->>'instead' as instead from events where kind like 'provider_%' order by id"
    )
    assert [tuple(row.values()) for row in lines] == [("provider_lost", "46elks"), ("provider_back", None)]
    assert not patrol.unread(), "an SMS that nobody expected"
    assert not [item for api in (twilio, elks) for item in (*api.messages, *api.calls) if item.to != phone]
    assert town.centre.running
