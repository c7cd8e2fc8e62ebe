"""A town whose every table has rows: one resident's night from the plan to a closed alarm, and what lies around it."""

from collections.abc import Iterable
from datetime import timedelta
from functools import partial
from typing import Final
from uuid import UUID

from alarm_center import inbox
from alarm_center.casework import cases
from alarm_center.casework.editing import Editor
from alarm_center.clockwork import Clockwork
from alarm_center.core.alarm import alarm_events
from alarm_center.devices.last_heard import LastHeard
from alarm_center.preparation import pauses, planning
from alarm_center.store import released_seals, seals, simulated_night
from alarm_center.store.events import Cursor
from alarm_center.store.memory import Memory, Tx, now
from drawn_homes import profile
from schemas import wire
from schemas.messages import Finding
from schemas.vocabulary import Answer, Instead, Outcome, Priority, Reason
from tests.support import town_file
from tests.support.by_hand import raise_manual_alarm
from tests.support.postgres import Database

_BEFORE: Final = timedelta(days=1)
"""A town is brought in so long before the night: what is due within minutes is in force then."""


async def found(
    memory: Memory,
    org: str,
    *,
    number: int = 1,
    handled_by: str = "home_care",
    due_in: Iterable[timedelta] = (timedelta(minutes=5),),
) -> UUID:
    """Found a town with one area, one patrol on duty and one resident with a camera who is due in five minutes, or *due_in*."""
    async with memory.transaction() as tx:
        at = await now(tx)
        town = town_file.organisation(
            org, name=org, sending_number=f"+4670000{number:04}", fixed_number="+46101000000", handled_by=handled_by
        )
        patrol = town_file.shift_between(
            "Patrull", at - timedelta(hours=1), at + timedelta(hours=22), patrol="Patrull 1"
        )
        file = {
            "organisation": town,
            "areas": [{"code": "3"}],
            "performers": [{"code": "alfa", "name": "Alfa Omsorg"}],
            "carers": [{"name": "Patrull", "phone": f"+4670111{number:04}"}],
            "shifts": [patrol],
            "residents": [home(org, 1, "3", *(town_file.wall_time(at + each) for each in due_in))],
        }
        await town_file.bring_in(tx, file, at - _BEFORE)
        await town_file.answer_musters(tx, org)
        resident_id: UUID = await tx.fetchval("select resident_id from residents where org = $1", org)
        return resident_id


async def on_duty(
    tx: Tx, org: str, name: str, phone: str, *, area: str = "3", patrol: str | None = None, role: str = "patrol"
) -> None:
    """Put one more carer on duty, from a minute after whom the town was founded with."""
    at = await now(tx)
    more = town_file.shift_between(
        name, at - timedelta(minutes=59), at + timedelta(hours=9), area=area, patrol=patrol, role=role
    )
    await town_file.extend(tx, org, at - _BEFORE, carers=[{"name": name, "phone": phone}], shifts=[more])
    await town_file.answer_musters(tx, org)


async def residents(tx: Tx, org: str, area: UUID, *, numbers: Iterable[int], due_in: timedelta) -> dict[int, UUID]:
    """Add residents whose checks the detector may turn green, each with a camera ``{org}-{number}`` and one time a night.

    Returns their ids by number.
    """
    at = await now(tx)
    code = await tx.fetchval("select code from areas where area_id = $1", area)
    homes = [home(org, number, code, town_file.wall_time(at + due_in)) for number in numbers]
    await town_file.extend(tx, org, at - _BEFORE, residents=homes)
    rows = await tx.fetch(
        "select number, resident_id from residents where org = $1 and number = any ($2)",
        org,
        [home["number"] for home in homes],
    )
    return {row["number"]: row["resident_id"] for row in rows}


async def resident(tx: Tx, org: str, area: UUID, *, number: int, due_in: timedelta) -> UUID:
    """Add one resident as :func:`residents` does; return the id."""
    return (await residents(tx, org, area, numbers=[number], due_in=due_in))[number]


def home(org: str, number: int, area: str, *times: str) -> town_file.Table:
    """Return a home of the town as its file has it, with a camera that knows the room, looked at these *times* a night."""
    camera = {"id": f"{org}-{number}", "kind": "camera", "profile": profile("asleep")}
    return town_file.home(number, area=area, device=camera, times=times, name="N", address="A")


async def move(memory: Memory, by: timedelta) -> None:
    """Move the service's clock."""
    async with memory.transaction() as tx:
        await tx.execute("select clock.move($1)", by)


async def heard(memory: Memory) -> None:
    """Every device, and a detector, have just said that they are there."""
    async with memory.transaction() as tx:
        await tx.execute("update devices set link = 'up', last_heard_at = clock.now()")
        await tx.execute(
            """
            insert into detectors (detector_id, version, link, last_heard_at) values ('d1', '1', 'up', clock.now())
            on conflict (detector_id) do update set last_heard_at = excluded.last_heard_at
            """
        )


async def open_check(memory: Memory, resident_id: UUID) -> UUID:
    """Plan, and let the resident's first check open; return it."""
    await planning.plan_all_towns(memory)
    await move(memory, timedelta(minutes=6))
    await heard(memory)
    await Clockwork(memory).cycle()
    async with memory.transaction() as tx:
        check_id: UUID = await tx.fetchval(
            "select check_id from checks where resident_id = $1 and state = 'open'", resident_id
        )
    return check_id


async def finds(
    memory: Memory,
    org: str,
    check_id: UUID,
    answer: Answer,
    *reasons: Reason,
    session_id: str = "s1",
    attempt: int = 1,
    number: int = 1,
) -> None:
    """The detector says *answer* of a session of that check, at the resident with that *number*."""
    finding = Finding(
        session_id=session_id, org=org, device=f"{org}-{number}", check_id=check_id, attempt=attempt, answer=answer,
        reasons=reasons, started_at=await memory.now(), detector="d1",
    )  # fmt: skip
    await inbox.Inbox(memory, LastHeard(memory)).on_finding(
        f"fjarrtillsyn/v1/{org}/{org}-{number}/finding", wire.encode(finding)
    )


async def hold_busy_towns(database: Database) -> None:
    """Let the database hold the busy towns ``ost`` and ``vast``; nobody may be connected to it yet."""
    await database.hold(("busy towns",), partial(_bring_both_in, database))
    memory = await Memory.open(database.worker, size=1)
    async with memory.transaction() as tx:
        await simulated_night.resume_clock(tx)
    await memory.close()


async def _bring_both_in(database: Database) -> None:
    memory = await Memory.open(database.worker, limit_seconds=None)  # others use the machine too
    await busy_town(memory, "ost", number=1)
    await busy_town(memory, "vast", number=2)
    async with memory.transaction() as tx:
        await simulated_night.stop_clock(tx)
    await memory.close()


async def busy_town(memory: Memory, org: str, *, number: int = 1) -> None:
    """Leave a row of the town's in every table that has towns."""
    resident_id = await found(memory, org, number=number)
    check_id = await open_check(memory, resident_id)
    await finds(memory, org, check_id, Answer.SOMETHING_WRONG, Reason.ON_FLOOR)
    async with memory.transaction() as tx:
        alarm_id, notice_id, area = await tx.fetchrow(  # type: ignore[misc]
            "select alarm_id, notice_id, area_id from alarms join notices using (alarm_id) where alarms.org = $1", org
        )
    for event in (
        alarm_events.Took(notice_id),
        alarm_events.Arrived(notice_id),
        alarm_events.Done(notice_id, Outcome.HELPED_UP),
    ):
        await cases.apply_to_alarm(memory, alarm_id, event, actor="carer")
    await raise_manual_alarm(memory, resident_id, Priority.THIRD, actor="p")
    await pauses.revoke_consent(memory, resident_id, "resident", instead=Instead.NOTHING, editor=Editor("p"))
    async with memory.transaction() as tx:
        at = await now(tx)
        login = f"u-{org}"
        await town_file.extend(tx, org, at, users=[{"login": login, "name": "U", "roles": ["operator"]}])
        user = await tx.fetchval("select user_id from users where login = $1", login)
        for statement, *values in (
            (
                "insert into pauses (org, resident_id, reason, from_at, to_at, said_by, instead) values ($1, $2, 'pause_away', $3::timestamptz, $3 + interval '1 h', 'p', 'nothing')",
                resident_id,
                at,
            ),
            (
                "insert into incidents (org, area_id, number, kind, opened_at) values ($1, $2, 1, 'technical', $3)",
                area,
                at,
            ),
            (
                "insert into replies (provider, provider_id, org, phone, sender, body, received_at, meaning) values ('phone', $1 || '1', $1, '+1', '+2', '1', $2, 'take')",
                at,
            ),
            (
                "insert into commands (command_id, org, device_id, kind, case_id, seconds, show, asked_by, created_at, opens_at, expires_at) values (gen_random_uuid(), $1, $1 || '-1', 'live', $2, 10, 'always', 'u', $3::timestamptz, $3, $3 + interval '1 min')",
                alarm_id,
                at,
            ),
            (
                "insert into looks (org, alarm_id, user_id, kind, began_at) values ($1, $2, $3, 'session', $4)",
                alarm_id,
                user,
                at,
            ),
            (
                "insert into raisings (raising_id, org, alarm_id, user_id, priority, reason, raised_at) values (gen_random_uuid(), $1, $2, $3, 2, 'called', $4)",
                alarm_id,
                user,
                at,
            ),
            (
                "insert into sealed_accounts (org, number, first_hash, second_hash) values ($1, 1, sha256(convert_to('a' || $1, 'UTF8')), sha256(convert_to('b' || $1, 'UTF8')))",
            ),
            (
                "insert into discrepancies (org, code, subject, area_id, night, found_at, last_found_at) values ($1, 'area_uncovered', 'area', $2, '2026-11-22', $3, $3)",
                area,
                at,
            ),
            (
                # registered by mistake: the resident lives
                "insert into deaths (org, area_id, resident_id, alarm_id, registered_by, registered_at, corrected_by, corrected_at)"
                " values ($1, $2, $3, $4, 'p', $5, 'q', $5)",
                area,
                resident_id,
                alarm_id,
                at,
            ),
            (
                "insert into shift_people (org, shift_id, carer_id, said_at) select org, shift_id, carer_id, $2 from shifts where org = $1 limit 1",
                at,
            ),
            (
                "insert into shift_substitutes (org, line_id, night, from_at, until_at, why, said_by, said_at) values ($1, gen_random_uuid(), $2::timestamptz::date, $2, $2 + interval '1 h', 'swap', 'p', $2)",
                at,
            ),
            (
                "insert into former_carers (org, carer_id, name, phone, until_at) select org, carer_id, name, '+46701999998', $2 from carers where org = $1 limit 1",
                at,
            ),
            (
                "insert into former_areas (org, area_id, code, until_at) values ($1, $2, 'Z9', $3)",
                area,
                at,
            ),
            (
                "insert into ombudsmen (org, area_id, carer_id, from_day) select org, $2, carer_id, '2026-01-01' from carers where org = $1 limit 1",
                area,
            ),
            (
                "insert into sms_stops (org, phone, stopped_at, by_provider) values ($1, '+46701999999', $2, false)",
                at,
            ),
            (
                "insert into lost_phones (org, phone, lost_at, said_by) values ($1, '+46701999999', $2, 'p')",
                at,
            ),
            (
                "insert into town_stops (org, why, proposed_by, proposed_at) values ($1, 'x', 'p', $2)",
                at,
            ),
            (
                "insert into file_imports (org, file_name, kind, body, uploaded_by, uploaded_at, state) values ($1, 'f.csv', 'table', 'x', $2, $3, 'reviewed')",
                user,
                at,
            ),
            (
                "insert into record_decisions (org, reference, number, kind, starts_on) values ($1, 'R', 1, 'decision', '2026-01-01')",
            ),
            ("insert into course_marks (org, user_id, course, done_at) values ($1, $2, 'operator', $3)", user, at),
            (
                "insert into exercises (exercise_id, org, begun_by, begun_at, ends_at, made_at, ended_at) values (gen_random_uuid(), $1, $2, $3, $3, $3, $3)",
                user,
                at,
            ),
            ("insert into hand_overs (org, taken_by, taken_at, open_cases) values ($1, $2, $3, 1)", user, at),
            (
                "with sms as (insert into group_sms (org, audience, body, written_by, written_at) values ($1, 'staff', 'x', 'p', $2) returning group_id)"
                " insert into group_sms_receivers (group_id, org, carer_id, phone) select group_id, $1, carer_id, phone from sms, carers where org = $1 limit 1",
                at,
            ),
            (
                "insert into reminder_phones (org, user_id, phone, asked_at) values ($1, $2, '+46701740655', $3)",
                user,
                at,
            ),
            (
                "with given as (insert into mountings (org, area_id, resident_id, due_on, given_by, given_at, step, ended_at) values ($1, $2, $3, $4::timestamptz::date, 'p', $4, 'done', $4) returning mounting_id)"
                " insert into device_logins (org, device_id, password_hash, made_at) select $1, $1 || '-1', '$7$', $4 from given",
                area,
                resident_id,
                at,
            ),
            (
                "insert into retirements (org, resident_id, device_id, asked_by, asked_at, revision) values ($1, $2, 'cam', 'p', $3, 0)",
                resident_id,
                at,
            ),
            ("insert into record_files (org, read_at, read_by) values ($1, $2, 'p')", at),
            (
                "insert into resident_drafts (org, area_id, begun_by, begun_at, changed_at) values ($1, $2, 'p', $3, $3)",
                area,
                at,
            ),
            (
                "insert into contacts (org, resident_id, name, phone) values ($1, $2, 'K', '+46701740611')",
                resident_id,
            ),
            (
                "insert into compared_looks (check_id, session_id, org, resident_id, night, looked_at, found, said, said_by, said_at)"
                " select check_id, 's1', org, resident_id, night, $2, 'in_bed', 'in_bed', 'p', $2 from checks where org = $1 limit 1",
                at,
            ),
            (
                "insert into follow_ups (org, resident_id, reference, wants_it, recorded_by, recorded_at) values ($1, $2, 'B1', 'yes', 'p', $3)",
                resident_id,
                at,
            ),
            (
                "insert into carer_reports (org, alarm_id, notice_id, resident_id, mismatch, said_at)"
                " select n.org, n.alarm_id, n.notice_id, $2, 'key', $3 from notices n where n.org = $1 limit 1",
                resident_id,
                at,
            ),
            (
                "insert into green_ends (org, resident_id, ended_at, why) values ($1, $2, $3, 'doubted')",
                resident_id,
                at,
            ),
            (
                "insert into night_holds (org, resident_id, first_night, last_night, from_at, to_at, reason, held_by, held_at, until_on) values ($1, $2, $3::timestamptz::date, $3::date, $3, $3 + interval '1 day', 'IVO', 'p', $3, $3::date + 1)",
                resident_id,
                at,
            ),
            (
                "insert into legal_positions (org, code, reference, decided_by, decided_on, review_on) values ($1, 'rs', 'R', 'Nämnden', $2::timestamptz, $2)",
                at,
            ),
            (
                "insert into reserve_lists (org, area_id, night, made_at, body) values ($1, $2, '2026-11-22', $3, '[]')",
                area,
                at,
            ),
        ):
            await tx.execute(statement, org, *values)
    await seals.seal(memory, org)
    async with memory.transaction() as tx:
        await released_seals.seal_until(tx, org, Cursor(2**62, 0), 1000)  # as a replica of 0.2.0 does beside us
