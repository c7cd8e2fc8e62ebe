-- Times as the planner's pages change them: one ends, another begins, and the service makes the checks of what has begun.

-- Since when the resident's times have been others than their checks were made of; the service's next round makes them
-- (preparation/planning.py), so that no page decides what is looked at tonight.
alter table fjt.residents add column unplanned_since timestamptz;

create index residents_unplanned on fjt.residents (unplanned_since) where unplanned_since is not null;

grant update (unplanned_since) on fjt.residents to fjt_planner;

grant insert (org, resident_id, weekdays, local_time, window_minutes, seconds, by_visit, valid_from, valid_until), update (valid_until)
    on fjt.slots to fjt_planner;

-- No time begins or ends on a night that has been: the account of that night stays as it was.
create function fjt.slots_of_planner() returns trigger language plpgsql set search_path = fjt, pg_temp
as $$
declare
    tonight date;
begin
    select (clock.now() at time zone o.zone - interval '12 hours')::date into tonight from fjt.organisations o where o.org = new.org;
    if tg_op = 'INSERT' and new.valid_from < tonight then
        perform fjt.refuse_write('a time that begins on a night that has been');
    end if;
    if tg_op = 'UPDATE' and (new.valid_until is null or new.valid_until < tonight) then
        perform fjt.refuse_write('a time that ends on a night that has been, or no longer');
    end if;
    return new;
end $$;

create trigger planner_writes before insert or update on fjt.slots for each row when (session_user = 'fjt_planner') execute function fjt.slots_of_planner();

revoke all on function fjt.slots_of_planner() from public;
