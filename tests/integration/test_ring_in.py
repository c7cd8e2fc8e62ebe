"""A carer without data calls the town's number, gives their code, and hears the address and the door of the case that is theirs."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from fjarrtillsyn.embedded.twilio_api import Item, TwilioApi
from tests.support.postgres import Database
from tests.support.sms_centre import FIRST, LEAD, NUMBER, SECOND, SECOND_NUMBER, SmsCentre, sms_centre

CODES = {FIRST: "44170", SECOND: "44171", LEAD: "44172"}
PRIVATE = "+46700000077"
"""A phone that is no carer's."""


@pytest.fixture
async def centre(database: Database) -> AsyncIterator[SmsCentre]:
    async with sms_centre(database) as running:
        for phone, code in CODES.items():
            await running.rows("update carers set code = $2 where phone = $1 returning 1", phone, code)
        await running.rows(
            "update residents set port_code = '1379', access = 'Nyckel 114', marks = '{dog,threat}', second_way = 'altanen' returning 1"
        )
        yield running


async def taken(centre: SmsCentre, resident: int = 0) -> int:
    """Let the first patrol take an alarm; return its number."""
    alarm = await centre.alarm(1, resident)
    await centre.first.receives("Larm … PRIO 1").and_replies(f"1 {alarm.case_no}")
    await centre.first.receives("är ditt")
    return alarm.case_no


async def calls_in(api: TwilioApi, phone: str, number: str) -> tuple[Item, str]:
    """Let *phone* call *number*, whose webhook is ours; return the call, and the TwiML that is read."""
    call = Item(f"CA{uuid4().hex}", number, phone, None, {}, status="ringing")
    form = {"CallSid": call.sid, "CallStatus": "ringing", "Direction": "inbound", "From": phone, "To": number}
    status, twiml = await api.post(f"{api.hooks}/hooks/twilio/call", form)
    assert status == 200, f"the webhook answered {status}"
    return call, twiml


async def says(centre: SmsCentre, caller: str, *codes: str, number: str = NUMBER) -> str:
    """Call, and give codes one after the other; return what was heard last."""
    call, twiml = await calls_in(centre.api, caller, number)
    for code in codes:
        twiml = await centre.api.press(call, twiml, code)
    return twiml


@pytest.mark.parametrize("caller", [FIRST, PRIVATE, "anonymous"])
async def test_a_carer_hears_address_and_door_of_their_own_case(centre: SmsCentre, caller: str) -> None:
    await taken(centre)
    call, twiml = await calls_in(centre.api, caller, NUMBER)
    assert "Ange din personliga kod, fem siffror." in twiml
    heard = await centre.api.press(call, twiml, CODES[FIRST])
    case = "Larm 4 8 0 1. Gatan 1. Tänk på: hot mot personal, hund. Dörren: portkod 1 3 7 9, Nyckel 114. Annan väg in: altanen."
    assert case in heard
    assert (heard.count("Gatan 1."), "Namn" in heard) == (3, False)
    assert await centre.api.press(call, twiml, CODES[FIRST]) == heard, "Twilio brings it again"
    lines = await centre.rows("select actor, alarm_id from events where kind = 'address_heard'")
    notices = await centre.rows("select notice_id::text as actor, alarm_id from notices where state = 'took'")
    assert lines == notices, "a disclosure, once"
    kept = "select 1 from replies where body like '%44170%' or provider_id like '%44170%'"
    assert await centre.rows(kept) == [], "nobody reads a code in a table"


async def test_nobody_elses_case_is_said(centre: SmsCentre) -> None:
    await taken(centre)
    assert "Du har inget taget larm just nu." in await says(centre, PRIVATE, CODES[SECOND])
    await centre.rows("update carers set ends_on = current_date - 3 where phone = $1 returning 1", SECOND)
    assert "Koden stämmer inte. Ange" in await says(centre, PRIVATE, CODES[SECOND])
    assert await centre.rows("select 1 from events where kind = 'address_heard'") == []


async def test_what_is_only_asked_or_over_is_not_said(centre: SmsCentre) -> None:
    alarm = await centre.alarm(1)
    await centre.first.receives("Larm … PRIO 1")
    assert "Du har inget taget larm" in await says(centre, FIRST, CODES[FIRST])
    for word, answer in (("1", "är ditt"), ("3", "framme, noterat"), ("4", "klar, noterat")):
        await centre.first.writes(f"{word} {alarm.case_no}")
        await centre.first.receives(answer)
    assert "Du har inget taget larm" in await says(centre, FIRST, CODES[FIRST])


async def test_the_second_number_is_the_towns_too(centre: SmsCentre) -> None:
    await taken(centre)
    assert "Gatan 1." in await says(centre, PRIVATE, CODES[FIRST], number=SECOND_NUMBER)
    assert "Numret används inte" in await says(centre, PRIVATE, number="+46700000999")


async def test_whoever_said_their_code_at_the_muster_hears_it(centre: SmsCentre) -> None:
    """The second in the car calls from a phone of their own."""
    await taken(centre)
    await centre.rows(
        """
        insert into shift_people (shift_id, carer_id, org, said_at)
        select s.shift_id, other.carer_id, s.org, clock.now() from shifts s join carers c using (carer_id), carers other
        where c.phone = $1 and other.phone = $2 returning 1
        """,
        FIRST, SECOND,
    )  # fmt: skip
    assert "Gatan 1." in await says(centre, PRIVATE, CODES[SECOND])


async def test_three_wrong_codes_end_it_and_the_lead_is_told(centre: SmsCentre) -> None:
    await taken(centre)
    heard = await says(centre, PRIVATE, "11111", "22222", "33333")
    assert ("Ingen adress lämnas ut. Nattledaren får veta det." in heard, "Gather" in heard) == (True, False)
    await centre.lead.receives("Någon har ringt och angett fel kod tre gånger. Ingen adress är utlämnad.")
    assert "Gatan 1." in await says(centre, "anonymous", CODES[FIRST]), "one who misses the keys shuts nobody else out"
    await says(centre, PRIVATE, "11111", "22222", "33333", number=SECOND_NUMBER)
    await centre.lead.receives("Någon har ringt och angett fel kod tre gånger.")
    assert "Ingen adress lämnas ut" in await says(centre, "+46700000078"), "of all strangers together, to any number"
    assert "Gatan" in await says(centre, FIRST, CODES[FIRST]), "a carer's own phone is counted by itself"
    assert await centre.rows("select 1 from replies where phone in ($1, '+46700000078')", PRIVATE) == []
    await centre.move_clock(3601)
    assert "Gatan 1." in await says(centre, PRIVATE, CODES[FIRST])


async def test_wrong_codes_of_a_known_phone_name_it_to_the_lead(centre: SmsCentre) -> None:
    await taken(centre)
    for code, number in (("11111", NUMBER), ("", SECOND_NUMBER), ("33", NUMBER)):
        await says(centre, FIRST, code, number=number)
    await centre.lead.receives("Någon har ringt från 070-000 00 01 och angett fel kod tre gånger.")
    for number in (NUMBER, SECOND_NUMBER):
        assert "Ingen adress lämnas ut" in await says(centre, FIRST, number=number)
    assert "Gatan 1." in await says(centre, PRIVATE, CODES[FIRST])


async def test_a_phone_takes_the_codes_of_its_people(centre: SmsCentre) -> None:
    """Any code of the town would do for a guess: a phone that is known has few."""
    assert "Koden stämmer inte." in await says(centre, FIRST, CODES[SECOND])
    await centre.rows(
        "insert into shift_people (shift_id, carer_id, org, said_at) select s.shift_id, other.carer_id, s.org, clock.now()"
        " from shifts s join carers c using (carer_id), carers other where c.phone = $1 and other.phone = $2 returning 1",
        FIRST, SECOND,
    )  # fmt: skip
    assert "Du har inget taget larm" in await says(centre, FIRST, CODES[SECOND])


async def test_a_lost_phone_is_a_strangers(centre: SmsCentre) -> None:
    await taken(centre)
    await centre.rows(
        "insert into lost_phones (org, phone, lost_at, said_by) select org, $1, clock.now(), 'test' from organisations returning 1",
        FIRST,
    )
    assert "Du har inget taget larm" in await says(centre, FIRST, CODES[SECOND])


async def test_46elks_plays_the_address_of_the_case(centre: SmsCentre) -> None:
    await taken(centre)
    call, action = await centre.elks.calls_in(PRIVATE, SECOND_NUMBER)
    assert "Ange din personliga kod" in (await centre.elks.hear(action))[1].decode()
    wrong = await centre.elks.press(call, action, "11111")
    assert "Koden stämmer inte." in (await centre.elks.hear(wrong))[1].decode()
    assert await centre.elks.press(call, wrong, "failed") == '{"hangup": "reject"}'
    played = await centre.elks.press(call, wrong, CODES[FIRST])
    assert "Gatan 1. Tänk på: hot" in (await centre.elks.hear(played))[1].decode()
    assert len(await centre.rows("select 1 from events where kind = 'address_heard'")) == 1
    await centre.move_clock(601)
    assert (await centre.elks.hear(played))[0] == 404, "the sound of an address is not kept to be fetched again"
