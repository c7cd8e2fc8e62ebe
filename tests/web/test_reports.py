"""The morning report: counts by area and performer, suggestions, the file for the care record, and who reads which."""

from datetime import date, timedelta

from alarm_center.store.users import KeptUser, keep_user
from schemas.vocabulary import Answer, Role
from tests.support.night_town import PASSWORD_HASH, TWO, NightTown
from tests.support.site import Site
from tests.web.test_list_files import rows_of
from tests.web.test_past_nights import fallen
from tests.web.test_resident_page import words

NIGHT = date(2026, 11, 21)


async def test_a_morning_report_counts_the_night(storstad: NightTown, pages: Site) -> None:
    await storstad.finding(2, Answer.IN_BED)
    await fallen(storstad, pages)
    petra = await pages.signed_in("petra")
    page = await words(petra, f"/report?night={NIGHT}")
    assert "Natten lör 21 nov. till sön 22 nov." in page
    assert "3 Kommunen 10 1 1 0 8 – 1 1 av 1 1 av 1 0" in page
    assert await words(petra, "/report?night=rubbish") == await words(petra, "/report")
    assert "Ingen tillsyn, inget larm och inget besök den natten." in await words(petra, "/report?night=2026-01-01")
    head, *lines = await rows_of(petra, f"/report.csv?night={NIGHT}")
    assert head[:5] == ["Kommun", "Område", "Utförare", "Nr", "Namn"] and len(lines) == 10
    (fall,) = [line for line in lines if line[7]]
    told = "02:00 Tillsyn: något är fel: person syns på golvet, larm 4801, fick hjälp upp"
    assert fall == ["Storstad", "3", "Kommunen", "1", "Astrid Lund", str(NIGHT), told, "4801", "02:03", "02:04"]


async def test_a_bed_that_is_often_empty_is_told(storstad: NightTown, pages: Site) -> None:
    await storstad.execute(
        """
        with past as (
            insert into checks (check_id, org, resident_id, night, slot_id, opens_at, closes_at, seconds, green_by, show, state, rechecks_left,
                retries_left, answer, seen_by, ended_at)
            select gen_random_uuid(), c.org, c.resident_id, c.night - n, c.slot_id, c.opens_at - n * interval '1 day',
                c.closes_at - n * interval '1 day', 10, 'detector', 'deviation', 'seen', 0, 0, 'in_bed', 'detector', c.opens_at - n * interval '1 day'
            from checks c, generate_series(1, 13) n where c.check_id = $1 returning check_id, org, night, opens_at, closes_at
        )
        insert into attempts (check_id, number, org, cause, opens_at, closes_at, seconds, state, answer)
        select check_id, 1, org, 'slot', opens_at, closes_at, 10, 'answered', case when night > $2::date - 7 then 'not_seen' else 'in_bed' end from past
        """,
        await storstad.check_of(1), NIGHT,
    )  # fmt: skip
    petra = await pages.signed_in("petra")
    told = "Astrid Lund: tom säng 02:00 på 6 av 13 nätter."
    assert told in await words(petra, f"/report?night={NIGHT}")
    await storstad.execute("update slots set valid_until = $1 where local_time = '02:00'", NIGHT + timedelta(days=1))
    assert told not in await words(petra, f"/report?night={NIGHT}"), "that time is over"


async def test_an_admin_reads_counts_and_no_name(storstad: NightTown, pages: Site) -> None:
    async with storstad.memory.transaction() as tx:
        await keep_user(tx, KeptUser("ada", "Ada Admin", PASSWORD_HASH, "storstad", [Role.ADMIN]))
    ada = await pages.signed_in("ada")
    page = await words(ada, f"/report?night={NIGHT}")
    assert "3 Kommunen 10" in page and "Att fundera på" not in page and "Astrid" not in page
    assert (await ada.get("/report.csv")).status == 403
    olle = await pages.signed_in("olle")
    assert (await olle.get("/report")).status == 403


async def test_a_performer_reads_of_its_own(storstad: NightTown, pages: Site) -> None:
    await storstad.extend(performers=[{"code": "alfa", "name": "Alfa Omsorg"}])
    await storstad.execute("update residents set performer = 'alfa' where number <= 2")
    petra = await pages.signed_in("petra")
    both = await words(petra, f"/report?night={NIGHT}")
    assert "3 Kommunen 6" in both and "3 Alfa Omsorg 4" in both and "Alla 10" in both
    await storstad.execute("update memberships set performers = '{alfa}' where user_id = $1", storstad.users["petra"])
    petra = await pages.signed_in("petra")
    own = await words(petra, f"/report?night={NIGHT}")
    assert "3 Alfa Omsorg 4" in own and "Kommunen" not in own
    assert len(await rows_of(petra, f"/report.csv?night={NIGHT}")) == 5


async def test_this_mornings_night_is_shown(storstad: NightTown, pages: Site) -> None:
    petra = await pages.signed_in("petra")
    assert "Allt är inte klart än." in await words(petra, f"/report?night={NIGHT}")
    assert "Natten fre 20 nov. till lör 21 nov." in await words(petra, "/report"), "before five"
    for hours in (3, 20):
        await storstad.set_clock(TWO + timedelta(hours=hours))
        petra = await pages.signed_in("petra")
        assert "Natten lör 21 nov. till sön 22 nov." in await words(petra, "/report")
