"""The button that calls a resident: the operator's own number, only for who holds the case, never for who hears no phone."""

from schemas.vocabulary import Answer, Reason
from tests.support.night_town import NightTown
from tests.support.site import Browser

BUTTON = "Koppla mig till brukaren"
OWN = {"phone": "08-465 004 01"}


async def _case(storstad: NightTown) -> str:
    await storstad.finding(2, Answer.CANNOT_TELL, Reason.STILL)
    return f"/alarm/{await storstad.value('select alarm_id from alarms')}"


async def test_the_holder_has_themselves_connected(storstad: NightTown, olle: Browser) -> None:
    case = await _case(storstad)
    await storstad.execute('update plans set answers = \'{"phone_first": true, "phone_rings": 12}\'')
    assert BUTTON not in await olle.text(case), "not before it is taken"
    assert (await olle.post(f"{case}/connect", OWN)).status == 409
    await olle.post(f"{case}/claim")
    assert f"{BUTTON} (12 signaler)" in await olle.text(case)
    assert (await olle.post(f"{case}/connect", {"phone": "olle"})).status == 400
    assert (await olle.post(f"{case}/connect", OWN)).status == 303
    kept = "select phone || ' ' || channel || ' ' || wording || ' ' || (facts ->> 'case_no') from messages"
    number = await storstad.value("select case_no from alarms")
    assert await storstad.value(kept) == f"+4684650040 call voice_connect {number}".replace(
        "+4684650040", "+46846500401"
    )
    holder = "select connects_user = (select holder from alarms) from messages"
    assert await storstad.value(holder), "the call in the case is theirs to end"
    page = await olle.text(case)
    assert 'value="08-465 004 01"' in page, "the desk's number is remembered"
    assert await storstad.value("select count(*) from events where kind = 'in_call'") == 1


async def test_whoever_hears_no_phone_has_no_button(storstad: NightTown, olle: Browser) -> None:
    case = await _case(storstad)
    await storstad.execute('update plans set answers = \'{"phone_first": true, "phone_rings": 0}\'')
    await olle.post(f"{case}/claim")
    page = await olle.text(case)
    assert ("Hör inte telefonen: ring inte hem." in page, BUTTON in page, 'class="phone-first"' in page) == (
        True,
        False,
        False,
    )
    assert (await olle.post(f"{case}/connect", OWN)).status == 409
    assert await storstad.value("select count(*) from messages") == 0
