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

-- What the times of each of those residents owe on each of those nights: a look, a visit or nothing; for what reason no look, and on whose word, by
-- the devices that serve the resident. Without a row nothing has begun yet, or the asker does not see the resident. "Nothing" is the person's own
-- recorded no, and nobody else's. Asked of thousands of homes each hour, hundreds at once: most of what one home alone costs is the beginning of
-- the statement.
create function fjt.gates(among uuid[], first date, last date)
    returns table (resident_id uuid, night date, owed text, reason text, agreed_by text)
language sql stable parallel safe
as $$
    with people as materialized (
        select r.resident_id, case when r.bed_id is null then array[r.resident_id] else fjt.bed_of(r.resident_id) end as ids
        from fjt.residents r where r.resident_id = any (among)
    ),
    papers as (
        select p.resident_id, n.night, count(d.decision_id) as decisions, coalesce(bool_or(d.starts_on <= n.night), false) as begun,
            coalesce(bool_or(d.starts_on <= n.night and (d.ends_on is null or n.night <= d.ends_on)), false) as decided,
            coalesce(bool_or(d.starts_on <= n.night and (d.ends_on is null or n.night <= d.ends_on)
                and (d.trial_ends_on is null or n.night <= d.trial_ends_on or d.after_trial in ('goes_on', 'carried_over'))), false) as tried
        from people p cross join (select first + n as night from generate_series(0, last - first) n) n
            left join fjt.decisions d on d.resident_id = p.resident_id
        group by p.resident_id, n.night
    ),
    said_no as (
        select distinct on (c.resident_id) c.resident_id, c.recorded_by
        from people p join fjt.consents c on c.resident_id = p.resident_id
        where c.who = 'resident' and c.revoked_instead = 'nothing' and not exists (
            select from fjt.consents n where n.resident_id = c.resident_id and n.who = 'resident'
                and (n.revoked_at is null or n.revoked_at > c.revoked_at))
        order by c.resident_id, c.consent_id
    ),
    looked as materialized (
        -- without a device it is the device that is missing, as long as one of some kind might look
        select p.resident_id, p.ids, coalesce(k.agreed,
            fjt.is_agreed(p.resident_id, 'camera', false) or fjt.is_agreed(p.resident_id, 'sensors', false)) as allowed
        from people p left join (
            select t.resident_id, bool_or(fjt.is_agreed(t.resident_id, t.kind, false)) as agreed
            from (select distinct p.resident_id, d.kind from people p cross join unnest(p.ids) one (id) join fjt.devices d on d.resident_id = one.id) t
            group by t.resident_id
        ) k on k.resident_id = p.resident_id
    )
    select p.resident_id, p.night, g.owed, g.reason, g.agreed_by
    from papers p join looked l on l.resident_id = p.resident_id left join said_no n on n.resident_id = p.resident_id
    cross join lateral (select
        case when n.recorded_by is not null then 'nothing' when p.tried and l.allowed then 'look' else 'visit' end as owed,
        case when n.recorded_by is not null then 'consent_revoked' when not p.tried then 'decision_ended'
            when not l.allowed then 'consent_revoked' end as reason,
        case when n.recorded_by is not null then n.recorded_by when not p.decided then 'decision' when not p.tried then 'trial'
            when not l.allowed then coalesce((select c.recorded_by from fjt.consents c
                where c.resident_id = any (l.ids) and c.state = 'revoked' and (c.resident_id = p.resident_id or c.who = 'resident')
                order by c.revoked_at desc limit 1), 'consent') end as agreed_by) g
    where p.begun or p.decisions = 0
$$;

-- The same of one night.
create function fjt.gate(whose uuid, on_night date) returns table (owed text, reason text, agreed_by text)
language sql stable parallel safe
as $$ select g.owed, g.reason, g.agreed_by from fjt.gates(array[whose], on_night, on_night) g $$;

revoke all on function fjt.is_agreed(uuid, text, boolean), fjt.gates(uuid[], date, date), fjt.gate(uuid, date) from public;

grant execute on function fjt.is_agreed(uuid, text, boolean), fjt.gates(uuid[], date, date), fjt.gate(uuid, date) to fjt_worker, fjt_web, fjt_planner;
