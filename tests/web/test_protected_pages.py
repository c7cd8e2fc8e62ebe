"""Protected identity on the pages of those without the right: no name in queue, night and lists; the case shows it to its holder."""

import re
from datetime import timedelta

from schemas.vocabulary import Answer, Reason
from tests.support.night_town import TWO, NightTown
from tests.support.site import Browser, Site

SECRETS = ("Bertil", "Storgatan 2 B", "Nyckelgömma", "+4690123002")


async def named(browser: Browser, path: str) -> list[str]:
    """Return what a page says of the second resident."""
    page = await browser.text(path)
    return [secret for secret in SECRETS if secret in page]


async def test_the_queue_and_the_night_name_nobody(storstad: NightTown, pages: Site, olle: Browser) -> None:
    await storstad.execute("update residents set protected = true where number in (2, 3)")
    await storstad.finding(2, Answer.SOMETHING_WRONG, Reason.ON_FLOOR)
    await storstad.finding(3, Answer.IN_BED, frames=(b"\xff\xd8\xff\xd9",))
    for path in ("/", "/fragments/queue", "/fragments/night"):
        page = await olle.text(path)
        assert "Bertil" not in page and "Cecilia" not in page and re.search("Skyddade uppgifter|Skyddad, nr", page), (
            path
        )
        assert "Astrid Lund" in page or path == "/fragments/queue", "the others are named"
    storgatan = await olle.text(f"/check/{await storstad.check_of(3)}")
    assert "Cecilia Norén" in storgatan, "who looks at a check has it"


async def test_a_case_names_them_to_its_holder(storstad: NightTown, pages: Site, olle: Browser) -> None:
    await storstad.execute("update residents set protected = true where number = 2")
    await storstad.finding(2, Answer.SOMETHING_WRONG, Reason.ON_FLOOR)
    alarm = await storstad.value("select alarm_id from alarms where not visit")
    path, siv = f"/alarm/{alarm}", await pages.signed_in("siv")
    assert await named(olle, path) == [] and "visas för den som har ärendet" in await olle.text(path)
    await olle.post(f"{path}/claim")
    assert await named(olle, path) == list(SECRETS) and "Bertil" in await olle.text("/fragments/queue")
    assert await named(siv, path) == [] and "Bertil" not in await siv.text("/fragments/queue")
    await storstad.execute("update memberships set roles = '{supervisor}' where user_id = $1", storstad.users["siv"])
    assert await named(await pages.signed_in("siv"), path) == list(SECRETS), "a supervisor has the right"


async def test_pauses_and_deaths_name_them_by_right(storstad: NightTown, pages: Site) -> None:
    await storstad.execute("update residents set protected = true where number in (2, 4)")
    await storstad.set_clock(TWO + timedelta(hours=13, minutes=5))
    await storstad.execute(
        """
        insert into pauses (org, resident_id, reason, from_at, to_at, said_by, instead)
        values ('storstad', $1, 'pause_away', $2::timestamptz - interval '9 hours', $2::timestamptz + interval '1 hour', 'staff', 'nothing')
        """,
        storstad.residents[2], TWO + timedelta(hours=13),
    )  # fmt: skip
    await storstad.execute(
        """
        insert into deaths (org, area_id, resident_id, registered_by, registered_at)
        select org, area_id, resident_id, 'p', $2 from residents where resident_id = $1
        """,
        storstad.residents[4], TWO,
    )  # fmt: skip
    olle, petra = await pages.signed_in("olle"), await pages.signed_in("petra")
    page = await olle.text("/pause")
    assert page.count("<b>Skyddade uppgifter</b>") == 2 and "Bertil" not in page and "Daga" not in page
    page = await petra.text("/pause")
    assert "Bertil Ek" in page and "Daga Persson" in page


async def test_the_log_of_looks_masks_them(storstad: NightTown, pages: Site, olle: Browser) -> None:
    await storstad.execute("update residents set protected = true where number = 3")
    await storstad.finding(3, Answer.IN_BED, frames=(b"\xff\xd8\xff\xd9",))
    check = await storstad.check_of(3)
    await storstad.execute(
        "insert into looks (org, check_id, resident_id, user_id, kind, began_at) values ('storstad', $1, $2, $3, 'session', clock.now())",
        check, storstad.residents[3], storstad.users["olle"],
    )  # fmt: skip
    await storstad.execute("update memberships set roles = '{auditor}' where user_id = $1", storstad.users["siv"])
    resident = storstad.residents[3]
    rut, petra = await pages.signed_in("siv"), await pages.signed_in("petra")
    log = await rut.text("/looks/log")
    assert "Skyddade uppgifter" in log and "nr 3" in log and "Cecilia" not in log
    for path in (f"/looks/resident/{resident}", f"/looks/resident/{resident}/letter", "/looks/readings"):
        page = await rut.text(path)
        assert "Skyddade uppgifter" in page and "Cecilia" not in page, path
        assert path == "/looks/readings" or "Cecilia Norén" in await petra.text(path), path
