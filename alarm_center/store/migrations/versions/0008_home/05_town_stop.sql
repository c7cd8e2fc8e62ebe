-- A town's stop: two people make every camera and sensor dark and every look a visit, and two people end it, or its last hour does.

create table fjt.town_stops (
    stop_id uuid primary key default gen_random_uuid(),
    org text not null references fjt.organisations,
    -- in the words of whoever proposed it
    why text not null,
    proposed_by text not null,
    proposed_at timestamptz not null,
    -- by a second person: from then on it holds, until to_at at the latest
    confirmed_by text,
    confirmed_at timestamptz,
    to_at timestamptz,
    -- somebody proposes to go back to looks; another person ends it
    back_by text,
    back_at timestamptz,
    ended_by text,
    ended_at timestamptz,
    -- the service's job: devices told, looks made into visits, looks brought back (preparation/town_stops.py)
    dark_at timestamptz,
    visits_at timestamptz,
    restored_at timestamptz,
    check ((confirmed_by is null) = (confirmed_at is null) and (confirmed_at is null) = (to_at is null)),
    check ((back_by is null) = (back_at is null)),
    check ((ended_by is null) = (ended_at is null)),
    check (ended_at is null or confirmed_at is not null),
    check (confirmed_by <> proposed_by),
    check (ended_by <> back_by)
);

-- One stop holds at a time.
create unique index town_stops_holding on fjt.town_stops (org) where confirmed_at is not null and ended_at is null;

-- A town's proposals and stops, the newest first (store/town_stops.py).
create index town_stops_of_town on fjt.town_stops (org, proposed_at);

alter table fjt.town_stops enable row level security;

alter table fjt.town_stops force row level security;

create policy worker on fjt.town_stops to fjt_worker using (true) with check (true);

-- By town, on purpose: a stop is for all of it, whoever may see only some of its areas.
create policy own_town on fjt.town_stops to fjt_web, fjt_planner
    using (org = any ((select fjt.orgs())::text[])) with check (org = any ((select fjt.orgs())::text[]));

grant select, insert, update on fjt.town_stops to fjt_worker;

grant select on fjt.town_stops to fjt_web;

grant select, insert (org, why, proposed_by, proposed_at),
    update (confirmed_by, confirmed_at, to_at, back_by, back_at, ended_by, ended_at) on fjt.town_stops to fjt_planner;

-- A page proposes, confirms and ends as its own person, now; a second word comes within 15 minutes, and from somebody else.
create function fjt.town_stops_of_page() returns trigger language plpgsql set search_path = fjt, pg_temp
as $$
declare
    at timestamptz := clock.now();
    waits constant interval := interval '15 minutes';
begin
    if tg_op = 'INSERT' then
        new.proposed_by := fjt.page_actor();
        new.proposed_at := fjt.just_now(new.proposed_at);
        return new;
    end if;
    if old.ended_at is not null then
        perform fjt.refuse_write('a stop that is over');
    end if;
    if new.confirmed_at is distinct from old.confirmed_at then
        if old.confirmed_at is not null or at > old.proposed_at + waits or old.proposed_by = fjt.page_actor() then
            perform fjt.refuse_write('a stop confirmed twice, late or by whoever proposed it');
        end if;
        new.confirmed_by := fjt.page_actor();
        new.confirmed_at := fjt.just_now(new.confirmed_at);
        if new.to_at is null or new.to_at > new.confirmed_at + interval '36 hours' then
            perform fjt.refuse_write('a stop without an end');
        end if;
    elsif new.to_at is distinct from old.to_at then
        perform fjt.refuse_write('another end of a stop');
    end if;
    if new.back_at is distinct from old.back_at then
        if old.confirmed_at is null then
            perform fjt.refuse_write('the end of a stop that does not hold');
        end if;
        new.back_by := fjt.page_actor();
        new.back_at := fjt.just_now(new.back_at);
    elsif new.ended_at is distinct from old.ended_at then
        if old.back_at is null or at > old.back_at + waits or old.back_by = fjt.page_actor() then
            perform fjt.refuse_write('a stop ended unasked, late or by whoever proposed it');
        end if;
        new.ended_by := fjt.page_actor();
        new.ended_at := fjt.just_now(new.ended_at);
    end if;
    return new;
end $$;

create trigger planner_writes before insert or update on fjt.town_stops for each row when (session_user = 'fjt_planner') execute function fjt.town_stops_of_page();

-- The town's own mark follows its stop, whoever writes that: no device may look while it stands, also for a replica of the release before.
create function fjt.mark_stopped_town() returns trigger language plpgsql security definer set search_path = fjt, pg_temp
as $$
begin
    update fjt.organisations o set stopped_at = (select s.confirmed_at from fjt.town_stops s
        where s.org = new.org and s.confirmed_at is not null and s.ended_at is null) where o.org = new.org;
    return null;
end $$;

create policy stops on fjt.organisations for update to fjt_owner using (true) with check (true);

create policy stops on fjt.town_stops for select to fjt_owner using (true);

create trigger town_stops_mark after insert or update on fjt.town_stops for each row execute function fjt.mark_stopped_town();

-- ---- what a stop would mean, for whoever may see only some of the town: numbers and hours, nobody's name ----

create policy stops on fjt.checks for select to fjt_owner using (true);

create policy stops on fjt.shifts for select to fjt_owner using (true);

-- The looks that would become visits until then, and the visits that are to be made anyway.
create function fjt.town_ahead(town text, until timestamptz) returns table (case_id uuid, area text, due_at timestamptz, risk int, visit boolean)
language sql stable security definer set search_path = fjt, pg_temp
as $$
    select c.check_id, e.code, greatest(c.opens_at, clock.now()), r.risk::int, false
    from fjt.checks c join fjt.residents r using (resident_id) join fjt.areas e using (area_id)
    where c.org = town and c.next_step_at is not null and c.state in ('planned', 'open', 'waiting', 'to_look') and c.opens_at < until
        and (not fjt.is_page() or town = any (fjt.orgs()))
    union all
    select a.alarm_id, e.code, greatest(a.arrive_by, clock.now()), r.risk::int, true
    from fjt.alarms a join fjt.residents r using (resident_id) join fjt.areas e on e.area_id = a.area_id
    where a.org = town and a.visit and a.state in ('open', 'claimed', 'dispatched') and a.arrive_by < until
        and (not fjt.is_page() or town = any (fjt.orgs()))
$$;

-- The patrols on duty until then, each by its neutral label.
create function fjt.patrols_ahead(town text, until timestamptz) returns table (area text, patrol text, starts_at timestamptz, ends_at timestamptz)
language sql stable security definer set search_path = fjt, pg_temp
as $$
    select e.code, s.patrol, s.starts_at, s.ends_at from fjt.shifts s join fjt.areas e using (area_id)
    where s.org = town and s.role = 'patrol' and s.mustered is not false and s.starts_at < until and s.ends_at > clock.now()
        and (not fjt.is_page() or town = any (fjt.orgs()))
$$;

revoke all on function fjt.town_stops_of_page(), fjt.mark_stopped_town(), fjt.town_ahead(text, timestamptz), fjt.patrols_ahead(text, timestamptz) from public;

grant execute on function fjt.town_ahead(text, timestamptz), fjt.patrols_ahead(text, timestamptz) to fjt_worker, fjt_web, fjt_planner;

-- ---- sealed ----

create function fjt.fact_of(r fjt.town_stops) returns table (org text, key text, fact jsonb, words text) language sql stable
as $$
    select r.org, r.stop_id::text, jsonb_build_object(
        'proposed_by', r.proposed_by, 'proposed_at', r.proposed_at at time zone 'UTC',
        'confirmed_by', r.confirmed_by, 'confirmed_at', r.confirmed_at at time zone 'UTC', 'to_at', r.to_at at time zone 'UTC',
        'back_by', r.back_by, 'back_at', r.back_at at time zone 'UTC',
        'ended_by', r.ended_by, 'ended_at', r.ended_at at time zone 'UTC'), nullif(r.why, '')
$$;

revoke all on function fjt.fact_of(fjt.town_stops) from public;

grant execute on function fjt.fact_of(fjt.town_stops) to fjt_worker;

create trigger town_stops_logged after insert or delete on fjt.town_stops for each row execute function fjt.log_fact();

create trigger town_stops_change_logged after update on fjt.town_stops for each row
    when ((old.why, old.confirmed_by, old.back_by, old.back_at, old.ended_by, old.ended_at) is distinct from
        (new.why, new.confirmed_by, new.back_by, new.back_at, new.ended_by, new.ended_at)) execute function fjt.log_fact();
