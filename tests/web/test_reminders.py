"""Planners who ask are told twice a day how much waits for them: once, a number, and nothing where nothing waits."""

from datetime import timedelta

from alarm_center.preparation.planner_reminders import remind_planners
from tests.support.night_town import TWO, NightTown
from tests.support.site import Site
from tests.web.test_todo import planner_at

MORNING = TWO + timedelta(days=1, hours=5, minutes=31)
"""Half past seven in the morning, and a minute."""


async def test_a_planner_who_asks_is_told_once_how_much_waits(storstad: NightTown, pages: Site) -> None:
    petra = await planner_at(storstad, pages)
    await petra.text("/reminders")
    assert (await petra.post("/reminders", {"phone": "08-465 004 02"})).status == 400, "no SMS reaches it"
    assert (await petra.post("/reminders", {"phone": "070-174 06 55"})).status == 303
    assert 'value="+46701740655"' in await petra.text("/reminders")
    waiting = await storstad.value(
        "select count(*) from discrepancies where resolved_at is null and (endangers or owner = 'coordinator')"
    )
    assert waiting
    assert await remind_planners(storstad.memory) == 0, "not at eight in the evening"
    await storstad.set_clock(MORNING)
    assert [await remind_planners(storstad.memory) for _ in range(2)] == [1, 0]
    said = await storstad.value("select body from messages where wording = 'planner_waiting'")
    assert said == f"Att göra: {waiting} väntar på dig. https://natt.kommun.se/todo"


async def test_nobody_is_told_where_nothing_waits_or_late(storstad: NightTown, pages: Site) -> None:
    petra = await planner_at(storstad, pages)
    await petra.text("/reminders")
    await petra.post("/reminders", {"phone": "070-174 06 55"})
    await storstad.set_clock(MORNING + timedelta(hours=4))
    assert await remind_planners(storstad.memory) == 0, "the service was away in the morning"
    await storstad.execute("update discrepancies set resolved_at = clock.now()")
    await storstad.set_clock(MORNING + timedelta(days=1))
    assert await remind_planners(storstad.memory) == 0
    petra = await pages.signed_in("petra")
    await petra.text("/reminders")
    await petra.post("/reminders", {"phone": ""})
    assert await storstad.value("select count(*) from reminder_phones") == 0
