-- The gate: what a resident is owed on a night, by the papers. Planning reads it, and no page goes past it.

-- What the papers let a device do: the resident's own yes, that of who lives with them, and of who shares the bed
-- (docs/adr/0045-two-residents-in-one-bed.md). Where capacity is in doubt, a consent counts by the town's own legal position alone.
create function fjt.is_agreed(whose uuid, device_kind text, to_people boolean) returns boolean
language sql stable parallel safe
as $$
    select exists (select from fjt.residents r where r.resident_id = whose) and not exists (
        select from fjt.residents r cross join unnest(array['resident', 'cohabitant']) as needed(who)
        where r.resident_id = whose and (needed.who = 'resident' or r.cohabitant is not null) and not exists (
            select from fjt.consents c
            where c.resident_id = whose and c.who = needed.who and c.revoked_at is null
                and (c.capacity is distinct from 'in_doubt' or c.legal_position is not null)
                and case device_kind when 'sensors' then c.sensors
                    when 'camera' then c.camera and (c.shown_to_people or not to_people) else false end))
        and not exists (
            select from fjt.residents r cross join lateral unnest(fjt.bed_of(r.resident_id)) as mate(id)
            where r.resident_id = whose and r.bed_id is not null and mate.id <> whose and not exists (
                select from fjt.consents c
                where c.resident_id = mate.id and c.who = 'resident' and c.revoked_at is null
                    and (c.capacity is distinct from 'in_doubt' or c.legal_position is not null)
                    and case device_kind when 'sensors' then c.sensors
                        when 'camera' then c.camera and (c.shown_to_people or not to_people) else false end))
$$;

-- Nobody looks in a town that has stopped.
create or replace function fjt.may_look(whose uuid, device_kind text, to_people boolean) returns boolean
language sql stable parallel safe
as $$
    select exists (select from fjt.residents r join fjt.organisations o using (org) where r.resident_id = whose and o.stopped_at is null)
        and fjt.is_agreed(whose, device_kind, to_people)
$$;

-- The gate, each hour for each resident.
create index decisions_of_resident on fjt.decisions (resident_id);

-- The same, and what a person withdrew last. (store/consents.py)
create index consents_of_resident on fjt.consents (resident_id, who);

-- What the resident's times owe on each of those nights: a look, a visit or nothing; for what reason no look, and on whose word, by the devices
-- that serve the resident. Without a row nothing has begun yet, or the asker does not see the resident. "Nothing" is the person's own
-- recorded no, and nobody else's. Of the papers only the decisions hang on the night: the rest is asked once, for thousands of homes each hour.
create function fjt.gates(whose uuid, first date, last date) returns table (night date, owed text, reason text, agreed_by text)
language sql stable parallel safe
as $$
    with papers as (
        select n.night, count(d.decision_id) as decisions, coalesce(bool_or(d.starts_on <= n.night), false) as begun,
            coalesce(bool_or(d.starts_on <= n.night and (d.ends_on is null or n.night <= d.ends_on)), false) as decided,
            coalesce(bool_or(d.starts_on <= n.night and (d.ends_on is null or n.night <= d.ends_on)
                and (d.trial_ends_on is null or n.night <= d.trial_ends_on or d.after_trial in ('goes_on', 'carried_over'))), false) as tried
        from (select first + n as night from generate_series(0, last - first) n) n left join fjt.decisions d on d.resident_id = whose
        group by n.night
    ),
    said_no as materialized (
        select c.recorded_by from fjt.consents c
        where c.resident_id = whose and c.who = 'resident' and c.revoked_instead = 'nothing' and not exists (
            select from fjt.consents n where n.resident_id = whose and n.who = 'resident'
                and (n.revoked_at is null or n.revoked_at > c.revoked_at))
        limit 1
    ),
    bed as materialized (
        select fjt.bed_of(whose) as ids
    ),
    looked as materialized (
        -- without a device it is the device that is missing, as long as one of some kind might look
        select case when d.kind is not null then d.agreed
            else fjt.is_agreed(whose, 'camera', false) or fjt.is_agreed(whose, 'sensors', false) end as allowed
        from bed left join lateral (
            select t.kind, a.agreed from fjt.devices t cross join lateral (select fjt.is_agreed(whose, t.kind, false) as agreed offset 0) a
            where t.resident_id = any (bed.ids)
            order by a.agreed desc, t.kind = 'camera' desc, t.device_id limit 1
        ) d on true
    ),
    withdrawn as materialized (
        select coalesce((select c.recorded_by from fjt.consents c
            where c.resident_id = any ((select ids from bed)::uuid[]) and c.state = 'revoked' and (c.resident_id = whose or c.who = 'resident')
            order by c.revoked_at desc limit 1), 'consent') as by
    )
    select p.night, g.owed, g.reason, g.agreed_by from papers p cross join looked l cross join withdrawn w left join said_no n on true
    cross join lateral (select
        case when n.recorded_by is not null then 'nothing' when p.tried and l.allowed then 'look' else 'visit' end as owed,
        case when n.recorded_by is not null then 'consent_revoked' when not p.tried then 'decision_ended'
            when not l.allowed then 'consent_revoked' end as reason,
        case when n.recorded_by is not null then n.recorded_by when not p.decided then 'decision' when not p.tried then 'trial'
            when not l.allowed then w.by end as agreed_by) g
    where (p.begun or p.decisions = 0) and exists (select from fjt.residents r where r.resident_id = whose)
$$;

-- The same of one night.
create function fjt.gate(whose uuid, on_night date) returns table (owed text, reason text, agreed_by text)
language sql stable parallel safe
as $$ select g.owed, g.reason, g.agreed_by from fjt.gates(whose, on_night, on_night) g $$;

revoke all on function fjt.is_agreed(uuid, text, boolean), fjt.gates(uuid, date, date), fjt.gate(uuid, date) from public;

grant execute on function fjt.is_agreed(uuid, text, boolean), fjt.gates(uuid, date, date), fjt.gate(uuid, date) to fjt_worker, fjt_web, fjt_planner;
