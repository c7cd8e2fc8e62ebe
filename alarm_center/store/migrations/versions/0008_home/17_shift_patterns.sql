-- Patterns of shifts without an end, and who stands in on single nights; the service lays each night's rows ahead from them
-- (casework/shift_laying.py). A pattern is never edited: it ends, and another of the same line begins.

create table fjt.shift_patterns (
    pattern_id uuid primary key default gen_random_uuid(),
    org text not null references fjt.organisations,
    -- the same for a pattern and those that come in its place
    line_id uuid not null,
    area_id uuid not null references fjt.areas,
    carer_id uuid not null references fjt.carers,
    patrol text not null,
    role text not null check (role in ('patrol', 'lead')),
    starts time not null,
    ends time not null check (ends <> starts),
    weekdays smallint[] not null check (weekdays <@ '{0,1,2,3,4,5,6}' and cardinality(weekdays) > 0),
    from_night date not null,
    -- the first night without it
    until_night date check (until_night >= from_night),
    -- a rotation: each so many weeks, counted from the week of that day
    every_weeks int not null default 1 check (every_weeks between 1 and 12),
    week_of date,
    check (every_weeks = 1 or week_of is not null)
);

-- Those of a town that are not over. (store/shift_patterns.py)
create index shift_patterns_of_town on fjt.shift_patterns (org, until_night);

create table fjt.shift_substitutes (
    -- of two for the same hour the newer counts
    number bigint generated always as identity primary key,
    org text not null references fjt.organisations,
    line_id uuid not null,
    night date not null,
    -- null: nobody stands in
    carer_id uuid references fjt.carers,
    from_at timestamptz not null,
    until_at timestamptz not null check (until_at > from_at),
    why text not null check (why in ('swap', 'sick', 'phone')),
    said_by text not null,
    said_at timestamptz not null
);

-- Those of the nights that are laid. (store/shift_patterns.py)
create index shift_substitutes_by_night on fjt.shift_substitutes (org, night);

-- The pattern's line that a shift is laid for, and its night; null for rows that release 0.2.0 lays.
alter table fjt.shifts add column line_id uuid, add column night date;

do $$
declare
    t text;
begin
    foreach t in array '{shift_patterns,shift_substitutes}'::text[] loop
        execute format('alter table fjt.%I enable row level security', t);
        execute format('alter table fjt.%I force row level security', t);
        execute format('create policy worker on fjt.%I to fjt_worker using (true) with check (true)', t);
        -- By town, as the shifts: a hole of one area is filled from another.
        execute format('create policy own_town on fjt.%I to fjt_web, fjt_planner using (org = any ((select fjt.orgs())::text[])) with check (org = any ((select fjt.orgs())::text[]))', t);
        execute format('grant select on fjt.%I to fjt_web', t);
    end loop;
end $$;

grant select, insert, update (until_night) on fjt.shift_patterns to fjt_worker, fjt_planner;

grant select, insert on fjt.shift_substitutes to fjt_worker, fjt_planner;

grant usage on sequence fjt.shift_substitutes_number_seq to fjt_worker, fjt_planner;

-- A shift that a phone has been asked about has been. It is ended, and stays.
create function fjt.keep_shift() returns trigger language plpgsql
as $$
begin
    if old.muster_asked_at is not null then
        raise exception 'a shift with a muster is ended, not deleted' using errcode = 'restrict_violation';
    end if;
    return old;
end $$;

create trigger shifts_with_musters_stay before delete on fjt.shifts for each row execute function fjt.keep_shift();

-- ---- by a page ----

grant insert (org, area_id, carer_id, patrol, role, starts_at, ends_at, line_id, night), update (starts_at, ends_at, line_id, night), delete
    on fjt.shifts to fjt_planner;

-- A page of another right writes no shift; none says that a phone has answered, and none writes what has been.
create function fjt.staff_of_planner() returns trigger language plpgsql set search_path = fjt, pg_temp
as $$
begin
    if coalesce(current_setting('fjt.scope', true), '') <> 'staff' then
        perform fjt.refuse_write('a rota, by a page of another right');
    end if;
    return case when tg_op = 'DELETE' then old else new end;
end $$;

create trigger planner_writes before insert or update or delete on fjt.shifts for each row
    when (session_user = 'fjt_planner') execute function fjt.staff_of_planner();

create trigger planner_writes before insert or update on fjt.shift_patterns for each row
    when (session_user = 'fjt_planner') execute function fjt.staff_of_planner();

-- Another phone for a night is a carer of its own: shifts and notices name carers.
grant insert (carer_id, org, name, phone) on fjt.carers to fjt_planner;

create trigger planner_writes before insert on fjt.carers for each row
    when (session_user = 'fjt_planner') execute function fjt.staff_of_planner();

create function fjt.substitutes_of_planner() returns trigger language plpgsql set search_path = fjt, pg_temp
as $$
begin
    if coalesce(current_setting('fjt.scope', true), '') <> 'staff' then
        perform fjt.refuse_write('a rota, by a page of another right');
    end if;
    new.said_by := fjt.page_actor();
    new.said_at := fjt.just_now(new.said_at);
    return new;
end $$;

create trigger planner_writes before insert on fjt.shift_substitutes for each row
    when (session_user = 'fjt_planner') execute function fjt.substitutes_of_planner();

revoke all on function fjt.keep_shift(), fjt.staff_of_planner(), fjt.substitutes_of_planner() from public;

-- As in 0003_writes, and: whoever takes a carer off a shift says no for them, once the shift has ended.
create or replace function fjt.notices_of_page() returns trigger language plpgsql set search_path = fjt, pg_temp
as $$
begin
    if fjt.is_old_page() then
        return new;
    end if;
    if tg_op = 'INSERT' then
        -- The same again is an update, of which the next branch judges.
        if exists (select from fjt.notices n where n.notice_id = new.notice_id) then
            return new;
        end if;
        if new.state in ('took', 'declined') or new.browser is not null
            or not exists (select from fjt.wordings w where w.wording = new.wording)
            or not exists (select from fjt.alarms a where a.alarm_id = new.alarm_id and a.org = new.org)
            or not (case when new.shift_id is null
                then new.patrol = '' and exists (select from fjt.organisations o where o.org = new.org and o.fixed_number = new.phone)
                else exists (
                    select from fjt.shifts s join fjt.carers c using (carer_id)
                    where s.shift_id = new.shift_id and s.org = new.org and c.phone = new.phone and s.patrol = new.patrol
                        and s.starts_at < clock.now() + interval '1 hour' and s.ends_at > clock.now() - interval '1 minute') end)
        then
            perform fjt.refuse_write('a notice to a phone that is not on duty');
        end if;
        new.token := fjt.new_link_token();
        new.asked_at := fjt.just_now(new.asked_at);
        return new;
    end if;
    -- An open case follows its carer to another number (fjt.move_notices). No page may write a notice's phone itself.
    if new.phone is distinct from old.phone then
        return new;
    end if;
    if new.state is distinct from old.state and new.state in ('took', 'declined')
        and not exists (select from fjt.notices mine where mine.notice_id = fjt.link() and mine.phone = old.phone)
        and not (new.state = 'declined' and current_setting('fjt.scope', true) = 'staff' and exists (
            select from fjt.shifts s where s.shift_id = old.shift_id and s.ends_at <= clock.now() + interval '1 second'))
    then
        perform fjt.refuse_write('a carer''s word that is not of the link carried');
    end if;
    if (new.browser, new.opened_at) is distinct from (old.browser, old.opened_at) then
        if old.browser is not null or old.notice_id is distinct from fjt.link() then
            perform fjt.refuse_write('the browser of another''s link');
        end if;
        new.opened_at := fjt.just_now(new.opened_at);
    end if;
    return new;
end $$;

-- The rota is the whole town's, as its stop is: whoever sees some areas of the town reads it.
alter policy own_town on fjt.changes
    using (org = any ((select fjt.orgs())::text[]) and ((select fjt.areas()) is null or part in ('town_stop', 'staff') and resident_id is null or exists (
        select from fjt.residents r where r.resident_id = changes.resident_id)))
    with check (org = any ((select fjt.orgs())::text[]) and ((select fjt.areas()) is null or part in ('town_stop', 'staff') and resident_id is null or exists (
        select from fjt.residents r where r.resident_id = changes.resident_id)));
