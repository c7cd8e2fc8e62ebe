-- The role of the pages that change what people have decided by day. It sees what the other pages see, under the same policies, and
-- writes what they may not: pauses, consents that are withdrawn, checks that are cancelled.

grant usage on schema fjt, clock to fjt_planner;

grant usage on sequence fjt.event_ids, fjt.arrivals to fjt_planner;

do $$
declare
    p record;
begin
    for p in select policyname, tablename from pg_policies where schemaname = 'fjt' and roles = '{fjt_web}' loop
        execute format('alter policy %I on fjt.%I to fjt_web, fjt_planner', p.policyname, p.tablename);
    end loop;
    -- The clock of a database made for tests reads its shift as whoever asks.
    if to_regclass('clock.shift') is not null then
        execute 'grant select on clock.shift to fjt_planner';
    end if;
end $$;

-- ---- what it reads ----

grant select on fjt.organisations, fjt.areas, fjt.residents, fjt.consents, fjt.decisions, fjt.plans, fjt.devices, fjt.slots, fjt.pauses,
    fjt.carers, fjt.shifts, fjt.memberships, fjt.checks, fjt.attempts, fjt.sessions, fjt.alarms, fjt.commands, fjt.incidents,
    fjt.wordings, fjt.role_rights, fjt.jobs, fjt.discrepancies, fjt.performers to fjt_planner;

grant select (user_id, login, name, language, disabled_at) on fjt.users to fjt_planner;

-- As 0009 leaves them to the other pages: no link's token, and no text of an SMS.
do $$
declare
    t text;
    readable text;
begin
    foreach t in array '{messages,notices}'::text[] loop
        select string_agg(quote_ident(attname), ', ') into readable from pg_attribute
        where attrelid = ('fjt.' || t)::regclass and attnum > 0 and not attisdropped and attname not in ('token', 'body', 'attempt_token');
        execute format('grant select (%s) on fjt.%I to fjt_planner', readable, t);
    end loop;
end $$;

-- ---- what it writes ----

grant insert (at, org, kind, data, area_id, check_id, alarm_id, resident_id, device_id, session_id, actor) on fjt.events to fjt_planner;

grant insert on fjt.alarms, fjt.attempts, fjt.commands to fjt_planner;

grant insert (org, alarm_id, notice_id, channel, wording, facts, rank, valid_until) on fjt.messages to fjt_planner;

grant insert (notice_id, org, alarm_id, dispatch_id, round, step, who, shift_id, phone, patrol, channel, wording, asked_at, state, answered_at,
    closed_at) on fjt.notices to fjt_planner;

grant update (state, next_step_at, deadline, rechecks_left, retries_left, answer, reason, seen_by, alarm_id, late, held,
    fault_known, cancel_reason, instead, agreed_by, ended_at) on fjt.checks to fjt_planner;

grant update (opens_at, closes_at, state, session_id, answer, reason) on fjt.attempts to fjt_planner;

grant update (kind, priority, reason, state, condition, body, lane, seeks, arrive_by, accepted_at, staff_inside, done_at,
    next_step_at, holder, lease_until, incident_id, outcome, note, closed_by, closed_at, red_at) on fjt.alarms to fjt_planner;

grant update (state, answered_at, closed_at) on fjt.notices to fjt_planner;

grant update (ended) on fjt.commands to fjt_planner;

grant update (config, wanted_version, behind_since) on fjt.devices to fjt_planner;

-- A consent is withdrawn here, and given elsewhere.
grant update (state, revoked_at, revoked_instead, recorded_by) on fjt.consents to fjt_planner;

grant insert on fjt.pauses to fjt_planner;

grant update (ended_at) on fjt.pauses to fjt_planner;

-- Rows are held to the person whose session or link is carried, as those of the other pages are (0003_writes). Not the checks:
-- cancelling them is what this role is for.
create trigger planner_writes before insert on fjt.events for each row when (session_user = 'fjt_planner') execute function fjt.events_of_page();

create trigger planner_writes before insert or update on fjt.alarms for each row when (session_user = 'fjt_planner') execute function fjt.alarms_of_page();

create trigger planner_writes before insert on fjt.messages for each row when (session_user = 'fjt_planner') execute function fjt.messages_of_page();

create trigger planner_writes before insert or update on fjt.notices for each row when (session_user = 'fjt_planner') execute function fjt.notices_of_page();

-- ---- functions ----

grant execute on function fjt.enter(text, text), fjt.who(), fjt.link(), fjt.only_resident(), fjt.orgs(), fjt.areas(), fjt.performers(), fjt.is_of_own_performer(uuid), fjt.case_of(), fjt.centre_colleagues(),
    fjt.next_case_no(text, timestamptz), fjt.somebody_signed_in(text, timestamptz), fjt.places_left(uuid), fjt.busy(text, uuid),
    fjt.taken_by(text, uuid), fjt.hold_consents(uuid), fjt.search_form(text), fjt.is_held(uuid, timestamptz, timestamptz),
    fjt.may_look(uuid, text, boolean), fjt.is_old_page(), fjt.is_page(), fjt.page_actor(), fjt.refuse_write(text), fjt.just_now(timestamptz),
    fjt.are_facts(jsonb), fjt.new_link_token(), clock.now() to fjt_planner;

-- Which shifts have taken an alarm that is not over, in whatever area: a patrol that drives in one is not free in the next.
create or replace function fjt.busy(town text, but uuid) returns table (shift_id uuid, state text)
language sql stable security definer set search_path = fjt, pg_temp
as $$
    select n.shift_id, a.state from fjt.notices n join fjt.alarms a using (alarm_id)
    where a.org = town and a.state <> 'closed' and n.state = 'took' and n.shift_id is not null and a.alarm_id is distinct from but
        and (not fjt.is_page() or town = any (fjt.orgs()))
$$;

-- The alarm that a phone took last and that is not over, in whatever area: its SMS says which case it is busy with.
create or replace function fjt.taken_by(asked text, but uuid) returns table (case_no int, priority int)
language sql stable security definer set search_path = fjt, pg_temp
as $$
    select a.case_no, a.priority from fjt.notices n join fjt.alarms a using (alarm_id)
    where n.phone = asked and n.state = 'took' and a.state <> 'closed' and a.alarm_id <> but
        and (not fjt.is_page() or a.org = any (fjt.orgs()))
    order by n.answered_at desc limit 1
$$;
