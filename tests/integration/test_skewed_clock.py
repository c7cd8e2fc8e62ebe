"""A replica whose own clock is ten minutes ahead: what it does is timed by the database."""

import datetime as real
import sys
from collections.abc import AsyncIterator, Iterator

import pytest

from alarm_center.sms import missed_replies
from tests.integration.test_outbox import Gate, with_provider
from tests.support.postgres import Database
from tests.support.sms_centre import FIRST, NUMBER, SmsCentre, sms_centre
from tests.support.waiting import eventually

AHEAD = real.timedelta(minutes=10)


class Ahead(real.datetime):
    """A clock that somebody has set wrong."""

    @classmethod
    def now(cls, tz: real.tzinfo | None = None) -> "Ahead":
        return super().now(tz) + AHEAD


@pytest.fixture
def skewed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Give every module of the centre that imports ``datetime`` the wrong one; the provider keeps the right one."""
    for name, module in list(sys.modules.items()):
        if name.startswith("alarm_center") and getattr(module, "datetime", None) is real.datetime:
            monkeypatch.setattr(module, "datetime", Ahead)
    yield


@pytest.fixture
async def centre(database: Database) -> AsyncIterator[SmsCentre]:
    async with sms_centre(database) as running:
        yield running


async def test_an_sms_of_a_lost_worker_is_found_and_not_sent_again(centre: SmsCentre, skewed: None) -> None:
    gate = Gate()
    await with_provider(centre, gate.after)
    await centre.alarm(1)
    await gate.reached.wait()
    await centre.crash()
    centre.restart()
    sms = await centre.first.receives("Larm … PRIO 1")
    assert (await centre.until_message_is("sent"))["provider_id"] == sms.sid
    assert len(centre.api.messages) == 1


async def test_replies_of_the_last_minutes_are_caught_up(centre: SmsCentre, skewed: None) -> None:
    alarm = await centre.alarm(1)
    await centre.first.receives("Larm … PRIO 1")
    await centre.until_message_is("sent")
    await centre.all_arrive()
    await centre.move_clock(100)
    item = centre.api.writes(FIRST, NUMBER, "1")
    item.made_at -= real.timedelta(seconds=90)
    centre.outbox.wake()

    async def taken() -> bool:
        return await missed_replies.fetch_missed_replies(centre.memory, centre.provider()) > 0

    await eventually(taken)
    await centre.first.receives(f"{alarm.case_no} är ditt")
