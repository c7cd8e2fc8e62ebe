"""A resident who needs two carers: said with their name, wherever an operator decides whom to send."""

from datetime import timedelta

import pytest

from schemas.vocabulary import Answer, Reason
from tests.support.night_town import TWO, NightTown
from tests.support.site import Browser, Site

WORDS = {"sv": "Två personal", "en": "Two carers"}


async def olle_in(language: str, pages: Site) -> Browser:
    browser = await pages.signed_in()
    browser.client.session.cookie_jar.update_cookies({"fjt_language": language})
    return browser


async def needs_two(storstad: NightTown, number: int) -> None:
    await storstad.execute(
        """update plans set answers = '{"two_carers": true}' where resident_id = $1""", storstad.residents[number]
    )


@pytest.mark.parametrize("language", WORDS)
async def test_an_alarm_a_check_and_an_alarm_by_hand_say_it(storstad: NightTown, pages: Site, language: str) -> None:
    await storstad.finding(2, Answer.CANNOT_TELL, Reason.STILL)
    await storstad.finding(3, Answer.IN_BED)
    olle, said = await olle_in(language, pages), WORDS[language]
    paths = {
        2: (f"/alarm/{await storstad.value('select alarm_id from alarms')}", f"/raise/{storstad.residents[2]}"),
        3: (f"/check/{await storstad.check_of(3)}",),
    }
    for number, shown in paths.items():
        for path in shown:
            assert said not in await olle.text(path), path
        await needs_two(storstad, number)
        for path in shown:
            assert (await olle.text(path)).count(said) == 1, path


async def test_an_area_where_everybody_needs_two_says_it_of_each(storstad: NightTown, pages: Site) -> None:
    await storstad.execute("""update areas set plan = '{"two_carers": true}'""")
    await storstad.finding(2, Answer.CANNOT_TELL, Reason.STILL)
    olle = await olle_in("sv", pages)
    assert WORDS["sv"] in await olle.text(f"/alarm/{await storstad.value('select alarm_id from alarms')}")


async def test_each_of_the_two_sees_who_the_other_is(storstad: NightTown, pages: Site) -> None:
    await needs_two(storstad, 2)
    await storstad.finding(2, Answer.SOMETHING_WRONG, Reason.ON_FLOOR)
    await storstad.step()  # nobody is signed in: a patrol is asked at once
    await storstad.set_clock(TWO + timedelta(minutes=4))
    await storstad.step()  # and the other after three minutes
    asked = "select token from notices where patrol = $1 order by asked_at limit 1"
    first, second = ["/u/" + await storstad.value(asked, patrol) for patrol in ("Patrull 1", "Patrull 2")]
    one, other = pages.browser(), pages.browser()
    assert "har tagit det" not in await other.text(second)

    assert "Tar du det?" in await one.text(first)
    await one.post(f"{first}/take", {"minutes": "20"})
    alone = await one.text(first)
    assert WORDS["sv"] in alone and "En till tillfrågas." in alone
    assert "Patrull 1 har tagit det. En till behövs." in await other.text(second)

    await other.post(f"{second}/take", {"minutes": "20"})
    assert "Patrull 2 har också tagit det." in await one.text(first)
    assert "Patrull 1 har också tagit det." in await other.text(second)

    await other.post(f"{second}/decline")
    assert "En till tillfrågas." in await one.text(first), "one who has said no again is not on the way"
