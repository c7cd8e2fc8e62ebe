"""The figures: tables of a span of nights without small counts, the town's own prices and kilometres, and who reads them."""

from datetime import date

from alarm_center.store.users import KeptUser, keep_user
from schemas.vocabulary import Role
from tests.support.night_town import PASSWORD_HASH, NightTown
from tests.support.site import Site
from tests.web.test_list_files import rows_of
from tests.web.test_past_nights import fallen
from tests.web.test_resident_page import words

NIGHT = date(2026, 11, 21)
SPAN = f"from={NIGHT}&to={NIGHT}"


async def seen(here: NightTown, nights: int) -> None:
    """Let each look of the night have been seen on as many nights before it."""
    await here.execute(
        """
        insert into checks (check_id, org, resident_id, night, slot_id, opens_at, closes_at, seconds, green_by, show, state, rechecks_left,
            retries_left, answer, seen_by, ended_at)
        select gen_random_uuid(), c.org, c.resident_id, c.night - n, c.slot_id, c.opens_at - n * interval '1 day',
            c.closes_at - n * interval '1 day', 10, 'detector', 'deviation', 'seen', 0, 0, 'in_bed', 'detector', c.opens_at - n * interval '1 day'
        from checks c, generate_series(1, $1) n where c.night = $2
        """,
        nights,
        NIGHT,
    )


async def test_figures_of_a_span_hide_small_counts(storstad: NightTown, pages: Site) -> None:
    await fallen(storstad, pages)
    await seen(storstad, 9)
    await storstad.execute("update organisations set visit_km = 11, visit_km_set = '2026-09'")
    petra = await pages.signed_in("petra")
    page = await words(petra, "/figures?from=2026-11-01&to=2026-11-20")
    assert "uppskattat: 90 besök × 11 km (kommunens eget tal, satt 2026-09)" in page
    assert "Larm: hur snabbt de besvarades Inget att räkna dessa nätter." in page
    head, line = await rows_of(petra, f"/figures.csv?figure=answered&{SPAN}")
    assert head[2:8] == ["Vad", "Inom 30 s", "30–60 s", "60–180 s", "Senare", "Alla"]
    assert line[2] == "Område 3, Kommunen" and "1" not in line[3:], "one alarm is nobody's business"
    assert (await petra.get(f"/figures.csv?figure=rubbish&{SPAN}")).status == 404
    assert "Nätterna 1 oktober 2026 till 31 oktober 2026" in await words(petra, "/figures?from=rubbish")


async def test_messages_cost_what_the_town_says(storstad: NightTown, pages: Site) -> None:
    await fallen(storstad, pages)
    await storstad.execute(
        """
        insert into messages (org, alarm_id, channel, wording, sender, phone, body, token, state, created_at, not_before, valid_until, sent_at)
        select m.org, m.alarm_id, m.channel, m.wording, m.sender, m.phone, m.body, m.token, 'sent', m.created_at, m.created_at, m.valid_until,
            m.created_at from messages m, generate_series(1, 100) where m.channel = 'sms'
        """
    )
    sent = await storstad.value("select count(*) from messages where sent_at is not null and channel = 'sms'")
    petra = await pages.signed_in("petra")
    head, *_ = await rows_of(petra, f"/figures.csv?figure=messages&{SPAN}")
    assert head[-1] == "Alla", "no price, no cost"
    await storstad.execute("update organisations set sms_price = 39, call_price = 65")
    head, *lines = await rows_of(petra, f"/figures.csv?figure=messages&{SPAN}")
    assert head[-1] == "Kostnad, kr" and lines[-1][-1] == f"{sent * 39 // 100},{sent * 39 % 100:02d}"


async def test_an_operator_reads_no_figures(storstad: NightTown, pages: Site) -> None:
    async with storstad.memory.transaction() as tx:
        await keep_user(tx, KeptUser("ada", "Ada Admin", PASSWORD_HASH, "storstad", [Role.ADMIN]))
    ada, olle = await pages.signed_in("ada"), await pages.signed_in("olle")
    assert "Astrid" not in await words(ada, f"/figures?{SPAN}")
    assert (await olle.get("/figures")).status == 403
