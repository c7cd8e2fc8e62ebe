"""Questions of reconciliation about staff; `reconciliation.py` asks them, with its homes and slots before each."""

from collections.abc import Mapping
from typing import Final

STAFF_QUESTIONS: Final[Mapping[str, str]] = {
    "carer_without_shift": """
        select a.carer_id from carers a
        where a.org = $1 and (a.ends_on is null or a.ends_on >= $2) and a.in_place_of is null
            and not exists (select from shifts s where s.carer_id = a.carer_id and s.ends_at > $3)
    """,
    # A reply takes minutes; after hours the number is wrong, or nobody reads it.
    "carer_untested": """
        select a.carer_id from carers a
        where a.org = $1 and a.test_asked_at < $3 - interval '2 hours' and a.test_answered_at is null and (a.ends_on is null or a.ends_on >= $2)
    """,
    # A town that has never named one does without.
    "ombudsmen_lacking": """
        select e.area_id, jsonb_build_object('count', n.have) as data
        from areas e join organisations t using (org) cross join lateral (select ($3 at time zone t.zone)::date as day) d cross join lateral (
            select count(distinct b.carer_id) as have from ombudsmen b
            where b.area_id = e.area_id and b.from_day <= d.day and (b.until_day is null or b.until_day >= d.day)
        ) n
        where e.org = $1 and n.have < 2 and exists (select from ombudsmen b where b.org = $1)
            and exists (select from homes h where h.area_id = e.area_id and h.scheduled)
    """,
    # Where two are there on the day after, it is no reason to be told.
    "ombudsman_ending": """
        select b.area_id, b.carer_id, b.ombudsman_id as subject, jsonb_build_object('days', b.until_day - $2) as data
        from ombudsmen b join organisations t using (org) cross join lateral (select ($3 at time zone t.zone)::date as day) d
        where b.org = $1 and b.until_day between d.day and d.day + 30 and b.from_day <= b.until_day and (
            select count(distinct o.carer_id) from ombudsmen o
            where o.area_id = b.area_id and o.from_day <= b.until_day + 1 and (o.until_day is null or o.until_day > b.until_day)) < 2
    """,
    # A subject of its own each night: it is told again each day. An area whose rota has ended is uncovered instead.
    "rota_ending": """
        select e.area_id, e.area_id || ':' || $2 as subject, jsonb_build_object('days', l.night - $2) as data
        from areas e join organisations o using (org) cross join lateral (
            select max((s.starts_at at time zone o.zone - interval '12 hours')::date) as night
            from shifts s where s.area_id = e.area_id and s.role = 'patrol' and s.ends_at > $3
        ) l
        where e.org = $1 and l.night < $2 + 7 and exists (select from homes h where h.area_id = e.area_id and h.scheduled)
    """,
}
"""By the code that they find, as `QUESTIONS`."""
