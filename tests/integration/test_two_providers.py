"""Two providers: a town's own and the one that stands in while it is away; nothing goes twice, and it goes back by itself."""

from collections.abc import AsyncIterator

import pytest

from alarm_center.outbox import Outbox
from alarm_center.sms import provider_health
from tests.support.postgres import Database
from tests.support.sms_centre import FIRST, NUMBER, SECOND_NUMBER, SmsCentre, sms_centre
from tests.support.waiting import eventually


@pytest.fixture
async def centre(database: Database) -> AsyncIterator[SmsCentre]:
    async with sms_centre(database) as running:
        await running.stop()
        running.start(both(running))
        yield running


def both(centre: SmsCentre) -> Outbox:
    return Outbox(centre.memory, centre.provider(), centre.elks_provider())


async def through(centre: SmsCentre) -> list[tuple[str, str, bool]]:
    rows = await centre.rows("select provider, state, sent_twice from messages order by arrival")
    return [(row["provider"], row["state"], row["sent_twice"]) for row in rows]


async def lose_twilio(centre: SmsCentre, status: int = 500) -> None:
    """Let Twilio fail, and every replica know it."""
    centre.api.broken = status
    for _ in range(provider_health.FAILURES):
        await provider_health.record_failure(centre.memory, "twilio")


async def is_away(centre: SmsCentre, provider: str = "twilio") -> bool:
    return (
        await centre.rows(f"select 1 from provider_states where provider = '{provider}' and away_since is not null")
        != []
    )


async def test_a_town_goes_through_its_own_provider(centre: SmsCentre) -> None:
    async with centre.memory.transaction() as tx:
        await tx.execute("update organisations set provider = '46elks'")
    await centre.alarm(1)
    sms = await centre.first.receives("Larm … PRIO 1")
    assert (sms in centre.elks.messages, sms.sender) == (True, NUMBER)


async def test_one_that_is_not_set_up_leaves_the_first(centre: SmsCentre) -> None:
    await centre.stop()
    centre.start(Outbox(centre.memory, centre.provider()))
    async with centre.memory.transaction() as tx:
        await tx.execute("update organisations set provider = '46elks'")
    await centre.alarm(1)
    assert await centre.first.receives("Larm … PRIO 1") in centre.api.messages


async def test_alarms_go_through_the_other_while_one_is_away(centre: SmsCentre) -> None:
    await lose_twilio(centre)
    alarm = await centre.alarm(1)
    sms = await centre.first.receives("Larm … PRIO 1")
    assert (sms in centre.elks.messages, sms.sender) == (True, SECOND_NUMBER)
    await centre.until_message_is("sent")
    # The phone answers the number that wrote to it, which is not the town's own.
    await centre.elks.reply(FIRST, SECOND_NUMBER, "1")
    await centre.first.receives(f"{alarm.case_no} är ditt")
    assert (await centre.rows("select sender from replies"))[0]["sender"] == NUMBER


async def test_a_provider_that_refuses_connections_is_passed_over(centre: SmsCentre) -> None:
    await centre.stop()
    centre.api.url = "http://127.0.0.1:9"
    centre.start(both(centre))
    await centre.alarm(1)

    async def away() -> bool:
        await centre.move_clock(0.5)
        return await is_away(centre)

    await eventually(away)
    assert await centre.first.receives("Larm … PRIO 1") in centre.elks.messages
    await centre.until_message_is("sent")
    assert await through(centre) == [("46elks", "sent", False)]


async def test_one_bad_number_sends_nobody_elsewhere(centre: SmsCentre) -> None:
    centre.api.bad_numbers.add(FIRST)
    for resident in (0, 1):
        await centre.alarm(1, resident)
        await centre.second.receives("Larm … PRIO 1")
    assert not await is_away(centre)
    assert centre.elks.messages == []


async def test_too_fast_is_no_failure(centre: SmsCentre) -> None:
    centre.api.next_posts = [429, 429, 429, 429]
    await centre.alarm(1)

    async def sent() -> bool:
        await centre.move_clock(0.5)
        return bool((await centre.message())["state"] == "sent")

    await eventually(sent)
    assert await centre.first.receives("Larm … PRIO 1") in centre.api.messages
    assert not await is_away(centre)


async def test_in_doubt_the_first_is_asked_before_the_second_sends(centre: SmsCentre) -> None:
    """Twilio has taken it, then fails; asked, it says so: nothing goes twice."""
    centre.api.next_posts = ["drop"]
    centre.api.lists = False
    await centre.alarm(1)
    await eventually(lambda: centre.api.asked == 1)
    await lose_twilio(centre, 0)
    centre.api.lists = True
    await centre.move_clock(10)
    sms = await centre.first.receives("Larm … PRIO 1")
    await centre.until_message_is("sent")
    assert (sms in centre.api.messages, await through(centre)) == (True, [("twilio", "sent", False)])
    assert centre.elks.messages == []


async def test_what_the_first_never_took_goes_through_the_second(centre: SmsCentre) -> None:
    """Twilio answers 500 to each POST, and its list says that it has nothing: sent by 46elks, not marked."""
    centre.api.next_posts = [500]
    await centre.alarm(1)
    await eventually(lambda: centre.api.asked == 1)
    await lose_twilio(centre, 0)
    await centre.move_clock(10)
    assert await centre.first.receives("Larm … PRIO 1") in centre.elks.messages
    await centre.until_message_is("sent")
    assert await through(centre) == [("46elks", "sent", False)]


async def test_where_the_first_cannot_say_it_goes_once_more_marked(centre: SmsCentre) -> None:
    """One alarm alone, and all of Twilio answers 500: after the ten seconds of asking the second has it."""
    centre.api.broken = 500
    await centre.alarm(1)

    async def asked() -> bool:
        rows = await centre.rows("select failures from provider_states where provider = 'twilio'")
        return bool(rows) and rows[0]["failures"] >= 2

    await eventually(asked)
    await centre.move_clock(10)
    assert await centre.first.receives("Larm … PRIO 1") in centre.elks.messages
    await centre.until_message_is("sent")
    assert await through(centre) == [("46elks", "sent", True)]


async def test_a_crash_on_the_way_to_the_second_is_asked_there(centre: SmsCentre) -> None:
    """46elks has taken what Twilio never did, and the process dies: its list is asked, and nothing goes twice."""
    await lose_twilio(centre)
    await centre.stop()
    centre.elks.next_posts = ["hang"]
    centre.start(Outbox(centre.memory, centre.provider(), centre.elks_provider(timeout_seconds=60)))
    await centre.alarm(1)
    sms = await centre.first.receives("Larm … PRIO 1")
    await centre.crash()
    centre.start(both(centre))
    assert (await centre.until_message_is("sent"))["provider_id"] == sms.sid
    assert (len(centre.elks.messages), centre.api.messages) == (1, [])


async def test_a_provider_that_is_taken_away_leaves_a_doubt(centre: SmsCentre) -> None:
    """Handed to 46elks, a crash, and a start without it: nobody can be asked, so it goes once more, marked."""
    await lose_twilio(centre)
    await centre.stop()
    centre.elks.next_posts = ["hang"]
    centre.start(Outbox(centre.memory, centre.provider(), centre.elks_provider(timeout_seconds=60)))
    await centre.alarm(1)
    await centre.first.receives("Larm … PRIO 1")
    await centre.crash()
    centre.api.broken = 0
    centre.start(Outbox(centre.memory, centre.provider()))
    await eventually(
        lambda: centre.rows("select 1 from messages where state = 'sending' and attempt_token is not null")
    )
    await centre.move_clock(10)
    assert await centre.first.receives("Larm … PRIO 1") in centre.api.messages
    await centre.until_message_is("sent")
    assert await through(centre) == [("twilio", "sent", True)]


async def test_while_both_are_away_a_town_keeps_its_own(centre: SmsCentre) -> None:
    await lose_twilio(centre, 0)
    for _ in range(provider_health.FAILURES):
        await provider_health.record_failure(centre.memory, "46elks")
    await centre.alarm(1)
    assert await centre.first.receives("Larm … PRIO 1") in centre.api.messages


async def test_two_good_probes_let_the_town_go_back(centre: SmsCentre) -> None:
    await lose_twilio(centre)
    await centre.hold_clock()
    await centre.move_clock(15)

    async def probed() -> bool:
        rows = await centre.rows("select 1 from provider_states where probe_at > clock.now()")
        return rows != []

    await eventually(probed)
    assert await is_away(centre), "it was probed and failed"
    centre.api.broken = 0

    async def back() -> bool:
        await centre.move_clock(15)
        return not await is_away(centre)

    await eventually(back)
    await centre.alarm(1)
    assert await centre.first.receives("Larm … PRIO 1") in centre.api.messages


async def test_replies_are_fetched_from_both_providers(centre: SmsCentre) -> None:
    await centre.alarm(1)
    await centre.first.receives("Larm … PRIO 1")
    centre.elks.writes(FIRST, SECOND_NUMBER, "1")
    await centre.stop()
    centre.start(both(centre))
    await centre.first.receives("är ditt")
