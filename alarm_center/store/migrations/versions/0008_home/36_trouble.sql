-- The number of the colleague in trouble, in a text (docs/adr/0070-trouble-is-a-state-of-its-own.md).

-- As it was, with a number to ring, and whether the text asks somebody to see to it or with the case's number.
create or replace function fjt.are_facts(said jsonb) returns boolean language sql immutable
as $$
    select jsonb_typeof(said) = 'object' and not exists (
        select from jsonb_each(case jsonb_typeof(said) when 'object' then said else '{}' end) fact (name, value)
        where not case
            when name in ('case_no', 'other_no', 'priority', 'other_priority', 'minutes', 'places') then value::text ~ '^[0-9]{1,6}$'
            when name = 'area' then value::text ~ '^"[0-9A-ZÅÄÖ]{1,4}"$'
            when name = 'patrol' then value::text ~ '^"([A-Za-zÅÄÖåäö]{1,8} ?)?[0-9]{1,3}"$'
            when name = 'phone' then value::text ~ '^"\+[0-9]{2,15}"$'
            when name in ('sees_to', 'numbered') then value::text = 'true'
            when name in ('by', 'starts_at', 'ends_at') then value::text ~ '^"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{5,15}(Z|[+-][0-9]{2}:[0-9]{2})"$'
            when name = 'digit' then value::text ~ '^"[0-9]"$'
            else false end)
$$;

-- A text names no number but that of a carer who was asked in its case: no page has a carer ring somebody else.
create function fjt.number_of_colleague() returns trigger language plpgsql set search_path = fjt, pg_temp
as $$
begin
    if not exists (select from fjt.notices n where n.alarm_id = new.alarm_id and n.phone = new.facts ->> 'phone') then
        perform fjt.refuse_write('a message with a number that nobody of its case has');
    end if;
    return new;
end $$;

create trigger number_of_colleague before insert on fjt.messages for each row when (new.facts ->> 'phone' is not null)
    execute function fjt.number_of_colleague();

revoke all on function fjt.number_of_colleague() from public;

-- Which shifts on duty, or about to be, have a phone that has taken an alarm that is not over? Whatever the area, and whatever the
-- patrol is called: who drives in one area is not free in the next, and two patrols of one name are two. Whoever is done and owes
-- only how it went is free: the phone may be the next shift's.
create function fjt.busy_shifts(town text, but uuid) returns table (shift_id uuid)
language sql stable security definer set search_path = fjt, pg_temp
as $$
    select s.shift_id from fjt.shifts s join fjt.carers c using (carer_id)
    where s.org = town and s.starts_at < clock.now() + interval '1 hour' and s.ends_at > clock.now() and c.phone in (
            select n.phone from fjt.alarms a join fjt.notices n using (alarm_id)
            where a.org = town and a.state <> 'closed' and n.state = 'took' and a.done_at is null
                and a.alarm_id is distinct from but)
        and (not fjt.is_page() or town = any (fjt.orgs()))
$$;

revoke all on function fjt.busy_shifts(text, uuid) from public;

grant execute on function fjt.busy_shifts(text, uuid) to fjt_worker, fjt_web, fjt_planner;
