"""Importing a town's file: what it changes, that twice is once, and that no check is lost by it."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from alarm_center.preparation import planning
from alarm_center.store.memory import Memory
from alarm_center.town import reader
from alarm_center.town.apply import FILE, apply
from alarm_center.town.bring_in import bring_in, foresee
from alarm_center.town.problems import TownErrors
from alarm_center.town.town_import import ImportedChange
from alarm_center.words import town_words
from alarm_center.words.town_words import sentence
from schemas.vocabulary import ConsentState, ImportAction
from tests.support.postgres import Database

EXAMPLE = (Path(__file__).parents[2] / "docs" / "town.example.toml").read_text(encoding="utf-8")
EVENING = datetime(2026, 11, 22, 19, 0, tzinfo=UTC)
"""20:00 in Sweden, on a Sunday."""
TONIGHT = date(2026, 11, 22)


@pytest.fixture
async def memory(database: Database) -> AsyncIterator[Memory]:
    """The worker's memory, its clock standing at EVENING."""
    opened = await Memory.open(database.worker, size=4)
    async with opened.transaction() as tx:
        await tx.execute("select clock.freeze($1)", EVENING)
    yield opened
    await opened.close()


async def imported(
    memory: Memory, text: str = EXAMPLE, at: datetime = EVENING, *, dry_run: bool = False
) -> list[ImportedChange]:
    town = reader.read_town(text)
    await ask(memory, "select clock.freeze($1)", at)
    if dry_run:
        return (await foresee(memory, town, FILE)).changes
    return await bring_in(memory, town, FILE)


async def ask(memory: Memory, question: str, *values: Any) -> list[tuple[Any, ...]]:
    async with memory.transaction() as tx:
        return [tuple(row) for row in await tx.fetch(question, *values)]


async def slots(memory: Memory, number: int = 1) -> list[tuple[Any, ...]]:
    """Return the resident's slots that were ever owed: time, from, until."""
    return await ask(
        memory,
        """
        select to_char(local_time, 'HH24:MI'), valid_from, valid_until from slots join residents using (resident_id)
        where number = $1 and valid_until is distinct from valid_from order by local_time, valid_from
        """,
        number,
    )


async def checks(memory: Memory, number: int = 1) -> list[tuple[Any, ...]]:
    """Return the resident's checks: night, time, state."""
    return await ask(
        memory,
        """
        select night, to_char(s.local_time, 'HH24:MI'), c.state
        from checks c join slots s using (slot_id) join residents r on r.resident_id = c.resident_id
        where number = $1 order by c.opens_at, c.state
        """,
        number,
    )


def lines(changes: list[ImportedChange], what: str) -> list[tuple[str, ImportAction]]:
    return [(change.name, change.action) for change in changes if change.what == what]


async def test_a_new_town_is_brought_in_whole(memory: Memory) -> None:
    changes = await imported(memory)
    assert {change.action for change in changes} == {ImportAction.ADDED}
    assert lines(changes, "resident") == [
        ("1", ImportAction.ADDED),
        ("2", ImportAction.ADDED),
        ("3", ImportAction.ADDED),
    ]
    assert await ask(memory, "select org, sending_number, plan->>'recheck_minutes' from organisations") == [
        ("vik", "+46701740605", "15")
    ]
    assert await ask(memory, "select code from areas order by code") == [("3",), ("4",)]
    assert await ask(memory, "select device_id, number from devices join residents using (resident_id) order by 1") == [
        ("vik-d1", 1), ("vik-d2", 2), ("vik-d3", 3),
    ]  # fmt: skip
    assert await ask(memory, "select who, state from consents join residents using (resident_id) order by number, who") == [
        ("resident", "given"), ("cohabitant", "given"), ("resident", "given"), ("resident", "limited"),
    ]  # fmt: skip
    assert await ask(memory, "select cohabitant_sleeps from residents order by number") == [
        (None,), ("same_bed",), (None,),
    ]  # fmt: skip
    assert await slots(memory) == [("02:00", TONIGHT, None), ("22:30", TONIGHT, None)]
    assert await ask(memory, "select green_by, signed_by is not null from plans join residents using (resident_id) order by number") == [
        ("detector", True), ("operator", False), ("operator", False),
    ]  # fmt: skip


PERFORMER = re.compile(r"\[\[performers\]\].*?\n\n", re.S)
BERTIL = re.compile(r"\[\[residents\]\]\nnumber = 2\n.*?(?=# ---- sensors)", re.S)


async def performers(memory: Memory) -> list[tuple[Any, ...]]:
    """Return each resident's performer."""
    return await ask(memory, "select number, performer from residents order by number")


def without_bertil(text: str) -> str:
    """Return the file without its resident number 2."""
    return BERTIL.sub("", text)


async def test_a_resident_has_the_performer_of_the_file(memory: Memory) -> None:
    await imported(memory)
    assert await performers(memory) == [(1, None), (2, "alfa"), (3, None)]
    own_care = EXAMPLE.replace('performer = "alfa"', "")
    assert [(one.name, one.detail) for one in await imported(memory, own_care)] == [("2", "performer")]
    assert await performers(memory) == [(1, None), (2, None), (3, None)]


async def test_a_file_without_performers_leaves_each_residents(memory: Memory) -> None:
    await imported(memory)
    silent = PERFORMER.sub("", EXAMPLE).replace('performers = ["alfa"]', "").replace('performer = "alfa"', "")
    assert [one.detail for one in await imported(memory, silent)] == ["performers"], "the lead is for all of them now"
    assert await performers(memory) == [(1, None), (2, "alfa"), (3, None)]


async def test_a_performer_that_residents_have_is_not_lost(memory: Memory) -> None:
    await imported(memory)
    other = EXAMPLE.replace('code = "alfa"', 'code = "beta"').replace('performers = ["alfa"]', 'performers = ["beta"]')
    before = await ask(memory, "select count(*) from events")
    line = EXAMPLE.splitlines().index("[[performers]]")
    with pytest.raises(TownErrors, match=rf"rad {line + 1}: performers: alfa saknas, och brukare har den \(2\)"):
        await imported(memory, without_bertil(other))
    assert await ask(memory, "select count(*) from events") == before
    moved = other.replace('performer = "alfa"', 'performer = "beta"')
    assert lines(await imported(memory, moved), "performer") == [
        ("beta", ImportAction.ADDED), ("alfa", ImportAction.LEFT),
    ]  # fmt: skip


async def test_how_pictures_are_first_shown_is_the_towns_choice(memory: Memory) -> None:
    first_view = "select first_view from organisations"
    await imported(memory)
    assert await ask(memory, first_view) == [("blurred",)]
    without = EXAMPLE.replace('first_view = "blurred"', "")
    assert without != EXAMPLE
    assert [(change.what, change.detail) for change in await imported(memory, without)] == [
        ("organisation", "first_view")
    ]
    assert await ask(memory, first_view) == [("clear",)], "clear where the file says nothing"
    with pytest.raises(TownErrors, match="first_view"):
        await imported(memory, EXAMPLE.replace('first_view = "blurred"', 'first_view = "hidden"'))


async def test_a_second_time_changes_nothing(memory: Memory) -> None:
    await imported(memory)
    await planning.plan_all_towns(memory)
    events = await ask(memory, "select count(*) from events")
    assert await imported(memory) == []
    assert await imported(memory, at=EVENING + timedelta(hours=8)) == []
    assert await ask(memory, "select count(*) from events") == events


async def test_a_dry_run_tells_the_same_and_changes_nothing(memory: Memory) -> None:
    told = await imported(memory, dry_run=True)
    assert await ask(memory, "select org from organisations") == []
    assert await ask(memory, "select id from events") == []
    assert told == await imported(memory)


async def test_a_plan_of_checks_is_made_of_what_was_imported(memory: Memory) -> None:
    await imported(memory)
    assert await planning.plan_all_towns(memory) > 0
    assert [(time, state) for night, time, state in await checks(memory) if night == TONIGHT] == [
        ("22:30", "planned"),
        ("02:00", "planned"),
    ]
    config = await ask(memory, "select jsonb_array_length(config->'attempts') from devices where device_id = 'vik-d1'")
    assert config[0][0] >= 2


async def test_no_personal_data_is_in_the_timeline(memory: Memory) -> None:
    await imported(memory)
    told = str(await ask(memory, "select kind, data::text, actor, device_id from events"))
    for secret in ("Astrid", "Storgatan", "4670174", "Patrull", "2026-0117", "toaletten"):
        assert secret not in told
    assert "slot_imported" in told


async def test_a_changed_slot_ends_and_another_begins_the_same_night(memory: Memory) -> None:
    await imported(memory)
    await planning.plan_all_towns(memory)
    changes = await imported(memory, EXAMPLE.replace('time = "22:30"', 'time = "23:30"'))
    assert lines(changes, "slot") == [("1 22:30", ImportAction.ENDED), ("1 23:30", ImportAction.ADDED)]
    assert await slots(memory) == [("02:00", TONIGHT, None), ("23:30", TONIGHT, None)]
    await planning.plan_all_towns(memory)
    tonight = [(time, state) for night, time, state in await checks(memory) if night == TONIGHT]
    assert tonight == [("22:30", "cancelled"), ("23:30", "planned"), ("02:00", "planned")]
    assert await ask(memory, "select distinct cancel_reason, instead, agreed_by from checks where state = 'cancelled'") == [
        ("replanned", "nothing", "import")
    ]  # fmt: skip


async def test_a_slot_moved_to_before_now_changes_from_the_next_night(memory: Memory) -> None:
    """At 23:00 a check of 02:00 moved to 22:00 would be owed by nobody that night."""
    late = EVENING + timedelta(hours=3)
    await imported(memory)
    await planning.plan_all_towns(memory)
    moved = EXAMPLE.replace('time = "02:00"', 'time = "21:00"')
    await imported(memory, moved, late)
    tomorrow = TONIGHT + timedelta(days=1)
    assert await slots(memory) == [("02:00", TONIGHT, tomorrow), ("21:00", tomorrow, None), ("22:30", TONIGHT, None)]
    await planning.plan_all_towns(memory)
    owed = [(night, time) for night, time, state in await checks(memory) if state == "planned"]
    assert (TONIGHT, "02:00") in owed and (tomorrow, "21:00") in owed and (tomorrow, "02:00") not in owed
    assert await imported(memory, moved, late) == []
    assert await imported(memory, moved, late + timedelta(hours=12)) == []


async def test_a_slot_put_back_the_same_night_owes_each_night_once(memory: Memory) -> None:
    late = EVENING + timedelta(hours=3)
    moved = EXAMPLE.replace('time = "02:00"', 'time = "21:00"')
    await imported(memory)
    await imported(memory, moved, late)
    await imported(memory, EXAMPLE, late)
    tomorrow = TONIGHT + timedelta(days=1)
    assert await slots(memory) == [("02:00", TONIGHT, tomorrow), ("02:00", tomorrow, None), ("22:30", TONIGHT, None)]
    assert await imported(memory, EXAMPLE, late) == []
    assert lines(await imported(memory, EXAMPLE, late + timedelta(days=1)), "slot") == []


async def test_a_check_that_has_begun_is_not_cancelled(memory: Memory) -> None:
    await imported(memory)
    await planning.plan_all_towns(memory)
    await ask(
        memory, "update checks set state = 'open' where opens_at = (select min(opens_at) from checks) returning 1"
    )
    await imported(memory, EXAMPLE.replace('[[residents.slots]]\ntime = "22:30"\n', ""))
    assert await slots(memory) == [("02:00", TONIGHT, None), ("22:30", TONIGHT, TONIGHT + timedelta(days=1))]
    assert (TONIGHT, "22:30", "open") in await checks(memory)


async def test_a_slot_may_end_and_begin_on_nights_of_the_file(memory: Memory) -> None:
    await imported(memory)
    planned = EXAMPLE.replace(
        'time = "22:30"',
        'time = "22:30"\nuntil_night = 2026-12-01\n[[residents.slots]]\ntime = "23:00"\nfrom_night = 2026-12-01',
    )
    changes = await imported(memory, planned)
    assert len(lines(changes, "slot")) == 2
    first = date(2026, 12, 1)
    assert await slots(memory) == [("02:00", TONIGHT, None), ("22:30", TONIGHT, first), ("23:00", first, None)]
    assert await imported(memory, planned) == []
    assert lines(await imported(memory, planned, datetime(2026, 12, 5, 19, tzinfo=UTC)), "slot") == []


async def test_a_town_imported_at_night_owes_what_is_still_to_come(memory: Memory) -> None:
    await imported(memory, at=EVENING + timedelta(hours=4))
    assert await slots(memory) == [("02:00", TONIGHT, None), ("22:30", TONIGHT + timedelta(days=1), None)]


async def test_a_narrower_consent_ends_what_it_allows_no_longer(memory: Memory) -> None:
    """First the pictures are nobody's to see; then the camera may not look, and sensors take its checks."""
    await imported(memory)
    await planning.plan_all_towns(memory)
    await ask(
        memory,
        """
        insert into commands (command_id, org, device_id, kind, case_id, check_id, attempt, seconds, show, asked_by,
            created_at, opens_at, expires_at)
        select gen_random_uuid(), org, device_id, 'attempt', check_id, check_id, 1, 10, 'always', 'test', clock.now(),
            clock.now(), clock.now() + interval '1 min'
        from checks where device_id = 'vik-d1' limit 1 returning 1
        """,
    )
    made_by = "select distinct c.device_id, c.state from checks c join residents using (resident_id) where number = 1"
    given = 'state = "given" # or "limited", "revoked"'
    unseen = EXAMPLE.replace(given, 'state = "limited"\nallows = ["camera"]')
    assert lines(await imported(memory, unseen), "consent") == [("1 resident", ImportAction.CHANGED)]
    assert await ask(memory, "select ended is not null from commands") == [(True,)]
    assert await ask(memory, made_by) == [("vik-d1", "planned")]
    sensors = EXAMPLE.replace(given, 'state = "limited"\nallows = ["sensors"]').replace(
        'id = "vik-d1"', 'id = "vik-s1"\nkind = "sensors"\n\n[[residents.devices]]\nid = "vik-d1"'
    )
    await imported(memory, sensors)
    assert await ask(memory, made_by) == [("vik-s1", "planned")]
    assert await ask(memory, "select config->'withdrawn' from devices where device_id = 'vik-d1'") == [(True,)]


async def test_a_camera_beside_sensors_ends_with_its_own_consent(memory: Memory) -> None:
    """The sensors go on; a look that the camera is making or told to make does not, and a visit comes in its stead."""
    both = EXAMPLE.replace('id = "vik-d1"', 'id = "vik-s1"\nkind = "sensors"\n\n[[residents.devices]]\nid = "vik-d1"')
    await imported(memory, both)
    await planning.plan_all_towns(memory)
    await ask(
        memory,
        """
        with begun as (
            update checks set state = 'open' where check_id = (
                select check_id from checks where device_id = 'vik-d1' order by opens_at limit 1)
            returning check_id
        )
        insert into commands (command_id, org, device_id, kind, case_id, check_id, attempt, seconds, show, asked_by,
            created_at, opens_at, expires_at)
        select gen_random_uuid(), 'vik', device_id, 'attempt', check_id, check_id, 1, 10, 'always', device_id, clock.now(),
            clock.now(), clock.now() + interval '1 min'
        from begun cross join unnest(array['vik-d1', 'vik-s1']) as device_id returning 1
        """,
    )
    given = 'state = "given" # or "limited", "revoked"'
    await imported(memory, both.replace(given, 'state = "limited"\nallows = ["sensors"]'))
    ended = "select device_id, ended from commands order by device_id"
    assert await ask(memory, ended) == [("vik-d1", "refused"), ("vik-s1", None)]
    camera = "select distinct state, instead from checks where device_id = 'vik-d1'"
    assert await ask(memory, camera) == [("cancelled", "visit")]


async def test_checks_that_no_device_may_make_become_visits(memory: Memory) -> None:
    """The reader refuses such a file; what applies it leaves nobody without, all the same."""
    await imported(memory)
    await planning.plan_all_towns(memory)
    town = reader.read_town(EXAMPLE)
    assert town.residents is not None and town.residents[0].consent is not None
    consent = town.residents[0].consent.model_copy(update={"state": ConsentState.LIMITED})
    homes = (town.residents[0].model_copy(update={"consent": consent}), *town.residents[1:])
    async with memory.transaction() as tx:
        await apply(tx, town.model_copy(update={"residents": homes}), EVENING)
    found = await ask(
        memory, "select distinct state, instead from checks join residents using (resident_id) where number = 1"
    )
    assert found == [("cancelled", "visit")]


async def test_an_old_file_does_not_give_a_revoked_consent_back(memory: Memory) -> None:
    await imported(memory)
    await planning.plan_all_towns(memory)
    revoked = EXAMPLE.replace(
        'state = "given" # or "limited", "revoked"\ngiven_on = 2026-09-15',
        'state = "revoked"\ninstead = "nothing"\ngiven_on = 2026-09-15',
    )
    assert ("1 resident", ImportAction.ENDED) in lines(await imported(memory, revoked), "consent")
    assert {state for _, _, state in await checks(memory)} == {"cancelled"}
    config = await ask(
        memory, "select config->'attempts', config->'profile'->'zones' from devices where device_id = 'vik-d1'"
    )
    assert config == [([], [])]
    assert await imported(memory, revoked) == []
    changes = await imported(memory)
    assert [(change.name, change.action) for change in changes] == [("1 resident", ImportAction.LEFT)]
    again = EXAMPLE.replace("given_on = 2026-09-15", "given_on = 2026-11-25").replace("second_talk_on = 2026-09-19", "")
    changes = await imported(memory, again, EVENING + timedelta(days=3))
    assert lines(changes, "consent") == [("1 resident", ImportAction.ADDED)]


async def test_a_config_says_a_head_end_only_where_the_town_does(memory: Memory) -> None:
    """A replica of the release before reads no config with a field that it does not know."""
    await imported(memory)
    zones = await ask(memory, "select config -> 'profile' -> 'zones' from devices order by device_id limit 2")
    heads = [[zone.get("head", "unsaid") for zone in of_device] for (of_device,) in zones]
    assert heads == [[[0.5, 0.4]], ["unsaid", "unsaid"]]


async def test_a_device_moves_with_its_profile_left_behind(memory: Memory) -> None:
    await imported(memory)
    await planning.plan_all_towns(memory)
    swapped = EXAMPLE.replace('"vik-d1"', '"other"').replace('"vik-d2"', '"vik-d1"')
    changes = await imported(memory, swapped)
    assert ("vik-d1", ImportAction.ENDED) in lines(changes, "device")
    assert await ask(memory, "select device_id, number from devices left join residents using (resident_id) order by 1") == [
        ("other", 1), ("vik-d1", 2), ("vik-d2", None), ("vik-d3", 3),
    ]  # fmt: skip
    assert await ask(
        memory, "select jsonb_array_length(config->'attempts') from devices where device_id = 'vik-d2'"
    ) == [(0,)]
    at_home = await ask(
        memory,
        "select distinct number, device_id from checks join residents using (resident_id) where state = 'planned' order by 1",
    )
    assert at_home == [(1, "other"), (2, "vik-d1"), (3, "vik-d3")]
    assert await imported(memory, swapped) == []


async def test_a_signature_taken_back_holds_for_tonight(memory: Memory) -> None:
    await imported(memory)
    await planning.plan_all_towns(memory)
    await imported(memory, EXAMPLE.replace('green_by = "detector"', 'green_by = "operator"'))
    green = await ask(
        memory, "select distinct green_by, show from checks join residents using (resident_id) where number = 1"
    )
    assert green == [("operator", "always")]


async def test_who_is_not_in_the_file_is_left_and_told(memory: Memory) -> None:
    await imported(memory)
    shorter = EXAMPLE[: EXAMPLE.index("# ---- sensors in place")]
    changes = await imported(memory, shorter)
    assert changes == [ImportedChange("resident", "3", ImportAction.LEFT, sentence(town_words.NOT_IN_FILE))]
    assert await slots(memory, 3) == [("03:00", TONIGHT, None)]


async def test_a_resident_who_moved_or_died_is_owed_nothing(memory: Memory) -> None:
    await imported(memory)
    await planning.plan_all_towns(memory)
    gone = EXAMPLE.replace("number = 3\n", "number = 3\ndied_on = 2026-11-22\n")
    await imported(memory, gone)
    assert {state for _, _, state in await checks(memory, 3)} == {"cancelled"}
    assert await imported(memory) == []
    assert await ask(memory, "select died_at is not null from residents where number = 3") == [(True,)]


async def test_shifts_are_the_weeks_pattern_and_move_on(memory: Memory) -> None:
    await imported(memory)
    first = await ask(
        memory,
        "select patrol, starts_at, ends_at from shifts where patrol = 'Patrull 3' order by starts_at limit 1",
    )
    assert first == [
        ("Patrull 3", datetime(2026, 11, 22, 20, 30, tzinfo=UTC), datetime(2026, 11, 23, 6, 0, tzinfo=UTC))
    ]
    changes = await imported(memory, at=EVENING + timedelta(days=7))
    assert {(change.what, change.action) for change in changes} == {
        ("shift", ImportAction.ADDED),
        ("user", ImportAction.LEFT),  # invitations of a week ago
    }


async def test_a_shift_that_is_taken_away_ends_now_or_never_begins(memory: Memory) -> None:
    night = EVENING + timedelta(hours=4)
    await imported(memory)
    await ask(memory, "update shifts set mustered = true where patrol = 'Patrull 4' returning 1")
    sooner = EXAMPLE.replace('patrol = "Patrull 3"', 'patrol = "Patrull Tre"').replace(
        'ends = "07:00"\nweekdays', 'ends = "06:00"\nweekdays'
    )
    await imported(memory, sooner, night)
    assert await ask(memory, "select count(*), max(ends_at) from shifts where patrol = 'Patrull 3'") == [(1, night)]
    going_on = await ask(
        memory, "select mustered, ends_at from shifts where patrol = 'Patrull 4' order by starts_at limit 1"
    )
    assert going_on == [(True, datetime(2026, 11, 23, 5, 0, tzinfo=UTC))]
    assert await imported(memory, sooner, night) == []


async def test_an_ended_decision_changes_nothing(memory: Memory) -> None:
    with pytest.raises(TownErrors, match="beslutet slutade"):
        await imported(memory, at=datetime(2028, 1, 1, tzinfo=UTC))
    assert await ask(memory, "select org from organisations") == []
