"""A resident who wants to be called before anybody comes: said where it is decided, and to whoever goes there."""

import pytest

from schemas.vocabulary import Answer, Reason
from tests.support.night_town import NightTown
from tests.support.site import Browser, Site

JPEG = b"\xff\xd8\xff\xd9"
BOX, TAG, CALL = 'class="phone-first"', "Ring först", 'href="tel:+4690123002"'


async def wants_a_call(storstad: NightTown, number: int) -> None:
    await storstad.execute(
        """update plans set answers = '{"phone_first": true}' where resident_id = $1""", storstad.residents[number]
    )


async def test_the_operator_is_told_with_the_number_before_sending(storstad: NightTown, olle: Browser) -> None:
    await storstad.finding(2, Answer.CANNOT_TELL, Reason.STILL)
    alarm = await storstad.value("select alarm_id from alarms")
    before = await olle.text(f"/alarm/{alarm}")
    assert BOX not in before and TAG not in before
    await wants_a_call(storstad, 2)
    page = await olle.text(f"/alarm/{alarm}")
    assert BOX in page and page.count(CALL) == 2 and "Vill bli uppringd innan någon kommer." in page
    await olle.post(f"/alarm/{alarm}/claim")
    page = await olle.text(f"/alarm/{alarm}")
    assert f'class="button primary big" {CALL}' in page
    await olle.post(f"/alarm/{alarm}/call", {"on": "1"})
    page = await olle.text(f"/alarm/{alarm}")
    assert f'class="button" {CALL}' in page, "called: what is left to do is to send"
    await olle.post(f"/alarm/{alarm}/send")
    page = await olle.text(f"/alarm/{alarm}")
    assert BOX not in page and TAG in page


async def test_whoever_lies_on_the_floor_gets_a_patrol_and_no_call(storstad: NightTown, olle: Browser) -> None:
    await wants_a_call(storstad, 2)
    await storstad.finding(2, Answer.SOMETHING_WRONG, Reason.ON_FLOOR)
    page = await olle.text(f"/alarm/{await storstad.value('select alarm_id from alarms')}")
    assert BOX not in page and TAG in page


async def test_without_a_number_that_is_said(storstad: NightTown, olle: Browser) -> None:
    await wants_a_call(storstad, 2)
    await storstad.execute("update residents set phone = null")
    await storstad.finding(2, Answer.CANNOT_TELL, Reason.STILL)
    page = await olle.text(f"/alarm/{await storstad.value('select alarm_id from alarms')}")
    assert BOX in page and "Telefonnummer saknas." in page and "tel:" not in page


async def test_a_towns_wish_counts_and_stands_on_a_check_too(storstad: NightTown, olle: Browser) -> None:
    await storstad.execute("""update areas set plan = '{"phone_first": true}'""")
    await storstad.finding(3, Answer.IN_BED, frames=(JPEG,))
    assert TAG in await olle.text(f"/check/{await storstad.check_of(3)}")


@pytest.mark.parametrize("wanted", [True, False])
async def test_the_carer_sees_it_once_the_case_is_theirs(storstad: NightTown, pages: Site, wanted: bool) -> None:
    if wanted:
        await wants_a_call(storstad, 2)
    await storstad.finding(2, Answer.CANNOT_TELL, Reason.STILL)
    await storstad.step()
    link = "/u/" + str(await storstad.value("select token from notices order by asked_at limit 1"))
    patrol = pages.browser()
    assert TAG not in await patrol.text(link), "nobody's wishes before the case is theirs"
    await patrol.post(f"{link}/take", {"minutes": "20"})
    page = await patrol.text(link)
    assert (BOX in page) is wanted and page.count(CALL) == 1
    await patrol.post(f"{link}/say", {"word": "on_site"})
    assert BOX not in await patrol.text(link)
