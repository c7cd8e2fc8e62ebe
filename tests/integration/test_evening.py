"""The evening of a town: reserve lists, musters and reconciliation, each at its time by the town's own clock."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from alarm_center.core import reserve_list
from alarm_center.core.roles import Right
from alarm_center.preparation import muster, planning, reconciliation, reserve_lists
from alarm_center.store import discrepancies
from alarm_center.store.memory import Memory
from alarm_center.words.paper import WIDTH
from alarm_center.words.reserve_paper import reserve_text
from tests.support.postgres import Database
from tests.support.town import ATown, a_town, at_local, freeze, heard, move, rows, run, value
from tests.support.town_file import Table
from tests.support.viewers import viewer_in

NOON = datetime(2026, 11, 22, 11, 30, tzinfo=UTC)
"""Half past twelve of a Sunday in Sweden: the night's planning is done, nothing else."""
NIGHT = "2026-11-22"


@pytest.fixture
async def memory(database: Database) -> AsyncIterator[Memory]:
    memory = await Memory.open(database.worker)
    yield memory
    await memory.close()


async def codes(memory: Memory, org: str = "vik") -> list[str]:
    async with memory.transaction() as tx:
        return sorted(each.code for each in await discrepancies.open_ones(tx, org))


async def evening_comes(memory: Memory, town: ATown) -> None:
    """It is half past eight, and every device has been heard; the lists are made."""
    await freeze(memory, at_local(town.town, NIGHT, "20:30"))
    await heard(memory)
    await reserve_lists.make_reserve_lists(memory)


# ---- reserve lists ----


async def test_at_eight_each_area_gets_its_list_once(memory: Memory) -> None:
    town = await a_town(memory, residents=3, areas=("3", "4"), at=NOON)
    await freeze(memory, at_local(town.town, NIGHT, "20:00") - timedelta(seconds=1))
    assert await reserve_lists.make_reserve_lists(memory) == 0
    await move(memory, timedelta(seconds=1))
    assert await reserve_lists.make_reserve_lists(memory) == 2
    assert await reserve_lists.make_reserve_lists(memory) == 0
    lines = await rows(memory, "select data, area_id from events where kind = 'reserve_list_made' order by id")
    assert [line["area_id"] for line in lines] == [town.areas["3"], town.areas["4"]]
    assert lines[0]["data"] == {"night": NIGHT, "residents": 2, "times": 4, "again": False}


async def test_the_list_says_who_when_and_how_the_highest_risk_first(memory: Memory) -> None:
    change: dict[int, Table] = {
        1: {"risk": 3},
        2: {
            "risk": 1,
            "cohabitant": "Berit",
            "cohabitant_sleeps": "elsewhere",
            "cohabitant_consent": {"state": "given", "given_on": "2026-01-01"},
            "plan": {"two_carers": True, "phone_first": True},
            "slots": [{"time": "02:00", "window_minutes": 60}, {"time": "05:00", "by_visit": True}],
        },
    }
    town = await a_town(memory, residents=2, change=change, at=NOON)
    await freeze(memory, at_local(town.town, NIGHT, "20:00"))
    await reserve_lists.make_reserve_lists(memory)
    night = at_local(town.town, NIGHT, "20:00").date()
    made = await reserve_lists.fetch_reserve_list(memory, town.areas["3"], night)
    assert made is not None
    assert [entry.card.number for entry in made.people] == [2, 1]
    assert reserve_list.from_json(reserve_list.to_json(made)) == made
    assert reserve_text(made) == (
        "RESERVLISTA  Vik kommun  område 3\n"
        "Natten 2026-11-22 till 2026-11-23. Gjord 20:00. 2 personer, 4 tider.\n"
        "Används när larmcentralen, nätet eller larmen inte fungerar. Kör då varje tid\n"
        "på listan.\n"
        "Innehåller sekretessbelagda uppgifter. Förstörs efter natten.\n"
        "\n"
        "EFTER TID\n"
        "[ ] 22:30         tillsyn  risk låg     1 Person 1, Gatan 1\n"
        "[ ] 02:00-03:00   tillsyn  risk hög     2 Person 2, Gatan 2\n"
        "[ ] 02:00         tillsyn  risk låg     1 Person 1, Gatan 1\n"
        "[ ] 05:00         besök    risk hög     2 Person 2, Gatan 2\n"
        "\n"
        "PERSONER, HÖGST RISK FÖRST\n"
        "2 Person 2 (risk hög, bor med Berit, ensam i rummet)\n"
        "    Gatan 2\n"
        "    In: Nyckel 2\n"
        "    Tider: 02:00-03:00, 05:00\n"
        "    Obs: Två personal. Ring först.\n"
        "1 Person 1 (risk låg)\n"
        "    Gatan 1\n"
        "    In: Nyckel 1\n"
        "    Tider: 22:30, 02:00\n"
        "\n"
        "I TJÄNST\n"
        "Patrull 3        patrull  21:30-07:00  +46701740603\n"
        "Ledning          ledning  21:00-07:30  +46701740699\n"
        "Om ingen svarar: +4684650040\n"
    )


async def test_no_line_is_wider_than_the_paper(memory: Memory) -> None:
    change = {1: {"name": "N" * 60, "address": "Långa vägen " * 9, "notes": "Ring på. " * 40}}
    town = await a_town(memory, residents=1, change=change, at=NOON)
    made = await reserve_lists.make_reserve_list(memory, town.areas["3"], NOON.date(), actor="test")
    assert made is not None
    assert max(map(len, reserve_text(made).splitlines())) <= WIDTH


async def test_a_reserve_list_made_again_shows_what_is_done(memory: Memory) -> None:
    town = await a_town(memory, residents=1, at=NOON)
    await freeze(memory, at_local(town.town, NIGHT, "20:00"))
    await reserve_lists.make_reserve_lists(memory)
    await reserve_lists.fetch_reserve_list(memory, town.areas["3"], NOON.date(), fetched_by="natt-pc")
    assert await value(memory, "select fetched_by from reserve_lists") == "natt-pc"
    await run(
        memory,
        "update checks set state = 'seen', answer = 'in_bed', seen_by = 'detector', next_step_at = null, ended_at = clock.now()"
        " where opens_at = $1",
        at_local(town.town, NIGHT, "22:30"),
    )
    assert await reserve_lists.make_reserve_list(memory, town.areas["3"], NOON.date(), actor="anna") is None
    made = await reserve_lists.make_reserve_list(memory, town.areas["3"], NOON.date(), actor="anna", again=True)
    assert made is not None
    assert "[x] 22:30         klar" in reserve_text(made)
    assert await value(memory, "select fetched_at from reserve_lists") is None


async def test_another_towns_list_cannot_be_fetched(memory: Memory, database: Database) -> None:
    town = await a_town(memory, residents=1, at=NOON)
    await reserve_lists.make_reserve_list(memory, town.areas["3"], NOON.date(), actor="test")
    web = await Memory.open(database.web)
    try:
        assert (
            await reserve_lists.fetch_reserve_list(
                web, town.areas["3"], NOON.date(), viewer=await viewer_in(memory, "vik", right=Right.PAPERS)
            )
            is not None
        )
        assert (
            await reserve_lists.fetch_reserve_list(
                web, town.areas["3"], NOON.date(), viewer=await viewer_in(memory, "berg", right=Right.PAPERS)
            )
            is None
        )
        with pytest.raises(LookupError):
            await reserve_lists.make_reserve_list(
                web, town.areas["3"], NOON.date(), actor="x", again=True, viewer=await viewer_in(memory, "berg")
            )
    finally:
        await web.close()


@pytest.mark.parametrize(
    ("night", "utc", "lines"),
    [
        # In the autumn half past two comes twice, and the first one is meant; in the spring it does not come at all.
        ("2026-10-24", datetime(2026, 10, 24, 18, 0, tzinfo=UTC), ["[ ] 02:30 ", "[ ] 02:45-02:15 (andra)"]),
        ("2027-03-27", datetime(2027, 3, 27, 19, 0, tzinfo=UTC), ["[ ] 03:00 ", "[ ] 03:00-03:30"]),
    ],
)
async def test_reserve_lists_are_right_on_both_clock_change_nights(
    memory: Memory, night: str, utc: datetime, lines: list[str]
) -> None:
    slots = [{"time": "02:30"}, {"time": "02:45", "window_minutes": 30}]
    town = await a_town(memory, residents=1, change={1: {"slots": slots}}, at=utc - timedelta(hours=6))
    await freeze(memory, utc - timedelta(seconds=1))
    assert await reserve_lists.make_reserve_lists(memory) == 0
    await freeze(memory, utc)
    assert await reserve_lists.make_reserve_lists(memory) == 1
    made = await reserve_lists.fetch_reserve_list(memory, town.areas["3"], datetime.fromisoformat(night).date())
    assert made is not None
    said = [line for line in reserve_text(made).splitlines() if line.startswith("[ ]")]
    assert [line.startswith(start) for line, start in zip(said, lines, strict=True)] == [True, True], said


# ---- reconciliation ----


async def test_a_town_in_order_has_nothing_to_tell(memory: Memory) -> None:
    town = await a_town(memory, residents=3, areas=("3", "4"), at=NOON)
    await evening_comes(memory, town)
    assert await reconciliation.reconcile_town(memory, "vik") == {}
    assert await value(memory, "select count(*) from alarms") == 0


async def test_it_is_due_at_three_and_at_half_past_eight_once_each(memory: Memory) -> None:
    town = await a_town(memory, residents=1, at=NOON)
    done = []
    for clock in ("14:59", "15:00", "15:01", "20:29", "20:30", "20:31", "03:00"):
        await freeze(memory, at_local(town.town, NIGHT, clock))
        await heard(memory)
        done.append(await reconciliation.reconcile_due_towns(memory))
    assert done == [0, 1, 0, 0, 1, 0, 0]


async def test_a_round_that_lasts_past_its_hour_is_not_the_next(
    memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that is brought in at 20:29:59 is reconciled until after half past, and the evening's own round comes too."""
    town = await a_town(memory, residents=1, at=NOON)
    await freeze(memory, at_local(town.town, NIGHT, "20:30") - timedelta(seconds=1))
    plan = planning.plan_town

    async def slowly(memory: Memory, org: str) -> object:
        done = await plan(memory, org)
        await move(memory, timedelta(seconds=3))
        return done

    with monkeypatch.context() as changed:
        changed.setattr(planning, "plan_town", slowly)
        await reconciliation.reconcile_town(memory, "vik", actor="import")
    assert [await reconciliation.reconcile_due_towns(memory) for _ in range(2)] == [1, 0]


async def test_an_evening_that_was_missed_is_made_up_for_at_the_return(memory: Memory) -> None:
    town = await a_town(memory, residents=1, at=NOON)
    await freeze(memory, at_local(town.town, NIGHT, "23:10"))
    assert await reserve_lists.make_reserve_lists(memory) == 1
    assert await reconciliation.reconcile_due_towns(memory) == 1


FINDS = [
    ("decision_missing", "delete from decisions"),
    ("decision_ended", "update decisions set ends_on = '2026-11-20'"),
    ("decision_ending", "update decisions set ends_on = '2026-12-06'"),
    ("trial_ending", "update decisions set trial_ends_on = '2026-12-01'"),
    ("trial_ended", "update decisions set trial_ends_on = '2026-11-01'"),
    ("follow_up_passed", "update decisions set follow_up_on = '2026-11-21'"),
    ("decision_without_times", "update slots set valid_until = '2026-11-22'"),
    ("consent_missing", "delete from consents"),
    (
        "consent_withdrawn",
        "update consents set state = 'revoked', revoked_at = clock.now(), revoked_instead = 'nothing'",
    ),
    ("capacity_in_doubt", "update consents set capacity = 'in_doubt'"),
    ("second_talk_missing", "update consents set given_how = 'spoken'"),
    ("automatic_not_agreed", "update consents set automatic = null"),
    (
        "legal_position_review_passed",
        "insert into legal_positions values ('vik', 'rs', 'Protokoll 7', 'Nämnden', '2025-01-01', '2026-01-01')",
    ),
    ("signed_by_nobody", "update plans set signed_by = 'Ingen'"),
    ("room_not_known", "update devices set profile = profile - 'signature'"),
    ("device_missing", "update devices set resident_id = null"),
    (
        "mounting_stopped",
        "with taken as (update devices set resident_id = null returning org) insert into mountings"
        " (org, area_id, resident_id, due_on, given_by, given_at, step, stopped_for, ended_at) select org, area_id, resident_id,"
        " '2026-11-20', 'p', clock.now(), 'stopped', 'said_no', clock.now() from residents",
    ),
    (
        "mounting_missed",
        "insert into mountings (org, area_id, resident_id, due_on, given_by, given_at) select org, area_id, resident_id,"
        " '2026-11-20', 'p', clock.now() from residents",
    ),
    ("device_without_consent", "delete from consents"),
    ("device_without_decision", "delete from decisions"),
    ("device_left_behind", "update residents set died_at = clock.now()"),
    (
        "supervision_to_end",
        "with gone as (update residents set died_at = clock.now() returning org, area_id, resident_id)"
        " insert into deaths (org, area_id, resident_id, registered_by, registered_at, confirmed_by, confirmed_at)"
        " select org, area_id, resident_id, 'a', clock.now(), 'b', clock.now() from gone",
    ),
    ("device_silent", "update devices set last_heard_at = clock.now() - interval '25 h'"),
    ("judge_at_home_down", "update devices set judge = 'home', judge_ok = false, link = 'up'"),
    ("device_faulty", "update devices set camera_ok = false"),
    (
        "camera_perhaps_unwanted",
        "with two as (select check_id, row_number() over (order by opens_at)::int as n from checks limit 2)"
        " update checks c set state = 'alarmed', reason = 'moved', next_step_at = null, ended_at = clock.now(),"
        " night = date '2026-11-22' - (two.n - 1) from two where c.check_id = two.check_id",
    ),
    (
        "camera_covered",
        "with two as (select check_id, row_number() over (order by opens_at)::int as n from checks limit 2)"
        " update checks c set state = 'alarmed', reason = 'covered', next_step_at = null, ended_at = clock.now(),"
        " night = date '2026-11-22' - (two.n - 1) from two where c.check_id = two.check_id",
    ),
    ("config_unconfirmed", "update devices set behind_since = clock.now() - interval '11 minutes'"),
    ("slot_without_check", "delete from checks"),
    ("check_without_slot", "update slots set valid_until = '2026-11-22'"),
    ("carer_without_shift", "delete from shifts where role = 'lead'"),
    ("carer_untested", "update carers set test_asked_at = clock.now() - interval '3 hours'"),
    (
        "ombudsmen_lacking",
        "insert into ombudsmen (org, area_id, carer_id, from_day, until_day)"
        " select org, area_id, carer_id, '2026-01-01', '2026-06-30' from carers join areas using (org) limit 1",
    ),
    (
        "ombudsman_ending",
        "insert into ombudsmen (org, area_id, carer_id, from_day, until_day)"
        " select org, area_id, carer_id, '2026-01-01', '2026-12-20' from carers join areas using (org) limit 2",
    ),
    ("area_uncovered", "delete from shifts where role = 'patrol'"),
    (
        "nobody_behind_the_patrols",
        "with none as (update organisations set fixed_number = null) delete from shifts where role = 'lead'",
    ),
    ("rota_ending", "delete from shifts where starts_at > clock.now() + interval '6 days'"),
    ("reserve_list_missing", "delete from reserve_lists"),
]


async def test_a_rota_that_ends_is_told_a_week_ahead_each_day(memory: Memory) -> None:
    """Rows are laid 62 nights ahead, and here nothing lays the next."""
    town = await a_town(memory, residents=1, at=NOON)
    told = []
    for days in (54, 55, 56, 57):
        await freeze(memory, NOON + timedelta(days=days))
        counts = await reconciliation.reconcile_town(memory, "vik")
        told.append(counts.get("rota_ending", 0))
    assert told == [0, 1, 1, 1]
    lines = await rows(
        memory,
        "select data->'days' as days, area_id from events where kind = 'discrepancy_found' and data->>'code' = 'rota_ending' order by id",
    )
    assert [(line["days"], line["area_id"]) for line in lines] == [(left, town.areas["3"]) for left in (6, 5, 4)]


@pytest.mark.parametrize(("code", "wrong"), FINDS, ids=[code for code, _ in FINDS])
async def test_it_finds(memory: Memory, code: str, wrong: str) -> None:
    town = await a_town(memory, residents=1, at=NOON)
    await evening_comes(memory, town)
    if code == "slot_without_check":
        # What is still to come, planning makes again; this one has passed.
        await freeze(memory, at_local(town.town, NIGHT, "22:40"))
        await planning.plan_town(memory, "vik")
        await run(memory, "delete from attempts")
    await run(memory, wrong)
    assert code in await reconciliation.reconcile_town(memory, "vik")
    assert code in await codes(memory)
    line = await value(memory, "select data from events where kind = 'discrepancy_found' and data->>'code' = $1", code)
    assert line is not None


async def test_a_mended_discrepancy_is_resolved_and_others_told_once(memory: Memory) -> None:
    town = await a_town(memory, residents=2, at=NOON)
    await evening_comes(memory, town)
    await run(memory, "update decisions set follow_up_on = '2026-11-01'")
    await reconciliation.reconcile_town(memory, "vik")
    await move(memory, timedelta(minutes=1))
    await run(memory, "update decisions set follow_up_on = null where resident_id = $1", town.residents[1])
    await reconciliation.reconcile_town(memory, "vik")
    assert await codes(memory) == ["follow_up_passed"]
    kinds = await rows(memory, "select kind, resident_id from events where kind like 'discrepancy%' order by id")
    assert [line["kind"] for line in kinds] == ["discrepancy_found", "discrepancy_found", "discrepancy_resolved"]
    assert kinds[-1]["resident_id"] == town.residents[1]
    counted = await rows(memory, "select data from events where kind = 'reconciled' order by id")
    assert [(c["data"]["found"], c["data"]["new"], c["data"]["resolved"]) for c in counted] == [(2, 2, 0), (1, 0, 1)]


async def test_a_time_that_planning_fails_at_becomes_a_visit(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(*_: object) -> int:
        raise ValueError("a resident who cannot be planned")

    town = await a_town(memory, residents=1, at=NOON)
    await evening_comes(memory, town)
    await run(memory, "delete from attempts")
    await run(memory, "delete from checks")
    monkeypatch.setattr(planning, "_plan_together", fail)
    for _ in range(2):
        await reconciliation.reconcile_town(memory, "vik")
        await move(memory, timedelta(minutes=1))
    checks = await rows(
        memory, "select opens_at, state, cancel_reason, instead, agreed_by from checks order by opens_at"
    )
    assert [c["opens_at"] for c in checks] == [at_local(town.town, NIGHT, "22:30"), at_local(town.town, NIGHT, "02:00")]
    assert {(c["state"], c["cancel_reason"], c["instead"], c["agreed_by"]) for c in checks} == {
        ("cancelled", "replanned", "visit", "reconciliation")
    }
    visits = await rows(memory, "select visit, arrive_by from alarms order by opened_at, arrive_by")
    assert [(v["visit"], v["arrive_by"]) for v in visits] == [(True, c["opens_at"]) for c in checks]


async def test_the_afternoon_mends_only_what_the_evening_could_not(
    memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> int:
        raise ValueError("a resident who cannot be planned")

    town = await a_town(memory, residents=1, times=("21:00", "02:00"), at=NOON)
    await freeze(memory, at_local(town.town, NIGHT, "15:00"))
    await run(memory, "delete from attempts")
    await run(memory, "delete from checks")
    monkeypatch.setattr(planning, "_plan_together", fail)
    await reconciliation.reconcile_town(memory, "vik")
    assert await rows(memory, "select opens_at from checks") == [{"opens_at": at_local(town.town, NIGHT, "21:00")}]


async def test_a_check_is_moved_to_the_residents_own_device(memory: Memory) -> None:
    town = await a_town(memory, residents=2, at=NOON)
    await evening_comes(memory, town)
    # Resident 1's checks were left with resident 2's camera, and resident 2's camera was taken away.
    await run(memory, "update checks set device_id = $2 where resident_id = $1", town.residents[1], town.device(2))
    await run(memory, "update devices set resident_id = null where device_id = $1", town.device(2))
    await reconciliation.reconcile_town(memory, "vik")
    ours = await rows(memory, "select distinct device_id from checks where resident_id = $1", town.residents[1])
    assert ours == [{"device_id": town.device(1)}]
    listed = await value(
        memory, "select jsonb_array_length(config->'attempts') from devices where device_id = $1", town.device(1)
    )
    assert listed == 4
    due = await rows(
        memory,
        "select opens_at - next_step_at as ahead from checks where resident_id = $1 and night = '2026-11-22' order by opens_at",
        town.residents[2],
    )
    assert [d["ahead"] for d in due] == [timedelta(hours=1), timedelta(hours=1)]


async def test_where_consent_is_missing_the_patrol_visits(memory: Memory) -> None:
    town = await a_town(memory, residents=1, at=NOON)
    await freeze(memory, at_local(town.town, NIGHT, "15:00"))
    await run(memory, "delete from consents")
    for _ in range(2):
        await evening_comes(memory, town)
        await reconciliation.reconcile_town(memory, "vik")
    alarms = await rows(memory, "select visit, resident_id, arrive_by from alarms order by arrive_by limit 2")
    assert [(a["visit"], a["resident_id"], a["arrive_by"]) for a in alarms] == [
        (True, town.residents[1], at_local(town.town, NIGHT, clock)) for clock in ("22:30", "02:00")
    ]
    assert await value(memory, "select count(*) from checks where state = 'planned'") == 0
    assert await value(memory, "select endangers from discrepancies where code = 'consent_missing'")


async def test_a_slot_that_lost_its_check_is_planned_again(memory: Memory) -> None:
    town = await a_town(memory, residents=1, at=NOON)
    await evening_comes(memory, town)
    await run(memory, "delete from attempts")
    await run(memory, "delete from checks")
    await reconciliation.reconcile_town(memory, "vik")
    opens = await rows(
        memory, "select opens_at from checks where state = 'planned' and night = '2026-11-22' order by opens_at"
    )
    assert [o["opens_at"] for o in opens] == [at_local(town.town, NIGHT, "22:30"), at_local(town.town, NIGHT, "02:00")]


async def test_one_towns_disorder_is_not_anothers(memory: Memory) -> None:
    await a_town(memory, org="vik", residents=1, at=NOON)
    town = await a_town(memory, org="berg", residents=1)
    await evening_comes(memory, town)
    await run(memory, "update decisions set follow_up_on = '2026-11-01' where org = 'berg'")
    assert await reconciliation.reconcile_due_towns(memory) == 2
    assert (await codes(memory, "vik"), await codes(memory, "berg")) == ([], ["follow_up_passed"])


# ---- muster ----


async def sms(memory: Memory) -> list[tuple[str, str]]:
    return [
        (r["phone"], r["body"])
        for r in await rows(memory, "select phone, body from messages order by created_at, phone")
    ]


async def test_each_phone_is_asked_once_when_its_shift_begins(memory: Memory) -> None:
    town = await a_town(memory, residents=1, at=NOON)
    await freeze(memory, at_local(town.town, NIGHT, "20:59"))
    assert await muster.muster_shifts(memory) == 0
    await freeze(memory, at_local(town.town, NIGHT, "21:30"))
    assert await muster.muster_shifts(memory) == 2
    assert await muster.muster_shifts(memory) == 0
    ask = "Svara 1 om du har telefonen i natt, 2 om någon annan ska ha larmen."
    assert sorted(await sms(memory)) == [
        (town.phone("3"), f"Nattpass omr 3, 21:30-07:00. {ask}"),
        (town.lead_phone, f"Nattpass omr 3, 21:00-07:30. {ask}"),
    ]


async def test_silence_for_fifteen_minutes_is_told_to_the_lead_once(memory: Memory) -> None:
    town = await a_town(memory, residents=1, at=NOON)
    await freeze(memory, at_local(town.town, NIGHT, "21:30"))
    await muster.muster_shifts(memory)
    await run(memory, "update shifts set mustered = true where role = 'lead'")
    await run(memory, "delete from messages")
    await move(memory, timedelta(minutes=14))
    assert await muster.muster_shifts(memory) == 0
    await move(memory, timedelta(minutes=1))
    assert await muster.muster_shifts(memory) == 1
    assert await muster.muster_shifts(memory) == 0
    (phone, body), *more = await sms(memory)
    assert (phone, more) == (town.lead_phone, [])
    assert body.startswith("Nattpasset omr 3 (Patrull 3) från 21:30 är inte bekräftat.")
    line = await value(memory, "select data from events where kind = 'muster_unanswered'")
    assert (line["said"], line["covered"], line["told"]) == ("nothing", False, 1)


async def test_a_no_is_told_at_once_and_a_yes_never(memory: Memory) -> None:
    town = await a_town(memory, residents=1, areas=("3", "4"), at=NOON)
    await freeze(memory, at_local(town.town, NIGHT, "21:30"))
    await muster.muster_shifts(memory)
    await run(memory, "update shifts set mustered = area_id = $1 or role = 'lead'", town.areas["3"])
    await move(memory, timedelta(minutes=1))
    assert await muster.muster_shifts(memory) == 1
    lines = await rows(memory, "select area_id, data->>'said' as said from events where kind = 'muster_unanswered'")
    assert lines == [{"area_id": town.areas["4"], "said": "no"}]
