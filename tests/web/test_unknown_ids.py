"""Ids that a page never gave out, in forms: 404, and nothing is written."""

from tests.support.night_town import NightTown
from tests.support.site import Browser, Site
from tests.web.test_picture import fallen


async def test_the_end_of_a_look_that_never_was_is_404(storstad: NightTown, pages: Site) -> None:
    session, alarm = await fallen(storstad)
    olle, siv = await pages.signed_in(), await pages.signed_in("siv")
    await olle.post(f"/alarm/{alarm}/claim")
    await olle.get(f"/picture/{session}/0")
    for path in ("/picture/no-such-session/end", "/picture/no-such-session/clear/end"):
        assert (await olle.post(path)).status == 404
    assert (await siv.post(f"/picture/{session}/end")).status == 404, "somebody else's look"
    assert await storstad.value("select bool_and(ended_at is null) from looks")
    for _ in range(2):
        assert (await olle.post(f"/picture/{session}/end")).status == 204, "a page may say it twice"


async def reply(storstad: NightTown, number: str, alarm: object = None) -> None:
    await storstad.execute(
        """
        insert into replies (provider, provider_id, org, phone, sender, body, received_at, meaning, alarm_id)
        values ('twilio', $1, 'storstad', '+46700000100', '+46701234500', 'Bilen står', clock.now(), 'free_text', $2)
        """,
        number,
        alarm,
    )


async def test_a_reply_that_is_not_there_is_not_read(storstad: NightTown, olle: Browser) -> None:
    await reply(storstad, "loose")
    for form in ({"provider": "twilio", "id": "none"}, {"provider": "none", "id": "loose"}, {}):
        assert (await olle.post("/reply/read", form)).status == 404
    assert await storstad.value("select seen_at from replies") is None
    for _ in range(2):
        assert (await olle.post("/reply/read", {"provider": "twilio", "id": "loose"})).status == 303


async def test_words_about_an_open_alarm_are_not_put_away(storstad: NightTown, olle: Browser) -> None:
    _, alarm = await fallen(storstad)
    await reply(storstad, "about", alarm)
    assert (await olle.post("/reply/read", {"provider": "twilio", "id": "about"})).status == 404
    assert await storstad.value("select seen_at from replies") is None
