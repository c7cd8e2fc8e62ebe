"""Review of the log over HTTP: an operator who peeks is seen, the auditor reads and signs, the resident gets their list."""

import csv
import io
import re
from datetime import timedelta
from uuid import UUID

from alarm_center.core.roles import Right
from alarm_center.preparation import look_sampling
from alarm_center.store import look_log
from alarm_center.store.look_log import LogFilter
from alarm_center.web.auth import COOKIE
from alarm_center.web.settings import WebSettings
from schemas.vocabulary import Answer, Reason, Role
from tests.support.logged_looks import look_at_checks
from tests.support.night_town import TWO, NightTown
from tests.support.site import Browser, Site, site
from tests.support.viewers import viewer_in

FRAMES = (b"\xff\xd8one\xff\xd9",)
WISH = {"reason": "relative", "priority": "2", "note": "Dottern hör henne inte"}


async def as_role(storstad: NightTown, pages: Site, role: Role) -> Browser:
    """Return the browser of a new person with *role*, signed in."""
    browser = pages.browser()
    viewer = await viewer_in(storstad.memory, "storstad", role=role)
    browser.client.session.cookie_jar.update_cookies({COOKIE: viewer.token}, pages.server.make_url("/"))
    return browser


async def peek(storstad: NightTown, raiser: Browser, number: int, looker: Browser | None = None) -> UUID:
    """Have *raiser* raise an alarm for a resident, and *looker*, or the same person, claim it and look live."""
    path = f"/raise/{storstad.residents[number]}"
    await raiser.get(path)
    page = await (await raiser.post(path, WISH)).text()
    once = re.findall(r'name="once" value="([^"]+)"', page)[0]
    await raiser.post(f"{path}/now", WISH | {"once": once})
    alarm: UUID = await storstad.value("select alarm_id from alarms where resident_id = $1", storstad.residents[number])
    await look_live(looker or raiser, alarm)
    return alarm


async def look_live(browser: Browser, alarm: UUID) -> None:
    await browser.get(f"/alarm/{alarm}")
    await browser.post(f"/alarm/{alarm}/claim")
    asked = await browser.post(f"/alarm/{alarm}/live", headers={"X-Fragment": "1"})
    assert (await browser.get(asked.headers["X-Live"])).status == 204


async def test_each_look_has_the_cause_that_allowed_it(storstad: NightTown, pages: Site) -> None:
    olle, siv = await as_role(storstad, pages, Role.OPERATOR), await as_role(storstad, pages, Role.OPERATOR)
    await olle.get("/")
    session = await storstad.finding(3, Answer.IN_BED, frames=FRAMES)
    assert (await olle.get(f"/picture/{session}/0")).status == 200
    fallen = await storstad.finding(2, Answer.SOMETHING_WRONG, Reason.ON_FLOOR, frames=FRAMES)
    alarm = await storstad.value("select alarm_id from alarms")
    await look_live(olle, alarm)
    assert (await olle.get(f"/picture/{fallen}/0")).status == 200
    await peek(storstad, olle, 4)
    await peek(storstad, olle, 5, looker=siv)
    auditor = await viewer_in(storstad.memory, "storstad", role=Role.AUDITOR, right=Right.REVIEW)
    async with storstad.web.transaction(auditor) as tx:
        lines = await look_log.read_log(tx, "storstad", LogFilter())
    assert sorted((line.resident_no, line.cause.value, line.due, line.roles) for line in lines) == [
        (2, "alarm", True, ("operator",)),
        (2, "live", True, ("operator",)),
        (3, "check", True, ("operator",)),
        (4, "own_alarm", False, ("operator",)),
        (5, "colleague_alarm", False, ("operator",)),
    ]


async def test_an_operator_who_peeks_is_seen_by_the_supervisor(storstad: NightTown, pages: Site) -> None:
    olle, sara = await as_role(storstad, pages, Role.OPERATOR), await as_role(storstad, pages, Role.SUPERVISOR)
    assert "Ingen har tittat den här månaden." in await sara.text("/looks")
    await peek(storstad, olle, 4)
    page = await sara.text("/looks")
    assert "1 av 1 tittar utan väntande tillsyn, 1 i egna larm" in page and "1 att granska" in page
    person = re.findall(r'href="(/looks/person/[^"]+)"', page)[0].replace("&amp;", "&")
    page = await sara.text(person)
    assert "Daga Persson" in page and "som personen själv skapade: Anhörig eller granne har ringt" in page
    assert "Dottern hör henne inte" not in page and "Storgatan" not in page
    look = re.findall(r'action="(/looks/reviewed/[^"]+)"', page)[0]
    assert (await sara.post(look, {"note": "Ringde dottern: stämmer."})).status == 303
    assert (await sara.post(look, {"note": "igen"})).status == 409
    page = await sara.text(person)
    assert "Ringde dottern: stämmer." in page and look not in page
    assert "alla granskade" in await sara.text("/looks")
    assert "Vem har tittat" in await sara.text("/")


async def test_a_supervisor_reviews_no_look_of_their_own(storstad: NightTown, pages: Site) -> None:
    sara = await as_role(storstad, pages, Role.SUPERVISOR)
    await peek(storstad, sara, 4)
    person = re.findall(r'href="(/looks/person/[^"]+)"', await sara.text("/looks"))[0].replace("&amp;", "&")
    assert "/looks/reviewed/" not in await sara.text(person)
    look = await storstad.value("select look_id from looks")
    assert (await sara.post(f"/looks/reviewed/{look}")).status == 409


async def test_the_auditor_reads_filters_and_exports_the_log(storstad: NightTown, pages: Site) -> None:
    olle, anna = await as_role(storstad, pages, Role.OPERATOR), await as_role(storstad, pages, Role.AUDITOR)
    await peek(storstad, olle, 4)
    who = [storstad.users["siv"]]
    await look_at_checks(
        storstad.memory, "storstad", who, begin=TWO - timedelta(days=9), apart=timedelta(hours=3), many=60
    )
    assert (await anna.get("/")).url.path == "/looks/log", "the auditor's first page"
    page = await anna.text("/looks/log")
    assert page.count('class="look-head"') == 50 and "Daga Persson" in page
    for hidden in ("Storgatan", "Nyckelgömma", "+4690123", "Dottern"):
        assert hidden not in page
    older = re.findall(r'href="([^"]+before=[^"]+)"', page)[0].replace("&amp;", "&")
    assert (await anna.text(older)).count('class="look-head"') == 11
    page = await anna.text("/looks/log?without=1&from=2026-11-22&until=2026-11-22&resident=4&shown=live")
    assert page.count('class="look-head"') == 1
    assert "Inget i loggen stämmer" in await anna.text("/looks/log?until=2026-11-01")
    for unreadable in ("person=x", "resident=-1", "resident=99999999999", "from=9999-99-99"):
        assert (await anna.get(f"/looks/log?{unreadable}")).status == 400, unreadable
    await storstad.execute("update residents set name = '=1+1' where number = 4")
    exported = await anna.post("/looks/log/export", {"shown": "live"})
    text = await exported.text()
    assert exported.content_type == "text/csv" and text.startswith("\ufeff")
    head, line = csv.reader(io.StringIO(text[1:]), delimiter=";")
    assert head[:4] == ["Började", "Slutade", "Sekunder", "Vem tittade"]
    assert "'=1+1" in line and "nej" in line, "no spreadsheet takes a name for a formula"
    page = await anna.text("/looks/readings")
    assert "exporterade loggen" in page and "läste loggen" in page
    lines = await storstad.value("select count(*) from events where kind = 'look_log_exported'")
    assert lines == 1


async def test_an_export_asks_for_a_second_factor_again(storstad: NightTown) -> None:
    async with site(storstad, settings=WebSettings(second_factor=True)) as strict:
        anna = await as_role(storstad, strict, Role.AUDITOR)
        await anna.text("/looks/log")
        asked = await anna.post("/looks/log/export")
        assert (asked.status, asked.headers["Location"]) == (303, "/account/confirm?next=/looks/log/export")
        assert (await anna.get("/looks/log/export")).url.path == "/looks/log", "where the confirmed one goes on"
    assert await storstad.value("select count(*) from events where kind = 'look_log_exported'") == 0


async def test_a_sample_is_judged_one_by_one_and_signed(storstad: NightTown, pages: Site) -> None:
    anna = await as_role(storstad, pages, Role.AUDITOR)
    assert "Inget stickprov än." in await anna.text("/looks/samples")
    who = [storstad.users["siv"], storstad.users["olle"]]
    await look_at_checks(storstad.memory, "storstad", who, begin=TWO, apart=timedelta(hours=1), many=3)
    await storstad.set_clock(TWO + timedelta(days=10))
    await look_sampling.draw_due_samples(storstad.memory)
    await storstad.set_clock(TWO + timedelta(days=24))
    anna = await as_role(storstad, pages, Role.AUDITOR)
    page = await anna.text("/looks/samples")
    assert "0 av 3 bedömda" in page and "försenat" in page
    sample = re.findall(r'href="(/looks/samples/[^"?]+)', page)[0]
    assert "Signera" not in await anna.text(sample)
    assert (await anna.post(f"{sample}/sign")).status == 409
    assert (await anna.post(f"{sample}/1", {"verdict": "fine"})).status == 400
    assert (await anna.post(f"{sample}/1", {"verdict": "wrong"})).status == 400, "what is wrong is said in words"
    for place, verdict in ((1, "in_duty"), (2, "unclear"), (3, "in_duty")):
        assert (await anna.post(f"{sample}/{place}", {"verdict": verdict, "note": "Frågar"})).status == 303
    sara = await as_role(storstad, pages, Role.SUPERVISOR)
    assert "Stickprovet för november 2026 är inte signerat." in await sara.text("/looks")
    assert "Signera november 2026" in await anna.text(sample)
    assert (await anna.post(f"{sample}/sign")).status == 303
    page = await anna.text("/looks/samples")
    assert "signerat" in page and "1 oklara, 0 fel." in page
    assert (await anna.post(f"{sample}/1", {"verdict": "in_duty"})).status == 409
    assert "inte signerat" not in await sara.text("/looks")


async def test_a_resident_is_told_who_looked_in_plain_words(storstad: NightTown, pages: Site) -> None:
    olle, petra = await as_role(storstad, pages, Role.OPERATOR), await as_role(storstad, pages, Role.COORDINATOR)
    session = await storstad.finding(3, Answer.IN_BED, frames=FRAMES)
    await olle.get("/")
    assert (await olle.get(f"/picture/{session}/0")).status == 200
    await storstad.set_clock(TWO + timedelta(seconds=52))
    await olle.post(f"/picture/{session}/end")
    assert (await petra.get("/")).url.path == "/todo", "the coordinator's first page"
    found = await (await petra.post("/looks/residents", {"asked": "cecilia"})).text()
    assert found.count('href="/looks/resident/') == 1
    path = f"/looks/resident/{storstad.residents[3]}"
    page = await petra.text(path)
    assert "Söndag 22 november kl 02:00 tittade Vem H. på dig i 12 sekunder, för tillsynen kl 02:00." in page
    assert (
        "Söndag 22 november kl 02:00 var kameran vaken i 10 sekunder. En dator tolkade bilden och sparade den inte."
        in page
    )
    handed = page.partition("<article")[2].partition("</article>")[0]
    assert "Helst" not in handed and "Storgatan" not in page
    assert "Ingen människa tittade på dig den här månaden." in await petra.text(f"{path}?month=2026-10")
    assert (await petra.get(f"{path}?month=2026-13")).status == 404
    assert (await petra.get("/looks/log")).status == 403
    assert (
        await storstad.value(
            "select count(*) from events where kind = 'look_list_shown' and resident_id = $1", storstad.residents[3]
        )
        == 2
    )


async def test_an_operator_reviews_nothing(storstad: NightTown, pages: Site) -> None:
    olle = await as_role(storstad, pages, Role.OPERATOR)
    for path in ("/looks", "/looks/log", "/looks/samples", "/looks/readings", "/looks/residents"):
        assert (await olle.get(path)).status == 403, path
    assert "Vem har tittat" not in await olle.text("/")
