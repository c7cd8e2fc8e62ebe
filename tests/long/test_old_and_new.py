"""A replica of the last release and one of this tree share a database for a night, as they do while a town is upgraded.

From 0.2.0 on a stored shape changes in two steps (ADR 0016): a release reads both and writes the old one, the next
writes the new one. What is held to here: either replica reads, steps and ends what the other has written, in both
directions and in every state of an alarm and of a check.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

import pytest

from alarm_center.core import calendar
from alarm_center.core.alarm.state import AlarmState
from alarm_center.core.check.state import CheckState
from alarm_center.town.times import clock_time
from fjarrtillsyn.embedded.postgres import Postgres
from schemas.vocabulary import Answer, Reason
from tests.long.releases import Release, last_release, this_release
from tests.long.stage import ReleaseReplica, UpgradeNight, looks_around, stage
from tests.long.town import FIRST, ORG, RAISED, SEEN_BY_CAMERA, SILENT, VISITED
from tests.support.mosquitto import Mosquitto
from tests.support.sql_text import without_comments
from tests.support.town_file import STOCKHOLM
from tests.support.waiting import eventually

pytestmark = pytest.mark.long

ENDED: Final = ("seen", "alarmed", "cancelled")
CASES_AT_ONCE: Final = 2


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """The last release, in a folder of its own."""
    return last_release(tmp_path_factory.mktemp("last-release"))


@pytest.fixture
def tonight() -> date:
    """The night that begins next."""
    return calendar.night_of(datetime.now(UTC), STOCKHOLM) + timedelta(days=1)


@pytest.fixture
async def town(
    old: Release, tonight: date, postgres_server: Postgres, mosquitto: Mosquitto, tmp_path: Path
) -> AsyncIterator[UpgradeNight]:
    """The town on the afternoon before the night: migrated and imported by the last release, with nothing running."""
    async with stage(postgres_server, mosquitto, old, this_release(), tmp_path) as made:
        await made.move_to(at(tonight, "16:00"))
        await made.import_town(old, tonight)
        yield made


def at(night: date, clock: str) -> datetime:
    """Return the instant at which a clock on the wall shows *clock* in that night."""
    return calendar.instant_of(night, clock_time(clock), STOCKHOLM)


def test_a_released_revision_of_the_database_is_never_changed(old: Release) -> None:
    """A database that has been through it is not brought to what it says now: a change is a revision of its own."""
    released, ours = old.revisions(), this_release().revisions()
    changed = {
        path for path, text in released.items() if without_comments(ours.get(path, "")) != without_comments(text)
    }
    assert changed == set(), "only comments may follow the code"


async def test_each_release_runs_its_own_code(old: Release) -> None:
    """Both use one environment, in which this tree may be installed."""
    await old.imports_its_own()
    await this_release().imports_its_own()


async def test_two_releases_share_a_night(town: UpgradeNight, tonight: date) -> None:
    halves = [at(tonight, clock) for clock in FIRST]
    owed = await town.rows("select check_id from checks")
    await town.old.start()
    first = await brought_to_every_state(town, 0, halves[0], by=town.old)

    await town.migrate(town.new.release)  # while the old one runs
    await town.new.start()
    await looks_around((town.old, town.new), pages_of(first))
    await carried_to_the_end(town, 0, halves[0], first, by=town.new)

    assert await town.old.failures() == []
    town.old.part.stop()
    second = await brought_to_every_state(town, 1, halves[1], by=town.new)
    await town.old.start()
    await looks_around((town.new, town.old), pages_of(second))
    await carried_to_the_end(town, 1, halves[1], second, by=town.old)

    await nothing_is_lost(town, [row["check_id"] for row in owed])
    await nothing_is_sent_twice_or_never(town)
    assert await town.old.failures() + await town.new.failures() == []
    for replica in (town.old, town.new):
        assert "whole" in await replica.release.run("verify", ORG, env=town.env)
        await told_why(town, replica, [*first.values(), *second.values()])

    town.old.part.stop()
    await town.sit_at(town.new)
    before = await town.new.failures()
    await town.migrate(town.new.release, "--finish")  # while the new one runs
    await looks_around((town.new,), pages_of(second))
    assert await town.new.failures() == before


async def test_an_app_added_at_the_new_release_signs_in_at_the_old(town: UpgradeNight) -> None:
    await town.old.start()
    await town.migrate(town.new.release)
    await town.new.start()
    await town.sit_at(town.new)
    assert town.new.browser.apps["olle"].secret, "it led to an app"
    for replica in (town.old, town.new):
        await replica.shows("/")
        assert await replica.click("/logout") == "/login"
        assert (await town.old.browser.give_password("olle")).status == 403, "the old one asks for a code as well"
        await town.sit_at(replica)
        await replica.shows("/")


# ---- what people do ----


async def brought_to_every_state(
    town: UpgradeNight, half: int, due: datetime, *, by: ReleaseReplica
) -> Mapping[str, UUID]:
    """Bring an alarm and a check to each state that there is, with all that people say taken by one replica."""
    await town.move_to(due - timedelta(minutes=70))  # no device counts as lost for three minutes after a start
    await town.sit_at(by)
    await town.move_to(due - timedelta(minutes=20))
    members = "select count(*) from alarms where state <> 'closed' and incident_id is not null"
    await eventually(lambda: town.value(f"{members} having count(*) = $1", len(SILENT)))
    alarms = {"red": await town.raise_alarm(RAISED["red"], by)}
    await by.click(f"/alarm/{alarms['red']}/send")
    await town.asked(alarms["red"])
    await town.replies(alarms["red"], "2")
    await town.move_to(due - timedelta(minutes=8))
    red = "select true from alarms where alarm_id = $1 and red_at is not null"
    await eventually(lambda: town.value(red, alarms["red"]))

    await town.move_to(due + timedelta(seconds=20))
    await town.sit_at(by)  # nothing is sent before they say so
    for state, number in RAISED.items():
        if state != "red":
            alarms[state] = await town.raise_alarm(number, by)
    await by.click(f"/alarm/{alarms['claimed']}/claim")
    await by.click(f"/alarm/{alarms['closed']}/close", outcome="false_alarm")
    for state, digits in (("dispatched", ""), ("accepted", "1"), ("on_site", "13"), ("done", "134")):
        await by.click(f"/alarm/{alarms[state]}/send")
        await town.asked(alarms[state])
        for digit in digits:
            await town.replies(alarms[state], digit)
    visit = "select alarm_id from alarms where visit and state = 'dispatched'"
    alarms["visit"] = await eventually(lambda: town.value(visit))
    incident = (
        "select alarm_id from alarms where incident_id is not null and state <> 'closed' order by case_no limit 1"
    )
    alarms["incident"] = await town.value(incident)

    checks = {state: await town.check_of(number, half) for state, number in SEEN_BY_CAMERA.items()}
    for state, check in checks.items():
        await town.check_is(check, "planned" if state == "planned" else "open")
    for state, answer, reasons in (
        ("waiting", Answer.NOT_SEEN, ()),
        ("to_look", Answer.NOT_SEEN, ()),
        ("seen", Answer.IN_BED, ()),
        ("alarmed", Answer.SOMETHING_WRONG, (Reason.ON_FLOOR,)),
    ):
        await town.finds(SEEN_BY_CAMERA[state], checks[state], answer, *reasons)
    for state, check in checks.items():
        await town.check_is(check, state)
    assert {row["state"] for row in await town.rows("select distinct state from alarms")} == set(AlarmState)
    assert {row["state"] for row in await town.rows("select distinct state from checks")} == set(CheckState)
    alarms["alarmed"] = await town.value("select alarm_id from checks where check_id = $1", checks["alarmed"])
    return alarms


async def carried_to_the_end(
    town: UpgradeNight, half: int, due: datetime, alarms: Mapping[str, UUID], *, by: ReleaseReplica
) -> None:
    """Carry every case to its end, with all that people say taken by one replica."""
    await town.sit_at(by)
    await by.click(f"/alarm/{alarms['open']}/claim")
    rest = (("dispatched", "134"), ("accepted", "34"), ("on_site", "4"), ("red", "134"), ("visit", "134"), ("done", ""))
    for state, digits in rest:
        for digit in digits:
            await town.replies(alarms[state], digit)
        await town.is_in(alarms[state], AlarmState.ON_SITE)
    for state in ("open", "claimed", "dispatched", "accepted", "on_site", "red", "visit", "done", "alarmed"):
        await by.click(f"/alarm/{alarms[state]}/close", outcome="helped_up")
        await town.is_in(alarms[state], AlarmState.CLOSED)

    checks = {state: await town.check_of(number, half) for state, number in SEEN_BY_CAMERA.items()}
    await town.finds(SEEN_BY_CAMERA["open"], checks["open"], Answer.IN_BED)
    await town.check_is(checks["open"], "seen")
    looked = await by.click(f"/check/{checks['to_look']}/answer", answer="something_wrong")
    await by.click(f"{looked}/close", outcome="helped_up")
    await town.move_to(due + timedelta(minutes=17))
    again = "select true from commands where check_id = $1"
    await eventually(lambda: town.value(again, checks["waiting"]))
    await town.finds(SEEN_BY_CAMERA["waiting"], checks["waiting"], Answer.IN_BED, attempt=2)
    await town.check_is(checks["waiting"], "seen")
    await town.move_to(due + timedelta(minutes=30, seconds=20))
    await town.check_is(checks["planned"], "open")
    await town.finds(SEEN_BY_CAMERA["planned"], checks["planned"], Answer.IN_BED)
    await town.check_is(checks["planned"], "seen")
    for number in SILENT:
        await town.check_is(await town.check_of(number, half), "alarmed")
    for row in await town.rows("select alarm_id from alarms where incident_id is not null and state <> 'closed'"):
        await by.click(f"/alarm/{row['alarm_id']}/close", outcome="false_alarm")


def pages_of(alarms: Mapping[str, UUID]) -> list[str]:
    """Return the pages of the cases."""
    return [f"/alarm/{alarm}" for alarm in alarms.values()]


# ---- what must hold afterwards ----


async def nothing_is_lost(town: UpgradeNight, owed: list[UUID]) -> None:
    """Every check that was planned is there and has ended, and every alarm is closed with its outcome."""
    ended = "select count(*) from checks where check_id = any ($1) and state = any ($2)"
    await eventually(lambda: town.value(f"{ended} having count(*) = $3", owed, list(ENDED), len(owed)))
    assert await town.rows("select check_id from checks where check_id <> all ($1)", owed) == []
    assert await town.rows("select case_no, state from alarms where state <> 'closed' or outcome is null") == []
    visits = "select count(*) from alarms join residents using (resident_id) where visit and number = $1"
    assert await town.value(visits, VISITED) == len(FIRST)


async def nothing_is_sent_twice_or_never(town: UpgradeNight) -> None:
    """Each SMS that was wanted is at the provider once, and the provider has no other."""
    on_its_way = "select from messages where channel = 'sms' and state in ('queued', 'sending')"
    await eventually(lambda: town.value(f"select not exists ({on_its_way})"))
    rows = await town.rows("select provider_id, state, sent_twice, body, phone from messages where channel = 'sms'")
    sent = {row["provider_id"] for row in rows if row["provider_id"] is not None}
    assert sent == {item.sid for item in town.twilio.messages}
    assert len(sent) == len(town.twilio.messages)
    assert [row for row in rows if row["sent_twice"]] == []
    assert len({(item.to, item.body) for item in town.twilio.messages}) == len(sent)


async def told_why(town: UpgradeNight, replica: ReleaseReplica, alarms: list[UUID]) -> None:
    """The release tells of every case why it is as it is, whichever release has written it."""
    turns = asyncio.Semaphore(CASES_AT_ONCE)

    async def why(alarm: UUID) -> None:
        async with turns:
            assert str(alarm) in await replica.release.run("why", str(alarm), env=town.env)

    await asyncio.gather(*(why(alarm) for alarm in alarms))
