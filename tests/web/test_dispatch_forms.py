"""A case whose patrol is on its way has forms to send another, to ask again and to call back, and none while somebody else has it."""

from datetime import timedelta
from uuid import UUID

from alarm_center.casework import cases
from alarm_center.core.alarm import alarm_events
from schemas.vocabulary import Answer, Reason
from tests.support.night_town import TWO, NightTown
from tests.support.site import Browser


async def sent_out(storstad: NightTown) -> tuple[UUID, UUID]:
    """Return a fall that a patrol was asked about, and the patrol's notice."""
    await storstad.finding(2, Answer.SOMETHING_WRONG, Reason.ON_FLOOR)
    await storstad.set_clock(TWO + timedelta(minutes=4))
    await storstad.step()
    alarm = await storstad.value("select alarm_id from alarms where resident_id = $1", storstad.residents[2])
    return alarm, await storstad.value(
        "select notice_id from notices where alarm_id = $1 order by asked_at limit 1", alarm
    )


async def test_another_is_sent_and_all_are_called_back_by_form(storstad: NightTown, olle: Browser) -> None:
    alarm, notice = await sent_out(storstad)
    await cases.apply_to_alarm(storstad.memory, alarm, alarm_events.Took(notice), actor="test")
    page = await olle.text(f"/alarm/{alarm}")
    assert f'<input type="hidden" name="notice" value="{notice}"><button>Skicka en annan än Patrull' in page
    assert "Fråga igen" not in page, "nobody is sought"
    for _ in range(2):
        assert (await olle.post(f"/alarm/{alarm}/replace", {"notice": str(notice)})).status == 303
    page = await olle.text(f"/alarm/{alarm}")
    assert "Fråga igen" in page and "En annan skickas i stället" in page
    assert await storstad.value("select count(*) from events where kind = 'carer_replaced'") == 1
    assert (await olle.post(f"/alarm/{alarm}/replace", {"notice": "x"})).status == 400
    assert (await olle.post(f"/alarm/{alarm}/ask-again")).status == 303
    assert (await olle.post(f"/alarm/{alarm}/call-back")).status == 303
    page = await olle.text(f"/alarm/{alarm}")
    assert "Återkallat av operatör" in page and "/call-back" not in page and "/replace" not in page
    assert await storstad.value("select state from alarms where alarm_id = $1", alarm) == "open"
    assert (await olle.post(f"/alarm/{alarm}/call-back")).status == 409


async def test_a_tap_that_comes_twice_is_applied_once(storstad: NightTown, olle: Browser) -> None:
    """Its answer was lost: minutes later the page sends it again, as it was."""
    alarm, _ = await sent_out(storstad)
    check = await storstad.check_of(2)
    asked = "select count(*) from events where kind = 'asked_again'"
    await olle.get(f"/alarm/{alarm}")
    await olle.post(f"/alarm/{alarm}/claim", {"tap": "0" * 32})
    for minutes in (6, 9):
        await storstad.set_clock(TWO + timedelta(minutes=minutes))
        assert (await olle.post(f"/alarm/{alarm}/claim")).status == 303
        for path, tap in (("ask-again", "a"), ("again", "b"), ("live", "c"), ("answer", "d"), ("read", "e")):
            fields = {"tap": tap * 32, "check_id": str(check), "answer": "not_seen"}
            assert (await olle.post(f"/alarm/{alarm}/{path}", fields)).status == 303, path
    assert await storstad.value(asked) == 1
    assert await storstad.value("select array_agg(kind order by kind) from commands") == ["attempt", "live"]
    assert await storstad.value("select count(*) from events where kind = 'person_said'") == 1


async def test_a_refused_tap_may_be_sent_again(storstad: NightTown, olle: Browser) -> None:
    alarm, _ = await sent_out(storstad)
    other = await cases.apply_to_alarm(storstad.memory, alarm, alarm_events.ClaimCase(UUID(int=9)), actor="test")
    tap = {"tap": "1" * 32}
    assert (await olle.post(f"/alarm/{alarm}/claim", tap)).status == 409
    assert other.lease.until is not None
    await storstad.set_clock(other.lease.until)
    assert (await olle.post(f"/alarm/{alarm}/claim", tap)).status == 303
    assert await storstad.value("select holder from alarms where alarm_id = $1", alarm) == storstad.users["olle"]


async def test_somebody_elses_case_has_no_such_form(storstad: NightTown, olle: Browser) -> None:
    alarm, notice = await sent_out(storstad)
    await cases.apply_to_alarm(storstad.memory, alarm, alarm_events.ClaimCase(UUID(int=9)), actor="test")
    page = await olle.text(f"/alarm/{alarm}")
    assert "/replace" not in page and "/call-back" not in page
    assert (await olle.post(f"/alarm/{alarm}/replace", {"notice": str(notice)})).status == 409
