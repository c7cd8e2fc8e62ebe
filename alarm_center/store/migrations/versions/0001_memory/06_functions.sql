-- Questions and acts beyond the caller's own rows: each function runs as the owner and does one thing only.

-- Does anybody have the case at a screen? As core/alarm/lease.py says: at the instant of its end it is free.
create function fjt.is_held(holder uuid, lease_until timestamptz, at timestamptz) returns boolean
language sql immutable parallel safe
as $$ select holder is not null and lease_until > at $$;

-- Next case number of a sending number, skipping any that an open alarm or one of the last 24 h has. Towns may share a
-- number, so it looks past the caller's own rows.
create function fjt.next_case_no(sender text, at timestamptz) returns int language plpgsql security definer set search_path = fjt, pg_temp
as $$
declare
    found int;
begin
    loop
        insert into fjt.case_counters as c (sending_number, last) values (sender, 4801)
            on conflict (sending_number) do update set last = case when c.last >= 9999 then 1000 else c.last + 1 end
            returning c.last into found;
        exit when not exists (
            select from fjt.alarms a join fjt.organisations o using (org)
            where o.sending_number = sender and a.case_no = found and (a.state <> 'closed' or a.closed_at > at - interval '24 hours')
        );
    end loop;
    return found;
end $$;

-- Is the session still there that a process kept its claims with? It ends with its process. A session of the same number that
-- began later is another one. Runs as the caller, who sees the beginnings of its own role's sessions only.
create function fjt.session_lives(pid int, since timestamptz) returns boolean language sql volatile
as $$ select exists (select from pg_stat_get_activity(pid) s where pid is not null and s.backend_start = since) $$;

-- Can the database write and grow? A full disk refuses new pages while rows in old ones are still changed, so this fills a
-- page of a file of its own, and gives it back at once: the inner block is rolled back, and its file with it. A dump of
-- the whole database holds the table for minutes: then a row is written and taken back instead, since waiting for the dump
-- would say that a database can't be written which is only being copied.
create table fjt.write_probe (filler text);

create function fjt.probe_writing() returns void language plpgsql security definer set search_path = fjt, pg_temp
as $$
begin
    begin
        lock table fjt.write_probe in access exclusive mode nowait;
        truncate fjt.write_probe;
    exception when lock_not_available then
        insert into fjt.write_probe (filler) values ('');
        raise exception 'enough' using errcode = 'FJT01';
    end;
    insert into fjt.write_probe (filler) select string_agg(md5(n::text), '') from generate_series(1, 200) n, generate_series(1, 4) page group by page;
    raise exception 'enough' using errcode = 'FJT01';
exception when sqlstate 'FJT01' then
    null;
end $$;

-- How many places of an incident are still to be checked, the areas included that the asker does not see: it is closed
-- only when every resident is ticked.
create function fjt.places_left(incident uuid) returns bigint
language sql stable security definer set search_path = fjt, pg_temp
as $$ select count(*) from fjt.alarms where incident_id = incident and state <> 'closed' $$;

-- Which shifts have taken an alarm that is not over, in whatever area: a patrol that drives in one is not free in the next.
create function fjt.busy(town text, but uuid) returns table (shift_id uuid, state text)
language sql stable security definer set search_path = fjt, pg_temp
as $$
    select n.shift_id, a.state from fjt.notices n join fjt.alarms a using (alarm_id)
    where a.org = town and a.state <> 'closed' and n.state = 'took' and n.shift_id is not null and a.alarm_id is distinct from but
        and (session_user <> 'fjt_web' or town = any (fjt.orgs()))
$$;

-- The alarm that a phone took last and that is not over, in whatever area: its SMS says which case it is busy with.
create function fjt.taken_by(asked text, but uuid) returns table (case_no int, priority int)
language sql stable security definer set search_path = fjt, pg_temp
as $$
    select a.case_no, a.priority from fjt.notices n join fjt.alarms a using (alarm_id)
    where n.phone = asked and n.state = 'took' and a.state <> 'closed' and a.alarm_id <> but
        and (session_user <> 'fjt_web' or a.org = any (fjt.orgs()))
    order by n.answered_at desc limit 1
$$;

-- The town and the areas that a carer's link may see: the town of its alarm and that alarm's area. A resident who has moved
-- to another area while a carer drives is still found by that carer.
create function fjt.eyes_of_link(asked text) returns table (org text, areas uuid[])
language sql stable security definer set search_path = fjt, pg_temp
as $$
    select a.org, array_remove(array[a.area_id, nullif(r.area_id, a.area_id)], null)
    from fjt.notices n join fjt.alarms a using (alarm_id) left join fjt.residents r using (resident_id)
    where n.token = asked
$$;

-- Where a resident lives and where their cases lie, for the decision of somebody who sees the resident or one of the cases;
-- of nobody else anything. A case is one a resident, whatever areas the viewer is limited to.
create function fjt.areas_around(whose uuid) returns uuid[]
language sql stable security definer set search_path = fjt, pg_temp
as $$
    select array_agg(area_id) from (
        select r.area_id from fjt.residents r where r.resident_id = whose and r.org = any (fjt.orgs())
        union
        select a.area_id from fjt.alarms a where a.resident_id = whose and a.org = any (fjt.orgs())
    ) around
    having bool_or(area_id = any (fjt.areas()))
$$;

-- May a device of this kind look at the resident, and (to_people) may people see its pictures? Everybody in the home who
-- has to agree does, to just that (docs/guarantees.md#6-nobody-looks-unseen-nobody-looks-without-a-case). Sensors have no pictures. Whoever asks sees the resident's rows or gets no.
create function fjt.may_look(whose uuid, device_kind text, to_people boolean) returns boolean
language sql stable parallel safe
as $$
    select exists (select from fjt.residents r where r.resident_id = whose) and not exists (
        select from fjt.residents r cross join unnest(array['resident', 'cohabitant']) as needed(who)
        where r.resident_id = whose and (needed.who = 'resident' or r.cohabitant is not null) and not exists (
            select from fjt.consents c
            where c.resident_id = whose and c.who = needed.who and c.revoked_at is null
                and case device_kind when 'sensors' then c.sensors
                    when 'camera' then c.camera and (c.shown_to_people or not to_people) else false end))
$$;

-- A page that wakes a camera holds the consents until it has committed, and may not change them.
create function fjt.hold_consents(whose uuid) returns void language plpgsql security definer set search_path = fjt, pg_temp
as $$ begin perform from fjt.consents where resident_id = whose for share; end $$;

-- Sign-in happens before a town is known, so it goes through these functions and no policy of the pages.
create function fjt.login(asked text) returns table (user_id uuid, password_hash text, totp_secret text, proof uuid)
language sql security definer set search_path = fjt, pg_temp
as $$
    delete from fjt.sign_ins where asked_at < clock_timestamp() - interval '5 minutes';
    with found as materialized (
        select u.user_id, u.password_hash, u.totp_secret, gen_random_uuid() as proof
        from fjt.users u where u.login = lower(asked) and u.disabled_at is null
    ),
    kept as (
        insert into fjt.sign_ins (proof_hash, user_id, asked_at)
        select sha256(convert_to(f.proof::text, 'UTF8')), f.user_id, clock_timestamp() from found f
    )
    select f.user_id, f.password_hash, f.totp_secret, f.proof from found f
$$;

create function fjt.begin_session(hash bytea, shown uuid, at timestamptz, until timestamptz, csrf_token text) returns void
language plpgsql security definer set search_path = fjt, pg_temp
as $$
declare
    who uuid;
begin
    delete from fjt.sign_ins s
        where s.proof_hash = sha256(convert_to(shown::text, 'UTF8')) and s.asked_at >= clock_timestamp() - interval '5 minutes'
        returning s.user_id into who;
    if who is null then
        raise exception 'no sign-in is under way with that proof' using errcode = 'insufficient_privilege';
    end if;
    insert into fjt.web_sessions (token_hash, user_id, created_at, seen_at, expires_at, csrf) values (hash, who, at, at, until, csrf_token);
end $$;

create function fjt.session_of(hash bytea, at timestamptz) returns table (user_id uuid, login text, name text, language text, csrf text, org text, roles text[], areas uuid[])
language sql security definer set search_path = fjt, pg_temp
as $$
    with live as (
        update fjt.web_sessions s set seen_at = at from fjt.users u
        where s.token_hash = hash and s.expires_at > at and u.user_id = s.user_id and u.disabled_at is null
        returning u.user_id, u.login, u.name, u.language, s.csrf
    )
    select l.user_id, l.login, l.name, l.language, l.csrf, m.org, m.roles, m.areas from live l left join fjt.memberships m using (user_id)
$$;

create function fjt.end_session(hash bytea) returns void language sql security definer set search_path = fjt, pg_temp
as $$ delete from fjt.web_sessions where token_hash = hash $$;

-- Is anybody who may take alarms signed in for this town? (self-dispatch is immediate when nobody is) Where the home care
-- answers itself, its leads take them too.
create function fjt.somebody_signed_in(town text, at timestamptz) returns boolean
language sql stable security definer set search_path = fjt, pg_temp
as $$
    select exists (
        select from fjt.web_sessions s
        join fjt.users u using (user_id)
        join fjt.memberships m using (user_id)
        join fjt.organisations o using (org)
        where m.org = town and u.disabled_at is null and s.expires_at > at and s.seen_at > at - interval '3 minutes'
            and m.roles && case o.handled_by when 'home_care' then array['operator', 'lead'] else array['operator'] end)
$$;

-- A user of a town, made or brought up to date from the command line.
create function fjt.keep_user(wanted_login text, wanted_name text, hash text, wanted_org text, wanted_roles text[]) returns uuid
language plpgsql security definer set search_path = fjt, pg_temp
as $$
declare
    who uuid;
begin
    insert into fjt.users (login, name, password_hash) values (lower(wanted_login), wanted_name, hash)
        on conflict (login) do update set name = excluded.name, password_hash = excluded.password_hash, disabled_at = null
        returning user_id into who;
    insert into fjt.memberships (user_id, org, roles) values (who, wanted_org, wanted_roles)
        on conflict (user_id, org) do update set roles = excluded.roles;
    return who;
end $$;
