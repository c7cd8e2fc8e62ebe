"""A look now, from a resident's name: a reason, a case of one's own, a row in the log, and a supervisor who sees it counted."""

import re

from tests.support.night_town import PASSWORD_HASH, NightTown
from tests.support.site import Browser, Site


async def _asked(browser: Browser, path: str, **fields: str) -> str:
    """Ask for the look of the page *path*; return where the answer leads."""
    once = re.findall(r'name="once" value="([^"]+)"', await browser.text(path))[0]
    answer = await browser.post(path, {"reason": "relative", "note": "", "once": once} | fields)
    assert answer.status == 303, await answer.text()
    return str(answer.headers["Location"])


async def test_a_look_from_a_name_is_a_case_of_ones_own(storstad: NightTown, pages: Site, olle: Browser) -> None:
    path = f"/look/{storstad.residents[1]}"
    assert path in await olle.text("/raise")
    once = re.findall(r'name="once" value="([^"]+)"', await olle.text(path))[0]
    goal = await _asked(olle, path, once=once)
    alarm, command = re.fullmatch(r"/alarm/([0-9a-f-]+)#live=([0-9a-f-]+)", goal).groups()  # type: ignore[union-attr]
    assert (await _asked(olle, path, once=once)).startswith(f"/alarm/{alarm}"), "sent twice, it is one case"
    assert await storstad.value("select count(*) from alarms") == 1
    assert (await olle.get(f"/live/{command}")).status == 204
    own = "select g.user_id = l.user_id from looks l join raisings g using (alarm_id) where l.kind = 'live'"
    assert await storstad.value(own), "a look in an alarm of one's own, as the review counts it"
    page = await olle.text(f"/alarm/{alarm}")
    assert "Ingen har tittat än. Se direkt." in page and "Se direkt (10 s)" in page and "/again" not in page
    siv = await pages.signed_in("siv")
    await _asked(siv, path)
    assert await storstad.value("select count(*) from raisings") == 2, "the second reason joins the case"
    strangers = "select count(*) from commands c join users u on u.user_id::text = c.asked_by where u.login <> 'olle'"
    assert await storstad.value(strangers) == 0


async def test_a_look_needs_a_reason_a_camera_and_a_yes(storstad: NightTown, olle: Browser) -> None:
    path = f"/look/{storstad.residents[1]}"
    refused = await olle.post(path, {"reason": "", "once": "5b0f8f5e-6a3c-4f0e-9f0a-3d5a3f1c2b4d"})
    assert refused.status == 400
    await storstad.execute("update devices set resident_id = null where device_id = 'cam1'")
    assert "Det finns ingen kamera hos personen." in await olle.text(path)
    await olle.post(path, {"reason": "called", "once": "5b0f8f5e-6a3c-4f0e-9f0a-3d5a3f1c2b4d"})
    assert await storstad.value("select count(*) from alarms") == 0


async def test_who_sits_at_no_board_is_led_to_the_alarm(storstad: NightTown, pages: Site) -> None:
    user = {"login": "lena", "name": "Lena", "roles": ["lead"], "password_hash": PASSWORD_HASH}
    await storstad.extend(users=[user])
    lead = await pages.signed_in("lena")
    answer = await lead.get(f"/look/{storstad.residents[1]}", follow=False)
    assert answer.status == 303 and answer.headers["Location"] == f"/raise/{storstad.residents[1]}"
