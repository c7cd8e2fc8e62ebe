"""SQL of reconciliation: the questions that find discrepancies before the night, and the one repair of planned checks.

A question asks where decision, consent, device, schedule and checks do not agree. Each row says what it is about (area,
resident, device, carer) with a little data: ids, codes and numbers only. Found ones are kept in `discrepancies.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, Final
from uuid import UUID

from alarm_center.store.discrepancies import NewDiscrepancy
from alarm_center.store.memory import Row, Tx
from alarm_center.store.staff_questions import STAFF_QUESTIONS

# $1 town, $2 night, $3 now. One row a resident who lives there, with the decision that holds tonight or else the last
# one, what is owed tonight, and whether anything at all is planned from afar.
_HOMES: Final = """
    with slots_now as (
        select s.resident_id, s.slot_id, s.local_time, s.window_minutes, s.seconds, s.by_visit, s.valid_from <= $2 and (s.valid_until is null or $2 < s.valid_until)
            and extract(isodow from $2)::int - 1 = any (s.weekdays) as tonight
        from slots s where s.org = $1 and (s.valid_until is null or (s.valid_until > $2 and s.valid_until > s.valid_from))
    ),
    homes as (
        select r.resident_id, r.area_id, r.cohabitant, case when r.bed_id is not null then (bed_of(r.resident_id))[2] end as companion, b.decision_id, b.starts_on, b.ends_on, b.trial_ends_on, b.after_trial, b.follow_up_on,
            coalesce(b.starts_on <= $2 and (b.ends_on is null or $2 <= b.ends_on), false) as decided,
            is_agreed(r.resident_id, 'camera', false) or is_agreed(r.resident_id, 'sensors', false) as consented,
            exists (select from slots_now s where s.resident_id = r.resident_id) as scheduled,
            exists (select from slots_now s where s.resident_id = r.resident_id and s.tonight) as owed,
            exists (select from slots_now s where s.resident_id = r.resident_id and not s.by_visit) as from_afar,
            exists (select from slots_now s where s.resident_id = r.resident_id and s.tonight and not s.by_visit)
                as from_afar_tonight,
            exists (select from devices d where d.resident_id = any (bed_of(r.resident_id))) as equipped
        from residents r left join lateral (
            select b.decision_id, b.starts_on, b.ends_on, b.trial_ends_on, b.after_trial, b.follow_up_on from decisions b
            where b.resident_id = r.resident_id
            order by b.starts_on <= $2 desc, b.ends_on is null or b.ends_on >= $2 desc, b.starts_on desc limit 1
        ) b on true
        where r.org = $1 and r.moved_at is null and r.died_at is null and not r.training and $3::timestamptz is not null
    ),
    lacking as (
        -- also of one who has no times, and shares the bed of somebody who is looked at
        select h.area_id, h.resident_id, h.owed, h.from_afar_tonight or coalesce(o.from_afar_tonight, false) as from_afar_tonight, needed.who,
            exists (select from consents c where c.resident_id = h.resident_id and c.who = needed.who) as withdrawn
        from homes h left join homes o on o.resident_id = h.companion cross join lateral unnest(case when h.cohabitant is null
            then array['resident'] else array['resident', 'cohabitant'] end) as needed(who)
        where (h.decided and h.from_afar or coalesce(o.decided and o.from_afar, false)) and not exists (
            select from consents c where c.resident_id = h.resident_id and c.who = needed.who and c.state <> 'revoked'
        )
    )
"""

QUESTIONS: Final[Mapping[str, str]] = {
    # ---- decision ----
    "decision_missing": "select h.area_id, h.resident_id, h.owed as endangers from homes h where h.scheduled and h.decision_id is null",
    "decision_ended": """
        select h.area_id, h.resident_id, h.owed as endangers, jsonb_build_object('days', $2 - h.ends_on) as data
        from homes h where h.scheduled and h.ends_on < $2
    """,
    "decision_ending": """
        select h.area_id, h.resident_id, jsonb_build_object('days', h.ends_on - $2) as data
        from homes h where h.decided and h.ends_on <= $2 + 14 and not exists (
            select from decisions n where n.resident_id = h.resident_id
                and n.starts_on <= h.ends_on + 1 and (n.ends_on is null or n.ends_on > h.ends_on)
        )
    """,
    "trial_ending": """
        select h.area_id, h.resident_id, jsonb_build_object('days', h.trial_ends_on - $2) as data
        from homes h where h.decided and h.trial_ends_on between $2 and $2 + 14
    """,
    # One that had ended before anybody was asked goes on; of any later one the gate makes visits.
    "trial_ended": """
        select h.area_id, h.resident_id, h.owed and h.after_trial is null as endangers, jsonb_build_object('days', $2 - h.trial_ends_on) as data
        from homes h where h.decided and h.trial_ends_on < $2 and coalesce(h.after_trial, 'carried_over') = 'carried_over'
    """,
    "follow_up_passed": """
        select h.area_id, h.resident_id, jsonb_build_object('days', $2 - h.follow_up_on) as data
        from homes h where h.decided and h.follow_up_on < $2
    """,
    "decision_without_times": "select h.area_id, h.resident_id from homes h where h.decided and not h.scheduled",
    # ---- decisions of the care record, where a file of it has been read (store/record_decisions.py) ----
    "decision_only_in_record": """
        select h.area_id, h.resident_id, w.reference || ':' || h.resident_id as subject
        from record_decisions w join residents r on r.org = w.org and r.number = w.number join homes h using (resident_id)
        where w.org = $1 and (w.ends_on is null or w.ends_on >= $2)
            and not exists (select from decisions b where b.org = $1 and b.reference = w.reference and b.resident_id = r.resident_id)
    """,
    "record_resident_unknown": """
        select w.reference as subject, jsonb_build_object('wanted', w.number) as data from record_decisions w
        where w.org = $1 and (w.ends_on is null or w.ends_on >= $2)
            and not exists (select from residents r where r.org = w.org and r.number = w.number)
    """,
    "decision_not_in_record": """
        select h.area_id, h.resident_id, b.decision_id::text as subject from decisions b join homes h using (resident_id)
        where b.org = $1 and (b.ends_on is null or b.ends_on >= $2) and exists (select from record_files f where f.org = $1)
            and not exists (select from record_decisions w join residents r on r.org = w.org and r.number = w.number
                where w.org = $1 and w.reference = b.reference and r.resident_id = b.resident_id)
    """,
    "decision_differs_from_record": """
        select h.area_id, h.resident_id, b.decision_id::text as subject
        from decisions b join homes h using (resident_id) join residents r using (resident_id)
            join record_decisions w on w.org = b.org and w.reference = b.reference and w.number = r.number
        where b.org = $1 and (b.ends_on is null or b.ends_on >= $2 or w.ends_on is null or w.ends_on >= $2)
            and (b.starts_on, b.ends_on, b.kind) is distinct from (w.starts_on, w.ends_on, w.kind)
    """,
    "record_file_old": """
        select 'record' as subject, jsonb_build_object('days', $2 - f.read_at::date) as data from record_files f
        where f.org = $1 and f.read_at < $3 - interval '3 days'
    """,
    # ---- files that nobody got through (town/file_imports.py): until their person has another read, for a week at most ----
    "file_failed": """
        select f.import_id as subject from file_imports f
        where f.org = $1 and f.state = 'failed' and f.ended_at > $3 - interval '7 days' and not exists (
            select from file_imports n where n.org = f.org and n.uploaded_by = f.uploaded_by and n.uploaded_at > f.ended_at)
    """,
    # ---- consent ----
    "consent_missing": """
        select h.area_id, h.resident_id, h.from_afar_tonight as endangers, jsonb_build_object('who', h.who) as data
        from lacking h where not h.withdrawn
    """,
    "consent_withdrawn": """
        select h.area_id, h.resident_id, jsonb_build_object('who', h.who) as data from lacking h where h.withdrawn
    """,
    "capacity_in_doubt": """
        select h.area_id, h.resident_id, h.from_afar_tonight as endangers, jsonb_build_object('who', c.who) as data
        from homes h join consents c using (resident_id)
        where h.decided and c.revoked_at is null and c.capacity = 'in_doubt' and c.legal_position is null
    """,
    "second_talk_missing": """
        select h.area_id, h.resident_id, jsonb_build_object('who', c.who, 'days', $2 - c.given_at::date) as data
        from homes h join consents c using (resident_id)
        where h.decided and c.revoked_at is null and c.given_how is not null and c.second_talk_on is null
            and c.given_at < $3 - interval '7 days'
    """,
    "automatic_not_agreed": """
        select h.area_id, h.resident_id, jsonb_build_object('who', c.who) as data
        from homes h join plans p using (resident_id) join consents c using (resident_id)
        where h.decided and p.green_by = 'detector' and c.revoked_at is null and c.automatic is distinct from 'yes'
            and (c.who = 'resident' or h.cohabitant is not null)
    """,
    "legal_position_review_passed": """
        select l.code as subject, jsonb_build_object('days', $2 - l.review_on) as data from legal_positions l
        where l.org = $1 and l.review_on < $2
    """,
    "signed_by_nobody": """
        select h.area_id, h.resident_id from homes h join plans p using (resident_id)
        where p.green_by = 'detector' and not exists (
            select from users u join memberships m using (user_id)
            where m.org = $1 and m.roles && '{coordinator,planner,admin}' and u.disabled_at is null and p.signed_by in (u.name, u.login)
        )
    """,
    # Told for two weeks, or until somebody has signed again.
    "green_taken_back": """
        select h.area_id, h.resident_id from homes h left join plans p using (resident_id)
        where coalesce(p.green_by, 'operator') = 'operator' and exists (
            select from green_ends g where g.resident_id = h.resident_id and g.ended_at > $3 - interval '14 days')
    """,
    "room_not_known": """
        select h.area_id, h.resident_id, d.device_id
        from homes h join plans p using (resident_id) join devices d on d.resident_id = any (bed_of(h.resident_id))
        where h.decided and p.green_by = 'detector' and not d.room_known
    """,
    # ---- device ----
    "device_missing": """
        select h.area_id, h.resident_id, h.from_afar_tonight as endangers
        from homes h where h.decided and h.consented and h.from_afar and not h.equipped
    """,
    "device_without_decision": """
        select h.area_id, h.resident_id, d.device_id from homes h join devices d using (resident_id)
        where not h.decided and coalesce(h.starts_on <= $2, true)
    """,
    "device_without_consent": """
        select h.area_id, h.resident_id, d.device_id from homes h join devices d using (resident_id)
        where not is_agreed(h.resident_id, d.kind, false)
    """,
    # ---- mountings: the newest of a home that has no camera, and that needs one ----
    "mounting_stopped": """
        select h.area_id, h.resident_id, jsonb_build_object('days', $2 - m.due_on, 'why', m.stopped_for) as data
        from homes h join lateral (
            select due_on, stopped_for from mountings where resident_id = h.resident_id order by ended_at is null desc, given_at desc limit 1
        ) m on true where h.decided and not h.equipped and m.stopped_for is not null
    """,
    "mounting_missed": """
        select h.area_id, h.resident_id, jsonb_build_object('days', $2 - m.due_on) as data
        from homes h join mountings m using (resident_id) where m.ended_at is null and (m.begun_at is not null and m.ends_at is null
            or m.due_on < ($3 at time zone (select o.zone from organisations o where o.org = $1))::date)
    """,
    "device_left_behind": """
        select r.area_id, d.resident_id, d.device_id from devices d join residents r using (resident_id)
        where d.org = $1 and (r.moved_at is not null or r.died_at is not null)
            and not exists (select from deaths x where x.resident_id = r.resident_id and x.corrected_at is null)
    """,
    # A death that is confirmed by voice is ended by a person by day: no undo, and so no rule does it.
    "supervision_to_end": """
        select r.area_id, r.resident_id from residents r
        where r.org = $1 and r.died_at is not null and r.ended_at is null
            and exists (select from deaths d where d.resident_id = r.resident_id and d.confirmed_at is not null)
    """,
    "device_silent": """
        select r.area_id, d.resident_id, d.device_id from devices d join residents r using (resident_id)
        where d.org = $1 and (d.last_heard_at is null or d.last_heard_at < $3 - interval '24 hours')
    """,
    # Found by a person on the first page; it stays until the device answers.
    "handed_to_installer": """
        select h.area_id, h.resident_id, d.device_id from discrepancies o join devices d on d.org = o.org and d.device_id = o.subject
            join homes h on h.resident_id = o.resident_id and h.resident_id = d.resident_id
        where o.org = $1 and o.code = 'handed_to_installer' and o.resolved_at is null
            and (d.fault is not null or d.camera_ok is false or d.link = 'gone')
    """,
    "device_faulty": """
        select r.area_id, d.resident_id, d.device_id from devices d join residents r using (resident_id)
        where d.org = $1 and (d.fault is not null or d.camera_ok is false)
    """,
    "judge_at_home_down": """
        select r.area_id, d.resident_id, d.device_id from devices d join residents r using (resident_id)
        where d.org = $1 and d.judge = 'home' and d.judge_ok is not true and d.link = 'up' and r.moved_at is null and r.died_at is null
    """,
    # A question to the resident, and no errand for an installer. Many at once have a cause that is not in the home.
    "camera_perhaps_unwanted": """
        select h.area_id, h.resident_id, jsonb_build_object('days', count(distinct c.night)) as data
        from homes h join checks c using (resident_id) left join alarms l on l.alarm_id = c.alarm_id
        where h.decided and h.consented and c.night between $2 - 14 and $2 and c.state = 'alarmed'
            and c.reason in ('covered', 'partly_covered', 'moved', 'no_session') and l.incident_id is null
        group by h.area_id, h.resident_id
        -- twice covered is a line of its own
        having count(distinct c.night) >= 2 and count(distinct c.night) filter (where c.reason in ('covered', 'partly_covered')) < 2
    """,
    "camera_covered": """
        select h.area_id, h.resident_id, jsonb_build_object('days', count(distinct c.night)) as data, $2 + 3 as due_on
        from homes h join checks c using (resident_id) left join alarms l on l.alarm_id = c.alarm_id
        where h.decided and h.consented and c.night between $2 - 13 and $2 and c.state = 'alarmed'
            and c.reason in ('covered', 'partly_covered') and l.incident_id is null
        group by h.area_id, h.resident_id having count(distinct c.night) >= 2
    """,
    "config_unconfirmed": """
        select r.area_id, d.resident_id, d.device_id, jsonb_build_object('wanted', d.wanted_version, 'reported', d.reported_version) as data
        from devices d join residents r using (resident_id)
        where d.org = $1 and d.behind_since < $3 - interval '10 minutes'
    """,
    # ---- schedule and checks ----
    "slot_without_check": """
        select h.area_id, h.resident_id, s.slot_id as subject, h.decided as endangers, jsonb_build_object('slot_id', s.slot_id) as data
        from homes h join slots_now s using (resident_id)
        where h.decided and s.tonight and not exists (
            select from checks c where c.resident_id = h.resident_id and c.night = $2 and c.slot_id = s.slot_id
        )
    """,
    "check_without_slot": """
        select h.area_id, h.resident_id, c.check_id as subject, jsonb_build_object('check_id', c.check_id) as data
        from homes h join checks c using (resident_id)
        where c.night = $2 and c.next_step_at is not null and (not h.decided or not exists (
            select from slots_now s where s.slot_id = c.slot_id and s.tonight
        ))
    """,
    "check_of_other_device": """
        select h.area_id, h.resident_id, c.device_id, jsonb_build_object('check_id', c.check_id) as data
        from homes h join checks c using (resident_id) join devices d on d.org = c.org and d.device_id = c.device_id
        where c.night = $2 and c.state = 'planned' and (d.resident_id = any (bed_of(c.resident_id))) is not true
    """,
    **STAFF_QUESTIONS,
    "reserve_list_missing": """
        select e.area_id from areas e
        where e.org = $1 and e.closed_at is null and not e.training and $3 >= (select ($2 + time '20:00') at time zone o.zone from organisations o where o.org = $1)
            and not exists (select from reserve_lists l where l.area_id = e.area_id and l.night = $2)
    """,
}
"""The question that finds each code. ``endangers``: somebody is owed supervision tonight and could go without."""


async def answers(tx: Tx, code: str, org: str, night: date, now: datetime) -> list[NewDiscrepancy]:
    """Return the discrepancies that the question *code* finds."""
    question = QUESTIONS[code]
    rows = await tx.fetch(f"{_HOMES} {question}", org, night, now)
    return [_discrepancy_of(code, row) for row in rows]


def _discrepancy_of(code: str, row: Row) -> NewDiscrepancy:
    fields = {name: row[name] for name in ("area_id", "resident_id", "device_id", "carer_id") if name in row}
    data = row.get("data") or {}
    about = (row.get("subject"), row.get("device_id"), row.get("carer_id"), row.get("resident_id"), row.get("area_id"))
    subject = str(next(each for each in about if each is not None))
    if "who" in data:
        subject += f":{data['who']}"
    return NewDiscrepancy(
        code=code, subject=subject, endangers=bool(row.get("endangers")), data=data, due_on=row.get("due_on"), **fields
    )


@dataclass(frozen=True, slots=True)
class StaffedTime:
    """The stretch in which an area has something to do: from its first time to an hour after its last."""

    area_id: UUID
    begins: datetime
    ends: datetime


async def staffed_areas(tx: Tx, org: str, night: date) -> list[StaffedTime]:
    """Return the areas that have something to do tonight, from the first time to an hour after the last."""
    rows = await tx.fetch(
        """
        select r.area_id, min(c.opens_at) as begins, max(c.closes_at) + interval '1 hour' as ends
        from checks c join residents r using (resident_id)
        where c.org = $1 and c.night = $2 and (c.state <> 'cancelled' or c.instead = 'visit')
        group by r.area_id order by r.area_id
        """,
        org, night,
    )  # fmt: skip
    return [StaffedTime(**row) for row in rows]


@dataclass(frozen=True, slots=True)
class UnplannedSlot:
    """A time of tonight that nobody has made a check of; ``decided``: the resident's decision holds tonight."""

    resident_id: UUID
    decided: bool
    slot_id: UUID
    local_time: time
    window_minutes: int
    seconds: int


async def slots_without_check(tx: Tx, org: str, night: date, now: datetime) -> list[UnplannedSlot]:
    """Return tonight's times that nobody has made a check of, for residents whose decision has ended or is missing, too."""
    rows = await tx.fetch(
        f"""
        {_HOMES}
        select h.resident_id, h.decided, s.slot_id, s.local_time, s.window_minutes, s.seconds
        from homes h join slots_now s using (resident_id)
        where s.tonight and coalesce(h.starts_on <= $2, true) and not exists (
            select from checks c where c.resident_id = h.resident_id and c.night = $2 and c.slot_id = s.slot_id
        )
        order by h.resident_id, s.slot_id
        """,  # noqa: S608 -- our own constants
        org, night, now,
    )  # fmt: skip
    return [UnplannedSlot(**row) for row in rows]


async def reassign_checks(tx: Tx, org: str) -> list[str]:
    """Let planned checks be made by a device that is with their resident, or by none; return the devices concerned."""
    rows = await tx.fetch(
        """
        with astray as (
            select c.check_id, c.device_id as was, (
                select device_id from devices d where d.resident_id = any (bed_of(c.resident_id))
                order by is_agreed(d.resident_id, d.kind, false) desc, kind = 'camera' desc, device_id limit 1
            ) as present
            from checks c join devices d on d.org = c.org and d.device_id = c.device_id
            where c.org = $1 and c.state = 'planned' and (d.resident_id = any (bed_of(c.resident_id))) is not true
            order by c.check_id for update of c
        ),
        pointed as (
            update checks c set device_id = a.present from astray a where c.check_id = a.check_id returning a.was, a.present
        )
        select distinct device_id from (select was as device_id from pointed union all select present from pointed) d
        where device_id is not null order by device_id
        """,
        org,
    )
    return [row["device_id"] for row in rows]


async def checks_without_device(tx: Tx, org: str, night: date) -> list[Any]:
    """Return tonight's planned checks that no device can make and that nobody has been told of."""
    rows = await tx.fetch(
        """
        select check_id from checks
        where org = $1 and night = $2 and state = 'planned' and device_id is null and not fault_known and next_step_at = opens_at
        order by opens_at, check_id
        """,
        org, night,
    )  # fmt: skip
    return [row["check_id"] for row in rows]
