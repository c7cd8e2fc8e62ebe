-- The monthly samples, and the list for one resident. A sample is of a whole town, so that it takes an auditor of all of it.

create function fjt.whole_town_to_review(town text, rights text[]) returns void
language plpgsql stable security definer set search_path = fjt, pg_temp
as $$
begin
    if fjt.areas_to_review(town, rights) is not null or fjt.performers_to_review(town) is not null then
        raise exception 'for somebody who reviews the whole town' using errcode = 'insufficient_privilege';
    end if;
end $$;

-- A town's samples, the newest month first, with how far each has come.
create function fjt.samples_of(town text)
returns table (sample_id uuid, month date, seed text, looks int, drawn_at timestamptz, chosen int, judged int, unclear int, wrong int,
    signed_by text, signed_at timestamptz)
language plpgsql stable security definer set search_path = fjt, pg_temp
as $$
#variable_conflict use_column
begin
    perform fjt.areas_to_review(town, '{review,supervise}');
    return query
        select s.sample_id, s.month, s.seed, s.looks, s.drawn_at, count(i.look_id)::int, count(i.verdict)::int,
            (count(*) filter (where i.verdict = 'unclear'))::int, (count(*) filter (where i.verdict = 'wrong'))::int, u.name, s.signed_at
        from fjt.look_samples s
        left join fjt.look_sample_items i using (sample_id)
        left join fjt.users u on u.user_id = s.signed_by
        where s.org = town group by s.sample_id, u.name order by s.month desc;
end $$;

-- The looks of a sample, in the order in which they were drawn.
create function fjt.sample_looks(town text, sample uuid)
returns table (place int, verdict text, note text, judged_by text, look_id uuid, began_at timestamptz, ended_at timestamptz, user_id uuid,
    who text, roles text[], resident_no int, resident text, area text, kind text, clear boolean, reason text, cause text, due boolean,
    check_at timestamptz, case_no int, raised_for text)
language plpgsql security definer set search_path = fjt, pg_temp
as $$
#variable_conflict use_column
declare
    many int;
begin
    perform fjt.whole_town_to_review(town, '{review}');
    return query
        select i.place, i.verdict, i.note, j.name, l.look_id, l.began_at, l.ended_at, l.user_id, u.name, l.roles, r.number, r.name,
            e.code, l.kind, l.clear, l.reason, l.cause, l.due, l.check_at, l.case_no, l.raised_for
        from fjt.look_samples s
        join fjt.look_sample_items i using (sample_id)
        join fjt.explained_looks l on l.look_id = i.look_id
        left join fjt.users u on u.user_id = l.user_id
        left join fjt.residents r on r.resident_id = l.resident_id
        left join fjt.areas e on e.area_id = l.area_id
        left join fjt.users j on j.user_id = i.judged_by
        where s.org = town and s.sample_id = sample order by i.place;
    get diagnostics many = row_count;
    perform fjt.note_reading(town, 'sample', null, null, null, null, many);
end $$;

-- The auditor's verdict on one look of a sample. Nobody judges their own: false then, and when the sample is signed.
create function fjt.judge_look(town text, sample uuid, at_place int, said text, why text) returns boolean
language plpgsql security definer set search_path = fjt, pg_temp
as $$
declare
    looker uuid;
begin
    perform fjt.whole_town_to_review(town, '{review}');
    -- The sample's row first: it cannot be signed meanwhile.
    perform from fjt.look_samples s where s.org = town and s.sample_id = sample and s.signed_at is null for update;
    if not found then
        return false;
    end if;
    select l.user_id into looker from fjt.look_sample_items i join fjt.looks l using (look_id) where i.sample_id = sample and i.place = at_place;
    if looker is null or looker = fjt.who() then
        return false;
    end if;
    update fjt.look_sample_items i set verdict = said, note = why, judged_by = fjt.who(), judged_at = clock.now()
        where i.sample_id = sample and i.place = at_place;
    return true;
end $$;

-- Sign a sample off: true once every look of it is judged, and then it stands.
create function fjt.sign_sample(town text, sample uuid) returns boolean
language plpgsql security definer set search_path = fjt, pg_temp
as $$
declare
    signed date;
begin
    perform fjt.whole_town_to_review(town, '{review}');
    update fjt.look_samples s set signed_by = fjt.who(), signed_at = clock.now()
        where s.org = town and s.sample_id = sample and s.signed_at is null
            and not exists (select from fjt.look_sample_items i where i.sample_id = sample and i.verdict is null)
        returning s.month into signed;
    if signed is null then
        return false;
    end if;
    perform fjt.write_review_line(town, 'look_sample_signed', null, (
        select jsonb_build_object('month', signed, 'in_duty', count(*) filter (where i.verdict = 'in_duty'),
            'unclear', count(*) filter (where i.verdict = 'unclear'), 'wrong', count(*) filter (where i.verdict = 'wrong'))
        from fjt.look_sample_items i where i.sample_id = sample));
    return true;
end $$;

-- ---- the list for one resident ----

-- The resident whose list is asked for; no row where the person may not hand it out.
create function fjt.resident_to_list(whose uuid) returns table (org text, number int, name text, zone text)
language plpgsql stable security definer set search_path = fjt, pg_temp
as $$
#variable_conflict use_column
begin
    if coalesce(current_setting('fjt.scope', true), '') <> 'hand_out' then
        return;
    end if;
    return query
        select r.org, r.number, r.name, o.zone from fjt.residents r join fjt.organisations o using (org)
        where r.resident_id = whose and exists (
            select from fjt.grants() g where g.org = r.org and (g.areas is null or r.area_id = any (g.areas))
                and (g.performers is null or coalesce(r.performer, 'town') = any (g.performers)));
end $$;

-- Who looked at the resident between two instants, oldest first: people, and the device (camera or sensors; judged: by a
-- computer), which kept no picture.
create function fjt.looks_at_resident(whose uuid, since timestamptz, until timestamptz)
returns table (at timestamptz, ended_at timestamptz, who text, live boolean, blurred boolean, reason text, cause text, check_at timestamptz,
    raised_for text, seconds int, device text, judged boolean)
language plpgsql security definer set search_path = fjt, pg_temp
as $$
#variable_conflict use_column
declare
    town text := (select t.org from fjt.resident_to_list(whose) t);
    many int;
begin
    if town is null then
        raise exception 'no right to hand out this list' using errcode = 'insufficient_privilege';
    end if;
    return query
        select l.began_at as at, l.ended_at, u.name, l.kind = 'live', not l.clear, l.reason, l.cause, l.check_at, l.raised_for, null::int, null, null::boolean
        from fjt.explained_looks l left join fjt.users u on u.user_id = l.user_id
        where l.resident_id = whose and l.began_at >= since and l.began_at < until
        union all
        select coalesce(s.started_at, s.received_at), null, null, false, false, null, coalesce(t.cause, 'alarm'), c.opens_at, null, t.seconds,
            coalesce(d.kind, 'camera'), s.detector is not null
        from fjt.sessions s
        left join fjt.devices d on d.org = s.org and d.device_id = s.device_id
        left join fjt.checks c using (check_id)
        left join fjt.attempts t on t.check_id = s.check_id and t.number = s.attempt
        where s.resident_id = whose and s.received_at >= since and s.received_at < until and s.receipt = 'committed'
        order by 1 limit 2000;
    get diagnostics many = row_count;
    perform fjt.note_reading(town, 'resident_list', null, whose, since, until, many);
end $$;

-- ---- rights ----

revoke all on function fjt.my_roles(text), fjt.areas_to_review(text, text[]), fjt.performers_to_review(text), fjt.write_review_line(text, text, uuid, jsonb),
    fjt.note_reading(text, text, uuid, uuid, timestamptz, timestamptz, int), fjt.towns_to_review(),
    fjt.look_log(text, text, uuid, int, timestamptz, timestamptz, text, boolean, timestamptz, uuid, int),
    fjt.look_tallies(text, timestamptz, timestamptz, interval, int, int), fjt.review_look(text, uuid, text),
    fjt.look_log_readings(text, timestamptz, uuid, int), fjt.whole_town_to_review(text, text[]), fjt.samples_of(text),
    fjt.sample_looks(text, uuid), fjt.judge_look(text, uuid, int, text, text), fjt.sign_sample(text, uuid),
    fjt.resident_to_list(uuid), fjt.looks_at_resident(uuid, timestamptz, timestamptz)
    from public;

grant execute on function fjt.my_roles(text) to fjt_web, fjt_worker;

grant execute on function fjt.towns_to_review(),
    fjt.look_log(text, text, uuid, int, timestamptz, timestamptz, text, boolean, timestamptz, uuid, int),
    fjt.look_tallies(text, timestamptz, timestamptz, interval, int, int), fjt.review_look(text, uuid, text),
    fjt.look_log_readings(text, timestamptz, uuid, int), fjt.samples_of(text), fjt.sample_looks(text, uuid),
    fjt.judge_look(text, uuid, int, text, text), fjt.sign_sample(text, uuid),
    fjt.resident_to_list(uuid), fjt.looks_at_resident(uuid, timestamptz, timestamptz)
    to fjt_web;
