"""A resident who needs two carers: said with their name, wherever an operator decides whom to send."""

import pytest

from schemas.vocabulary import Answer, Reason
from tests.support.night_town import Town
from tests.support.site import Browser, Site

WORDS = {"sv": "Två personal", "en": "Two carers"}


async def olle_in(language: str, pages: Site) -> Browser:
    browser = await pages.signed_in()
    browser.client.session.cookie_jar.update_cookies({"fjt_language": language})
    return browser


async def needs_two(storstad: Town, number: int) -> None:
    await storstad.execute(
        """update plans set answers = '{"two_carers": true}' where resident_id = $1""", storstad.residents[number]
    )


@pytest.mark.parametrize("language", WORDS)
async def test_an_alarm_a_check_and_an_alarm_by_hand_say_it(storstad: Town, pages: Site, language: str) -> None:
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


async def test_an_area_where_everybody_needs_two_says_it_of_each(storstad: Town, pages: Site) -> None:
    await storstad.execute("""update areas set plan = '{"two_carers": true}'""")
    await storstad.finding(2, Answer.CANNOT_TELL, Reason.STILL)
    olle = await olle_in("sv", pages)
    assert WORDS["sv"] in await olle.text(f"/alarm/{await storstad.value('select alarm_id from alarms')}")
