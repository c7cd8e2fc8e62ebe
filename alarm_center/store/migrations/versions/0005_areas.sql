-- ---- areas ----
--
-- Somebody limited to some areas sees what is about the residents of those, and no other. Each policy asks first whether
-- there is any limit, once a statement: (select fjt.areas()) is worked out before the rows, and without a limit nothing
-- else is looked up. A row that has no area is seen through what it hangs on, whose own policy answers.
--
-- By town, on purpose, stay: organisations and areas (settings and neutral codes), memberships and users (colleagues),
-- event_seals (digests), and carers and shifts: a decision taken under somebody's eyes chooses among all who are on duty in
-- the town, neighbours and leads included, or an alarm would wait for nobody.

alter policy own_town on fjt.residents
    using (org = any (fjt.orgs()) and ((select fjt.areas()) is null or area_id = any ((select fjt.areas())::uuid[])))
    with check (org = any (fjt.orgs()) and ((select fjt.areas()) is null or area_id = any ((select fjt.areas())::uuid[])));

alter policy own_town on fjt.alarms
    using (org = any (fjt.orgs()) and ((select fjt.areas()) is null or area_id = any ((select fjt.areas())::uuid[])))
    with check (org = any (fjt.orgs()) and ((select fjt.areas()) is null or area_id = any ((select fjt.areas())::uuid[])));

alter policy own_town on fjt.reserve_lists
    using (org = any (fjt.orgs()) and ((select fjt.areas()) is null or area_id = any ((select fjt.areas())::uuid[])))
    with check (org = any (fjt.orgs()) and ((select fjt.areas()) is null or area_id = any ((select fjt.areas())::uuid[])));

-- An incident without an area is the whole service's; its places are alarms, each seen by its own area.
alter policy own_town on fjt.incidents
    using (org = any (fjt.orgs()) and ((select fjt.areas()) is null or area_id is null or area_id = any ((select fjt.areas())::uuid[])))
    with check (org = any (fjt.orgs()) and ((select fjt.areas()) is null or area_id is null or area_id = any ((select fjt.areas())::uuid[])));

-- What has neither area nor resident is about the town.
alter policy own_town on fjt.discrepancies
    using (org = any (fjt.orgs()) and ((select fjt.areas()) is null or area_id = any ((select fjt.areas())::uuid[])
        or area_id is null and resident_id is null))
    with check (org = any (fjt.orgs()) and ((select fjt.areas()) is null or area_id = any ((select fjt.areas())::uuid[])
        or area_id is null and resident_id is null));

-- A line without an area that is about nobody and nothing in particular is the town's.
alter policy own_town on fjt.events
    using (org = any (fjt.orgs()) and ((select fjt.areas()) is null or area_id = any ((select fjt.areas())::uuid[])
        or area_id is null and resident_id is null and check_id is null and alarm_id is null and device_id is null))
    with check (org = any (fjt.orgs()) and ((select fjt.areas()) is null or area_id = any ((select fjt.areas())::uuid[])
        or area_id is null and resident_id is null and check_id is null and alarm_id is null and device_id is null));

-- Of a resident. A device or a session of nobody's is in no area: only who sees the whole town sees it.
do $$
declare
    t text;
    mine text;
begin
    foreach t in array '{consents,decisions,plans,devices,slots,pauses,checks,sessions}'::text[] loop
        mine := format('org = any (fjt.orgs()) and ((select fjt.areas()) is null
            or exists (select from fjt.residents r where r.resident_id = %I.resident_id))', t);
        execute format('alter policy own_town on fjt.%I using (%s) with check (%s)', t, mine, mine);
    end loop;
    -- Of an alarm. An SMS of no alarm is a muster or an answer to free text, which no page shows.
    foreach t in array '{notices,messages}'::text[] loop
        mine := format('org = any (fjt.orgs()) and ((select fjt.areas()) is null
            or exists (select from fjt.alarms a where a.alarm_id = %I.alarm_id))', t);
        execute format('alter policy own_town on fjt.%I using (%s) with check (%s)', t, mine, mine);
    end loop;
end $$;

alter policy own_town on fjt.attempts
    using (org = any (fjt.orgs()) and ((select fjt.areas()) is null or exists (select from fjt.checks c where c.check_id = attempts.check_id)))
    with check (org = any (fjt.orgs()) and ((select fjt.areas()) is null or exists (select from fjt.checks c where c.check_id = attempts.check_id)));

alter policy own_town on fjt.receipts
    using (org = any (fjt.orgs()) and ((select fjt.areas()) is null or exists (
        select from fjt.sessions s where s.org = receipts.org and s.device_id = receipts.device_id and s.session_id = receipts.session_id)))
    with check (org = any (fjt.orgs()) and ((select fjt.areas()) is null or exists (
        select from fjt.sessions s where s.org = receipts.org and s.device_id = receipts.device_id and s.session_id = receipts.session_id)));

-- The case of a command is a check or an alarm.
alter policy own_town on fjt.commands
    using (org = any (fjt.orgs()) and ((select fjt.areas()) is null
        or exists (select from fjt.alarms a where a.alarm_id = commands.case_id)
        or exists (select from fjt.checks c where c.check_id = commands.case_id)))
    with check (org = any (fjt.orgs()) and ((select fjt.areas()) is null
        or exists (select from fjt.alarms a where a.alarm_id = commands.case_id)
        or exists (select from fjt.checks c where c.check_id = commands.case_id)));

alter policy own_town on fjt.looks
    using (org = any (fjt.orgs()) and ((select fjt.areas()) is null
        or exists (select from fjt.alarms a where a.alarm_id = looks.alarm_id)
        or exists (select from fjt.checks c where c.check_id = looks.check_id)))
    with check (org = any (fjt.orgs()) and ((select fjt.areas()) is null
        or exists (select from fjt.alarms a where a.alarm_id = looks.alarm_id)
        or exists (select from fjt.checks c where c.check_id = looks.check_id)));

-- A carer's words about no case belong where that phone was on duty when they came; from a phone that was on duty nowhere
-- they are everybody's in the town, since somebody has to read them.
alter policy own_town on fjt.replies
    using (org = any (fjt.orgs()) and ((select fjt.areas()) is null
        or exists (select from fjt.alarms a where a.alarm_id = replies.alarm_id)
        or alarm_id is null and coalesce((
            select bool_or(s.area_id = any ((select fjt.areas())::uuid[])) from fjt.carers c join fjt.shifts s using (carer_id)
            where c.org = replies.org and c.phone = replies.phone and s.starts_at <= received_at and s.ends_at > received_at), true)))
    with check (org = any (fjt.orgs()));

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

-- ---- rights ----
--
-- Pages read under the policies above. They write what an operator, a carer by link and the decisions of both write, and
-- nothing that a planner, a device, a provider or the clockwork writes: those are the worker's. The link tokens stay
-- readable: the SMS of a decision is worded in the decision's own transaction.

revoke insert, update on all tables in schema fjt from fjt_web;

revoke all on fjt.events_other, fjt.parked_statuses from fjt_web;

grant insert on fjt.events, fjt.alarms, fjt.attempts, fjt.notices, fjt.commands, fjt.looks to fjt_web;

grant insert (org, alarm_id, notice_id, channel, wording, sender, phone, body, token, rank, created_at, not_before, valid_until)
    on fjt.messages to fjt_web;

-- Not: whose it is, when it is owed, who may turn it green.
grant update (state, next_step_at, deadline, rechecks_left, retries_left, answer, reason, seen_by, alarm_id, late, held,
    fault_known, cancel_reason, instead, agreed_by, ended_at) on fjt.checks to fjt_web;

grant update (opens_at, closes_at, state, session_id, answer, reason) on fjt.attempts to fjt_web;

grant update (kind, priority, reason, state, condition, body, next_step_at, holder, lease_until, incident_id, outcome, note,
    closed_by, closed_at, red_at) on fjt.alarms to fjt_web;

grant update (state, answered_at, closed_at) on fjt.notices to fjt_web;

grant update (config, wanted_version) on fjt.devices to fjt_web;

grant update (ended_at) on fjt.looks to fjt_web;

grant update (seen_by, seen_at) on fjt.replies to fjt_web;

grant update (closed_at, closed_by) on fjt.incidents to fjt_web;

grant update (fetched_at, fetched_by) on fjt.reserve_lists to fjt_web;

-- A page that wakes a camera holds the consents until it has committed, and may not change them.
create policy hold on fjt.consents to fjt_owner using (true);

create function fjt.hold_consents(whose uuid) returns void language plpgsql security definer set search_path = fjt, pg_temp
as $$ begin perform from fjt.consents where resident_id = whose for share; end $$;

-- ---- sign-in ----

-- What a sign-in has until it is done: fjt.login gives it with the hash to check, fjt.begin_session takes it, once. Nobody's
-- session begins by their id alone. Its life is real time, which no test and no demo moves.
create table fjt.sign_ins (
    proof_hash bytea primary key,
    user_id uuid not null references fjt.users,
    asked_at timestamptz not null
);

alter table fjt.sign_ins enable row level security;

alter table fjt.sign_ins force row level security;

create policy sign_in on fjt.sign_ins to fjt_owner using (true) with check (true);

drop function fjt.login(text);

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

drop function fjt.begin_session(bytea, uuid, timestamptz, timestamptz, text);

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

-- Is anybody who may take alarms signed in for this town? (self-dispatch is immediate when nobody is) Where the home care
-- answers itself, its leads take them too.
create or replace function fjt.somebody_signed_in(town text, at timestamptz) returns boolean
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

revoke all on function fjt.busy(text, uuid), fjt.taken_by(text, uuid), fjt.hold_consents(uuid), fjt.login(text),
    fjt.begin_session(bytea, uuid, timestamptz, timestamptz, text) from public;

grant execute on function fjt.busy(text, uuid), fjt.taken_by(text, uuid), fjt.hold_consents(uuid) to fjt_worker, fjt_web;

grant execute on function fjt.login(text), fjt.begin_session(bytea, uuid, timestamptz, timestamptz, text) to fjt_web;
